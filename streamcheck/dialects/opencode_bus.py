"""The event bus of `opencode serve`: GET /event, and /global/event, which wraps each event in {directory, payload}.

In:   unnamed SSE events {type, properties} (or {type, data}), in three generations that may share one bus:
      1.1 message.part.updated with the part's whole text and the last increment beside it;
      1.2 message.part.updated at a part's start and end, message.part.delta between;
      2   session.next.text.started, .delta, .ended and their kin for reasoning, tool input and steps.
Out:  reasoning, content and tool calls. Choice 0 is the first session in which an assistant speaks, every further session (a
      sub-agent, another window) a choice of its own. All assistant messages of a session are one text: an agent's turn is many.
Rule: a snapshot is what was said before plus its increment; a final text is the sum of the deltas, right-trimmed as JavaScript trims.
      `durable.seq` goes up by one per aggregate. A session that is written in two generations at once counts in the first that speaks.
      Legal and silent: parts of the user; a bus that was joined in the middle; deltas of a part that was not shown yet; an answer
      that goes on in the next message. A plugin may rewrite a final text: where a lost or doubled piece does not explain the
      difference, it is a warning. A retry is a note: the bus goes on. A bus has no end, so none is owed; an open step is a note.
"""

__all__ = ("JS_SPACE", "OpencodeBus")

import json
from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity
from streamcheck.refusals import classify_error

# String.prototype.trimEnd: ECMAScript WhiteSpace and LineTerminator. str.rstrip() takes U+001C to U+001F and U+0085 too, and not U+FEFF.
JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_OWN = ("message.part.", "session.next.", "server.connected", "server.heartbeat")
_MAX_COUNT = 2**63  # JSON knows no limit of integers, Python's decimal conversion does
_NEAR = ("message.", "session.", "server.")
_NO_REASON = ("unknown", "other")  # what the client writes when the provider's stream ended without a finish reason
_CHANNELS = {"text": "content", "reasoning": "reasoning"}


class _Part:
    """One text or reasoning part as it grows."""

    __slots__ = ("begun", "choice", "done", "kind", "message", "muted", "pieces", "text")

    def __init__(self, kind: str, choice: int, message: str, *, begun: bool, muted: bool = False) -> None:
        self.kind = kind
        self.choice = choice
        self.message = message
        self.begun = begun  # its beginning cannot have passed before this bus was joined
        self.muted = muted  # nobody knows yet whose it is: a prompt is a text part too
        self.done = False
        self.text = ""  # up to the last snapshot
        self.pieces: list[str] = []  # since then

    def so_far(self) -> str:
        if self.pieces:
            self.text += "".join(self.pieces)
            self.pieces.clear()
        return self.text


class _Session:
    """What the bus says of one session."""

    def __init__(self) -> None:
        self.choice: int | None = None  # None until an assistant speaks in it
        self.family: str | None = None  # "part" or "next": the generation that speaks
        self.model: str | None = None
        self.step: int | None = None  # characters said when the open step began, None without one
        self.begun = False  # a step's beginning was seen
        self.finish: str | None = None
        self.usage: dict[str, Any] = {}
        self.failed = False  # an error was told; it is often told twice


