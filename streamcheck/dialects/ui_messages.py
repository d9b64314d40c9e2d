"""What Vercel's AI SDK sends from a server to its chat hooks: UI message stream v1 (version 5 and later), data stream (up to 4).

In:   v1: unnamed SSE events with `type` (text-delta, tool-input-available, finish ...), then "[DONE]".
      Up to 4: lines `<code>:<json>`, as events named "v4:<code>"; wire/data_stream_v4.py reads them.
Out:  reasoning, content and tool calls of choice 0. Parts are joined in the order of their deltas, whatever their ids.
Rule: v1: start, then steps (start-step, parts, finish-step), finish, "[DONE]". A delta or an end needs an open start of the same id
      and kind: the SDK's own reader throws without one. finish-step closes every text and reasoning part, so "txt-0" may come again.
      Legal and silent: no steps at all; a part that is never ended; several parts open at once; data-*, source-*, file, metadata and
      tool outputs anywhere; an output for a call of an earlier message; input that differs from the sum of its deltas (a schema
      fills in defaults); unknown types. `error` and `abort` end a message without finish.
      Up to 4: f opens a step, e ends one, d ends the message. Streams before 4.0 have no f and no e.
"""

__all__ = ("UiMessages",)

import json
from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity

# Words that no other dialect has; "start", "finish", "error", "abort" and "file" are told by their other keys.
_OWN_WORDS = frozenset(
    {
        "start-step", "finish-step", "message-metadata", "source-url", "source-document",
        "text-start", "text-end", "reasoning-start", "reasoning-end",
        "tool-input-start", "tool-input-delta", "tool-input-available", "tool-input-error",
        "tool-output-available", "tool-output-error", "tool-output-denied", "tool-approval-request",
    }
)  # fmt: skip
_PLAIN_KEYS = {
    "start": frozenset({"type", "messageId", "messageMetadata"}),
    "finish": frozenset({"type", "finishReason", "messageMetadata"}),
    "abort": frozenset({"type", "reason"}),
}
_CODES = frozenset("02389abcdefghijk")  # the data stream's, version 3 to 4


