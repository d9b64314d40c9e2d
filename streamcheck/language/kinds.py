"""Characters by kind: one letter for each, so that bytes-level counting says what a text is made of.

In:   text.
Out:  kinds_of(text): one sign for each character; LETTERS for letters, other signs for the rest; combining marks are left out.
Rule: letters by their Script property, everything else by general category. Han, kana and Hangul have letters of
      their own, all other scripts that are neither Latin, Cyrillic, Greek nor written from right to left share one.
Cost: 0.3 us for 64 ASCII characters, 3 us for others.
"""

__all__ = ("LETTERS", "kinds_of", "normal_of")

import re
from unicodedata import category as category_of

from streamcheck.unicode_scripts import script_of

LETTERS = "aAcgrohkj"  # Latin small, Latin capital, Cyrillic, Greek, right-to-left, others, Hangul, kana, Han

_BY_SCRIPT = {
    "Latin": "a",
    "Cyrillic": "c",
    "Greek": "g",
    "Arabic": "r",
    "Hebrew": "r",
    "Syriac": "r",
    "Thaana": "r",
    "Hangul": "h",
    "Hiragana": "k",
    "Katakana": "k",
    "Han": "j",
}
# Letters of script Common that stand in words of one script only.
_COMMON = {"\u30fc": "k", "\uff70": "k", "\uff9e": "k", "\uff9f": "k", "\u3006": "j", "\u0640": "r", "\u0374": "g"}
_BY_CATEGORY = {"Nd": "0", "Zs": " ", "Ps": "(", "Pe": ")", "Pi": '"', "Pf": '"', "Mn": "", "Me": "", "Mc": "", "Cf": ""}
_SINGLE = {
    **dict.fromkeys("\n\r\x0b\x0c\x85\u2028\u2029", "\n"),
    "\t": " ",
    **dict.fromkeys(".!?。！？…।؟", "."),
    **dict.fromkeys(",;:、，；：،", ","),
    **dict.fromkeys("\"'`’‘“”", '"'),
    "_": "_",
    "\ufffd": "?",
}


def _kind_of(char: str) -> str:
    """Return the letter of one character."""
    if char in _SINGLE:
        return _SINGLE[char]
    category = category_of(char)
    if category[0] == "L":
        kind = _COMMON.get(char) or _BY_SCRIPT.get(script_of(char), "o")
        return "A" if kind == "a" and category in ("Lu", "Lt") else kind
    if category[0] in "CN" and category not in ("Nd", "Cf"):
        return "?" if category[0] == "C" else "0"
    return _BY_CATEGORY.get(category, "$")


# Han, kana and Hangul are too many for n-grams of four: they stand for themselves in pairs, and for one sign here.
_STAND_INS = {"h": "\uac00", "k": "\u3042", "j": "\u5b57"}


_MAX_CACHED = 30_000  # characters that are remembered: more than all texts of one language use


class _Kinds(dict[int, str]):
    def __missing__(self, code: int) -> str:
        if len(self) >= _MAX_CACHED:
            self.clear()
        kind = self[code] = _kind_of(chr(code))
        return kind


class _Normal(dict[int, str]):
    """Decimal digits to 0, Han to one sign, kana to one, Hangul to one; anything else stays."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MAX_CACHED:
            self.clear()
        char = chr(code)
        normal = self[code] = "0" if char.isdecimal() else _STAND_INS.get(_KINDS[code], char)
        return normal


_STANDS_FOR_ANOTHER = re.compile(
    r"[\d\u1100-\u11ff\u2e80-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b2ff\U00020000-\U0003ffff]"
)
_KINDS = _Kinds()
_NORMAL = _Normal()


def kinds_of(text: str) -> str:
    return text.translate(_KINDS)


def normal_of(text: str) -> str:
    """Return the form that the n-grams are taken from: one blank for any white space, digits as 0. The text comes in small letters."""
    if _STANDS_FOR_ANOTHER.search(text):
        text = text.translate(_NORMAL)
    return " ".join(text.split())
