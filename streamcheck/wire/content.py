"""Content codings undone: gzip, deflate, zstd, and any stack of them.

In:   body bytes as they came over the wire, and the codings in the order they were applied.
Out:  the decoded bytes, as early as the coding allows. Deviations stand in `findings` ("http/content-encoding").
Rule: RFC 9110 8.4, RFC 1952 (gzip), 1950 and 1951 (deflate, with or without its zlib wrapper), 8878 (zstd). What stood before a
      defect is kept, what follows it is dropped; a body that is plain under a declared coding is passed through, so that the
      rest of the check can go on. Output and findings do not depend on how the body was cut.
Cost: the library's, and for gzip and deflate a copy of the inflater's state a chunk. One coding gives at most MAX_DECODED_BYTES.
"""

__all__ = ("MAX_DECODED_BYTES", "SNIFF_BYTES", "ContentDecoder", "sniff_encoding")

import importlib
import re
import sys
import zlib
from collections.abc import Callable, Generator, Sequence
from typing import Any

from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span
from streamcheck.wire.events import body_bytes

MAX_DECODED_BYTES = 256 * 1024 * 1024  # guess: sixteen events of the largest size; the largest body seen is a few MiB
SNIFF_BYTES = 16  # enough to tell a compressed body from text

_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ANY = -(1 << 62)  # asks for whatever is there
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # text does not hold these; ESC it may
_NEEDS_LIBRARY = ("br", "compress", "x-compress", "dcb", "dcz")  # known codings that nothing here can undo

# A coding reads by yielding how many bytes it needs: n > 0 for exactly n, n < 0 for one to -n, as they come.
# It gets fewer than that only at the end of the body.
_Reading = Generator[int, bytes, None]
_Inner = Generator[int, bytes, bool]  # True: go on; False: a defect was reported, read no further


class ContentDecoder:
    """feed() wire bytes, get decoded bytes. `findings`: oldest first; with stacked codings, those of one feed() coding by coding."""

    __slots__ = ("_closed", "_stages", "decoded_bytes", "encoded_bytes", "findings")

    def __init__(self, encodings: Sequence[str], *, max_decoded_bytes: int = MAX_DECODED_BYTES) -> None:
        """encodings: the content codings in the order they were applied, as ResponseHead.content_encodings gives them.

        max_decoded_bytes: what one coding may give; the rest is dropped, with a finding (a decompression bomb).
        """
        if isinstance(encodings, str):
            raise TypeError("ContentDecoder() takes a list of codings; pass ['gzip'], not 'gzip'")
        self.findings: list[Finding] = []
        self.encoded_bytes = 0
        self.decoded_bytes = 0
        self._closed = False
        names = [name for name in (name.strip().lower() for name in encodings) if name not in ("", "identity")]
        self._stages = [_Stage(name, max_decoded_bytes, last=i == 0) for i, name in enumerate(names)]
        self._stages.reverse()

    def feed(self, data: bytes) -> bytes:
        """Return what `data` completes; b"" is normal.

        data: wire bytes, any length, borders anywhere. Nothing in them can raise.
        Raises TypeError for str, StreamClosedError after close().
        """
        data = body_bytes(data)
        if self._closed:
            raise StreamClosedError("feed() after close(): make a new ContentDecoder for the next body")
        self.encoded_bytes += len(data)
        return self._through(data, final=False)

    def close(self) -> bytes:
        """Return what the end of the body completes, and report a body that ends too early."""
        if self._closed:
            return b""
        self._closed = True
        return self._through(b"", final=True)

    def _through(self, data: bytes, *, final: bool) -> bytes:
        for stage in self._stages:
            data = stage.read(data, final=final)
            self.findings += stage.findings
            stage.findings.clear()
        self.decoded_bytes += len(data)
        return data


