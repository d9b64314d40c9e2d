"""One function a fault class: a sound stream in, the damaged one and the exact ground truth out.

In:   Stream values, and the place of the damage.
Out:  (Stream, Truth); offsets are in the damaged body, after content-decoding.
Rule: a fault changes bytes, never our idea of them; the truth is worked out from the bytes that were moved, not from any checker.
"""

__all__ = (
    "Truth",
    "bad_bytes",
    "changed",
    "cut",
    "cut_bytes",
    "declared_plain",
    "doubled",
    "dropped",
    "escaped_twice",
    "find",
    "flipped",
    "gzipped",
    "inserted",
    "interleaved",
    "read_as",
    "restarted",
    "shown_as_lost",
    "spliced",
    "split_replaced",
    "swapped",
    "tail_stripped",
    "zstandard",
)

import json
import re
from binascii import crc32
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scripts.captures.streams import Stream, event_count


@dataclass(frozen=True, slots=True)
class Truth:
    """Where the damage is.

    fault: class name of the fault. code: the finding that has to name the place.
    start: first byte that is wrong, None where no byte can be named. With edge "end" it is the byte after which something is missing.
    event: 0-based index of the first event that is wrong (or foreign), None where none is.
    char:  for damage in a text: its first character in that channel; the bytes are then those of the whole event.
    """

    fault: str
    code: str
    start: int | None
    event: int | None
    edge: str = "start"
    char: int | None = None


def find(stream: Stream, marker: bytes, *, nth: int = 0) -> int:
    """Return the index of the piece that holds `marker` for the nth time."""
    found = [i for i, piece in enumerate(stream.pieces) if marker in piece]
    return found[nth]


def _truth(fault: str, code: str, pieces: Sequence[bytes], at: int, inside: int = 0, char: int | None = None) -> Truth:
    return Truth(fault, code, sum(map(len, pieces[:at])) + inside, event_count(pieces[:at]), char=char)


# ---------------------------------------------------------------------- two responses in one body
def spliced(stream: Stream, at: int, marker: bytes, second: Stream) -> tuple[Stream, Truth]:
    """Cut piece `at` behind `marker`, and let the second response begin there, on the same line."""
    cut_at = stream.pieces[at].index(marker) + len(marker)
    before = stream.pieces[at][:cut_at]
    pieces = [*stream.pieces[:at], before + second.pieces[0], *second.pieces[1:]]
    return stream.with_pieces(pieces), _truth("frame-spliced", "order/spliced-frame", pieces, at, cut_at)


def restarted(stream: Stream, at: int, second: Stream) -> tuple[Stream, Truth]:
    """Let the second response begin at an event's border."""
    pieces = [*stream.pieces[:at], *second.pieces]
    return stream.with_pieces(pieces), _truth("stream-restart-concat", "order/restarted", pieces, at)


def interleaved(stream: Stream, at: int, foreign: Sequence[bytes]) -> tuple[Stream, Truth]:
    """Put events of another response between the events of this one."""
    pieces = [*stream.pieces[:at], *foreign, *stream.pieces[at:]]
    return stream.with_pieces(pieces), _truth("cross-request-mix", "order/interleaved", pieces, at)


# ---------------------------------------------------------------------- ends
def cut(stream: Stream, at: int, *, keep_last: bool = False) -> tuple[Stream, Truth]:
    """End the body cleanly before piece `at`. keep_last: the terminal marker still comes."""
    pieces = [*stream.pieces[:at], *(stream.pieces[-1:] if keep_last else ())]
    ended = stream.with_pieces(pieces)
    truth = Truth("truncated-clean-eof", "order/missing-terminal", len(ended.body), event_count(pieces) - 1, "end")
    return ended, truth


def cut_bytes(stream: Stream, size: int, end: str) -> tuple[Stream, Truth]:
    """Cut the body after `size` bytes; end: how the connection ended."""
    pieces: list[bytes] = []
    left = size
    for piece in stream.pieces:
        pieces.append(piece[:left])
        left -= len(pieces[-1])
        if not left:
            break
    return replace(stream.with_pieces(pieces), end=end), Truth("transport-reset", "http/incomplete-body", size, None)


def tail_stripped(stream: Stream, count: int) -> tuple[Stream, Truth]:
    """Take the last `count` bytes away: a blank line, the newline before it, or more."""
    body = stream.body[:-count]
    pieces: list[bytes] = []
    size = 0
    for piece in stream.pieces:
        if size < len(body):
            pieces.append(piece[: len(body) - size])
            size += len(pieces[-1])
    start = len(body) - len(pieces[-1])
    return stream.with_pieces(pieces), Truth("tail-unterminated", "sse/unterminated-event", start, None)


