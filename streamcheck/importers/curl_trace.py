"""What `curl --trace FILE` and `--trace-ascii FILE` write.

In:   records with a title line ("<= Recv data, 68 bytes (0x44)") and rows of a dump; with --trace-time a time of day before each title.
Out:  one response for each request that curl sent, redirects included; one chunk for each read.
Rule: --trace holds every byte. --trace-ascii writes a dot for each byte that is not printable ASCII: line ends are put back where the
      stream's own grammar leaves no doubt, other bytes stay dots, and the capture says so. Older curls log a body in its chunk
      framing, newer ones without it: both are read. The date is that of the file's last change, counted back over midnights.
"""

__all__ = ("CurlTrace",)

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Request, Response
from streamcheck.errors import CaptureError
from streamcheck.importers._http1 import (
    BROKEN,
    Head,
    Pieces,
    body_after,
    head_of,
    looks_chunked,
    response_of,
    without_undone_codings,
)
from streamcheck.importers._imported import Imported
from streamcheck.importers._source import Source

_TITLE = re.compile(
    rb"(?:(\d\d):(\d\d):(\d\d(?:\.\d{1,9})?) +)?(?:\[([^\]\s]{0,40})\] +)?(== Info:|=> Send|<= Recv)(?: (.*))?", re.DOTALL
)
_SIZED = re.compile(rb"(header|data|SSL data), (\d{1,12}) bytes \(0x[0-9a-f]+\)")
_ROW = re.compile(rb"([0-9a-f]{4,12}): (.*)", re.DOTALL)
_HEX_ROW = re.compile(rb"((?:[0-9a-f]{2} ){1,16})(?:   ){0,15}.{0,16}", re.DOTALL)
_HEX_WIDTH = 48  # columns of sixteen bytes
_DAY = 86400.0
_LATE = timedelta(seconds=2)  # how much later than the file's last change its last time may be: clocks of file systems are coarse
_FOLLOWS = "Issue another request to this URL"  # curl follows a redirect, and does not read its body
_LINE_END = re.compile(r"\.(?=\.|data:|event:|id:|retry:|:|\Z)")
_SSE_LINE = re.compile(r"data: ?|event:|id:|retry:|:|(?=[{\[])")

# What curl says of an end: the capture's end reason, and the class of the error.
_ENDINGS: tuple[tuple[re.Pattern[str], str, str | None], ...] = (
    (re.compile(r"timed out", re.IGNORECASE), "timeout", None),
    (re.compile(r"ignoring the response-body", re.IGNORECASE), "cancel", None),
    (re.compile(r"transfer closed|outstanding read data|partial file", re.IGNORECASE), "error", BROKEN),
    (re.compile(r"recv failure|reset by peer|was not closed cleanly|stream error", re.IGNORECASE), "error", "ReadError"),
    (re.compile(r"writ(?:ing|e) (?:body|output|error)|callback aborted", re.IGNORECASE), "cancel", None),
    (re.compile(r"left intact|clos(?:ing|ed) connection|shutting down connection", re.IGNORECASE), "eof", None),
)


class CurlTrace:
    """See the module."""

    name: ClassVar[str] = "curl-trace"
    meaning: ClassVar[str] = "curl --trace or --trace-ascii, best with --trace-time"

    def recognises(self, path: str, head: bytes) -> bool:
        titles = (_TITLE.fullmatch(line.rstrip(b"\r")) for line in head.split(b"\n", 20)[:20])
        return any(found and (found[5] == b"== Info:" or _SIZED.fullmatch(found[6] or b"")) for found in titles)

    def import_from(self, source: Source) -> Iterator[Imported]:
        trace = _Trace(source.data())
        if not trace.records:
            raise CaptureError(f"{source.path}: no record of a curl trace in it")
        begin = trace.begin(source.modified)
        exchanges = [found for records in trace.by_transfer() for found in _exchanges(records)]
        exchanges.sort(key=lambda found: found[0].begun or 0.0)
        for number, (exchange, head) in enumerate(exchanges, 1):
            yield _imported(f"response {number}", exchange, head, trace, begin)
        if not exchanges:
            raise CaptureError(f"{source.path}: curl sent no request, or got no answer: nothing to import")


