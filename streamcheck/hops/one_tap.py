"""What one recording can say by itself: from its findings to a fault class.

In:   findings.
Out:  the class that the gravest of them speaks for; None where none does.
Rule: one tap sees only what is upstream of it, so this is never more than "consistent". Where several classes leave the same trace
      (model and engine, detokenizer and gateway), the one that says least is taken.
"""

__all__ = ("TapFault", "fault_of")

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
    ("order/done-mismatch", "engine-token-dropped"),
    ("order/tool-index", "tool-index-collision"),
    ("order/tool-arguments", "tool-markup-malformed"),
    ("text/template-token", "template-token-leak"),
    ("text/channel-leak", "channel-leak"),
    ("text/repetition", "model-repetition-loop"),
    ("text/", "model-word-salad"),
    ("provider/", "error-in-200"),
    ("http/incomplete-body", "transport-reset"),
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
                    if code == "order/tool-arguments" and "has no name" in finding.message:
                        continue
                    tool = finding.code == "text/template-token" and (finding.channel or "").startswith("tool:")
                    return TapFault(
                        "tool-markup-malformed" if tool and finding.evidence.get("context") == "tool name" else name, finding
                    )
    return None
