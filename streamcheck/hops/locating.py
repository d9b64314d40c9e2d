"""locate(): between which two hops a response was broken.

In:   (name, source) pairs, nearest the model first.
Out:  a Location.
Rule: only recordings of one response are compared: the same id, or texts that share long pieces. What the nearest tap already has was
      broken before it, whatever comes later. A recording that its own recorder broke off is compared as far as it goes. Another
      response, however clean, exonerates nobody; k clean answers to the same request bound the rate of such a fault by 3/k.
"""

__all__ = ("locate",)

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from streamcheck.errors import UsageError
from streamcheck.findings import Finding, Severity
from streamcheck.hops.compare import Difference, difference
from streamcheck.hops.explain import Explanation, explanation
from streamcheck.hops.hop import Hop, Source
from streamcheck.hops.location import First, HopLine, Location
from streamcheck.hops.one_tap import fault_of
from streamcheck.verdicts import Origin, Verdict

_PIECE = 8  # characters of a piece that two texts of one response share; words of two texts seldom do. guess
_SHARED = 0.1  # of the shorter one's pieces: a text that turned to noise after a tenth still shares so many. guess
_KEPT = ("cancel-saves-partial", "store-record-damaged")
_CUT = ("truncated-clean-eof", "tail-unterminated", "transport-reset")


def locate(hops: Sequence[tuple[str, Source]]) -> Location:
    """Return where the response was broken, what did it, and how sure that is.

    hops: nearest the model first; a source is a capture, a raw body, or a .txt with the text of one channel.
    Raises UsageError for no hops or a name that comes twice, OSError and CaptureError for a source that cannot be read.
    """
    names = [name for name, _ in hops]
    if not hops:
        raise UsageError("locate() needs a hop at least: (name, capture) pairs, nearest the model first")
    if len(set(names)) < len(names):
        raise UsageError(f"two hops have the same name: {', '.join(names)}")
    taps = [Hop(name, source) for name, source in hops]
    return _located(taps, _of_one_response(taps))


class _Broken(NamedTuple):
    """The first pair of hops that differ."""

    up: Hop
    down: Hop
    difference: Difference
    made: Explanation


def _located(taps: list[Hop], compared: list[Hop]) -> Location:
    found = {down.name: _difference(up, down) for up, down in pairwise(compared)}
    lines = tuple(_line(tap, compared, found) for tap in taps)
    others = [tap for tap in taps if tap not in compared]
    basis = "paired-samples" if others and len(compared) == 1 else "same-response"
    nearest = compared[0]
    said = [_other_words(tap, nearest, others) for tap in others]
    broken = _first_broken(compared, found)
    if _has_it_already(nearest, alone=broken is None):
        return _upstream(nearest, compared, broken, lines, basis, said)
    if broken is not None:
        return _between(broken, compared, lines, basis, said)
    names = _list(tap.name for tap in compared)
    same = (
        f"{names}: the same response, and nothing is wrong with it" if len(compared) > 1 else f"{names}: nothing is wrong with it"
    )
    return Location(None, None, "none", basis, First(), None, lines, ". ".join([same, *said]))


def _first_broken(compared: list[Hop], found: dict[str, Difference | None]) -> _Broken | None:
    for up, down in pairwise(compared):
        differs = found[down.name]
        if differs is not None:
            return _Broken(up, down, differs, explanation(up, down, differs))
    return None


def _has_it_already(nearest: Hop, *, alone: bool) -> bool:
    """Whether the nearest tap's own evidence speaks of damage. alone: nothing is broken between the taps, so that a suspicion counts."""
    if nearest.plain is not None or _stopped(nearest):
        return False
    return nearest.report.verdict >= Verdict.DEGENERATE or (alone and not nearest.report.ok)


# ---------------------------------------------------------------------- one response
def _of_one_response(taps: list[Hop]) -> list[Hop]:
    """Return the hops that recorded the same response: the largest such group, of two equal ones the first."""
    groups: list[list[Hop]] = []
    for tap in taps:
        home = next((group for group in groups if _is_same(group, tap)), None)
        if home is None:
            groups.append([tap])
        else:
            home.append(tap)
    return max(groups, key=len)


def _is_same(group: list[Hop], tap: Hop) -> bool:
    for other in group:
        if other.id and tap.id and other.id == tap.id:
            return True
    last = group[-1]
    if last.id and tap.id and last.id != tap.id:
        return _shared(last.all_text, tap.all_text) > 1 - _SHARED  # a gateway that gives ids of its own
    if not tap.all_text or not last.all_text or _shared(last.all_text, tap.all_text) >= _SHARED:
        return True
    found = difference(last, tap)
    return found is None or explanation(last, tap, found).proof == "reproduced"