# ---------------------------------------------------------------------- the file
class _Record(NamedTuple):
    """at: seconds since the first time of the trace. what: "info", "send header", "recv data" and so on."""

    at: float | None
    transfer: bytes
    what: str
    content: bytes


class _Trace:
    """The records of a trace. hexadecimal: False for --trace-ascii. cut: a record has fewer bytes than its title says."""

    def __init__(self, data: bytes) -> None:
        self.records: list[_Record] = []
        self.hexadecimal = True
        self.cut = False
        self._last_time: float | None = None  # seconds since the midnight before the first record
        self._zero: float | None = None
        title: tuple[float | None, bytes, str, int] | None = None
        rows: list[tuple[int, bytes]] = []
        decided = False
        for line in data.split(b"\n"):
            line = line.removesuffix(b"\r")
            row = _ROW.fullmatch(line) if title is not None else None
            if row is not None:
                rows.append((int(row[1], 16), row[2]))
                continue
            found = _TITLE.fullmatch(line)
            if found is None:  # what else went to the same file
                continue
            if title is not None:
                if rows and not decided:
                    self.hexadecimal, decided = _is_hexadecimal(rows, title[3]), True
                self._add(title, rows)
            title, rows = None, []
            at = self._seconds(found)
            text = found[6] or b""
            sized = _SIZED.fullmatch(text)
            if found[5] == b"== Info:":
                self.records.append(_Record(at, found[4] or b"", "info", text))
            elif sized is not None:
                verb = "send" if found[5] == b"=> Send" else "recv"
                title = (at, found[4] or b"", f"{verb} {sized[1].decode()}", int(sized[2]))
        if title is not None:
            if rows and not decided:
                self.hexadecimal = _is_hexadecimal(rows, title[3])
            self._add(title, rows)

    def by_transfer(self) -> Iterable[list[_Record]]:
        """Return the records of each transfer; all together without --trace-ids."""
        transfers: dict[bytes, list[_Record]] = {}
        for record in self.records:
            transfers.setdefault(record.transfer, []).append(record)
        return transfers.values()

    def begin(self, modified: datetime) -> datetime | None:
        """Return when the first record was made; None without times. modified: when the file was written last."""
        if self._zero is None or self._last_time is None:
            return None
        written = modified.astimezone()  # curl writes local time
        midnight = written.replace(hour=0, minute=0, second=0, microsecond=0)
        last = midnight + timedelta(seconds=self._last_time % _DAY)
        if last > written + _LATE:
            last -= timedelta(days=1)
        return last - timedelta(seconds=self._last_time - self._zero)

    def _add(self, title: tuple[float | None, bytes, str, int], rows: list[tuple[int, bytes]]) -> None:
        at, transfer, what, size = title
        if what.endswith("SSL data"):
            return
        content = _from_hexadecimal(rows) if self.hexadecimal else _from_text(rows, size)
        self.cut = self.cut or len(content) != size
        self.records.append(_Record(at, transfer, what, content))

    def _seconds(self, title: re.Match[bytes]) -> float | None:
        if title[1] is None:
            return None
        at = int(title[1]) * 3600 + int(title[2]) * 60 + float(title[3])
        if self._last_time is None:
            self._zero = self._last_time = at
        at += self._last_time // _DAY * _DAY
        if at < self._last_time - _DAY / 2:
            at += _DAY
        self._last_time = max(at, self._last_time)  # a clock that was set back a little
        return round(self._last_time - (self._zero or 0.0), 6)


def _is_hexadecimal(rows: list[tuple[int, bytes]], size: int) -> bool:
    if not all(_HEX_ROW.fullmatch(row) for _, row in rows):
        return False
    content = _from_hexadecimal(rows)
    # Sixteen columns, and behind them the same bytes as text.
    return len(content) <= size and all(len(row) > _HEX_WIDTH for _, row in rows)


