import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.wire.data_stream_v4 import DataStreamV4, looks_like_data_stream
from tests.strategies import chunkings


def events(*chunks: bytes) -> list[tuple[str, bytes]]:
    framing = DataStreamV4()
    return [(e.event, e.raw) for chunk in chunks for e in framing.feed(chunk)] + [(e.event, e.raw) for e in framing.close()]


def test_a_line_is_an_event_named_by_its_code() -> None:
    assert events(b'0:"Hello"\nd:{"finishReason":"stop"}\n') == [("v4:0", b'"Hello"'), ("v4:d", b'{"finishReason":"stop"}')]


def test_offsets_point_at_the_line_and_its_payload() -> None:
    (event,) = DataStreamV4().feed(b'\n0:"a"\r\n')
    assert (event.start, event.end, event.payload_at, event.raw) == (1, 8, 3, b'"a"')


def test_a_line_of_another_form_is_kept_whole() -> None:
    assert events(b'0:"a"\nnonsense: "b"\n') == [("v4:0", b'"a"'), ("message", b'nonsense: "b"')]


def test_a_whole_last_line_needs_no_line_feed() -> None:
    assert events(b'0:"a"\n0:"b"') == [("v4:0", b'"a"'), ("v4:0", b'"b"')]


def test_a_cut_last_line_is_the_tail() -> None:
    framing = DataStreamV4()
    assert [e.raw for e in [*framing.feed(b'0:"a"\n0:"b'), *framing.close()]] == [b'"a"']
    assert framing.tail is not None
    assert (framing.tail.event, framing.tail.raw, framing.tail.start) == ("v4:0", b'"b', 6)


def test_only_a_line_feed_ends_a_line() -> None:
    assert len(events('0:"a\u2028b\u0085c"\n'.encode())) == 1


def test_an_oversized_line_is_found() -> None:
    framing = DataStreamV4(max_event_bytes=8)
    assert [e.raw for e in framing.feed(b'0:"aaaaaaaaa"\n0:"b"\n')] == [b'"b"']
    assert [f.code for f in framing.findings] == ["sse/oversized-event"]


@pytest.mark.parametrize(("line", "is_one"), [
    (b'0:"Hello"', True), (b'f:{"messageId":"m"}', True), (b"2:[1]", True),
    (b"data: {}", False), (b"id:1", False), (b": ping", False), (b'{"a":1}', False), (b"a: b", False), (b"", False),
])  # fmt: skip
def test_a_data_stream_is_known_by_its_first_line(line: bytes, is_one: bool) -> None:
    assert looks_like_data_stream(line) is is_one


@given(st.data(), st.binary(max_size=60) | st.just(b'0:"a"\r\n\n2:[1]\nx\n0:"\xf0\x9f'))
def test_how_the_bytes_are_cut_changes_nothing(data: st.DataObject, body: bytes) -> None:
    assert events(*data.draw(chunkings(body))) == events(body) == events(*(body[i : i + 1] for i in range(len(body))))
