"""replay() in process: the recorded chunks in readers of httpx and httpx2, sync and async, without a network."""

from typing import Any

import anthropic
import anyio
import httpx
import httpx2
import httpx_sse
import openai
import pytest

import streamcheck as sc
from streamcheck.capture.format import Capture, End, Request
from streamcheck.errors import UsageError
from streamcheck.replaying.in_process import replay
from tests.replay.support import BODY, CAPTURES, EVENTS, URL, capture

LIBRARIES = (httpx, httpx2)
_MESSAGES: Any = [{"role": "user", "content": "hi"}]
_each_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)


@_each_library
def test_a_sync_client_gets_the_recorded_chunks(library: Any) -> None:
    with library.Client(transport=replay(capture(), client=library.__name__)) as client, client.stream("POST", URL) as response:
        assert list(response.iter_raw()) == list(EVENTS)
    assert response.headers["transfer-encoding"] == "chunked"


@_each_library
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_gets_the_recorded_chunks(library: Any, backend: str) -> None:
    async def read() -> list[bytes]:
        client = library.AsyncClient(transport=replay(capture(), client=library.__name__, split="event"))
        async with client, client.stream("POST", URL) as response:
            return [chunk async for chunk in response.aiter_raw()]

    assert anyio.run(read, backend=backend) == list(EVENTS)


@_each_library
def test_a_response_can_be_had_without_a_client(library: Any) -> None:
    response = replay(capture(), client=library.__name__).response()
    with sc.open_stream(response) as stream:
        text = "".join(delta.text for delta in stream)
    assert (text, stream.report.verdict) == ("Ein Satz, 日本語と🦀 and an end.", "clean")


def test_an_event_source_reads_it() -> None:
    events = list(httpx_sse.EventSource(replay(capture(), split="byte").response()).iter_sse())
    assert len(events) == len(EVENTS)
    assert events[-1].data == "[DONE]"


def test_an_async_reader_of_ours_reads_it() -> None:
    async def read() -> sc.Report:
        async with sc.open_stream(replay(capture()).response()) as stream:
            async for _ in stream:
                pass
        return stream.report

    assert anyio.run(read).verdict == "clean"


def test_sdks_take_it_as_their_http_client() -> None:
    chat = openai.OpenAI(
        api_key="key-of-the-test",
        http_client=openai.DefaultHttpxClient(transport=replay(capture(), client="httpx2")),
    )
    chunks = chat.chat.completions.create(model="m", messages=_MESSAGES, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Ein Satz, 日本語と🦀 and an end."
    path = CAPTURES / "clean" / "anthropic-tool.capture.jsonl"
    claude = anthropic.Anthropic(
        api_key="key-of-the-test", http_client=anthropic.DefaultHttpxClient(transport=replay(path, client="httpx2"))
    )
    with claude.messages.stream(model="m", max_tokens=9, messages=_MESSAGES) as stream:
        assert stream.get_final_message().stop_reason == "tool_use"


def test_a_content_coding_stays_on_and_is_undone_by_the_reader() -> None:
    path = CAPTURES / "clean" / "chat-gzip.capture.jsonl"
    transport = replay(path)
    with httpx.Client(transport=transport) as client:
        assert client.post(URL).text.startswith("data: ")
        with client.stream("POST", URL) as response:
            assert b"".join(response.iter_raw()) == sc.CaptureReader(path).read().body


def test_captures_take_turns_and_requests_are_kept() -> None:
    transport = replay(capture(b"data: 1\n\n"), capture(b"data: 2\n\n"))
    with httpx.Client(transport=transport) as client:
        assert [client.post(URL, content=b"x").text[6] for _ in range(3)] == ["1", "2", "1"]
    assert [request.content for request in transport.requests] == [b"x"] * 3


def test_a_path_that_was_not_recorded_is_a_404_for_those_who_ask() -> None:
    with httpx.Client(transport=replay(capture(), any_path=False)) as client:
        answer = client.get(URL)
    assert answer.status_code == 404
    assert "there is POST /v1/chat/completions" in answer.json()["error"]["message"]


def test_pauses_are_kept_where_they_are_asked_for() -> None:
    async def read() -> float:
        began = anyio.current_time()
        async with httpx.AsyncClient(transport=replay(capture(every=0.05), speed=1.0)) as client:
            await client.post(URL)
        return anyio.current_time() - began

    assert anyio.run(read) >= 0.05 * (len(EVENTS) + 1)
    with httpx.Client(transport=replay(capture(every=0.01), speed=1.0)) as client:
        assert client.post(URL).content == BODY


def test_a_response_that_never_came_is_an_error() -> None:
    never = Capture(request=Request("POST", URL), end=End("error", error="ReadError"))
    with httpx.Client(transport=replay(never)) as client, pytest.raises(httpx.ReadError):
        client.post(URL)


def test_a_watch_sees_it_as_it_sees_the_network() -> None:
    reports: list[sc.Report] = []
    watch = sc.Watch(on_report=reports.append)
    path = CAPTURES / "garbled" / "chat-zai-multilingual-salad.capture.jsonl"
    with httpx.Client(transport=watch.wrap(replay(path))) as client, client.stream("POST", URL) as response:
        for _ in response.iter_raw():
            pass
    assert [report.verdict for report in reports] == ["degenerate"]


def test_a_library_that_is_none_is_said() -> None:
    with pytest.raises(UsageError, match="client must be 'httpx' or 'httpx2', not 'httpx3'"):
        replay(capture(), client="httpx3")
    with pytest.raises(UsageError, match="a path, bytes or a Capture, not int"):
        replay(7)  # type: ignore[arg-type]
