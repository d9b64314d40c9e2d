"""What the user wants to be told, and the telling.

In:   callbacks for findings and for the report, sync or async; what is new.
Out:  calls, in order. What a callback raises is logged and counted, and never raised.
Rule: a sync client cannot wait for an async callback: that is refused when the client is attached, not when a stream has gone wrong.
"""

__all__ = ("Callbacks", "News", "is_async")

import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any

from streamcheck.errors import UsageError
from streamcheck.findings import Finding
from streamcheck.verdicts import Report

News = Finding | Report

log = logging.getLogger("streamcheck")


class Callbacks:
    """on_finding(finding) and on_report(report), each sync, async or None."""

    def __init__(self, on_finding: Callable[[Finding], Any] | None, on_report: Callable[[Report], Any] | None) -> None:
        for name, callback in (("on_finding", on_finding), ("on_report", on_report)):
            if callback is not None and not callable(callback):
                raise UsageError(f"{name} must be callable or None, not {type(callback).__name__}")
        self._on_finding, self._on_report = on_finding, on_report

    @property
    def silent(self) -> bool:
        """Nobody wants to be told anything."""
        return self._on_finding is None and self._on_report is None

    def refuse_async(self) -> None:
        """Raise UsageError for an async callback: there is nothing that could wait for it."""
        for name, callback in (("on_finding", self._on_finding), ("on_report", self._on_report)):
            if callback is not None and is_async(callback):
                raise UsageError(f"{name} is async and the client is not: give it a plain function, or attach an async client")

    def tell(self, news: Iterable[News]) -> list[str]:
        """Call what there is; return the names of the exceptions that came of it."""
        failures = []
        for one in news:
            try:
                _drop(self._call(one))
            except Exception as error:
                failures.append(_failure(one, error))
        return failures

    async def atell(self, news: Iterable[News]) -> list[str]:
        """As tell(), and wait for what is async."""
        failures = []
        for one in news:
            try:
                result = self._call(one)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                failures.append(_failure(one, error))
        return failures

    def _call(self, one: News) -> Any:
        callback: Callable[[Any], Any] | None = self._on_report if isinstance(one, Report) else self._on_finding
        return callback(one) if callback is not None else None


def is_async(callback: Any) -> bool:
    """Whether calling it gives something to wait for."""
    return inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(getattr(callback, "__call__", None))  # noqa: B004


def _drop(result: Any) -> None:
    """Refuse an awaitable where nothing can wait for it."""
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError("the callback is async and the stream is not")


def _failure(one: News, error: Exception) -> str:
    name = "on_report" if isinstance(one, Report) else "on_finding"
    log.error("streamcheck: %s failed, the stream goes on", name, exc_info=error)
    return f"{name}: {type(error).__name__}"
