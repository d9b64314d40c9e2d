"""Anthropic Messages: the provider's own wire, and the servers and gateways that speak it.

In:   events named as their `type`: message_start, content_block_start/_delta/_stop, message_delta, message_stop, ping, error; or one
      whole message; or the older text completions ("completion" events).
Out:  content (text blocks), reasoning (thinking blocks), one tool call for each tool_use, server_tool_use and mcp_tool_use block.
Rule: one message_start; blocks numbered from 0, each opened, fed with the deltas that fit it, closed; a message_delta with the stop
      reason; message_stop last, and it alone is the end. Text in content_block_start comes before the block's deltas; `input` in it
      counts when no delta follows.
      Legal and silent: ping anywhere, also after the end (gateways send one with a `cost`); no signature; usage missing, zero or only
      at the end (Z.ai); whole results of server tools in content_block_start; unknown events, blocks and deltas; "[DONE]" (OpenRouter);
      no block at all (refusal, stop sequence). A note: two blocks open at once (Z.ai), a block that is never closed.
"""

__all__ = ("AnthropicMessages",)

import json
from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity
from streamcheck.segments import Segment

_EVENTS = frozenset(
    {"message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"}
)
_KNOWN_DELTAS = {
    "text_delta": ("text",),
    "citations_delta": ("text",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("thinking",),
    "input_json_delta": ("tool_use", "server_tool_use", "mcp_tool_use"),
}
_KNOWN_BLOCKS = frozenset(kind for kinds in _KNOWN_DELTAS.values() for kind in kinds) | {"redacted_thinking"}


_TEXTS = {"text": "content", "thinking": "reasoning"}  # field of a delta -> channel


class _Block:
    """One content block of the present message."""

    __slots__ = ("fed", "given", "kind", "open", "signed", "tool")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.open = True
        self.tool: int | None = None  # which tool call of the message it is
        self.given: Any = None  # the input that content_block_start brought
        self.fed = False
        self.signed = False


class _Turn:
    """What a message has shown so far; a second response in the same body has its own."""

    __slots__ = ("blocks", "given", "initial", "next_index", "said", "started", "tools")

    def __init__(self) -> None:
        self.started = False
        self.blocks: dict[int, _Block] = {}
        self.next_index = 0
        self.tools = 0
        self.initial: Any = None  # content that message_start brought: a continuation, or the whole message
        self.given: Any = None  # stop reason that message_start brought
        self.said: set[str] = set()  # findings that are made once a message


class AnthropicMessages:
    """anthropic-messages."""

    name: ClassVar[str] = "anthropic-messages"

    def __init__(self) -> None:
        self._end = "message_stop"
        self._segment: Segment | None = None
        self._turns: dict[int, _Turn] = {}
        self._turn = _Turn()
        self._last: Any = None  # the value before
        self._text: tuple[dict[str, Any], str, str] | None = None  # delta, field, channel: all that its next ones can differ in

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        kind = value.get("type")
        if type(kind) is not str:
            if event in _EVENTS:
                return 80
            return 60 if type(value.get("completion")) is str and "stop_reason" in value else 0
        if kind in _EVENTS:
            return 95
        if kind == "message":
            if type(value.get("content")) is not list:
                return 0
            return 90 if "stop_reason" in value else 60 if value.get("role") == "assistant" else 0
        if kind == "completion":
            return 90 if type(value.get("completion")) is str else 0
        if kind == "error" and event == "error":
            error = value.get("error")
            return 60 if type(error) is dict and "type" in error and "sequence_number" not in value else 0
        return 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if value is self._last and self._text is not None:
            # The reader (wire/documents.py) gives the same object again for a document that differs in one string only.
            delta, field, channel = self._text
            out.delta(0, channel, delta[field])
            return
        self._text = None
        self._feed(event, value, out)
        if value is self._last:
            container, field = out.hole
            if field in _TEXTS and container is value.get("delta") and container.get("type") == f"{field}_delta":
                self._text = (container, field, _TEXTS[field])
        self._last = value

    def _feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        kind = value.get("type")
        if type(kind) is not str:
            kind = event
        if out.now is not self._segment:
            self._switch(out)
        match kind:
            case "content_block_delta":
                self._block_delta(value, out)
            case "content_block_start":
                self._block_start(value, out)
            case "content_block_stop":
                self._block_stop(value.get("index"), out)
            case "message_start":
                self._message_start(value, out)
            case "message_delta":
                self._message_delta(value, out)
            case "message_stop":
                self._message_stop(out)
            case "error":
                out.error(value)
            case "message":
                if type(value.get("content")) is list:
                    self._whole(value, out)
                elif value.get("error"):
                    out.error(value)
            case "completion":
                self._completion(value, out)

    def _switch(self, out: Assembly) -> None:
        """Go to the state of the response that is now the present one."""
        self._segment = out.now
        self._turn = self._turns.setdefault(out.now.number, _Turn())

    def _once(self, key: str) -> bool:
        said = self._turn.said
        if key in said:
            return False
        said.add(key)
        return True

    # ------------------------------------------------------------------ the message
    def _message_start(self, value: dict[str, Any], out: Assembly) -> None:
        message = value.get("message")
        if type(message) is not dict:
            message = {}
        id, model = message.get("id"), message.get("model")
        id = id if type(id) is str else None
        before, last = out.now, out.now.id
        out.identity(id, model=model if type(model) is str else None, starts=True)
        if out.now is not before:
            self._switch(out)
        elif self._turn.started:
            out.opened_again("message_start", last, id)
            self._turn = self._turns[before.number] = _Turn()
        turn = self._turn
        turn.started = True
        turn.initial = message.get("content")
        turn.given = message.get("stop_reason")
        out.usage(message.get("usage"))

    def _message_delta(self, value: dict[str, Any], out: Assembly) -> None:
        delta = value.get("delta")
        if out.now.ended is not None and self._once("delta-after-stop"):
            out.find("order/after-terminal", "message_delta comes after message_stop", severity=Severity.WARNING)
        if type(delta) is dict:
            out.finish(0, delta.get("stop_reason"))
        out.usage(value.get("usage"))

    def _message_stop(self, out: Assembly) -> None:
        now, turn = out.now, self._turn
        if now.ended is not None:
            if self._once("stop-again"):
                out.find("order/duplicate-event", "message_stop comes again", evidence={"ended_at_event": now.ended})
            return
        if not turn.blocks and type(turn.initial) is list:
            self._blocks(turn.initial, out)
        if not now.finish_reasons:
            out.finish(0, turn.given)
        unclosed = [index for index, block in turn.blocks.items() if block.open]
        if not now.finish_reasons:
            out.missing_terminal("message_delta with a stop_reason before its message_stop")
        elif unclosed:
            out.find(
                "order/block-balance",
                f"the message ends and its block {unclosed[0]} was not closed",
                severity=Severity.NOTE,
                evidence={"blocks": unclosed[:16]},
            )
        for block in turn.blocks.values():
            self._take_given(block, out)
        if now.finish_reasons.get(0) == "end_turn" and any(block.kind == "tool_use" for block in turn.blocks.values()):
            out.find(
                "order/finish-reason",
                "stop reason 'end_turn' and a tool call that waits for its result",
                severity=Severity.NOTE,
                choice=0,
                evidence={"finish_reason": "end_turn"},
            )
        out.terminal()

    # ------------------------------------------------------------------ blocks
    def _block_start(self, value: dict[str, Any], out: Assembly) -> None:
        turn = self._turn
        if not turn.started:
            self._headless(out)
        block = value.get("content_block")
        if type(block) is not dict:
            block = {}
        index = value.get("index")
        if type(index) is not int:
            index = turn.next_index
        if out.now.ended is not None and self._once("block-after-stop"):
            out.find(
                "order/after-terminal", f"block {index} begins after message_stop", evidence={"ended_at_event": out.now.ended}
            )
        self._hold_index(index, out)
        turn.next_index = max(turn.next_index, index + 1)
        kind = block.get("type")
        turn.blocks[index] = self._open(kind if type(kind) is str else "", block, out)

    def _hold_index(self, index: int, out: Assembly) -> None:
        turn = self._turn
        known = turn.blocks.get(index)
        if known is not None:
            if self._once(f"start {index}"):
                state = "is open" if known.open else "was closed"
                out.find("order/block-balance", f"block {index} is opened again; it {state}", evidence={"block": index})
            self._take_given(known, out)
        elif index != turn.next_index and self._once("index"):
            # A first block with another number is a gateway that took one away; a hole later on is a block that did not arrive.
            gap = turn.blocks and index > turn.next_index
            out.find(
                "order/block-balance",
                f"block {index} is opened where block {turn.next_index} was due",
                severity=None if gap else Severity.NOTE,
                evidence={"block": index, "due": turn.next_index},
            )
        if known is None and any(b.open for b in turn.blocks.values()) and self._once("overlap"):
            out.find(
                "order/block-balance",
                f"block {index} is opened before the one before it is closed",
                severity=Severity.NOTE,
                evidence={"open": [i for i, b in turn.blocks.items() if b.open][:16]},
            )

    def _open(self, kind: str, block: dict[str, Any], out: Assembly) -> _Block:
        """Return a new block, and say what its start already says."""
        new = _Block(kind)
        if kind == "text":
            if type(text := block.get("text")) is str:
                out.delta(0, "content", text)
        elif kind == "thinking":
            if type(text := block.get("thinking")) is str:
                out.delta(0, "reasoning", text)
            new.signed = bool(block.get("signature"))
        elif kind.endswith("tool_use"):
            id, name = block.get("id"), block.get("name")
            new.given = block.get("input")
            self._open_tool(new, id if type(id) is str else None, name if type(name) is str else None, out)
        return new

    def _open_tool(self, block: _Block, id: str | None, name: str | None, out: Assembly) -> int:
        block.tool = self._turn.tools
        self._turn.tools += 1
        out.tool_call(0, block.tool, id=id or None, name=name or None)
        return block.tool

    def _block_delta(self, value: dict[str, Any], out: Assembly) -> None:
        delta = value.get("delta")
        if type(delta) is not dict:
            return
        index = value.get("index")
        block = self._turn.blocks.get(index) if type(index) is int else None
        kind = delta.get("type")
        if kind == "text_delta":
            if block is None or block.kind != "text" or not block.open:
                self._misfit(index, block, kind, out)
            if type(text := delta.get("text")) is str:
                out.delta(0, "content", text)
        elif kind == "thinking_delta":
            if block is None or block.kind != "thinking" or not block.open:
                self._misfit(index, block, kind, out)
            if type(text := delta.get("thinking")) is str:
                out.delta(0, "reasoning", text)
        elif kind == "input_json_delta":
            self._input_delta(index, block, delta.get("partial_json"), out)
        elif type(kind) is str and kind in _KNOWN_DELTAS:
            if block is None or block.kind not in _KNOWN_DELTAS[kind] or not block.open:
                self._misfit(index, block, kind, out)
            if kind == "signature_delta" and block is not None:
                self._sign(index, block, out)

    def _input_delta(self, index: Any, block: _Block | None, text: Any, out: Assembly) -> None:
        if block is None or not block.kind.endswith("tool_use") or not block.open:
            self._misfit(index, block, "input_json_delta", out)
        if type(text) is not str or not text:
            return  # nearly every call begins with an empty one
        if block is None:
            block = _Block("")
            if type(index) is int:
                self._turn.blocks[index] = block
        block.fed = True
        number = self._open_tool(block, None, None, out) if block.tool is None else block.tool
        out.tool_call(0, number, arguments=text)

    def _headless(self, out: Assembly) -> None:
        """A stream of this dialect cannot be resumed: without its message_start, the beginning is missing."""
        self._turn.started = True
        out.find("order/block-balance", "the message has no message_start: its beginning is missing")

    def _misfit(self, index: Any, block: _Block | None, delta: str, out: Assembly) -> None:
        """A delta for a block that is not open, or of a kind that the block cannot take."""
        if not self._turn.started:
            self._headless(out)
        index = index if type(index) is int else None
        if block is not None and block.open and block.kind in ("", *_KNOWN_DELTAS[delta]):
            return
        if block is None or not block.open:
            what = f"{delta} for block {index}, which {'is not open' if block is None else 'was closed'}"
        elif block.kind in _KNOWN_BLOCKS or block.kind.endswith("_tool_result"):
            what = f"{delta} in block {index}, a {block.kind} block"
        else:
            return  # a block that we do not know may take it
        if self._once(f"misfit {index}"):
            out.find(
                "order/block-balance", what, evidence={"block": index, "delta": delta, "kind": block.kind if block else None}
            )

    def _sign(self, index: Any, block: _Block, out: Assembly) -> None:
        if block.signed and self._once(f"signature {index}"):
            out.find(
                "order/block-balance",
                f"block {index} is signed twice: readers keep the last signature only",
                severity=Severity.NOTE,
                evidence={"block": index},
            )
        block.signed = True

    def _block_stop(self, index: Any, out: Assembly) -> None:
        if type(index) is not int:
            return
        block = self._turn.blocks.get(index)
        if block is None or not block.open:
            if self._once(f"stop {index}"):
                state = "was not open" if block is None else "had been closed"
                out.find("order/block-balance", f"block {index} is closed and {state}", evidence={"block": index})
            return
        block.open = False
        self._take_given(block, out)

    def _take_given(self, block: _Block, out: Assembly) -> None:
        """The input that came with the block's start is the whole of it when no delta followed."""
        given, block.given = block.given, None
        if block.tool is not None and not block.fed and given:
            out.tool_call(0, block.tool, arguments=_as_json(given))

    # ------------------------------------------------------------------ whole answers
    def _whole(self, value: dict[str, Any], out: Assembly) -> None:
        id, model = value.get("id"), value.get("model")
        out.identity(id if type(id) is str else None, model=model if type(model) is str else None)
        if out.now is not self._segment:
            self._switch(out)
        if out.now.channels or self._turn.started:
            return
        out.now.whole = True
        self._turn.started = True
        self._blocks(value["content"], out)
        out.usage(value.get("usage"))
        out.finish(0, value.get("stop_reason"))

    def _blocks(self, blocks: list[Any], out: Assembly) -> None:
        """Say whole content blocks."""
        for block in blocks:
            if type(block) is dict and type(kind := block.get("type")) is str:
                self._take_given(self._open(kind, block, out), out)

    def _completion(self, value: dict[str, Any], out: Assembly) -> None:
        """The older endpoint: text in `completion`, the end in `stop_reason`."""
        id, model, text = value.get("id"), value.get("model"), value.get("completion")
        out.identity(id if type(id) is str else None)
        out.now.model = out.now.model or (model if type(model) is str else None)
        if type(text) is str:
            out.delta(0, "content", text)
        self._end = "a completion with a stop_reason"
        reason = value.get("stop_reason")
        if type(reason) is str and reason:
            out.finish(0, reason)
            out.terminal()

    def text_event(self, text: str, out: Assembly) -> bool:
        return text.startswith("[DONE]")

    def close(self, out: Assembly) -> None:
        now = out.now
        if now is not self._segment:
            self._switch(out)
        for block in self._turn.blocks.values():
            self._take_given(block, out)
        if not now.whole and now.ended is None:
            out.missing_terminal(self._end)


def _as_json(value: Any) -> str:
    if type(value) is str:
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        return ""
