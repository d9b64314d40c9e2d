"""Open responses whose bodies are in memory, in the pieces that a test wants."""

from collections.abc import AsyncIterator, Iterator

import httpx

from tests.live.scripts import EVENTS

URL = "http://host.example/v1/chat/completions?key=secret"


class Pieces(httpx.SyncByteStream):
    """A sync body in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


class AsyncPieces(httpx.AsyncByteStream):
    """An async body in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def response(pieces: list[bytes] = EVENTS) -> httpx.Response:
    return httpx.Response(200, stream=Pieces(pieces), request=httpx.Request("POST", URL))


def async_response(pieces: list[bytes] = EVENTS) -> httpx.Response:
    return httpx.Response(200, stream=AsyncPieces(pieces), request=httpx.Request("POST", URL))
