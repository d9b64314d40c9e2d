"""A payload that holds more than one document: frames glued together, or one cut and another behind it on the same line.

In:   the payload of an event that is not JSON.
Out:  Glued: whole documents in one event. Splice: where the first one is cut, and the document that begins there.
Rule: a gateway whose upstream died inside a frame asked again and wrote the new response into the same body: the rest of the payload
      is one whole event of a known dialect. Text of a model that quotes SSE stays inside its JSON string and never gets here.
"""

__all__ = ("Glued", "Splice", "find_splice", "glued_documents")

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
    """at: offset of the cut in the payload. value: the second document. evidence: the two ids and their distance."""

    at: int
    value: Any
    evidence: dict[str, Any]


class Glued(NamedTuple):
    """at: offset in the payload where the second document begins. values: all of them."""

    at: int
    values: list[Any]


def glued_documents(raw: bytes) -> Glued | None:
    """Return the documents of a payload that is several whole ones: what parts two events is missing. None for any other."""
    lines = raw.split(b"\n")
    if len(lines) > 1:
        found = [document_of(line) for line in lines]
        if all(defect is None for _, defect, _ in found):
            return Glued(len(lines[0]) + 1, [value for value, _, _ in found])
    second = _second_document(raw)
    if second is not None:
        first, defect, _ = document_of(raw[: second[0]].rstrip())
        if defect is None:
            return Glued(second[0], [first, second[1]])
    return None


def find_splice(raw: bytes) -> Splice | None:
    """Return the splice in a payload that is not JSON, None when it is broken in another way."""
    second = _second_document(raw)
    if second is None:
        return None
    cut, value, start = second
    return Splice(cut, value, _evidence(raw[:cut], raw[start:]))


def _second_document(raw: bytes) -> tuple[int, Any, int] | None:
    """Return (where its frame begins, its value, where it begins) of a document of a known dialect that ends the payload."""
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
    return cut, value, start


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
