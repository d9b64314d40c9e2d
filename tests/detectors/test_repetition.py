"""text/repetition and text/doubled-deltas: what fires, where it begins, and what is repeated for good reason."""

import random
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.detectors import Block, Setting, Signal
from streamcheck.detectors.repetition import Repetition
from streamcheck.repeats.needs import need
from streamcheck.textchecks import TextChecks
from streamcheck.textcontext import TextContext
from tests.detectors.support import CLEAN, alarms, alone, findings, severities

LOOP, TWICE = "text/repetition", "text/doubled-deltas"

LEAD = (
    "The harbour was built in the reign of a king whose name nobody there remembers. Its walls are of grey stone, and on the seaward side "
    "somebody has cut steps that lead down to the water and end there, as if more of them had been meant. Boats come in at noon. "
)

PARAGRAPH = (
    "Whoever sells fish there must sell it before the bell is rung, for after the bell only bread may be sold and no one is willing to walk "
    "home with both. This rule is older than the bell, which was cast when the third church burned down. "
)


def errors(code: str, text: str, channel: str = "content") -> list[int]:
    """Return where the errors of `code` begin."""
    return [f.start for f in findings(code, text, channel) if f.severity == "error"]


def near(places: list[int], onset: int) -> bool:
    return bool(places) and abs(places[0] - onset) <= 40


