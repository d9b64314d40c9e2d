"""Binary frames: sound ones, and what is made of damaged ones."""

from binascii import crc32
from itertools import pairwise
from pathlib import Path
from struct import pack
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding
from streamcheck.wire.aws_eventstream import MAX_RESYNC_BYTES, AwsEvent, AwsEventStreamDecoder, encode_frame, looks_like_aws
from streamcheck.wire.events import Event
from tests.strategies import chunkings

SAMPLES = Path(__file__).parents[2] / "shared" / "corpus" / "streams" / "bedrock"


def frame(text: str, kind: str = "chunk") -> bytes:
    return encode_frame({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, text.encode())


FRAMES = [frame(f'{{"n":{i}}}') for i in range(5)]
BODY = b"".join(FRAMES)
AT = [sum(map(len, FRAMES[:i])) for i in range(6)]


def decoded(*chunks: bytes, limit: int = 1 << 20) -> tuple[list[Event], AwsEventStreamDecoder]:
    decoder = AwsEventStreamDecoder(max_event_bytes=limit)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close(), decoder


def seen(decoder: AwsEventStreamDecoder) -> list[tuple[str, Any]]:
    assert all(f.severity == "error" for f in decoder.findings)
    return [(f.code, f.span) for f in decoder.findings]


def damaged(at: int, value: int = 0xFF) -> bytes:
    body = bytearray(BODY)
    body[at] ^= value
    return bytes(body)


# ---------------------------------------------------------------------- sound frames
def test_a_frame_is_an_event_with_its_headers_and_bytes() -> None:
    events, decoder = decoded(BODY)
    assert [e.raw for e in events] == [b'{"n":%d}' % i for i in range(5)]
    assert [(e.start, e.end) for e in events] == list(pairwise(AT))
    assert all(BODY[e.payload_at : e.payload_at + len(e.raw)] == e.raw for e in events)
    first = events[0]
    assert isinstance(first, AwsEvent)
    assert first.event == "chunk"
    assert first.headers == {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    assert (decoder.findings, decoder.tail) == ([], None)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({":message-type": "exception", ":exception-type": "throttlingException"}, "exception:throttlingException"),
        ({":message-type": "error", ":error-code": "InternalError", ":error-message": "x"}, "error:InternalError"),
        ({":message-type": "event", ":event-type": "messageStop"}, "messageStop"),
        ({}, "message"),
    ],
)
def test_the_message_type_names_the_event(headers: dict[str, str], name: str) -> None:
    [event], _ = decoded(encode_frame(headers))
    assert event.event == name


def test_all_ten_types_of_header_values_are_read() -> None:
    uuid = UUID("123e4567-e89b-12d3-a456-426614174000")
    [event], decoder = decoded(
        encode_frame(
            {
                "true": True,
                "false": False,
                "byte": (2, -1),
                "short": (3, -300),
                "int": 70_000,
                "long": 1 << 40,
                "bytes": b"\xff",
                "string": "ü",
                "time": (8, 1_700_000_000_123),
                "uuid": uuid,
            }
        )
    )
    assert isinstance(event, AwsEvent)
    assert list(event.headers.values()) == [True, False, -1, -300, 70_000, 1 << 40, b"\xff", "ü", 1_700_000_000_123, uuid]
    assert decoder.findings == []


def test_a_value_that_its_type_cannot_hold_is_refused_when_encoding() -> None:
    with pytest.raises(ValueError, match="'a' cannot be written as value type 2"):
        encode_frame({"a": (2, 1000)})


@pytest.mark.parametrize("first", [b"", BODY[:11], b"data: {}\n\n--", b'{"error":"no"}', bytes(12), damaged(0)[:12]])
def test_other_bodies_do_not_look_like_frames(first: bytes) -> None:
    assert looks_like_aws(BODY[:12])
    assert not looks_like_aws(first)


# ---------------------------------------------------------------------- damage
def test_a_payload_that_was_altered_is_given_and_its_checksum_named() -> None:
    at = AT[2] - 8
    events, decoder = decoded(damaged(at))
    assert len(events) == 5
    assert seen(decoder) == [("aws/bad-crc", (AT[2] - 4, AT[2]))]
    evidence = decoder.findings[0].evidence
    assert evidence["which"] == "message"
    assert evidence["expected"] == FRAMES[1][-4:].hex()
    assert len(evidence["actual"]) == 8


def test_after_a_bad_prelude_the_next_frame_is_found() -> None:
    events, decoder = decoded(damaged(AT[2]))
    assert [e.start for e in events] == [AT[0], AT[1], AT[3], AT[4]]
    assert seen(decoder) == [("aws/bad-crc", (AT[2] + 8, AT[2] + 12)), ("aws/bad-frame", (AT[2], AT[3]))]


def test_a_frame_that_lost_bytes_does_not_swallow_the_next_one() -> None:
    for lost in (1, 5, 11, 12, 40):
        body = BODY[: AT[1] + 30] + BODY[AT[1] + 30 + lost :]
        events, decoder = decoded(body)
        assert [e.raw for e in events[2:]] == [b'{"n":2}', b'{"n":3}', b'{"n":4}']
        assert (decoder.findings[0].code, decoder.findings[0].evidence["which"]) == ("aws/bad-crc", "message")


