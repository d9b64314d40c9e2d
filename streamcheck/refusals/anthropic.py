"""Anthropic.

In:   a Statement with one of their types.
Out:  PROVIDER; its refine() gives a Ruling.
Rule: a rate_limit_error is a matter of payment when its details say so. The unified limit headers also stand on good answers:
      they are read for times only, never as a sign of an error.
Source: docs.claude.com, "Errors" and "Rate limits".
"""

__all__ = ("PROVIDER",)

from streamcheck.refusals.meanings import Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

_SPENT = ("enforced_spend_limit_reached", "credits_required")


def refine(statement: Statement) -> Ruling | None:
    """Return `billing` for a rate_limit_error that no wait will cure."""
    if statement.reason in _SPENT and "retry-after" not in statement.headers:
        return Ruling(f"anthropic:{statement.reason}", means("billing"), statement.reason or "")
    return None


PROVIDER = Provider(
    "anthropic",
    hosts=("anthropic.com", "claude.ai", "claude.com"),
    shared=True,
    refine=refine,
    codes={
        "billing_error": means("billing"),
        "request_too_large": means("context-length", hint="the request is larger than the gateway takes (32 MB): shorten it"),
        "overloaded_error": means("overloaded"),
        "timeout_error": means("timeout"),
    },
    types={
        "authentication_error": means("auth"),
        "permission_error": means("auth", switch_model=True, hint="the key may not use this model or resource"),
        "not_found_error": means("model-not-found"),
        "rate_limit_error": means("rate-limit"),
        "api_error": means("server-error"),
        "conflict_error": means("server-error"),
        "invalid_request_error": means("invalid-request"),
    },
    patterns=(
        pattern("credit-balance", r"credit balance is too low", "billing"),
        pattern(
            "spend-limit", r"(?:reached|exceeded?) your specified (?:\w+ )?(?:api )?usage limits|spend(?:ing)? limit", "billing"
        ),
        pattern("connections", r"number of concurrent connections", means("concurrency", scope="account")),
    ),
)
