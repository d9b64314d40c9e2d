"""locate(): between which two hops a response was broken.

In:   (name, source) pairs, nearest the model first.
Out:  a Location.
Rule: only recordings of one response are compared (grouping.py). What the nearest tap already has was broken before it, whatever comes
      later. A recording that broke off is compared as far as it goes. Another response, however clean, exonerates nobody.
"""

__all__ = ("locate",)

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from streamcheck.errors import UsageError
from streamcheck.findings import Finding, Severity
from streamcheck.hops import wording
from streamcheck.hops.compare import Difference, difference, trimmed
from streamcheck.hops.explain import explanation
from streamcheck.hops.grouping import of_one_response
from streamcheck.hops.hop import Hop, Source
from streamcheck.hops.location import First, HopLine, Location
from streamcheck.hops.one_tap import fault_of
from streamcheck.hops.pair import Explanation, Pair
from streamcheck.verdicts import Origin, Verdict, origin_of, verdict_of

_KEPT = ("cancel-saves-partial", "store-record-damaged")
_CUT = ("truncated-clean-eof", "tail-unterminated", "transport-reset")


def locate(hops: Sequence[tuple[str, Source]], *, progress: Callable[[str], None] | None = None) -> Location:
    """Return where the response was broken, what did it, and how sure that is.

    hops:     nearest the model first; a source is a capture, a raw body, or a .txt with the text of one channel.
    progress: is told each step that takes long with large recordings.
    Raises UsageError for no hops or a name that comes twice, OSError and CaptureError for a source that cannot be read.
    """
    names = [name for name, _ in hops]
    if not hops:
        raise UsageError("locate() needs a hop at least: (name, capture) pairs, nearest the model first")
    if len(set(names)) < len(names):
        raise UsageError(f"two hops have the same name: {', '.join(names)}")
    tell = progress or _no_progress
    taps = []
    for name, source in hops:
        tell(f"reading {name}")
        taps.append(Hop(name, source))
    ends_are_kept = any(tap.has_end for tap in taps)
    for tap in taps:
        tap.is_unfinished = tap.breaks_off(ends_are_kept=ends_are_kept)
    if len(taps) > 1:
        tell(f"comparing {len(taps)} recordings")
    return _located(taps, of_one_response(taps), tell)


def _no_progress(step: str) -> None:
    """Nobody wants to know."""


class _Broken(NamedTuple):
    """Two neighbours that differ, and why."""

    pair: Pair
    made: Explanation


def _located(taps: list[Hop], compared: list[Hop], tell: Callable[[str], None]) -> Location:
    nearest = compared[0]
    others = [tap for tap in taps if tap not in compared]
    pairs = {down.name: _pair(up, down) for up, down in pairwise(compared)}
    lines = tuple(_line(tap, compared, pairs) for tap in taps)
    basis = "paired-samples" if others and len(compared) == 1 else "same-response"
    pair = next((pair for pair in pairs.values() if pair is not None), None)
    if pair is not None:
        tell(f"explaining what differs between {pair.up.name} and {pair.down.name}")
    broken = _Broken(pair, explanation(pair)) if pair is not None else None
    damage = _damage(nearest)
    beside = [*wording.of_hops(compared), *wording.of_others(nearest, others)]
    if verdict_of(damage) >= Verdict.DEGENERATE or (damage and broken is None):
        return _upstream(nearest, damage, compared, broken, lines, basis, beside)
    if broken is not None:
        return _between(broken, compared, lines, basis, beside)
    said = [wording.all_well(compared), *beside]
    return Location(None, None, "none", basis, First(), None, lines, ". ".join(said))


def _line(tap: Hop, compared: list[Hop], pairs: dict[str, Pair | None]) -> HopLine:
    same = pairs[tap.name] is None if tap in compared[1:] else None
    return HopLine(tap.name, tap.report.verdict if tap.plain is None else Verdict.CLEAN, same)


def _damage(hop: Hop) -> list[Finding]:
    """Return the warnings and errors of a hop, but for those of its own end: a reader that stopped is not what broke the text."""
    if hop.plain is not None:
        return []
    loud = [f for f in hop.report.findings if f.severity is not Severity.NOTE and f.stage != "capture"]
    if not hop.ends_early:
        return loud
    return [
        f for f in loud if "stopped_by" not in f.evidence and f.code not in ("sse/unterminated-event", "order/missing-terminal")
    ]


