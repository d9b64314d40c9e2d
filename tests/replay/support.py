"""Captures made here, and a raw client that sees every byte."""

import socket
from pathlib import Path
from typing import Any, Self

import streamcheck as sc
from streamcheck.capture.format import Capture, Chunk, End, Request, Response
from streamcheck.capture.writer import CaptureWriter
from tests.streams import chat_events

PATIENCE = 30.0  # seconds until a test that hangs fails
CAPTURES = Path(__file__).parents[2] / "captures"
URL = "https://api.example.com/v1/chat/completions"
CHUNKED = (("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))
EVENTS = tuple(chat_events("Ein Satz, ", "日本語と🦀", " and an end."))
BODY = b"".join(EVENTS)


def capture(
    *chunks: bytes,
    url: str | None = URL,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = CHUNKED,
    status: int = 200,
    http: str | None = "HTTP/1.1",
    every: float = 0.1,
    end: End | None = None,
    path: str | None = None,
) -> Capture:
    """Return a capture of these chunks (EVENTS by default), one each `every` seconds."""
    pieces = chunks or EVENTS
    return Capture(
        request=Request(method, url, at=0.0) if url is not None else None,
        response=Response(status, headers, http, at=every),
        chunks=tuple(Chunk((i + 2) * every, data) for i, data in enumerate(pieces)),
        end=end or End("eof", at=(len(pieces) + 2) * every),
        path=path,
    )


def written(folder: Path, recorded: Capture, name: str = "a.capture.jsonl") -> Path:
    """Write the capture to a file; return its path."""
    path = folder / name
    with CaptureWriter(path) as writer:
        if recorded.request is not None:
            request = recorded.request
            writer.request(request.method or "GET", request.url or "", request.headers, request.body)
        if recorded.response is not None:
            response = recorded.response
            writer.response(response.status, response.headers, http=response.http, at=response.at)
        for chunk in recorded.chunks:
            writer.chunk(chunk.data, at=chunk.at)
        if recorded.end is not None:
            writer.end(recorded.end.reason, error=recorded.end.error, at=recorded.end.at)
    return path


def request(path: str = "/v1/chat/completions", *, method: str = "POST", head: str = "", version: str = "1.1") -> bytes:
    body = b"{}" if method == "POST" else b""
    return f"{method} {path} HTTP/{version}\r\nhost: x\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Client:
    """A socket that asks."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def until(self, end: bytes) -> bytes:
        """Return what comes, up to and with `end`."""
        out = b""
        while not out.endswith(end):
            block = self.socket.recv(1)
            assert block, f"the connection ended after {out!r}"
            out += block
        return out

    def rest(self) -> bytes:
        """Return all that comes until the connection ends. Raises ConnectionResetError when it is reset."""
        out = b""
        while block := self.socket.recv(65536):
            out += block
        return out


def asked(url: str, data: bytes | None = None) -> bytes:
    """Return all that one request brings, on a connection of its own that ends with it."""
    with Client(url) as client:
        client.send(request(head="connection: close\r\n") if data is None else data)
        return client.rest()


def sizes(response: bytes) -> list[int]:
    """Return the sizes of the chunks in a chunked response, the last one's 0 included."""
    body = response.partition(b"\r\n\r\n")[2]
    found = []
    while body:
        size, _, body = body.partition(b"\r\n")
        found.append(int(size, 16))
        body = body[found[-1] + 2 :]
    return found


def chunks_of(path: Path) -> list[bytes]:
    return [chunk.data for chunk in sc.CaptureReader(path).read().chunks]


def body_of(response: Any) -> list[bytes]:
    return list(response.iter_raw())
