"""Checker: the only place where the stages meet.

In:   body bytes, in order, as they come; when they came, if that is known; the response's head, if there is one.
Out:  Delta and Finding values as they are known; at the end one Report.
Rule: bytes -> (content.py) -> events -> (documents.py) -> values -> (a dialect) -> assembly -> text checks. Findings come out at the side.
      Nothing in the bytes raises, and how they were cut changes nothing but times.
"""

__all__ = ("Checker", "check")

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from streamcheck.assembly import Assembly
from streamcheck.bodies import judge_body, judge_stop
from streamcheck.capture.format import Capture
from streamcheck.clock import Clock
from streamcheck.detectors import TextFinding
from streamcheck.dialects import UNKNOWN, Dialect, dialect_named, recognise
from streamcheck.errors import StreamClosedError, UsageError
from streamcheck.event_ids import EventIds
from streamcheck.findings import Finding, FindingLog, Severity, in_stream_order
from streamcheck.messages import Delta
from streamcheck.segments import Channel
from streamcheck.silences import INF, Silences
from streamcheck.sources import read_source
from streamcheck.spans import Span
from streamcheck.splices import find_splice, glued_documents
from streamcheck.textchecks import TextChecks
from streamcheck.verdicts import Report, ScoreLine, Verdict, origin_of, verdict_of
from streamcheck.wire.content import ContentDecoder
from streamcheck.wire.documents import Defect, DocumentReader, document_of
from streamcheck.wire.events import Event, body_bytes
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.intake import Intake
from streamcheck.wire.sse import SseEvent, unicode_line_breaks

# Events without a known dialect, then the body is `unknown`: room for pings before the first real one. guess
_MAX_UNRECOGNISED = 16
_MAX_SAMPLE = 64 * 1024  # bytes kept of a body that may be an error page
_HEARTBEATS = frozenset({b"", b"ping", b"pong", b"heartbeat", b"keepalive", b"keep-alive"})


