"""open_stream() and connect(): a live answer, read as deltas.

In:   an open response of httpx or httpx2, or an EventSource over one; or a client, and what to ask of whom.
Out:  Delta values as they come; findings between them; at the end one Report.
Rule: a bad stream never raises: a reset, a timeout, a passed deadline, a refusal end the iteration, and the report says what it
      was. What raises is misuse, the consumer's own code, and what a client raises before there is a response. Async, a task of
      the context reads ahead, stamps each chunk when it comes, and stops reading when `buffer` chunks wait; sync, a chunk is
      read when it is asked for.
Cost: besides the check, sync 4 us a chunk, async 10 to 20, and 40 to 60 where each chunk is waited for by itself.
"""

__all__ = ("DeltaStream", "connect", "open_stream")

import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup

from streamcheck.capture.redact import redact_url
from streamcheck.checker import Checker
from streamcheck.errors import UsageError
from streamcheck.findings import Finding
from streamcheck.live.callbacks import is_async
from streamcheck.live.read_body import Body, let_go
from streamcheck.live.read_buffer import Buffer
from streamcheck.live.read_opening import Connecting, Given, Opening
from streamcheck.live.read_patience import PatientChunks
from streamcheck.live.reading import Output, Reading, Stopwatch, reason_of
from streamcheck.messages import Delta
from streamcheck.textchecks import warm_up
from streamcheck.verdicts import Report
from streamcheck.wire.head import ResponseHead

BUFFER = 64  # chunks: some seconds of a fast model. guess
_SPELLED = {"sync": ("with", "for"), "async": ("async with", "async for")}


@dataclass(frozen=True, slots=True)
class Options:
    """What the user wants; see open_stream()."""

    dialect: str
    context: str
    scorer: Callable[[str], float] | None
    name: str | None
    first_delta_within: float | None
    stall_after: float | None
    buffer: int
    on_finding: Callable[[Finding], Any] | None

    def __post_init__(self) -> None:
        if not isinstance(self.buffer, int) or self.buffer < 1:
            raise UsageError(f"buffer must be a number of chunks, 1 or more, not {self.buffer!r}")
        if self.on_finding is not None and not callable(self.on_finding):
            raise UsageError(f"on_finding must be callable or None, not {type(self.on_finding).__name__}")
        self.checker(ResponseHead())  # what it refuses is refused now
        warm_up()

    def checker(self, head: ResponseHead, *, unsent: float | None = 0.0) -> Checker:
        return Checker(
            self.dialect,
            head=head,
            name=self.name or (redact_url(head.url) if head.url else "<stream>"),
            context=self.context,
            scorer=self.scorer,
            first_delta_within=self.first_delta_within,
            stall_after=self.stall_after,
            unsent=unsent,
        )

    @property
    def head_within(self) -> float | None:
        """Seconds in which the response's head must come: nothing may take longer than this before the first text."""
        return self.stall_after if self.first_delta_within is None else self.first_delta_within


def open_stream(
    source: Any,
    *,
    dialect: str = "auto",
    context: str = "",
    scorer: Callable[[str], float] | None = None,
    name: str | None = None,
    first_delta_within: float | None = None,
    stall_after: float | None = None,
    buffer: int = BUFFER,
    on_finding: Callable[[Finding], Any] | None = None,
) -> "DeltaStream":
    """Return a stream of the response's deltas. Enter it with `async with` where the response is async, else with `with`.

        async with sc.open_stream(response) as stream:
            async for delta in stream:
                print(delta.text, end="")
        stream.report

    source: a response of httpx or httpx2 that was opened with stream=True and not read, or an EventSource of httpx_sse or
            httpx2 over one. It is closed when the stream is left.
    dialect, context, scorer: as for Checker. name: what the report calls it; the URL by default.
    first_delta_within, stall_after: deadlines in seconds, see silences.py; keep-alive comments do not put them off. Where one
            passes, the response is closed, the iteration ends, and the report says why. They count from the request where that
            is known (connect() knows), else from this call. Sync, a passed deadline is noticed when a chunk comes, or by the
            read timeout, which is made shorter; that can be late by the deadline's own length where comments came and stopped.
            Through a transport that is not the library's own, a Watch's included, the timeout stays what it was.
    buffer: async, how many chunks may wait for a slow consumer before reading stops. The time that it stands still is no silence.
    on_finding: called with each finding when the iteration comes to its place, before the delta that follows it; may be async
            where the stream is. What it raises comes out of the iteration. Findings after the place where the consumer left are
            in the report only.
    Raises UsageError for what cannot be meant.
    """
    options = Options(dialect, context, scorer, name, first_delta_within, stall_after, buffer, on_finding)
    return DeltaStream(Given(source), options)


