"""Edits of bytes: nothing else moves, and everything is known of where it went. And of bodies: only what is changed is changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.format import Capture, Chunk
from streamcheck.checker import check
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit, carried, operated
from tests.faults.support import clean, sample


@st.composite
def edits_of(draw: st.DrawFn, size: int) -> list[Edit]:
    borders = sorted(draw(st.lists(st.integers(0, size), max_size=8)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    return [Edit(a, b, draw(st.binary(max_size=5)), draw(st.booleans())) for a, b in pairs]


BODY = bytes(range(200))


@given(edits=edits_of(len(BODY)))
def test_bytes_that_no_edit_names_are_found_where_the_map_says(edits: list[Edit]) -> None:
    raw, where, _ = operated(BODY, edits)
    for offset, byte in enumerate(BODY):
        if not any(e.start <= offset < e.end for e in edits):
            assert raw[where.at(offset)] == byte


@given(edits=edits_of(len(BODY)))
def test_new_bytes_stand_in_their_range(edits: list[Edit]) -> None:
    raw, where, ordered = operated(BODY, edits)
    for number, edit in enumerate(ordered):
        start, end = where.range_of(number)
        assert raw[start:end] == edit.new


@given(edits=edits_of(len(BODY)), size=st.integers(1, 60))
def test_carried_chunks_add_up_to_the_new_body_in_order_of_time(edits: list[Edit], size: int) -> None:
    chunks = [Chunk(float(i), BODY[i : i + size]) for i in range(0, len(BODY), size)]
    raw, where, ordered = operated(BODY, edits)
    new = carried(chunks, raw, where, ordered)
    assert b"".join(c.data for c in new) == raw
    assert all(c.data for c in new)
    times = [c.at for c in new if c.at is not None]
    assert times == sorted(times)


def test_border_inside_deleted_bytes_goes_with_them() -> None:
    chunks = [Chunk(0.0, b"abc"), Chunk(1.0, b"def"), Chunk(2.0, b"ghi")]
    raw, where, ordered = operated(b"abcdefghi", [Edit(3, 6, b"")])
    assert carried(chunks, raw, where, ordered) == (Chunk(0.0, b"abc"), Chunk(2.0, b"ghi"))


def test_insertion_that_is_apart_is_a_chunk_of_its_own() -> None:
    chunks = [Chunk(0.0, b"abc"), Chunk(1.0, b"def")]
    raw, where, ordered = operated(b"abcdef", [Edit(3, 3, b"--", apart=True)])
    assert [c.data for c in carried(chunks, raw, where, ordered)] == [b"abc", b"--", b"def"]


# ---------------------------------------------------------------------- bodies
@pytest.mark.parametrize("capture", sample(), ids=lambda c: str(c.path).rpartition("/")[2].removesuffix(".capture.jsonl"))
def test_text_can_be_changed_in_every_dialect_and_nothing_else_is(capture: Capture) -> None:
    body = Body.of(capture)
    said = {d.number: d.text.swapcase() for d in body.deltas if d.literals and d.channel in ("content", "reasoning")}
    changed, _ = body.changed(body.text_edits(said))
    report = check(changed)
    assert report.verdict == "clean"
    again = Body.of(changed)
    assert [d.text for d in again.deltas] == [said.get(d.number, d.text) for d in body.deltas]
    assert len(again.events) == len(body.events)


@pytest.mark.parametrize("capture", sample(), ids=lambda c: str(c.path).rpartition("/")[2].removesuffix(".capture.jsonl"))
def test_body_without_edits_is_the_body(capture: Capture) -> None:
    body = Body.of(capture)
    changed, _ = body.changed([])
    assert changed.body == body.raw
    assert [c.data for c in changed.chunks] == [c.data for c in body.source.chunks]


def test_lengths_and_checksums_of_binary_frames_follow() -> None:
    body = Body.of(clean("bedrock-converse"))
    delta = body.editable("this")[0]
    changed, _ = body.changed(body.text_edits({delta.number: delta.text + " and much more than before"}))
    assert check(changed).ok


def test_escaped_stream_stays_escaped() -> None:
    body = Body.of(clean("chat-zai-escaped"))
    delta = next(d for d in body.deltas if not d.text.isascii())
    changed, _ = body.changed(body.text_edits({delta.number: delta.text + "é"}))
    assert changed.body.isascii()


def test_content_coding_is_undone_and_its_header_gone() -> None:
    body = Body.of(clean("chat-gzip"))
    assert body.raw.startswith(b"data: ")
    assert body.source.response is not None
    assert "content-encoding" not in dict(body.source.response.headers)


def test_final_text_of_a_stream_is_changed_with_its_deltas() -> None:
    body = Body.of(clean("responses-reasoning"))
    delta = body.editable("this")[0]
    changed, _ = body.changed(body.text_edits({delta.number: "Other words. "}))
    assert check(changed).ok