class Checker:
    """Feed it the bytes of one body; it knows what they say, what is wrong, and where.

    dialect: a name of the contract, or "auto" to recognise it from the first events.
    head:    status, headers and URL of the response, where they are known: they decide how the body is decoded and errors are read.
    name:    what the report calls the source.
    context: what was said before this answer, prompt and earlier turns, as one text: languages, scripts and template tokens that stand
             in it surprise nobody in the answer.
    scorer:  a language model of the user's, text -> bits per character; it joins the evidence of the text checks. It is called with
             stretches of about 400 characters; what it raises is told once and costs only its own evidence.
    first_delta_within, stall_after: deadlines in seconds, see silences.py; they need times.
    unsent:  seconds that somebody waited before the request had been sent: "no request yet"; None while it has not been sent.
    Raises UsageError for a dialect that does not exist, a context that is no str, a scorer that cannot be called, a deadline that is
    no positive number.
    """

    def __init__(
        self,
        dialect: str = "auto",
        *,
        head: ResponseHead | None = None,
        name: str = "<stream>",
        context: str = "",
        scorer: Callable[[str], float] | None = None,
        first_delta_within: float | None = None,
        stall_after: float | None = None,
        unsent: float | None = 0.0,
    ) -> None:
        if not isinstance(context, str):
            raise UsageError(
                f"context must be a str, not {type(context).__name__}: join the prompt and earlier turns into one text"
            )
        if scorer is not None and not callable(scorer):
            raise UsageError(f"scorer must be callable (text -> bits per character), not {type(scorer).__name__}")
        self._dialect: Dialect | None = None if dialect in ("auto", UNKNOWN) else dialect_named(dialect)()
        self._recognising = dialect == "auto"
        self._head = head or ResponseHead()
        self._refused = self._head.status is not None and self._head.status >= 400
        self._name = name
        self._documents = DocumentReader()
        self._assembly = Assembly(self._documents)
        self._log: FindingLog = self._assembly.findings
        self._content = ContentDecoder(self._head.content_encodings) if self._head.content_encodings else None
        self._intake = Intake(self._log)
        self._context, self._scorer = context, scorer
        self._text_checks: dict[int, TextChecks] = {}
        self._unrecognised: list[tuple[int, str, Any]] = []
        self._last_raw = b""
        self._ids = EventIds()
        self._sample = bytearray()  # the first bytes, for as long as this may turn out to be an error page
        self._sampling = True
        self._clock = Clock(self._log, Silences(first_delta_within=first_delta_within, stall_after=stall_after, unsent=unsent))
        self._payloads = 0  # events that are no ping
        self._text_only = False
        self._report: Report | None = None
        self.last_output: list[Delta | Finding] = []  # what only close() showed, after it: feed() had given out all the rest

    # ------------------------------------------------------------------ bytes
    def feed(self, data: bytes, *, at: float | None = None) -> list[Delta | Finding]:
        """Return what `data` completes, in stream order; an empty list is normal.

        data: body bytes as received, any length, borders anywhere; b"" does nothing.
        at:   seconds since the request was sent, monotonic; None leaves the times out of the report.
        Raises StreamClosedError after close(), TypeError for str. Nothing in `data` can raise: defects are Findings.
        """
        if data.__class__ is not bytes:
            data = body_bytes(data)
        if self._report is not None:
            raise StreamClosedError("feed() after close(): make a new Checker for the next response")
        if not data:
            return []
        if at is None:
            self._take(self._content.feed(data) if self._content is not None else data)
        else:
            assembly = self._assembly
            if at > self._clock.deadline:
                self._clock.wait(at)
            deltas, payloads = assembly.delta_count, self._payloads
            self._take(self._content.feed(data) if self._content is not None else data)
            payload = self._payloads > payloads
            # Text of a dialect that nobody knows is not told from its other events.
            spoke = payload if self._dialect is None and not self._recognising else assembly.delta_count > deltas
            over = assembly.now.ended is not None
            self._clock.tick(at, spoke=spoke, payload=payload, events=len(assembly.trail.starts), over=over)
        return self._new_output()

    @property
    def deadline(self) -> float | None:
        """The `at` at which the next deadline passes if nothing comes; None without one, or when the answer has ended."""
        deadline = self._clock.deadline
        return deadline if deadline < INF else None

    def tick(self, at: float) -> list[Delta | Finding]:
        """Say what time it is while nothing comes; return what that shows: a deadline that has passed, once for each silence.

        Raises StreamClosedError after close().
        """
        if self._report is not None:
            raise StreamClosedError("tick() after close(): make a new Checker for the next response")
        self._clock.wait(at)
        return self._new_output()

    def _take(self, body: bytes) -> None:
        if self._sampling:
            self._sample += body[: _MAX_SAMPLE - len(self._sample)]
            self._sampling = len(self._sample) < _MAX_SAMPLE
        for event in self._intake.feed(body):
            self._read(event)

    def _new_output(self, dispatched: int | None = None) -> list[Delta | Finding]:
        """Return deltas and findings that came since the last call, in the order of their events. dispatched: as _located() takes it."""
        assembly, log = self._assembly, self._log
        out: list[Delta | Finding] = list(assembly.deltas)
        assembly.deltas.clear()
        if log.new:
            events = len(assembly.trail.starts) if dispatched is None else dispatched
            out = sorted([*out, *(self._located(f, events) for f in log.new)], key=_event_of)
            log.new.clear()
        return out

    def add(self, finding: Finding) -> None:
        """Put a finding of an outer layer (a capture's reader, a clock) into the report."""
        self._log.append(finding)

    def feed_delta(self, delta: Delta, *, at: float | None = None) -> list[Delta | Finding]:
        """Take one delta of a hop that has text and no bytes, such as an imported session; its event number is ignored.

        Raises StreamClosedError after close().
        """
        if self._report is not None:
            raise StreamClosedError("feed_delta() after close(): make a new Checker for the next response")
        assembly = self._assembly
        assembly.begin(self._intake.size, self._intake.size)
        assembly.now.whole = True
        assembly.delta(delta.choice, delta.channel, delta.text)
        self._text_only = True
        self._check_texts()
        if at is not None:
            self._clock.wait(at)
            self._clock.tick(at, spoke=True, payload=True, events=len(assembly.trail.starts), over=False)
        return self._new_output()

    # ------------------------------------------------------------------ one event
    def _read(self, event: Event) -> None:
        assembly = self._assembly
        raw = event.raw
        deltas = assembly.delta_count
        value, defect, odd = self._documents.read(raw)
        assembly.begin(event.start, event.end, odd=odd)
        if (0xE2 in raw and b"\xe2\x80" in raw) or (0xC2 in raw and b"\xc2\x85" in raw):
            self._find_line_breaks(event)
        if defect is not None:
            self._read_odd(event, value, defect)
        elif self._dialect is not None:
            self._dialect.feed(event.event, value, assembly)
        else:
            # The reader may put the next string into the same object: what is kept is read for itself.
            self._recognise(event.event, document_of(raw)[0])
        if assembly.delta_count > deltas or not _is_ping(event, value):
            self._payloads += 1
        if raw == self._last_raw:
            assembly.repeated_event()
        if event.__class__ is SseEvent and event.id:
            jump = self._ids.jump(event.id)
            if jump is not None:
                assembly.find(jump.code, jump.message, severity=Severity.WARNING, evidence=jump.evidence)
        if assembly.changed:
            self._check_texts()
        self._last_raw = raw

    def _read_odd(self, event: Event, value: Any, defect: Defect) -> None:
        """An event whose payload is not one sound JSON document."""
        assembly, raw = self._assembly, event.raw
        at = event.offset_of(defect.at)
        if defect.code == "json/duplicate-key":
            assembly.find(
                defect.code,
                f"event {assembly.event}: {defect.reason}",
                span=Span(at, event.end),
                evidence={"reason": defect.reason},
            )
            self._say(event.event, value)
            return
        if not raw and not isinstance(event, SseEvent):
            self._say(event.event, None)  # a binary frame may say all it has to say by its name
            return
        text = raw.strip()
        if text.startswith(b"[DONE]") or (self._dialect is not None and not text.startswith(b"{")):
            if self._dialect is None:
                assembly.terminal()
                return
            if self._dialect.text_event(text.decode("utf-8", "replace"), assembly):
                return
        if text.startswith(b":") or text.lower() in _HEARTBEATS:
            assembly.find(
                "sse/heartbeat-as-data",
                f"event {assembly.event} is a keep-alive sent as data: {text[:40].decode('utf-8', 'replace')!r}; readers that parse every event raise",
            )
            return
        glued = glued_documents(raw)
        if glued is not None:
            assembly.find(
                "json/invalid",
                f"event {assembly.event} holds {len(glued.values)} documents: what parts two events is missing between them",
                span=Span(event.offset_of(glued.at - 1) + 1, event.end),
                evidence={"reason": "several documents", "documents": len(glued.values)},
            )
            for document in glued.values:
                self._say(event.event, document)
            return
        splice = find_splice(raw)
        if splice is not None:
            at = event.offset_of(splice.at)
            assembly.splice(Span(at, event.end), splice.evidence)
            self._say("message", splice.value)
            return
        self._find_line_breaks(event)
        assembly.find(
            "json/invalid",
            f"event {assembly.event} is not JSON, from byte {at} on: {defect.reason.removesuffix(' at')}",
            span=Span(at, max(at + 1, event.end)),
            evidence={"reason": defect.reason, "near": raw[max(0, defect.at - 40) : defect.at + 40].decode("utf-8", "replace")},
        )

    def _find_line_breaks(self, event: Event) -> None:
        for index in unicode_line_breaks(event.raw):
            at = event.offset_of(index)
            self._assembly.find(
                "sse/unicode-line-break",
                f"a raw Unicode line break stands in the data at byte {at}: readers that use splitlines tear the event here",
                span=Span(at, at + 1),
            )

    # ------------------------------------------------------------------ dialect
    def _say(self, event: str, value: Any) -> None:
        if self._dialect is not None:
            self._dialect.feed(event, value, self._assembly)
        else:
            self._recognise(event, value)

    def _recognise(self, event: str, value: Any) -> None:
        assembly = self._assembly
        if not self._recognising:
            return
        self._unrecognised.append((assembly.event, event, value))
        found = recognise(event, value)
        if found is not None:
            self._dialect = found()
            self._sampling = self._refused
            self._replay()
        elif len(self._unrecognised) >= _MAX_UNRECOGNISED:
            self._recognising = False
            self._unrecognised.clear()

    def _replay(self) -> None:
        """Tell the dialect the events that came before it was recognised."""
        assembly, dialect = self._assembly, self._dialect
        assert dialect is not None
        last = assembly.event
        for index, event, value in self._unrecognised:
            assembly.trail.event = index
            dialect.feed(event, value, assembly)
        assembly.trail.event = last
        self._unrecognised.clear()

    # ------------------------------------------------------------------ text checks
    def _check_texts(self) -> None:
        changed = self._assembly.changed
        for channel in changed:
            self._place(channel, self._text_checks_of(channel).feed(channel.take_blocks()))
        changed.clear()

    def _text_checks_of(self, channel: Channel) -> TextChecks:
        checks = self._text_checks.get(id(channel))
        if checks is None:
            apart = self._assembly.segments[channel.segment].thinks_apart(channel.choice)
            checks = TextChecks(channel.name, context=self._context, scorer=self._scorer, apart=apart)
            self._text_checks[id(channel)] = checks
        return checks

    def _place(self, channel: Channel, found: Iterable[TextFinding]) -> None:
        """Give findings in a text their event and bytes."""
        assembly = self._assembly
        for code, severity, start, end, message, evidence in found:
            first, last = channel.events_of(start, end)
            span = assembly.trail.span_of(first, last)
            if code == "text/replacement-character" and self._intake.damaged(span):
                severity, evidence = Severity.NOTE, {**evidence, "written_by": "transport"}
                message += "; it stands for the invalid bytes in this event"
            if channel.segment:
                evidence = {**evidence, "segment": channel.segment}
            assembly.find(
                code,
                message,
                severity=severity,
                event=first,
                span=span,
                choice=channel.choice,
                channel=channel.name,
                chars=(start, end),
                evidence=evidence,
            )

    # ------------------------------------------------------------------ the end
    def close(self, reason: str = "eof", *, at: float | None = None) -> Report:
        """Return the report; the same one on every call.

        reason: "eof" when the body ended as HTTP says it does; "cancel" when its reader stopped, "rejected" when it stopped because of
                what it read, "timeout" when it gave up waiting, an error's name when the connection failed.
        at:     when that was; None leaves a silence at the end out of the report.
        """
        if self._report is None:
            self._clock.end(at)
            self._finish(reason)
        assert self._report is not None
        return self._report

    def _finish(self, reason: str) -> None:
        assembly = self._assembly
        if self._content is not None:
            self._take(self._content.close())
            for finding in self._content.findings:
                self._log.append(finding)
        for event in self._intake.close():
            self._read(event)
        events = len(assembly.trail.starts)
        self._read_tail()
        if not self._text_only:
            known = self._dialect is not None
            judge_body(assembly, self._intake, self._head, bytes(self._sample), known=known, whole=reason == "eof")
        assembly.settle()
        assembly.rejected = reason == "rejected"
        if self._dialect is not None:
            self._dialect.close(assembly)
        judge_stop(assembly, self._intake.size, reason, refused=self._refused)
        assembly.close()
        for segment in assembly.segments:
            for channel in segment.channels.values():
                checks = self._text_checks_of(channel)
                self._place(channel, [*checks.feed(channel.take_rest()), *checks.close()])
        self._make_report(events)
        self.last_output = self._new_output(events)

    def _read_tail(self) -> None:
        """The event that the end of the body cut off: the standard drops it, many readers do not."""
        tail = self._intake.tail
        if tail is None:
            return
        _, defect, _ = document_of(tail.raw)
        whole = defect is None or tail.raw.strip().startswith(b"[DONE]") or glued_documents(tail.raw) is not None
        kept = "its payload is whole" if whole else "its payload is cut"
        self._assembly.find(
            "sse/unterminated-event",
            f"the body ends inside an event at byte {tail.end}; {kept}, readers that follow the standard drop it",
            severity=Severity.NOTE if whole else Severity.WARNING,
            span=tail.span,
            event=-1,
            evidence={"payload_whole": whole},
        )
        self._assembly.cut_off = True
        if whole:
            self._read(tail)

    def _make_report(self, events: int) -> None:
        assembly = self._assembly
        findings = in_stream_order((self._located(f, events) for f in self._log), self._log.dropped)
        if self._has_no_bytes:
            findings = tuple(sorted(findings, key=_event_of))
        verdict = verdict_of(findings)
        messages = tuple(s.message() for s in assembly.segments)
        self._report = Report(
            source=self._name,
            dialect=self._dialect.name if self._dialect is not None else UNKNOWN,
            verdict=verdict,
            findings=findings,
            message=messages[0],
            counts={
                "bytes": self._intake.size,
                "events": events,
                "deltas": assembly.delta_count,
                "chars": sum(s.chars for s in assembly.segments),
            },
            origin=origin_of(findings, text_only=self._has_no_bytes) if verdict is not Verdict.CLEAN else None,
            provider_error=assembly.provider_error,
            timing=self._clock.timing(),
            segments=messages if len(messages) > 1 else (),
            scores=tuple(
                ScoreLine(c.segment, c.choice, c.name, tuple(self._text_checks_of(c).points))
                for segment in assembly.segments
                for c in segment.channels.values()
            ),
        )

    def _located(self, finding: Finding, events: int) -> Finding:
        """Name the event of a finding that was made before its event was whole, and its time; no bytes where there are none.

        events: how many were dispatched.
        """
        event = finding.event
        if event is None and finding.span is not None:
            event = self._assembly.trail.event_at(finding.span.start)
        if event is not None and event >= events:
            event = None
        at = finding.at
        if at is None and event is not None:
            at = self._clock.time_of(event)
        span = None if self._has_no_bytes else finding.span
        place = (event, at, span)
        return finding if place == (finding.event, finding.at, finding.span) else replace(finding, event=event, at=at, span=span)

    @property
    def _has_no_bytes(self) -> bool:
        """Whether this hop has text alone: then no finding stands at bytes, and none clears the wire."""
        return self._text_only and not self._intake.size


