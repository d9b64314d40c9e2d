"""text/scorer: a model of the user's joins the evidence, and its failures never end the check."""

import json
import math
from collections.abc import Callable

import pytest

from streamcheck.detectors import Signal, TextFinding
from streamcheck.detectors.scorer import EVERY, STRETCH, Scorer
from tests.detectors.support import alone

CALM = "The river is long and quiet, and it flows to the sea past many towns. " * 40


def outcome(text: str, scorer: Callable[[str], float] | None) -> list[Signal | TextFinding]:
    return alone(Scorer, text, scorer=scorer)


def marks(text: str) -> float:
    """Stand for a model: 1 bit, and one more for each `#` in twenty characters."""
    return 1.0 + 20 * text.count("#") / len(text)


def test_without_a_scorer_nothing_happens() -> None:
    assert outcome(CALM, None) == []


def test_the_scorer_sees_stretches_every_few_characters() -> None:
    seen: list[str] = []

    def scorer(text: str) -> float:
        seen.append(text)
        return 1.0

    assert outcome(CALM[:1_100], scorer) == []
    assert [len(text) for text in seen] == [EVERY, STRETCH, STRETCH, STRETCH, STRETCH]
    assert CALM.startswith(seen[0])
    assert CALM[:1_100].endswith(seen[-1])


def test_what_surprises_the_model_far_more_than_before_is_told_with_its_onset() -> None:
    found = outcome(CALM + "#word " * 200, marks)
    assert found
    assert all(isinstance(item, Signal) for item in found)
    assert max(item.score for item in found if isinstance(item, Signal)) >= 2
    assert abs(found[0].start - len(CALM)) <= STRETCH
    assert found[0].evidence["median"] == 1.0


def test_a_stream_that_surprises_from_its_beginning_meets_the_absolute_bound() -> None:
    found = outcome(CALM[:600], lambda text: 8.0)
    assert found
    assert isinstance(found[0], Signal)
    assert found[0].score >= 1


def test_what_the_model_knows_by_heart_is_a_loop() -> None:
    found = outcome(CALM, lambda text: 0.02)
    assert found
    assert isinstance(found[0], Signal)
    assert 1 <= found[0].score < 2
    assert found[0].start == 0


def test_han_may_cost_more_bits_than_latin() -> None:
    chinese = "这条河又长又安静，流过许多城镇，那里的人们每天都在河边钓鱼。" * 20
    assert outcome(chinese, lambda text: 7.0) == []
    assert outcome(chinese, lambda text: 16.0)


def _raises(text: str) -> float:
    raise ConnectionError("no model")


@pytest.mark.parametrize(
    ("scorer", "name"),
    [
        (_raises, "ConnectionError"),
        (lambda text: math.nan, "nan"),
        (lambda text: math.inf, "inf"),
        (lambda text: -1.0, "-1.0"),
        (lambda text: None, "TypeError"),
        (lambda text: "much", "ValueError"),
    ],
)
def test_a_scorer_that_fails_is_told_once_and_not_called_again(scorer: Callable[[str], float], name: str) -> None:
    calls = 0

    def counted(text: str) -> float:
        nonlocal calls
        calls += 1
        return scorer(text)

    found = outcome(CALM, counted)
    assert calls == 1
    assert len(found) == 1
    assert isinstance(found[0], TextFinding)
    assert found[0].code == "text/scorer"
    assert found[0].severity.value == "note"
    assert found[0].evidence == {"error": name}


def test_short_texts_are_asked_at_the_end() -> None:
    assert outcome("too short", lambda text: 9.0) == []
    assert outcome(CALM[:100], lambda text: 9.0)


def test_evidence_can_be_written() -> None:
    for item in outcome(CALM + "#word " * 200, marks):
        assert len(json.dumps([item.message, item.evidence])) < 4_000
        assert 0 <= item.start < item.end
