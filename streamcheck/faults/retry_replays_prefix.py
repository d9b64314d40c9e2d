"""An agent asks again after a broken attempt, and keeps what the first one had said.

In:   a capture, broken off at a delta; a second one, the retry, else the same answer once more.
Out:  the first one's beginning and the whole second one, as one text.
Rule: the wire of each attempt is what it is: only the agent's text holds both.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.capture.format import Capture
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made
from streamcheck.misreadings.reference import joined


def _make(body: Body, rng: Random, variant: str, at: int | None, *, other: Capture | None = None) -> Made:
    found = body.editable(FAULT.name, ("tool",) if variant == "tool" else ("content", "reasoning"))
    found = [d for d in found if d.key == found[0].key]
    cut = max(1, body.chosen(found, at, len(found) // 2, FAULT.name))
    key = found[0].key
    second = Body.of(other).text if other is not None else body.text
    prefix = joined(d.text for d in found[:cut])
    text = {**second, key: prefix + second.get(key, "")}
    place = {
        "choice": key[0],
        "channel": key[1],
        "first_bad_char": len(prefix),
        "lossless": True,
        "details": {"prefix_chars": len(prefix), "deltas_of_first": cut},
    }
    return Made(body.downstream(text, hop="agent"), place, before=body.source, text=text)


FAULT = Fault(
    "retry-replays-prefix",
    "the text of a broken attempt stands before that of its retry; variant: in a tool's arguments",
    "agent",
    {"text": "A", "tool": "A"},
    "delta",
    _make,
)
