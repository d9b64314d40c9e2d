"""The body of a watched response, as httpx and httpx2 want to iterate it.

In:   the body's own stream, sync or async, and its tap.
Out:  the same chunks and exceptions; calls of the callbacks between them.
Rule: a chunk is handed on first and judged when the next one is asked for, unless the user wants to be rid of bad streams: then it is
      judged first. The report is due at the end of the body, at its failure, or when it is closed, whichever is first; it is not due when
      one iteration stops, for the OpenAI SDK iterates twice: what is left after [DONE] is drained through a second one.
"""

__all__ = ("AsyncWatched", "SyncWatched")

from collections.abc import AsyncIterator, Iterator
from typing import Any

from streamcheck.errors import StreamRejected
from streamcheck.live.callbacks import Callbacks
from streamcheck.live.tap import MARGIN, Tap


class _Watched:
    """What both kinds share. inner: the stream of the library's own kind."""

    def __init__(self, inner: Any, tap: Tap, callbacks: Callbacks, *, raises: bool) -> None:
        self._inner, self._tap, self._callbacks, self._raises = inner, tap, callbacks, raises

    def __del__(self) -> None:
        # An application that neither read to the end nor closed: the report is due all the same. Async callbacks cannot be waited for here.
        try:
            self._tap.finish("cancel")
            if self._tap.has_news:
                self._callbacks.tell(self._tap.news)
        except Exception:  # the interpreter may be half gone
            pass

    def _rejection(self) -> StreamRejected | None:
        """Return what to raise where the user wants no more of the stream; None where it is to end as if it were over."""
        return StreamRejected(self._tap.report) if self._raises else None


class SyncWatched(_Watched):
    """A sync body; the library's SyncByteStream is added as a base, see libraries.py."""

    def __iter__(self) -> Iterator[bytes]:
        tap, pieces = self._tap, iter(self._inner)
        while True:
            try:
                chunk = next(pieces)
            except StopIteration:
                self._finish("eof")
                break
            except Exception as error:
                tap.tick()  # a read timeout may be that of a deadline
                self._finish(_reason_of(error), error)
                if tap.rejected and _is_timeout(error):
                    break
                raise
            except BaseException:
                self._finish("cancel")
                raise
            tap.take(chunk)
            if tap.acts:
                tap.digest()
                if tap.rejected:
                    break
                yield chunk
            else:
                yield chunk
                tap.settle()
            if tap.has_news:
                self._tell()
        if tap.rejected:
            self._stop()

    def _stop(self) -> None:
        self._finish("cancel")
        self._inner.close()
        rejection = self._rejection()
        if rejection is not None:
            raise rejection

    def close(self) -> None:
        try:
            self._inner.close()
        finally:
            self._finish("cancel")

    def _finish(self, reason: str, error: BaseException | None = None) -> None:
        self._tap.digest()
        self._tell()  # before the report: what fails now shall stand in it
        self._tap.finish(reason, error)
        self._tell()

    def _tell(self) -> None:
        if self._tap.has_news:
            self._tap.note_failures(self._callbacks.tell(self._tap.news))


class AsyncWatched(_Watched):
    """An async body; the library's AsyncByteStream is added as a base, see libraries.py."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        tap, pieces = self._tap, aiter(self._inner)
        while True:
            try:
                chunk = await self._next(pieces)
            except StopAsyncIteration:
                await self._finish("eof")
                break
            except Exception as error:
                tap.tick()
                await self._finish(_reason_of(error), error)
                if tap.rejected and _is_timeout(error):
                    break
                raise
            except BaseException:
                await self._finish("cancel")
                raise
            if chunk is None:
                break
            tap.take(chunk)
            if tap.acts:
                tap.digest()
                if tap.rejected:
                    break
                yield chunk
            else:
                yield chunk
                tap.settle()
            if tap.has_news:
                await self._tell()
        if tap.rejected:
            await self._stop()

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        """Return the next chunk; None when a deadline passed that the user wants to be kept."""
        limit = self._tap.deadline if self._tap.acts else None
        if limit is None:
            return await anext(pieces)
        import anyio

        with anyio.move_on_after(limit + MARGIN):
            return await anext(pieces)
        self._tap.tick()
        return None

    async def _stop(self) -> None:
        await self._finish("cancel")
        await self._inner.aclose()
        rejection = self._rejection()
        if rejection is not None:
            raise rejection

    async def aclose(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            await self._finish("cancel")

    async def _finish(self, reason: str, error: BaseException | None = None) -> None:
        self._tap.digest()
        await self._tell()  # before the report: what fails now shall stand in it
        self._tap.finish(reason, error)
        await self._tell()

    async def _tell(self) -> None:
        news = self._tap.news
        if news and not self._callbacks.silent:
            import anyio

            # The stream may be ending because its task was cancelled; its report is still to be told.
            with anyio.CancelScope(shield=True):
                self._tap.note_failures(await self._callbacks.atell(news))


def _is_timeout(error: BaseException) -> bool:
    return type(error).__name__.endswith("Timeout")


def _reason_of(error: Exception) -> str:
    return "timeout" if _is_timeout(error) else "error"
