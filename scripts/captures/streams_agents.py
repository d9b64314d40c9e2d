"""Sound streams of what stands between agents and screens: Vercel's UI messages, AG-UI, CopilotKit, and opencode's bus.

In:   texts.
Out:  Stream values.
Rule: as docs/dialects.md tells each of them.
"""

__all__ = ("ag_ui", "copilotkit", "data_stream_v4", "opencode_bus", "opencode_bus_old", "ui_messages")

import json
from typing import Any

from scripts.captures.streams import CREATED, Stream, json_bytes, sse
from scripts.captures.words import pieces, tokens

Call = tuple[str, str]
_JSON = (("content-type", "application/json"),)


def ui_messages(reasoning: str, content: str, call: Call | None = None) -> Stream:
    """Two steps, in which the same part id is used again, as the SDK does."""
    events: list[dict[str, Any]] = [{"type": "start", "messageId": "msg-7Qx2"}, {"type": "start-step"}]
    events.append({"type": "reasoning-start", "id": "txt-0"})
    events += [{"type": "reasoning-delta", "id": "txt-0", "delta": t} for t in tokens(reasoning)]
    events.append({"type": "reasoning-end", "id": "txt-0"})
    if call:
        tool = {"toolCallId": "call_ui_1", "toolName": call[0]}
        events.append({"type": "tool-input-start", **tool})
        deltas = pieces(call[1], 9)
        events += [{"type": "tool-input-delta", "toolCallId": "call_ui_1", "inputTextDelta": t} for t in deltas]
        events.append({"type": "tool-input-available", **tool, "input": json.loads(call[1])})
        events.append({"type": "tool-output-available", "toolCallId": "call_ui_1", "output": {"degrees": 19}})
    events += [{"type": "finish-step"}, {"type": "start-step"}, {"type": "text-start", "id": "txt-0"}]
    events += [{"type": "text-delta", "id": "txt-0", "delta": t} for t in tokens(content)]
    events += [{"type": "text-end", "id": "txt-0"}, {"type": "finish-step"}, {"type": "finish", "finishReason": "stop"}]
    stream = Stream((*(sse(e) for e in events), sse(b"[DONE]")), "https://chat.example/api/chat", {"messages": []})
    return stream.with_header("x-vercel-ai-ui-message-stream", "v1")


def data_stream_v4(reasoning: str, content: str) -> Stream:
    """The SDK's lines before version 5."""
    rows = [b"f:" + json_bytes({"messageId": "msg-4"})]
    rows += [b"g:" + json_bytes(t) for t in tokens(reasoning)] + [b"0:" + json_bytes(t) for t in tokens(content)]
    usage = {"promptTokens": 12, "completionTokens": 40}
    rows.append(b"e:" + json_bytes({"finishReason": "stop", "usage": usage, "isContinued": False}))
    rows.append(b"d:" + json_bytes({"finishReason": "stop", "usage": usage}))
    headers = (("content-type", "text/plain; charset=utf-8"), ("x-vercel-ai-data-stream", "v1"))
    return Stream(tuple(row + b"\n" for row in rows), "https://chat.example/api/chat", {"messages": []}, headers=headers)


def ag_ui(reasoning: str, content: str, call: Call | None = None) -> Stream:
    events: list[dict[str, Any]] = [{"type": "RUN_STARTED", "threadId": "thread-1", "runId": "run-1"}]
    events += [
        {"type": "REASONING_START", "messageId": "r1"},
        {"type": "REASONING_MESSAGE_START", "messageId": "r1", "role": "reasoning"},
    ]
    events += [{"type": "REASONING_MESSAGE_CONTENT", "messageId": "r1", "delta": t} for t in tokens(reasoning)]
    events += [{"type": "REASONING_MESSAGE_END", "messageId": "r1"}, {"type": "REASONING_END", "messageId": "r1"}]
    if call:
        events.append({"type": "TOOL_CALL_START", "toolCallId": "c1", "toolCallName": call[0], "parentMessageId": "m1"})
        events += [{"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": t} for t in pieces(call[1], 9)]
        events.append({"type": "TOOL_CALL_END", "toolCallId": "c1"})
    events.append({"type": "TEXT_MESSAGE_START", "messageId": "m1", "role": "assistant"})
    events += [{"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": t} for t in tokens(content)]
    events.append({"type": "TEXT_MESSAGE_END", "messageId": "m1"})
    snapshot = [{"id": "u1", "role": "user", "content": "?"}, {"id": "m1", "role": "assistant", "content": content}]
    events += [
        {"type": "MESSAGES_SNAPSHOT", "messages": snapshot},
        {"type": "RUN_FINISHED", "threadId": "thread-1", "runId": "run-1"},
    ]
    return Stream(tuple(sse(e) for e in events), "https://agent.example/agui", {"threadId": "thread-1", "runId": "run-1"})