class UiMessages:
    """ui-messages."""

    name: ClassVar[str] = "ui-messages"

    def __init__(self) -> None:
        self._started = False  # `start` was seen, or a first step of the data stream
        self._marked = False  # [DONE] was seen
        self._aborted = False
        self._data_stream = False
        self._in_step = False  # data stream: f without its e or d
        self._calls: set[str] = set()  # tool calls whose input is streamed

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if event.startswith("v4:"):
            return 95 if event[3:] in _CODES else 50
        if type(value) is not dict:
            return 0
        kind = value.get("type")
        if type(kind) is not str:
            return 0
        if kind in _OWN_WORDS:
            return 95
        if kind in ("text-delta", "reasoning-delta"):
            return 90 if "id" in value and "delta" in value else 0
        if kind in _PLAIN_KEYS:
            return 60 if value.keys() <= _PLAIN_KEYS[kind] else 0
        if kind == "error":
            return 80 if type(value.get("errorText")) is str else 0
        return 50 if kind.startswith("data-") and "data" in value else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if event.startswith("v4:"):
            self._line(event[3:], value, out)
            return
        if type(value) is not dict:
            return
        kind = value.get("type")
        if kind == "text-delta":
            self._delta("content", "text", value, out)
        elif kind == "reasoning-delta":
            self._delta("reasoning", "reasoning", value, out)
        elif type(kind) is str:
            self._other(kind, value, out)

    # ------------------------------------------------------------------ v1
    def _delta(self, channel: str, kind: str, value: dict[str, Any], out: Assembly) -> None:
        text = value.get("delta")
        if type(text) is str:
            out.in_block((kind, _key(value.get("id"))), f"{kind} part")
            out.delta(0, channel, text)

    def _other(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        match kind:
            case "text-start" | "reasoning-start":
                _open(kind.removesuffix("-start"), value, out)
            case "text-end" | "reasoning-end":
                part = kind.removesuffix("-end")
                out.close_block((part, _key(value.get("id"))), f"{part} part")
            case "start":
                self._start(value.get("messageId"), out)
            case "finish-step":
                out.now.open_blocks.clear()
            case "finish":
                self._finish(value, out)
            case "tool-input-start" | "tool-input-delta" | "tool-input-available" | "tool-input-error":
                self._tool_input(kind, value, out)
            case "error":
                out.error({"error": {"message": value.get("errorText")}})
            case "abort":
                self._abort(value.get("reason"), out)

    def _start(self, id: Any, out: Assembly) -> None:
        segment = out.now
        out.identity(id if type(id) is str else None, starts=True)
        if out.now is not segment:
            self._calls.clear()
        elif self._started:
            out.find("order/duplicate-event", "the message is started a second time; nothing was said before")
        self._started = True

    def _finish(self, value: dict[str, Any], out: Assembly) -> None:
        out.now.open_blocks.clear()
        out.finish(0, value.get("finishReason"))
        out.terminal()

    def _abort(self, reason: Any, out: Assembly) -> None:
        self._aborted = True
        why = f": {reason[:80]!r}" if type(reason) is str and reason else ""
        out.find(
            "order/missing-terminal",
            f"the answer was aborted, and says so{why}",
            severity=Severity.NOTE,
            evidence={"missing": "the rest"},
        )

    def _tool_input(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        id, name = value.get("toolCallId"), value.get("toolName")
        id = id if type(id) is str else ""
        name = name if type(name) is str and name else None
        if kind == "tool-input-delta":
            text = value.get("inputTextDelta")
            if id not in self._calls:
                out.find("order/block-balance", f"input for tool call {id!r}, which was not started", evidence={"block": id})
                self._calls.add(id)
            out.tool_call(0, None, id=id or None, arguments=text if type(text) is str else None)
            return
        if kind == "tool-input-start":
            self._calls.add(id)
            out.tool_call(0, None, id=id or None, name=name)
            return
        _whole_input(id, name, value.get("input"), out)

    # ------------------------------------------------------------------ the data stream
    def _line(self, code: str, value: Any, out: Assembly) -> None:
        self._data_stream = True
        if type(value) is str:
            if code == "0":
                out.delta(0, "content", value)
            elif code == "g":
                out.delta(0, "reasoning", value)
            elif code == "3":
                out.error({"error": {"message": value}})
            return
        if type(value) is not dict:
            return
        match code:
            case "f":
                self._step(value.get("messageId"), out)
            case "b" | "c" | "9":
                self._tool_line(code, value, out)
            case "e":
                self._in_step = False
            case "d":
                self._in_step = False
                usage = value.get("usage")
                if type(usage) is dict:
                    out.usage({name: count for name, count in usage.items() if count is not None})
                out.finish(0, value.get("finishReason"))
                out.terminal()

    def _step(self, id: Any, out: Assembly) -> None:
        """A step opens. Each step may have an id of its own; one that opens inside another is another response."""
        id = id if type(id) is str else None
        segment = out.now
        if self._in_step or segment.ended is not None:
            out.identity(id, starts=True)
            if out.now is segment and self._in_step:
                out.find("order/duplicate-event", "a step is opened a second time; nothing was said before")
            elif out.now is not segment:
                self._calls.clear()
        elif segment.id is None:
            out.identity(id)
        self._in_step = True

    def _tool_line(self, code: str, value: dict[str, Any], out: Assembly) -> None:
        id, name = value.get("toolCallId"), value.get("toolName")
        id = id if type(id) is str else ""
        name = name if type(name) is str and name else None
        if code == "9":
            _whole_input(id, name, value.get("args"), out)
        else:
            text = value.get("argsTextDelta")
            out.tool_call(0, None, id=id or None, name=name, arguments=text if code == "c" and type(text) is str else None)

    # ------------------------------------------------------------------ ends
    def text_event(self, text: str, out: Assembly) -> bool:
        if not text.startswith("[DONE]"):
            return False
        self._marked = True
        return True

    def close(self, out: Assembly) -> None:
        now = out.now
        if self._aborted:
            return
        if now.ended is None:
            out.missing_terminal("finish_message (d)" if self._data_stream else "finish")
        elif not self._marked and not self._data_stream:
            out.missing_terminal("[DONE]", severity=Severity.NOTE)


def _key(id: Any) -> str | int | None:
    """Return an id as a key; the SDK wants strings, other writers send numbers."""
    return id if type(id) is str or type(id) is int else None


def _open(kind: str, value: dict[str, Any], out: Assembly) -> None:
    """A part begins. The SDK's reader takes a second start for a new part, so this is no more than a note."""
    key = (kind, _key(value.get("id")))
    if key in out.now.open_blocks:
        out.find(
            "order/block-balance",
            f"{kind} part {key[1]!r} is opened while it is open",
            severity=Severity.NOTE,
            evidence={"block": str(key[1])},
        )
    out.now.open_blocks[key] = kind


def _whole_input(id: str, name: str | None, value: Any, out: Assembly) -> None:
    """Take a tool call's whole input where no deltas came. A string is the input of a tool that takes free text."""
    free = type(value) is str
    channel = out.tool_call(0, None, id=id or None, name=name, json=not free)
    if free:
        for tool in out.now.tools:
            if tool.choice == 0 and tool.channel == channel:
                tool.json = False
    if (0, channel) not in out.now.channels and value is not None:
        out.delta(0, channel, value if type(value) is str else _json(value))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):  # nested as deep as the reader could follow; an integer of over 4,300 digits
        return ""
