"""When bytes and text came, and when they did not.

In:   a tick for each chunk: seconds since the request was sent, what the chunk brought; what time it is while nothing comes.
Out:  a Timing; the time of an event; findings about waiting (silences.py) and delivery (bursts.py) in the log.
Rule: times are given, never taken: nothing here reads a clock. Without ticks there is no timing.
"""

__all__ = ("Clock",)

from array import array
from bisect import bisect_right

from streamcheck.bursts import Bursts
from streamcheck.findings import FindingLog
from streamcheck.silences import Silences
from streamcheck.verdicts import Timing


class Clock:
    """When bytes and text came, in seconds since the request."""

    def __init__(self, log: FindingLog, silences: Silences) -> None:
        self._log = log
        self._silences = silences
        self._bursts = Bursts()
        self.first_byte: float | None = None
        self.first_delta: float | None = None
        self.last: float | None = None
        self.longest = -1.0  # of the gaps; below zero until there is one
        self._times = array("d")  # of the chunks that ended events
        self._events = array("q")  # how many there were after each

    @property
    def deadline(self) -> float:
        """When the next deadline passes if nothing comes; infinite without one."""
        return self._silences.deadline

    def wait(self, at: float) -> None:
        """Say that it is `at` and nothing came until now."""
        for finding in self._silences.passed(at, self._count):
            self._log.append(finding)

    def tick(self, at: float, *, spoke: bool, payload: bool, events: int, over: bool) -> None:
        """Take the time of a chunk. spoke: it brought text; payload: an event that is no ping; events: how many there are now."""
        before = self._events[-1] if self._events else 0
        found = self._silences.heard(at, before, events=events > before, payload=payload, spoke=spoke, over=over)
        for finding in found:
            self._log.append(finding)
        if events > before:
            self._bursts.heard(at, events - before)
            self._times.append(at)
            self._events.append(events)
        if self.last is None:
            self.first_byte = at
        elif at - self.last > self.longest:
            self.longest = at - self.last
        if spoke and self.first_delta is None:
            self.first_delta = at
        self.last = at

    def end(self, at: float | None) -> None:
        """Say that the body ended, at `at` if that is known."""
        found = [] if at is None else self._silences.ended(at, self._count)
        burst = self._bursts.finding()
        for finding in [*found, burst] if burst is not None else found:
            self._log.append(finding)

    @property
    def _count(self) -> int:
        return self._events[-1] if self._events else 0

    def time_of(self, event: int) -> float | None:
        """Return when the chunk came that ended the event, None where no times were given."""
        i = bisect_right(self._events, event)
        return self._times[i] if i < len(self._times) else None

    def timing(self) -> Timing | None:
        if self.first_byte is None:
            return None
        longest = None if self.longest < 0 else round(self.longest, 6)  # microseconds: what a capture keeps
        return Timing(self.first_byte, self.first_delta, longest, self.last)
