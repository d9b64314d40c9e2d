"""Gaps and repetitions in the ids of an event stream, where these count.

In:   the id of each event in turn.
Out:  what is wrong with the present one: events missing before it, or sent before.
Rule: only ids that have counted by one MIN_RUN times are taken for numbers; others are timestamps, offsets or names, and say nothing.
      A client that reconnects with Last-Event-ID gets the rest: too little of it is a gap, too much comes twice (WHATWG HTML 9.2.4).
"""

__all__ = ("MIN_RUN", "EventIds")

MIN_RUN = 8  # guess: timestamps of a busy stream do not count by one so often


class EventIds:
    """The ids so far."""

    __slots__ = ("_last", "_run")

    def __init__(self) -> None:
        self._last: int | None = None
        self._run = 0

    def jump(self, id: str) -> int:
        """Return by how much the id leaves out (above zero) or goes back (below zero); 0 for the next one, or where ids do not count."""
        number = int(id) if id.isascii() and id.isdecimal() and len(id) < 16 else None
        last, self._last = self._last, number
        if number is None or last is None or number == last:
            return 0
        jump = number - last - 1
        if not jump:
            self._run += 1
            return 0
        known, self._run = self._run >= MIN_RUN, 0
        return jump if known else 0
