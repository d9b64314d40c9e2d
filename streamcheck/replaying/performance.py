"""What is to be sent for one capture: its head, its pieces and when, how it ends.

In:   a Capture; how fast, cut how, with which live fault.
Out:  a Performance: plain values, the same for a socket and for a transport in process.
Rule: the bytes are those of the capture, content coding and all. Headers that belong to the recorded connection, or whose value was
      redacted, are left out. A response that ended by an error ends by one again; one that its reader left ends whole, for nothing is
      known against its sender.
"""

__all__ = ("SPLITS", "Ending", "Framing", "Performance", "Piece", "performance_of", "split_of")

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import accumulate, pairwise
from typing import NamedTuple

from streamcheck.capture.format import Capture
from streamcheck.capture.redact import REDACTED
from streamcheck.errors import UsageError, near_names
from streamcheck.findings import FindingLog
from streamcheck.wire.content import SNIFF_BYTES, sniff_encoding
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.intake import Intake

SPLITS = ("recorded", "event", "byte")

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)  # RFC 9110 7.6.1
_WHOLE = ("eof", "cancel")
_RESETS = ("reset", "ReadError", "ConnectionResetError", "BrokenResourceError", "BrokenPipeError")


class Framing(Enum):
    """How the end of the body is told: RFC 9112 6.3."""

    CHUNKED = auto()
    LENGTH = auto()
    CLOSE = auto()
    NONE = auto()  # no head was recorded: what there is goes out as it is


class Ending(Enum):
    """What comes after the last piece."""

    WHOLE = auto()  # the end as the framing has it
    CLOSE = auto()  # the connection ends, the body has not
    RESET = auto()
    STALL = auto()  # nothing more, and no end
    BROKEN_CHUNK = auto()  # where a chunk's size should stand, something else does


class Piece(NamedTuple):
    """One send. at: seconds since the request had come."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Performance:
    """status: None where no head was recorded.

    headers: those that are sent, without the framing's own. head_at, ends_at: as Piece.at.

    length: what the recorded head announced; more than `size` when the body was cut.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    framing: Framing
    pieces: tuple[Piece, ...]
    ending: Ending = Ending.WHOLE
    head_at: float = 0.0
    ends_at: float = 0.0
    length: int | None = None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return sum(len(piece.data) for piece in self.pieces)


def split_of(split: str | int) -> str | int:
    """Return how to cut: "recorded", "event", "byte" or a number of bytes, also as digits. Raises UsageError for anything else."""
    if isinstance(split, str) and split.isascii() and split.isdigit():
        split = int(split[:18])
    if isinstance(split, bool) or not isinstance(split, str | int):
        raise UsageError(f"split must be one of {', '.join(SPLITS)}, or a number of bytes, not {type(split).__name__}")
    if isinstance(split, int) and split < 1:
        raise UsageError(f"split must be one of {', '.join(SPLITS)}, or a positive number of bytes, not {split}")
    if isinstance(split, str) and split not in SPLITS:
        raise UsageError(f"split must be a number of bytes or a name, not {split[:80]!r}{near_names(split, SPLITS)}")
    return split


def performance_of(capture: Capture, *, speed: float = 1.0, split: str | int = "recorded") -> Performance:
    """Return what to send. speed: 2 halves all pauses, 0 leaves them out. split: see split_of().

    Raises UsageError for a capture without bytes, one whose events cannot be told where `event` is asked for, a speed that is none.
    """
    name = capture.path or "the capture"
    if not 0 <= speed < float("inf"):
        raise UsageError(f"speed must be 0 (no pauses) or a positive number, not {speed!r}")
    if capture.text_only:
        raise UsageError(f"{name} has text and no bytes (hop {capture.hop}): there is no stream to replay")
    split = split_of(split)
    response = capture.response
    clock = _Clock(capture, speed)  # asked in the order of the stream
    head_at = clock.at(response.at if response is not None else None)
    pieces = [Piece(clock.at(chunk.at), chunk.data) for chunk in capture.chunks if chunk.data]
    if split != "recorded" and pieces:
        pieces = list(_cut(pieces, _borders(capture, split, name)))
    return Performance(
        status=(response.status or 200) if response is not None else None,
        headers=_headers_of(capture),
        framing=_framing_of(capture, sum(len(piece.data) for piece in pieces)),
        pieces=tuple(pieces),
        ending=_ending_of(capture),
        head_at=head_at,
        ends_at=clock.at(capture.end.at if capture.end is not None else None),
        length=ResponseHead(headers=response.headers).content_length if response is not None else None,
    )


