"""What can be counted in a piece of text, so that the counts of neighbouring pieces add up.

In:   a piece of some 128 characters, cut behind a word, and the normal form of the few characters before it.
Out:  a list of numbers, one for each name in COUNTS, then two integers with a lane of LANE bits for each language.
Rule: n-grams are looked up in tables of what sound text holds; words in a list that knows their languages; adjacent English words by
      the classes that they belong to. Nothing is judged here.
Cost: 35 us for 128 characters of English (CPython 3.11).
"""

__all__ = ("COUNTS", "LANE", "WORD", "Measure", "ideographs_of")

import re
from itertools import repeat
from operator import add, mod

from streamcheck.language.kinds import LETTERS, kinds_of, normal_of
from streamcheck.language.tables import CLASSES, Tables

LANE = 16  # bits; a window holds fewer than 65,536 words

# Names of the counts of a piece. Those of one letter are characters of that kind, see kinds.py.
COUNTS = (
    "chars",
    "grams",
    "unseen",
    "pairs",
    "unseen_pairs",
    "words",
    "unknown",
    "plain",
    "plain_unknown",
    "links",
    "link_score",
    "camel",
    "letter_digit",
    "sign_pairs",
    "script_glued",
    "script_changes",
    "stray_closers",
    *LETTERS,
    "0",
    "space",
    "newline",
    *'().,"$_?',
)
_OTHERS = ("0", " ", "\n", *'().,"$_?')  # what is counted of kinds behind the letters

WORD = re.compile(r"[^\W\d_\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_NOT_IDEOGRAPHS = re.compile(r"[^\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_ASCII_WORD = re.compile(r"[a-z]+")
_PLAIN = re.compile(r" ([a-z]{3,})(?=[\s.,;:!?)])")
_SIGN_PAIR = re.compile(r"([().,\"$_?])(?!\1)(?=[().,\"$_?])")
# Latin beside Han, kana or Hangul is how technical text in those languages is written: it is no change of script.
_GLUED = re.compile(r"a(?=[cgro])|[cgro](?=a)|c(?=[grohkj])|g(?=[crohkj])|r(?=[cgohkj])|o(?=[cgrhkj])|h(?=[cgro])|[kj](?=[cgro])")
_CHANGE = re.compile(_GLUED.pattern + r"|h(?=[kj])|[kj](?=h)")
_NOT_LETTERS = re.compile(r"[^aAcgrohkj]+")


def ideographs_of(text: str) -> str:
    """Return the Han, kana and Hangul characters of a text; whatever stands between them is one line end."""
    return _NOT_IDEOGRAPHS.sub("\n", text)


class Measure:
    """Counts pieces against one set of tables."""

    def __init__(self, tables: Tables) -> None:
        self._grams = tables.grams.__getitem__
        self._gram_slots = len(tables.grams)
        self._pairs = tables.pairs.__getitem__
        self._pair_slots = len(tables.pairs)
        self._entry_of = tables.words.__getitem__
        self._known = tables.known_lanes.__getitem__
        self._frequent = tables.frequent_lanes.__getitem__
        self._class_of = tables.class_of_entry.__getitem__
        self._link = tables.links.__getitem__
        self._row_of = [number * CLASSES for number in tables.class_of_entry].__getitem__

    def piece(self, text: str, before: str) -> tuple[list[int], int, int, str]:
        """Return (counts, known words by language, frequent words by language, what to pass as `before` of the next piece)."""
        small = text.lower()
        normal = normal_of(small)
        if text[:1].isspace() or before[-1:] == " ":
            normal = before.rstrip(" ") + " " + normal
        else:
            normal = before + normal
        if text[-1:].isspace():
            normal += " "
        kinds = kinds_of(text)
        count = kinds.count
        grams, unseen = self._unseen_grams(normal)
        pairs = unseen_pairs = glued = changes = 0
        if text.isascii():
            words = _ASCII_WORD.findall(small)
            letters = [count("a"), count("A"), 0, 0, 0, 0, 0, 0, 0]
        else:
            words = WORD.findall(small)
            letters = list(map(count, LETTERS))
            if letters[6] or letters[7] or letters[8]:
                pairs, unseen_pairs = self._unseen_pairs(text)
            if _families(letters) > 1:
                one_case = kinds.replace("A", "a")
                glued = len(_GLUED.findall(one_case))
                changes = len(_CHANGE.findall(_NOT_LETTERS.sub("", one_case)))
        entries = list(map(self._entry_of, words))
        links = list(map(self._link, map(add, map(self._row_of, entries), map(self._class_of, entries[1:]))))
        plain = _PLAIN.findall(text)
        counts = [
            len(text),
            grams,
            unseen,
            pairs,
            unseen_pairs,
            len(words),
            entries.count(0),
            len(plain),
            list(map(self._entry_of, plain)).count(0),
            len(links) - links.count(0),
            sum(links),
            count("aA"),
            count("a0") + count("0a") + count("A0") + count("0A"),
            len(_SIGN_PAIR.findall(kinds)),
            glued,
            changes,
            count(" )") + count("\n)"),
            *letters,
            *map(count, _OTHERS),
        ]
        return counts, sum(map(self._known, entries)), sum(map(self._frequent, entries)), normal[-3:]

    def oddness(self, text: str) -> float:
        """Return the mean oddness of the n-grams of a scrap of text, between 0 and 2."""
        grams, unseen = self._unseen_grams(normal_of(text.lower()), every=True)
        return unseen / grams if grams else 0.0

    def _unseen_grams(self, normal: str, *, every: bool = False) -> tuple[int, int]:
        """Return how many n-grams of four there are, and how much is unseen of them."""
        raw = normal.encode("utf-16-le", "surrogatepass")
        size = len(raw)
        unseen = 0
        for skip in (0, 2, 4, 6) if every else (0, 4):  # every second one: the others say hardly more
            end = skip + (size - skip) // 8 * 8
            if end > skip:
                view = memoryview(raw)[skip:end].cast("Q")
                unseen += sum(map(self._grams, map(mod, view, repeat(self._gram_slots))))
        return max(0, size // 2 - 3 if every else size // 4 - 1), unseen

    def _unseen_pairs(self, text: str) -> tuple[int, int]:
        """The same for pairs of Han, kana and Hangul characters."""
        raw = ideographs_of(text).encode("utf-16-le", "surrogatepass")
        size = len(raw) // 4
        if not size:
            return 0, 0
        view = memoryview(raw)[: size * 4].cast("I")
        return size, sum(map(self._pairs, map(mod, view, repeat(self._pair_slots))))


def _families(letters: list[int]) -> int:
    """Return how many of the scripts there are that may not touch; Latin beside Han, kana or Hangul may."""
    small, capital, cyrillic, greek, rtl, other, hangul, kana, han = letters
    ideographs = bool(hangul) + bool(kana or han)
    others = bool(cyrillic) + bool(greek) + bool(rtl) + bool(other)
    return others + ideographs + (others > 0 and bool(small or capital))
