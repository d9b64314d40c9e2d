"""A recorded response from wherever it is kept.

In:   a path, the bytes of a body or of a capture file, or a Capture.
Out:  a Recording: chunks with their times, the response's head, how it ended.
Rule: a capture is known by its first line, a compressed file by its name. Everything else is the body itself.
"""

__all__ = ("Recording", "read_source")

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader, is_capture
from streamcheck.capture.redact import secret_findings
from streamcheck.findings import Finding
from streamcheck.messages import Delta
from streamcheck.wire.head import ResponseHead

_FIRST = 256  # bytes that tell a capture
_CHUNK = 64 * 1024  # bytes; only how a raw body is handed on, never a part of any result


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded response, ready to be fed to a Checker."""

    name: str
    chunks: Iterable[tuple[float | None, bytes]]  # to be read once
    head: ResponseHead
    end: str = "eof"  # why the recording ended
    ended_at: float | None = None  # seconds since the request, as all times here
    unsent: float = 0.0  # seconds that the recording waited for the request
    deltas: tuple[tuple[float | None, Delta], ...] = ()
    findings: tuple[Finding, ...] = ()


def read_source(source: "str | os.PathLike[str] | bytes | Capture", *, name: str | None = None) -> Recording:
    """Return the recording. Raises OSError for a path that cannot be read, CaptureError for a capture that is none."""
    if isinstance(source, Capture):
        return _of_capture(source, name or str(source.path or "<capture>"))
    if isinstance(source, bytes):
        return _of_bytes(source, name or "<bytes>")
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"check() takes a path, bytes or a Capture, got {type(source).__name__}")
    return _of_file(Path(source), name or str(source))


def _of_file(path: Path, name: str) -> Recording:
    with path.open("rb") as file:
        first = file.read(_FIRST)
        if is_capture(first) or path.name.removesuffix(".zst").endswith(".capture.jsonl"):
            return _of_capture(CaptureReader(path).read(), name)
    encoding = {".zst": "zstd", ".gz": "gzip"}.get(path.suffix)
    return Recording(name, _chunks_of_file(path), ResponseHead(headers=(("content-encoding", encoding),) if encoding else ()))


def _chunks_of_file(path: Path) -> Iterator[tuple[None, bytes]]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield None, chunk


def _of_bytes(data: bytes, name: str) -> Recording:
    if is_capture(data[:_FIRST]):
        return _of_capture(CaptureReader(data).read(), name)
    return Recording(name, [(None, data[i : i + _CHUNK]) for i in range(0, len(data), _CHUNK)], ResponseHead())


def _of_capture(capture: Capture, name: str) -> Recording:
    response, request = capture.response, capture.request
    head = ResponseHead(
        status=response.status if response else None,
        headers=tuple(response.headers) if response else (),
        url=request.url if request else None,
    )
    sent = (request.at if request else None) or 0.0

    def since_sent(at: float | None) -> float | None:
        return at if at is None or not sent else round(at - sent, 6)  # microseconds: what a capture keeps

    return Recording(
        name,
        ((since_sent(c.at), c.data) for c in capture.chunks),
        head,
        end=capture.end.cause if capture.end else "eof",
        ended_at=since_sent(capture.end.at) if capture.end else None,
        unsent=sent,
        deltas=tuple((since_sent(d.at), Delta(d.choice, d.channel, d.text, 0)) for d in capture.deltas),
        findings=(*capture.findings, *secret_findings(capture)),
    )
