"""Readers that take one thing from an event that says two.

In:   the deltas of each event.
Out:  one channel's text missing wherever an event has text on several.
Rule: events that say one thing are read soundly.
"""

__all__ = ("MISREADINGS",)

from collections.abc import Callable

from streamcheck.messages import Delta
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, spoken, sum_of


def _taking(variant: str, meaning: str, chosen: Callable[[list[Delta]], str]) -> Misreading:
    def kept(deltas: list[Delta]) -> list[Delta]:
        if len({delta.channel for delta in deltas}) < 2:
            return deltas
        channel = chosen(deltas)
        return [delta for delta in deltas if delta.channel == channel]

    def read(recorded: Recorded) -> Text:
        said = spoken(payloads_of(recorded.chunks), dialect=recorded.dialect)
        return sum_of(delta for deltas in said for delta in kept(deltas))

    return Misreading(f"combined-delta-dropped/{variant}", meaning, read)


def _preferring(first: str) -> Callable[[list[Delta]], str]:
    def chosen(deltas: list[Delta]) -> str:
        return first if any(delta.channel == first for delta in deltas) else deltas[0].channel

    return chosen


MISREADINGS = (
    _taking("first", "of an event with text on several channels the first one counts", lambda deltas: deltas[0].channel),
    _taking("last", "of an event with text on several channels the last one counts", lambda deltas: deltas[-1].channel),
    _taking("reasoning", "an event with reasoning is taken for reasoning only", _preferring("reasoning")),
    _taking("content", "an event with content is taken for content only", _preferring("content")),
)
