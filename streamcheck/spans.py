"""Half-open ranges of byte offsets.

In:   offsets counted from the first byte of the body, after content-decoding.
Out:  Span values.
Rule: `start` is in the range, `end` is not; `Span(3, 3)` is a place between two bytes.
"""

__all__ = ("Span",)

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range [start, end) of byte offsets in the body."""

    start: int
    end: int
