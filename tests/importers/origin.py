"""A loopback server that answers with a scripted body, one HTTP chunk for each piece, and real producers that talk to it."""

import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.streams import chat_events

EVENTS = chat_events("лав ", "a. b.. {c}", " end")
BODY = b"".join(EVENTS)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nX-Secret: open\r\n\r\n"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def framed(*pieces: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    """Return a body in chunk framing."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + last


@contextmanager
def origin(*answers: bytes) -> Iterator[str]:
    """Give the URL of a server that sends these bytes to the first, second ... connection, then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, answers))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1/chat/completions"
        finally:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            thread.join()


def _serve(listener: socket.socket, answers: tuple[bytes, ...]) -> None:
    for answer in answers:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked or (b"POST" in asked[:4] and not asked.endswith(b"}")):
                more = connection.recv(65536)
                if not more:
                    break
                asked += more
            connection.sendall(answer)


def curl(*arguments: str | Path) -> None:
    """Run curl, whatever its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    subprocess.run(["curl", "-q", "-sN", *map(str, arguments)], env=environment, timeout=60, check=False, capture_output=True)


def fingerprint(folder: Path) -> dict[str, str]:
    """Return every file below a folder with the hash of its content and its time."""
    return {
        str(path.relative_to(folder)): f"{path.stat().st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }
