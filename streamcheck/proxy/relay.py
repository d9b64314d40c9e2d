"""The byte relay: sockets, tasks, and how a connection ends.

In:   a listening socket; the upstream.
Out:  the client's bytes at the upstream and the upstream's at the client, at once; captures, by way of conversation.py.
Rule: what the upstream sends is sent on before it is read, recorded or judged. The wire keeps its meaning: a reset stays a reset, an
      end an end at the same byte, silence silence. The only answers of our own are to requests that do not reach the upstream.
      Every connection has one task for each direction; whatever ends one of them ends both, and closes both sockets.
"""

__all__ = ("Relay",)

import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

import anyio

from streamcheck.proxy.conversation import Conversation
from streamcheck.proxy.heads import Refused, Upstream, answer
from streamcheck.proxy.recording import Moment, Recordings
from streamcheck.proxy.wires import Wire, connected, tls_context

_LINGER = 2.0  # seconds that a client has to read the last bytes and to close. guess
_EARLY = 256 * 1024  # bytes that are read from a client while the upstream is being connected to. guess
_NO_SOCKETS = 0.1  # seconds until the next try when the system has no sockets left. guess


class Relay:
    """Serves clients until it is cancelled.

    base_url: where clients find it. asked: set when the first request has come. connections: how many there are now.
    """

    def __init__(self, upstream: Upstream, recordings: Recordings, *, base_url: str, say: Callable[[str], None]) -> None:
        self.upstream = upstream
        self.recordings = recordings
        self.base_url = base_url
        self.asked = anyio.Event()
        self.connections = 0
        self.tls: ssl.SSLContext | None = tls_context() if upstream.scheme == "https" else None
        self._say = say

    async def serve(self, listener: socket.socket) -> None:
        """Take connections. The listener, which must not block, is closed at the end."""
        try:
            async with anyio.create_task_group() as tasks:
                while True:
                    tasks.start_soon(self._serve_one, await self._accepted(listener))
        finally:
            listener.close()

    async def _accepted(self, listener: socket.socket) -> socket.socket:
        complained = False
        while True:
            await anyio.wait_readable(listener)
            try:
                return listener.accept()[0]
            except (BlockingIOError, InterruptedError, ConnectionError):
                continue
            except OSError as error:
                if not complained:
                    self._say(f"no connection can be taken at the moment: {error.strerror}")
                complained = True
                await anyio.sleep(_NO_SOCKETS)

    async def _serve_one(self, client: socket.socket) -> None:
        accepted = Moment.now()
        self.connections += 1
        try:
            await _Connection(self, Wire(client), accepted).run()
        except OSError:  # the client was gone before anything could be set up
            pass
        except Exception as error:  # a defect of ours ends one connection, not all
            first: BaseException = error
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            self._say(f"a connection ended by a defect of streamcheck: {type(first).__name__}")
        finally:
            self.connections -= 1


class _Ending(Enum):
    """Who ended a connection, and how."""

    CLIENT_LEFT = auto()
    UPSTREAM_CLOSED = auto()
    UPSTREAM_BROKE = auto()
    REFUSED = auto()


