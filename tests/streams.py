"""Small streams, made here, for tests to damage."""

import json
from typing import Any

IDENT: dict[str, Any] = {"id": "chatcmpl-one", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "small-1"}


def sse(*values: Any, event: str | None = None) -> bytes:
    """Return one SSE event for each value; str values stand as they are, others as JSON."""
    name = f"event: {event}\n" if event else ""
    return b"".join(f"{name}data: {value if isinstance(value, str) else _json(value)}\n\n".encode() for value in values)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # A lone surrogate can only travel as an escape.
    return text if text.isprintable() or not any("\ud800" <= c <= "\udfff" for c in text) else json.dumps(value)


def chat_event(delta: dict[str, Any], *, finish: str | None = None, choice: int = 0, **ident: Any) -> bytes:
    """Return one chat completions chunk."""
    return sse({**IDENT, **ident, "choices": [{"index": choice, "delta": delta, "finish_reason": finish}]})


def chat_events(*texts: str, channel: str = "content", finish: str = "stop", **ident: Any) -> list[bytes]:
    """Return the events of a whole chat completions stream that says `texts`."""
    return [
        chat_event({"role": "assistant", "content": ""}, **ident),
        *(chat_event({channel: text}, **ident) for text in texts),
        chat_event({}, finish=finish, **ident),
        sse("[DONE]"),
    ]


def chat(*texts: str, **kw: Any) -> bytes:
    """Return a whole chat completions body that says `texts`."""
    return b"".join(chat_events(*texts, **kw))


SECOND: dict[str, Any] = {"id": "chatcmpl-two", "created": 1_700_000_090}
