"""From what the dialects tell to messages, and the rules that all dialects share.

In:   calls of a dialect while it reads one event: identity(), delta(), tool_call(), finish(), terminal() ...
Out:  Segments (one for each response found in the body, usually one), their Messages, and Findings ("order/...", "provider/...").
Rule: one response a stream; a text is the plain sum of its deltas; what the dialect says at the end must equal that sum.
Cost: per delta two appends; a character is traced to delta, event and bytes only when a finding asks for it.
"""

__all__ = ("CHECK_EVERY", "Assembly", "Channel", "Segment")

from bisect import bisect_right
from collections.abc import Hashable
from itertools import accumulate
from typing import Any

import msgspec

from streamcheck.codes import CODES
from streamcheck.findings import Finding, FindingLog, ProviderError, Severity
from streamcheck.messages import Choice, Delta, Message, ToolCall
from streamcheck.refusals import classify_error, classify_finish_reason
from streamcheck.spans import Span

MIN_REPEATED_CHARS = 16  # less may be two equal tokens, and so may any number of blanks or dashes; docs/findings.md
MIN_CUMULATIVE_CHARS = 40  # "a", "ab", "abc" may be three tokens of a list; forty characters repeated whole are not. guess
CHECK_EVERY = 128  # characters: the block of the text checks
_OF_WHOLE_RESPONSES = ("order/tool-index", "order/tool-arguments", "order/finish-reason", "order/block-balance", "order/done-mismatch")
_GROWING = ("completion_tokens", "output_tokens", "candidatesTokenCount", "outputTokens")  # cumulative wherever they repeat
_SECOND_RESPONSE = ("order/restarted", "order/interleaved", "order/spliced-frame")
_MIN_CUMULATIVE_RUN = 3  # chunks, each beginning with the whole one before; docs/findings.md
_RESTART_GAP_S = 10  # `created` of one response drifts by seconds in gateways; glued retries were 70 to 2,440 s apart


