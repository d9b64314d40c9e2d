"""The scripts that belong to a text: those it was asked in, and those it has written whole stretches of.

In:   the runs of a text, in order; the text said before.
Out:  Home: the own families, the first of them, and a screen for texts that hold nothing else.
Rule: a family settles when it has written enough letters in long enough stretches. Soup has short ones, so it settles nothing.
Cost: the screen 0.5 us a block; 2 ms to compile it, once for each set of families, when the first block that is not ASCII asks.
"""

__all__ = ("Home",)

import re
from functools import lru_cache

from streamcheck.scriptruns import BREAKS, FAMILIES, FAMILY, Run, runs, shape
from streamcheck.unicode_scripts import script_ranges

PROFILE = 400  # letters of a text that say what it is written in
PROFILE_SHARE = 0.2  # of them that a second script needs there, when it is the only one beside Latin. guess
# Letters of a family that settle it, and the mean length of its stretches. guess
FIRST_LETTERS, FIRST_STRETCH = 12, 5
LATER_LETTERS, LATER_STRETCH = 40, 12
LATER_CJK, LATER_CJK_STRETCH = 24, 4

# Families beside whose letters glued Latin ones are everyday, or are looked for in another way.
_TOLERANT = frozenset("LHKTABGO")

_FULLWIDTH = {0x3000, 0xFF01}  # where the ranges begin that hold the punctuation of CJK


class Home:
    """The families that belong to the text: those of the context, and those it has written stretches of.

    order: the families in the order in which they settled; the first one is the language of the text.
    """

    def __init__(self, context: str) -> None:
        self.order: list[str] = []
        self.told: set[str] = set()
        self._odd: re.Pattern[str] | None = None  # of the order as it is
        self._letters: dict[str, int] = {}
        self._last = ""
        self._stretches: dict[str, int] = {}
        if context:
            seen: dict[str, int] = {}
            for run in runs(shape(context[-20_000:])):
                seen[run.family] = seen.get(run.family, 0) + run.end - run.start
            self.told = {family for family, letters in seen.items() if letters > 1}

    @property
    def first(self) -> str:
        """The family of the text; before one has settled, the one with most letters."""
        return self.order[0] if self.order else max(self._letters, key=lambda f: self._letters[f], default="")

    @property
    def letters(self) -> int:
        """Letters counted so far; blocks that the screen passes are not counted."""
        return sum(self._letters.values())

    def owns(self, family: str) -> bool:
        return family in self.order or family in self.told or (not self.order and family == self.first)

    def odd(self, text: str) -> bool:
        """True when `text` may hold a foreign letter, Greek where it is foreign, or fullwidth punctuation where it is not CJK."""
        if self._odd is None:
            own = {"L", *self.order} if self.first == "G" else {"L", *self.order} - {"G"}
            self._odd = _odd(frozenset(own), self.asian)
        return self._odd.search(text) is not None

    def fine(self, text: str) -> bool:
        """True when every letter of `text` is Latin, Greek or of an own family."""
        return {*BREAKS, "L", "G", *self.order}.issuperset(map(FAMILY.__getitem__, text))

    @property
    def asian(self) -> bool:
        """True when Han, kana or Hangul belong to the text, and with them their punctuation."""
        return any(map(self.owns, "HKO"))

    @property
    def narrow(self) -> bool:
        """True when glued Latin letters are odd beside a family that belongs to the text."""
        return not _TOLERANT.issuperset(self.order)

    def learn(self, rows: list[Run]) -> None:
        """Count the letters of stretches: runs of one family with anything but other letters between them."""
        for run in rows:
            family = run.family
            self._letters[family] = self._letters.get(family, 0) + run.end - run.start
            if family != self._last and (family not in "HK" or self._last not in {"H", "K"} or family not in self._stretches):
                self._stretches[family] = self._stretches.get(family, 0) + 1
            self._last = family
        for family, letters in sorted(self._letters.items(), key=lambda item: -item[1]):
            if family not in self.order and self._settles(family, letters):
                self.order.append(family)
                self._odd = None

    def _settles(self, family: str, letters: int) -> bool:
        mean = letters / self._stretches[family]
        if not self.order:
            return letters >= FIRST_LETTERS and mean >= FIRST_STRETCH
        if family == "H" and "O" in self.order:
            return False  # Han among Hangul is always looked at
        if family in "HK" and self.first in {"H", "K"}:
            return letters >= 4
        if self.first == "L" and letters >= FIRST_LETTERS:
            others = {"H" if f == "K" else f for f in self._letters} - {"L", "G"}
            if self.letters <= PROFILE and letters >= PROFILE_SHARE * self.letters and len(others) == 1:
                return True
        if family in "HKO":
            return letters >= LATER_CJK and mean >= LATER_CJK_STRETCH
        return letters >= LATER_LETTERS and mean >= LATER_STRETCH


@lru_cache(maxsize=32)
def _odd(own: frozenset[str], asian: bool) -> re.Pattern[str]:
    """Return what Home.odd() looks for: all but the scripts of `own` and what is of none; unassigned code points match, too."""
    scripts = [name for name, family in FAMILIES.items() if family in own or name in {"Common", "Inherited"}]
    ranges = [pair for name in scripts for pair in script_ranges()[name] if asian or pair[0] not in _FULLWIDTH]
    return re.compile("[^" + "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges) + "]")
