"""However a stream ends, or is ended: one report, the capture of what was read, and nothing left behind."""

import asyncio
import errno
import gc
import io
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest

import streamcheck as sc
from tests.real.cases import CASES, Case
from tests.real.clients import READERS, Reader, make_client, transport_of
from tests.real.lab import HOWS, Lab, Run, Watched, ask
from tests.real.server import PATIENCE, Server

SOON = 2.0  # seconds: the timeout of a client that waits for what will not come; long enough for a busy machine to send what does
OPEN_FILES = Path("/proc/self/fd")
SYNC = ("httpx", "httpx2", "openai", "openai-legacy", "anthropic")
ASYNC = ("httpx-async", "httpx2-async", "openai-async", "openai-legacy-async", "anthropic-async")

both_ways = pytest.mark.parametrize("how", HOWS)
sync_clients = pytest.mark.parametrize("client", SYNC)
async_clients = pytest.mark.parametrize("client", ASYNC)
# One reader of each kind of client: the first that reads a stream.
STREAM_READERS = tuple(next(r for r in READERS if r.client == client) for client in (*SYNC, *ASYNC))
every_client = pytest.mark.parametrize("reader", STREAM_READERS, ids=str)


@pytest.fixture
def collected() -> Iterator[Callable[[], object]]:
    """What collects the garbage of this test, and nothing else does.

    A dropped stream that the collector finds while its pool holds its lock waits for that lock forever, watched or not: httpcore's lock
    is not reentrant and the SDK closes the response in a generator's `finally`. What was there before the test is left alone: the
    SDKs alone would cost a quarter of a second a time.
    """
    gc.freeze()
    gc.disable()
    yield gc.collect
    gc.collect()
    gc.enable()
    gc.unfreeze()


def _case(client: str, name: str) -> Case:
    """Return the case of that name in the client's dialect."""
    return CASES[f"{'messages' if client.startswith('anthropic') else 'chat'}-{name}"]


# ---------------------------------------------------------------------- streams, opened by hand
def _open(client: Any, server: Server, case: Case) -> Any:
    """Return an open stream, an SDK's or a response; of an async client, what is to be awaited for it."""
    if hasattr(client, "chat"):
        chat = client.with_options(base_url=f"{server.url(case)}/v1").chat.completions
        return chat.create(model="small-1", messages=[], stream=True)
    if hasattr(client, "messages"):
        messages = client.with_options(base_url=server.url(case)).messages
        return messages.create(model="small-1", messages=[], max_tokens=9, stream=True)
    return client.send(client.build_request("POST", server.url(case) + case.path, json={}), stream=True)


def _pieces(stream: Any) -> Iterator[object]:
    pieces: Iterator[object] = iter(stream.iter_raw() if hasattr(stream, "iter_raw") else stream)
    return pieces


def _apieces(stream: Any) -> AsyncIterator[object]:
    pieces: AsyncIterator[object] = aiter(stream.aiter_raw() if hasattr(stream, "aiter_raw") else stream)
    return pieces


async def _aclose(closable: Any) -> None:
    """Close a stream or a client; some call it close(), some aclose()."""
    await (closable.aclose if hasattr(closable, "aclose") else closable.close)()


def _assert_left_early(watched: Watched, case: Case, *, reason: str = "cancel") -> None:
    """One report, one capture, and both say that somebody left."""
    (report,), (capture,) = watched.take_reports(), watched.take_captures()
    assert report.verdict == "incomplete"
    assert capture.end is not None
    assert capture.end.reason == reason
    assert capture.body.startswith(case.chunks[0])
    assert case.body.startswith(capture.body)


# ---------------------------------------------------------------------- left early
@sync_clients
@both_ways
def test_a_stream_that_is_left_early_has_its_report(lab: Lab, watched: Watched, client: str, how: str) -> None:
    case = _case(client, "stalled")
    lab.server.forget()
    with lab.closing(make_client(client, watched.watch(), how)) as made:
        with closing(_open(made, lab.server, case)) as stream:
            pieces = _pieces(stream)
            next(pieces)
            assert watched.reports == []
        assert lab.server.exchange().gone.wait(PATIENCE)
        _assert_left_early(watched, case)


