import pytest

from tests.detectors.support import CLEAN, findings

CODE = "text/lone-surrogate"


@pytest.mark.parametrize(
    ("text", "at", "count", "point"),
    [
        ("a \ud83d b", 2, 1, "U+D83D"),
        ("a\udc00", 1, 1, "U+DC00"),
        ("\ud83d\ude00!", 0, 2, "U+D83D"),  # two code points are no pair in a string of characters
        ("x" * 127 + "\ud800\ud801" + "y", 127, 2, "U+D800"),
        ("\udfff" * 300, 0, 300, "U+DFFF"),
        ("안녕 \ud83d 하세요", 3, 1, "U+D83D"),
    ],
)
def test_a_surrogate_is_an_error_with_its_code_point(text: str, at: int, count: int, point: str) -> None:
    (found,) = findings(CODE, text)
    assert (found.severity, found.start, found.end) == ("error", at, at + count)
    assert found.evidence["code_points"][0] == point
    assert found.evidence["count"] == count


def test_the_evidence_can_be_written_as_utf8() -> None:
    (found,) = findings(CODE, "a \ud83d b")
    assert (found.message + found.evidence["near"]).encode("utf-8")


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_have_none(name: str) -> None:
    assert not findings(CODE, CLEAN[name] * 3)


@pytest.mark.parametrize("text", ["\ud7a3\ue000", "힣 한국어", "😀👩‍👩‍👧", "\U0010ffff\U00010000", "écrit \\ud83d"])
def test_neighbours_of_the_range_are_none(text: str) -> None:
    assert not findings(CODE, text)
