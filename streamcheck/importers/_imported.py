"""One response as another tool kept it.

In:   what an importer read.
Out:  Imported, Fidelity; what a capture that was made of one says of itself.
Rule: a check that needs more than the fidelity gives is not checkable, which is not the same as fine.
"""

__all__ = ("BYTES", "TIMING", "Fidelity", "Imported", "fidelity_of", "remarks_of")

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from streamcheck.capture.format import Capture, Chunk, End, Request, Response, TextDelta

# exact: what came over the wire, chunk framing undone here. deframed: the body's bytes, but somebody undid framing or codings before.
# reconstructed: text written as bytes again. none: text alone.
BYTES = ("exact", "deframed", "reconstructed", "none")
# chunk: each read has its time. event: each event has. ends: begin and end of the response. none: nothing.
TIMING = ("chunk", "event", "ends", "none")


class Fidelity(NamedTuple):
    """How much of the response is left: one of BYTES, one of TIMING."""

    bytes: str
    timing: str

    def __str__(self) -> str:
        return f"bytes {self.bytes}, timing {self.timing}"


@dataclass(frozen=True, slots=True)
class Imported:
    """A capture to be.

    name:     what the source calls it: a message's id, "entry 3". format: the importer's name.
    hop:      where it was seen. host: whose answer it is, for the file's name.
    started:  when somebody began to wait; None when nobody knows. All times of the parts are seconds since then.
    request:  its body may be the bytes that were sent. end: None when the source did not see one.
    remarks:  what is odd or lost, a sentence each. about: facts that have no record of their own (model, finish reason, session).
    """

    name: str
    format: str
    fidelity: Fidelity
    hop: str = "wire"
    host: str = ""
    started: datetime | None = None
    request: Request | None = None
    response: Response | None = None
    chunks: tuple[Chunk, ...] = ()
    deltas: tuple[TextDelta, ...] = ()
    end: End | None = None
    remarks: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line: what it is."""
        size = f"{sum(len(chunk.data) for chunk in self.chunks)} bytes" if self.chunks else ""
        texts = f"{sum(len(delta.text) for delta in self.deltas)} characters" if self.deltas else ""
        return f"{self.format} {self.name}, {size or texts or 'empty'}"


def fidelity_of(capture: Capture) -> Fidelity:
    """Return what a capture still has of its response; one that says nothing was recorded here: bytes exact, a time for each chunk."""
    told = capture.header.get("fidelity")
    if not isinstance(told, dict):
        timed = any(chunk.at is not None for chunk in capture.chunks) or any(delta.at is not None for delta in capture.deltas)
        return Fidelity("none" if capture.text_only else "exact", "chunk" if timed else "none")
    kept, timing = told.get("bytes"), told.get("timing")
    return Fidelity(kept if kept in BYTES else "none", timing if timing in TIMING else "none")


def remarks_of(capture: Capture) -> tuple[str, ...]:
    """Return what the importer had to say of its source; not escaped."""
    told = capture.header.get("remarks")
    return tuple(remark for remark in told if isinstance(remark, str)) if isinstance(told, list) else ()
