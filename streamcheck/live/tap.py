"""One response on its way to the application: looked at, written down, judged, and never changed.

In:   the request; when it had been sent; the response's head; chunks as they arrive; how it ended.
Out:  news for the callbacks (findings, then the report, once); whether the user wants no more of it.
Rule: this is the one place where a failure of ours ends: it becomes a `checker/internal` finding, and the chunks go on. A tap does no
      waiting and no I/O but that of its recorder, so that sync and async streams share it.
Cost: the check and the recording, and 1 us a chunk.
"""

__all__ = ("MARGIN", "Settings", "Tap")

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from streamcheck.capture.folder import capture_name
from streamcheck.capture.redact import redact_url
from streamcheck.checker import Checker
from streamcheck.findings import Finding, Severity
from streamcheck.live.callbacks import Callbacks, News
from streamcheck.live.recorder import Recorder, Target
from streamcheck.messages import Delta, Message
from streamcheck.verdicts import Report, Verdict, origin_of, verdict_of
from streamcheck.wire.head import ResponseHead

# What may be an answer of a model. An image, a sound, a file that was asked for are none of our business.
_STREAMS = ("text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream", "application/stream+json")
_FOREIGN = ("audio/", "video/", "image/", "font/", "multipart/", "application/octet-stream", "application/pdf", "application/zip")
_NO_BODY = (204, 205, 304)

PACE = (
    0.01  # seconds; chunks farther apart than this are judged one by one, and times are exact to it. Below what anybody notices
)
BATCH = 64  # chunks; the gain is had with a dozen: scripts/bench watch
MARGIN = 0.001  # seconds to wait beyond a deadline: event loops may wake a little early, and it would not have passed yet


@dataclass(frozen=True, slots=True)
class Settings:
    """What a Watch asks of each of its taps; see Watch."""

    callbacks: Callbacks
    target: Target | None = None
    hop: str = "wire"
    on_verdict: str = "observe"
    reject_from: Verdict = Verdict.DEGENERATE
    first_delta_within: float | None = None
    stall_after: float | None = None
    dialect: str = "auto"
    context: str = ""
    scorer: Callable[[str], float] | None = None


