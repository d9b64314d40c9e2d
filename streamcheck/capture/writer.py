"""A capture file, written while the response comes in.

In:   the request, the response's head, chunks of its body, how it ended; in that order, and all of them optional.
Out:  one line a record, flushed at once. There is no footer: a file is valid after every line, also when its writer is killed.
Rule: capture format 1. Secrets are taken out before they reach the disk (redact.py): a chunk whose end may yet become a key waits for
      the next one, with its own time and border; a killed recorder loses that chunk and the line it was writing.
      Not for use from two threads at once: one writer, one response.
Cost: 3 us a chunk of 200 bytes, without the operating system's write.
"""

__all__ = ("CaptureWriter",)

import hashlib
import io
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, Self

from streamcheck.capture.format import FORMAT, KINDS, MAGIC_KEY, REDACTION_RULES, zstd_library
from streamcheck.capture.key_shapes import StreamRedactor, redact_bytes
from streamcheck.capture.lines import chunk_line, json_of, record_line, seconds_of
from streamcheck.capture.redact import redacted_request, redacted_response
from streamcheck.errors import CaptureError, StreamClosedError, UsageError

HeaderPairs = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]

_HASH_BLOCK = 64 * 1024  # bytes that are hashed in one call: small updates cost more than the hash
_CANCELS = ("CancelledError", "Cancelled", "GeneratorExit", "KeyboardInterrupt")  # by name: this room knows no event loop
_MAX_SECONDS = 1e9  # thirty years; inf and nan are no times


