"""Alibaba DashScope, MiniMax and Amazon Bedrock: providers with code words or numbers of their own.

In:   nothing; tables.
Out:  DASHSCOPE, MINIMAX, BEDROCK.
Rule: DashScope's `insufficient_quota` is a rate of tokens per minute, not money; its own word for money is `Arrearage`.
      MiniMax refuses inside HTTP 200, in `base_resp`; its numbers only count there.
Source: help.aliyun.com, "Error messages"; platform.minimax.io, "Error codes"; docs.aws.amazon.com, bedrock-runtime errors.
"""

__all__ = ("BEDROCK", "DASHSCOPE", "MINIMAX")

import re

from streamcheck.refusals.meanings import Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

_PER_MINUTE = means("rate-limit", hint="the allotted tokens per minute are used up: slow down, or ask for a larger allotment")
_ALLOCATED = re.compile(r"allocated quota exceeded", re.IGNORECASE)


def _dashscope(statement: Statement) -> Ruling | None:
    if found := _ALLOCATED.search(statement.text):  # known by its sentence, also behind a proxy
        return Ruling("dashscope:allocated-quota", _PER_MINUTE, found[0])
    if statement.code and statement.code.startswith("Throttling"):
        return Ruling(f"dashscope:{statement.code}", means("rate-limit"), statement.code)
    return None


DASHSCOPE = Provider(
    "dashscope",
    hosts=("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "aliyuncs.com"),
    refine=_dashscope,
    codes={
        "insufficient_quota": _PER_MINUTE,
        "limit_requests": means("rate-limit"),
        "Arrearage": means("billing"),
        "AllocationQuota.FreeTierOnly": means("billing", hint="the free allotment is used up: switch on paid use"),
        "DataInspectionFailed": means("content-filter"),
        "data_inspection_failed": means("content-filter"),
        "InvalidApiKey": means("auth"),
        "invalid_api_key": means("auth"),
        "AccessDenied": means("auth", switch_model=True),
        "AccessDenied.Unpurchased": means("billing", hint="the service is not activated for this account"),
        "Model.AccessDenied": means("auth", switch_model=True),
        "ModelNotFound": means("model-not-found"),
        "RequestTimeOut": means("timeout"),
        "InternalError.Timeout": means("timeout"),
        "InternalError": means("server-error"),
        "InternalError.Algo": means("server-error"),
        "ServiceUnavailable": means("overloaded"),
        "BadRequest.TooLarge": means("context-length"),
    },
    types={"InvalidParameter": means("invalid-request"), "invalid_parameter_error": means("invalid-request")},
    patterns=(pattern("input-length", r"range of input length should be", "context-length"),),
)

MINIMAX = Provider(
    "minimax",
    hosts=("minimax.io", "minimaxi.com", "minimax.chat"),
    codes={
        "1000": means("server-error"),
        "1001": means("timeout"),
        "1002": means("rate-limit"),
        "1004": means("auth"),
        "1008": means("billing"),
        "1013": means("server-error"),
        "1024": means("server-error"),
        "1026": means("content-filter"),
        "1027": means("content-filter"),
        "1033": means("server-error"),
        "1039": means("rate-limit", hint="the tokens per minute are used up: slow down"),
        "1041": means("concurrency"),
        "2013": means("invalid-request"),
        "2045": means("rate-limit", hint="the rate of requests grew too fast: rise more slowly"),
        "2049": means("auth"),
        "2056": means("quota-exhausted"),
    },
)

BEDROCK = Provider(
    "bedrock",
    hosts=("amazonaws.com",),
    shared=True,
    codes={
        "ModelStreamErrorException": means("server-error"),
        "ModelErrorException": means("server-error"),
        "ModelTimeoutException": means("timeout"),
        "ModelNotReadyException": means("overloaded"),
        "InternalServerException": means("server-error"),
        "ServiceUnavailableException": means("overloaded"),
        "ServiceQuotaExceededException": means(
            "quota-exhausted", retry="no", hint="a quota of the account is reached: ask for a higher one"
        ),
        "AccessDeniedException": means("auth", switch_model=True, hint="grant the role access to this model in this region"),
        "UnrecognizedClientException": means("auth"),
        "InvalidSignatureException": means("auth"),
        "ExpiredTokenException": means("auth", hint="the session token has expired: fetch a new one"),
        "ResourceNotFoundException": means("model-not-found"),
    },
    types={"ThrottlingException": means("rate-limit"), "ValidationException": means("invalid-request")},
    patterns=(
        pattern("tokens-per-day", r"too many tokens per day", means("quota-exhausted", scope="model", switch_model=True)),
        pattern("throttled", r"too many (?:tokens|requests), please wait", "rate-limit"),
        pattern("input-too-long", r"input is too long for requested model", "context-length"),
    ),
)
