"""Watch with transports that answer in the process: what it leaves alone, what it reports, what it refuses. Sockets are in tests/real."""

import gzip
import io
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest

import streamcheck as sc
from streamcheck.checker import Checker
from tests.streams import chat, chat_events, sse

WORDS = ("one ", "two ", "three.")
EVENTS = chat_events(*WORDS)
LOOP = chat_events(*["the same words over and over again. "] * 60)
URL = "http://host.example/v1/chat/completions"


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Chunks, and what goes wrong after them."""

    def __init__(self, chunks: list[bytes], error: BaseException | None = None) -> None:
        self.chunks, self.error = chunks, error
        self.handed_on = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.handed_on += 1
            yield chunk
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def answering(body: Body | bytes, *, status: int = 200, **headers: str) -> httpx.MockTransport:
    head = {"content-type": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}

    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(body, bytes):
            return httpx.Response(status, headers=head, content=body)
        return httpx.Response(status, headers=head, stream=body)

    return httpx.MockTransport(answer)


def read_through(watch: sc.Watch, transport: httpx.BaseTransport, method: str = "POST", **request: Any) -> list[bytes]:
    with (
        watch.attach(httpx.Client(transport=transport)) as client,
        client.stream(method, request.pop("url", URL), **request) as response,
    ):
        return [response.content] if response.is_closed else list(response.iter_raw())


def reports_of(transport: httpx.BaseTransport, method: str = "POST", **options: Any) -> list[sc.Report]:
    reports: list[sc.Report] = []
    read_through(sc.Watch(on_report=reports.append, **options), transport, method)
    return reports


# ---------------------------------------------------------------------- what is seen
def test_the_application_gets_the_chunks_and_the_callback_one_report() -> None:
    reports: list[sc.Report] = []
    assert read_through(sc.Watch(on_report=reports.append), answering(Body(EVENTS))) == EVENTS
    (report,) = reports
    assert (report.verdict, report.message.content) == ("clean", "".join(WORDS))
    assert report.source == f"POST {URL}"
    assert report.timing is not None


def test_a_body_that_was_read_before_is_reported_too() -> None:
    (report,) = reports_of(answering(b"".join(EVENTS)))
    assert report.message.content == "".join(WORDS)


def test_a_compressed_body_is_undone_for_the_check_and_recorded_as_it_came(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(EVENTS))
    (report,) = reports_of(answering(Body([packed[:50], packed[50:]]), content_encoding="gzip"), record_to=tmp_path)
    assert report.ok
    (path,) = tmp_path.iterdir()
    assert sc.CaptureReader(path).read().body == packed
    assert sc.check(path).message == report.message


def test_a_refusal_is_told_as_one() -> None:
    body = b'{"error":{"code":"1302","message":"Rate limit reached for requests"}}'
    (report,) = reports_of(answering(body, status=429, content_type="application/json"))
    assert report.verdict == "refused"
    assert report.provider_error is not None


@pytest.mark.parametrize(
    ("method", "status", "media"),
    [("POST", 200, "audio/mpeg"), ("GET", 200, "text/html"), ("POST", 307, "text/html"), ("HEAD", 200, "text/event-stream")],
)
def test_what_no_model_says_is_none_of_our_business(method: str, status: int, media: str, tmp_path: Path) -> None:
    assert reports_of(answering(b"\x00\x01", status=status, content_type=media), method, record_to=tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_findings_are_told_before_the_report_and_all_of_them() -> None:
    told: list[Any] = []
    watch = sc.Watch(on_finding=told.append, on_report=told.append)
    read_through(watch, answering(Body([*EVENTS[:2], sse("{broken"), *EVENTS[2:4]])))
    *findings, report = told
    assert sorted(f.code for f in findings) == sorted(f.code for f in report.findings)
    assert {"json/invalid", "order/missing-terminal"} <= {f.code for f in findings}


# ---------------------------------------------------------------------- what is left alone
def test_attaching_keeps_proxies_and_hooks_and_happens_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "localhost")
    plain, client = httpx.Client(), httpx.Client()
    watch = sc.Watch()
    assert watch.attach(client) is client
    assert list(client._mounts) == list(plain._mounts)
    assert [t is None for t in client._mounts.values()] == [t is None for t in plain._mounts.values()]
    assert client.event_hooks == plain.event_hooks
    assert isinstance(client._transport, httpx.BaseTransport)
    before = client._transport
    assert watch.attach(client)._transport is before
    for each in (plain, client):
        each.close()


def test_a_trace_of_the_application_is_still_called() -> None:
    names: list[str] = []

    class Tracing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions["trace"]("http11.send_request_body.complete", {})
            return httpx.Response(200, content=b"".join(EVENTS))

    with sc.Watch().attach(httpx.Client(transport=Tracing())) as client:
        response = client.post(URL, extensions={"trace": lambda name, info: names.append(name)})
    assert names == ["http11.send_request_body.complete"]
    assert list(response.request.extensions) == ["trace", "timeout"]


def test_exceptions_pass_through_as_they_are() -> None:
    error = httpx.ReadError("reset")
    reports: list[sc.Report] = []
    with pytest.raises(httpx.ReadError) as caught:
        read_through(sc.Watch(on_report=reports.append, on_verdict="stop"), answering(Body(EVENTS[:3], error)))
    assert caught.value is error
    (report,) = reports
    assert report.verdict == "incomplete"
    assert "ReadError" in str([f.message for f in report.findings])


def test_a_request_that_is_never_answered_is_reported() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    reports: list[sc.Report] = []
    with pytest.raises(httpx.ConnectError):
        read_through(sc.Watch(on_report=reports.append), httpx.MockTransport(refuse))
    (report,) = reports
    assert report.verdict == "incomplete"
    assert any("no body came: ConnectError" in f.message for f in report.findings)


def test_a_reader_that_stops_is_not_blamed_on_anybody_else() -> None:
    reports: list[sc.Report] = []
    watch = sc.Watch(on_report=reports.append)
    with watch.attach(httpx.Client(transport=answering(Body(EVENTS)))) as client, client.stream("POST", URL) as response:
        next(response.iter_raw())
    (report,) = reports
    assert report.origin is not None
    assert (report.verdict, report.origin.layer, report.origin.confidence) == ("incomplete", "client", "proven")


def test_a_reader_that_stops_after_the_end_of_the_answer_has_it_all() -> None:
    reports: list[sc.Report] = []
    watch = sc.Watch(on_report=reports.append)
    body = Body([*EVENTS, b": trailing comment\n\n"])
    with watch.attach(httpx.Client(transport=answering(body))) as client, client.stream("POST", URL) as response:
        for chunk in response.iter_raw():
            if b"[DONE]" in chunk:
                break
    assert [report.verdict for report in reports] == ["clean"]


# ---------------------------------------------------------------------- policies
def test_raise_raises_before_the_text_that_shows_it_is_handed_on() -> None:
    body = Body(LOOP)
    got: list[bytes] = []
    with (
        sc.Watch(on_verdict="raise").attach(httpx.Client(transport=answering(body))) as client,
        client.stream("POST", URL) as response,
        pytest.raises(sc.StreamRejected) as caught,
    ):
        got.extend(response.iter_raw())
    assert got == LOOP[: len(got)]
    assert body.handed_on == len(got) + 1 < len(LOOP)
    assert body.closed
    assert caught.value.report.verdict == "degenerate"


def test_stop_ends_the_stream_as_if_it_were_over() -> None:
    reports: list[sc.Report] = []
    body = Body(LOOP)
    got = read_through(sc.Watch(on_report=reports.append, on_verdict="stop"), answering(body))
    assert got == LOOP[: len(got)]
    assert len(got) < len(LOOP)
    assert body.closed
    assert [report.verdict for report in reports] == ["degenerate"]


def test_a_stream_that_just_ends_is_rejected_at_its_end() -> None:
    got: list[bytes] = []
    with (
        sc.Watch(on_verdict="raise").attach(httpx.Client(transport=answering(Body(EVENTS[:3])))) as client,
        client.stream("POST", URL) as response,
        pytest.raises(sc.StreamRejected, match="incomplete"),
    ):
        got.extend(response.iter_raw())
    assert got == EVENTS[:3]


@pytest.mark.parametrize(("reject_from", "rejected"), [("corrupt", False), ("degenerate", True), ("refused", True)])
def test_the_verdict_to_act_on_can_be_chosen(reject_from: str, rejected: bool) -> None:
    watch = sc.Watch(on_verdict="stop", reject_from=reject_from)
    assert (len(read_through(watch, answering(Body(LOOP)))) < len(LOOP)) is rejected


def test_clean_streams_pass_a_policy_whole() -> None:
    for action in ("raise", "stop"):
        assert read_through(sc.Watch(on_verdict=action), answering(Body(EVENTS))) == EVENTS


# ---------------------------------------------------------------------- what fails is ours
def test_a_failing_callback_is_logged_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[sc.Report] = []

    def fail(finding: sc.Finding) -> None:
        raise ValueError("oh")

    watch = sc.Watch(on_finding=fail, on_report=reports.append)
    chunks = [*EVENTS[:2], sse("{broken"), *EVENTS[2:]]
    with caplog.at_level(logging.ERROR, logger="streamcheck"):
        assert read_through(watch, answering(Body(chunks))) == chunks
    (report,) = reports
    assert "checker/internal" in {f.code for f in report.findings}
    assert "on_finding failed" in caplog.text


def test_a_failing_check_leaves_the_stream_and_the_capture_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(self: Checker, data: bytes, *, at: float | None = None) -> list[Any]:
        raise KeyError("a bug")

    reports: list[sc.Report] = []
    watch = sc.Watch(on_report=reports.append, record_to=tmp_path, on_verdict="raise")
    monkeypatch.setattr(Checker, "feed", fail)
    assert read_through(watch, answering(Body(EVENTS))) == EVENTS
    (report,) = reports
    assert (report.verdict, [f.code for f in report.findings]) == ("suspect", ["checker/internal"])
    (path,) = tmp_path.iterdir()
    assert sc.CaptureReader(path).read().body == b"".join(EVENTS)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    reports: list[sc.Report] = []

    with open("/dev/full", "wb", buffering=0) as full:
        watch = sc.Watch(on_report=reports.append, record_to=lambda name: full)
        assert read_through(watch, answering(Body(EVENTS))) == EVENTS
    (report,) = reports
    assert report.ok
    (finding,) = report.findings
    assert (finding.code, finding.message) == ("capture/cut", "the recording stopped: no space left on device")


# ---------------------------------------------------------------------- recording
def test_a_capture_holds_the_request_without_its_secrets(tmp_path: Path) -> None:
    watch = sc.Watch(record_to=tmp_path, hop="agent")
    secret = "sk-proj-" + "Ab3dE5gH7jK9" * 3
    read_through(
        watch, answering(Body(EVENTS)), headers={"authorization": f"Bearer {secret}"}, json={"model": "m", "note": secret}
    )
    (path,) = tmp_path.iterdir()
    assert secret not in path.read_text()
    capture = sc.CaptureReader(path).read()
    assert capture.request is not None
    assert capture.hop == "agent"
    assert capture.request.body["model"] == "m"
    assert capture.body == b"".join(EVENTS)
    assert capture.end is not None
    assert "host.example" in path.name


def test_record_to_may_be_any_callable(tmp_path: Path) -> None:
    file = io.BytesIO()
    names: list[str] = []

    def place(name: str) -> io.BytesIO:
        names.append(name)
        return file

    read_through(sc.Watch(record_to=place), answering(Body(EVENTS)))
    assert sc.check(file.getvalue()).ok
    assert names[0].endswith(".capture.jsonl")
    assert read_through(sc.Watch(record_to=lambda name: None), answering(Body(EVENTS))) == EVENTS
    capped = sc.CaptureFolder(tmp_path / "capped", max_captures=3)
    read_through(sc.Watch(record_to=capped), answering(Body(EVENTS)))
    assert len(list((tmp_path / "capped").iterdir())) == 1


# ---------------------------------------------------------------------- async
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda library: library.__name__)
def test_async_clients_and_async_callbacks(backend: str, library: Any) -> None:
    told: list[Any] = []

    async def tell(one: Any) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(one)

    async def main() -> list[bytes]:
        class Events(library.AsyncByteStream):  # type: ignore[misc]  # a base of either library
            async def __aiter__(self) -> AsyncIterator[bytes]:
                for event in [*EVENTS[:2], sse("{broken"), *EVENTS[2:]]:
                    yield event

        transport = library.MockTransport(lambda request: library.Response(200, stream=Events()))
        watch = sc.Watch(on_finding=tell, on_report=tell)
        async with watch.attach(library.AsyncClient(transport=transport)) as client, client.stream("POST", URL) as response:
            return [chunk async for chunk in response.aiter_raw()]

    assert len(anyio.run(main, backend=backend)) == len(EVENTS) + 1
    assert [type(one).__name__ for one in told] == ["Finding", "Report"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("action", ["raise", "stop"])
def test_a_deadline_that_passes_is_acted_upon(backend: str, action: str) -> None:
    reports: list[sc.Report] = []

    async def main() -> list[bytes]:
        class Stalling(httpx.AsyncByteStream):
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield EVENTS[0] + EVENTS[1]
                while True:
                    await anyio.sleep(0.02)
                    yield b": keep-alive\n\n"

        transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Stalling()))
        watch = sc.Watch(on_report=reports.append, on_verdict=action, stall_after=0.2)
        got = []
        async with watch.attach(httpx.AsyncClient(transport=transport)) as client, client.stream("POST", URL) as response:
            async for chunk in response.aiter_raw():
                got.append(chunk)
        return got

    if action == "raise":
        with pytest.raises(sc.StreamRejected):
            anyio.run(main, backend=backend)
    else:
        assert anyio.run(main, backend=backend)[0] == EVENTS[0] + EVENTS[1]
    (report,) = reports
    assert report.verdict == "incomplete"
    assert [f.evidence["heard"] for f in report.findings if f.code == "time/stall"] == ["comments only"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_deadline_holds_while_there_is_no_head(backend: str) -> None:
    reports: list[sc.Report] = []

    async def never(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    async def main() -> None:
        watch = sc.Watch(on_report=reports.append, on_verdict="raise", first_delta_within=0.1)
        async with watch.attach(httpx.AsyncClient(transport=httpx.MockTransport(never))) as client:
            await client.post(URL)

    with pytest.raises(sc.StreamRejected):
        anyio.run(main, backend=backend)
    (report,) = reports
    assert "time/first-delta" in {f.code for f in report.findings}


# ---------------------------------------------------------------------- misuse
async def _async_callback(one: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize(
    ("misuse", "told"),
    [
        (lambda: sc.Watch(on_verdict="rise"), "did you mean 'raise'"),
        (lambda: sc.Watch(on_verdict="raise", reject_from="clean"), "reject_from"),
        (lambda: sc.Watch(on_report=1), "on_report must be callable"),  # type: ignore[arg-type]
        (lambda: sc.Watch(record_to=5), "record_to"),  # type: ignore[arg-type]
        (lambda: sc.Watch(record_to=__file__), "is a file"),
        (lambda: sc.Watch(stall_after=0), "stall_after"),
        (lambda: sc.Watch(dialect="openai"), "dialect"),
        (lambda: sc.Watch().attach(object()), "takes an httpx or httpx2 Client"),
        (lambda: sc.Watch().wrap(httpx.Client()), "wrap"),
        (lambda: sc.Watch(on_report=_async_callback).wrap(httpx.HTTPTransport()), "on_report is async"),
    ],
)
def test_misuse_is_refused_at_once_and_says_the_fix(misuse: Callable[[], Any], told: str) -> None:
    with pytest.raises(sc.UsageError, match=told):
        misuse()


def test_two_responses_in_one_body_are_corrupt_with_the_place() -> None:
    first = chat("A first answer", id="one")
    joined = first.replace(sse("[DONE]"), b"") + chat("A second answer", id="two", created=1_700_000_090)
    (report,) = reports_of(answering(Body([joined])))
    assert report.verdict == "corrupt"
    assert any(f.stage == "order" and f.span is not None for f in report.findings)
