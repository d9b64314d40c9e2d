"""Burst delivery: a stream that was written token by token and came in a few clumps.

In:   the time of each chunk that ended events, and how many; seconds since the request was sent.
Out:  one note (`time/burst`) at the end, or none.
Rule: something on the way holds events back when nearly all of the time nothing came and the events then came at once. A model that
      is fast after a long wait looks the same, so this is a note and says "possible".
"""

__all__ = ("Bursts",)

from streamcheck.findings import Finding, Severity

GAP = 0.25  # seconds without an event that part two bursts: slower than any model's token, faster than a buffer's flush. guess
MIN_EVENTS = 32  # in all, less is too short to tell. guess
MIN_EVENTS_A_BURST = 16  # in the mean; several tokens an event are common, a whole clause is not. guess
MIN_SILENCE = 2.0  # seconds in all: a fast model and a short queue stay below it. guess
MAX_BUSY = 0.05  # share of the time in which events came. guess


class Bursts:
    """Groups of events that came together."""

    def __init__(self) -> None:
        self._count = 0
        self._events = 0
        self._busy = 0.0
        self._last: float | None = None

    def heard(self, at: float, events: int) -> None:
        """Take the time of a chunk that ended `events` events."""
        if self._last is None or at - self._last >= GAP:
            self._count += 1
        else:
            self._busy += at - self._last
        self._events += events
        self._last = at

    def finding(self) -> Finding | None:
        """Return what the whole stream shows."""
        if self._last is None or self._events < max(MIN_EVENTS, MIN_EVENTS_A_BURST * self._count):
            return None
        silence = self._last - self._busy
        if silence < MIN_SILENCE or self._busy > MAX_BUSY * self._last:
            return None
        together = "at once" if self._count == 1 else f"in {self._count} bursts"
        return Finding(
            "time/burst",
            Severity.NOTE,
            f"{self._events} events came {together}, after {silence:.1f} s without one: possibly something on the way buffers",
            evidence={
                "bursts": self._count,
                "events": self._events,
                "silence_s": round(silence, 3),
                "busy_s": round(self._busy, 3),
            },
        )
