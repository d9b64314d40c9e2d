"""Sockets that never block, plain and TLS.

In:   addresses.
Out:  Wire: receive() what is there, send() all of it, reset(); connected(), listening().
Rule: nothing is gathered: one receive() is one read of the socket, and TCP_NODELAY is on. TLS is verified against the system's
      certificates; SSL_CERT_FILE and SSL_CERT_DIR name others.
Cost: with h11 and recording, 200 streams, asyncio: 55 us a chunk; 68 when a task is woken for each one, 93 with anyio.wait_readable(),
      which registers the socket anew for each wait, 116 with anyio's own streams.
"""

__all__ = ("Wire", "connected", "listening", "tls_context")

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable

import anyio

_READ = 64 * 1024  # bytes asked for at once
_NEXT_ADDRESS_AFTER = 3.0  # seconds an address gets while there is another one to try. guess
_BACKLOG = 1024


class Wire:
    """A connected socket of one's own; one task may receive while another one sends."""

    def __init__(self, connection: socket.socket) -> None:
        """Raises OSError, and closes it, when the connection is gone already."""
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connection.close()
            raise
        self._socket = connection
        self._readable = _readiness_of(connection)

    async def receive(self, take: Callable[[bytes], bool] | None = None) -> bytes:
        """Return what has come, at least one byte; b"" at the end. Raises OSError when the connection broke.

        take: is called with each block as soon as it is there; only a block that it does not take (False) is returned.
        """
        block = b""

        def read() -> bool:
            nonlocal block
            while True:
                try:
                    block = self._socket.recv(_READ)
                except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
                    return False
                if not block or take is None or not take(block):
                    return True
                if not self._holds_more():
                    return False

        if not (self._holds_more() and read()):
            await self._readable.until(read)
        return block

    def _holds_more(self) -> bool:
        """Whether bytes are there that do not make the socket readable: OpenSSL has undone them already."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def send_now(self, data: bytes) -> int:
        """Return how many bytes of `data` could be sent without waiting. Raises OSError when the connection broke."""
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError, ssl.SSLWantWriteError):
            return 0

    async def send(self, data: bytes) -> None:
        """Send all of `data`. Raises OSError when the connection broke."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except (BlockingIOError, InterruptedError, ssl.SSLWantWriteError):
                await anyio.wait_writable(self._socket)

    async def shake_hands(self) -> None:
        """Do the TLS handshake. Raises OSError."""
        assert isinstance(self._socket, ssl.SSLSocket)
        while True:
            try:
                return self._socket.do_handshake()
            except ssl.SSLWantReadError:
                await self._readable.until(lambda: True)
            except ssl.SSLWantWriteError:
                await anyio.wait_writable(self._socket)

    def send_end(self) -> None:
        """Say that nothing more will be sent; receiving goes on."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:  # it is gone already
            pass

    def close(self) -> None:
        """Close it; no task may wait for it any more. Twice is once."""
        self._readable.close()
        self._socket.close()

    def reset(self) -> None:
        """Close it so that the peer gets a reset and no end."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()


# ---------------------------------------------------------------------- waiting
class _Readiness:
    """Says when a socket can be read, on any event loop that anyio knows."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    async def until(self, read: Callable[[], bool]) -> None:
        """Call `read` whenever there is something to read, until it returns True; what it raises is raised."""
        while True:
            await anyio.wait_readable(self._socket)
            if read():
                return

    def close(self) -> None:
        """Forget the socket, which nobody waits for any more."""


class _LastingReadiness(_Readiness):
    """The same on asyncio: the socket stays registered, and `read` is called by the loop itself, without waking a task."""

    def __init__(self, connection: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(connection)
        self._loop = loop
        self._number = connection.fileno()
        self._registered = False
        self._waiter: asyncio.Future[None] | None = None
        self._read: Callable[[], bool] = lambda: True

    async def until(self, read: Callable[[], bool]) -> None:
        if not self._registered:
            self._loop.add_reader(self._number, self._on_readable)
            self._registered = True
        self._read = read
        self._waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None

    def _on_readable(self) -> None:
        waiter = self._waiter
        if waiter is None:
            self.close()  # nobody wants it now: the loop would come here again and again
        elif not waiter.done():
            try:
                if self._read():
                    waiter.set_result(None)
            except Exception as error:
                waiter.set_exception(error)

    def close(self) -> None:
        if self._registered:
            self._registered = False
            self._loop.remove_reader(self._number)


def _readiness_of(connection: socket.socket) -> _Readiness:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # trio
        return _Readiness(connection)
    # Loops without add_reader() (Windows) are left to anyio.
    return _LastingReadiness(connection, loop) if isinstance(loop, asyncio.SelectorEventLoop) else _Readiness(connection)


# ---------------------------------------------------------------------- making them
def tls_context() -> ssl.SSLContext:
    """Return what an HTTP/1.1 client needs for verified TLS."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION  # sending never waits for something to read
    return context


async def connected(host: str, port: int, tls: ssl.SSLContext | None = None) -> Wire:
    """Return a connection to the first address of `host` that takes it. Raises OSError, ssl.SSLError among them."""
    addresses = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = TimeoutError("no address answers")
    for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        seconds = _NEXT_ADDRESS_AFTER if number < len(addresses) else None
        try:
            with anyio.move_on_after(seconds):
                connection = await _connect(family, kind, protocol, address)
                return Wire(connection) if tls is None else await _secured(connection, host, tls)
        except ssl.SSLError:
            raise
        except OSError as error:
            failure = error
    raise failure


async def _connect(family: int, kind: int, protocol: int, address: object) -> socket.socket:
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setblocking(False)
        try:
            connection.connect(address)  # type: ignore[arg-type]  # as getaddrinfo() gave it
        except BlockingIOError:
            await anyio.wait_writable(connection)
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code)) from None
    except BaseException:
        connection.close()
        raise
    return connection


async def _secured(connection: socket.socket, host: str, tls: ssl.SSLContext) -> Wire:
    wire = Wire(tls.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False))
    try:
        await wire.shake_hands()
    except BaseException:
        wire.close()
        raise
    return wire


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections at host and port (0 takes a free one). Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
