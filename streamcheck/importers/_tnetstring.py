"""Typed netstrings, as mitmproxy keeps its flows in.

In:   bytes.
Out:  values: bytes, str, int, float, bool, None, lists, dicts.
Rule: LENGTH ":" CONTENT TYPE, where TYPE is one of , ; # ^ ! ~ ] }. Keys of dicts come out as str. Defects raise TnetstringError.
Cost: no recursion in the input's hands: nested at most MAX_DEPTH deep.
"""

__all__ = ("MAX_DEPTH", "TnetstringError", "value_in", "values_in")

import math
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 64  # flows are some eight deep
_MAX_DIGITS = 12


class TnetstringError(ValueError):
    """What is wrong, and where. cut: True when the bytes end too early."""

    def __init__(self, why: str, at: int, *, cut: bool = False) -> None:
        super().__init__(f"{why} at byte {at}")
        self.cut = cut


def values_in(data: bytes) -> Iterator[Any]:
    """Yield the values that stand one behind the other. Raises TnetstringError."""
    at = 0
    while at < len(data):
        value, at = value_in(data, at)
        yield value


def value_in(data: bytes, start: int = 0, *, end: int | None = None, depth: int = 0) -> tuple[Any, int]:
    """Return the value that begins at `start`, and where the next one does. Raises TnetstringError."""
    limit = len(data) if end is None else end
    if depth > MAX_DEPTH:
        raise TnetstringError("nested too deeply", start)
    colon = data.find(b":", start, min(limit, start + _MAX_DIGITS + 1))
    digits = data[start:colon] if colon >= 0 else data[start : start + _MAX_DIGITS]
    if not digits.isdigit() or colon < 0:
        raise TnetstringError("expected a length and a colon", start, cut=limit - start <= _MAX_DIGITS)
    begin, close = colon + 1, colon + 1 + int(digits)
    if close >= limit:
        raise TnetstringError("the value is cut", start, cut=end is None)
    kind, content = data[close : close + 1], data[begin:close]
    match kind:
        case b"]" | b"}":
            return _several(data, begin, close, kind == b"}", depth), close + 1
        case b",":
            return content, close + 1
        case b";":
            return content.decode("utf-8", "surrogateescape"), close + 1
        case b"~" if not content:
            return None, close + 1
        case b"!" if content in (b"true", b"false"):
            return content == b"true", close + 1
        case b"#" | b"^":
            return _number(content, kind == b"#", begin), close + 1
    raise TnetstringError(f"no value has the type {kind!r}", close)


def _number(content: bytes, whole: bool, at: int) -> int | float:
    try:
        value = int(content) if whole and len(content) < 32 else float(content)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TnetstringError("expected a number", at)
    return value


def _several(data: bytes, begin: int, close: int, pairs: bool, depth: int) -> Any:
    values: list[Any] = []
    at = begin
    while at < close:
        value, at = value_in(data, at, end=close, depth=depth + 1)
        values.append(value)
    if not pairs:
        return values
    if len(values) % 2:
        raise TnetstringError("a key without a value", begin)
    return {_key(key, begin): value for key, value in zip(values[::2], values[1::2], strict=True)}


def _key(key: Any, at: int) -> str:
    if isinstance(key, bytes):
        return key.decode("utf-8", "surrogateescape")
    if not isinstance(key, str):
        raise TnetstringError("expected a string as key", at)
    return key