class Tap:
    """acts:     the user wants to be rid of a bad stream, so each chunk is judged before it is handed on.
    rejected: it is bad enough, or a deadline has passed.
    watched:  the response is of the kind that is looked at; known after answered().
    report:   what came of it, after finish().
    """

    def __init__(self, settings: Settings, *, method: str, url: str, headers: Any = (), body: bytes | None = None) -> None:
        self._settings = settings
        self._method, self._url, self._headers, self._body = method, url, headers, body
        self._start = time.monotonic()
        self._sent: float | None = None  # seconds after the start
        self._chunks: list[tuple[float, bytes]] = []  # arrived, not judged
        self._recorded = 0  # how many of them are written down
        self._digested = -PACE  # when the last of them had arrived that was judged
        self._news: list[News] = []
        self._failures: list[tuple[Severity, str]] = []
        self._verdict = Verdict.CLEAN
        self._late = False
        self.acts = settings.on_verdict != "observe"
        self.rejected = False
        self.watched = True
        self.report: Report | None = None
        self._checker: Checker | None = None
        started = datetime.now(UTC)
        name = capture_name(started, urlsplit(url).hostname or "")
        self._recorder = Recorder(settings.target, name, hop=settings.hop, started=started)
        self._guard(lambda: self._check_with(ResponseHead(url=url)))

    # ------------------------------------------------------------------ before the body
    def sent(self) -> None:
        """The request has been sent completely; deadlines count from now."""
        if self._sent is None:
            self._sent = self._elapsed()
            self._record_request()
            self._guard(lambda: self._check_with(ResponseHead(url=self._url)))

    def answered(self, status: int, headers: Any, http: str | None) -> None:
        """The response's head is there."""
        if self._sent is None:  # an answer that came before all of the request was sent
            self._sent = self._elapsed()
            self._record_request()
        head = ResponseHead(status, tuple((str(name), str(value)) for name, value in headers), self._url)
        self.watched = _is_answer(self._method, head)
        if not self.watched:
            self._recorder.discard()
            return
        self._recorder.response(status, head.headers, http, self._elapsed())
        self._guard(lambda: self._check_with(head))

    def _record_request(self) -> None:
        self._recorder.request(self._method, self._url, self._headers, self._body, self._sent or 0.0)

    def _check_with(self, head: ResponseHead) -> None:
        settings = self._settings
        self._checker = Checker(
            settings.dialect,
            head=head,
            name=self._recorder.path or f"{self._method} {redact_url(self._url)}",
            context=settings.context,
            scorer=settings.scorer,
            first_delta_within=settings.first_delta_within,
            stall_after=settings.stall_after,
            unsent=self._sent,
        )

    # ------------------------------------------------------------------ the body
    def take(self, chunk: bytes) -> None:
        """Note that a chunk has arrived; settle() does the rest, when the chunk has been handed on."""
        self._chunks.append((time.monotonic() - self._start, chunk))

    def settle(self) -> None:
        """Write down what has arrived, and judge it if it is time."""
        self._record()
        if self._chunks and (self._chunks[-1][0] - self._digested >= PACE or len(self._chunks) >= BATCH):
            self.digest()

    def digest(self) -> None:
        """Write down and judge what has arrived."""
        if not self._chunks:
            return
        self._record()
        chunks, self._chunks, self._recorded = self._chunks, [], 0
        self._digested = chunks[-1][0]
        checker, sent = self._checker, self._sent or 0.0
        if checker is None:
            return
        try:
            for at, body in _together(chunks):
                new = checker.feed(body, at=at - sent)
                if new:
                    self._weigh(new)
        except Exception as error:
            self._check_failed(error)

    def _record(self) -> None:
        chunks = self._chunks
        while self._recorded < len(chunks):
            at, chunk = chunks[self._recorded]
            self._recorder.chunk(chunk, at)
            self._recorded += 1

    @property
    def deadline(self) -> float | None:
        """Seconds from now until the next deadline passes, never negative; None without one."""
        limit = self._checker.deadline if self._checker is not None and self.report is None else None
        return None if limit is None else max(0.0, limit + (self._sent or 0.0) - self._elapsed())

    def tick(self) -> None:
        """Nothing has come until now."""
        checker = self._checker
        if checker is not None and self.report is None:
            self._guard(lambda: self._weigh(checker.tick(self._elapsed() - (self._sent or 0.0))))

    def _weigh(self, new: list[Delta | Finding]) -> None:
        for one in new:
            if isinstance(one, Finding):
                self._news.append(one)
                self._verdict = max(self._verdict, verdict_of([one]), key=lambda verdict: verdict.rank)
                self._late = self._late or (one.stage == "time" and one.severity is not Severity.NOTE)
        self.rejected = self.acts and (self._late or self._verdict >= self._settings.reject_from)

    # ------------------------------------------------------------------ the end
    def finish(self, reason: str, error: BaseException | None = None) -> None:
        """Make the report, once. reason: "eof", "cancel", "error" or "timeout"; after a rejection it is that."""
        if self.report is not None or not self.watched:
            return
        self.digest()
        if self._sent is None:
            self._record_request()
        if self.rejected and reason != "eof":
            reason, error = ("timeout" if self._late else "rejected"), None
        at = self._elapsed()
        name = type(error).__name__ if error is not None else None
        self._recorder.end(reason, name, at)
        if reason == "error" and name is not None:
            reason = name
        self.report = self._reported(reason, at - (self._sent or 0.0))
        self.rejected = self.acts and (self.rejected or self.report.verdict >= self._settings.reject_from)
        self._news.append(self.report)

    def _reported(self, reason: str, at: float) -> Report:
        report = _nothing_known(self._url)
        try:
            if self._checker is not None:
                report = self._checker.close(reason, at=at)
                self._news += [one for one in self._checker.last_output if isinstance(one, Finding)]
        except Exception as error:
            self._check_failed(error)
        own = [Finding("checker/internal", severity, message) for severity, message in self._failures]
        if self._recorder.failure is not None:
            own.append(Finding("capture/cut", Severity.NOTE, f"the recording stopped: {self._recorder.failure}"))
        if not own:
            return report
        findings = (*report.findings, *own)
        verdict = verdict_of(findings)
        return replace(report, findings=findings, verdict=verdict, origin=report.origin or origin_of(findings))

    @property
    def news(self) -> list[News]:
        """What the callbacks have not been told yet; told with this call."""
        news, self._news = self._news, []
        return news

    @property
    def has_news(self) -> bool:
        return bool(self._news)

    def note_failures(self, failures: list[str]) -> None:
        """Callbacks failed: their user shall read it in the report, if that is not made yet."""
        for failure in failures:
            self._failures.append((Severity.NOTE, f"a callback failed and the stream went on: {failure}"))

    # ------------------------------------------------------------------ inside
    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _guard(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self._check_failed(error)

    def _check_failed(self, error: Exception) -> None:
        # Without a check nobody can say that the stream is sound.
        self._checker = None
        self._failures.append((Severity.WARNING, f"the check failed and the stream went on: {type(error).__name__}"))


def _together(chunks: list[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """Yield chunks that came within PACE as one, with the last one's time."""
    start = 0
    for i in range(1, len(chunks)):
        if chunks[i][0] - chunks[start][0] >= PACE:
            yield chunks[i - 1][0], b"".join([chunk for _, chunk in chunks[start:i]])
            start = i
    yield chunks[-1][0], b"".join([chunk for _, chunk in chunks[start:]])


def _is_answer(method: str, head: ResponseHead) -> bool:
    """Whether a response can be what a model said, or its provider's refusal."""
    status, media = head.status or 0, head.media_type or ""
    if status in _NO_BODY or 300 <= status < 400 or method == "HEAD" or media.startswith(_FOREIGN):
        return False
    if status >= 400 or media in _STREAMS or not media:
        return True
    return method == "POST" or "json" in media


def _nothing_known(url: str) -> Report:
    counts = dict.fromkeys(("bytes", "events", "deltas", "chars"), 0)
    return Report(redact_url(url), "unknown", Verdict.CLEAN, (), Message(), counts)
