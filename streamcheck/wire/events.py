"""The value that every framing gives: one event, with the bytes it came from.

In:   nothing.
Out:  Event; the Framing protocol that sse.py, ndjson.py and aws_eventstream.py meet.
Rule: offsets are in the body after content-decoding. `raw` is the payload as it stood on the wire, valid UTF-8 or not.
"""

__all__ = ("MAX_EVENT_BYTES", "Event", "Framing", "body_bytes")

from collections.abc import Sequence
from typing import Protocol

import msgspec

from streamcheck.findings import Finding
from streamcheck.spans import Span

MAX_EVENT_BYTES = 16 * 1024 * 1024  # the largest of 638 recorded streams has 47,651; an image in base64 fits. Also in the README


def body_bytes(data: object) -> bytes:
    """Return the bytes of anything like bytes. Raises TypeError for the rest, text above all, and says what to pass."""
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    raise TypeError(f"feed() takes the body bytes, got {type(data).__name__}; pass response.aiter_raw(), not aiter_text()")


class Event(msgspec.Struct, gc=False):
    """One dispatched event.

    event:      its name ("message" where the framing has none).
    raw:        payload bytes; in SSE the data lines' values joined by LF.
    start, end: half-open byte range of the whole event, its blank line or newline included.
    payload_at: byte offset of the payload's first byte (of the first data line's value).
    """

    event: str
    raw: bytes
    start: int
    end: int
    payload_at: int

    @property
    def data(self) -> str:
        """The payload as text; what is not UTF-8 becomes U+FFFD by the maximal-subpart rule."""
        try:
            return self.raw.decode()
        except UnicodeDecodeError:
            return self.raw.decode("utf-8", "replace")

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def offset_of(self, index: int) -> int:
        """Return the body offset of byte `index` of the payload."""
        return self.payload_at + index


class Framing(Protocol):
    """Bytes in, events out; deviations that lose nothing stand in `findings`, oldest first."""

    findings: list[Finding]

    def feed(self, data: bytes) -> Sequence[Event]:
        """Return the events that `data` completes. Never raises on any bytes."""
        ...

    def close(self) -> Sequence[Event]:
        """Return what the end of the body completes (in SSE: nothing, by the standard)."""
        ...

    @property
    def tail(self) -> Event | None:
        """The event that the end of the body cut off, None when it ended between events. Known after close()."""
        ...
