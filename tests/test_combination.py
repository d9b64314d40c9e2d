"""What signals add up to: the three levels, several codes, when a level is told again, and the score over position."""

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.combination import DEGENERATE, MAX_NOTES, MAX_POINTS, NOTABLE, REACH, SHARE, SUSPECT, Combination
from streamcheck.detectors import BLOCK, Signal, TextFinding
from streamcheck.findings import Severity

RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}
TWO_REACHES = 2 * REACH // BLOCK  # blocks


def signal(code: str, score: float, end: int, start: int = 0) -> Signal:
    return Signal(code, score, start, end, f"{code} was seen", {"seen": code})


def told(*blocks: list[tuple[str, float]]) -> list[tuple[int, str, str]]:
    """Return (offset behind the block, code, severity) of what blocks with these (code, score) tell."""
    combination = Combination()
    out = []
    for number, scores in enumerate(blocks, 1):
        end = number * BLOCK
        found = combination.weigh([signal(code, score, end) for code, score in scores], end)
        out += [(end, f.code, f.severity.value) for f in found]
    return out


def points_of(*scores: float) -> list[tuple[int, float]]:
    combination = Combination()
    for number, score in enumerate(scores, 1):
        combination.weigh([signal("a", score, number * BLOCK)] if score else [], number * BLOCK)
    return combination.points


# ---------------------------------------------------------------------- levels
@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (0.0, None),
        (0.49, None),
        (0.5, "note"),
        (0.99, "note"),
        (1.0, "warning"),
        (1.99, "warning"),
        (2.0, "error"),
        (9.0, "error"),
    ],
)
def test_a_score_has_the_severity_of_the_level_it_reaches(score: float, severity: str | None) -> None:
    assert (NOTABLE, SUSPECT, DEGENERATE) == (0.5, 1, 2)
    assert [found for _, _, found in told([("a", score)])] == ([severity] if severity else [])


def test_a_finding_has_the_place_and_the_words_of_its_signal() -> None:
    [found] = Combination().weigh([signal("a", 1.25, 128, 70)], 128)
    assert (found.code, found.start, found.end, found.message) == ("a", 70, 128, "a was seen")
    assert found.evidence == {"seen": "a", "score": 1.25, "combined": [{"code": "a", "score": 1.25, "chars": [70, 128]}]}


def test_of_two_signals_of_one_code_in_a_block_the_heavier_counts() -> None:
    assert told([("a", 2.5), ("a", 0.6)]) == told([("a", 0.6), ("a", 2.5)]) == [(128, "a", "error")]


def test_signals_may_come_from_a_generator() -> None:
    assert [f.code for f in Combination().weigh(iter([signal("a", 1, 128)]), 128)] == ["a"]


# ---------------------------------------------------------------------- several codes
def test_further_codes_count_in_part() -> None:
    combination = Combination()
    found = combination.weigh([signal("a", 0.8, 128), signal("b", 0.5, 128), signal("c", 0.4, 128)], 128)
    assert combination.points == [(128, round(0.8 + SHARE * (0.5 + 0.4), 2))]
    assert [(f.code, f.severity.value) for f in found] == [("a", "warning"), ("b", "note")]


def test_what_only_several_codes_reach_is_said_to_be_reached_together() -> None:
    found = Combination().weigh([signal("a", 0.8, 128, 30), signal("b", 0.9, 128)], 128)
    together = next(f for f in found if f.severity is Severity.WARNING)
    assert (together.code, together.message) == ("b", "b was seen; together with a")
    assert together.evidence["combined"] == [
        {"code": "b", "score": 0.9, "chars": [0, 128]},
        {"code": "a", "score": 0.8, "chars": [30, 128]},
    ]


def test_two_suspects_make_degenerate() -> None:
    assert (128, "a", "error") in told([("a", 1.0), ("b", 1.0)])
    assert (256, "b", "error") in told([("a", 1.0)], [("b", 1.1)])