def connect(
    client: Any,
    method: str,
    url: Any,
    *,
    dialect: str = "auto",
    context: str = "",
    scorer: Callable[[str], float] | None = None,
    name: str | None = None,
    first_delta_within: float | None = None,
    stall_after: float | None = None,
    buffer: int = BUFFER,
    on_finding: Callable[[Finding], Any] | None = None,
    **request: Any,
) -> "DeltaStream":
    """Return a stream of the deltas that a request's answer will bring. Entering it sends the request and waits for the head.

        async with sc.connect(client, "POST", url, json=...) as stream:
            async for delta in stream: ...

    client:  an httpx or httpx2 Client or AsyncClient. request: what its stream() takes (json, headers, timeout ...).
    Other arguments as for open_stream(); deadlines count from the moment in which the request had been sent, and until then
    from the entering: they hold for the wait for a connection and for the head too.

    An answer with an error status is read and classified, it does not raise. Entering raises what the client raises before
    there is a response (refused, no such host, TLS, a server that hangs up): no answer exists that could be judged, and code
    that retries or switches models knows these exceptions already; a report alone would be taken for an answer. A deadline that
    passes never raises.
    """
    options = Options(dialect, context, scorer, name, first_delta_within, stall_after, buffer, on_finding)
    return DeltaStream(Connecting(client, method, url, request), options)


