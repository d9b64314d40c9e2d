"""Sound streams of Gemini, Ollama, Cohere and Bedrock.

In:   texts.
Out:  Stream values: SSE with CRLF, NDJSON, named SSE, and binary frames.
Rule: as docs/dialects.md tells each of them.
"""

__all__ = ("bedrock_converse", "bedrock_invoke", "cohere", "exception_frame", "gemini", "gemini_array", "ollama")

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.captures.streams import CREATED, Stream, cr_lf, hexes, json_bytes, line, named, sse
from scripts.captures.streams_named import anthropic
from scripts.captures.words import pieces, tokens
from streamcheck.wire.aws_eventstream import encode_frame

Call = tuple[str, dict[str, Any]]
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent"


def _gemini_events(thought: str, content: str, call: Call | None, burst: int = 0) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"text": t, "thought": True} for t in pieces(thought, burst or 60)]
    parts += [{"text": t} for t in pieces(content, burst or 40)]
    if call:
        parts.append({"functionCall": {"name": call[0], "args": call[1]}, "thoughtSignature": hexes(call[0], 60)})
    events = []
    for n, part in enumerate(parts):
        candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}, "index": 0}
        if n == len(parts) - 1:
            candidate["finishReason"] = "STOP"
        usage = {"promptTokenCount": 8, "candidatesTokenCount": 9 * n + 9, "totalTokenCount": 9 * n + 17}
        ident = {"modelVersion": "gemini-2.5-flash", "responseId": "q1wfaYexampleMP6Rc"}
        events.append({"candidates": [candidate], "usageMetadata": usage, **ident})
    return events


def gemini(thought: str, content: str, call: Call | None = None, *, burst: int = 0) -> Stream:
    """CRLF, whole tool calls, usage on every event, no terminal marker but the finishReason. burst: characters of one part."""
    request = {"contents": [{"role": "user", "parts": [{"text": "Write a few lines."}]}]}
    return cr_lf(Stream(tuple(sse(e) for e in _gemini_events(thought, content, call, burst)), _GEMINI + "?alt=sse", request))


def gemini_array(content: str) -> Stream:
    """Without alt=sse: one JSON array, whose elements come one by one."""
    rows = [json_bytes(e) for e in _gemini_events("", content, None)]
    body = (b"[" + rows[0], *(b"\n,\r\n" + row for row in rows[1:]), b"\n]\n")
    headers = (("content-type", "application/json; charset=UTF-8"), ("transfer-encoding", "chunked"))
    return Stream(body, _GEMINI, {"contents": [{"parts": [{"text": "?"}]}]}, headers=headers)


def ollama(thinking: str, content: str, call: Call | None = None) -> Stream:
    """NDJSON: created_at grows, `done` ends it, a tool call is whole and its arguments are an object."""
    begun = datetime.fromtimestamp(CREATED, UTC)
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": "", "thinking": t} for t in tokens(thinking)]
    messages += [{"role": "assistant", "content": t} for t in tokens(content)]
    if call:
        messages.append(
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": call[0], "arguments": call[1]}}]}
        )
    rows: list[dict[str, Any]] = []
    for n, message in enumerate([*messages, {"role": "assistant", "content": ""}]):
        at = (begun + timedelta(milliseconds=700 + 31 * n)).isoformat().replace("+00:00", "Z")
        rows.append({"model": "qwen3:8b", "created_at": at, "message": message, "done": False})
    counts = {"total_duration": (700 + 31 * len(rows)) * 1_000_000, "load_duration": 81_000_000, "prompt_eval_count": 17}
    rows[-1] |= {"done": True, "done_reason": "stop", **counts, "eval_count": len(messages)}
    request = {"model": "qwen3:8b", "messages": [{"role": "user", "content": "Schreib etwas."}], "stream": True}
    headers = (("content-type", "application/x-ndjson"), ("transfer-encoding", "chunked"))
    return Stream(tuple(line(row) for row in rows), "http://localhost:11434/api/chat", request, headers=headers)


