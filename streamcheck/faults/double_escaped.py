"""A server writes JSON into JSON: escapes stand in the text as text.

In:   the deltas from one on.
Out:  each escaped a second time.
Rule: lossless, and proof only where a text has enough to escape.
"""

__all__ = ("FAULT",)

import json
import re
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made

_CODE = re.compile(r"\s*(?:```|[\[{<])|.*```", re.DOTALL)  # escapes in code are nobody's proof
_WORDS = re.compile(r"(?:(?![a-zA-Z])[^\W\d_]){6}")  # letters that JSON may escape, in a row: less may be an article about JSON


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 0) -> Made:
    found = body.editable(FAULT.name)
    first = body.chosen(found, at, 0, FAULT.name)
    said = {}
    for delta in found[first : first + count if count else None]:
        again = json.dumps(delta.text)[1:-1]
        if again != delta.text:
            said[delta.number] = again
    if not said:
        raise UsageError(f"{FAULT.name} needs text with something to escape: this one is plain ASCII")
    capture, where, place = retold(body, said)
    escapes = sum(text.count("\\") for text in said.values())
    plain = "".join(delta.text for delta in found[first:])
    expect = ("text/double-escaped",) if _WORDS.search(plain) and not _CODE.match(plain) else ()
    return Made(capture, {**place, "expect": expect, "lossless": True, "details": {"escapes": escapes}}, where)


FAULT = Fault("double-escaped", "the text of deltas is escaped twice", "gateway", {"": "W"}, "delta", _make)
