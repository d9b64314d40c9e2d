"""Z.ai and Zhipu BigModel: codes of four digits that mean different things on different paths.

In:   a Statement from api.z.ai or open.bigmodel.cn, or with one of their codes.
Out:  PROVIDER; its refine() gives a Ruling.
Rule: the code decides, never the envelope: the Anthropic-style one says "rate_limit_error" for an unpaid account too.
      1113 and 1302 each stand for two things; the path and the wording tell them apart.
Source: docs.z.ai, "API error codes"; codes that only the Chinese site or clients name are marked.
"""

__all__ = ("CODES", "PROVIDER", "spoken_here")

import re
from urllib.parse import urlsplit

from streamcheck.refusals.meanings import Meaning, Provider, Ruling, means, pattern
from streamcheck.refusals.statement import Statement

HOUR_S, DAY_S = 3_600.0, 86_400.0

_CONTACT = "the account needs attention at the provider; write to its support"
_ACCOUNT = means("auth", scope="account", hint=_CONTACT)
_TEMPORARY = means("server-error", scope="account", switch_model=False, switch_key=True)
_TRY_ELSEWHERE = means("server-error", switch_key=True)
_PROCESSING = means("server-error", switch_model=True, switch_key=True)
_CONFLICT = "parameters of the request do not fit together; see the provider's reference for this model"
_HISTORY = "the message history is likely at fault: an empty assistant message, or a tool result without its call"
_PACKAGE = means("billing", hint="the subscription has run out: renew it, or use another account")
_PLAN_LIMIT = means("quota-exhausted", hint="the plan's limit covers all its models: wait for the reset, or use another account")
_EXTRA = means("quota-exhausted", hint="the window of the plan is used up; more is sold as extra usage, else wait for the reset")
_RATE = means("rate-limit", hint="limits are per model and key: slow down, or take another model meanwhile")
_CROWDED = means("concurrency", hint="run fewer requests in parallel; limits are per model, and the quota is not the matter")
_BUSY = means("overloaded", hint="this model is crowded, the key is fine: wait a little longer, or take another model")

CODES: dict[str, Meaning] = {
    "-1": _TRY_ELSEWHERE,
    "401": means("auth"),
    "434": means("auth", hint="the key has no access to this interface, which may still be in a closed trial"),
    "435": means("invalid-request", hint="the file is larger than 100 MB"),
    "500": _TRY_ELSEWHERE,
    "1000": means("auth"),
    "1001": means("auth", switch_key=None, hint="the request carries no Authorization header: the client is set up wrongly"),
    "1002": means("auth"),
    "1003": means("auth", hint="the token has expired: make a new one"),
    "1004": means("auth"),
    "1005": means("auth", scope="account", hint="the account asks for two-factor authentication first"),
    "1100": _TEMPORARY,
    "1110": _ACCOUNT,
    "1111": _ACCOUNT,
    "1112": _ACCOUNT,
    "1113": means("billing", switch_model=None),  # see _balance()
    "1120": _TEMPORARY,
    "1121": _ACCOUNT,
    "1200": _PROCESSING,
    "1210": means("invalid-request", switch_model=True, hint="a parameter does not suit this model; see the message"),
    "1211": means("model-not-found"),
    "1212": means("invalid-request", scope="model", switch_model=True, hint="the model cannot be called this way"),
    "1213": means("invalid-request", switch_model=False, hint="a parameter that must be there was not received"),
    "1214": means("invalid-request", switch_model=False, hint=_HISTORY),
    "1215": means("invalid-request", switch_model=False, hint=_CONFLICT),
    "1220": means("auth", switch_model=True, hint="the key may not use this interface"),
    "1221": means("model-not-found", hint="the interface was taken out of service"),
    "1222": means("wrong-endpoint", hint="no such interface at this address: check the base URL"),
    "1230": _PROCESSING,
    "1231": means("invalid-request", switch_model=False, hint="this request id was used before: send a new one"),
    "1234": means("network", switch_model=True, switch_key=True, hint="a network fault inside the provider: retry after a pause"),
    "1261": means("context-length"),
    "1300": means("content-filter"),
    "1301": means("content-filter", hint="the filter objects to the input or to what was being written: change the text"),
    "1302": _RATE,  # see _parallel()
    "1303": _RATE,
    "1304": means("quota-exhausted", scope="key", switch_model=None, hint="the day's calls are used up; days begin at midnight in Beijing"),
    "1305": _BUSY,
    "1308": _PLAN_LIMIT,
    "1309": _PACKAGE,
    "1310": _PLAN_LIMIT,
    "1311": means("model-not-found", hint="the subscription does not include this model: take one that it does"),
    "1312": means("overloaded", switch_key=None, hint="this model is crowded: take the one that the message names"),  # named by clients only
    "1313": means(
        "rate-limit", retry="no", scope="account", switch_model=False,
        hint="limited for a breach of the fair use policy: stop retrying, and ask the provider to lift it",
    ),
    "1314": _PACKAGE,
    "1315": means("wrong-endpoint", scope="key", switch_key=True, hint="this key is for the enterprise coding service only: use its own endpoint"),
    "1316": _EXTRA,
    "1317": _EXTRA,
    "1318": _EXTRA,
    "1319": _EXTRA,
    "1320": _EXTRA,
    "1321": _EXTRA,
    "3008": means("overloaded", scope="account", switch_key=None),
    "3009": means("overloaded", scope="account", switch_key=None),
    "3010": means("overloaded", scope="account", switch_key=None),
}  # fmt: skip

