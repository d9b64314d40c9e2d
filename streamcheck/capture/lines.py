"""How a value is spelled in a capture file.

In:   JSON values, chunks of bytes.
Out:  JSON text in UTF-8, and whole lines.
Rule: readable where it is harmless (CJK stays CJK), escaped where a terminal or an editor would act on it: C0 and C1 controls,
      DEL, bidi marks, U+2028, U+2029, U+FEFF. Lone surrogates, which cannot be written as UTF-8, are escaped as well.
Cost: about 1 us a common chunk.
"""

__all__ = ("chunk_line", "json_of", "record_line", "seconds_of", "value_of")

import json
import re
from binascii import b2a_base64
from typing import Any, NoReturn

import msgspec

_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder().decode


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def json_of(value: Any) -> bytes:
    """Return `value` as JSON in one line. What JSON has no word for is spelled as its str()."""
    try:
        raw = _encode(value)
        if raw.isascii() and 0x7F not in raw:
            return raw
        text = raw.decode()
    except (UnicodeError, TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        # msgspec refuses lone surrogates; the standard library spells them as escapes.
        text = json.dumps(value, default=str, separators=(",", ":"))
    return _ACTING.sub(_escaped, text).encode()


def value_of(line: bytes) -> Any:
    """Return the JSON value in `line`. Raises ValueError (with `pos` for JSON defects, `start` for UTF-8 ones)."""
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
        pass
    try:
        # Lone surrogates again, and a message that has the place of the defect.
        return json.loads(line.decode(), parse_constant=_refuse)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", line.decode("utf-8", "replace"), 0) from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def seconds_of(at: float | None) -> bytes:
    """Return a time in microseconds' precision, `null` for None."""
    return b"null" if at is None else b"%.6f" % at


def chunk_line(at: bytes, data: bytes) -> bytes:
    """Return the line of one chunk: a `text` record if it is valid UTF-8 by itself, else `bytes`."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return b'[%b,"bytes","%b"]\n' % (at, b2a_base64(data, newline=False))
    raw = _encode(text)
    # Only these bytes open a character that acts: a look at them is ten times cheaper than the search.
    may_act = 0x7F in data or (not data.isascii() and (0xC2 in data or 0xD8 in data or 0xE2 in data or "\ufeff" in text))
    if may_act and _ACTING.search(text):
        raw = _ACTING.sub(_escaped, raw.decode()).encode()
    return b'[%b,"text",%b]\n' % (at, raw)


def record_line(at: bytes, kind: str, payload: bytes) -> bytes:
    """Return a line from spelled parts."""
    return b"[%b,%b,%b]\n" % (at, json_of(kind), payload)
