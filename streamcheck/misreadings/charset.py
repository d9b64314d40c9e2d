"""Readers that take UTF-8 for a single-byte encoding.

In:   the body.
Out:  each byte as one character, written as UTF-8 again by those that send it on.
Rule: Latin-1 is lossless; the windows-1252 of browsers gives the C1 control for the five bytes that the code page leaves open. In both
      0x85, which stands inside many Chinese characters, is a line end to whoever splits lines by Unicode.
"""

__all__ = ("MISREADINGS", "misread")

from streamcheck.misreadings import Misreading, Readout, Recorded
from streamcheck.misreadings.reference import events_of, text_of
from streamcheck.misreadings.sse_lines import payloads_of, predictable

_CP1252 = "".join(bytes((b,)).decode("cp1252", "replace").replace("\ufffd", chr(b)) for b in range(256))
_ENCODINGS = {"latin-1": "".join(map(chr, range(256))), "cp1252": _CP1252}


def misread(body: bytes, encoding: str) -> str:
    """Return the body with each byte as one character of "latin-1" or "cp1252"."""
    return body.decode("latin-1") if encoding == "latin-1" else body.decode("latin-1").translate(dict(enumerate(_CP1252)))


def _whole(encoding: str) -> Misreading:
    def read(recorded: Recorded) -> Readout:
        body = recorded.body
        if predictable(body) is None and not body.lstrip()[:1] in (b"[", b"{"):
            return Readout(text_of(((e.event, e.raw) for e in events_of(body)), dialect=recorded.dialect))
        wrong = misread(body, encoding).encode()
        return Readout(text_of(((e.event, e.raw) for e in events_of(wrong)), dialect=recorded.dialect), wrong)

    return Misreading(f"charset-wrong/{encoding}", f"UTF-8 is read as {encoding}: each byte becomes one character", read)


def _torn(encoding: str, stops: bool) -> Misreading:
    def read(recorded: Recorded) -> Readout:
        body = recorded.body
        kind = predictable(body)
        if kind is None:
            return _whole(encoding).read(recorded)
        lines = (line.encode() for line in misread(body, encoding).splitlines())
        return Readout(text_of(payloads_of(lines, kind), dialect=recorded.dialect, stops=stops))

    meaning = f"UTF-8 is read as {encoding} and cut into lines by Unicode: the byte 0x85 tears events"
    return Misreading(f"charset-wrong/{encoding}-splitlines{'-stops' if stops else ''}", meaning, read)


MISREADINGS = (
    *map(_whole, _ENCODINGS),
    *(_torn(encoding, stops) for encoding in _ENCODINGS for stops in (False, True)),
)
