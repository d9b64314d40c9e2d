"""SDKs against the replay server, and captures recorded a second time through a watch and a relay."""

from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest

import streamcheck as sc
from streamcheck.replaying.threads import replay_server
from tests.proxy.support import relaying
from tests.replay.support import BODY, CAPTURES, EVENTS, Client, capture, chunks_of, request

_MESSAGES: Any = [{"role": "user", "content": "hi"}]


def _openai(base_url: str, **more: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="key-of-the-test", base_url=base_url, max_retries=0, **more)


def test_the_openai_sdk_reads_a_capture() -> None:
    path = CAPTURES / "clean" / "chat-zai-zh.capture.jsonl"
    with replay_server(path) as server, _openai(server.base_url) as client:
        chunks = list(client.chat.completions.create(model="m", messages=_MESSAGES, stream=True))
    content = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert content == sc.check(path).message.content != ""


def test_the_anthropic_sdk_reads_a_capture() -> None:
    path = CAPTURES / "clean" / "anthropic-emoji.capture.jsonl"
    with (
        replay_server(path, split="byte") as server,
        anthropic.Anthropic(api_key="key-of-the-test", base_url=server.base_url, max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=_MESSAGES) as stream,
    ):
        assert stream.get_final_text() == sc.check(path).message.content != ""


def test_an_sdk_that_retries_gets_the_next_capture() -> None:
    overloaded = capture(
        b'{"error":{"message":"slow down"}}', status=429, headers=(("content-type", "application/json"), ("retry-after", "0"))
    )
    with replay_server(overloaded, capture()) as server, _openai(server.base_url) as client:
        chunks = list(client.with_options(max_retries=1).chat.completions.create(model="m", messages=_MESSAGES, stream=True))
        assert [one.status for one in server.wait_for(2)] == [429, 200]
    assert len(chunks) == len(EVENTS) - 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset@300", "ReadError"),
        ("close@300", "RemoteProtocolError"),
        ("chunk-header@300", "RemoteProtocolError"),
        ("stall@300", "ReadTimeout"),
    ],
)
@pytest.mark.parametrize("library", [httpx, httpx2])
def test_in_process_a_fault_is_the_error_that_a_socket_gives(fault: str, error: str, library: Any) -> None:
    def outcome(client: Any, url: str) -> tuple[bytes, str]:
        got = b""
        try:
            with client, client.stream("POST", f"{url}/v1/chat/completions", timeout=0.5) as response:
                for chunk in response.iter_raw():
                    got += chunk
        except library.TransportError as raised:
            return got, type(raised).__name__
        return got, "none"

    with replay_server(capture(), fault=fault) as server:
        over_a_socket = outcome(library.Client(), server.url)
    in_process = outcome(library.Client(transport=sc_replay(capture(), client=library.__name__, fault=fault)), "http://x")
    assert in_process == (BODY[:300], error)
    # A reset may overtake bytes that were sent before it.
    assert over_a_socket[1] == error
    assert BODY.startswith(over_a_socket[0])


def sc_replay(*captures: Any, **options: Any) -> Any:
    from streamcheck.replaying.in_process import replay

    return replay(*captures, **options)


@pytest.mark.parametrize("split", ["recorded", "event", 7])
def test_a_watch_records_the_same_bytes_and_borders_again(tmp_path: Path, split: str | int) -> None:
    path = CAPTURES / "clean" / "chat-odd-reads.capture.jsonl"
    expected = [piece.data for piece in sc_replay(path, split=split)._answer(httpx.Request("POST", "http://x")).pieces]
    with replay_server(path, split=split, any_path=True) as server:
        client = sc.Watch(record_to=tmp_path).attach(httpx.Client())
        with client, client.stream("POST", server.url) as response:
            for _ in response.iter_raw():
                pass
    (recorded,) = tmp_path.glob("*.capture.jsonl")
    assert chunks_of(recorded) == expected


def test_the_recording_proxy_records_the_same_bytes_again(tmp_path: Path) -> None:
    path = CAPTURES / "clean" / "chat-zai-zh.capture.jsonl"
    original = sc.CaptureReader(path).read()
    with replay_server(path, any_path=True, speed=2.0) as server, relaying(server.url, tmp_path) as relay:
        with Client(f"http://127.0.0.1:{relay.port}") as client:
            client.send(request(head="connection: close\r\n"))
            client.rest()
        again = relay.capture()
    assert again.body == original.body
    assert again.response is not None
    assert original.response is not None
    assert dict(again.response.headers)["content-type"] == dict(original.response.headers)["content-type"]
    # Pauses of 20 ms keep the borders apart, unless the machine is so busy that some come together.
    assert len(again.chunks) > len(original.chunks) / 2
    report, before = sc.check(again), sc.check(original)
    assert (report.verdict, report.message) == (before.verdict, before.message)


def test_captures_of_the_project_keep_their_bytes() -> None:
    for path in sorted(CAPTURES.glob("*/*.capture.jsonl"))[::3]:
        recorded = sc.CaptureReader(path).read()
        if recorded.text_only or recorded.response is None or recorded.request is None:
            continue
        with replay_server(path, any_path=True) as server, httpx.Client() as client:
            got = b""
            try:
                with client.stream(recorded.request.method or "POST", server.url) as response:
                    assert response.status_code == recorded.response.status
                    for chunk in response.iter_raw():
                        got += chunk
            except httpx.TransportError:
                assert recorded.end is not None
                assert recorded.end.reason != "eof" or any(name == "content-length" for name, _ in recorded.response.headers), (
                    path
                )
            assert recorded.body.startswith(got), path
            assert got == recorded.body or recorded.end is None or recorded.end.reason == "reset", path
