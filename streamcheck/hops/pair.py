"""Two neighbouring hops that differ, and what can be said of why.

In:   the hop before, the hop after, their first difference.
Out:  Pair: what a fault model looks at. Explanation: what it says.
Rule: a Model is a function of a Pair; it gives None where it does not fit.
"""

__all__ = ("Explanation", "Model", "Pair")

from array import array
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from streamcheck.findings import Finding, Severity
from streamcheck.hops.compare import Difference, agrees
from streamcheck.hops.hop import Hop
from streamcheck.hops.in_place import changed_bytes
from streamcheck.hops.location import First
from streamcheck.hops.stretch import Stretch, stretch_of


class Explanation(NamedTuple):
    """fault: None where no model fits. proof: "reproduced", "consistent" or "none". first: where it stands, if not at the first difference."""

    fault: str | None
    proof: str
    sentence: str
    first: First | None = None


class Middle(NamedTuple):
    """What is left of the keys of two hops' payloads without the beginning and the end that they share. start: the length of the former."""

    start: int
    before: "array[int]"
    after: "array[int]"


class Pair:
    """up: the hop nearer the model."""

    def __init__(self, up: Hop, down: Hop, found: Difference) -> None:
        self.up = up
        self.down = down
        self.found = found

    @cached_property
    def middle(self) -> Middle:
        before, after = self.up.trace.keys, self.down.trace.keys
        start, most = self.found.payload, min(len(before), len(after))
        end = next((i for i in range(most - start) if before[-1 - i] != after[-1 - i]), most - start)
        return Middle(start, before[start : len(before) - end], after[start : len(after) - end])

    @cached_property
    def changed_bytes(self) -> list[tuple[int, int]]:
        """The bytes that were changed in place: (before, after); none where the bodies are not equally long."""
        return changed_bytes(self.up, self.down)

    @cached_property
    def around(self) -> Stretch | None:
        """What is around the first difference in the hop before, where readers are tried first; None where nothing is there."""
        payloads, event = self.up.trace.payloads, self.found.first.event
        if self.down.has_bytes:
            event = payloads[min(self.found.payload, len(payloads) - 1)] if payloads else None
        return stretch_of(self.up, event) if event is not None else None

    @cached_property
    def new(self) -> list[Finding]:
        """The findings of the hop after that the one before has not, notes last; a note counts once, whatever it says."""
        if self.down.plain is not None:
            return []
        known = {said for f in self.up.report.findings for said in ((f.code, f.message), f.code)}
        found = [
            f for f in self.down.report.findings if (f.code if f.severity is Severity.NOTE else (f.code, f.message)) not in known
        ]
        return sorted(found, key=lambda finding: finding.severity is Severity.NOTE)

    @cached_property
    def texts(self) -> dict[tuple[int, str], tuple[str, str]]:
        """The texts that differ, by channel: (before, after). A plain text is compared with the channel that it is most like."""
        up, down = self.up.text, self.down.text
        if self.down.plain is not None:
            first = self.found.first
            if first.choice is None or first.channel is None:
                return {(0, "content"): (self.up.plain or "", self.down.plain)}
            key = (first.choice, first.channel)
            return {key: (up.get(key, ""), self.down.plain)}
        texts = {key: (up.get(key, ""), down.get(key, "")) for key in {**up, **down}}
        if self.down.has_bytes:
            return {key: (a, b) for key, (a, b) in texts.items() if a != b}
        return {key: (a, b) for key, (a, b) in texts.items() if not agrees(key, a, b, self.up)}


Model = Callable[[Pair], Explanation | None]
