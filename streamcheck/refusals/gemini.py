"""Google Gemini and Vertex AI.

In:   a Statement with an upper-case status word and, often, typed details.
Out:  PROVIDER; its refine() gives a Ruling.
Rule: RESOURCE_EXHAUSTED is three things; the quota's id in the details tells them apart.
Source: ai.google.dev, "Troubleshooting guide" and "Rate limits"; google.rpc.Code; google.rpc.QuotaFailure.
"""

__all__ = ("PROVIDER",)

import re
from typing import Any

from streamcheck.refusals.meanings import Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

DAY_S = 86_400.0
_DAILY = "the day's quota is used up; days begin at midnight Pacific time, whatever short delay the answer names"
_NOTHING_ALLOWED = "this plan allows none of this model: enable billing, or take another model"
_NO_LIMIT = re.compile(r"\blimit: 0\b")


def _violations(statement: Statement) -> list[dict[str, Any]]:
    details = statement.details.get("details")
    found: list[dict[str, Any]] = []
    for each in details if isinstance(details, list) else []:
        listed = each.get("violations") if isinstance(each, dict) else None
        found += [v for v in listed if isinstance(v, dict)] if isinstance(listed, list) else []
    return found


def refine(statement: Statement) -> Ruling | None:
    """Return the kind of limit behind RESOURCE_EXHAUSTED, None for all else."""
    if statement.type != "RESOURCE_EXHAUSTED":
        return None
    violations = _violations(statement)
    ids = [str(v.get("quotaId") or v.get("quotaMetric") or "") for v in violations]
    if _NO_LIMIT.search(statement.text) or any(str(v.get("quotaValue")) == "0" for v in violations):
        return Ruling(
            "gemini:limit-0", means("billing", switch_model=True, hint=_NOTHING_ALLOWED), "limit: 0", None, {"quota_ids": ids}
        )
    daily = next((i for i in ids if "PerDay" in i), None)
    if daily:
        model = "PerModel" in daily
        meaning = means("quota-exhausted", scope="model" if model else "account", switch_model=model, hint=_DAILY)
        return Ruling("gemini:PerDay", meaning, daily, DAY_S, {"quota_ids": ids, "window": "day"})
    if minute := next((i for i in ids if "PerMinute" in i), None):
        return Ruling("gemini:PerMinute", means("rate-limit"), minute, None, {"quota_ids": ids})
    return None


PROVIDER = Provider(
    "gemini",
    hosts=("googleapis.com",),
    shared=True,
    refine=refine,
    codes={
        "API_KEY_INVALID": means("auth"),
        "API_KEY_SERVICE_BLOCKED": means("auth"),
        "SERVICE_DISABLED": means("auth", scope="account", hint="the API is not enabled for this project"),
        "UNAUTHENTICATED": means("auth"),
        "blockReason": means("content-filter"),
        "DEADLINE_EXCEEDED": means("timeout"),
        "UNAVAILABLE": means("overloaded"),
    },
    types={
        "INVALID_ARGUMENT": means("invalid-request"),
        "FAILED_PRECONDITION": means("invalid-request"),
        "OUT_OF_RANGE": means("invalid-request"),
        "UNIMPLEMENTED": means("invalid-request"),
        "PERMISSION_DENIED": means("auth"),
        "NOT_FOUND": means("model-not-found"),
        "RESOURCE_EXHAUSTED": means("rate-limit"),
        "INTERNAL": means("server-error"),
        "ABORTED": means("server-error"),
    },
    patterns=(
        pattern("spending-cap", r"exceeded its monthly spending cap", "billing"),
        pattern(
            "location",
            r"user location is not supported",
            means("auth", scope="account", switch_key=False, hint="not offered in this country"),
        ),
        pattern("enable-billing", r"enable billing|billing (?:account|to be enabled)", "billing"),
    ),
    statuses={404: means("model-not-found")},
)