class _Clock:
    """Recorded times -> seconds since the request, never running backwards."""

    def __init__(self, capture: Capture, speed: float) -> None:
        self._sent = (capture.request.at if capture.request is not None else None) or 0.0
        self._speed = speed
        self._last = 0.0

    def at(self, recorded: float | None) -> float:
        if recorded is not None and self._speed:
            self._last = max(self._last, (recorded - self._sent) / self._speed)
        return self._last


# ---------------------------------------------------------------------- the head
def _headers_of(capture: Capture) -> tuple[tuple[str, str], ...]:
    if capture.response is None:
        return ()
    named = {n.strip().lower() for k, v in capture.response.headers if k.lower() == "connection" for n in v.split(",")}
    return tuple(
        (name, value)
        for name, value in capture.response.headers
        if name.lower() not in _HOP_BY_HOP | named
        and name.lower() != "content-length"
        and value != REDACTED
        and _is_safe(name)
        and _is_safe(value)
    )


def _is_safe(text: str) -> bool:
    """Whether this can stand in a head without ending its line."""
    return all(char not in "\r\n\0" and ord(char) < 256 for char in text)


def _framing_of(capture: Capture, size: int) -> Framing:
    response = capture.response
    if response is None:
        return Framing.NONE
    announced = ResponseHead(headers=response.headers).content_length
    if any(name.lower() == "transfer-encoding" for name, _ in response.headers):
        return Framing.CHUNKED
    if announced is not None and announced >= size:
        return Framing.LENGTH
    # HTTP/2 has a framing of its own, which chunks come nearest to.
    return Framing.CLOSE if response.http in ("HTTP/1.0", "HTTP/1.1") and announced is None else Framing.CHUNKED


def _ending_of(capture: Capture) -> Ending:
    end = capture.end
    if end is None or end.reason in _WHOLE:
        return Ending.WHOLE
    return Ending.RESET if end.reason in _RESETS or end.error in _RESETS else Ending.CLOSE


# ---------------------------------------------------------------------- other borders
def _borders(capture: Capture, split: str | int, name: str) -> list[int]:
    """Return the body offsets, in rising order, after which a piece ends; the body's end may be left out."""
    size = sum(len(chunk.data) for chunk in capture.chunks)
    if split == "event":
        return _event_ends(capture, name)
    step = 1 if split == "byte" else int(split)
    return list(range(step, size, step))


def _event_ends(capture: Capture, name: str) -> list[int]:
    body = capture.body
    headers = capture.response.headers if capture.response is not None else ()
    codings = ResponseHead(headers=headers).content_encodings or [sniff_encoding(body[:SNIFF_BYTES]) or ""]
    if codings != [""]:
        raise UsageError(f"{name} is {'+'.join(codings)}: its events have no borders on the wire; use --split N or byte")
    intake = Intake(FindingLog())
    return sorted({event.end for event in [*intake.feed(body), *intake.close()]})


def _cut(pieces: Sequence[Piece], borders: Iterable[int]) -> Iterator[Piece]:
    """Yield the same bytes cut at `borders`; a piece comes when its last byte came."""
    body = b"".join(piece.data for piece in pieces)
    ends = list(accumulate(len(piece.data) for piece in pieces))
    for start, end in pairwise([0, *(border for border in borders if 0 < border < len(body)), len(body)]):
        yield Piece(pieces[bisect_left(ends, end)].at, body[start:end])
