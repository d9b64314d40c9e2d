"""One hop: everything that a recording at one place can say.

In:   a name and a source: a capture, a raw body, or a .txt with the text of one channel.
Out:  Hop: its report, its chunks, events, deltas and texts, as far as it has them.
Rule: sources are only read. Texts are the plain sum of all deltas, as every client adds them up.
"""

__all__ = ("Hop", "Source")

import os
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader, is_capture
from streamcheck.checker import check
from streamcheck.errors import UsageError
from streamcheck.messages import Delta
from streamcheck.misreadings import Recorded, Text, recorded
from streamcheck.misreadings.reference import events_of, spoken, sum_of
from streamcheck.sources import read_source
from streamcheck.wire.content import ContentDecoder
from streamcheck.wire.events import Event
from streamcheck.wire.head import ResponseHead

Source = str | os.PathLike[str] | bytes | Capture

_PINGS = (b"", b"ping", b'{"type":"ping"}', b'{"type": "ping"}')


class Hop:
    """plain: a text without a channel's name. capture: None for a raw body and a plain text."""

    def __init__(self, name: str, source: Source) -> None:
        """Raises OSError, CaptureError, UsageError for a source that holds nothing."""
        self.name = name
        self.plain: str | None = None
        self.capture = _capture_of(source)
        if self.capture is None and isinstance(source, str | os.PathLike) and Path(source).suffix == ".txt":
            self.plain = Path(source).read_text(encoding="utf-8", errors="surrogateescape")
            self.report = check(b"", name=name)
            return
        self.report = check(self.capture if self.capture is not None else source, name=name)
        if self.capture is None and not self.report.counts["bytes"]:
            raise UsageError(f"hop {name}: there is nothing in it: give a capture, a body, or a .txt")
        self._source = source

    @cached_property
    def recorded(self) -> Recorded:
        """Its chunks, a content coding undone; none for a hop that has text alone."""
        if self.plain is not None:
            return Recorded(())
        if self.capture is not None:
            return recorded(self.capture, dialect=self.report.dialect)
        found = read_source(self._source)
        chunks = [chunk for _, chunk in found.chunks]
        encodings = ResponseHead(headers=found.head.headers).content_encodings
        if encodings:
            decoder = ContentDecoder(encodings)
            chunks = [*map(decoder.feed, chunks), decoder.close()]
        return Recorded(tuple(filter(None, chunks)), self.report.dialect)

    @property
    def has_bytes(self) -> bool:
        if self.capture is not None:
            return bool(self.capture.chunks) or (self.capture.response is not None and not self.capture.deltas)
        return bool(self.recorded.chunks)

    @cached_property
    def events(self) -> list[Event]:
        """All events, one that the end cut off included."""
        return events_of(self.recorded.body)

    @cached_property
    def payloads(self) -> list[tuple[int, Event]]:
        """The events that say something, with their numbers."""
        return [(i, event) for i, event in enumerate(self.events) if event.raw.strip() not in _PINGS and event.event != "ping"]

    @cached_property
    def deltas(self) -> list[Delta]:
        """All deltas, each with the number of its event."""
        if self.capture is not None and self.capture.text_only:
            return [Delta(d.choice, d.channel, d.text, i) for i, d in enumerate(self.capture.deltas)]
        found = []
        for number, deltas in enumerate(spoken(((e.event, e.raw) for e in self.events), dialect=self.recorded.dialect)):
            found += [Delta(d.choice, d.channel, d.text, d.event if d.event is not None else number) for d in deltas]
        return found

    @cached_property
    def text(self) -> Text:
        if self.has_bytes:
            return sum_of(self.deltas)
        text: Text = {}  # as it was kept: halves of a character that were not joined there are not joined here
        for delta in self.deltas:
            text[delta.choice, delta.channel] = text.get((delta.choice, delta.channel), "") + delta.text
        return text

    def event_at(self, choice: int, channel: str, char: int) -> int | None:
        """Return the event that said character `char` of a channel."""
        own = [d for d in self.deltas if (d.choice, d.channel) == (choice, channel)]
        ends = accumulate(len(d.text) for d in own)
        return next((d.event for d, end in zip(own, ends, strict=True) if char < end), own[-1].event if own else None)

    @property
    def id(self) -> str | None:
        """What the provider calls the response."""
        return self.report.message.id

    @property
    def asked(self) -> str | None:
        """What tells the request's body from others."""
        request = self.capture.request if self.capture is not None else None
        return request.body_sha256 if request is not None else None

    @property
    def all_text(self) -> str:
        return self.plain if self.plain is not None else "".join(self.text.values())


def _capture_of(source: Source) -> Capture | None:
    if isinstance(source, Capture):
        return source
    if isinstance(source, bytes):
        return CaptureReader(source).read() if is_capture(source[:256]) else None
    name = os.fspath(source)
    with open(name, "rb") as file:
        head = file.read(256)
    if is_capture(head) or name.removesuffix(".zst").endswith(".capture.jsonl"):
        return CaptureReader(name).read()
    return None
