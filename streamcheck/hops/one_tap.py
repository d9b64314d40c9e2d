"""What one recording can say by itself: from its findings to a fault class.

In:   findings.
Out:  the class that the gravest of them speaks for; None where none does.
Rule: one tap sees only what is upstream of it, so this is never more than "consistent". Where several classes leave the same trace
      (model and engine, detokenizer and gateway), the one that says least is taken.
"""

__all__ = ("TapFault", "fault_of", "is_bare_json")

from collections.abc import Iterable
from typing import NamedTuple

from streamcheck.findings import Finding, Severity

# By weight: what proves more stands first.
_CLASSES = (
    ("http/wrong-content-type", "wrong-body-200"),
    ("http/content-encoding", "content-encoding-mismatch"),
    ("aws/", "payload-bitrot"),
    ("order/spliced-frame", "frame-spliced"),
    ("order/interleaved", "cross-request-mix"),
    ("order/restarted", "stream-restart-concat"),
    ("utf8/invalid", "payload-bitrot"),
    ("sse/heartbeat-as-data", "heartbeat-as-data"),
    ("json/invalid", "json-invalid-frame"),
    ("order/sequence-gap", "resume-gap-or-replay"),
    ("text/mojibake", "charset-wrong"),
    ("text/replacement-character", "detok-partial-replaced"),
    ("text/lone-surrogate", "surrogate-split"),
    ("text/double-escaped", "double-escaped"),
    ("text/doubled-deltas", "snapshot-after-delta"),
    ("order/cumulative-deltas", "snapshot-after-delta"),
    ("order/done-mismatch", "engine-token-dropped"),
    ("order/tool-index", "tool-index-collision"),
    ("order/tool-arguments", "tool-markup-malformed"),
    ("text/template-token", "template-token-leak"),
    ("text/channel-leak", "channel-leak"),
    ("text/repetition", "model-repetition-loop"),
    ("text/", "model-word-salad"),
    ("provider/", "error-in-200"),
    ("http/incomplete-body", "transport-reset"),
    ("sse/unknown-field", "error-in-200"),
    ("sse/unterminated-event", "tail-unterminated"),
    ("order/missing-terminal", "truncated-clean-eof"),
    ("time/stall", "stall-masked"),
    ("order/finish-reason", "finish-reason-wrong"),
    ("order/duplicate-event", "resume-gap-or-replay"),
    ("order/usage", "usage-wrong"),
    ("time/burst", "buffered-burst"),
)


class TapFault(NamedTuple):
    name: str
    finding: Finding


def fault_of(findings: Iterable[Finding]) -> TapFault | None:
    """Return the class, and the finding that speaks for it."""
    found = list(findings)
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        for code, name in _CLASSES:
            for finding in found:
                if finding.severity is severity and finding.code.startswith(code):
                    named = _named(finding, name, found)
                    if named is not None:
                        return TapFault(named, finding)
    return None


def _named(finding: Finding, name: str, found: list[Finding]) -> str | None:
    """Return the class of a finding, whose evidence may say more than its code; None where it says nothing."""
    evidence = finding.evidence
    match finding.code:
        case "order/tool-arguments" if "has no name" in finding.message:
            return None
        case "text/template-token" if (finding.channel or "").startswith("tool:") and evidence.get("context") == "tool name":
            return "tool-markup-malformed"
        case "order/missing-terminal" if evidence.get("missing") == "everything":
            return "wrong-body-200"
        case "order/missing-terminal" if "end of its last event" in str(evidence.get("missing")):
            return "tail-unterminated"
        case "json/invalid" if "\0\0\0\0" in evidence.get("near", ""):
            return "payload-bitrot"
        case "order/missing-terminal" if any(map(is_bare_json, found)):
            return "error-in-200"
        case "sse/unknown-field" if not is_bare_json(finding):
            return None
    if finding.stage == "provider" and str(evidence.get("rule", "")).startswith("html"):
        return "wrong-body-200"
    return name


def is_bare_json(finding: Finding) -> bool:
    """Whether a line that is no field is a JSON object: an error that was written without "data:"."""
    return finding.code == "sse/unknown-field" and str(finding.evidence.get("field", "")).startswith("{")
