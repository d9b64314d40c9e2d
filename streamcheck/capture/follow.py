"""A capture file, read while it is written.

In:   the path of a capture that grows.
Out:  what came since the last look: as Record values one by one, or as a Capture that holds nothing else.
Rule: capture format 1, not compressed. Only whole lines are read; the rest of a line is there at the next look. A capture's header with
      any of its lines is a capture again: reader.py reads the pieces as it reads the whole.
Cost: that of reader.py; one piece is in memory, not the file.
"""

__all__ = ("CaptureFollower",)

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from streamcheck.capture.format import Capture, Record
from streamcheck.capture.reader import CaptureReader

_PIECE = 256 * 1024  # bytes read at one look, or one line if that is longer. guess


class CaptureFollower:
    """Follows one capture: read() gives what is new, iterating gives its records. A file that is removed can still be read.

    header_line: b"" until it has been written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises OSError when there is no such file."""
        self.path = os.fspath(path)
        self.header_line = b""
        self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115  close() does it
        self._rest = b""  # the begin of a line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; twice is once."""
        self._file.close()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records that are new, unknown kinds included. Raises CaptureError for what is no capture, OSError."""
        piece = self._new_lines()
        if piece:
            yield from CaptureReader(self.header_line + piece, name=self.path)

    def read(self) -> Capture | None:
        """Return what is new, None when nothing is. Its findings are those of a piece and mean nothing.

        There may be more than one piece: call it until it returns None. Raises CaptureError for what is no capture, OSError.
        """
        piece = self._new_lines()
        return CaptureReader(self.header_line + piece, name=self.path).read() if piece else None

    def _new_lines(self) -> bytes:
        """Return whole lines after the header, b"" when there are none yet."""
        while True:
            data = self._file.read(max(_PIECE, len(self._rest)))  # a long line is not joined again and again
            lines, newline, rest = (self._rest + data).rpartition(b"\n")
            self._rest = rest
            if not self.header_line and newline:
                header, newline, lines = lines.partition(b"\n")
                self.header_line = header + b"\n"
            if lines:
                return lines + b"\n"
            if not data:
                return b""
