"""A file or folder of another tool, opened for reading only.

In:   a path, and what the user said besides.
Out:  its bytes, JSON values in it, when it was last written; remarks on what was left out of it.
Rule: nothing here writes. Whatever the bytes are, CaptureError is all that comes of them.
"""

__all__ = ("HEAD_BYTES", "JsonLine", "Source")

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from streamcheck.capture.format import is_zstd, zstd_library
from streamcheck.capture.lines import value_of
from streamcheck.capture.reader import MAX_PLAIN_BYTES, is_capture, plain_bytes
from streamcheck.errors import CaptureError

HEAD_BYTES = 64 * 1024  # enough for the first records of every format known. guess

_BOM = b"\xef\xbb\xbf"


class JsonLine(NamedTuple):
    """number: 1-based. value: None for a line that is no JSON. last: nothing but blanks follows."""

    number: int
    value: Any
    last: bool


class Source:
    """What an importer reads from. remarks: what it has to say of the source as a whole."""

    def __init__(self, path: str | os.PathLike[str], *, session: str | None = None, keylog: str | None = None) -> None:
        """session, keylog: as for import_file()."""
        self.path = os.fspath(path)
        self.session = session
        self.keylog = keylog
        self.remarks: list[str] = []

    @property
    def is_folder(self) -> bool:
        return os.path.isdir(self.path)

    @cached_property
    def head(self) -> bytes:
        """The first bytes, decompressed; b"" for a folder. Raises CaptureError."""
        if self.is_folder:
            return b""
        try:
            with open(self.path, "rb") as file:
                head = file.read(HEAD_BYTES)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise CaptureError(f"{self.path}: cannot be read: {_reason(error)}") from error
        return _decompressed_head(head) if is_zstd(head) and not is_capture(head) else head

    def data(self) -> bytes:
        """Return the whole file, zstd undone, without a byte order mark. Raises CaptureError."""
        return plain_bytes(self.path).removeprefix(_BOM)

    def json(self) -> Any:
        """Return the file as one JSON value. Raises CaptureError for a file that is none, as one that is being written."""
        try:
            return value_of(self.data())
        except ValueError as error:
            raise CaptureError(f"{self.path}: is not whole JSON ({str(error)[:80]}): is it still being written?") from None

    def json_lines(self) -> Iterator[JsonLine]:
        """Yield the lines that are not blank. Lines end at LF bytes only."""
        lines = [(number, line) for number, line in enumerate(self.data().split(b"\n"), 1) if line.strip()]
        for number, line in lines:
            try:
                value = value_of(line)
            except ValueError:
                value = None
            yield JsonLine(number, value, number == lines[-1][0])

    def json_records(self) -> Iterator[JsonLine]:
        """Yield the elements of a JSON array, or of the list that a page of an export is, or the lines of a file of JSON lines."""
        try:
            whole = value_of(self.data())
        except ValueError:
            yield from self.json_lines()
            return
        for key in ("data", "runs", "observations"):
            if isinstance(whole, dict) and isinstance(whole.get(key), list):
                whole = whole[key]
        records = whole if isinstance(whole, list) else [whole]
        for number, value in enumerate(records, 1):
            yield JsonLine(number, value, number == len(records))

    @cached_property
    def modified(self) -> datetime:
        """When the source was last written. Raises CaptureError."""
        try:
            return datetime.fromtimestamp(os.stat(self.path).st_mtime, UTC)
        except (OSError, ValueError, OverflowError) as error:
            raise CaptureError(f"{self.path}: cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _decompressed_head(head: bytes) -> bytes:
    library = zstd_library()
    if library is None:
        return head
    try:
        plain: bytes = library.ZstdDecompressor().decompress(head, min(HEAD_BYTES, MAX_PLAIN_BYTES))
    except (library.ZstdError, EOFError):
        return head
    return plain
