"""The data stream of Vercel's AI SDK up to version 4: one coded JSON value a line, and no SSE.

In:   body bytes in stream order; borders may fall anywhere.
Out:  one Event a line, named "v4:<code>": `0:"Hello"` gives event "v4:0" with the payload `"Hello"`.
Rule: lines end at LF; a code is one digit or small letter, then a colon, then JSON. A line of another form is an event "message"
      with the whole line: it is no JSON, and the checker says so. The last line needs no LF when its JSON is whole.
Cost: that of ndjson.py, which finds the lines, and one slice a line.
"""

__all__ = ("DataStreamV4", "looks_like_data_stream")

import re

from streamcheck.findings import Finding
from streamcheck.wire.documents import document_of
from streamcheck.wire.events import MAX_EVENT_BYTES, Event
from streamcheck.wire.ndjson import NdjsonDecoder

_FIRST_LINE = re.compile(rb"[0-9a-z]:[\"\[{]")
_CODED = re.compile(rb"[0-9a-z]:")


def looks_like_data_stream(first_line: bytes) -> bool:
    """Say whether a body that opens with `first_line` is a data stream. Three bytes are enough; no SSE field name is so short."""
    return _FIRST_LINE.match(first_line) is not None


class DataStreamV4:
    """feed() bytes, get one event a line; see events.Framing."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """max_event_bytes: a longer line is not kept: it becomes the finding `sse/oversized-event`."""
        self._lines = NdjsonDecoder(max_event_bytes=max_event_bytes)
        self.tail: Event | None = None

    @property
    def findings(self) -> list[Finding]:
        return self._lines.findings

    @findings.setter
    def findings(self, log: list[Finding]) -> None:
        self._lines.findings = log

    def feed(self, data: bytes) -> list[Event]:
        """Return the events of the lines that `data` completes. Nothing in them can raise."""
        return [_coded(line) for line in self._lines.feed(data)]

    def close(self) -> list[Event]:
        """Return the last line if no LF ended it and its JSON is whole; a cut one is the tail."""
        events = [_coded(line) for line in self._lines.close()]
        if events and document_of(events[-1].raw)[0] is None and events[-1].raw.strip() != b"null":
            self.tail = events.pop()
        return events


def _coded(line: Event) -> Event:
    raw = line.raw
    if _CODED.match(raw) is None:
        return line
    return Event(f"v4:{chr(raw[0])}", raw[2:], line.start, line.end, line.payload_at + 2)