# The window that a code can announce, seconds. Weekly and monthly limits share code 1310.
_WINDOWS_S: dict[str, tuple[str, float]] = {
    "1304": ("day", DAY_S), "1308": ("5h", 5 * HOUR_S), "1310": ("weekly_or_monthly", 31 * DAY_S),
    "1316": ("5h", 5 * HOUR_S), "1318": ("5h", 5 * HOUR_S), "1320": ("5h", 5 * HOUR_S),
    "1317": ("7d", 7 * DAY_S), "1319": ("7d", 7 * DAY_S), "1321": ("7d", 7 * DAY_S),
}  # fmt: skip
_HOURS_LONG = re.compile(r"(?:reached for|已达到)\s*(?:the past\s*)?(\d{1,3})\s*-?(hours?|days?|小时|天)", re.IGNORECASE)

# Their sentences without the code, as clients print them: each gives back the code it belongs to.
_SENTENCES = (
    ("1302", r"high concurrency usage of this api"),
    ("1303", r"high frequency usage of this api"),
    ("1113", r"insufficient balance or no resource package|余额不足或无可用资源包"),
    ("1310", r"weekly\s*/\s*monthly limit exhausted|每周/每月"),
    ("1317", r"usage limit reached for the past 7 days"),
    ("1316", r"usage limit reached for the past 5 hours"),
    ("1308", r"usage limit reached for \d+ hours?|已达到\s*\d+\s*小时的使用上限"),
    ("1309", r"coding plan package has expired"),
    ("1311", r"subscription plan does not yet include access to"),
    ("1313", r"violat\w* (?:of )?the fair usage policy"),
    ("1301", r"system detected potentially unsafe or sensitive content"),
    ("1305", r"the service may be temporarily overloaded, please try again later|模型当前访问量过大"),
    ("1261", r"prompt exceeds max length"),
    ("1214", r"the messages parameter is illegal"),
    ("1234", r"^network error, error id"),
)
_BY_SENTENCE = tuple(pattern(code, wording, CODES[code]) for code, wording in _SENTENCES)
_PARALLEL = re.compile(r"concurren\w*|并发", re.IGNORECASE)


def spoken_here(statement: Statement) -> bool:
    """True when code or sentence are Z.ai's own, whatever host passed them on. Mistral too has codes of four digits."""
    if statement.details.get("object") == "error" or statement.type == "rate_limited":
        return False
    code = statement.code or ""
    return (len(code) == 4 and code in CODES) or any(p.search(statement.text) for p in _BY_SENTENCE)


def refine(statement: Statement) -> Ruling | None:
    """Return what the code means here; by the sentence where the code was lost on the way."""
    code, rule, matched = statement.code, f"zai:{statement.code}", f"code {statement.code}"
    if code is None or code not in CODES:
        said = next(((p.name, m[0]) for p in _BY_SENTENCE if (m := p.search(statement.text))), None)
        if said is None:
            return None
        code, matched = said
        rule = f"message:zai-{code}"
    if code == "1113":
        return _balance(statement, rule, matched)
    if code == "1302" and (parallel := _PARALLEL.search(statement.text)):
        return Ruling(rule, _CROWDED, matched if "message" in rule else parallel[0])
    window, window_s = _WINDOWS_S.get(code, (None, None))
    if window is not None and (length := _HOURS_LONG.search(statement.text)):
        hours = length[2][0] in "hH小"
        window, window_s = f"{length[1]}{'h' if hours else 'd'}", int(length[1]) * (HOUR_S if hours else DAY_S)
    return Ruling(rule, CODES[code], matched, window_s, {"window": window} if window else {})


def _balance(statement: Statement, rule: str, matched: str) -> Ruling:
    """1113: no balance - or a plan's key at the pay-as-you-go address, which has no balance either. Waiting helps in neither case."""
    evidence: dict[str, object] = {"alternatives": ["endpoint", "model", "recharge"]}
    path = statement.path
    if "/api/coding/" in path or "/api/anthropic" in path:
        hint = (
            "the plan is absent, has expired, or does not include this model: check the subscription, or take a model of the plan"
        )
        return Ruling(
            rule, means("billing", switch_model=None, hint=hint), matched, None, {**evidence, "maybe_wrong_endpoint": False}
        )
    if "/api/paas/v4" in path:
        coding = _coding_url(statement.url or "")
        hint = (
            f"a Coding Plan key has no balance at this address: try {coding} with the same key; "
            "with a pay-as-you-go key, recharge the account. waiting does not help"
        )
        evidence |= {"maybe_wrong_endpoint": True, "try_url": coding}
        return Ruling(rule, means("wrong-endpoint", switch_model=None, switch_key=True, hint=hint), matched, None, evidence)
    hint = (
        "recharge the account - or the address is the wrong one: a Coding Plan key works at /api/coding/paas/v4 "
        "(and /api/anthropic), not at /api/paas/v4. waiting does not help"
    )
    return Ruling(rule, means("billing", switch_model=None, hint=hint), matched, None, {**evidence, "maybe_wrong_endpoint": True})


def _coding_url(url: str) -> str:
    """Return the plan's base URL on the same host; user names and query stay behind."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    prefix = parts.path.partition("/api/paas/v4")[0]  # a relay may mount the API below a path of its own
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{prefix}/api/coding/paas/v4"


PROVIDER = Provider("zai", hosts=("z.ai", "bigmodel.cn"), codes=CODES, refine=refine)
