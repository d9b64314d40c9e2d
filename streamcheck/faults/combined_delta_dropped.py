"""One event says two things, and a reader takes one of them.

In:   the last reasoning and the first content of a chat completions stream.
Out:  both in one event (legal); what a reader has that takes one field of it.
Rule: the wire is sound: only the reader's text shows the fault.
"""

__all__ = ("FAULT",)

import re
from collections import Counter
from random import Random

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body, json_string
from streamcheck.faults.placing import Place, misread_by
from streamcheck.faults.surgery import Edit, OffsetMap
from streamcheck.faults.truth import Fault, Made

_FIELDS = (b"reasoning_content", b"reasoning")
_READERS = {
    "first": "combined-delta-dropped/first",
    "content": "combined-delta-dropped/content",
    "last": "combined-delta-dropped/last",
}


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    capture, where, place = _merged(body)
    if variant == "merged":
        return Made(capture, place, where)
    return misread_by(body, _READERS[variant], capture, FAULT.name, upstream_byte=place["details"]["merged_byte"])


def _merged(body: Body) -> tuple[Capture, OffsetMap, Place]:
    channels: dict[int, set[str]] = {}
    for delta in body.deltas:
        channels.setdefault(delta.event, set()).add(delta.channel)
    ready = [event for event, names in channels.items() if len(names) > 1]
    if ready:  # this server sends such events itself
        capture, where = body.changed([])
        return capture, where, {"details": {"merged_byte": body.events[ready[0]].start, "merged_event": ready[0]}}
    counts = Counter(d.event for d in body.deltas)
    thoughts = [d for d in body.deltas if d.channel == "reasoning" and d.literals and counts[d.event] == 1]
    answers = [d for d in body.deltas if d.channel == "content" and len(d.literals) == 1]
    if body.dialect != "openai-chat" or not thoughts or not answers:
        raise UsageError(
            f"{FAULT.name} needs chat completions with reasoning and content; no other dialect has both in one event"
        )
    last, first = thoughts[-1], answers[0]
    name = next((n for n in _FIELDS if b'"' + n + b'"' in body.piece(last.event)), _FIELDS[0])
    key = body.raw.rindex(b'"content"', 0, first.literals[0][0])
    gone = body.events[last.event]
    string = json_string(last.text, like=body.raw[slice(*last.literals[0])])
    event = body.events[first.event]
    null = re.compile(rb'"' + name + rb'"\s*:\s*(null|"")').search(body.raw, event.start, event.end)
    if null is not None:
        edit = Edit(null.start(1), null.end(1), string)
    else:
        edit = Edit(key, key, b'"' + name + b'":' + string + b",")
    capture, where = body.changed([Edit(gone.start, gone.end, b""), edit])
    start = where.border(edit.start)
    return capture, where, {"details": {"merged_byte": start, "merged_event": first.event - 1}}


FAULT = Fault(
    "combined-delta-dropped",
    "reasoning and content in one event (legal); D: a reader takes the first field, the last, or content only",
    "client",
    {"first": "D", "content": "D", "last": "D", "merged": "W"},
    "",
    _make,
)
