"""OpenAI, Azure OpenAI and the ChatGPT backend.

In:   nothing; a table.
Out:  PROVIDER.
Rule: `insufficient_quota` is a matter of payment though it comes with status 429 and speaks of quota.
Source: platform.openai.com, "Error codes"; learn.microsoft.com, Azure OpenAI content filtering.
"""

__all__ = ("PROVIDER",)

from streamcheck.refusals.meanings import Provider, means, pattern

_FOREIGN_HISTORY = "the history holds reasoning that was encrypted for another organisation: drop those entries"

PROVIDER = Provider(
    "openai",
    hosts=("openai.com", "chatgpt.com", "openai.azure.com", "services.ai.azure.com"),
    shared=True,
    codes={
        "insufficient_quota": means("billing", hint="no credit or a spending limit: see plan and billing; waiting does not help"),
        "billing_hard_limit_reached": means("billing"),
        "billing_not_active": means("billing"),
        "usage_not_included": means("billing", hint="the plan does not include this use"),
        "usage_limit_reached": means("quota-exhausted"),
        "context_length_exceeded": means("context-length"),
        "string_above_max_length": means(
            "invalid-request", hint="one string is longer than its parameter allows; this is not the context"
        ),
        "content_policy_violation": means("content-filter"),
        "content_filter": means("content-filter"),
        "ResponsibleAIPolicyViolation": means("content-filter"),
        "invalid_api_key": means("auth"),
        "invalid_organization": means("auth"),
        "account_deactivated": means("auth", scope="account"),
        "unsupported_country_region_territory": means(
            "auth", scope="account", switch_key=False, hint="not offered in this country"
        ),
        "model_not_found": means("model-not-found"),
        "DeploymentNotFound": means("model-not-found", hint="no deployment of this name in the resource"),
        "invalid_encrypted_content": means("invalid-request", hint=_FOREIGN_HISTORY),
        "slow_down": means("overloaded"),
        "server_is_overloaded": means("overloaded"),
    },
    types={
        "rate_limit_exceeded": means("rate-limit"),
        "rate_limit_reached": means("rate-limit"),
        "requests": means("rate-limit"),
        "tokens": means("rate-limit"),
        "server_error": means("server-error"),
        "internal_error": means("server-error"),
        "timeout": means("timeout"),
        "request_timeout": means("timeout"),
        "authentication_error": means("auth"),
        "invalid_prompt": means("invalid-request"),
        "invalid_request_error": means("invalid-request"),
        "unsupported_parameter": means("invalid-request", switch_model=True),
        "unsupported_value": means("invalid-request", switch_model=True),
    },
    patterns=(
        pattern("incorrect-organization", r"incorrect organization|no such organization", "auth"),
        pattern(
            "not-offered-here", r"country, region, or territory not supported", means("auth", scope="account", switch_key=False)
        ),
        # A limit of tokens per minute that one request exceeds by itself does not pass with time.
        pattern(
            "request-too-large",
            r"^request too large for .{1,80}\b(?:TPM|RPM)\b",
            means("rate-limit", retry="no", hint="this one request is larger than the whole minute's limit: shorten it"),
        ),
    ),
    statuses={404: means("model-not-found")},
)
