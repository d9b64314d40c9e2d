"""The provider reports an error inside a stream that began with status 200.

In:   an event after which it comes.
Out:  an error object in a data line, in an event named error, or in a bare line that is no field; then the end.
Rule: a bare line is lost by every reader: the stream then just ends.
"""

__all__ = ("FAULT",)

import json
from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.endings import error_event, new_event
from streamcheck.faults.stream_restart_concat import middle
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made
from streamcheck.wire.sniff import Kind


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_stream(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name)
    payload, error_class = error_event(body)
    expect: tuple[str, ...] = (f"provider/{error_class}",)
    if variant == "bare":
        body.need_sse(f"{FAULT.name}/bare")
        line = json.dumps(payload, separators=(",", ":")).encode() + body.line_end * 2
        expect = ("sse/unknown-field", "order/missing-terminal")
    elif body.kind is Kind.SSE and (variant == "event" or body.piece(number).startswith(b"event:")):
        line = new_event(body, payload, name="error")
    else:
        line = new_event(body, payload)
    start = body.events[number].end
    capture, where = body.changed([Edit(start, len(body.raw), line, True)])
    place = {
        "first_bad_byte": start,
        "first_bad_event": number + 1 if variant != "bare" else None,
        "span": (start, start + len(line)),
        "expect": expect,
    }
    return Made(capture, place, where)


FAULT = Fault(
    "error-in-200",
    "an error object ends the stream: as data, as an event named error, or as a bare line",
    "gateway",
    {"data": "W", "event": "W", "bare": "W"},
    "event",
    _make,
)
