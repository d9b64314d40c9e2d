"""Nothing is said for a long time, and comments pretend that all is well.

In:   an event before which it happens.
Out:  all times from there on later by `gap` seconds; comments every 15 s in between.
Rule: bytes between events are no payload: they do not end a silence.
"""

__all__ = ("FAULT",)

from dataclasses import replace
from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.stream_restart_concat import middle
from streamcheck.faults.surgery import Edit, OffsetMap
from streamcheck.faults.truth import Fault, Made

_BEAT = 15.0  # seconds between comments: what several gateways use
_COMMENT = b": keepalive"


def _make(body: Body, rng: Random, variant: str, at: int | None, *, gap: float = 90.0) -> Made:
    if any(chunk.at is None for chunk in body.source.chunks):
        raise UsageError(f"{FAULT.name} needs a capture with times")
    if variant == "comments":
        body.need_sse(f"{FAULT.name}/comments")
    body.need_stream(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name, low=1)
    start = body.events[number].start
    comment = _COMMENT + body.line_end * 2
    beats = int(gap // _BEAT) if variant == "comments" else 0
    chunks: list[Chunk] = []
    offset, begun = 0, 0.0
    for chunk in body.source.chunks:
        cut = min(max(start - offset, 0), len(chunk.data))
        time = chunk.at or 0.0
        if cut:
            chunks.append(Chunk(time, chunk.data[:cut]))
            begun = time
        if offset <= start < offset + len(chunk.data):
            chunks += [Chunk(round(begun + _BEAT * (i + 1), 3), comment) for i in range(beats)]
        chunks.append(Chunk(round(time + gap, 3), chunk.data[cut:]))
        offset += len(chunk.data)
    end = body.source.end
    changes = {"end": replace(end, at=None if end.at is None else round(end.at + gap, 3), bytes=None, sha256=None)} if end else {}
    code = "time/stall" if any(delta.event < number for delta in body.deltas) else "time/first-delta"
    where = OffsetMap([Edit(start, start, comment * beats)])
    place = {
        "expect": (code,),
        "lossless": True,
        "details": {"gap_s": gap, "before_event": number, "from_s": begun, "comments": beats},
    }
    return Made(body.with_chunks(chunks, **changes), place, where)


FAULT = Fault(
    "stall-masked",
    "a long silence before an event, bare or with comments in it",
    "proxy",
    {"silent": "W", "comments": "W"},
    "event",
    _make,
)
