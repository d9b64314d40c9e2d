"""Events of another request's answer stand between the events of this one.

In:   an event; a second response.
Out:  `count` foreign events before it (A B A); or one foreign event in its place.
Rule: told by the foreign id, so that the stream's dialect has to have one.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.second import second_response
from streamcheck.faults.stream_restart_concat import middle
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, other: Capture | None = None, count: int = 2) -> Made:
    body.need_stream(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name, low=1)
    second = second_response(body, rng, other, FAULT.name)
    spoken = sorted({d.event for d in body.deltas if d.event < len(body.events)})
    if body.dialect == "opencode-bus" or len(spoken) < 4:
        raise UsageError(f"{FAULT.name} needs a stream of one response with four events of text")
    if second.ids[0] is None or second.ids[0].encode() not in body.piece(number):
        raise UsageError(f"{FAULT.name} needs a stream whose events name their response: those of {body.dialect} do not here")
    event = body.events[number]
    if variant == "replaced":
        edits = [Edit(event.start, event.end, second.events[number % len(second.events)], True)]
    else:
        own = [i for i in spoken if i < len(second.events)][1 : 1 + max(1, count)] or [1]
        edits = [Edit(event.start, event.start, b"".join(second.events[i] for i in own), True)]
    capture, where = body.changed(edits)
    start, end = where.range_of(0)
    place = {
        "first_bad_byte": start,
        "first_bad_event": number,
        "span": (start, end),
        "expect": ("order/interleaved",),
        "details": {"ids": list(second.ids)},
    }
    return Made(capture, place, where)


FAULT = Fault(
    "cross-request-mix",
    "events of another response stand between the events of this one, or one stands in the place of one",
    "gateway",
    {"interleaved": "W", "replaced": "W"},
    "event",
    _make,
)
