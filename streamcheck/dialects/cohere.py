"""Cohere: v2 chat as Server-Sent Events, v1 chat as NDJSON, generations in the old frames, and the whole answers of both.

In:   v2: {type, index?, delta{message{...}}}, named alike; v1: {event_type, is_finished, ...}.
Out:  content; reasoning (`thinking`, and the plan that precedes tool calls); tool calls. Citations and search results are no text.
Rule: v2: message-start; for each index content-start, content-delta*, content-end, or tool-call-start, -delta*, -end; message-end.
      v1: stream-start, text-generation*, stream-end, whose response.text is the sum of the texts.
      Legal and silent: "[DONE]" behind message-end or none; citations between contents; debug events; a tool call without arguments.
"""

__all__ = ("Cohere",)

import json
from typing import Any, ClassVar

from streamcheck.assembly import Assembly

_V2 = frozenset(
    {
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-plan-delta",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
        "citation-start",
        "citation-end",
        "message-end",
    }
)
_V1 = frozenset(
    {
        "stream-start",
        "text-generation",
        "search-queries-generation",
        "search-results",
        "citation-generation",
        "tool-calls-chunk",
        "tool-calls-generation",
        "stream-end",
    }
)
_WHOLE = frozenset({"COMPLETE", "STOP_SEQUENCE", "TOOL_CALL"})  # reasons that leave no part open


