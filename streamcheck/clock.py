"""When bytes and text came.

In:   a tick for each chunk: seconds since the request was sent, whether it brought text, how many events there were after it.
Out:  a Timing; the time of an event.
Rule: times are given, never taken: nothing here reads a clock. Without ticks there is no timing.
"""

__all__ = ("Clock",)

from bisect import bisect_right

from streamcheck.verdicts import Timing


class Clock:
    """When bytes and text came, in seconds since the request."""

    def __init__(self) -> None:
        self.first_byte: float | None = None
        self.first_delta: float | None = None
        self.last: float | None = None
        self.longest: float | None = None
        self._times: list[float] = []  # of the chunks that ended events
        self._events: list[int] = []  # how many there were after each

    def tick(self, at: float, *, spoke: bool, events: int) -> None:
        if events > (self._events[-1] if self._events else 0):
            self._times.append(at)
            self._events.append(events)
        if self.first_byte is None:
            self.first_byte = at
        if spoke and self.first_delta is None:
            self.first_delta = at
        if self.last is not None:
            self.longest = max(self.longest or 0.0, at - self.last)
        self.last = at

    def time_of(self, event: int) -> float | None:
        """Return when the chunk came that ended the event, None where no times were given."""
        i = bisect_right(self._events, event)
        return self._times[i] if i < len(self._times) else None

    def timing(self) -> Timing | None:
        if self.first_byte is None:
            return None
        longest = None if self.longest is None else round(self.longest, 6)  # microseconds: what a capture keeps
        return Timing(self.first_byte, self.first_delta, longest, self.last)
