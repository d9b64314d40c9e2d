"""The engine loses tokens, and counts them all the same.

In:   events that carry one delta of content, else of reasoning.
Out:  every `every`-th of them gone; usage and final snapshots as they were.
Rule: only a dialect that numbers its events or says the final text can show it in one capture.
"""

__all__ = ("FAULT", "plain_events")

from collections import Counter
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body, Spoken
from streamcheck.faults.endings import finish_event
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def plain_events(body: Body, fault: str) -> list[Spoken]:
    """Return the deltas that are all that their event says, of the channel that has most of them."""
    body.need_stream(fault)
    counts = Counter(d.event for d in body.deltas)
    finish = finish_event(body)
    end = len(body.events) if finish is None else finish
    alone = [d for d in body.deltas if counts[d.event] == 1 and d.event < end]
    for channel in ("content", "reasoning"):
        found = [d for d in alone if d.channel == channel and d.choice == 0]
        if len(found) >= 4:
            return found
    raise UsageError(f"{fault} needs at least four events with nothing but text in them")


def _make(body: Body, rng: Random, variant: str, at: int | None, *, every: int = 3) -> Made:
    found = plain_events(body, FAULT.name)
    first = body.chosen(found, at, rng.randrange(1, max(2, len(found) // 2)), FAULT.name)
    # The opening delta and the last one often say more than text, and a gap at either end is another fault.
    gone = found[max(1, first) : -1 : max(1, every)] or [found[1]]
    capture, where = body.changed(Edit(body.events[d.event].start, body.events[d.event].end, b"") for d in gone)
    numbered = b'"sequence_number"' in body.piece(gone[0].event)
    expect: tuple[str, ...] = ("order/sequence-gap", "order/done-mismatch") if numbered else ()
    if body.dialect == "opencode-bus":
        expect = ("order/done-mismatch",)
    place = {
        "first_bad_byte": where.at(body.events[gone[0].event].start),
        "first_bad_event": gone[0].event,
        "first_bad_char": gone[0].char,
        "choice": gone[0].choice,
        "channel": gone[0].channel,
        "expect": expect,
        "details": {"dropped_events": [d.event for d in gone], "lost": [d.text for d in gone]},
    }
    return Made(capture, place, where)


FAULT = Fault(
    "engine-token-dropped",
    "every n-th event with text is missing; usage and final text still count it",
    "server",
    {"": "W"},
    "delta",
    _make,
)
