"""Newline-delimited JSON from bytes.

In:   body bytes in stream order; borders may fall anywhere.
Out:  one Event a line. Deviations stand in `findings`.
Rule: lines end at LF only, one CR before it is let go: a JSON string may hold U+2028 or U+0085 raw, so no other character ends
      a line. Blank lines are keep-alives. The last line needs no LF: close() gives it, and `unterminated` says so.
Cost: linear; keeps at most one line, up to `max_event_bytes` with its line end.
"""

__all__ = ("NdjsonDecoder",)

from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span
from streamcheck.wire.events import MAX_EVENT_BYTES, Event, body_bytes

_BOM = b"\xef\xbb\xbf"
_LF = 0x0A
_BLANK = b" \t\r"


class NdjsonDecoder:
    """feed() bytes, get one event a line."""

    __slots__ = ("_closed", "_held", "_held_bytes", "_lost", "_start", "_started", "findings", "max_event_bytes", "unterminated")

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """max_event_bytes: a longer line is not kept: it becomes the finding `sse/oversized-event`."""
        self.findings: list[Finding] = []
        self.max_event_bytes = max_event_bytes
        self.unterminated = False  # the last event's line had no LF: whole or cut, only its JSON can tell
        self._closed = False
        self._started = False  # the first three bytes were looked at: BOM or not
        self._start = 0  # body offset of the unfinished line
        self._held: list[bytes] = []  # its pieces
        self._held_bytes = 0  # its length, also when its pieces were let go
        self._lost = False

    @property
    def tail(self) -> Event | None:
        """None: the last line is an event, with or without its LF."""
        return None

    def feed(self, data: bytes) -> list[Event]:
        """Return the events of the lines that `data` completes; an empty list is normal.

        data: body bytes, any length, borders anywhere. Nothing in them can raise.
        Raises TypeError for str, StreamClosedError after close().
        """
        if data.__class__ is not bytes:
            data = body_bytes(data)
        if self._closed:
            raise StreamClosedError("feed() after close(): make a new NdjsonDecoder for the next body")
        if not self._started:
            data = self._begin(data)
        if _LF not in data:
            if data:
                self._hold(data)
            return []
        events: list[Event] = []
        lines = data.split(b"\n")
        self._hold(lines[0])
        self._end_line(events, 1)
        start, limit = self._start, self.max_event_bytes
        for line in lines[1:-1]:
            size = len(line) + 1
            if size <= limit:
                if line[-1:] == b"\r":
                    line = line[:-1]
                if line.strip(_BLANK):
                    events.append(Event("message", line, start, start + size, start))
            else:
                self._oversized(start, start + size)
            start += size
        self._start = start
        if lines[-1]:
            self._hold(lines[-1])
        return events

    def close(self) -> list[Event]:
        """Return the last line if no LF ended it."""
        events: list[Event] = []
        if self._closed:
            return events
        self._closed = True
        self._end_line(events, 0)
        self.unterminated = bool(events)
        return events

    def _begin(self, data: bytes) -> bytes:
        """Return what stands after a byte order mark, or b"" while that is not decided."""
        head = b"".join((*self._held, data))
        self._held.clear()
        self._held_bytes = 0
        if len(head) < 3 and _BOM.startswith(head):
            self._held.append(head)
            self._held_bytes = len(head)
            return b""
        self._started = True
        if head.startswith(_BOM):
            self.findings.append(
                Finding(
                    "sse/bom",
                    Severity.NOTE,
                    "a byte order mark opens the NDJSON body: many JSON readers refuse its first line",
                    span=Span(0, 3),
                )
            )
            self._start = 3
            return head[3:]
        return head

    def _hold(self, piece: bytes) -> None:
        self._held_bytes += len(piece)
        if self._held_bytes > self.max_event_bytes:
            self._lost = True
            self._held.clear()
        elif not self._lost:
            self._held.append(piece)

    def _end_line(self, events: list[Event], line_end: int) -> None:
        """Finish the held line. line_end: 1 if an LF ended it, 0 if the body did."""
        start, end = self._start, self._start + self._held_bytes + line_end
        if self._lost or end - start > self.max_event_bytes:
            self._oversized(start, end)
        else:
            line = b"".join(self._held)
            if line_end and line[-1:] == b"\r":
                line = line[:-1]
            if line.strip(_BLANK):
                events.append(Event("message", line, start, end, start))
        self._start = end
        self._held.clear()
        self._held_bytes = 0
        self._lost = False

    def _oversized(self, start: int, end: int) -> None:
        self.findings.append(
            Finding(
                "sse/oversized-event",
                Severity.ERROR,
                f"a line of {end - start} bytes is over the limit of {self.max_event_bytes}: its payload was not read",
                span=Span(start, end),
                evidence={"limit": self.max_event_bytes},
            )
        )
