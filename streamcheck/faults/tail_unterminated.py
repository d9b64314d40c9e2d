"""The last event is not ended: readers that follow the standard drop it.

In:   an event stream's last event.
Out:  its blank line gone, its newline too, or [DONE] too and the blank line before it.
Rule: nothing that was sent is lost, so one capture is sound for a forgiving reader and only noted.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_sse(FAULT.name)
    if body.tail:
        raise UsageError(f"{FAULT.name}: this body ends inside an event already")
    last = len(body.events) - 1
    if variant in ("done", "dropped"):
        if b"[DONE]" in body.piece(last):
            last -= 1
        if last < 0:
            raise UsageError(f"{FAULT.name}: this body has no event before [DONE]")
    if variant == "dropped":
        last = body.deltas[-1].event if body.deltas else last
    event = body.events[last]
    strip = len(body.line_end) * (2 if variant != "blank-line" else 1)
    cut = event.end - strip
    capture, where = body.changed([Edit(cut, len(body.raw), b"")])
    place = {
        "first_bad_byte": event.start,
        "span": (event.start, cut),
        "expect": ("sse/unterminated-event",),
        "lossless": True,
    }
    if variant == "dropped":
        return misread_by(body, "tail-unterminated/dropped", capture, FAULT.name, upstream_byte=event.start)
    return Made(capture, place, where)


FAULT = Fault(
    "tail-unterminated",
    "the last event lacks its blank line, its newline, or [DONE] behind it; D: a strict reader drops the last delta",
    "gateway",
    {"blank-line": "W", "newline": "W", "done": "W", "dropped": "D"},
    "",
    _make,
)
