"""A response as the reader needs it.

In:   a response of httpx or httpx2 that was opened and not read, or an EventSource over one.
Out:  a Body: its head, its bytes as they came over the wire, and whether it is sync or async.
Rule: the content coding stays on and is undone by the Checker, which says what is wrong with it. A response that has been read
      whole (a mock, a cache) has lost it: its content then goes without the headers that speak of it, and without times.
Trap: httpx leaves its async generators inside each other to the garbage collector when the outermost is closed, and trio warns
      of that.
"""

__all__ = ("Body", "body_of", "let_go")

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import anyio

from streamcheck.errors import UsageError
from streamcheck.live.libraries import library_of
from streamcheck.wire.head import ResponseHead

CLOSE_WITHIN = 2.0  # seconds that closing a connection may take, also for a task that is cancelled. guess
_MAX_LEFT = 16 * 1024  # chunks that a library may have read from its socket and not given out: 64 KiB, a few bytes each
_OF_THE_CODING = ("content-encoding", "content-length")


@dataclass(frozen=True, slots=True)
class Body:
    """response: httpx's or httpx2's. content: the whole body, its content coding undone, where it has been read already."""

    response: Any
    head: ResponseHead
    kinds: frozenset[str]  # "sync", "async", or both for a body that needs no waiting
    content: bytes | None = None

    def close(self) -> None:
        try:
            self.response.close()
        except Exception:  # a connection that is broken may not be closed in order
            pass

    async def aclose(self) -> None:
        with anyio.move_on_after(CLOSE_WITHIN, shield=True):
            try:
                await self.response.aclose()
            except Exception:
                pass

    def chunks(self) -> Iterator[bytes]:
        """Return the chunks of a sync body as they come."""
        chunks: Iterator[bytes] = self.response.iter_raw() if self.content is None else iter([self.content])
        return chunks

    def achunks(self) -> AsyncIterator[bytes]:
        """Return the chunks of an async body as they come."""
        chunks: AsyncIterator[bytes] = self.response.aiter_raw() if self.content is None else _one(self.content)
        return chunks


def body_of(source: Any) -> Body:
    """Return the body of a response or an EventSource. Raises UsageError for anything else, or one that cannot be read again."""
    found = source if library_of(source, "Response") else getattr(source, "response", None)
    library = library_of(found, "Response")
    if found is None or library is None:
        raise UsageError(f"open_stream() takes a response that was opened with stream=True, not {_described(source)}")
    head = _head_of(found)
    content = _content_of(found)
    if content is not None:
        head = ResponseHead(head.status, tuple(pair for pair in head.headers if pair[0].lower() not in _OF_THE_CODING), head.url)
    elif found.is_closed or found.is_stream_consumed:
        raise UsageError(
            "open_stream() takes a response that nobody has read from: this one was "
            f"{'closed' if found.is_closed else 'iterated'} before; open it with stream=True and pass it on at once"
        )
    return Body(found, head, _kinds_of(found.stream, library), content)


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _described(source: Any) -> str:
    name = type(source).__name__
    if library_of(source, "Client", "AsyncClient"):
        return f"a client ({name}): use connect(client, method, url, ...)"
    if isinstance(source, str | bytes):
        return f"{name}: check() takes what was recorded, connect(client, method, url, ...) asks"
    if hasattr(source, "__aenter__") or hasattr(source, "__enter__"):
        return f"{name}: enter `client.stream(...)` first and pass the response, or use connect(client, method, url, ...)"
    if hasattr(source, "__await__"):
        return f"{name}: await it first"
    return name


def _head_of(response: Any) -> ResponseHead:
    try:
        url = str(response.request.url)
    except RuntimeError:  # a response that was made by hand has no request
        url = None
    return ResponseHead(response.status_code, tuple(response.headers.multi_items()), url)


def _content_of(response: Any) -> bytes | None:
    try:
        content: bytes = response.content
    except Exception:  # each library has a ResponseNotRead of its own
        return None
    return content


def _kinds_of(stream: Any, library: ModuleType) -> frozenset[str]:
    kinds = {"sync": library.SyncByteStream, "async": library.AsyncByteStream}
    return frozenset(kind for kind, base in kinds.items() if isinstance(stream, base))


async def let_go(chunks: AsyncIterator[bytes]) -> None:
    """End a library's generators where they wait for bytes, by a cancellation: that is the end that all of them pass on."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            for _ in range(_MAX_LEFT):
                await anext(chunks)
        except Exception:  # its end, or that of its connection
            pass
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
