"""A body that is one JSON document, or an array of them.

In:   body bytes.
Out:  at the end one event for the document, or one for each element of an array (Gemini without alt=sse streams one).
Rule: RFC 8259. An array's elements are events, as if each had come in a frame of its own; a cut array gives those that are whole.
Cost: keeps the body, up to `max_event_bytes`.
"""

__all__ = ("JsonBody",)

import json

from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span
from streamcheck.wire.events import MAX_EVENT_BYTES, Event

_BETWEEN = " \t\r\n,"


class JsonBody:
    """Framing of a whole JSON body; see events.Framing."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.findings: list[Finding] = []
        self.max_event_bytes = max_event_bytes
        self.tail: Event | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Event]:
        """Return nothing: a document is known at its end."""
        self._size += len(data)
        if self._size <= self.max_event_bytes:
            self._pieces.append(data)
        else:
            self._pieces.clear()
        return []

    def close(self) -> list[Event]:
        """Return the document, or the elements of the array."""
        if self._size > self.max_event_bytes:
            self.findings.append(
                Finding(
                    "sse/oversized-event",
                    Severity.ERROR,
                    f"a JSON document of {self._size} bytes is over the limit of {self.max_event_bytes}: it was not read",
                    span=Span(0, self._size),
                    evidence={"limit": self.max_event_bytes},
                )
            )
            return []
        body = b"".join(self._pieces)
        self._pieces.clear()
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
            return self._elements(body)
        start = len(body) - len(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
        return [Event("message", body[start:].rstrip(), start, len(body), start)]

    def _elements(self, body: bytes) -> list[Event]:
        # Offsets are counted in characters while scanning, and turned into bytes piece by piece.
        text = body.decode("utf-8", "surrogateescape")
        scan = json.JSONDecoder().raw_decode
        at = text.index("[") + 1
        offset = len(text[:at].encode("utf-8", "surrogateescape"))
        events: list[Event] = []
        while True:
            start = at
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            offset += len(text[start:at].encode("utf-8", "surrogateescape"))
            if at >= len(text) or text[at] == "]":
                break
            try:
                end = scan(text, at)[1]
            except (ValueError, RecursionError):
                end = len(text)
            raw = text[at:end].encode("utf-8", "surrogateescape")
            events.append(Event("message", raw, offset, offset + len(raw), offset))
            at, offset = end, offset + len(raw)
        if at >= len(text):
            self.tail = events.pop() if events and not _whole(events[-1].raw) else None
        return events


def _whole(raw: bytes) -> bool:
    try:
        json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    return True
