"""What the tests of dialects share: a report of bytes, and JSON in a dialect's own words."""

import json
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from streamcheck.checker import Checker
from streamcheck.verdicts import Report
from tests.strategies import json_values, texts
from tests.streams import sse

__all__ = ("json_of", "misshapen", "ndjson", "report", "sse", "told")


def report(body: bytes, *, dialect: str = "auto", cuts: list[bytes] | None = None) -> Report:
    """Return the report of `body`, fed whole, or as the chunks `cuts` that it was cut into."""
    checker = Checker(dialect)
    for chunk in cuts if cuts is not None else [body]:
        checker.feed(chunk)
    return checker.close()


def told(found: Report) -> list[tuple[str, str, int | None]]:
    """Return (code, severity, event) of each finding."""
    return [(f.code, f.severity.value, f.event) for f in found.findings]


def ndjson(*values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def json_of(*words: str) -> st.SearchStrategy[Any]:
    """JSON whose keys and texts are a dialect's own words: right words in wrong places."""
    word = st.sampled_from(words)
    return st.recursive(
        json_values | word | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(word, inner, max_size=6),
        max_leaves=16,
    )


_ODD: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", [], {}, "x", [1], {"type": "text"}, 10**30)


def misshapen(stream: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    """The values of a stream with some parts lost or of a wrong type, in order or not."""

    def bent(value: Any, rng: random.Random) -> Any:
        if rng.random() < 0.06:
            return rng.choice(_ODD)
        if isinstance(value, dict):
            return {k: bent(v, rng) for k, v in value.items() if rng.random() > 0.03}
        return [bent(v, rng) for v in value] if isinstance(value, list) else value

    def all_bent(rng: random.Random) -> list[Any]:
        values = [bent(value, rng) for value in stream]
        if rng.random() < 0.3:
            rng.shuffle(values)
        return values

    return st.randoms(use_true_random=False).map(all_bent)