def cohere(plan: str, content: str, call: tuple[str, str] | None = None) -> Stream:
    """v2: named events; a plan before the tool call, or a text block; a bare [DONE] behind the end."""
    events: list[dict[str, Any]] = [{"type": "message-start", "id": "29f14a5a-11de-4cae-9800-25e4747408ea"}]
    events[0]["delta"] = {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}}
    events += [{"type": "tool-plan-delta", "delta": {"message": {"tool_plan": t}}} for t in tokens(plan)]
    if content:
        opening = {"message": {"content": {"type": "text", "text": ""}}}
        events.append({"type": "content-start", "index": 0, "delta": opening})
        events += [{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": t}}}} for t in tokens(content)]
        events.append({"type": "content-end", "index": 0})
    if call:
        head = {"id": f"{call[0]}_{hexes(call[0], 12)}", "type": "function", "function": {"name": call[0], "arguments": ""}}
        events.append({"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": head}}})
        for text in pieces(call[1], 8):
            delta = {"message": {"tool_calls": {"function": {"arguments": text}}}}
            events.append({"type": "tool-call-delta", "index": 0, "delta": delta})
        events.append({"type": "tool-call-end", "index": 0})
    usage = {"billed_units": {"input_tokens": 9, "output_tokens": 41}, "tokens": {"input_tokens": 120, "output_tokens": 44}}
    delta = {"finish_reason": "TOOL_CALL" if call else "COMPLETE", "usage": usage}
    events.append({"type": "message-end", "delta": delta})
    request = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "?"}], "stream": True}
    return Stream((*(named(e["type"], e) for e in events), sse(b"[DONE]")), "https://api.cohere.com/v2/chat", request)


# ---------------------------------------------------------------------- Bedrock
_AWS_HEADERS = (("content-type", "application/vnd.amazon.eventstream"), ("transfer-encoding", "chunked"))


def _frame(event: str, value: dict[str, Any]) -> bytes:
    headers = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    return encode_frame(headers, json_bytes(value))


def exception_frame(name: str, message: str) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return encode_frame(headers, json_bytes({"message": message}))


def bedrock_converse(reasoning: str, content: str, call: tuple[str, str] | None = None) -> Stream:
    """ConverseStream in binary frames; `p` is padding."""
    frames = [_frame("messageStart", {"role": "assistant", "p": "abcdefgh"})]
    block = 0
    blocks: list[list[dict[str, Any]]] = []
    if reasoning:
        blocks.append([{"reasoningContent": {"text": t}} for t in tokens(reasoning)])
    if content:
        blocks.append([{"text": t} for t in tokens(content)])
    for deltas in blocks:
        padded = [{"contentBlockIndex": block, "delta": d, "p": hexes(str(n), 4 + n % 9)} for n, d in enumerate(deltas)]
        frames += [_frame("contentBlockDelta", value) for value in padded]
        frames.append(_frame("contentBlockStop", {"contentBlockIndex": block, "p": "ab"}))
        block += 1
    if call:
        start = {"toolUse": {"toolUseId": f"tooluse_{hexes(call[0], 22)}", "name": call[0]}}
        frames.append(_frame("contentBlockStart", {"contentBlockIndex": block, "start": start}))
        for text in pieces(call[1], 10):
            frames.append(_frame("contentBlockDelta", {"contentBlockIndex": block, "delta": {"toolUse": {"input": text}}}))
        frames.append(_frame("contentBlockStop", {"contentBlockIndex": block}))
    frames.append(_frame("messageStop", {"stopReason": "tool_use" if call else "end_turn", "p": "abcd"}))
    usage = {"inputTokens": 30, "outputTokens": 61, "totalTokens": 91}
    frames.append(_frame("metadata", {"metrics": {"latencyMs": 1804}, "usage": usage, "p": "a"}))
    url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse-stream"
    request = {"messages": [{"role": "user", "content": [{"text": "A few lines, please."}]}]}
    return Stream(tuple(frames), url, request, headers=_AWS_HEADERS)


def bedrock_invoke(thinking: str, content: str) -> Stream:
    """InvokeModelWithResponseStream: the model's own events (Anthropic's), in base64, one a frame."""
    inner = anthropic(thinking, content)
    frames = []
    for n, event in enumerate(inner.pieces):
        payload = event.partition(b"data: ")[2].strip()
        frames.append(_frame("chunk", {"bytes": base64.b64encode(payload).decode(), "p": hexes(str(n), 3 + n % 8)}))
    url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/anthropic.claude-sonnet-4-5/invoke-with-response-stream"
    return Stream(tuple(frames), url, inner.request, headers=_AWS_HEADERS)
