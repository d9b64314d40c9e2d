"""An addon for mitmproxy that records streamed answers as captures: `mitmdump -s mitm_addon.py --set streamcheck_out=captures`.

In:   the hooks of mitmproxy 9 and later.
Out:  a capture for each response whose type is that of a stream, written while it comes; the client gets every chunk at once.
      The time and length of each chunk also stand in the flow's metadata; with streamcheck_store=true `mitmdump -w FILE` keeps the body too.
Rule: this file works alone: copy it to where mitmproxy runs. Where streamcheck is installed beside mitmproxy its writer is used;
      without it headers are kept by a short list, bodies of requests are not kept, and key-shaped strings are replaced where they
      stand in one chunk: run `streamcheck redact` before you share such a capture. Whatever fails in here, the stream goes on.
"""

__all__ = ("StreamRecorder", "addons")

import base64
import hashlib
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

METADATA = "streamcheck_chunks"
STREAMS = ("text/event-stream", "ndjson", "jsonl", "json-seq", "amazon.eventstream")

_KEPT_HEADERS = ("content-type", "content-encoding", "content-length", "transfer-encoding", "date", "server", "x-request-id")
_KEYS = re.compile(rb"(?:sk-[\w-]{16,}|Bearer [\w.~+/-]{16,}|eyJ[\w-]{16,}\.[\w-]{8,}\.[\w-]*|gh[pousr]_\w{20,}|AIza[\w-]{30,})")
_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

log = logging.getLogger("streamcheck")


