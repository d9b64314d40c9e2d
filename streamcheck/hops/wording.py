"""Sentences about hops.

In:   hops.
Out:  one sentence each, without a full stop.
Rule: what is said of another response never speaks for or against this one. k clean answers to the same request bound the rate of a
      fault by 3/k (95 %, the rule of three).
"""

__all__ = ("all_well", "listed", "of_hops", "of_others")

from collections.abc import Iterable
from itertools import pairwise

from streamcheck.hops.compare import trimmed
from streamcheck.hops.hop import Hop


def listed(hops: Iterable[Hop]) -> str:
    names = [hop.name for hop in hops]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def all_well(hops: list[Hop]) -> str:
    if len(hops) == 1:
        return f"{hops[0].name}: nothing is wrong with it"
    return f"{listed(hops)}: the same response, and nothing is wrong with it"


def of_hops(hops: list[Hop]) -> list[str]:
    """Say which recordings are not whole, and what was trimmed."""
    said = [
        f"the recording at {hop.name} is not finished: it was compared as far as it goes" for hop in hops if hop.is_unfinished
    ]
    for up, down in pairwise(hops):
        blanks = _trimmed(up, down)
        if blanks:
            said.append(f"{down.name} lacks {blanks} blanks at the ends of texts: trimmed, which is no fault")
    return said


def _trimmed(up: Hop, down: Hop) -> int:
    """Return how many blanks at ends the hop after lacks, where it has text alone."""
    if down.has_bytes or down.plain is not None:
        return 0
    count = 0
    for key, kept in down.text.items():
        whole = up.text.get(key, "")
        blocks = "".join(map(trimmed, up.trace.blocks(*key)))
        if whole != kept and kept in (trimmed(whole), blocks, trimmed(blocks)):
            count += len(whole) - len(kept)
    return count


def of_others(nearest: Hop, others: list[Hop]) -> list[str]:
    """Say what other responses are worth: nothing, unless they answer the same request."""
    said = []
    again = [hop for hop in others if hop.asked is not None and hop.asked == nearest.asked]
    if again:
        said.append(_rate(again))
    for hop in others:
        if hop not in again:
            sizes = (
                f" ({nearest.asked_bytes} bytes were asked there, {hop.asked_bytes} here)"
                if nearest.asked_bytes and hop.asked_bytes
                else ""
            )
            verdict = hop.report.verdict
            said.append(
                f"{hop.name} is another response, to another request{sizes}: that it is {verdict} proves nothing about this one"
            )
    return said


def _rate(again: list[Hop]) -> str:
    """Say how often the same request went wrong."""
    count, broken = len(again), sum(not hop.report.ok for hop in again)
    what = f"{listed(again)} {'is another answer' if count == 1 else 'are other answers'} to the same request"
    if broken:
        return f"{what}: {broken} of {count} are broken as well"
    return f"{what}: {count} clean in {count} bound the rate of such a fault by {min(1.0, 3 / count):.2g} (95 %)"
