"""Two scripts inside one word: how hard that is to explain.

In:   the runs of a text, the text, and the families that belong to it.
Out:  glue_weight(): 0 where a writing habit explains it, up to 2.2 for what nobody writes.
Rule: habits of sound text: scripts without blanks take Latin words in; Korean, Russian and Indic languages put
      endings behind Latin words; Arabic and Hebrew put particles before them; Greek letters are units and variables. The other
      order, a piece of a word before or behind, and two scripts of which neither is Latin have no such habit.
      Weights are guesses, in steps that recorded leaks and the clean texts of docs/detectors agree with.
"""

__all__ = ("CONTINUOUS", "glue_weight", "lookalikes")

import re
from collections.abc import Callable

from streamcheck.scriptruns import FAMILIES, Run
from streamcheck.scriptruns.view import View

# Written without blanks, so Latin words stand glued in sound text.
CONTINUOUS = frozenset(
    FAMILIES[name]
    for name in (
        "Han",
        "Hiragana",
        "Thai",
        "Lao",
        "Khmer",
        "Myanmar",
        "Tibetan",
        "Javanese",
        "Balinese",
        "Tai_Tham",
        "New_Tai_Lue",
    )
)
_ABJADS = frozenset("AB")  # their particles are prefixes, glued to Latin words

_PARTICLE = re.compile(
    "(?:은|는|이|가|을|를|의|에|로|와|과|도|만|나|랑|인|란|라|야|들|형|식|어|권|계|적|화|성|용|님|씨|측|산|제|판|급|상|중|간|별|대|부|및"
    "|으로|에서|에게|까지|부터|처럼|보다|이나|이며|이다|이라|라는|라고|이란|입니다|이고|하는|하고|한|할|함|해|했|된|되|됨)"
)
_LOOKALIKES = frozenset("aceopxyukmbgnABCEHIKMOPTXYSJiрасеохуукіѕјАВСЕНІКМОРТХУЅЈ")
_UNIT = re.compile(r"(?:[munkcdpMG]?[mgslbBWVAJN]|[kM]?Hz|k?cal|ml|kb|mb|gb|px|ms|km|kg|cm|mm|x|n|k|p|q|y|z)\Z")
_BRACKETS = re.compile(r"[()（）\[\]ʕʔ╯╰ヽﾉ]")


def glue_weight(rows: list[Run], at: int, text: str, owns: Callable[[str], bool]) -> float:
    """Return the weight of the runs at-1 and at, which touch each other."""
    left, right = rows[at - 1], rows[at]
    if any(row.family == "G" and row.end - row.start <= 2 for row in (left, right)):
        return 0.0  # a unit, a variable, an angle
    if (
        left.end - left.start == 1
        and right.end - right.start == 1
        and _BRACKETS.search(text[max(0, left.start - 6) : right.end + 6])
    ):
        return 0.0  # a face: (ಠ益ಠ)
    if left.family == "L":
        if left.start and text[left.start - 1] in "\\%":
            return 0.0  # an escape or a format of source code: "\nТекст", "%sтекст"
        inside = at + 1 < len(rows) and rows[at + 1].family == "L" and rows[at + 1].start == right.end
        return _before_other(text[left.start : left.end], right, text, inside, owns(right.family), owns("O"))
    if right.family == "L":
        return _behind_other(left, text[right.start : right.end], owns(left.family), owns("O"))
    return _without_latin(left, right, text, owns)


def lookalikes(view: View, left: Run, right: Run) -> bool:
    """True when one run holds nothing but letters that look the same in Latin and Cyrillic: the wrong keyboard."""
    return any(_LOOKALIKES.issuperset(view.text[row.start : row.end]) for row in (left, right))


def _before_other(latin: str, other: Run, text: str, inside: bool, owned: bool, hangul: bool) -> float:
    """Latin, then another script; `inside`: and Latin again."""
    plain, family = latin[-1].islower(), other.family
    if family in CONTINUOUS:
        return 0.0 if owned or hangul else 0.9 if inside and plain else 0.5 if plain and len(latin) > 1 else 0.2
    if family == "O":
        return 0.0 if owned else 0.1 if _PARTICLE.match(text, other.start) else 0.9 if inside and plain else 0.6
    if family == "C":
        if inside and plain:
            return 0.6 if owned else 1.3
        return (0.2 if len(latin) == 1 else 0.1) if owned else 0.8
    if family in _ABJADS or family == "G":
        return 0.15 if owned else 0.8
    return 0.15 if owned else 1.0  # Indic endings: "APIों"


def _behind_other(other: Run, latin: str, owned: bool, hangul: bool) -> float:
    """Another script, then Latin."""
    plain, size, family = latin[0].islower(), len(latin), other.family
    if family in CONTINUOUS:
        return 0.0 if owned or hangul else 0.5 if plain and size > 1 else 0.2
    if family == "O":
        if not owned:
            return 0.6
        return 0.0 if not plain or size < 2 or _UNIT.match(latin) else 0.7 if other.end - other.start == 1 else 0.35
    if family == "C":
        return (0.2 if size == 1 else 0.6 if plain else 0.3) if owned else 0.8
    if family in _ABJADS:
        return 0.0 if owned else 0.8
    if family == "G":
        return 0.15 if owned else 0.8
    if not owned:
        return 1.0
    if not plain:
        return 0.15
    if other.end - other.start > 1 or size < 2:
        return 0.4  # a blank was forgotten
    return 1.5 if latin.islower() else 2.2


def _without_latin(left: Run, right: Run, text: str, owns: Callable[[str], bool]) -> float:
    pair = {left.family, right.family}
    if pair == {"H", "K"}:
        return 0.0
    if pair == {"H", "O"}:
        return 0.0 if owns("O") else 0.8  # among Hangul, Han is judged by what it says
    owned = sum(map(owns, pair))
    if "O" in pair and owns("O"):
        if owned == 2:
            return 0.3
        if left.family == "O":
            return 1.5
        particle = right.end - right.start <= 3 and left.end - left.start >= 3 and _PARTICLE.match(text, right.start)
        return 0.5 if particle else 2.0  # a foreign word with a Korean particle, against a broken word
    return (1.0, 0.8, 0.2)[owned] if pair & CONTINUOUS else (1.3, 1.0, 0.5)[owned]