class _Connection:
    """One client, and its connection to the upstream from its first request on."""

    def __init__(self, relay: Relay, client: Wire, accepted: Moment) -> None:
        self._relay = relay
        self._client = client
        self._upstream: Wire | None = None
        self._conversation = Conversation(relay.recordings, relay.upstream, relay.base_url, accepted)
        self._early: deque[bytes] = deque()  # what the client sent while the upstream was being connected to
        self._next_turn = anyio.Event()  # set when a request that waits may go
        self._tasks = anyio.create_task_group()
        self._came = 0.0  # when the last block of the upstream came
        self._unsent = b""  # what the client has not taken of it
        self._ending: _Ending | None = None
        self._reason: str | None = None  # of an ending that is the upstream's fault, the name of an exception
        self._failure_up: str | None = None  # the same of sending to the upstream
        self._refusal: bytes | None = None

    async def run(self) -> None:
        try:
            async with self._tasks:
                await self._forward_requests()
            with anyio.move_on_after(_LINGER):
                await self._part()
        finally:
            # Reached by cancellation too.
            self._conversation.end("cancel", None, time.monotonic())
            self._client.close()
            if self._upstream is not None:
                self._upstream.close()

    def _end(self, ending: _Ending, reason: str | None = None) -> None:
        if self._ending is None:
            self._ending, self._reason = ending, reason
        self._tasks.cancel_scope.cancel()

    async def _part(self) -> None:
        """Tell both sides what the end was."""
        now = time.monotonic()
        conversation, client, upstream = self._conversation, self._client, self._upstream
        match self._ending:
            case _Ending.UPSTREAM_BROKE:
                conversation.end("timeout" if self._reason == "TimeoutError" else "error", self._reason, now)
                client.reset()
            case _Ending.UPSTREAM_CLOSED:
                conversation.close(now)
                await self._linger()
            case _Ending.REFUSED:
                if upstream is not None:
                    upstream.close()
                if self._refusal is not None:
                    await client.send(self._refusal)
                await self._linger()

    async def _linger(self) -> None:
        """End our side, and read what the client still sends: closing before it is read would reset what the client has yet to read."""
        self._client.send_end()
        try:
            while await self._client.receive():
                pass
        except OSError:
            pass

    # ------------------------------------------------------------------ upwards
    async def _forward_requests(self) -> None:
        try:
            while block := self._early.popleft() if self._early else await self._receive_of_client():
                await self._forward(block)
        except Refused as refused:
            self._refuse(refused.status, str(refused))

    async def _receive_of_client(self) -> bytes:
        try:
            block = await self._client.receive()
        except OSError:
            block = b""
        if not block:
            self._end(_Ending.CLIENT_LEFT)
        return block

    async def _forward(self, block: bytes) -> None:
        """Send on what may go; while a request waits for its turn, nothing more is read from the client."""
        conversation = self._conversation
        ready = conversation.ask(block, Moment.now())
        while True:
            if ready:
                self._relay.asked.set()
                if self._upstream is None:
                    await self._connect()
                if self._upstream is None:
                    return
                await self._send_up(self._upstream, ready)
                conversation.forwarded(time.monotonic())
            if not conversation.waiting:
                return
            self._next_turn = anyio.Event()
            await self._next_turn.wait()
            ready = conversation.ask(b"", Moment.now())

    async def _send_up(self, upstream: Wire, data: bytes) -> None:
        try:
            await upstream.send(data)
        except OSError as error:
            # An upstream that reads no further may have answered already: what it says, or that it broke, comes the other way.
            self._failure_up = type(error).__name__
            await anyio.sleep_forever()

    def _refuse(self, status: int, reason: str, error: str = "RemoteProtocolError") -> None:
        if self._conversation.may_answer:
            self._refusal = answer(status, reason)
        self._conversation.end("timeout" if error == "TimeoutError" else "error", error, time.monotonic())
        self._end(_Ending.REFUSED)

    # ------------------------------------------------------------------ the upstream
    async def _connect(self) -> None:
        """Connect to the upstream and begin to forward what it sends."""
        upstream = self._relay.upstream
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._hold_early)
            try:
                self._upstream = await connected(upstream.host, upstream.port, self._relay.tls)
            except OSError as error:
                self._refuse(502, f"{upstream.origin} cannot be reached: {_reason_of(error)}", type(error).__name__)
            tasks.cancel_scope.cancel()
        if self._upstream is not None:
            self._tasks.start_soon(self._forward_answers, self._upstream)

    async def _hold_early(self) -> None:
        """Read on while the upstream is being connected to, so that a client that leaves is noticed."""
        while sum(map(len, self._early)) < _EARLY and (block := await self._receive_of_client()):
            self._early.append(block)

    async def _forward_answers(self, upstream: Wire) -> None:
        while True:
            try:
                block = await upstream.receive(self._pass_on)
            except OSError as error:
                return self._end(_Ending.UPSTREAM_BROKE, type(error).__name__)
            if not block:
                # Who sends to a connection that broke takes the error away from who receives.
                broke = self._failure_up is not None and self._conversation.open
                return self._end(_Ending.UPSTREAM_BROKE if broke else _Ending.UPSTREAM_CLOSED, self._failure_up)
            try:
                await self._client.send(self._unsent)
            except OSError:
                return self._end(_Ending.CLIENT_LEFT)
            self._take_in(block, self._came)

    def _pass_on(self, block: bytes) -> bool:
        """Send a block on and take it in; return False when the client does not take all of it now."""
        self._came = time.monotonic()
        try:
            sent = self._client.send_now(block)
        except OSError:  # sending the rest will tell
            sent = 0
        if sent < len(block):
            self._unsent = block[sent:]
            return False
        self._take_in(block, self._came)
        return True

    def _take_in(self, block: bytes, came: float) -> None:
        self._conversation.answer(block, came)
        if not self._conversation.open:
            self._next_turn.set()


def _reason_of(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE can name the authority"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {(error.reason or 'unknown').replace('_', ' ').lower()}"
    return (error.strerror or str(error) or type(error).__name__).rstrip(".")
