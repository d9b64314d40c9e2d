"""Which part of a JSON answer is an error, and what its fields are called there.

In:   any JSON value: a whole body, one event's payload, an object found in prose.
Out:  an Envelope, or None for an answer that is no error. Nothing raises.
Rule: an error must say so by its shape. An ordinary answer that talks about errors is not one.
"""

__all__ = ("MAX_LEVELS", "Envelope", "error_in")

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from streamcheck.refusals.statement import http_status_of

MAX_LEVELS = 4  # how deep errors wrap errors; a router around a gateway around a provider needs three
MAX_LISTED = 16  # elements of an array that are looked at. guess

_FINE = frozenset(("", "0", "200", "ok", "success", "none"))  # what `code` says when nothing is wrong
_ANSWER_KEYS = ("choices", "candidates", "output", "content", "embedding")
# Keys that only wrap: a body kept as text by an SDK, the properties of a bus event, the response of a `response.failed`.
_WRAPPERS = (
    "responseBody",
    "response_body",
    "body",
    "data",
    "properties",
    "status",
    "response",
    "error",
    "param",
    "cause",
    "value",
    "lastError",
)
_VERSIONED = re.compile(r"/v\d")  # an API's address; a link to a manual seldom has one


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An error's fields. raw: text inside it that may hold another error. routed: the text of a provider behind a router."""

    code: str | None = None
    type: str | None = None
    reason: str | None = None
    message: str = ""
    request_id: str | None = None
    status: int | None = None
    url: str | None = None
    details: dict[str, Any] = {}
    spoken_by: str | None = None
    routed: Any = None
    certain: bool = True  # False: the shape alone does not prove an error; the status must say so


def error_in(value: Any, level: int = 0) -> Envelope | None:
    """Return the first error in `value`, unwrapped to its innermost object; None when there is none."""
    if level > MAX_LEVELS:
        return None
    if isinstance(value, list):  # Gemini without alt=sse sends an array
        return next((found for each in value[:MAX_LISTED] if (found := error_in(each, level + 1))), None)
    if not isinstance(value, dict):
        return None
    for shape in _SHAPES:
        found = shape(value, level)
        if found is not None:
            return found
    return None


