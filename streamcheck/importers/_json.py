"""Values in JSON that somebody else wrote, taken out without trusting its shape.

In:   decoded JSON of any shape.
Out:  what was asked for if it is of the right kind, else an empty value.
Rule: nothing raises.
"""

__all__ = ("first", "moment", "number", "object_at", "objects", "seconds_between", "spelled", "text_at", "value_at")

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from streamcheck.capture.lines import json_of


def value_at(value: Any, *keys: str | int) -> Any:
    """Return what stands under the keys, None when nothing does."""
    for key in keys:
        if isinstance(key, str):
            value = value.get(key) if isinstance(value, dict) else None
        else:
            value = value[key] if isinstance(value, list) and -len(value) <= key < len(value) else None
    return value


def text_at(value: Any, *keys: str | int) -> str:
    """Return the string under the keys, "" when there is none."""
    found = value_at(value, *keys)
    return found if isinstance(found, str) else ""


def object_at(value: Any, *keys: str | int) -> dict[str, Any]:
    """Return the object under the keys, {} when there is none."""
    found = value_at(value, *keys)
    return found if isinstance(found, dict) else {}


def objects(value: Any, *keys: str | int) -> Iterator[dict[str, Any]]:
    """Yield the objects in the list under the keys."""
    found = value_at(value, *keys)
    if isinstance(found, list):
        yield from (entry for entry in found if isinstance(entry, dict))


def number(value: Any, *keys: str | int) -> float | None:
    """Return the finite number under the keys."""
    found = value_at(value, *keys)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        found = float(found)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def moment(value: Any, *keys: str | int) -> datetime | None:
    """Return the moment under the keys: ISO 8601 (UTC where no offset is told), or milliseconds since 1970."""
    found = value_at(value, *keys)
    try:
        if isinstance(found, str):
            told = datetime.fromisoformat(found)
            return (told if told.tzinfo is not None else told.replace(tzinfo=UTC)).astimezone(UTC)
        milliseconds = number(found)
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def seconds_between(begin: datetime | None, end: datetime | None) -> float | None:
    """Return how long it took, None when one of them is not known or time went back."""
    if begin is None or end is None or end < begin:
        return None
    return (end - begin).total_seconds()


def first(*values: Any) -> Any:
    """Return the first value that is not None."""
    return next((value for value in values if value is not None), None)


def spelled(value: Any) -> str:
    """Return a value as text: a string as it is, others as compact JSON, None as ""."""
    if value is None or isinstance(value, str):
        return value or ""
    return json_of(value).decode()
