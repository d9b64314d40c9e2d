"""What made the hop after of the hop before: fault models, run forward.

In:   a Pair.
Out:  an Explanation: a fault class, how it is proven, and a sentence.
Rule: a model predicts from the hop before what it would have made of it; when that is what the hop after has, it is "reproduced". What
      only looks like a fault, by an edit that may have other reasons or by a finding that the hop before has not, is "consistent".
      The order of the models is the order of proof: what can be told exactly stands before what can be told by its looks.
"""

__all__ = ("explanation",)

from streamcheck.hops import edits, lost_events, signs, stored, values, wrong_readers
from streamcheck.hops.pair import Explanation, Model, Pair

_ON_BYTES: tuple[Model, ...] = (
    *signs.FIRST,
    *lost_events.ENDS,
    *values.MODELS,
    *edits.CHARACTERS,
    *lost_events.MOVED,
    *wrong_readers.MODELS,
    *signs.LOUD,
    *edits.OF_TEXT,
    *signs.CLEAR,
    *signs.FAINT,
    *edits.LAST,
)
_ON_TEXT: tuple[Model, ...] = (
    *wrong_readers.MODELS,
    edits.escaped_once_more,
    *stored.MODELS,
    *signs.FAINT,
    *stored.LAST,
)


def explanation(pair: Pair) -> Explanation:
    """Return what the first model says that fits."""
    models = _ON_BYTES if pair.up.has_bytes and pair.down.has_bytes else _ON_TEXT
    if pair.found.kind == "beside":
        models = (*signs.FIRST, *signs.LOUD, *signs.FAINT)
    made = (model(pair) for model in models)
    return next((one for one in made if one is not None), Explanation(None, "none", "no fault model gives this difference"))
