"""Amazon Bedrock: ConverseStream, and InvokeModelWithResponseStream around other dialects.

In:   AWS frames, whose :event-type is the event's name (converse-stream: the payload is that event; "chunk": base64 of the model's
      own event), or the same decoded, one {"contentBlockDelta": {...}} a line.
Out:  content, reasoning, tool calls. What stands in a chunk goes to the dialect that knows it, under this dialect's name.
Rule: converse: messageStart, for each contentBlockIndex a start (tools only), deltas, a stop; messageStop, then metadata.
      Legal and silent: `p`, which is padding; metadata before messageStop; no messageStart and no stops (converters leave them out);
      text blocks by the dozen (guardrails); redacted reasoning; models whose events no dialect knows.
"""

__all__ = ("Bedrock",)

import json
from base64 import b64decode
from typing import Any, ClassVar

from streamcheck.assembly import Assembly

_CONVERSE = frozenset({"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"})
# Models without a dialect of their own whose events hold a text and, once, why it ended: Titan, Llama, Claude before Messages.
_PLAIN_TEXT = ("outputText", "generation", "completion")
_PLAIN_REASON = ("completionReason", "stop_reason")
_PLAIN_PROMPT = ("prompt_token_count", "inputTextTokenCount")  # a number in the first chunk, null or absent in all others
# The last chunk of an invocation has metrics; where a guardrail blocked the prompt there is a count only.
_LAST_CHUNK = ("amazon-bedrock-invocationMetrics", "totalOutputTextTokenCount")


