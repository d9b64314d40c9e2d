"""What can be counted in a piece of text, so that the counts of neighbouring pieces add up.

In:   a piece of some 128 characters, cut behind a word, and the normal form of the few characters before it.
Out:  Counts: a list of numbers, one for each name in COUNTS, and three integers with a lane of LANE bits for each language or cluster.
Rule: a glance at every piece, the rest for those that look odd. N-grams are looked up in tables of what sound text holds; words in a list that knows their languages; adjacent English words by
      the classes that they belong to. Nothing is judged here.
Cost: 17 us a glance at 128 characters of English, 14 the rest (CPython 3.11).
"""

__all__ = ("COUNTS", "LANE", "NOTHING", "NO_GLANCE", "WORD", "Counts", "Glance", "Measure", "ideographs_of", "lanes")

import re
from itertools import repeat
from operator import add, mod, sub
from typing import NamedTuple

from streamcheck.language.kinds import LETTERS, kinds_of, normal_of
from streamcheck.language.tables import CLASSES, CLUSTERS, Tables

LANE = 16  # bits; a window holds fewer than 65,536 words

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


class Glance(NamedTuple):
    """What is cheap to count, and tells nearly all sound text from all garbage.

    normal: the form that n-grams are taken from. entries: of the words, see Tables. letters: characters in words. links, link_score: as in COUNTS. seen: as in Counts.
    """

    text: str
    normal: str
    entries: list[int]
    unknown: int
    letters: int
    links: int
    link_score: int
    grams: int
    seen: int
    pairs: int
    odd_pairs: int


NO_GLANCE = Glance("", "", [], 0, 0, 0, 0, 0, 0, 0, 0)


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

    def glance(self, text: str, before: str) -> tuple[Glance, str]:
        """Return the cheap half of what is counted in `text`, and what to pass as `before` of the next piece."""
        small = text.lower()
        if text.isascii():
            words = _ASCII_WORD.findall(small)
            run = ""
        else:
            words = WORD.findall(small)
            run = ideographs_of(text) if max(text) >= "\u3041" else ""
        pairs, odd_pairs = self._odd_pairs(run)
        if len(run) * 2 > len(text):  # pairs say what there is to say
            normal = ""
        else:
            normal = normal_of(small)
            if text[:1].isspace() or before[-1:] == " ":
                normal = before.rstrip(" ") + " " + normal
            else:
                normal = before + normal
            if text[-1:].isspace():
                normal += " "
        grams, seen = self._seen_grams(normal, (0,))  # every fourth one suffices to clear a text
        entries = list(map(self._entry_of, words))
        links = list(map(self._link, map(add, map(self._row_of, entries), map(self._class_of, entries[1:]))))
        linked = len(links) - links.count(0)
        letters = sum(map(len, words))
        glance = Glance(text, normal, entries, entries.count(0), letters, linked, sum(links), grams, seen, pairs, odd_pairs)
        return glance, normal[-3:]

    def counts(self, glance: Glance) -> Counts:
        """Return everything that is counted in the text of a glance."""
        text, normal, entries, unknown, _, links, link_score, _, _, pairs, odd_pairs = glance
        grams, seen = self._seen_grams(normal, (0, 2, 4, 6))
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
            pairs,
            odd_pairs,
            len(entries),
            unknown,
            len(plain),
            list(map(self._entry_of, plain)).count(0),
            links,
            link_score,
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
        grams, seen = self._seen_grams(normal_of(text.lower()), (0, 2, 4, 6))
        return 1 - (seen >> cluster * LANE & 0xFFFF) / grams if grams else 0.0

    def _seen_grams(self, normal: str, starts: tuple[int, ...]) -> tuple[int, int]:
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
