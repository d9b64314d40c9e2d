"""Which capture answers which request.

In:   captures; method and target of each request.
Out:  the Performance to give, and its Title.
Rule: method and path decide, whatever the host and the query; captures of one method and path take turns, in order, and begin again. One
      without a recorded request answers every request. HEAD is answered by what was recorded for GET. Nothing is drawn or guessed: the same
      requests in the same order get the same answers.
"""

__all__ = ("Repertoire", "Source", "Title", "captures_in")

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from streamcheck.capture.format import Capture, Chunk, End, Response
from streamcheck.capture.reader import CaptureReader, is_capture, plain_bytes
from streamcheck.errors import UsageError
from streamcheck.escape import escaped
from streamcheck.replaying.faults import LiveFault, fault_of, faulted
from streamcheck.replaying.performance import Performance, performance_of, split_of

Source = str | os.PathLike[str] | bytes | Capture

_MEDIA_TYPES = {".ndjson": "application/x-ndjson", ".eventstream": "application/vnd.amazon.eventstream"}
# What a client appends to its base URL, longest first.
_OPERATIONS = (
    "/chat/completions",
    "/v1/messages",
    "/completions",
    "/responses",
    "/v2/chat",
    "/api/chat",
    "/api/generate",
)


@dataclass(frozen=True, slots=True)
class Title:
    """How a capture is found. method, path: None matches every one. origin: where it was recorded, None when that is not known."""

    name: str
    method: str | None
    path: str | None
    origin: str | None

    def answers(self, method: str, path: str) -> bool:
        as_recorded = self.method in (None, method) or (method == "HEAD" and self.method == "GET")
        return as_recorded and self.path in (None, path)

    @property
    def prefix(self) -> str:
        """The path of the base URL that a client of this capture had, as far as its path tells."""
        path = self.path or ""
        return next((path.removesuffix(end) for end in _OPERATIONS if path.endswith(end)), "")

    def __str__(self) -> str:
        return f"{self.method or 'any method'} {self.path or 'any path'}"


class Repertoire:
    """The captures that are served. Safe to ask from several threads."""

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        speed: float = 1.0,
        split: str | int = "recorded",
        fault: str | LiveFault | None = None,
        any_path: bool = False,
    ) -> None:
        """any_path: a request that matches nothing is answered as well, by all captures in turn.

        Raises UsageError for no captures or one that cannot be replayed, CaptureError for one that cannot be read.
        """
        captures = [_capture_of(source) for source in sources]
        if not captures:
            raise UsageError("nothing to replay: give at least one capture")
        self._captures = captures
        self._speed, self._split = speed, split_of(split)
        self._fault = fault_of(fault) if fault is not None else None
        for capture in captures:
            self._performance_of(capture)  # what cannot be replayed is said now
        self.titles = tuple(_title_of(capture, number) for number, capture in enumerate(captures, 1))
        self._any_path = any_path
        self._turns: dict[tuple[int, ...], int] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, target: str) -> tuple[Title, Performance] | None:
        """Return what answers the request now; None when nothing was recorded for it. target: a path, or a whole URL."""
        path = _path_of(target)
        matching = tuple(i for i, title in enumerate(self.titles) if title.answers(method.upper(), path))
        if not matching and self._any_path:
            matching = tuple(range(len(self.titles)))
        if not matching:
            return None
        with self._lock:
            turn = self._turns.get(matching, 0)
            self._turns[matching] = turn + 1
        chosen = matching[turn % len(matching)]
        return self.titles[chosen], self._performance_of(self._captures[chosen])

    def _performance_of(self, capture: Capture) -> Performance:
        # Made anew for each answer: cut byte by byte, a folder of captures would fill the memory.
        performance = performance_of(capture, speed=self._speed, split=self._split)
        return performance if self._fault is None else faulted(performance, self._fault)

    def refusal(self, method: str, target: str) -> str:
        """Return the sentence for a request that answer() has nothing for."""
        served = sorted({str(title) for title in self.titles})
        more = f" and {len(served) - 5} more" if len(served) > 5 else ""
        return f"nothing was recorded for {escaped(f'{method} {_path_of(target)}')[:200]}: there is {', '.join(served[:5])}{more}"


def captures_in(paths: Iterable[str]) -> list[str]:
    """Return the captures that `paths` name, those of folders in the order of their names. Raises UsageError for a path that is none."""
    found: list[str] = []
    for path in paths:
        if os.path.isdir(path):
            names = sorted(name for name in os.listdir(path) if name.endswith((".capture.jsonl", ".capture.jsonl.zst")))
            if not names:
                raise UsageError(f"{path}: no captures in it")
            found += [os.path.join(path, name) for name in names]
        elif os.path.exists(path):
            found.append(path)
        else:
            raise UsageError(f"{path}: no such file or folder")
    return found


def _capture_of(source: Source) -> Capture:
    if isinstance(source, Capture):
        return source
    if not isinstance(source, str | os.PathLike | bytes):
        raise UsageError(f"a capture to replay is a path, bytes or a Capture, not {type(source).__name__}")
    plain = plain_bytes(source)
    if is_capture(plain[:4096]) or (not isinstance(source, bytes) and os.fspath(source).endswith(".capture.jsonl")):
        return CaptureReader(source).read()
    path = None if isinstance(source, bytes) else os.fspath(source)
    kind = _MEDIA_TYPES.get(os.path.splitext(path or "")[1], "text/event-stream")
    response = Response(200, (("content-type", kind),))
    return Capture(response=response, chunks=(Chunk(None, plain),), end=End(), path=path)


def _title_of(capture: Capture, number: int) -> Title:
    name = os.path.basename(capture.path) if capture.path else f"capture {number}"
    request = capture.request
    url = request.url if request is not None else None
    method = request.method.upper() if request is not None and request.method else None
    return Title(name, method, _path_of(url) if url else None, _origin_of(url or ""))


def _origin_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # what was recorded need not be a URL
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.scheme and parts.netloc else None


def _path_of(target: str) -> str:
    """Return the path of a target or a URL, percent-encoding undone, or two spellings of one path would differ."""
    path = target.partition("?")[0].partition("#")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return unquote(path, errors="replace") or "/"
