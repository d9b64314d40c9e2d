"""Fitting the judge: clean windows kept back from the counting against imitated noise.

In:   Tables without a model, the kept documents, the Source of noise.
Out:  the model of streamcheck.language.judge.
Rule: trees may only rise with every feature that is not FREE (more anomaly never means more language). Windows have the lengths that the detector
      looks at, and shorter ones as whole texts have.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import lightgbm
import numpy as np
from layouts import layout
from noise import Source, excerpt_of, noise, some_language
from scipy.optimize import nnls

from streamcheck.detectors import BLOCK
from streamcheck.language.judge import FEATURES, GROUPS, NORMAL, Judge, glance_features, profile_of
from streamcheck.language.measure import BEFORE, COUNTS, NO_GLANCE, NOTHING, Counts, Measure
from streamcheck.language.pieces import Pieces
from streamcheck.language.tables import CLUSTERS, LANE

TREES, LEAVES, RATE = 150, 12, 0.1
STOPS, LOUD, LOST = (12, 24, 48), 2.0, 0.004  # see _calm() and _screen()
# Slack: 0.8 more cost no garbled text of 80 and saved a tenth of the time
SCREEN_TREES, SCREEN_LOST, SCREEN_SLACK = 14, 0.025, 0.8
LAID_OUT = 0.4  # of the clean windows are lists, tables, data, formulas ... instead of plain excerpts
FREE = {"capitals", "digits", "symbols", "line breaks", "length", "English", "ideographs"}  # features that may speak either way
LENGTHS = (60, 90, 128, 128, 192, 256, 256, 384, 384)  # characters of the windows fitted on

_GROUPS = [COUNTS.index(name) for name in GROUPS]


def measured(measure: Measure, text: str) -> tuple[Counts, list[float]]:
    """Return the counts of a whole text, and what a glance at it sees."""
    pieces, before, counts = Pieces(), "", NOTHING
    glances = [NO_GLANCE, NO_GLANCE]
    for piece in [pieces.feed(text[at : at + BLOCK]) for at in range(0, len(text), BLOCK)] + [pieces.close()]:
        if piece:
            glance = measure.glance(piece, before)
            before = piece[-BEFORE:]
            glances.append(glance)
            counts += measure.counts(glance)
    return counts, glance_features(*glances[-2:])


def clean_windows(measure: Measure, source: Source, rng: random.Random, many: int) -> list[tuple[Counts, list[float]]]:
    """Return clean windows of all languages and forms, as measured() gives them."""
    languages = sorted(source.documents)
    windows = []
    for number in range(many):
        language = (
            "code" if number % 7 == 0 else rng.choice(languages) if number % 7 in (1, 2) else some_language(source.documents, rng)
        )
        form = layout if rng.random() < LAID_OUT else excerpt_of
        windows.append(measured(measure, form(source, rng, rng.choice(LENGTHS), language)))
    return windows


def fitted(
    measure: Measure,
    source: Source,
    languages: Sequence[str],
    *,
    clean: int,
    noisy: int,
    seed: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Return the part of the model that is fitted. clean, noisy: how many windows to fit on."""
    rng = random.Random(seed)
    windows = clean_windows(measure, source, rng, clean)
    tell(f"{clean:,} clean windows measured")
    judge = Judge({**normals([counts for counts, _ in windows], languages), "trees": []}, languages)
    rows, glances = [judge.features(counts) for counts, _ in windows], [glance for _, glance in windows]
    for _ in range(noisy):
        _, text = noise(source, rng, rng.choice(LENGTHS))
        if rng.random() < 0.25:  # the garbage begins inside of the window
            start = rng.randint(1, max(1, len(text) // 2))
            text = excerpt_of(source, rng, start) + text[start:]
        counts, glance = measured(measure, text)
        rows.append(judge.features(counts))
        glances.append(glance)
    tell(f"{noisy:,} noisy windows measured")
    labels = np.array([0] * clean + [1] * noisy)
    weights = np.where(labels == 0, 4.0, 1.0)  # a false alarm is worse than a miss
    trees = lightgbm.train(
        {
            "objective": "binary",
            "num_leaves": LEAVES,
            "learning_rate": RATE,
            "min_data_in_leaf": 200,
            "monotone_constraints": [0 if name in FREE else 1 for name in FEATURES],
            "monotone_constraints_method": "advanced",
            "feature_fraction": 0.7,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "verbose": -1,
            "seed": seed,
        },
        lightgbm.Dataset(np.array(rows), labels, weight=weights),
        num_boost_round=TREES,
    )
    odds = trees.predict(np.array(rows), raw_score=True)
    screen, below = _screen(np.array(glances), labels, odds, seed)
    cleared = float(np.mean(screen.predict(np.array(glances[:clean]), raw_score=True) < below))
    tell(f"a glance clears {cleared:.1%} of the clean windows")
    return {
        "trees": [_flat(tree) for tree in _structures(trees)],
        "calm": _calm(np.array(rows)[odds > LOUD], trees),
        "screen": {"trees": [_flat(tree) for tree in _structures(screen)], "below": round(below + SCREEN_SLACK, 3)},
    }


def _screen(glances: "np.ndarray", labels: "np.ndarray", odds: "np.ndarray", seed: int) -> tuple["lightgbm.Booster", float]:
    """Return the trees that clear text at a glance, and below which sum they do: of the loud windows they lose SCREEN_LOST."""
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "learning_rate": 0.35,
        "min_data_in_leaf": 200,
        "verbose": -1,
        "seed": seed,
    }
    weights = np.where((labels == 1) & (odds > LOUD), 6.0, 1.0)
    wanted = (odds > 0).astype(int)
    trees = lightgbm.train(settings, lightgbm.Dataset(glances, wanted, weight=weights), num_boost_round=SCREEN_TREES)
    return trees, float(np.quantile(trees.predict(glances[odds > LOUD], raw_score=True), SCREEN_LOST))


def _calm(loud: "np.ndarray", trees: "lightgbm.Booster") -> dict[str, float]:
    """Return after which trees a window may be left, and below which sum: of those that come to LOUD in the end it loses LOST."""
    sums = {}
    for many in STOPS:
        partial = trees.predict(loud, raw_score=True, num_iteration=many)
        sums[str(many - 1)] = round(float(np.quantile(partial, LOST)), 3)
    return sums


def normals(windows: list[Counts], languages: Sequence[str]) -> dict[str, Any]:
    """Return what is normal in clean text: the model of streamcheck.language.judge without its trees."""
    expected = _expected(windows)
    return {"expected": expected, "normal": _normal(windows, languages, expected)}


def _expected(windows: list[Counts]) -> list[float]:
    """Return the mean oddness of an n-gram by the group of its characters."""
    counts = np.array([window.numbers for window in windows], dtype=float)
    anywhere = np.array([window.seen >> len(CLUSTERS) * LANE for window in windows], dtype=float)
    wanted = counts[:, COUNTS.index("grams")] - anywhere
    return [round(float(value), 4) for value in nnls(counts[:, _GROUPS], wanted)[0]]


def _normal(windows: list[Counts], languages: Sequence[str], expected: Sequence[float]) -> dict[str, list[float]]:
    """Return the mean shares of clean windows by what they are written in; "" for anything else."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for window in windows:
        profile = profile_of(window, languages, expected)
        shares = [getattr(profile, name) for name in NORMAL]
        found[""].append(shares)
        found[profile.written_in].append(shares)
    return {key: [round(float(value), 4) for value in np.mean(rows, axis=0)] for key, rows in found.items() if len(rows) >= 50}


def _structures(trees: "lightgbm.Booster") -> Iterable[dict[str, Any]]:
    return (info["tree_structure"] for info in trees.dump_model()["tree_info"])


def _flat(node: dict[str, Any]) -> list[list[float]]:
    """Return a tree as rows: [feature, threshold, row if not above, row if above], or [value]."""
    rows: list[list[float]] = []

    def put(node: dict[str, Any]) -> int:
        at = len(rows)
        rows.append([])
        if "leaf_value" in node:
            rows[at] = [round(node["leaf_value"], 4)]
        else:
            left, right = put(node["left_child"]), put(node["right_child"])
            rows[at] = [node["split_feature"], round(node["threshold"], 5), left, right]
        return at

    put(node)
    return rows
