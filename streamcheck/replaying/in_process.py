"""Captures into any reader of httpx or httpx2, without a network.

In:   captures.
Out:  a transport for sync and async clients, or a response that nobody has read from.
Rule: the stream gives the recorded chunks at the recorded borders, its content coding on. What would have come over a connection
      comes as the exception that the library makes of it: a reset is its ReadError, an end before the end its RemoteProtocolError, and a
      stall its ReadTimeout, at once.
Trap: the library asserts that transports and streams are of its own classes, so the bases are added when it is known.
"""

__all__ = ("Replay", "replay")

import time
from collections.abc import AsyncIterator, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any, NoReturn, Self

from streamcheck.errors import UsageError, near_names
from streamcheck.replaying.faults import LiveFault
from streamcheck.replaying.performance import Ending, Framing, Performance
from streamcheck.replaying.repertoire import Repertoire, Source

_LIBRARIES = ("httpx", "httpx2")
_SHORT = "peer closed connection without sending complete message body"


def replay(
    *captures: Source,
    client: str = "httpx",
    speed: float = 0.0,
    split: str | int = "recorded",
    fault: str | LiveFault | None = None,
    any_path: bool = True,
) -> Any:
    """Return a transport that answers with `captures`: `httpx.Client(transport=replay("a.capture.jsonl"))`.

    captures: paths, bytes or Capture values. Those of the request's method and path take turns, in order, again and again.
    client:   the library that the transport is for, "httpx" or "httpx2" (OpenAI 3 and Anthropic 2 stand on httpx2).
    speed:    of the recorded pauses; 0 leaves them out. split: "recorded", "event", "byte" or a number of bytes.
    fault:    what the connection does, as "reset@2000"; see docs/replay.md.
    any_path: a request that no capture was recorded for is answered as well; False gives it a 404.
    Returns a Replay that is a transport of that library, for sync and async clients: a type checker cannot know which, hence Any.
    Raises UsageError for what cannot be replayed or a library that is not installed, CaptureError for a file that cannot be read.
    """
    if client not in _LIBRARIES:
        raise UsageError(f"client must be 'httpx' or 'httpx2', not {str(client)[:80]!r}{near_names(str(client), _LIBRARIES)}")
    try:
        library = import_module(client)
    except ImportError:
        raise UsageError(
            f"{client} is not installed: install it, or replay for the other one of {', '.join(_LIBRARIES)}"
        ) from None
    repertoire = Repertoire(captures, speed=speed, split=split, fault=fault, any_path=any_path)
    return _kinds(library)[0](repertoire, library)


class Replay:
    """A transport. requests: those that it was asked, in order. The library's classes are added as bases."""

    def __init__(self, repertoire: Repertoire, library: ModuleType) -> None:
        self.requests: list[Any] = []
        self._repertoire = repertoire
        self._library = library

    def response(self, method: str = "POST", url: str = "http://replay.invalid/") -> Any:
        """Return the next response as from `client.send(request, stream=True)`: its body has not been read."""
        return self.handle_request(self._library.Request(method, url))

    # ------------------------------------------------------------------ the library's transport
    def handle_request(self, request: Any) -> Any:
        request.read()
        performance = self._answer(request)
        time.sleep(performance.head_at if performance is not None else 0.0)
        return self._response(performance, request)

    async def handle_async_request(self, request: Any) -> Any:
        await request.aread()
        performance = self._answer(request)
        await _asleep(performance.head_at if performance is not None else 0.0)
        return self._response(performance, request)

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, trace: TracebackType | None = None
    ) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, trace: TracebackType | None = None
    ) -> None:
        pass

    # ------------------------------------------------------------------ inside
    def _answer(self, request: Any) -> Performance | None:
        self.requests.append(request)
        found = self._repertoire.answer(request.method, request.url.path)
        return found[1] if found is not None else None

    def _response(self, performance: Performance | None, request: Any) -> Any:
        library = self._library
        if performance is None:
            sentence = self._repertoire.refusal(request.method, request.url.path)
            return library.Response(404, json={"error": {"message": sentence, "type": "not_recorded"}}, request=request)
        if performance.status is None:
            failure = library.ReadError if performance.ending is Ending.RESET else library.RemoteProtocolError
            raise failure("the capture holds no response head", request=request)
        headers = [*performance.headers, *_framing_header(performance)]
        stream = _kinds(library)[1](performance, library, request)
        return library.Response(performance.status, headers=headers, stream=stream, request=request)


def _framing_header(performance: Performance) -> list[tuple[str, str]]:
    match performance.framing:
        case Framing.CHUNKED:
            return [("transfer-encoding", "chunked")]
        case Framing.LENGTH:
            return [("content-length", str(performance.length))]
        case _:
            return []


class _Stream:
    """The body, for sync and async readers. It can be read once, as one from a network."""

    def __init__(self, performance: Performance, library: ModuleType, request: Any) -> None:
        self._performance, self._library, self._request = performance, library, request
        self._began = time.monotonic() - performance.head_at

    def _wait(self, at: float) -> float:
        """Return the seconds until `at`."""
        return max(0.0, self._began + at - time.monotonic()) if at else 0.0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._performance.pieces:
            if wait := self._wait(piece.at):
                time.sleep(wait)
            yield piece.data
        if wait := self._wait(self._performance.ends_at):
            time.sleep(wait)
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._performance.pieces:
            await _asleep(self._wait(piece.at))
            yield piece.data
        await _asleep(self._wait(self._performance.ends_at))
        self._end()

    def _end(self) -> None:
        performance, library = self._performance, self._library
        short = performance.framing is Framing.LENGTH and (performance.length or 0) > performance.size
        match performance.ending:
            case Ending.RESET:
                self._fail(library.ReadError, "connection reset by peer")
            case Ending.STALL:
                self._fail(library.ReadTimeout, "the read operation timed out")
            case Ending.BROKEN_CHUNK:
                self._fail(library.RemoteProtocolError, "illegal chunk header: bytearray(b'\\xff\\xfe broken')")
            case Ending.CLOSE if performance.framing is Framing.CHUNKED:
                self._fail(library.RemoteProtocolError, f"{_SHORT} (incomplete chunked read)")
            case _ if short:
                missing = f"(received {performance.size} bytes, expected {performance.length})"
                self._fail(library.RemoteProtocolError, f"{_SHORT} {missing}")

    def _fail(self, kind: Any, sentence: str) -> NoReturn:
        raise kind(sentence, request=self._request)

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


async def _asleep(seconds: float) -> None:
    if seconds:
        import anyio

        await anyio.sleep(seconds)


@cache
def _kinds(library: ModuleType) -> tuple[Any, Any]:
    """Return the transport and the stream as classes that `library` accepts for sync and async clients."""
    return (
        type("Replay", (Replay, library.BaseTransport, library.AsyncBaseTransport), {}),
        type("ReplayStream", (_Stream, library.SyncByteStream, library.AsyncByteStream), {}),
    )
