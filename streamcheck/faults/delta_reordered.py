"""An agent delivers deltas in the wrong order.

In:   the deltas of content, else of reasoning.
Out:  text with pieces out of place: neighbours swapped as in a race.
Rule: the wire is sound; the same pieces are there, so the order can be had back from it.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made
from streamcheck.misreadings.reference import joined
from streamcheck.prefixes import common_prefix


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 3) -> Made:
    found = body.editable(FAULT.name)
    pairs = [i for i in range(len(found) - 1) if found[i].text != found[i + 1].text]
    if not pairs:
        raise UsageError(f"{FAULT.name} needs two deltas that differ")
    start = body.chosen(found, at, 0, FAULT.name)
    if at is None:
        chosen = sorted(rng.sample(pairs, min(count, len(pairs))))
    else:
        chosen = [i for i in pairs if i >= start][:1] or pairs[-1:]
    order = list(range(len(found)))
    for i in chosen:
        order[i], order[i + 1] = order[i + 1], order[i]
    key = found[0].key
    true = body.text[key]
    own = [d for d in body.deltas if d.key == key]
    new = {found[i].number: found[j].text for i, j in enumerate(order)}
    said = joined(new.get(d.number, d.text) for d in own)
    if said == true:
        raise UsageError(f"{FAULT.name}: the deltas chosen say the same in any order; take another seed")
    text = {**body.text, key: said}
    place = {
        "choice": key[0],
        "channel": key[1],
        "first_bad_char": common_prefix(said, true),
        "lossless": True,
        "details": {"order": [j for i, j in enumerate(order) if i != j]},
    }
    return Made(body.downstream(text, hop="agent"), place, before=body.source, text=text)


FAULT = Fault("delta-reordered", "an agent's deltas are out of order", "agent", {"": "A"}, "delta", _make)
