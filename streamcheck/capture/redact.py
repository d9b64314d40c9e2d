"""Secrets taken out of what is written to disk.

In:   headers, URLs, request bodies; existing captures and bodies.
Out:  the same with secrets replaced. In bodies every replacement has the length of what it replaces, so that offsets stay true.
Rule: headers by allow-list (names stay, other values become REDACTED); query values by name, and user info, in URLs; in bodies
      strings of a known key's shape (key_shapes.py). What a body says once its framing is undone is not looked at: a key that
      arrives in pieces, one a delta, goes through, and so does one under a content coding; find_secrets() serves reassembled text.
      An AWS frame with a key in it keeps its lengths, and its checksum tells that it was altered.
Cost: see key_shapes.py; redact_capture() reads the whole file.
"""

__all__ = (
    "ALLOWED_HEADERS",
    "REDACTED",
    "Secret",
    "StreamRedactor",
    "find_secrets",
    "redact_bytes",
    "redact_capture",
    "redact_headers",
    "redact_text",
    "redact_url",
    "redacted_request",
    "redacted_response",
    "secret_findings",
)

import base64
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from streamcheck.capture.format import REDACTION_RULES, Capture, zstd_library
from streamcheck.capture.key_shapes import Secret, StreamRedactor, find_secrets, redact_bytes, redact_text, secrets_in
from streamcheck.capture.lines import chunk_line, json_of, record_line, value_of
from streamcheck.capture.reader import CaptureReader, is_capture, plain_bytes
from streamcheck.errors import CaptureError, UsageError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span

REDACTED = "REDACTED"

# Values that tell how the answer was made and open nothing. Names of accounts (openai-organization) and cookies are not among them.
ALLOWED_HEADERS = frozenset(
    """
    accept accept-encoding accept-language age alt-svc anthropic-beta anthropic-version apigw-requestid cache-control cf-cache-status cf-ray
    connection content-encoding content-language content-length content-type date etag expires host keep-alive last-modified
    openai-beta openai-model openai-processing-ms openai-version pragma request-id retry-after retry-after-ms server server-timing
    traceparent transfer-encoding user-agent vary via x-accel-buffering x-amz-request-id x-amzn-requestid x-cache x-content-type-options
    x-correlation-id x-envoy-upstream-service-time x-groq-region x-log-id x-powered-by x-process-time x-request-id x-requestid x-served-by
    x-should-retry x-trace-id x-vercel-ai-data-stream x-vercel-ai-ui-message-stream x-vercel-id
    """.split()  # noqa: SIM905  one name a line would be a page
)
_ALLOWED_PREFIXES = ("anthropic-fast-", "anthropic-ratelimit-", "ratelimit", "x-amzn-bedrock-", "x-ratelimit-", "x-stainless-")
_SECRET_HEADERS = re.compile(
    r"^(?:proxy-)?authorization$|^(?:set-)?cookie$|api[-_]?key$|secret|password|(?:^|-)token$", re.IGNORECASE
)
_SECRET_QUERY = re.compile(r"key|token|sig|secret|passw|pwd|auth|credential", re.IGNORECASE)
_QUERY_PAIR = re.compile(r"(?<=[?&;#])([^=&;#]*)=([^&;#]*)")
_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers in order; the values of those that are not on the allow-list become REDACTED."""
    return [(name, redact_text(value) if _is_allowed(name) else REDACTED) for name, value in headers]


def _is_allowed(name: str) -> bool:
    name = name.strip().lower()
    return name in ALLOWED_HEADERS or name.startswith(_ALLOWED_PREFIXES)


def redact_url(url: str) -> str:
    """Return `url` with its user info, the query values whose names speak of a secret, and key-shaped strings replaced."""
    url = _USER_INFO.sub(f"{REDACTED}@", url)
    url = _QUERY_PAIR.sub(lambda m: f"{m[1]}={REDACTED}" if _SECRET_QUERY.search(unquote(m[1])) else m[0], url)
    return redact_text(url)


def redacted_request(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request record's payload without secrets. `body_sha256` stays: it is of the bytes that were sent."""
    clean = redacted_response(payload)
    if isinstance(clean.get("url"), str):
        clean["url"] = redact_url(clean["url"])
    if clean.get("body") is not None:
        # As JSON text: keys of objects are covered too, and an escape before a key does not hide it.
        spelled = json_of(clean["body"])
        safe = redact_bytes(spelled)
        if safe != spelled:
            clean["body"] = value_of(safe)
    return clean


