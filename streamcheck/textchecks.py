"""All text checks over one channel: text of any length in, findings out.

In:   the text of one channel, in pieces of any length.
Out:  TextFinding values; the statistical score over position.
Rule: text goes on in blocks of BLOCK characters that do not depend on the pieces. What detectors are sure of passes; their signals are combined.
"""

__all__ = ("TextChecks", "warm_up")

from collections.abc import Callable
from functools import cache

from streamcheck.combination import Combination
from streamcheck.detectors import BLOCK, TAIL, Block, Setting, Signal, TextFinding, detector_classes
from streamcheck.textcontext import TextContext


class TextChecks:
    """Every detector over one channel, and what their signals add up to."""

    __slots__ = ("_combination", "_detectors", "_rest", "_start", "_tail", "_text")

    def __init__(
        self, channel: str, *, context: str = "", scorer: Callable[[str], float] | None = None, apart: bool = False
    ) -> None:
        """apart: the response gives its reasoning in a channel of its own."""
        self._text = TextContext()
        setting = Setting(channel, self._text, context, scorer, apart)
        self._detectors = [make(setting) for make in detector_classes()]
        self._combination = Combination()
        self._rest = ""
        self._start = 0
        self._tail = ""

    @property
    def points(self) -> list[tuple[int, float]]:
        """The score over position; see Combination."""
        return self._combination.points

    def feed(self, text: str) -> list[TextFinding]:
        """Return the findings of the blocks that `text` completes."""
        text = self._rest + text
        found: list[TextFinding] = []
        whole = len(text) - len(text) % BLOCK
        for at in range(0, whole, BLOCK):
            self._check(text[at : at + BLOCK], found)
        self._rest = text[whole:]
        return found

    def close(self) -> list[TextFinding]:
        """Return the findings of the last, short block and of the end."""
        found: list[TextFinding] = []
        if self._rest:
            self._check(self._rest, found)
            self._rest = ""
        signals: list[Signal] = []
        for detector in self._detectors:
            for item in detector.close():
                (signals if item.__class__ is Signal else found).append(item)  # type: ignore[arg-type]
        return found + self._combination.weigh(signals, self._start)

    def _check(self, text: str, found: list[TextFinding]) -> None:
        block = Block(text, self._start, self._tail)
        self._text.feed(text, self._start)
        signals: list[Signal] = []
        for detector in self._detectors:
            for item in detector.feed(block):
                (signals if item.__class__ is Signal else found).append(item)  # type: ignore[arg-type]
        self._start += len(text)
        self._tail = (self._tail + text)[-TAIL:]
        found += self._combination.weigh(signals, self._start)


@cache
def warm_up() -> None:
    """Load the detectors and their tables now, about 50 ms, and not in the middle of the first live stream."""
    checks = TextChecks("content")
    checks.feed("The quick brown fox jumps over the lazy dog near the old river bank. " * 6)
    checks.close()
