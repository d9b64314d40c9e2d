"""A few events of a large recording: where a reader is tried before it is run over the whole.

In:   a hop and one of its events.
Out:  Stretch: the chunks around it at the borders that were recorded, what they say, and where in the whole text that stands.
Rule: what a reader changes has to change here already, at the place where the hops part.
"""

__all__ = ("Stretch", "stretch_of")

from bisect import bisect_left
from typing import NamedTuple

from streamcheck.hops.hop import Hop
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of
from streamcheck.prefixes import common_prefix

_AROUND = 40  # events before and after the one. guess


class Stretch(NamedTuple):
    """recorded: the chunks. text: what they say. start: for each channel, how many characters stand before."""

    recorded: Recorded
    text: Text
    start: dict[tuple[int, str], int]

    def changes_bytes(self, misreading: Misreading) -> bool:
        """Whether the reader would send on other bytes."""
        return misreading.sends is not None and b"".join(misreading.sends(self.recorded)) != self.recorded.body

    def changes_text(self, misreading: Misreading, key: tuple[int, str] | None, char: int) -> bool:
        """Whether the reader would have another text, from that character of that channel on; anywhere where no channel is known."""
        made = misreading.read(self.recorded)
        if key is None or key not in self.text:
            return made != self.text
        same = common_prefix(self.text[key], made.get(key, ""))
        return made != self.text and self.start.get(key, 0) + same == char


def stretch_of(hop: Hop, event: int) -> Stretch:
    """Return the stretch around an event."""
    trace = hop.trace
    first = max(0, event - _AROUND)
    start = trace.starts[first] if first else 0  # a byte order mark stands before the first event
    end = trace.ends[min(event + _AROUND, len(trace.ends) - 1)]
    chunks = []
    at = 0
    for chunk in hop.recorded.chunks:
        if at + len(chunk) > start:
            chunks.append(chunk[max(0, start - at) : end - at])
        at += len(chunk)
        if at >= end:
            break
    recorded = Recorded(tuple(chunks), hop.recorded.dialect)
    before = {key: bisect_left(said.events, first) for key, said in trace.said.items()}
    starts = {key: trace.said[key].ends[i - 1] if i else 0 for key, i in before.items()}
    return Stretch(recorded, text_of(payloads_of(recorded.chunks), dialect=recorded.dialect), starts)
