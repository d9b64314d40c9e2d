"""The model says the same thing again and again, to the limit.

In:   the deltas of content, else of reasoning.
Out:  the last `period` deltas repeated `times` times in place of what follows; the finish reason says that the limit was met.
Rule: one id, monotone times: nothing but the text is wrong.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.endings import finish_edits, limit_of
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made

_MIN_CHARS = 720  # in all
_MIN_PERIOD_CHARS = 24  # shorter ones may be a list or a laugh


def _make(body: Body, rng: Random, variant: str, at: int | None, *, period: int = 0, times: int = 30) -> Made:
    found = body.editable(FAULT.name)
    first = body.chosen(found, at, len(found) * 2 // 3, FAULT.name)
    first = max(first, 1)
    unit, taken = "", 0
    while first > taken and (taken < period if period else len(unit) < _MIN_PERIOD_CHARS):
        taken += 1
        unit = "".join(d.text for d in found[first - taken : first])
    rest = found[first:] or found[-1:]
    times = max(times, -(-_MIN_CHARS // len(unit)))
    looped = unit * times
    share = max(1, len(looped) // len(rest))
    share += share % len(unit) == 0  # equal deltas would be equal events
    said = {d.number: looped[i * share : (i + 1) * share] for i, d in enumerate(rest)}
    said[rest[-1].number] = looped[(len(rest) - 1) * share :]
    capture, where, place = retold(body, said)
    limit = limit_of(body)
    if limit is not None:
        edits = body.text_edits(said) + finish_edits(body, limit)
        capture, where = body.changed(edits)
    details = {"period_chars": len(unit), "period_deltas": taken, "times": times, "finish": limit}
    char = found[first].char if first < len(found) else place["first_bad_char"]
    return Made(capture, {**place, "first_bad_char": char, "expect": ("text/repetition",), "details": details}, where)


FAULT = Fault(
    "model-repetition-loop",
    "the last deltas are repeated until the limit; finish reason `length`",
    "model",
    {"": "W"},
    "delta",
    _make,
)
