"""A reused connection is out of step: the response begins with another one's end, or ends too early.

In:   a second response's last events; or the announced length.
Out:  its tail before the body; or a body that is `short` bytes shorter than announced.
Rule: only a body that names its response shows the foreign head.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Capture, Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.second import second_response
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(
    body: Body, rng: Random, variant: str, at: int | None, *, other: Capture | None = None, short: int = 40, count: int = 4
) -> Made:
    body.need_stream(FAULT.name)
    if variant == "length":
        if not 0 < short < len(body.raw):
            raise UsageError(f"{FAULT.name}/length: short={short} is not between 1 and the body's {len(body.raw) - 1} bytes")
        end = len(body.raw) - short
        capture, where = body.changed([Edit(end, len(body.raw), b"")])
        changes = body.with_headers(content_length=str(len(body.raw)))
        place = {"first_bad_byte": end, "expect": ("http/incomplete-body",)}
        return Made(body.with_chunks(capture.chunks, **changes), place, where)
    second = second_response(body, rng, other, FAULT.name)
    spoken = [i for i in sorted({d.event for d in body.deltas}) if i < len(second.events)]
    if second.ids[0] is None or second.ids[0] == second.ids[1] or not spoken:
        raise UsageError(f"{FAULT.name} needs a stream whose events name their response: those of {body.dialect} do not")
    tail = second.events[spoken[max(0, len(spoken) - count)] :]
    if not any((second.ids[1] or "").encode() in event for event in tail):
        raise UsageError(f"{FAULT.name} needs a stream whose last events name their response: those of {body.dialect} do not")
    head = b"".join(tail)
    capture, where = body.changed([Edit(0, 0, head)])
    chunks = [Chunk(body.source.chunks[0].at, head), *body.source.chunks]
    place = {
        "first_bad_byte": 0,
        "first_bad_event": 0,
        "span": (0, len(head)),
        # A bus says whose an event is, and a run of agents has messages of several names.
        "expect": () if body.dialect in ("opencode-bus", "ag-ui") else ("order/restarted",),
        "details": {"ids": list(second.ids), "own_byte": len(head), "own_event": len(tail)},
    }
    return Made(body.with_chunks(chunks), place, where)


FAULT = Fault(
    "keepalive-desync",
    "another response's last events stand before this one; or the body is shorter than announced",
    "proxy",
    {"foreign-head": "W", "length": "W"},
    "",
    _make,
)