def copilotkit(response: str, *, account: str = "ACC-12345", status: int = 200) -> Stream:
    """What the router of the Z.ai guide answers where the front end expects a stream: one JSON document."""
    inner = {"response": response, "threadId": "thread_abc123", "timestamp": "2025-01-20T10:30:00.000000"}
    body = json_bytes({"data": {"generateCopilotResponse": {**inner, "model": "glm-4.6", "agent": "real_orchestrator"}}})
    request = {
        "agent": "orchestrator",
        "account_id": account,
        "operationName": "generateCopilotResponse",
        "messages": [{"role": "user", "content": "Analyze this account and identify risks"}],
    }
    started = "2025-01-20T10:29:58.000Z"
    return Stream((body,), "http://localhost:8000/copilotkit", request, status=status, headers=_JSON, started=started)


# ---------------------------------------------------------------------- opencode's bus
_SESSION = "ses_5f1example2ffeQmRt7Yk2Lw9Xv"
_PROMPT, _ANSWER = "msg_a0e1prompt001", "msg_a0e2answer001"


def _bus(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "properties": properties}


def _opening() -> list[dict[str, Any]]:
    user = {"id": _PROMPT, "sessionID": _SESSION, "role": "user"}
    answer = {
        "id": _ANSWER,
        "sessionID": _SESSION,
        "role": "assistant",
        "modelID": "glm-4.7-flash",
        "providerID": "zai-coding-plan",
    }
    prompt = {"id": "prt_1", "sessionID": _SESSION, "messageID": _PROMPT, "type": "text", "text": "Tell me about the harbour."}
    return [
        _bus("server.connected"),
        _bus("message.updated", info=user),
        _bus("message.part.updated", part=prompt),
        _bus("session.status", sessionID=_SESSION, status={"type": "busy"}),
        _bus("message.updated", info=answer),
        _bus("message.part.updated", part={"id": "prt_2", "sessionID": _SESSION, "messageID": _ANSWER, "type": "step-start"}),
    ]


def _closing() -> list[dict[str, Any]]:
    tokens_used = {"input": 311, "output": 58, "reasoning": 21, "cache": {"read": 0, "write": 0}}
    step = {
        "id": "prt_9",
        "sessionID": _SESSION,
        "messageID": _ANSWER,
        "type": "step-finish",
        "reason": "stop",
        "tokens": tokens_used,
    }
    return [_bus("message.part.updated", part=step), _bus("session.idle", sessionID=_SESSION), _bus("server.heartbeat")]


def opencode_bus(reasoning: str, content: str) -> Stream:
    """1.2 and later: snapshots at a part's start and end, deltas between. The final text is right-trimmed."""
    events = _opening()
    for kind, id, text in (("reasoning", "prt_3", reasoning), ("text", "prt_4", content + "\n")):
        part = {"id": id, "sessionID": _SESSION, "messageID": _ANSWER, "type": kind}
        begun, ended = CREATED * 1000, CREATED * 1000 + 900
        events.append(_bus("message.part.updated", part={**part, "text": "", "time": {"start": begun}}))
        where = {"sessionID": _SESSION, "messageID": _ANSWER, "partID": id, "field": "text"}
        events += [_bus("message.part.delta", **where, delta=t) for t in tokens(text)]
        events.append(_bus("message.part.updated", part={**part, "text": text.rstrip(), "time": {"start": begun, "end": ended}}))
    return Stream(tuple(sse(e) for e in [*events, *_closing()]), "http://127.0.0.1:4096/event")


def opencode_bus_old(reasoning: str, content: str) -> Stream:
    """1.1: the part's whole text so far, and the last increment beside it."""
    events = _opening()
    for kind, id, text in (("reasoning", "prt_3", reasoning), ("text", "prt_4", content)):
        part = {"id": id, "sessionID": _SESSION, "messageID": _ANSWER, "type": kind}
        so_far = ""
        for delta in pieces(text, 28):
            so_far += delta
            events.append(_bus("message.part.updated", part={**part, "text": so_far}, delta=delta))
        events.append(_bus("message.part.updated", part={**part, "text": text, "time": {"start": 1, "end": 2}}))
    return Stream(tuple(sse(e) for e in [*events, *_closing()]), "http://127.0.0.1:4096/event")
