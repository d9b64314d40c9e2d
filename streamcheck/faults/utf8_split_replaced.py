"""A hop decodes each read alone, and a read ended inside a character.

In:   a chunk border, moved into a character of a text.
Out:  W: a proxy did it and wrote U+FFFD for the halves. D: a client did it.
Rule: the wire before it is sound; which characters are lost follows from the borders.
"""

__all__ = ("FAULT",)

import json
from itertools import pairwise
from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by
from streamcheck.faults.surgery import Edit, OffsetMap
from streamcheck.faults.truth import Fault, Made
from streamcheck.misreadings.chunks import decoded_alone
from streamcheck.wire.sniff import Kind


def cut_at(body: Body, offsets: list[int]) -> list[Chunk]:
    """Return the body's chunks with borders at `offsets` as well."""
    chunks, start = [], 0
    for chunk in body.source.chunks:
        end = start + len(chunk.data)
        borders = [start, *(o for o in offsets if start < o < end), end]
        chunks += [Chunk(chunk.at, body.raw[a:b]) for a, b in pairwise(borders)]
        start = end
    return chunks


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 1) -> Made:
    if body.kind is Kind.AWS:
        raise UsageError(f"{FAULT.name} needs a body of text: nobody decodes binary frames so")
    found = [d for d in body.deltas if d.literals and any(b >= 0xC0 for b in body.raw[slice(*d.literals[0])])]
    if not found:
        raise UsageError(f"{FAULT.name} needs a character of several bytes in a delta: this body has none that is not escaped")
    first = body.chosen(found, at, rng.randrange(len(found)), FAULT.name)
    cuts: list[int] = []
    for delta in found[first : first + max(1, count)]:
        start, end = delta.literals[0]
        lead = rng.choice([i for i in range(start, end) if body.raw[i] >= 0xC0])
        size = len(body.raw[lead : lead + 4].decode("utf-8", "ignore")[:1].encode())
        cuts.append(lead + rng.randrange(1, size))
    chunks = cut_at(body, cuts)
    if variant == "client":
        return misread_by(body, "utf8-split-replaced", body.with_chunks(chunks), FAULT.name, upstream_byte=cuts[0], borders=cuts)
    # Borders that already stood inside a character do their damage as well: the first one of all is the first bad byte.
    decoded = list(decoded_alone(chunk.data for chunk in chunks))
    written = [Chunk(chunk.at, wrong) for chunk, wrong in zip(chunks, decoded, strict=True)]
    edits, offset = [], 0
    for chunk, wrong in zip(chunks, decoded, strict=True):
        if wrong != chunk.data:
            edits.append(Edit(offset, offset + len(chunk.data), wrong))
        offset += len(chunk.data)
    raw = b"".join(decoded)
    byte = raw.index("\ufffd".encode(), edits[0].start)
    damaged = max(i for i in range(byte + 1) if body.raw[i] & 0xC0 != 0x80)
    hit = next((d for d in body.deltas for a, b in d.literals if a <= damaged < b), found[first])
    number = next((i for i, e in enumerate(body.events) if e.start <= damaged < e.end), None)
    char = hit.char
    if hit.literals and hit.literals[0][0] <= damaged:
        before = body.raw[hit.literals[0][0] + 1 : damaged]
        char += _length(before)
    place = {
        "first_bad_byte": byte,
        "first_bad_event": number,
        "first_bad_char": char,
        "choice": hit.choice,
        "channel": hit.channel,
        "expect": ("text/replacement-character",),
        "details": {"borders": cuts},
    }
    return Made(body.with_chunks(written), place, OffsetMap(edits))


def _length(raw: bytes) -> int:
    """Return how many characters the inside of a JSON string has."""
    text: str = json.loads(b'"' + raw + b'"')
    return len(text)


FAULT = Fault(
    "utf8-split-replaced",
    "a read ends inside a character and each read is decoded alone: by a proxy that writes U+FFFD, or by a client",
    "proxy",
    {"proxy": "W", "client": "D"},
    "delta",
    _make,
)