def sniff_encoding(first: bytes) -> str | None:
    """Return "gzip", "zstd" or "deflate" (with zlib wrapper) if a body that begins with `first` is that, None for anything else.

    first: at best SNIFF_BYTES or more. Bare deflate has no mark and is never recognised.
    """
    if first.startswith(_GZIP):
        return "gzip"
    if first.startswith(_ZSTD):
        return "zstd"
    # "x^" opens a zlib body and is text too, "x\xda\x81" is UTF-8: only what cannot be text counts, and it has to decode.
    if len(first) > 2 and first[0] == 0x78 and _is_zlib(first) and not _is_text(first[:SNIFF_BYTES]):
        try:
            zlib.decompressobj().decompress(first, 1)
        except zlib.error:
            return None
        return "deflate"
    return None


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: method 8, a window of at most 32 KiB, and both bytes together a multiple of 31."""
    return len(head) > 1 and head[0] & 15 == 8 and head[0] >> 4 <= 7 and int.from_bytes(head[:2], "big") % 31 == 0


def _is_text(head: bytes) -> bool:
    """Return whether `head` may open a text in UTF-8; its last character may be cut."""
    if _CONTROLS.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


# ---------------------------------------------------------------------- one coding
class _Stage:
    """Drives one coding's generator: cuts its input as asked, collects output and findings."""

    __slots__ = ("_at", "_block", "_last", "_limit", "_out", "_reading", "_want", "encoding", "findings", "given", "pos")

    def __init__(self, encoding: str, limit: int, *, last: bool) -> None:
        self.encoding = encoding
        self.findings: list[Finding] = []
        self.pos = 0  # bytes taken from the input
        self.given = 0
        self._limit = limit
        self._last = last  # its output is the body, so that findings can have a span
        self._block = b""
        self._at = 0
        self._out: list[bytes] = []
        self._reading: _Reading | None = _coding(encoding)(self)
        self._want = next(self._reading)

    def read(self, data: bytes, *, final: bool) -> bytes:
        if self._reading is None:
            return b""
        self._block = self._block[self._at :] + data if self._at < len(self._block) else data
        self._at = 0
        while self._reading is not None:
            want = self._want
            have = len(self._block) - self._at
            if not final and have < (want if want > 0 else 1):
                break
            piece = self._block[self._at : self._at + abs(want)]
            self._at += len(piece)
            self.pos += len(piece)
            try:
                self._want = self._reading.send(piece)
            except StopIteration:
                self._reading = None
                self._block = b""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def unread(self, count: int) -> None:
        """Put the last `count` bytes of the last piece back."""
        self._at -= count
        self.pos -= count

    @property
    def room(self) -> int:
        """What a library call may give at most: one byte more than allowed shows that there is more."""
        return self._limit - self.given + 1

    def give(self, piece: bytes) -> bool:
        """Add `piece` to the output; False when that is more than allowed, which ends the reading."""
        fits = self.given + len(piece) <= self._limit
        if not fits:
            piece = piece[: self._limit - self.given]
        if piece:
            self._out.append(piece)
            self.given += len(piece)
        if not fits:
            self.report("too-large", f"gives more than {self._limit} bytes: the rest was dropped", None, limit=self._limit)
        return fits

    def report(self, reason: str, what: str, at: int | None, *, severity: Severity = Severity.ERROR, **evidence: Any) -> None:
        self.findings.append(
            Finding(
                "http/content-encoding",
                severity,
                f"the {self.encoding} body {what}",
                span=Span(self.given, self.given) if self._last else None,
                evidence={"encoding": self.encoding, "reason": reason, **({} if at is None else {"at": at}), **evidence},
            )
        )

    # What several codings do
    def broken(self, at: int, why: str) -> bool:
        self.report("broken", f"is broken at encoded byte {at}: {why}", at, decoded=self.given)
        return False

    def truncated(self) -> bool:
        self.report("truncated", f"ends too early, after {self.pos} encoded bytes", self.pos, decoded=self.given)
        return False

    def trailing(self, first: bytes) -> _Reading:
        """Count what follows the end of the compressed body. Zeros are padding (RFC 1952 says nothing, every reader allows them)."""
        at = self.pos - len(first)
        zeros = not first.strip(b"\0")
        while data := (yield _ANY):
            zeros = zeros and not data.strip(b"\0")
        if not zeros:
            self.report("trailing-bytes", f"is followed by {self.pos - at} bytes that no reader sees", at, count=self.pos - at)

    def plain(self) -> _Reading:
        while data := (yield _ANY):
            self._out.append(data)
            self.given += len(data)

    def declared_not_applied(self) -> _Reading:
        self.report("declared-not-applied", "is not compressed: it is read as it stands", 0)
        yield from self.plain()