@sync_clients
@both_ways
def test_a_stream_that_is_dropped_has_its_report(
    lab: Lab, watched: Watched, collected: Callable[[], object], client: str, how: str
) -> None:
    case = _case(client, "stalled")
    with lab.closing(make_client(client, watched.watch(), how)) as made:
        next(_pieces(_open(made, lab.server, case)))
        collected()
        _assert_left_early(watched, case)


@async_clients
@both_ways
def test_an_async_stream_that_is_left_early_has_its_report(server: Server, watched: Watched, client: str, how: str) -> None:
    case = _case(client, "stalled")
    server.forget()

    async def application() -> None:
        made = make_client(client, watched.watch(), how)
        stream = await _open(made, server, case)
        pieces = _apieces(stream)
        await anext(pieces)
        assert watched.reports == []
        await _aclose(stream)
        assert await asyncio.to_thread(server.exchange().gone.wait, PATIENCE)
        _assert_left_early(watched, case)
        await _aclose(made)

    asyncio.run(application())


@async_clients
@both_ways
def test_an_async_stream_that_is_dropped_has_its_report(
    server: Server, watched: Watched, collected: Callable[[], object], client: str, how: str
) -> None:
    case = _case(client, "stalled")

    async def application() -> None:
        made = make_client(client, watched.watch(), how)
        await _first_piece(made, server, case)
        collected()
        await asyncio.get_running_loop().shutdown_asyncgens()
        collected()
        await _aclose(made)
        _assert_left_early(watched, case)

    asyncio.run(application())


async def _first_piece(client: Any, server: Server, case: Case) -> object:
    """Return the first piece of a stream that nobody keeps."""
    return await anext(_apieces(await _open(client, server, case)))


# ---------------------------------------------------------------------- cancelled
@async_clients
@both_ways
def test_a_cancelled_task_leaves_one_report(server: Server, watched: Watched, client: str, how: str) -> None:
    case = _case(client, "stalled")
    server.forget()

    async def application() -> None:
        made = make_client(client, watched.watch(), how)
        said = asyncio.Event()
        reading = asyncio.create_task(_read_on(made, server, case, said))
        await said.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        _assert_left_early(watched, case)
        assert await asyncio.to_thread(server.exchange().gone.wait, PATIENCE)
        await _aclose(made)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(application())


async def _read_on(client: Any, server: Server, case: Case, said: asyncio.Event) -> None:
    """Read a stream to its end, which does not come."""
    stream = await _open(client, server, case)
    try:
        async for _ in _apieces(stream):
            said.set()
    finally:
        await _aclose(stream)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("library", [httpx, httpx2])
@both_ways
def test_a_cancelled_scope_leaves_one_report(server: Server, watched: Watched, backend: str, library: Any, how: str) -> None:
    case = CASES["chat-stalled"]
    server.forget()

    async def application() -> None:
        async with make_client(f"{library.__name__}-async", watched.watch(), how) as made:
            with anyio.CancelScope() as scope:
                async with made.stream("POST", server.url(case) + case.path) as response:
                    async for chunk in response.aiter_raw():
                        if chunk == case.chunks[2]:
                            scope.cancel()
        _assert_left_early(watched, case)

    anyio.run(application, backend=backend)
    assert server.exchange().gone.wait(PATIENCE)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_callbacks_are_awaited_on_both_event_loops(server: Server, backend: str) -> None:
    told: list[object] = []

    async def tell(news: object) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(news)

    async def application() -> None:
        watch = sc.Watch(on_report=tell, on_finding=tell)
        async with make_client("httpx-async", watch) as client:
            await client.post(server.url("chat-restarted"))

    anyio.run(application, backend=backend)
    *findings, report = told
    assert isinstance(report, sc.Report)
    assert "order/restarted" in [f.code for f in findings if isinstance(f, sc.Finding)]


