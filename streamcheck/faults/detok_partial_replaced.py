"""The engine decodes tokens one by one: a character that two of them share becomes U+FFFD twice.

In:   the deltas; a character that is not ASCII.
Out:  its halves in two deltas, each decoded alone, with U+FFFD literally or as an escape.
Rule: the wire is valid UTF-8 and JSON: the character was lost before.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    found = [d for d in body.deltas if d.literals and not d.text.isascii() and d.channel in ("content", "reasoning")]
    found = [d for d in found if all(c < "\ud800" or c > "\udfff" for c in d.text)]
    if not found:
        raise UsageError(f"{FAULT.name} needs a character that is not ASCII: this text has none in a JSON string of its own")
    delta = found[body.chosen(found, at, rng.randrange(len(found)), FAULT.name)]
    index = rng.choice([i for i, c in enumerate(delta.text) if not c.isascii()])
    raw = delta.text[index].encode()
    cut = rng.randrange(1, len(raw))
    halves = [raw[:cut].decode("utf-8", "replace"), raw[cut:].decode("utf-8", "replace")]
    said = {delta.number: delta.text[:index] + halves[0]}
    after = next((d for d in body.deltas[delta.number + 1 :] if d.key == delta.key and d.literals), None)
    rest = halves[1] + delta.text[index + 1 :]
    if after is not None:
        said[after.number] = rest + after.text
    else:
        said[delta.number] += rest
    written = {"\ufffd".encode(): b"\\ufffd"} if variant == "escaped" else None
    capture, where, place = retold(body, said, written=written)
    details = {"character": delta.text[index], "bytes": [cut, len(raw) - cut]}
    return Made(capture, {**place, "expect": ("text/replacement-character",), "details": details}, where)


FAULT = Fault(
    "detok-partial-replaced",
    "a character's UTF-8 is split over two deltas, each decoded alone: U+FFFD stands on a sound wire",
    "server",
    {"literal": "W", "escaped": "W"},
    "delta",
    _make,
)
