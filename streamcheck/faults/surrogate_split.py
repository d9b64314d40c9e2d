"""A character outside the BMP as two escapes in two deltas.

In:   such a character, or one that is put in.
Out:  W: its halves at the end of one delta and the start of the next. D: what a reader has that does not join them.
Rule: whoever counts in UTF-16 units heals it without noticing: legal, noted, lossless.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by, retold
from streamcheck.faults.truth import Fault, Made

_CRAB = "\U0001f980"


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    found = [d for d in body.editable(FAULT.name) if len(d.literals) == 1]
    if len(found) < 2:
        raise UsageError(f"{FAULT.name} needs two deltas")
    first = min(body.chosen(found, at, len(found) // 2, FAULT.name), len(found) - 2)
    a, b = found[first], found[first + 1]
    if b.number != a.number + 1:
        raise UsageError(f"{FAULT.name} needs two deltas of one channel, one after the other")
    units = _CRAB.encode("utf-16-be")
    high, low = (chr(int.from_bytes(units[i : i + 2], "big")) for i in (0, 2))
    capture, where, place = retold(body, {a.number: a.text + high, b.number: low + b.text})
    if variant != "halves":
        return misread_by(
            body,
            f"surrogate-split/{variant}",
            capture,
            FAULT.name,
            lossless=variant == "kept",
            upstream_byte=place["first_bad_byte"],
        )
    return Made(capture, {**place, "expect": ("text/lone-surrogate",), "lossless": True, "details": {"character": _CRAB}}, where)


FAULT = Fault(
    "surrogate-split",
    "a character as two UTF-16 escapes in two deltas (legal); D: a reader keeps or replaces the halves",
    "client",
    {"halves": "W", "kept": "D", "replaced": "D"},
    "delta",
    _make,
)
