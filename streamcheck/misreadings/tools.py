"""Readers that do not tell tool calls apart.

In:   the deltas.
Out:  the arguments of all calls of a choice in one.
Rule: in the order in which they came; one call alone is read soundly.
"""

__all__ = ("MISREADINGS",)

from streamcheck.messages import Delta
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, spoken, sum_of


def _merged(recorded: Recorded) -> Text:
    said = spoken(payloads_of(recorded.chunks), dialect=recorded.dialect)
    return sum_of(_of_one_call(delta) for deltas in said for delta in deltas)


def _of_one_call(delta: Delta) -> Delta:
    if not delta.channel.startswith("tool:"):
        return delta
    return Delta(delta.choice, "tool:0", delta.text, delta.event)


MISREADINGS = (
    Misreading("tool-index-collision/merged", "the arguments of all tool calls are put together into the first one", _merged),
)
