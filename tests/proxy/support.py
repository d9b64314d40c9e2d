"""An upstream that does what a test says, byte for byte, and a relay in front of it; all over loopback."""

import json
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from streamcheck.capture.folder import CaptureFolder
from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader
from streamcheck.proxy.heads import upstream_of
from streamcheck.proxy.recording import Recordings
from streamcheck.proxy.relay import Relay
from streamcheck.proxy.wires import listening
from tests.streams import chat_events

PATIENCE = 30.0  # seconds after which a test gives up; a busy machine is no failure
_Value = TypeVar("_Value")

EVENTS = chat_events("Hello there, ", "this is a plain answer.")
BODY = b"".join(EVENTS)
REQUEST = (
    b'POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"stream":true}'
)
GET = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return pieces in HTTP's chunked coding."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


def answer(body: bytes = BODY, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole response with a length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: text/event-stream", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class Peer:
    """A blocking socket with what a test needs of it."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.received = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_bytewise(self, data: bytes) -> None:
        for i in range(len(data)):
            self.socket.sendall(data[i : i + 1])

    def read(self, length: int) -> bytes:
        """Return what has come once it is `length` bytes, or the end has come."""
        while len(self.received) < length and (block := self.socket.recv(65536)):
            self.received += block
        out, self.received = self.received[:length], self.received[length:]
        return out

    def read_all(self) -> bytes:
        """Return everything up to the end of the connection."""
        while block := self.socket.recv(65536):
            self.received += block
        out, self.received = self.received, b""
        return out

    def read_request(self) -> bytes:
        """Return a head and the body that its Content-Length announces; b"" at the end of the connection."""
        while b"\r\n\r\n" not in self.received:
            block = self.socket.recv(65536)
            if not block:
                return b""
            self.received += block
        head, _, _ = self.received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        return self.read(len(head) + 4 + (int(lengths[0]) if lengths else 0))

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


@contextmanager
def serving(script: Callable[[Peer], None], *, wrap: Callable[[socket.socket], socket.socket] | None = None) -> Iterator[int]:
    """Run `script` for every connection, in a thread of its own, and close the connection after it. Gives the port.

    An assertion that fails in a script is raised at the end.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.settimeout(PATIENCE)
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        try:
            peer = Peer(wrap(connection) if wrap is not None else connection)
        except OSError:
            connection.close()
            return
        try:
            script(peer)
        except OSError:  # the other side went away
            pass
        except BaseException as failure:  # noqa: BLE001  # raised again at the end, in the test's thread
            failures.append(failure)
        finally:
            peer.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if over.is_set():
                connection.close()
                return
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with socket.socket() as knock:
            knock.connect(listener.getsockname())
        accepting.join(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
        listener.close()
    if failures:
        raise failures[0]


class Running:
    """A relay that runs. said: what it told the user."""

    def __init__(self, portal: BlockingPortal, relay: Relay, port: int, folder: Path) -> None:
        self.portal = portal
        self.relay = relay
        self.port = port
        self.folder = folder
        self.said: list[str] = []
        self._ended: queue.Queue[str] = queue.Queue()
        self._stop: Callable[[], None] = lambda: None

    def opened(self, path: str, started: float) -> None:
        pass

    def ended(self, path: str) -> None:
        self._ended.put(path)

    def connect(self) -> Peer:
        return Peer(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))

    def ask(self, request: bytes = REQUEST) -> bytes:
        """Return all that comes of one request on a connection of its own, up to the end of the connection."""
        peer = self.connect()
        try:
            peer.send(request)
            return peer.read_all()
        finally:
            peer.close()

    def capture(self) -> Capture:
        """Return the next capture that has ended."""
        return CaptureReader(self._ended.get(timeout=PATIENCE)).read()

    def in_loop(self, look: Callable[[], _Value]) -> _Value:
        """Return what `look` sees from inside the event loop, between two steps of the relay."""
        return self.portal.call(look)

    def stop(self) -> None:
        """Cancel the relay, as Ctrl-C does."""
        self._stop()


@contextmanager
def relaying(
    upstream: str, tmp_path: Path, backend: str = "asyncio", *, folder: Callable[[str], str] | None = None
) -> Iterator[Running]:
    """Run a relay to `upstream`, on an event loop in another thread."""
    captures = tmp_path / "captures"
    with start_blocking_portal(backend) as portal:
        listener = listening("127.0.0.1", 0)
        port = listener.getsockname()[1]
        target = upstream_of(upstream)
        said: list[str] = []
        recordings = Recordings(folder or CaptureFolder(captures), host=target.host, hop="wire", say=said.append)
        relay = Relay(target, recordings, base_url=f"http://127.0.0.1:{port}", say=said.append)
        running = Running(portal, relay, port, captures)
        running.said = said
        recordings.watcher = running

        async def serve() -> None:
            with anyio.CancelScope() as scope:
                running._stop = lambda: portal.call(scope.cancel)
                ready.set()
                await relay.serve(listener)

        ready = threading.Event()
        future = portal.start_task_soon(serve)
        assert ready.wait(PATIENCE)
        try:
            yield running
        finally:
            if not future.done():
                running.stop()
            future.result(PATIENCE)
        assert relay.connections == 0


def error_of(response: bytes) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON error of a response of the relay's own."""
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]
