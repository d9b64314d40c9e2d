"""Sound streams of the dialects whose events have names: OpenAI Responses and Anthropic Messages.

In:   texts.
Out:  Stream values.
Rule: the states of docs/dialects.md; done texts are the sums of their deltas, sequence numbers go up by one.
"""

__all__ = ("anthropic", "anthropic_zai", "responses")

from typing import Any

from scripts.captures.streams import CREATED, Stream, hexes, named, zai_id
from scripts.captures.words import pieces, tokens

Call = tuple[str, str]


# ---------------------------------------------------------------------- Responses
class _Responses:
    """Events of one response, numbered as they are added."""

    def __init__(self, seed: str, created: int, burst: int) -> None:
        self._burst = burst
        self.events: list[dict[str, Any]] = []
        self.output: list[dict[str, Any]] = []
        self.head = {
            "id": f"resp_{hexes(seed, 48)}",
            "object": "response",
            "created_at": created,
            "model": "gpt-5-mini-2025-08-07",
        }

    def add(self, kind: str, **fields: Any) -> None:
        self.events.append({"type": kind, "sequence_number": len(self.events), **fields})

    def state(self, kind: str, status: str, **fields: Any) -> None:
        response = {**self.head, "status": status, "output": list(self.output), "error": None, **fields}
        self.add(f"response.{kind}", response=response)

    def _cut(self, text: str) -> list[str]:
        return pieces(text, self._burst) if self._burst else tokens(text)

    def reasoning(self, text: str) -> None:
        """A reasoning item with one summary part."""
        place = {"output_index": len(self.output), "item_id": f"rs_{hexes('rs' + text, 48)}"}
        item = {"id": place["item_id"], "type": "reasoning", "summary": []}
        self.add("response.output_item.added", output_index=place["output_index"], item=item)
        part = {**place, "summary_index": 0}
        self.add("response.reasoning_summary_part.added", **part, part={"type": "summary_text", "text": ""})
        for delta in self._cut(text):
            self.add("response.reasoning_summary_text.delta", **part, delta=delta, obfuscation=hexes(delta, 7))
        self.add("response.reasoning_summary_text.done", **part, text=text)
        self.add("response.reasoning_summary_part.done", **part, part={"type": "summary_text", "text": text})
        self._done({**item, "summary": [{"type": "summary_text", "text": text}]})

    def message(self, text: str) -> None:
        place = {"output_index": len(self.output), "item_id": f"msg_{hexes('msg' + text, 48)}"}
        item = {"id": place["item_id"], "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
        self.add("response.output_item.added", output_index=place["output_index"], item=item)
        part = {**place, "content_index": 0}
        empty = {"type": "output_text", "annotations": [], "text": ""}
        self.add("response.content_part.added", **part, part=empty)
        for delta in self._cut(text):
            self.add("response.output_text.delta", **part, delta=delta, logprobs=[], obfuscation=hexes(delta, 9))
        self.add("response.output_text.done", **part, text=text, logprobs=[])
        self.add("response.content_part.done", **part, part={**empty, "text": text})
        self._done({**item, "status": "completed", "content": [{**empty, "text": text}]})

    def call(self, name: str, arguments: str) -> None:
        place = {"output_index": len(self.output), "item_id": f"fc_{hexes('fc' + name, 48)}"}
        item = {"id": place["item_id"], "type": "function_call", "status": "in_progress", "arguments": ""}
        item |= {"call_id": f"call_{hexes(name, 24)}", "name": name}
        self.add("response.output_item.added", output_index=place["output_index"], item=item)
        for delta in pieces(arguments, 8):
            self.add("response.function_call_arguments.delta", **place, delta=delta)
        self.add("response.function_call_arguments.done", **place, arguments=arguments)
        self._done({**item, "status": "completed", "arguments": arguments})

    def _done(self, item: dict[str, Any]) -> None:
        self.add("response.output_item.done", output_index=len(self.output), item=item)
        self.output.append(item)


def responses(
    reasoning: str, content: str, *calls: Call, seed: str = "one", created: int = CREATED, limit: bool = False, burst: int = 0
) -> Stream:
    """A whole response. limit: it ends as incomplete, because the output limit was reached, which is a proper end.

    burst: characters of one delta of text; 0: token by token.
    """
    made = _Responses(seed, created, burst)
    made.state("created", "in_progress")
    made.state("in_progress", "in_progress")
    if reasoning:
        made.reasoning(reasoning)
    if content:
        made.message(content)
    for name, arguments in calls:
        made.call(name, arguments)
    usage = {"input_tokens": 31, "output_tokens": 58, "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 89}
    if limit:
        made.state("incomplete", "incomplete", usage=usage, incomplete_details={"reason": "max_output_tokens"})
    else:
        made.state("completed", "completed", usage=usage)
    request = {"model": "gpt-5-mini", "input": "Write a few lines.", "stream": True}
    return Stream(tuple(named(e["type"], e) for e in made.events), "https://api.openai.com/v1/responses", request)


# ---------------------------------------------------------------------- Anthropic
def _message(id: str, model: str, usage: dict[str, Any]) -> dict[str, Any]:
    head = {"id": id, "type": "message", "role": "assistant", "model": model, "content": []}
    return {"type": "message_start", "message": {**head, "stop_reason": None, "stop_sequence": None, "usage": usage}}


def _block(index: int, opening: dict[str, Any], deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _tool(index: int, name: str, arguments: str) -> list[dict[str, Any]]:
    opening = {"type": "tool_use", "id": f"toolu_01{hexes(name, 22)}", "name": name, "input": {}}
    parts = ["", *pieces(arguments, 9)]
    return _block(index, opening, [{"type": "input_json_delta", "partial_json": part} for part in parts])


def _end(reason: str, usage: dict[str, Any]) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]


def anthropic(thinking: str, content: str, *calls: Call, seed: str = "one", stop: str | None = None, burst: int = 0) -> Stream:
    """The provider's own wire: a signed thinking block, a text block, tool blocks; pings; blanks behind some payloads.

    burst: characters of one delta of text, where a long text is to make a small file.
    """
    usage = {"input_tokens": 25, "cache_read_input_tokens": 0, "output_tokens": 1}
    events = [_message(f"msg_01{hexes(seed, 22)}", "claude-sonnet-4-5-20250929", usage)]
    blocks = 0
    if thinking:
        deltas: list[dict[str, Any]] = [{"type": "thinking_delta", "thinking": t} for t in pieces(thinking, burst or 18)]
        signature = "EqQBCg" + hexes("signature" + seed, 64)
        deltas.append({"type": "signature_delta", "signature": signature})
        events += _block(blocks, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
        blocks += 1
    if content:
        said = [{"type": "text_delta", "text": t} for t in pieces(content, burst or 22)]
        text = _block(blocks, {"type": "text", "text": ""}, said)
        events += [text[0], {"type": "ping"}, *text[1:]]
        blocks += 1
    for name, arguments in calls:
        events += _tool(blocks, name, arguments)
        blocks += 1
    events += _end(stop or ("tool_use" if calls else "end_turn"), {"output_tokens": 74})
    framed = [named(e["type"], e) for e in events]
    framed[2] = framed[2].replace(b"}\n\n", b"}          \n\n")
    request = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 512,
        "stream": True,
        "messages": [{"role": "user", "content": "Tell me."}],
    }
    return Stream(tuple(framed), "https://api.anthropic.com/v1/messages", request)


def anthropic_zai(thinking: str, content: str, *calls: Call) -> Stream:
    """Z.ai's Anthropic endpoint: JSON with blanks, zero usage at the start, no signature, and a tool block that opens before the
    text block is closed."""
    usage = {"input_tokens": 0, "output_tokens": 0}
    events = [_message(f"msg_{zai_id(CREATED, 'anthropic')}", "glm-4.6", usage)]
    blocks = 0
    if thinking:
        events += _block(
            0, {"type": "thinking", "thinking": ""}, [{"type": "thinking_delta", "thinking": t} for t in tokens(thinking)]
        )
        blocks += 1
    text = _block(blocks, {"type": "text", "text": ""}, [{"type": "text_delta", "text": t} for t in tokens(content)])
    tools = [event for n, call in enumerate(calls) for event in _tool(blocks + 1 + n, *call)]
    events += [*text[:-1], *tools[:1], text[-1], *tools[1:]]
    final = {"input_tokens": 211, "output_tokens": 66, "cache_read_input_tokens": 128}
    events += _end("tool_use" if calls else "end_turn", final)
    request = {"model": "glm-4.6", "max_tokens": 512, "stream": True, "messages": [{"role": "user", "content": "Weather?"}]}
    url = "https://api.z.ai/api/anthropic/v1/messages"
    return Stream(tuple(named(e["type"], e, spaced=True) for e in events), url, request)
