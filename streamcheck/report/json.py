"""Reports as one JSON document.

In:   Report values.
Out:  a dict that json.dumps takes, format 1.
Rule: field names never change meaning within a format number. What JSON cannot say is said in words: a number that is not
      finite as a string, bytes as hex. Lone surrogates stay in the strings: dump with ensure_ascii, and they travel as escapes.
"""

__all__ = ("FORMAT", "json_document", "json_value")

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import streamcheck
from streamcheck.verdicts import Report

FORMAT = 1
_MAX_DEPTH = 100  # levels; json.dumps gives up at about a thousand, and readers earlier
_MAX_INT_BITS = 10_000  # about 3,000 digits: Python refuses to print much longer numbers


def json_document(reports: Iterable[Report]) -> dict[str, Any]:
    """Return {"format": 1, "streamcheck": version, "reports": [...]}."""
    return {
        "format": FORMAT,
        "streamcheck": streamcheck.__version__,
        "reports": [json_value(report.to_dict()) for report in reports],
    }


def json_value(value: Any, depth: int = 0) -> Any:
    """Return `value` made of nothing but what strict JSON has."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else value
    if isinstance(value, int):
        return value if value.bit_length() <= _MAX_INT_BITS else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if depth >= _MAX_DEPTH:
        return "(nested too deep to be shown)"
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else str(key): json_value(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, Iterable):
        return [json_value(inner, depth + 1) for inner in value]
    return str(value)
