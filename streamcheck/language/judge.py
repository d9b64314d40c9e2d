"""From counts to evidence: how much likelier a stretch of text is noise than language.

In:   the counts of a window (measure.COUNTS), added up over its pieces.
Out:  Judge.features(): one number for each name in FEATURES, higher is odder; Judge.log_odds(): natural logarithm of the odds.
Rule: boosted trees, fitted by scripts/train on clean text against imitated noise of many kinds; they may only
      rise with what is an anomaly, so that more of it never speaks for language.
      Shares are judged against what is normal in the language that knows most of the words, or in the script where words are not parted.
      A share needs LEAST things to be a share of; below that the feature is 0, which is calm.
Cost: 7 us for the features, 9 us for the trees.
"""

__all__ = ("FEATURES", "GROUPS", "NORMAL", "WAYS", "Judge", "Profile", "profile_of", "way_of")

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple

from streamcheck.language.measure import COUNTS, LANE

LEAST = 6  # words, pairs ... of which a share says something. guess
GROUPS = (
    "a",
    "A",
    "c",
    "g",
    "r",
    "o",
    "h",
    "k",
    "j",
    "0",
    "space",
    "newline",
    *'().,"$_?',
)  # counts that odd n-grams are expected by
NORMAL = ("odd", "odd_pairs", "unknown", "plain_unknown", "common")  # shares whose mean is known for each language

FEATURES = (
    "odd n-grams",
    "odd pairs",
    "unknown words",
    "languages mixed",
    "few small words",
    "many small words",
    "unknown plain words",
    "odd neighbours",
    "camel case",
    "letters beside digits",
    "sign pairs",
    "scripts glued",
    "scripts changing",
    "stray closers",
    "unclosed brackets",
    "capitals",
    "digits",
    "signs",
    "symbols",
    "many scripts",
    "few sentence ends",
    "long words",
    "short words",
    "line breaks",
    "length",
    "English",
    "ideographs",
)

_AT = {name: index for index, name in enumerate(COUNTS)}
_GROUPS_AT = slice(_AT[GROUPS[0]], _AT[GROUPS[-1]] + 1)
# Tree -> sum up to it below which the others are not asked. Of 40 garbled texts that come to more than 2, two are lost at most; 95 in 100
# clean windows end here (measured on the calibration text and 32 public reports).
_CALM_AFTER = {11: -1.6, 23: -0.8}
_ALPHABETS = ("c", "g", "r", "o", "h", "k", "j")


WAYS = ("English", "ideographs", "other")  # ways of writing that have limits of their own
_ENGLISH, _IDEOGRAPHS = FEATURES.index("English"), FEATURES.index("ideographs")


def way_of(features: Sequence[float]) -> str:
    """Return the way of writing of a window; what is a sixth Han, kana or Hangul is not judged as English."""
    if features[_IDEOGRAPHS] > 0.15:
        return "ideographs"
    return "English" if features[_ENGLISH] > 0.3 else "other"


class Profile(NamedTuple):
    """The shares of a window, and what it is written in: a language code, or the letter of a script (kinds.py)."""

    written_in: str
    odd: float  # oddness of n-grams, less what characters of their kinds make one expect
    odd_pairs: float
    unknown: float
    plain_unknown: float
    common: float
    best: int  # words that the language knows


def profile_of(counts: Sequence[int], known: int, frequent: int, languages: Sequence[str], expected: Sequence[float]) -> Profile:
    """Return the profile. expected: mean oddness of an n-gram by the group of a character, in the order of GROUPS."""
    grams, unseen, pairs, unseen_pairs, words, unknown, plain, plain_unknown = counts[1:9]
    best, common, lane = _best_language(known, frequent)
    scripts = counts[_AT["c"] : _AT["j"] + 1]
    most = max(scripts)
    if (best >= LEAST - 2 and counts[_AT["a"]] + counts[_AT["A"]] >= most) or (best >= LEAST - 2 and most == scripts[0]):
        written_in = languages[lane]
    else:
        written_in = _ALPHABETS[scripts.index(most)] if most > counts[_AT["a"]] + counts[_AT["A"]] else "a"
    return Profile(
        written_in,
        (unseen - sum(map(mul, counts[_GROUPS_AT], expected))) / (grams or 1),
        unseen_pairs / pairs if pairs >= LEAST else 0.0,
        unknown / words if words >= LEAST else 0.0,
        plain_unknown / plain if plain >= LEAST else 0.0,
        common / words if words >= LEAST else 0.0,
        best,
    )