class CaptureWriter:
    """Records one response. As a context manager it writes the end record: "eof", or "error" or "cancel" after an exception."""

    __slots__ = (
        "_body_bytes",
        "_clock",
        "_compressor",
        "_digest",
        "_ended",
        "_file",
        "_own_file",
        "_pending",
        "_ready",
        "_redactor",
        "_start",
        "_timed",
        "_unhashed",
        "_unhashed_bytes",
        "_write",
        "path",
    )

    def __init__(
        self,
        path: str | os.PathLike[str] | BinaryIO,
        *,
        hop: str = "wire",
        by: str | None = None,
        started: datetime | str | None = None,
        clock: Callable[[], float] = time.monotonic,
        redact: bool = True,
        secret_headers: Iterable[str] = (),
        extra: Mapping[str, Any] | None = None,
        timed: bool = True,
    ) -> None:
        """path: a new file, compressed if it ends in .zst, or a binary file that stays open after close().

        started: when the request was sent, RFC 3339 if str; now by default. Times count from the call of this constructor.
        clock: monotonic, in seconds; only differences count. timed: False writes null for all times (an import without times).
        secret_headers: names that the header line lists as redacted. extra: more fields for the header line.
        Raises FileExistsError: a capture is evidence and is never written over.
        """
        library = None
        if not hasattr(path, "write"):
            self.path: str | None = os.fspath(path)
            if self.path.endswith(".zst"):
                library = zstd_library()
                if library is None:
                    raise CaptureError(
                        f"{self.path}: writing .zst needs Python 3.14 or backports.zstd: install it, or record plainly"
                    )
        else:
            self.path = None
        rules = [*(name.lower() for name in secret_headers), *REDACTION_RULES] if redact else []
        header = {
            MAGIC_KEY: FORMAT,
            "started": _rfc3339(started),
            "hop": hop,
            "by": by if by is not None else _own_name(),
            "redacted": rules,
            **(extra or {}),
        }
        self._start = clock()
        self._clock = clock
        self._timed = timed
        self._redactor = StreamRedactor() if redact else None
        self._pending: deque[tuple[bytes, int] | bytes] = deque()  # chunks (time, length) and whole lines that wait for them
        self._ready = bytearray()  # redacted bytes of the pending chunks
        self._digest = hashlib.sha256()
        self._unhashed: list[bytes] = []
        self._unhashed_bytes = 0
        self._body_bytes = 0
        self._ended = False
        self._own_file = self.path is not None
        # Unbuffered: one system call a record, and no flush to forget.
        self._file: Any = open(self.path, "xb", buffering=0) if self.path is not None else path  # noqa: SIM115  close() does it
        self._compressor = library.ZstdCompressor() if library is not None else None
        self._write = self._write_compressed if self._compressor is not None else self._write_plain
        self._write(json_of(header) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self._ended and self._file is not None:
                if error is None:
                    self.end()
                else:
                    name = type(error).__name__
                    self.end("cancel" if name in _CANCELS else "error", error=name)
        finally:
            self.close()

    # ------------------------------------------------------------------ records
    def request(self, method: str, url: str, headers: HeaderPairs = (), body: Any = None, *, at: float | None = 0.0) -> None:
        """Record what was asked.

        body: the bytes or the str that were sent, or the JSON value that they stand for. JSON is kept as a value, other UTF-8 as a
              string, the rest only as `body_sha256`. Of a JSON value the hash is of its compact spelling.
        at:   seconds since `started`, as for all records; None asks the clock.
        """
        raw, value = _body_of(body)
        payload: dict[str, Any] = {"method": method, "url": str(url), "headers": _pairs(headers), "body": value}
        if raw is not None:
            payload["body_sha256"] = hashlib.sha256(raw).hexdigest()
        if self._redactor is not None:
            payload = redacted_request(payload)
        self._record("request", payload, at)

    def response(
        self, status: int | None, headers: HeaderPairs = (), *, http: str | None = None, at: float | None = None
    ) -> None:
        """Record the head of the answer. http: the version as in "HTTP/1.1"."""
        payload: dict[str, Any] = {"status": status, "http": http, "headers": _pairs(headers)}
        if self._redactor is not None:
            payload = redacted_response(payload)
        self._record("response", payload, at)

    def chunk(self, data: bytes, *, at: float | None = None) -> None:
        """Record one read of the body, as it came over the wire (a content coding is still on it)."""
        if data.__class__ is not bytes:
            if not isinstance(data, bytes | bytearray | memoryview):
                raise TypeError(
                    f"chunk() takes the body bytes, got {type(data).__name__}; pass response.aiter_raw(), not aiter_text()"
                )
            data = bytes(data)
        if self._ended:
            raise StreamClosedError("chunk() after the end record: make a new CaptureWriter for the next response")
        spelled = self._seconds(at)
        redactor = self._redactor
        if redactor is None or redactor.passes(data):
            self._write_chunk(spelled, data)
        else:
            self._pending.append((spelled, len(data)))
            self._ready += redactor.feed(data)
            self._write_ready()

    def delta(self, text: str, *, choice: int = 0, channel: str = "content", at: float | None = None) -> None:
        """Record one increment of text, for a hop that has no bytes. A key that comes in pieces, one a delta, is not seen here."""
        self._record("delta", {"choice": choice, "channel": channel, "text": text}, at)

    def record(self, kind: str, payload: Any, *, at: float | None = None) -> None:
        """Record something of another kind; readers that do not know it keep it. Raises UsageError for a kind that has its own method."""
        if kind in KINDS:
            raise UsageError(f"record() is for other kinds: {kind!r} has a method of its own")
        self._record(kind, payload, at)

    def end(self, reason: str = "eof", *, error: str | None = None, at: float | None = None) -> None:
        """Record that the response ended: "eof", "error", "cancel" or "timeout". Nothing can be recorded after it.

        error: the kind of an error, for instance an exception's class name; never its message, which may hold a secret.
        """
        self._release()
        self._hash()
        payload: dict[str, Any] = {"reason": reason, "bytes": self._body_bytes, "sha256": self._digest.hexdigest()}
        if error is not None:
            payload["error"] = error
        if self._redactor is not None and self._redactor.replaced:
            payload["redacted"] = self._redactor.replaced
        self._record("end", payload, at)
        self._ended = True

    def close(self) -> None:
        """Write what was held back and close the file. Without end() the file says that its recorder did not see the end."""
        if self._file is None:
            return
        try:
            if not self._ended:
                self._release()
            if self._compressor is not None:
                self._put(self._compressor.flush())
        finally:
            self._ended = True
            file, self._file = self._file, None
            if self._own_file:
                file.close()

    # ------------------------------------------------------------------ inside
    def _seconds(self, at: float | None) -> bytes:
        if not self._timed:
            return b"null"
        if at is None:
            at = self._clock() - self._start
        elif not -_MAX_SECONDS < at < _MAX_SECONDS:
            raise UsageError(f"expected seconds since the request was sent as at=, got {at!r}")
        return seconds_of(at)

    def _record(self, kind: str, payload: Any, at: float | None) -> None:
        if self._ended:
            raise StreamClosedError(f"a {kind!r} record after the end record: make a new CaptureWriter for the next response")
        spelled = json_of(payload)
        if self._redactor is not None:
            spelled = redact_bytes(spelled)
        line = record_line(self._seconds(at), kind, spelled)
        if self._pending:
            self._pending.append(line)
        else:
            self._write(line)

    def _write_chunk(self, at: bytes, data: bytes) -> None:
        self._body_bytes += len(data)
        self._unhashed.append(data)
        self._unhashed_bytes += len(data)
        if self._unhashed_bytes > _HASH_BLOCK:
            self._hash()
        self._write(chunk_line(at, data))

    def _hash(self) -> None:
        self._digest.update(b"".join(self._unhashed))
        self._unhashed.clear()
        self._unhashed_bytes = 0

    def _release(self) -> None:
        if self._redactor is not None:
            self._ready += self._redactor.close()
            self._write_ready()

    def _write_ready(self) -> None:
        """Write the pending records whose bytes are decided, in order."""
        pending, ready = self._pending, self._ready
        while pending:
            first = pending[0]
            if isinstance(first, bytes):
                self._write(first)
            else:
                at, length = first
                if len(ready) < length:
                    return
                self._write_chunk(at, bytes(ready[:length]))
                del ready[:length]
            pending.popleft()

    def _write_plain(self, line: bytes) -> None:
        if self._file is None:
            raise StreamClosedError("the CaptureWriter is closed: make a new one for the next response")
        self._put(line)

    def _write_compressed(self, line: bytes) -> None:
        if self._file is None or self._compressor is None:
            raise StreamClosedError("the CaptureWriter is closed: make a new one for the next response")
        self._put(self._compressor.compress(line, self._compressor.FLUSH_BLOCK))

    def _put(self, data: bytes) -> None:
        written = self._file.write(data)
        # An unbuffered file may take less than it was given (a full disk, a signal).
        while written is not None and written < len(data):
            data = data[written:]
            written = self._file.write(data)
        if not self._own_file and not isinstance(self._file, io.RawIOBase):
            self._file.flush()


def _own_name() -> str:
    # The root package is above this one in the order of imports; its version is there as soon as this module is.
    version = getattr(sys.modules.get("streamcheck"), "__version__", "")
    return f"streamcheck {version}".strip()


def _rfc3339(moment: datetime | str | None) -> str:
    if isinstance(moment, str):
        return moment
    if moment is None:
        moment = datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _pairs(headers: HeaderPairs) -> list[tuple[str, str]]:
    if hasattr(headers, "multi_items"):  # httpx's mapping joins repeated headers, this method does not
        headers = headers.multi_items()
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(_text(name), _text(value)) for name, value in pairs]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body_of(body: Any) -> tuple[bytes | None, Any]:
    """Return the bytes of a request's body and the value to record."""
    if body is None:
        return None, None
    if isinstance(body, bytearray | memoryview):
        body = bytes(body)
    if not isinstance(body, bytes | str):
        return json_of(body), body
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw, None
    try:
        return raw, json.loads(text, parse_constant=_refuse) if text else None
    except (ValueError, RecursionError):
        return raw, text


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
