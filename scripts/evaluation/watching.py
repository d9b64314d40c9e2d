"""Our checks and the peers over one text, as if it came in live.

In:   a Sample.
Out:  Outcome: what was told, at which character, and the CPU time it took.
Rule: our checks get a block at a time, so the time of a finding is the end of the block (or of the text) at which it was told;
      peers get small deltas and stop at their first alarm, as their users' streams would.
"""

__all__ = ("Outcome", "Told", "stopped_at", "watch")

from dataclasses import dataclass, field
from time import process_time

from scripts.evaluation.inputs import Sample
from scripts.evaluation.peers import DELTA, PEERS
from streamcheck.detectors import BLOCK
from streamcheck.findings import Severity
from streamcheck.textchecks import TextChecks


@dataclass(frozen=True, slots=True)
class Told:
    """A finding above a note. certain: an error, which makes the verdict degenerate or corrupt; otherwise it makes it suspect.

    at: the number of characters after which it was told.
    """

    code: str
    certain: bool
    start: int
    end: int
    at: int
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """fired: peer -> the characters after which it stopped the stream, None if it never did. seconds: by peer, ours under ""."""

    sample: Sample
    told: tuple[Told, ...]
    fired: dict[str, int | None] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)  # characters that the seconds were spent on

    def first(self, *, certain: bool) -> Told | None:
        """Return the first finding (of certainty) that is about what is wrong, not about the sound text before it."""
        for told in self.told:
            if (told.certain or not certain) and not self._before(told):
                return told
        return None

    def _before(self, told: Told) -> bool:
        return self.sample.exact and self.sample.onset is not None and told.end <= self.sample.onset

    @property
    def mistaken(self) -> bool:
        """Whether sound text raised an alarm: all of it, or the part before an exact onset."""
        return any(self.sample.onset is None or self._before(told) for told in self.told)

    def peer(self, name: str) -> int | None:
        """Return when the peer fired, unless that was in the sound text before an exact onset."""
        at = self.fired.get(name)
        return None if at is None or (self.sample.exact and at <= (self.sample.onset or 0)) else at


def watch(sample: Sample, *, peers: bool) -> Outcome:
    """Return what our checks, and the peers if wanted, tell of a text."""
    seconds, read, fired = {}, {}, {}
    began = process_time()
    try:
        told = _ours(sample)
    except Exception as error:  # never to happen; say on which text
        error.add_note(f"while watching {sample.collection}, {sample.kind}, {sample.name}")
        raise
    seconds[""], read[""] = process_time() - began, len(sample.text)
    for name in PEERS if peers else ():
        began = process_time()
        fired[name] = stopped_at(name, sample.text)
        seconds[name], read[name] = process_time() - began, fired[name] or len(sample.text)
    return Outcome(sample, told, fired, seconds, read)


def _ours(sample: Sample) -> tuple[Told, ...]:
    checks, text, told = TextChecks(sample.channel), sample.text, []
    for at in range(0, len(text) + 1, BLOCK):
        block = text[at : at + BLOCK]
        found = checks.feed(block)
        end = at + len(block)
        if len(block) < BLOCK:
            found = found + checks.close()
        told += [
            Told(f.code, f.severity is Severity.ERROR, f.start, f.end, end, f.message)
            for f in found
            if f.severity is not Severity.NOTE
        ]
    return tuple(told)


def stopped_at(name: str, text: str) -> int | None:
    """Return after how many characters a peer would have stopped the stream; None if it never would."""
    peer = PEERS[name]()
    for at in range(0, len(text), DELTA):
        if peer.feed(text[at : at + DELTA]) is not None:
            return min(len(text), at + DELTA)
    return len(text) if peer.close() is not None else None
