"""What made the hop after of the hop before: fault models, run forward.

In:   two hops and their first difference.
Out:  an Explanation: a fault class, how it is proven, and a sentence.
Rule: a model predicts from the hop before what it would have made of it; when that is what the hop after has, it is "reproduced". What
      only looks like a fault, by a finding that the hop before does not have, is "consistent". No model: no class, and no guess.
"""

__all__ = ("Explanation", "explanation")

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

from streamcheck.findings import Finding, Severity
from streamcheck.hops.compare import Difference, same_text, trimmed
from streamcheck.hops.edits import edit_of_text, edit_of_values
from streamcheck.hops.hop import Hop
from streamcheck.hops.one_tap import fault_of
from streamcheck.misreadings import misreadings
from streamcheck.misreadings.reference import events_of
from streamcheck.wire.events import Event


class Explanation(NamedTuple):
    """fault: None where no model fits."""

    fault: str | None
    proof: str
    sentence: str


_NONE = Explanation(None, "none", "no fault model gives this difference")


def explanation(up: Hop, down: Hop, found: Difference) -> Explanation:
    if found.kind == "report":
        return _by_findings(up, down, found) or _NONE
    for model in _ON_BYTES if down.has_bytes and up.has_bytes else _ON_TEXT:
        made = model(up, down, found)
        if made is not None:
            return made
    return _NONE