def word(value: object) -> str | None:
    """Return a code or type as text; None for what cannot be one (objects, booleans, nothing)."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        return str(value).strip()[:120] or None
    except ValueError:  # an int beyond the limit of decimal conversion
        return None


def _first(objects: tuple[Mapping[str, Any], ...], *keys: str) -> Any:
    return next((each[key] for each in objects for key in keys if each.get(key) not in (None, "", [], {})), None)


def _sentence(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):  # FastAPI: [{"loc": [...], "msg": "field required"}]
        return "; ".join(_sentence(e["msg"] if isinstance(e, dict) and "msg" in e else e) for e in value[:MAX_LISTED])
    if isinstance(value, dict):
        try:
            return json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return ""
    return word(value) or ""


def _fields(
    error: dict[str, Any], outer: dict[str, Any], level: int, *, spoken_by: str | None = None, certain: bool = True
) -> Envelope:
    """Return the fields of an error object; `outer` is what it stood in. An error inside it takes the word."""
    both = (error, outer)
    metadata = error["metadata"] if isinstance(error.get("metadata"), dict) else {}
    inner = error_in_wrappers(error, level)
    status = next((s for each in both for key in ("code", "status", "statusCode", "status_code", "http_status")
                   if (s := http_status_of(each.get(key)))), None)  # fmt: skip
    family = word(error.get("type"))
    for key in ("status", "name", "__type", "exception"):
        family = family or (word(error.get(key)) if not isinstance(error.get(key), int) else None)
    mine = Envelope(
        code=word(_first((error,), "code", "error_code", "err_code", "status_code", "statusCode")),
        type=family.rpartition("#")[2] if family else None,  # AWS: com.amazon.coral.service#ThrottlingException
        reason=_reason(error),
        message=_sentence(
            _first(
                (error,), "message", "msg", "error_msg", "Message", "errorText", "text", "detail", "error_description", "error"
            )
        ),
        request_id=word(_first(both, "request_id", "requestId", "RequestId", "trace_id")),
        status=status,
        url=_url(both),
        details={**error, **({"retry-after": outer["retry-after"]} if "retry-after" in outer else {})},
        spoken_by=spoken_by or ("openrouter" if "provider_name" in metadata else None),
        routed=metadata.get("raw"),
        certain=certain,
    )
    return mine if inner is None else merged(mine, inner)


def merged(outer: Envelope, inner: Envelope) -> Envelope:
    """Return `inner` completed by what only `outer` knows; the word is nearer the provider the deeper it stood."""
    own = bool(inner.code or inner.type)
    return Envelope(
        code=inner.code if own else outer.code,
        type=inner.type if own else outer.type,
        reason=inner.reason or outer.reason,
        message=inner.message or outer.message,
        request_id=inner.request_id or outer.request_id,
        status=inner.status or outer.status,
        url=inner.url or outer.url,
        details={**outer.details, **inner.details},
        spoken_by=inner.spoken_by or outer.spoken_by,
        routed=inner.routed if inner.routed is not None else outer.routed,
        certain=inner.certain or outer.certain,
    )


def error_in_wrappers(value: dict[str, Any], level: int) -> Envelope | None:
    """Return the error inside one of the keys that only wrap, None when there is none. JSON kept as text is read too."""
    for key in _WRAPPERS:
        wrapped = value.get(key)
        if isinstance(wrapped, str) and wrapped.lstrip()[:1] in ("{", "[") and wrapped:
            try:
                wrapped = msgspec.json.decode(wrapped)
            except (ValueError, RecursionError):
                continue
        if isinstance(wrapped, (dict, list)):
            found = error_in(wrapped, level + 1)
            if found is not None and found.certain:
                return found
    return None


def _reason(error: dict[str, Any]) -> str | None:
    """Return the finer word: Gemini's details[].reason, Anthropic's details.error_code, Azure's innererror.code, OpenRouter's first reason."""
    details = error.get("details")
    for each in details[:MAX_LISTED] if isinstance(details, list) else [details]:
        if isinstance(each, dict) and (found := word(_first((each,), "reason", "error_code"))):
            return found
    for key in ("innererror", "inner_error"):
        if isinstance(error.get(key), dict):
            return word(error[key].get("code"))
    return None


def _url(objects: tuple[dict[str, Any], ...]) -> str | None:
    """Return the URL that an SDK or gateway says it asked: nearer the provider than the one that the caller knows."""
    found = _first(objects, "url", "requestUrl")
    return found if isinstance(found, str) and found.startswith("http") and _VERSIONED.search(found) else None


# Shapes, the most telling first. Each returns an Envelope or None.


def _minimax(value: dict[str, Any], level: int) -> Envelope | None:
    base = value.get("base_resp")
    if not isinstance(base, dict) or word(base.get("status_code")) in (None, "0"):
        return None
    return Envelope(
        code=word(base["status_code"]), message=_sentence(base.get("status_msg")), details=base, request_id=word(value.get("trace_id")),
        spoken_by="minimax",
    )  # fmt: skip


def _bedrock(value: dict[str, Any], level: int) -> Envelope | None:
    if isinstance(value.get("__type"), str):
        return _fields(value, value, level, spoken_by="bedrock")
    for key, inner in value.items():
        if isinstance(key, str) and key.endswith("Exception") and isinstance(inner, dict):
            return _fields({**inner, "type": key[:1].upper() + key[1:]}, value, level, spoken_by="bedrock")
    return None


def _error_key(value: dict[str, Any], level: int) -> Envelope | None:
    error = value.get("error") or value.get("errors") or value.get("Error")
    if isinstance(error, list):
        error = next((each for each in error[:MAX_LISTED] if each), None)
    if isinstance(error, dict):
        return _fields(error, value, level)
    if isinstance(error, str) and not any(isinstance(value.get(key), (list, dict)) for key in _ANSWER_KEYS):
        family = value.get("type") or (
            error if " " not in error else None
        )  # {"error": "invalid_grant"} or {"error": "model not found"}
        return _fields({**value, "message": _sentence(value.get("message")) or error, "type": family}, value, level)
    if error is True:
        return _fields(value, value, level)
    return None


def _named_error(value: dict[str, Any], level: int) -> Envelope | None:
    kind = value.get("type")
    if kind in ("error", "RUN_ERROR", "response.error") or value.get("object") == "error" or value.get("status") == "error":
        rest = {
            key: each
            for key, each in value.items()
            if not (key in ("type", "status") and each in ("error", "RUN_ERROR", "response.error"))
        }
        return _fields(rest, value, level, spoken_by="mistral" if "raw_status_code" in value else None)
    name, inside = value.get("name"), value.get("data")
    if isinstance(name, str) and name.endswith("Error"):
        return _fields({**value, **inside} if isinstance(inside, dict) else value, value, level)
    return None


def _gateway(value: dict[str, Any], level: int) -> Envelope | None:
    """{"code": 500, "msg": "...", "success": false}, also with HTTP 200; DashScope and Mistral put code and message side by side."""
    said = _first((value,), "msg", "message", "error_msg")
    if said is not None and (value.get("success") is False or http_status_of(value.get("statusCode"))):
        return _fields(value, value, level)
    code = word(_first((value,), "code", "error_code", "Code"))
    if code is None or code.lower() in _FINE or said is None or any(key in value for key in _ANSWER_KEYS):
        return None
    return _fields(value, value, level)


def _blocked_prompt(value: dict[str, Any], level: int) -> Envelope | None:
    feedback = value.get("promptFeedback")
    if not isinstance(feedback, dict) or not word(feedback.get("blockReason")):
        return None
    said = _sentence(feedback.get("blockReasonMessage")) or f"prompt blocked: {feedback['blockReason']}"
    return Envelope(type="blockReason", reason=word(feedback["blockReason"]), message=said, details=feedback, spoken_by="gemini")


def _bus_event(value: dict[str, Any], level: int) -> Envelope | None:
    """A bus event or a `response.failed`: the error stands inside a wrapper."""
    properties = value.get("properties")
    status = properties.get("status") if isinstance(properties, dict) else None
    if isinstance(status, dict) and status.get("type") == "retry" and "message" in status:
        return Envelope(message=_sentence(status["message"]), details=status)
    return error_in_wrappers({key: each for key, each in value.items() if key != "error"}, level)


def _plain(value: dict[str, Any], level: int) -> Envelope | None:
    """{"message": "..."} or {"detail": "..."} and little else: an error only if the status says so (Cohere, FastAPI, API gateways)."""
    said = _first((value,), "message", "Message", "detail", "msg")
    if not isinstance(said, (str, list)) or len(value) > 6 or "role" in value or any(key in value for key in _ANSWER_KEYS):
        return None
    return _fields(value, value, level, certain=False)


_SHAPES: tuple[Callable[[dict[str, Any], int], Envelope | None], ...] = (
    _minimax, _bedrock, _error_key, _named_error, _gateway, _blocked_prompt, _bus_event, _plain,
)  # fmt: skip