class DeltaStream:
    """The deltas of one answer. An iteration that was broken off goes on where it stopped; after the end it is empty.

    An async stream is left by the task that entered it. Where an async generator holds one, close it (contextlib.aclosing): one
    that is left to the garbage collector is ended in another task.

    findings: those known so far, in stream order; the reader may know of more than the iteration has come to.
    report:   after the iteration's end, or after the context was left.
    """

    def __init__(self, opening: Opening, options: Options) -> None:
        self._opening = opening
        self._options = options
        self._kind: str | None = None  # "sync" or "async" while entered
        self._entered = False
        self._over = False
        self._ready: deque[Delta | Finding] = deque()
        self._reading: Reading | None = None
        self._chunks: PatientChunks | None = None
        self._body: Body | None = None
        self._buffer: Buffer | None = None
        self._group: TaskGroup | None = None
        self._patience: anyio.CancelScope | None = None  # cancelled when a deadline passes, or the consumer leaves

    @property
    def findings(self) -> tuple[Finding, ...]:
        if self._reading is None:
            return ()
        return tuple(self._reading.findings) if self._reading.report is None else self._reading.report.findings

    @property
    def report(self) -> Report:
        """Raises UsageError before the end."""
        report = self._reading.report if self._reading is not None else None
        if report is None or not self._over:
            raise UsageError("there is no report before the end: iterate until it ends, or leave the context, then ask for it")
        return report

    # ------------------------------------------------------------------ both
    def _enter(self, kind: str) -> None:
        if kind not in self._opening.kinds:
            right = "async" if kind == "sync" else "sync"
            raise UsageError(f"this stream is {right}: enter it with `{_SPELLED[right][0]}`, iterate with `{_SPELLED[right][1]}`")
        if self._entered:
            raise UsageError("this stream was entered before: a response can be read once, open another one")
        if kind == "sync" and is_async(self._options.on_finding):
            raise UsageError("on_finding is async and the stream is not: give it a plain function")
        self._kind, self._entered = kind, True

    def _misused(self, kind: str) -> UsageError:
        with_, for_ = _SPELLED[kind]
        if self._kind is not None:
            return UsageError(
                f"this stream was entered with `{_SPELLED[self._kind][0]}`: iterate with `{_SPELLED[self._kind][1]}`"
            )
        if self._entered:
            return UsageError(f"the stream was left: iterate inside of its `{with_}` block")
        return UsageError(
            f"the stream was not entered: `{with_} open_stream(...) as stream:`, and `{for_} delta in stream:` inside"
        )

    def _begin(self, body: Body | None) -> Reading:
        """Return the reading of a body, or of a response that has not come."""
        opening = self._opening
        head = ResponseHead(url=opening.url) if body is None else body.head
        sent = opening.sent
        unsent = None if sent is None else max(0.0, sent - opening.started)
        timed = body is None or body.content is None
        watch = Stopwatch(opening.started if sent is None else sent) if timed else None
        self._body = body
        self._reading = Reading(self._options.checker(head, unsent=unsent), watch)
        return self._reading

    def _leave(self, reason: str) -> None:
        if self._reading is None:
            self._begin(None)
        assert self._reading is not None
        self._reading.end(reason)
        self._kind, self._over = None, True

    # ------------------------------------------------------------------ sync
    def __enter__(self) -> Self:
        self._enter("sync")
        try:
            body = self._opening.open(self._options.head_within)
        except BaseException as error:
            self._leave(_reason_of(error))
            raise
        reading = self._begin(body)
        if body is None:
            self._ready.extend(reading.expire())
            return self
        self._chunks = PatientChunks(body, self._opening.timeouts)
        if reading.watch is not None:
            reading.watch.stop()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave("cancel")
        self._close()

    def __iter__(self) -> Iterator[Delta]:
        if self._kind != "sync":
            raise self._misused("sync")
        return self

    def __next__(self) -> Delta:
        if self._kind != "sync":
            raise self._misused("sync")
        ready, reading = self._ready, self._reading
        assert reading is not None
        while True:
            while ready:
                one = ready.popleft()
                if isinstance(one, Delta):
                    return one
                if self._options.on_finding is not None:
                    self._options.on_finding(one)
            if reading.report is not None:
                self._over = True
                raise StopIteration
            self._read_one(reading)

    def _read_one(self, reading: Reading) -> None:
        """Read one chunk, or the end."""
        if reading.watch is not None:
            reading.watch.go_on()
        output = self._next_output(reading)
        if reading.report is not None:
            self._close()
        elif reading.watch is not None:
            reading.watch.stop()
        self._ready.extend(output)

    def _next_output(self, reading: Reading) -> Output:
        assert self._chunks is not None
        if reading.late:
            return reading.expire()
        try:
            chunk = self._chunks.next(reading.left)
        except Exception as error:
            ours = reason_of(error) == "timeout" and self._chunks.lowered
            return reading.expire() if ours else reading.end(reason_of(error))
        if chunk is None:
            return reading.end("eof")
        return reading.expire() if reading.late else reading.take(chunk)

    def _close(self) -> None:
        if self._chunks is not None:
            self._chunks.close()
        self._opening.close()

    # ------------------------------------------------------------------ async
    async def __aenter__(self) -> Self:
        self._enter("async")
        try:
            body = await self._opening.aopen(self._options.head_within)
        except BaseException as error:
            self._leave(_reason_of(error))
            raise
        reading = self._begin(body)
        self._buffer = Buffer(self._options.buffer)
        if body is None:
            self._buffer.end(reading.expire())
            return self
        self._patience = anyio.CancelScope()
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._read_ahead, body, reading, self._buffer, self._patience)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if self._group is not None and self._patience is not None:
                self._kind = None
                self._patience.cancel()
                # Not told of the consumer's exception, which would come back inside of an ExceptionGroup.
                await self._group.__aexit__(None, None, None)
        finally:
            self._leave("cancel")
            await self._opening.aclose()

    def __aiter__(self) -> AsyncIterator[Delta]:
        if self._kind != "async":
            raise self._misused("async")
        return self

    async def __anext__(self) -> Delta:
        if self._kind != "async":
            raise self._misused("async")
        ready, buffer = self._ready, self._buffer
        assert buffer is not None
        while True:
            while ready:
                one = ready.popleft()
                if isinstance(one, Delta):
                    return one
                await self._tell(one)
            output = await buffer.take()
            if output is None:
                self._over = True
                raise StopAsyncIteration
            ready.extend(output)

    async def _tell(self, finding: Finding) -> None:
        if self._options.on_finding is not None:
            told = self._options.on_finding(finding)
            if inspect.isawaitable(told):
                await told

    async def _read_ahead(self, body: Body, reading: Reading, buffer: Buffer, patience: anyio.CancelScope) -> None:
        """Read until the body ends, a deadline passes, or the consumer leaves."""
        chunks = body.achunks()
        reason = None
        try:
            with patience:
                reason = await _read_all(chunks, reading, buffer, patience)
        finally:
            await let_go(chunks)
        if reason is None and self._kind is None:
            return  # the consumer left, and will say so
        if reason is None:
            buffer.end(reading.expire())
            await self._opening.aclose()
        else:
            buffer.end(reading.end(reason))


async def _read_all(chunks: AsyncIterator[bytes], reading: Reading, buffer: Buffer, patience: anyio.CancelScope) -> str | None:
    """Read to the end; return how the body ended, None when a deadline passed first, which cancels `patience`."""
    while True:
        left = reading.left
        if left is not None:
            patience.deadline = anyio.current_time() + left
        try:
            chunk = await anext(chunks)
        except StopAsyncIteration:
            return "eof"
        except Exception as error:
            return reason_of(error)
        patience.deadline = inf
        if reading.late or patience.cancel_called:
            return None
        output = reading.take(chunk)
        if not output:
            continue
        if buffer.full:
            await _stand_still(reading, buffer)
        buffer.put(output)


async def _stand_still(reading: Reading, buffer: Buffer) -> None:
    """Wait for a slow consumer. Its time is not the stream's."""
    if reading.watch is None:
        await buffer.room()
        return
    reading.watch.stop()
    try:
        await buffer.room()
    finally:
        reading.watch.go_on()


def _reason_of(error: BaseException) -> str:
    return reason_of(error) if isinstance(error, Exception) else "cancel"