# ---------------------------------------------------------------------- read twice
@pytest.mark.parametrize("client", ["httpx", "httpx2"])
@both_ways
def test_a_body_that_is_read_may_be_iterated_again(lab: Lab, watched: Watched, client: str, how: str) -> None:
    case = CASES["chat-clean"]
    with lab.closing(make_client(client, watched.watch(), how)) as made, closing(_open(made, lab.server, case)) as response:
        assert response.read() == case.body
        assert b"".join(response.iter_bytes()) == case.body
    assert len(watched.take_reports()) == 1


@pytest.mark.parametrize("library", [httpx, httpx2])
@both_ways
def test_a_body_that_is_consumed_raises_as_it_does_without_a_watch(lab: Lab, watched: Watched, library: Any, how: str) -> None:
    with lab.closing(make_client(library.__name__, watched.watch(), how)) as made:
        response = _open(made, lab.server, CASES["chat-clean"])
        list(response.iter_raw())
        with pytest.raises(library.StreamConsumed):
            list(response.iter_raw())
        response.close()
    assert len(watched.take_reports()) == 1


@pytest.mark.parametrize("client", ["openai", "anthropic"])
def test_an_sdk_stream_is_empty_the_second_time(lab: Lab, watched: Watched, client: str) -> None:
    with lab.closing(make_client(client, watched.watch())) as made:
        stream = _open(made, lab.server, _case(client, "clean"))
        assert list(stream) != []
        assert list(stream) == []
        stream.close()
    assert len(watched.take_reports()) == 1


@both_ways
def test_what_the_sdk_drains_after_the_end_is_recorded(server: Server, watched: Watched, how: str) -> None:
    case = CASES["chat-comment-after-done"]

    async def application() -> None:
        made = make_client("openai-async", watched.watch(), how)
        stream = await _open(made, server, case)
        assert len([event async for event in stream]) == len(case.chunks) - 2
        await _aclose(made)

    asyncio.run(application())
    (capture,) = watched.take_captures()
    assert case.body.startswith(capture.body)
    assert len(capture.body) >= len(case.body) - len(case.chunks[-1])  # how far it drains is a matter of its own deadline
    assert [report.verdict for report in watched.take_reports()] == ["clean"]


# ---------------------------------------------------------------------- the connection fails
@every_client
@both_ways
def test_a_refused_connection_is_one_report_and_the_same_exception(lab: Lab, watched: Watched, reader: Reader, how: str) -> None:
    case = _case(reader.client, "clean")
    with socket.socket() as deaf:  # bound and not listening: nobody else can have the port
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with (
            lab.closing(make_client(reader.client)) as plain,
            lab.closing(make_client(reader.client, watched.watch(), how)) as made,
        ):
            expected = ask(reader, plain, case, url, lab.run_async)
            assert ask(reader, made, case, url, lab.run_async) == expected
    assert "ConnectError" in " ".join(expected.error)
    (report,) = watched.take_reports()
    assert report.verdict == "incomplete"


@every_client
@both_ways
@pytest.mark.parametrize("name", ["reset-in-character", "cut"])
def test_a_broken_connection_is_an_incomplete_answer(lab: Lab, reader: Reader, how: str, name: str) -> None:
    run = lab.run(reader, _case(reader.client, name), how)
    (report,), (capture,) = run.reports, run.captures
    assert report.verdict == "incomplete"
    assert "http/incomplete-body" in [finding.code for finding in report.findings]
    assert capture.end is not None
    assert (capture.end.reason, capture.end.error) == (
        "error",
        "ReadError" if name.startswith("reset") else "RemoteProtocolError",
    )


@pytest.fixture(scope="module")
def timeouts(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str, str], Run]:
    """Every client and both held cases, all at once: the waiting is the same for all of them."""
    keys = [(reader, name, how) for reader in STREAM_READERS for name in ("stalled", "never") for how in ("plain", *HOWS)]
    folder = tmp_path_factory.mktemp("timeouts")

    def waited(reader: Reader, name: str, how: str) -> Run:
        watched = Watched(folder / f"{reader.client}-{name}-{how}")
        watched.folder.mkdir()
        client = make_client(reader.client, None if how == "plain" else watched.watch(), how, timeout=SOON)
        case = CASES["chat-never"] if name == "never" else _case(reader.client, name)
        with asyncio.Runner() as runner:
            outcome = ask(reader, client, case, server.url(case), lambda asking: runner.run(_awaited(asking)))
            if reader.client in ASYNC:
                runner.run(_aclose(client))
            else:
                client.close()
        return Run(outcome, b"", watched.take_reports(), watched.take_captures())

    with ThreadPoolExecutor(len(keys)) as pool:
        runs = list(pool.map(lambda key: waited(*key), keys))
    server.forget()
    return {(reader.client, name, how): run for (reader, name, how), run in zip(keys, runs, strict=True)}