class OpencodeBus:
    """opencode-bus."""

    name: ClassVar[str] = "opencode-bus"

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._speaking = 0
        self._roles: dict[str, str] = {}  # of messages
        self._begun: set[str] = set()  # messages with a step that was seen to begin
        self._parts: dict[Any, _Part] = {}
        self._early: dict[str, list[str]] = {}  # deltas of parts that were not shown yet
        self._called: set[tuple[int, str]] = set()  # tool calls whose input is known
        self._sequences: dict[str, int] = {}  # of aggregates

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        payload = value.get("payload")
        if type(payload) is dict:
            value = payload
        kind = value.get("type")
        if type(kind) is not str or not (type(value.get("properties")) is dict or type(value.get("data")) is dict):
            return 0
        if kind.startswith(_OWN):
            return 95
        if "properties" not in value:
            return 0
        return 80 if kind.startswith(_NEAR) else 60 if "." in kind else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        payload = value.get("payload")
        if type(payload) is dict:
            value = payload
        kind, body = value.get("type"), value.get("properties")
        if type(body) is not dict:
            body = value.get("data")
        if type(kind) is not str or type(body) is not dict:
            return
        durable = value.get("durable")
        if type(durable) is dict:
            self._sequence(durable, out)
        if kind == "message.part.delta":
            self._delta(body, out)
        elif kind == "message.part.updated":
            self._updated(body, out)
        elif kind.startswith("session.next."):
            self._next(kind[13:], body, out)
        else:
            self._other(kind, body, out)

    # ------------------------------------------------------------------ sessions
    def _session(self, id: Any) -> _Session:
        key = id if type(id) is str else ""
        found = self._sessions.get(key)
        if found is None:
            found = self._sessions[key] = _Session()
        return found

    def _choice(self, id: Any, out: Assembly) -> int:
        """Return the choice of a session in which the assistant speaks now."""
        session = self._session(id)
        if session.choice is None:
            session.choice = self._speaking
            self._speaking += 1
            if session.choice == 0:
                out.identity(id if type(id) is str else None, model=session.model)
        return session.choice

    def _set_model(self, session: _Session, model: Any, out: Assembly) -> None:
        if type(model) is str and model and session.model is None:
            session.model = model
            if session.choice == 0 and not out.now.model:
                out.now.model = model

    def _sequence(self, durable: dict[str, Any], out: Assembly) -> None:
        aggregate, number = durable.get("aggregateID"), durable.get("seq")
        if type(aggregate) is not str or type(number) is not int or abs(number) > _MAX_COUNT:
            return
        last = self._sequences.get(aggregate)
        self._sequences[aggregate] = number
        if last is None or number == last + 1:
            return
        evidence = {"aggregate": aggregate, "after": last, "number": number}
        if number == last:
            out.find(
                "order/duplicate-event",
                f"event {number} of {aggregate!r} comes twice",
                severity=Severity.ERROR,
                evidence=evidence,
            )
        else:
            missing = f"{number - last - 1} events are missing" if number > last else "it goes back"
            out.find("order/sequence-gap", f"event {number} of {aggregate!r} after {last}: {missing}", evidence=evidence)

    # ------------------------------------------------------------------ steps
    def _begin_step(self, id: Any, message: Any, out: Assembly) -> None:
        session = self._session(id)
        said = sum(c.chars for c in out.now.channels.values() if c.choice == session.choice)
        if session.step is not None and said > session.step:
            out.find(
                "order/restarted",
                f"a step begins again: the {said - session.step} characters of the attempt before stay in the message",
                severity=Severity.NOTE,
                choice=session.choice,
                evidence={"because": "the client tries again", "chars": said - session.step},
            )
        session.step, session.begun = said, True
        if type(message) is str:
            self._begun.add(message)

    def _end_step(self, id: Any, reason: Any, tokens: Any, out: Assembly) -> None:
        session = self._session(id)
        session.step = None
        if type(reason) is str and reason:
            session.finish = reason
            if reason in _NO_REASON:
                out.find(
                    "order/finish-reason",
                    f"a step ended with {reason!r}: the provider gave no finish reason, so its stream may have been cut",
                    choice=session.choice,
                    evidence={"finish_reason": reason},
                )
        if type(tokens) is dict:
            _add(session.usage, tokens)
            if session.choice == 0:
                out.usage({**session.usage})

    # ------------------------------------------------------------------ 1.x: parts
    def _delta(self, body: dict[str, Any], out: Assembly) -> None:
        text, id = body.get("delta"), body.get("partID")
        if type(text) is not str or not text or type(id) is not str or body.get("field", "text") != "text":
            return
        part = self._parts.get(id)
        if part is None:
            if self._roles.get(_str(body.get("messageID"))) != "user" and self._session(body.get("sessionID")).family != "next":
                self._early.setdefault(id, []).append(text)
            return
        if part.muted:
            self._unmute(part, body.get("sessionID"), out)
        if part.done:
            self._differs(
                part,
                Severity.ERROR,
                f"{len(text)} characters come after the part's final text",
                part.so_far(),
                part.so_far() + text,
                out,
            )
        part.pieces.append(text)
        out.delta(part.choice, _CHANNELS[part.kind], text)

    def _updated(self, body: dict[str, Any], out: Assembly) -> None:
        part = body.get("part")
        if type(part) is not dict:
            return
        session = part.get("sessionID")
        if type(session) is not str:
            session = body.get("sessionID")
        message = _str(part.get("messageID"))
        if self._roles.get(message) == "user" or part.get("synthetic") is True or self._session(session).family == "next":
            return
        match part.get("type"):
            case "text" | "reasoning" as kind:
                self._text_part(kind, session, message, part, body.get("delta"), out)
            case "tool":
                self._tool_part(session, part, out)
            case "step-start":
                self._begin_step(session, message, out)
            case "step-finish":
                self._end_step(session, part.get("reason"), part.get("tokens"), out)

    def _text_part(self, kind: str, session: Any, message: str, value: dict[str, Any], delta: Any, out: Assembly) -> None:
        id, text = value.get("id"), value.get("text")
        if type(id) is not str or type(text) is not str:
            return
        if type(delta) is not str:
            delta = ""
        part = self._parts.get(id)
        if part is None:
            part = self._parts[id] = self._show(kind, session, message, id, certain=bool(delta), out=out)
            early = "".join(self._early.pop(id, ()))
            if early and not text:
                text = early  # its deltas overtook its beginning
        elif part.muted and delta:
            self._unmute(part, session, out)
        if part.muted:
            part.text = text
        elif delta:
            self._grow(part, text, delta, out)
        else:
            self._settle(part, text, out)
        time = value.get("time")
        if type(time) is dict and time.get("end") is not None:
            part.done = True

    def _show(self, kind: str, session: Any, message: str, id: str, *, certain: bool, out: Assembly) -> _Part:
        """Return a new part. Only an assistant reasons, streams or works in steps; any other text may be a prompt."""
        role, begun = self._roles.get(message), message in self._begun
        certain = certain or kind == "reasoning" or begun or role == "assistant" or id in self._early
        if not certain:
            return _Part(kind, 0, message, begun=False, muted=True)
        self._session(session).family = "part"
        return _Part(kind, self._choice(session, out), message, begun=begun)

    def _unmute(self, part: _Part, session: Any, out: Assembly) -> None:
        """The part is the assistant's after all: say what it held back."""
        self._session(session).family = "part"
        part.choice, part.muted = self._choice(session, out), False
        if part.text:
            out.delta(part.choice, _CHANNELS[part.kind], part.text)

    def _grow(self, part: _Part, text: str, delta: str, out: Assembly) -> None:
        """A snapshot with its increment."""
        before, channel = part.so_far(), _CHANNELS[part.kind]
        part.begun = part.begun or text == delta
        if text == before + delta:
            out.delta(part.choice, channel, delta)
        elif text == before and text:
            out.find(
                "order/duplicate-event",
                f"the increment {delta[:40]!r} comes again with the same text: readers that join increments say it twice",
                severity=Severity.ERROR,
                choice=part.choice,
                channel=channel,
                evidence={"chars": len(delta)},
            )
        elif text.startswith(before):
            if before or part.begun:
                lost = len(text) - len(before) - len(delta)
                self._differs(
                    part, Severity.ERROR, f"{lost} characters before this increment came in no event", before + delta, text, out
                )
            out.delta(part.choice, channel, text[len(before) :])
        else:
            self._differs(
                part, Severity.ERROR, "the text so far is not the text before and its increment", before + delta, text, out
            )
            out.delta(part.choice, channel, delta)
        part.text = text

    def _settle(self, part: _Part, text: str, out: Assembly) -> None:
        """A snapshot alone: the part's beginning (""), or its final text."""
        before = part.so_far()
        if not before:
            part.begun = part.begun or not text
            out.delta(part.choice, _CHANNELS[part.kind], text)
        elif text != before and text.rstrip(JS_SPACE) != before.rstrip(JS_SPACE):
            self._judge(part, before, text, out)
        part.text = text

    def _judge(self, part: _Part, said: str, final: str, out: Assembly) -> None:
        """Say how bad it is that the final text is not the sum of the deltas."""
        said, final = said.rstrip(JS_SPACE), final.rstrip(JS_SPACE)
        if not part.begun and final.endswith(said):
            self._differs(part, Severity.NOTE, "the bus was joined in the middle of this part", said, final, out)
            return
        head = next((i for i, (a, b) in enumerate(zip(said, final, strict=False)) if a != b), min(len(said), len(final)))
        a, b = said[head:], final[head:]
        tail = next((i for i, (x, y) in enumerate(zip(reversed(a), reversed(b), strict=False)) if x != y), min(len(a), len(b)))
        extra, missing = a[: len(a) - tail], b[: len(b) - tail]
        if missing and not extra and head and tail:
            why, proven = f"{len(missing)} characters of it came in no delta", True
        elif extra and not missing and (said[:head].endswith(extra) or said[head + len(extra) :].startswith(extra)):
            why, proven = f"{len(extra)} characters came twice", True
        else:
            why, proven = "the final text is not the sum of the deltas", part.kind == "reasoning"  # plugins see no reasoning
        if not proven:
            why += "; a plugin may have rewritten it"
        self._differs(part, Severity.ERROR if proven else Severity.WARNING, why, said, final, out)

    def _differs(self, part: _Part, severity: Severity, why: str, said: str, final: str, out: Assembly) -> None:
        same = next((i for i, (a, b) in enumerate(zip(said, final, strict=False)) if a != b), min(len(said), len(final)))
        out.find(
            "order/done-mismatch",
            f"{part.kind} part of message {part.message[:80]!r}: {why}",
            severity=severity,
            choice=part.choice,
            channel=_CHANNELS[part.kind],
            evidence={"delta_chars": len(said), "final_chars": len(final), "first_difference": same},
        )

    def _tool_part(self, session: Any, part: dict[str, Any], out: Assembly) -> None:
        state = part.get("state")
        if type(state) is not dict:
            return
        self._session(session).family = "part"
        choice = self._choice(session, out)
        call = _str(part.get("callID")) or _str(part.get("id"))
        if (choice, call) in self._called:
            return
        name, value, status = part.get("tool"), state.get("input"), state.get("status")
        known = status in ("running", "completed") or (status == "error" and bool(value))
        if known:
            self._called.add((choice, call))
        channel = out.tool_call(choice, None, id=call or None, name=name if type(name) is str else None)
        if known and value is not None:
            out.delta(choice, channel, _json(value))

    # ------------------------------------------------------------------ 2: session.next.*
    def _next(self, kind: str, body: dict[str, Any], out: Assembly) -> None:
        id = body.get("sessionID")
        match kind:
            case "text.delta" | "reasoning.delta" | "text.started" | "reasoning.started" | "text.ended" | "reasoning.ended":
                if self._session(id).family != "part":
                    what, _, act = kind.partition(".")
                    self._next_text(what, act, body, out)
            case "tool.input.started" | "tool.input.delta" | "tool.input.ended" | "tool.called":
                if self._session(id).family != "part":
                    self._next_tool(kind, body, out)
            case "step.started":
                if self._session(id).family != "part":
                    model = body.get("model")
                    self._set_model(self._session(id), model.get("id") if type(model) is dict else None, out)
                    self._begin_step(id, body.get("assistantMessageID"), out)
            case "step.ended":
                if self._session(id).family != "part":
                    self._end_step(id, body.get("finish"), body.get("tokens"), out)
            case "step.failed":
                self._session(id).step = None
                self._error(id, body.get("error"), out)
            case "retried":
                self._retry(body.get("attempt"), body.get("error"), out)

    def _next_text(self, kind: str, act: str, body: dict[str, Any], out: Assembly) -> None:
        id = body.get("sessionID")
        session, message = self._session(id), _str(body.get("assistantMessageID"))
        key = (kind, _str(id), message, _str(body.get(f"{kind}ID")))
        part = self._parts.get(key)
        if act == "started" or part is None or (part.done and act == "delta"):
            if act == "delta" and session.begun:
                out.find(
                    "order/block-balance",
                    f"a delta for {kind} part {key[3]!r}, which is not open",
                    choice=session.choice,
                    evidence={"block": key[3]},
                )
            part = self._parts[key] = _Part(kind, self._choice(id, out), message, begun=act == "started")
        text = body.get("delta" if act == "delta" else "text")
        if type(text) is not str or act == "started":
            return
        session.family = "next"
        if act == "delta":
            part.pieces.append(text)
            out.delta(part.choice, _CHANNELS[kind], text)
        else:
            self._settle(part, text, out)
            part.done = True

    def _next_tool(self, kind: str, body: dict[str, Any], out: Assembly) -> None:
        session, call = body.get("sessionID"), _str(body.get("callID"))
        self._session(session).family = "next"
        choice = self._choice(session, out)
        name = body.get("tool" if kind == "tool.called" else "name")
        channel = out.tool_call(choice, None, id=call or None, name=name if type(name) is str else None)
        if kind == "tool.input.delta":
            if type(text := body.get("delta")) is str:
                out.delta(choice, channel, text)
        elif kind == "tool.input.ended":
            if type(text := body.get("text")) is str:
                out.snapshot(choice, channel, text)
        elif kind == "tool.called" and (choice, channel) not in out.now.channels and body.get("input") is not None:
            out.delta(choice, channel, _json(body["input"]))

    # ------------------------------------------------------------------ messages, errors, retries
    def _other(self, kind: str, body: dict[str, Any], out: Assembly) -> None:
        match kind:
            case "message.updated":
                info = body.get("info")
                if type(info) is dict:
                    self._message(info, body, out)
            case "session.error":
                self._error(body.get("sessionID"), body.get("error"), out)
            case "session.status":
                status = body.get("status")
                if type(status) is dict and status.get("type") == "retry":
                    self._retry(status.get("attempt"), status.get("message"), out)

    def _message(self, info: dict[str, Any], body: dict[str, Any], out: Assembly) -> None:
        id, role, session = _str(info.get("id")), info.get("role"), info.get("sessionID") or body.get("sessionID")
        if type(role) is not str:
            return
        known = self._roles.get(id)
        self._roles[id] = role
        if role != "assistant":
            return
        self._set_model(self._session(session), info.get("modelID"), out)
        if known is None:
            for part in [p for p in self._parts.values() if p.muted and p.message == id]:
                self._unmute(part, session, out)
        error = info.get("error")
        if type(error) is dict and not self._session(session).failed:
            self._error(session, error, out)

    def _error(self, id: Any, error: Any, out: Assembly) -> None:
        session = self._session(id)
        if type(error) is dict and (error.get("name") == "MessageAbortedError" or error.get("type") == "aborted"):
            if not session.failed:
                out.find(
                    "order/missing-terminal",
                    "the user or the client aborted the answer",
                    severity=Severity.NOTE,
                    choice=session.choice,
                    evidence={"missing": "the rest"},
                )
            session.failed, session.step = True, None
            return
        session.failed, session.step = True, None
        out.error({"type": "session.error", "properties": {"error": error}})

    def _retry(self, attempt: Any, error: Any, out: Assembly) -> None:
        """The client tries again after an error: the bus goes on, so the error is told and ends nothing."""
        said = error.get("message") if type(error) is dict else error
        found = classify_error(body=error if type(error) is dict or type(error) is str else "")
        kind = found.error_class if found is not None else "unknown"
        out.find(
            f"provider/{kind}",
            f"the client tries again (attempt {attempt!r:.20}): {said[:200] if type(said) is str else 'no reason given'}",
            severity=Severity.NOTE,
            evidence={
                "retried": True,
                "rule": found.rule if found is not None else "none",
                "code": found.code if found is not None else None,
            },
        )

    # ------------------------------------------------------------------ ends
    def text_event(self, text: str, out: Assembly) -> bool:
        return False

    def close(self, out: Assembly) -> None:
        for session in self._sessions.values():
            if session.step is not None:
                out.missing_terminal("the end of the step that is open", severity=Severity.NOTE)
            elif session.choice is not None and session.finish is not None:
                # Only now: an agent's session goes on after "tool-calls".
                out.finish(session.choice, session.finish)
        if self._early:
            chars = sum(len(text) for texts in self._early.values() for text in texts)
            out.find(
                "order/block-balance",
                f"{chars} characters came for {len(self._early)} parts that were never shown: a reader cannot tell what they are",
                severity=Severity.NOTE,
                evidence={"parts": [*self._early][:8], "chars": chars},
            )


def _str(value: Any) -> str:
    return value if type(value) is str else ""


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):  # nested as deep as the reader could follow; an integer of over 4,300 digits
        return ""


def _add(total: dict[str, Any], tokens: dict[str, Any]) -> None:
    """Add the counts of one step to those of the session, `cache` {read, write} included."""
    for name, count in tokens.items():
        before = total.get(name)
        if type(count) is dict:
            inner = {**before} if type(before) is dict else {}
            _add(inner, {k: v for k, v in count.items() if type(v) is not dict})
            total[name] = inner
        elif type(count) in (int, float) and abs(count) < _MAX_COUNT:
            total[name] = count + (before if type(before) in (int, float) else 0)
