"""Chunks joined to larger pieces, for whoever does not ask where they were cut.

In:   chunks.
Out:  the same bytes in blocks.
Rule: a block ends with the chunk that fills it; only the last one may be smaller, and be empty.
"""

__all__ = ("BLOCK_BYTES", "blocks")

from collections.abc import Iterable, Iterator

BLOCK_BYTES = 64 * 1024  # never a part of any result


def blocks(chunks: Iterable[bytes], least: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the chunks joined to blocks of `least` bytes and more."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= least:
            yield b"".join(held)
            held.clear()
            size = 0
    yield b"".join(held)