def _coding(name: str) -> Callable[[_Stage], _Reading]:
    return {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "zstd": _zstd}.get(name, _no_library)


def _no_library(stage: _Stage) -> _Reading:
    head = yield SNIFF_BYTES
    if not head:
        return
    stage.unread(len(head))
    known = stage.encoding in _NEEDS_LIBRARY or stage.encoding == "zstd"
    if not _is_text(head):
        stage.report("unsupported", "cannot be read here: there is no decoder for this coding", 0)
    elif known:
        yield from stage.declared_not_applied()
    else:
        # "none", "utf-8", "binary": seen where people took Content-Encoding for something else. Readers ignore it.
        stage.report("unknown-coding", "has a coding that no standard names; it is read as it stands", 0, severity=Severity.NOTE)
        yield from stage.plain()


def _gzip(stage: _Stage) -> _Reading:
    head = yield len(_GZIP)
    if not head:
        return
    stage.unread(len(head))
    if not _GZIP.startswith(head):
        yield from stage.declared_not_applied()
        return
    while head := (yield 10):
        if not _GZIP.startswith(head[:3]):
            yield from stage.trailing(head)
            return
        if len(head) < 10:
            stage.truncated()
            return
        if not (yield from _gzip_names(stage, head[3])):
            return
        check = _Crc32()
        if not (yield from _inflate(stage, check)):
            return
        if not (yield from _trailer(stage, check.value.to_bytes(4, "little") + (check.size & 0xFFFFFFFF).to_bytes(4, "little"))):
            return


def _gzip_names(stage: _Stage, flags: int) -> _Inner:
    """Skip the optional parts of a member's header."""
    if flags & 0xE0:
        return stage.broken(stage.pos - 7, "reserved flags are set")
    if flags & 4:
        size = yield 2
        left = int.from_bytes(size, "little")
        if len(size) < 2 or (left and len((yield left)) < left):
            return stage.truncated()
    for flag in (8, 16):  # file name, comment: up to a zero byte
        if flags & flag:
            while (byte := (yield 1)) != b"\0":
                if not byte:
                    return stage.truncated()
    if flags & 2 and len((yield 2)) < 2:
        return stage.truncated()
    return True


def _deflate(stage: _Stage) -> _Reading:
    head = yield SNIFF_BYTES
    if not head:
        return
    stage.unread(len(head))
    if _is_text(head):
        yield from stage.declared_not_applied()
        return
    # The standard says zlib; some servers leave its wrapper out, and every reader takes both.
    wrapped = _is_zlib(head)
    if wrapped:
        head = yield 2
        if head[1] & 0x20:
            stage.broken(1, "it needs a preset dictionary")
            return
    check = _Adler32()
    if not (yield from _inflate(stage, check)):
        return
    if wrapped and not (yield from _trailer(stage, check.value.to_bytes(4, "big"))):
        return
    yield from stage.trailing(b"")


class _Crc32:
    __slots__ = ("size", "value")

    def __init__(self) -> None:
        self.value = 0
        self.size = 0

    def add(self, data: bytes) -> None:
        self.value = zlib.crc32(data, self.value)
        self.size += len(data)


class _Adler32:
    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 1

    def add(self, data: bytes) -> None:
        self.value = zlib.adler32(data, self.value)


