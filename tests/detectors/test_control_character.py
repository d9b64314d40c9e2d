import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/control-character"


@pytest.mark.parametrize(
    "text",
    [
        "nul\0here",
        "back\x08space",
        "bell \x07 rings",
        "del\x7fete",
        "C1 it\x92s here",
        "non\ufdd0character",
        "last\uffff",
        "plane\U0001fffe",
        "\x1b[31mred\x1b[0m words",
        "title \x1b]0;x\x07 set",
        "abc\u202edef\u202c",
        "user\u202d never closed",
        "x\u2066never closed\nnext line",
        "a\u202bnever closed\u2069",
        "in a w\x0cord",
    ],
)
def test_what_is_no_text_is_a_warning(text: str) -> None:
    assert severities(CODE, text) == ["warning"]


@pytest.mark.parametrize(
    "text",
    [
        "page one\n\x0c\npage two",
        "\ufeffbegins with a mark",
        "an icon \ue0b0 here",
        "\U000f0001 another",
        "a\u2066b\u2069 c",
        "a\u202bשלום\u202c c",
        "\u202bשלום\nעולם",  # writers of Hebrew let the paragraph close it
        "on August 13 \x95 the president",  # a bullet of Windows-1252, cited from a page
        "In a terminal, \x1b[31m starts red.",
        "```sh\nprintf '\x1b[31m'\n```\n",
        "the override U+202E (\u202e) turns text",
        "the `\0` byte",
    ],
)
def test_harmless_or_spoken_of_is_a_note(text: str) -> None:
    assert severities(CODE, text) == ["note"]


@pytest.mark.parametrize(
    "text",
    [
        "tab\tand\r\nline",
        "\u200fشلام\u200e",
        "zero\u200bwidth\u200djoiner",
        "soft\u00adhyphen",
        "no\u00a0break",
        "👩‍👩‍👧‍👦",
        "\u061cعربي",
    ],
)
def test_ordinary_invisible_characters_are_silent(text: str) -> None:
    assert not findings(CODE, text)


def test_neighbours_are_one_finding() -> None:
    (found,) = findings(CODE, "a\x01b\x02c\x03")
    assert (found.start, found.end, found.evidence["count"]) == (1, 6, 3)


def test_bidi_controls_are_counted_by_paragraph() -> None:
    assert severities(CODE, "a\u202ab\u202c\nc\u202ad\u202c\n") == ["note", "note"]


def test_a_pop_closes_only_what_was_opened_inside_the_isolate() -> None:
    assert severities(CODE, "a\u202ab\u2066c\u202cd\u2069e\u202cf\n") == ["note"]


def test_a_flood_makes_few_findings() -> None:
    assert len(findings(CODE, "\x01" * 20_000)) < 60
    assert len(findings(CODE, "\ue000 and then a lot of words that part them from each other. " * 200)) <= 8


def test_latin1_mojibake_is_not_told_a_second_time() -> None:
    assert not alarms(CODE, "你好，世界".encode().decode("latin-1"))


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_raise_no_alarm(name: str) -> None:
    assert not alarms(CODE, CLEAN[name] * 3)