class Channel:
    """The text of one channel of one choice, in pieces, and which event each piece came from."""

    __slots__ = ("chars", "checked", "choice", "events", "name", "next_check", "pieces", "segment", "unchecked")

    def __init__(self, segment: int, choice: int, name: str) -> None:
        self.segment = segment
        self.choice = choice
        self.name = name
        self.pieces: list[str] = []
        self.events: list[int] = []
        self.chars = 0
        self.checked = 0  # pieces that the text checks have taken
        self.unchecked = ""  # the end of those pieces that is not a whole block yet
        self.next_check = CHECK_EVERY  # the length past which they look again

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def take_blocks(self) -> str:
        """Return the whole blocks that the text checks have not seen; the character after them is there, so they are final."""
        text = self.unchecked + "".join(self.pieces[self.checked :])
        self.checked = len(self.pieces)
        whole = (len(text) - 1) // CHECK_EVERY * CHECK_EVERY
        self.unchecked = text[whole:]
        self.next_check = (self.chars - 1) // CHECK_EVERY * CHECK_EVERY + CHECK_EVERY
        return text[:whole]

    def take_rest(self) -> str:
        """Return all that the text checks have not seen."""
        text = self.unchecked + "".join(self.pieces[self.checked :])
        self.checked, self.unchecked = len(self.pieces), ""
        return text

    def heal(self, whole: str) -> None:
        """Replace the last character, half of a surrogate pair, by the whole one."""
        self.pieces[-1] = self.pieces[-1][:-1] + whole
        if self.unchecked and self.checked == len(self.pieces):
            self.unchecked = self.unchecked[:-1] + whole

    def events_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last event that carried characters [start, end)."""
        ends = list(accumulate(map(len, self.pieces)))
        last = len(self.pieces) - 1
        first = min(bisect_right(ends, start), last)
        return self.events[first], self.events[max(first, min(bisect_right(ends, max(start, end - 1)), last))]


class _Tool(msgspec.Struct):
    """One tool call as it grows."""

    choice: int
    index: int
    id: str | None
    name: str
    channel: str
    event: int
    json: bool  # False where the dialect's tools take free text


class Segment:
    """One response: everything that must not be shared with another response in the same body."""

    def __init__(self, number: int, event: int) -> None:
        self.number = number
        self.first_event = event
        self.id: str | None = None
        self.created: float | None = None
        self.model: str | None = None
        self.usage: dict[str, Any] | None = None
        self.channels: dict[tuple[int, str], Channel] = {}
        self.tools: list[_Tool] = []
        self.finish_reasons: dict[int, str] = {}
        self.ended: int | None = None  # event of the terminal marker
        self.over = False  # the terminal marker or a finish reason was seen
        self.error: int | None = None  # event of a provider's error
        self.sequence: int | None = None
        self.open_blocks: dict[Hashable, str] = {}
        self.parts: dict[Hashable, list[str]] = {}
        self.whole = False  # a plain JSON answer, not a stream

    def text(self, choice: int, channel: str) -> str:
        found = self.channels.get((choice, channel))
        return found.text if found else ""

    def message(self) -> Message:
        """Return what this response has said so far."""
        numbers = {choice for choice, _ in self.channels} | {t.choice for t in self.tools} | set(self.finish_reasons)
        choices = tuple(
            Choice(
                index=n,
                reasoning=self.text(n, "reasoning"),
                content=self.text(n, "content"),
                refusal=self.text(n, "refusal"),
                tool_calls=tuple(ToolCall(t.index, t.id, t.name or None, self.text(n, t.channel)) for t in self.tools if t.choice == n),
                finish_reason=self.finish_reasons.get(n),
            )
            for n in sorted(numbers)
        )
        return Message(choices, self.id, self.model, self.usage)


class Assembly:
    """What a dialect tells about a body, put together and held to the rules.

    The checker sets the present event (`begin`); a dialect then calls what that event says, identity() first.
    """

    def __init__(self) -> None:
        self.findings = FindingLog()
        self.segments: list[Segment] = [Segment(0, 0)]
        self.now: Segment = self.segments[0]
        self.deltas: list[Delta] = []  # since the checker last took them
        self.delta_count = 0
        self.first_delta = 0  # where those of the present event begin
        self.starts: list[int] = []  # body offsets of the events, by index
        self.ends: list[int] = []
        self.event = -1
        self.odd = False  # the present event's strings may hold lone surrogates
        self.changed: list[Channel] = []  # channels whose text is long enough to be checked again
        self.provider_error: ProviderError | None = None
        self._ids: dict[str, Segment] = {}
        self._id_events = 0  # events under the present id
        self._rotating = True  # every id so far stood in one event only
        self._id_note: bool = False
        self._suspect: tuple[int, str, str] | None = None  # the second id of what may be rotation or a restart at once

    # ------------------------------------------------------------------ findings
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
        """Add a finding at the present event, or at `event`.

        severity: the code's usual one when None.
        """
        place = self.event if event is None else event
        known = 0 <= place < len(self.starts)
        if severity is None and self.now.number and code in _OF_WHOLE_RESPONSES:
            severity = Severity.NOTE  # a torn-out piece of another response breaks every rule; that it is here is said already
        if span is None and known:
            span = Span(self.starts[place], self.ends[place])
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

    # ------------------------------------------------------------------ the present event
    def begin(self, start: int, end: int, *, odd: bool = False) -> None:
        """Make the event at body bytes [start, end) the present one."""
        self.starts.append(start)
        self.ends.append(end)
        self.event += 1
        self.odd = odd
        self.first_delta = len(self.deltas)

    # ------------------------------------------------------------------ identity
    def identity(self, id: str | None, created: float | None = None, model: str | None = None, starts: bool = False) -> None:
        """Hold that a body is one response.

        id:      the response's id as this event gives it; None or "" says nothing.
        created: its creation time in seconds, where the dialect has one.
        starts:  True when this event can only be the first of a response (message_start, response.created, a lone role).
        """
        now = self.now
        if id and id == now.id:
            self._id_events += 1
            if not starts and self._suspect is None:
                return
            if starts and self._spoke(now):
                self._restart(id, created, model, "its first event comes again under the same id")
            elif self._suspect is not None:
                self._settle_suspect()
            return
        if not id:
            if starts and self._spoke(now):
                self._restart(None, created, model, "a response's first event comes again")
            elif model and not now.model:
                now.model = model
            elif model and now.id and model != now.model:
                self._pending(None, created, model)
            return
        if now.id is None:
            if starts and self._spoke(now):
                self._restart(id, created, model, "a response's first event comes again")
                return
            self._adopt(now, id, created, model)
            return
        self._change_of_id(id, created, model, starts)

    def _adopt(self, segment: Segment, id: str | None, created: float | None, model: str | None) -> None:
        segment.id = id
        segment.created = created
        segment.model = model or segment.model
        if id:
            self._ids[id] = segment
            self._id_events = 1

    def _spoke(self, segment: Segment) -> bool:
        """Say whether this response has said anything that a new first event would cut off."""
        return bool(segment.ended is not None or segment.finish_reasons or segment.tools or any(c.chars for c in segment.channels.values()))

    def _change_of_id(self, id: str, created: float | None, model: str | None, starts: bool) -> None:
        now = self.now
        earlier = self._ids.get(id)
        if earlier is not None and earlier is not now:
            self._come_back(earlier)
            return
        jump = abs(created - now.created) if created and now.created else 0.0
        if self._id_events > 1:
            self._rotating = False
        if starts and self._spoke(now):
            self._restart(id, created, model, "a new id and a response's first event")
        elif jump >= _RESTART_GAP_S:
            self._restart(id, created, model, f"a new id, created {jump:.0f} s apart")
        elif self._rotating:
            # Some gateways give every event an id of its own. The second id may also be a restart: the third event tells.
            self._suspect = (self.event, now.id or "", id) if len(self._ids) == 1 else None
            if len(self._ids) > 1:
                self._note_ids("every event has an id of its own", Severity.NOTE, now.id, id)
            self._adopt(now, id, now.created, model)
        else:
            self._pending(id, created, model)

    def _settle_suspect(self) -> None:
        assert self._suspect is not None
        event, old, new = self._suspect
        self._suspect = None
        self._rotating = False
        self._id_note = True
        self.find(
            "order/identity-change",
            f"the response's id changes from {old!r} to {new!r} after the first event",
            severity=Severity.NOTE,
            event=event,
            evidence={"ids": [old, new]},
        )

    def _pending(self, id: str | None, created: float | None, model: str | None) -> None:
        """The id (or, without one, the model) changes in a body that kept it: another response if text comes, else a gateway's trailer."""
        segment = self._open_segment()
        self._adopt(segment, id, created, model)
        segment.whole = self.segments[0].whole

    def _note_ids(self, message: str, severity: Severity, old: str | None, new: str | None) -> None:
        if not self._id_note:
            self._id_note = True
            self.find("order/identity-change", f"{message}: {old!r}, then {new!r}", severity=severity, evidence={"ids": [old, new]})

    def _open_segment(self) -> Segment:
        segment = Segment(len(self.segments), self.event)
        self.segments.append(segment)
        self.now = segment
        self._id_events = 0
        return segment

    def _restart(self, id: str | None, created: float | None, model: str | None, why: str) -> None:
        old = self.now
        segment = self._open_segment()
        self._adopt(segment, id, created, model)
        self._rotating = False
        evidence: dict[str, Any] = {"ids": [old.id, id], "because": why}
        if created and old.created:
            evidence["created_gap_s"] = created - old.created
        self.find(
            "order/restarted",
            f"a second response begins here ({why}); the first one {'had ended' if old.ended is not None else 'is cut off'}",
            evidence=evidence,
        )

    def splice(self, span: Span, evidence: dict[str, Any]) -> None:
        """Another response's frame begins inside the present event, at span.start."""
        old = self.now
        segment = self._open_segment()
        ids = evidence.get("ids") or [None, None]
        self._adopt(segment, ids[1], None, None)
        self._rotating = False
        chars = sum(c.chars for c in old.channels.values())
        self.find(
            "order/spliced-frame",
            f"a frame is cut at byte {span.start} and another response begins on the same line, after {chars} characters of the first",
            span=span,
            evidence={**evidence, "chars_before": chars},
        )

    def event_at(self, offset: int) -> int | None:
        """Return the event whose bytes hold body offset `offset`, None where it falls between events."""
        i = bisect_right(self.starts, offset) - 1
        return i if i >= 0 and offset < self.ends[i] else None

    def _come_back(self, segment: Segment) -> None:
        """An id that was left comes back: the events between belong to another response."""
        foreign = self.now
        self.now = segment
        self._id_events = 2
        if self._rotating and len(self._ids) > 2:
            self._rotating = False
        for i, finding in enumerate(self.findings):
            if finding.code == "order/restarted" and finding.event == foreign.first_event:
                del self.findings[i]
                break
        if not any(f.code == "order/interleaved" and f.event == foreign.first_event for f in self.findings):
            self.find(
                "order/interleaved",
                f"events of response {foreign.id!r} stand between those of {segment.id!r}",
                event=foreign.first_event,
                evidence={"ids": [segment.id, foreign.id], "back_at_event": self.event},
            )

    # ------------------------------------------------------------------ text
    def delta(self, choice: int, channel: str, text: str, *, part: Hashable = None) -> None:
        """Add one increment of text. part: names the piece of the answer that a later snapshot() must equal."""
        if not text:
            return
        now = self.now
        target = now.channels.get((choice, channel)) or self._open_channel((choice, channel))
        if self.odd:
            text = self._paired(target, text)
        event = self.event
        target.pieces.append(text)
        target.events.append(event)
        target.chars = chars = target.chars + len(text)
        if chars > target.next_check:
            self.changed.append(target)
        if part is not None:
            now.parts.setdefault(part, []).append(text)
        self.delta_count += 1
        self.deltas.append(Delta(choice, channel, text, event))
        if now.over and (now.ended is not None or choice in now.finish_reasons):
            self._after_end(choice, channel, text)

    def _open_channel(self, key: tuple[int, str]) -> Channel:
        now = self.now
        channel = now.channels[key] = Channel(now.number, *key)
        if now.number and not self._told(now):
            self._judge_pending(now)
        return channel

    def _judge_pending(self, segment: Segment) -> None:
        """The response whose id came without any other sign of a start now speaks: it is another response."""
        old = self.segments[segment.number - 1]
        named = [(s.id or s.model) for s in (old, segment)]
        self.find(
            "order/restarted",
            f"the response changes from {named[0]!r} to {named[1]!r} and text goes on under the new name",
            event=segment.first_event,
            evidence={"ids": [old.id, segment.id], "models": [old.model, segment.model], "because": "a new name that brings text"},
        )

    def _paired(self, channel: Channel, text: str) -> str:
        """Join a high surrogate at the end of the channel with a low one at the start of `text`; return the rest of `text`."""
        last = channel.pieces[-1] if channel.pieces else ""
        if last and "\ud800" <= last[-1] <= "\udbff" and "\udc00" <= text[0] <= "\udfff":
            whole = (last[-1] + text[0]).encode("utf-16", "surrogatepass").decode("utf-16")
            channel.heal(whole)
            self.find(
                "text/lone-surrogate",
                f"{whole!r} came as two halves in two deltas: readers that do not join UTF-16 units keep two broken characters",
                severity=Severity.NOTE,
                choice=channel.choice,
                channel=channel.name,
                chars=(channel.chars - 1, channel.chars),
                evidence={"healed": True},
            )
            return text[1:]
        return text

    def _after_end(self, choice: int, channel: str, text: str) -> None:
        where = "the terminal marker" if self.now.ended is not None else "the finish reason"
        self.find(
            "order/after-terminal",
            f"text comes after {where}",
            choice=choice,
            channel=channel,
            evidence={"text": text[:80], "ended_at_event": self.now.ended},
        )

    def snapshot(self, choice: int, channel: str, text: str, *, part: Hashable = None) -> None:
        """Hold that the final text equals the sum of the deltas (of `part`, or of the whole channel); take it over if there were none."""
        now = self.now
        if part is not None:
            pieces = now.parts.get(part)
            total = "".join(pieces) if pieces else ""
        else:
            total = now.text(choice, channel)
        if total == text:
            return
        if not total:
            self.delta(choice, channel, text, part=part)
            return
        same = next((i for i, (a, b) in enumerate(zip(total, text, strict=False)) if a != b), min(len(total), len(text)))
        self.find(
            "order/done-mismatch",
            f"the final {channel} has {len(text)} characters, its deltas add up to {len(total)}; they differ from character {same} on",
            choice=choice,
            channel=channel,
            evidence={"delta_chars": len(total), "final_chars": len(text), "first_difference": same},
        )

    # ------------------------------------------------------------------ tool calls
    def tool_call(
        self,
        choice: int,
        index: int | None,
        *,
        id: str | None = None,
        name: str | None = None,
        arguments: str | None = None,
        part: Hashable = None,
        json: bool = True,
    ) -> str:
        """Open or go on with a tool call; return its channel ("tool:<n>").

        json: False for tools that take free text, whose arguments are held to nothing.

        A new id under a known index is a new call. Without an index the id tells, and without both the last call goes on.
        """
        tool = self._tool_of(choice, index, id, name)
        if tool is None:
            tool = self._open_tool(choice, index, id, name, json)
        else:
            if id and not tool.id:
                tool.id = id
            if name and not tool.name:
                tool.name = name
        if arguments:
            self.delta(choice, tool.channel, arguments, part=part)
        return tool.channel

    def _tool_of(self, choice: int, index: int | None, id: str | None, name: str | None) -> _Tool | None:
        mine = [t for t in self.now.tools if t.choice == choice]
        if id:
            for tool in reversed(mine):
                if tool.id == id:
                    return tool
        for tool in reversed(mine):
            if index is None or tool.index == index:
                if id and tool.id and tool.id != id:
                    return None  # another call: some servers give every parallel call index 0
                if index is None and not id and name and tool.name:
                    return None  # a whole call a fragment, told apart by its name alone
                return tool
        return None

    def _open_tool(self, choice: int, index: int | None, id: str | None, name: str | None, json: bool) -> _Tool:
        number = sum(t.choice == choice for t in self.now.tools)
        if not id and not name:
            self.find(
                "order/tool-index",
                f"a fragment of tool call {index} comes before any fragment that opens it with an id or a name",
                choice=choice,
                evidence={"index": index},
            )
        elif index is not None and any(t.choice == choice and t.index == index for t in self.now.tools):
            self.find(
                "order/tool-index",
                f"two tool calls share index {index}: readers that go by the index join them",
                severity=Severity.NOTE,
                choice=choice,
                evidence={"index": index, "id": id},
            )
        tool = _Tool(choice, number if index is None else index, id, name or "", f"tool:{number}", self.event, json)
        self.now.tools.append(tool)
        return tool

    # ------------------------------------------------------------------ blocks, sequence, usage
    def open_block(self, key: Hashable, kind: str) -> None:
        """A part of the answer begins. kind: what it is, for the message of a finding."""
        if key in self.now.open_blocks:
            self.find("order/block-balance", f"{kind} {key!r} is opened while it is open", evidence={"block": str(key)})
        self.now.open_blocks[key] = kind

    def close_block(self, key: Hashable, kind: str) -> None:
        """A part of the answer ends."""
        if self.now.open_blocks.pop(key, None) is None:
            self.find("order/block-balance", f"{kind} {key!r} is closed and was not open", evidence={"block": str(key)})

    def in_block(self, key: Hashable, kind: str) -> bool:
        """Hold that a delta belongs to an open part; return whether it does."""
        if key in self.now.open_blocks:
            return True
        self.find("order/block-balance", f"a delta for {kind} {key!r}, which is not open", evidence={"block": str(key)})
        return False

    def sequence(self, number: object) -> None:
        """Hold that sequence numbers go up by one. Anything but an integer says nothing."""
        if not isinstance(number, int) or isinstance(number, bool):
            return
        last = self.now.sequence
        self.now.sequence = number
        if last is not None and number != last + 1:
            if number == last:
                self.find("order/duplicate-event", f"sequence number {number} comes twice", severity=Severity.ERROR, evidence={"sequence": number})
            else:
                missing = f"{number - last - 1} events are missing" if number > last else "it goes back"
                self.find("order/sequence-gap", f"sequence number {number} after {last}: {missing}", evidence={"after": last, "number": number})

    def usage(self, usage: object) -> None:
        """Take the latest usage object; counts of one response may only grow."""
        if not isinstance(usage, dict) or not usage:
            return
        last = self.now.usage
        if last is not None:
            for name, count in usage.items():
                before = last.get(name)
                if isinstance(count, int) and isinstance(before, int) and 0 < count < before and name in _GROWING:
                    self.find("order/usage", f"usage.{name} goes back from {before} to {count}", evidence={"field": name, "counts": [before, count]})
            usage = {**last, **{k: v for k, v in usage.items() if v is not None}}
        self.now.usage = usage

    # ------------------------------------------------------------------ ends
    def finish(self, choice: int, reason: object) -> None:
        """A choice says why it stopped. Failures that are told this way become provider errors."""
        if not isinstance(reason, str) or not reason:
            return
        self.now.finish_reasons.setdefault(choice, reason)
        self.now.over = True
        error = classify_finish_reason(reason)
        if error is not None:
            # A filter or a full context ends the answer in good order; a failure upstream does not.
            failed = error.error_class in ("network", "server-error", "overloaded", "timeout", "unknown")
            self.refuse(error, Severity.ERROR if failed else Severity.NOTE, choice=choice)

    def error(self, body: object) -> None:
        """The provider reports an error inside the stream. It ends the response: nothing more has to come."""
        now = self.now
        now.error = self.event
        error = classify_error(body=body if isinstance(body, dict | str | bytes) else str(body))
        if error is None:
            error = ProviderError("unknown", message=str(body)[:200], rule="stream:error")
        self.refuse(error, Severity.ERROR)

    def refuse(self, error: ProviderError, severity: Severity, *, choice: int | None = None) -> None:
        """The provider ended the response with `error`. One failure is often told twice: the first telling counts."""
        if self.provider_error is None or self.provider_error.error_class == "unknown":
            if severity is not Severity.NOTE:
                self.provider_error = error
        elif severity is not Severity.NOTE:
            return
        chars = sum(c.chars for c in self.now.channels.values())
        after = f" after {chars} characters of the answer" if chars else ""
        self.find(
            f"provider/{error.error_class}",
            f"the provider ends the response{after}: {error.message[:200] or error.code or error.rule}",
            severity=severity,
            choice=choice,
            evidence={"rule": error.rule, "code": error.code, "chars_before": chars},
        )

    def terminal(self) -> None:
        """The dialect's terminal marker."""
        now = self.now
        now.over = True
        if now.ended is None:
            now.ended = self.event

    def missing_terminal(self, what: str, *, severity: Severity | None = None) -> None:
        """The body has ended and `what` did not come. A response that ended with an error does not owe it."""
        now = self.now
        if now.error is None:
            self.find("order/missing-terminal", f"the stream ends without {what}", severity=severity, evidence={"missing": what})

    def repeated_event(self) -> None:
        """The present event's bytes are those of the event before it: two equal tokens, or one event sent twice."""
        text = "".join(d.text for d in self.deltas[self.first_delta :])
        if len(text) >= MIN_REPEATED_CHARS and sum(map(str.isalnum, text)) * 2 >= MIN_REPEATED_CHARS:
            self.find("order/duplicate-event", f"the event before, with its {len(text)} characters, comes again", evidence={"chars": len(text)})

    # ------------------------------------------------------------------ the end of the body
    def fold_trailer(self) -> None:
        """Give what came under another id and brought no text (costs, usage, a late finish reason) to the response before it."""
        trailer = self.now
        if trailer.number == 0 or trailer.channels or trailer.tools or self._told(trailer):
            return
        self.segments.remove(trailer)
        now = self.now = self.segments[-1]
        now.usage = trailer.usage or now.usage
        now.finish_reasons = {**trailer.finish_reasons, **now.finish_reasons}
        now.ended = trailer.ended if now.ended is None else now.ended
        now.error = trailer.error if now.error is None else now.error

    def _told(self, segment: Segment) -> bool:
        """Say whether a finding has said that another response begins with this segment."""
        return any(f.code in _SECOND_RESPONSE and f.event == segment.first_event for f in self.findings)

    def close(self) -> None:
        """Judge what only the end can tell: whole tool arguments, cumulative framing, the finish reason against the contents."""
        self._suspect = None
        for segment in self.segments:
            self.now = segment
            self._close_cumulative(segment)
            self._close_tools(segment)
            self._close_finish(segment)
        self.now = self.segments[-1]

    def _close_cumulative(self, segment: Segment) -> None:
        for channel in segment.channels.values():
            pieces = channel.pieces
            if len(pieces) <= _MIN_CUMULATIVE_RUN or max(map(len, pieces)) < MIN_CUMULATIVE_CHARS:
                continue
            run = 0
            for i in range(1, len(pieces)):
                before, piece = pieces[i - 1], pieces[i]
                run = run + 1 if len(piece) > len(before) and piece.startswith(before) else 0
                if run >= _MIN_CUMULATIVE_RUN and len(piece) >= MIN_CUMULATIVE_CHARS:
                    self.find(
                        "order/cumulative-deltas",
                        f"each {channel.name} delta repeats the whole text before it: their sum says everything many times",
                        event=channel.events[i],
                        choice=channel.choice,
                        channel=channel.name,
                        evidence={"run": run, "chars": [len(before), len(piece)]},
                    )
                    break

    def _close_tools(self, segment: Segment) -> None:
        cut = (segment.ended is None and not segment.finish_reasons and not segment.whole) or segment.number > 0
        for tool in segment.tools:
            arguments = segment.text(tool.choice, tool.channel)
            found = segment.channels.get((tool.choice, tool.channel))
            event = found.events[-1] if found else tool.event
            if not tool.name and not cut:
                self.find(
                    "order/tool-arguments" if not tool.id and not arguments else "order/tool-index",
                    f"tool call {tool.index} has no name",
                    severity=Severity.WARNING if arguments or tool.id else Severity.ERROR,
                    event=event,
                    choice=tool.choice,
                    channel=tool.channel,
                    evidence={"id": tool.id},
                )
            reason = _not_json(arguments) if tool.json else None
            if reason is None:
                continue
            limited = segment.finish_reasons.get(tool.choice) in ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")
            self.find(
                "order/tool-arguments",
                f"the arguments of tool call {tool.index} ({tool.name or 'no name'}) are not JSON: {reason}",
                severity=Severity.NOTE if cut or limited or segment.error is not None else Severity.ERROR,
                event=event,
                choice=tool.choice,
                channel=tool.channel,
                evidence={"arguments": arguments[-200:], "reason": reason},
            )

    def _close_finish(self, segment: Segment) -> None:
        if segment.error is not None:
            return
        for choice, reason in segment.finish_reasons.items():
            calls = any(t.choice == choice for t in segment.tools)
            if reason in ("tool_calls", "tool_use", "TOOL_CALL", "tool-calls") and not calls:
                self.find(
                    "order/finish-reason",
                    f"finish reason {reason!r} and no tool call",
                    event=segment.ended,
                    choice=choice,
                    evidence={"finish_reason": reason},
                )


def _not_json(arguments: str) -> str | None:
    """Return why joined tool arguments are not one JSON value, None when they are (or when there are none)."""
    if not arguments.strip():
        return None
    try:
        msgspec.json.decode(arguments.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return str(error)[:120]
    return None
