"""From counts to evidence: how much likelier a stretch of text is noise than language.

In:   the counts of a window (measure.COUNTS), added up over its pieces.
Out:  Judge.features(): one number for each name in FEATURES, higher is odder; Judge.log_odds(): natural logarithm of the odds.
Rule: a glance clears most text with a few small trees. The rest meets boosted trees, fitted by scripts/train on clean text against
      imitated noise of many kinds; they may only rise with what is an anomaly, so that more of it never speaks for language.
      Shares are judged against what is normal in the language that knows most of the words, or in the script where words are not parted.
      A share needs LEAST things to be a share of; below that the feature is 0, which is calm.
Cost: 6 us to clear; 7 us for the features and up to 40 us for the trees of what is not cleared.
"""

__all__ = ("FEATURES", "GROUPS", "NORMAL", "WAYS", "Judge", "Profile", "glance_features", "profile_of", "way_of")

from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple

from streamcheck.language.kinds import LETTERS
from streamcheck.language.measure import COUNTS, NO_GLANCE, Counts, Glance, lanes
from streamcheck.language.tables import CLUSTERS, LANE

LEAST = 6  # words, pairs ... of which a share says something. guess
# Counts that odd n-grams are expected by.
GROUPS = (*LETTERS, "0", "space", "newline", *'().,"$_?')
NORMAL = ("odd", "foreign", "odd_pairs", "unknown", "plain_unknown", "common")  # shares whose mean is known for each language

