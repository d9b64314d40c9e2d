"""Where each event of a body stood, and what was found there.

In:   the byte range of each event in turn; findings at the present event or at an earlier one.
Out:  FindingLog entries with their place; events for offsets.
Rule: a finding without a place of its own stands at the present event.
Cost: two integers an event.
"""

__all__ = ("Place", "Trail")

from array import array
from bisect import bisect_right
from typing import Any, TypedDict

from streamcheck.codes import CODES
from streamcheck.findings import Finding, FindingLog, Severity
from streamcheck.spans import Span


class Place(TypedDict, total=False):
    """What find() takes of a finding's place and evidence; see Finding."""

    event: int | None
    span: Span | None
    choice: int | None
    channel: str | None
    chars: tuple[int, int] | None
    evidence: dict[str, Any] | None


class Trail:
    """The events of one body by index, the present one last, and the log of findings."""

    __slots__ = ("ends", "event", "findings", "starts")

    def __init__(self) -> None:
        self.findings = FindingLog()
        self.starts = array("q")  # body offsets of the events, by index
        self.ends = array("q")
        self.event = -1  # the present one

    def begin(self, start: int, end: int) -> None:
        """Make the event at body bytes [start, end) the present one."""
        self.starts.append(start)
        self.ends.append(end)
        self.event += 1

    def event_at(self, offset: int) -> int | None:
        """Return the event whose bytes hold body offset `offset`, None where it falls between events."""
        i = bisect_right(self.starts, offset) - 1
        return i if i >= 0 and offset < self.ends[i] else None

    def span_of(self, first: int, last: int) -> Span:
        """Return the bytes of events `first` to `last`."""
        return Span(self.starts[first], self.ends[last])

    def find(
        self,
        code: str,
        message: str,
        *,
        severity: Severity | None = None,
        event: int | None = None,
        span: Span | None = None,
        choice: int | None = None,
        channel: str | None = None,
        chars: tuple[int, int] | None = None,
        evidence: dict[str, Any] | None = None,
    ) -> None:
        """Log a finding at the present event, or at `event` (-1: at no event).

        severity: the code's usual one when None. span: the event's bytes when None.
        """
        place = self.event if event is None else event
        known = 0 <= place < len(self.starts)
        if span is None and known:
            span = self.span_of(place, place)
        self.findings.append(
            Finding(
                code,
                severity or Severity(CODES[code].severity),
                message,
                span=span,
                event=place if known else None,
                choice=choice,
                channel=channel,
                chars=chars,
                evidence=evidence or {},
            )
        )