# ---------------------------------------------------------------------- loops
LOOPS = {
    "one letter": "a" * 400,
    "one syllable": "합" * 300,
    "exclamation": "!" * 300,
    "zeros": "0" * 600,
    "syllables": "igu" * 120,
    "words": "the lighthouse " * 30,
    "sentence": "I am here to help you with your question about the harbour. " * 8,
    "line": "- Check the rope\n" * 20,
    "list": ", white boats in the evening light, grey boats in the morning light" * 6,
    "without blanks": "他每天早上都去河边散步，" * 20,
    "sum": " + 1" * 120,
    "empty cells": "\n  |                 |" * 40,
    "formula": "&= \\frac{5}{64} * (2^2 + 1)^2 \\\\\n" * 24,
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("channel", ["content", "reasoning"])
def test_loop_is_an_error_at_its_first_copy(name: str, channel: str) -> None:
    assert near(errors(LOOP, LEAD + LOOPS[name], channel), len(LEAD))


def test_loop_in_the_middle_is_told_once() -> None:
    text = LEAD + "I will look into it now. " * 40 + LEAD.replace("king", "queen")
    assert [f.severity for f in findings(LOOP, text)][-1:] == ["error"]
    assert len(errors(LOOP, text)) == 1


def test_evidence_lets_a_reader_check_the_claim() -> None:
    found = next(f for f in findings(LOOP, LEAD + "I will look into it now. " * 40) if f.severity == "error")
    assert found.evidence["kind"] == "loop"
    assert found.evidence["period"] == 25
    assert found.evidence["again_from"] == len(LEAD) + 25 - 2  # ". " before it belongs to the agreement
    assert sorted(found.evidence["unit"]) == sorted("I will look into it now. ")


@given(period=st.integers(1, 4_096), seed=st.integers(0, 999), before=st.integers(0, 600))
@example(period=4_096, seed=1, before=600)
@example(period=1, seed=2, before=0)
@example(period=61, seed=3, before=127)
def test_every_period_fires_with_its_onset(period: int, seed: int, before: int) -> None:
    choice = random.Random(seed)

    def prose(length: int) -> str:
        text = ""
        while len(text) < length:
            text += "".join(choice.choices("abcdefghijklmnoprstuvw", k=choice.randint(2, 9))) + " "
        return text[:length]

    lead, unit = prose(before), prose(period).replace("  ", " x")
    if not unit.strip():
        unit = "x"
    text = lead + (unit * (1 + (int(need(period)) + 161) // len(unit)))
    signals = signals_of(text)
    assert [s for s in signals if s.score >= 2 and abs(s.start - len(lead)) <= 40]


def signals_of(text: str) -> list[Signal]:
    return alone(Repetition, text)


# ---------------------------------------------------------------------- at the end of short texts
ENDS = {
    "thanks": ("The art of dancing without a floor.", " Thank you. Thank you. Thank you. Thank you. Thank you."),
    "line": ("", "ten grey boats in a row\n\n" * 6),
    "sentence": ("He said: ", "I do not know what to say about this matter. " * 3),
    "paragraph": (LEAD, PARAGRAPH * 3),
    "zeros": ("12", "0" * 110),
    "counter": ("Step 6: Add a page.\n", "".join(f"Step {k}: Add a contact form.\n" for k in range(7, 10))),
    "with a dot behind": ("", "type_" * 30 + "ty...."),
}


@pytest.mark.parametrize("name", ENDS)
def test_less_is_needed_where_the_text_ends_in_the_loop(name: str) -> None:
    lead, loop = ENDS[name]
    assert near(errors(LOOP, lead + loop), len(lead))


# ---------------------------------------------------------------------- counters, near-copies, few words
@pytest.mark.parametrize("first", [1, 7, 95])
def test_loop_that_counts_on(first: int) -> None:
    text = LEAD + "\n" + "".join(f"Step {k}: Check the rope and restart the engine.\n" for k in range(first, first + 20))
    found = [f for f in findings(LOOP, text) if f.severity == "error"]
    assert near([f.start for f in found], len(LEAD))
    assert found[0].evidence["kind"] == "counter"


def test_near_copies() -> None:
    choice, nouns = random.Random(3), ["sail", "mast", "rope", "keel", "deck", "oar", "bell", "lamp"]
    text = " ".join(
        f"The {choice.choice(nouns)} of the old boat was mended by the man with the {choice.choice(nouns)}." for _ in range(60)
    )
    assert near(errors(LOOP, LEAD + text), len(LEAD))


def test_few_words_in_any_order() -> None:
    choice = random.Random(3)
    text = " ".join(
        choice.choices(
            [
                "of",
                "the",
                "and",
                "to",
                "in",
                "a",
                "that",
                "it",
                "was",
                "for",
                "on",
                "as",
                "with",
                "at",
                "by",
                "from",
                "or",
                "an",
                "be",
                "this",
                "which",
                "not",
            ],
            k=600,
        )
    )
    found = [f for f in findings(LOOP, LEAD + text) if f.severity == "error"]
    assert near([f.start for f in found], len(LEAD))
    assert found[0].evidence["kind"] == "few-words"


# ---------------------------------------------------------------------- repeated for good reason
_choice = random.Random(1)
LEGITIMATE = {
    "rulers": ("-" * 120 + "\n" + "=" * 80 + "\nA title\n" + "." * 200 + " 12\n" + "*" * 100 + "\n") * 2,
    "markdown table": "| Name | Value | Note |\n|"
    + "-" * 30
    + "|"
    + "-" * 30
    + "|"
    + "-" * 90
    + "|\n"
    + "".join(f"| row {k} | {k * k % 17} | N/A |\n" for k in range(20)),
    "hex dump": "".join(f"{k * 16:08x}: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n" for k in range(60)),
    "base64": "iVBORw0KGgoAAAANSUhEUgAA" + "A" * 300 + "BJRU5ErkJggg==\n",
    "json": "[" + ", ".join(f'{{"id": {k}, "ok": true, "tags": [], "parent": null}}' for k in range(40)) + "]",
    "nulls": '{"row": [' + "null, " * 14 + "null]}",
    "svg": '<path d="'
    + "".join(f"M{_choice.randint(0, 99)} {_choice.randint(0, 99)}L{_choice.randint(0, 99)} 0" for _ in range(80))
    + '"/>',
    "csv": "".join(f"{k},{_choice.randint(0, 9)},true,,,,,\n" for k in range(60)),
    "layers": "```python\nnet = nn.Sequential(\n"
    + "    nn.Linear(64, 64),\n    nn.ReLU(),\n" * 8
    + "    nn.Linear(64, 2),\n)\n```\n",
    "cases": "".join(f"        case {k}: return handler_{k}(event);\n" for k in range(30)),
    "refrain": ("Row the boat along the shore,\nrow it home again,\n" * 2 + "and the wind sang one more verse,\n") * 2 + LEAD,
    "steps": "".join(
        f"Step {k}: Build your {w}.\n"
        for k, w in enumerate(["team", "plan", "house", "boat", "mast", "sail", "crew", "deck", "name", "story"], 1)
    ),
    "tasks": "".join(f"- [{'x' if k % 3 else ' '}] task {k} of the {w}\n" for k, w in enumerate(LEAD.split(), 1)),
    "progress": "".join(f"[{'#' * k}{' ' * (40 - k)}] {k * 100 // 40:3d}%\n" for k in range(41)),
    "percent": "".join(f"Reading all the files ... {k}%\n" for k in range(0, 101, 5)),
    "boxes": "┌" + "─" * 78 + "┐\n" + ("│" + " " * 78 + "│\n") * 4 + "└" + "─" * 78 + "┘\n",
    "checksums": "".join(f"{_choice.getrandbits(256):064x}  file-{k:02d}.bin\n" for k in range(20)),
    "log": "".join(
        f"2024-05-01 12:00:{k:02d} INFO worker-{_choice.randint(1, 9)} took {_choice.randint(1, 999)} ms\n" for k in range(50)
    ),
    "ascii art": "      /\\\n     /  \\\n    /    \\\n   /______\\\n   |  __  |\n   | |  | |\n   |_|__|_|\n" * 2
    + "~" * 60
    + "\n",
    "laughter": "Ha ha ha ha ha ha ha ha! That was good. Hahahahahaha. No no no no, very very very good.\n",
    "proof": "".join(f"{k}. x_{k} > {k} because x_{k - 1} > {k - 1} and the step adds one.\n" for k in range(1, 6))
    + "Hence the claim holds.\n",
    "tests": "".join(f"def test_add_{k}():\n    assert add({k}, {2 * k}) == {3 * k}\n\n\n" for k in range(12)),
    "indentation": "if a:\n" + " " * 120 + "pass\n" + "\t" * 40 + "pass\n",
    "toc": "".join(f"{k}. Chapter on {w} {'.' * (60 - len(w))} {k * 7}\n" for k, w in enumerate(LEAD.split()[:20], 1)),
    "matrix": "\n".join(" ".join(str(int(i == j)) for i in range(16)) for j in range(16)) + "\n",
    "words that double": "The bonbon and the couscous had had a cancan; so so, bye bye, aye aye, tut tut. 看看，谢谢，人人都说好好学习，天天向上。\n",
    "sorted words": "abbot\nabbot's\nabbots\nfruit\nfruitful\nfruits\nirate\nirately\nsense\nsensed\nsenses\ntrap\ntraps\n",
}


@pytest.mark.parametrize("name", LEGITIMATE)
@pytest.mark.parametrize("channel", ["content", "reasoning", "tool:0"])
def test_what_is_repeated_for_good_reason_is_silent(name: str, channel: str) -> None:
    for text in (LEAD + "\n" + LEGITIMATE[name], LEGITIMATE[name] + LEAD, LEGITIMATE[name]):
        assert alarms(LOOP, text, channel) == []
        assert alarms(TWICE, text, channel) == []


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_are_silent(name: str) -> None:
    assert severities(LOOP, CLEAN[name]) == []
    assert severities(TWICE, CLEAN[name]) == []


def test_code_needs_three_times_as_much() -> None:
    line = "    model.add(layer)\n"
    assert severities(LOOP, "```python\n" + line * 12 + "```\n") == []
    assert errors(LOOP, "```python\n" + line * 60 + "```\n")
    assert severities(LOOP, "I will look into it now. " * 8 + "Done, as you see.", "tool:0") == []
    assert errors(LOOP, "I will look into it now. " * 30, "tool:0")


def test_a_fence_that_is_never_closed_blinds_nothing() -> None:
    assert errors(LOOP, LEAD + "\n```\n" + "I will look into it now. " * 40)


# ---------------------------------------------------------------------- doubled deltas
def twice(text: str, shortest: int, longest: int, seed: int) -> str:
    choice, out = random.Random(seed), ""
    while text:
        size = choice.randint(shortest, longest)
        out += text[:size] * 2
        text = text[size:]
    return out


CHINESE = "这条河又长又安静，流过许多城镇，那里的人们每天都在河边钓鱼，孩子们在岸上唱歌，老人坐在树下谈论过去的事情和将来的打算。"


@pytest.mark.parametrize("sizes", [(1, 1), (1, 3), (1, 8), (4, 12)])
@pytest.mark.parametrize("text", [LEAD, CHINESE * 2 + LEAD[:60]], ids=["english", "chinese"])
def test_doubled_deltas_are_told_as_a_fault_of_wire_or_client(sizes: tuple[int, int], text: str) -> None:
    lead = "Here is what I found out about it. "
    found = [f for f in findings(TWICE, lead + twice(text, *sizes, seed=5)) if f.severity == "error"]
    assert near([f.start for f in found], len(lead))
    assert "not a model" in found[0].message
    assert errors(LOOP, twice(text, *sizes, seed=5)) == []


def test_doubled_words() -> None:
    text = "".join(f" {word} {word}" for word in LEAD.split())
    assert errors(TWICE, text)
    assert findings(TWICE, text)[-1].evidence["once"].startswith(" The harbour was built")


# ---------------------------------------------------------------------- any text
_repeated = st.tuples(st.text(min_size=1, max_size=12), st.integers(1, 120)).map(lambda p: p[0] * p[1])
_texts = st.lists(_repeated | st.sampled_from(sorted(LEGITIMATE.values()) + sorted(LOOPS.values())), max_size=6).map("".join)


@given(text=_texts, channel=st.sampled_from(["content", "tool:0"]), data=st.data())
def test_findings_are_independent_of_the_cut(text: str, channel: str, data: st.DataObject) -> None:
    def watched(borders: list[int]) -> list[object]:
        checks = TextChecks(channel)
        found: list[object] = []
        for start, end in zip([0, *borders], [*borders, len(text)], strict=True):
            found += checks.feed(text[start:end])
        return [f for f in found + list(checks.close()) if getattr(f, "code", "") in {LOOP, TWICE}]

    whole = watched([])
    assert watched(sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))) == whole
    for f in whole:
        assert 0 <= getattr(f, "start", -1) < getattr(f, "end", 0) <= len(text)


def test_memory_is_bounded() -> None:
    detector = Repetition(Setting("content", TextContext()))
    blocks = [Block(f"{k} {random.Random(k).random()} 字" * 8, 0, "") for k in range(400)]
    for block in blocks:
        _ = block.raw
    tracemalloc.start()
    for k, block in enumerate(blocks):
        detector.feed(Block(block.text[:128].ljust(128), k * 128, ""))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size < 200_000
