"""A capture file, read.

In:   the path or the bytes of a capture file, compressed or not.
Out:  Record values one by one, or a Capture.
Rule: capture format 1. Lines end at LF bytes only. A file that ends early is evidence too: what is whole is read, and the finding
      `capture/cut` says what is not. A file that is no capture, or is damaged before its end, raises CaptureError, which points
      at the place; nothing else is raised for any bytes.
Cost: about 3 us a record. A plain file is read line by line, each time anew; a compressed one is in memory.
"""

__all__ = ("MAX_PLAIN_BYTES", "CaptureReader", "is_capture", "plain_bytes")

import hashlib
import io
import json
import math
import os
import re
from binascii import a2b_base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from streamcheck.capture.format import (
    FORMAT,
    MAGIC_KEY,
    Capture,
    Chunk,
    End,
    Record,
    Request,
    Response,
    TextDelta,
    is_zstd,
    zstd_library,
)
from streamcheck.capture.key_shapes import redact_text
from streamcheck.capture.lines import value_of
from streamcheck.capture.migrate import migrated, version_of
from streamcheck.errors import CaptureError
from streamcheck.findings import Finding, Severity

MAX_PLAIN_BYTES = 1024 * 1024 * 1024  # guess: what a compressed capture may hold; a day of one stream is less

_BOM = b"\xef\xbb\xbf"
_EXCERPT = 80  # characters of an offending line that a message shows
_PIECE = 64  # bytes; how finely a broken compressed file is read again
_MAGIC_BYTES = 4  # that tell a compressed file
_HEADER = re.compile(rb'\s*\{[^\n]*"' + MAGIC_KEY.encode() + rb'"\s*:')


