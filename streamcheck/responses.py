"""One response a stream: which response each event belongs to.

In:   what each event says of its response: id, creation time, model, whether it can only be a first event.
Out:  the Segment that the event belongs to; findings when a body holds more than one ("order/restarted" and its kin).
Rule: an id is constant. Legal and silent: an empty id at the start (Azure, Copilot), an id of its own for every event (Groq compound,
      Copilot's Responses), a trailer under another id that brings no text (costs, usage). Segments are never joined into one text.
"""

__all__ = ("Responses",)

from typing import Any

from streamcheck.findings import Severity
from streamcheck.segments import Segment
from streamcheck.spans import Span
from streamcheck.trail import Trail

_RESTART_GAP_S = 10  # `created` of one response drifts by seconds in gateways; glued retries were 70 to 2,440 s apart
MAX_SEGMENTS = 100  # responses told apart in one body: a hostile stream may change its id with every event. guess
_SECOND_RESPONSE = ("order/restarted", "order/interleaved", "order/spliced-frame")


class Responses:
    """The responses found in one body, the present one in `now`."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self.segments: list[Segment] = [Segment(0, 0)]
        self.now = self.segments[0]
        self._blank: int | None = None  # the first of the events without an id that came last
        self.steady = False  # the present id has stood in two events: more of it needs no look
        self._ids: dict[str, Segment] = {}
        self._first_events: dict[str, int] = {}
        self._id_events = 0  # events under the present id
        self._rotating = True  # every id so far stood in one event only
        self._suspect: tuple[int, str, str] | None = None  # the second id: of what may be rotation or another response
        self._noted = False
        self._renamed: list[tuple[int, str, str]] = []  # (event, old id, new id)

    def see(self, id: str | None, created: float | None, model: str | None, starts: bool) -> Segment:
        """Return the response that the present event belongs to; see Assembly.identity()."""
        now = self.now
        if starts and now.spoke and (not id or id not in self._ids or self._ids[id] is now):
            why = "under the same id" if id and id == now.id else "under a new id" if id and now.id else "again"
            self._restart(id, created, model, f"a response's first event comes {why}")
        elif not id:
            if self._blank is None:
                self._blank = self._trail.event
            if model and now.id and now.model and model != now.model:
                self._pend(None, created, model)
            elif model and not now.model:
                now.model = model
        elif id == now.id:
            self._blank = None
            self._id_events += 1
            if self._suspect is not None:
                self._settle_suspect()
            self.steady = True
        elif now.id is None:
            if now.spoke and model and now.model and model != now.model:
                self._pend(id, created, model)
            else:
                self._adopt(now, id, created, model)
        else:
            self._change(id, created, model, starts)
        return self.now

    def _adopt(self, segment: Segment, id: str | None, created: float | None, model: str | None) -> None:
        segment.id = id
        segment.created = created
        segment.model = model or segment.model
        self.steady = False
        if id:
            self._blank = None
            self._ids[id] = segment
            self._first_events.setdefault(id, self._trail.event)
            self._id_events = 1

    def _change(self, id: str, created: float | None, model: str | None, starts: bool) -> None:
        """Another id than the event before: judge what that means."""
        now = self.now
        earlier = self._ids.get(id)
        if earlier is not None:
            if earlier is now:
                self._part(now, id)  # not rotation after all: two responses take turns
            else:
                self._come_back(earlier)
            return
        if self._id_events > 1:
            self._rotating = False
        apart = abs(created - now.created) if created is not None and now.created is not None else 0.0
        if starts:
            self._adopt(now, id, created, model)  # nothing was said yet; the dialect tells that its first event came again
        elif apart >= _RESTART_GAP_S or now.over or (model and now.model and model != now.model):
            self._pend(id, created, model)
        elif self._rotating:
            # The second id may be a lasting change as well as rotation: the third event tells.
            self._suspect = (self._trail.event, now.id or "", id) if len(self._ids) == 1 else None
            if len(self._ids) > 1:
                self._note("every event has an id of its own", now.id, id)
            self._adopt(now, id, now.created, model)
        else:
            # No sign of another response but its name: what was said before and after stays one text.
            self._renamed.append((self._trail.event, now.id or "", id))
            self._adopt(now, id, created, model)

    def _part(self, segment: Segment, id: str) -> None:
        """Ids that seemed to rotate come back: give the id of the event before a response of its own."""
        if len(self.segments) >= MAX_SEGMENTS:
            return
        foreign = Segment(len(self.segments), self._first_events.get(segment.id or "", self._trail.event))
        foreign.id, segment.id = segment.id, id
        self.segments.append(foreign)
        self._ids[foreign.id or ""] = foreign
        self._rotating = False
        self._suspect = None
        self.now = foreign
        self._come_back(segment)

    def _settle_suspect(self) -> None:
        """The second id stays: it is not rotation."""
        assert self._suspect is not None
        event, old, new = self._suspect
        self._suspect = None
        self._rotating = False
        self._note("the response's id changes after the first event", old, new, event=event)

    def _note(self, message: str, old: str | None, new: str | None, *, event: int | None = None) -> None:
        if not self._noted:
            self._noted = True
            evidence = {"ids": [old, new]}
            self._trail.find(
                "order/identity-change",
                f"{message}: {old!r}, then {new!r}",
                severity=Severity.NOTE,
                event=event,
                evidence=evidence,
            )

    def _open(self) -> Segment:
        if len(self.segments) >= MAX_SEGMENTS:
            self.now = self.segments[-1]
            return self.now
        # Azure opens a response with a chunk that has no id and says nothing: a second response begins there.
        first, old = self._trail.event, self.now
        if self._blank is not None and not any(c.events and c.events[-1] >= self._blank for c in old.channels.values()):
            first = self._blank
        self._blank = None
        segment = Segment(len(self.segments), first)
        self.segments.append(segment)
        self.now = segment
        self._id_events = 0
        return segment

    def _pend(self, id: str | None, created: float | None, model: str | None) -> None:
        """The id (or, without one, the model) changes in a body that kept it: another response if text comes, else a trailer."""
        whole = self.now.whole
        self._adopt(self._open(), id, created, model)
        self.now.whole = whole

    def first_text(self, segment: Segment) -> None:
        """A response's first text: one whose name came without any other sign of a start is another response now."""
        if segment.number == 0 or self._told(segment):
            return
        old = self.segments[segment.number - 1]
        names = [s.id or s.model for s in (old, segment)]
        why = f"{names[1]!r} after {names[0]!r}"
        evidence: dict[str, Any] = {"ids": [old.id, segment.id], "models": [old.model, segment.model]}
        if segment.created is not None and old.created is not None:
            evidence["created_gap_s"] = gap = segment.created - old.created
            why += f", created {gap:.0f} s later" if gap > 0 else ""
        fate = "had ended" if old.over else "is cut off"
        self._trail.find(
            "order/restarted",
            f"a second response begins here ({why}); the first one {fate}",
            event=segment.first_event,
            evidence=evidence,
        )

    def _restart(self, id: str | None, created: float | None, model: str | None, why: str) -> None:
        old = self.now
        self._adopt(self._open(), id, created, model)
        self._rotating = False
        evidence: dict[str, Any] = {"ids": [old.id, id], "because": why}
        if created and old.created:
            evidence["created_gap_s"] = created - old.created
        fate = "had ended" if old.ended is not None else "is cut off"
        self._trail.find(
            "order/restarted",
            f"a second response begins here ({why}); the first one {fate}",
            event=self.now.first_event,
            evidence=evidence,
        )

    def splice(self, span: Span, evidence: dict[str, Any]) -> Segment:
        """Another response's frame begins inside the present event, at span.start; return that response."""
        old = self.now
        ids = evidence.get("ids") or [None, None]
        self._adopt(self._open(), ids[1], None, None)
        self._rotating = False
        self._trail.find(
            "order/spliced-frame",
            f"a frame is cut at byte {span.start} and another response begins on the same line, after {old.chars} characters of the first",
            span=span,
            evidence={**evidence, "chars_before": old.chars},
        )
        return self.now

    def _come_back(self, segment: Segment) -> None:
        """An id that was left comes back: the events between belong to another response."""
        foreign = self.now
        self.now = segment
        self._id_events = 2
        log = self._trail.findings
        for finding in [f for f in log if f.code == "order/restarted" and f.event == foreign.first_event]:
            log.withdraw(finding)
        pair = {segment.id, foreign.id}
        if not any(f.code == "order/interleaved" and pair == set(f.evidence["ids"]) for f in log):
            self._trail.find(
                "order/interleaved",
                f"events of response {foreign.id!r} stand between those of {segment.id!r}",
                event=foreign.first_event,
                evidence={"ids": [segment.id, foreign.id], "back_at_event": self._trail.event},
            )

    def _told(self, segment: Segment) -> bool:
        """Say whether a finding has said that another response begins with this segment."""
        return any(f.code in _SECOND_RESPONSE and f.event == segment.first_event for f in self._trail.findings)

    def settle(self) -> Segment:
        """Judge what only the end tells of names: a trailer under another id, an id that changed. Return the present response."""
        for event, old, new in self._renamed:
            spoke = any(c.events and c.events[-1] >= event for s in self.segments for c in s.channels.values())
            told = any(f.code == "order/interleaved" and {old, new} == set(f.evidence["ids"]) for f in self._trail.findings)
            if not told:
                self._trail.find(
                    "order/identity-change",
                    f"the response's id changes from {old!r} to {new!r}" + (", and text goes on" if spoke else ""),
                    severity=Severity.WARNING if spoke else Severity.NOTE,
                    event=event,
                    evidence={"ids": [old, new]},
                )
        return self._fold_trailer()

    def _fold_trailer(self) -> Segment:
        """Give what came under another id and brought no text to the response before it."""
        trailer = self.now
        if trailer.number == 0 or trailer.channels or trailer.tools or self._told(trailer):
            return trailer
        self.segments.remove(trailer)
        now = self.now = self.segments[-1]
        now.usage = trailer.usage or now.usage
        now.finish_reasons = {**trailer.finish_reasons, **now.finish_reasons}
        now.finish_events = {**trailer.finish_events, **now.finish_events}
        now.ended = trailer.ended if now.ended is None else now.ended
        now.error = trailer.error if now.error is None else now.error
        return now