async def _awaited(asking: Awaitable[None]) -> None:
    await asking


@every_client
@both_ways
@pytest.mark.parametrize("name", ["stalled", "never"])
def test_a_read_timeout_is_one_report_and_the_same_exception(
    timeouts: Mapping[tuple[str, str, str], Run], reader: Reader, how: str, name: str
) -> None:
    plain, watched = timeouts[reader.client, name, "plain"], timeouts[reader.client, name, how]
    assert watched.outcome == plain.outcome
    assert "Timeout" in " ".join(plain.outcome.error)
    (report,), (capture,) = watched.reports, watched.captures
    assert report.verdict == "incomplete"
    assert capture.end is not None
    assert (capture.end.reason, capture.end.error) == ("timeout", "ReadTimeout")
    case = _case(reader.client, "stalled")
    assert capture.body == (b"" if name == "never" else b"".join(case.chunks[: case.hold]))


# ---------------------------------------------------------------------- nothing is left behind
ROUNDS = 5


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="open files are counted in /proc")
@pytest.mark.parametrize("client", SYNC)
@both_ways
def test_no_ending_leaves_a_file_or_a_socket_open(
    watched: Watched, collected: Callable[[], object], client: str, how: str
) -> None:
    names, stalled = ("clean", "html", "cut", "reset-in-character"), _case(client, "stalled")
    reader = next(r for r in STREAM_READERS if r.client == client)

    def rounds(server: Server) -> None:
        made = make_client(client, watched.watch(), how)
        for _ in range(ROUNDS):
            for name in names:
                ask(reader, made, _case(client, name), server.url(_case(client, name)), _refuse)
            with closing(_open(made, server, stalled)) as stream:
                next(_pieces(stream))
            next(_pieces(_open(made, server, stalled)))
            collected()
        made.close()

    _assert_no_new_files(rounds, collected)
    assert len(watched.reports) == 2 * ROUNDS * (len(names) + 2)


@pytest.mark.skipif(not OPEN_FILES.exists(), reason="open files are counted in /proc")
@pytest.mark.parametrize("client", ASYNC)
@both_ways
def test_no_async_ending_leaves_a_file_a_socket_or_a_task(
    watched: Watched, collected: Callable[[], object], client: str, how: str
) -> None:
    reader = next(r for r in STREAM_READERS if r.client == client)
    names = ("clean", "html", "cut", "reset-in-character")

    async def application(server: Server) -> None:
        made = make_client(client, watched.watch(), how)
        for _ in range(ROUNDS):
            for name in names:
                asked: list[Any] = []
                ask(reader, made, _case(client, name), server.url(_case(client, name)), asked.append)
                await asyncio.gather(*asked, return_exceptions=True)
            stream = await _open(made, server, _case(client, "stalled"))
            await anext(_apieces(stream))
            await _aclose(stream)
            said = asyncio.Event()
            reading = asyncio.create_task(_read_on(made, server, _case(client, "stalled"), said))
            await said.wait()
            reading.cancel()
            await asyncio.wait([reading])
        await _aclose(made)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    _assert_no_new_files(lambda server: asyncio.run(application(server)), collected)
    assert len(watched.reports) == 2 * ROUNDS * (len(names) + 2)


def _refuse(asking: object) -> None:
    raise AssertionError("a sync reader has nothing to await")


