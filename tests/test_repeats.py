"""The machinery behind the repetition checks: distances, folded numbers, vocabulary, doubled pieces."""

import random

from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.repeats.doubling import Doubled, may_double
from streamcheck.repeats.folding import Folding, steps
from streamcheck.repeats.needs import Unit, need, need_at_end, score
from streamcheck.repeats.novelty import Novelty
from streamcheck.repeats.tracker import KEPT, KEY, REACH, Run, Tracker, agreement, resumed

BLOCK = 128


def words(count: int, seed: int) -> str:
    """Return that many words that do not repeat."""
    choice = random.Random(seed)
    return " ".join("".join(choice.choices("abcdefghijklmnopqrstuvwxyz", k=choice.randint(2, 9))) for _ in range(count))


def runs(text: str, size: int = BLOCK) -> list[tuple[int, int, int]]:
    """Return (distance, start, end) of every run of `text`, as it ended."""
    tracker = Tracker()
    found: list[Run] = []
    for at in range(0, len(text), size):
        run = tracker.feed(text[at : at + size])
        if run is not None and run not in found:
            found.append(run)
    return [(r.distance, r.start, r.end) for r in found]


# ---------------------------------------------------------------------- tracker
@given(period=st.integers(1, REACH), before=st.integers(0, 400), seed=st.integers(0, 99))
@example(period=REACH, before=127, seed=0)
@example(period=1, before=0, seed=0)
def test_tracker_finds_every_period_with_its_exact_beginning(period: int, before: int, seed: int) -> None:
    lead = words(before // 5, seed).upper()
    unit = (words(period, seed + 1))[:period]
    text = lead + unit * (2 + (KEY + BLOCK) // period) + unit[: (KEY + BLOCK) % period]
    found = runs(text)
    assert found
    distance, start, end = max(found, key=lambda r: r[2] - r[1])
    assert period % distance == 0 or distance == period
    assert abs(start - distance - len(lead)) <= period - distance + 8  # letters before the loop may equal its end by chance
    assert end == len(text)


@given(text=st.text(alphabet="ab", max_size=600), size=st.sampled_from([1, 7, 128]))
def test_every_run_is_a_repetition(text: str, size: int) -> None:
    for distance, start, end in runs(text, size):
        assert start - distance >= 0
        assert text[start:end] == text[start - distance : end - distance]


@given(text=st.text(alphabet="ab", max_size=200), distance=st.integers(1, 50))
def test_agreement_is_the_longest(text: str, distance: int) -> None:
    length = agreement(text, distance)
    limit = max(0, len(text) - distance)
    naive = next((k for k in range(limit) if text[-1 - k] != text[-1 - k - distance]), limit)
    assert length == naive


def test_tracker_keeps_bounded_text() -> None:
    tracker = Tracker()
    for _ in range(1_000):
        tracker.feed("a" * BLOCK)
    assert len(tracker.text) < 2 * KEPT
    assert tracker.run is not None
    assert tracker.run.first == 0


def test_a_loop_with_a_changed_word_resumes_an_earlier_one() -> None:
    unit = "the gate stays shut until the guard has seen every single pass. "
    text = "Something else came first: " + unit * 2 + unit.replace("guard", "clerk") + unit * 3
    start = text.rindex(unit * 2) + len(unit)
    assert text.index(unit) - resumed(text, start, len(unit)) in {0, 1}  # the blank before it


# ---------------------------------------------------------------------- folding
def test_folded_run_gives_offsets_of_the_text_itself() -> None:
    lead = "Here is the list that was asked for, in the right order and complete:\n"
    text = lead + "".join(f"Step {k}: Add a contact form to the page.\n" for k in range(7, 19))
    folding, plain, run = Folding(), Tracker(), None
    for at in range(0, len(text), BLOCK):
        block = text[at : at + BLOCK]
        found = folding.feed(block, block.encode(), plain)
        plain.feed(block)
        run = found or run
    assert run is not None
    assert folding.own(run.first, plain) in {len(lead) - 1, len(lead)}
    assert folding.own(run.end, plain) == len(text)


def test_folding_sleeps_where_no_digit_is_in_reach() -> None:
    folding, plain = Folding(), Tracker()
    text = "2024 " + words(2_000, 3)
    for at in range(0, len(text), BLOCK):
        block = text[at : at + BLOCK]
        folding.feed(block, block.encode(), plain)
        plain.feed(block)
        assert (folding.tracker is not None) == (at <= KEPT + BLOCK)


def test_steps_tells_counters_from_measurements() -> None:
    assert steps("step 1, step 2, step 3, step 4,", 1) == "steady"
    assert steps("loss 12 at 1, loss 97 at 2, loss 3 at 3, loss 55 at 4", 2) == "loose"
    assert steps("+ 1 + 1 + 1 + 1", 1) == "still"
    assert steps("no number", 0) == "loose"


# ---------------------------------------------------------------------- needs
def test_units_are_weighed_by_what_they_are_made_of() -> None:
    kinds = {
        " Thank you.": "words",
        "谢谢你。": "words",
        "क्या हाल है ": "words",
        "-": "ruler",
        "   \n": "blank",
        "|       |\n": "cells",
        "00 00 ": "digits",
        "A": "zeros",
        "self.assertEqual(x, y)\n": "mixed",
        "!": "digits",
    }
    assert {text: Unit(text * 4).kind for text in kinds} == kinds


@given(st.integers(1, REACH - 1))
def test_needs_rise_with_the_distance_and_ask_for_two_copies(distance: int) -> None:
    assert need(distance) <= need(distance + 1)
    assert need(distance) > 2 * distance
    assert need_at_end(distance) > 2 * distance
    # What the tracker cannot miss: a key and a block behind the first copy, or it is asked for at a later block.
    assert score(need(distance), need(distance)) == 2.0


# ---------------------------------------------------------------------- novelty
def looks(text: str) -> list[str]:
    novelty, found = Novelty(), []
    for at in range(0, len(text), BLOCK):
        if novelty.feed(text[at : at + BLOCK], text.isascii()):
            stale = Novelty.look(text[: at + BLOCK][-4_000:])
            found.append("" if stale is None else stale.kind)
    return found


def test_ordinary_words_are_not_looked_at() -> None:
    assert looks(words(2_000, 5)) == []


def test_few_words_in_any_order_are_told_from_near_copies() -> None:
    choice = random.Random(4)
    few = words(24, 1).split()
    assert "few-words" in looks(" ".join(choice.choices(few, k=600)))
    lines = [words(12, seed) for seed in range(3)]
    assert "near-copies" in looks(" ".join(choice.choices(lines, k=60)))


def test_near_copies_are_found_without_blanks() -> None:
    lines = ["他每天早上都去河边散步，", "然后回家吃一碗热面条，", "晚上他在灯下读旧信件，"]
    assert "near-copies" in looks("".join(random.Random(2).choices(lines, k=120)))


# ---------------------------------------------------------------------- doubling
@given(seed=st.integers(0, 500), longest=st.integers(1, 8))
def test_doubled_pieces_cover_the_text_and_taken_once_they_do_not(seed: int, longest: int) -> None:
    choice, text = random.Random(seed), words(80, seed)
    pieces: list[str] = []
    while text:
        size = choice.randint(1, longest)
        pieces.append(text[:size])
        text = text[size:]
    found = Doubled("".join(p * 2 for p in pieces)[:BLOCK])
    assert found.covered > 0.75
    assert found.left < 0.35


def test_a_loop_is_not_doubled() -> None:
    assert Doubled("ha " * 40).left > 0.8
    assert Doubled("-" * 128).left > 0.8


@given(st.text(max_size=200))
def test_doubling_takes_any_text(text: str) -> None:
    may_double(text)
    if text:
        found = Doubled(text)
        assert 0 <= found.covered <= 1
        assert 0 <= found.onset <= len(text)