# ---------------------------------------------------------------------- wrong readers
def _misread(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    if not up.has_bytes:
        return None
    after = _keys(down.payloads)
    for misreading in sorted(misreadings(), key=lambda one: _FIRST.get(one.name.partition("/")[0], 1)):
        if not _is_possible(misreading.name, up):
            continue
        made = misreading.read(up.recorded)
        if down.has_bytes:
            fits = made.body is not None and made.body != up.recorded.body and _keys(_numbered(made.body)) == after
        elif down.plain is not None:
            fits = any(trimmed(text) == trimmed(down.plain) for text in made.text.values())
        else:
            # A reader that had no effect here explains nothing; one that lost a whole channel must have lost it by itself.
            gone = found.kind != "left out" or (found.first.choice, found.first.channel) not in made.text
            fits = made.text != up.text and gone and same_text(made.text, down, up)
        if fits:
            return Explanation(misreading.name.partition("/")[0], "reproduced", misreading.meaning)
    return None


def _is_possible(name: str, up: Hop) -> bool:
    """Whether the body before holds what such a reader stumbles over; else two misreadings may agree by chance."""
    body = up.recorded.body
    if name.startswith("charset-wrong"):
        return not body.isascii()
    if name.startswith("tail-unterminated"):
        return _finding(up, "sse/unterminated-event") is not None
    if name.startswith("line-split-dropped"):
        return _straddles(up)
    return True


def _straddles(hop: Hop) -> bool:
    """Whether a border between two chunks falls inside an event."""
    starts = [event.start for event in hop.events]
    for border in accumulate(map(len, hop.recorded.chunks[:-1])):
        i = bisect_left(starts, border) - 1
        if i >= 0 and border < hop.events[i].end:
            return True
    return False


def _numbered(body: bytes) -> list[tuple[int, Event]]:
    return list(enumerate(events_of(body)))


def _keys(payloads: list[tuple[int, Event]]) -> list[tuple[str, bytes]]:
    return [(event.event, event.raw.strip()) for _, event in payloads]


# ---------------------------------------------------------------------- what proves itself
def _flipped(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    a, b = up.recorded.body, down.recorded.body
    if len(a) != len(b) or a == b or not _broken(down):
        return None
    count = sum(x != y for x, y in zip(a, b, strict=True))
    return Explanation("payload-bitrot", "consistent", f"{count} bytes were changed in place: the body is as long as it was")


def _evident(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    """By a finding that names its fault whatever else is missing."""
    known = {f.code for f in up.report.findings}
    new = [f for f in down.report.findings if f.code not in known and (f.severity is not Severity.NOTE or f.stage == "provider")]
    if not down.recorded.body and _status(down) < 400:
        return Explanation("wrong-body-200", "consistent", "the body is empty")
    for code, fault in _EVIDENT:
        finding = next((f for f in new if f.code.startswith(code)), None)
        if finding is None:
            continue
        if fault == "error-in-200" and _status(down) >= 400:
            fault = "quota-misclassified"
        if fault == "keepalive-desync" and "content_length" not in finding.evidence:
            continue
        return Explanation(fault, "consistent", finding.message)
    return None


def _status(hop: Hop) -> int:
    response = hop.capture.response if hop.capture is not None else None
    return response.status or 0 if response is not None else 0


def _values(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    made = edit_of_values(up, down, found)
    return Explanation(*made) if made is not None else None


def _texts(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    made = edit_of_text(up, down)
    return Explanation(*made) if made is not None else None


# ---------------------------------------------------------------------- events lost, moved, repeated
def _cut_short(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    if not down.has_bytes:
        return None
    before, after = _keys(up.payloads), _keys(down.payloads)
    cut = _finding(down, "sse/unterminated-event")
    if len(before) == len(after) and found.before == len(before):
        return Explanation(
            "tail-unterminated", "reproduced", "the last event lost what ends it: readers that follow the standard drop it"
        )
    common = min(found.before, len(after))
    rest = after[common:]
    whole = not rest or rest == [before[-1]] or (cut is not None and len(rest) == 1 and before[common][1].startswith(rest[0][1]))
    if before[:common] != after[:common] or len(after) >= len(before) or not whole:
        return None
    if _finding(down, "http/incomplete-body") is not None and _finding(up, "http/incomplete-body") is None:
        return Explanation("transport-reset", "reproduced", f"the connection broke after {len(after)} of {len(before)} events")
    if cut is not None and len(after) >= len(before) - 1:
        return Explanation("tail-unterminated", "reproduced", "the end of the body is missing, from inside its last event on")
    return Explanation(
        "truncated-clean-eof", "reproduced", f"the body ends after {common} of {len(before)} events as if it were whole"
    )


def _moved(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    if not down.has_bytes:
        return None
    before, after = _keys(up.payloads), _keys(down.payloads)
    if len(after) < len(before) and _is_subsequence(after, before):
        lost = len(before) - len(after)
        gap = _finding(down, "order/sequence-gap") is not None
        name = "resume-gap-or-replay" if gap else "engine-token-dropped"
        return Explanation(name, "reproduced", f"{lost} of {len(before)} events are missing; the others are what they were")
    if len(after) > len(before) and _is_subsequence(before, after) and set(after) <= set(before):
        return Explanation("resume-gap-or-replay", "reproduced", f"{len(after) - len(before)} events came twice")
    if len(after) == len(before) and Counter(after) == Counter(before):
        return Explanation("engine-token-reordered", "reproduced", "the same events came in another order")
    return None


def _is_subsequence(part: list[tuple[str, bytes]], whole: list[tuple[str, bytes]]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


def _broken(hop: Hop) -> bool:
    return any(f.stage in ("utf8", "json", "aws", "sse") and f.severity is Severity.ERROR for f in hop.report.findings)


# ---------------------------------------------------------------------- texts that an agent or a store made
def _stored(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    key = (found.first.choice, found.first.channel)
    if down.plain is not None or key[0] is None or key[1] is None:
        whole, kept = max(((text, down.all_text) for text in up.text.values()), key=lambda pair: len(pair[0]), default=("", ""))
        pieces = [delta.text for delta in up.deltas if up.text.get((delta.choice, delta.channel)) == whole]
    else:
        whole, kept = up.text.get((key[0], key[1]), ""), down.text.get((key[0], key[1]), "")
        pieces = [delta.text for delta in up.deltas if (delta.choice, delta.channel) == key]
    odd = [sign for sign in kept if sign not in whole and (sign < " " or "\ud800" <= sign <= "\udfff")]
    if not kept or odd:
        if odd:
            return Explanation("store-record-damaged", "consistent", f"{odd[0]!r} stands in what was kept, and not in what came")
        return Explanation("store-record-damaged", "consistent", "nothing of what came was kept")
    if whole.startswith(kept):
        return Explanation("cancel-saves-partial", "reproduced", f"the first {len(kept)} of {len(whole)} characters were kept")
    if kept.endswith(whole) and whole.startswith(kept[: -len(whole)]):
        return Explanation(
            "retry-replays-prefix", "reproduced", "the beginning stands before the whole: a first attempt was kept"
        )
    if sorted(kept) == sorted(whole) and _is_made_of(kept, Counter(pieces)):
        return Explanation("delta-reordered", "reproduced", "the same deltas were put together in another order")
    if "\ufffd" in kept and "\ufffd" not in whole:
        return Explanation("utf8-split-replaced", "consistent", "characters were replaced by U+FFFD on the way")
    return None


def _is_made_of(text: str, pieces: Counter[str], limit: int = 20_000) -> bool:
    """Return whether the pieces, each as often as it is there, can be put in an order that gives `text`; False when that takes too long."""
    stack: list[tuple[int, Iterator[str]]] = []
    steps = 0

    def fitting(at: int) -> Iterator[str]:
        return iter([piece for piece, count in pieces.items() if count and text.startswith(piece, at)])

    at, options, chosen = 0, fitting(0), []
    while steps < limit:
        steps += 1
        piece = next(options, None)
        if piece is not None:
            pieces[piece] -= 1
            chosen.append(piece)
            stack.append((at, options))
            at += len(piece)
            if at == len(text) and not +pieces:
                return True
            options = fitting(at)
        elif stack:
            at, options = stack.pop()
            pieces[chosen.pop()] += 1
        else:
            return False
    return False


# ---------------------------------------------------------------------- by what is wrong with it now
def _by_loud_findings(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    """As _by_findings(), but for those of which the edit of the text tells more."""
    made = _by_findings(up, down, found)
    if made is None or made.fault in ("model-word-salad", "detok-partial-replaced"):
        return None
    return None if made.fault == "template-token-leak" and "think" in made.sentence else made


def _by_findings(up: Hop, down: Hop, found: Difference) -> Explanation | None:
    known = Counter((f.code, f.message) for f in up.report.findings)
    new = [f for f in down.report.findings if (f.code, f.message) not in known]
    fault = fault_of(new)
    if fault is None:
        return None
    return Explanation(fault.name, "consistent", fault.finding.message)


def _finding(hop: Hop, code: str) -> Finding | None:
    return next((f for f in hop.report.findings if f.code == code), None)


# Which misreading is asked first where several agree: the one that needs least to go wrong.
_FIRST = {"tail-unterminated": 0, "charset-wrong": 2, "linesep-overbreak": 2}

_EVIDENT = (
    ("http/wrong-content-type", "wrong-body-200"),
    ("http/content-encoding", "content-encoding-mismatch"),
    ("order/spliced-frame", "frame-spliced"),
    ("order/interleaved", "cross-request-mix"),
    ("order/restarted", "stream-restart-concat"),
    ("provider/", "error-in-200"),
    ("http/incomplete-body", "keepalive-desync"),
    ("order/sequence-gap", "resume-gap-or-replay"),
    ("time/stall", "stall-masked"),
)

Model = Callable[[Hop, Hop, Difference], Explanation | None]
_ON_BYTES: tuple[Model, ...] = (
    _flipped,
    _evident,
    _cut_short,
    _moved,
    _misread,
    _values,
    _by_loud_findings,
    _texts,
    _by_findings,
)
_ON_TEXT: tuple[Model, ...] = (_misread, _stored, _by_findings)
