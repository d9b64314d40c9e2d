"""Something on the way holds the stream back, and lets it go at once.

In:   chunk borders and times.
Out:  the same bytes in `bursts` chunks, each at the time of its last byte; a stream of less than `seconds` is drawn out to them.
Rule: bytes are untouched; a fast model after a long wait looks the same, so this is a note.
"""

__all__ = ("FAULT",)

from dataclasses import replace
from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import OffsetMap
from streamcheck.faults.truth import Fault, Made

_MIN_EVENTS = 32  # fewer at once say nothing


def _make(body: Body, rng: Random, variant: str, at: int | None, *, bursts: int = 1, seconds: float = 5.0) -> Made:
    last = body.source.chunks[-1].at
    if last is None:
        raise UsageError(f"{FAULT.name} needs a capture with times")
    sent = (body.source.request.at if body.source.request else None) or 0.0
    end = max(last, sent + seconds)
    bursts = max(1, bursts)
    borders = [body.events[min(len(body.events) - 1, (i + 1) * len(body.events) // bursts - 1)].end for i in range(bursts)]
    borders[-1] = len(body.raw)
    chunks, start = [], 0
    for i, border in enumerate(borders):
        chunks.append(Chunk(round(sent + (end - sent) * (i + 1) / bursts, 3), body.raw[start:border]))
        start = max(start, border)
    whole = body.source.end
    changes = {"end": replace(whole, at=round(end + 0.05, 3), bytes=None, sha256=None)} if whole is not None else {}
    shown = len(body.events) >= max(_MIN_EVENTS, 16 * bursts)
    place = {"expect": ("time/burst",) if shown else (), "lossless": True, "details": {"at_s": [c.at for c in chunks]}}
    return Made(body.with_chunks(chunks, **changes), place, OffsetMap([]))


FAULT = Fault("buffered-burst", "the same bytes, held back and sent at once or in a few bursts", "proxy", {"": "W"}, "", _make)