def _assert_no_new_files(rounds: Callable[[Server], None], collected: Callable[[], object]) -> None:
    """Run the rounds twice; the first time, whatever is opened once and kept is opened."""
    counts: list[int] = []
    for _ in range(2):
        with Server(CASES) as server:
            rounds(server)
            server.settle()
            collected()
            counts.append(len(os.listdir(OPEN_FILES)))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------------- many at once
@async_clients
@both_ways
def test_concurrent_streams_have_a_report_and_a_capture_each(server: Server, watched: Watched, client: str, how: str) -> None:
    names = ("clean", "one-chunk", "crlf-cut", "no-finish" if "anthropic" not in client else "no-stop") * 5

    async def application() -> None:
        made = make_client(client, watched.watch(), how)
        await asyncio.gather(*(_read_all(made, server, _case(client, name)) for name in names))
        await _aclose(made)

    asyncio.run(application())
    captures = watched.take_captures()
    assert sorted(capture.body for capture in captures) == sorted(_case(client, name).body for name in names)
    assert Counter(report.verdict for report in watched.take_reports()) == {"clean": 15, "incomplete": 5}


async def _read_all(client: Any, server: Server, case: Case) -> None:
    stream = await _open(client, server, case)
    async for _ in _apieces(stream):
        pass
    await _aclose(stream)


@both_ways
def test_streams_in_threads_have_a_report_and_a_capture_each(lab: Lab, watched: Watched, how: str) -> None:
    names = ("chat-clean", "chat-restarted", "messages-cr", "chat-no-finish") * 4
    with lab.closing(make_client("httpx", watched.watch(), how)) as made, ThreadPoolExecutor(len(names)) as pool:
        bodies = list(pool.map(lambda name: made.post(lab.server.url(name)).content, names))
    assert bodies == [CASES[name].body for name in names]
    assert sorted(capture.body for capture in watched.take_captures()) == sorted(bodies)
    assert Counter(report.verdict for report in watched.take_reports()) == {"clean": 8, "corrupt": 4, "incomplete": 4}


# ---------------------------------------------------------------------- callbacks, files and clients that fail
def _fail(news: object) -> None:
    raise RuntimeError("a callback of the application")


async def _afail(news: object) -> None:
    raise RuntimeError("a callback of the application")


@every_client
@both_ways
@pytest.mark.parametrize("name", ["clean", "restarted", "cut"])
def test_a_failing_callback_never_touches_the_stream(
    lab: Lab, caplog: pytest.LogCaptureFixture, reader: Reader, how: str, name: str
) -> None:
    case, fail = _case(reader.client, name), _afail if reader.client in ASYNC else _fail
    with lab.closing(make_client(reader.client, sc.Watch(on_finding=fail, on_report=fail), how)) as made:
        assert lab.outcome(reader, made, case) == lab.run(reader, case).outcome
    assert [record.exc_info[0] for record in caplog.records if record.name == "streamcheck" and record.exc_info][-1:] == [
        RuntimeError
    ]


@every_client
def test_a_failing_on_finding_does_not_cost_the_report(lab: Lab, watched: Watched, reader: Reader) -> None:
    with lab.closing(make_client(reader.client, watched.watch(on_finding=_fail))) as made:
        lab.outcome(reader, made, _case(reader.client, "restarted"))
    (report,) = watched.take_reports()
    assert report.verdict == "corrupt"


class _FullDisk(io.RawIOBase):
    """A file that takes a few writes."""

    def __init__(self, writes: int) -> None:
        self._left = writes

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._left -= 1
        if self._left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)


def _no_place(name: str) -> str:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


RECORDINGS: dict[str, Callable[[Path], Callable[[str], Any]]] = {
    "full from the start": lambda folder: lambda name: _FullDisk(0),
    "full at the head": lambda folder: lambda name: _FullDisk(2),
    "full in the middle": lambda folder: lambda name: _FullDisk(6),
    "no place": lambda folder: _no_place,
    "a file that is there": lambda folder: lambda name: __file__,
    "no such folder": lambda folder: lambda name: folder / "none" / name,
    "no path at all": lambda folder: lambda name: 7,
}


