"""The relay over real sockets, on both event loops."""

import gzip
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

import streamcheck as sc
from streamcheck.capture.folder import CaptureFolder
from tests.proxy.support import (
    BODY,
    EVENTS,
    GET,
    PATIENCE,
    REQUEST,
    STREAM_HEAD,
    Peer,
    answer,
    chunked,
    error_of,
    relaying,
    serving,
)


def url(port: int, path: str = "") -> str:
    return f"http://127.0.0.1:{port}{path}"


class Script:
    """An upstream that reads one request, answers, and closes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.connections = 0

    def __call__(self, peer: Peer) -> None:
        self.connections += 1
        for response in self.answers:
            self.requests.append(peer.read_request())
            peer.send(response)


ODD = (
    b"HTTP/1.1 200 Fine by me\r\nconTENT-type:text/event-stream\r\nX-Odd:  two  blanks \r\nX-odd: again\r\n"
    b"Trailer: x-sum\r\ntransfer-ENCODING: Chunked\r\n\r\n"
    b'5;ext=1;name="v"\r\ndata:\r\n000A;x\r\n {}\r\n\r\nda!\r\n0;last\r\nX-Sum: 1\r\n\r\n'
)


# ---------------------------------------------------------------------- bytes
def test_the_response_is_forwarded_byte_for_byte(backend: str, tmp_path: Path) -> None:
    with serving(Script(ODD)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == ODD
        capture = running.capture()
    assert capture.body == b"data: {}\r\n\r\nda!"
    assert capture.response is not None
    assert ("X-Odd", "REDACTED") in capture.response.headers
    assert capture.end is not None
    assert (capture.end.reason, capture.findings) == ("eof", ())


def test_of_the_request_only_host_and_target_change(backend: str, tmp_path: Path) -> None:
    head = b"POST /v1/x?a=//b HTTP/1.1\r\naccept:*/*\r\nhOsT:  127.0.0.1:8399 \r\nX-A: 1\r\nx-a:2\r\nContent-Length: 3\r\n\r\nabc"
    script = Script(answer())
    with serving(script) as port, relaying(url(port, "/api/"), tmp_path, backend) as running:
        running.ask(head)
        expected = head.replace(b"/v1/x", b"/api/v1/x").replace(b" 127.0.0.1:8399 ", b" 127.0.0.1:%d" % port)
        assert script.requests == [expected]
        request = running.capture().request
    assert request is not None
    assert (request.method, request.url, request.body) == ("POST", url(port, "/api/v1/x?a=//b"), "abc")


def test_single_bytes_pass_both_ways(backend: str, tmp_path: Path) -> None:
    response = STREAM_HEAD + chunked(*EVENTS)

    def script(peer: Peer) -> None:
        assert peer.read_request().endswith(b'\r\n\r\n{"stream":true}')
        peer.send_bytewise(response)

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send_bytewise(REQUEST)
        assert client.read_all() == response
        client.close()
        capture = running.capture()
    assert capture.body == BODY
    assert sc.check(capture).verdict == "clean"


def test_each_read_is_one_chunk_with_its_content_coding_on_it(backend: str, tmp_path: Path) -> None:
    body = gzip.compress(BODY, mtime=0)
    halves = [body[:40], body[40:]]
    seen = threading.Semaphore(0)

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for half in halves:
            peer.send(chunked(half, end=b""))
            assert seen.acquire(timeout=PATIENCE)
        peer.send(b"0\r\n\r\n")

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(GET)
        for half in halves:
            while half not in client.received:
                client.received += client.socket.recv(65536)
            seen.release()
        client.read_all()
        client.close()
        capture = running.capture()
    assert [chunk.data for chunk in capture.chunks] == halves
    assert sc.check(capture).verdict == "clean"


def test_a_large_request_body_arrives_whole_and_is_not_recorded(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamcheck.proxy.exchange.MAX_REQUEST_BODY", 1000)
    body = os.urandom(1 << 20)
    script = Script(answer())
    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        running.ask(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert script.requests[0].endswith(body)
        request = running.capture().request
    assert request is not None
    assert (request.body, request.body_sha256) == (None, None)


def test_a_chunked_request_body_is_recorded_without_its_chunks(backend: str, tmp_path: Path) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = chunked(b'{"a"', b":1}", end=b"0\r\nX-T: 1\r\n\r\n")

    def script(peer: Peer) -> None:
        peer.read_request()
        assert peer.read(len(body)) == body
        peer.send(answer())

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        running.ask(head + body)
        request = running.capture().request
    assert request is not None
    assert request.body == {"a": 1}


def test_a_client_that_reads_slowly_gets_every_byte(backend: str, tmp_path: Path) -> None:
    response = answer(os.urandom(1 << 16) * 256)  # 16 MiB: more than the sockets' buffers hold
    sending = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        sending.set()
        peer.send(response)

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(GET)
        assert sending.wait(PATIENCE)
        for _ in range(20):
            client.received += client.socket.recv(100)
        assert client.read_all() == response
        client.close()
        assert response.endswith(running.capture().body)


def test_no_key_reaches_the_disk(backend: str, tmp_path: Path) -> None:
    key = b"sk-" + b"A1b2C3d4" * 5
    request = b"GET /v1?key=%b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n\r\n" % (key, key)
    with serving(Script(answer(b"", b"Set-Cookie: id=private"))) as port, relaying(url(port), tmp_path, backend) as running:
        running.ask(request)
        running.capture()
    written = b"".join(path.read_bytes() for path in running.folder.iterdir())
    assert key not in written
    assert b"private" not in written


# ---------------------------------------------------------------------- order
def test_the_request_is_sent_before_anything_is_recorded(backend: str, tmp_path: Path) -> None:
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        arrived.set()
        peer.send(answer())

    def folder(name: str) -> str:
        assert arrived.wait(PATIENCE)
        return str(tmp_path / name)

    with serving(script) as port, relaying(url(port), tmp_path, backend, folder=folder) as running:
        assert running.ask() == answer()
        assert running.capture().body == BODY
        assert running.said == []


def test_a_request_that_comes_early_waits_for_its_turn(backend: str, tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        first = peer.read_request()
        assert first.startswith(b"GET /v1/models ")
        peer.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            peer.socket.recv(1)
        peer.socket.settimeout(PATIENCE)
        assert peer.received == b""
        peer.send(answer(b"1"))
        peer.send_bytewise(answer(peer.read_request()[-15:]))

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask(GET + REQUEST) == answer(b"1") + answer(b'{"stream":true}')
        assert [running.capture().body, running.capture().body] == [b"1", b'{"stream":true}']


def test_an_upstream_that_answers_before_the_body_is_whole_is_heard(backend: str, tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.read(len(b"POST / HTTP/1.1"))
        peer.send(answer(b"too large", status=b"413 Content Too Large"))
        peer.read_all()

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart")
        assert client.read(len(answer(b"too large", status=b"413 Content Too Large"))).endswith(b"too large")
        client.close()
        capture = running.capture()
    assert capture.request is not None
    assert capture.request.body is None
    assert capture.response is not None
    assert (capture.response.status, capture.body) == (413, b"too large")


# ---------------------------------------------------------------------- one connection, many exchanges
def test_three_requests_on_one_connection_are_three_captures(backend: str, tmp_path: Path) -> None:
    answers = (STREAM_HEAD + chunked(*EVENTS), answer(b"second"), answer(b"third"))
    script = Script(*answers)
    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        for response in answers:
            client.send(REQUEST)
            assert client.read(len(response)) == response
        client.close()
        captures = [running.capture() for _ in answers]
    assert script.connections == 1
    assert [capture.body for capture in captures] == [BODY, b"second", b"third"]
    for capture in captures:
        assert capture.end is not None
        assert capture.end.reason == "eof"
        assert capture.request is not None
        assert capture.request.at is not None
        assert 0 <= capture.request.at < PATIENCE


@pytest.mark.parametrize(
    ("method", "response"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
    ],
)
def test_responses_without_a_body_end_with_their_head(backend: str, tmp_path: Path, method: bytes, response: bytes) -> None:
    with serving(Script(response, answer())) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.read(len(response)) == response
        client.send(REQUEST)
        assert client.read_all() == answer()
        client.close()
        assert [running.capture().body, running.capture().body] == [b"", BODY]


def test_a_client_may_wait_for_100_continue(backend: str, tmp_path: Path) -> None:
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"

    def script(peer: Peer) -> None:
        while not peer.received.endswith(b"\r\n\r\n"):
            peer.received += peer.socket.recv(65536)
        peer.send(go_on)
        assert peer.read_request().endswith(b"body")
        peer.send(early + answer())

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert client.read(len(go_on)) == go_on
        client.send(b"body")
        assert client.read_all() == early + answer()
        client.close()
        capture = running.capture()
    assert capture.request is not None
    assert capture.response is not None
    assert (capture.request.body, capture.response.status, capture.body) == ("body", 200, BODY)


def test_an_upgraded_connection_is_forwarded_both_ways(backend: str, tmp_path: Path) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n"

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(switch)
        while block := peer.socket.recv(65536):
            peer.send(block[::-1])

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n")
        assert client.read(len(switch)) == switch
        for word in (b"\x00\xff abc", b"GET / HTTP/1.1\r\n\r\n"):
            client.send(word)
            assert client.read(len(word)) == word[::-1]
        client.close()
        capture = running.capture()
    assert capture.response is not None
    assert (capture.response.status, capture.body) == (101, b"")


def test_fifty_streams_at_once_do_not_mix(backend: str, tmp_path: Path) -> None:
    together = threading.Barrier(50)

    def script(peer: Peer) -> None:
        number = peer.read_request().split()[1][1:]
        together.wait(PATIENCE)
        peer.send(STREAM_HEAD)
        for _ in range(20):
            peer.send(chunked(b"data: %b\n\n" % number, end=b""))
        peer.send(b"0\r\n\r\n")

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running, ThreadPoolExecutor(50) as pool:
        requests = [b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % i for i in range(50)]
        for i, response in enumerate(pool.map(running.ask, requests)):
            assert response == STREAM_HEAD + chunked(*[b"data: %d\n\n" % i] * 20)
        captures = [running.capture() for _ in requests]
    for capture in captures:
        assert capture.request is not None
        assert capture.request.url is not None
        assert capture.body == b"data: %b\n\n" % capture.request.url.rpartition("/")[2].encode() * 20


# ---------------------------------------------------------------------- ends
def test_a_body_without_a_length_ends_with_the_connection(backend: str, tmp_path: Path) -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + BODY
    with serving(Script(response)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == response
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.body) == ("eof", BODY)


@pytest.mark.parametrize("cut", [answer()[:-20], STREAM_HEAD + chunked(*EVENTS[:2], end=b""), STREAM_HEAD + b"1f\r\nhalf"])
def test_an_upstream_that_closes_early_closes_the_client_at_the_same_byte(backend: str, tmp_path: Path, cut: bytes) -> None:
    with serving(Script(cut)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == cut
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.end.error) == ("error", "RemoteProtocolError")
    assert sc.check(capture).verdict == "incomplete"


def test_an_upstream_that_closes_without_a_word_closes_the_client(backend: str, tmp_path: Path) -> None:
    with serving(Script(b"")) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == b""
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.response, capture.chunks) == ("error", None, ())


def test_a_reset_of_the_upstream_resets_the_client(backend: str, tmp_path: Path) -> None:
    begin = STREAM_HEAD + chunked(EVENTS[0], end=b"")
    read = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(begin)
        assert read.wait(PATIENCE)
        peer.reset()

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        assert client.read(len(begin)) == begin
        read.set()
        with pytest.raises(ConnectionResetError):
            client.read_all()
        client.close()
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.end.error) == ("error", "ConnectionResetError")
    assert capture.body == EVENTS[0]


@pytest.mark.parametrize("leave", [Peer.close, Peer.reset, lambda peer: peer.socket.shutdown(socket.SHUT_WR)])
def test_a_client_that_goes_away_ends_the_upstream_connection(
    backend: str, tmp_path: Path, leave: Callable[[Peer], None]
) -> None:
    begin = STREAM_HEAD + chunked(EVENTS[0], end=b"")
    gone = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(begin)
        try:
            assert peer.read_all() == b""
        except ConnectionResetError:
            pass
        gone.set()

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        assert client.read(len(begin)) == begin
        leave(client)
        assert gone.wait(PATIENCE)
        client.close()
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.body) == ("cancel", EVENTS[0])


def test_a_client_that_leaves_before_there_is_an_answer_is_recorded_as_such(backend: str, tmp_path: Path) -> None:
    asked, gone = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        asked.set()
        assert peer.read_all() == b""
        gone.set()

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        assert asked.wait(PATIENCE)
        client.close()
        assert gone.wait(PATIENCE)
        capture = running.capture()
    assert capture.request is not None
    assert capture.end is not None
    assert (capture.request.body, capture.response, capture.end.reason) == ({"stream": True}, None, "cancel")


def test_a_client_that_leaves_while_the_upstream_is_connected_to_is_noticed(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr("streamcheck.proxy.relay.connected", never)
    with relaying("http://127.0.0.1:1", tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        client.close()
        capture = running.capture()
    assert capture.end is not None
    assert (capture.end.reason, capture.response) == ("cancel", None)


def test_an_idle_connection_that_the_upstream_closes_is_closed_to_the_client(backend: str, tmp_path: Path) -> None:
    with serving(Script(answer())) as port, relaying(url(port), tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        assert client.read(len(answer())) == answer()
        assert client.read_all() == b""
        client.close()


def test_stopping_the_relay_leaves_whole_captures_that_say_cancel(backend: str, tmp_path: Path) -> None:
    begin = STREAM_HEAD + chunked(*EVENTS[:2], end=b"")

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(begin)
        peer.read_all()

    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        clients = [running.connect() for _ in range(3)]
        for client in clients:
            client.send(REQUEST)
            assert client.read(len(begin)) == begin
        running.stop()
        for client in clients:
            assert client.read_all() == b""
            client.close()
        captures = [running.capture() for _ in clients]
    for capture in captures:
        assert capture.end is not None
        assert (capture.end.reason, capture.body) == ("cancel", b"".join(EVENTS[:2]))


# ---------------------------------------------------------------------- what is no HTTP
def test_garbage_is_forwarded_and_recorded_as_it_came(backend: str, tmp_path: Path) -> None:
    garbage = b"\x15\x03\x01 no HTTP at all \xff\r\n\r\n"
    with serving(Script(garbage)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == garbage
        capture = running.capture()
    assert capture.end is not None
    assert (capture.response, capture.body) == (None, garbage)
    assert (capture.end.reason, capture.end.error) == ("error", "RemoteProtocolError")


def test_a_head_that_cannot_be_read_is_recorded_without_its_secrets(backend: str, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: id=private\r\nno colon here\r\n\r\nbody"
    with serving(Script(head)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == head
        assert running.capture().body == head.replace(b"id=private", b"*" * 10)


def test_hostile_bytes_do_not_keep_the_relay_busy(backend: str, tmp_path: Path) -> None:
    hostile = b"key" * 80_000 + b"\r\n\r\n"
    with serving(Script(hostile)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == hostile
        assert running.capture().body == hostile


def test_after_a_broken_chunk_header_the_bytes_still_flow(backend: str, tmp_path: Path) -> None:
    response = STREAM_HEAD + chunked(EVENTS[0], end=b"") + b"no number\r\n" + b"x" * 1000
    with serving(Script(response)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == response
        capture = running.capture()
    assert capture.end is not None
    assert (capture.body, capture.end.reason, capture.end.error) == (EVENTS[0], "error", "RemoteProtocolError")


def test_what_comes_after_a_response_is_forwarded_and_kept_apart(backend: str, tmp_path: Path) -> None:
    late = answer(b"bye", status=b"408 Request Timeout")
    with serving(Script(answer() + late)) as port, relaying(url(port), tmp_path, backend) as running:
        assert running.ask() == answer() + late
        first, second = running.capture(), running.capture()
    assert (first.body, second.body, second.request) == (BODY, b"bye", None)


# ---------------------------------------------------------------------- answers of our own
def test_an_upstream_that_refuses_is_a_502_with_its_reason(backend: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with relaying(url(port), tmp_path, backend) as running:
        status, error = error_of(running.ask())
        capture = running.capture()
    assert status == 502
    assert "refused" in error["message"]
    assert capture.request is not None
    assert capture.end is not None
    assert (capture.request.body, capture.response) == ({"stream": True}, None)
    assert (capture.end.reason, capture.end.error) == ("error", "ConnectionRefusedError")


def test_a_host_that_is_not_there_is_a_502(backend: str, tmp_path: Path) -> None:
    with relaying("http://no-such-host.invalid", tmp_path, backend) as running:
        status, error = error_of(running.ask())
        end = running.capture().end
    assert (status, error["code"]) == (502, "streamcheck_upstream_unreachable")
    assert end is not None
    assert (end.reason, end.error) == ("error", "gaierror")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 403),
        (b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nbroken header line\r\n\r\n", 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300_000, 431),
    ],
)
def test_what_is_not_forwarded_is_answered_and_the_upstream_hears_nothing(
    backend: str, tmp_path: Path, request_: bytes, status: int
) -> None:
    script = Script(answer())
    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        own, error = error_of(running.ask(request_))
        assert own == status
        assert script.connections == 0
        assert running.relay.recordings.count == 0
        if status == 403:
            assert f"http://127.0.0.1:{running.port}" in error["message"]


def test_the_upstreams_own_url_as_target_is_served(backend: str, tmp_path: Path) -> None:
    script = Script(answer())
    with serving(script) as port, relaying(url(port), tmp_path, backend) as running:
        running.ask(b"GET http://127.0.0.1:%d/v4?x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (port, port))
        assert script.requests[0].startswith(b"GET /v4?x HTTP/1.1\r\n")


# ---------------------------------------------------------------------- failures of ours
def test_a_disk_that_takes_nothing_leaves_the_stream_alone(backend: str, tmp_path: Path) -> None:
    def folder(name: str) -> str:
        raise OSError(28, "No space left on device")

    with serving(Script(answer(), answer())) as port, relaying(url(port), tmp_path, backend, folder=folder) as running:
        client = running.connect()
        for _ in range(2):
            client.send(REQUEST)
            assert client.read(len(answer())) == answer()
        client.close()
        assert running.said == ["recording fails, the streams go on unrecorded: no space left on device"]


def test_a_file_that_fails_in_the_middle_leaves_the_stream_alone(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = CaptureFolder(tmp_path / "captures")

    def fail(*_: object, **__: object) -> None:
        raise OSError(27, "File too large")

    monkeypatch.setattr("streamcheck.capture.writer.CaptureWriter.chunk", fail)
    with serving(Script(answer())) as port, relaying(url(port), tmp_path, backend, folder=full) as running:
        assert running.ask() == answer()
        capture = running.capture()
        assert running.said == ["recording fails, the streams go on unrecorded: file too large"]
    assert (capture.end, capture.chunks) == (None, ())


def test_aborted_connections_leave_no_socket_and_no_file_open(backend: str, tmp_path: Path) -> None:
    begin = STREAM_HEAD + chunked(EVENTS[0], end=b"")

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(begin)
        try:
            peer.read_all()
        except OSError:
            pass

    def open_files() -> int:
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    with relaying("http://127.0.0.1:1", tmp_path, backend) as running:
        with serving(script) as port:
            running.relay.upstream = type(running.relay.upstream)("http", "127.0.0.1", port, f"127.0.0.1:{port}", "")
            before = open_files()
            for number in range(30):
                client = running.connect()
                client.send(REQUEST if number % 3 else REQUEST[:40])
                if number % 3:
                    assert client.read(len(begin)) == begin
                    (client.close if number % 2 else client.reset)()
                    running.capture()
                else:
                    client.close()
        # In the loop no connection is half-way through its end; those that never asked are awaited.
        while running.in_loop(lambda: running.relay.connections):
            pass
        assert running.in_loop(open_files) <= before
