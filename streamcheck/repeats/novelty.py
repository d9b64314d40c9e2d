"""A vocabulary that stopped growing: near-copies with changed words, a few sentences in any order, a few words in any order.

In:   the blocks of one text; the last characters of it when a look is worth it.
Out:  Stale: which statistic is outside of what language does, and from where on.
Rule: over the last 200 or 400 words (characters, where a script is written without blanks): the share of distinct triples falls in near-copies;
      in shuffled words the share of distinct words falls and that of distinct pairs does not. Structure (tables, SQL, declarations) lowers all
      three together, but triples never as far as near-copies do.
      Screen: words of a block that the last 2,000 to 4,000 characters do not have. Prose has a third of such; only blocks without lead to a look.
Cost: 1.3 us a block (every second one is looked at, of CJK every second character); a look 100 us, at
      most once in LOOK_EVERY blocks.
"""

__all__ = ("LOOK_EVERY", "REACH", "Novelty", "Stale", "began", "is_prose")

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from streamcheck.repeats.needs import Unit

REACH = 4_000  # characters a look needs
LOOK_EVERY = 4  # blocks; even, as every second one is looked at
_GENERATION = 8  # of the blocks looked at, after which the older half of the known words is forgotten
_NEW = 0.31  # share of new words below which a block is stale; half of the blocks of prose have more, of near-copies none. guess
_NEW_SIGNS = 0.06  # the same of characters, where words have no blanks; Chinese has 0.15. guess
_STALE = 3  # stale blocks that lead to a look; a fresh one takes one away. guess: 200 words of English have 9 blocks

# Limits, (suspect, sure). Lowest of 8 million characters of manuals in 20 languages, source code, SQL, JSON and HTML:
# triples .31 in 200 words, .30 in 400 (both SQL; prose .40), .52 in 400 characters of CJK; distinct words below .25 with pairs above .35: none.
_WORDS = ((200, 0.29, 0.25), (400, 0.27, 0.24))
_SIGNS = ((400, 0.36, 0.30),)
# Window, distinct (suspect, sure), distinct pairs at least
_FEW_WORDS, _FEW_SIGNS = (200, 0.25, 0.20, 0.65), (400, 0.13, 0.10, 0.5)


_NO_BLANKS = "\u0e00"  # scripts without blanks between words begin here: Thai, Lao, Khmer, Han, Kana; Hangul has blanks
_STRUCTURE = b'_(){}<>=;"/\\|[]$#@&*+^~:\n'
# Share of marks and line ends above which a text is structure; prose has 0.02-0.04, YAML, SQL, shell 0.08 and more
_MARKED = 0.05
_BEGAN = 8.0  # votes for an earlier beginning that overrule the exact one. guess: a dozen words


class Stale(NamedTuple):
    """What a look found. score as in detectors.Signal; at: index in the text looked at where it begins."""

    kind: str  # "near-copies" or "few-words"
    score: float
    at: int
    window: int  # words or characters of it
    distinct: dict[str, float]  # shares of distinct words, pairs, triples


def is_prose(text: str) -> bool:
    """Return True where a poor vocabulary would be odd: neither code nor data nor lists of words, nor mostly marks and digits."""
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw) - len(raw.translate(None, _STRUCTURE)) <= _MARKED * len(text) and Unit(text[-512:]).kind == "words"


