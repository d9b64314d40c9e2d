"""Cases into files: captures, raw bodies, expect.toml.

In:   Case values.
Out:  relative path -> bytes, the same on every run.
Rule: captures are written by the package's own writer with fixed times, so that the generator cannot have a format of its own.
"""

__all__ = ("all_files", "capture_bytes", "read_times", "truths")

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from scripts.captures.cases import Case
from scripts.captures.faults import Truth
from scripts.captures.streams import Stream
from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.writer import CaptureWriter
from streamcheck.capture.written import written_capture
from streamcheck.expectations import FILE_NAME, Expectation, Onset, rewritten
from streamcheck.verdicts import Verdict

_BY = "streamcheck make_captures"  # no version: a release must not rewrite the evidence
_REQUEST_HEADERS = (
    ("content-type", "application/json"),
    ("accept", "text/event-stream"),
    ("authorization", "Bearer the-writer-takes-this-out"),
    ("user-agent", "streamcheck-make-captures"),
)
_HEAD_AT, _FIRST_AT, _STEP = 0.412, 0.455, 0.031  # seconds: an ordinary pace


def read_times(reads: Sequence[bytes]) -> list[float]:
    """Return when each read came, at an even pace that is not quite even."""
    return [round(_FIRST_AT + _STEP * n + 0.004 * (n * 7 % 5), 3) for n in range(len(reads))]


def capture_bytes(stream: Stream) -> bytes:
    """Return the capture file of a stream."""
    file = io.BytesIO()
    writer = CaptureWriter(file, hop=stream.hop, by=_BY, started=stream.started)
    if stream.texts:
        return _text_only(writer, stream, file)
    headers = stream.asked_with if stream.asked_with is not None else _REQUEST_HEADERS
    asked = stream.sent if stream.sent is not None else stream.request
    writer.request("POST" if asked is not None else "GET", stream.url, headers, asked, at=0.0)
    if stream.status is not None:
        writer.response(stream.status, stream.headers, http="HTTP/1.1", at=_HEAD_AT)
    reads = stream.reads if stream.reads is not None else stream.pieces
    times = stream.times if stream.times is not None else read_times(reads)
    for at, data in zip(times, reads, strict=True):
        if data:
            writer.chunk(data, at=at)
    last = times[-1] if times else _HEAD_AT
    writer.end(stream.end, at=round(last + 0.002, 3))
    writer.close()
    written = file.getvalue()
    capture = CaptureReader(written).read()
    assert capture.body == b"".join(reads), "the writer took something out of the body"
    return written if stream.sent is None else _with_short_request(capture, stream.request)


def _with_short_request(capture: Capture, body: Any) -> bytes:
    """Return the capture file with another request body: the hash stays that of what was sent."""
    assert capture.request is not None
    return written_capture(replace(capture, request=replace(capture.request, body=body)))


def _text_only(writer: CaptureWriter, stream: Stream, file: io.BytesIO) -> bytes:
    at = 0.0
    for n, (choice, channel, text) in enumerate(stream.texts):
        at = round(_FIRST_AT + _STEP * n, 3)
        writer.delta(text, choice=choice, channel=channel, at=at)
    writer.end(stream.end, at=at)
    writer.close()
    return file.getvalue()


def _expectation(case: Case) -> Expectation:
    return Expectation(
        name=case.path,
        file="",
        label=case.label,
        comment=case.comment,
        verdict=Verdict(case.verdict),
        codes=tuple(sorted(case.codes)),
        onset=Onset(*case.onset) if case.onset is not None else None,
        known_failure=case.known_failure,
    )


def all_files(cases: Iterable[Case]) -> dict[str, bytes]:
    """Return every file below captures/ but its README."""
    files: dict[str, bytes] = {}
    expectations: dict[str, Expectation] = {}
    for case in sorted(cases, key=lambda case: case.path):
        if case.path in files:
            raise ValueError(f"two cases are named {case.path!r}")
        files[case.path] = capture_bytes(case.stream) if case.path.endswith(".capture.jsonl") else case.stream.body
        expectations[case.path] = _expectation(case)
    files[FILE_NAME] = rewritten("", expectations).encode()
    return files


def truths(cases: Iterable[Case]) -> dict[str, Truth]:
    """Return where the damage of each damaged case is, by path."""
    return {case.path: case.truth for case in cases if case.truth is not None}
