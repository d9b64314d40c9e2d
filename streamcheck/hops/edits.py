"""What kind of edit makes one event, or one text, of another: the fault classes that change what is said and break nothing.

In:   two hops with bytes and their first difference.
Out:  a fault class and a sentence, or None.
Rule: read off the values themselves. An edit that undoes exactly (escapes doubled) is "reproduced", every other is "consistent".
"""

__all__ = ("edit_of_text", "edit_of_values")

import json
from collections.abc import Iterator
from typing import Any

from streamcheck.hops.compare import Difference
from streamcheck.hops.hop import Hop
from streamcheck.wire.documents import document_of
from streamcheck.wire.events import Event

_FINISH = ("finish", "stop_reason", "stopReason", "done_reason")
_USAGE = ("usage", "token", "eval_count", "Count")
_LINE_BREAKS = "\u2028\u2029\u0085\v\f\x1c\x1d\x1e"
_THINK = ("<think", "</think", "◁think", "[THINK]")

Edit = tuple[str, str, str]  # fault, proof, sentence


# ---------------------------------------------------------------------- what is said
def edit_of_text(up: Hop, down: Hop) -> Edit | None:
    """Return what the edit of the texts was; None where they are the same."""
    changed = {key: (up.text.get(key, ""), down.text.get(key, "")) for key in {**up.text, **down.text}}
    changed = {key: pair for key, pair in changed.items() if pair[0] != pair[1]}
    if not changed:
        return None
    gained = "".join(b for _, b in changed.values())
    before = "".join(a for a, _ in changed.values())
    if any(sign in gained and sign not in before for sign in _LINE_BREAKS):
        return "linesep-overbreak", "consistent", "raw line breaks of Unicode were put into the text: some readers tear it there"
    if "\ufffd" in gained and "\ufffd" not in before:
        return "utf8-split-replaced", "consistent", "characters were replaced by U+FFFD on the way"
    if any(mark in gained and mark not in before for mark in _THINK) or _is_moved(changed):
        return "channel-leak", "consistent", "text of one channel stands in another"
    for (_, channel), (a, b) in changed.items():
        if channel.startswith("tool:"):
            return "tool-markup-malformed", "consistent", "the arguments of a tool call are not what they were"
        if _escaped(a) == b:
            return "double-escaped", "reproduced", "the text was escaped once more"
        if _is_escaped_in_part(a, b):
            return "double-escaped", "consistent", "parts of the text were escaped once more"
        if b.startswith(a) and len(b) > len(a) and b[len(a) :].strip() and a.endswith(b[len(a) :]):
            return "model-repetition-loop", "consistent", "the end of the text comes again and again"
        if len(a) > 0 and b == a + a:
            return "snapshot-after-delta", "reproduced", "the whole text comes again after its deltas"
        if not a.startswith(b):
            return "model-word-salad", "consistent", "words were replaced by others; the wire is sound"
    return None


def _is_moved(changed: dict[tuple[int, str], tuple[str, str]]) -> bool:
    """Whether what one channel lost is what another one gained."""
    lost = [a[len(b) :] for a, b in changed.values() if a.startswith(b) and len(a) > len(b)]
    return any(piece and piece in b and piece not in a for piece in lost for a, b in changed.values())


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _is_escaped_in_part(a: str, b: str) -> bool:
    """Whether undoing one escaping makes `a` of `b`: parts of it may have been escaped, the rest not."""
    if "\\" not in b or len(b) <= len(a):
        return False
    return _plain(a) == _plain(b) or _unescaped(b) == a


def _plain(text: str) -> str:
    for spelled, sign in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ('\\"', '"'), ("\\\\", "\\")):
        text = text.replace(spelled, sign)
    return text


def _unescaped(text: str) -> str | None:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return None


# ---------------------------------------------------------------------- what stands beside it
def edit_of_values(up: Hop, down: Hop, found: Difference) -> Edit | None:
    """Return what the edit of the events' values was."""
    pairs = [(a, b) for (_, a), (_, b) in zip(up.payloads, down.payloads, strict=False) if a.raw != b.raw]
    extra = down.payloads[len(up.payloads) :]
    if len(down.payloads) > len(up.payloads) and found.after < len(down.payloads):
        whole = max(down.text.values(), key=len, default="")
        added = next(
            (e for _, e in down.payloads if _holds(e, whole) and not any(_holds(u, whole) for _, u in up.payloads)), None
        )
        if added is not None and whole:
            return "snapshot-after-delta", "consistent", "an event with the whole text was put in"
        pairs += [(_EMPTY, event) for _, event in extra]
    changed = [path for a, b in pairs for path in _paths(_value(a), _value(b))]
    if not changed:
        return None
    if all(any(word in path for word in _FINISH) for path, *_ in changed):
        return "finish-reason-wrong", "consistent", "the finish reason is another one"
    if all(any(word in path for word in _USAGE) for path, *_ in changed):
        return "usage-wrong", "consistent", "the token counts are not what they were"
    if any(isinstance(a, str) and isinstance(b, list) for _, a, b in changed):
        return "json-invalid-frame", "consistent", "a text became a list of parts"
    if up.text != down.text:
        return None
    if any("tool" in path or "arguments" in path or "partial_json" in path or "index" in path for path, *_ in changed):
        name = (
            "tool-index-collision"
            if any("index" in path or path.endswith("id") for path, *_ in changed)
            else "tool-markup-malformed"
        )
        return name, "consistent", "a tool call is not what it was"
    return None


class _Nothing:
    raw = b"{}"


_EMPTY: Any = _Nothing()


def _value(event: Event) -> Any:
    return document_of(event.raw)[0]


def _holds(event: Event, text: str) -> bool:
    return len(text) > 0 and any(value == text for _, value in _leaves(_value(event), ""))


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
