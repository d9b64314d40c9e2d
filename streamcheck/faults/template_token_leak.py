"""A token of the chat template stands in the text.

In:   the deltas of content, else of reasoning.
Out:  the token between two of them, half in each.
Rule: readers that look at one delta at a time do not see it.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made
from streamcheck.faults.words import TOKENS


def _make(body: Body, rng: Random, variant: str, at: int | None, *, token: str = "") -> Made:
    found = body.editable(FAULT.name)
    first = body.chosen(found, at, len(found) // 2, FAULT.name)
    token = token or rng.choice(TOKENS)
    before, delta = found[max(0, first - 1)], found[first]
    if variant == "whole" or before is delta:
        said = {delta.number: token + delta.text}
    else:
        cut = rng.randrange(1, len(token))
        said = {before.number: before.text + token[:cut], delta.number: token[cut:] + delta.text}
    capture, where, place = retold(body, said)
    char = delta.char
    return Made(
        capture, {**place, "first_bad_char": char, "expect": ("text/template-token",), "details": {"token": token}}, where
    )


FAULT = Fault(
    "template-token-leak",
    "a chat template's token stands in the text, cut over two deltas or whole",
    "server",
    {"cut": "W", "whole": "W"},
    "delta",
    _make,
)
