"""open_stream() and connect() over real sockets, sync, with httpx and httpx2."""

import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import httpx_sse
import pytest

import streamcheck as sc
from streamcheck.live.reader import DeltaStream, connect, open_stream
from tests.live import scripts
from tests.live.scripts import EVENTS, WORDS
from tests.live.server import PATIENCE, Peer, serving

SOON = 0.3  # seconds of a deadline that is to pass


@pytest.fixture(params=[httpx, httpx2], ids=lambda library: library.__name__)
def library(request: pytest.FixtureRequest) -> ModuleType:
    found: ModuleType = request.param
    return found


@pytest.fixture
def client(library: ModuleType) -> Iterator[Any]:
    with library.Client(timeout=PATIENCE, trust_env=False) as client:
        yield client


def read(stream: DeltaStream) -> tuple[str, sc.Report]:
    """Return the sum of the deltas, and the report."""
    with stream:
        text = "".join([delta.text for delta in stream])
    return text, stream.report


def codes(report: sc.Report) -> list[str]:
    return [finding.code for finding in report.findings]


# ---------------------------------------------------------------------- whole answers
def test_a_clean_answer_gives_its_deltas_and_a_clean_report(client: Any) -> None:
    with serving(scripts.clean) as server, connect(client, "POST", server.url, json={"stream": True}) as stream:
        deltas = list(stream)
    assert [(delta.channel, delta.text) for delta in deltas] == [("content", word) for word in WORDS]
    assert (stream.report.verdict, stream.report.message.content) == ("clean", "".join(WORDS))
    assert stream.report.timing is not None
    assert b"accept: text/event-stream" in server.peers[0].request.lower()


def test_a_response_that_the_application_opened_is_read_and_closed(client: Any) -> None:
    with serving(scripts.clean) as server, client.stream("POST", server.url) as response:
        assert read(open_stream(response))[0] == "".join(WORDS)
        assert response.is_closed


def test_event_sources_are_read_like_their_responses(client: Any) -> None:
    with serving(scripts.clean) as server:
        with httpx_sse.connect_sse(client, "POST", server.url) as source:
            assert read(open_stream(source))[0] == "".join(WORDS)
        with client.stream("POST", server.url) as response:
            assert read(open_stream(httpx2.EventSource(response)))[0] == "".join(WORDS)


def test_a_content_coding_is_undone_once(client: Any) -> None:
    with serving(scripts.gzipped) as server:
        for stream in (connect(client, "POST", server.url), open_stream(client.post(server.url))):
            text, report = read(stream)
            assert (text, codes(report)) == ("".join(WORDS), [])


def test_an_error_answer_is_classified_and_not_raised(client: Any) -> None:
    with serving(scripts.refused) as server:
        text, report = read(connect(client, "POST", server.url))
    assert (text, str(report.verdict)) == ("", "refused")


def test_an_answer_in_one_document_gives_its_text_too(client: Any) -> None:
    with serving(scripts.document) as server:
        assert read(connect(client, "POST", server.url))[0] == "all of it"


def test_findings_are_told_in_their_place_between_the_deltas(client: Any) -> None:
    told: list[str] = []

    def tell(finding: sc.Finding) -> None:
        told.append(finding.code)

    with serving(scripts.damaged) as server, connect(client, "POST", server.url, on_finding=tell) as stream:
        for delta in stream:
            told.append(delta.text)
    assert told == [WORDS[0], "json/invalid", *WORDS[1:]]


# ---------------------------------------------------------------------- deadlines
@pytest.mark.parametrize(
    ("script", "deadlines", "code", "heard"),
    [
        (scripts.no_head, {"first_delta_within": SOON}, "time/first-delta", "no byte"),
        (scripts.no_byte, {"first_delta_within": SOON}, "time/first-delta", "no byte"),
        (scripts.comments_only, {"first_delta_within": 2 * SOON}, "time/first-delta", "comments only"),
        (scripts.silent_after_text, {"first_delta_within": PATIENCE, "stall_after": SOON}, "time/stall", "no byte"),
        (scripts.silent_after_text, {"stall_after": 2 * SOON}, "time/stall", "no byte"),
        (scripts.comments_after_text, {"first_delta_within": PATIENCE, "stall_after": 2 * SOON}, "time/stall", "comments only"),
    ],
    ids=["no head", "no byte", "comments only", "silent after text", "silent after text, one deadline", "comments after text"],
)
@pytest.mark.parametrize("timeout", [None, 20 * PATIENCE], ids=["no timeout", "long timeout"])
def test_a_passed_deadline_ends_the_iteration_and_is_reported(
    client: Any, script: Any, deadlines: dict[str, Any], code: str, heard: str, timeout: float | None
) -> None:
    began = time.monotonic()
    with serving(script) as server:
        text, report = read(connect(client, "POST", server.url, timeout=timeout, **deadlines))
    found = next(f for f in report.findings if f.code == code)
    assert found.evidence["heard"] == heard
    assert text == ("".join(WORDS[:2]) if "text" in script.__name__ else "")
    assert report.verdict == "incomplete"
    assert time.monotonic() - began < PATIENCE


