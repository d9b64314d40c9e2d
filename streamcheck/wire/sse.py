"""Server-Sent Events from bytes.

In:   body bytes in stream order; borders may fall anywhere, also between CR and LF.
Out:  SseEvent values, each with the byte offsets of all its fields. Deviations stand in `findings`.
Rule: WHATWG HTML 9.2.5 and 9.2.6. Lines are cut on bytes: CR and LF are never part of a longer UTF-8 sequence, so this gives
      the same events as decoding first. An event that no blank line ends is not dispatched: it is `tail` after close().
Cost: linear; keeps at most one event, up to `max_event_bytes`. Blocks of the two common shapes (`data: x`, and
      `event: n` + `data: x`) are cut in C; a CR anywhere sends the body line by line until a block border without one.
"""

__all__ = ("SseDecoder", "SseEvent", "unicode_line_breaks")

import re

from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span
from streamcheck.wire.events import MAX_EVENT_BYTES, Event, body_bytes

_BOM = b"\xef\xbb\xbf"
_LF = 0x0A
_CR = 0x0D
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LINE_END_NAMES = {b"\r\n": "CRLF", b"\n": "LF", b"\r": "CR"}
_FIELDS = (b"data", b"event", b"id", b"retry")
_MAX_DIGITS = 4300  # what int() takes by default; the standard sets no limit and no clock counts that far
_MAX_NAMES = 64  # event names kept as str; a dialect has a few dozen, a hostile stream any number
_BREAKS = re.compile(rb"\xe2\x80[\xa8\xa9]|\xc2\x85|[\x0b\x0c]")


class SseEvent(Event):
    """One dispatched event.

    id:     the last event ID after this event, "" when none was sent.
    retry:  reconnection time in milliseconds if this block set one.
    layout: (field, start, end) of each known field's value, or None for the two common shapes, where `fields` derives it.
    """

    id: str = ""
    retry: int | None = None
    layout: tuple[tuple[str, int, int], ...] | None = None

    @property
    def fields(self) -> tuple[tuple[str, Span], ...]:
        """(name, byte range of the value) of each field that counted, in stream order."""
        if self.layout is not None:
            return tuple((name, Span(start, end)) for name, start, end in self.layout)
        data = ("data", Span(self.payload_at, self.payload_at + len(self.raw)))
        if self.payload_at - self.start == 6:
            return (data,)
        return (("event", Span(self.start + 7, self.payload_at - 7)), data)

    def offset_of(self, index: int) -> int:
        """Return the body offset of byte `index` of the payload; the LF that joins two data lines maps to the first one's end."""
        if self.layout is not None:
            for name, start, end in self.layout:
                if name == "data":
                    if index <= end - start:
                        return start + index
                    index -= end - start + 1
        return self.payload_at + index


