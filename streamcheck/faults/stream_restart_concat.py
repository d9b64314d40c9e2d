"""A gateway asked again and wrote the new response behind the old one.

In:   an event at which the first response ends; a second response.
Out:  both in one body, cut between events; the first one has no terminal.
Rule: told by the second response's name or its opening event. A dialect that has neither gives no sign in one capture.
"""

__all__ = ("FAULT", "joined_chunks", "middle")

from random import Random

from streamcheck.capture.format import Capture, Chunk
from streamcheck.faults.body import Body
from streamcheck.faults.second import second_response
from streamcheck.faults.truth import Fault, Made

_OPENED = ("anthropic-messages", "bedrock", "openai-responses", "cohere", "ui-messages", "ag-ui")  # by an event of its own


def middle(body: Body) -> int:
    """Return the index of an event with text in the middle of the answer, that is not the first one with text."""
    events = sorted({d.event for d in body.deltas}) or [len(body.events) // 2]
    return events[max(min(1, len(events) - 1), len(events) // 2)]


def joined_chunks(body: Body, cut: int, second: bytes) -> list[Chunk]:
    """Return the chunks up to byte `cut`, then `second` cut as the body was, later by the wait for it."""
    chunks: list[Chunk] = []
    offset = 0
    for chunk in body.source.chunks:
        if offset < cut:
            chunks.append(Chunk(chunk.at, chunk.data[: cut - offset]))
        offset += len(chunk.data)
    last, first = chunks[-1].at if chunks else None, body.source.chunks[0].at
    wait = 1.0 + (last - first) if last is not None and first is not None else 0.0
    at = 0
    for chunk in body.source.chunks:
        later = None if chunk.at is None else round(chunk.at + wait, 3)
        chunks.append(Chunk(later, second[at : at + len(chunk.data)]))
        at += len(chunk.data)
    chunks.append(Chunk(chunks[-1].at, second[at:]))
    return chunks


def _make(body: Body, rng: Random, variant: str, at: int | None, *, other: Capture | None = None) -> Made:
    body.need_stream(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name, low=1)
    cut = body.events[number].start
    second = second_response(body, rng, other, FAULT.name)
    named = second.ids[1] is not None and second.ids[0] != second.ids[1]
    expect = ("order/restarted",) if named or body.dialect in _OPENED else ()
    place = {
        "first_bad_byte": cut,
        "first_bad_event": number,
        "expect": expect,
        "span": (cut, cut + len(second.raw)),
        "details": {"ids": list(second.ids), "gap_s": second.gap_s},
    }
    return Made(body.with_chunks(joined_chunks(body, cut, second.raw)), place, None)


FAULT = Fault(
    "stream-restart-concat",
    "a second response begins at an event's border, in the same body",
    "gateway",
    {"": "W"},
    "event",
    _make,
)