class Cohere:
    """cohere."""

    name: ClassVar[str] = "cohere"

    def __init__(self) -> None:
        self._opened: set[int] = set()  # segments that had their first event
        self._v1 = False

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        kind = value.get("type")
        if type(kind) is str:
            return 95 if kind in _V2 else 0
        kind = value.get("event_type")
        if type(kind) is str:
            return 95 if kind in _V1 else 0
        if event in _V2 and type(value.get("delta")) is dict:
            return 90
        if "generation_id" in value and "text" in value and ("response_id" in value or "chat_history" in value):
            return 90
        if type(value.get("is_finished")) is bool and (type(value.get("text")) is str or type(value.get("finish_reason")) is str):
            return 80
        message, usage = value.get("message"), value.get("usage")
        if type(message) is dict and type(usage) is dict and ("billed_units" in usage or "tokens" in usage):
            return 90 if type(value.get("finish_reason")) is str else 0
        return 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        kind = value.get("type")
        if type(kind) is str:
            self._read_v2(kind, value, out)
            return
        kind = value.get("event_type")
        if type(kind) is str:
            self._v1 = True
            self._read_v1(kind, value, out)
        elif type(value.get("is_finished")) is bool:
            self._v1 = True
            self._read_v1("stream-end" if value["is_finished"] else "text-generation", value, out)
        elif event in _V2:
            self._read_v2(event, value, out)
        elif "finish_reason" in value and (type(value.get("message")) is dict or "text" in value):
            self._read_whole(value, out)
        elif value.get("error") or event == "error" or type(value.get("message")) is str:
            out.error(value)

    def _start(self, id: Any, out: Assembly) -> None:
        id = id if type(id) is str else None
        last = out.now.id
        out.identity(id, starts=True)
        number = out.now.number
        if number in self._opened:
            out.opened_again("the response's first event", last, id)
        self._opened.add(number)

    # ------------------------------------------------------------------ v2
    def _read_v2(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        delta = value.get("delta")
        delta = delta if type(delta) is dict else {}
        message = delta.get("message")
        message = message if type(message) is dict else {}
        match kind:
            case "content-delta" | "content-start":
                content = message.get("content")
                content = content if type(content) is dict else {}
                key = ("content", _index(value))
                if kind == "content-start":
                    out.open_block(key, "content")
                else:
                    self._in_block(key, out)
                if type(thinking := content.get("thinking")) is str:
                    out.delta(0, "reasoning", thinking)
                if type(text := content.get("text")) is str:
                    out.delta(0, "content", text)
            case "content-end":
                out.close_block(("content", _index(value)), "content")
            case "tool-plan-delta":
                if type(plan := message.get("tool_plan")) is str:
                    out.delta(0, "reasoning", plan)
            case "tool-call-start" | "tool-call-delta":
                key = ("tool call", _index(value))
                if kind == "tool-call-start":
                    out.open_block(key, "tool call")
                calls = message.get("tool_calls")
                for call in calls if type(calls) is list else [calls]:
                    _tool_call(call, key[1], out)
            case "tool-call-end":
                out.close_block(("tool call", _index(value)), "tool call")
            case "message-start":
                self._start(value.get("id"), out)
                if type(plan := message.get("tool_plan")) is str:
                    out.delta(0, "reasoning", plan)
            case "message-end":
                self._message_end(value, delta, out)
            case "error":
                out.error(value)

    def _in_block(self, key: tuple[str, int], out: Assembly) -> None:
        if key not in out.now.open_blocks:
            out.in_block(key, key[0])
            out.now.open_blocks[key] = key[0]  # told once; the rest of this part is read as if it had been opened

    def _message_end(self, value: dict[str, Any], delta: dict[str, Any], out: Assembly) -> None:
        reason = delta.get("finish_reason")
        out.usage(delta.get("usage"))
        out.finish(0, reason)
        if delta.get("error"):
            out.error(value if type(delta["error"]) is dict else {"error": {"message": str(delta["error"])}})
        now = out.now
        if now.ended is not None:
            out.find("order/duplicate-event", "a second message-end", evidence={"ended_at_event": now.ended})
        elif now.open_blocks and type(reason) is str and reason in _WHOLE:
            kinds = sorted(f"{key[0]} {key[1]}" for key in now.open_blocks if type(key) is tuple)
            out.find(
                "order/block-balance",
                f"the message ends, and {', '.join(kinds[:4])} is still open",
                evidence={"open": kinds[:16]},
            )
        out.terminal()

    # ------------------------------------------------------------------ v1
    def _read_v1(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        match kind:
            case "text-generation":
                if type(text := value.get("text")) is str:
                    out.delta(0, "content", text)
            case "stream-start":
                self._start(value.get("generation_id"), out)
            case "tool-calls-chunk":
                if type(plan := value.get("text")) is str:
                    out.delta(0, "reasoning", plan)
                piece = value.get("tool_call_delta")
                if type(piece) is dict:
                    if type(plan := piece.get("text")) is str:
                        out.delta(0, "reasoning", plan)
                    self._piece(piece, out)
            case "tool-calls-generation":
                if not out.now.tools:
                    _calls_v1(value.get("tool_calls"), out)
            case "stream-end":
                self._stream_end(value, out)
            case "error":
                out.error(value)

    def _piece(self, piece: dict[str, Any], out: Assembly) -> None:
        name, arguments = piece.get("name"), piece.get("parameters")
        name = name if type(name) is str and name else None
        arguments = arguments if type(arguments) is str and arguments else None
        if name or arguments:
            out.tool_call(0, _index(piece), name=name, arguments=arguments)

    def _stream_end(self, value: dict[str, Any], out: Assembly) -> None:
        response = value.get("response")
        response = response if type(response) is dict else {}
        id = response.get("generation_id")
        if type(id) is str:
            out.identity(id)
        text = response.get("text")
        # With tool calls the text of the answer is the plan, which the stream gave as such.
        if type(text) is str and text and text != out.now.text(0, "reasoning"):
            out.snapshot(0, "content", text)
        if not out.now.tools:
            _calls_v1(response.get("tool_calls"), out)
        _usage_v1(response.get("meta"), out)
        out.finish(0, value.get("finish_reason") or response.get("finish_reason"))
        if value.get("error"):
            out.error(value)
        if out.now.ended is not None:
            out.find("order/duplicate-event", "a second end of the stream", evidence={"ended_at_event": out.now.ended})
        out.terminal()

    # ------------------------------------------------------------------ whole answers
    def _read_whole(self, value: dict[str, Any], out: Assembly) -> None:
        id, message = value.get("id") or value.get("generation_id"), value.get("message")
        out.identity(id if type(id) is str else None)
        out.now.whole = not out.now.channels
        if type(message) is dict:
            if type(plan := message.get("tool_plan")) is str:
                out.delta(0, "reasoning", plan)
            parts = message.get("content")
            for part in parts if type(parts) is list else ():
                if type(part) is dict:
                    if type(thinking := part.get("thinking")) is str:
                        out.delta(0, "reasoning", thinking)
                    if type(text := part.get("text")) is str:
                        out.delta(0, "content", text)
            calls = message.get("tool_calls")
            for index, call in enumerate(calls if type(calls) is list else ()):
                _tool_call(call, index, out)
            out.usage(value.get("usage"))
        else:
            if type(text := value.get("text")) is str:
                out.delta(0, "content", text)
            _calls_v1(value.get("tool_calls"), out)
            _usage_v1(value.get("meta"), out)
        out.finish(0, value.get("finish_reason"))
        out.terminal()

    def text_event(self, text: str, out: Assembly) -> bool:
        return text.startswith("[DONE]")

    def close(self, out: Assembly) -> None:
        if out.now.ended is None and not out.now.whole:
            out.missing_terminal("stream-end" if self._v1 else "message-end")


def _index(value: dict[str, Any]) -> int:
    index = value.get("index")
    return index if type(index) is int else 0


def _tool_call(call: Any, index: int, out: Assembly) -> None:
    if type(call) is not dict:
        return
    function = call.get("function")
    function = function if type(function) is dict else {}
    id, name, arguments = call.get("id"), function.get("name"), function.get("arguments")
    out.tool_call(
        0,
        index,
        id=id if type(id) is str and id else None,
        name=name if type(name) is str and name else None,
        arguments=arguments if type(arguments) is str else None,
    )


def _calls_v1(calls: Any, out: Assembly) -> None:
    """Take whole calls: {name, parameters}, the parameters an object."""
    for index, call in enumerate(calls if type(calls) is list else ()):
        if type(call) is not dict or type(call.get("name")) is not str:
            continue
        try:
            arguments = json.dumps(call.get("parameters", {}), ensure_ascii=False)
        except (ValueError, RecursionError):  # digits by the thousand, or nested too deeply to be written again
            arguments = ""
        out.tool_call(0, index, name=call["name"] or None, arguments=arguments)


def _usage_v1(meta: Any, out: Assembly) -> None:
    if type(meta) is dict:
        out.usage({name: meta[name] for name in ("billed_units", "tokens") if type(meta.get(name)) is dict})
