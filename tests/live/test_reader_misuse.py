"""What open_stream() and connect() refuse: at once, and with the fix in the text."""

from typing import Any

import anyio
import httpx
import httpx2
import pytest

import streamcheck as sc
from streamcheck.live.reader import connect, open_stream
from tests.live.responses import URL, async_response, response
from tests.live.scripts import EVENTS, WORDS


# ---------------------------------------------------------------------- sources
@pytest.mark.parametrize(
    ("source", "fix"),
    [
        ("data: {}", "check()"),
        (b"data: {}", "check()"),
        (httpx.Client(), "use connect(client"),
        (httpx2.AsyncClient(), "use connect(client"),
        (httpx.Client().stream("POST", URL), "enter `client.stream(...)` first"),
        (None, "stream=True"),
    ],
    ids=["str", "bytes", "client", "async client", "context manager", "None"],
)
def test_what_is_no_response_is_refused(source: Any, fix: str) -> None:
    with pytest.raises(sc.UsageError) as raised:
        open_stream(source)
    assert fix in str(raised.value)


def test_a_response_that_was_closed_or_iterated_is_refused() -> None:
    closed, iterated = response(), response()
    closed.close()
    next(iterated.iter_raw())
    for source in (closed, iterated):
        with pytest.raises(sc.UsageError, match="nobody has read from"):
            open_stream(source)


def test_what_is_no_client_is_refused() -> None:
    with pytest.raises(sc.UsageError, match="connect\\(\\) takes an httpx or httpx2 Client"):
        connect(response(), "POST", URL)


@pytest.mark.parametrize(
    "options",
    [
        {"dialect": "esperanto"},
        {"context": 1},
        {"scorer": 1},
        {"first_delta_within": 0},
        {"stall_after": -1},
        {"buffer": 0},
        {"buffer": 1.5},
        {"on_finding": 1},
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused_at_the_call(options: dict[str, Any]) -> None:
    with pytest.raises(sc.UsageError):
        open_stream(response(), **options)
    with httpx.Client() as client, pytest.raises(sc.UsageError):
        connect(client, "POST", URL, **options)


# ---------------------------------------------------------------------- protocols
def test_an_async_response_is_refused_by_with_and_a_sync_one_by_async_with() -> None:
    with pytest.raises(sc.UsageError, match="enter it with `async with`"), open_stream(async_response()):
        pass

    async def enter() -> None:
        async with open_stream(response()):
            pass

    with pytest.raises(sc.UsageError, match="enter it with `with`"):
        anyio.run(enter)


def test_iterating_outside_of_the_context_is_refused() -> None:
    stream = open_stream(response())
    with pytest.raises(sc.UsageError, match="not entered"):
        next(stream)
    with stream:
        pass
    for iterate in (iter, next):
        with pytest.raises(sc.UsageError, match="was left"):
            iterate(stream)

    async def outside() -> None:
        stream = open_stream(async_response())
        with pytest.raises(sc.UsageError, match="not entered"):
            aiter(stream)
        async with stream:
            with pytest.raises(sc.UsageError, match="iterate with `async for`"):
                iter(stream)
        with pytest.raises(sc.UsageError, match="was left"):
            await anext(stream)

    anyio.run(outside)


def test_entering_twice_is_refused() -> None:
    stream = open_stream(response())
    with stream, pytest.raises(sc.UsageError, match="entered before"), stream:
        pass


def test_an_async_callback_is_refused_where_nothing_can_wait_for_it() -> None:
    async def tell(finding: sc.Finding) -> None:
        raise AssertionError

    with pytest.raises(sc.UsageError, match="on_finding is async"), open_stream(response(), on_finding=tell):
        pass


def test_there_is_no_report_before_the_end() -> None:
    stream = open_stream(response())
    assert stream.findings == ()
    with stream:
        next(stream)
        with pytest.raises(sc.UsageError, match="no report before the end"):
            _ = stream.report
    assert stream.report.message.content.startswith(WORDS[0])


def test_a_secret_in_the_url_is_not_in_the_report() -> None:
    with open_stream(response()) as stream:
        assert len(list(stream)) == len(WORDS)
    assert "secret" not in str(stream.report.to_dict())


def test_a_body_in_memory_is_read_by_both_protocols() -> None:
    for library in (httpx, httpx2):
        whole = library.Response(200, content=b"".join(EVENTS))
        with open_stream(whole) as stream:
            assert [delta.text for delta in stream] == list(WORDS)

        async def read(source: Any = whole) -> list[str]:
            async with open_stream(source) as stream:
                return [delta.text async for delta in stream]

        assert anyio.run(read) == list(WORDS)
