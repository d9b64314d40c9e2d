"""A reader reconnects, and events are missing or come again.

In:   a stream whose events are numbered with ids.
Out:  `count` events gone, or sent again, behind a `retry` mark.
Rule: ids are the server's own words: one capture shows a gap only where the dialect numbers its events, and a repetition only of text.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.event_ids import YOUNG_RUN
from streamcheck.faults.body import Body
from streamcheck.faults.engine_token_dropped import plain_events
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 3) -> Made:
    body.need_sse(FAULT.name)
    if b"\nid:" in body.raw or body.raw.startswith(b"id:"):
        raise UsageError(f"{FAULT.name} numbers the events itself: this stream has ids already")
    found = plain_events(body, FAULT.name)
    first = found[max(1, body.chosen(found, at, len(found) // 2, FAULT.name))].event
    texts = {d.event for d in found}
    run = [e for e in range(first, min(first + max(1, count), len(body.events))) if e in texts]
    run = [e for i, e in enumerate(run) if e == first + i]
    numbered = b'"sequence_number"' in body.piece(first)
    end = body.line_end
    ids = [
        Edit(e.start, e.start, b"id: %d" % number + end)
        for number, e in enumerate(body.events)
        if not (variant == "gap" and number in run)
    ]
    mark = b"retry: 1000" + end
    last = body.events[run[-1]]
    if variant == "gap":
        edits = [*ids, *(Edit(body.events[e].start, body.events[e].end, b"") for e in run)]
        capture, where = body.changed(edits)
        byte, bad = where.border(body.events[first].start), run[0]
        expect: tuple[str, ...] = ("order/sequence-gap",) if numbered or first > YOUNG_RUN else ()
    else:
        again = mark + b"".join(b"id: %d" % e + end + body.piece(e) for e in run)
        edits = [*ids, Edit(last.end, last.end, again, True)]
        edits.sort(key=lambda e: (e.start, 0 if e.apart else 1))
        capture, where = body.changed(edits)
        byte, bad = where.border(last.end), run[-1] + 1
        # One event that comes twice has the id of the last one, which stays until another is sent.
        expect = ("order/duplicate-event",) if run[-1] >= YOUNG_RUN and len(run) > 1 else ()
        expect += ("order/sequence-gap",) if numbered and len(run) > 1 else ()
    place = {
        "first_bad_byte": byte,
        "first_bad_event": bad,
        "expect": expect,
        "details": {"ids": [str(e) for e in run]},
    }
    return Made(capture, place, where)


FAULT = Fault(
    "resume-gap-or-replay",
    "events numbered by id, some of them missing or sent again after a reconnect",
    "client",
    {"gap": "W", "replay": "W"},
    "delta",
    _make,
)