def _best_language(known: int, frequent: int) -> tuple[int, int, int]:
    """Return how many words the best language knows, how many of those are among its commonest, and its lane."""
    if not known:
        return 0, 0, 0
    size = (known.bit_length() + LANE - 1) // LANE * (LANE // 8)
    lanes = memoryview(known.to_bytes(size, "little")).cast("H").tolist()
    best = max(lanes)
    lane = lanes.index(best)
    return best, frequent >> (lane * LANE) & 0xFFFF, lane


class Judge:
    """The fitted model: "expected" by group; "normal" shares by language or script; "trees" as rows, see scripts/train/fit.py; "limits"."""

    def __init__(self, model: Mapping[str, Any], languages: Sequence[str]) -> None:
        self._languages = languages
        self._expected: list[float] = model["expected"]
        self._normal: dict[str, list[float]] = model["normal"]
        self._trees = [[tuple(node) for node in tree] for tree in model["trees"]]
        # Limits come after the fit: scripts/train/calibrate.py sets them.
        self._limits = {
            (way, int(size)): (limits[0], limits[1])
            for way, sizes in model.get("limits", {}).items()
            for size, limits in sizes.items()
        }

    def features(self, counts: Sequence[int], known: int, frequent: int) -> list[float]:
        (chars, _, _, pairs, _, words, unknown, plain, _, links, link_score, camel, letter_digit,
         sign_pairs, glued, changes, stray, small, capital, cyrillic, greek, rtl, other, hangul, kana, han, digits, _, newline,
         opens, closes, stops, commas, quotes, symbols, underscores, strange) = counts  # fmt: skip
        profile = profile_of(counts, known, frequent, self._languages, self._expected)
        normal = self._normal.get(profile.written_in) or self._normal[""]
        chars = chars or 1
        latin = small + capital
        letters = latin + cyrillic + greek + rtl + other + hangul + kana + han or 1
        listed = words - unknown
        signs = opens + closes + stops + commas + quotes + symbols + underscores + strange
        enough = words >= LEAST
        european = enough and latin * 2 > letters
        scripts = sum(count * 33 > chars for count in (latin, cyrillic, greek, rtl, other, hangul, kana + han))
        return [
            profile.odd - normal[0],
            profile.odd_pairs - normal[1] if pairs >= LEAST else 0.0,
            profile.unknown - normal[2] if enough else 0.0,
            1 - profile.best / listed if listed >= LEAST else 0.0,
            normal[4] - profile.common if enough else 0.0,
            profile.common - normal[4] if enough else 0.0,
            profile.plain_unknown - normal[3] if plain >= LEAST else 0.0,
            8 - link_score / links / 16 if links >= 10 else 0.0,
            camel / chars,
            letter_digit / chars,
            sign_pairs / chars,
            glued / letters,
            changes / letters,
            stray / chars,
            abs(closes - opens) / chars,
            capital / letters,
            digits / chars,
            signs / chars,
            (symbols + strange) / chars,
            float(scripts),
            words / (stops + 1) if european else 0.0,
            latin / words if european else 0.0,
            words / latin if european else 0.0,
            newline / chars,
            float(chars),
            profile.best / words if words and profile.written_in == "en" else 0.0,
            (hangul + kana + han) / letters,
        ]

    def limits(self, features: Sequence[float], size: int) -> tuple[float, float]:
        """Return the log-odds at which a window of `size` pieces is suspect, and degenerate."""
        return self._limits[way_of(features), size]

    def log_odds(self, features: Sequence[float], *, all_trees: bool = False) -> float:
        """Return the log-odds that the window is noise; what the first trees find calm is calm, and gets their sum."""
        total = 0.0
        for number, tree in enumerate(self._trees):
            node = tree[0]
            while len(node) > 1:
                node = tree[node[2] if features[node[0]] <= node[1] else node[3]]
            total += node[0]
            if number in _CALM_AFTER and total < _CALM_AFTER[number] and not all_trees:
                break
        return total
