"""What a dialect tells about a body, put together and held to the rules that all dialects share.

In:   calls of a dialect while it reads one event: identity(), delta(), tool_call(), finish(), terminal() ...
Out:  Segments (one for each response found in the body, usually one), and Findings ("order/...", "provider/...").
Rule: one response a stream (responses.py); a text is the plain sum of its deltas; what the dialect says at the end must equal that
      sum; blocks balance, sequences have no gaps, nothing comes after the end. What only the end can tell is in endings.py.
Cost: 0.4 us a delta.
"""

__all__ = ("Assembly",)

from collections.abc import Hashable
from typing import Any, Unpack

from streamcheck.endings import judge_ending
from streamcheck.findings import FindingLog, ProviderError, Severity
from streamcheck.messages import Delta
from streamcheck.refusals import classify_error, classify_finish_reason
from streamcheck.responses import Responses
from streamcheck.segments import Channel, Segment, Tool
from streamcheck.spans import Span
from streamcheck.trail import Place, Trail
from streamcheck.wire.documents import DocumentReader

MIN_REPEATED_CHARS = 16  # less may be two equal tokens, and so may any number of blanks or dashes; docs/findings.md
_OF_WHOLE_RESPONSES = (
    "order/tool-index",
    "order/tool-arguments",
    "order/finish-reason",
    "order/block-balance",
    "order/done-mismatch",
)
_GROWING = ("completion_tokens", "output_tokens", "outputTokens")  # cumulative wherever they repeat


