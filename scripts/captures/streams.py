"""What a response is to the generator, and how its events are framed.

In:   JSON values in a dialect's words.
Out:  Stream values: framed pieces in order, with the request, the head and the times around them.
Rule: one piece is one event with its frame, or a comment; a fault works on pieces and bytes and never on our idea of the text.
"""

__all__ = ("CREATED", "STARTED", "Stream", "cr_lf", "event_count", "hexes", "json_bytes", "line", "named", "sse", "zai_id")

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

CREATED = 1_795_254_240  # 2026-11-21T09:44:00Z, when all streams begin that rebuild no dated incident
STARTED = "2026-11-21T09:44:00.000Z"
_SSE = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"), ("transfer-encoding", "chunked"))

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One response as it is to be recorded.

    pieces: the body, one event (or comment) each; a read of the recording is one piece unless `reads` says otherwise.
    reads:  the bytes as they were read, where that differs: other borders, or a content coding.
    times:  seconds of each read since the request; an even pace when None.
    texts:  (choice, channel, text) of a hop that has no bytes.
    end:    how the recording ended.
    sent:   the request's bytes, where `request` is a shorter form of them that the recording keeps; asked_with: its headers, None: usual ones.
    """

    pieces: tuple[bytes, ...]
    url: str
    request: Any = None
    status: int | None = 200
    headers: Headers = _SSE
    started: str = STARTED
    reads: tuple[bytes, ...] | None = None
    times: tuple[float, ...] | None = None
    texts: tuple[tuple[int, str, str], ...] = ()
    end: str = "eof"
    hop: str = "wire"
    sent: bytes | None = None
    asked_with: Headers | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def with_pieces(self, pieces: Sequence[bytes]) -> "Stream":
        return replace(self, pieces=tuple(pieces))

    def with_body(self, body: bytes) -> "Stream":
        """The same head over other bytes, read in blocks of 512."""
        return replace(self, pieces=tuple(body[i : i + 512] for i in range(0, len(body), 512)))

    def with_header(self, name: str, value: str) -> "Stream":
        return replace(self, headers=(*(pair for pair in self.headers if pair[0] != name), (name, value)))

    def recut(self, size: int) -> "Stream":
        """The same bytes, read in blocks of `size`, wherever that falls."""
        body = self.body
        return replace(self, reads=tuple(body[i : i + size] for i in range(0, len(body), size)))


def json_bytes(value: Any, *, spaced: bool = False, ascii_only: bool = False) -> bytes:
    """Return `value` in one line. A lone surrogate has to be written as an escape: pass ascii_only."""
    return json.dumps(value, ensure_ascii=ascii_only, separators=(", ", ": ") if spaced else (",", ":")).encode()


def sse(value: Any, **style: bool) -> bytes:
    """Return an unnamed event; bytes stand as they are."""
    return b"data: " + (value if isinstance(value, bytes) else json_bytes(value, **style)) + b"\n\n"


def named(event: str, value: Any, **style: bool) -> bytes:
    return b"event: " + event.encode() + b"\n" + sse(value, **style)


def line(value: Any) -> bytes:
    """Return an NDJSON line."""
    return json_bytes(value) + b"\n"


def cr_lf(stream: Stream) -> Stream:
    return stream.with_pieces([piece.replace(b"\n", b"\r\n") for piece in stream.pieces])


def event_count(pieces: Sequence[bytes]) -> int:
    """Return how many of the pieces are events: what has a data field, or is framed in another way than SSE."""
    return sum(any(row.startswith(b"data") for row in p.splitlines()) or p[:1] in (b"{", b"\0") for p in pieces)


def hexes(seed: str, digits: int) -> str:
    """Return hexadecimal digits that look drawn and are not."""
    return hashlib.sha256(seed.encode()).hexdigest()[:digits]


def zai_id(created: int, seed: str) -> str:
    """Return an id as Z.ai makes them: the request's Beijing time, then hexadecimal digits."""
    beijing = datetime.fromtimestamp(created, UTC) + timedelta(hours=8)
    return beijing.strftime("%Y%m%d%H%M%S") + hexes(seed, 16)
