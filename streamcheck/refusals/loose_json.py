"""JSON values out of whatever clients make of them.

In:   text: strict JSON, JSON inside prose, JSON with escaped quotes, a Python repr, several lines of JSON, SSE lines.
Out:  parsed values; nothing raises.
Rule: only syntax is undone here; which object is an error is decided in envelopes.py.
"""

__all__ = ("embedded", "lines_of", "strict")

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

MAX_PROSE = 64 * 1024  # characters searched for an embedded object. guess: error pages are far shorter
MAX_REPR = 8 * 1024  # characters of a Python repr that are rewritten; bounds the cost of unclosed quotes. guess
MAX_STARTS = 8  # opening braces tried in one text. guess

_DECODER = json.JSONDecoder()
_REPR_TOKEN = re.compile(r"'((?:[^'\\]|\\.)*)'|\"(?:[^\"\\]|\\.)*\"|\b(?:None|True|False)\b", re.DOTALL)
_REPR_WORDS = {"None": "null", "True": "true", "False": "false"}
_LINE = re.compile(r"\r\n|\r|\n")
_FIELD = re.compile(r"(data|event|id|retry)?:")


def strict(text: str | bytes) -> tuple[bool, Any]:
    """Return (True, value) when all of `text` is JSON, else (False, None)."""
    try:
        return True, msgspec.json.decode(text)
    except (ValueError, RecursionError):
        pass
    try:  # lone surrogates and NaN, which msgspec refuses
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _object_at(text: str, start: int) -> dict[str, Any] | None:
    try:
        value, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _from_repr(token: re.Match[str]) -> str:
    word = token[0]
    if word[0] == "'":
        return '"' + token[1].replace("\\'", "'").replace('"', '\\"').replace("\\x", "\\u00") + '"'
    return _REPR_WORDS.get(word, word)


def embedded(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (index of its brace, object) for the objects that stand in prose, however they are quoted."""
    text = text[:MAX_PROSE]
    start = -1
    for _ in range(MAX_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            return
        found = _object_at(text, start)
        if found is None and '\\"' in text:
            found = _object_at(text[start:].replace('\\\\"', '\\"') if '\\\\"' in text else text[start:].replace('\\"', '"'), 0)
            if found is None:
                found = _object_at(text[start:].replace("\\\\", "\0").replace('\\"', '"').replace("\0", "\\"), 0)
        if found is None and "'" in text:
            found = _object_at(_REPR_TOKEN.sub(_from_repr, text[start : start + MAX_REPR]), 0)
        if found is not None:
            yield start, found


def lines_of(text: str) -> Iterator[tuple[str, str]] | None:
    """Yield (event name, payload) for SSE, ("", line) for lines of JSON; None when the text is neither."""
    first = text.lstrip()
    if _FIELD.match(first):
        return _sse(first)
    if first.startswith("{") and "\n" in first:
        return _ndjson(first)
    return None


def _sse(text: str) -> Iterator[tuple[str, str]]:
    event = ""
    payload: list[str] = []
    for line in [*_LINE.split(text), ""]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if payload or event == "error":
                yield event, "\n".join(payload)
            event, payload = "", []
        elif name == "event":
            event = value
        elif name == "data":
            if len(payload) == 1 and strict(payload[0])[0]:  # events set apart by one line end: not the standard, and common
                yield event, payload[0]
                payload = []
            payload.append(value)


def _ndjson(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        if line.startswith("{"):
            yield "", line
