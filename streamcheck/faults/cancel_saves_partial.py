"""An agent was cancelled and stored what it had, without a word.

In:   the content, else the reasoning.
Out:  its first `chars` characters; channels that came later are gone.
Rule: a strict prefix, and no error anywhere.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, chars: int = 0) -> Made:
    found = body.editable(FAULT.name)
    key = found[0].key
    true = body.text[key]
    if len(true) < 2:
        raise UsageError(f"{FAULT.name} needs a text of two characters")
    kept = chars or (rng.randrange(1, len(true)) if at is None else found[body.chosen(found, at, 0, FAULT.name)].char)
    if not 0 < kept < len(true):
        raise UsageError(f"{FAULT.name}: {kept} characters are no part of a text of {len(true)}")
    first = {d.key: d.number for d in reversed(body.deltas)}
    stop = next(d.number for d in body.deltas if d.key == key and d.char + len(d.text) >= kept)
    text = {k: said for k, said in body.text.items() if first[k] <= stop or k == key}
    text[key] = true[:kept]
    place = {
        "choice": key[0],
        "channel": key[1],
        "first_bad_char": kept,
        "details": {"kept_chars": kept, "true_chars": len(true)},
    }
    return Made(body.downstream(text, hop="storage"), place, before=body.source, text=text)


FAULT = Fault(
    "cancel-saves-partial", "the stored text is a beginning of what came, and nothing says so", "agent", {"": "A"}, "delta", _make
)
