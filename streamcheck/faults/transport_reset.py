"""The connection breaks.

In:   a byte.
Out:  the body up to there, ended by an error.
Rule: loud by itself: the end record says it.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import End
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, error: str = "ConnectionResetError") -> Made:
    size = len(body.raw)
    cut = rng.randrange(size // 4, size * 3 // 4) if at is None else at
    if not 0 < cut < size:
        raise UsageError(f"{FAULT.name}: at={at} is no byte inside the body: choose from 1 to {size - 1}")
    capture, where = body.changed([Edit(cut, size, b"")])
    end = body.source.end
    capture = body.with_chunks(capture.chunks, end=End("error", error=error, at=end.at if end else None))
    return Made(capture, {"first_bad_byte": cut, "expect": ("http/incomplete-body",)}, where)


FAULT = Fault("transport-reset", "the connection breaks inside the body", "transport", {"": "W"}, "byte", _make)
