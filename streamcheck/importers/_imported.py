"""One response as another tool kept it.

In:   what an importer read.
Out:  Imported.
Rule: what the source does not have is not made up: the fidelity says what is left, the remarks what is odd.
"""

__all__ = ("Imported",)

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Request, Response, TextDelta


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
