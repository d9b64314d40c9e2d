"""Something on the way answers in the provider's place, with status 200.

In:   nothing of the body.
Out:  an HTML page, one JSON object, or nothing; declared for what it is, or (param declared=False) as the stream was.
Rule: one JSON object of no dialect may be a sound answer of another kind: it is noted, and proves nothing.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made

_PAGE = b"""<!DOCTYPE html>
<html><head><title>Just a moment...</title></head>
<body><h1>Checking your browser before accessing the service</h1></body></html>
"""
_BODIES = {
    "html": (_PAGE, "text/html; charset=utf-8", "http/wrong-content-type"),
    "json": (b'{"status":"ok","version":"2.4.1"}', "application/json", "http/wrong-content-type"),
    "empty": (b"", None, "order/missing-terminal"),
}


def _make(body: Body, rng: Random, variant: str, at: int | None, *, declared: bool = True) -> Made:
    raw, media_type, code = _BODIES[variant]
    chunks = [Chunk(body.source.chunks[0].at, raw)]
    changes = body.with_headers(content_type=media_type, content_length=None) if declared and media_type else {}
    place = {"first_bad_byte": 0, "span": (0, len(raw)), "expect": (code,)}
    return Made(body.with_chunks(chunks, **changes), place, None)


FAULT = Fault(
    "wrong-body-200",
    "the body is an HTML page, one JSON object, or nothing",
    "gateway",
    {"html": "W", "json": "W", "empty": "W"},
    "",
    _make,
)
