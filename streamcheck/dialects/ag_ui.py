"""AG-UI, the events between agent and front end, and CopilotKit's GraphQL answers that came before them.

In:   unnamed SSE events with an upper-case `type` (RUN_STARTED, TEXT_MESSAGE_CONTENT ...);
      or JSON {data: {generateCopilotResponse: {messages: [...]}}}, whole or in incremental parts, or {... {response: "text"}}, which
      routers written at home answer.
Out:  reasoning, content and tool calls of choice 0: what the assistant says, all messages joined in the order of their deltas.
Rule: the reference verifier's: RUN_STARTED (or RUN_ERROR) first; content, arguments and ends only inside what was started; nothing
      left open at RUN_FINISHED; after it only another RUN_STARTED, which is a second run of the same stream, or RUN_ERROR; nothing
      after RUN_ERROR. A RUN_STARTED inside an open run is a second response.
      Legal and silent: empty deltas; several messages open at once; *_CHUNK events, which open and close by themselves; reasoning
      without its START (the verifier does not look at it); unknown types. MESSAGES_SNAPSHOT and RUN_FINISHED.result repeat texts:
      they are never added, and a snapshot that says something else is a note.
"""

__all__ = ("AgUi",)

from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity

_FAMILIES = (
    "TEXT_MESSAGE_",
    "TOOL_CALL_",
    "REASONING_",
    "THINKING_",
    "RUN_",
    "STEP_",
    "STATE_",
    "MESSAGES_",
    "ACTIVITY_",
    "SUBAGENT_",
)
_TYPES = frozenset(
    {
        "RUN_STARTED", "RUN_FINISHED", "RUN_ERROR", "STEP_STARTED", "STEP_FINISHED",
        "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END", "TEXT_MESSAGE_CHUNK",
        "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_CHUNK", "TOOL_CALL_RESULT",
        "REASONING_START", "REASONING_END", "REASONING_MESSAGE_START", "REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_END",
        "REASONING_MESSAGE_CHUNK", "REASONING_ENCRYPTED_VALUE",
        "THINKING_START", "THINKING_END", "THINKING_TEXT_MESSAGE_START", "THINKING_TEXT_MESSAGE_CONTENT", "THINKING_TEXT_MESSAGE_END",
        "STATE_SNAPSHOT", "STATE_DELTA", "MESSAGES_SNAPSHOT", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "RAW", "CUSTOM",
    }
)  # fmt: skip
# What may stand between two chunks of one message; everything else ends the message.
_ASIDE = (
    "RAW",
    "ACTIVITY_",
    "REASONING_ENCRYPTED_VALUE",
    "SUBAGENT_",
    "TEXT_MESSAGE_CHUNK",
    "TOOL_CALL_CHUNK",
    "REASONING_MESSAGE_CHUNK",
)
_OPERATIONS = ("generateCopilotResponse", "createChatCompletion")  # the second one until CopilotKit 1.0
_NAMES = {"text": "text message", "tool": "tool call", "step": "step"}


