"""The model says the same thing twice, and a reader takes it for one sent twice.

In:   two neighbouring deltas.
Out:  the second one made equal to the whole text so far, or to the one before; what a reader has that drops it.
Rule: the wire is sound: "1500" came as "15" and "0" and "0".
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by, retold
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    found = body.editable(FAULT.name)
    if len(found) < 3:
        raise UsageError(f"{FAULT.name} needs three deltas")
    number = 1 if variant == "prefix" else max(1, body.chosen(found, at, len(found) // 2, FAULT.name))
    if any("\ud800" <= char <= "\udfff" for char in found[number - 1].text + found[number].text):
        raise UsageError(f"{FAULT.name} needs deltas of whole characters there: choose another place")
    capture, _, place = (
        retold(body, {found[number].number: found[number - 1].text})
        if found[number].text != found[number - 1].text
        else (body.source, None, {})
    )
    return misread_by(
        body,
        f"dedupe-eats-repeat/{variant}",
        capture,
        FAULT.name,
        upstream_byte=place.get("first_bad_byte"),
        repeated=found[number - 1].text,
    )


FAULT = Fault(
    "dedupe-eats-repeat",
    "a delta repeats the text before it, and a reader drops it as sent twice",
    "client",
    {"suffix": "D", "prefix": "D", "last": "D"},
    "delta",
    _make,
)
