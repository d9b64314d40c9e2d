"""HTTP/1 messages in recorded bytes: heads read, chunk framing undone, borders of reads kept.

In:   the pieces that were read from a connection, with their times where somebody took them.
Out:  heads; body ranges; Chunk values that keep the borders of the reads, or of the HTTP chunks where reads are not known.
Rule: RFC 9112 as far as recordings need it, and a lone LF where CRLF should be. What is broken is said in words, and what stood before it
      is kept. Nothing raises.
"""

__all__ = (
    "Body",
    "Head",
    "Pieces",
    "body_after",
    "head_of",
    "looks_chunked",
    "response_of",
    "unchunked",
    "without_undone_codings",
)

import bisect
import re
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from streamcheck.capture.format import Chunk, End, Response, is_zstd

_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?")
_SIZE_LINE = re.compile(rb"[0-9a-fA-F]{1,8}(?:[ \t]*(?:;[^\r\n]*)?\r\n|\r?\Z)")  # or what a cut leaves of one
_STATUS = re.compile(r"(HTTP/\d(?:\.\d)?) (\d{3})(?: .*)?")
_MAX_SIZE_LINE = 4096  # bytes; longer ones are no chunk sizes
BROKEN = "RemoteProtocolError"  # what readers raise for a body that does not end as HTTP says


class Pieces:
    """Reads of one connection in one direction, end to end. data: all bytes."""

    def __init__(self, pieces: Iterable[tuple[float | None, bytes]]) -> None:
        kept = [(at, data) for at, data in pieces if data]
        self.data = b"".join([data for _, data in kept])
        self._times = [at for at, _ in kept]
        self._starts: list[int] = []
        offset = 0
        for _, data in kept:
            self._starts.append(offset)
            offset += len(data)

    def time_at(self, offset: int) -> float | None:
        """Return when the byte at `offset` was read; the last time for an offset behind the end."""
        return self._times[max(0, bisect.bisect_right(self._starts, offset) - 1)] if self._times else None

    def chunks(self, ranges: Iterable[tuple[int, int]]) -> tuple[Chunk, ...]:
        """Return what each read brought of the ranges, which are in order."""
        reads: dict[int, list[bytes]] = {}
        for start, end in ranges:
            index = max(0, bisect.bisect_right(self._starts, start) - 1)
            while start < end:
                border = self._starts[index + 1] if index + 1 < len(self._starts) else len(self.data)
                reads.setdefault(index, []).append(self.data[start : min(end, border)])
                start, index = border, index + 1
        return tuple(Chunk(self._times[index], b"".join(parts)) for index, parts in reads.items())


class Head(NamedTuple):
    """The first line and the headers of a message. end: where its body begins."""

    first: str
    headers: tuple[tuple[str, str], ...]
    end: int

    def header(self, name: str) -> str:
        """Return a header's value in lower case, "" without one."""
        return ",".join(value for key, value in self.headers if key.lower() == name).lower()


def head_of(data: bytes, start: int = 0) -> Head | None:
    """Return the head that begins at `start`; None while it is not whole."""
    found = re.compile(rb"\r?\n\r?\n").search(data, start)
    if found is None:
        return None
    lines = re.split(r"\r?\n", data[start : found.start()].decode("latin-1"))
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:  # obsolete folding
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon:
            headers.append((name.strip(), value.strip()))
    return Head(lines[0], tuple(headers), found.end())


def response_of(head: Head, at: float | None = None) -> Response | None:
    """Return the response that a head begins, None when it is no response's."""
    found = _STATUS.fullmatch(head.first.strip())
    return Response(status=int(found[2]), headers=head.headers, http=found[1], at=at) if found else None


class Body(NamedTuple):
    """Where a body's own bytes stand. end: behind its framing. problem: why it is not whole, None when it is."""

    ranges: tuple[tuple[int, int], ...]
    end: int
    problem: str | None = None

    def ending(self, at: float | None = None) -> End:
        return End("eof", at=at) if self.problem is None else End("error", error=BROKEN, at=at)


def body_after(head: Head, data: bytes, *, answers: str = "") -> Body:
    """Return the body behind a head. answers: the method of the request that this is a response to."""
    response = response_of(head)
    if response is not None and (answers == "HEAD" or response.status in (204, 304) or (response.status or 0) < 200):
        return Body((), head.end)
    if "chunked" in head.header("transfer-encoding"):
        return unchunked(data, head.end)
    length = head.header("content-length").split(",")[0].strip()
    if length.isdigit() and len(length) < 16:
        end = head.end + int(length)
        missing = end - len(data)
        return Body(
            ((head.end, min(end, len(data))),), min(end, len(data)), f"{missing} bytes are missing" if missing > 0 else None
        )
    end = len(data) if response is not None else head.end  # a request without a length has no body
    return Body(((head.end, end),) if end > head.end else (), end)


def looks_chunked(data: bytes, start: int = 0) -> bool:
    """Return whether chunk framing begins here, for tools that may have undone it."""
    return _SIZE_LINE.match(data, start) is not None


def unchunked(data: bytes, start: int = 0) -> Body:
    """Return the body in chunk framing that begins at `start`; one range for each HTTP chunk."""
    ranges: list[tuple[int, int]] = []
    at = start
    while True:
        line_end = data.find(b"\n", at, at + _MAX_SIZE_LINE)
        if line_end < 0:
            why = "the body ends before its last chunk" if len(data) - at < _MAX_SIZE_LINE else f"no chunk size at byte {at}"
            return Body(tuple(ranges), len(data), why)
        found = _SIZE.fullmatch(data, at, line_end)
        if found is None:
            return Body(tuple(ranges), len(data), f"no chunk size at byte {at}")
        size, at = int(found[1], 16), line_end + 1
        if size == 0:
            return _after_trailers(tuple(ranges), data, at)
        ranges.append((at, min(at + size, len(data))))
        at += size
        if at + 1 >= len(data):
            return Body(tuple(ranges), len(data), "the body ends before its last chunk")
        if data.startswith(b"\r\n", at):
            at += 2
        elif data.startswith(b"\n", at):
            at += 1
        else:
            return Body(tuple(ranges), len(data), f"no line end behind the chunk that ends at byte {at}")


def _after_trailers(ranges: tuple[tuple[int, int], ...], data: bytes, at: int) -> Body:
    for line in re.finditer(rb"([^\n]*)\n", data[at:]):
        if not line[1].strip():
            return Body(ranges, at + line.end())
    # The last chunk is there and the blank line behind it is not: readers take it as whole, and recordings often end so.
    return Body(ranges, len(data))


def without_undone_codings(response: Response, body: bytes) -> tuple[Response, str | None]:
    """Return the response as its body is: content codings that a tool has undone are no longer declared. Also what to say of it."""
    declared = [value for name, value in response.headers if name.lower() == "content-encoding"]
    codings = ",".join(declared).lower().replace(" ", "")
    if not body or codings in ("", "identity") or _is_compressed(body):
        return response, None
    headers = tuple(
        pair for pair in response.headers if pair[0].lower() not in ("content-encoding", "content-length")
    )  # the length is that of the compressed body
    told = f"the tool undid the content coding {codings[:40]!r}: the header is left out"
    return Response(response.status, headers, response.http, response.at), told


def _is_compressed(body: bytes) -> bool:
    if body.startswith(b"\x1f\x8b") or is_zstd(body):
        return True
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start < 64 or _inflates(body)  # brotli has no magic, and is no text for long
    return _inflates(body)


def _inflates(body: bytes) -> bool:
    try:
        return len(zlib.decompressobj().decompress(body[:4096], 64)) > 0
    except zlib.error:
        return False