@every_client
@pytest.mark.parametrize("record_to", RECORDINGS.values(), ids=RECORDINGS.keys())
def test_a_recording_that_fails_is_told_and_never_touches_the_stream(
    lab: Lab, watched: Watched, tmp_path: Path, reader: Reader, record_to: Callable[[Path], Callable[[str], Any]]
) -> None:
    case = _case(reader.client, "clean")
    with lab.closing(make_client(reader.client, watched.watch(record_to=record_to(tmp_path)))) as made:
        assert lab.outcome(reader, made, case) == lab.run(reader, case).outcome
    (report,) = watched.take_reports()
    assert report.verdict == "clean"
    assert [f.severity for f in report.findings if f.code in ("capture/cut", "checker/internal")] == [sc.Severity.NOTE]


def test_no_place_for_a_capture_means_none(lab: Lab, watched: Watched) -> None:
    with lab.closing(make_client("httpx", watched.watch(record_to=lambda name: None))) as made:
        made.post(lab.server.url("chat-clean"))
    (report,) = watched.take_reports()
    assert [finding.code for finding in report.findings if finding.stage in ("capture", "checker")] == []


@every_client
@pytest.mark.parametrize("method", ["feed", "close"])
def test_a_bug_of_ours_never_touches_the_stream(
    lab: Lab, watched: Watched, monkeypatch: pytest.MonkeyPatch, reader: Reader, method: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    case = _case(reader.client, "clean")
    expected = lab.run(reader, case).outcome
    with lab.closing(make_client(reader.client, watched.watch())) as made:
        monkeypatch.setattr(sc.Checker, method, broken)
        assert lab.outcome(reader, made, case) == expected
    (report,), (capture,) = watched.take_reports(), watched.take_captures()
    assert "checker/internal" in [finding.code for finding in report.findings]
    assert report.verdict > "clean"  # nobody knows that it is
    assert capture.end is not None


@sync_clients
@pytest.mark.parametrize("callback", ["on_report", "on_finding"])
def test_an_async_callback_on_a_sync_client_is_refused_at_once(lab: Lab, client: str, callback: str) -> None:
    options: dict[str, Any] = {callback: _afail}
    watch = sc.Watch(**options)
    with lab.closing(make_client(client)) as made, pytest.raises(sc.UsageError, match=callback):
        watch.attach(made)
    with closing(transport_of(client)) as transport, pytest.raises(sc.UsageError, match=callback):
        watch.wrap(transport)


@pytest.mark.parametrize("client", [*SYNC, *ASYNC])
def test_attach_returns_the_client(lab: Lab, client: str) -> None:
    with lab.closing(make_client(client)) as made:
        assert sc.Watch().attach(made) is made


@pytest.mark.parametrize("odd", [None, "https://api.example.com", httpx.Client, socket.socket])
def test_what_is_no_client_is_refused_at_once(odd: Any) -> None:
    with pytest.raises(sc.UsageError):
        sc.Watch().attach(odd)
    with pytest.raises(sc.UsageError):
        sc.Watch().wrap(odd)


def test_two_watches_on_one_client_report_both(lab: Lab, watched: Watched) -> None:
    reports: list[sc.Report] = []
    with lab.closing(make_client("openai", watched.watch())) as made:
        sc.Watch(on_report=reports.append).attach(made)
        list(_open(made, lab.server, CASES["chat-clean"]))
    assert [report.verdict for report in (*reports, *watched.take_reports())] == ["clean", "clean"]


def test_one_watch_on_two_clients_reports_each(lab: Lab, watched: Watched) -> None:
    watch = watched.watch()
    with lab.closing(make_client("openai", watch)) as first, lab.closing(make_client("httpx", watch)) as second:
        list(_open(first, lab.server, CASES["chat-clean"]))
        second.post(lab.server.url("messages-no-stop"))
    assert [report.verdict for report in watched.take_reports()] == ["clean", "incomplete"]


def test_a_client_of_another_watch_stays_quiet(lab: Lab, watched: Watched) -> None:
    with lab.closing(make_client("httpx", watched.watch())), lab.closing(make_client("httpx")) as other:
        other.post(lab.server.url("chat-clean"))
    assert watched.take_reports() == ()
