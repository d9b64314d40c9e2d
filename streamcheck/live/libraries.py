"""httpx and httpx2: two libraries of one shape, each of which wants its own classes.

In:   a client, a transport, or an SDK's client.
Out:  which library it is of; wrappers that are instances of that library's classes; the transports inside a client.
Rule: only libraries that the application has imported already are looked at: an object of theirs cannot exist otherwise.
Trap: both assert isinstance(response.stream, SyncByteStream) with their own class, and httpx.MockTransport is sync and async at once.
"""

__all__ = ("SENT", "client_of", "library_of", "stream_types", "transport_slots", "transport_type")

import sys
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from streamcheck.errors import UsageError
from streamcheck.live.streams import AsyncWatched, SyncWatched

NAMES = ("httpx", "httpx2")
# httpcore's trace extension tells by an event of this ending that a request was sent; until then the client was in its pool's queue, connecting,
# or sending.
SENT = "send_request_body.complete"


def library_of(thing: Any, *classes: str) -> ModuleType | None:
    """Return the library of whose `classes` this is an instance; None when it is of neither."""
    for name in NAMES:
        library = sys.modules.get(name)
        if library is not None and isinstance(thing, tuple(getattr(library, each) for each in classes)):
            return library
    return None


def client_of(client: Any) -> tuple[Any, ModuleType]:
    """Return the httpx or httpx2 client that `client` is, or that an SDK's client has inside, and its library.

    Raises UsageError for anything else.
    """
    for found in (client, getattr(client, "_client", None)):  # OpenAI and Anthropic keep it under this name
        library = library_of(found, "Client", "AsyncClient")
        if library is not None:
            return found, library
    raise UsageError(
        f"attach() takes an httpx or httpx2 Client or AsyncClient, or an OpenAI or Anthropic client, not {type(client).__name__}; "
        "for other libraries give theirs an httpx client that was attached, or use `streamcheck record`"
    )


def transport_slots(client: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """Yield each transport of a client, proxies' included, and what puts another one in its place."""
    yield client._transport, lambda transport: setattr(client, "_transport", transport)
    for pattern, transport in list(client._mounts.items()):
        if transport is not None:  # None: this pattern takes the default one
            yield transport, lambda wrapped, pattern=pattern: client._mounts.__setitem__(pattern, wrapped)  # type: ignore[misc]


@cache
def stream_types(library: ModuleType) -> tuple[type[SyncWatched], type[AsyncWatched]]:
    """Return the watched streams that `library` accepts."""
    return (
        type("SyncWatchedStream", (SyncWatched, library.SyncByteStream), {}),
        type("AsyncWatchedStream", (AsyncWatched, library.AsyncByteStream), {}),
    )


@cache
def transport_type(base: type, library: ModuleType) -> type:
    """Return `base`, a transport's methods, as a class that `library` accepts for sync and async clients."""
    return type(base.__name__, (base, library.BaseTransport, library.AsyncBaseTransport), {})