# ---------------------------------------------------------------------- one event changed
def changed(
    stream: Stream,
    at: int,
    old: bytes,
    new: bytes,
    fault: str,
    code: str,
    *,
    inside: int = 0,
    whole_event: bool = False,
    char: int | None = None,
) -> tuple[Stream, Truth]:
    """Write `new` for the first `old` in piece `at`.

    inside:      which byte of `new` is the first wrong one.
    whole_event: the damage is what the event says, so its place is the event. char: and in its text, this character.
    """
    piece = stream.pieces[at]
    start = piece.index(old)
    pieces = [*stream.pieces[:at], piece[:start] + new + piece[start + len(old) :], *stream.pieces[at + 1 :]]
    return stream.with_pieces(pieces), _truth(fault, code, pieces, at, 0 if whole_event else start + inside, char)


def bad_bytes(
    stream: Stream, at: int, old: str, new: bytes, *, inside: int = 0, fault: str = "payload-bitrot"
) -> tuple[Stream, Truth]:
    """Write bytes that are not UTF-8 for `old`."""
    return changed(stream, at, old.encode(), new, fault, "utf8/invalid", inside=inside)


def flipped(stream: Stream, at: int, marker: bytes, bits: Sequence[tuple[int, int]], code: str) -> tuple[Stream, Truth]:
    """Flip bits behind `marker` in piece `at`: (byte, bit) pairs, the first one being the first wrong byte."""
    piece = bytearray(stream.pieces[at])
    start = piece.index(marker) + len(marker)
    for offset, bit in bits:
        piece[start + offset] ^= 1 << bit
    pieces = [*stream.pieces[:at], bytes(piece), *stream.pieces[at + 1 :]]
    return stream.with_pieces(pieces), _truth("payload-bitrot", code, pieces, at, start + bits[0][0])


# ---------------------------------------------------------------------- events in the wrong number
def inserted(
    stream: Stream, at: int, piece: bytes, fault: str, code: str, *, inside: int = 0, ends: bool = False
) -> tuple[Stream, Truth]:
    """Put a piece where none belongs. ends: nothing comes after it."""
    pieces = [*stream.pieces[:at], piece, *(() if ends else stream.pieces[at:])]
    return stream.with_pieces(pieces), _truth(fault, code, pieces, at, inside)


def doubled(stream: Stream, at: int) -> tuple[Stream, Truth]:
    pieces = [*stream.pieces[: at + 1], *stream.pieces[at:]]
    return stream.with_pieces(pieces), _truth("duplicate-event", "order/duplicate-event", pieces, at + 1)


def dropped(stream: Stream, at: int) -> tuple[Stream, Truth]:
    """Leave piece `at` out; the place is the event that comes too early."""
    pieces = [*stream.pieces[:at], *stream.pieces[at + 1 :]]
    return stream.with_pieces(pieces), _truth("engine-token-dropped", "order/sequence-gap", pieces, at)


def swapped(stream: Stream, at: int) -> tuple[Stream, Truth]:
    """Let piece `at` and the one after it change places; the place is the event that comes too early."""
    pieces = [*stream.pieces[:at], stream.pieces[at + 1], stream.pieces[at], *stream.pieces[at + 2 :]]
    return stream.with_pieces(pieces), _truth("engine-token-reordered", "order/sequence-gap", pieces, at)


# ---------------------------------------------------------------------- encodings
def _gzip(data: bytes) -> bytes:
    """Return a gzip file of stored blocks (RFC 1951 3.2.4): compressors differ from one library to the next, this does not."""
    blocks = [data[i : i + 900] for i in range(0, len(data), 900)]
    body = b"".join(
        bytes((n == len(blocks) - 1,)) + len(b).to_bytes(2, "little") + (len(b) ^ 0xFFFF).to_bytes(2, "little") + b
        for n, b in enumerate(blocks)
    )
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + body + crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


def zstandard(stream: Stream) -> Stream:
    """The body in a zstd frame of raw blocks (RFC 8878 3.1.1), declared."""
    body = stream.body
    blocks = [body[i : i + 900] for i in range(0, len(body), 900)]
    framed = b"\x28\xb5\x2f\xfd\x60" + (len(body) - 256).to_bytes(2, "little")  # one segment, its size in two bytes
    for n, block in enumerate(blocks):
        framed += (len(block) << 3 | (n == len(blocks) - 1)).to_bytes(3, "little") + block
    reads = tuple(framed[i : i + 300] for i in range(0, len(framed), 300))
    return replace(stream, reads=reads).with_header("content-encoding", "zstd")