def redacted_response(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response record's payload without secrets."""
    clean = dict(payload)
    if clean.get("headers"):
        clean["headers"] = [list(pair) for pair in redact_headers(clean["headers"])]
    return clean


# ---------------------------------------------------------------------- what is still there
def secret_findings(capture: Capture) -> list[Finding]:
    """Return a `capture/secret` warning for each key-shaped string that the capture still holds. None of them repeats the string."""
    findings = []
    for part, place in ((capture.request, "request"), (capture.response, "response")):
        for name, value in part.headers if part is not None else ():
            if (value != REDACTED and _SECRET_HEADERS.search(name.strip())) or find_secrets(value):
                findings.append(
                    _secret(f"the {place}'s header {name[:80]!r} holds its value", {"in": place, "header": name[:80]})
                )
    request = capture.request
    if request is not None:
        if request.url is not None and redact_url(request.url) != request.url:
            findings.append(_secret("the request's URL holds a secret", {"in": "request", "url": True}))
        for secret in find_secrets(json_of(request.body)) if request.body is not None else ():
            findings.append(
                _secret(
                    f"a key-shaped string ({secret.rule}) stands in the request's body", {"in": "request", "rule": secret.rule}
                )
            )
    for rule, start, end in secrets_in(chunk.data for chunk in capture.chunks):
        message = f"a key-shaped string ({rule}) stands at byte {start} of the body"
        findings.append(_secret(message, {"in": "body", "rule": rule}, span=Span(start, end)))
    for (choice, channel), text in _joined(capture).items():
        for rule, start, end in find_secrets(text):
            message = f"a key-shaped string ({rule}) stands in the text"
            evidence = {"in": "text", "rule": rule}
            findings.append(_secret(message, evidence, choice=choice, channel=channel, chars=(start, end)))
    return findings


def _secret(message: str, evidence: dict[str, Any], **place: Any) -> Finding:
    return Finding("capture/secret", Severity.WARNING, f"{message}: run `streamcheck redact`", evidence=evidence, **place)


def _joined(capture: Capture) -> dict[tuple[int, str], str]:
    pieces: dict[tuple[int, str], list[str]] = {}
    for delta in capture.deltas:
        pieces.setdefault((delta.choice, delta.channel), []).append(delta.text)
    return {channel: "".join(texts) for channel, texts in pieces.items()}


# ---------------------------------------------------------------------- files
def redact_capture(source: str | os.PathLike[str], target: str | os.PathLike[str], *, overwrite: bool = False) -> int:
    """Write `source` (a capture, or the plain bytes of a body) without secrets to `target`; return how many records or strings changed.

    Records, times, chunk borders and unknown records stay as they are; a line without secrets stays byte for byte. The end
    record gets the new sha256 and, as `redacted`, how many strings were replaced. Doing it twice changes nothing more.
    A target whose name ends in .zst is compressed. overwrite: allow a target that exists, also the source itself.
    Raises CaptureError for a source that cannot be read, UsageError for a target that exists.
    """
    source, target = os.fspath(source), os.fspath(target)
    if os.path.exists(target) and not overwrite:
        what = "the source itself" if os.path.exists(source) and os.path.samefile(source, target) else "there already"
        raise UsageError(f"{target} is {what}: name another file, or allow to overwrite it")
    data = plain_bytes(source)
    if is_capture(data):
        data, changed = _redacted_file(data, source)
    else:
        changed = len(find_secrets(data))
        data = redact_bytes(data)
    _write(target, data)
    return changed


def _redacted_file(data: bytes, name: str) -> tuple[bytes, int]:
    """Return the capture file without secrets and the number of records that changed."""
    capture = CaptureReader(data, name=name).read()  # raises for a file whose records cannot be trusted to be what they seem
    lines = data.split(b"\n")
    clean = list(lines)
    chunks: list[tuple[int, bytes]] = []
    deltas: dict[tuple[int, str], list[tuple[int, dict[str, Any]]]] = {}
    ends: list[int] = []
    records = [i for i, line in enumerate(lines) if line.strip()]
    for i in records[1:]:
        line = lines[i]
        try:
            record = value_of(line)
        except ValueError:  # the line that the file's end cut
            clean[i] = redact_bytes(line)
            continue
        kind = record[1]
        payload: Any = record[2] if len(record) > 2 else None
        if kind == "text":
            chunks.append((i, payload.encode()))
        elif kind == "bytes":
            chunks.append((i, base64.b64decode(payload)))
        elif kind == "delta":
            deltas.setdefault((payload.get("choice", 0), payload.get("channel", "content")), []).append((i, payload))
        elif kind in ("request", "response"):
            safe = redacted_request(payload) if kind == "request" else redacted_response(payload)
            if safe != payload:
                clean[i] = _line_like(line, kind, safe)
        elif kind == "end":
            ends.append(i)
        else:
            clean[i] = redact_bytes(line)

    for parts in deltas.values():
        text = "".join(payload["text"] for _, payload in parts)
        safe_text = redact_text(text)
        at = 0
        for i, payload in parts:
            piece = safe_text[at : at + len(payload["text"])]
            at += len(piece)
            if piece != payload["text"]:
                clean[i] = _line_like(lines[i], "delta", {**payload, "text": piece})

    body = b"".join(piece for _, piece in chunks)
    safe_body = redact_bytes(body)
    if safe_body != body:
        at = 0
        for i, data_before in chunks:
            data_after = safe_body[at : at + len(data_before)]
            at += len(data_before)
            if data_after != data_before:
                clean[i] = chunk_line(_time_of(lines[i]), data_after).rstrip(b"\n")
        # An end record that did not fit its body before must not begin to fit it now.
        recorded = capture.end.sha256 if capture.end is not None else None
        if ends and recorded == hashlib.sha256(body).hexdigest():
            payload = dict(value_of(lines[ends[0]])[2])
            payload["sha256"] = hashlib.sha256(safe_body).hexdigest()
            payload["redacted"] = (payload.get("redacted") or 0) + len(find_secrets(body))
            clean[ends[0]] = _line_like(lines[ends[0]], "end", payload)

    changed = sum(old != new for old, new in zip(lines, clean, strict=True))
    first = records[0]
    header = value_of(redact_bytes(lines[first].removeprefix(b"\xef\xbb\xbf")))
    known = header["redacted"] if isinstance(header.get("redacted"), list) else []
    if not set(REDACTION_RULES) <= {rule for rule in known if isinstance(rule, str)}:
        header["redacted"] = [*known, *(rule for rule in REDACTION_RULES if rule not in known)]
        clean[first] = json_of(header)
    else:
        clean[first] = redact_bytes(lines[first])
    return b"\n".join(clean), changed


def _time_of(line: bytes) -> bytes:
    """Return a record's time as it is spelled."""
    return line[line.index(b"[") + 1 : line.index(b",")].strip()


def _line_like(line: bytes, kind: str, payload: Any) -> bytes:
    return record_line(_time_of(line), kind, json_of(payload)).rstrip(b"\n")


def _write(target: str, data: bytes) -> None:
    """Write a whole file; one that exists is replaced in one step, so that nothing is lost when this fails half-way."""
    if target.endswith(".zst"):
        library = zstd_library()
        if library is None:
            raise CaptureError(
                f"{target}: writing .zst needs Python 3.14 or backports.zstd: install it, or name a file without .zst"
            )
        data = library.compress(data)
    if not os.path.exists(target):
        with open(target, "xb") as file:
            file.write(data)
        return
    handle, part = tempfile.mkstemp(dir=os.path.dirname(target) or ".", prefix=".redact-")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        shutil.copymode(target, part)
        os.replace(part, target)
    except BaseException:
        os.unlink(part)
        raise