class StreamRecorder:
    """The addon."""

    def __init__(self) -> None:
        self._writers: dict[str, Any] = {}
        self._folder = "captures"
        self._every = False
        self._store = False
        self._bodies: dict[str, list[bytes]] = {}

    # ------------------------------------------------------------------ hooks
    def load(self, loader: Any) -> None:
        loader.add_option("streamcheck_out", str, "captures", "The folder that captures are written to.")
        loader.add_option("streamcheck_all", bool, False, "Record every response, not only streams.")
        loader.add_option("streamcheck_store", bool, False, "Keep recorded bodies in the flows too: they stay in memory.")

    def configure(self, updated: set[str]) -> None:
        options: Any = import_module("mitmproxy.ctx").options
        self._folder = options.streamcheck_out
        self._every = options.streamcheck_all
        self._store = options.streamcheck_store

    def responseheaders(self, flow: Any) -> None:
        kind = flow.response.headers.get("content-type", "").lower()
        if not self._every and not any(stream in kind for stream in STREAMS):
            return
        marks: list[list[float]] = []
        flow.metadata[METADATA] = marks
        parts = self._bodies.setdefault(flow.id, []) if self._store else None
        self._safely(flow, lambda: self._begin(flow))

        def passed(data: bytes) -> bytes:
            if data:
                marks.append([time.time(), float(len(data))])
                if parts is not None:
                    parts.append(data)
                if flow.id in self._writers:
                    at = time.time() - flow.request.timestamp_start
                    self._safely(flow, lambda: self._writers[flow.id].chunk(data, at=at))
            return data

        flow.response.stream = passed

    def response(self, flow: Any) -> None:
        parts = self._bodies.pop(flow.id, None)
        if parts is not None:
            flow.response.raw_content = b"".join(parts)  # it was sent already; this is for the flow file
        self._end(flow, "eof", None)

    def error(self, flow: Any) -> None:
        self._bodies.pop(flow.id, None)
        told = str(getattr(getattr(flow, "error", None), "msg", "")).lower()
        if "client disconnected" in told:
            self._end(flow, "cancel", None)
        else:
            self._end(flow, "error", "RemoteProtocolError")

    def done(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    # ------------------------------------------------------------------ inside
    def _begin(self, flow: Any) -> None:
        request, zero = flow.request, flow.request.timestamp_start
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        started = datetime.fromtimestamp(zero, timezone.utc)  # noqa: UP017  mitmproxy 9 runs on Python 3.10
        host = re.sub(r"[^a-z0-9.-]+", "-", request.pretty_host.lower()).strip(".-")[:80] or "unknown"
        name = f"{started.strftime('%Y%m%dT%H%M%S.%f')[:-3]}Z-{host}-{secrets.token_hex(4)}.capture.jsonl"
        writer = _new_writer(os.path.join(self._folder, name), started)
        self._writers[flow.id] = writer
        sent = (request.timestamp_end or zero) - zero
        writer.request(request.method, request.pretty_url, list(request.headers.items(multi=True)), request.raw_content, at=sent)
        headers = list(flow.response.headers.items(multi=True))
        answered = (flow.response.timestamp_start or time.time()) - zero
        writer.response(flow.response.status_code, headers, http=flow.response.http_version, at=answered)

    def _end(self, flow: Any, reason: str, error: str | None) -> None:
        if flow.id in self._writers:
            at = time.time() - flow.request.timestamp_start
            self._safely(flow, lambda: self._writers[flow.id].end(reason, error=error, at=at))
        writer = self._writers.pop(flow.id, None)
        if writer is not None:
            writer.close()

    def _safely(self, flow: Any, write: Callable[[], None]) -> None:
        """Do it unless recording this flow has failed before."""
        try:
            write()
        except Exception as error:  # noqa: BLE001  whatever it is, the stream goes on
            writer = self._writers.pop(flow.id, None)
            if writer is not None:
                writer.close()
            log.warning("streamcheck: a stream goes on unrecorded: %s", type(error).__name__)


def _new_writer(path: str, started: datetime) -> Any:
    try:
        from streamcheck.capture.writer import CaptureWriter
    except ImportError:
        return _PlainWriter(path, started)
    return CaptureWriter(path, hop="proxy", started=started)


class _PlainWriter:
    """Capture format 1 without streamcheck."""

    def __init__(self, path: str, started: datetime) -> None:
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115  close() does it
        self._digest = hashlib.sha256()
        self._size = 0
        moment = started.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._write({"streamcheck_capture": 1, "started": moment, "hop": "proxy", "by": "streamcheck mitm_addon", "redacted": []})

    def request(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes | None, *, at: float) -> None:
        payload: dict[str, Any] = {"method": method, "url": _without_secrets(url), "headers": _kept(headers), "body": None}
        if body:
            payload["body_sha256"] = hashlib.sha256(body).hexdigest()
        self._record(at, "request", payload)

    def response(self, status: int, headers: list[tuple[str, str]], *, http: str, at: float) -> None:
        self._record(at, "response", {"status": status, "http": http, "headers": _kept(headers)})

    def chunk(self, data: bytes, *, at: float) -> None:
        safe = _KEYS.sub(lambda found: b"*" * len(found[0]), data)
        self._digest.update(safe)
        self._size += len(safe)
        try:
            self._record(at, "text", safe.decode())
        except UnicodeDecodeError:
            self._record(at, "bytes", base64.b64encode(safe).decode())

    def end(self, reason: str, *, error: str | None, at: float) -> None:
        payload: dict[str, Any] = {"reason": reason, "bytes": self._size, "sha256": self._digest.hexdigest()}
        self._record(at, "end", {**payload, "error": error} if error else payload)

    def close(self) -> None:
        self._file.close()

    def _record(self, at: float, kind: str, payload: Any) -> None:
        self._write([round(max(0.0, at), 6), kind, payload])

    def _write(self, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        text = _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        self._file.write(text.encode("utf-8", "backslashreplace") + b"\n")


def _kept(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value if name.lower() in _KEPT_HEADERS else "REDACTED") for name, value in headers]


def _without_secrets(url: str) -> str:
    address, mark, _ = url.partition("?")
    address = re.sub(r"(?<=://)[^/?#]*@", "REDACTED@", address)
    return f"{address}{'?REDACTED' if mark else ''}"


addons = [StreamRecorder()]
