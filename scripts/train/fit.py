"""Fitting the judge: clean windows kept back from the counting against imitated noise.

In:   Tables without a model, the kept documents, the Source of noise.
Out:  the model of streamcheck.language.judge.
Rule: trees may only rise with every feature (more anomaly never means more language). Windows have the lengths that the detector
      looks at, and shorter ones as whole texts have.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import add
from typing import Any

import lightgbm
import numpy as np
from layouts import layout
from noise import Source, excerpt_of, noise, some_language
from scipy.optimize import nnls

from streamcheck.detectors import BLOCK
from streamcheck.language.judge import FEATURES, GROUPS, NORMAL, Judge, profile_of
from streamcheck.language.measure import COUNTS, Measure
from streamcheck.language.pieces import Pieces

TREES, LEAVES, RATE = 100, 10, 0.12
LAID_OUT = 0.4  # of the clean windows are lists, tables, data, formulas ... instead of plain excerpts
FREE = {"capitals", "digits", "symbols", "line breaks", "length", "English", "ideographs"}  # features that may speak either way
LENGTHS = (60, 90, 128, 128, 192, 256, 256, 384, 384)  # characters of the windows fitted on

_GROUPS = [COUNTS.index(name) for name in GROUPS]


def measured(measure: Measure, text: str) -> tuple[list[int], int, int]:
    """Return the counts of a whole text."""
    pieces = Pieces()
    counts, known, frequent, before = [0] * len(COUNTS), 0, 0, ""
    for piece in [pieces.feed(text[at : at + BLOCK]) for at in range(0, len(text), BLOCK)] + [pieces.close()]:
        if piece:
            more, more_known, more_frequent, before = measure.piece(piece, before)
            counts, known, frequent = list(map(add, counts, more)), known + more_known, frequent + more_frequent
    return counts, known, frequent


def fitted(
    measure: Measure,
    source: Source,
    languages_of: Sequence[str],
    *,
    clean: int,
    noisy: int,
    seed: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Return the model. clean, noisy: how many windows to fit on."""
    rng = random.Random(seed)
    languages = sorted(source.documents)
    clean_counts = []
    for number in range(clean):
        language = (
            "code" if number % 7 == 0 else rng.choice(languages) if number % 7 in (1, 2) else some_language(source.documents, rng)
        )
        form = layout if rng.random() < LAID_OUT else excerpt_of
        clean_counts.append(measured(measure, form(source, rng, rng.choice(LENGTHS), language)))
    tell(f"{clean:,} clean windows measured")
    expected = _expected([counts for counts, _, _ in clean_counts])
    model: dict[str, Any] = {"expected": expected, "normal": _normal(clean_counts, languages_of, expected), "trees": []}
    judge = Judge(model, languages_of)
    rows = [judge.features(*window) for window in clean_counts]
    kinds = []
    for _ in range(noisy):
        kind, text = noise(source, rng, rng.choice(LENGTHS))
        if rng.random() < 0.25:  # the garbage begins inside of the window
            start = rng.randint(1, len(text) // 2)
            text = excerpt_of(source, rng, start) + text[start:]
        kinds.append(kind)
        rows.append(judge.features(*measured(measure, text)))
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
    return {**model, "trees": [_flat(tree) for tree in _structures(trees)]}


def _expected(windows: Iterable[list[int]]) -> list[float]:
    """Return the mean oddness of an n-gram by the group of its characters."""
    counts = np.array(list(windows), dtype=float)
    wanted = counts[:, COUNTS.index("unseen")]
    return [round(float(value), 4) for value in nnls(counts[:, _GROUPS], wanted)[0]]


def _normal(
    windows: Iterable[tuple[list[int], int, int]], languages: Sequence[str], expected: Sequence[float]
) -> dict[str, list[float]]:
    """Return the mean shares of clean windows by what they are written in; "" for anything else."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for window in windows:
        profile = profile_of(*window, languages, expected)
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