FEATURES = (
    "odd n-grams",
    "foreign n-grams",
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
_ALPHABETS = ("c", "g", "r", "o", "h", "k", "j")


# Ways of writing that have limits of their own.
WAYS = ("English", "English, marked up", "ideographs", "other", "other, marked up")
_ENGLISH, _IDEOGRAPHS = FEATURES.index("English"), FEATURES.index("ideographs")
_SIGNS, _CAMEL, _BREAKS = FEATURES.index("signs"), FEATURES.index("camel case"), FEATURES.index("line breaks")


def way_of(features: Sequence[float]) -> str:
    """Return the way of writing of a window. What is a sixth Han, kana or Hangul is not judged as English; one sign in nine characters,
    line breaks every thirty or names like aName are the mark of lists, tables and code."""
    if features[_IDEOGRAPHS] > 0.15:
        return "ideographs"
    marked = features[_SIGNS] > 0.11 or features[_BREAKS] > 0.034 or features[_CAMEL] > 0.008
    return ("English" if features[_ENGLISH] > 0.3 else "other") + (", marked up" if marked else "")


class Profile(NamedTuple):
    """The shares of a window, and what it is written in: a language code, or the letter of a script (kinds.py)."""

    written_in: str
    odd: float  # share of n-grams that no language has, less what characters of their kinds make one expect
    foreign: float  # share of n-grams that the cluster which has most of them does not have
    odd_pairs: float
    unknown: float
    plain_unknown: float
    common: float
    best: int  # words that the language knows


def profile_of(window: Counts, languages: Sequence[str], expected: Sequence[float]) -> Profile:
    """Return the profile. expected: mean share of odd n-grams by the group of a character, in the order of GROUPS."""
    counts, known, frequent, seen = window
    grams, pairs, odd_pairs, words, unknown, plain, plain_unknown = counts[1:8]
    *clusters, seen_anywhere = lanes(seen, len(CLUSTERS) + 1)
    best, common, lane = _best_language(known, frequent)
    scripts = counts[_AT["c"] : _AT["j"] + 1]
    most = max(scripts)
    latin = counts[_AT["a"]] + counts[_AT["A"]]
    if best >= LEAST - 2 and (latin >= most or most == scripts[0]):  # the lists are good for Latin and Cyrillic
        written_in = languages[lane]
    else:
        written_in = _ALPHABETS[scripts.index(most)] if most > latin else "a"
    return Profile(
        written_in,
        (grams - seen_anywhere - sum(map(mul, counts[_GROUPS_AT], expected))) / grams if grams else 0.0,
        1 - max(clusters) / grams if grams else 0.0,
        odd_pairs / pairs if pairs >= LEAST else 0.0,
        unknown / words if words >= LEAST else 0.0,
        plain_unknown / plain if plain >= LEAST else 0.0,
        common / words if words >= LEAST else 0.0,
        best,
    )


def _best_language(known: int, frequent: int) -> tuple[int, int, int]:
    """Return how many words the best language knows, how many of those are among its commonest, and its lane."""
    if not known:
        return 0, 0, 0
    knowing = lanes(known, (known.bit_length() + LANE - 1) // LANE)
    best = max(knowing)
    lane = knowing.index(best)
    return best, frequent >> (lane * LANE) & 0xFFFF, lane


def glance_features(first: Glance, second: Glance = NO_GLANCE) -> list[float]:
    """Return what the screen looks at, in one piece or two neighbours."""
    chars = len(first.text) + len(second.text) or 1
    (grams, seen), (more, seen_more) = first.grams, second.grams
    grams += more
    *clusters, anywhere = lanes(seen + seen_more, len(CLUSTERS) + 1)
    words = len(first.entries) + len(second.entries)
    letters = first.letters + second.letters
    pairs = first.pairs + second.pairs
    links = first.links + second.links
    return [
        1 - max(clusters) / grams if grams else 0.0,
        1 - anywhere / grams if grams else 0.0,
        (first.unknown + second.unknown) / words if words >= LEAST else 0.0,
        8 - (first.link_score + second.link_score) / links / 16 if links >= 10 else 0.0,
        1 - letters / chars,
        letters / words if words else 0.0,
        (first.odd_pairs + second.odd_pairs) / pairs if pairs >= LEAST else 0.0,
        float(links),
        float(chars),
    ]


class Judge:
    """The fitted model: "expected" by group; "normal" shares by language or script; "trees" as rows, see scripts/train/fit.py; "limits"."""

    def __init__(self, model: Mapping[str, Any], languages: Sequence[str]) -> None:
        self._languages = languages
        self._expected: list[float] = model["expected"]
        self._normal: dict[str, list[float]] = model["normal"]
        self._trees = [[tuple(node) for node in tree] for tree in model["trees"]]
        screen = model.get("screen", {"trees": [], "below": -1.0})
        self._screen = [[tuple(node) for node in tree] for tree in screen["trees"]]
        self._cleared_below: float = screen["below"]
        # Tree -> sum up to it below which the others are not asked.
        self._calm = {int(number): below for number, below in model.get("calm", {}).items()}
        # Limits come after the fit: scripts/train/calibrate.py sets them.
        self._limits = {
            (way, int(size)): (limits[0], limits[1])
            for way, sizes in model.get("limits", {}).items()
            for size, limits in sizes.items()
        }

    def features(self, window: Counts) -> list[float]:
        """Return one number for each of FEATURES, higher is odder."""
        (chars, _, pairs, _, words, unknown, plain, _, links, link_score, camel, letter_digit,
         sign_pairs, glued, changes, stray, small, capital, cyrillic, greek, rtl, other, hangul, kana, han, digits, _, newline,
         opens, closes, stops, commas, quotes, symbols, underscores, strange) = window.numbers  # fmt: skip
        profile = profile_of(window, self._languages, self._expected)
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
            profile.foreign - normal[1],
            profile.odd_pairs - normal[2] if pairs >= LEAST else 0.0,
            profile.unknown - normal[3] if enough else 0.0,
            1 - profile.best / listed if listed >= LEAST else 0.0,
            normal[5] - profile.common if enough else 0.0,
            profile.common - normal[5] if enough else 0.0,
            profile.plain_unknown - normal[4] if plain >= LEAST else 0.0,
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

    def written_in(self, window: Counts) -> str:
        """Return the language, or the letter of the script (kinds.py), that a window is written in."""
        return profile_of(window, self._languages, self._expected).written_in

    def cluster_of(self, window: Counts) -> int:
        """Return the index of the cluster of languages that has most of the n-grams."""
        clusters = lanes(window.seen, len(CLUSTERS) + 1)[: len(CLUSTERS)]
        return clusters.index(max(clusters))

    def limits(self, features: Sequence[float], size: int) -> tuple[float, float]:
        """Return the log-odds at which a window of `size` pieces is suspect, and degenerate."""
        return self._limits[way_of(features), size]

    def clears(self, first: Glance, second: Glance = NO_GLANCE) -> bool:
        """Return True when a glance suffices: of the fitted windows that the trees find loud, a few in a hundred are lost here."""
        if first.is_plain_english:
            return True
        features = glance_features(first, second)
        return sum(_leaf(tree, features) for tree in self._screen) < self._cleared_below

    def log_odds(self, features: Sequence[float]) -> float:
        """Return the log-odds that the window is noise; what the first trees find calm is calm, and gets their sum."""
        total = 0.0
        for number, tree in enumerate(self._trees):
            total += _leaf(tree, features)
            if number in self._calm and total < self._calm[number]:
                break
        return total


def _leaf(tree: Sequence[tuple[Any, ...]], features: Sequence[float]) -> float:
    node = tree[0]
    while len(node) > 1:
        node = tree[node[2] if features[node[0]] <= node[1] else node[3]]
    return node[0]  # type: ignore[no-any-return]
