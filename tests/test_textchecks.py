"""All text checks of a channel at once: the cut does not matter, nothing raises, memory stays small, places and evidence are sound."""

import gc
import json
import tracemalloc
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scripts import garbage
from streamcheck.detectors import TextFinding
from streamcheck.findings import Severity
from streamcheck.textchecks import TextChecks
from tests.detectors.support import CLEAN

PROSE = (
    "The ferry leaves at seven, when the fishermen have already sold half of their catch. On deck an old man reads the paper aloud to "
    "his dog, which listens with its head on his boot. Behind the lighthouse the wind gets stronger, and the cook closes the windows "
    "of the galley one after the other. Nobody is in a hurry: the next harbour is two hours away, and the coffee is still hot. "
)

Outcome = tuple[list[TextFinding], list[tuple[int, float]]]


def outcome(text: str, borders: list[int] | None = None, channel: str = "content") -> Outcome:
    """Return findings and points of `text`, fed whole or cut at `borders`."""
    checks = TextChecks(channel)
    found: list[TextFinding] = []
    for start, end in pairwise([0, *(borders or []), len(text)]):
        found += checks.feed(text[start:end])
    return found + checks.close(), checks.points


def _garbage(seed: int, kind: str, length: int) -> str:
    rng = Random(seed)
    match kind:
        case "salad":
            return garbage.multilingual_salad(rng, length)
        case "words":
            return garbage.word_salad(rng, garbage.of_language(rng.choice(garbage.LANGUAGES)), length)
        case "pieces":
            return garbage.piece_salad(rng, garbage.of_language(rng.choice(garbage.LANGUAGES)), length)
        case "tokens":
            return garbage.leaked(rng, garbage.of_language("en"), length)
        case "loop":
            return garbage.repeated(garbage.word_salad(rng, garbage.of_language("en"), rng.randint(1, 40)), length)
        case "doubled":
            return garbage.doubled(PROSE)[:length]
        case "scripts":
            return garbage.mixed_scripts(rng, PROSE * 3)[:length]
        case _:
            return garbage.lost(rng, PROSE * 3)[:length]


_KINDS = ("salad", "words", "pieces", "tokens", "loop", "doubled", "scripts", "lost")
garbled = st.builds(_garbage, st.integers(0, 999), st.sampled_from(_KINDS), st.integers(1, 900))
sound = st.sampled_from([PROSE, *CLEAN.values()]) | st.builds(lambda text, size: text[:size], st.just(PROSE), st.integers(0, 400))
texts = st.builds("".join, st.tuples(sound, garbled, sound))
channels = st.sampled_from(["content", "reasoning", "refusal", "tool:0"])


# ---------------------------------------------------------------------- the cut
@given(texts, channels, st.data())
def test_findings_and_points_are_independent_of_the_cut(text: str, channel: str, data: st.DataObject) -> None:
    whole = outcome(text, channel=channel)
    borders = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    assert outcome(text, borders, channel) == whole


@settings(max_examples=25)
@given(texts, channels)
def test_findings_and_points_are_the_same_one_character_at_a_time(text: str, channel: str) -> None:
    assert outcome(text, list(range(1, len(text))), channel) == outcome(text, channel=channel)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=400), st.integers(1, 200))
@example("\ud83d\ude00" * 90, 1)
@example("e\u0301" * 150, 1)
def test_any_characters_may_be_cut_anywhere(text: str, size: int) -> None:
    assert outcome(text, list(range(size, len(text), size))) == outcome(text)


# ---------------------------------------------------------------------- places and evidence
@given(texts, channels)
def test_places_lie_inside_the_text_and_evidence_is_json(text: str, channel: str) -> None:
    found, points = outcome(text, channel=channel)
    for finding in found:
        assert 0 <= finding.start < finding.end <= len(text)
        written = json.dumps([finding.message, finding.evidence], ensure_ascii=False, allow_nan=False)
        assert written.encode("utf-8")
    assert points[-1][0] == len(text)
    assert all(before[0] <= after[0] for before, after in pairwise(points))
    assert all(score >= 0 for _, score in points)


@given(texts)
def test_an_alarm_of_statistics_is_a_score_of_its_place(text: str) -> None:
    found, points = outcome(text)
    highest = max(score for _, score in points)
    for finding in found:
        if "combined" in finding.evidence:
            assert highest >= {Severity.NOTE: 0.5, Severity.WARNING: 1.0, Severity.ERROR: 2.0}[finding.severity]


# ---------------------------------------------------------------------- odd texts
def test_an_empty_text_has_no_findings() -> None:
    checks = TextChecks("content")
    assert checks.feed("") == []
    assert checks.close() == []
    assert [score for _, score in checks.points] in ([], [0.0])


def test_sound_text_is_one_point_at_its_end() -> None:
    assert outcome(PROSE) == ([], [(len(PROSE), 0.0)])


def test_the_context_and_the_scorer_reach_the_detectors() -> None:
    asked: list[str] = []

    def scorer(text: str) -> float:
        asked.append(text)
        return 30.0

    checks = TextChecks("content", scorer=scorer)
    found = checks.feed(PROSE) + checks.close()
    assert asked
    assert [f.code for f in found] == ["text/scorer"]


def _places(seed: int) -> str:
    """Return code points of all planes, most of them unassigned."""
    rng = Random(seed)
    return "".join(chr(rng.randrange(0x110000)) for _ in range(3_000))


ODD = {
    "one letter": "a" * 12_000,
    "letters without a blank": "".join(Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=10_000)),
    "han without a line end": "".join(Random(2).choices("我们在河边看见一只很大的鸟它不飞也不叫只看着水", k=4_000)),
    "blanks": " " * 12_000,
    "line ends": "\r\n" * 6_000,
    "NUL": "\0" * 12_000,
    "halves of pairs": "\ud83d" * 6_000 + "\ude00" * 6_000,
    "right to left": "\u202e" + "שלום עולם، مرحبا بالعالم ـــ " * 200,
    "unassigned": "\u0378\U000e1234\U0010ffff\uffff" * 2_500,
    "every plane": _places(3) * 2,
    "marks on one letter": "a" + "\u0301" * 12_000,
    "nothing but fences": "```\n" * 3_000,
    "brackets": "([{" * 3_000,
    "salad": garbage.multilingual_salad(Random(4), 4_000),
    "digits": "".join(Random(5).choices("0123456789", k=10_000)),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_texts_are_judged_in_bounded_memory(name: str) -> None:
    text = ODD[name]
    outcome(text)  # the tables that all channels share are filled now
    gc.collect()
    tracemalloc.start()
    try:
        checks = TextChecks("content")
        found = []
        for at in range(0, len(text), 1_000):
            found += checks.feed(text[at : at + 1_000])
        found += checks.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    assert all(0 <= finding.start < finding.end <= len(text) for finding in found)
    assert checks.points[-1][0] == len(text)


def test_a_very_long_text_without_a_blank_is_judged() -> None:
    text = "".join(Random(6).choices("aeiourstnlmdkgpbhfw", k=1_000)) * 250
    found, points = outcome(text)
    assert points[-1][0] == len(text)
    assert "text/repetition" in {finding.code for finding in found}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_texts_of_a_tool_are_judged(name: str) -> None:
    found, points = outcome(ODD[name][:1_500], channel="tool:3")
    json.dumps([[finding.message, finding.evidence] for finding in found])
    assert points[-1][0] == len(ODD[name][:1_500])
