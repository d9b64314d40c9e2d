"""Text of one channel in, findings out: the contract of a detector, and the registry.

In:   the characters of one channel in order, in blocks of 128 that do not depend on how the stream was cut.
Out:  TextFinding values with character offsets in that channel.
Rule: a detector is one file in this folder, or an entry point in the group `streamcheck.detectors`. It has `codes`, `feed(block)` and
      `close()`, sees text alone (never bytes, events or times) and keeps bounded memory.
Cost: a block carries its screens (ASCII? which odd bytes?), computed once in C, so that a detector can pass in 0.1 us.
"""

__all__ = ("BLOCK", "TAIL", "Block", "Detector", "TextFinding", "Watch", "detector_classes")

from collections.abc import Iterable
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple, Protocol

from streamcheck.findings import Severity

BLOCK = 128  # characters; 27 English or 92 CJK deltas of common size. segments.CHECK_EVERY hands out the same
TAIL = 96  # characters before the block that a detector may look back at; longer than any template token

# Letters, digits, blanks and everyday punctuation, and all bytes of non-ASCII characters: what no screen cares about.
_PLAIN = bytes(b for b in range(256) if b >= 0x80 or chr(b).isalnum() or chr(b) in " \n\t.,;:!?'\"()-*_`#/=+$%&@~^{}")


class TextFinding(NamedTuple):
    """A finding in a text: characters [start, end) of the channel."""

    code: str
    severity: Severity
    start: int
    end: int
    message: str
    evidence: dict[str, Any]


class Block:
    """128 characters of a channel (the last block may be shorter), with what stood before them.

    start: offset of the first character in the channel.
    tail:  up to TAIL characters before the block.
    """

    def __init__(self, text: str, start: int, tail: str) -> None:
        self.text = text
        self.start = start
        self.tail = tail
        self.ascii = text.isascii()

    @cached_property
    def raw(self) -> bytes:
        return self.text.encode("utf-8", "surrogatepass")

    @cached_property
    def odd(self) -> bytes:
        """The ASCII bytes of the block that are not plain text: controls and any of < > [ ] | and the backslash."""
        return self.raw.translate(None, _PLAIN)

    @property
    def window(self) -> str:
        """The tail and the block; its first character stands at `window_start` in the channel."""
        return self.tail + self.text

    @property
    def window_start(self) -> int:
        return self.start - len(self.tail)


class Detector(Protocol):
    """What every file in this folder offers. Made anew for each channel of each choice."""

    codes: ClassVar[tuple[str, ...]]

    def __init__(self, channel: str) -> None: ...

    def feed(self, block: Block) -> Iterable[TextFinding]:
        """Return what this block proves. Blocks come in order, without gaps."""
        ...

    def close(self) -> Iterable[TextFinding]:
        """Return what only the end of the channel proves."""
        ...


@cache
def detector_classes() -> tuple[type[Detector], ...]:
    """Return every detector: those of this folder by file name, then those of other packages."""
    found: list[type[Detector]] = []
    for module in sorted(m.name for m in iter_modules(__path__)):
        found += [c for c in vars(import_module(f"{__name__}.{module}")).values() if _is_detector(c, f"{__name__}.{module}")]
    from importlib.metadata import entry_points

    found += [point.load() for point in entry_points(group="streamcheck.detectors")]
    return tuple(found)


def _is_detector(value: object, module: str) -> bool:
    return isinstance(value, type) and value.__module__ == module and hasattr(value, "codes") and hasattr(value, "feed")


class Watch:
    """All detectors over one channel: takes text of any length, hands it on in fixed blocks."""

    __slots__ = ("_detectors", "_rest", "_start", "_tail")

    def __init__(self, channel: str) -> None:
        self._detectors = [make(channel) for make in detector_classes()]
        self._rest = ""
        self._start = 0
        self._tail = ""

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
        for detector in self._detectors:
            found += detector.close()
        return found

    def _check(self, text: str, found: list[TextFinding]) -> None:
        block = Block(text, self._start, self._tail)
        for detector in self._detectors:
            found += detector.feed(block)
        self._start += len(text)
        self._tail = (self._tail + text)[-TAIL:]
