"""What classify_error() makes of every error that providers and clients are known to print."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.codes import PROVIDER_CLASSES
from streamcheck.errors import UsageError
from streamcheck.findings import ProviderError
from streamcheck.refusals import classify_error, classify_finish_reason

PAAS = "https://api.z.ai/api/paas/v4/chat/completions"
CODING = "https://api.z.ai/api/coding/paas/v4/chat/completions"
PLAN_ANTHROPIC = "https://api.z.ai/api/anthropic/v1/messages"
RECHARGE = "Insufficient balance or no resource package. Please recharge."
B1113 = {"error": {"code": "1113", "message": RECHARGE}}
B1113_ANTHROPIC = {
    "type": "error",
    "error": {"type": "rate_limit_error", "code": "1113", "message": f"[1113][{RECHARGE}][20260922232915e8288c66f9ff4aaa]"},
    "request_id": "20260922232915e8288c66f9ff4aaa",
}
WEEKLY = "Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-03-06 22:19:54"
B1310 = {"error": {"code": "1310", "message": WEEKLY}, "request_id": "20260303141547610b7f574d1b44cb"}
T1310 = f"LLM error 1310: {WEEKLY} (request_id: 20260303141547610b7f574d1b44cb)"
OPENAI = "https://api.openai.com/v1/chat/completions"
CLAUDE = "https://api.anthropic.com/v1/messages"
ROUTER = "https://openrouter.ai/api/v1/chat/completions"
KIMI = "https://api.kimi.com/coding/v1/chat/completions"
MOONSHOT = "https://api.moonshot.ai/v1/chat/completions"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent"
DASHSCOPE = "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"
DEEPSEEK = "https://api.deepseek.com/chat/completions"


def classify(body: Any = b"", status: int | None = None, **more: Any) -> ProviderError:
    error = classify_error(status=status, body=body, **more)
    assert error is not None
    return error


def nested(error: dict[str, Any], **beside: Any) -> dict[str, Any]:
    return {"error": error, **beside}


class Case(NamedTuple):
    """A body as it was seen, and the class and rule that it must get."""

    name: str
    body: Any
    expected: str
    rule: str
    status: int | None = None
    url: str | None = None
    headers: dict[str, str] | None = None


def zai(code: str, message: str = "", status: int = 429) -> Case:
    return Case(f"zai-{code}", nested({"code": code, "message": message}), "", f"zai:{code}", status, CODING)


# Every code of the table on the Coding Plan's address, where nothing but the code and its sentence decides.
ZAI_CODES = {
    "auth": "401 434 1000 1001 1002 1003 1004 1005 1110 1111 1112 1121 1220",
    "billing": "1113 1309 1314",
    "wrong-endpoint": "1222 1315",
    "server-error": "500 -1 1100 1120 1200 1230",
    "network": "1234",
    "invalid-request": "435 1210 1212 1213 1214 1215 1231",
    "model-not-found": "1211 1221 1311",
    "context-length": "1261",
    "content-filter": "1300 1301",
    "rate-limit": "1302 1303 1313",
    "overloaded": "1305 1312 3008 3009 3010",
    "quota-exhausted": "1304 1308 1310 1316 1317 1318 1319 1320 1321",
}


@pytest.mark.parametrize(("expected", "code"), [(c, code) for c, codes in ZAI_CODES.items() for code in codes.split()])
@pytest.mark.parametrize("as_number", [False, True])
def test_every_zai_code_has_its_class(expected: str, code: str, as_number: bool) -> None:
    error = classify({"error": {"code": int(code) if as_number else code, "message": "words"}}, 429, url=CODING)
    assert (error.error_class, error.rule, error.code) == (expected, f"zai:{code}", code)


SAMPLES = (
    # Z.ai, as it was received
    Case("zai-1113-chinese", {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}}, "wrong-endpoint", "zai:1113", 429, PAAS),
    Case("zai-1113-anthropic-envelope", B1113_ANTHROPIC, "billing", "zai:1113", 429, PLAN_ANTHROPIC),
    Case(
        "zai-1302-anthropic-envelope",
        '{"type":"error","error":{"type":"rate_limit_error","code":"1302","message":"[1302][Rate limit reached for requests]'
        '[20260709103839995b57652bce48d3]"},"request_id":"20260709103839995b57652bce48d3"}',
        "rate-limit", "zai:1302", 429, PLAN_ANTHROPIC,
    ),
    Case(
        "zai-1302-chinese",
        '{"error":{"code":"1302","message":"[1302][您的账户已达到速率限制，请您控制请求频率][202606261713470daee3d970fa4cbc]","type":"rate_limit_error"},'
        '"request_id":"202606261713470daee3d970fa4cbc","type":"error"}',
        "rate-limit", "zai:1302",
    ),
    Case(
        "zai-1302-concurrency",
        nested({"code": "1302", "message": "High concurrency usage of this API, please reduce concurrency or contact customer service to increase limits"}),
        "concurrency", "zai:1302",
    ),
    Case("zai-1302-concurrency-chinese", nested({"code": "1302", "message": "您的并发数过高"}), "concurrency", "zai:1302"),
    Case(
        "opencode-toast",
        "High concurrency usage of this API, please reduce concurrency or contact custome... [retrying in 3s attempt #2]",
        "concurrency", "message:zai-1302",
    ),
    Case(
        "zai-1305",
        nested({"code": "1305", "message": "The service may be temporarily overloaded, please try again later"}),
        "overloaded", "zai:1305", 429, CODING,
    ),
    Case("zai-1305-text", "429: The service may be temporarily overloaded, please try again later", "overloaded", "message:zai-1305"),
    Case(
        "zai-1308-chinese",
        '{"code":"1308","message":"[1308][已达到 5 小时的使用上限。您的限额将在 2026-09-07 18:01:51 重置。][202609071540112a6345e552044]"}',
        "quota-exhausted", "zai:1308",
    ),
    Case("zai-1310-json", B1310, "quota-exhausted", "zai:1310", 429, CODING),
    Case("zai-1310-client", T1310, "quota-exhausted", "zai:1310"),
    Case(
        "zai-1310-log-line",
        f"2026-03-03T06:15:47Z [agent/embedded] embedded run agent end: runId=930be05d isError=true error={T1310}",
        "quota-exhausted", "zai:1310",
    ),
    Case("zai-1310-brackets", f"[1310][{WEEKLY}]", "quota-exhausted", "zai:1310"),
    Case("zai-1310-one-bracket", f"[1310] {WEEKLY}", "quota-exhausted", "zai:1310"),
    Case("zai-1310-repr", "Error code: 429 - {'error': {'code': '1310', 'message': '" + WEEKLY + "'}}", "quota-exhausted", "zai:1310"),
    Case("zai-1310-status-then-json", '429 {"code":"1310","message":"' + WEEKLY + '"}', "quota-exhausted", "zai:1310"),
    Case("zai-1310-without-code", WEEKLY, "quota-exhausted", "message:zai-1310"),
    Case(
        "zai-1316-claude-code",
        "API Error: 429 [1316][Usage limit reached for the past 5 hours. Insufficient balance for extra usage. Resets at 2026-09-28 23:07:07]",
        "quota-exhausted", "zai:1316",
    ),
    Case(
        "zai-1317",
        "[1317][Usage limit reached for the past 7 days. Insufficient balance for extra usage. Resets at 2026-09-28 23:07:07]",
        "quota-exhausted", "zai:1317",
    ),
    Case(
        "zai-1210",
        nested({"code": "1210", "message": "This model always engages in thinking and cannot be disabled; please use low, high, or max"}),
        "invalid-request", "zai:1210", 400,
    ),
    Case("zai-1214", nested({"code": "1214", "message": "Input cannot be empty"}), "invalid-request", "zai:1214", 400),
    Case(
        "zai-1002",
        nested({"code": "1002", "message": "Authorization Token is invalid, please ensure that the Authorization Token is correctly provided."}),
        "auth", "zai:1002", 401,
    ),
    Case("zai-401", nested({"code": "401", "message": "token expired or incorrect"}), "auth", "zai:401", 401, CODING),
    Case("zai-401-text", "token expired or incorrect", "auth", "message:key"),
    Case("zai-401-chinese", nested({"code": "401", "message": "身份验证失败。"}), "auth", "zai:401", 401, "https://open.bigmodel.cn/api/paas/v4"),
    Case(
        "zai-1211-anthropic",
        '{"type":"error","error":{"type":"invalid_request_error","code":"1211","message":"[1211][Unknown Model, please check the model code.]'
        '[20260709103839995b57652bce48d3]"}}',
        "model-not-found", "zai:1211", 400, PLAN_ANTHROPIC,
    ),
    Case("zai-500-in-200", {"code": 500, "msg": "internal fault", "success": False}, "server-error", "zai:500", 200, "https://api.z.ai/api/v1/responses"),
    Case("zai-error-event-in-200", 'event: error\ndata: {"error":{"code":"1305","message":"busy"}}\n\n', "overloaded", "zai:1305", 200, CODING),
    Case(
        "zai-error-line-in-200",
        'data: {"id":"1","choices":[{"delta":{"content":"hi"}}]}\n\ndata: {"error":{"code":"1234","message":"Network error, error id: 5"}}\n\n',
        "network", "zai:1234", 200, CODING,
    ),
    Case("zai-1113-router", 'Error from provider(zai,glm-4.6: 429): {\\"error\\":{\\"code\\":\\"1113\\",\\"message\\":\\"' + RECHARGE + '\\"}}', "billing", "zai:1113"),
    Case(
        "zai-1113-router-in-json",
        json.dumps(nested({"message": "Error from provider(zai,glm-4.6: 429): " + json.dumps(json.dumps(B1113))[1:-1], "type": "api_error"})),
        "billing", "zai:1113", 500,
    ),
    Case(
        "zai-1113-vercel",
        nested({"message": "Too Many Requests", "type": "rate_limit_error", "param": {"error": B1113["error"], "url": PAAS, "isRetryable": True}}),
        "wrong-endpoint", "zai:1113", 429, "https://ai-gateway.vercel.sh/v1/chat/completions",
    ),
    Case(
        "zai-1113-ai-sdk",
        {"name": "AI_APICallError", "url": PAAS, "statusCode": 429, "responseBody": json.dumps(B1113), "message": "Too Many Requests"},
        "wrong-endpoint", "zai:1113",
    ),
    Case(
        "zai-1308-json-rpc",
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "ProviderBusinessError: [1308][Usage limit reached for 5 hour. "
         "Your limit will reset at 2026-09-16 06:28:10][20260916033304a6345e55204411]"}},
        "quota-exhausted", "zai:1308",
    ),
    Case("zai-1309-in-body-cut", '{"error":{"code":"1309","message":"Your GLM Coding Plan package has exp', "billing", "zai:1309", 429),
    # clients' own words
    Case("openclaw-rate-limit", "⚠️ API rate limit reached. Please try again later.", "rate-limit", "message:rate-limit-reached"),
    Case("openclaw-rate-limit-plain", "API rate limit reached. Please try again later.", "rate-limit", "message:rate-limit-reached"),
    Case("openclaw-failover", "FailoverError: ⚠️ API rate limit reached. Please try again later.", "rate-limit", "message:rate-limit-reached"),
    Case(
        "openclaw-cooldown",
        "No available auth profile for zai (all in cooldown or unavailable). (rate_limit)",
        "rate-limit", "message:client-cooldown",
    ),
    Case("claude-code-limit", "Claude AI usage limit reached|1755806400", "quota-exhausted", "message:usage-limit"),
    Case("unauthorized", "Error: 401 Unauthorized", "auth", "message:unauthorized"),
    Case("opencode-bus", {"type": "session.status", "properties": {"status": {"type": "retry", "attempt": 2, "message": "High concurrency usage of this API", "next": 1}}}, "concurrency", "message:zai-1302"),
    Case("opencode-error", {"type": "session.error", "properties": {"error": {"name": "APIError", "data": {"message": "x", "statusCode": 429, "responseBody": json.dumps(B1310)}}}}, "quota-exhausted", "zai:1310"),
    # OpenAI
    Case("openai-context", nested({"message": "This model's maximum context length is 8192 tokens. However, you requested 1310 tokens.", "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}), "context-length", "openai:context_length_exceeded", 400, OPENAI),
    Case("openai-string-length", nested({"message": "Invalid 'input': string too long. Expected a string with maximum length 10", "type": "invalid_request_error", "code": "string_above_max_length"}), "invalid-request", "openai:string_above_max_length", 400, OPENAI),
    Case("azure-filter", nested({"message": "The response was filtered", "code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}), "content-filter", "openai:ResponsibleAIPolicyViolation", 400),
    Case("openai-policy", nested({"message": "rejected", "code": "content_policy_violation", "type": "invalid_request_error"}), "content-filter", "openai:content_policy_violation", 400, OPENAI),
    Case("openai-bad-request", nested({"message": "Something odd", "type": "invalid_request_error", "param": None, "code": None}), "invalid-request", "openai:invalid_request_error", 400, OPENAI),
    Case("openai-encrypted", nested({"message": "could not be verified", "type": "invalid_request_error", "code": "invalid_encrypted_content"}), "invalid-request", "openai:invalid_encrypted_content", 400, OPENAI),
    Case("openai-key", nested({"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}), "auth", "openai:invalid_api_key", 401, OPENAI),
    Case("openai-country", nested({"message": "Country, region, or territory not supported", "code": "unsupported_country_region_territory"}), "auth", "openai:unsupported_country_region_territory", 403, OPENAI),
    Case("openai-model", nested({"message": "The model `gpt-9` does not exist", "type": "invalid_request_error", "code": "model_not_found"}), "model-not-found", "openai:model_not_found", 404, OPENAI),
    Case("openai-conflict", b"", "server-error", "http:409", 409, OPENAI),
    Case("openai-408", b"", "timeout", "http:408", 408, OPENAI),
    Case("openai-rate", nested({"message": "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.", "type": "tokens", "code": "rate_limit_exceeded"}), "rate-limit", "message:throttled-tokens", 429, OPENAI),
    Case("openai-quota", nested({"message": "You exceeded your current quota, please check your plan and billing details.", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}), "billing", "openai:insufficient_quota", 429, OPENAI),
    Case("openai-quota-text", "429 You exceeded your current quota, please check your plan and billing details.", "billing", "message:plan-and-billing"),
    Case("codex-limit", nested({"type": "usage_limit_reached", "message": "The usage limit has been reached", "plan_type": "plus", "resets_in_seconds": 3600}), "quota-exhausted", "openai:usage_limit_reached", 429, "https://chatgpt.com/backend-api/codex/responses"),
    Case("openai-500", nested({"message": "The server had an error while processing your request", "type": "server_error"}), "server-error", "message:internal", 500, OPENAI),
    Case("openai-503", nested({"message": "The engine is currently overloaded, please try again later", "type": "server_error"}), "overloaded", "message:overloaded", 503, OPENAI),
    Case("openai-slow-down", nested({"message": "Slow Down", "code": "slow_down"}), "overloaded", "openai:slow_down", 503, OPENAI),
    Case("responses-failed", {"type": "response.failed", "response": {"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "slower"}}}, "rate-limit", "openai:rate_limit_exceeded"),
    Case("responses-error-event", {"type": "error", "code": "context_length_exceeded", "message": "Your input exceeds the context window", "param": None, "sequence_number": 4}, "context-length", "openai:context_length_exceeded"),
    Case("openai-sdk-connection", "Connection error.", "network", "transport:connection"),
    # Anthropic
    Case("anthropic-long", {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}}, "context-length", "message:prompt-too-long", 400, CLAUDE),
    Case("anthropic-credit", {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API."}}, "billing", "anthropic:credit-balance", 400, CLAUDE),
    Case("anthropic-spend", {"type": "error", "error": {"type": "invalid_request_error", "message": "You have reached your specified API usage limits. You will regain access on 2026-01-01 at 00:00 UTC."}}, "billing", "anthropic:spend-limit", 400, CLAUDE),
    Case("anthropic-spend-429", {"type": "error", "error": {"type": "rate_limit_error", "message": "limit", "details": {"error_code": "enforced_spend_limit_reached"}}}, "billing", "anthropic:enforced_spend_limit_reached", 429, CLAUDE),
    Case("anthropic-credits-429", {"type": "error", "error": {"type": "rate_limit_error", "message": "limit", "details": {"error_code": "credits_required"}}}, "billing", "anthropic:credits_required", 429, CLAUDE),
    *(
        Case(f"anthropic-{kind}", {"type": "error", "error": {"type": kind, "message": "words"}, "request_id": "req_011"}, expected, f"anthropic:{kind}", status, CLAUDE)
        for kind, expected, status in (
            ("invalid_request_error", "invalid-request", 400), ("authentication_error", "auth", 401), ("billing_error", "billing", 402),
            ("permission_error", "auth", 403), ("not_found_error", "model-not-found", 404), ("conflict_error", "server-error", 409),
            ("request_too_large", "context-length", 413), ("rate_limit_error", "rate-limit", 429), ("api_error", "server-error", 500),
            ("timeout_error", "timeout", 504), ("overloaded_error", "overloaded", 529),
        )
    ),
    Case("anthropic-overloaded-in-stream", 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n', "overloaded", "anthropic:overloaded_error", 200, CLAUDE),
    Case("anthropic-413-plain", b"Request Entity Too Large", "context-length", "http:413", 413, CLAUDE),
    Case("anthropic-529-empty", b"", "overloaded", "http:529", 529, CLAUDE),
    # DeepSeek
    Case("deepseek-400", nested({"message": "Bad shape", "type": "invalid_request_error"}), "invalid-request", "openai:invalid_request_error", 400, DEEPSEEK),
    Case("deepseek-401", nested({"message": "Authentication Fails", "type": "authentication_error"}), "auth", "openai:authentication_error", 401, DEEPSEEK),
    Case("deepseek-402", nested({"message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error"}), "billing", "deepseek:balance", 402, DEEPSEEK),
    Case("deepseek-422", b"{}", "invalid-request", "deepseek:http-422", 422, DEEPSEEK),
    Case("deepseek-429", b"{}", "rate-limit", "deepseek:http-429", 429, DEEPSEEK),
    Case("deepseek-500", b"{}", "server-error", "http:500", 500, DEEPSEEK),
    Case("deepseek-503", b"{}", "overloaded", "deepseek:http-503", 503, DEEPSEEK),
    # Moonshot
    Case("kimi-filter", nested({"type": "content_filter", "message": "blocked"}), "content-filter", "openai:content_filter", 400, MOONSHOT),
    Case("kimi-long", nested({"type": "invalid_request_error", "message": "Input token length too long"}), "context-length", "moonshot:too-long", 400, MOONSHOT),
    Case("kimi-long-2", nested({"type": "invalid_request_error", "message": "Your request exceeded model token limit : 131072"}), "context-length", "moonshot:too-long", 400, MOONSHOT),
    Case("kimi-auth", nested({"type": "invalid_authentication_error", "message": "Invalid Authentication"}), "auth", "moonshot:invalid_authentication_error", 401, MOONSHOT),
    Case("kimi-key", nested({"type": "incorrect_api_key_error", "message": "Incorrect API key provided"}), "auth", "moonshot:incorrect_api_key_error", 401, MOONSHOT),
    Case("kimi-permission", nested({"type": "permission_denied_error", "message": "no"}), "auth", "moonshot:permission_denied_error", 403, MOONSHOT),
    Case("kimi-week", nested({"type": "access_terminated_error", "message": "You've reached your weekly (7-day) usage limit. Your quota will reset when the week ends."}), "quota-exhausted", "moonshot:access_terminated_error", 403, KIMI),
    Case("kimi-week-text", "You've reached your weekly (7-day) usage limit. Your quota will reset when", "quota-exhausted", "moonshot:weekly", 403),
    Case("kimi-terminated", nested({"type": "access_terminated_error", "message": "Only for coding agents"}), "auth", "moonshot:access_terminated_error", 403, KIMI),
    Case("kimi-404", nested({"type": "resource_not_found_error", "message": "Not found the model or Permission denied"}), "model-not-found", "moonshot:resource_not_found_error", 404, MOONSHOT),
    Case("kimi-overloaded", nested({"type": "engine_overloaded_error", "message": "The engine is currently overloaded"}), "overloaded", "moonshot:engine_overloaded_error", 429, MOONSHOT),
    Case("kimi-quota", nested({"type": "exceeded_current_quota_error", "message": "please check your plan"}), "billing", "moonshot:exceeded_current_quota_error", 429, MOONSHOT),
    Case("kimi-concurrency", nested({"type": "rate_limit_reached_error", "message": "Your account reached max organization concurrency: 1, please try again after 1 seconds"}), "concurrency", "moonshot:concurrency", 429, MOONSHOT),
    Case("kimi-rpm", nested({"type": "rate_limit_reached_error", "message": "Your account reached max request: 3 (RPM)"}), "rate-limit", "moonshot:rate_limit_reached_error", 429, MOONSHOT),
    Case("kimi-tpd", nested({"type": "rate_limit_reached_error", "message": "Your account reached TPD rate limit"}), "quota-exhausted", "moonshot:TPD", 429, MOONSHOT),
    Case("kimi-500", nested({"type": "unexpected_output", "message": "x"}), "server-error", "moonshot:unexpected_output", 500, MOONSHOT),
    # OpenRouter
    Case("openrouter-402", nested({"code": 402, "message": "Insufficient credits"}), "billing", "message:credit", 402, ROUTER),
    Case("openrouter-max-tokens", nested({"code": 402, "message": "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens"}), "billing", "openrouter:max-tokens", 402, ROUTER),
    Case("openrouter-moderation", nested({"code": 403, "message": "Input flagged", "metadata": {"reasons": ["violence"], "provider_name": "OpenAI"}}), "content-filter", "openrouter:moderation", 403, ROUTER),
    Case("openrouter-key-limit", nested({"code": 403, "message": "Key limit exceeded (monthly limit). Manage it at the keys page"}), "billing", "openrouter:key-limit", 403, ROUTER),
    Case("openrouter-404", nested({"code": 404, "message": "No endpoints found for zai/glm-9."}), "model-not-found", "openrouter:no-endpoints", 404, ROUTER),
    Case("openrouter-408", nested({"code": 408, "message": "x"}), "timeout", "http:408", 408, ROUTER),
    Case("openrouter-413", nested({"code": 413, "message": "x"}), "context-length", "http:413", 413, ROUTER),
    Case("openrouter-429-free", nested({"code": 429, "message": "Rate limit exceeded: free-models-per-day. Add 10 credits", "metadata": {"headers": {"X-RateLimit-Reset": "1773100800000"}}}), "quota-exhausted", "openrouter:free-models-per-day", 429, ROUTER),
    Case("openrouter-502", nested({"code": 502, "message": "Provider returned error", "metadata": {"provider_name": "X"}}), "server-error", "openrouter:upstream", 502, ROUTER),
    Case("openrouter-502-in-200", 'data: {"id":"g","error":{"code":502,"message":"Provider returned error"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}\n\n', "server-error", "openrouter:upstream", 200, ROUTER),
    Case("openrouter-upstream-zai", nested({"code": 429, "message": "Provider returned error", "metadata": {"raw": json.dumps(B1310), "provider_name": "Z.AI"}}), "quota-exhausted", "openrouter>zai:1310", 429, ROUTER),
    Case("openrouter-upstream-text", nested({"code": 429, "message": "Provider returned error", "metadata": {"raw": "glm-4.7 is temporarily rate-limited upstream. Please retry shortly", "provider_name": "Z.AI"}}), "rate-limit", "openrouter>message:rate-limit", 429, ROUTER),
    Case("openrouter-upstream-overloaded", nested({"code": 502, "message": "Provider returned error", "metadata": {"raw": '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "provider_name": "Anthropic"}}), "overloaded", "openrouter>anthropic:overloaded_error", 502, ROUTER),
    Case("openrouter-503", nested({"code": 503, "message": "nothing meets your routing requirements"}), "overloaded", "openrouter:http-503", 503, ROUTER),
    # Gemini
    Case("gemini-long", nested({"code": 400, "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}), "context-length", "message:prompt-too-long", 400, GEMINI),
    Case("gemini-array", [nested({"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"})], "overloaded", "gemini:UNAVAILABLE", 503, GEMINI),
    Case("gemini-key", nested({"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}), "auth", "gemini:API_KEY_INVALID", 400, GEMINI),
    Case("gemini-region", nested({"code": 400, "message": "User location is not supported for the API use.", "status": "FAILED_PRECONDITION"}), "auth", "gemini:location", 400, GEMINI),
    Case("gemini-billing", nested({"code": 400, "message": "Please enable billing on your project", "status": "FAILED_PRECONDITION"}), "billing", "gemini:enable-billing", 400, GEMINI),
    Case("gemini-argument", nested({"code": 400, "message": "Request contains an odd value", "status": "INVALID_ARGUMENT"}), "invalid-request", "gemini:INVALID_ARGUMENT", 400, GEMINI),
    Case("gemini-403", nested({"code": 403, "message": "The caller does not have rights", "status": "PERMISSION_DENIED"}), "auth", "gemini:PERMISSION_DENIED", 403, GEMINI),
    Case("gemini-404", nested({"code": 404, "message": "models/gemini-9 is missing", "status": "NOT_FOUND"}), "model-not-found", "gemini:NOT_FOUND", 404, GEMINI),
    Case("gemini-minute", nested({"code": 429, "message": "You exceeded your current quota, please check your plan and billing details.", "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "quotaValue": "10"}]}, {"retryDelay": "34.07s"}]}), "rate-limit", "gemini:PerMinute", 429, GEMINI),
    Case("gemini-day", nested({"code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED", "details": [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}), "quota-exhausted", "gemini:PerDay", 429, GEMINI),
    Case("gemini-limit-0", nested({"code": 429, "message": "Quota exceeded for metric: x, limit: 0", "status": "RESOURCE_EXHAUSTED"}), "billing", "gemini:limit-0", 429, GEMINI),
    Case("gemini-cap", nested({"code": 429, "message": "Your billing account has exceeded its monthly spending cap", "status": "RESOURCE_EXHAUSTED"}), "billing", "gemini:spending-cap", 429, GEMINI),
    Case("gemini-500", nested({"code": 500, "message": "x", "status": "INTERNAL"}), "server-error", "gemini:INTERNAL", 500, GEMINI),
    Case("gemini-504", nested({"code": 504, "message": "x", "status": "DEADLINE_EXCEEDED"}), "timeout", "gemini:DEADLINE_EXCEEDED", 504, GEMINI),
    Case("gemini-blocked", {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}}, "content-filter", "gemini:blockReason", 200, GEMINI),
    # others
    Case("dashscope-quota", nested({"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}), "rate-limit", "dashscope:insufficient_quota", 429, DASHSCOPE),
    Case("dashscope-quota-behind-proxy", nested({"message": "Allocated quota exceeded, please increase your quota limit.", "type": "insufficient_quota", "code": "insufficient_quota"}), "rate-limit", "dashscope:allocated-quota", 429, "http://127.0.0.1:4000/v1"),
    Case("dashscope-throttling", {"code": "Throttling.AllocationQuota", "message": "Allocated quota exceeded", "request_id": "a1"}, "rate-limit", "dashscope:allocated-quota", 429, DASHSCOPE),
    Case("dashscope-rate", {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded", "request_id": "a1"}, "rate-limit", "dashscope:Throttling.RateQuota", 429, DASHSCOPE),
    Case("dashscope-arrears", {"code": "Arrearage", "message": "Access denied, make sure your account is in good standing.", "request_id": "a1"}, "billing", "dashscope:Arrearage", 400, DASHSCOPE),
    Case("dashscope-content", {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}, "content-filter", "dashscope:DataInspectionFailed", 400, DASHSCOPE),
    *(
        Case(f"minimax-{code}", {"base_resp": {"status_code": code, "status_msg": "words"}, "choices": None}, expected, f"minimax:{code}", 200, "https://api.minimax.io/v1/text/chatcompletion_v2")
        for code, expected in ((1002, "rate-limit"), (1004, "auth"), (1008, "billing"), (1039, "rate-limit"), (2013, "invalid-request"))
    ),
    Case("mistral-1300", {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "param": None, "code": "1300", "raw_status_code": 429}, "rate-limit", "mistral:rate_limited", 429, "https://api.mistral.ai/v1/chat/completions"),
    Case("mistral-1300-no-url", 'API error occurred: Status 429\nBody: {"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}', "rate-limit", "mistral:rate_limited"),
    Case("mistral-capacity", {"object": "error", "message": "Service tier capacity exceeded for this model.", "type": "invalid_request_error", "param": None, "code": None}, "overloaded", "mistral:tier-capacity", 429, "https://api.mistral.ai/v1/chat/completions"),
    Case("mistral-422", {"detail": [{"loc": ["body", "messages"], "msg": "field required", "type": "value_error.missing"}]}, "invalid-request", "message:parameter", 422),
    Case("cohere-401", {"message": "invalid api token"}, "auth", "cohere:api-token", 401, "https://api.cohere.com/v2/chat"),
    Case("cohere-trial", {"message": "You are using a Trial key, which is limited to 10 API calls / minute."}, "rate-limit", "cohere:trial", 429, "https://api.cohere.com/v2/chat"),
    Case("cohere-trial-month", {"message": "You are using a Trial key, which is limited to 1000 API calls / month."}, "quota-exhausted", "cohere:trial-month", 429, "https://api.cohere.com/v2/chat"),
    Case("vllm-context", {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "type": "BadRequestError", "param": None, "code": 400}, "context-length", "message:context", 400),
    Case("vllm-in-stream", 'data: {"error":{"message":"broken sampling","type":"BadRequestError","code":400}}\n\ndata: [DONE]\n\n', "invalid-request", "vllm:BadRequestError", 200),
    Case("ollama-line", '{"model":"glm","message":{"role":"assistant","content":"a"},"done":false}\n{"error":"an unexpected fault in the runner"}\n', "unknown", "none", 200),
    Case("ollama-model", '{"error":"model \'glm-9\' not found"}', "model-not-found", "ollama:pull-first", 404),
    Case("bedrock-json", {"__type": "com.amazon.coral.service#ThrottlingException", "message": "Too many tokens, please wait before trying again."}, "rate-limit", "bedrock:throttled", 429),
    Case("bedrock-header", {"message": "slow"}, "rate-limit", "bedrock:ThrottlingException", 429, None, {"x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/"}),
    Case("bedrock-stream", {"modelStreamErrorException": {"message": "stream broke", "originalStatusCode": 424}}, "server-error", "bedrock:ModelStreamErrorException"),
    Case("bedrock-boto", "botocore.errorfactory.ThrottlingException: An error occurred (ThrottlingException) when calling the ConverseStream operation: slow", "rate-limit", "message:rate-limit"),
    Case("bedrock-day", {"__type": "ThrottlingException", "message": "Too many tokens per day, please wait before trying again."}, "quota-exhausted", "bedrock:tokens-per-day", 429),
    # edges and connections
    Case("nginx-502", "<html>\r\n<head><title>502 Bad Gateway</title></head><body></body></html>", "server-error", "html:502", 502),
    Case("nginx-502-no-status", "<html><head><title>502 Bad Gateway</title></head></html>", "server-error", "html:502"),
    Case("cloudflare-503", "<!DOCTYPE html><html><head><title>503 Service Temporarily Unavailable</title></head></html>", "overloaded", "html:503", 503),
    Case("cloudflare-504", "<!DOCTYPE html><title>504</title>", "timeout", "html:504", 504),
    Case("cloudflare-520", "<!DOCTYPE html><title>api | 520: Web server is returning an unknown error</title>", "server-error", "html:520", 520),
    Case("cloudflare-challenge", "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>", "network", "html:403", 403),
    Case("captive-portal", "<html><body>Welcome to the hotel</body></html>", "network", "html:page", 200),
    Case("html-404", "<html><title>404 Not Found</title></html>", "wrong-endpoint", "html:404", 404),
    Case("refused", "Connection refused to api.anthropic.com", "network", "transport:refused"),
    Case("refused-errno", "connect ECONNREFUSED 127.0.0.1:8080", "network", "transport:refused"),
    Case("dns", "[Errno -2] Name or service not known", "network", "transport:dns"),
    Case("reset", "Error: read ECONNRESET", "network", "transport:reset"),
    Case("tls", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "network", "transport:tls"),
    Case("proxy", "httpx.ProxyError: 407 Proxy Authentication Required", "network", "transport:proxy"),
    Case("connect-timeout", "httpx.ConnectTimeout: timed out", "timeout", "transport:connect-timeout"),
    Case("pool-timeout", "httpx.PoolTimeout", "timeout", "transport:pool-timeout"),
    Case("timeout", "Request timed out.", "timeout", "transport:timeout"),
    Case("cut", "peer closed connection without sending complete message body (incomplete chunked read)", "network", "transport:cut-body"),
    Case("curl", "curl: (7) Failed to connect to api.z.ai port 443: Connection refused", "network", "transport:refused"),
    Case("cancelled", "AbortError: The operation was aborted", "unknown", "transport:cancelled"),
    # bare statuses
    *(
        Case(f"status-{status}", b"", expected, f"http:{status}", status)
        for status, expected in (
            (302, "wrong-endpoint"), (400, "invalid-request"), (401, "auth"), (402, "billing"), (403, "auth"), (404, "wrong-endpoint"),
            (408, "timeout"), (413, "context-length"), (418, "invalid-request"), (429, "rate-limit"), (500, "server-error"),
            (502, "server-error"), (503, "overloaded"), (504, "timeout"), (524, "timeout"), (529, "overloaded"), (599, "server-error"),
        )
    ),
    Case("httpx-sdk-text", "Client error '429 Too Many Requests' for url 'https://api.z.ai/api/paas/v4/chat/completions'", "rate-limit", "message:rate-limit"),
    Case("unknown", "Error: flux capacitor misaligned", "unknown", "none"),
    Case("resource-exhausted-text", "RESOURCE_EXHAUSTED", "rate-limit", "message:quota"),
    Case("codex-cut", "stream disconnected before completion", "network", "transport:cut-body"),
    Case("code-in-words", "code 1302", "rate-limit", "zai:1302"),
    Case("no-module", "ModuleNotFoundError: No module named 'anthropic'", "unknown", "none"),
    Case(
        "anthropic-sum",
        nested({"type": "invalid_request_error", "message": "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"}),
        "context-length", "message:context", 400, CLAUDE,
    ),
    Case(
        "fair-use-text",
        "429: your usage pattern violates the Fair Usage Policy, request frequency is limited",
        "rate-limit", "message:zai-1313",
    ),
    Case("html-in-text", "Unexpected API response: <html><title>502 Bad Gateway</title></html>", "server-error", "html:502"),
    Case(
        "litellm-1113",
        "litellm.RateLimitError: ZaiException - Error code: 429 - {'error': {'code': '1113', 'message': '" + RECHARGE + "'}}",
        "billing", "zai:1113",
    ),
    Case("unknown-json", nested({"code": "E77", "message": "flux"}), "unknown", "none"),
)  # fmt: skip


@pytest.mark.parametrize("case", SAMPLES, ids=[case.name for case in SAMPLES])
def test_sample_gets_its_class_and_rule(case: Case) -> None:
    error = classify(case.body, case.status, url=case.url, headers=case.headers)
    assert (error.error_class, error.rule) == (case.expected, case.rule)
    assert error.error_class in PROVIDER_CLASSES
    json.dumps(error.to_dict())


@pytest.mark.parametrize("case", [c for c in SAMPLES if not isinstance(c.body, (bytes, str))], ids=lambda c: c.name)
def test_parsed_text_and_bytes_are_judged_alike(case: Case) -> None:
    text = json.dumps(case.body, ensure_ascii=False)
    errors = [
        classify(body, case.status, url=case.url, headers=case.headers)
        for body in (case.body, text, text.encode(), f"\ufeff{text}\n")
    ]
    assert all(error == errors[0] for error in errors)


# ------------------------------------------------------------------ 1113


@pytest.mark.parametrize("body", [B1113, B1113_ANTHROPIC, RECHARGE], ids=["openai", "anthropic", "text"])
@pytest.mark.parametrize("host", ["api.z.ai", "open.bigmodel.cn"])
def test_1113_at_the_general_address_is_the_wrong_endpoint(host: str, body: Any) -> None:
    error = classify(body, 429, url=f"https://{host}/api/paas/v4/chat/completions", headers={"retry-after": "60"})
    assert (error.error_class, error.retry, error.scope) == ("wrong-endpoint", "no", "endpoint")
    assert f"https://{host}/api/coding/paas/v4" in (error.hint or "")
    assert (error.retry_after_s, error.reset_at) == (None, None)


@pytest.mark.parametrize("body", [B1113, B1113_ANTHROPIC], ids=["openai", "anthropic"])
@pytest.mark.parametrize("path", ["/api/coding/paas/v4/chat/completions", "/api/anthropic/v1/messages"])
@pytest.mark.parametrize("host", ["api.z.ai", "open.bigmodel.cn"])
def test_1113_at_the_plans_addresses_is_billing(host: str, path: str, body: Any) -> None:
    error = classify(body, 429, url=f"https://{host}{path}")
    assert (error.error_class, error.retry, error.evidence["maybe_wrong_endpoint"]) == ("billing", "no", False)


@pytest.mark.parametrize("url", [None, "https://api.z.ai/v9/other", "http://[bad", ""])
def test_1113_at_an_unknown_address_is_billing_and_may_be_the_endpoint(url: str | None) -> None:
    error = classify(B1113, 429, url=url)
    assert (error.error_class, error.evidence["maybe_wrong_endpoint"]) == ("billing", True)
    assert "/api/coding/paas/v4" in (error.hint or "")


def test_1113_hint_carries_no_credentials_of_the_url() -> None:
    error = classify(B1113, 429, url="https://user:secret@api.z.ai/api/paas/v4/x?key=hidden")
    assert "secret" not in str(error.to_dict())
    assert "hidden" not in str(error.to_dict())


# ------------------------------------------------------------------ 1310 and other reset times


@pytest.mark.parametrize("body", [B1310, T1310, WEEKLY], ids=["json", "client", "sentence"])
@pytest.mark.parametrize(
    "now", [None, datetime(2026, 3, 3, 6, 15, 47, tzinfo=UTC), 1772518547.0], ids=["no-clock", "datetime", "epoch"]
)
def test_1310_resets_at_the_beijing_time_it_names(body: Any, now: Any) -> None:
    error = classify(body, now=now)
    assert error.reset_at == "2026-03-06T14:19:54Z"
    assert (error.error_class, error.retry, error.scope) == ("quota-exhausted", "after-reset", "account")
    assert (error.switch_key, error.switch_model, error.retry_after_s) == (True, False, None)


def test_1310_long_after_the_reset_says_to_try_again() -> None:
    error = classify(B1310, now=datetime(2026, 11, 21, tzinfo=UTC))
    assert (error.reset_at, error.evidence["wait_s"]) == ("2026-03-06T14:19:54Z", 0.0)
    assert "try again" in (error.hint or "")


def five_hours(text: str) -> dict[str, Any]:
    return {"error": {"code": "1308", "message": f"Usage limit reached for 5 hour. Your limit will reset at {text}"}}


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("2026-09-16 06:28:10", "2026-09-15T19:33:04Z", "2026-09-15T22:28:10Z"),
        ("2026-09-16 06:28:10", "2026-09-16T03:00:00Z", "2026-09-16T06:28:10Z"),
        ("2026-09-16 06:28:10Z", "2026-09-15T19:33:04Z", "2026-09-16T06:28:10Z"),
        ("2026-09-16T06:28:10+02:00", "2026-09-15T19:33:04Z", "2026-09-16T04:28:10Z"),
        ("2026-09-18 06:28:10", "2026-09-15T19:33:04Z", None),
        ("2026-02-30 06:28:10", "2026-09-15T19:33:04Z", None),
    ],
    ids=["beijing", "only-utc-fits", "zone-z", "offset", "beyond-the-window", "no-such-day"],
)
def test_a_reset_time_is_read_by_zone_and_window(text: str, now: str, expected: str | None) -> None:
    error = classify(five_hours(text), 429, now=datetime.fromisoformat(now))
    assert (error.reset_at, error.retry) == (expected, "after-reset")


def test_the_request_ids_clock_is_trusted_before_the_callers() -> None:
    body = '{"code":"1308","message":"[1308][已达到 5 小时的使用上限。您的限额将在 2026-09-07 18:01:51 重置。][202609071540112a6345e552044]"}'
    error = classify(body, now=datetime(2026, 9, 7, 17, 0, tzinfo=UTC))
    assert error.reset_at == "2026-09-07T10:01:51Z"
    assert (error.evidence["window"], error.evidence["request_id"]) == ("5h", "202609071540112a6345e552044")


def rate(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"type": "rate_limit_error", "message": message, **more}}


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (rate("Please try again in 6ms."), {}, 0.006),
        (rate("Please try again in 1m30.5s"), {}, 90.5),
        (rate("please try again after 1 seconds"), {}, 1.0),
        (rate("Resets in 2hr 53min"), {}, 10380.0),
        (rate("Resets in ~2.3h"), {}, 8280.0),
        (rate("Please retry after 9 seconds."), {}, 9.0),
        (rate("Please retry after 1 month"), {}, None),
        (rate("x", resets_in_seconds=3600), {}, 3600.0),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x", "details": [{"retryDelay": "34.07s"}]}}, {}, 34.07),
        ({"error": {"code": "1302", "message": "Rate limit reached for requests"}, "retry-after": "40"}, {}, 40.0),
        (rate("x"), {"Retry-After": "12"}, 12.0),
        (rate("x"), {"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        (rate("x"), {"retry-after": "-3"}, None),
        (rate("x"), {"retry-after": "nan"}, None),
        (rate("x"), {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
        (rate("x"), {"retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0.0),
        (rate("x"), {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        (rate("x"), {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "900"}, 1.0),
        (rate("x [retrying in 3s attempt #2]"), {}, None),
        (rate("x"), {}, None),
    ],
)  # fmt: skip
def test_a_wait_is_what_the_provider_said(body: Any, headers: dict[str, str], seconds: float | None) -> None:
    assert classify(body, 429, headers=headers).retry_after_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("body", "headers", "reset_at"),
    [
        (rate("x", resets_at=1773100800), {}, "2026-03-10T00:00:00Z"),
        (rate("x", resetsAt=1773100800000), {}, "2026-03-10T00:00:00Z"),
        (rate("x", metadata={"headers": {"X-RateLimit-Reset": "1773100800000"}}), {}, "2026-03-10T00:00:00Z"),
        (rate("x"), {"anthropic-ratelimit-requests-reset": "2026-03-10T00:00:00Z"}, "2026-03-10T00:00:00Z"),
        (
            rate("x"),
            {"anthropic-ratelimit-requests-reset": "2026-03-10T00:00:00Z", "anthropic-ratelimit-requests-remaining": "9"},
            None,
        ),
        (rate("x"), {"x-ratelimit-reset": "1773100800"}, "2026-03-10T00:00:00Z"),
        (rate("x"), {"retry-after": "Tue, 10 Mar 2026 00:00:00 GMT"}, "2026-03-10T00:00:00Z"),
        ("Claude AI usage limit reached|1773100800", {}, "2026-03-10T00:00:00Z"),
    ],
)
def test_a_point_in_time_becomes_the_reset(body: Any, headers: dict[str, str], reset_at: str | None) -> None:
    assert classify(body, headers=headers).reset_at == reset_at


def test_seconds_to_a_quotas_reset_become_a_time_when_the_clock_is_known() -> None:
    body = {"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_in_seconds": 60}}
    assert classify(body, now=datetime(2026, 3, 10, tzinfo=UTC)).reset_at == "2026-03-10T00:01:00Z"
    assert classify(body).reset_at is None


# ------------------------------------------------------------------ what to do


def test_a_rate_limit_is_never_bound_to_the_provider() -> None:
    for text in ("⚠️ API rate limit reached. Please try again later.", "429 Too Many Requests", RECHARGE):
        assert classify(text).scope in ("model", "key", "account")
    assert classify("API rate limit reached. Please try again later.").scope == "model"


def test_a_clients_own_cooldown_is_told_apart_from_an_answer() -> None:
    error = classify("No available auth profile for zai (all in cooldown or unavailable). (rate_limit)")
    assert (error.error_class, error.retry_after_s) == ("rate-limit", None)
    assert "client's own cooldown" in (error.hint or "")


def test_the_error_that_began_a_cooldown_counts_before_the_cooldown() -> None:
    text = (
        "Embedded agent failed: All models failed (2): \n  zai/glm-4.7: ⚠️ API rate limit reached. Please try again later. (rate_limit)\n"
        "  zai/glm-4.5: No available auth profile for zai (all in cooldown or unavailable). (rate_limit)"
    )
    assert classify(text).rule == "message:rate-limit-reached"


def test_1305_asks_for_another_model_and_leaves_the_key_alone() -> None:
    error = classify(nested({"code": "1305", "message": "x"}), 429, url=CODING)
    assert (error.retry, error.scope, error.switch_model, error.switch_key) == ("backoff", "model", True, False)


def test_1313_is_not_to_be_retried() -> None:
    assert classify(nested({"code": "1313", "message": "x"}), 429, url=CODING, headers={"retry-after": "5"}).retry == "no"


def test_unknown_never_carries_a_wait() -> None:
    error = classify("Error: flux capacitor misaligned, retry after 5 seconds", headers={"retry-after": "5"})
    assert (error.error_class, error.retry, error.retry_after_s, error.reset_at) == ("unknown", "no", None, None)


def test_keys_of_kimis_two_platforms_are_named_as_a_cause_of_401() -> None:
    assert "not interchangeable" in (classify(b"", 401, url=KIMI).hint or "")


# ------------------------------------------------------------------ no error


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (None, b""),
        (200, b""),
        (204, b""),
        (None, "   "),
        (
            200,
            {
                "choices": [
                    {
                        "message": {"role": "assistant", "content": "rate limit exceeded, error 1113: recharge"},
                        "finish_reason": "stop",
                    }
                ]
            },
        ),
        (None, {"choices": [{"message": {"content": "429 Too Many Requests"}}], "error": None}),
        (None, {"id": "r", "object": "response", "status": "completed", "error": None, "output": []}),
        (None, {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "overloaded_error"}]}),
        (None, {"candidates": [{"content": {"parts": [{"text": "RESOURCE_EXHAUSTED"}]}}]}),
        (
            None,
            {"model": "glm", "created_at": "x", "message": {"role": "assistant", "content": "invalid api key"}, "done": False},
        ),
        (200, {"code": 200, "msg": "操作成功", "data": {"limits": []}, "success": True}),
        (200, {"base_resp": {"status_code": 0, "status_msg": "success"}, "choices": []}),
        (200, 'data: {"choices":[{"delta":{"content":"error 1310: quota exceeded"}}]}\n\ndata: [DONE]\n\n'),
        (None, 'data: {"choices":[{"delta":{"content":"error 1310: quota exceeded"}}]}\n\n'),
        (200, '{"choices":[{"message":{"content":"rate limit exceeded'),
        (None, '{"choices":[{"message":{"content":"rate limit exceeded'),
        (200, "The rate limit was exceeded in 1310 cases."),
        (200, {"message": "invalid api key"}),
        (None, "hello"),
        (None, "the door opens with code 1234."),
        (None, "3.14"),
        (None, "The Siege of 1310 was long."),
        (None, "a long story. " * 400 + "and then the connection was refused"),
    ],
)
def test_an_ordinary_answer_is_no_error(status: int | None, body: Any) -> None:
    assert classify_error(status=status, body=body) is None


@pytest.mark.parametrize(
    "text",
    [
        "Error: the answer used 1500 tokens",
        "failed with a context of 1310 tokens",
        "error 1310 tokens were read",
        "Error in [2024] [notes]",
    ],
)
def test_a_number_in_prose_is_no_code(text: str) -> None:
    error = classify_error(body=text)
    assert error is None or (error.error_class, error.rule) == ("unknown", "none")


def test_a_code_in_a_providers_sentence_does_not_replace_its_own() -> None:
    error = classify(nested({"message": "the postal code 1113, as given, is odd", "code": "string_above_max_length"}), 400)
    assert (error.rule, error.code) == ("openai:string_above_max_length", "string_above_max_length")


# ------------------------------------------------------------------ fields


def test_the_message_is_the_providers_own() -> None:
    assert classify(T1310).message == WEEKLY
    assert classify(B1113_ANTHROPIC).message == RECHARGE
    assert classify("Error code: 429 - {'error': {'code': '1310', 'message': 'it\\'s over'}}").message == "it's over"
    assert classify(nested({"code": "E1", "message": "a\x1b[31mb"})).message == "a\x1b[31mb"
    assert len(classify(nested({"message": "x" * 5000}), 500).message) == 500


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Error: 401 Unauthorized", 401),
        ("429: slow down", 429),
        ("Error code: 429 - {'error': {'code': '1310', 'message': 'x'}}", 429),
        ('Error from provider(zai,glm-4.6: 429): {"error":{"code":"1113"}}', 429),
        ("Client error '404 Not Found' for url 'https://api.z.ai/x'", 404),
        ("Request failed with status code 503", 503),
        ("HTTP 500 Internal Server Error", 500),
        ("error: 500 tokens were lost", None),
    ],
)
def test_the_status_is_read_from_a_clients_text(text: str, status: int | None) -> None:
    assert classify(text).http_status == status


def test_the_status_of_the_response_is_kept_when_the_body_names_another() -> None:
    error = classify(nested({"code": 502, "message": "Provider returned error"}), 200, url=ROUTER)
    assert (error.http_status, error.code, error.error_class) == (200, "502", "server-error")


def test_keys_are_masked() -> None:
    key = "sk-proj-" + "a1B2" * 8
    error = classify(
        nested({"message": f"Incorrect API key provided: {key}. Authorization: Bearer {'x' * 30}", "code": "invalid_api_key"}),
        401,
    )
    assert key not in str(error.to_dict())
    assert "x" * 30 not in str(error.to_dict())


def test_timeouts_and_cuts_name_what_they_know() -> None:
    assert classify("httpx.ConnectTimeout").evidence["phase"] == "connect"
    assert classify("IncompleteRead(0 bytes read)").evidence["truncated"] is True
    assert classify("<html><title>503</title>", 503).evidence["html_body"] is True


# ------------------------------------------------------------------ finish reasons


@pytest.mark.parametrize(
    ("reason", "expected", "retry"),
    [
        ("network_error", "network", "backoff"),
        ("network-error", "network", "backoff"),
        ("sensitive", "content-filter", "no"),
        ("content_filter", "content-filter", "no"),
        ("content-filter", "content-filter", "no"),
        ("SAFETY", "content-filter", "no"),
        ("RECITATION", "content-filter", "no"),
        ("PROHIBITED_CONTENT", "content-filter", "no"),
        ("SPII", "content-filter", "no"),
        ("BLOCKLIST", "content-filter", "no"),
        ("model_context_window_exceeded", "context-length", "no"),
        ("insufficient_system_resource", "overloaded", "backoff"),
        ("error", "server-error", "backoff"),
        ("abort", "server-error", "backoff"),
        ("MALFORMED_FUNCTION_CALL", "server-error", "backoff"),
    ],
)
def test_a_failing_finish_reason_has_a_class(reason: str, expected: str, retry: str) -> None:
    error = classify_finish_reason(reason)
    assert error is not None
    assert (error.error_class, error.retry, error.rule.partition(":")[0]) == (expected, retry, "finish")


ORDINARY = "stop STOP length max_tokens MAX_TOKENS tool_calls tool-calls tool_use function_call end_turn stop_sequence refusal pause_turn COMPLETE load other"


@pytest.mark.parametrize("reason", [*ORDINARY.split(), "", "never heard of"])
def test_an_ordinary_finish_reason_is_no_error(reason: str) -> None:
    assert classify_finish_reason(reason) is None


# ------------------------------------------------------------------ misuse


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ({"status": "429"}, "response.status_code"),
        ({"status": True}, "response.status_code"),
        ({"body": None}, "response.content"),
        ({"body": 7}, "response.content"),
        ({"url": b"x"}, "str("),
        ({"headers": "a: b"}, "response.headers"),
        ({"headers": [1]}, "response.headers"),
        ({"headers": {"a": 1}}, "response.headers"),
        ({"now": "today"}, "seconds since the epoch"),
    ],
)
def test_misuse_is_a_type_error_that_says_what_to_pass(arguments: dict[str, Any], advice: str) -> None:
    with pytest.raises(TypeError, match=advice.replace("(", r"\(")):
        classify_error(**arguments)


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="now=nan"):
        classify_error(body="x", now=float("nan"))


def test_a_finish_reason_must_be_text() -> None:
    with pytest.raises(TypeError, match="as str"):
        classify_finish_reason(None)  # type: ignore[arg-type]


# ------------------------------------------------------------------ properties

FRAGMENTS = (
    "error", "Error", "[1310]", "[", "]", "{", "}", '"', "'", "\\", '\\"', ":", ",", "1113", "429", "code", "message", "data: ", "event: error\n", "\n",
    "\n\n", "<html>", "<title>", "reset at 2026-03-06 22:19:54", "reset at 9999-12-31 23:59:59", "Resets in 99999999999h", "try again in ", "1e999",
    "-5", "ms", "null", "None", "True", "(request_id: 20260303141547610b7f574d1b44cb)", "LLM error 1310: ", "metadata", "raw", "\ud800", "\x00", "余额不足",
)  # fmt: skip
NAMES = ("error", "code", "message", "type", "status", "details", "metadata", "raw", "data", "param", "base_resp", "status_code", "retry_after",
         "resets_at", "resets_in_seconds", "retryDelay", "errors", "detail", "promptFeedback", "blockReason", "properties", "headers", "reason")  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
prose = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=25).map("".join)
bodies = (
    st.binary(max_size=200)
    | prose
    | prose.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.dictionaries(st.sampled_from(NAMES), values)
)
urls = st.none() | st.text(max_size=40) | st.sampled_from([PAAS, CODING, OPENAI, ROUTER, GEMINI, DASHSCOPE, KIMI])
header_maps = st.dictionaries(
    st.sampled_from(
        [
            "retry-after",
            "retry-after-ms",
            "x-ratelimit-reset",
            "x-ratelimit-reset-tokens",
            "date",
            "content-type",
            "x-amzn-errortype",
        ]
    ),
    st.text(max_size=20) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str),
)
clocks = st.none() | st.datetimes() | st.floats(0, 4e9)


@given(status=st.none() | st.integers(), body=bodies, url=urls, headers=header_maps, now=clocks)
def test_classify_error_never_raises_and_never_names_a_negative_wait(
    status: int | None, body: Any, url: str | None, headers: dict[str, str], now: Any
) -> None:  # fmt: skip
    error = classify_error(status=status, body=body, url=url, headers=headers, now=now)
    if error is None:
        return
    assert error.error_class in PROVIDER_CLASSES
    assert error.retry in ("backoff", "after-reset", "no")
    assert error.scope in ("request", "model", "key", "account", "endpoint")
    assert error.retry_after_s is None or error.retry_after_s >= 0
    assert error.evidence.get("wait_s", 0.0) >= 0
    assert error.reset_at is None or datetime.fromisoformat(error.reset_at).tzinfo is not None
    assert error.retry != "no" or (error.retry_after_s, error.reset_at) == (None, None)
    assert len(error.message) <= 500
    assert len(error.evidence["matched"]) <= 200


@given(body=values)
def test_classify_error_never_raises_on_any_json(body: Any) -> None:
    classify_error(status=500, body=json.dumps(body))
    classify_error(body=json.dumps(body))


@given(reason=st.text())
def test_classify_finish_reason_never_raises(reason: str) -> None:
    classify_finish_reason(reason)


@pytest.mark.parametrize(
    "unit", ["[1234][", "{", "'", "\\'", "1m", "error ", "<title>", '{"error":', "data: {\n", "model ", "(", '\\"{']
)
def test_hostile_repetition_costs_little(unit: str) -> None:
    started = datetime.now(UTC)
    classify_error(status=429, body=(unit * 60_000)[:240_000])
    assert (datetime.now(UTC) - started).total_seconds() < 2  # a quadratic reading takes minutes
