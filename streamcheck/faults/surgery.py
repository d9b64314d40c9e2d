"""Bytes cut out of a body, put into it or replaced, and where all the others went.

In:   a body, its chunk borders with their times, edits of it.
Out:  the changed body, the borders carried along, an OffsetMap from old offsets to new ones.
Rule: what no edit names stays byte for byte. A border inside replaced bytes keeps its distance from their start; a chunk that loses all
      its bytes goes, with its time.
"""

__all__ = ("Edit", "OffsetMap", "carried", "operated")

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from streamcheck.capture.format import Chunk


class Edit(NamedTuple):
    """Bytes [start, end) of the old body become `new`. apart: these are a chunk of their own."""

    start: int
    end: int
    new: bytes
    apart: bool = False


class OffsetMap:
    """Where the bytes of the old body stand in the new one."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        """edits: in order, none touching another's bytes."""
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._shifts = [0]
        for edit in edits:
            self._shifts.append(self._shifts[-1] + len(edit.new) - (edit.end - edit.start))

    def at(self, offset: int) -> int:
        """Return where the byte at `offset` stands now; of a replaced byte, where its replacement begins."""
        i = bisect_right(self._starts, offset)
        if i and offset < self._edits[i - 1].end:
            return self._edits[i - 1].start + self._shifts[i - 1]
        return offset + self._shifts[i]

    def border(self, offset: int) -> int:
        """Return where a border before the byte at `offset` is now: before whatever was put in there."""
        i = bisect_right(self._starts, offset)
        while i and self._edits[i - 1].start == offset:
            i -= 1
        if i and offset < self._edits[i - 1].end:
            last = self._edits[i - 1]
            return last.start + self._shifts[i - 1] + min(offset - last.start, len(last.new))
        return offset + self._shifts[i]

    def range_of(self, number: int) -> tuple[int, int]:
        """Return the range that the new bytes of edit `number` have now."""
        start = self._edits[number].start + self._shifts[number]
        return start, start + len(self._edits[number].new)


def operated(body: bytes, edits: Iterable[Edit]) -> tuple[bytes, OffsetMap, list[Edit]]:
    """Return the body after the edits, the map, and the edits in order. Two insertions at one place keep their order."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    pieces, at = [], 0
    for edit in ordered:
        assert edit.start >= at, f"edits overlap at {edit.start}"
        pieces += [body[at : edit.start], edit.new]
        at = edit.end
    pieces.append(body[at:])
    return b"".join(pieces), OffsetMap(ordered), ordered


def carried(chunks: Sequence[Chunk], body: bytes, where: OffsetMap, edits: Sequence[Edit]) -> tuple[Chunk, ...]:
    """Return the chunks of the changed body: old borders moved along, and new ones around edits that are apart."""
    ends: dict[int, float | None] = {}
    offset = 0
    for chunk in chunks:
        offset += len(chunk.data)
        ends.setdefault(where.border(offset), chunk.at)
    ends.setdefault(len(body), chunks[-1].at if chunks else None)
    borders = sorted(ends)
    times = [ends[border] for border in borders]
    for number, edit in enumerate(edits):
        if edit.apart and edit.new:
            for border in where.range_of(number):
                if border and border not in ends:
                    ends[border] = times[min(bisect_right(borders, border - 1), len(times) - 1)]
    out, start = [], 0
    for end in sorted(ends):
        if end > start:
            out.append(Chunk(ends[end], body[start:end]))
            start = end
    return tuple(out)
