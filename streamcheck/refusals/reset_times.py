"""When to come back: every way in which providers say so.

In:   the message, the error object, the headers, and a clock.
Out:  a Wait: seconds, a point in time, or neither.
Rule: only what the provider said; nothing is guessed and nothing is negative. A time without a zone is Beijing time, as
      Z.ai means it (its message ids run eight hours ahead of their own `created` epoch), unless only UTC lies inside the window.
"""

__all__ = ("BEIJING", "Wait", "clock_of_request_id", "rfc3339", "seconds_in", "stated_wait")

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

BEIJING = timezone(timedelta(hours=8))  # China has no daylight saving time
MAX_WAIT_S = 400 * 86_400.0  # longer waits are misread numbers: the longest window known is a month, a plan a year
CLOCK_SLACK_S = 600.0  # a reset this little in the past is a matter of clocks, not of zones. guess

_UNIT_S = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"\d{1,9}(?:\.\d{1,9})?\s*(?:milliseconds?|msecs?|ms|days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)(?![a-z])"
_BARE = r"\d{1,9}(?:\.\d{1,9})?(?![\d.]*\s*[a-z])"  # seconds, when no other word follows: not the "1" of "1 month"
_DURATION = re.compile(rf"\s*~?\s*({_PART}(?:[\s,]*(?:and\s+)?{_PART})*|{_BARE})", re.IGNORECASE)
_COMPACT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)", re.IGNORECASE)
_WAIT = re.compile(
    r"\b(?:(?:try(?: your request)? again|retry(?: your request)?|available(?: again)?|resets?)\s+(?:in|after)|wait(?: for)?|retry-after[\"']?:)\s+[\"']?",
    re.IGNORECASE,
)
_WAIT_CHINESE = re.compile(r"请?在?\s*(\d{1,6})\s*(秒|分钟|小时)(?:后|之后)")
_CHINESE_S = {"秒": 1.0, "分钟": 60.0, "小时": 3_600.0}
_RESET = re.compile(
    r"(?:\bresets?(?:\s+(?:at|on|time))?:?|\bregain access on|\bavailable (?:again )?(?:at|on)|将在|将于)\s*"
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ]|\s+at\s+)(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s*(Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_RESET_EPOCH = re.compile(r"(?:limit reached\s*\||resets?_?at[\"']?\s*[:=]\s*)(\d{10}(?:\d{3})?)(?:\.\d+)?\b", re.IGNORECASE)
_ID_CLOCK = re.compile(r"(20\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?=\d{0,3}[0-9a-f]{4,})")

_SECONDS_KEYS = ("resets_in_seconds", "retry_after", "retry-after", "retry_after_seconds", "retryAfter", "retryDelay")
_MILLISECONDS_KEYS = ("retry_after_ms", "retry-after-ms", "retryAfterMs")
_TIME_KEYS = ("resets_at", "resetsAt", "reset_at", "resetAt", "X-RateLimit-Reset", "x-ratelimit-reset")


class Wait(NamedTuple):
    """seconds: as the provider said it, never negative. until: a point in time, aware, may lie in the past."""

    seconds: float | None = None
    until: datetime | None = None


def rfc3339(moment: datetime) -> str:
    """Return "2026-03-06T14:19:54Z"; milliseconds only where there are some."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if moment.microsecond >= 1000 else "seconds")
    return text.replace("+00:00", "Z")


def clock_of_request_id(request_id: str | None) -> datetime | None:
    """Return the Beijing time at the head of a Z.ai request id ("20260303141547610b7f..."), None when there is none."""
    found = _ID_CLOCK.match(request_id or "")
    return _moment(found.groups(), BEIJING) if found else None


def seconds_in(text: str) -> float | None:
    """Return the seconds of "1m30.5s", "6ms", "2hr 53min", "~2.3h", "34.07s", "9"; None when `text` does not begin so."""
    found = _DURATION.match(text)
    if found is None:
        return None
    parts = _COMPACT.findall(found[1])
    return _sane(sum(float(n) * _unit_s(unit) for n, unit in parts) if parts else float(found[1]))


def _unit_s(unit: str) -> float:
    unit = unit.lower()
    return _UNIT_S["ms" if unit.startswith(("ms", "milli")) else unit[0]]


def stated_wait(text: str, *, details: Mapping[str, Any], headers: Mapping[str, str], window_s: float | None, request_id: str | None,
                now: datetime | None) -> Wait:  # fmt: skip
    """Return what the provider says of the wait; the message and the body come before the headers.

    window_s: the longest wait that the message can mean, seconds; None when it names no window.
    now:      aware; None when unknown, and then no zone but Beijing's is considered for a bare time.
    """
    clock = clock_of_request_id(request_id) or now
    until = _reset_in(text, clock, window_s) or _time_in(details)
    seconds = _wait_in(text)
    if seconds is None:
        seconds = _seconds_in_details(details)
    if seconds is None:
        seconds = _header_seconds(headers, now)
    if until is None and seconds is None:
        return _limit_headers(headers)
    return Wait(seconds, until)


def _wait_in(text: str) -> float | None:
    for found in _WAIT.finditer(text):
        seconds = seconds_in(text[found.end() : found.end() + 80])
        if seconds is not None:
            return seconds
    found_chinese = _WAIT_CHINESE.search(text)
    return float(found_chinese[1]) * _CHINESE_S[found_chinese[2]] if found_chinese else None


def _reset_in(text: str, clock: datetime | None, window_s: float | None) -> datetime | None:
    """Return the reset time in a sentence. Without a zone: Beijing, or UTC where only UTC lies in (clock, clock + window]."""
    found = _RESET.search(text)
    if found is None:
        epoch = _RESET_EPOCH.search(text)
        return _from_epoch(float(epoch[1])) if epoch else None
    *parts, zone = found.groups()
    if zone:
        return _moment(parts, _zone(zone))
    in_beijing, in_utc = _moment(parts, BEIJING), _moment(parts, UTC)
    if in_beijing is None or in_utc is None or clock is None or window_s is None:
        return in_beijing
    # Clocks of client and provider differ by seconds: the window is held with a little slack, so that "in exactly 5 h" stays in.
    if -CLOCK_SLACK_S <= (in_beijing - clock).total_seconds() <= window_s + CLOCK_SLACK_S:
        return in_beijing
    if 0 < (in_utc - clock).total_seconds() <= window_s + CLOCK_SLACK_S:
        return in_utc
    return (
        in_beijing if in_beijing <= clock else None
    )  # past: a replay long after; beyond the window under every zone: not believed


def _moment(parts: Any, zone: timezone) -> datetime | None:
    try:
        moment = datetime(*(int(p or 0) for p in parts), tzinfo=zone)  # type: ignore[misc,arg-type]  # six numbers
        return moment if 2000 <= moment.year <= 9000 else None
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    offset = timedelta(hours=min(int(text[1:3]), 23), minutes=min(int(text[-2:]), 59))
    return timezone(-offset if text[0] == "-" else offset)


def _from_epoch(value: float) -> datetime | None:
    """Return the time of an epoch in seconds or milliseconds, None when it is neither (before 2001 or after 2286)."""
    seconds = value / 1000 if value >= 1e11 else value
    return datetime.fromtimestamp(seconds, UTC) if 1e9 <= seconds < 1e10 else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or (isinstance(value, str) and len(value) > 40):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _sane(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 <= seconds <= MAX_WAIT_S else None  # NaN compares false


def _objects(value: Any, level: int = 0) -> Iterator[Mapping[str, Any]]:
    if level > 4:
        return
    if isinstance(value, Mapping):
        yield value
        for each in list(value.values())[:64]:
            yield from _objects(each, level + 1)
    elif isinstance(value, list):
        for each in value[:16]:
            yield from _objects(each, level + 1)


def _seconds_in_details(details: Mapping[str, Any]) -> float | None:
    for each in _objects(details):
        for keys, unit in ((_SECONDS_KEYS, 1.0), (_MILLISECONDS_KEYS, 0.001)):
            for key in keys:
                value = each.get(key)
                number = _number(value)
                seconds = _sane(number * unit) if number is not None else seconds_in(value) if isinstance(value, str) else None
                if seconds is not None:
                    return seconds
    return None


def _time_in(details: Mapping[str, Any]) -> datetime | None:
    return next((t for each in _objects(details) for key in _TIME_KEYS if (t := _time_of(each.get(key)))), None)


def _time_of(value: object) -> datetime | None:
    number = _number(value)
    if number is not None:
        return _from_epoch(number)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value[:40])
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    except (ValueError, OverflowError):
        return None


def _header_seconds(headers: Mapping[str, str], now: datetime | None) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if (seconds := _sane(milliseconds / 1000 if milliseconds is not None else None)) is not None:
        return seconds
    value = headers.get("retry-after")
    if value is None:
        return None
    if (number := _number(value)) is not None:
        return _sane(number)
    until, sent = _http_date(value), _http_date(headers.get("date")) or now
    return _sane(max(0.0, (until - sent).total_seconds())) if until and sent else None


def _http_date(value: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # here, because it imports socket

    try:
        moment = parsedate_to_datetime(value) if value else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _limit_headers(headers: Mapping[str, str]) -> Wait:
    """The latest reset among the limits that may be used up: those with nothing remaining, or whose remainder is not told."""
    waits: list[float] = []
    times: list[datetime] = []
    if at := _http_date(headers.get("retry-after")):
        times.append(at)
    for name, value in headers.items():
        if "ratelimit" not in name or "reset" not in name:
            continue
        left = _number(headers.get(name.replace("reset", "remaining")))
        if left is not None and left > 0:
            continue
        if moment := _time_of(value):
            times.append(moment)
        elif (seconds := seconds_in(value)) is not None:
            waits.append(seconds)
    return Wait(max(waits, default=None), max(times, default=None))
