"""Gaps and repetitions in the ids of an event stream, where these count.

In:   the id of each event in turn.
Out:  what is wrong with the present one: events missing before it, or sent before.
Rule: only ids that have counted by one for a while are taken for numbers: MIN_RUN times, or YOUNG_RUN times where each is the number of
      its event. Others are timestamps, offsets or names, and say nothing.
      A client that reconnects with Last-Event-ID gets the rest: too little of it is a gap, too much comes twice (WHATWG HTML 9.2.4).
"""

__all__ = ("MIN_RUN", "YOUNG_RUN", "EventIds", "Jump")

from typing import NamedTuple

MIN_RUN = 8  # guess: timestamps of a busy stream do not count by one so often
YOUNG_RUN = 2  # guess: ids from 0 or 1 on, one an event, are numbers


class Jump(NamedTuple):
    """An id that is not the next one. by: how many are left out (above zero), or how far it goes back (below zero)."""

    id: str
    by: int

    @property
    def code(self) -> str:
        return "order/sequence-gap" if self.by > 0 else "order/duplicate-event"

    @property
    def message(self) -> str:
        if self.by > 0:
            return f"{self.by} event ids are missing before {self.id!r}: a reconnection went on too late"
        return f"the event ids go back by {-self.by} to {self.id!r}: a reconnection sent events twice"

    @property
    def evidence(self) -> dict[str, object]:
        return {"id": self.id, "missing" if self.by > 0 else "back": abs(self.by)}


class EventIds:
    """The ids so far."""

    __slots__ = ("_first", "_last", "_run")

    def __init__(self) -> None:
        self._first: int | None = None
        self._last: int | None = None
        self._run = 0

    def jump(self, id: str) -> Jump | None:
        """Return the jump that the id makes; None for the next one, or where ids do not count."""
        number = int(id) if id.isascii() and id.isdecimal() and len(id) < 16 else None
        last, self._last = self._last, number
        if self._first is None:
            self._first = number
        if number is None or last is None or number == last:
            return None
        by = number - last - 1
        if not by:
            self._run += 1
            return None
        run, self._run = self._run, 0
        numbered = self._first in (0, 1) and run == last - self._first
        return Jump(id, by) if run >= MIN_RUN or (run >= YOUNG_RUN and numbered) else None
