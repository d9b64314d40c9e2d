"""The bytes that differ between two bodies of the same length.

In:   two hops.
Out:  (before, after) of each byte that was changed, in order; none where the bodies are not equally long.
Rule: no more than _MOST of them: how many bytes rot changed says nothing after that.
"""

__all__ = ("changed_bytes",)

from collections.abc import Iterable, Iterator
from itertools import islice

from streamcheck.hops.hop import Hop

_BLOCK = 64 * 1024  # bytes that are compared at once
_MOST = 100_000  # guess


def changed_bytes(up: Hop, down: Hop) -> list[tuple[int, int]]:
    """Return the bytes that differ."""
    return list(islice(_changed(up, down), _MOST)) if up.size == down.size else []


def _changed(up: Hop, down: Hop) -> Iterator[tuple[int, int]]:
    # An undeclared coding is still on the chunks: then these are not equally long, though the bodies under it are.
    for before, after in zip(_same_sized(up.recorded.chunks), _same_sized(down.recorded.chunks), strict=False):
        if before != after:
            yield from ((a, b) for a, b in zip(before, after, strict=False) if a != b)


def _same_sized(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        held += chunk
        while len(held) >= _BLOCK:
            yield held[:_BLOCK]
            held = held[_BLOCK:]
    yield held
