"""The capture of one watched response.

In:   the records of a response as it comes.
Out:  a capture where the user wants it, or none.
Rule: what fails on the way to the disk ends the recording and nothing else; `failure` says what it was.
"""

__all__ = ("RecordTo", "Recorder", "recording_target")

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO

from streamcheck.capture.folder import CaptureFolder
from streamcheck.capture.writer import CaptureWriter
from streamcheck.errors import UsageError

Target = Callable[[str], "str | os.PathLike[str] | BinaryIO | None"]
RecordTo = str | os.PathLike[str] | CaptureFolder | Target


def recording_target(record_to: RecordTo | None) -> Target | None:
    """Return what gives the place of each new capture. Raises UsageError for what cannot be meant."""
    if record_to is None or callable(record_to):
        return record_to
    if not isinstance(record_to, str | os.PathLike):
        raise UsageError(
            f"record_to takes a folder, a CaptureFolder, or a callable (file name -> path, binary file or None), not {type(record_to).__name__}"
        )
    if os.path.exists(record_to) and not os.path.isdir(record_to):
        raise UsageError(
            f"record_to={os.fspath(record_to)!r} is a file: give a folder, each response gets a file of its own in it"
        )
    return CaptureFolder(record_to)


# Writers that are not done. A response that is left to the garbage collector goes in a circle with all that it refers to, and the file
# could be closed before the response has its end record.
_OPEN: set[CaptureWriter] = set()


class Recorder:
    """Writes one capture, as long as that works.

    failure: why it does not any more, None while it does. path: the file, None where there is none.
    """

    def __init__(self, target: Target | None, name: str, *, hop: str, started: datetime) -> None:
        self.failure: str | None = None
        self.path: str | None = None
        self._writer: CaptureWriter | None = None
        if target is not None:
            self._attempt(lambda: self._open(target(name), hop, started))

    def _open(self, place: Any, hop: str, started: datetime) -> None:
        if place is not None:
            self._writer = CaptureWriter(place, hop=hop, started=started)
            self.path = self._writer.path
            _OPEN.add(self._writer)

    def request(self, method: str, url: str, headers: Any, body: bytes | None, at: float) -> None:
        writer = self._writer
        if writer is not None:
            self._attempt(lambda: writer.request(method, url, headers, body, at=at))

    def response(self, status: int, headers: Any, http: str | None, at: float) -> None:
        writer = self._writer
        if writer is not None:
            self._attempt(lambda: writer.response(status, headers, http=http, at=at))

    def chunk(self, data: bytes, at: float) -> None:
        if self._writer is not None:
            try:
                self._writer.chunk(data, at=at)
            except Exception as error:
                self._fail(error)

    def end(self, reason: str, error: str | None, at: float) -> None:
        writer = self._let_go()
        if writer is None:
            return

        def finish() -> None:
            try:
                writer.end(reason, error=error, at=at)
            finally:
                writer.close()

        self._attempt(finish)

    def discard(self) -> None:
        """Take the capture back: the response turned out to be none of our business."""
        writer = self._let_go()
        if writer is None:
            return

        def remove() -> None:
            writer.close()
            if self.path is not None:
                os.unlink(self.path)

        self._attempt(remove)

    def _attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        self.failure = self.failure or reason.lower()
        writer = self._let_go()
        if writer is not None:
            try:
                writer.close()
            except Exception:  # the disk that failed may fail again
                pass

    def _let_go(self) -> CaptureWriter | None:
        writer, self._writer = self._writer, None
        if writer is not None:
            _OPEN.discard(writer)
        return writer