class CaptureReader:
    """Reads one capture: read() gives all of it, iterating gives its records."""

    __slots__ = ("_broken", "_cut", "_data", "_line_ended", "_path", "_version", "header", "name")

    def __init__(self, source: str | os.PathLike[str] | bytes, *, name: str | None = None) -> None:
        """source: a path, or the file's own bytes; zstd is undone in both. name: what messages call it, by default the path.

        Raises CaptureError when the file cannot be read or does not begin with a capture's header.
        """
        self._path = None if isinstance(source, bytes) else os.fspath(source)
        self.name = name or self._path or "<bytes>"
        self._data, self._broken = _held(source, self.name)
        self._cut: dict[str, Any] | None = None
        self._line_ended = True
        self.header, self._version = self._read_header()

    def __iter__(self) -> Iterator[Record]:
        """Yield the records after the header, unknown kinds included. A line that the file's end cut is left out."""
        values = self._values()
        if self._version < FORMAT:
            kept = list(values)
            lifted = migrated([self.header, *(value for _, _, value in kept)], self._version)
            values = ((number, line, value) for (number, line, _), value in zip(kept, lifted[1:], strict=True))
        for number, line, value in values:
            yield self._record(number, line, value)

    def _values(self) -> Iterator[tuple[int, bytes, Any]]:
        """Yield (line number, line, JSON value) of each line after the header; afterwards it is known how the file was cut."""
        lines = self._lines()
        last, _ = next(lines, (0, b""))
        self._cut = {"reason": self._broken} if self._broken is not None else None
        for number, line in lines:
            try:
                value = value_of(line)
            except ValueError as error:
                if next(lines, None) is not None:
                    self._fail_at(number, line, error)
                self._cut = {"reason": "inside a record", **(self._cut or {}), "line": number, "lost": len(line)}
                return
            last = number
            yield number, line, value
        if not self._line_ended and self._cut is None:
            self._cut = {"reason": "whole", "line": last}

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks alone, one after the other, for a capture that is too large to be held. Raises CaptureError as read() does."""
        for record in self:
            if record.kind in ("text", "bytes"):
                try:
                    yield Chunk(record.at, _chunk_bytes(record))
                except _WrongPayload as wrong:
                    self._fail_at_element(record.line, 2, str(wrong))

    def read(self) -> Capture:
        """Return the whole capture. Raises CaptureError, with the place, for a record that cannot be what its kind says."""
        request: Request | None = None
        response: Response | None = None
        end: End | None = None
        chunks: list[Chunk] = []
        deltas: list[TextDelta] = []
        extra: list[Record] = []
        for record in self:
            try:
                match record.kind:
                    case "text" | "bytes":
                        chunks.append(Chunk(record.at, _chunk_bytes(record)))
                    case "delta":
                        deltas.append(_delta(record))
                    case "request" if request is None:
                        request = _request(record)
                    case "response" if response is None:
                        response = _response(record)
                    case "end" if end is None:
                        end = _end(record)
                    case _:
                        extra.append(record)
            except _WrongPayload as wrong:
                self._fail_at_element(record.line, 2, str(wrong), secret=record.kind in ("request", "response"))
        findings = self._cut_findings()
        if end is not None:
            findings += _disagreements(end, chunks)
        elif not findings or findings[0].severity is Severity.NOTE:
            message = "the recorder did not write an end: it was killed, or the file was cut between two records"
            findings.append(Finding("capture/cut", Severity.NOTE, message, evidence={"reason": "no end record"}))
        hop = self.header.get("hop")
        return Capture(
            header=self.header,
            request=request,
            response=response,
            chunks=tuple(chunks),
            deltas=tuple(deltas),
            end=end,
            extra=tuple(extra),
            findings=tuple(findings),
            hop=hop if isinstance(hop, str) and hop else "wire",
            path=self._path,
        )

    # ------------------------------------------------------------------ lines
    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield (line number, bytes) of the lines, without the blank ones that an editor may leave."""
        try:
            with open(self._path or "", "rb") if self._data is None else io.BytesIO(self._data) as file:
                for number, line in enumerate(file, 1):
                    self._line_ended = line.endswith(b"\n")
                    text = line.removesuffix(b"\n") if number > 1 else line.removesuffix(b"\n").removeprefix(_BOM)
                    if text.strip():
                        yield number, text
        except OSError as error:
            raise _unreadable(self.name, error) from error

    def _read_header(self) -> tuple[dict[str, Any], int]:
        expected = f'expected {{"{MAGIC_KEY}":{FORMAT},...}} as first line'
        number, line = next(self._lines(), (0, b""))
        if not number:
            raise CaptureError(f"{self.name}:1:1: {expected}, the file is empty")
        try:
            header = value_of(line)
        except ValueError as error:
            self._fail_at(number, line, error, expected)
        if not isinstance(header, dict) or MAGIC_KEY not in header:
            self._fail(number, line, 0, 1, expected)
        try:
            return header, version_of(header)
        except CaptureError as error:
            key = line.decode("utf-8", "replace").find(f'"{MAGIC_KEY}"')
            self._fail(number, line, max(key, 0), max(key, 0) + len(MAGIC_KEY) + 2, str(error))

    def _record(self, number: int, line: bytes, value: Any) -> Record:
        if not isinstance(value, list):
            self._fail(number, line, 0, 1, "expected an array: [seconds, kind, payload]")
        if not value or not _is_seconds(value[0]):
            self._fail_at_element(number, 0, "expected a number of seconds as first element")
        if len(value) < 2 or not isinstance(value[1], str):
            self._fail_at_element(number, 1, "expected the kind of record as second element, a string")
        at = None if value[0] is None else float(value[0])
        return Record(number, at, value[1], value[2] if len(value) == 3 else value[2:] or None)

    def _cut_findings(self) -> list[Finding]:
        cut = self._cut
        if cut is None:
            return []
        if cut["reason"] == "whole":
            return [Finding("capture/cut", Severity.NOTE, "the last line has no line end; its record is whole", evidence=cut)]
        lost = f"; of line {cut['line']} only {cut['lost']} bytes are there" if "line" in cut else ""
        return [Finding("capture/cut", Severity.WARNING, f"the file ends early: {cut['reason']}{lost}", evidence=cut)]

    # ------------------------------------------------------------------ pointing
    def _fail_at(self, number: int, line: bytes, error: ValueError, expected: str = "expected one JSON value") -> NoReturn:
        """Raise for a line that is no JSON in UTF-8."""
        match error:
            case UnicodeDecodeError():
                at, reason = len(line[: error.start].decode("utf-8", "replace")), f"byte 0x{line[error.start]:02x} is not UTF-8"
            case json.JSONDecodeError():
                at, reason = error.pos, error.msg[:1].lower() + error.msg[1:]
            case _:
                at, reason = 0, str(error)[:_EXCERPT]
        self._fail(number, line, at, at + 1, f"{expected}: {reason}")

    def _fail_at_element(self, number: int, index: int, expected: str, *, secret: bool = False) -> NoReturn:
        """Raise for one element of a record's array. secret: show nothing of what follows the element's begin."""
        line = next((line for i, line in self._lines() if i == number), b"")
        start, end = _element(line.decode("utf-8", "replace"), index)
        self._fail(number, line, start, start + 1 if secret else end, expected, until=start + 1 if secret else None)

    def _fail(self, number: int, line: bytes, start: int, end: int, expected: str, *, until: int | None = None) -> NoReturn:
        """Raise CaptureError with the place and the line. start, end: code points in the line; until: show nothing from there on."""
        # Keys are blackened at their own length, and what a terminal would act on becomes one character, so that the marker fits.
        text = "".join(char if char.isprintable() else "?" for char in redact_text(line.decode("utf-8", "replace"))[:until])
        left = max(0, start - _EXCERPT // 2) if len(text) > _EXCERPT and start > _EXCERPT // 2 else 0
        excerpt = text[left : left + _EXCERPT]
        width = max(1, min(end, left + _EXCERPT) - start)
        marker = " " * (start - left) + "~" * (width - 1) + "^"
        raise CaptureError(f"{self.name}:{number}:{start + 1}: {expected}\n    {excerpt}\n    {marker}")


def is_capture(first: bytes) -> bool:
    """Return whether a file that begins with `first` is a capture, compressed or not; some 200 bytes are enough."""
    if is_zstd(first):
        library = zstd_library()
        if library is None:
            return False
        try:
            first = library.ZstdDecompressor().decompress(first, 4096)
        except (library.ZstdError, EOFError):
            return False
    return _HEADER.match(first.removeprefix(_BOM)) is not None


def plain_bytes(source: str | os.PathLike[str] | bytes) -> bytes:
    """Return the bytes of a file, zstd undone; of a compressed file that was cut, what can be had. Raises CaptureError."""
    return _plain(source, "<bytes>" if isinstance(source, bytes) else os.fspath(source))[0]


def _plain(source: str | os.PathLike[str] | bytes, name: str) -> tuple[bytes, str | None]:
    """Return a file's bytes, and why it is not all of them."""
    data, broken = _held(source, name)
    if data is None:
        data = Path(os.fspath(source)).read_bytes()  # type: ignore[arg-type]
    return data, broken


def _unreadable(name: str, error: OSError | ValueError) -> CaptureError:
    reason = error.strerror if isinstance(error, OSError) else None
    return CaptureError(f"{name}: cannot be read: {reason or error}")


def _held(source: str | os.PathLike[str] | bytes, name: str) -> tuple[bytes | None, str | None]:
    """Return the bytes of a source that has to be held in memory, zstd undone, and why they are not all; None for a plain file."""
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with open(source, "rb") as file:
                data = file.read(_MAGIC_BYTES)
                if not is_zstd(data):
                    return None, None
                data += file.read()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise _unreadable(name, error) from error
    return _unpacked(data, name) if is_zstd(data) else (data, None)


def _unpacked(data: bytes, name: str) -> tuple[bytes, str | None]:
    library = zstd_library()
    if library is None:
        raise CaptureError(f"{name}: reading .zst needs Python 3.14 or backports.zstd: install it, or decompress the file first")
    pieces: list[bytes] = []
    room = MAX_PLAIN_BYTES
    while data:
        decompressor = library.ZstdDecompressor()
        try:
            piece, broken = decompressor.decompress(data, room + 1), None
        except library.ZstdError as error:
            piece, broken = _before_the_break(library, data, room + 1), str(error)
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            raise CaptureError(f"{name}: holds more than {MAX_PLAIN_BYTES} bytes when decompressed: this is no capture")
        if broken is not None:
            return b"".join(pieces), f"the compressed data is broken ({broken})"
        if not decompressor.eof:
            # The recorder was killed: it flushes a block a record, so the lines are there and only the frame's end is not.
            return b"".join(pieces), "the compressed frame has no end"
        data = decompressor.unused_data
    return b"".join(pieces), None


def _before_the_break(library: Any, data: bytes, room: int) -> bytes:
    # An error throws away what the same call gave: read again in small pieces, up to the one that raises.
    decompressor = library.ZstdDecompressor()
    pieces: list[bytes] = []
    for at in range(0, len(data), _PIECE):
        try:
            piece = decompressor.decompress(data[at : at + _PIECE], room)
        except (library.ZstdError, EOFError):
            break
        pieces.append(piece)
        room -= len(piece)
        if room <= 0:
            break
    return b"".join(pieces)


# ---------------------------------------------------------------------- payloads
class _WrongPayload(Exception):
    """What was expected."""


def _is_seconds(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _chunk_bytes(record: Record) -> bytes:
    if not isinstance(record.payload, str):
        raise _WrongPayload(f"expected a string in a {record.kind!r} record")
    if record.kind == "text":
        try:
            return record.payload.encode()
        except UnicodeEncodeError:
            raise _WrongPayload("expected text without lone surrogates: a chunk that is not UTF-8 is a 'bytes' record") from None
    try:
        return a2b_base64(record.payload, strict_mode=True)
    except ValueError as error:
        raise _WrongPayload(f"expected base64 in a 'bytes' record: {str(error)[:1].lower()}{str(error)[1:]}") from None


def _field(payload: Any, name: str, kind: type, what: str, default: Any = None) -> Any:
    value = payload.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _WrongPayload(f"expected {what} as {name!r}")
    return value


def _object(record: Record) -> dict[str, Any]:
    if not isinstance(record.payload, dict):
        raise _WrongPayload(f"expected an object in a {record.kind!r} record")
    return record.payload


def _headers(payload: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = _field(payload, "headers", list, "a list of pairs", [])
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)):
            raise _WrongPayload("expected pairs of strings as 'headers'")
    return tuple((name, value) for name, value in pairs)


def _request(record: Record) -> Request:
    payload = _object(record)
    return Request(
        method=_field(payload, "method", str, "a string"),
        url=_field(payload, "url", str, "a string"),
        headers=_headers(payload),
        body=payload.get("body"),
        body_sha256=_field(payload, "body_sha256", str, "a string"),
        at=record.at,
    )


def _response(record: Record) -> Response:
    payload = _object(record)
    return Response(
        status=_field(payload, "status", int, "a whole number"),
        headers=_headers(payload),
        http=_field(payload, "http", str, "a string"),
        at=record.at,
    )


def _delta(record: Record) -> TextDelta:
    payload = _object(record)
    return TextDelta(
        record.at,
        _field(payload, "choice", int, "a whole number", 0),
        _field(payload, "channel", str, "a string", "content"),
        _field(payload, "text", str, "a string", ""),
    )


def _end(record: Record) -> End:
    payload = _object(record)
    return End(
        reason=_field(payload, "reason", str, "a string", "eof"),
        bytes=_field(payload, "bytes", int, "a whole number"),
        sha256=_field(payload, "sha256", str, "a string"),
        redacted=_field(payload, "redacted", int, "a whole number", 0),
        error=_field(payload, "error", str, "a string"),
        at=record.at,
    )


def _disagreements(end: End, chunks: list[Chunk]) -> list[Finding]:
    evidence: dict[str, Any] = {}
    size = sum(len(chunk.data) for chunk in chunks)
    if end.bytes is not None and end.bytes != size:
        evidence["bytes"] = {"recorded": end.bytes, "actual": size}
    if end.sha256 is not None:
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk.data)
        if end.sha256.lower() != digest.hexdigest():
            evidence["sha256"] = {"recorded": end.sha256[:64], "actual": digest.hexdigest()}
    if not evidence:
        return []
    evidence["reason"] = "end record disagrees"
    message = f"the end record speaks of another body than the {size} bytes in this file: records were lost or changed"
    return [Finding("capture/cut", Severity.WARNING, message, evidence=evidence)]


def _element(text: str, index: int) -> tuple[int, int]:
    """Return the code point range of an array's element; the closing bracket when it has fewer."""
    scan = json.JSONDecoder(strict=False).raw_decode
    blank = re.compile(r"\s*")
    start = end = text.find("[") + 1
    try:
        for i in range(index + 1):
            start = blank.match(text, end).end()  # type: ignore[union-attr]  # it matches anywhere
            if text[start : start + 1] == "]":
                return start, start + 1
            _, end = scan(text, start)
            if i < index:
                end = blank.match(text, end).end() + 1  # type: ignore[union-attr]  # and the comma
    except (ValueError, RecursionError):
        return start, start + 1
    return start, end
