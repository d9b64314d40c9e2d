"""One answer while it is read: its Checker, its clock, and how it ended.

In:   chunks as they come; that nothing came; how the body ended.
Out:  deltas and findings in stream order; seconds until the next deadline; at the end one Report.
Rule: no waiting and no I/O, so that the sync and the async reader share it. Times are seconds since the request was sent,
      without those in which the reader stood still because the consumer was slow: that is no silence of the stream.
"""

__all__ = ("Output", "Reading", "Stopwatch", "reason_of")

import time
from math import inf, nextafter

from streamcheck.checker import Checker
from streamcheck.findings import Finding
from streamcheck.messages import Delta
from streamcheck.verdicts import Report

Output = list[Delta | Finding]


def reason_of(error: BaseException) -> str:
    """Return why the body ended, as Checker.close() takes it: the exceptions of all libraries go by their names."""
    return "timeout" if type(error).__name__.endswith("Timeout") else type(error).__name__


class Stopwatch:
    """Seconds since the request was sent, less those in which it was stopped."""

    def __init__(self, sent: float) -> None:
        """sent: when that was, on time.monotonic()."""
        self._zero = sent
        self._stopped: float | None = None

    def now(self) -> float:
        return (time.monotonic() if self._stopped is None else self._stopped) - self._zero

    def stop(self) -> None:
        if self._stopped is None:
            self._stopped = time.monotonic()

    def go_on(self) -> None:
        if self._stopped is not None:
            self._zero += time.monotonic() - self._stopped
            self._stopped = None


class Reading:
    """watch:    None where nobody knows when the bytes came: there are no times then, and no deadlines.
    findings: those known so far, in stream order.
    report:   what came of it, after the end.
    """

    def __init__(self, checker: Checker, watch: Stopwatch | None) -> None:
        self._checker = checker
        self.watch = watch
        self.findings: list[Finding] = []
        self.report: Report | None = None

    def take(self, chunk: bytes) -> Output:
        """Return what the chunk completes."""
        return self._noted(self._checker.feed(chunk, at=self._now()))

    @property
    def left(self) -> float | None:
        """Seconds until the next deadline passes, negative when it has; None without one."""
        limit = self._checker.deadline
        return None if limit is None or self.watch is None or self.report is not None else limit - self.watch.now()

    @property
    def late(self) -> bool:
        """A deadline has passed."""
        left = self.left
        return left is not None and left < 0

    def expire(self) -> Output:
        """End it because a deadline has passed; return what that shows."""
        at, limit = self._now(), self._checker.deadline
        if at is not None and limit is not None:
            # Clocks and event loops may wake a little early.
            at = max(at, nextafter(limit, inf))
            return self._noted(self._checker.tick(at)) + self.end("timeout", at=at)
        return self.end("timeout")

    def end(self, reason: str, *, at: float | None = None) -> Output:
        """Make the report, once; return what only the end shows. reason: as Checker.close() takes it."""
        if self.report is not None:
            return []
        self.report = self._checker.close(reason, at=self._now() if at is None else at)
        # An answer that came as one document is read at its end: its deltas are not to be lost.
        return self._noted(self._checker.last_output)

    def _now(self) -> float | None:
        return None if self.watch is None else self.watch.now()

    def _noted(self, output: Output) -> Output:
        self.findings += [one for one in output if isinstance(one, Finding)]
        return output
