"""Gaps and repetitions in the ids of an event stream, where these count.

In:   the id of each event in turn.
Out:  what is wrong with the present one: events missing before it, or sent before.
Rule: only ids that have counted by one for a while are taken for numbers: MIN_RUN times, or YOUNG_RUN times where each is the number of
      its event. Others are timestamps, offsets or names, and say nothing.
      A client that reconnects with Last-Event-ID gets the rest: too little of it is a gap, too much comes twice (WHATWG HTML 9.2.4).
"""

__all__ = ("MIN_RUN", "YOUNG_RUN", "EventIds")

MIN_RUN = 8  # guess: timestamps of a busy stream do not count by one so often
YOUNG_RUN = 2  # guess: ids from 0 or 1 on, one an event, are numbers


class EventIds:
    """The ids so far."""

    __slots__ = ("_first", "_last", "_run")

    def __init__(self) -> None:
        self._first: int | None = None
        self._last: int | None = None
        self._run = 0

    def jump(self, id: str) -> int:
        """Return by how much the id leaves out (above zero) or goes back (below zero); 0 for the next one, or where ids do not count."""
        number = int(id) if id.isascii() and id.isdecimal() and len(id) < 16 else None
        last, self._last = self._last, number
        if self._first is None:
            self._first = number
        if number is None or last is None or number == last:
            return 0
        jump = number - last - 1
        if not jump:
            self._run += 1
            return 0
        run, self._run = self._run, 0
        numbered = self._first in (0, 1) and run == last - self._first
        return jump if run >= MIN_RUN or (run >= YOUNG_RUN and numbered) else 0
