"""Blocks of text cut behind a word, so that no word is counted in two halves.

In:   blocks in order.
Out:  for each block one piece, which ends behind the last blank of the block; their sum is the text.
Rule: what stands behind that blank waits for the next block. A block without a blank near its end is taken whole.
"""

__all__ = ("Pieces",)

_LONGEST = 32  # characters that wait at most: longer than nearly every word


class Pieces:
    """The text that waits for the end of its word."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, block: str) -> str:
        """Return the piece that the block completes; it may be empty."""
        text = self._rest + block
        least = max(0, len(text) - _LONGEST)
        cut = max(text.rfind(" ", least), text.rfind("\n", least)) + 1 or len(text)
        self._rest = text[cut:]
        return text[:cut]

    def close(self) -> str:
        """Return what is left."""
        rest, self._rest = self._rest, ""
        return rest
