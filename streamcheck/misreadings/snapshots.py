"""Readers that add the final text to the deltas that said it already.

In:   the deltas.
Out:  every text twice.
Rule: the snapshot is taken to be the sum of the deltas, as it is in a sound stream.
"""

__all__ = ("MISREADINGS",)

from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of


def _appending(variant: str, meaning: str, *channels: str) -> Misreading:
    def read(recorded: Recorded) -> Text:
        text = text_of(payloads_of(recorded.chunks), dialect=recorded.dialect)
        return {key: said * 2 if not channels or key[1] in channels else said for key, said in text.items()}

    return Misreading(f"snapshot-after-delta/{variant}", meaning, read)


MISREADINGS = (
    _appending("content", "the final content is appended to the sum of its deltas", "content"),
    _appending("texts", "the final content and reasoning are appended to the sums of their deltas", "content", "reasoning"),
    _appending("all", "the final text of every channel is appended to the sum of its deltas"),
)
