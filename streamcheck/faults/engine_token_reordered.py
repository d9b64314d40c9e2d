"""The engine gives tokens in the wrong order, a place or two apart.

In:   neighbouring events that carry one delta each.
Out:  pairs of them swapped.
Rule: only a dialect that numbers its events or says the final text can show it in one capture.
"""

__all__ = ("FAULT",)

from itertools import pairwise
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body, Spoken
from streamcheck.faults.engine_token_dropped import plain_events
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, pairs: int = 3) -> Made:
    found = plain_events(body, FAULT.name)
    pairs_of = [(a, b) for a, b in pairwise(found[1:]) if b.event == a.event + 1 and a.text != b.text]
    if not pairs_of:
        raise UsageError(f"{FAULT.name} needs two different events with text, one after the other")
    start = body.chosen(found, at, rng.randrange(1, max(2, len(found) // 2)), FAULT.name)
    chosen = [(a, b) for a, b in pairs_of if a.char >= found[start].char] or pairs_of[-1:]
    swapped: list[tuple[Spoken, Spoken]] = []
    taken = -1
    for a, b in chosen:
        if a.event > taken and len(swapped) < pairs:
            swapped.append((a, b))
            taken = b.event
    edits = []
    for a, b in swapped:
        edits += [Edit(body.events[x.event].start, body.events[x.event].end, body.piece(y.event)) for x, y in ((a, b), (b, a))]
    capture, where = body.changed(edits)
    first = swapped[0][0]
    numbered = b'"sequence_number"' in body.piece(first.event)
    expect: tuple[str, ...] = ("order/sequence-gap", "order/done-mismatch") if numbered else ()
    if body.dialect == "opencode-bus":
        expect = ("order/done-mismatch",)
    place = {
        "first_bad_byte": where.at(body.events[first.event].start),
        "first_bad_event": first.event,
        "first_bad_char": first.char,
        "choice": first.choice,
        "channel": first.channel,
        "expect": expect,
        "lossless": numbered,
        "details": {"swapped_events": [[a.event, b.event] for a, b in swapped]},
    }
    return Made(capture, place, where)


FAULT = Fault("engine-token-reordered", "neighbouring events with text change places", "server", {"": "W"}, "delta", _make)
