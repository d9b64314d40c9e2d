"""Exchanges without sockets: what is forwarded and recorded does not depend on how the bytes are cut."""

import io
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.writer import CaptureWriter
from streamcheck.proxy.conversation import Conversation
from streamcheck.proxy.heads import upstream_of
from streamcheck.proxy.recording import Moment, Recordings
from tests.proxy.support import BODY, GET, REQUEST, STREAM_HEAD, answer, chunked
from tests.strategies import chunkings


class Memory(Recordings):
    """Recordings that are kept in memory."""

    def __init__(self) -> None:
        super().__init__(lambda name: name, host="h", hop="wire", say=self._fail)
        self.files: list[io.BytesIO] = []

    def _fail(self, sentence: str) -> None:
        raise AssertionError(sentence)

    def open(self, started: Moment) -> CaptureWriter:
        self.files.append(io.BytesIO())
        return CaptureWriter(self.files[-1], started=started.date)

    @property
    def captures(self) -> list[Capture]:
        return [CaptureReader(file.getvalue()).read() for file in self.files]


def converse(asked: Iterable[bytes], answered: Iterable[bytes], *, close: bool = True) -> tuple[bytes, list[Capture]]:
    """Return what is forwarded, and the captures, of requests that are all sent before the answers come."""
    memory = Memory()
    now = Moment.now()
    conversation = Conversation(memory, upstream_of("http://up.example/p"), "http://127.0.0.1:1", now)
    forwarded = b""
    for block in asked:
        forwarded += conversation.ask(block, now)
        conversation.forwarded(now.seconds + 1)
    for block in answered:
        conversation.answer(block, now.seconds + 2)
        forwarded += conversation.ask(b"", now)
        conversation.forwarded(now.seconds + 2)
    if close:
        conversation.close(now.seconds + 3)
    return forwarded, memory.captures


def shape_of(capture: Capture) -> Any:
    """Return what must not depend on the cuts."""
    request, response, end = capture.request, capture.response, capture.end
    assert end is not None
    return (
        request and (request.method, request.url, request.headers, request.body, request.body_sha256),
        response and (response.status, response.headers),
        capture.body,
        (end.reason, end.error),
        capture.findings,
    )


requests = st.sampled_from(
    [
        GET,
        REQUEST,
        b"HEAD /v1 HTTP/1.1\r\nhost:a\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nHOST: b\r\nTransfer-Encoding: chunked\r\n\r\n"
        + chunked(b'{"a":', b"1}", end=b"0\r\nT: x\r\n\r\n"),
    ]
)
responses = st.sampled_from(
    [
        answer(),
        answer(b""),
        STREAM_HEAD + chunked(b"data: a\n\n", b"\xe4\xbd", b"\xa0\n\n"),
        STREAM_HEAD + chunked(b"x", end=b"0;e=1\r\nTrailer: 1\r\n\r\n"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"after 100"),
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        STREAM_HEAD + chunked(b"good", end=b"zz\r\n"),
        answer()[:-9],
        b"garbage \xff\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ]
)


@given(st.data(), requests, responses)
def test_a_capture_is_independent_of_how_the_bytes_are_cut(data: st.DataObject, request: bytes, response: bytes) -> None:
    whole_forwarded, whole = converse([request], [response])
    forwarded, captures = converse(data.draw(chunkings(request)), data.draw(chunkings(response)))
    assert forwarded == whole_forwarded
    assert [shape_of(capture) for capture in captures] == [shape_of(capture) for capture in whole]


@given(st.data(), st.lists(requests, min_size=1, max_size=4))
def test_only_host_and_target_of_what_is_forwarded_differ(data: st.DataObject, asked: list[bytes]) -> None:
    joined = b"".join(asked)
    forwarded, captures = converse(data.draw(chunkings(joined)), [answer(b"") for _ in asked], close=False)
    expected = joined.replace(b" /v1", b" /p/v1")
    for old, new in (
        (b"Host: 127.0.0.1:1", b"Host: up.example"),
        (b"host:a", b"host:up.example"),
        (b"HOST: b", b"HOST: up.example"),
    ):
        expected = expected.replace(old, new)
    assert forwarded == expected
    assert len(captures) == len(asked)


@given(st.data())
def test_bytes_of_a_second_request_wait_for_the_answer_to_the_first(data: st.DataObject) -> None:
    memory = Memory()
    now = Moment.now()
    conversation = Conversation(memory, upstream_of("http://up.example"), "http://127.0.0.1:1", now)
    forwarded = b"".join(conversation.ask(block, now) for block in data.draw(chunkings(GET + REQUEST)))
    conversation.forwarded(now.seconds)
    assert forwarded == GET.replace(b"127.0.0.1:1", b"up.example")
    assert conversation.waiting
    for block in filter(None, data.draw(chunkings(answer(BODY)))):
        assert conversation.ask(b"", now) == b""
        conversation.answer(block, now.seconds)
    assert conversation.ask(b"", now) == REQUEST.replace(b"127.0.0.1:1", b"up.example")


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_answer_of_an_upstream_raises(first: bytes, second: bytes) -> None:
    _, captures = converse([REQUEST], [first, second, answer(), first])
    assert captures[0].end is not None
    assert captures[0].request is not None


def test_a_second_request_began_when_its_first_byte_came() -> None:
    memory = Memory()
    accepted = Moment.now()
    later = Moment(accepted.date.replace(year=accepted.date.year + 1), accepted.seconds + 100)
    conversation = Conversation(memory, upstream_of("http://up.example"), "http://127.0.0.1:1", accepted)
    for began, sent in ((accepted, 5.0), (later, 103.0)):
        conversation.ask(REQUEST[:10], began)
        conversation.ask(REQUEST[10:], Moment(began.date, began.seconds + 1))
        conversation.forwarded(accepted.seconds + sent)
        conversation.answer(answer(), accepted.seconds + sent + 1)
    first, second = memory.captures
    assert first.request is not None
    assert second.request is not None
    assert (round(first.request.at or 0, 3), round(second.request.at or 0, 3)) == (5.0, 3.0)
    assert first.started is not None
    assert second.started is not None
    assert int(second.started[:4]) == int(first.started[:4]) + 1


def test_after_a_response_that_could_not_be_read_the_next_request_is_served() -> None:
    memory = Memory()
    now = Moment.now()
    conversation = Conversation(memory, upstream_of("http://up.example"), "http://127.0.0.1:1", now)
    conversation.ask(GET, now)
    conversation.forwarded(now.seconds)
    conversation.answer(STREAM_HEAD + b"zz\r\n", now.seconds)
    assert conversation.ask(REQUEST, now) == REQUEST.replace(b"127.0.0.1:1", b"up.example")
    conversation.forwarded(now.seconds)
    conversation.answer(answer(), now.seconds)
    first, second = memory.captures
    assert first.end is not None
    assert second.end is not None
    assert (first.end.reason, second.end.reason, second.body) == ("error", "eof", BODY)