def _is_ping(event: Event, value: Any) -> bool:
    """Whether an event without text only keeps the connection alive."""
    return (
        event.event == "ping"
        or (value.__class__ is dict and value.get("type") == "ping")
        or event.raw.strip().lower() in _HEARTBEATS
    )


def _event_of(item: Delta | Finding) -> float:
    return float("inf") if item.event is None else item.event


def check(
    source: "str | os.PathLike[str] | bytes | Capture",
    *,
    dialect: str = "auto",
    name: str | None = None,
    context: str = "",
    scorer: Callable[[str], float] | None = None,
    first_delta_within: float | None = None,
    stall_after: float | None = None,
) -> Report:
    """Return the report of one recorded response.

    source: a path (a capture, or a raw .sse or .ndjson body; .zst and .gz are undone), the bytes of a body or of a capture, or a Capture.
    name:   what the report calls it; the path by default.
    context, scorer, first_delta_within, stall_after: as for Checker; the deadlines need a capture's times.
    Raises OSError when the file cannot be read, CaptureError when it claims to be a capture and is none, UsageError for the dialect.
    """
    recording = read_source(source, name=name)
    checker = Checker(
        dialect,
        head=recording.head,
        name=recording.name,
        context=context,
        scorer=scorer,
        first_delta_within=first_delta_within,
        stall_after=stall_after,
        unsent=recording.unsent,
    )
    for finding in recording.findings:
        checker.add(finding)
    for at, chunk in recording.chunks:
        checker.feed(chunk, at=at)
    for at, delta in recording.deltas:
        checker.feed_delta(delta, at=at)
    return checker.close(recording.end, at=recording.ended_at)