def _from_hexadecimal(rows: list[tuple[int, bytes]]) -> bytes:
    content = bytearray()
    for offset, row in rows:
        found = _HEX_ROW.fullmatch(row)
        if found is None or offset != len(content):
            break
        content += bytes.fromhex(found[1].decode())
    return bytes(content)


def _from_text(rows: list[tuple[int, bytes]], size: int) -> bytes:
    """Return the bytes of a text dump; a CRLF ends a row and stands nowhere but in the next row's offset."""
    content = bytearray()
    for offset, row in rows:
        if len(content) < offset <= size:
            content += (b"\r\n" * (offset - len(content)))[: offset - len(content)]
        if offset != len(content):
            break
        content += row
    if rows and size - len(content) == 2:
        content += b"\r\n"
    return bytes(content)


# ---------------------------------------------------------------------- requests and responses
@dataclass(slots=True)
class _Exchange:
    begun: float | None
    sent: float | None = None
    last: float | None = None
    sending: bytes = b""
    body: bytes = b""
    head: bytes = b""
    headed: float | None = None
    pieces: list[tuple[float | None, bytes]] = field(default_factory=list)
    ending: End | None = None
    secure: bool = False

    @property
    def method(self) -> str:
        return self.sending.split(b" ", 1)[0].decode("latin-1")

    @property
    def answer(self) -> Head | None:
        """The head of the answer once it is whole and final."""
        head = head_of(self.head)
        response = response_of(head) if head is not None else None
        return head if response is not None and (response.status or 0) >= 200 and self.method != "CONNECT" else None


def _exchanges(records: list[_Record]) -> Iterator[tuple[_Exchange, Head]]:
    """Yield the requests that were answered, each with the head of its answer."""
    exchange = _Exchange(records[0].at)
    secure = False
    waits: float | None = None  # since when curl waits for the next answer
    for record in records:
        match record.what:
            case "send header":
                if (head := exchange.answer) is not None:
                    yield exchange, head
                    exchange = _Exchange(record.at if waits is None else waits)
                elif exchange.head:  # a tunnel, or an answer of which nothing came
                    exchange = _Exchange(exchange.begun)
                waits = None
                exchange.sending += record.content
                exchange.sent = record.at
            case "send data":
                exchange.body += record.content
                exchange.sent = record.at
            case "recv header":
                _take_header(exchange, record)
            case "recv data":
                exchange.pieces.append((record.at, record.content))
            case "info":
                text = record.content.decode("latin-1")
                secure = secure or "SSL connection using" in text or "TLSv1" in text
                if exchange.ending is not None and waits is None:
                    waits = record.at
                exchange.ending = exchange.ending or _ending_told_by(text, record.at)
                if _FOLLOWS in text and not exchange.pieces:
                    exchange.ending = End("cancel", at=record.at)
        if record.what != "info":
            exchange.last = record.at
        exchange.secure = secure
    if (head := exchange.answer) is not None:
        yield exchange, head


def _take_header(exchange: _Exchange, record: _Record) -> None:
    if record.content.startswith(b"HTTP/") and not exchange.pieces:  # also the final answer after "100 Continue"
        exchange.head = b""
    if exchange.pieces or exchange.head.endswith((b"\r\n\r\n", b"\n\n")):  # a trailer
        return
    if not exchange.head:
        exchange.headed = record.at
    exchange.head += record.content


def _ending_told_by(text: str, at: float | None) -> End | None:
    for pattern, reason, error in _ENDINGS:
        if pattern.search(text):
            return End(reason, error=error, at=at)
    return None


