"""Reasons to stop that are failures.

In:   the finish or stop reason of a stream, in any dialect's spelling.
Out:  a ProviderError, or None for an ordinary ending.
Rule: once a stream has begun, several providers send no error code: the reason to stop is all they say. A reason that no
      table knows is not a failure.
Source: docs.z.ai (finish_reason), api-docs.deepseek.com, ai.google.dev (FinishReason), the servers' own sources.
"""

__all__ = ("classify_finish_reason",)

from streamcheck.findings import ProviderError
from streamcheck.refusals.meanings import Meaning, means

_UPSTREAM = means(
    "network", switch_model=True, switch_key=True, hint="the provider lost its own connection to the model: ask again"
)
_BLOCKED = means("content-filter")
_FULL = means(
    "context-length",
    hint="the context is full: the answer stops here. shorten the history, or take a model with a larger context",
)
_BROKEN_CALL = means("server-error", hint="the model wrote a tool call that the provider could not read: ask again")
_FAILED = means("server-error", hint="the provider broke the answer off: ask again")

# Spelt in lower case with underscores.
_REASONS: dict[str, Meaning] = {
    "network_error": _UPSTREAM,
    "sensitive": _BLOCKED,
    "content_filter": _BLOCKED,
    "content_filtered": _BLOCKED,
    "guardrail_intervened": _BLOCKED,
    "safety": _BLOCKED,
    "image_safety": _BLOCKED,
    "recitation": _BLOCKED,
    "prohibited_content": _BLOCKED,
    "image_prohibited_content": _BLOCKED,
    "blocklist": _BLOCKED,
    "spii": _BLOCKED,
    "error_toxic": _BLOCKED,
    "model_context_window_exceeded": _FULL,
    "context_length_exceeded": _FULL,
    "model_length": _FULL,
    "error_limit": _FULL,
    "insufficient_system_resource": means(
        "overloaded", hint="the servers ran out of room while writing: ask again, or take another model"
    ),
    "error": _FAILED,
    "abort": _FAILED,
    "aborted": _FAILED,
    "failed": _FAILED,
    "malformed_function_call": _BROKEN_CALL,
    "malformed_tool_use": _BROKEN_CALL,
    "malformed_model_output": _BROKEN_CALL,
    "unexpected_tool_call": _BROKEN_CALL,
    "timeout": means("timeout"),
}


def classify_finish_reason(reason: str) -> ProviderError | None:
    """Return what a finish reason means when it is a failure; None for stop, length, tool_calls, end_turn and all unknown words.

    Raises TypeError when `reason` is no text.
    """
    if not isinstance(reason, str):
        raise TypeError(
            f"classify_finish_reason() takes the reason as str, got {type(reason).__name__}; skip the call when there is none"
        )
    name = reason.strip().lower().replace("-", "_")
    meaning = _REASONS.get(name)
    if meaning is None:
        return None
    return ProviderError(
        error_class=meaning.error_class,
        message=f"finish reason {reason.strip()}",
        code=reason.strip(),
        retry=meaning.retry,
        scope=meaning.scope,
        switch_model=meaning.switch_model,
        switch_key=meaning.switch_key,
        hint=meaning.hint,
        rule=f"finish:{name}",
        evidence={"matched": reason.strip()},
    )
