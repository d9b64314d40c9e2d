"""Half of a UTF-16 pair in the text.

In:   blocks of one channel. Pairs that were only split over two deltas are joined before they come here.
Out:  text/lone-surrogate, one finding for each run of adjacent surrogates.
Rule: Unicode 3.9, D75: an isolated surrogate is no character; UTF-8 cannot hold it, and writers either raise or lose it.
Cost: 0.05 us a block without the byte that all surrogates (and most Hangul) begin with.
"""

__all__ = ("LoneSurrogate",)

import re
from typing import ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import excerpt

MAX_NAMED = 8  # code points listed in a finding

_RUN = re.compile("[\ud800-\udfff]+")


class LoneSurrogate:
    codes: ClassVar[tuple[str, ...]] = ("text/lone-surrogate",)

    def __init__(self, setting: Setting) -> None:
        self._run: tuple[int, int, str, str] | None = (
            None  # a run that reaches the end of the last block: start, end, first ones, before
        )

    def feed(self, block: Block) -> list[TextFinding]:
        if self._run is None and (block.ascii or b"\xed" not in block.raw):
            return []
        found: list[TextFinding] = []
        text = block.text
        if self._run is not None and not "\ud800" <= text[0] <= "\udfff":
            found.append(_finding(*self._run, text[:24]))
            self._run = None
        for match in _RUN.finditer(text):
            run = (
                block.start + match.start(),
                block.start + match.end(),
                match[0][:MAX_NAMED],
                (block.tail + text[: match.start()])[-24:],
            )
            if self._run is not None:
                start, _, first, before = self._run
                run = (start, run[1], (first + run[2])[:MAX_NAMED], before)
                self._run = None
            if match.end() == len(text):
                self._run = run
            else:
                found.append(_finding(*run, text[match.end() : match.end() + 24]))
        return found

    def close(self) -> list[TextFinding]:
        run, self._run = self._run, None
        return [] if run is None else [_finding(*run, "")]


def _finding(start: int, end: int, first: str, before: str, after: str) -> TextFinding:
    points = [f"U+{ord(c):04X}" for c in first]
    half = "high" if first < "\udc00" else "low"
    message = f"lone {half} surrogate {points[0]} at character {start}" + (
        f" and {end - start - 1} more" if end - start > 1 else ""
    )
    evidence = {"code_points": points, "count": end - start, "near": excerpt(before + first + after)}
    return TextFinding(LoneSurrogate.codes[0], Severity.ERROR, start, end, message, evidence)
