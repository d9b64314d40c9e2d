"""Writing systems of a text as a string of the same length, and the questions that a mixture of them raises.

In:   text.
Out:  shape(): one sign a character, a letter for the family of its script, so that rules about scripts are regular expressions;
      runs(), the places where letters of one family stand together. talk.py, home.py and glue.py judge them.
Rule: Script property of Unicode Standard Annex 24. Common and Inherited characters belong to no family and never change
      the script. Han and Bopomofo are one family, Hiragana and Katakana are one, every other script is its own.
Cost: 50 ns a character, so callers screen first (FAMILY is a set of known characters, too: `fine.issuperset(text)` costs 20 ns).
"""

__all__ = ("BREAKS", "FAMILIES", "FAMILY", "Run", "family_name", "runs", "shape")

import re
from typing import NamedTuple
from unicodedata import category

from streamcheck.unicode_scripts import SCRIPTS, script_of

# Signs of shape() that are no family.
BREAKS = " \n0_.~"  # blank, line end, digit, underscore, punctuation and symbols, and marks that belong to the letter before them

FAMILIES = {
    "Latin": "L",
    "Cyrillic": "C",
    "Greek": "G",
    "Han": "H",
    "Bopomofo": "H",
    "Hiragana": "K",
    "Katakana": "K",
    "Hangul": "O",
}
FAMILIES |= {"Arabic": "A", "Hebrew": "B", "Thai": "T", "Devanagari": "D"}
FAMILIES |= {name: chr(0x100 + index) for index, name in enumerate(SCRIPTS) if name not in FAMILIES}
_NAMES = {letter: name for name, letter in FAMILIES.items()} | {"H": "Han", "K": "Kana"}

_MOST = 20_000  # characters remembered; a text of every code point must not fill the memory

_RUN = re.compile(r"([^ \n0_.~])(?:\1|~)*")


class _Families(dict[str, str]):
    """Character -> its sign in shape()."""

    def __missing__(self, char: str) -> str:
        if len(self) > _MOST:
            self.clear()
        sign = self[char] = _sign(char)
        return sign


def _sign(char: str) -> str:
    if char == "\n":
        return "\n"
    if char == "_":
        return "_"
    kind = category(char)
    if kind[0] == "M" or kind in {"Cf", "Lm"} or char in "\u30fc\xb7":
        # U+30FC lengthens a kana, U+00B7 stands inside Catalan and Katakana words; both are Common.
        script = script_of(char)
        return FAMILIES[script] if kind == "Lm" and script in FAMILIES and script not in {"Common", "Inherited"} else "~"
    if kind[0] == "L" or kind == "Nl":
        script = script_of(char)
        return "." if script in {"Common", "Inherited", "Unknown"} else FAMILIES[script]
    if kind[0] == "N":
        return "0"
    return " " if kind[0] == "Z" or char in "\t\r" else "."


FAMILY = _Families()


class Run(NamedTuple):
    """Letters of one family without anything between them: characters [start, end)."""

    family: str
    start: int
    end: int


def shape(text: str) -> str:
    """Return one sign a character: the letter of a family, or one of BREAKS."""
    return "".join(map(FAMILY.__getitem__, text))


def runs(form: str) -> list[Run]:
    """Return the runs of the shape `form`."""
    return [Run(m[1], m.start(), m.end()) for m in _RUN.finditer(form)]


def family_name(family: str) -> str:
    return _NAMES[family]
