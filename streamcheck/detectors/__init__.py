"""Text of one channel in, findings and signals out: the contract of a detector, and the registry.

In:   the characters of one channel in order, in blocks of 128 that do not depend on how the stream was cut.
Out:  TextFinding values (what is certain) and Signal values (statistical evidence), with character offsets in that channel.
Rule: a detector is one file in this folder, or an entry point in the group `streamcheck.detectors`. It has `codes`, `feed(block)` and
      `close()`, sees text alone (never bytes, events or times) and keeps bounded memory. What signals add up to is not its business.
Cost: a block carries its screens (ASCII? which odd bytes?), computed once in C, so that a detector can pass in 0.1 us.
"""

__all__ = ("BLOCK", "TAIL", "Block", "Detector", "Setting", "Signal", "TextFinding", "detector_classes")

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple, Protocol

from streamcheck.findings import Severity
from streamcheck.textcontext import TextContext

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


class Signal(NamedTuple):
    """Statistical evidence that characters [start, end) of the channel are not language.

    score: how rare such a sight is in sound text. 1 is enough alone for `suspect`: at most 5 in a million sound characters look so;
           2 is enough alone for `degenerate`: at most 1 in a million. Below 1 it counts only together with others.
    start: the onset: where the text stops being language, as far as this detector can tell.
    """

    code: str
    score: float
    start: int
    end: int
    message: str
    evidence: dict[str, Any]


class Setting(NamedTuple):
    """What a detector may know besides its block.

    channel: "content", "reasoning", "refusal" or "tool:<n>".
    text:    the text so far, this block included, for questions about places: one for all detectors of a channel, fed by textchecks.py.
    context: what was said before this answer, prompt and earlier turns; "" where nobody told.
    scorer:  text -> bits per character by a model of the user's; None where there is none.
    apart:   the response gives its reasoning in a channel of its own.
    """

    channel: str
    text: TextContext
    context: str = ""
    scorer: Callable[[str], float] | None = None
    apart: bool = False


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

    def __init__(self, setting: Setting) -> None: ...

    def feed(self, block: Block) -> Iterable[TextFinding | Signal]:
        """Return what this block proves or makes likely. Blocks come in order, without gaps."""
        ...

    def close(self) -> Iterable[TextFinding | Signal]:
        """Return what only the end of the channel shows."""
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
