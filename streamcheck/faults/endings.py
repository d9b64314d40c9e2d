"""The words with which a stream ends: finish reasons, token counts, error objects, terminal events.

In:   a Body.
Out:  edits of them, and the words of its dialect.
Rule: the value is changed where it stands, in every place where the stream says it.
"""

__all__ = ("LIMITS", "error_event", "finish_edits", "finish_event", "limit_of", "new_event", "terminal_start")

import json
import re
from typing import Any

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit
from streamcheck.wire.sniff import Kind

LIMITS = {
    "openai-chat": "length",
    "mistral": "length",
    "anthropic-messages": "max_tokens",
    "gemini": "MAX_TOKENS",
    "ollama": "length",
    "cohere": "MAX_TOKENS",
    "bedrock": "max_tokens",
    "ui-messages": "length",
    "opencode-bus": "length",
}
_FINISH = re.compile(
    rb'"(?:finish_reason|finishReason|stop_reason|stopReason|done_reason|native_finish_reason|finish|reason)"\s*:\s*("[^"\\]*")'
)


def limit_of(body: Body) -> str | None:
    """Return what this dialect says when the limit of tokens is met; None where that is more than a word."""
    return LIMITS.get(body.dialect) if _finishes(body) else None


def finish_edits(body: Body, reason: str | None) -> list[Edit]:
    """Return the edits that make every finish reason of the stream `reason`. Raises UsageError where it has none."""
    found = _finishes(body)
    if not found:
        raise UsageError(f"this {body.dialect} stream says no finish reason that could be changed")
    return [Edit(match.start(1), match.end(1), json.dumps(reason).encode()) for match in found]


def finish_event(body: Body) -> int | None:
    """Return the index of the event that says the first finish reason, None when nothing does."""
    found = _finishes(body)
    if not found:
        return None
    at = found[0].start()
    return next(i for i, event in enumerate(body.events) if event.start <= at < event.end)


def _finishes(body: Body) -> list[re.Match[bytes]]:
    reasons = {json.dumps(c.finish_reason).encode() for c in body.report.message.choices if c.finish_reason}
    return [match for match in _FINISH.finditer(body.raw) if match[1] in reasons]


def terminal_start(body: Body) -> int:
    """Return the index of the first event from which on no text comes: what an answer that was cut cleanly lacks."""
    return body.deltas[-1].event + 1 if body.deltas else len(body.events)


def new_event(body: Body, payload: dict[str, Any] | str, *, name: str | None = None) -> bytes:
    """Return the bytes of an event of this framing. Raises UsageError for a framing that events cannot be put into."""
    text = (payload if isinstance(payload, str) else _compact(payload)).encode()
    end = body.line_end
    match body.kind:
        case Kind.SSE:
            return (b"event: " + name.encode() + end if name else b"") + b"data: " + text + end * 2
        case Kind.NDJSON:
            return text + end
    raise UsageError(f"no event can be written into a body of this framing ({body.kind.value if body.kind else 'unknown'})")


def _compact(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def error_event(body: Body) -> tuple[dict[str, Any], str]:
    """Return an error object as this dialect writes it, and the class that it is of."""
    message = "The server had an error while processing your request"
    match body.dialect:
        case "anthropic-messages":
            return {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"
        case "openai-responses":
            number = len(body.events)
            return {
                "type": "error",
                "code": "server_error",
                "message": message,
                "param": None,
                "sequence_number": number,
            }, "server-error"
        case "gemini":
            return {
                "error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}
            }, "overloaded"
        case "opencode-bus":
            session = re.search(rb'"sessionID"\s*:\s*"([^"\\]+)"', body.raw)
            error = {"name": "APIError", "data": {"message": message, "statusCode": 500, "isRetryable": False}}
            properties = {"sessionID": session[1].decode() if session else "ses_1", "error": error}
            return {"type": "session.error", "properties": properties}, "server-error"
        case "ui-messages":
            return {"type": "error", "errorText": message}, "server-error"
        case "ag-ui":
            return {"type": "RUN_ERROR", "message": message, "code": "server_error"}, "server-error"
    return {"error": {"message": message, "type": "server_error", "code": "server_error"}}, "server-error"
