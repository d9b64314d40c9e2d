"""The model's text stops being language.

In:   the deltas of content, else of reasoning.
Out:  from one delta on words of many scripts, or the answer's own words in any order; or one foreign word inside a delta.
Rule: bytes, frames and JSON stay sound. One foreign word proves nothing: nobody has to find it.
"""

__all__ = ("FAULT",)

import re
from random import Random

from streamcheck.faults.body import Body, Spoken
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made
from streamcheck.faults.words import BLEEDS, salad

CHARS = 1200  # of salad in all: enough for every detector of it


def salted(body: Body, rng: Random, found: list[Spoken], first: int, chars: int) -> dict[int, str]:
    """Return what the deltas from `first` on say when they are salad of at least `chars` characters."""
    rest = found[first:]
    share = max(8, -(-chars // len(rest)))
    return {delta.number: salad(rng, share) for delta in rest}


def _make(body: Body, rng: Random, variant: str, at: int | None, *, chars: int = CHARS) -> Made:
    found = body.editable(FAULT.name)
    first = body.chosen(found, at, len(found) // 2, FAULT.name)
    if variant == "bleed":
        delta = found[first]
        word = rng.choice(BLEEDS)
        inside = rng.randrange(len(delta.text) + 1)
        capture, where, place = retold(body, {delta.number: delta.text[:inside] + word + delta.text[inside:]})
        return Made(capture, {**place, "details": {"word": word}}, where)
    if variant == "shuffled":
        words = re.findall(r"\S+\s*|\s+", "".join(d.text for d in found[first:]))
        rng.shuffle(words)
        said = {d.number: "".join(words[i :: len(found) - first]) for i, d in enumerate(found[first:])}
        if all(body.deltas[number].text == text for number, text in said.items()):
            said = {found[first].number: found[first].text + " "}
        capture, where, place = retold(body, said)
        return Made(capture, place, where)
    capture, where, place = retold(body, salted(body, rng, found, first, chars))
    return Made(capture, {**place, "expect": ("text/word-salad",)}, where)


FAULT = Fault(
    "model-word-salad",
    "from a delta on the text is words without syntax, in many scripts; variants: its own words shuffled, one foreign word",
    "model",
    {"salad": "W", "shuffled": "W", "bleed": "W"},
    "delta",
    _make,
)
