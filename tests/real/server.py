"""A server on loopback that sends a case exactly as the case says: every byte, every chunk border, every ending.

In:   Case values; requests to /<case>/..., of any method, also as to a proxy.
Out:  one Exchange a request: what was asked, and threading events for what the server saw of the client.
Rule: HTTP/1.1 by hand on asyncio streams, in a thread of its own: a web framework would mend what is to be broken.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.real.cases import Case

PATIENCE = 30.0  # seconds that a test waits for something that is sure to come
_REASONS = {
    200: b"OK",
    307: b"Temporary Redirect",
    401: b"Unauthorized",
    429: b"Too Many Requests",
    500: b"Internal Server Error",
    529: b"Overloaded",
}
_RESET = struct.pack("ii", 1, 0)  # linger on, for zero seconds: the kernel sends RST


@dataclass
class Exchange:
    """One request and what became of its answer.

    request: head and body as they came. peer: the client's port: the same one twice is one connection twice.
    held: set when the server waits at the case's hold. gone: set when the client has closed the connection.
    sent: set when everything that the case holds was sent.
    """

    case: Case
    request: bytes
    peer: int
    held: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    sent: threading.Event = field(default_factory=threading.Event)
    _let_go: Callable[[], object] = lambda: None

    def release(self) -> None:
        """Let a held answer go on."""
        self._let_go()


class Server:
    """Serves `cases` while it is entered as a context manager."""

    def __init__(self, cases: Mapping[str, Case]) -> None:
        self._cases = cases
        self._loop = asyncio.new_event_loop()
        self._exchanges: SimpleQueue[Exchange] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()  # connections
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    def url(self, case: Case | str) -> str:
        """Return the URL below which everything answers as `case`."""
        return f"http://127.0.0.1:{self.port}/{case if isinstance(case, str) else case.name}"

    def exchange(self) -> Exchange:
        """Return the oldest exchange that nobody has taken yet; waits for it."""
        return self._exchanges.get(timeout=PATIENCE)

    def settle(self) -> None:
        """Wait until no connection is open; its clients have to close them."""
        asyncio.run_coroutine_threadsafe(self._settled(), self._loop).result(PATIENCE)

    def forget(self) -> list[Exchange]:
        """Return the exchanges that nobody has taken."""
        left: list[Exchange] = []
        while True:
            try:
                left.append(self._exchanges.get_nowait())
            except Empty:
                return left

    # ------------------------------------------------------------------ inside the thread
    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _settled(self) -> None:
        while self._open:
            await asyncio.wait(self._open)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        peer = writer.get_extra_info("peername")[1]
        exchange: Exchange | None = None
        try:
            while (request := await _request(reader)) is not None:
                case = self._cases[_path(request).split("/")[1]]
                released = asyncio.Event()
                exchange = Exchange(case, request, peer, _let_go=lambda: self._loop.call_soon_threadsafe(released.set))  # noqa: B023
                self._exchanges.put(exchange)
                if not await _Answer(exchange, reader, writer, released).send():
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled only when the server stops
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            if exchange is not None:
                exchange.gone.set()


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next request, head and body; None when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


def _path(request: bytes) -> str:
    """Return the path that is asked for; a client that takes this server for a proxy sends a whole URL."""
    return urlsplit(request.split(b" ", 2)[1].decode()).path


class _Answer:
    """Sends one case over one connection."""

    def __init__(
        self, exchange: Exchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, released: asyncio.Event
    ) -> None:
        self._exchange, self._case = exchange, exchange.case
        self._reader, self._writer = reader, writer
        self._released = released
        writer.transport.set_write_buffer_limits(0)  # drain() then means: the kernel has it

    async def send(self) -> bool:
        """Return whether the connection may serve another request."""
        case = self._case
        if case.hold == -1 and not await self._wait():
            return False
        if case.status is not None:
            await self._write(self._head(case.status))
        for number, chunk in enumerate(case.chunks):
            if case.hold == number and not await self._wait():
                return False
            await self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if case.framing == "chunked" else chunk)
        if case.hold == len(case.chunks) and not await self._wait():
            return False
        return await self._end()

    def _head(self, status: int) -> bytes:
        case = self._case
        lines = [b"HTTP/1.1 %d %b" % (status, _REASONS[status])]
        lines += [f"{name}: {value}".encode() for name, value in case.headers]
        if case.framing == "chunked":
            lines.append(b"transfer-encoding: chunked")
        elif case.framing == "length":
            lines.append(b"content-length: %d" % (len(case.body) if case.length is None else case.length))
        else:
            lines.append(b"connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n"

    async def _end(self) -> bool:
        case = self._case
        if case.end == "garbled":
            await self._write(b"not a size\r\n")
        elif case.end == "reset":
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._writer.transport.abort()
        elif case.end == "whole" and case.framing == "chunked":
            await self._write(b"0\r\n\r\n")
        self._exchange.sent.set()
        return case.end == "whole" and case.framing != "close" and case.length is None

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _wait(self) -> bool:
        """Wait until the test lets the answer go on, or the client goes; return whether there is still a client."""
        self._exchange.held.set()
        released, left = asyncio.ensure_future(self._released.wait()), asyncio.ensure_future(self._reader.read(1))
        done, pending = await asyncio.wait((released, left), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(released, left, return_exceptions=True)  # a client may leave with a reset
        return left not in done