def test_the_timeout_of_the_first_text_cuts_no_later_silence(client: Any) -> None:
    deadline = 1.0

    def slow(peer: Peer) -> None:
        peer.head()
        peer.chunk(*EVENTS[:3])
        assert not peer.gone_within(1.5 * deadline)
        peer.chunk(*EVENTS[3:])
        assert not peer.gone_within(1.5 * deadline)  # after its terminal marker an answer owes nothing
        peer.end()

    with serving(slow) as server:
        text, report = read(connect(client, "POST", server.url, first_delta_within=deadline))
    assert (text, codes(report)) == ("".join(WORDS), [])


def test_a_response_that_was_opened_before_keeps_deadlines_too(client: Any) -> None:
    with serving(scripts.silent_after_text) as server, client.stream("POST", server.url, timeout=None) as response:
        text, report = read(open_stream(response, first_delta_within=PATIENCE, stall_after=SOON))
        assert response.request.extensions["timeout"]["read"] is None, "the user's own timeout is put back"
    assert (text, "time/stall" in codes(report)) == ("".join(WORDS[:2]), True)


def test_the_users_own_read_timeout_ends_it_with_a_report(client: Any) -> None:
    with serving(scripts.silent_after_text) as server:
        text, report = read(connect(client, "POST", server.url, timeout=SOON, stall_after=PATIENCE))
    assert (text, codes(report).count("time/stall"), str(report.verdict)) == ("".join(WORDS[:2]), 0, "incomplete")


def test_the_users_own_timeout_before_the_head_is_raised(client: Any, library: ModuleType) -> None:
    with serving(scripts.no_head) as server, pytest.raises(library.ReadTimeout):
        read(connect(client, "POST", server.url, timeout=SOON, first_delta_within=PATIENCE))


def test_the_time_that_a_slow_consumer_takes_is_no_silence(client: Any) -> None:
    stall = 1.0
    with serving(scripts.clean) as server, connect(client, "POST", server.url, stall_after=stall) as stream:
        next(stream)
        time.sleep(1.5 * stall)
        assert [delta.text for delta in stream] == list(WORDS[1:])
    assert codes(stream.report) == []


def test_a_stream_that_cannot_be_iterated_anew_is_read_once_and_whole() -> None:
    class Once(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from EVENTS

    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Once())), timeout=None) as client:
        text, report = read(connect(client, "POST", "http://host.example/", first_delta_within=SOON, stall_after=PATIENCE))
    assert (text, codes(report)) == ("".join(WORDS), [])


# ---------------------------------------------------------------------- endings
def test_a_reset_ends_the_iteration_and_is_reported(client: Any) -> None:
    texts: list[str] = []
    with serving(scripts.reset) as server, connect(client, "POST", server.url) as stream:
        for delta in stream:
            texts.append(delta.text)
            if len(texts) == 2:
                server.peers[0].tell()
    found = next(f for f in stream.report.findings if f.code == "http/incomplete-body")
    assert (texts, found.evidence["reason"]) == (list(WORDS[:2]), "ReadError")


def test_what_fails_before_there_is_a_response_is_raised_as_the_client_raises_it(client: Any, library: ModuleType) -> None:
    with serving(scripts.no_answer) as server, pytest.raises(library.RemoteProtocolError):
        read(connect(client, "POST", server.url))
    with pytest.raises(library.ConnectError):
        read(connect(client, "POST", server.url, first_delta_within=PATIENCE))


def test_leaving_early_closes_the_connection_and_leaves_a_report(client: Any) -> None:
    with serving(scripts.silent_after_text) as server, connect(client, "POST", server.url) as stream:
        assert next(stream).text == WORDS[0]
    assert stream.report.verdict == "incomplete"


def test_an_iteration_that_was_broken_off_goes_on(client: Any) -> None:
    with serving(scripts.clean) as server, connect(client, "POST", server.url) as stream:
        for _ in stream:
            break
        assert [delta.text for delta in stream] == list(WORDS[1:])
        assert list(stream) == []
        assert stream.report.verdict == "clean"


def test_the_consumers_exception_comes_out_as_it_is(client: Any) -> None:
    error = KeyError("mine")
    with serving(scripts.silent_after_text) as server:
        stream = connect(client, "POST", server.url)

        def consume() -> None:
            with stream:
                for _ in stream:
                    raise error

        with pytest.raises(KeyError) as raised:
            consume()
    assert raised.value is error
    assert stream.report.verdict == "incomplete"
