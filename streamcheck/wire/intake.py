"""From the body's first byte to events: picks the framing, watches UTF-8.

In:   body bytes after content-decoding, in order.
Out:  events of whichever framing the first bytes show; findings go to the log that the checker gave.
Rule: bytes decide (sniff.py). A body that is compressed and was not declared so is undone, and that is a finding.
"""

__all__ = ("Intake",)

from bisect import bisect_left
from collections.abc import Sequence

from streamcheck.findings import Finding, FindingLog, Severity
from streamcheck.spans import Span
from streamcheck.wire.aws_eventstream import AwsEventStreamDecoder
from streamcheck.wire.content import SNIFF_BYTES, ContentDecoder, sniff_encoding
from streamcheck.wire.data_stream_v4 import DataStreamV4
from streamcheck.wire.documents import document_of
from streamcheck.wire.events import Event, Framing
from streamcheck.wire.json_body import JsonBody
from streamcheck.wire.ndjson import NdjsonDecoder
from streamcheck.wire.sniff import Kind, kind_of, name_of_binary
from streamcheck.wire.sse import SseDecoder
from streamcheck.wire.utf8 import Utf8Validator

_MAGIC_FIRST = (b"\x1f", b"\x28", b"\x78")  # how gzip, zstd and zlib begin; nothing else waits for more bytes
_MAX_LAYERS = 3  # a body compressed twice was seen; more is an attack


class Intake:
    """feed() body bytes, get events."""

    def __init__(self, log: FindingLog) -> None:
        self._log = log
        self._undeclared: list[ContentDecoder] = []  # one for each layer of compression, outermost first
        self._magic_known = False
        self._head = b""  # bytes kept until the framing is known
        self._kind: Kind | None = None
        self._framing: Framing | None = None
        self._cut: Event | None = None
        self._utf8 = Utf8Validator()
        self._plain = False  # text framing, not compressed: the common way
        self.size = 0

    @property
    def tail(self) -> Event | None:
        """The event that the end of the body cut off; known after close()."""
        return self._cut or (self._framing.tail if self._framing is not None else None)

    @property
    def empty(self) -> bool:
        return self._kind is Kind.EMPTY

    @property
    def event_stream(self) -> bool:
        """Whether the bytes are read as Server-Sent Events."""
        return self._kind is Kind.SSE

    @property
    def one_document(self) -> bool:
        """Whether the body is JSON and no event stream; with one event it is an answer, not a stream."""
        return self._kind in (Kind.JSON, Kind.NDJSON)

    def describe(self) -> str | None:
        """Return what a body is that is no stream ("an HTML page"), None for one that is."""
        if self._kind is Kind.HTML:
            return "an HTML page"
        if self._kind is Kind.BINARY:
            return name_of_binary(self._head) or "binary data"
        return None

    def damaged(self, span: Span) -> bool:
        """Say whether bytes of `span` were not UTF-8."""
        i = bisect_left(self._utf8.spans, (span.start, 0))
        return i < len(self._utf8.spans) and self._utf8.spans[i].start < span.end

    def feed(self, data: bytes) -> Sequence[Event]:
        """Return the events that `data` completes. Never raises on any bytes."""
        if self._plain:
            self.size += len(data)
            if not data.isascii() or self._utf8.held:
                self._check_utf8(data)
            return self._framing.feed(data)  # type: ignore[union-attr]
        for layer in self._undeclared:
            data = layer.feed(data)
        return self._after_layers(data, final=False)

    def _after_layers(self, data: bytes, *, final: bool) -> Sequence[Event]:
        if not self._magic_known:
            data = self._without_magic(self._head + data, final=final)
            if not self._magic_known:
                return []
        return self._pass(data) if self._kind is not None else self._sniff(data, final=final)

    def _without_magic(self, head: bytes, *, final: bool) -> bytes:
        """Return the bytes under all compression that no header declared, b"" while that is not known."""
        while True:
            self._head = b""
            may_be = head[:1] in _MAGIC_FIRST and len(self._undeclared) < _MAX_LAYERS
            if may_be and len(head) < SNIFF_BYTES and not final:
                self._head = head
                return b""
            encoding = sniff_encoding(head) if may_be else None
            if encoding is None:
                self._magic_known = bool(head) or final
                return head
            self._log.append(
                Finding(
                    "http/content-encoding",
                    Severity.ERROR,
                    f"the body is {encoding}, and no header says so: readers get compressed bytes for text",
                    span=Span(0, 0),  # offsets count decoded bytes: all there is to name is the start
                    evidence={"encoding": encoding, "reason": "undeclared", "layer": len(self._undeclared) + 1},
                )
            )
            layer = ContentDecoder([encoding])
            self._undeclared.append(layer)
            head = layer.feed(head)

    def _sniff(self, data: bytes, *, final: bool) -> Sequence[Event]:
        head = self._head + data
        kind = kind_of(head, final=final)
        if kind is None:
            self._head = head
            return []
        self._kind = kind
        framing: Framing
        match kind:
            case Kind.SSE:
                framing = SseDecoder()
            case Kind.NDJSON:
                framing = NdjsonDecoder()
            case Kind.JSON:
                framing = JsonBody()
            case Kind.DATA_STREAM:
                framing = DataStreamV4()
            case Kind.AWS:
                framing = AwsEventStreamDecoder()
            case Kind.BINARY | Kind.HTML | Kind.EMPTY:
                self._head = head[:64]
                self.size += len(head)
                return []
        framing.findings = self._log
        self._framing = framing
        self._plain = not self._undeclared and kind in (Kind.SSE, Kind.NDJSON)
        self._head = b""
        return self._pass(head)

    def _pass(self, data: bytes) -> Sequence[Event]:
        self.size += len(data)
        if self._framing is None:
            return []
        if self._kind is not Kind.AWS:
            self._check_utf8(data)
        return self._framing.feed(data)

    def _check_utf8(self, data: bytes) -> None:
        self._utf8.pos = self.size - len(data) - len(self._utf8.held)  # ASCII chunks pass without it
        for finding in self._utf8.feed(data):
            self._log.append(finding)

    def close(self) -> list[Event]:
        """Return the events that only the end completes."""
        events: list[Event] = []
        data = b""
        for layer in self._undeclared:
            data = layer.feed(data) + layer.close()
        events += self._after_layers(data, final=True)
        # The end may itself have shown another layer, whose few bytes are all there now.
        for layer in self._undeclared:
            events += self._pass(layer.close())
            for finding in layer.findings:
                self._log.append(finding)
        if self._framing is not None:
            for finding in self._utf8.close():
                self._log.append(finding)
            events += self._framing.close()
            if (
                events
                and isinstance(self._framing, NdjsonDecoder)
                and self._framing.unterminated
                and document_of(events[-1].raw)[1]
            ):
                self._cut = events.pop()
        return events
