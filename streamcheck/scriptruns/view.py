"""A stretch of text with its runs, and the evidence found in it.

In:   text and the offset at which it begins.
Out:  View, with questions about gaps, lines and words; Piece and Change, which name places by their offset in the channel.
Rule: positions inside a View count from its own beginning.
"""

__all__ = ("GAP", "Change", "Piece", "View", "most_on_a_line")

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from streamcheck.scriptruns import Run, runs, shape

GAP = 3  # characters between the words of one stretch: a comma and two blanks
_WORD_REACH = 24  # characters to each side that are shown of a word. guess


class Piece(NamedTuple):
    """Evidence of one kind at one place."""

    start: int
    end: int
    weight: float
    kind: str
    family: str
    key: str  # its text; the same text again weighs less
    line: int  # offset at which its line begins


class Change(NamedTuple):
    """A change of script that nothing explains."""

    at: int
    left: str
    right: str
    line: int  # offset at which its line begins


class View:
    """Characters of a channel from `base` on, with their shape and their runs."""

    __slots__ = ("base", "form", "rows", "text")

    def __init__(self, text: str, base: int) -> None:
        self.base = base
        self.text = text
        self.form = shape(text)
        self.rows: list[Run] = runs(self.form)

    def piece(self, start: int, end: int, weight: float, kind: str, family: str, key: str = "") -> Piece:
        line = self.base + self.line_start(start)
        return Piece(self.base + start, self.base + end, weight, kind, family, key or self.text[start:end], line)

    def change(self, at: int, left: Run, right: Run) -> Change:
        return Change(self.base + at, left.family, right.family, self.base + self.line_start(at))

    def line_start(self, position: int) -> int:
        return self.form.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        found = self.form.find("\n", position)
        return len(self.form) if found < 0 else found

    def gap(self, index: int) -> str:
        """Return the shape between run index-1 and run index."""
        return self.form[self.rows[index - 1].end : self.rows[index].start]

    def blank(self, index: int) -> bool:
        """True when nothing but blanks stands between run index-1 and run index."""
        if not 0 < index < len(self.rows):
            return False
        gap = self.gap(index)
        return gap != "" and gap.strip(" ~") == ""

    def continues(self, index: int) -> bool:
        """True when run `index` goes on with the stretch of run index-1."""
        if not 0 < index < len(self.rows):
            return False
        left, right = self.rows[index - 1].family, self.rows[index].family
        gap = self.gap(index)
        return (left == right or {left, right} == {"H", "K"}) and "\n" not in gap and len(gap) <= GAP

    def word(self, row: Run) -> str:
        """Return the word, blank to blank, that holds `row`."""
        left, right = row.start, row.end
        while left > max(0, row.start - _WORD_REACH) and self.form[left - 1] not in " \n":
            left -= 1
        while right < min(len(self.form), row.end + _WORD_REACH) and self.form[right] not in " \n":
            right += 1
        return self.text[left:right]


def most_on_a_line(found: Iterable[tuple[int, str]]) -> int:
    """Return how many families stand on one line at most; found: (line, family)."""
    return max(Counter(line for line, _ in set(found)).values(), default=0)
