"""The event-stream decoder, case by case; tests/properties/test_sse.py holds it against the whole standard."""

import pytest

import streamcheck as sc


def decoded(body: bytes) -> tuple[list[sc.SseEvent], sc.SseDecoder]:
    decoder = sc.SseDecoder()
    events = decoder.feed(body)
    return events + decoder.close(), decoder


def codes(decoder: sc.SseDecoder) -> list[str]:
    return [f.code for f in decoder.findings]


def test_an_event_carries_the_bytes_of_its_fields() -> None:
    [event], _ = decoded(b": hello\nid: 7\nevent: tick\ndata: one\ndata:two\nretry: 20\n\n")
    assert (event.event, event.data, event.id, event.retry) == ("tick", "one\ntwo", "7", 20)
    assert event.span == (0, 56)
    assert event.fields == (("id", (12, 13)), ("event", (21, 25)), ("data", (32, 35)), ("data", (41, 44)), ("retry", (52, 54)))


def test_the_blank_line_belongs_to_the_event_in_every_line_end() -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        body = b"data: a" + end + end + b"data: b" + end + end
        events, _ = decoded(body + b":")
        assert b"".join(body[e.start : e.end] for e in events) == body


def test_cr_at_chunk_end_does_not_end_the_event_twice() -> None:
    decoder = sc.SseDecoder()
    events = decoder.feed(b"data: a\r\n\r") + decoder.feed(b"\ndata: b\r\n\r\n")
    assert [e.data for e in events] == ["a", "b"]


def test_an_unfinished_event_is_the_tail_and_never_dispatched() -> None:
    events, decoder = decoded(b"data: a\n\ndata: b\n")
    assert [e.data for e in events] == ["a"]
    assert decoder.tail is not None
    assert (decoder.tail.data, decoder.tail.span) == ("b", (9, 17))


def test_a_byte_order_mark_is_skipped_and_noted() -> None:
    [event], decoder = decoded(b"\xef\xbb\xbfdata: a\n\n")
    assert (event.data, event.start) == ("a", 3)
    assert codes(decoder) == ["sse/bom"]


def test_a_line_of_json_without_a_field_is_loud_because_readers_lose_it() -> None:
    _, decoder = decoded(b'{"error":"busy"}\n\n')
    assert [(f.code, f.severity) for f in decoder.findings] == [("sse/unknown-field", "warning")]


def test_an_unknown_field_is_a_note() -> None:
    _, decoder = decoded(b"foo: 1\ndata: a\n\n")
    assert [(f.code, f.severity) for f in decoder.findings] == [("sse/unknown-field", "note")]


def test_mixed_line_ends_are_noted_once() -> None:
    _, decoder = decoded(b"data: a\n\ndata: b\r\n\r\n")
    assert codes(decoder) == ["sse/mixed-line-ends"]


def test_an_event_over_the_limit_is_a_finding_and_the_next_one_is_read() -> None:
    decoder = sc.SseDecoder(max_event_bytes=100)
    events = decoder.feed(b"data: " + b"x" * 200 + b"\n\ndata: ok\n\n")
    assert [e.data for e in events] == ["ok"]
    assert [(f.code, f.span) for f in decoder.findings] == [("sse/oversized-event", (0, 208))]


def test_a_huge_line_in_tiny_chunks_is_joined_once() -> None:
    decoder = sc.SseDecoder()
    body = b"data: " + b"x" * 2_000_000 + b"\n\n"
    events = [e for i in range(0, len(body), 64) for e in decoder.feed(body[i : i + 64])]
    assert [len(e.raw) for e in events] == [2_000_000]


def test_memory_stays_bounded_on_a_line_that_never_ends() -> None:
    decoder = sc.SseDecoder(max_event_bytes=1000)
    for _ in range(1000):
        assert decoder.feed(b"data: " + b"x" * 100) == []
    assert sum(map(len, decoder._held)) + sum(map(len, decoder._line or [])) < 2500


def test_feed_refuses_text_and_says_what_to_pass() -> None:
    with pytest.raises(TypeError, match="aiter_raw"):
        sc.SseDecoder().feed("data: a\n\n")  # type: ignore[arg-type]


def test_feed_after_close_raises() -> None:
    decoder = sc.SseDecoder()
    decoder.close()
    with pytest.raises(sc.StreamClosedError, match="new SseDecoder"):
        decoder.feed(b"data: a\n\n")
