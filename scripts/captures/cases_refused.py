"""Providers that say no: well-formed errors, in place of an answer or in the middle of one.

In:   nothing.
Out:  REFUSED.
Rule: the sentences are those of the providers, quoted from public error messages, documentation and issue reports; ids and times
      are made up in the provider's form.
"""

__all__ = ("REFUSED",)

from typing import Any

from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import changed, find, inserted
from scripts.captures.streams import CREATED, STARTED, Stream, hexes, json_bytes, line, named, sse, zai_id
from scripts.captures.words import REASONING, TEXT

_JSON = (("content-type", "application/json; charset=UTF-8"),)
_ANTHROPIC = "https://api.z.ai/api/anthropic/v1/messages"
_BALANCE = "Insufficient balance or no resource package. Please recharge."
_WEEKLY = "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-03-06 22:19:54"
_CONCURRENCY = "High concurrency usage of this API, please reduce concurrency or contact customer service to increase limits"
_PUBLIC = "public error message"


def answer(value: Any, status: int, url: str, *, started: str = STARTED, headers: tuple[tuple[str, str], ...] = _JSON) -> Stream:
    body = value if isinstance(value, bytes) else json_bytes(value)
    return Stream((body,), url, chat.chat_request("glm-4.7", "Hello."), status=status, headers=headers, started=started)


def _zai(code: str, message: str, status: int, url: str = chat.ZAI_CODING, **more_of: Any) -> Stream:
    return answer({"error": {"code": code, "message": message}}, status, url, **more_of)


def _zai_anthropic(code: str, message: str) -> Stream:
    id = zai_id(CREATED, code)
    error = {"type": "rate_limit_error", "code": code, "message": f"[{code}][{message}][{id}]"}
    return answer({"type": "error", "error": error, "request_id": id}, 429, _ANTHROPIC)


def _refused(
    name: str, stream: Stream, label: str, error_class: str, comment: str = _PUBLIC, *, known_failure: str | None = None
) -> Case:
    codes = (f"provider/{error_class}",)
    return damaged("refused", name, stream, label, "refused", codes, comment=comment, known_failure=known_failure)


def _zai_cases() -> list[Case]:
    limit = answer(
        {"error": {"code": "1310", "message": _WEEKLY}, "request_id": zai_id(1_772_518_547, "limit")},
        429,
        chat.ZAI_CODING,
        started="2026-03-03T06:15:47.000Z",
    )
    window = "Usage limit reached for 5 hour. Your limit will reset at 2026-09-16 06:28:10"
    general = _zai("1113", _BALANCE, 429, chat.ZAI_GENERAL, started="2026-01-17T10:00:00.000Z")
    quiet = answer(
        {"code": 500, "msg": "Internal error, please retry later", "success": False}, 200, "https://api.z.ai/api/v1/responses"
    )
    return [
        _refused(
            "seed-zai-1113-general",
            general,
            "a plan's key at the general endpoint",
            "wrong-endpoint",
            "analysis of error 1113, 2026-01-17",
        ),
        _refused("zai-1113-coding", _zai("1113", _BALANCE, 429), "no balance at the coding endpoint", "billing"),
        _refused(
            "zai-1113-anthropic",
            _zai_anthropic("1113", _BALANCE),
            "the same in the Anthropic envelope, typed rate_limit_error",
            "billing",
        ),
        _refused(
            "seed-zai-1310",
            limit,
            "weekly limit, with the time of its reset",
            "quota-exhausted",
            "report of an agent without fallback, 2026-03-03",
        ),
        _refused(
            "zai-1308",
            _zai("1308", window, 429, started="2026-09-15T19:33:04.000Z"),
            "five-hour window used up",
            "quota-exhausted",
        ),
        _refused(
            "zai-1317-anthropic",
            _zai_anthropic(
                "1317",
                "Usage limit reached for the past 7 days. Insufficient balance for extra usage. Resets at 2026-11-23 23:07:07",
            ),
            "a window, though it speaks of balance",
            "quota-exhausted",
        ),
        _refused(
            "seed-zai-1302-concurrency",
            _zai("1302", _CONCURRENCY, 429),
            "too many requests at once",
            "concurrency",
            "report of garbled output, 2026-01-25",
        ),
        _refused(
            "zai-1302-rate", _zai_anthropic("1302", "Rate limit reached for requests"), "the same code, as a rate", "rate-limit"
        ),
        _refused(
            "zai-1305",
            _zai("1305", "The service may be temporarily overloaded, please try again later", 429),
            "overloaded, at status 429",
            "overloaded",
        ),
        _refused(
            "zai-1211", _zai("1211", "Unknown Model, please check the model code.", 400), "no such model", "model-not-found"
        ),
        _refused("zai-1261", _zai("1261", "Prompt exceeds max length", 400), "the prompt is too long", "context-length"),
        _refused(
            "zai-1214", _zai("1214", "The messages parameter is illegal.", 400), "a history that was poisoned", "invalid-request"
        ),
        _refused("zai-401", _zai("401", "token expired or incorrect", 401), "a wrong key", "auth"),
        _refused("zai-500-in-200", quiet, "status 200, success false in the body", "server-error"),
    ]


