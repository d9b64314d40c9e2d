import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/replacement-character"


@pytest.mark.parametrize(
    ("text", "at", "run"),
    [
        ("Die Stra\ufffde ist lang.", 8, 1),
        ("我可以\ufffd\ufffd助你完成任务。", 3, 2),
        ("y절\ufffd\ufffd\ufffd이에요.", 2, 3),
        ("정리\ufffd", 2, 1),
        ("\ufffd\ufffd보 메시지", 0, 2),
        ("x" * 127 + "\ufffd\ufffd\ufffdy", 127, 3),  # over the border of two blocks
        ('{"city": "\ufffd"}', 10, 1),  # the value of a member is text, not a mention
    ],
)
def test_lost_characters_in_running_text_are_an_error_with_their_place(text: str, at: int, run: int) -> None:
    (found,) = findings(CODE, text)
    assert (found.severity, found.start, found.end) == ("error", at, at + run)
    assert found.evidence["run"] == run
    assert found.evidence["written_by"] == "server"
    assert "\ufffd" in found.evidence["near"]


def test_runs_that_do_not_touch_are_separate_findings() -> None:
    assert [(f.start, f.end) for f in findings(CODE, "a\ufffdb\ufffd\ufffdc")] == [(1, 2), (3, 5)]


def test_a_lost_letter_in_a_string_of_code_is_an_error() -> None:
    assert severities(CODE, "```python\nprint('안녕\ufffd\ufffd하세요')\n```\n") == ["error"]


def test_an_endless_run_is_told_while_it_comes() -> None:
    assert len(findings(CODE, "\ufffd" * 2000)) > 1


@pytest.mark.parametrize(
    "text",
    [
        'Browsers draw "\ufffd" there.',
        "Browsers draw '\ufffd' there.",
        "Browsers draw `\ufffd\ufffd` there.",
        "Browsers draw it (\ufffd) there.",
        "Man sieht „\ufffd“ im Text.",
        "The sign \ufffd is U+FFFD.",
        "A replacement character looks like this: caf\ufffd.",
        "這種亂碼通常是 \ufffd 這樣的字。",
        "That is mojibake \ufffd.",
        "I see \ufffd where the encoding was wrong.",
        "```python\nassert f(b'caf\\xe9') == 'caf\ufffd'\n```\n",
        'The log said "caf\ufffd latte", so the file is not valid UTF-8.',
    ],
)
def test_talk_about_the_sign_is_a_note(text: str) -> None:
    assert severities(CODE, text) == ["note"]


def test_words_behind_the_sign_count_too() -> None:
    assert severities(CODE, "x" * 120 + " \ufffd " + "is what a decoder writes for it, " * 2 + "U+FFFD.") == ["note"]


def test_notes_are_few() -> None:
    assert len(findings(CODE, 'U+FFFD "\ufffd" ' * 100)) < 20


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_raise_no_alarm(name: str) -> None:
    assert not alarms(CODE, CLEAN[name])
    assert not alarms(CODE, CLEAN[name] * 5)
