"""What the relay writes to disk.

In:   the parts of a response as exchange.py reads them, with the times of a monotonic clock.
Out:  one capture a response, in a folder; whoever judges captures is told when one begins and ends.
Rule: every failure of the disk ends in Recording._write(): it is said once, the capture stays as it is, and the relay goes on.
      A file is made when there is something to write, which is after the request was forwarded.
"""

__all__ = ("Moment", "Recording", "Recordings", "Watcher")

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol, Self

from streamcheck.capture.folder import capture_name
from streamcheck.capture.writer import CaptureWriter

Headers = Iterable[tuple[bytes, bytes]]


class Moment(NamedTuple):
    """A point in time, on both clocks."""

    date: datetime
    seconds: float

    @classmethod
    def now(cls) -> Self:
        return cls(datetime.now(UTC), time.monotonic())

    @classmethod
    def at(cls, seconds: float) -> Self:
        """Return the moment at which the monotonic clock said `seconds`."""
        now = cls.now()
        return cls(now.date - timedelta(seconds=now.seconds - seconds), seconds)


class Watcher(Protocol):
    """Who wants to know of captures while they grow."""

    def opened(self, path: str, started: float) -> None:
        """A capture has begun. started: what the monotonic clock said at its zero."""

    def ended(self, path: str) -> None:
        """Nothing more is written to the capture."""


class Recordings:
    """Makes a Recording for each response. count: how many have ended."""

    def __init__(
        self, folder: Callable[[str], str], *, host: str, hop: str, say: Callable[[str], None], watcher: Watcher | None = None
    ) -> None:
        self.count = 0
        self._folder = folder
        self._host = host
        self._hop = hop
        self._say = say
        self.watcher = watcher
        self._said: set[str] = set()

    def new(self, started: Moment) -> "Recording":
        return Recording(self, started)

    # ------------------------------------------------------------------ for a Recording
    def open(self, started: Moment) -> CaptureWriter:
        path = self._folder(capture_name(started.date, self._host))
        writer = CaptureWriter(path, hop=self._hop, started=started.date)
        if self.watcher is not None:
            self.watcher.opened(path, started.seconds)
        return writer

    def closed(self, path: str | None) -> None:
        self.count += 1
        if self.watcher is not None and path is not None:
            self.watcher.ended(path)

    def failed(self, error: Exception) -> None:
        """Say why something could not be written, once for each kind of failure."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        if reason not in self._said:
            self._said.add(reason)
            self._say(f"recording fails, the streams go on unrecorded: {reason[:1].lower()}{reason[1:]}")


class Recording:
    """One response on its way to the disk. Times are the monotonic clock's; what comes after end() is left out."""

    def __init__(self, recordings: Recordings, started: Moment) -> None:
        self._recordings = recordings
        self._started = started
        self._writer: CaptureWriter | None = None
        self._over = False  # ended, or given up

    def request(self, method: str, url: str, headers: Headers, body: bytes | None, at: float) -> None:
        """Record what was asked. at: when the last byte of it had been forwarded."""
        self._write(CaptureWriter.request, method, url, headers, body, at=at)

    def response(self, status: int, headers: Headers, http: str, at: float) -> None:
        """Record the head of the answer."""
        self._write(CaptureWriter.response, status, headers, http=http, at=at)

    def chunk(self, body: bytes, at: float) -> None:
        """Record what one read brought of the body."""
        self._write(CaptureWriter.chunk, body, at=at)

    def end(self, reason: str, error: str | None, at: float) -> None:
        """Record the end and close the file. error: the name of an exception's class."""
        self._write(_end, reason, error, at=at)
        self._over = True
        if self._writer is not None:
            self._recordings.closed(self._writer.path)
            self._writer = None

    def _write(self, write: Callable[..., None], *args: Any, at: float, **named: Any) -> None:
        """Let the writer write. The one place where a failure to record ends."""
        if self._over:
            return
        try:
            if self._writer is None:
                self._writer = self._recordings.open(self._started)
            write(self._writer, *args, at=at - self._started.seconds, **named)
        except Exception as error:  # not OSError alone: a defect of the recorder must not cost a stream either
            self._over = True
            self._recordings.failed(error)
            if self._writer is not None:
                with suppress(Exception):  # it failed before and may fail again; the file is closed all the same
                    self._writer.close()


def _end(writer: CaptureWriter, reason: str, error: str | None, at: float) -> None:
    writer.end(reason, error=error, at=at)
    writer.close()