class SseDecoder:
    """feed() bytes, get events. `findings` collects what the standard tells readers to ignore or forgive."""

    __slots__ = (
        "_closed",
        "_cr",
        "_held",
        "_held_bytes",
        "_id",
        "_layout",
        "_line",
        "_line_at",
        "_line_ends",
        "_lost",
        "_name",
        "_names",
        "_pos",
        "_retry",
        "_shape",
        "_shape_name",
        "_start",
        "_started",
        "_values",
        "findings",
        "max_event_bytes",
        "tail",
    )

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """max_event_bytes: a longer event is not kept: it becomes the finding `sse/oversized-event`."""
        self.findings: list[Finding] = []
        self.max_event_bytes = max_event_bytes
        self.tail: SseEvent | None = None
        self._closed = False
        self._started = False  # the first three bytes were looked at: BOM or not
        self._pos = 0  # body offset of the first byte that is in no finished block
        self._held: list[bytes] = []  # pieces of the unfinished block
        self._held_bytes = 0
        self._id = ""
        self._names: dict[bytes, str] = {}
        self._shape = (
            b"data: "  # what the last block of a common shape had before its payload, and the event name that this gives
        )
        self._shape_name = "message"
        # Line by line, from the first CR on. `_line` is None while blocks are cut in C.
        self._line: list[bytes] | None = None  # pieces of the unfinished line
        self._line_at = 0  # body offset of the unfinished line
        self._line_ends: set[bytes] = set()
        self._cr = False  # a CR ended the last chunk
        self._reset_block(0)

    def _reset_block(self, start: int) -> None:
        self._start = start
        self._name = ""
        self._values: list[bytes] = []
        self._layout: list[tuple[str, int, int]] = []
        self._retry: int | None = None
        self._lost = False  # the block is over the limit: its payload was let go

    # ------------------------------------------------------------------ whole blocks, cut in C
    def feed(self, data: bytes) -> list[SseEvent]:
        """Return the events that `data` completes; an empty list is normal.

        data: body bytes, any length, borders anywhere. Nothing in them can raise.
        Raises TypeError for str, StreamClosedError after close().
        """
        if data.__class__ is not bytes:
            data = body_bytes(data)
        if self._closed:
            raise StreamClosedError("feed() after close(): make a new SseDecoder for the next body")
        if not self._started:
            data = self._begin(data)
        if self._line is not None or _CR in data:
            return self._feed_lines(data)
        held = self._held
        size = len(data)
        shape = self._shape
        if (
            not held
            and data.startswith(shape)
            and data.find(b"\n", len(shape)) == size - 2
            and data[-1] == _LF
            and size <= self.max_event_bytes
        ):
            # One whole event a chunk, which is how most servers flush.
            pos = self._pos
            self._pos = end = pos + size
            self._line_ends.add(b"\n")
            return [SseEvent(self._shape_name, data[len(shape) : -2], pos, end, pos + len(shape), self._id)]
        if _LF not in data:
            if data:
                self._hold(data)
            return []
        if held:
            # A border may fall between the two LFs of a blank line.
            if data.find(b"\n\n") < 0 and not (data[0] == _LF and held[-1][-1] == _LF):
                self._hold(data)
                return []
            held.append(data)
            data = b"".join(held)
            held.clear()
            self._held_bytes = 0
        return self._cut_blocks(data)

    def _hold(self, data: bytes) -> None:
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > self.max_event_bytes + 1:  # + 1: the first LF of its blank line may be among them
            block = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            self._to_lines()
            self._feed_lines(block)

    def _cut_blocks(self, data: bytes) -> list[SseEvent]:
        """Return the events of the whole blocks in `data`; what follows the last blank line is held."""
        if len(data) > self.max_event_bytes:
            self._to_lines()
            return self._feed_lines(data)
        blocks = data.split(b"\n\n")
        rest = blocks.pop()
        if blocks:
            self._line_ends.add(b"\n")
        events: list[SseEvent] = []
        add = events.append
        pos, last_id = self._pos, self._id
        shape, name, size = self._shape, self._shape_name, len(self._shape)
        for block in blocks:
            end = pos + len(block) + 2
            if block.startswith(shape):
                raw = block[size:]
            elif self._learn_shape(block):
                shape, name, size = self._shape, self._shape_name, len(self._shape)
                raw = block[size:]
            else:
                raw = b"\n"
            if 0x0A not in raw:
                add(SseEvent(name, raw, pos, end, pos + size, last_id))
                pos = end
                continue
            self._reset_block(pos)
            for line in block.split(b"\n"):
                self._take_line(line, pos, events, pos + len(line) + 1)
                pos += len(line) + 1
            self._take_line(b"", pos, events, pos + 1)
            pos, last_id = end, self._id
        self._pos = pos
        if rest:
            self._hold(rest)
        return events

    def _learn_shape(self, block: bytes) -> bool:
        """Take what stands before the payload of a block of a common shape for what stands before the next ones."""
        if block.startswith(b"data: "):
            self._shape, self._shape_name = b"data: ", "message"
            return True
        cut = block.find(b"\n")
        if cut > 7 and block.startswith(b"event: ") and block.startswith(b"data: ", cut + 1):
            self._shape = block[: cut + 7]
            self._shape_name = self._names.get(block[7:cut]) or self._event_name(block[7:cut])
            return True
        return False

    def _event_name(self, raw: bytes) -> str:
        name = raw.decode("utf-8", "replace")
        if len(self._names) < _MAX_NAMES:
            self._names[raw] = name
        return name

    def _begin(self, data: bytes) -> bytes:
        """Return what stands after a byte order mark, or b"" while that is not decided."""
        head = b"".join((*self._held, data))
        self._held.clear()
        if len(head) < 3 and _BOM.startswith(head):
            if head:
                self._held.append(head)
            return b""
        self._started = True
        if head.startswith(_BOM):
            self.findings.append(
                Finding(
                    "sse/bom",
                    Severity.NOTE,
                    "a byte order mark opens the stream: several readers lose its first event",
                    span=Span(0, 3),
                )
            )
            self._pos = 3
            self._reset_block(3)
            return head[3:]
        return head

    # ------------------------------------------------------------------ line by line
    def _to_lines(self) -> None:
        self._line = []
        self._line_at = self._pos
        self._reset_block(self._pos)

    def _feed_lines(self, data: bytes, *, final: bool = False) -> list[SseEvent]:
        if self._line is None:
            data = b"".join((*self._held, data))
            self._held.clear()
            self._held_bytes = 0
            self._to_lines()
        line = self._line
        assert line is not None
        if self._cr:
            data = b"\r" + data
        # A CR that ends a chunk may be half of CRLF: it waits, so that an event's bytes never depend on the cut.
        self._cr = data[-1:] == b"\r" and not final
        if self._cr:
            data = data[:-1]
        events: list[SseEvent] = []
        base = self._line_at + sum(map(len, line))  # body offset of data[0]
        start = 0
        for match in _LINE_END.finditer(data):
            line.append(data[start : match.start()])
            whole = b"".join(line)
            line.clear()
            start = match.end()
            self._line_ends.add(match[0])
            line_at, self._line_at = self._line_at, base + start
            self._take_line(whole, line_at, events, base + start)
        if start < len(data):
            line.append(data[start:])
            self._shed(base + len(data))
        elif not self._cr and not line and self._start == self._line_at:
            self._line = None  # a block border, and no CR is pending: blocks can be cut in C again
            self._pos = self._line_at
        return events

    def _shed(self, end: int) -> None:
        """Let go of a block that is over the limit; of its unfinished line only the fact that it is not blank is kept."""
        if end - self._start <= self.max_event_bytes:
            return
        self._lost = True
        self._values.clear()
        self._layout.clear()
        line = self._line
        if line:
            # `:` keeps the line a comment; the offsets go on as if its bytes were still there.
            self._line_at = end - 1
            line[:] = [b":"]

    def _take_line(self, line: bytes, at: int, events: list[SseEvent], end: int) -> None:
        """Interpret one line without its end. at: its body offset; end: the offset after its line end."""
        if not line:
            self._dispatch(events, end)
            return
        if line[0] == 0x3A or end - self._start > self.max_event_bytes:  # ":" opens a comment
            return
        name, colon, value = line.partition(b":")
        value_at = at + len(name) + len(colon)
        if value[:1] == b" ":
            value = value[1:]
            value_at += 1
        if name == b"data":
            self._values.append(value)
        elif name == b"event":
            self._name = self._names.get(value) or self._event_name(value)
        elif name == b"id":
            if b"\0" in value:
                return
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry":
            if not value.isdigit():  # bytes.isdigit() is ASCII only and false for b""
                return
            self._retry = int(value[:_MAX_DIGITS])
        else:
            self._unknown_field(name, line, at)
            return
        self._layout.append((name.decode(), value_at, value_at + len(value)))

    def _unknown_field(self, name: bytes, line: bytes, at: int) -> None:
        # A line that opens with a field's name after blanks, or with JSON, is content that every reader loses in silence.
        lost = name.strip() in _FIELDS or name[:1] in (b"{", b"[") or name == b"error"
        self.findings.append(
            Finding(
                "sse/unknown-field",
                Severity.WARNING if lost else Severity.NOTE,
                f"line at byte {at} is no field: {line[:60].decode('utf-8', 'replace')!r}"
                + (": every reader loses it" if lost else ""),
                span=Span(at, at + len(line)),
                evidence={"field": name[:60].decode("utf-8", "replace"), "line": line[:500].decode("utf-8", "replace")},
            )
        )

    def _dispatch(self, events: list[SseEvent], end: int) -> None:
        if self._lost or end - self._start > self.max_event_bytes:
            self.findings.append(
                Finding(
                    "sse/oversized-event",
                    Severity.ERROR,
                    f"an event of {end - self._start} bytes is over the limit of {self.max_event_bytes}: its payload was not read",
                    span=Span(self._start, end),
                    evidence={"limit": self.max_event_bytes},
                )
            )
        elif self._values:
            events.append(self._event(end))
        self._reset_block(end)

    def _event(self, end: int) -> SseEvent:
        payload_at = next(start for name, start, _ in self._layout if name == "data")
        raw = self._values[0] if len(self._values) == 1 else b"\n".join(self._values)
        return SseEvent(self._name or "message", raw, self._start, end, payload_at, self._id, self._retry, tuple(self._layout))

    # ------------------------------------------------------------------ the end
    def close(self) -> list[SseEvent]:
        """Return the event that a CR as the very last byte ends, else nothing: by the standard an unfinished event is not
        dispatched. It is `tail`, for those who want to know."""
        if self._closed:
            return []
        self._closed = True
        events = self._feed_lines(b"", final=True)
        end = self._pos if self._line is None else self._line_at + sum(map(len, self._line))
        if self._line:
            last = b"".join(self._line)
            self._line = []
            self._take_line(last, self._line_at, [], end)
        if end > self._start:
            if self._lost or end - self._start > self.max_event_bytes:
                self._dispatch([], end)
            elif self._values:
                self.tail = self._event(end)
        if len(self._line_ends) > 1:
            kinds = sorted(_LINE_END_NAMES[kind] for kind in self._line_ends)
            self.findings.append(
                Finding(
                    "sse/mixed-line-ends",
                    Severity.NOTE,
                    f"line ends are mixed: {', '.join(kinds)}",
                    evidence={"line_ends": kinds},
                )
            )
        return events


def unicode_line_breaks(raw: bytes) -> list[int]:
    """Return where `raw` holds U+2028, U+2029, U+0085, VT or FF unescaped: legal in SSE, and torn by readers that use splitlines."""
    return [match.start() for match in _BREAKS.finditer(raw)]
