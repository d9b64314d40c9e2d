"""Readers that take UTF-8 for a single-byte encoding.

In:   the body.
Out:  each byte as one character, written as UTF-8 again by those that send it on.
Rule: Latin-1 is lossless; the windows-1252 of browsers gives the C1 control for the five bytes that the code page leaves open. In both
      0x85, which stands inside many Chinese characters, is a line end to whoever splits lines by Unicode.
"""

__all__ = ("MISREADINGS", "misread")

from collections.abc import Iterator
from functools import partial

from streamcheck.blocks import blocks
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of
from streamcheck.misreadings.sse_lines import at_line_ends, beginning, lines_of, predictable, spelled_events

_CP1252 = {b: bytes((b,)).decode("cp1252", "replace").replace("\ufffd", chr(b)) for b in range(256)}
_CP1252_REPLACED = {b: bytes((b,)).decode("cp1252", "replace") for b in range(256)}
_CP1252_IGNORED = {b: bytes((b,)).decode("cp1252", "ignore") for b in range(256)}
_PAGES = {"latin-1": None, "cp1252": _CP1252, "cp1252-replaced": _CP1252_REPLACED, "cp1252-ignored": _CP1252_IGNORED}
_TORN = ("latin-1", "cp1252")


def misread(body: bytes, encoding: str) -> str:
    """Return the body with each byte as one character of "latin-1" or "cp1252", or as Python reads the latter's five open bytes."""
    text, page = body.decode("latin-1"), _PAGES[encoding]
    return text if page is None else text.translate(page)


def _sent(recorded: Recorded, *, encoding: str) -> Iterator[bytes]:
    if predictable(recorded.chunks) is None and beginning(recorded.chunks).lstrip()[:1] not in (b"[", b"{"):
        yield from recorded.chunks
        return
    for chunk in recorded.chunks:
        yield chunk if chunk.isascii() else misread(chunk, encoding).encode()


def _read(recorded: Recorded, *, encoding: str) -> Text:
    return text_of(payloads_of(_sent(recorded, encoding=encoding)), dialect=recorded.dialect)


def _whole(encoding: str) -> Misreading:
    meaning = f"UTF-8 is read as {encoding}: each byte becomes one character"
    return Misreading(f"charset-wrong/{encoding}", meaning, partial(_read, encoding=encoding), partial(_sent, encoding=encoding))


def _torn(encoding: str, stops: bool) -> Misreading:
    def read(recorded: Recorded) -> Text:
        kind = predictable(recorded.chunks)
        if kind is None:
            return _read(recorded, encoding=encoding)
        pieces = (misread(block, encoding) for block in blocks(recorded.chunks))
        lines = (line.encode() for line in lines_of(pieces, at_line_ends))
        return text_of(spelled_events(lines, kind), dialect=recorded.dialect, stops=stops)

    meaning = f"UTF-8 is read as {encoding} and cut into lines by Unicode: the byte 0x85 tears events"
    return Misreading(f"charset-wrong/{encoding}-splitlines{'-stops' if stops else ''}", meaning, read)


MISREADINGS = (
    *map(_whole, _PAGES),
    *(_torn(encoding, stops) for encoding in _TORN for stops in (False, True)),
)
