"""The Script table: spot checks against the standard, and that ranges neither overlap nor touch."""

import unicodedata
from itertools import pairwise

import pytest

from scripts.make_script_table import module_text, ranges_of
from streamcheck.unicode_scripts import SCRIPTS, UNICODE_VERSION, script_of, script_ranges


@pytest.mark.parametrize(
    ("char", "script"),
    [
        ("a", "Latin"),
        ("é", "Latin"),
        ("ａ", "Latin"),
        ("K", "Latin"),
        ("ж", "Cyrillic"),
        ("π", "Greek"),
        ("\u2126", "Greek"),
        ("µ", "Common"),
        ("的", "Han"),
        ("\U00020000", "Han"),
        ("々", "Han"),
        ("ㄅ", "Bopomofo"),
        ("の", "Hiragana"),
        ("ノ", "Katakana"),
        ("ｱ", "Katakana"),
        ("ー", "Common"),
        ("한", "Hangul"),
        ("ا", "Arabic"),
        ("ש", "Hebrew"),
        ("ก", "Thai"),
        ("ह", "Devanagari"),
        ("\u0301", "Inherited"),
        ("\u200d", "Inherited"),
        ("1", "Common"),
        ("，", "Common"),
        ("😀", "Common"),
        ("\0", "Common"),
        ("\ue000", "Unknown"),
        ("\ud800", "Unknown"),
        ("\U0010ffff", "Unknown"),
    ],
)
def test_script_of_known_characters(char: str, script: str) -> None:
    assert script_of(char) == script


def test_ranges_rise_and_do_not_overlap() -> None:
    rows = sorted(r for ranges in script_ranges().values() for r in ranges)
    assert all(first <= last for first, last in rows)
    assert all(left[1] < right[0] for left, right in pairwise(rows))
    for ranges in script_ranges().values():
        assert all(left[1] + 1 < right[0] for left, right in pairwise(ranges)), "neighbours are joined"


def test_every_letter_that_python_names_by_its_script_agrees() -> None:
    names = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "ARABIC": "Arabic", "HEBREW": "Hebrew", "THAI": "Thai", "HANGUL": "Hangul"}
    for code in range(0x3000):
        char = chr(code)
        first, _, rest = unicodedata.name(char, "").partition(" ")
        if (
            first in names
            and unicodedata.category(char) in {"Ll", "Lu", "Lo"}
            and rest.startswith(("SMALL LETTER", "CAPITAL LETTER", "LETTER"))
        ):
            assert script_of(char) == names[first], hex(code)


def test_the_version_and_the_names() -> None:
    assert UNICODE_VERSION.count(".") == 2
    assert len(SCRIPTS) == len(set(SCRIPTS)) > 150
    assert {"Common", "Inherited", "Latin"} <= set(SCRIPTS)


_FILE = """# Scripts-9.8.7.txt
# Date: 2031-02-03, 00:00:00 GMT
0041..005A    ; Latin # L&  [26] LATIN CAPITAL LETTER A..LATIN CAPITAL LETTER Z
005B          ; Common # Ps       LEFT SQUARE BRACKET
0061..007A    ; Latin # L&  [26]
007B..007D    ; Latin # joined
0020          ; Common # Zs       SPACE
"""


def test_the_generator_joins_neighbours_and_keeps_the_notice() -> None:
    assert ranges_of(_FILE) == {"Common": [(0x20, 0x20), (0x5B, 0x5B)], "Latin": [(0x41, 0x5A), (0x61, 0x7D)]}
    made = module_text(_FILE)
    assert "Common 20 5B;\nLatin 41-5A 61-7D" in made
    assert 'UNICODE_VERSION = "9.8.7"' in made
    assert "Copyright © 1991-2031 Unicode" in made
    with pytest.raises(ValueError, match=r"not Scripts\.txt"):
        module_text("0041 ; Latin")