def _imported(name: str, exchange: _Exchange, head: Head, trace: _Trace, begin: datetime | None) -> Imported:
    zero = exchange.begun
    remarks: list[str] = []

    def since(at: float | None) -> float | None:
        return None if at is None or zero is None else round(at - zero, 6)

    pieces = Pieces((since(at), data) for at, data in exchange.pieces)
    last = since(exchange.last)
    framed = "chunked" not in head.header("transfer-encoding") or not pieces.data or looks_chunked(pieces.data)
    if framed:
        body = body_after(head._replace(end=0), pieces.data, answers=exchange.method)
        chunks = pieces.chunks(body.ranges)
        end = _end_of(exchange, head, body.problem, since, last)
    else:
        chunks = pieces.chunks([(0, len(pieces.data))])
        end = exchange.ending and End(exchange.ending.reason, error=exchange.ending.error, at=since(exchange.ending.at))
        remarks.append("this curl logs bodies without their chunk framing")
    answer = response_of(head, since(exchange.headed)) or Response()
    if not trace.hexadecimal:
        chunks = _with_line_ends(chunks)
        remarks.append(
            "--trace-ascii writes a dot for each byte that is not printable ASCII: letters outside it are lost, use --trace"
        )
    if trace.cut:
        remarks.append("a record of the trace has fewer bytes than its title says: the file was cut or changed")
    response, told = without_undone_codings(answer, b"".join(chunk.data for chunk in chunks))
    remarks += [told] if told else []
    if begin is not None:
        remarks.append("the trace has times of day alone: the date is that of the file's last change")
    kept = "reconstructed" if not trace.hexadecimal else "exact" if framed and told is None else "deframed"
    request, host = _request_of(exchange, since(exchange.sent), keep_body=trace.hexadecimal)
    return Imported(
        name,
        CurlTrace.name,
        Fidelity(kept, "chunk" if begin is not None else "none"),
        host=host,
        started=begin + timedelta(seconds=zero or 0.0) if begin is not None else None,
        request=request,
        response=response,
        chunks=chunks,
        end=end,
        remarks=tuple(remarks),
    )


def _end_of(
    exchange: _Exchange,
    head: Head,
    problem: str | None,
    since: Callable[[float | None], float | None],
    last: float | None,
) -> End | None:
    """Return how the response ended: as its framing says, else as curl says, else nobody knows."""
    told = exchange.ending
    at = last if told is None else since(told.at)
    if told is not None and told.reason != "eof":
        return End(told.reason, error=told.error, at=at)
    if problem is None:
        delimited = head.header("transfer-encoding") or head.header("content-length")
        return End("eof", at=last) if told is not None or delimited else None
    return End("error", error=BROKEN, at=at) if told is not None else None


def _request_of(exchange: _Exchange, at: float | None, *, keep_body: bool) -> tuple[Request | None, str]:
    head = head_of(exchange.sending)
    if head is None:
        return None, ""
    method, _, rest = head.first.partition(" ")
    target = rest.partition(" ")[0]
    host = head.header("host")
    url = target if "://" in target else f"{'https' if exchange.secure else 'http'}://{host}{target}"
    return Request(method, url, head.headers, exchange.body or None if keep_body else None, at=at), host.partition(":")[0]


# ---------------------------------------------------------------------- --trace-ascii
def _with_line_ends(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Return the chunks with line feeds where the dots of a text dump must be some."""
    restored = _line_ends_in(b"".join(chunk.data for chunk in chunks))
    out, at = [], 0
    for chunk in chunks:
        out.append(Chunk(chunk.at, restored[at : at + len(chunk.data)]))
        at += len(chunk.data)
    return tuple(out)


def _line_ends_in(body: bytes) -> bytes:
    text = body.decode("latin-1")
    out = bytearray(body)
    scan = json.JSONDecoder(strict=False).raw_decode
    at = 0
    while at < len(text):
        if text[at] in "\r\n":
            at += 1
            continue
        if text[at] == ".":  # an empty line
            out[at] = 0x0A
            at += 1
            continue
        line = _SSE_LINE.match(text, at)
        if line is None:
            break
        try:
            end = scan(text, line.end())[1]
        except (ValueError, RecursionError):
            found = _LINE_END.search(text, line.end())
            end = found.start() if found else len(text)
        if end < len(text) and text[end] == ".":
            out[end] = 0x0A
        elif end < len(text) and text[end] not in "\r\n":
            break
        at = end + 1
    return bytes(out)