def gzipped(stream: Stream, *, declared: bool, times: int = 1, keep: float = 1.0) -> Stream:
    """Compress the body `times` times. keep: the share of the compressed bytes that arrives."""
    body = stream.body
    for _ in range(times):
        body = _gzip(body)
    body = body[: int(len(body) * keep)]
    reads = tuple(body[i : i + 400] for i in range(0, len(body), 400))
    stream = replace(stream, reads=reads)
    return stream.with_header("content-encoding", "gzip") if declared else stream


def declared_plain(stream: Stream) -> Stream:
    return stream.with_header("content-encoding", "gzip")


def read_as(stream: Stream, encoding: str, text: str) -> tuple[Stream, Truth]:
    """A proxy reads the body, which says `text`, in a single-byte encoding and writes it as UTF-8."""

    def wrong(piece: bytes) -> bytes:
        # Browsers' windows-1252 gives the C1 control for the five bytes that the code page leaves open.
        text = "".join(bytes((b,)).decode(encoding, "replace") for b in piece)
        return "".join(chr(b) if c == "\ufffd" else c for b, c in zip(piece, text, strict=True)).encode()

    pieces = [wrong(piece) for piece in stream.pieces]
    at = next(i for i, piece in enumerate(stream.pieces) if not piece.isascii())
    first = next(i for i, c in enumerate(text) if not c.isascii())
    return stream.with_pieces(pieces), _truth("charset-wrong", "text/mojibake", pieces, at, char=first)


def split_replaced(stream: Stream, text: str, char: str, keep: int) -> tuple[Stream, Truth]:
    """A read ended after `keep` bytes of `char`; a proxy decoded each read alone and wrote U+FFFD for the halves."""
    at, raw = find(stream, char.encode()), char.encode()
    piece = stream.pieces[at]
    start = piece.index(raw)
    halves = (piece[: start + keep], piece[start + keep :])
    pieces = [*stream.pieces[:at], b"".join(h.decode("utf-8", "replace").encode() for h in halves), *stream.pieces[at + 1 :]]
    reads = (*stream.pieces[:at], *(h.decode("utf-8", "replace").encode() for h in halves), *stream.pieces[at + 1 :])
    truth = _truth("utf8-split-replaced", "text/replacement-character", pieces, at, char=text.index(char))
    return replace(stream.with_pieces(pieces), reads=reads), truth


def shown_as_lost(stream: Stream, text: str, char: str, *, escaped: bool) -> tuple[Stream, Truth]:
    """The server cut `char` into two deltas, and decoded each alone. escaped: U+FFFD stands as \\ufffd in the JSON."""
    lost = b"\\ufffd" if escaped else "\ufffd".encode()
    at, raw = find(stream, char.encode()), char.encode()
    piece = stream.pieces[at]
    start = piece.index(raw)
    string_end = piece.index(b'"', start)
    string_start = piece.rindex(b'"', 0, start) + 1
    first = piece[:start] + lost + piece[string_end:]
    second = piece[:string_start] + lost + piece[start + len(raw) :]
    pieces = [*stream.pieces[:at], first, second, *stream.pieces[at + 1 :]]
    char_at = text.index(char)
    return stream.with_pieces(pieces), _truth("detok-partial-replaced", "text/replacement-character", pieces, at, char=char_at)


_STRING = re.compile(rb'("content":)"((?:[^"\\]|\\.)*)"')


def escaped_twice(stream: Stream, text: str) -> tuple[Stream, Truth]:
    """Escape the deltas of a stream that says `text` a second time, as a server does that writes JSON into JSON."""

    def again(match: re.Match[bytes]) -> bytes:
        plain = json.loads(b'"' + match[2] + b'"')
        return match[1] + json.dumps(json.dumps(plain)[1:-1]).encode()

    pieces = [_STRING.sub(again, piece) for piece in stream.pieces]
    at = next(i for i, piece in enumerate(pieces) if piece != stream.pieces[i])
    first = next(i for i, c in enumerate(text) if json.dumps(c)[1:-1] != c)
    return stream.with_pieces(pieces), _truth("double-escaped", "text/double-escaped", pieces, at, char=first)