def test_a_suspect_and_what_is_less_do_not_make_degenerate() -> None:
    assert {severity for _, _, severity in told([("a", 1.0), ("b", 0.99)])} == {"warning", "note"}


def test_two_suspects_make_degenerate_when_the_lighter_comes_second() -> None:
    assert "error" in {severity for _, _, severity in told([("a", 1.1)], [("b", 1.0)])}


def test_a_code_out_of_reach_does_not_count() -> None:
    silent: list[tuple[str, float]] = []
    near = told([("a", 1.1)], silent, [("b", 1.2)])
    far = told([("a", 1.1)], silent, silent, [("b", 1.2)])
    assert near[-1] == (3 * BLOCK, "b", "error")
    assert far[-1] == (4 * BLOCK, "b", "warning")


# ---------------------------------------------------------------------- when a level is told again
def test_a_level_is_told_once() -> None:
    assert told(*[[("a", 1.5)]] * 50) == [(128, "a", "warning")]


def test_a_higher_level_is_told_when_it_is_reached_and_a_lower_one_is_not() -> None:
    rising = [[("a", score)] for score in (0.6, 0.9, 1.2, 0.7, 2.2, 1.1, 0.6)]
    assert told(*rising) == [(128, "a", "note"), (384, "a", "warning"), (640, "a", "error")]


def test_each_code_has_levels_of_its_own() -> None:
    assert told([("a", 1.2)], [("a", 1.2), ("b", 0.6)]) == [(128, "a", "warning"), (256, "b", "note")]


@pytest.mark.parametrize(("between", "again"), [(0, False), (1, False), (2, False), (TWO_REACHES, True), (40, True)])
def test_a_level_is_left_after_a_stretch_of_silence(between: int, again: bool) -> None:
    found = told([("a", 2.5)], *[[]] * between, [("a", 2.5)])
    assert [severity for _, _, severity in found] == ["error"] * (1 + again)


@pytest.mark.parametrize(
    ("score", "again"),
    [
        (0.4, True),
        (0.9, True),
        (1.0, False),
        (1.9, False),
    ],
)
def test_a_level_is_held_by_half_of_its_score(score: float, again: bool) -> None:
    found = told([("a", 2.5)], *[[("a", score)]] * (2 * TWO_REACHES), [("a", 2.5)])
    assert [severity for _, _, severity in found if severity == "error"] == ["error"] * (1 + again)


def test_a_level_is_held_by_a_weaker_signal_beside_the_heaviest_one() -> None:
    combination = Combination()
    errors = 0
    for end, signals in [
        (128, [signal("a", 2.5, 120)]),
        (256, [signal("a", 1.5, 250)]),
        (384, [signal("a", 1.5, 370)]),
        (512, []),
        (640, [signal("a", 2.5, 600)]),  # 230 characters after the last one that held the level
    ]:
        errors += len(combination.weigh(signals, end))
    assert errors == 1


def test_notes_of_a_channel_are_capped_and_alarms_are_not() -> None:
    silence: list[list[tuple[str, float]]] = [[]] * TWO_REACHES
    spells = [block for _ in range(3 * MAX_NOTES) for block in [[("a", 0.6)], *silence]]
    assert len(told(*spells)) == MAX_NOTES
    assert told(*spells, [("a", 1.5)])[-1][2] == "warning"


# ---------------------------------------------------------------------- points
def test_runs_of_one_score_are_one_point() -> None:
    assert points_of(0, 0, 0, 1.5, 1.5, 1.5) == [(384, 0.0), (768, 1.5)]


def test_silence_is_one_point_at_the_end() -> None:
    combination = Combination()
    for end in range(BLOCK, 100 * BLOCK, BLOCK):
        assert combination.weigh([], end) == []
    combination.weigh([], 100 * BLOCK + 17)
    assert combination.points == [(100 * BLOCK + 17, 0.0)]


def test_a_score_lasts_as_far_as_it_reaches() -> None:
    assert points_of(1.5, 0, 0, 0, 0) == [(BLOCK + REACH, 1.5), (5 * BLOCK, 0.0)]


