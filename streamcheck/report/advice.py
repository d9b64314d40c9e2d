"""A provider's error in plain words: what it means, and what to do now.

In:   a ProviderError; the present time, where the wait from now is wanted.
Out:  rows of (label, sentence).
Rule: says only what the classification holds; no wait is ever invented.
"""

__all__ = ("advice", "span_of_time")

from datetime import UTC, datetime

from streamcheck.codes import CODES
from streamcheck.findings import ProviderError

_SCOPES = {
    "request": "only this request is concerned",
    "model": "it is bound to this model, not to the whole provider",
    "key": "it is bound to this key",
    "account": "it is bound to the account",
    "endpoint": "it is bound to this endpoint: the address that was asked",
}


def advice(error: ProviderError, *, now: datetime | None = None) -> list[tuple[str, str]]:
    """Return what to tell a person about `error`, the most needed first. now: aware; None leaves out "in 3 h 12 min"."""
    code = CODES.get(f"provider/{error.error_class}")
    names = [error.error_class]
    if error.code is not None:
        names.append(f"code {error.code}")
    if error.http_status is not None:
        names.append(f"HTTP {error.http_status}")
    rows = [("class", ", ".join(names))]
    if code is not None:
        rows.append(("means", code.meaning))
    if error.message:
        rows.append(("said", error.message))
    rows.append(("retry", _retry(error, now)))
    if error.reset_at is not None:
        rows.append(("reset", _reset(error.reset_at, now)))
    rows.append(("scope", _SCOPES.get(error.scope, error.scope)))
    switches = [*_switch("model", error.switch_model), *_switch("key", error.switch_key)]
    if switches:
        rows.append(("switch", "; ".join(switches)))
    if error.hint:
        rows.append(("hint", error.hint))
    rows.append(("rule", error.rule))
    return rows


def _retry(error: ProviderError, now: datetime | None) -> str:
    wait = "" if error.retry_after_s is None else f"; the provider says: wait {span_of_time(error.retry_after_s)}"
    if error.retry == "backoff":
        return f"yes, with growing pauses{wait}"
    if error.retry == "after-reset":
        known = error.reset_at is not None or error.retry_after_s is not None
        return f"after the reset{wait}" if known else "after the reset; the provider does not say when that is"
    return f"no, the same request fails again{wait}"


def _reset(reset_at: str, now: datetime | None) -> str:
    try:
        moment = datetime.fromisoformat(reset_at).astimezone(UTC)
    except ValueError:
        return reset_at
    text = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if now is None:
        return text
    seconds = (moment - now).total_seconds()
    return f"{text} (in {span_of_time(seconds)})" if seconds > 0 else f"{text} ({span_of_time(-seconds)} ago: it is over)"


def _switch(what: str, helps: bool | None) -> list[str]:
    if helps is None:
        return []
    return [f"another {what} may help" if helps else f"another {what} does not help"]


def span_of_time(seconds: float) -> str:
    """Return for instance "0.8 s", "42 s", "3 h 12 min", "4 days 2 h"."""
    if seconds < 10:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, hours = whole // 60, whole // 3600
    if hours < 1:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    days = hours // 24
    return f"{days} days {hours % 24} h" if hours % 24 else f"{days} days"
