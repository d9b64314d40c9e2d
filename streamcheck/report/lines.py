"""Lines of text for people, before anyone decides on colour.

In:   pieces of text, each with the name of a style.
Out:  Line values; plain() joins them. `streamcheck.cli` turns the same lines into colour.
Rule: a style only repeats what the words say. Styles: the verdicts, the severities, "label", "dim", "mark", "gone" (degenerate text).
"""

__all__ = ("Line", "Piece", "labelled", "line", "plain", "shortened", "wrapped")

import textwrap
from typing import NamedTuple

from streamcheck.escape import escaped

_LABEL_COLUMNS = 10


class Piece(NamedTuple):
    """Text that is safe to show, and the name of its style ("" for none)."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def line(*pieces: str | tuple[str, str]) -> Line:
    """Return a Line of plain strings and (text, style) pairs."""
    return tuple(Piece(piece) if isinstance(piece, str) else Piece(*piece) for piece in pieces)


def labelled(label: str, text: str, *, width: int | None, indent: int = 2, style: str = "") -> list[Line]:
    """Return `text`, escaped, beside its label, wrapped at `width` columns; on one line when width is None."""
    hang = indent + _LABEL_COLUMNS
    rows = wrapped(text, None if width is None else width - hang)
    head = line(" " * indent, (label.ljust(_LABEL_COLUMNS), "label"), (rows[0], style))
    return [head, *(line(" " * hang, (row, style)) for row in rows[1:])]


def wrapped(text: str, width: int | None) -> list[str]:
    """Return `text`, escaped, in rows of at most `width` columns where words allow it, and never less than 20."""
    safe = escaped(text)
    if width is None:
        return [safe]
    return textwrap.wrap(safe, max(20, width), break_long_words=False, break_on_hyphens=False) or [""]


def shortened(text: str, limit: int) -> str:
    """Return `text`, escaped and on one line, in at most `limit` characters; "..." at its end says that there is more."""
    safe = escaped(text[: limit + 1])
    return safe if len(text) <= limit and len(safe) <= limit else safe[: max(0, limit - 3)] + "..."


def plain(lines: list[Line]) -> str:
    """Return the lines without styles, each ended by LF; no line ends in a blank."""
    return "".join("".join(piece.text for piece in row).rstrip(" ") + "\n" for row in lines)
