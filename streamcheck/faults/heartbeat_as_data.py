"""A keep-alive that is sent as an event.

In:   an event before which it comes.
Out:  a comment in a data line, or an empty data line; or the legal trap: an id, then a comment and a blank line.
Rule: the trap is sound, and raises in readers that take every block for JSON.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.stream_restart_concat import middle
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made

_BLOCKS = {"comment": b"data: : keepalive", "empty": b"data:", "trap": b"id: 7{end}: ping"}


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_sse(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name, low=1)
    block = _BLOCKS[variant].replace(b"{end}", body.line_end) + body.line_end * 2
    start = body.events[number].start
    capture, where = body.changed([Edit(start, start, block, True)])
    sound = variant == "trap"
    place = {
        "first_bad_byte": None if sound else start,
        "first_bad_event": None if sound else number,
        "span": (start, start + len(block)),
        "expect": () if sound else ("sse/heartbeat-as-data",),
        "lossless": True,
    }
    return Made(capture, place, where)


FAULT = Fault(
    "heartbeat-as-data",
    "a keep-alive sent as data: a comment's text, or nothing; trap: a legal id and comment that many readers take for an event",
    "proxy",
    {"comment": "W", "empty": "W", "trap": "W"},
    "event",
    _make,
)
