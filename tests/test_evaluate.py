"""scripts/evaluate: the garbage is what it says, the peers fire where they should, and the numbers come out."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from scripts import garbage
from scripts.captures.words import TEXT
from scripts.evaluation import __main__ as evaluate
from scripts.evaluation.figures import clean_rows, folded, found_rows
from scripts.evaluation.inputs import PIECE, ROOT, InputError, Sample, clean_folder, cut, held_out, marked
from scripts.evaluation.intervals import poisson, quantile, wilson
from scripts.evaluation.peers import DELTA, PEERS
from scripts.evaluation.synthetic import KINDS, from_samples, made, own_languages
from scripts.evaluation.watching import Outcome, Told, stopped_at, watch

PROSE = (ROOT / "README.md").read_text(encoding="utf-8")
SENTENCES = (
    "The harbour wall was finished in spring. Nobody had believed that the stones would hold, yet they did. A lamp burns at its "
    "end, and on clear nights the island sees it. Children wave at the ferry; the captain answers with a short blast of the horn. "
    "When autumn comes the boats are pulled ashore, painted again, and covered with heavy cloth until the ice is gone. "
)


# ------------------------------------------------------------------------------------------------------------- garbage
SALADS = [garbage.word_salad, garbage.function_salad, garbage.piece_salad, garbage.letter_salad, garbage.punctuation_salad]


@pytest.mark.parametrize("language", garbage.LANGUAGES)
@pytest.mark.parametrize("make", [*SALADS, garbage.leaked, garbage.counting], ids=lambda make: make.__name__)
def test_garbage_has_the_length_asked_for(make, language: str) -> None:  # type: ignore[no-untyped-def]
    for length in (1, 100, 731):
        assert len(make(Random(length), garbage.of_language(language), length)) == length


def test_the_same_seed_gives_the_same_garbage() -> None:
    words = garbage.vocabulary([SENTENCES])
    assert garbage.word_salad(Random(5), words, 300) == garbage.word_salad(Random(5), words, 300)
    assert garbage.word_salad(Random(5), words, 300) != garbage.word_salad(Random(6), words, 300)


def test_a_vocabulary_ranks_words_and_keeps_marks_with_their_letters() -> None:
    words = garbage.vocabulary([SENTENCES])
    assert words.common[0] == "the"
    assert not set(words.common) & set(words.rare)
    assert words.between == " "
    assert "हिन्दी" in garbage.vocabulary(["यह हिन्दी है और यह भी हिन्दी है"]).words
    assert garbage.vocabulary([TEXT["zh"]]).between == ""


def test_a_text_without_words_gives_no_vocabulary() -> None:
    with pytest.raises(ValueError, match="no words"):
        garbage.vocabulary(["0123 --- 4567"])


def test_function_salad_holds_nothing_but_common_words() -> None:
    words = garbage.of_language("de")
    assert set(garbage.function_salad(Random(1), words, 400).split()[:-1]) <= set(words.common)


def test_shuffling_keeps_every_word() -> None:
    shuffled = garbage.shuffled(Random(1), SENTENCES)
    assert shuffled.split() != SENTENCES.split()
    assert Counter(shuffled.split()) == Counter(SENTENCES.split())


def test_counted_lines_differ_in_their_number_only() -> None:
    lines = garbage.counting(Random(2), garbage.of_language("en"), 900).replace(", ", "\n").split("\n")[:-1]
    assert len({"".join(c for c in line if not c.isdigit()) for line in lines}) == 1
    assert len(set(lines)) == len(lines)


def test_drifting_copies_differ_but_not_by_much() -> None:
    words = garbage.vocabulary([SENTENCES])
    text = garbage.drifting(Random(3), "The lamp at the end of the long wall burns on clear nights. ", words, 600)
    copies = text.split(". ")[:5]
    assert len(set(copies)) > 1
    assert all(sum(a != b for a, b in zip(x.split(), y.split(), strict=False)) <= 2 for x, y in pairwise(copies))


def test_doubled_text_says_each_token_twice() -> None:
    assert garbage.doubled("Two and two") == "TwoTwo and and two two"


def test_mixed_scripts_begin_with_a_broken_word() -> None:
    text = garbage.mixed_scripts(Random(4), SENTENCES)
    first = text.split()[0]
    assert "The" in first
    assert any(ord(c) > 0x2FF for c in first)
    assert sum(any(ord(c) > 0x2FF for c in word) for word in text.split()) > len(SENTENCES.split()) / 6


def test_misread_text_can_be_read_back_and_lost_text_cannot() -> None:
    assert garbage.misread("éa…ü", "cp1252").encode("cp1252").decode() == "éa…ü"
    assert garbage.lost(Random(1), TEXT["ru"])[0] == "\ufffd"
    assert garbage.lost(Random(1), TEXT["ru"]).count("\ufffd") > 3


# ----------------------------------------------------------------------------------------------------------- synthetic
@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    materials = [*from_samples([Sample(PROSE, "pages", "own")]), *own_languages()]
    return list(made(materials, each=6, seed=11))


def test_every_kind_has_its_samples(samples: list[Sample]) -> None:
    assert Counter(sample.kind for sample in samples) == dict.fromkeys(KINDS, 6)


def test_the_text_before_the_onset_is_sound_and_what_follows_is_not(samples: list[Sample]) -> None:
    texts = [PROSE, *(material.texts[0] for material in own_languages())]
    for sample in samples:
        assert sample.onset
        head = sample.text[: sample.onset]
        assert any(head in text for text in texts)
        assert len(sample.text) >= sample.onset + 20
        assert not any(sample.text[: sample.onset + 60] in text for text in texts) or sample.kind.startswith("loop_"), sample.name


@pytest.mark.parametrize("kind", ["loop_char", "loop_short", "loop_sentence", "loop_paragraph"])
def test_loops_repeat_from_the_onset_on(samples: list[Sample], kind: str) -> None:
    for sample in samples:
        if sample.kind == kind:
            assert sample.onset is not None
            period = sample.settled - sample.onset
            garbled = sample.text[sample.onset :]
            assert garbled[: 2 * period] == garbled[period : 3 * period]


@pytest.mark.parametrize(
    ("kind", "begins"), [("lost", ("\ufffd",)), ("template_leak", garbage.TEMPLATE_TOKENS)], ids=["lost", "template_leak"]
)
def test_damage_begins_at_the_onset(samples: list[Sample], kind: str, begins: tuple[str, ...]) -> None:
    chosen = [sample for sample in samples if sample.kind == kind]
    assert all(sample.text[sample.onset or 0 :].startswith(begins) for sample in chosen)


def test_a_sample_does_not_depend_on_how_many_there_are(samples: list[Sample]) -> None:
    materials = [*from_samples([Sample(PROSE, "pages", "own")]), *own_languages()]
    fewer = list(made(materials, each=2, seed=11))
    assert [s for s in samples if int(s.source.split()[1]) < 2] == fewer


# --------------------------------------------------------------------------------------------------------------- peers
_PARAGRAPHS = "".join(
    f"I will now check the {word} once more before I go on with the answer that was asked for here, and then write it down.\n\n"
    for word in ("plan", "code", "file", "text", "test", "list", "page", "word", "line", "note")
)
_FILLER = "just keep going pushing ahead now doing this and staying with the plan until it gets done well soon"
_STALL = "\n\n".join(garbage.shuffled(Random(n), _FILLER) for n in range(20))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gemini-cli", SENTENCES + "and then the ferry turns right, " * 30),
        ("oh-my-pi", SENTENCES + "and then the ferry turns right, " * 12),
        ("oh-my-pi", SENTENCES * 4),
        ("oh-my-pi", _PARAGRAPHS),
        ("oh-my-pi", _STALL),
        ("vllm", SENTENCES + "the the the the the the "),
        ("vllm", SENTENCES + "and then the ferry turns right, " * 5),
        ("litellm", "abc " * 120),
        ("llm-degen-guard", SENTENCES + "again " * 120),
    ],
)
def test_a_peer_fires_on_its_textbook_case(name: str, text: str) -> None:
    assert stopped_at(name, text) is not None


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_is_silent_on_sound_prose(name: str) -> None:
    assert stopped_at(name, SENTENCES) is None
    assert stopped_at(name, "\n\n".join(TEXT.values())) is None


def test_gemini_like_does_not_look_into_fences_and_begins_anew_at_lists() -> None:
    loop = "and then the ferry turns right, " * 30
    assert stopped_at("gemini-cli", "```\n" + loop + "\n```\n") is None
    assert stopped_at("gemini-cli", "".join(f"\n* item\n{loop[:200]}" for _ in range(12))) is None


def test_litellm_like_needs_a_period_that_fits_its_deltas() -> None:
    assert stopped_at("litellm", "abcd" * 99) is None
    assert stopped_at("litellm", "abcd" * 100) == 100 * DELTA
    assert stopped_at("litellm", "abcde" * 300) is None


def test_peers_take_any_text() -> None:
    for text in ("", "\ud800" * 900, "\0" * 600, "\n" * 700, " " * 3_000, "あ" * 2_000, "```" * 400):
        for name in PEERS:
            stopped_at(name, text)


# ------------------------------------------------------------------------------------------------------------- figures
def test_intervals_are_the_known_ones() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert poisson(0) == pytest.approx((0.0, 3.689), abs=1e-3)
    assert poisson(5) == pytest.approx((1.623, 11.668), abs=1e-3)
    assert poisson(400) == pytest.approx((361.8, 441.2), abs=0.3)


def test_quantiles_are_measured_values() -> None:
    assert quantile([], 0.5) is None
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(1, 11), 0.9) == 9


def outcome(*told: Told, onset: int | None = 100, settled: int = 100, exact: bool = True) -> Outcome:
    return Outcome(Sample("x" * 500, "loop_char", "synthetic", onset=onset, settled=settled, exact=exact), told)


def told(start: int, end: int, at: int, *, certain: bool = True) -> Told:
    return Told("text/repetition", certain, start, end, at, "")


def test_a_finding_that_ends_before_the_exact_onset_finds_nothing() -> None:
    row = found_rows([outcome(told(10, 90, 128))], split=False)[0]
    assert (row["not_clean"], row["alarms_in_sound_beginning"]) == (0, 1)
    assert found_rows([outcome(told(10, 90, 128), exact=False)], split=False)[0]["not_clean"] == 1


def test_place_and_delay_are_counted_from_the_onset() -> None:
    row = found_rows([outcome(told(130, 200, 256), settled=120), outcome(told(50, 200, 384))], split=False)[0]
    assert (row["onset_error_median"], row["onset_error_90"], row["early"]) == (10, 50, 1)
    assert (row["delay_median"], row["delay_90"]) == (156, 284)


def test_a_place_inside_the_first_copy_of_a_loop_is_right() -> None:
    row = found_rows([outcome(told(150, 300, 384), settled=180)], split=False)[0]
    assert row["onset_error_median"] == 0
    assert (row["delay_median"], row["delay_from_second_copy_median"]) == (284, 204)


def test_a_warning_makes_a_text_not_clean_and_an_error_degenerate() -> None:
    row = found_rows([outcome(told(100, 200, 256, certain=False))], split=False)[0]
    assert (row["degenerate"], row["not_clean"]) == (0, 1)


def test_a_sound_text_counts_once_as_alarm() -> None:
    rows = clean_rows([outcome(told(0, 9, 128), told(300, 310, 384), onset=None), outcome(onset=None)])
    assert [(row["kind"], row["texts"], row["not_clean"], row["degenerate"]) for row in rows][-1] == ("synthetic, all", 2, 1, 1)
    assert rows[-1]["not_clean_per_million"] == pytest.approx(1e6 / 1000)


def test_kinds_without_alarm_are_told_in_one_row() -> None:
    outcomes = [Outcome(Sample("x" * 100, kind, "folder"), ()) for kind in "abc"]
    assert [(row["kind"], row["characters"]) for row in folded(clean_rows(outcomes))] == [
        ("3 kinds without an alarm", 300),
        ("folder, all", 300),
    ]


def test_lost_characters_are_placed_and_told_at_the_end_of_a_block() -> None:
    seen = watch(Sample(SENTENCES[:200] + "\ufffd" + SENTENCES, "lost", "", onset=200, exact=True), peers=False)
    first = seen.first(certain=True)
    assert first is not None
    assert first.start == 200
    assert first.at % 128 == 0
    assert first.at > 200
    assert watch(Sample(SENTENCES, "", ""), peers=False).told == ()


# -------------------------------------------------------------------------------------------------------------- inputs
def test_pieces_add_up_to_the_text_and_end_with_a_line() -> None:
    text = SENTENCES.replace(". ", ".\n") * 120
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(len(piece) <= PIECE and piece.endswith("\n") for piece in pieces[:-1])


def test_about_half_of_all_sources_are_held_out() -> None:
    assert 400 < sum(held_out(f"source {n}") for n in range(1_000)) < 600


def test_marked_texts_keep_their_onset_and_whether_they_are_measured(tmp_path: Path) -> None:
    rows = [
        {"text": "x" * 90, "kind": "loop", "clean_prefix_chars": 7, "detect": "statistical", "source": "a"},
        {"text": "x" * 90, "kind": "loop", "detect": "semantic"},
        {"text": "x", "kind": "loop"},
    ]
    path = tmp_path / "garbled.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    assert [(s.onset, s.measured, s.exact) for s in marked(path, "real")] == [
        (7, True, False),
        (0, False, False),
        (0, False, False),
    ]
    assert [s.onset for s in marked(path, "hard clean")] == [None] * 3


@pytest.mark.parametrize(
    ("line", "says"), [("{", ":1: "), ("[]", ":1: expected an object"), ('{"text": 1}', '"text" and "kind"')]
)
def test_bad_lines_are_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "garbled.jsonl"
    path.write_text(line)
    with pytest.raises(InputError, match=says):
        marked(path, "real")


def test_a_folder_gives_up_to_the_sample_of_each_kind(tmp_path: Path) -> None:
    for kind in ("one", "two"):
        (tmp_path / kind).mkdir()
        for n in range(3):
            (tmp_path / kind / f"{n}.txt").write_text(SENTENCES * 10)
    found = clean_folder(tmp_path, 5_000)
    assert Counter(s.kind for s in found) == {"one": 2, "two": 2}
    assert sum(len(s.text) for s in found if s.kind == "one") == 5_000


# ---------------------------------------------------------------------------------------------------------------- main
def test_the_script_prints_every_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "numbers.md"
    assert evaluate.main(["--synthetic", "--each", "1", "--sample", "3000", "--list", "--markdown", str(page)]) == 0
    printed = capsys.readouterr().out
    for title in ("Made garbage with exact onset", "by its length", "beside the peers", "Cost, CPU", "Alarms and misses"):
        assert title in printed
    assert all(kind in printed for kind in KINDS)
    assert page.read_text(encoding="utf-8") + "\n" == printed
    assert "--markdown numbers.md`" in printed
    assert str(tmp_path) not in printed


def test_the_script_reads_every_kind_of_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    garbled, hard, folder, clean = (tmp_path / name for name in ("garbled.jsonl", "hard.jsonl", "streams", "clean"))
    row = {"text": SENTENCES + "\ufffd\ufffd" + SENTENCES, "kind": "replacement_chars", "clean_prefix_chars": len(SENTENCES)}
    garbled.write_text(json.dumps({**row, "source": "a thread", "detect": "statistical"}))
    hard.write_text(json.dumps({"text": SENTENCES, "kind": "clean"}))
    folder.mkdir()
    event = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": SENTENCES}, "finish_reason": "stop"}]}
    (folder / "a.sse").write_text(
        f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', **event})}\n\ndata: [DONE]\n\n"
    )
    (folder / "index.jsonl").write_text('{"file": "a.sse", "expect": "clean"}\n{"file": "b.sse", "expect": "any"}\n')
    clean.mkdir()
    (clean / "a.txt").write_text(SENTENCES)
    words = ["--garbled", str(garbled), "--hard-clean", str(hard), "--streams", str(folder), "--clean", str(clean), "--json"]
    assert evaluate.main([*words, "--no-peers"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["real"][0]["degenerate"] == 1
    assert document["real"][0]["onset_error_median"] == 0
    assert document["streams"] == {"checked": 1, "not_clean": []}
    assert [r["kind"] for r in document["clean"]] == ["hard clean, all", "clean, all", "recorded content", "streams, all"]
    assert document["synthetic"] == []


@pytest.mark.parametrize("option", ["--garbled", "--hard-clean", "--streams", "--clean"])
def test_a_missing_input_is_told_and_exits_2(option: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert evaluate.main([option, str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_ctrl_c_prints_what_is_known(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0

    def interrupted(sample: Sample, *, peers: bool) -> Outcome:
        nonlocal seen
        seen += 1
        if seen > 5:
            raise KeyboardInterrupt
        return watch(sample, peers=peers)

    monkeypatch.setattr(evaluate, "watch", interrupted)
    assert evaluate.main(["--each", "1", "--sample", "2000", "--no-peers"]) == 130
    printed = capsys.readouterr().out
    assert "interrupted" in printed
    assert "own pages" in printed
