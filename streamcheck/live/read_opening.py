"""From what the user has to an open response.

In:   a response that somebody opened; or a client, and what to ask of whom.
Out:  a Body, and when the request was sent; None where a deadline passed before there was a head.
Rule: what a client raises before there is a response is raised as it is: nothing was answered, there is nothing to judge, and
      who retries knows these exceptions. Only a deadline of ours is not raised.
"""

__all__ = ("Connecting", "Given", "Opening")

import time
from math import inf
from typing import Any, Protocol

import anyio
import httpx_sse

from streamcheck.errors import UsageError
from streamcheck.live.libraries import SENT, library_of
from streamcheck.live.read_body import CLOSE_WITHIN, Body, body_of
from streamcheck.live.reading import reason_of

_CODINGS = ("gzip", "deflate", "zstd", "identity", "*")  # those that the Checker can undo


class Opening(Protocol):
    """kinds: "sync", "async" or both. url: what was asked, as far as it is known. timeouts: those that the user set, None for
    what the request says. started, sent: on time.monotonic(); sent is None for a request that has not been sent.
    """

    kinds: frozenset[str]
    url: str | None
    timeouts: dict[str, float | None] | None
    started: float
    sent: float | None

    def open(self, within: float | None) -> Body | None: ...
    async def aopen(self, within: float | None) -> Body | None: ...
    def close(self) -> None: ...
    async def aclose(self) -> None: ...


class Given:
    """A response that somebody opened."""

    timeouts: dict[str, float | None] | None = None

    def __init__(self, source: Any) -> None:
        """Raises UsageError for what is none, or cannot be read any more."""
        self._body = body_of(source)
        self.kinds = self._body.kinds
        self.url = self._body.head.url
        self.started = time.monotonic()
        self.sent: float | None = self.started - _elapsed(self._body.response)

    def open(self, within: float | None) -> Body | None:
        return self._body

    async def aopen(self, within: float | None) -> Body | None:
        return self._body

    def close(self) -> None:
        self._body.close()

    async def aclose(self) -> None:
        await self._body.aclose()


def _elapsed(response: Any) -> float:
    """Return how many seconds ago the request was sent, where the response knows: most know it only when they are closed."""
    try:
        return float(response.elapsed.total_seconds())
    except RuntimeError:
        return 0.0


class Connecting:
    """A client, and what to ask."""

    def __init__(self, client: Any, method: str, url: Any, request: dict[str, Any]) -> None:
        """request: what client.stream() takes. Raises UsageError for what is no client of httpx or httpx2."""
        library = library_of(client, "Client", "AsyncClient")
        if library is None:
            raise UsageError(f"connect() takes an httpx or httpx2 Client or AsyncClient, not {type(client).__name__}")
        self.kinds = frozenset(["sync" if isinstance(client, library.Client) else "async"])
        self.url: str | None = str(url)
        self.started = time.monotonic()
        self.sent: float | None = None
        self._client, self._method, self._url = client, method, url
        self._request = {**request, "headers": _headers_for(client, request.get("headers"))}
        self._extensions: dict[str, Any] = dict(request.get("extensions") or {})
        self.timeouts: dict[str, float | None] | None = self._extensions.get("timeout") or _timeouts_of(client, request)
        self._response: Any = None  # the context manager of the open response

    def _is_sent(self, event: str) -> bool:
        """Note when httpcore says that the request was sent; the last one counts, where it was sent on to another place."""
        if not event.endswith(SENT):
            return False
        self.sent = time.monotonic()
        return True

    def _answered(self, source: Any) -> Body:
        # A transport that does not say when the request was sent, or an answer that came before.
        self.sent = self.started if self.sent is None else self.sent
        body = body_of(source)
        self.url = body.head.url
        return body

    # ------------------------------------------------------------------ sync
    def open(self, within: float | None) -> Body | None:
        """Return the body when its head is there. within: seconds that this may take from the sending on, or it gives None."""
        self.started = time.monotonic()
        theirs = self._extensions.get("trace")
        own = self.timeouts or {}

        def trace(event: str, info: dict[str, Any]) -> None:
            self._is_sent(event)
            if theirs is not None:
                theirs(event, info)

        bounds = {kind: _least(own.get(kind), within) for kind in ("connect", "read", "write", "pool")}
        extensions = {**self._extensions, "trace": trace, "timeout": bounds}
        response = httpx_sse.connect_sse(self._client, self._method, self._url, **{**self._request, "extensions": extensions})
        try:
            source = response.__enter__()
        except Exception as error:
            kind = type(error).__name__.removesuffix("Timeout").lower()
            if reason_of(error) == "timeout" and kind in bounds and bounds[kind] != own.get(kind):
                return None
            raise
        self._response = response
        return self._answered(source)

    def close(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            try:
                response.__exit__(None, None, None)
            except Exception:  # a connection that is broken may not be closed in order
                pass

    # ------------------------------------------------------------------ async
    async def aopen(self, within: float | None) -> Body | None:
        """As open()."""
        self.started = time.monotonic()
        theirs = self._extensions.get("trace")
        limit = inf if within is None else within

        async def trace(event: str, info: dict[str, Any]) -> None:
            if self._is_sent(event):
                scope.deadline = anyio.current_time() + limit
            if theirs is not None:
                await theirs(event, info)

        request = {**self._request, "extensions": {**self._extensions, "trace": trace}}
        response = httpx_sse.aconnect_sse(self._client, self._method, self._url, **request)
        source = None
        with anyio.CancelScope(deadline=anyio.current_time() + limit) as scope:
            source = await response.__aenter__()
        if source is None:
            return None
        self._response = response
        return self._answered(source)

    async def aclose(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            with anyio.move_on_after(CLOSE_WITHIN, shield=True):
                try:
                    await response.__aexit__(None, None, None)
                except Exception:
                    pass


def _headers_for(client: Any, headers: Any) -> Any:
    """Return a copy of the user's headers that asks for no coding which nothing here can undo; httpx_sse adds its own."""
    own = type(client.headers)(headers)
    asked = [coding.strip() for coding in client.headers.get("accept-encoding", "").split(",")]
    known = [coding for coding in asked if coding.partition(";")[0].strip().lower() in _CODINGS]
    if len(known) < len(asked) and "accept-encoding" not in own:
        own["accept-encoding"] = ", ".join(known) or "identity"
    return own


def _timeouts_of(client: Any, request: dict[str, Any]) -> dict[str, float | None]:
    """Return the timeouts that the client would use for the request."""
    default = client.timeout
    asked = request.get("timeout", default)
    if type(asked).__name__ == "UseClientDefault":
        asked = default
    timeouts: dict[str, float | None] = type(default)(asked).as_dict()
    return timeouts


def _least(own: float | None, within: float | None) -> float | None:
    if own is None or within is None:
        return within if own is None else own
    return min(own, within)
