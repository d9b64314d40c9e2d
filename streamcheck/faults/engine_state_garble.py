"""The engine's state is broken: a cache, a draft, a quantised kernel.

In:   the deltas of content, else of reasoning.
Out:  salad, or one token for ever; with the request's size and the load beside it, in the label.
Rule: text alone cannot tell this from a model that went wrong: what is to be found is the same, and nothing more specific.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.model_word_salad import CHARS, salted
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, token: str = "!", chars: int = CHARS) -> Made:
    found = body.editable(FAULT.name)
    first = body.chosen(found, at, len(found) // 2, FAULT.name)
    beside = {"request_bytes": rng.randrange(50_000, 200_000), "concurrency": rng.randrange(2, 9), "cached": rng.random() < 0.5}
    if variant == "constant":
        rest = found[first:]
        share = max(1, chars // len(rest) // len(token))
        capture, where, place = retold(body, {d.number: token * share for d in rest})
        return Made(capture, {**place, "expect": ("text/repetition",), "details": {**beside, "token": token}}, where)
    capture, where, place = retold(body, salted(body, rng, found, first, chars))
    return Made(capture, {**place, "expect": ("text/word-salad",), "details": beside}, where)


FAULT = Fault(
    "engine-state-garble",
    "as word salad, or one token for ever; with the request's size and the server's load in the label",
    "server",
    {"salad": "W", "constant": "W"},
    "delta",
    _make,
)