def test_bytes_between_frames_are_named() -> None:
    events, decoder = decoded(FRAMES[0] + b"HTTP/1.1 502 Bad Gateway" + FRAMES[1])
    assert len(events) == 2
    assert seen(decoder)[-1] == ("aws/bad-frame", (AT[1], AT[1] + 24))


def test_lengths_that_contradict_each_other_are_named_though_their_checksum_fits() -> None:
    prelude = pack(">II", 20, 10)
    _, decoder = decoded(prelude + pack(">I", crc32(prelude)) + bytes(8) + FRAMES[0])
    assert seen(decoder) == [("aws/bad-frame", (0, 12)), ("aws/bad-frame", (0, 20))]
    assert decoder.findings[0].evidence["reason"] == "lengths"


def test_headers_that_cannot_be_read_are_named_and_the_payload_is_given() -> None:
    good = encode_frame({"a": "b"}, b"payload")
    block = bytearray(good[12:-4])
    block[2] = 77  # the value's type
    body = good[:12] + bytes(block)
    [event], decoder = decoded(body + crc32(body).to_bytes(4, "big"))
    assert event.raw == b"payload"
    assert seen(decoder) == [("aws/bad-frame", (12, 18))]
    assert "value type 77" in decoder.findings[0].message


@pytest.mark.parametrize("kept", [1, 11, 12, 30, 97])
def test_a_cut_last_frame_is_the_tail(kept: int) -> None:
    cut = FRAMES[1][:kept]
    [event], decoder = decoded(FRAMES[0] + cut)
    assert event.end == AT[1]
    assert decoder.findings == []
    assert decoder.tail is not None
    assert decoder.tail.span == (AT[1], AT[1] + len(cut))


def test_the_tail_has_the_payload_so_far() -> None:
    body = frame("x" * 50)
    _, decoder = decoded(body[:-20])
    assert decoder.tail is not None
    assert (decoder.tail.event, decoder.tail.raw) == ("chunk", b"x" * 34)


def test_an_oversized_frame_is_skipped() -> None:
    big = frame("x" * 1000)
    events, decoder = decoded(FRAMES[0] + big + FRAMES[1], limit=500)
    assert [e.raw for e in events] == [b'{"n":0}', b'{"n":1}']
    assert seen(decoder) == [("sse/oversized-event", (AT[1], AT[1] + len(big)))]


def test_the_search_for_a_frame_gives_up() -> None:
    events, decoder = decoded(damaged(0)[: AT[1]] + b"\0" * (MAX_RESYNC_BYTES + 10) + FRAMES[1])
    assert events == []
    assert decoder.findings[-1].evidence["searched"] == MAX_RESYNC_BYTES


def test_a_body_that_is_no_frame_at_all_is_named_whole() -> None:
    body = b'{"message":"forbidden"}'
    events, decoder = decoded(body)
    assert events == []
    assert seen(decoder) == [("aws/bad-crc", (8, 12)), ("aws/bad-frame", (0, len(body)))]


def test_misuse_raises() -> None:
    decoder = AwsEventStreamDecoder()
    with pytest.raises(TypeError, match="aiter_raw"):
        decoder.feed("x")  # type: ignore[arg-type]
    decoder.close()
    assert decoder.close() == []
    with pytest.raises(StreamClosedError):
        decoder.feed(b"x")


# ---------------------------------------------------------------------- any bytes, any cutting
@st.composite
def damaged_bodies(draw: st.DrawFn) -> bytes:
    body = bytearray(BODY)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body) - 1))
        match draw(st.sampled_from(["flip", "lose", "gain"])):
            case "flip":
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "lose":
                del body[at : at + draw(st.integers(1, min(40, len(body) - 1)))]
            case _:
                body[at:at] = draw(st.binary(min_size=1, max_size=20))
        if not body:
            break
    return bytes(body[: draw(st.integers(0, len(body)))])


def outcome(chunks: list[bytes], limit: int) -> tuple[list[Event], list[Finding], Event | None]:
    events, decoder = decoded(*chunks, limit=limit)
    return events, list(decoder.findings), decoder.tail


@given(st.data(), damaged_bodies() | st.binary(), st.sampled_from([80, 10_000]))
def test_aws_eventstream_is_independent_of_chunking(data: st.DataObject, body: bytes, limit: int) -> None:
    whole = outcome([body], limit)
    assert outcome(data.draw(chunkings(body)), limit) == whole
    assert outcome([body[i : i + 1] for i in range(len(body))], limit) == whole


@given(damaged_bodies() | st.binary())
def test_aws_eventstream_spans_are_inside_the_body(body: bytes) -> None:
    events, findings, tail = outcome([body], 10_000)
    for event in [*events, *([tail] if tail else [])]:
        assert 0 <= event.start <= event.payload_at <= event.end <= len(body)
        assert body[event.payload_at : event.payload_at + len(event.raw)] == event.raw
    for finding in findings:
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(body)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample streams are not here")
def test_every_sample_is_whole_frames_with_right_checksums() -> None:
    for path in sorted(SAMPLES.glob("*.eventstream")):
        body = path.read_bytes()
        assert looks_like_aws(body)
        events, decoder = decoded(*(body[i : i + 333] for i in range(0, len(body), 333)))
        assert (decoder.findings, decoder.tail) == ([], None)
        assert b"".join(body[e.start : e.end] for e in events) == body
        assert all(isinstance(e, AwsEvent) and encode_frame(dict(e.headers), e.raw) == body[e.start : e.end] for e in events)
