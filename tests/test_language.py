"""streamcheck.language: kinds of characters, pieces, what is counted in them, the tables as a file, and the judge."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scripts import garbage
from scripts.captures.words import PASSAGE
from streamcheck.detectors import BLOCK
from streamcheck.detectors.word_salad import WINDOWS
from streamcheck.language.judge import FEATURES, GROUPS, NORMAL, WAYS, Judge, glance_features, way_of
from streamcheck.language.kinds import LETTERS, kinds_of, normal_of
from streamcheck.language.measure import (
    BEFORE,
    COUNTS,
    NO_GLANCE,
    NOTHING,
    WORD,
    Counts,
    Glance,
    Measure,
    ideographs_of,
    lanes,
)
from streamcheck.language.pieces import Pieces
from streamcheck.language.tables import CLASSES, CLUSTERS, LANE, NAMELESS, Tables, load_tables, pack_tables, unpack_tables

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)
_TOKENS = ["the", "cat", "sat", "on", "a", "mat,", "Кот", "сел.", "猫が座る。", "x2", "(so)", "ñandú\n"]
prose = st.lists(st.sampled_from(_TOKENS), max_size=60).map(" ".join)

SOUND = (
    "The bakery on the corner opens before the first tram. Its owner puts the loaves into the window, sweeps the steps and talks to "
    "the postman, who is never in a hurry. By nine the shelves are half empty, and somebody has to go down to the cellar for flour. "
    "In winter the glass is white with steam, so that people outside can only guess what there is to buy. They come in all the same."
)


# ---------------------------------------------------------------------- kinds
@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("aZ", "aA"),
        ("éÉßǅ", "aAaA"),
        ("жЖ", "cc"),
        ("λΛ", "gg"),
        ("שא", "rr"),
        ("كم", "rr"),
        ("กა", "oo"),
        ("한글", "hh"),
        ("ひカｱー", "kkkk"),
        ("字々", "jj"),
        ("７٣9½", "0000"),
        (" \t\u00a0", "   "),
        ("\n\r\u2028", "\n\n\n"),
        ("([{（", "(((("),
        (")]}）", "))))"),
        (".!?。", "...."),
        (",;:、", ",,,,"),
        ("\"'`«»“”", '"' * 7),
        ("_", "_"),
        ("+=$€→😀", "$$$$$$"),
        ("\0\ufffd\ud800\ue000\u0378", "?????"),
    ],
)
def test_a_character_has_its_kind(text: str, kinds: str) -> None:
    assert kinds_of(text) == kinds


def test_marks_and_joiners_are_left_out() -> None:
    assert kinds_of("e\u0301कि\u200d\u200b") == "ao"
    assert unicodedata.category("ि") == "Mc"


@given(anything)
@example("Ａｂ\u3099")
def test_kinds_are_as_many_as_characters_that_are_no_marks(text: str) -> None:
    left_out = sum(unicodedata.category(char) in ("Mn", "Me", "Mc", "Cf") for char in text)
    kinds = kinds_of(text)
    assert len(kinds) == len(text) - left_out
    assert set(kinds) <= {*LETTERS, *'0 \n().,"$_?'}


@given(anything)
def test_every_kind_is_counted(text: str) -> None:
    counted = dict(zip(COUNTS, _counts(text).numbers, strict=True))
    kinds = kinds_of(text)
    assert sum(counted[kind] for kind in (*LETTERS, "0", "space", "newline", *'().,"$_?')) == len(kinds)
    assert counted["chars"] == len(text)


def test_the_normal_form_has_one_blank_for_any_space_and_one_sign_for_digits_and_ideographs() -> None:
    assert normal_of("  in\t1984\u00a0\n\u2003or ٣") == "in 0000 or 0"
    assert len(set(normal_of("字典"))) == len(set(normal_of("한글"))) == len(set(normal_of("ひカ"))) == 1
    assert len({normal_of("字"), normal_of("한"), normal_of("ひ")}) == 3
    assert normal_of("naïve straße λόγος") == "naïve straße λόγος"


@pytest.mark.parametrize(
    "char",
    ["x", "7", "٣", "字", "한", "\u3038", "½", "²", "Ⅷ", "①", "\U0001b001"],
)
def test_the_normal_form_of_a_character_does_not_hang_on_others(char: str) -> None:
    assert normal_of(f"a{char}b") == normal_of(f"a{char}b7字")[:-2]


@given(anything)
def test_the_normal_form_is_never_longer(text: str) -> None:
    normal = normal_of(text)
    assert len(normal) <= len(text)
    assert normal == normal.strip()
    assert "  " not in normal


# ---------------------------------------------------------------------- pieces
def pieces_of(text: str) -> list[str]:
    pieces = Pieces()
    return [pieces.feed(text[at : at + BLOCK]) for at in range(0, len(text), BLOCK)] + [pieces.close()]


@given(st.lists(prose | anything | st.integers(0, 300).map("x".__mul__), max_size=8).map(" ".join))
def test_the_sum_of_the_pieces_is_the_text(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(pieces) == text
    assert all(len(piece) <= BLOCK + 32 for piece in pieces)


@given(st.lists(st.text("abc", min_size=1, max_size=31), max_size=80))
def test_no_ordinary_word_is_cut(words: list[str]) -> None:
    pieces = pieces_of(" ".join(words))
    assert [word for piece in pieces for word in piece.split()] == words


def test_a_long_word_waits_for_nothing() -> None:
    pieces = Pieces()
    assert pieces.feed("x" * 128) == "x" * 128
    assert pieces.feed(" y " + "z" * 125) == " y " + "z" * 125
    assert pieces.feed("a b\nc") == "a b\n"
    assert pieces.close() == "c"
    assert pieces.close() == ""


# ---------------------------------------------------------------------- lanes and counts
@given(st.lists(st.integers(0, (1 << LANE) - 1), min_size=1, max_size=60))
def test_lanes_are_the_numbers_that_were_put_in(numbers: list[int]) -> None:
    together = sum(number << index * LANE for index, number in enumerate(numbers))
    assert lanes(together, len(numbers)) == numbers


def _row(start: int) -> Counts:
    return Counts(list(range(start, start + len(COUNTS))), 3 << LANE | start, 1 << LANE, start << 2 * LANE | 5)


def test_counts_add_up_and_can_be_taken_off_again() -> None:
    total = _row(7) + _row(40)
    assert total.numbers == [7 + 40 + 2 * index for index in range(len(COUNTS))]
    assert lanes(total.known, 2) == [47, 6]
    assert lanes(total.frequent, 2) == [0, 2]
    assert lanes(total.seen, 3) == [10, 0, 47]
    assert total - _row(40) == _row(7)
    assert _row(7) + NOTHING == _row(7)
    assert _row(7) - _row(7) == NOTHING


# ---------------------------------------------------------------------- what is counted
_SLOTS = 65_521  # prime
_ENGLISH, _CODE, _LAST = 0, 1, len(CLUSTERS) - 1


def _slots(text: str) -> set[int]:
    """Return the slots of the n-grams of four of a normal form."""
    return {int.from_bytes(text[at : at + 4].encode("utf-16-le"), "little") % _SLOTS for at in range(len(text) - 3)}


def _small_tables(grams: dict[str, int], pairs: Iterable[str] = ()) -> Tables:
    """Return tables of a handful of words of English (lane 0), German (1) and Polish (2). grams: text -> bits of its n-grams."""
    slots = bytearray(_SLOTS)
    for text, bits in grams.items():
        for slot in _slots(text):
            slots[slot] |= bits
    odd = bytearray(b"\1" * _SLOTS)
    for pair in pairs:
        odd[int.from_bytes(pair.encode("utf-16-le"), "little") % _SLOTS] = 0
    links = bytearray(CLASSES * CLASSES)
    links[1 * CLASSES + 2] = 160  # "the cat"
    links[2 * CLASSES + 3] = 96  # "cat sat"
    lane = [1 << number * LANE for number in range(3)]
    return Tables(
        grams=bytes(slots),
        pairs=bytes(odd),
        words=defaultdict(int, {"the": 2, "cat": 3, "sat": 4, "die": 5, "kot": 6, "der": 7, "a": NAMELESS}),
        known_lanes={0: 0, NAMELESS: 0, 2: lane[0], 3: lane[0], 4: lane[0], 5: lane[0] | lane[1], 6: lane[2], 7: lane[1]},
        frequent_lanes={0: 0, NAMELESS: 0, 2: lane[0], 3: 0, 4: 0, 5: lane[1], 6: 0, 7: lane[1]},
        class_of_entry=bytes([0, 0, 1, 2, 3, 0, 0, 0]),
        links=bytes(links),
        languages=("en", "de", "pl"),
        model={},
    )


_SMALL = _small_tables({"the cat sat": 1 << _ENGLISH, "cat(sat)": 1 << _ENGLISH | 1 << _CODE}, ["猫座", "座る"])


def _counts(text: str, tables: Tables = _SMALL) -> Counts:
    measure = Measure(tables)
    return measure.counts(measure.glance(text, ""))


def _named(text: str, tables: Tables = _SMALL) -> dict[str, int]:
    return dict(zip(COUNTS, _counts(text, tables).numbers, strict=True))


def test_words_are_counted_by_the_languages_that_know_them() -> None:
    counts = _counts("the cat sat; DIE Der xyzzy, a kot")
    named = dict(zip(COUNTS, counts.numbers, strict=True))
    assert (named["words"], named["unknown"]) == (8, 1)
    assert lanes(counts.known, 3) == [4, 2, 1]
    assert lanes(counts.frequent, 3) == [1, 2, 0]


def test_only_links_of_words_that_have_a_class_are_counted() -> None:
    named = _named("the cat sat kot cat")
    assert (named["links"], named["link_score"]) == (2, 160 + 96)


def test_plain_words_are_small_words_between_blanks() -> None:
    named = _named("The cat sat, xyzzy wxyz.com Foo fooBar qqq_q ab kot")
    assert (named["plain"], named["plain_unknown"]) == (4, 2)  # cat, sat, xyzzy, wxyz


def test_n_grams_are_counted_by_the_clusters_that_have_them() -> None:
    whole = _counts("the cat sat")
    grams = whole.numbers[COUNTS.index("grams")]
    assert grams > 0
    assert lanes(whole.seen, len(CLUSTERS) + 1)[_ENGLISH] == grams
    assert lanes(whole.seen, len(CLUSTERS) + 1)[_LAST] == 0
    assert lanes(whole.seen, len(CLUSTERS) + 1)[len(CLUSTERS)] == grams  # in any
    both = _counts("cat(sat)")
    seen = lanes(both.seen, len(CLUSTERS) + 1)
    assert seen[_ENGLISH] == seen[_CODE] == seen[len(CLUSTERS)] == both.numbers[COUNTS.index("grams")]
    assert _counts("qqqqwwww").seen == 0


def test_n_grams_reach_over_the_border_of_two_pieces() -> None:
    measure = Measure(_SMALL)
    first = measure.glance("the cat ", "")
    second = measure.glance("sat", "the cat "[-BEFORE:])
    counts = measure.counts(first) + measure.counts(second)
    assert lanes(counts.seen, len(CLUSTERS) + 1)[_ENGLISH] == counts.numbers[COUNTS.index("grams")]
    assert counts.numbers[COUNTS.index("grams")] >= _counts("the cat sat").numbers[COUNTS.index("grams")]


def test_pairs_of_ideographs_are_odd_unless_the_tables_have_them() -> None:
    assert ideographs_of("a猫座る, b字c") == "\n猫座る\n字\n"
    known = _named("猫座")
    odd = _named("字典")
    assert (known["pairs"], known["odd_pairs"]) == (1, 0)
    assert (odd["pairs"], odd["odd_pairs"]) == (1, 1)
    assert _named("the cat")["pairs"] == _named("Кот ест")["pairs"] == 0


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("aName getX Foo", "camel", 2),
        ("x2 3d v10 20 a_1", "letter_digit", 3),
        ("a),(b.. c", "sign_pairs", 2),
        ("catкот", "script_glued", 1),
        ("猫Python を", "script_glued", 0),
        ("한кот", "script_glued", 1),
        ("cat кот cat", "script_changes", 2),
        ("( a ) \n)", "stray_closers", 2),
        ("cat", "script_changes", 0),
    ],
)
def test_other_signs_of_noise_are_counted(text: str, name: str, number: int) -> None:
    assert _named(text)[name] == number


@given(st.lists(prose, min_size=2, max_size=5))
def test_the_counts_of_pieces_are_those_of_the_text(parts: list[str]) -> None:
    parts = [f"{part} " for part in parts]
    measure, total, before = Measure(_SMALL), NOTHING, ""
    for part in parts:
        total += measure.counts(measure.glance(part, before))
        before = part[-BEFORE:]
    whole = _counts("".join(parts))
    assert (total.known, total.frequent) == (whole.known, whole.frequent)
    for name in ("chars", "words", "unknown", "camel", *LETTERS, "0", "newline", *"()$_?"):
        assert total.numbers[COUNTS.index(name)] == whole.numbers[COUNTS.index(name)]


@given(st.lists(anything, min_size=1, max_size=4))
def test_no_text_can_be_too_odd_to_count(parts: list[str]) -> None:
    measure, total, before = Measure(_SMALL), NOTHING, ""
    for part in parts:
        total += measure.counts(measure.glance(part, before))
        before = part[-BEFORE:]
    counted = dict(zip(COUNTS, total.numbers, strict=True))
    assert min(total.numbers) >= 0
    for part, whole in (("unknown", "words"), ("odd_pairs", "pairs"), ("plain_unknown", "plain"), ("links", "words")):
        assert counted[part] <= counted[whole]
    assert max(lanes(total.seen, len(CLUSTERS) + 1)) <= counted["grams"]
    if counted["words"]:
        assert max(lanes(total.known, 3)) <= counted["words"]


# ---------------------------------------------------------------------- the file
def _packed(**changed: Any) -> bytes:
    # The steps between keys are numbers of 16 bits: a list must be long enough for them.
    words = {f"filler{number}": 2 + number % 3 for number in range(6_000)} | {"the": 2, "Straße": 3, "猫": 4, "\ud800x": 4}
    parts: dict[str, Any] = {
        "grams": bytes(range(256)) * 3,
        "pairs": b"\0\1" * 50,
        "words": words,
        "entries": [(0, 0, 0), (0, 0, 0), (1, 1, 5), (1 << 127 | 1 << 3, 0, 0), (0b110, 0b010, 96)],
        "links": bytes(CLASSES * CLASSES),
        "languages": ["en", "de"],
        "model": {"trees": [[[0.5]]]},
    }
    return pack_tables(**{**parts, **changed})


def test_what_is_packed_is_unpacked() -> None:
    tables = unpack_tables(_packed())
    assert (tables.grams, tables.pairs, tables.links) == (bytes(range(256)) * 3, b"\0\1" * 50, bytes(CLASSES * CLASSES))
    assert (tables.languages, tables.model) == (("en", "de"), {"trees": [[[0.5]]]})
    assert list(tables.class_of_entry) == [0, 0, 5, 0, 96]
    assert [tables.words[word] for word in ("the", "Straße", "\ud800x", "filler0", "filler1")] == [2, 3, 4, 2, 3]
    assert [tables.known_lanes[entry] for entry in range(5)] == [
        0,
        0,
        1,
        1 << 127 * LANE | 1 << 3 * LANE,
        1 << LANE | 1 << 2 * LANE,
    ]
    assert [tables.frequent_lanes[entry] for entry in range(5)] == [0, 0, 1, 0, 1 << LANE]


def test_words_of_one_letter_are_nobodys() -> None:
    words = unpack_tables(_packed()).words
    assert words["猫"] == words["x"] == words["é"] == NAMELESS


def test_keys_of_24_bits_let_few_unknown_words_pass() -> None:
    words = unpack_tables(_packed()).words
    unknown = [f"nobody says {number}" for number in range(20_000)]
    passed = sum(words[word] != 0 for word in unknown)
    assert passed <= 40  # 6,000 keys of 16.8 million: 7 of 20,000


def test_a_list_of_few_words_can_be_packed() -> None:
    assert unpack_tables(_packed(words={"the": 2})).words["the"] == 2


def test_another_format_is_refused_with_what_to_do() -> None:
    head, _, body = _packed().partition(b"\n")
    later = json.dumps({**json.loads(head), "format": 2}).encode() + b"\n" + body
    with pytest.raises(ValueError, match="format 2; this version reads 1: reinstall streamcheck"):
        unpack_tables(later)


# ---------------------------------------------------------------------- the tables that ship
def test_the_tables_are_small_and_their_licences_are_beside_them() -> None:
    folder = files("streamcheck.language")
    assert len(folder.joinpath("tables.bin").read_bytes()) < 1_500_000
    assert folder.joinpath("NOTICE").read_text(encoding="utf-8").strip()


def test_the_tables_know_many_languages() -> None:
    languages = load_tables().languages
    assert len(set(languages)) == len(languages) >= 30
    assert {"en", "de", "fr", "es", "ru", "pl", "tr", "el", "ar", "he", "hi"} <= {code.partition("-")[0] for code in languages}


def test_the_tables_fit_together() -> None:
    tables = load_tables()
    assert len(tables.links) == CLASSES * CLASSES
    assert max(tables.class_of_entry) < CLASSES
    assert set(tables.pairs) <= {0, 1}
    for slots in (len(tables.grams), len(tables.pairs)):
        assert all(slots % divisor for divisor in range(2, int(slots**0.5) + 1))
    for word in ("the", "and", "der", "что", "και"):
        entry = tables.words[word]
        assert entry > NAMELESS
        assert max(lanes(tables.known_lanes[entry], len(tables.languages))) == 1
    assert tables.words["xqzvkwy"] == 0


def test_the_model_fits_the_code() -> None:
    model = load_tables().model
    assert len(model["expected"]) == len(GROUPS)
    assert {len(row) for row in model["normal"].values()} == {len(NORMAL)}
    assert "" in model["normal"]
    for trees, features in ((model["trees"], len(FEATURES)), (model["screen"]["trees"], len(glance_features(NO_GLANCE)))):
        for tree in trees:
            for at, node in enumerate(tree):
                assert len(node) == 1 or (node[0] < features and at < node[2] < len(tree) and at < node[3] < len(tree))
    assert set(model["limits"]) == set(WAYS)
    for sizes in model["limits"].values():
        assert {int(size) for size in sizes} == set(WINDOWS)
        assert all(suspect < degenerate for suspect, degenerate in sizes.values())


# ---------------------------------------------------------------------- the judge
# What may speak either way; the others are anomalies, and more of one never speaks for language.
_FREE = {"capitals", "digits", "symbols", "line breaks", "length", "English", "ideographs"}


def _judge(**changed: Any) -> Judge:
    tables = load_tables()
    return Judge({**tables.model, **changed}, tables.languages)


def _thresholds() -> list[list[float]]:
    """Return for each feature values on both sides of every border that a tree draws."""
    values: list[set[float]] = [{0.0} for _ in FEATURES]
    for tree in load_tables().model["trees"]:
        for node in tree:
            if len(node) > 1:
                values[node[0]] |= {node[1], node[1] + 1e-6}
    return [sorted(found) for found in values]


_rows = st.deferred(lambda: st.tuples(*map(st.sampled_from, _thresholds())).map(list))
_anomalies = st.sampled_from([number for number, name in enumerate(FEATURES) if name not in _FREE])


@given(_rows, _anomalies, st.floats(0, 40))
def test_more_of_an_anomaly_never_lowers_the_odds(row: list[float], feature: int, more: float) -> None:
    judge = _judge(calm={})
    odder = [*row]
    odder[feature] += more
    assert judge.log_odds(odder) >= judge.log_odds(row) - 1e-9


@given(_rows, _anomalies, st.floats(0, 40))
def test_what_is_not_calm_stays_so_when_an_anomaly_grows(row: list[float], feature: int, more: float) -> None:
    judge = _judge()
    odds = judge.log_odds(row)
    if odds >= max(load_tables().model.get("calm", {}).values(), default=odds):
        odder = [*row]
        odder[feature] += more
        assert judge.log_odds(odder) >= odds - 1e-9


@given(_rows)
def test_what_the_first_trees_find_calm_is_below_every_limit(row: list[float]) -> None:
    model = load_tables().model
    lowest = min(suspect for sizes in model["limits"].values() for suspect, _ in sizes.values())
    cut, whole = _judge().log_odds(row), _judge(calm={}).log_odds(row)
    assert cut == whole or cut < lowest


def _windows(text: str) -> list[tuple[list[Glance], Counts]]:
    """Return the windows of two pieces of `text`."""
    measure, before = Measure(load_tables()), ""
    glances = []
    for piece in pieces_of(text):
        if piece:
            glances.append(measure.glance(piece, before))
            before = piece[-BEFORE:]
    return [(glances[at : at + 2], sum(map(measure.counts, glances[at : at + 2]), NOTHING)) for at in range(len(glances) - 1)]


@given(st.lists(anything | prose, max_size=3).map(" ".join))
def test_features_have_names_and_are_finite(text: str) -> None:
    judge = _judge()
    for glances, counts in [*_windows(text), ([NO_GLANCE], NOTHING)]:
        features = judge.features(counts)
        assert len(features) == len(FEATURES)
        assert all(abs(value) < 1e6 for value in features)
        assert way_of(features) in WAYS
        assert abs(judge.log_odds(features)) < 100
        assert judge.clears(*glances) in (True, False)
        assert 0 <= judge.cluster_of(counts) < len(CLUSTERS)
        suspect, degenerate = judge.limits(features, 2)
        assert suspect < degenerate


@pytest.mark.parametrize("text", [SOUND, *PASSAGE.values()])
def test_sound_text_is_below_the_limits_whether_a_glance_clears_it_or_not(text: str) -> None:
    judge = _judge()
    for _, counts in _windows(text):
        features = judge.features(counts)
        assert judge.log_odds(features) < judge.limits(features, 2)[0]


def test_a_glance_clears_plain_english() -> None:
    judge = _judge()
    cleared = [judge.clears(*glances) for glances, _ in _windows(SOUND)]
    assert sum(cleared) >= len(cleared) / 2


@pytest.mark.parametrize("seed", range(5))
def test_a_glance_clears_no_salad_of_many_languages(seed: int) -> None:
    judge = _judge()
    for glances, counts in _windows(garbage.multilingual_salad(Random(seed), 600)):
        features = judge.features(counts)
        assert not judge.clears(*glances)
        assert judge.log_odds(features) > 0


def test_english_is_written_in_english_and_chinese_in_ideographs() -> None:
    judge = _judge()
    assert {way_of(judge.features(counts)) for _, counts in _windows(SOUND)} == {"English"}
    assert {way_of(judge.features(counts)) for _, counts in _windows("我们在河边看见一只很大的鸟，它不飞也不叫。" * 20)} == {
        "ideographs"
    }
    assert WORD.findall("cat's 猫 кот_2") == ["cat", "s", "кот"]
