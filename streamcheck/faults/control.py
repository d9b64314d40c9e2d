"""Negative controls: changes that alter nothing a reader of the standard sees, and that must never alarm.

In:   the body.
Out:  the same answer, spelled or cut otherwise.
Rule: the reference decode of the changed body is that of the clean one, and no finding is above a note.
"""

__all__ = ("FAULT", "rewritten")

import json
import re
from collections.abc import Callable
from random import Random

from streamcheck.capture.format import Capture, Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit, OffsetMap
from streamcheck.faults.truth import Fault, Made
from streamcheck.wire.sniff import Kind

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_DATA = re.compile(rb"(?:^|(?<=\n)|(?<=\r))data: ")


def rewritten(body: Body, rng: Random, control: str) -> tuple[Capture, OffsetMap]:
    """Return the capture under one control. Raises UsageError for a control that this framing does not have."""
    if control not in _ANYWHERE:
        body.need_sse(f"control/{control}")
    if control in _RECUT:
        chunks = _RECUT[control](body, rng)
        return body.with_chunks(chunks), OffsetMap([])
    edits = _EDITS[control](body, rng)
    if not edits:
        raise UsageError(f"control/{control} changes nothing in this body")
    return body.changed(edits)


# ---------------------------------------------------------------------- borders and times
def _rechunked(body: Body, rng: Random) -> list[Chunk]:
    """Random borders, also inside characters; each chunk at the time when its last byte had come."""
    chunks: list[Chunk] = []
    start = 0
    ends: list[tuple[int, float | None]] = []
    offset = 0
    for chunk in body.source.chunks:
        offset += len(chunk.data)
        ends.append((offset, chunk.at))
    place = 0
    while start < len(body.raw):
        end = min(len(body.raw), start + rng.choice((1, 3, 7, 40, 200, 900)))
        while ends[place][0] < end:
            place += 1
        chunks.append(Chunk(ends[place][1], body.raw[start:end]))
        start = end
    return chunks


def _bytewise(body: Body, rng: Random) -> list[Chunk]:
    return [Chunk(chunk.at, chunk.data[i : i + 1]) for chunk in body.source.chunks for i in range(len(chunk.data))]


def _whole(body: Body, rng: Random) -> list[Chunk]:
    # At the time of the first: held back until the last one, it would be a burst.
    return [Chunk(body.source.chunks[0].at, body.raw)]


def _faster(body: Body, rng: Random) -> list[Chunk]:
    factor = rng.uniform(0.2, 0.9)
    sent = (body.source.request.at if body.source.request else None) or 0.0
    return [Chunk(c.at if c.at is None else round(sent + (c.at - sent) * factor, 6), c.data) for c in body.source.chunks]


# ---------------------------------------------------------------------- spellings
def _line_ends(end: bytes) -> Callable[[Body, Random], list[Edit]]:
    def edits(body: Body, rng: Random) -> list[Edit]:
        return [Edit(m.start(), m.end(), end) for m in _LINE_END.finditer(body.raw) if m[0] != end]

    return edits


def _comments(body: Body, rng: Random) -> list[Edit]:
    line = b": keepalive" + body.line_end * 2
    return [Edit(e.start, e.start, line, True) for e in body.events[1:] if rng.random() < 0.3] or [Edit(0, 0, line, True)]


def _no_space(body: Body, rng: Random) -> list[Edit]:
    return [Edit(m.end() - 1, m.end(), b"") for m in _DATA.finditer(body.raw)]


def _bom(body: Body, rng: Random) -> list[Edit]:
    return [] if body.raw.startswith(_BOM) else [Edit(0, 0, _BOM)]


def _fields(body: Body, rng: Random) -> list[Edit]:
    edits = []
    for number, event in enumerate(body.events[: len(body.events) - body.tail]):
        extra = b"id: %d" % number + body.line_end
        if number == 0:
            extra += b"retry: 3000" + body.line_end + b"x-trace: 1" + body.line_end
        start = event.start + (3 if body.raw.startswith(_BOM) and event.start == 0 else 0)
        edits.append(Edit(start, start, extra))
    return edits


def _data_lines(body: Body, rng: Random) -> list[Edit]:
    """Every event in two data lines, parted behind a comma between two members of its object."""
    edits = []
    for event in body.events:
        comma = _comma(event.raw)
        if comma is not None and b"\n" not in event.raw:
            at = event.payload_at + comma + 1
            edits.append(Edit(at, at, body.line_end + b"data: "))
    return edits


def _comma(raw: bytes) -> int | None:
    """Return the offset of a comma outside of strings, None where there is none."""
    inside = escaped = False
    for i, byte in enumerate(raw):
        if escaped:
            escaped = False
        elif byte == 0x5C:
            escaped = inside
        elif byte == 0x22:
            inside = not inside
        elif byte == 0x2C and not inside:
            return i
    return None


def _escapes(body: Body, rng: Random) -> list[Edit]:
    if body.kind is Kind.AWS:
        raise UsageError("control/escapes needs a body of text")
    edits = []
    for event in body.events:
        text = event.raw.decode("utf-8", "replace")
        offset = 0
        for char in text:
            size = len(char.encode())
            if size > 1:
                at = event.offset_of(offset)
                if body.raw[at : at + size] == char.encode():
                    edits.append(Edit(at, at + size, json.dumps(char)[1:-1].encode()))
            offset += size
    return edits


_RECUT: dict[str, Callable[[Body, Random], list[Chunk]]] = {
    "rechunk": _rechunked,
    "bytewise": _bytewise,
    "one-chunk": _whole,
    "times": _faster,
}
_EDITS: dict[str, Callable[[Body, Random], list[Edit]]] = {
    "crlf": _line_ends(b"\r\n"),
    "cr": _line_ends(b"\r"),
    "comments": _comments,
    "no-space": _no_space,
    "escapes": _escapes,
    "bom": _bom,
    "fields": _fields,
    "data-lines": _data_lines,
}
_ANYWHERE = {*_RECUT, "escapes"}


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    capture, where = rewritten(body, rng, variant)
    return Made(capture, {"lossless": True}, where)


FAULT = Fault(
    "control",
    "no fault: the same answer cut or spelled otherwise, which must never alarm",
    "none",
    dict.fromkeys((*_RECUT, *_EDITS), "W"),
    "",
    _make,
)
