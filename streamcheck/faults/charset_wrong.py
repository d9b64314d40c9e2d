"""A hop reads UTF-8 as a single-byte encoding.

In:   the body.
Out:  W: a proxy did it and wrote UTF-8 again, the body grows. D: a client did it; with splitlines the byte 0x85 tears events.
Rule: Latin-1 can be undone; what splitlines tears is lost.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import Place, misread_by
from streamcheck.faults.surgery import Edit, OffsetMap
from streamcheck.faults.truth import Fault, Made
from streamcheck.misreadings.charset import misread
from streamcheck.wire.sniff import Kind

_READERS = {
    "client-latin-1": "charset-wrong/latin-1",
    "client-cp1252": "charset-wrong/cp1252",
    "splitlines": "charset-wrong/latin-1-splitlines",
}


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    if body.kind is Kind.AWS:
        raise UsageError(f"{FAULT.name} needs a body of text: nobody reads binary frames so")
    if body.raw.isascii():
        raise UsageError(f"{FAULT.name} needs characters that are not ASCII: this body has none")
    first = next(i for i, b in enumerate(body.raw) if b >= 0x80)
    if variant in _READERS:
        byte = body.raw.find(b"\x85") if variant == "splitlines" else first
        return misread_by(body, _READERS[variant], body.source, FAULT.name, lossless=variant != "splitlines", upstream_byte=byte)
    encoding = variant
    chunks, edits, offset = [], [], 0
    for chunk in body.source.chunks:
        wrong = misread(chunk.data, encoding).encode()
        chunks.append(Chunk(chunk.at, wrong))
        edits += [
            Edit(offset + i, offset + i + 1, misread(chunk.data[i : i + 1], encoding).encode())
            for i, b in enumerate(chunk.data)
            if b >= 0x80
        ]
        offset += len(chunk.data)
    number = next((i for i, e in enumerate(body.events) if e.start <= first < e.end), None)
    spoken = next((d for d in body.deltas if not d.text.isascii()), None)
    place: Place = {"first_bad_byte": first, "first_bad_event": number, "lossless": True, "details": {"encoding": encoding}}
    if spoken is not None:
        place |= {
            "first_bad_char": spoken.char + next(i for i, c in enumerate(spoken.text) if not c.isascii()),
            "choice": spoken.choice,
            "channel": spoken.channel,
            "expect": ("text/mojibake",),
        }
    return Made(body.with_chunks(chunks), place, OffsetMap(edits))


FAULT = Fault(
    "charset-wrong",
    "UTF-8 is read as Latin-1 or windows-1252: by a proxy that writes UTF-8 again, or by a client; D with splitlines: 0x85 tears events",
    "proxy",
    {"latin-1": "W", "cp1252": "W", "client-latin-1": "D", "client-cp1252": "D", "splitlines": "D"},
    "",
    _make,
)