class Bedrock:
    """bedrock."""

    name: ClassVar[str] = "bedrock"

    def __init__(self) -> None:
        self._blocks: dict[int, _Blocks] = {}  # by segment
        self._inner: Any = None  # the dialect of the chunks
        self._speaker = ""  # who spoke last: "converse", "inner" or "plain"
        self._owes: str | None = None  # the terminal that has to come

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        if event in _CONVERSE:
            return 95 if event != "metadata" else 60 if "usage" in value and "metrics" in value else 0
        if event == "chunk":
            return 97 if type(value.get("bytes")) is str else 0
        if event.startswith(("exception:", "error:")):
            return 80
        for name in _CONVERSE:
            if type(value.get(name)) is dict and name != "metadata":
                return 95
        chunk = value.get("chunk")
        if type(chunk) is dict and type(chunk.get("bytes")) is str:
            return 95
        if "stopReason" in value and type(output := value.get("output")) is dict and type(output.get("message")) is dict:
            return 95
        return 90 if _exception(value) is not None else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if event.startswith(("exception:", "error:")):
            _error(event.partition(":")[2], value, out)
            return
        if type(value) is not dict:
            return
        if event in _CONVERSE:
            self._converse(event, value, out)
        elif event == "chunk":
            self._chunk(value.get("bytes"), out)
        else:
            self._decoded(event, value, out)

    def _decoded(self, event: str, value: dict[str, Any], out: Assembly) -> None:
        """An event that was taken out of its frame: its name is the key."""
        known = False
        for name, body in value.items():
            if type(body) is dict:
                if name in _CONVERSE:
                    known = True
                    self._converse(name, body, out)
                elif name == "chunk" and type(body.get("bytes")) is str:
                    known = True
                    self._chunk(body["bytes"], out)
        if known:
            return
        if type(value.get("bytes")) is str:
            self._chunk(value["bytes"], out)
        elif type(output := value.get("output")) is dict and "stopReason" in value:
            self._whole(output, value, out)
        elif (found := _exception(value)) is not None:
            _error(*found, out)
        elif event == "error" or value.get("error"):
            out.error(value)

    def _speak(self, speaker: str, out: Assembly) -> None:
        """One model answers a request: events of another kind are another response."""
        if speaker != self._speaker:
            if self._speaker:
                out.identity(None, starts=True)
            self._speaker = speaker

    # ------------------------------------------------------------------ converse
    def _converse(self, name: str, value: dict[str, Any], out: Assembly) -> None:
        self._owes = "messageStop"
        self._speak("converse", out)
        if name == "messageStart":
            out.identity(None, starts=True)
        blocks = self._blocks.get(out.now.number)
        if blocks is None:
            blocks = self._blocks[out.now.number] = _Blocks()
        match name:
            case "contentBlockDelta":
                blocks.delta(value, out)
            case "contentBlockStart":
                blocks.start(value, out)
            case "contentBlockStop":
                blocks.stop(value, out)
            case "messageStart":
                if blocks.opened:
                    out.find("order/duplicate-event", "messageStart comes a second time", evidence={"event": name})
                blocks.opened = True
            case "messageStop":
                out.finish(0, value.get("stopReason"))
                if out.now.ended is not None:
                    out.find(
                        "order/duplicate-event", "messageStop comes a second time", evidence={"ended_at_event": out.now.ended}
                    )
                out.terminal()
            case "metadata":
                out.usage(value.get("usage"))

    def _whole(self, output: dict[str, Any], value: dict[str, Any], out: Assembly) -> None:
        """The answer of Converse without a stream."""
        message = output.get("message")
        parts = message.get("content") if type(message) is dict else None
        out.now.whole = not out.now.channels
        calls = 0
        for part in parts if type(parts) is list else ():
            if type(part) is not dict:
                continue
            if type(text := part.get("text")) is str:
                out.delta(0, "content", text)
            reasoning = part.get("reasoningContent")
            reasoning = reasoning.get("reasoningText") if type(reasoning) is dict else None
            if type(reasoning) is dict and type(text := reasoning.get("text")) is str:
                out.delta(0, "reasoning", text)
            if type(tool := part.get("toolUse")) is dict:
                id, name = tool.get("toolUseId"), tool.get("name")
                try:
                    arguments = json.dumps(tool.get("input", {}), ensure_ascii=False)
                except (ValueError, RecursionError):  # digits by the thousand, or nested too deeply to be written again
                    arguments = ""
                out.tool_call(
                    0, calls, id=id if type(id) is str else None, name=name if type(name) is str else None, arguments=arguments
                )
                calls += 1
        out.usage(value.get("usage"))
        out.finish(0, value.get("stopReason"))
        out.terminal()

    # ------------------------------------------------------------------ invoke
    def _chunk(self, encoded: Any, out: Assembly) -> None:
        """Read the model's own event out of a chunk."""
        if type(encoded) is not str:
            return
        try:
            raw = b64decode(encoded, validate=True)
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            out.find(
                "json/invalid",
                f"event {out.event}: the bytes of the chunk are not base64 of a JSON document: {str(error)[:120]}",
                evidence={"reason": str(error)[:120], "near": encoded[:80]},
            )
            return
        if b"\\u" in raw:
            out.odd = True
        if type(value) is not dict:
            return
        if any(name in _CONVERSE and type(body) is dict for name, body in value.items()):  # Nova speaks converse inside, too
            self._decoded("message", value, out)
            return
        kind = value.get("type")
        event = kind if type(kind) is str else "message"
        if self._inner is None and not any(name in value for name in _PLAIN_TEXT):
            from streamcheck.dialects import recognise

            found = recognise(event, value)
            if found is not None and found is not Bedrock:
                self._inner = found()
        if self._inner is not None and not any(name in value for name in _PLAIN_TEXT):
            self._speak("inner", out)
            self._inner.feed(event, value, out)
        else:
            self._plain(value, out)

    def _plain(self, value: dict[str, Any], out: Assembly) -> None:
        outputs = value.get("outputs")  # Mistral, before its chat events
        if type(outputs) is list and outputs and type(outputs[0]) is dict:
            value = {**value, "generation": outputs[0].get("text"), "stop_reason": outputs[0].get("stop_reason")}
        text = next((value[name] for name in _PLAIN_TEXT if type(value.get(name)) is str), None)
        reason = next((value[name] for name in _PLAIN_REASON if type(value.get(name)) is str), None)
        if text is not None:
            self._speak("plain", out)
            if any(type(value.get(name)) in (int, float) for name in _PLAIN_PROMPT):
                out.identity(None, starts=True)
            self._owes = "the last chunk, which has a reason to stop or metrics"
            out.delta(0, "content", text)
        if reason is not None:
            out.finish(0, reason)
        metrics = value.get("amazon-bedrock-invocationMetrics")
        if type(metrics) is dict:
            out.usage(metrics)
        if reason is not None or any(name in value for name in _LAST_CHUNK):
            out.terminal()

    def text_event(self, text: str, out: Assembly) -> bool:
        return bool(self._inner.text_event(text, out)) if self._inner is not None else False

    def close(self, out: Assembly) -> None:
        if self._inner is not None and self._speaker == "inner":
            self._inner.close(out)
        elif self._owes and out.now.ended is None and not out.now.whole:
            out.missing_terminal(self._owes)


