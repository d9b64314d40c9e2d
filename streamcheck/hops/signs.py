"""What the hop after shows by itself, and the hop before does not.

In:   a Pair.
Out:  an Explanation, "consistent": a finding of the hop after names a fault class.
Rule: in steps, for other models know more in between: what changed the body as a whole (FIRST), what leaves little doubt (LOUD), what
      tells more than an edit of the text would (CLEAR), what is left (FAINT).
"""

__all__ = ("CLEAR", "FAINT", "FIRST", "LOUD")

from collections.abc import Iterable

from streamcheck.findings import Finding, Severity
from streamcheck.hops.hop import Hop
from streamcheck.hops.location import First
from streamcheck.hops.one_tap import fault_of, is_bare_json
from streamcheck.hops.pair import Explanation, Pair

# By weight: what leaves the least doubt stands first.
_SIGNS = (
    ("http/wrong-content-type", "wrong-body-200"),
    ("sse/heartbeat-as-data", "heartbeat-as-data"),
    ("order/spliced-frame", "frame-spliced"),
    ("order/interleaved", "cross-request-mix"),
    ("order/restarted", "stream-restart-concat"),
    ("provider/", "error-in-200"),
    ("time/stall", "stall-masked"),
)
# Other models have more to say of these: which text was changed, and how.
_LESS = ("model-word-salad", "detok-partial-replaced", "engine-token-dropped")
_BLOCK_MOVED = 64  # bytes that differ where a block was moved; fewer may be a word in another order. guess


def _rotten(pair: Pair, *, broken: bool) -> Explanation | None:
    """Bytes were changed in place: as many as before, some others."""
    changed = pair.changed_bytes
    count = len(changed)
    hurt = any(finding.severity is Severity.ERROR for finding in pair.new)
    if not count or not _is_rot(changed, broken=broken, hurt=hurt):
        return None
    return Explanation("payload-bitrot", "consistent", f"{count} bytes were changed in place: the body is as long as it was")


def _flipped(pair: Pair) -> Explanation | None:
    return _rotten(pair, broken=_broken(pair.down))


def _flipped_unseen(pair: Pair) -> Explanation | None:
    """The same where the JSON happens to be sound."""
    return _rotten(pair, broken=True)


def _is_rot(changed: list[tuple[int, int]], *, broken: bool, hurt: bool) -> bool:
    """Whether bytes changed as hardware changes them: single bits, runs of zeros, blocks in another place; not as a writer does."""
    if all((a ^ b).bit_count() == 1 for a, b in changed):
        return broken
    if all(b == 0 for _, b in changed):
        return True
    return hurt and len(changed) > _BLOCK_MOVED and sorted(a for a, _ in changed) == sorted(b for _, b in changed)


def _broken(hop: Hop) -> bool:
    return any(f.stage in ("utf8", "json", "aws", "sse") and f.severity is Severity.ERROR for f in hop.report.findings)


def _other_body(pair: Pair) -> Explanation | None:
    """Another body stands in the place of the stream."""
    up, down = pair.up, pair.down
    if not down.size and (down.response_head.status or 0) < 400:
        return Explanation("wrong-body-200", "consistent", "the body is empty")
    if not up.trace.said or down.trace.said or len(down.trace.payloads) > 1:
        return None
    shared = set(up.trace.keys).intersection(down.trace.keys)
    if shared or down.found("sse/unterminated-event") or down.found("http/content-encoding"):
        return None
    first = First((0, down.size), 0 if down.trace.payloads else None)
    if (down.response_head.status or 0) >= 400:
        return Explanation(
            "quota-misclassified", "consistent", f"status {down.response_head.status} came with another body", first
        )
    return Explanation("wrong-body-200", "consistent", "another body stands in the place of the stream", first)


def _coded(pair: Pair) -> Explanation | None:
    finding = next((f for f in pair.new if f.code == "http/content-encoding"), None)
    return Explanation("content-encoding-mismatch", "consistent", finding.message) if finding is not None else None


def _bare_error(pair: Pair) -> Explanation | None:
    finding = next(filter(is_bare_json, pair.new), None)
    if finding is None or pair.found.payload == 0:
        return None
    sentence = "a bare line of JSON stands between the events: readers pass over it"
    return Explanation(
        "error-in-200", "consistent", sentence, First((finding.span.start, finding.span.end) if finding.span else None)
    )


def _signs(pair: Pair) -> Explanation | None:
    for code, fault in _SIGNS:
        finding = next((f for f in pair.new if f.code.startswith(code) and (f.severity.rank or f.stage == "provider")), None)
        if finding is not None:
            return Explanation(fault, "consistent", finding.message)
    return None


def _by_findings(pair: Pair) -> Explanation | None:
    return _named(pair.new)


def _clear(pair: Pair) -> Explanation | None:
    made = _named(finding for finding in pair.new if finding.severity is not Severity.NOTE)
    if made is None or made.fault in _LESS or (made.fault == "template-token-leak" and "think" in made.sentence.lower()):
        return None
    return made


def _named(findings: Iterable[Finding]) -> Explanation | None:
    """Return the class that the gravest of the findings speaks for."""
    fault = fault_of(findings)
    return Explanation(fault.name, "consistent", fault.finding.message) if fault is not None else None


FIRST = (_coded, _flipped, _other_body, _bare_error)
LOUD = (_signs, _flipped_unseen)
CLEAR = (_clear,)
FAINT = (_by_findings,)
