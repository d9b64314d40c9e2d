"""The event-stream decoder, held against an independent reading of the standard and against a peer."""

import httpx
import httpx_sse
from hypothesis import example, given
from hypothesis import strategies as st

import streamcheck as sc
from tests.strategies import chunkings, sse_streams


def decoded(chunks: list[bytes]) -> tuple[list[sc.SseEvent], sc.SseDecoder]:
    decoder = sc.SseDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close(), decoder


def seen(events: list[sc.SseEvent]) -> list[object]:
    """All that a user sees of events; `layout` is how a decoder got there."""
    return [(e.event, e.raw, e.span, e.payload_at, e.id, e.retry, e.fields) for e in events]


def oracle(body: bytes) -> list[tuple[str, str, str, int | None]]:
    """WHATWG 9.2.6 word by word, on the decoded text of the whole body."""
    text = body.decode("utf-8", "replace")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    data: list[str] = []
    event, last_id, retry = "", "", None
    out: list[tuple[str, str, str, int | None]] = []
    for line in lines:
        if not line:
            if data:
                out.append((event or "message", "\n".join(data), last_id, retry))
            data, event, retry = [], "", None
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value[:1] == " " else value
        match field:
            case "data":
                data.append(value)
            case "event":
                event = value
            case "id" if "\0" not in value:
                last_id = value
            case "retry" if value and all(c in "0123456789" for c in value):
                retry = int(value)
    return out


@given(st.data(), sse_streams())
def test_sse_is_independent_of_chunking(data: st.DataObject, body: bytes) -> None:
    whole, one = decoded([body])
    cut, two = decoded(data.draw(chunkings(body)))
    single, three = decoded([body[i : i + 1] for i in range(len(body))])
    assert seen(whole) == seen(cut) == seen(single)
    assert one.findings == two.findings == three.findings
    assert seen([e for e in [one.tail] if e]) == seen([e for e in [two.tail] if e]) == seen([e for e in [three.tail] if e])


@given(sse_streams())
@example(b"data: a\r")  # a CR that ends the body ends a line, not a block
@example(b"\xef\xbb")  # two bytes of a byte order mark and no more
def test_sse_says_what_the_standard_says(body: bytes) -> None:
    events, _ = decoded([body])
    assert [(e.event, e.data, e.id, e.retry) for e in events] == oracle(body)


@given(sse_streams())
def test_sse_spans_point_at_the_bytes_of_the_values(body: bytes) -> None:
    events, _ = decoded([body])
    for event in events:
        values = [body[span.start : span.end] for name, span in event.fields if name == "data"]
        assert b"\n".join(values) == event.raw
        assert event.start <= event.payload_at <= event.end <= len(body)
        for index in range(len(event.raw)):
            if event.raw[index] != 0x0A:
                assert body[event.offset_of(index)] == event.raw[index]


@given(st.binary(max_size=300))
def test_sse_never_raises(body: bytes) -> None:
    decoded([body])


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1, max_size=10), max_size=5
    )
)
def test_agrees_with_httpx_sse_on_well_formed_streams(values: list[str]) -> None:
    body = b"".join(f"event: n\ndata: {v}\n\n".encode() for v in values)
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    theirs = [(e.event, e.data) for e in httpx_sse.EventSource(response).iter_sse()]
    assert [(e.event, e.data) for e in decoded([body])[0]] == theirs


@given(st.data(), sse_streams(), st.integers(1, 40))
def test_sse_limit_is_independent_of_chunking(data: st.DataObject, body: bytes, limit: int) -> None:
    def limited(chunks: list[bytes]) -> tuple[list[object], list[sc.Finding]]:
        decoder = sc.SseDecoder(max_event_bytes=limit)
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        events += decoder.close()
        assert all(event.end - event.start <= limit for event in events)
        return seen(events), decoder.findings

    assert limited([body]) == limited(data.draw(chunkings(body))) == limited([body[i : i + 1] for i in range(len(body))])
