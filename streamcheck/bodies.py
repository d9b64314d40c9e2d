"""What a body is as a whole: a refusal, an empty body, something that is no stream.

In:   a body that has ended: what the intake saw, what the HTTP head says, its first bytes.
Out:  findings ("http/...", "provider/...", and `order/missing-terminal` for an empty body).
Rule: a failure that the page or the status names is the provider's word; a page that names none is whatever sits between.
"""

__all__ = ("judge_body", "judge_stop")

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity
from streamcheck.refusals import classify_error
from streamcheck.spans import Span
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.intake import Intake

_READER_STOPS = ("cancel", "rejected")


def judge_body(assembly: Assembly, intake: Intake, head: ResponseHead, sample: bytes, *, known: bool, whole: bool) -> None:
    """Find what the body is, if it is no stream, and whether all of it came.

    sample: its first bytes, as far as they were kept. known: a dialect was recognised. whole: it ended by itself.
    """
    refused = head.status is not None and head.status >= 400
    error = None
    if refused or not known:
        error = classify_error(status=head.status, body=sample, url=head.url, headers=head.headers)
    kind = intake.describe()
    if error is not None and (kind is None or error.error_class not in ("network", "unknown")):
        # Bytes that hold no event are all of them the answer.
        assembly.refuse(error, Severity.ERROR, span=None if assembly.trail.starts or not intake.size else Span(0, intake.size))
    elif kind is not None:
        _no_stream(assembly, intake, sample, kind)
    elif intake.empty:
        assembly.find(
            "order/missing-terminal", "the body is empty", event=-1, span=Span(0, 0), evidence={"missing": "everything"}
        )
    elif not known and not assembly.trail.starts:
        if whole and not _only_fields(sample):
            _no_stream(assembly, intake, sample, "text with no event in it")
        else:
            evidence = {"missing": "everything"}
            assembly.find("order/missing-terminal", "no event came", event=-1, span=Span(0, intake.size), evidence=evidence)
    elif not known and intake.one_document and len(assembly.trail.starts) == 1:
        _no_stream(assembly, intake, sample, "one JSON document of no known dialect", Severity.NOTE)
    if intake.event_stream and assembly.trail.starts:
        _judge_declaration(assembly, head)
    length = head.content_length
    if whole and length is not None and not head.content_encodings and intake.size < length:
        assembly.find(
            "http/incomplete-body",
            f"{intake.size} bytes came, Content-Length announced {length}",
            event=-1,
            span=Span(intake.size, intake.size),
            evidence={"content_length": length, "bytes": intake.size},
        )


def judge_stop(assembly: Assembly, size: int, reason: str, *, refused: bool) -> None:
    """Find that the body did not end by itself. reason: as Checker.close() takes it. refused: the status had said it all."""
    if reason == "eof":
        return
    severity, evidence = Severity.ERROR, {"reason": reason}
    if reason in _READER_STOPS:
        message, evidence["stopped_by"] = "the reader stopped before the body had ended", "reader"
        if reason == "rejected" or assembly.now.over or refused:
            # What came is judged by itself, or all of the answer had come. SDKs that retry do not read a refusal's body.
            severity = Severity.NOTE
    elif reason == "timeout":
        message, evidence["stopped_by"] = "the reader gave up waiting for the rest of the body", "deadline"
    elif size:
        message = f"the connection ended before the body did: {reason}"
    else:
        message = f"no body came: {reason}"
    assembly.find("http/incomplete-body", message, severity=severity, span=Span(size, size), event=-1, evidence=evidence)


def _only_fields(sample: bytes) -> bool:
    """Whether these are lines of an event stream, comments for instance: a provider that kept the connection open and said nothing."""
    return all(not line or line.startswith((b":", b"data:", b"event:", b"id:", b"retry:")) for line in sample.splitlines())


def _judge_declaration(assembly: Assembly, head: ResponseHead) -> None:
    """An event stream under another name is sound; some readers refuse it, and some decode it as its header says."""
    wrong = None
    if head.media_type not in (None, "text/event-stream"):
        wrong = f"the events are declared as {head.media_type}: readers that go by the header refuse them"
    elif head.charset not in (None, "utf-8", "utf8"):
        wrong = f"the events are declared as {head.charset}: they are UTF-8 always, and readers that obey the header garble them"
    if wrong is not None:
        declared = {"content_type": head.header("content-type")}
        assembly.find("http/wrong-content-type", wrong, severity=Severity.NOTE, event=-1, span=Span(0, 0), evidence=declared)


def _no_stream(assembly: Assembly, intake: Intake, sample: bytes, kind: str, severity: Severity | None = None) -> None:
    assembly.find(
        "http/wrong-content-type",
        f"the body is {kind}, not a stream",
        severity=severity,
        event=-1,
        span=Span(0, intake.size),
        evidence={"kind": kind, "starts": sample[:40].decode("utf-8", "replace")},
    )