class Assembly:
    """The checker sets the present event (`begin`); a dialect then calls what that event says, identity() first.

    now:     the response that the present event belongs to.
    deltas:  those made since the checker last took them; `first_delta` is where those of the present event begin.
    changed: channels whose text is long enough to be checked again.
    """

    def __init__(self, documents: DocumentReader | None = None) -> None:
        """documents: what reads the values that the dialect is given; see `hole`."""
        self._documents = documents
        self.trail = Trail()
        self._responses = Responses(self.trail)
        self.now: Segment = self._responses.now
        self.deltas: list[Delta] = []
        self.delta_count = 0
        self.first_delta = 0
        self.rejected = False  # the reader stopped because of what it read: what is missing then is nobody's fault
        self.cut_off = False  # the body ended inside its last event
        self.odd = False  # the present event's strings may hold lone surrogates
        self.changed: list[Channel] = []
        self.provider_error: ProviderError | None = None

    @property
    def event(self) -> int:
        """The index of the present event."""
        return self.trail.event

    @property
    def hole(self) -> tuple[Any, Any]:
        """(container, key) of the one string in which two values differ that are one and the same object: see DocumentReader."""
        return self._documents.hole if self._documents is not None else (None, None)

    @property
    def findings(self) -> FindingLog:
        return self.trail.findings

    @property
    def segments(self) -> list[Segment]:
        """The responses found so far."""
        return self._responses.segments

    # ------------------------------------------------------------------ findings
    def find(self, code: str, message: str, *, severity: Severity | None = None, **place: Unpack[Place]) -> None:
        """Log a finding at the present event, or at `event`; see Trail.find()."""
        if severity is None and self.now.number and code in _OF_WHOLE_RESPONSES:
            severity = Severity.NOTE  # a torn-out piece of another response breaks every rule; that it is here is said already
        self.trail.find(code, message, severity=severity, **place)

    # ------------------------------------------------------------------ the present event
    def begin(self, start: int, end: int, *, odd: bool = False) -> None:
        """Make the event at body bytes [start, end) the present one."""
        self.trail.begin(start, end)
        self.odd = odd
        self.first_delta = len(self.deltas)

    def identity(self, id: str | None, created: float | None = None, model: str | None = None, starts: bool = False) -> None:
        """Hold that a body is one response.

        id:      the response's id as this event gives it; None or "" says nothing.
        created: its creation time in seconds, where the dialect has one.
        starts:  True when this event can only be the first of a response (message_start, response.created, a lone role).
        """
        responses = self._responses
        if starts or not responses.steady or id != self.now.id:
            self.now = responses.see(id, created, model, starts)

    def opened_again(self, what: str, last: str | None, id: str | None) -> None:
        """`what`, a response's first event, comes again before anything was said: one event twice, or, under another id than `last`,
        another response."""
        evidence = {"ids": [last, id]}
        if id and last and id != last:
            message = f"a second response begins here ({what} of {id!r} after {last!r}); the first one had said nothing"
            self.find("order/restarted", message, evidence={**evidence, "because": "a new id and a response's first event"})
        else:
            self.find("order/duplicate-event", f"{what} comes again before anything was said", evidence=evidence)

    def splice(self, span: Span, evidence: dict[str, Any]) -> None:
        """Another response's frame begins inside the present event, at span.start."""
        self.now = self._responses.splice(span, evidence)

    # ------------------------------------------------------------------ text
    def delta(self, choice: int, channel: str, text: str, *, part: Hashable = None) -> None:
        """Add one increment of text. part: names the piece of the answer that a later snapshot() must equal."""
        if not text:
            return
        now = self.now
        target = now.channels.get((choice, channel)) or self._open_channel((choice, channel))
        if self.odd:
            text = self._paired(target, text, now.parts.get(part))
        event = self.trail.event
        target.pieces.append(text)
        target.events.append(event)
        target.chars = chars = target.chars + len(text)
        target.ends.append(chars)
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
        self._responses.first_text(now)
        return channel

    def _paired(self, channel: Channel, text: str, part: list[str] | None) -> str:
        """Join a high surrogate at the end of the channel (and of its part) with a low one at the start of `text`; return the rest."""
        last = channel.pieces[-1] if channel.pieces else ""
        if last and "\ud800" <= last[-1] <= "\udbff" and "\udc00" <= text[0] <= "\udfff":
            whole = (last[-1] + text[0]).encode("utf-16", "surrogatepass").decode("utf-16")
            channel.heal(whole)
            if part:
                part[-1] = part[-1][:-1] + whole
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
        if not text:
            return  # a server that leaves the final text out has lost nothing
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
                self.now.tools_by_id[choice, id] = tool
            if name and not tool.name:
                tool.name = name
        if arguments:
            self.delta(choice, tool.channel, arguments, part=part)
        return tool.channel

    def _tool_of(self, choice: int, index: int | None, id: str | None, name: str | None) -> Tool | None:
        now = self.now
        if id and (choice, id) in now.tools_by_id:
            return now.tools_by_id[choice, id]
        tool = now.tools_by_index.get((choice, index))  # under None: the last one of the choice
        if tool is None or (id and tool.id and tool.id != id):
            return None  # another call: some servers give every parallel call index 0
        if index is None and not id and name and tool.name:
            return None  # a whole call a fragment, told apart by its name alone
        return tool

    def _open_tool(self, choice: int, index: int | None, id: str | None, name: str | None, json: bool) -> Tool:
        now = self.now
        last = now.tools_by_index.get((choice, None))
        number = 0 if last is None else last.number + 1
        if not id and not name:
            self.find(
                "order/tool-index",
                f"a fragment of tool call {index} comes before any fragment that opens it with an id or a name",
                choice=choice,
                evidence={"index": index},
            )
        elif index is not None and (choice, index) in now.tools_by_index:
            self.find(
                "order/tool-index",
                f"two tool calls share index {index}: readers that go by the index join them",
                severity=Severity.NOTE,
                choice=choice,
                evidence={"index": index, "id": id},
            )
        tool = Tool(choice, number, number if index is None else index, id, name or "", self.trail.event, json)
        now.tools.append(tool)
        now.tools_by_index[choice, index] = now.tools_by_index[choice, None] = tool
        if id:
            now.tools_by_id[choice, id] = tool
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
                self.find(
                    "order/duplicate-event",
                    f"sequence number {number} comes twice",
                    severity=Severity.ERROR,
                    evidence={"sequence": number},
                )
            else:
                missing = f"{number - last - 1} events are missing" if number > last else "it goes back"
                self.find(
                    "order/sequence-gap",
                    f"sequence number {number} after {last}: {missing}",
                    evidence={"after": last, "number": number},
                )

    def usage(self, usage: object) -> None:
        """Take the latest usage object; counts of one response may only grow."""
        if not isinstance(usage, dict) or not usage:
            return
        last = self.now.usage
        if last is not None:
            for name, count in usage.items():
                before = last.get(name)
                if isinstance(count, int) and isinstance(before, int) and 0 < count < before and name in _GROWING:
                    self.find(
                        "order/usage",
                        f"usage.{name} goes back from {before} to {count}",
                        evidence={"field": name, "counts": [before, count]},
                    )
            usage = {**last, **{k: v for k, v in usage.items() if v is not None}}
        self.now.usage = usage

    # ------------------------------------------------------------------ ends
    def finish(self, choice: int, reason: object) -> None:
        """A choice says why it stopped. Failures that are told this way become provider errors."""
        if not isinstance(reason, str) or not reason:
            return
        self.now.finish_reasons.setdefault(choice, reason)
        self.now.finish_events.setdefault(choice, self.trail.event)
        self.now.over = True
        error = classify_finish_reason(reason)
        if error is not None:
            # A filter or a full context ends the answer in good order; a failure upstream does not.
            failed = error.error_class in ("network", "server-error", "overloaded", "timeout", "unknown")
            self.refuse(error, Severity.ERROR if failed else Severity.NOTE, choice=choice)

    def error(self, body: object) -> None:
        """The provider reports an error inside the stream. It ends the response: nothing more has to come."""
        now = self.now
        now.error = self.trail.event
        error = classify_error(body=body if isinstance(body, dict | str | bytes) else str(body))
        if error is None:
            error = ProviderError("unknown", message=str(body)[:200], rule="stream:error")
        self.refuse(error, Severity.ERROR)

    def refuse(self, error: ProviderError, severity: Severity, *, choice: int | None = None, span: Span | None = None) -> None:
        """The provider ended the response with `error`. One failure is often told twice: the first telling that has a class counts.

        span: the present event's bytes when None.
        """
        if severity is not Severity.NOTE:
            if self.provider_error is not None:
                if self.provider_error.error_class != "unknown" or error.error_class == "unknown":
                    return
                for finding in [f for f in self.findings if f.code == "provider/unknown"]:
                    self.findings.withdraw(finding)
            self.provider_error = error
        chars = self.now.chars
        after = f" after {chars} characters of the answer" if chars else ""
        self.find(
            f"provider/{error.error_class}",
            f"the provider ends the response{after}: {error.message[:200] or error.code or error.rule}",
            severity=severity,
            choice=choice,
            span=span,
            evidence={"rule": error.rule, "code": error.code, "chars_before": chars},
        )

    def terminal(self) -> None:
        """The dialect's terminal marker."""
        now = self.now
        now.over = True
        if now.ended is None:
            now.ended = self.trail.event

    def missing_terminal(self, what: str, *, severity: Severity | None = None) -> None:
        """The body has ended and `what` did not come. A response that ended with an error does not owe it."""
        now = self.now
        if now.error is None:
            end = self.trail.ends[-1] if self.trail.ends else 0
            start = self.trail.starts[-1] if self.cut_off and self.trail.starts else end
            self.find(
                "order/missing-terminal",
                f"the stream ends without {what}",
                severity=Severity.NOTE if self.rejected else severity,
                span=Span(start, end),  # behind the last event, or that event where nothing ends it
                evidence={"missing": what},
            )

    def repeated_event(self) -> None:
        """The present event's bytes are those of the event before it: two equal tokens, or one event sent twice."""
        text = "".join(d.text for d in self.deltas[self.first_delta :])
        if len(text) >= MIN_REPEATED_CHARS and sum(map(str.isalnum, text)) * 2 >= MIN_REPEATED_CHARS:
            self.find(
                "order/duplicate-event",
                f"the event before, with its {len(text)} characters, comes again",
                evidence={"chars": len(text)},
            )

    # ------------------------------------------------------------------ the end of the body
    def settle(self) -> None:
        """The last event was told: judge the names of the responses before the dialect says what is missing."""
        self.now = self._responses.settle()

    def close(self) -> None:
        """Judge what only the end can tell."""
        for segment in self.segments:
            self.now = segment
            judge_ending(segment, self.trail)
        self.now = self.segments[-1]
