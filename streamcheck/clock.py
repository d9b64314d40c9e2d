"""When bytes and text came.

In:   a tick for each chunk: seconds since the request was sent, and whether it brought text.
Out:  a Timing.
Rule: times are given, never taken: nothing here reads a clock. Without ticks there is no timing.
"""

__all__ = ("Clock",)

from streamcheck.verdicts import Timing


class Clock:
    """When bytes and text came, in seconds since the request."""

    def __init__(self) -> None:
        self.first_byte: float | None = None
        self.first_delta: float | None = None
        self.last: float | None = None
        self.longest: float | None = None

    def tick(self, at: float, *, spoke: bool) -> None:
        if self.first_byte is None:
            self.first_byte = at
        if spoke and self.first_delta is None:
            self.first_delta = at
        if self.last is not None:
            self.longest = max(self.longest or 0.0, at - self.last)
        self.last = at

    def timing(self) -> Timing | None:
        if self.first_byte is None:
            return None
        longest = None if self.longest is None else round(self.longest, 6)  # microseconds: what a capture keeps
        return Timing(self.first_byte, self.first_delta, longest, self.last)
