"""With a watch on its client an application sees what it sees without one: every reader, every case, both ways to put it on."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.real.cases import APART, CASES, Case
from tests.real.clients import CLIENTS, READERS, Reader, make_client
from tests.real.lab import HOWS, Lab, Run, Watched, ask

# Cases whose recorded body is not the body that was sent, with the reason. The application's bytes are the same here too.
NOT_RECORDED_AS_SENT = {"chat-key-in-text": "a key-shaped string never reaches the disk"}

every_reader = pytest.mark.parametrize("reader", READERS, ids=str)
both_ways = pytest.mark.parametrize("how", HOWS)


def _failing(reader: Reader, claim: Callable[[Case], object]) -> dict[str, object]:
    """Return what `claim` says against each of the reader's cases; it says nothing of those that it holds for."""
    said = {case.name: claim(case) for case in reader.cases}
    return {name: objection for name, objection in said.items() if objection}


@every_reader
@both_ways
def test_values_and_exceptions_are_the_same(lab: Lab, reader: Reader, how: str) -> None:
    def differences(case: Case) -> object:
        plain, watched = lab.run(reader, case).outcome, lab.run(reader, case, how).outcome
        return None if plain == watched else (plain, watched)

    assert _failing(reader, differences) == {}


@every_reader
@both_ways
def test_the_server_gets_the_same_request(lab: Lab, reader: Reader, how: str) -> None:
    def differences(case: Case) -> object:
        plain, watched = lab.run(reader, case).request, lab.run(reader, case, how).request
        return None if plain == watched else (plain, watched)

    assert _failing(reader, differences) == {}


@every_reader
@both_ways
def test_each_response_has_one_report_and_one_capture(lab: Lab, reader: Reader, how: str) -> None:
    def surplus(case: Case) -> object:
        run = lab.run(reader, case, how)
        counted = len(run.reports), len(run.captures)
        return None if counted == (1, 1) else counted

    assert _failing(reader, surplus) == {}


@every_reader
@both_ways
def test_the_capture_holds_the_bytes_that_the_client_read(lab: Lab, reader: Reader, how: str) -> None:
    def missing(case: Case) -> object:
        run = lab.run(reader, case, how)
        (capture,) = run.captures
        if case.name in NOT_RECORDED_AS_SENT:
            return None if capture.body != case.body and len(capture.body) == len(case.body) else "recorded as it was sent"
        return _difference(capture.body, case, reader, run)

    assert _failing(reader, missing) == {}


def _difference(body: bytes, case: Case, reader: Reader, run: Run) -> str | None:
    downloaded = run.outcome.downloaded
    if not case.body.startswith(body):
        return f"{len(body)} bytes that are not the first of the {len(case.body)} sent"
    if reader.stops == "at the end" and not run.outcome.error and body != case.body:
        return f"{len(body)} bytes of {len(case.body)}, from a reader that reads all"
    if downloaded is None:  # the exception is all that the application got
        return None
    # The library's own count, made above the watch. What is drained after the end marker is read past it.
    if len(body) < downloaded or (len(body) > downloaded and reader.stops != "and drains"):
        return f"{len(body)} bytes, the library counted {downloaded}"
    return None


@both_ways
def test_the_capture_keeps_the_chunk_borders_of_the_server(lab: Lab, how: str) -> None:
    for reader in READERS:
        if reader.name in ("iter_raw", "aiter_raw"):
            (capture,) = lab.run(reader, CASES["chat-crlf-cut"], how).captures
            assert tuple(chunk.data for chunk in capture.chunks) == CASES["chat-crlf-cut"].chunks


@pytest.mark.parametrize("client", CLIENTS)
@both_ways
def test_the_capture_holds_no_credentials(lab: Lab, client: str, how: str) -> None:
    reader = next(reader for reader in READERS if reader.client == client)
    (capture,) = lab.run(reader, reader.cases[0], how).captures
    assert capture.request is not None
    assert capture.request.body["model"] == "small-1"
    assert "key-of-the-test" not in repr(capture)
    assert "key-of-the-test" in repr(lab.run(reader, reader.cases[0], how).request) or client.startswith("httpx")


@pytest.mark.parametrize("client", CLIENTS)
@both_ways
def test_a_connection_is_used_again_as_without_a_watch(lab: Lab, client: str, how: str, watched: Watched) -> None:
    reader = next(reader for reader in READERS if reader.client == client)
    assert _ports(lab, reader, make_client(client, watched.watch(), how)) == _ports(lab, reader, make_client(client))


def _ports(lab: Lab, reader: Reader, client: object) -> list[bool]:
    """Return for each ask but the first whether it came over the connection of the one before."""
    names = ("clean", "html", "refused-429", "by-length", "by-close", "clean")
    ports: list[int] = []
    with lab.closing(client):
        for name in names:
            case = CASES[f"{reader.dialects[0]}-{name}"]
            lab.server.forget()
            lab.outcome(reader, client, case)
            ports.append(lab.server.exchange().peer)
    return [before == after for before, after in pairwise(ports)]


@pytest.mark.parametrize("client", [client for client in CLIENTS if "legacy" not in client])
def test_a_proxy_of_the_environment_is_still_used(
    lab: Lab, watched: Watched, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    reader = next(reader for reader in READERS if reader.client == client)
    case = CASES[f"{reader.dialects[0]}-clean"]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{lab.server.port}")
    lab.server.forget()
    with lab.closing(make_client(client)) as plain, lab.closing(make_client(client, watched.watch())) as made:
        expected = ask(reader, plain, case, f"http://model.example/{case.name}", lab.run_async)
        assert ask(reader, made, case, f"http://model.example/{case.name}", lab.run_async) == expected
    through, again = (exchange.request for exchange in lab.server.forget())
    assert through.startswith(b"POST http://model.example/")
    assert through == again
    assert [report.verdict for report in watched.take_reports()] == ["clean"]


@pytest.mark.parametrize("client", ["openai", "openai-async"])
@both_ways
def test_a_redirect_that_is_followed_is_no_answer(lab: Lab, watched: Watched, client: str, how: str) -> None:
    reader, case = next(reader for reader in READERS if reader.client == client), CASES["chat-redirected"]
    with lab.closing(make_client(client)) as plain, lab.closing(make_client(client, watched.watch(), how)) as made:
        expected = lab.outcome(reader, plain, case)
        assert lab.outcome(reader, made, case) == expected
    assert expected.saw == lab.run(reader, CASES["chat-clean"]).outcome.saw
    assert [report.verdict for report in watched.take_reports()] == ["clean"]
    assert len(watched.take_captures()) == 1


@both_ways
def test_each_answer_to_a_retried_request_has_its_report(lab: Lab, watched: Watched, how: str) -> None:
    lab.server.forget()
    with lab.closing(make_client("openai", watched.watch(), how)) as made:
        lab.outcome(READERS[0], made.with_options(max_retries=1), CASES["chat-refused-500"])
    assert len(lab.server.forget()) == 2
    assert [report.verdict for report in watched.take_reports()] == ["refused", "refused"]


def test_every_dialect_and_every_client_takes_part() -> None:
    assert {reader.client for reader in READERS} == set(CLIENTS)
    assert len(CASES) >= 60
    assert {case.name for reader in READERS for case in reader.cases} == set(CASES) - APART
