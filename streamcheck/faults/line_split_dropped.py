"""A reader takes each read for whole lines, and a read ended inside one.

In:   a chunk border, moved into an event with text.
Out:  what a reader has that parses each chunk alone and passes over what is no JSON.
Rule: the missing events are those that straddle a border.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by
from streamcheck.faults.truth import Fault, Made
from streamcheck.faults.utf8_split_replaced import cut_at
from streamcheck.misreadings.sse_lines import predictable

_READERS = {"lines": "line-split-dropped", "events": "line-split-dropped/events"}


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 1) -> Made:
    if predictable([body.raw]) is None:
        raise UsageError(f"{FAULT.name} needs a body of lines")
    found = [d for d in body.deltas if d.literals]
    if not found:
        raise UsageError(f"{FAULT.name} needs text in JSON strings of its own")
    first = body.chosen(found, at, rng.randrange(len(found)), FAULT.name)
    cuts = []
    for delta in found[first : first + max(1, count)]:
        start, end = delta.literals[0]
        cuts.append(rng.choice([i for i in range(start, end) if body.raw[i] & 0xC0 != 0x80]))
    capture = body.with_chunks(cut_at(body, sorted(cuts)))
    straddling = [found[first + i].event for i in range(len(cuts))]
    return misread_by(body, _READERS[variant], capture, FAULT.name, upstream_byte=cuts[0], straddling_events=straddling)


FAULT = Fault(
    "line-split-dropped",
    "a read ends inside a line and each read is parsed alone: the event on the border is lost",
    "client",
    {"lines": "D", "events": "D"},
    "delta",
    _make,
)
