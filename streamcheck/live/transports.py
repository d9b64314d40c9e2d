"""A transport with a tap in it.

In:   requests of a client, sync or async.
Out:  the responses of the transport inside, their bodies watched; its exceptions, each after a report.
Rule: where the application sets a deadline or wants to be rid of bad streams, the wait for the head obeys it too. Everything else of
      the transport inside is reached as if it were the outer one.
Trap: a response may have been read already (a mock, a cache): its body is then not iterated again.
"""

__all__ = ("WatchedTransport",)

import logging
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any, Self

from streamcheck.errors import StreamRejected
from streamcheck.live.callbacks import Callbacks
from streamcheck.live.libraries import SENT, stream_types
from streamcheck.live.tap import MARGIN, Settings, Tap

log = logging.getLogger("streamcheck")


class WatchedTransport:
    """inner: the transport that does the work. The library's classes are added as bases, see libraries.py."""

    def __init__(self, inner: Any, library: ModuleType, settings: Settings) -> None:
        self.inner = inner
        self.settings = settings
        self._library = library

    def __getattr__(self, name: str) -> Any:
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    # ------------------------------------------------------------------ sync
    def handle_request(self, request: Any) -> Any:
        tap = _tap_on(request, self.settings)
        if tap is None:
            return self.inner.handle_request(request)
        self._begin(tap)
        own = request.extensions
        # A body's reads take their timeout when they begin, so the deadline has to be in it now.
        request.extensions = _with_deadline(_with_trace(own, tap.sent), tap)
        try:
            response = self.inner.handle_request(request)
        except Exception as error:
            _failed(tap, error)
            self._callbacks.tell(tap.news)
            if tap.rejected:
                raise StreamRejected(tap.report) from error
            raise
        except BaseException:
            tap.finish("cancel")
            self._callbacks.tell(tap.news)
            raise
        finally:
            request.extensions = own
        return self._watched(response, tap, sync=True)

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, trace: TracebackType | None = None
    ) -> None:
        self.inner.__exit__(kind, error, trace)

    def close(self) -> None:
        self.inner.close()

    # ------------------------------------------------------------------ async
    async def handle_async_request(self, request: Any) -> Any:
        tap = _tap_on(request, self.settings)
        if tap is None:
            return await self.inner.handle_async_request(request)
        self._begin(tap)
        try:
            response = await self._answer(request, tap)
        except Exception as error:
            _failed(tap, error)
            await self._atell(tap)
            if tap.rejected:
                raise StreamRejected(tap.report) from error
            raise
        except BaseException:
            tap.finish("cancel")
            await self._atell(tap)
            raise
        return self._watched(response, tap, sync=False)

    async def _answer(self, request: Any, tap: Tap) -> Any:
        """Return the response, or raise TimeoutError when a deadline passed that the user wants to be kept."""
        import anyio

        def until_deadline() -> float:
            limit = tap.deadline if tap.acts else None
            return float("inf") if limit is None else anyio.current_time() + limit + MARGIN

        def sent() -> None:
            tap.sent()
            scope.deadline = until_deadline()

        own = request.extensions
        request.extensions = _with_async_trace(own, sent)
        try:
            with anyio.CancelScope(deadline=until_deadline()) as scope:
                return await self.inner.handle_async_request(request)
        finally:
            request.extensions = own
        raise TimeoutError

    async def __aenter__(self) -> Self:
        await self.inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None = None, error: BaseException | None = None, trace: TracebackType | None = None
    ) -> None:
        await self.inner.__aexit__(kind, error, trace)

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def _atell(self, tap: Tap) -> None:
        import anyio

        with anyio.CancelScope(shield=True):
            await self._callbacks.atell(tap.news)

    # ------------------------------------------------------------------ both
    def _begin(self, tap: Tap) -> None:
        """Take the request as sent where nobody will tell when it was."""
        if not isinstance(self.inner, self._library.HTTPTransport | self._library.AsyncHTTPTransport):
            tap.sent()

    @property
    def _callbacks(self) -> Callbacks:
        return self.settings.callbacks

    def _watched(self, response: Any, tap: Tap, *, sync: bool) -> Any:
        """Return the response with its body watched, if it is to be."""
        tap.answered(response.status_code, response.headers.multi_items(), _http_version(response))
        if not tap.watched:
            return response
        if response.is_closed:
            _take_whole(response, tap)
            self._callbacks.tell(tap.news)
            if tap.rejected and self._raises:
                raise StreamRejected(tap.report)
            return response
        kind = stream_types(self._library)[0 if sync else 1]
        response.stream = kind(response.stream, tap, self._callbacks, raises=self._raises)
        return response

    @property
    def _raises(self) -> bool:
        return self.settings.on_verdict == "raise"


def _tap_on(request: Any, settings: Settings) -> Tap | None:
    """Return a tap for the answer to `request`; None when that is not possible, which must not hold the request up."""
    try:
        return Tap(
            settings,
            method=request.method,
            url=str(request.url),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
            body=getattr(
                request, "_content", None
            ),  # .content raises where the body is a stream, and reading that would take it away
        )
    except Exception:
        log.exception("streamcheck: a request goes out unwatched")
        return None


def _failed(tap: Tap, error: Exception) -> None:
    """No head came. A deadline that has passed by now is what the user shall hear of."""
    tap.tick()
    tap.finish("timeout" if type(error).__name__.endswith(("Timeout", "TimeoutError")) else "error", error)


def _take_whole(response: Any, tap: Tap) -> None:
    """Give the tap a body that was read before it came here."""
    try:
        tap.take(b"".join(response.stream))
    except Exception:  # a stream that is used up: what is left is the decoded content
        tap.take(response.content)
    tap.finish("eof")


def _http_version(response: Any) -> str | None:
    version = response.extensions.get("http_version")
    return version.decode("ascii", "replace") if isinstance(version, bytes) else None


def _with_deadline(extensions: dict[str, Any], tap: Tap) -> dict[str, Any]:
    limit = tap.deadline if tap.acts else None
    if limit is None:
        return extensions
    timeouts = dict(extensions.get("timeout", {}))
    own = timeouts.get("read")
    timeouts["read"] = limit + MARGIN if own is None else min(own, limit + MARGIN)
    return {**extensions, "timeout": timeouts}


# ---------------------------------------------------------------------- when the request had been sent
def _with_trace(extensions: dict[str, Any], sent: Callable[[], None]) -> dict[str, Any]:
    theirs = extensions.get("trace")

    def trace(name: str, info: dict[str, Any]) -> None:
        if name.endswith(SENT):
            sent()
        if theirs is not None:
            theirs(name, info)

    return {**extensions, "trace": trace}


def _with_async_trace(extensions: dict[str, Any], sent: Callable[[], None]) -> dict[str, Any]:
    theirs = extensions.get("trace")

    async def trace(name: str, info: dict[str, Any]) -> None:
        if name.endswith(SENT):
            sent()
        if theirs is not None:
            await theirs(name, info)

    return {**extensions, "trace": trace}
