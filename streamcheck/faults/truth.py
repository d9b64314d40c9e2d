"""What a fault is, and what is known of the damage that it did.

In:   nothing; these are plain values.
Out:  Fault (one entry of the list), Truth (the label of one injection), Made (what a fault's function gives), Injected.
Rule: offsets are in the faulty body, after content-decoding; a truth is worked out from the bytes that were moved, never asked of the
      checker. `expect` is what the checker has to find with this capture alone, and nothing where one capture cannot show it.
"""

__all__ = ("LAYERS", "Fault", "Injected", "Made", "Truth")

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamcheck.capture.format import Capture
from streamcheck.faults.surgery import OffsetMap
from streamcheck.misreadings import Text

# In the order in which a response passes them: two faults are applied in this order.
LAYERS = ("none", "model", "server", "gateway", "proxy", "transport", "client", "agent", "storage")


@dataclass(frozen=True, slots=True)
class Truth:
    """The label of one injected fault.

    fault:   its class. variant: which form of it, "" where it has one only.
    level:   "W": the wire was changed. "D": a wrong decoder read an untouched wire. "A": what was made of the answer was changed.
    first_bad_byte, first_bad_event: where the faulty body first differs from the sound one, for a reader of it; None where no byte, or
             no dispatched event, can be named.
    first_bad_char: code points into the text of (choice, channel) of the faulty answer.
    span:    half-open range of bytes that are wrong.
    expect:  codes that the checker must raise.
    lossless: whether the true text can still be worked out from the faulty one.
    details: what else is known: ids of a splice, the period of a loop, every flipped offset.
    """

    fault: str
    variant: str
    layer: str
    level: str
    seed: int
    first_bad_byte: int | None = None
    first_bad_event: int | None = None
    first_bad_char: int | None = None
    choice: int | None = None
    channel: str | None = None
    span: tuple[int, int] | None = None
    expect: tuple[str, ...] = ()
    lossless: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "class": self.fault,
            "variant": self.variant,
            "layer": self.layer,
            "level": self.level,
            "seed": self.seed,
            "first_bad_byte": self.first_bad_byte,
            "first_bad_event": self.first_bad_event,
            "first_bad_char": self.first_bad_char,
            "choice": self.choice,
            "channel": self.channel,
            "span": list(self.span) if self.span is not None else None,
            "expect": list(self.expect),
            "lossless": self.lossless,
            "details": self.details,
        }


class Made(NamedTuple):
    """What a fault's function gives; the registry makes an Injected of it.

    capture: the faulty capture: of the wire, or of a hop downstream of it that only has text.
    place:   fields of Truth that this injection decides.
    where:   where the bytes of the source are now; None when the body is another one altogether, or none.
    before:  the capture upstream of a fault of level D or A.
    text:    what the reader downstream has, for levels D and A.
    """

    capture: Capture
    place: dict[str, Any]
    where: OffsetMap | None = None
    before: Capture | None = None
    text: Text | None = None


class Fault(NamedTuple):
    """One class of faults.

    variants: its forms with the level of each; the first one is what a bare name means.
    at:       what `at` counts: "delta", "event" or "byte"; "" when there is nothing to choose.
    """

    name: str
    meaning: str
    layer: str
    variants: dict[str, str]
    at: str
    make: Callable[..., Made]  # (Body, Random, variant: str, at: int | None, **params)


@dataclass(frozen=True, slots=True)
class Injected:
    """A capture with a fault in it, or with two.

    capture: as in Made, with `before` and `text`. truths: one label a fault, in the order in which they were applied.
    """

    capture: Capture
    truths: tuple[Truth, ...]
    before: Capture | None = None
    text: Text | None = None

    @property
    def truth(self) -> Truth:
        """The label of the first fault."""
        return self.truths[0]
