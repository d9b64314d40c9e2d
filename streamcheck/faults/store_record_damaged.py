"""A stored record is not what was written.

In:   the content, else the reasoning.
Out:  its text cut, zeroed to the end, with a lone surrogate, or with a raw control character.
Rule: the wire is sound; what a store cannot hold, or lost, is wrong in the record only.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    found = body.editable(FAULT.name)
    key = found[0].key
    true = body.text[key]
    if len(true) < 2:
        raise UsageError(f"{FAULT.name} needs a text of two characters")
    cut = found[body.chosen(found, at, 0, FAULT.name)].char if at is not None else rng.randrange(1, len(true))
    cut = max(1, min(cut, len(true) - 1))
    said = {
        "cut": true[:cut],
        "zeroed": true[:cut] + "\0" * (len(true) - cut),
        "surrogate": true[:cut] + "\ud83e" + true[cut + 1 :],
        "control": true[:cut] + "\x08" + true[cut:],
    }[variant]
    text = {**body.text, key: said}
    place = {"choice": key[0], "channel": key[1], "first_bad_char": cut, "details": {"true_chars": len(true)}}
    return Made(body.downstream(text, hop="storage"), place, before=body.source, text=text)


FAULT = Fault(
    "store-record-damaged",
    "a stored record is cut, zeroed from a place on, holds half a character or a control character",
    "storage",
    {"cut": "A", "zeroed": "A", "surrogate": "A", "control": "A"},
    "delta",
    _make,
)
