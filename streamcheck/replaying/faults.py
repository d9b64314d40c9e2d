"""Live faults: what a connection may do to a stream that was fine.

In:   a Performance; a fault as "NAME@BYTES", "stall@BYTES:SECONDS".
Out:  another Performance.
Rule: the bytes before the fault are the recorded ones, and the fault falls at exactly that byte of the body, wherever the borders are.
      Faults of what is in the bytes are made by `streamcheck inject`.
"""

__all__ = ("FAULTS", "LiveFault", "fault_of", "faulted")

from dataclasses import dataclass, replace

from streamcheck.errors import UsageError, near_names
from streamcheck.replaying.performance import Ending, Framing, Performance, Piece

FAULTS = {
    "reset": "the connection is reset after N bytes of the body",
    "close": "the connection is closed after N bytes, the body has no end",
    "truncate": "the body ends after N bytes as if it were whole",
    "stall": "after N bytes nothing more comes; with :SECONDS the rest comes then",
    "chunk-header": "after N bytes a chunk's size is unreadable",
}
_ENDINGS = {
    "reset": Ending.RESET,
    "close": Ending.CLOSE,
    "truncate": Ending.WHOLE,
    "stall": Ending.STALL,
    "chunk-header": Ending.BROKEN_CHUNK,
}


@dataclass(frozen=True, slots=True)
class LiveFault:
    """name: one of FAULTS. at: bytes of the body that come before it. seconds: how long a stall lasts, None for ever."""

    name: str
    at: int
    seconds: float | None = None


def fault_of(fault: str | LiveFault) -> LiveFault:
    """Return the fault that "NAME@BYTES" or "stall@BYTES:SECONDS" spells. Raises UsageError for anything else."""
    if isinstance(fault, LiveFault):
        return fault
    name, _, place = fault.partition("@")
    if name not in FAULTS:
        raise UsageError(f"unknown live fault {name[:80]!r}{near_names(name, FAULTS)}")
    at, colon, seconds = place.partition(":")
    if not at.isascii() or not at.isdigit() or len(at) > 18:
        raise UsageError(f"a live fault is written NAME@BYTES as {name}@2000, not {fault[:80]!r}")
    if not colon:
        return LiveFault(name, int(at))
    try:
        lasting = float(seconds)
    except ValueError:
        lasting = -1.0
    if name != "stall" or not 0 <= lasting < float("inf"):
        raise UsageError(f"only a stall lasts, written stall@BYTES:SECONDS as stall@2000:5, not {fault[:80]!r}")
    return LiveFault(name, int(at), lasting)


def faulted(performance: Performance, fault: LiveFault) -> Performance:
    """Return the performance with the fault in it; as it was where its body is shorter, or no head was recorded."""
    if fault.at > performance.size or performance.framing is Framing.NONE:
        return performance
    before, after = _parted(performance.pieces, fault.at)
    if fault.seconds is not None:
        late = tuple(Piece(piece.at + fault.seconds, piece.data) for piece in after)
        return replace(performance, pieces=before + late, ends_at=performance.ends_at + fault.seconds)
    framing = Framing.CHUNKED if fault.name == "chunk-header" else performance.framing
    ends_at = before[-1].at if before else performance.head_at
    return replace(performance, pieces=before, framing=framing, ending=_ENDINGS[fault.name], ends_at=ends_at)


def _parted(pieces: tuple[Piece, ...], at: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return the pieces before and after byte `at`, one of them cut if it has to be."""
    before: list[Piece] = []
    for number, piece in enumerate(pieces):
        if at < len(piece.data):
            halves = (Piece(piece.at, piece.data[:at]), Piece(piece.at, piece.data[at:]))
            return (*before, *halves[:1][: at > 0]), (halves[1], *pieces[number + 1 :])
        before.append(piece)
        at -= len(piece.data)
    return tuple(before), ()
