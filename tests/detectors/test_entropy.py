"""text/entropy: both tails against the kind of writing and the stream itself, and silence on everything that may look so."""

import base64
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.detectors import Signal
from streamcheck.detectors.entropy import BOUNDS, WINDOW, Entropy, entropy
from tests.detectors.support import CLEAN, alone
from tests.detectors.test_script_mix import CHINESE, ENGLISH, HINDI, JAPANESE, KOREAN, RUSSIAN

_SENTENCE = "river quiet town morning people walk under old bridge where children play with small boats while their parents talk"
_WORDS = _SENTENCE.split()


def prose(words: int, seed: int = 1) -> str:
    chosen = random.Random(seed)
    return " ".join(chosen.choice(_WORDS) for _ in range(words)) + ". "


def signals(text: str, channel: str = "content") -> list[Signal]:
    return alone(Entropy, text, channel)


def score(text: str, channel: str = "content") -> float:
    return max((s.score for s in signals(text, channel)), default=0.0)


def test_entropy_is_shannons() -> None:
    assert entropy("") == 0
    assert entropy("a" * 100) == 0
    assert entropy("ab" * 50) == pytest.approx(1)
    assert entropy("abcd" * 64) == pytest.approx(2)


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN, KOREAN, CHINESE, JAPANESE, HINDI, *CLEAN.values()])
def test_language_of_every_kind_is_silent(text: str) -> None:
    varied = [text[k:] + prose(12, k) + text[:k] for k in range(0, 40, 5)]
    assert score("".join(varied)) == 0


@pytest.mark.parametrize("token", ["ha ", "lex", "b ", "the the ", "ㅋㅋ ", "哈", "да"])
def test_one_token_again_and_again_is_too_low(token: str) -> None:
    found = signals(prose(100) + token * 400)
    assert found
    assert found[-1].evidence["tail"] == "low"
    assert 0.3 <= found[-1].score <= 1
    onset = len(prose(100))
    assert abs(found[-1].start - onset) <= WINDOW


def test_characters_of_all_kinds_are_too_many() -> None:
    chosen = random.Random(3)
    soup = "".join(
        chosen.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?#$%&*()+-/<=>@[]^_{|}~,.;: ")
        for _ in range(1_024)
    )
    found = signals(prose(150) + soup)
    assert found
    assert found[-1].evidence["tail"] in {"high", "risen"}
    assert found[-1].score <= 1


def test_bounds_leave_room_between_the_tails() -> None:
    assert all(low + 1 < high for low, high, _ in BOUNDS.values())


SILENT = {
    "rule": prose(80) + "-" * 600 + "\n" + prose(80),
    "table": "| 0 | 0 | 1 | 0 | 0 | 1 |\n" * 40,
    "bits": "01 " * 300,
    "base64": prose(80) + base64.b64encode(random.Random(5).randbytes(900)).decode() + "\n" + prose(80),
    "hashes": "".join(f"{random.Random(k).randbytes(32).hex()}  file{k}\n" for k in range(30)),
    "bars": "\n".join("#" * k + "." * (60 - k) for k in range(60)),
    "art": "  /\\_/\\  \n ( o.o ) \n  > ^ <  \n" * 20,
}


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_is_no_language_is_not_judged(name: str) -> None:
    assert score(SILENT[name]) == 0


def test_code_and_tool_channels_are_asked_for_extremes_only() -> None:
    few = "mama papa " * 60
    assert score(few) > 0
    assert score(few, channel="tool:0") == 0
    assert score("```\n" + few + "\n```\n") == 0
    assert score("aaaaaaab" * 200, channel="tool:0") > 0


def test_a_loop_that_goes_on_is_told_a_few_times_only() -> None:
    assert len(signals("ha " * 20_000)) < 20


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=60).map(lambda t: t * 9))
def test_scores_and_places_are_always_in_bounds(text: str) -> None:
    for signal in signals(text):
        assert 0 <= signal.start < signal.end <= len(text)
        assert 0 < signal.score <= 1
        json.dumps([signal.message, signal.evidence]).encode()
