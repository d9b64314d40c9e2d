"""Moonshot and Kimi.

In:   a Statement with one of their types.
Out:  PROVIDER; its refine() gives a Ruling.
Rule: `access_terminated_error` with status 403 is a used-up week when the message says so, not a matter of rights.
Source: platform.moonshot.ai, "Error codes"; answers of the Kimi coding plan.
"""

__all__ = ("PROVIDER",)

import re

from streamcheck.refusals.meanings import Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

DAY_S = 86_400.0
_TWO_KINDS = (
    "keys of kimi.com/coding and of the open platform are not interchangeable: check that key and base URL belong together"
)
_KEY = means("auth", hint=_TWO_KINDS)
_LIMIT = re.compile(r"(?:reached|exceeded) your .{0,40}\b(?:usage )?limit", re.IGNORECASE)
_WEEK = re.compile(r"weekly|7[- ]day", re.IGNORECASE)
_CONCURRENCY = re.compile(r"max (?:organization )?concurrency", re.IGNORECASE)
_PER_DAY = re.compile(r"\bTPD\b|tokens per day")


def refine(statement: Statement) -> Ruling | None:
    """Return what the message makes of the two types that mean more than one thing."""
    text = statement.text
    if statement.type == "access_terminated_error" and (found := _LIMIT.search(text)):
        week = bool(_WEEK.search(text))
        return Ruling(
            "moonshot:access_terminated_error", means("quota-exhausted"), found[0], 7 * DAY_S if week else None, {"window": "7d" if week else None}
        )  # fmt: skip
    if statement.type == "rate_limit_reached_error":
        if found := _CONCURRENCY.search(text):
            return Ruling("moonshot:concurrency", means("concurrency", scope="account", switch_model=False), found[0])
        if found := _PER_DAY.search(text):
            return Ruling("moonshot:TPD", means("quota-exhausted"), found[0], DAY_S, {"window": "day"})
    return None


PROVIDER = Provider(
    "moonshot",
    hosts=("moonshot.ai", "moonshot.cn", "kimi.com"),
    shared=True,
    refine=refine,
    codes={
        "invalid_authentication_error": _KEY,
        "incorrect_api_key_error": _KEY,
        "permission_denied_error": means("auth", switch_model=True),
        "access_terminated_error": means("auth", scope="account"),
        "resource_not_found_error": means("model-not-found"),
        "engine_overloaded_error": means("overloaded"),
        "exceeded_current_quota_error": means("billing"),
        "unexpected_output": means("server-error"),
    },
    types={"rate_limit_reached_error": means("rate-limit", scope="account", switch_model=False)},
    patterns=(
        pattern("too-long", r"input token length too long|exceeded model token limit", "context-length"),
        pattern("weekly", r"reached your weekly", "quota-exhausted", window_s=7 * DAY_S),
    ),
    statuses={401: _KEY, 404: means("model-not-found")},
)
