"""OpenRouter: a router; its codes are HTTP statuses, and `metadata.raw` holds the word of the provider behind it.

In:   a Statement from openrouter.ai, or with a provider's name in its metadata.
Out:  PROVIDER; its refine() gives a Ruling.
Rule: once tokens flow the HTTP status is 200 for good: the number in the error counts. What the provider behind says is
      judged by that provider's rules (classify.py does it before this table is asked).
Source: openrouter.ai/docs, "Errors" and "Limits".
"""

__all__ = ("PROVIDER",)

from streamcheck.refusals.meanings import Meaning, Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

DAY_S = 86_400.0
_FEWER_TOKENS = "add credits, or ask for fewer max_tokens: the reserve for this request is what is missing"
_KEY_LIMIT = means("billing", scope="key", hint="this key's own spending limit is reached: raise it, or use another key")


def refine(statement: Statement) -> Ruling | None:
    """Return `content-filter` for a 403 that comes with the moderation's reasons."""
    metadata = statement.details.get("metadata")
    if statement.status == 403 and isinstance(metadata, dict) and metadata.get("reasons"):
        return Ruling("openrouter:moderation", means("content-filter"), str(metadata["reasons"]))
    return None


STATUSES: dict[int, Meaning] = {
    402: means("billing"),
    404: means("model-not-found", hint="no provider offers this model under these settings"),
    502: means("server-error", switch_model=True, hint="the provider behind the router failed: retry, or let it route elsewhere"),
    503: means("overloaded", hint="no provider meets the routing rules now: loosen them, or take another model"),
}

PROVIDER = Provider(
    "openrouter",
    hosts=("openrouter.ai",),
    refine=refine,
    patterns=(
        pattern("key-limit", r"\bkey limit exceeded", _KEY_LIMIT),
        pattern("max-tokens", r"requires more credits, or fewer max_tokens", means("billing", hint=_FEWER_TOKENS)),
        pattern("free-models-per-day", r"free-models-per-day", means("quota-exhausted", switch_model=None), window_s=DAY_S),
        pattern("no-endpoints", r"no endpoints found", STATUSES[404]),
        pattern("upstream", r"provider returned error", STATUSES[502]),
    ),
    statuses=STATUSES,
)
