"""One hop: everything that a recording at one place can say.

In:   a name and a source: a capture, a raw body, or a .txt with the text of one channel.
Out:  Hop: its report, its head, its chunks, and its trace, as far as it has them.
Rule: sources are only read. A large recording is not held: its chunks are read from the file again each time that they are asked for.
"""

__all__ = ("Hop", "Source")

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from streamcheck.capture.fidelity import fidelity_of
from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader, is_capture
from streamcheck.checker import check
from streamcheck.errors import UsageError
from streamcheck.findings import Severity
from streamcheck.hops.trace import Trace, trace_of, trace_of_deltas
from streamcheck.messages import Delta
from streamcheck.misreadings import Recorded, Text, decoded
from streamcheck.misreadings.reference import events_of
from streamcheck.sources import read_source
from streamcheck.wire.events import Event
from streamcheck.wire.head import ResponseHead

Source = str | os.PathLike[str] | bytes | Capture

# Bytes of a body up to which it is held in memory: each misreading reads it again. guess
_HELD = 8 * 1024 * 1024


class Hop:
    """plain: a text without a channel's name. head: the capture without its chunks; None for a raw body and a plain text."""

    def __init__(self, name: str, source: Source) -> None:
        """Raises OSError, CaptureError, UsageError for a source that holds nothing."""
        self.name = name
        self.plain: str | None = None
        self.head: Capture | None = None
        self.has_bytes = False
        self.is_unfinished = False  # see breaks_off(); who knows the other recordings says it
        self.is_held = True  # its chunks are in memory, and cost nothing to look at again
        self._chunks: Iterable[bytes] = ()
        if _is_text(source):
            self.plain = Path(str(source)).read_text(encoding="utf-8", errors="surrogateescape")
            self.report = check(b"", name=name)
            return
        capture = _capture_of(source)
        self.report = check(capture if capture is not None else source, name=name)
        if capture is not None:
            self.head = replace(capture, chunks=())
        if not self.size and (capture is None or not (capture.response or capture.deltas or capture.end)):
            raise UsageError(f"hop {name}: there is nothing in it: give a capture of a response, a body, or a .txt")
        chunks = _Reread(source, self.head)
        self.is_held = self.size <= _HELD
        self._chunks = tuple(chunks) if self.is_held else chunks
        self.has_bytes = capture is None or bool(capture.chunks) or (capture.response is not None and not capture.deltas)

    @property
    def recorded(self) -> Recorded:
        """Its chunks, a content coding undone; none for a hop that has text alone."""
        return Recorded(self._chunks, self.report.dialect)

    @cached_property
    def trace(self) -> Trace:
        if self.head is not None and not self.has_bytes:
            return trace_of_deltas(Delta(d.choice, d.channel, d.text, i) for i, d in enumerate(self.head.deltas))
        return trace_of(self.recorded)

    @property
    def text(self) -> Text:
        return self.trace.text

    @property
    def all_text(self) -> str:
        return self.plain if self.plain is not None else "".join(self.text.values())

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.report.counts["bytes"]

    def event(self, number: int) -> Event:
        """Return an event, read again."""
        return next(self.events(number))

    def payload(self, number: int) -> Event:
        """Return the event that is the payload of that number, read again."""
        return self.event(self.trace.payloads[number])

    def events(self, start: int = 0) -> Iterator[Event]:
        """Yield the events from a number on, read again."""
        return islice(events_of(self._chunks), start, None)

    def found(self, code: str) -> bool:
        """Return whether the report has a finding whose code begins so."""
        return any(finding.code.startswith(code) for finding in self.report.findings)

    @property
    def response_head(self) -> ResponseHead:
        return _response_head(self.head)

    @property
    def id(self) -> str | None:
        """What the provider calls the response."""
        return self.report.message.id

    @property
    def asked(self) -> str | None:
        """What tells the request's body from others."""
        request = self.head.request if self.head is not None else None
        return request.body_sha256 if request is not None else None

    @property
    def asked_bytes(self) -> int | None:
        """How long the request's body was."""
        request = self.head.request if self.head is not None else None
        return ResponseHead(headers=request.headers).content_length if request is not None else None

    # ------------------------------------------------------------------ how whole it is
    @property
    def was_stopped(self) -> bool:
        """Whether its own reader stopped."""
        return any(f.evidence.get("stopped_by") == "reader" for f in self.report.findings if f.severity is not Severity.NOTE)

    @property
    def was_broken_off(self) -> bool:
        """Whether its connection failed."""
        return self.head is not None and self.head.end is not None and self.head.end.reason != "eof"

    @property
    def has_end(self) -> bool:
        """Whether somebody wrote down that the recording was over."""
        return self.head is not None and self.head.end is not None

    def breaks_off(self, *, ends_are_kept: bool) -> bool:
        """Return whether nobody finished the recording: a file that was cut, a store that is being written.

        ends_are_kept: other recordings beside it have their end. A capture needs none: where no one has, that says nothing.
        """
        if any(f.code == "capture/cut" and f.severity is not Severity.NOTE for f in self.report.findings):
            return True
        imported = self.head is not None and "fidelity" in self.head.header  # an importer writes the end of what was finished
        return self.head is not None and not self.has_end and (imported or ends_are_kept)

    @property
    def ends_early(self) -> bool:
        return self.was_stopped or self.is_unfinished

    @property
    def knows_borders(self) -> bool:
        """Whether its chunks are the reads that there were."""
        return self.head is not None and fidelity_of(self.head).bytes == "exact"


class _Reread:
    """The chunks of a source that has bytes, a content coding undone; read anew at each iteration. head: of a capture."""

    def __init__(self, source: Source, head: Capture | None) -> None:
        self._source = source
        self._head = head

    def __iter__(self) -> Iterator[bytes]:
        if self._head is not None and not isinstance(self._source, Capture):
            chunks = (chunk.data for chunk in CaptureReader(self._source).chunks())
            return decoded(chunks, _response_head(self._head).content_encodings)
        recording = read_source(self._source)
        return decoded((chunk for _, chunk in recording.chunks), recording.head.content_encodings)


def _response_head(capture: Capture | None) -> ResponseHead:
    response = capture.response if capture is not None else None
    return ResponseHead(status=response.status, headers=response.headers) if response is not None else ResponseHead()


def _is_text(source: Source) -> bool:
    return isinstance(source, str | os.PathLike) and Path(source).suffix == ".txt"


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
