"""A capture in memory, as the file that it would be.

In:   a Capture: one that was read and changed.
Out:  the bytes of a capture file.
Rule: secrets are taken out, as always before a disk. Times and the request's hash stay what they were; the body's hash is that of the body.
"""

__all__ = ("written_capture",)

import hashlib
from typing import Any

from streamcheck.capture.format import FORMAT, MAGIC_KEY, REDACTION_RULES, Capture
from streamcheck.capture.key_shapes import redact_bytes
from streamcheck.capture.lines import chunk_line, json_of, record_line, seconds_of
from streamcheck.capture.redact import redacted_request, redacted_response


def written_capture(capture: Capture) -> bytes:
    """Return the file of a capture, secrets taken out; times and hashes of the request stay what they were."""
    redacted = [*capture.redacted, *(rule for rule in REDACTION_RULES if rule not in capture.redacted)]
    lines = [json_of({MAGIC_KEY: FORMAT, **capture.header, "redacted": redacted}) + b"\n"]

    def record(at: float | None, kind: str, payload: Any) -> None:
        lines.append(record_line(seconds_of(at), kind, redact_bytes(json_of(payload))))

    if capture.request is not None:
        request = capture.request
        asked = {"method": request.method, "url": request.url or "", "headers": list(request.headers), "body": request.body}
        record(request.at, "request", redacted_request({**asked, "body_sha256": request.body_sha256}))
    if capture.response is not None:
        response = capture.response
        head = {"status": response.status, "http": response.http, "headers": list(response.headers)}
        record(response.at, "response", redacted_response(head))
    clean = redact_bytes(capture.body)
    start = 0
    for chunk in capture.chunks:
        lines.append(chunk_line(seconds_of(chunk.at), clean[start : start + len(chunk.data)]))
        start += len(chunk.data)
    for delta in capture.deltas:
        record(delta.at, "delta", {"choice": delta.choice, "channel": delta.channel, "text": delta.text})
    if capture.end is not None:
        end = {"reason": capture.end.reason, "bytes": len(clean), "sha256": hashlib.sha256(clean).hexdigest()}
        record(capture.end.at, "end", {**end, **({"error": capture.end.error} if capture.end.error is not None else {})})
    return b"".join(lines)