def _shared(a: str, b: str) -> float:
    """Return the share of the shorter text's pieces that stand in the longer one too."""
    short, long = sorted((a, b), key=len)
    if len(short) < 2 * _PIECE:
        return float(short[:_PIECE] in long)
    pieces = {short[i : i + _PIECE] for i in range(len(short) - _PIECE + 1)}
    known = {long[i : i + _PIECE] for i in range(len(long) - _PIECE + 1)}
    return len(pieces & known) / len(pieces)


def _difference(up: Hop, down: Hop) -> Difference | None:
    found = difference(up, down)
    if found is not None and _stopped(up) and found.kind == "events" and found.before >= len(up.payloads) - 1:
        return None  # the recording before ends here, and the response went on
    if found is not None and found.kind == "left out" and explanation(up, down, found).proof != "reproduced":
        return None
    return found


def _stopped(tap: Hop) -> bool:
    """Whether the recording was broken off on its own side."""
    return any(f.code == "capture/cut" or f.evidence.get("stopped_by") == "reader" for f in tap.report.findings if _is_loud(f))


def _is_loud(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE


# ---------------------------------------------------------------------- what is said
def _upstream(
    nearest: Hop, compared: list[Hop], broken: _Broken | None, lines: tuple[HopLine, ...], basis: str, others: list[str]
) -> Location:
    report = nearest.report
    fault = fault_of(report.findings)
    finding = fault.finding if fault is not None else next(filter(_is_loud, report.findings), None)
    said = [f"{nearest.name}, the tap nearest the model, has it already: {report.verdict}, upstream of all taps"]
    if finding is not None:
        said.append(finding.message)
    same = compared[1:] if broken is None else compared[1 : compared.index(broken.down)]
    if same:
        said.append(f"{_list(tap.name for tap in same)} had the same and {'is' if len(same) == 1 else 'are'} cleared")
    if broken is not None:
        what = f"{broken.made.fault or 'no model'} ({broken.made.proof}), {broken.made.sentence}"
        said.append(f"besides, {broken.down.name} differs from {broken.up.name}: {what}")
    name, proof = (fault.name, "consistent") if fault is not None else (None, "none")
    first = _place_of(finding)
    return Location((None, nearest.name), name, proof, basis, first, report.origin, lines, ". ".join([*said, *others]))


def _place_of(finding: Finding | None) -> First:
    if finding is None:
        return First()
    span = (finding.span.start, finding.span.end) if finding.span is not None else None
    return First(span, finding.event, finding.choice, finding.channel, finding.chars)


def _between(broken: _Broken, compared: list[Hop], lines: tuple[HopLine, ...], basis: str, others: list[str]) -> Location:
    up, down, differs, made = broken
    said = [f"what {up.name} had, {down.name} has not", made.sentence]
    if made.proof == "reproduced":
        said.append("run forward over the one, this gives the other exactly")
    before = compared[: compared.index(up)]
    if before:
        said.append(f"{_list(tap.name for tap in [*before, up])} have the same and are cleared")
    explained = ". ".join([*said, *others])
    return Location((up.name, down.name), made.fault, made.proof, basis, differs.first, _origin(broken), lines, explained)


def _origin(broken: _Broken) -> Origin:
    up, down, _, made = broken
    if down.has_bytes and _stopped(down) and made.fault in _CUT:
        return Origin("client", "proven", f"the reader at {down.name} stopped; it says nothing of those who sent")
    layer = "transport" if down.has_bytes else "storage" if made.fault in _KEPT else "client"
    sure = {"reproduced": "proven", "consistent": "likely", "none": "possible"}[made.proof]
    return Origin(layer, sure, f"{made.fault or 'no model'}: between {up.name} and {down.name}")


def _line(tap: Hop, compared: list[Hop], found: dict[str, Difference | None]) -> HopLine:
    verdict = tap.report.verdict if tap.plain is None else Verdict.CLEAN
    same = found[tap.name] is None if tap in compared[1:] else None
    return HopLine(tap.name, verdict, same)


def _other_words(tap: Hop, nearest: Hop, others: list[Hop]) -> str:
    if tap.asked is not None and tap.asked == nearest.asked:
        clean = sum(t.asked == nearest.asked and t.report.ok for t in others)
        return f"{tap.name} is another answer to the same request: {clean} clean in {clean} bound the rate of such a fault by {3 / max(clean, 1):.2g} (95 %)"
    return f"{tap.name} is another response, to another request: that it is {tap.report.verdict} proves nothing about this one"


def _list(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
