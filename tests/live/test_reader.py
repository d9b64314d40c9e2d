"""open_stream() and connect() over real sockets, async: on asyncio and trio, with httpx and httpx2."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import anyio
import httpx
import httpx2
import httpx_sse
import pytest

import streamcheck as sc
from streamcheck.live.reader import DeltaStream, connect, open_stream
from tests.live import scripts
from tests.live.scripts import EVENTS, WORDS
from tests.live.server import PATIENCE, Peer, serving
from tests.streams import chat_event

pytestmark = pytest.mark.anyio
SOON = 0.3  # seconds of a deadline that is to pass


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[httpx, httpx2], ids=lambda library: library.__name__)
def library(request: pytest.FixtureRequest) -> ModuleType:
    found: ModuleType = request.param
    return found


@pytest.fixture
async def client(library: ModuleType) -> AsyncIterator[Any]:
    async with library.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        yield client


async def read(stream: DeltaStream) -> tuple[str, sc.Report]:
    """Return the sum of the deltas, and the report."""
    async with stream:
        text = "".join([delta.text async for delta in stream])
    return text, stream.report


def bulky(text: str) -> bytes:
    """Return an event of 8 KB that is quick to check."""
    return b": " + b"-" * 8000 + b"\n" + chat_event({"content": text})


def codes(report: sc.Report) -> list[str]:
    return [finding.code for finding in report.findings]


# ---------------------------------------------------------------------- whole answers
async def test_a_clean_answer_gives_its_deltas_and_a_clean_report(client: Any) -> None:
    with serving(scripts.clean) as server:
        async with connect(client, "POST", server.url, json={"stream": True}) as stream:
            deltas = [delta async for delta in stream]
    assert [(delta.channel, delta.text) for delta in deltas] == [("content", word) for word in WORDS]
    assert (stream.report.verdict, stream.report.message.content) == ("clean", "".join(WORDS))
    assert stream.report.source == server.url
    assert stream.report.timing is not None


async def test_a_response_that_the_application_opened_is_read_and_closed(client: Any) -> None:
    with serving(scripts.clean) as server:
        async with client.stream("POST", server.url) as response:
            text, report = await read(open_stream(response, name="mine"))
            assert response.is_closed
    assert (text, str(report.verdict), report.source) == ("".join(WORDS), "clean", "mine")


async def test_event_sources_are_read_like_their_responses(client: Any) -> None:
    with serving(scripts.clean) as server:
        async with httpx_sse.aconnect_sse(client, "POST", server.url) as source:
            assert (await read(open_stream(source)))[0] == "".join(WORDS)
        async with client.stream("POST", server.url) as response:
            assert (await read(open_stream(httpx2.EventSource(response))))[0] == "".join(WORDS)


async def test_a_content_coding_is_undone_once(client: Any) -> None:
    with serving(scripts.gzipped) as server:
        text, report = await read(connect(client, "POST", server.url))
    assert (text, codes(report)) == ("".join(WORDS), [])


async def test_content_that_was_read_already_is_not_decoded_again(client: Any) -> None:
    with serving(scripts.gzipped) as server:
        response = await client.post(server.url)
        text, report = await read(open_stream(response))
    assert (text, codes(report), report.timing) == ("".join(WORDS), [], None)


async def test_an_error_answer_is_classified_and_not_raised(client: Any) -> None:
    with serving(scripts.refused) as server:
        text, report = await read(connect(client, "POST", server.url))
    assert (text, str(report.verdict)) == ("", "refused")
    assert report.provider_error is not None
    assert report.provider_error.http_status == 429


async def test_an_empty_body_is_incomplete(client: Any) -> None:
    with serving(scripts.empty) as server:
        text, report = await read(connect(client, "POST", server.url))
    assert (text, str(report.verdict), codes(report)) == ("", "incomplete", ["order/missing-terminal"])


async def test_an_answer_in_one_document_gives_its_text_too(client: Any) -> None:
    with serving(scripts.document) as server:
        text, report = await read(connect(client, "POST", server.url))
    assert (text, report.message.content) == ("all of it", "all of it")


async def test_the_request_is_the_users_with_the_headers_of_an_event_stream(client: Any) -> None:
    headers = {"x-mine": "1"}
    events: list[str] = []

    async def trace(event: str, info: dict[str, Any]) -> None:
        events.append(event)

    with serving(scripts.clean) as server:
        await read(connect(client, "POST", server.url, headers=headers, json={"n": 1}, extensions={"trace": trace}))
    request = server.peers[0].request
    assert b"accept: text/event-stream" in request.lower()
    assert b"x-mine: 1" in request
    assert request.endswith(b'{"n":1}')
    assert headers == {"x-mine": "1"}
    assert "http11.send_request_body.complete" in events


# ---------------------------------------------------------------------- findings
async def test_findings_are_told_in_their_place_between_the_deltas(client: Any) -> None:
    told: list[str] = []

    async def tell(finding: sc.Finding) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(finding.code)

    with serving(scripts.damaged) as server:
        async with connect(client, "POST", server.url, on_finding=tell) as stream:
            async for delta in stream:
                told.append(delta.text)
    assert told == [WORDS[0], "json/invalid", *WORDS[1:]]
    assert [f.code for f in stream.findings] == codes(stream.report) == ["json/invalid"]


async def test_what_only_the_end_shows_is_told_at_the_end(client: Any) -> None:
    told: list[sc.Finding] = []
    with serving(scripts.hung_up) as server:
        _, report = await read(connect(client, "POST", server.url, on_finding=told.append))
    assert sorted(f.code for f in told) == sorted(codes(report))


async def test_what_a_callback_raises_comes_out_of_the_iteration(client: Any) -> None:
    def fail(finding: sc.Finding) -> None:
        raise ZeroDivisionError

    with serving(scripts.damaged) as server:
        stream = connect(client, "POST", server.url, on_finding=fail)
        with pytest.raises(ZeroDivisionError):
            await read(stream)
    assert "json/invalid" in codes(stream.report)


# ---------------------------------------------------------------------- a slow consumer
async def test_a_slow_consumer_stops_the_server_and_loses_nothing(client: Any) -> None:
    pieces = [bulky(str(number)) for number in range(3000)]  # 24 MB: no pair of sockets holds it
    blocked = threading.Event()

    def flood(peer: Peer) -> None:
        peer.head()
        left = iter(pieces)
        rest = peer.send_until_blocked(left)
        assert rest is not None, "the client took all of it"
        blocked.set()
        peer.socket.sendall(rest)
        peer.chunk(*left, *EVENTS[-2:])
        peer.end()

    with serving(flood) as server:
        async with connect(client, "POST", server.url, buffer=3) as stream:
            first = await anext(stream)
            assert await anyio.to_thread.run_sync(blocked.wait, PATIENCE)
            assert [first.text, *[delta.text async for delta in stream]] == [str(number) for number in range(3000)]


async def test_the_time_that_a_slow_consumer_takes_is_no_silence() -> None:
    stall = 1.0

    async def body() -> AsyncIterator[bytes]:
        for event in EVENTS:
            yield event

    response = httpx.Response(200, content=body())
    async with open_stream(response, buffer=1, stall_after=stall) as stream:
        await anext(stream)
        await anyio.sleep(1.5 * stall)
        assert [delta.text async for delta in stream] == list(WORDS[1:])
    assert codes(stream.report) == []


# ---------------------------------------------------------------------- deadlines
@pytest.mark.parametrize(
    ("script", "deadlines", "code", "heard"),
    [
        (scripts.no_head, {"first_delta_within": SOON}, "time/first-delta", "no byte"),
        (scripts.no_head, {"stall_after": SOON}, "time/stall", "no byte"),
        (scripts.no_byte, {"first_delta_within": SOON}, "time/first-delta", "no byte"),
        (scripts.comments_only, {"first_delta_within": 2 * SOON}, "time/first-delta", "comments only"),
        (scripts.silent_after_text, {"first_delta_within": PATIENCE, "stall_after": SOON}, "time/stall", "no byte"),
        (scripts.comments_after_text, {"first_delta_within": PATIENCE, "stall_after": 2 * SOON}, "time/stall", "comments only"),
    ],
    ids=["no head", "no head, stall", "no byte", "comments only", "silent after text", "comments after text"],
)
async def test_a_passed_deadline_ends_the_iteration_and_is_reported(
    client: Any, script: Any, deadlines: dict[str, Any], code: str, heard: str
) -> None:
    with serving(script) as server, anyio.fail_after(PATIENCE):
        async with connect(client, "POST", server.url, **deadlines) as stream:
            text = "".join([delta.text async for delta in stream])
    found = next(f for f in stream.report.findings if f.code == code)
    assert found.evidence["heard"] == heard
    assert text == ("".join(WORDS[:2]) if "text" in script.__name__ else "")
    assert stream.report.verdict == "incomplete"


async def test_the_wait_for_a_connection_of_the_pool_is_no_request_yet(library: ModuleType) -> None:
    limits = library.Limits(max_connections=1)
    with serving(scripts.no_byte) as server:
        async with (
            library.AsyncClient(timeout=None, limits=limits, trust_env=False) as client,
            client.stream("POST", server.url),
        ):
            _, report = await read(connect(client, "POST", server.url, first_delta_within=SOON))
    found = next(f for f in report.findings if f.code == "time/first-delta")
    assert found.evidence["heard"] == "no request yet"


async def test_a_deadline_that_does_not_pass_changes_nothing(client: Any) -> None:
    with serving(scripts.clean) as server:
        text, report = await read(connect(client, "POST", server.url, first_delta_within=PATIENCE, stall_after=PATIENCE))
    assert (text, codes(report)) == ("".join(WORDS), [])


async def test_the_users_own_read_timeout_ends_it_with_a_report(client: Any) -> None:
    with serving(scripts.silent_after_text) as server:
        text, report = await read(connect(client, "POST", server.url, timeout=SOON))
    assert (text, str(report.verdict)) == ("".join(WORDS[:2]), "incomplete")
    assert next(f for f in report.findings if f.code == "http/incomplete-body").evidence["reason"] == "timeout"


# ---------------------------------------------------------------------- connections that fail
async def test_a_reset_ends_the_iteration_and_is_reported(client: Any) -> None:
    texts: list[str] = []
    with serving(scripts.reset) as server:
        async with connect(client, "POST", server.url) as stream:
            async for delta in stream:
                texts.append(delta.text)
                if len(texts) == 2:
                    server.peers[0].tell()
    assert texts == list(WORDS[:2])
    found = next(f for f in stream.report.findings if f.code == "http/incomplete-body")
    assert (stream.report.verdict, found.evidence["reason"]) == ("incomplete", "ReadError")


async def test_a_body_that_is_cut_off_ends_the_iteration_and_is_reported(client: Any) -> None:
    with serving(scripts.hung_up) as server:
        text, report = await read(connect(client, "POST", server.url))
    found = next(f for f in report.findings if f.code == "http/incomplete-body")
    assert (text, found.evidence["reason"]) == ("".join(WORDS[:2]), "RemoteProtocolError")


async def test_what_fails_before_there_is_a_response_is_raised_as_the_client_raises_it(client: Any, library: ModuleType) -> None:
    with serving(scripts.no_answer) as server:
        stream = connect(client, "POST", server.url)
        with pytest.raises(library.RemoteProtocolError):
            await read(stream)
        assert stream.report.verdict == "incomplete"
    with pytest.raises(library.ConnectError):
        await read(connect(client, "POST", server.url, first_delta_within=PATIENCE))


# ---------------------------------------------------------------------- leaving early
async def test_leaving_early_closes_the_connection_and_leaves_a_report(client: Any) -> None:
    before = len(anyio.get_running_tasks())
    with serving(scripts.silent_after_text) as server:  # waits until its client is gone
        async with connect(client, "POST", server.url) as stream:
            async for delta in stream:
                assert delta.text == WORDS[0]
                break
    assert len(anyio.get_running_tasks()) == before
    found = next(f for f in stream.report.findings if f.code == "http/incomplete-body")
    assert (stream.report.verdict, found.evidence["stopped_by"]) == ("incomplete", "reader")


async def test_leaving_while_the_buffer_is_full_ends_the_librarys_generators(client: Any) -> None:
    def flood(peer: Peer) -> None:
        peer.head()
        peer.send_until_blocked(bulky("again ") for _ in itertools.count())
        peer.wait_until_gone()

    with serving(flood) as server:
        async with connect(client, "POST", server.url, buffer=1) as stream:
            await anext(stream)
    assert stream.report.verdict == "incomplete"


async def test_an_iteration_that_was_broken_off_goes_on(client: Any) -> None:
    with serving(scripts.clean) as server:
        async with connect(client, "POST", server.url) as stream:
            async for _ in stream:
                break
            assert [delta.text async for delta in stream] == list(WORDS[1:])
            assert [delta.text async for delta in stream] == []
            assert stream.report.verdict == "clean"


async def test_cancellation_from_outside_passes_through_and_leaves_a_report(client: Any) -> None:
    with serving(scripts.silent_after_text) as server:
        stream = connect(client, "POST", server.url)
        with anyio.CancelScope() as scope:
            async with stream:
                async for delta in stream:
                    if delta.text == WORDS[1]:
                        scope.cancel()
    assert scope.cancelled_caught
    assert stream.report.message.content == "".join(WORDS[:2])


async def test_cancellation_while_the_head_is_awaited_leaves_a_report(client: Any) -> None:
    arrived = threading.Event()

    def no_head(peer: Peer) -> None:
        arrived.set()
        peer.wait_until_gone()

    async def cancel_on_arrival() -> None:
        assert await anyio.to_thread.run_sync(arrived.wait, PATIENCE)
        group.cancel_scope.cancel()

    with serving(no_head) as server:
        stream = connect(client, "POST", server.url)
        async with anyio.create_task_group() as group:
            group.start_soon(cancel_on_arrival)
            await read(stream)
    assert stream.report.verdict == "incomplete"


async def test_the_consumers_exception_comes_out_as_it_is(client: Any) -> None:
    error = KeyError("mine")
    with serving(scripts.silent_after_text) as server:
        stream = connect(client, "POST", server.url)

        async def consume() -> None:
            async with stream:
                async for _ in stream:
                    raise error

        with pytest.raises(KeyError) as raised:
            await consume()
    assert raised.value is error
    assert stream.report.message.content.startswith(WORDS[0])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_asyncio_cancels_ends_cancelled_and_with_a_report(client: Any) -> None:
    reading = asyncio.Event()

    async def consume(stream: DeltaStream) -> None:
        async with stream:
            async for _ in stream:
                reading.set()

    with serving(scripts.silent_after_text) as server:
        stream = connect(client, "POST", server.url)
        task = asyncio.create_task(consume(stream))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert task.cancelled()
    assert stream.report.verdict == "incomplete"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_wait_that_is_given_up_loses_no_delta(client: Any) -> None:
    texts: list[str] = []

    def slow(peer: Peer) -> None:
        peer.head()
        for event in EVENTS:
            peer.gone_within(0.01)
            peer.chunk(event)
        peer.end()

    with serving(slow) as server:
        async with connect(client, "POST", server.url) as stream:
            while True:
                try:
                    texts.append((await asyncio.wait_for(anext(stream), 0.002)).text)
                except TimeoutError:
                    continue
                except StopAsyncIteration:
                    break
    assert texts == list(WORDS)
