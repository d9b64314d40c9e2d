"""A gateway's upstream died inside a frame: the retry's first frame follows on the same line.

In:   an event, cut behind its `"id"`; a second response.
Out:  the first response up to the cut, then the second one from its first event; a chunk border at the cut.
Rule: the cut may fall anywhere inside the JSON, also in a key, never inside a character.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Capture, Chunk
from streamcheck.faults.body import Body
from streamcheck.faults.second import second_response
from streamcheck.faults.stream_restart_concat import joined_chunks, middle
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, other: Capture | None = None) -> Made:
    body.need_sse(FAULT.name)
    body.need_stream(FAULT.name)
    number = body.event_number(at, middle(body), FAULT.name, low=1)
    event = body.events[number]
    start, end = event.payload_at, event.payload_at + len(event.raw)
    low = body.raw.find(b'"id"', start, end)
    low = low + 4 if low >= 0 else start + 6
    places = [i for i in range(min(low, end - 3), end - 2) if body.raw[i] & 0xC0 != 0x80]
    cut = rng.choice(places)
    second = second_response(body, rng, other, FAULT.name)
    chunks: list[Chunk] = joined_chunks(body, cut, second.raw)
    place = {
        "first_bad_byte": cut,
        "first_bad_event": number,
        "expect": ("order/spliced-frame",),
        "span": (cut, cut + len(second.raw)),
        "details": {"ids": list(second.ids), "gap_s": second.gap_s},
    }
    return Made(body.with_chunks(chunks), place, None)


FAULT = Fault(
    "frame-spliced",
    "an event is cut inside its JSON and another response's first frame follows on the same line",
    "gateway",
    {"": "W"},
    "event",
    _make,
)