# ---------------------------------------------------------------------- neighbours
def _pair(up: Hop, down: Hop) -> Pair | None:
    """Return the two hops if they differ, and not only because a recording broke off."""
    found = difference(up, down)
    if found is None or _is_only_an_end(up, down, found):
        return None
    pair = Pair(up, down, found)
    if found.kind == "left out" and explanation(pair).proof != "reproduced":
        return None
    return pair


def _is_only_an_end(up: Hop, down: Hop, found: Difference) -> bool:
    """Whether one of the recordings ends before the other, and was broken off: by whom is known, or nobody finished it."""
    if found.kind == "events":
        if up.ends_early and found.payload >= len(up.trace.keys) - 1:
            return True
        return down.is_unfinished and found.payload >= len(down.trace.keys) - 1
    if found.kind != "text" or not (up.ends_early or down.is_unfinished):
        return False
    texts = [(up.text.get(key, ""), down.text.get(key, "")) for key in {**up.text, **down.text}]
    if up.ends_early and all(b.startswith(a) for a, b in texts):
        return True
    return down.is_unfinished and all(a.startswith(trimmed(b)) for a, b in texts)


# ---------------------------------------------------------------------- what is said
def _upstream(
    nearest: Hop,
    damage: list[Finding],
    compared: list[Hop],
    broken: _Broken | None,
    lines: tuple[HopLine, ...],
    basis: str,
    beside: list[str],
) -> Location:
    fault = fault_of(damage)
    finding = fault.finding if fault is not None else damage[0]
    said = [
        f"{nearest.name}, the tap nearest the model, has it already: {verdict_of(damage)}, upstream of all taps",
        finding.message,
    ]
    same = compared[1:] if broken is None else compared[1 : compared.index(broken.pair.down)]
    if same:
        said.append(f"{wording.listed(same)} had the same and {'is' if len(same) == 1 else 'are'} cleared")
    if broken is not None:
        up, down = broken.pair.up.name, broken.pair.down.name
        said.append(
            f"besides, {down} differs from {up}: {broken.made.fault or 'no model'} ({broken.made.proof}), {broken.made.sentence}"
        )
    name, proof = (fault.name, "consistent") if fault is not None else (None, "none")
    origin = origin_of(damage, text_only=not nearest.has_bytes)
    return Location((None, nearest.name), name, proof, basis, _place_of(finding), origin, lines, ". ".join([*said, *beside]))


def _place_of(finding: Finding) -> First:
    span = (finding.span.start, finding.span.end) if finding.span is not None else None
    return First(span, finding.event, finding.choice, finding.channel, finding.chars)


def _between(broken: _Broken, compared: list[Hop], lines: tuple[HopLine, ...], basis: str, beside: list[str]) -> Location:
    pair, made = broken
    said = [f"what {pair.up.name} had, {pair.down.name} has not", made.sentence]
    if made.proof == "reproduced":
        said.append("run forward over the one, this gives the other exactly")
    elif not pair.up.knows_borders:
        said.append(f"at which borders {pair.up.name} was read was not recorded: faults that follow from them are not checkable")
    before = compared[: compared.index(pair.up)]
    if before:
        said.append(f"{wording.listed([*before, pair.up])} have the same and are cleared")
    first = made.first or pair.found.first
    return Location(
        (pair.up.name, pair.down.name), made.fault, made.proof, basis, first, _origin(broken), lines, ". ".join([*said, *beside])
    )


def _origin(broken: _Broken) -> Origin:
    (up, down), made = (broken.pair.up, broken.pair.down), broken.made
    if down.has_bytes and down.was_stopped and made.fault in _CUT:
        return Origin("client", "proven", f"the reader at {down.name} stopped; it says nothing of those who sent")
    layer = "transport" if down.has_bytes else "storage" if made.fault in _KEPT else "client"
    sure = {"reproduced": "proven", "consistent": "likely", "none": "possible"}[made.proof]
    return Origin(layer, sure, f"{made.fault or 'no model'}: between {up.name} and {down.name}")
