"""Readers that keep halves of UTF-16 pairs as they came.

In:   the deltas.
Out:  two lone surrogates, or what is written for them, where two deltas share a character.
Rule: joined by whoever counts in UTF-16 units (JavaScript), never by whoever counts in code points (Python).
"""

__all__ = ("MISREADINGS",)

import re
from collections.abc import Callable

from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of

_HALF = re.compile("[\ud800-\udfff]")


def _keeping(variant: str, meaning: str, written: Callable[[str], str]) -> Misreading:
    def read(recorded: Recorded) -> Text:
        text = text_of(payloads_of(recorded.chunks), dialect=recorded.dialect, pairs=False)
        return {key: written(said) for key, said in text.items()}

    return Misreading(f"surrogate-split/{variant}", meaning, read)


MISREADINGS = (
    _keeping("kept", "halves of a UTF-16 pair stay two characters that cannot be written", lambda text: text),
    _keeping("replaced", "each half of a UTF-16 pair becomes U+FFFD", lambda text: _HALF.sub("\ufffd", text)),
    _keeping("dropped", "each half of a UTF-16 pair is left out", lambda text: _HALF.sub("", text)),
    _keeping("marked", "each half of a UTF-16 pair becomes a question mark", lambda text: _HALF.sub("?", text)),
)
