"""What is known of where a response was broken.

In:   what locate() found.
Out:  Location, its JSON form and a text for people.
Rule: contract of `streamcheck locate --format json`, format 1. between: None when nothing is wrong anywhere; its first hop is None when
      the nearest tap already has the damage.
"""

__all__ = ("First", "HopLine", "Location")

from dataclasses import dataclass
from typing import Any

from streamcheck.verdicts import Origin, Verdict


@dataclass(frozen=True, slots=True)
class First:
    """Where the first difference is: in the body of the hop after it where that has bytes, else in the one before; chars in its text."""

    bytes: tuple[int, int] | None = None
    event: int | None = None
    choice: int | None = None
    channel: str | None = None
    chars: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "bytes": list(self.bytes) if self.bytes else None,
            "event": self.event,
            "choice": self.choice,
            "channel": self.channel,
            "chars": list(self.chars) if self.chars else None,
        }


@dataclass(frozen=True, slots=True)
class HopLine:
    """same_as_previous: None for the first hop, and for one that was not compared: another response."""

    hop: str
    verdict: Verdict
    same_as_previous: bool | None

    def to_dict(self) -> dict[str, Any]:
        return {"hop": self.hop, "verdict": self.verdict.value, "same_as_previous": self.same_as_previous}


@dataclass(frozen=True, slots=True)
class Location:
    """fault: a class of docs/faults.md, None where no model fits. proof: "reproduced", "consistent" or "none".
    basis: "same-response", or "paired-samples" where only different responses were given.
    """

    between: tuple[str | None, str] | None
    fault: str | None
    proof: str
    basis: str
    first: First
    origin: Origin | None
    hops: tuple[HopLine, ...]
    explanation: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "format": 1,
            "between": list(self.between) if self.between else None,
            "fault": self.fault,
            "proof": self.proof,
            "basis": self.basis,
            "first": self.first.to_dict(),
            "origin": self.origin.to_dict() if self.origin else None,
            "hops": [line.to_dict() for line in self.hops],
            "explanation": self.explanation,
        }
