"""How the JSON values of the events differ, where the text does not, or where it says no more.

In:   a Pair of hops with bytes.
Out:  an Explanation: finish reasons, token counts, tool calls, snapshots, merged deltas and halved characters.
Rule: read off the values that differ, by their paths. Only the first _MANY events that differ are looked at.
"""

__all__ = ("MODELS",)

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from streamcheck.hops.hop import Hop
from streamcheck.hops.pair import Explanation, Pair
from streamcheck.hops.trace import is_payload, unwrapped
from streamcheck.wire.documents import document_of
from streamcheck.wire.events import Event

_FINISH = ("finish", "stop_reason", "stopReason", "done_reason")
_USAGE = ("usage", "token", "eval_count", "Count", "billed_units", "metrics")
_TOOL = ("tool", "arguments", "partial_json", "functionCall", "function_call")
_LONE = re.compile("[\ud800-\udfff]")
_MANY = 2000  # a fault shows itself in the first events. guess


def _other_values(pair: Pair) -> Explanation | None:
    """Finish reasons, token counts, tool calls."""
    _, before, after = pair.middle
    if not before and after:
        return _put_in(pair)
    if len(before) != len(after):
        return None
    changed = [change for a, b in _differing(pair) for change in _paths(_value(a), _value(b))]
    paths = [path for path, *_ in changed]
    if not paths:
        return None
    if all(any(word in path for word in _FINISH) for path in paths):
        return Explanation("finish-reason-wrong", "consistent", "the finish reason is another one")
    if all(any(word in path for word in _USAGE) for path in paths):
        return Explanation("usage-wrong", "consistent", "the token counts are not what they were")
    if any(isinstance(a, str) and isinstance(b, list) for _, a, b in changed):
        return Explanation("json-invalid-frame", "consistent", "a text became a list of parts")
    if pair.texts or not all(any(word in path for word in _TOOL) or path.endswith(".index") for path in paths):
        return None
    if all(path.endswith((".index", ".id")) for path in paths):
        return Explanation("tool-index-collision", "consistent", "the fragments of a tool call go by another number or id")
    return Explanation("tool-markup-malformed", "consistent", "a tool call is not what it was")


def _put_in(pair: Pair) -> Explanation | None:
    """Events were added, and nothing else was changed."""
    whole = max(pair.up.text.values(), key=len, default="")
    added = [_value(event) for event in _payloads(pair.down, pair.middle.start, len(pair.middle.after))]
    leaves = [leaf for value in added for leaf in _leaves(value, "")]
    if whole and any(value == whole for _, value in leaves):
        return Explanation("snapshot-after-delta", "consistent", "an event with the whole text was put in")
    counted = [path for path, value in leaves if isinstance(value, int) and any(word in path for word in _USAGE)]
    if counted and not pair.texts:
        return Explanation("usage-wrong", "consistent", "token counts come once more")
    return None


def _differing(pair: Pair) -> Iterator[tuple[Event, Event]]:
    """Yield the pairs of events that differ."""
    start, before, after = pair.middle
    events = zip(_payloads(pair.up, start, len(before)), _payloads(pair.down, start, len(after)), strict=True)
    for (a, b), x, y in zip(events, before, after, strict=False):
        if x != y:
            yield a, b


def _payloads(hop: Hop, start: int, count: int) -> Iterator[Event]:
    if not count:
        return iter(())
    return islice(filter(is_payload, hop.events(hop.trace.payloads[start])), min(count, _MANY))


def _value(event: Event) -> Any:
    return document_of(unwrapped(event.raw))[0]


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{i}")
    else:
        yield path, value


def _paths(a: Any, b: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two JSON values differ: (path, theirs, ours)."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {**a, **b}:
            yield from _paths(a.get(key), b.get(key), f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _paths(x, y, f"{path}.{i}")
    elif a != b:
        yield path, a, b


def _halves(pair: Pair) -> Explanation | None:
    """A character came in two halves, in two deltas; who joins them has the same text."""
    if pair.texts or not pair.down.has_bytes:
        return None
    start, before, after = pair.middle
    if len(after) <= len(before):
        return None
    said = (text for event in _payloads(pair.down, start, len(after)) for _, text in _leaves(_value(event), ""))
    if not any(isinstance(text, str) and _LONE.search(text) for text in said):
        return None
    return Explanation(
        "surrogate-split", "reproduced", "a character came as two halves in two deltas; joined, they are what it was"
    )


def _merged(pair: Pair) -> Explanation | None:
    """What two events said comes in one, which is legal."""
    start, before, after = pair.middle
    if pair.texts or not 0 < len(after) < len(before):
        return None
    channels: dict[int, set[tuple[int, str]]] = {}
    for key, said in pair.down.trace.said.items():
        for event in said.events:
            channels.setdefault(event, set()).add(key)
    if not any(len(channels.get(number, ())) > 1 for number in pair.down.trace.payloads[start : start + len(after)]):
        return None
    sentence = "two deltas came in one event: that is legal, and there are readers that keep only one of them"
    return Explanation("combined-delta-dropped", "consistent", sentence)


MODELS = (_other_values, _halves, _merged)
