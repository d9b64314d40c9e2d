"""The replay server, asked by a raw socket: every byte and every border is seen."""

import threading
import time

import anyio
import pytest

import streamcheck as sc
from streamcheck.capture.format import Capture, End, Request, Response, TextDelta
from streamcheck.errors import UsageError
from streamcheck.proxy.wires import listening
from streamcheck.replaying.repertoire import Repertoire
from streamcheck.replaying.server import ReplayServer, Served, url_of
from streamcheck.replaying.threads import replay_server
from tests.replay.support import BODY, CHUNKED, EVENTS, PATIENCE, Client, asked, capture, request, sizes


def test_each_recorded_chunk_is_one_chunk() -> None:
    odd = (BODY[:7], BODY[7:61], BODY[61:])
    with replay_server(capture(*odd)) as server:
        response = asked(server.url)
    assert sizes(response) == [*map(len, odd), 0]
    assert response.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n")


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("recorded", [len(BODY)]),
        ("event", [*map(len, EVENTS)]),
        ("byte", [1] * len(BODY)),
        (100, [100] * (len(BODY) // 100) + [len(BODY) % 100]),
        ("100", [100] * (len(BODY) // 100) + [len(BODY) % 100]),
    ],
)
def test_a_split_changes_the_borders_and_no_byte(split: str | int, expected: list[int]) -> None:
    with replay_server(capture(BODY), split=split) as server:
        assert sizes(asked(server.url)) == [*expected, 0]


def test_pauses_are_the_recorded_ones_scaled() -> None:
    with replay_server(capture(*EVENTS, every=0.2), speed=2.0) as server:
        began = time.monotonic()
        asked(server.url)
        slow = time.monotonic() - began
    with replay_server(capture(*EVENTS, every=300.0), speed=0) as server:
        asked(server.url)  # an hour's pauses, or this test would not end
    assert slow >= 0.8 * 0.2 * (len(EVENTS) + 2) / 2


@pytest.mark.parametrize(
    ("headers", "framing"),
    [
        ((("content-length", str(len(BODY))),), b"content-length: %d\r\n" % len(BODY)),
        ((), b"connection: close\r\n"),
    ],
)
def test_a_body_that_was_not_chunked_is_not(headers: tuple[tuple[str, str], ...], framing: bytes) -> None:
    with replay_server(capture(headers=headers)) as server:
        head, _, body = asked(server.url).partition(b"\r\n\r\n")
    assert framing in head + b"\r\n"
    assert b"transfer-encoding" not in head
    assert body == BODY


def test_headers_of_the_recorded_connection_and_redacted_ones_are_left_out() -> None:
    headers = (
        *CHUNKED,
        ("Connection", "keep-alive, X-Hop"),
        ("x-hop", "1"),
        ("set-cookie", "REDACTED"),
        ("x-id", "a"),
        ("bad", "a\nb"),
    )
    with replay_server(capture(headers=headers)) as server:
        head = asked(server.url).partition(b"\r\n\r\n")[0].lower()
    assert b"x-id: a" in head
    assert not any(word in head for word in (b"x-hop", b"keep-alive", b"cookie", b"bad"))


def test_a_body_that_was_cut_is_shorter_than_its_head_says_again() -> None:
    with replay_server(capture(headers=(("content-length", "99999"),), end=End("error", error="RemoteProtocolError"))) as server:
        head, _, body = asked(server.url).partition(b"\r\n\r\n")
    assert b"content-length: 99999" in head
    assert body == BODY


def test_a_capture_that_ended_by_an_error_ends_without_the_last_chunk() -> None:
    with replay_server(capture(end=End("error", error="RemoteProtocolError"))) as server:
        assert sizes(asked(server.url)) == [*map(len, EVENTS)]
        assert server.wait_for(1)[0].outcome == "cut"


def test_a_recorded_reset_is_a_reset() -> None:
    with replay_server(capture(end=End("error", error="ReadError"))) as server, Client(server.url) as client:
        client.send(request())
        with pytest.raises(ConnectionResetError):
            client.rest()


def test_a_response_that_never_came_does_not_come_again() -> None:
    refused = Capture(request=Request("POST", "https://x/v1/a"), end=End("error", error="ConnectError"))
    with replay_server(refused) as server:
        assert asked(server.url, request("/v1/a")) == b""


# ---------------------------------------------------------------------- live faults
def test_truncation_looks_whole() -> None:
    with replay_server(capture(), fault="truncate@50") as server:
        assert sizes(asked(server.url)) == [50, 0]


def test_a_close_has_no_last_chunk() -> None:
    with replay_server(capture(), fault="close@50") as server:
        assert sizes(asked(server.url)) == [50]


def test_a_reset_comes_after_that_many_bytes() -> None:
    with replay_server(capture(), fault="reset@50") as server, Client(server.url) as client:
        client.send(request())
        with pytest.raises(ConnectionResetError):
            client.rest()
        assert server.wait_for(1)[0].sent == 50


def test_a_broken_chunk_header_comes_where_a_size_should_stand() -> None:
    with replay_server(capture(), fault="chunk-header@50") as server:
        assert asked(server.url).endswith(BODY[:50] + b"\r\n\xff\xfe broken\r\n")


def test_a_stall_lasts_until_the_client_leaves() -> None:
    with replay_server(capture(), fault="stall@50") as server:
        with Client(server.url) as client:
            client.send(request())
            client.until(BODY[40:50] + b"\r\n")
            client.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.socket.recv(1)
        assert server.wait_for(1)[0].outcome == "client left"


def test_a_stall_with_an_end_gives_the_rest_then() -> None:
    with replay_server(capture(BODY), fault="stall@50:0.3") as server:
        began = time.monotonic()
        assert sizes(asked(server.url)) == [50, len(BODY) - 50, 0]
        assert time.monotonic() - began >= 0.25


def test_a_fault_behind_the_end_does_nothing() -> None:
    with replay_server(capture(BODY), fault="reset@99999") as server:
        assert sizes(asked(server.url)) == [len(BODY), 0]


# ---------------------------------------------------------------------- which capture
def test_captures_of_one_path_take_turns() -> None:
    bodies = (b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n")
    with replay_server(*map(capture, bodies), capture(b"data: 4\n\n", url="https://x/other")) as server:
        answers = [asked(server.url) for _ in range(4)]
        assert b"data: 4" in asked(server.url, request("/other", head="connection: close\r\n"))
    assert all(body in answer for body, answer in zip((*bodies, bodies[0]), answers, strict=True))


def test_host_query_and_percent_encoding_do_not_matter() -> None:
    with replay_server(capture(url="https://h/model/a%3Ab/x?key=REDACTED")) as server:
        for target in ("/model/a:b/x", "/model/a%3ab/x?key=mine", "http://elsewhere/model/a:b/x"):
            assert asked(server.url, request(target, head="connection: close\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("data", [request("/v1/nothing"), request(method="GET"), request(method="HEAD")])
def test_what_matches_nothing_gets_a_404_with_a_sentence(data: bytes) -> None:
    with replay_server(capture()) as server:
        head, _, body = asked(server.url, data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 Not Found")
    assert (b"there is POST /v1/chat/completions" in body) is not data.startswith(b"HEAD")


def test_any_path_answers_it_all_the_same() -> None:
    with replay_server(capture(), any_path=True) as server:
        assert asked(server.url, request("/v2", head="connection: close\r\n")).startswith(b"HTTP/1.1 200")


def test_head_is_answered_by_the_head_of_what_was_got() -> None:
    with replay_server(capture(url="https://x/event", method="GET")) as server, Client(server.url) as client:
        client.send(request("/event", method="HEAD"))
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        client.send(request("/event", method="GET", head="connection: close\r\n"))
        assert EVENTS[-1] in client.rest()


# ---------------------------------------------------------------------- connections
def test_a_connection_is_kept_and_requests_may_come_early() -> None:
    with replay_server(capture()) as server, Client(server.url) as client:
        client.send(request() * 3)
        for _ in range(3):
            client.until(b"\r\n0\r\n\r\n")
        client.send(request(head="connection: close\r\n"))
        assert client.rest().endswith(b"0\r\n\r\n")


def test_http_1_0_gets_no_chunks() -> None:
    with replay_server(capture()) as server:
        head, _, body = asked(server.url, request(version="1.0")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert body == BODY


def test_a_client_that_says_it_will_send_no_more_gets_its_answer() -> None:
    with replay_server(capture(every=0.05), speed=1.0) as server, Client(server.url) as client:
        client.send(request())
        client.socket.shutdown(1)
        assert client.rest().endswith(b"0\r\n\r\n")


def test_a_client_that_waits_for_leave_to_send_gets_it() -> None:
    with replay_server(capture()) as server, Client(server.url) as client:
        head, body = request(head="expect: 100-continue\r\nconnection: close\r\n").split(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        assert client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
        client.send(body)
        assert client.rest().endswith(b"0\r\n\r\n")
        assert server.wait_for(1)[0].body == b"{}"


def test_what_is_no_http_gets_a_400() -> None:
    with replay_server(capture()) as server:
        assert asked(server.url, b"\x16\x03\x01hello\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert asked(server.url).startswith(b"HTTP/1.1 200")


def test_what_was_asked_can_be_looked_at() -> None:
    with replay_server(capture(path="x/a.capture.jsonl")) as server:
        asked(server.url)
        (served,) = server.wait_for(1)
    assert (served.method, served.target, served.body, served.capture) == (
        "POST",
        "/v1/chat/completions",
        b"{}",
        "a.capture.jsonl",
    )
    assert (served.status, served.sent, served.outcome) == (200, len(BODY), "whole")


def test_the_base_url_has_the_path_that_clients_begin_with() -> None:
    for url, prefix in {
        "https://api.z.ai/api/coding/paas/v4/chat/completions": "/api/coding/paas/v4",
        "https://api.anthropic.com/v1/messages": "",
        "https://api.openai.com/v1/responses": "/v1",
        "http://localhost:11434/api/chat": "",
    }.items():
        with replay_server(capture(url=url)) as server:
            assert server.base_url == server.url + prefix


def test_nothing_is_left_when_it_is_over() -> None:
    before = threading.active_count()
    with replay_server(capture(), fault="stall@1") as server, Client(server.url) as client:
        client.send(request())
        client.until(b"\r\n\r\n")
        address = client.socket.getpeername()
    assert threading.active_count() <= before
    with pytest.raises(ConnectionRefusedError), Client(f"http://{address[0]}:{address[1]}"):
        pass


def test_it_runs_on_trio_as_well() -> None:
    served: list[Served] = []

    async def serve() -> bytes:
        listener = listening("127.0.0.1", 0)
        url = url_of(listener)
        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ReplayServer(Repertoire([capture()], speed=0), on_served=served.append).serve, listener)
                answer = await anyio.to_thread.run_sync(asked, url)
                tasks.cancel_scope.cancel()
        return answer

    assert sizes(anyio.run(serve, backend="trio")) == [*map(len, EVENTS), 0]
    assert [one.outcome for one in served] == ["whole"]


# ---------------------------------------------------------------------- misuse
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"speed": -1}, "speed must be 0"),
        ({"speed": float("nan")}, "speed must be 0"),
        ({"split": "events"}, "did you mean 'event'?"),
        ({"split": 0}, "positive number of bytes"),
        ({"split": 1.5}, "not float"),
        ({"fault": "resett@5"}, "did you mean 'reset'?"),
        ({"fault": "reset"}, "reset@2000"),
        ({"fault": "reset@5:1"}, "only a stall lasts"),
        ({"fault": "stall@5:x"}, "only a stall lasts"),
    ],
)
def test_what_cannot_be_meant_is_said_at_the_call(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Repertoire([capture()], **options)  # type: ignore[arg-type]


def test_text_without_bytes_cannot_be_replayed() -> None:
    with pytest.raises(UsageError, match="no stream to replay"):
        Repertoire([Capture(deltas=(TextDelta(0.0, 0, "content", "a"),), hop="storage")])


def test_events_of_a_compressed_body_have_no_borders() -> None:
    coded = capture(b"\x1f\x8b\x08rest", headers=(*CHUNKED, ("content-encoding", "gzip")))
    with pytest.raises(UsageError, match="gzip: its events have no borders"):
        Repertoire([coded], split="event")
    Repertoire([coded], split=5)


def test_nothing_to_replay_is_said() -> None:
    with pytest.raises(UsageError, match="at least one capture"):
        Repertoire([])


def test_a_raw_body_is_replayed_as_an_event_stream() -> None:
    with replay_server(BODY) as server:
        response = asked(server.url, request("/whatever", head="connection: close\r\n"))
    assert b"content-type: text/event-stream" in response
    assert BODY in response


def test_a_response_without_a_status_is_taken_for_200() -> None:
    recorded = Capture(response=Response(None, CHUNKED), chunks=capture().chunks, end=End())
    with replay_server(recorded) as server:
        assert asked(server.url).startswith(b"HTTP/1.1 200 OK")
    assert sc.check(recorded).ok
