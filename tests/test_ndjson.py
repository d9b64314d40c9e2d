"""Newline-delimited JSON, line by line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.errors import StreamClosedError
from streamcheck.wire.events import Event
from streamcheck.wire.ndjson import NdjsonDecoder
from tests.strategies import chunkings

SAMPLES = Path(__file__).parents[2] / "shared" / "corpus" / "streams"


def decoded(chunks: list[bytes], limit: int = 1 << 20) -> tuple[list[Event], NdjsonDecoder]:
    decoder = NdjsonDecoder(max_event_bytes=limit)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close(), decoder


def test_an_event_is_a_line_with_its_bytes() -> None:
    events, decoder = decoded([b'{"a":1}\n{"b":2}\n'])
    assert [(e.event, e.raw, e.start, e.end, e.payload_at) for e in events] == [
        ("message", b'{"a":1}', 0, 8, 0),
        ("message", b'{"b":2}', 8, 16, 8),
    ]
    assert (decoder.findings, decoder.tail, decoder.unterminated) == ([], None, False)


def test_crlf_is_a_line_end_too() -> None:
    events, _ = decoded([b"1\r\n2\r\r\n"])
    assert [(e.raw, e.end) for e in events] == [(b"1", 3), (b"2\r", 7)]


def test_no_other_character_ends_a_line() -> None:
    line = '"a\u2028b\u2029c\x85d\x0b\x0ce\rf"'.encode()
    assert [e.raw for e in decoded([line + b"\n"])[0]] == [line]


def test_blank_lines_are_no_events_and_keep_offsets() -> None:
    events, _ = decoded([b"\n\r\n \t\n1\n"])
    assert [(e.raw, e.start) for e in events] == [(b"1", 6)]


def test_the_last_line_needs_no_line_end() -> None:
    events, decoder = decoded([b"1\n2"])
    assert [(e.raw, e.start, e.end) for e in events] == [(b"1", 0, 2), (b"2", 2, 3)]
    assert decoder.unterminated


@pytest.mark.parametrize("chunks", [[b"\xef\xbb\xbf1\n"], [b"\xef", b"\xbb", b"\xbf", b"1\n"]])
def test_a_byte_order_mark_is_skipped_and_noted(chunks: list[bytes]) -> None:
    events, decoder = decoded(chunks)
    assert [(e.raw, e.start) for e in events] == [(b"1", 3)]
    assert [(f.code, f.severity, f.span) for f in decoder.findings] == [("sse/bom", "note", (0, 3))]
    assert "NDJSON" in decoder.findings[0].message


def test_half_a_byte_order_mark_is_content() -> None:
    events, decoder = decoded([b"\xef\xbb"])
    assert ([e.raw for e in events], decoder.findings) == ([b"\xef\xbb"], [])


def test_an_oversized_line_is_dropped_and_the_next_one_read() -> None:
    events, decoder = decoded([b"1\n", b"x" * 9, b"x" * 9, b"\n2\n"], limit=10)
    assert [(e.raw, e.start) for e in events] == [(b"1", 0), (b"2", 21)]
    assert [(f.code, f.severity, f.span) for f in decoder.findings] == [("sse/oversized-event", "error", (2, 21))]


def test_an_oversized_line_is_not_kept_in_memory() -> None:
    decoder = NdjsonDecoder(max_event_bytes=1000)
    for _ in range(1000):
        decoder.feed(b"x" * 100)
        assert sum(map(len, decoder._held)) <= 1000


def test_a_huge_line_in_tiny_chunks_takes_linear_time() -> None:
    # A decoder that joins at each chunk copies 50 GB here and does not come back within the test run.
    events, _ = decoded([b"x"] * 300_000 + [b"\n"])
    assert len(events[0].raw) == 300_000


def test_misuse_raises() -> None:
    decoder = NdjsonDecoder()
    with pytest.raises(TypeError, match="aiter_raw"):
        decoder.feed("x")  # type: ignore[arg-type]
    decoder.close()
    assert decoder.close() == []
    with pytest.raises(StreamClosedError):
        decoder.feed(b"x")


lines = st.lists(
    st.sampled_from(
        [b"{}", b'{"a":"\xe2\x80\xa8"}', b"", b" ", b"\r", b"\n", b"\n", b"\r\n", b"x" * 30, b"\xff", b"\xef\xbb\xbf"]
    )
).map(b"".join)


@given(st.data(), lines | st.binary(), st.sampled_from([1, 20, 1000]))
def test_ndjson_is_independent_of_chunking(data: st.DataObject, body: bytes, limit: int) -> None:
    whole, decoder = decoded([body], limit)
    for chunks in (data.draw(chunkings(body)), [body[i : i + 1] for i in range(len(body))]):
        events, other = decoded(chunks, limit)
        assert (events, other.findings, other.unterminated) == (whole, decoder.findings, decoder.unterminated)


@given(lines | st.binary())
def test_ndjson_events_are_where_they_say(body: bytes) -> None:
    for event in decoded([body])[0]:
        assert body[event.payload_at : event.payload_at + len(event.raw)] == event.raw
        assert 0 <= event.start <= event.payload_at <= event.end <= len(body)


@pytest.mark.skipif(not (SAMPLES / "ollama").is_dir(), reason="the sample streams are not here")
def test_every_line_of_the_samples_is_one_json_document() -> None:
    for path in sorted(SAMPLES.glob("ollama/*.ndjson")) + sorted(SAMPLES.glob("bedrock/*.ndjson")):
        body = path.read_bytes()
        events, decoder = decoded([body])
        assert decoder.findings == []
        assert len(events) == sum(1 for line in body.split(b"\n") if line.strip())
        assert all(json.loads(event.raw) is not None for event in events if event.end < len(body))
