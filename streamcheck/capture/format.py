"""Capture file format 1: its words and its values.

In:   nothing.
Out:  Capture and its parts, as the reader gives them; the names that writer and reader share.
Rule: contract.md section 7. One JSON object (the header), then one array a line: [seconds, kind, payload]. Lines end at LF bytes
      only; every prefix of whole lines is a valid capture. `text` and `bytes` are two spellings of a chunk, never two meanings.
      This file knows nothing of what the bytes say.
"""

__all__ = (
    "FORMAT",
    "KINDS",
    "MAGIC_KEY",
    "REDACTION_RULES",
    "SUFFIX",
    "Capture",
    "Chunk",
    "End",
    "Record",
    "Request",
    "Response",
    "TextDelta",
    "is_zstd",
    "zstd_library",
)

import importlib
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from streamcheck.findings import Finding

FORMAT = 1
SUFFIX = ".capture.jsonl"
MAGIC_KEY = "streamcheck_capture"
KINDS = ("request", "response", "text", "bytes", "delta", "end")
REDACTION_RULES = ("headers", "url", "key-shapes")  # named in the header line of a capture whose writer applied them

_ZSTD = b"\x28\xb5\x2f\xfd"


class Record(NamedTuple):
    """One line after the header. line: 1-based; at: seconds since `started`, None in a capture without times."""

    line: int
    at: float | None
    kind: str
    payload: Any


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """One read of the body. at: seconds since `started`, monotonic; None when nobody measured."""

    at: float | None
    data: bytes


class TextDelta(msgspec.Struct, frozen=True, gc=False):
    """One increment of text, of a hop that has no bytes."""

    at: float | None
    choice: int
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """body: the decoded JSON, or text, or None. body_sha256: of the bytes that were sent, before redaction."""

    method: str | None = None
    url: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    body_sha256: str | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """http: the version as in "HTTP/1.1"."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    http: str | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How the recording ended: "eof", "error", "cancel", "timeout" or the recorder's own word.

    bytes, sha256: of the body as it stands in the file. redacted: ranges of it that were replaced. error: its kind, no message.
    """

    reason: str = "eof"
    bytes: int | None = None
    sha256: str | None = None
    redacted: int = 0
    error: str | None = None
    at: float | None = None

    @property
    def cause(self) -> str:
        """The reason, or what kind of error it was where that is known."""
        return self.error if self.reason == "error" and self.error else self.reason


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded response at one hop.

    header:   the first line. extra: records of unknown kinds, and second requests, responses and ends, in file order.
    findings: what is wrong with the file itself (`capture/cut`), never with the stream.
    path:     as it was given to the reader; None for bytes.
    """

    header: dict[str, Any] = field(default_factory=dict)
    request: Request | None = None
    response: Response | None = None
    chunks: tuple[Chunk, ...] = ()
    deltas: tuple[TextDelta, ...] = ()
    end: End | None = None
    extra: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    hop: str = "wire"
    path: str | None = None

    @property
    def body(self) -> bytes:
        """The chunks joined, as they came over the wire: a content coding is still on them. Joined anew at each call."""
        return b"".join([chunk.data for chunk in self.chunks])

    @property
    def started(self) -> str | None:
        """When the recording began, RFC 3339 in UTC; None when the header does not say."""
        value = self.header.get("started")
        return value if isinstance(value, str) else None

    @property
    def redacted(self) -> tuple[str, ...]:
        """What the header line says was taken out: names of headers and of rules."""
        value = self.header.get("redacted")
        return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()

    @property
    def text_only(self) -> bool:
        """True when this hop has deltas and no bytes."""
        return bool(self.deltas) and not self.chunks


def is_zstd(first: bytes) -> bool:
    """Return whether a file that begins with `first` is compressed; its name does not matter."""
    return first.startswith(_ZSTD)


def zstd_library() -> Any | None:
    """Return the standard library's zstd from Python 3.14 on, its backport below; None when that is not installed."""
    try:
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ImportError:
        return None