def _trailer(stage: _Stage, expected: bytes) -> _Inner:
    """Compare the checksum (and length) after the compressed data; `expected` is what the decoded bytes ask for."""
    at = stage.pos
    trailer = yield len(expected)
    if len(trailer) < len(expected):
        stage.report(
            "truncated",
            f"ends before its checksum, after {stage.pos} encoded bytes: the decoded text is complete but not proved",
            stage.pos,
            decoded=stage.given,
            missing="trailer",
        )
        return False
    if trailer != expected:
        what = "has a checksum or length that does not fit the decoded bytes: one of both was altered"
        stage.report("checksum", what, at, decoded=stage.given, expected=trailer.hex(), actual=expected.hex())
    return True


def _inflate(stage: _Stage, check: _Crc32 | _Adler32) -> _Inner:
    """Read bare deflate data up to its end."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        block = yield _ANY
        if not block:
            return stage.truncated()
        at, end, bad = 0, len(block), 0
        # An error throws away what the same call gave before it. So keep the state from before the call, and close in on the one
        # byte that raises: what is kept then does not depend on how the body was cut.
        while at < len(block) and not inflater.eof:
            before = inflater.copy()
            try:
                piece = inflater.decompress(block[at:end], stage.room)
            except zlib.error as error:
                if end - at == 1:
                    return stage.broken(stage.pos - len(block) + at, str(error))
                inflater, bad = before, end
                end = at + (end - at) // 2
                continue
            check.add(piece)
            if not stage.give(piece):
                return False
            at = end
            end = (at + bad + 1) // 2 if bad else len(block)
        stage.unread(len(block) - at + len(inflater.unused_data))
    return True


def _zstd(stage: _Stage) -> _Reading:
    library = _zstd_library()
    if library is None:
        yield from _no_library(stage)
        return
    head = yield len(_ZSTD)
    if not head:
        return
    stage.unread(len(head))
    if not _ZSTD.startswith(head) and not _is_skippable(head):
        yield from stage.declared_not_applied()
        return
    while magic := (yield 4):
        if _is_skippable(magic):
            size = yield 4
            left = int.from_bytes(size, "little")
            while left and (piece := (yield -left)):
                left -= len(piece)
            if left or len(size) < 4:
                stage.truncated()
                return
        elif magic == _ZSTD:
            if not (yield from _zstd_frame(stage, library)):
                return
        elif _ZSTD.startswith(magic):
            stage.truncated()
            return
        else:
            yield from stage.trailing(magic)
            return


def _is_skippable(magic: bytes) -> bool:
    return len(magic) == 4 and magic[0] & 0xF0 == 0x50 and magic[1:] == b"\x2a\x4d\x18"


def _zstd_frame(stage: _Stage, library: Any) -> _Inner:
    """Read one frame element by element (RFC 8878 3.1.1), its magic number is read already.

    The library has no copy of its state, and an error throws away what the same call gave: so one call gets one
    block, whole.
    """
    start = stage.pos - 4
    decompressor = library.ZstdDecompressor()

    def give(piece: bytes, at: int) -> bool:
        try:
            out = decompressor.decompress(piece, stage.room)
        except (library.ZstdError, EOFError) as error:
            return stage.broken(at, str(error))
        return stage.give(out)

    descriptor = yield 1
    if not descriptor:
        return stage.truncated()
    flags = descriptor[0]
    single = flags >> 5 & 1
    size = (not single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
    rest = (yield size) if size else b""
    if len(rest) < size:
        return stage.truncated()
    if not give(_ZSTD + descriptor + rest, start):
        return False
    last = False
    while not last:
        at = stage.pos
        head = yield 3
        if len(head) < 3:
            return stage.truncated()
        word = int.from_bytes(head, "little")
        last = bool(word & 1)
        left = 1 if word >> 1 & 3 == 1 else word >> 3  # a repeated byte stands there once
        if not give(head, at):
            return False
        pieces: list[bytes] = []
        while left:
            piece = yield -left
            if not piece:
                return stage.truncated()
            left -= len(piece)
            pieces.append(piece)
        if pieces and not give(b"".join(pieces), at):
            return False
    if flags & 4:
        at = stage.pos
        checksum = yield 4
        if len(checksum) < 4:
            return stage.truncated()
        if not give(checksum, at):
            return False
    return True


def _zstd_library() -> Any | None:
    try:
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    except ImportError:
        return None
