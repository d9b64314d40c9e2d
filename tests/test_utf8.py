"""Each reason for which bytes are not UTF-8, with its exact place."""

import pytest

from streamcheck.wire.utf8 import Utf8Validator


@pytest.mark.parametrize(
    ("body", "span", "reason"),
    [
        (b"ab\xff", (2, 3), "stray"),
        (b"ab\x80c", (2, 3), "stray"),
        (b"a\xc0\xafb", (1, 3), "overlong"),
        (b"a\xe0\x80\x80b", (1, 4), "overlong"),
        (b"a\xf0\x80\x80\x80b", (1, 5), "overlong"),
        (b"a\xed\xa0\xbdb", (1, 4), "surrogate"),
        (b"a\xe4\xbdb", (1, 3), "truncated"),
        (b"a\xf0\x9f\xa6", (1, 4), "truncated"),
        (b"a\xf5b", (1, 2), "stray"),
        (b"a\xf4\x90\x80\x80b", (1, 2), "stray"),
    ],
)
def test_a_defect_has_its_bytes_and_its_reason(body: bytes, span: tuple[int, int], reason: str) -> None:
    validator = Utf8Validator()
    first, *_ = validator.feed(body) + validator.close()
    assert (first.code, first.span, first.evidence["reason"]) == ("utf8/invalid", span, reason)


def test_a_character_cut_by_a_chunk_is_no_defect() -> None:
    validator = Utf8Validator()
    assert validator.feed("你".encode()[:2]) + validator.feed("你".encode()[2:]) + validator.close() == []


def test_offsets_go_on_over_chunks() -> None:
    validator = Utf8Validator()
    found = validator.feed(b"abc") + validator.feed(b"de\xff")
    assert [f.span for f in found] == [(5, 6)]