class _Blocks:
    """The content blocks of one response."""

    __slots__ = ("calls", "closed", "opened")

    def __init__(self) -> None:
        self.opened = False  # messageStart came
        self.closed: set[int] = set()
        self.calls: dict[int, int] = {}  # tool blocks: which call they are

    def start(self, value: dict[str, Any], out: Assembly) -> None:
        index = _index(value)
        if index in self.closed:
            out.find(
                "order/block-balance", f"content block {index} is opened again after its end", evidence={"block": str(index)}
            )
            self.closed.discard(index)
        out.open_block(index, "content block")
        start = value.get("start")
        tool = start.get("toolUse") if type(start) is dict else None
        if type(tool) is dict:
            number = self.calls[index] = len(self.calls)
            id, name = tool.get("toolUseId"), tool.get("name")
            out.tool_call(0, number, id=id if type(id) is str and id else None, name=name if type(name) is str and name else None)

    def delta(self, value: dict[str, Any], out: Assembly) -> None:
        index = _index(value)
        if index in self.closed:
            out.find("order/block-balance", f"a delta for content block {index}, which has ended", evidence={"block": str(index)})
            self.closed.discard(index)  # told once
        # Only tools have a contentBlockStart: any other block opens with its first delta.
        out.now.open_blocks.setdefault(index, "content block")
        delta = value.get("delta")
        if type(delta) is not dict:
            return
        if type(text := delta.get("text")) is str:
            out.delta(0, "content", text)
        elif type(reasoning := delta.get("reasoningContent")) is dict:
            if type(text := reasoning.get("text")) is str:
                out.delta(0, "reasoning", text)
        elif type(tool := delta.get("toolUse")) is dict:
            number = self.calls.get(index)
            if number is None:
                number = self.calls[index] = len(self.calls)
            arguments = tool.get("input")
            out.tool_call(0, number, arguments=arguments if type(arguments) is str else None)

    def stop(self, value: dict[str, Any], out: Assembly) -> None:
        index = _index(value)
        if index in self.closed:
            out.close_block(index, "content block")
        out.now.open_blocks.pop(index, None)
        self.closed.add(index)


def _index(value: dict[str, Any]) -> int:
    index = value.get("contentBlockIndex")
    return index if type(index) is int else 0


def _error(name: str, body: Any, out: Assembly) -> None:
    """Report an exception in the form of AWS's HTTP errors; in a stream its name begins with a small letter."""
    message = body.get("message") if type(body) is dict else body
    name = name[:1].upper() + name[1:]
    out.error({"__type": name, "message": message if type(message) is str else name})


def _exception(value: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return an error that came as {"throttlingException": {...}}."""
    for name, body in value.items():
        if name.endswith("Exception") and type(body) is dict:
            return name, body
    return None
