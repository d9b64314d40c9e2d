"""A raw HTTP/1.1 server on loopback whose answers are plain functions: every byte and every pause is the script's.

In:   a script, called with a Peer for each connection, in a thread of its own.
Out:  a URL; what the script does to the peer.
Rule: a script waits for events, never for time; what it waits for gives up after PATIENCE. What it raises is raised again when
      the server is left, but for a client that has gone.
"""

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE = 30.0  # seconds for what is sure to come
BLOCKED = 0.5  # seconds without room in the socket, after which a client is taken to have stopped reading
_RESET = struct.pack("ii", 1, 0)  # linger on, for zero seconds: the kernel sends RST


class Peer:
    """One connection. request: head and body of what was asked."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.request = self._request()
        self._told = threading.Event()

    def _request(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self.socket.recv(65536)
            if not piece:
                return b""
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < int(lengths[0] if lengths else 0):
            body += self.socket.recv(65536)
        return head + b"\r\n\r\n" + body

    def head(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        """Send a head; the body follows in chunks."""
        # One answer a connection; a client that were not told could ask again on one that is just being closed.
        fields = {"content-type": content_type, "transfer-encoding": "chunked", "connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.socket.sendall(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode())

    def chunk(self, *pieces: bytes) -> None:
        """Send each piece as one chunk, in one write each."""
        for piece in pieces:
            self.socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))

    def end(self) -> None:
        self.socket.sendall(b"0\r\n\r\n")

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()

    def wait_until_gone(self) -> None:
        """Wait until the client has closed the connection."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass

    def tell(self) -> None:
        """Let a script go on that waits to be told."""
        self._told.set()

    def wait_until_told(self) -> None:
        assert self._told.wait(PATIENCE)

    def gone_within(self, seconds: float) -> bool:
        """Wait for the client to go, but no longer; return whether it has."""
        return bool(select.select([self.socket], [], [], seconds)[0])

    def send_until_blocked(self, pieces: Iterator[bytes]) -> bytes | None:
        """Send chunks until the client has stopped reading; return what did not fit in, None when there was room for all."""
        self.socket.setblocking(False)
        try:
            for piece in pieces:
                rest = b"%x\r\n%b\r\n" % (len(piece), piece)
                while rest:
                    try:
                        rest = rest[self.socket.send(rest) :]
                    except BlockingIOError:
                        if not select.select([], [self.socket], [], BLOCKED)[1]:
                            return rest
            return None
        finally:
            self.socket.settimeout(PATIENCE)


@dataclass
class Server:
    """peers: the connections so far, in order."""

    url: str
    peers: list[Peer] = field(default_factory=list)


@contextmanager
def serving(script: Callable[[Peer], None]) -> Iterator[Server]:
    """Yield a server that answers each connection by the script."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}/v1/chat/completions")
    failures: list[Exception] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                peer = Peer(connection)
                if peer.request:
                    server.peers.append(peer)
                    script(peer)
            except ConnectionError:
                pass
            except Exception as failure:  # noqa: BLE001  serving() raises it again
                failures.append(failure)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=[connection], daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "a script did not come to its end"
    if failures:
        raise failures[0]
