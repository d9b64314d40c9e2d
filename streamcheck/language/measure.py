"""What can be counted in a piece of text, so that the counts of neighbouring pieces add up.

In:   a piece of some 128 characters, cut behind a word, and the few characters before it.
Out:  Counts: a list of numbers, one for each name in COUNTS, and three integers with a lane of LANE bits for each language or cluster.
Rule: a glance at every piece, the rest for those that look odd. N-grams are looked up in tables of what sound text holds, words in a list
      that knows their languages, adjacent English words by the classes that they belong to. Nothing is judged here.
Cost: 10 to 25 us a glance at 128 characters, 40 the rest (CPython 3.11).
"""

__all__ = ("BEFORE", "COUNTS", "NOTHING", "NO_GLANCE", "WORD", "Counts", "Glance", "Measure", "ideographs_of", "lanes")

import re
from functools import cached_property
from itertools import repeat
from operator import add, mod, sub
from typing import NamedTuple

from streamcheck.language.kinds import LETTERS, kinds_of, normal_of
from streamcheck.language.tables import CLASSES, CLUSTERS, LANE, Tables

BEFORE = 4  # characters of the piece before that n-grams of four may begin in, the blank at its end included

# Names of the counts of a piece. Those of one letter are characters of that kind, see kinds.py.
COUNTS = (
    "chars",
    "grams",
    "pairs",
    "odd_pairs",
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


class Counts(NamedTuple):
    """What was counted. numbers: in the order of COUNTS. The others have a lane for each language, or cluster and one for "any"."""

    numbers: list[int]
    known: int
    frequent: int
    seen: int

    def __add__(self, other: "Counts") -> "Counts":  # type: ignore[override]
        return Counts(
            list(map(add, self.numbers, other.numbers)),
            self.known + other.known,
            self.frequent + other.frequent,
            self.seen + other.seen,
        )

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(
            list(map(sub, self.numbers, other.numbers)),
            self.known - other.known,
            self.frequent - other.frequent,
            self.seen - other.seen,
        )


def lanes(number: int, many: int) -> list[int]:
    """Return the numbers in the first `many` lanes."""
    return memoryview(number.to_bytes(many * LANE // 8, "little")).cast("H").tolist()


NOTHING = Counts([0] * len(COUNTS), 0, 0, 0)


class Glance:
    """What is cheap to count, and tells nearly all sound text from all garbage. N-grams are looked up when they are asked for.

    entries: of the words, see Tables. letters: characters in words. links, link_score, pairs, odd_pairs: as in COUNTS.
    """

    def __init__(self, measure: "Measure | None", text: str, before: str) -> None:
        self._measure = measure
        self._before = before
        self.text = text
        self.entries: list[int] = []
        self.unknown = self.letters = self.links = self.link_score = self.pairs = self.odd_pairs = 0

    @cached_property
    def normal(self) -> str:
        """The form that n-grams are taken from; "" where pairs say what there is to say."""
        return "" if self.pairs * 4 > len(self.text) else normal_of((self._before + self.text).lower())

    @cached_property
    def grams(self) -> tuple[int, int]:
        """Every fourth n-gram: how many there are, and which clusters have them. They suffice to clear a text."""
        return self._measure.seen_grams(self.normal, (0,)) if self._measure is not None else (0, 0)

    @property
    def is_plain_english(self) -> bool:
        """True for ASCII whose words are listed and follow each other as English words do: nothing else need be asked."""
        words = len(self.entries)
        return (
            words >= _PLAIN_WORDS
            and self.unknown * 10 <= words
            and self.link_score >= _PLAIN_LINK * self.links
            and self.links * 10 >= words * 6
            and self.letters * 10 >= len(self.text) * 7
            and self.text.isascii()
        )


NO_GLANCE = Glance(None, "", "")
# Of words in no order two adjacent ones come to 118 to 128, of sound English to 133 and more (128 is even). At least so many words of 128
# characters make the mean steady. guess
_PLAIN_WORDS, _PLAIN_LINK = 10, 130


def _lanes_of(bits: int) -> int:
    """Return 1 in the lane of each bit that is set, and in the lane behind them if any is."""
    return sum(1 << lane * LANE for lane in range(len(CLUSTERS)) if bits >> lane & 1) | bool(bits) << len(CLUSTERS) * LANE


class Measure:
    """Counts pieces against one set of tables."""

    def __init__(self, tables: Tables) -> None:
        self._clusters_of = tables.grams.__getitem__
        self._seen_in = list(map(_lanes_of, range(1 << len(CLUSTERS)))).__getitem__
        self._gram_slots = len(tables.grams)
        self._pairs = tables.pairs.__getitem__
        self._pair_slots = len(tables.pairs)
        self._entry_of = tables.words.__getitem__
        self._known = tables.known_lanes.__getitem__
        self._frequent = tables.frequent_lanes.__getitem__
        self._class_of = tables.class_of_entry.__getitem__
        self._link = tables.links.__getitem__
        self._row_of = [number * CLASSES for number in tables.class_of_entry].__getitem__

    def glance(self, text: str, before: str) -> Glance:
        """Return the cheap half of what is counted in `text`. before: the last characters of the piece before, see BEFORE."""
        glance = Glance(self, text, before)
        small = text.lower()
        if text.isascii():
            words = _ASCII_WORD.findall(small)
        else:
            words = WORD.findall(small)
            if max(text) >= "\u3041":
                glance.pairs, glance.odd_pairs = self._odd_pairs(ideographs_of(text))
        glance.entries = entries = list(map(self._entry_of, words))
        links = list(map(self._link, map(add, map(self._row_of, entries), map(self._class_of, entries[1:]))))
        glance.unknown = entries.count(0)
        glance.letters = sum(map(len, words))
        glance.links = len(links) - links.count(0)
        glance.link_score = sum(links)
        return glance

    def counts(self, glance: Glance) -> Counts:
        """Return everything that is counted in the text of a glance."""
        text, entries = glance.text, glance.entries
        grams, seen = self.seen_grams(glance.normal, (0, 2, 4, 6))
        kinds = kinds_of(text)
        count = kinds.count
        letters = list(map(count, LETTERS))
        glued = changes = 0
        if _families(letters) > 1:
            one_case = kinds.replace("A", "a")
            glued = len(_GLUED.findall(one_case))
            changes = len(_CHANGE.findall(_NOT_LETTERS.sub("", one_case)))
        plain = _PLAIN.findall(text)
        numbers = [
            len(text),
            grams,
            glance.pairs,
            glance.odd_pairs,
            len(entries),
            glance.unknown,
            len(plain),
            list(map(self._entry_of, plain)).count(0),
            glance.links,
            glance.link_score,
            count("aA"),
            count("a0") + count("0a") + count("A0") + count("0A"),
            len(_SIGN_PAIR.findall(kinds)),
            glued,
            changes,
            count(" )") + count("\n)"),
            *letters,
            *map(count, _OTHERS),
        ]
        return Counts(numbers, sum(map(self._known, entries)), sum(map(self._frequent, entries)), seen)

    def oddness(self, text: str, cluster: int) -> float:
        """Return which part of the n-grams of a scrap of text the cluster does not have."""
        grams, seen = self.seen_grams(normal_of(text.lower()), (0, 2, 4, 6))
        return 1 - (seen >> cluster * LANE & 0xFFFF) / grams if grams else 0.0

    def seen_grams(self, normal: str, starts: tuple[int, ...]) -> tuple[int, int]:
        """Return how many n-grams of four there are, and how many of them each cluster has. starts: bytes; each gives every fourth one."""
        raw = normal.encode("utf-16-le", "surrogatepass")
        size = len(raw)
        grams = seen = 0
        for skip in starts:
            number = (size - skip) // 8
            if number > 0:
                view = memoryview(raw)[skip : skip + number * 8].cast("Q")
                grams += number
                seen += sum(map(self._seen_in, map(self._clusters_of, map(mod, view, repeat(self._gram_slots)))))
        return grams, seen

    def _odd_pairs(self, run: str) -> tuple[int, int]:
        """Return how many pairs of Han, kana and Hangul characters there are, every second one, and how many of them are odd."""
        if len(run) < 2:
            return 0, 0
        raw = run.encode("utf-16-le", "surrogatepass")
        size = len(raw) // 4
        view = memoryview(raw)[: size * 4].cast("I")
        return size, sum(map(self._pairs, map(mod, view, repeat(self._pair_slots))))


def _families(letters: list[int]) -> int:
    """Return how many of the scripts there are that may not touch; Latin beside Han, kana or Hangul may."""
    small, capital, cyrillic, greek, rtl, other, hangul, kana, han = letters
    ideographs = bool(hangul) + bool(kana or han)
    others = bool(cyrillic) + bool(greek) + bool(rtl) + bool(other)
    return others + ideographs + (others > 0 and bool(small or capital))