def _other_cases() -> list[Case]:
    unauthorized = {"type": "error", "error": {"type": "authentication_error", "message": "401 Unauthorized"}}
    quota = {
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "type": "insufficient_quota",
    }
    quota |= {"param": "", "code": "insufficient_quota"}
    gemini = {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}
    router = {"message": "connect ECONNREFUSED 127.0.0.1:443", "type": "proxy_error"}
    page = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
    html = (("content-type", "text/html"), ("server", "cloudflare"))
    rate = {"error": {"message": "API rate limit reached. Please try again later."}}
    cooldown = "report of a cooldown loop, 2026-03-09"
    anthropic = "https://api.anthropic.com/v1/messages"
    throttled = more.exception_frame("throttlingException", "Too many requests, please wait before trying again.")
    bedrock = more.bedrock_converse("", TEXT["fr"][:40])
    return [
        _refused(
            "seed-anthropic-401",
            answer(unauthorized, 401, _ANTHROPIC),
            "401 Unauthorized",
            "auth",
            "guide to Z.ai's Anthropic endpoint",
        ),
        _refused(
            "seed-rate-limit-rendered", answer(rate, 429, chat.ZAI_CODING), "a sentence without any code", "rate-limit", cooldown
        ),
        _refused(
            "openai-insufficient-quota",
            answer({"error": quota}, 429, "https://api.openai.com/v1/chat/completions"),
            "no balance, at 429",
            "billing",
        ),
        _refused(
            "anthropic-overloaded-529",
            answer({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529, anthropic),
            "status 529",
            "overloaded",
        ),
        _refused(
            "gemini-overloaded",
            answer({"error": gemini}, 503, "https://generativelanguage.googleapis.com/v1beta/x"),
            "status 503",
            "overloaded",
        ),
        _refused(
            "proxy-connection-refused",
            answer({"error": router}, 502, "http://localhost:8080/v1/chat/completions"),
            "a local proxy without upstream",
            "server-error",
        ),
        _refused(
            "cloudflare-502",
            answer(page, 502, "https://api.example/v1/chat/completions", headers=html),
            "a gateway's page, status 502",
            "server-error",
        ),
        _refused(
            "bedrock-throttled",
            bedrock.with_pieces([*bedrock.pieces[:6], throttled]),
            "an exception frame after the text began",
            "rate-limit",
        ),
        _refused(
            "ollama-error-line",
            more.ollama("", TEXT["ko"]).with_pieces(
                [
                    *more.ollama("", TEXT["ko"]).pieces[:9],
                    line(
                        {
                            "error": "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details"
                        }
                    ),
                ]
            ),
            "an error line after the text began",
            "server-error",
        ),
    ]


def _inside() -> list[Case]:
    """Errors after 200, once the stream has begun."""
    stream = chat.zai(REASONING["en"][:60], TEXT["en"][:60])
    overload = {"error": {"code": "1305", "message": "The service may be temporarily overloaded, please try again later"}}
    at = 14
    data = inserted(stream, at, sse(overload), "error-in-200", "provider/overloaded", ends=True)
    anthropic = events.anthropic("", TEXT["de"])
    event = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    named_event = inserted(anthropic, 6, named("error", event), "error-in-200", "provider/overloaded", ends=True)
    router = chat.openrouter("", TEXT["zh"])
    upstream = {
        "code": 502,
        "message": "Provider returned error",
        "metadata": {"provider_name": "Novita", "raw": "upstream closed"},
    }
    head = {
        "id": f"gen-{CREATED}-{hexes('router', 20)}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "z-ai/glm-4.6",
    }
    last = {**head, "error": upstream, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}
    mid = inserted(router, 12, sse(last), "error-in-200", "provider/server-error", ends=True)
    network = changed(
        stream,
        find(stream, b'"stop"'),
        b'"stop"',
        b'"network_error"',
        "finish-reason-wrong",
        "provider/network",
        whole_event=True,
    )
    responses = events.responses("", TEXT["el"][:60])
    failed = {"code": "rate_limit_exceeded", "message": "Rate limit reached for gpt-5-mini. Please try again in 1.2s."}
    ended = {"id": f"resp_{hexes('one', 48)}", "object": "response", "status": "failed", "error": failed, "output": []}
    final = {"type": "response.failed", "sequence_number": 9, "response": ended}
    limited = inserted(responses, 9, named("response.failed", final), "error-in-200", "provider/rate-limit", ends=True)
    rows = (
        ("error-in-200-data", data, "Z.ai, an error as a data line", "overloaded"),
        ("error-in-200-event", named_event, "Anthropic, event: error", "overloaded"),
        ("error-in-200-openrouter", mid, "OpenRouter, an error beside a choice that ends with 'error'", "server-error"),
        ("error-in-200-responses-failed", limited, "Responses, response.failed", "rate-limit"),
        ("zai-finish-network-error", network, "Z.ai, the failure told as finish reason", "network"),
    )
    return [damaged("refused", name, made, label, "refused", (f"provider/{kind}",)) for name, made, label, kind in rows]


REFUSED = [*_zai_cases(), *_other_cases(), *_inside()]