class Novelty:
    """The screen of one text."""

    __slots__ = ("_age", "_known", "_recent", "_skip", "_stale", "_wait")

    def __init__(self) -> None:
        self._known: set[str] = set()  # words of this generation and of the one before it
        self._recent: set[str] = set()  # words of this generation
        self._age = 0
        self._stale = 0
        self._wait = 0
        self._skip = False

    def feed(self, text: str, ascii_only: bool) -> bool:
        """Return True when a look is worth it."""
        self._skip = not self._skip
        if self._skip:
            return False
        words = text.split()
        few = _NEW
        if not ascii_only and len(words) < 8:
            words = list(text[::2])
            few = _NEW_SIGNS
        known = self._known
        before = len(known)
        known.update(words)
        new = len(known) - before
        self._recent.update(words)
        self._age += 1
        if self._age == _GENERATION:
            self._known, self._recent, self._age = self._recent, set(), 0
        if new > few * len(words):
            self._stale = max(0, self._stale - 1)
            return False
        self._stale = min(self._stale + 1, 2 * _STALE)
        if self._wait > 0:
            self._wait -= 1
            return False
        if self._stale < _STALE:
            return False
        self._wait = LOOK_EVERY // 2 - 1
        return True

    def defer(self, blocks: int) -> None:
        """Look again after so many blocks at the earliest."""
        self._wait = blocks // 2

    @staticmethod
    def look(text: str) -> Stale | None:
        """Return what is wrong with the end of `text`, which should be REACH characters long; None where nothing is."""
        words = text.split()
        signs = len(words) * 14 < len(text) and sum(map(_NO_BLANKS.__le__, text)) * 2 > len(text)
        if signs:
            words = list("".join(words))
        best = 0.0
        for window, suspect, sure in _SIGNS if signs else _WORDS:
            if len(words) < window:
                break
            last = words[-window:]
            triples = len(set(_triples(last))) / (window - 2)
            score = min(3.0, 1.0 + (suspect - triples) / (suspect - sure))
            if score >= max(1.0, best):
                best, tail = score, last
        if best:
            return Stale("near-copies", best, _onset(text, words, signs, 3, 2), len(tail), _shares(tail))
        window, suspect, sure, pairs_least = _FEW_SIGNS if signs else _FEW_WORDS
        tail = words[-window:]
        if len(tail) == window:
            distinct = len(set(tail)) / window
            if distinct <= suspect:
                shares = _shares(tail)
                if shares["pairs"] >= pairs_least:
                    score = min(3.0, 1.0 + (suspect - distinct) / (suspect - sure))
                    return Stale("few-words", score, _onset(text, words, signs, 1, max(2, window // 60)), window, shares)
        return None


def _shares(tail: list[str]) -> dict[str, float]:
    count = len(tail)
    pairs, triples = len(set(pairwise(tail))), len(set(_triples(tail)))
    return {
        "words": round(len(set(tail)) / count, 3),
        "pairs": round(pairs / (count - 1), 3),
        "triples": round(triples / (count - 2), 3),
    }


def _triples(words: list[str]) -> Iterable[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


def began(text: str, start: int) -> int:
    """Return the index in `text` from which on most triples of words are those of the loop that begins at `start`; `start` if there is none."""
    before, loop = text[:start].split(), text[start:].split()
    if len(loop) < 3 or len(loop) * 14 < len(text) - start:
        return start
    known = set(_triples(loop))
    best, total, first = 0.0, 0.0, len(before)
    for k in range(len(before) - 3, -1, -1):
        total += 1.0 if (before[k], before[k + 1], before[k + 2]) in known else -1.5
        if total > best:
            best, first = total, k
    return _index(text, before, first) if best >= _BEGAN else start


def _onset(text: str, words: list[str], signs: bool, size: int, often: int) -> int:
    """Return the index in `text` from which on most runs of `size` words stand `often` times: the best split of a sum of votes."""
    grams = list(zip(*(words[k:] for k in range(size)), strict=False))
    recent = Counter(grams[-400:])
    best, total, start = 0.0, 0.0, len(grams) - 1
    for k in range(len(grams) - 1, -1, -1):
        total += 1.0 if recent[grams[k]] >= often else -1.5
        if total > best:
            best, start = total, k
    if signs:
        left = start
        for index, sign in enumerate(text):
            left -= not sign.isspace()
            if left < 0:
                return index
        return 0
    return _index(text, words, start)


def _index(text: str, words: list[str], number: int) -> int:
    """Return where words[number] begins in `text`, whose words they are."""
    at = 0
    for word in words[:number]:
        at = text.index(word, at) + len(word)
    return text.index(words[number], at)
