"""The chunks of a sync response, each waited for no longer than the deadlines allow.

In:   a body; before each chunk, how long it may take.
Out:  the chunk, or the exception of the library.
Rule: no thread: what bounds the wait is the library's own read timeout, in request.extensions["timeout"], and the user's own is
      never made longer. httpcore reads it when an iteration of the body begins, so that another timeout needs another
      iteration; over its own connections a new one goes on where the last one stopped. Where anything else lies between, the
      timeout stays what it is, and deadlines are only looked at when something comes.
Trap: an iteration that is dropped closes the connection: those that were left are kept until the end.
"""

__all__ = ("PatientChunks",)

from collections.abc import Iterator
from math import inf
from typing import Any

from streamcheck.live.read_body import Body

_MAX_TIGHTENED = 8  # times that the timeout is made shorter: each iteration that is left costs 3 KB. guess
_SLACK = 1.05  # a bound is so much longer than the deadline needs: the next chunk's deadline is to fit into it as well
_LEAST = 0.001  # seconds; a timeout of zero would not wait at all


class PatientChunks:
    """next() gives them. lowered: the wait is bounded by a deadline, not by the user's own timeout."""

    def __init__(self, body: Body, timeouts: dict[str, float | None] | None) -> None:
        """timeouts: those that the user set, None for what the request says."""
        self._body = body
        self._live = _timeouts_of(body.response)
        own = (timeouts or self._live or {}).get("read")
        self._own = inf if own is None else own
        self._bound = self._own
        self._follows = body.content is None and self._live is not None and _goes_on(body.response)
        self._tightened = 0
        self._chunks: Iterator[bytes] | None = None
        self._left: list[Iterator[bytes]] = []

    @property
    def lowered(self) -> bool:
        return self._bound < self._own

    def next(self, within: float | None) -> bytes | None:
        """Return the next chunk, None after the last. within: seconds; the wait may be longer, up to about twice a deadline."""
        wanted = self._own if within is None else max(within, _LEAST)
        if self._chunks is None:
            self._bind(wanted if self._follows else self._own)
            self._chunks = self._body.chunks()
        elif self._follows and self._to_change(min(wanted, self._own)):
            self._bind(wanted)
            self._left.append(self._chunks)
            self._chunks = iter(self._body.response.stream)
        return next(self._chunks, None)

    def _to_change(self, wanted: float) -> bool:
        """A bound that is too short would cut a sound stream; one that is far too long notices a deadline late."""
        if wanted > self._bound:
            return True
        if wanted > self._bound / 2 or self._tightened == _MAX_TIGHTENED:
            return False
        self._tightened += 1
        return True

    def _bind(self, wanted: float) -> None:
        bound = self._bound = min(self._own, wanted * _SLACK)
        if self._live is not None:
            self._live["read"] = None if bound == inf else bound

    def close(self) -> None:
        """Close the response, then what is left of its iterations."""
        self._bind(self._own)
        self._body.close()
        for chunks in (self._chunks, *self._left):
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


def _timeouts_of(response: Any) -> dict[str, float | None] | None:
    """Return the timeouts that the response's own request carries, to be changed in place."""
    try:
        timeouts = response.request.extensions.get("timeout")
    except RuntimeError:  # a response that was made by hand
        return None
    return timeouts if isinstance(timeouts, dict) else None


def _goes_on(response: Any) -> bool:
    """Return whether a second iteration goes on where the first stopped: only the library lies above httpcore's connection."""
    stream = response.stream
    while _package_of(stream) in ("httpx", "httpx2"):
        stream = getattr(stream, "_stream", None) or getattr(stream, "_httpcore_stream", None)
    return _package_of(stream) in ("httpcore", "httpcore2") and response.http_version.startswith("HTTP/1")


def _package_of(value: Any) -> str:
    return type(value).__module__.partition(".")[0]