class AgUi:
    """ag-ui."""

    name: ClassVar[str] = "ag-ui"

    def __init__(self) -> None:
        self._run = "none"  # none | open | finished | failed
        self._headless = False  # the run's beginning was not seen
        self._run_id: str | None = None
        self._chunk: tuple[str, str | None] | None = None  # the message that chunks have opened
        self._others: set[str | None] = set()  # messages that are not the assistant's
        self._said: set[str | None] = set()  # ended messages of the assistant
        self._late = False  # an event after the end was found
        self._graphql = False
        self._complete = False  # GraphQL: the part with hasNext: false
        self._messages: dict[int, str | None] = {}  # GraphQL: the channel of each message

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        kind = value.get("type")
        if type(kind) is str and kind.isupper():
            if kind in _TYPES:
                return 100 if kind not in ("RAW", "CUSTOM") else 60
            return 80 if kind.startswith(_FAMILIES) else 0
        data = value.get("data")
        if type(data) is dict and any(type(data.get(name)) is dict for name in _OPERATIONS):
            return 95
        return 60 if type(value.get("incremental")) is list and "hasNext" in value else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        kind = value.get("type")
        if type(kind) is not str:
            self._graphql_part(value, out)
            return
        if self._run != "open":
            self._outside(kind, out)
        if self._chunk is not None and not kind.startswith(_ASIDE):
            self._end_chunk(out)
        if kind == "TEXT_MESSAGE_CONTENT":
            id, text = _id(value.get("messageId")), value.get("delta")
            out.in_block(("text", id), "text message")
            if type(text) is str and id not in self._others:
                out.delta(0, "content", text, part=("text", id))
        elif kind == "REASONING_MESSAGE_CONTENT" or kind == "THINKING_TEXT_MESSAGE_CONTENT":
            text = value.get("delta")
            if type(text) is str:
                out.delta(0, "reasoning", text)
        elif kind == "TOOL_CALL_ARGS":
            id, text = _id(value.get("toolCallId")), value.get("delta")
            out.in_block(("tool", id), "tool call")
            out.tool_call(0, None, id=id or None, arguments=text if type(text) is str else None)
        else:
            self._other(kind, value, out)

    # ------------------------------------------------------------------ the run
    def _outside(self, kind: str, out: Assembly) -> None:
        """An event while no run is open."""
        if kind not in _TYPES or kind == "RUN_STARTED":
            return
        if self._run == "none":
            if kind != "RUN_ERROR":
                out.find(
                    "order/block-balance", f"the stream begins with {kind}, before any RUN_STARTED", evidence={"first": kind}
                )
                self._run, self._headless = "open", True
        elif not (kind == "RUN_ERROR" and self._run == "finished") and not self._late:
            # Text is the assembly's to judge: there it is an error.
            self._late = True
            last = "RUN_FINISHED" if self._run == "finished" else "RUN_ERROR"
            out.find(
                "order/after-terminal",
                f"{kind} comes after {last}",
                severity=Severity.WARNING,
                evidence={"type": kind, "after": last},
            )

    def _start_run(self, value: dict[str, Any], out: Assembly) -> None:
        id, segment = _id(value.get("runId")), out.now
        if self._run == "finished":
            # A second run in one stream is legal, and goes on with the same message.
            segment.ended, segment.over = None, bool(segment.finish_reasons)
        else:
            out.identity(id, starts=True)
            if self._run == "open" and not self._headless and out.now is segment:
                out.find(
                    "order/duplicate-event", "the run is started a second time; nothing was said before", evidence={"run": id}
                )
        out.now.open_blocks.clear()
        self._run, self._headless, self._late, self._run_id, self._chunk = "open", False, False, id, None

    def _finish_run(self, value: dict[str, Any], out: Assembly) -> None:
        now, id = out.now, _id(value.get("runId"))
        if now.open_blocks:
            left = [f"{_NAMES[str(key[0])]} {key[1]!r}" for key in now.open_blocks if isinstance(key, tuple)]
            out.find(
                "order/block-balance", f"RUN_FINISHED while {', '.join(left[:4])} is still open", evidence={"open": left[:16]}
            )
            now.open_blocks.clear()
        if id and self._run_id and id != self._run_id:
            out.find(
                "order/identity-change",
                f"run {self._run_id!r} is finished as {id!r}",
                severity=Severity.NOTE,
                evidence={"ids": [self._run_id, id]},
            )
        out.usage(value.get("usage"))
        out.terminal()
        if self._run != "failed":
            self._run = "finished"

    def _other(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        match kind:
            case "RUN_STARTED":
                self._start_run(value, out)
            case "RUN_FINISHED":
                self._finish_run(value, out)
            case "RUN_ERROR":
                out.error({"error": {"message": value.get("message"), "code": value.get("code")}})
                out.now.open_blocks.clear()
                out.terminal()
                self._run = "failed"
            case "TEXT_MESSAGE_START":
                id = _id(value.get("messageId"))
                out.open_block(("text", id), "text message")
                self._set_role(id, value)
            case "TEXT_MESSAGE_END":
                id = _id(value.get("messageId"))
                out.close_block(("text", id), "text message")
                if id not in self._others:
                    self._said.add(id)
            case "TOOL_CALL_START":
                id = _id(value.get("toolCallId"))
                out.open_block(("tool", id), "tool call")
                out.tool_call(0, None, id=id, name=_id(value.get("toolCallName")))
            case "TOOL_CALL_END":
                out.close_block(("tool", _id(value.get("toolCallId"))), "tool call")
            case "STEP_STARTED":
                out.open_block(("step", _id(value.get("stepName"))), "step")
            case "STEP_FINISHED":
                out.close_block(("step", _id(value.get("stepName"))), "step")
            case "TEXT_MESSAGE_CHUNK":
                id = self._in_chunk("text", value.get("messageId"), value, out)
                text = value.get("delta")
                if type(text) is str and id not in self._others:
                    out.delta(0, "content", text, part=("text", id))
            case "TOOL_CALL_CHUNK":
                id = self._in_chunk("tool", value.get("toolCallId"), value, out)
                text = value.get("delta")
                out.tool_call(0, None, id=id, name=_id(value.get("toolCallName")), arguments=text if type(text) is str else None)
            case "REASONING_MESSAGE_CHUNK":
                self._in_chunk("reasoning", value.get("messageId"), value, out)
                text = value.get("delta")
                if type(text) is str:
                    out.delta(0, "reasoning", text)
            case "MESSAGES_SNAPSHOT":
                self._compare(value.get("messages"), out)

    def _set_role(self, id: str | None, value: dict[str, Any]) -> None:
        if value.get("role") in ("user", "system", "developer"):
            self._others.add(id)
        else:
            self._others.discard(id)

    # ------------------------------------------------------------------ chunks
    def _in_chunk(self, kind: str, named: Any, value: dict[str, Any], out: Assembly) -> str | None:
        """Return the message or call that a chunk belongs to: the first one of it names it and opens it."""
        id, open_ = _id(named), self._chunk
        if open_ is not None and open_[0] == kind and (id is None or id == open_[1]):
            return open_[1]
        if open_ is not None:
            self._end_chunk(out)
        self._chunk = (kind, id)
        if id is None:
            out.find("order/block-balance", f"the first {kind} chunk names nothing that it belongs to", evidence={"block": None})
        if kind != "reasoning":
            out.open_block((kind, id), _NAMES[kind])
        if kind == "text":
            self._set_role(id, value)
        return id

    def _end_chunk(self, out: Assembly) -> None:
        chunk, self._chunk = self._chunk, None
        if chunk is not None:
            out.now.open_blocks.pop(chunk, None)
            if chunk[0] == "text" and chunk[1] not in self._others:
                self._said.add(chunk[1])

    def _compare(self, messages: Any, out: Assembly) -> None:
        """A snapshot of the conversation repeats whole texts. A server may shorten or rewrite them there, so a difference is a note."""
        for message in messages if type(messages) is list else ():
            if type(message) is not dict or type(message.get("content")) is not str:
                continue
            id, text = _id(message.get("id")), message["content"]
            pieces = out.now.parts.get(("text", id))
            if id in self._said and pieces is not None and "".join(pieces) != text:
                self._said.discard(id)
                out.find(
                    "order/done-mismatch",
                    f"the snapshot has {len(text)} characters for message {id!r}, its deltas add up to {sum(map(len, pieces))}",
                    severity=Severity.NOTE,
                    choice=0,
                    channel="content",
                    evidence={"delta_chars": sum(map(len, pieces)), "final_chars": len(text)},
                )

    # ------------------------------------------------------------------ GraphQL
    def _graphql_part(self, value: dict[str, Any], out: Assembly) -> None:
        data, later = value.get("data"), value.get("incremental")
        answer = next((a for name in _OPERATIONS if type(a := data.get(name)) is dict), None) if type(data) is dict else None
        if answer is None and type(later) is not list and "hasNext" not in value:
            return
        self._graphql = True
        more = value.get("hasNext")
        if answer is not None:
            out.now.whole = more is not True
            self._answer(answer, out)
        for part in later if type(later) is list else ():
            if type(part) is dict:
                self._increment(part, out)
        errors = value.get("errors")
        if type(errors) is list and errors and type(errors[0]) is dict:
            self._failed(errors[0].get("message"), errors[0].get("extensions"), out)
        if more is False:
            self._complete = True
            out.terminal()

    def _answer(self, answer: dict[str, Any], out: Assembly) -> None:
        model = answer.get("model")
        out.identity(_id(answer.get("runId")) or _id(answer.get("threadId")), model=model if type(model) is str else None)
        self._add_messages(0, answer.get("messages"), out)
        text = answer.get("response")
        if type(text) is str:
            out.delta(0, "content", text)
        self._judge_status(answer.get("status"), out)

    def _add_messages(self, first: int, messages: Any, out: Assembly) -> None:
        for index, message in enumerate(messages if type(messages) is list else (), first):
            if type(message) is not dict:
                continue
            role = message.get("role")
            kind = message.get("__typename")
            if kind == "ActionExecutionMessageOutput" or "arguments" in message:
                channel = out.tool_call(0, None, id=_id(message.get("id")), name=_id(message.get("name")))
                self._messages[index] = channel
                self._add_text(index, message.get("arguments"), out)
            elif "content" in message and (type(role) is not str or role.lower() == "assistant"):
                self._messages[index] = "content"
                self._add_text(index, message.get("content"), out)
            self._judge_status(message.get("status"), out)

    def _add_text(self, index: int, pieces: Any, out: Assembly) -> None:
        channel = self._messages.get(index)
        if channel is None:
            return
        for text in (pieces,) if type(pieces) is str else pieces if type(pieces) is list else ():
            if type(text) is str:
                out.delta(0, channel, text)

    def _increment(self, part: dict[str, Any], out: Assembly) -> None:
        """A later part says where it belongs: [operation, "messages", n, "content", m] for text, shorter for whole messages."""
        path, items, data = part.get("path"), part.get("items"), part.get("data")
        if type(path) is not list:
            return
        index = path[2] if len(path) > 2 and type(path[2]) is int and path[1] == "messages" else None
        if type(items) is list and index is not None:
            if len(path) == 3:
                self._add_messages(index, items, out)
            elif path[3] in ("content", "arguments"):
                self._add_text(index, items, out)
        if type(data) is dict:
            self._judge_status(data.get("status"), out)

    def _judge_status(self, status: Any, out: Assembly) -> None:
        if type(status) is dict and type(code := status.get("code")) is str and code.lower() == "failed":
            self._failed(status.get("reason"), status.get("details"), out)

    def _failed(self, message: Any, details: Any, out: Assembly) -> None:
        inner = details if type(details) is dict else {}
        said = next(
            (t for t in (inner.get("description"), inner.get("message"), message) if type(t) is str and t), "the run failed"
        )
        out.error({"error": {"message": said, "code": inner.get("code"), "type": message if said != message else None}})

    # ------------------------------------------------------------------ ends
    def text_event(self, text: str, out: Assembly) -> bool:
        return text.startswith("[DONE]")  # not of this dialect; some servers send it after RUN_FINISHED all the same

    def close(self, out: Assembly) -> None:
        if self._graphql:
            if not out.now.whole and not self._complete:
                out.missing_terminal("the part with hasNext: false")
        elif self._run in ("none", "open"):
            out.missing_terminal("RUN_FINISHED")


def _id(value: Any) -> str | None:
    return value if type(value) is str and value else None
