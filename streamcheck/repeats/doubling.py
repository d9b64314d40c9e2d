"""Pieces that stand twice: a stream whose deltas were all applied two times ("parsing parsing JSON JSON  requestrequest").

In:   a stretch of text.
Out:  may_double(), a cheap screen; doubled(), which share of a stretch is made of adjacent equal pieces, and what it was before.
Rule: in sound text such pieces ("ll", "that that") cover a tenth of the characters, where every delta stands twice all but the borders of
      the stretch. A loop, a ruler, an indentation are covered too, but are so still when their pieces are taken once; doubled text is not.
Cost: the screen 1.5 us; a stretch of 128 characters 20-60 us, asked for 3 % of sound blocks.
"""

__all__ = ("PIECE", "Doubled", "doubled", "may_double")

import re
from typing import NamedTuple

PIECE = 16  # characters of the longest piece: a long English token with its blank
_STEP = 16  # the screen looks at every 16th pair of characters
_HITS = 3  # of these 8 pairs that are two equal letters, or come again within PIECE characters. Passes 3 % of sound blocks, 80 % of doubled
_TWICE = re.compile(r"(.{1,16})\1", re.DOTALL)
_WEIGHT_BARE = -3  # of an uncovered character when the beginning is looked for; 1 for a covered one. guess


class Doubled(NamedTuple):
    """covered: share of the stretch in adjacent equal pieces. left: the same when they are taken once. once: the stretch then."""

    covered: float
    left: float
    spans: list[tuple[int, int]]
    once: str

    @property
    def onset(self) -> int:
        """Where the covered part begins: the best split of a sum of votes."""
        best, total, onset, after = 0, 0, self.spans[-1][0] if self.spans else 0, self.spans[-1][1] if self.spans else 0
        for start, end in reversed(self.spans):
            total += (end - start) + _WEIGHT_BARE * (after - end)
            if total > best:
                best, onset = total, start
            after = start
        return onset


def may_double(text: str) -> bool:
    """Return True where it is worth asking doubled()."""
    find = text.find
    hits = 0
    for at in range(0, len(text) - PIECE, _STEP):
        pair = text[at : at + 2]
        if pair[0] == pair[1]:
            hits += pair.isalpha()
        else:
            hits += find(pair, at + 1, at + PIECE + 2) > 0
    return hits >= _HITS


def doubled(text: str) -> Doubled:
    """Return how much of `text`, which is not empty, stands twice."""
    spans = [m.span() for m in _TWICE.finditer(text)]
    once = _TWICE.sub(r"\1", text)
    # Sorted lists of words look doubled in pieces that hold the line end ("\nfruit\nfruits").
    covered = sum(end - start for start, end in spans if "\n" not in text[start:end]) / len(text)
    left = sum(m.end() - m.start() for m in _TWICE.finditer(once)) / max(1, len(once))
    return Doubled(covered, left, spans, once)
