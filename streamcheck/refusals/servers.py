"""DeepSeek, Mistral, Cohere, vLLM and Ollama: providers and servers that speak mostly in sentences and HTTP statuses.

In:   nothing; tables.
Out:  DEEPSEEK, MISTRAL, COHERE, VLLM, OLLAMA.
Rule: only what differs from the general meaning of a status or a sentence stands here.
Source: api-docs.deepseek.com, "Error codes"; docs.mistral.ai; docs.cohere.com, "Errors"; the servers' own sources.
"""

__all__ = ("COHERE", "DEEPSEEK", "MISTRAL", "OLLAMA", "VLLM")

from streamcheck.refusals.meanings import Provider, means, pattern

MONTH_S = 31 * 86_400.0

DEEPSEEK = Provider(
    "deepseek",
    hosts=("deepseek.com",),
    patterns=(pattern("balance", r"insufficient balance", "billing"),),
    statuses={
        402: means("billing"),
        422: means("invalid-request"),
        429: means(
            "rate-limit", scope="account", switch_model=False, hint="the limit moves with the load of the account: slow down"
        ),
        503: means("overloaded"),
    },
)

MISTRAL = Provider(
    "mistral",
    hosts=("mistral.ai",),
    shared=True,
    codes={
        "rate_limited": means("rate-limit"),
        "service_tier_capacity_exceeded": means(
            "overloaded", hint="this model is full for the plan's tier: take another model, or retry"
        ),
        "invalid_model": means("model-not-found"),
    },
    patterns=(
        pattern("tier-capacity", r"service tier capacity exceeded", means("overloaded")),
        pattern("prompt-too-large", r"too large for model with \d+ maximum context length", "context-length"),
    ),
    statuses={404: means("model-not-found")},
)

COHERE = Provider(
    "cohere",
    hosts=("cohere.com", "cohere.ai"),
    patterns=(
        pattern("trial-month", r"trial key.{0,80}/ ?month", means("quota-exhausted", scope="key"), window_s=MONTH_S),
        pattern("trial", r"trial key", means("rate-limit", scope="key", switch_model=False)),
        pattern("api-token", r"invalid api token|no api key supplied", "auth"),
        pattern("too-many-tokens", r"too many tokens", "context-length"),
    ),
    statuses={402: means("billing"), 404: means("model-not-found"), 498: means("auth"), 499: means("network")},
)

VLLM = Provider(
    "vllm",
    shared=True,
    types={
        "BadRequestError": means("invalid-request"),
        "NotFoundError": means("model-not-found"),
        "InternalServerError": means("server-error"),
    },
)

OLLAMA = Provider(
    "ollama",
    hosts=("ollama.com",),
    shared=True,
    patterns=(
        pattern(
            "pull-first",
            r"model ['\"]?\S+ not found",
            means("model-not-found", hint="the server does not have this model: pull it first"),
        ),
        pattern(
            "memory",
            r"model requires more system memory",
            means("server-error", retry="no", switch_model=True, hint="the model does not fit this machine: take a smaller one"),
        ),
        pattern("pending", r"server busy.{0,60}maximum pending requests", "overloaded"),
        pattern("runner", r"llama runner process (?:has terminated|no longer running)", "server-error"),
    ),
)
