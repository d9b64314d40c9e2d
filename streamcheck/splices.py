"""A frame that is cut, with another response's frame behind it on the same line.

In:   the payload of an event that is not JSON.
Out:  a Splice: where the cut is, and the document that begins there.
Rule: a gateway whose upstream died inside a frame asked again and wrote the new response into the same body: the rest of the payload
      is one whole event of a known dialect. Text of a model that quotes SSE stays inside its JSON string and never gets here.
"""

__all__ = ("Splice", "find_splice")

import re
from datetime import datetime
from typing import Any, NamedTuple

from streamcheck.dialects import recognise
from streamcheck.wire.documents import document_of

_MAX_TRIES = 64  # `{"` in one payload; a real frame has a dozen
_FRAME = re.compile(rb"(?:event:[^\n]*\n)?(?:data:\s*)?$")
_ID = re.compile(rb'"id"\s*:\s*"([^"\\]{1,80})"')
_CREATED = re.compile(rb'"created"\s*:\s*(\d{9,11})\b')


class Splice(NamedTuple):
    """at: offset of the cut in the payload. value: the second document. evidence: the two ids and their distance.

    before: the first document where it is whole: then nothing is cut, only what parts two events is missing. Else None.
    """

    at: int
    value: Any
    before: Any
    evidence: dict[str, Any]


def find_splice(raw: bytes) -> Splice | None:
    """Return the splice in a payload that is not JSON, None when it is broken in another way."""
    start = raw.find(b"{") + 1
    for _ in range(_MAX_TRIES):
        start = raw.find(b'{"', start)
        if start <= 0:
            return None
        if raw[start:].rstrip().endswith(b"}"):
            value, defect, _ = document_of(raw[start:])
            if defect is None and isinstance(value, dict) and recognise("message", value):
                break
        start += 2
    else:
        return None
    frame = _FRAME.search(raw[:start])
    cut = frame.start() if frame else start
    if cut and raw[cut - 1 : cut] == b"\n":
        cut -= 1
    return Splice(cut, value, document_of(raw[:cut].rstrip())[0], _evidence(raw[:cut], raw[start:]))


def _evidence(first: bytes, second: bytes) -> dict[str, Any]:
    ids = [_text(_ID.search(part)) for part in (first, second)]
    created = [_number(_CREATED.search(part)) for part in (first, second)]
    evidence: dict[str, Any] = {"ids": ids, "cut_frame": first[-120:].decode("utf-8", "replace")}
    if created[0] and created[1]:
        evidence["created_gap_s"] = created[1] - created[0]
    clocks = [_clock(i) for i in ids]
    if clocks[0] and clocks[1]:
        evidence["id_gap_s"] = (clocks[1] - clocks[0]).total_seconds()
    return evidence


def _text(match: re.Match[bytes] | None) -> str | None:
    return match[1].decode("utf-8", "replace") if match else None


def _number(match: re.Match[bytes] | None) -> int | None:
    return int(match[1]) if match else None


def _clock(id: str | None) -> datetime | None:
    """Return the time at the head of an id such as 20260114043705b7f7...: Z.ai writes the request's Beijing time there."""
    if id is None or not re.match(r"20\d{12}[0-9a-f]", id):
        return None
    try:
        return datetime.strptime(id[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return None
