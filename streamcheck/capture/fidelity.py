"""How much of a response a capture still has.

In:   a capture; one that was made of another tool's recording says so in its header.
Out:  its Fidelity, and what the importer had to remark.
Rule: a check that needs more than the fidelity gives is not checkable, which is not the same as fine.
"""

__all__ = ("BYTES", "TIMING", "Fidelity", "fidelity_of", "remarks_of")

from typing import NamedTuple

from streamcheck.capture.format import Capture

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