def test_what_the_end_shows_raises_the_last_point_and_adds_none() -> None:
    combination = Combination()
    combination.weigh([], 128)
    combination.weigh([signal("a", 1.5, 150)], 150)
    combination.weigh([signal("a", 2.5, 150)], 150)  # what close() found
    assert combination.points == [(128, 0.0), (150, 2.5)]


def test_many_points_are_thinned_and_keep_the_higher_score() -> None:
    combination = Combination()
    many = 5 * MAX_POINTS
    for number in range(1, many + 1):
        score = 9.0 if number == many // 2 else 1 + number % 7 / 10
        combination.weigh([signal(f"code {number % 3}", score, number * BLOCK)], number * BLOCK)
        assert len(combination.points) <= MAX_POINTS
    assert all(before[0] < after[0] for before, after in pairwise(combination.points))
    assert combination.points[-1][0] == many * BLOCK
    highest = max(combination.points, key=lambda point: point[1])
    assert highest[1] >= 9
    assert abs(highest[0] - many // 2 * BLOCK) <= many * BLOCK / MAX_POINTS * 8 + REACH


# ---------------------------------------------------------------------- whatever comes
_scores = st.floats(-1, 50) | st.sampled_from([0.0, 0.5, 1.0, 2.0])
_blocks = st.lists(st.lists(st.tuples(st.sampled_from("abc"), _scores, st.integers(0, 400)), max_size=3), max_size=60)


def _fed(blocks: list[list[tuple[str, float, int]]]) -> tuple[Combination, list[tuple[int, TextFinding]]]:
    """Feed (code, score, length) block by block; a signal ends at its block's end or somewhat before it."""
    combination = Combination()
    found = []
    for number, signals in enumerate(blocks, 1):
        end = number * BLOCK
        made = [signal(code, score, end - size % 40, max(0, end - 40 - size)) for code, score, size in signals]
        found += [(end, f) for f in combination.weigh(made, end)]
    return combination, found


@given(_blocks)
def test_severities_rise_within_a_spell(blocks: list[list[tuple[str, float, int]]]) -> None:
    _, found = _fed(blocks)
    last: dict[str, tuple[int, int]] = {}  # code -> rank, end
    for end, finding in found:
        rank = RANK[finding.severity]
        before_rank, before_end = last.get(finding.code, (-1, 0))
        # Only a spell that was left can be told at the same level or a lower one again.
        assert rank > before_rank or end - before_end > REACH
        last[finding.code] = rank, finding.end
        assert finding.evidence["score"] >= NOTABLE
        assert any(row["code"] == finding.code for row in finding.evidence["combined"])


@given(_blocks)
def test_points_tile_the_text(blocks: list[list[tuple[str, float, int]]]) -> None:
    combination, _ = _fed(blocks)
    assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(combination.points))
    assert [point[0] for point in combination.points[-1:]] == [len(blocks) * BLOCK][: len(blocks)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(allow_nan=False), st.integers(-1000, 10**9), st.integers(-1000, 10**9)),
        max_size=8,
    ),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=8),
)
def test_no_signal_raises(signals: list[tuple[str, float, int, int]], ends: list[int]) -> None:
    combination = Combination()
    for end in ends:
        for found in combination.weigh([signal(code, score, stop, start) for code, score, start, stop in signals], end):
            assert found.severity in RANK


def test_memory_does_not_grow_with_the_text() -> None:
    def size(blocks: int) -> int:
        combination = Combination()
        for number in range(1, blocks + 1):
            score = number * 37 % 100 / 40
            combination.weigh([signal(f"code {number % 5}", score, number * BLOCK)] if number % 11 < 6 else [], number * BLOCK)
        kept = vars(combination).values()
        return sum(sys.getsizeof(value) + (len(value) if isinstance(value, dict) else 0) for value in kept)

    assert size(40_000) <= size(10_000) * 1.5
