"""A repertoire behind a real socket.

In:   a listening socket; a Repertoire.
Out:  to each request the recorded response, byte for byte, with the recorded borders and pauses; a Served value for each request.
Rule: h11 reads the requests; what goes out is written here, for a parser would refuse to write what some servers send. One piece is one
      send, and one chunk where the body is chunked. A request's body is read to its end before it is answered, and kept in memory only.
      Whatever goes wrong ends one connection.
Cost: one task a connection, and one that listens while an answer is given.
"""

__all__ = ("ReplayServer", "Served", "url_of")

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import anyio
import h11

from streamcheck.proxy.wires import Wire
from streamcheck.replaying.performance import Ending, Framing, Performance
from streamcheck.replaying.repertoire import Repertoire

MAX_REQUEST_BYTES = 64 * 1024 * 1024  # of one request's body. guess
_MAX_HEAD = 256 * 1024  # bytes, as the recording proxy has it
_MAX_HELD = 256 * 1024  # bytes of later requests that are read while an answer is given. guess
_LINGER = 2.0  # seconds that a client has to read the last bytes and to close. guess
_NO_SOCKETS = 0.1  # seconds until the next try when the system has no sockets left. guess


@dataclass(frozen=True, slots=True)
class Served:
    """One request and what became of it.

    capture: its name, None when nothing was recorded for the request. status: None where no head was sent.
    sent: bytes of the body. outcome: "whole", "cut" (by the capture's own end or by a fault), "client left", "not recorded", "no HTTP".
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    capture: str | None
    status: int | None
    sent: int
    outcome: str


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    version: str
    rest: bytes  # of the next request, as far as it has come

    @property
    def keeps_alive(self) -> bool:
        wishes = {word.strip().lower() for name, value in self.headers if name == "connection" for word in value.split(",")}
        return self.version == "1.1" and "close" not in wishes


class ReplayServer:
    """Serves until it is cancelled. on_served: called for each request when its answer is over."""

    def __init__(self, repertoire: Repertoire, *, on_served: Callable[[Served], None] | None = None) -> None:
        self._repertoire = repertoire
        self._on_served = on_served or (lambda served: None)

    async def serve(self, listener: socket.socket) -> None:
        """Take connections. The listener, which must not block, is closed at the end."""
        try:
            async with anyio.create_task_group() as tasks:
                while True:
                    tasks.start_soon(self._serve_one, await _accepted(listener))
        finally:
            listener.close()

    async def _serve_one(self, client: socket.socket) -> None:
        try:
            wire = Wire(client)
        except OSError:  # the client was gone before anything could be set up
            return
        try:
            rest: bytes | None = b""
            while rest is not None:
                rest = await self._answer_one(wire, rest)
        except OSError:  # between two requests: nobody is waiting for anything
            pass
        finally:
            wire.close()

    async def _answer_one(self, wire: Wire, held: bytes) -> bytes | None:
        """Answer the next request; return what came of the one after it, None when the connection is over."""
        try:
            asked = await _asked(wire, held)
        except h11.ProtocolError as error:
            await wire.send(_refusal(error.error_status_hint or 400, "the request is not well-formed HTTP/1.1", head=False))
            self._on_served(Served("", "", (), b"", None, error.error_status_hint or 400, 0, "no HTTP"))
            await _part(wire)
            return None
        if asked is None:
            return None
        found = self._repertoire.answer(asked.method, asked.target)
        if found is None:
            sentence = self._repertoire.refusal(asked.method, asked.target)
            self._tell(asked, None, 404, 0, "not recorded")
            await wire.send(_refusal(404, sentence, head=asked.method == "HEAD"))
            await _part(wire)
            return None
        title, performance = found
        stage = _Stage(wire, performance, asked)
        try:
            await stage.perform()
        except OSError:
            stage.left = True
        outcome = "client left" if stage.left else "whole" if stage.whole else "cut"
        self._tell(asked, title.name, performance.status, stage.sent, outcome)
        if stage.left:
            return None
        if stage.goes_on:
            return stage.rest
        await stage.end()
        return None

    def _tell(self, asked: _Asked, capture: str | None, status: int | None, sent: int, outcome: str) -> None:
        self._on_served(Served(asked.method, asked.target, asked.headers, asked.body, capture, status, sent, outcome))


class _Stage:
    """One answer on its way.

    sent: bytes of the body. left: the client is gone. rest: what came of later requests. whole: the body is as long as its head says,
    and ends. goes_on: the connection can be used again.
    """

    def __init__(self, wire: Wire, performance: Performance, asked: _Asked) -> None:
        self.sent = 0
        self.left = False
        self.rest = asked.rest
        self._wire = wire
        self._performance = performance
        self._client_ended = anyio.Event()  # during a stall
        self._bodiless = asked.method == "HEAD" or performance.status in (204, 304) or (performance.status or 200) < 200
        framing = performance.framing
        # HTTP/1.0 knows no chunks.
        self._framing = Framing.CLOSE if framing is Framing.CHUNKED and asked.version == "1.0" else framing
        short = self._framing is Framing.LENGTH and self._length > performance.size
        self.whole = self._bodiless or (performance.ending is Ending.WHOLE and not short)
        told = self._bodiless or self._framing in (Framing.CHUNKED, Framing.LENGTH)
        self.goes_on = self.whole and told and asked.keeps_alive

    @property
    def _length(self) -> int:
        return self._performance.length or self._performance.size

    async def perform(self) -> None:
        """Send all but the end of the connection. Raises OSError when the client is gone."""
        began = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen, tasks.cancel_scope)
            try:
                await self._send(began)
            except OSError:
                self.left = True
            tasks.cancel_scope.cancel()

    async def _listen(self, scope: anyio.CancelScope) -> None:
        """Hold what the client sends meanwhile; end the answer when its connection broke, or it left during a stall."""
        try:
            while len(self.rest) < _MAX_HELD:
                block = await self._wire.receive()
                if not block:
                    break
                self.rest += block
            else:
                return
        except OSError:
            self.left = True
            scope.cancel()
            return
        # A client that will ask no more may still read on; of one that waits for nothing this is all there is to see.
        self.goes_on = False
        if self._performance.ending is Ending.STALL:
            self._client_ended.set()

    async def _send(self, began: float) -> None:
        performance = self._performance
        if performance.status is not None:
            await anyio.sleep_until(began + performance.head_at)
            await self._wire.send(self._head())
        if self._bodiless:
            return
        for piece in performance.pieces:
            if began + piece.at > anyio.current_time():
                await anyio.sleep_until(began + piece.at)
            data = piece.data
            await self._wire.send(b"%x\r\n%b\r\n" % (len(data), data) if self._framing is Framing.CHUNKED else data)
            self.sent += len(data)
        await anyio.sleep_until(began + performance.ends_at)
        match performance.ending:
            case Ending.WHOLE if self._framing is Framing.CHUNKED:
                await self._wire.send(b"0\r\n\r\n")
            case Ending.BROKEN_CHUNK:
                await self._wire.send(b"\xff\xfe broken\r\n")
            case Ending.STALL:
                await self._client_ended.wait()
                self.left = True

    def _head(self) -> bytes:
        performance = self._performance
        status = performance.status or 200
        lines = [f"HTTP/1.1 {status} {_phrase_of(status)}", *(f"{name}: {value}" for name, value in performance.headers)]
        match self._framing:
            case Framing.CHUNKED:
                lines.append("transfer-encoding: chunked")
            case Framing.LENGTH:
                lines.append(f"content-length: {self._length}")
        if not self.goes_on:
            lines.append("connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def end(self) -> None:
        """End the connection as the performance has it."""
        if self._performance.ending is Ending.RESET:
            self._wire.reset()
        else:
            await _part(self._wire)


# ---------------------------------------------------------------------- requests
async def _accepted(listener: socket.socket) -> socket.socket:
    while True:
        await anyio.wait_readable(listener)
        try:
            return listener.accept()[0]
        except (BlockingIOError, InterruptedError, ConnectionError):
            continue
        except OSError:
            await anyio.sleep(_NO_SOCKETS)


async def _asked(wire: Wire, held: bytes) -> _Asked | None:
    """Return the next request, whole; None when the client closed before there was one. Raises h11.ProtocolError, OSError."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
    if held:
        connection.receive_data(held)
    request: h11.Request | None = None
    body = bytearray()
    while True:
        match connection.next_event():
            case h11.Request() as request:
                pass
            case h11.Data(data=data):
                body += data
                if len(body) > MAX_REQUEST_BYTES:
                    raise h11.RemoteProtocolError("too long", error_status_hint=413)
            case h11.EndOfMessage():
                break
            case h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    await wire.send(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                block = await wire.receive()
                if not block:
                    return None
                connection.receive_data(block)
            case _:  # h11.ConnectionClosed, h11.PAUSED
                return None
    if request is None:
        return None
    return _Asked(
        request.method.decode("latin-1"),
        request.target.decode("latin-1"),
        tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers),
        bytes(body),
        request.http_version.decode("latin-1"),
        bytes(connection.trailing_data[0]),
    )


def _refusal(status: int, sentence: str, *, head: bool) -> bytes:
    """Return a whole response of our own, in the shape that most providers' clients read. The connection ends with it."""
    body = json.dumps({"error": {"message": sentence, "type": "not_recorded", "code": "streamcheck_not_recorded"}}).encode()
    lines = (f"HTTP/1.1 {status} {_phrase_of(status)}", "content-type: application/json", f"content-length: {len(body)}")
    return "\r\n".join((*lines, "connection: close", "", "")).encode() + (b"" if head else body)


def _phrase_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # a status of the server's own, as 529
        return ""


async def _part(wire: Wire) -> None:
    """Say that nothing more comes, and let the client read the last bytes: unread bytes at a close would become a reset."""
    wire.send_end()
    with anyio.move_on_after(_LINGER):
        try:
            while await wire.receive():
                pass
        except OSError:
            pass


def url_of(listener: socket.socket) -> str:
    """Return the URL of the place where a socket listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
