"""The order of evidence: from a statement to one answer.

In:   a status, a body, a URL, headers, a clock.
Out:  ProviderError, or None where there is no error to be seen.
Rule: the provider's own code first, then structured words, sentences (specific before general), words that only name a
      family, the HTTP status, and last the failures below HTTP. The rule that fired and what it fired on are always named.
      A sentence counts only where something says that it is an error: an answer may talk about rate limits.
"""

__all__ = ("classify_error",)

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from streamcheck.errors import UsageError
from streamcheck.findings import ProviderError
from streamcheck.refusals import anthropic, clouds, gemini, moonshot, openai, openrouter, servers, zai
from streamcheck.refusals.extract import statement_of
from streamcheck.refusals.meanings import Pattern, Provider, Ruling, means
from streamcheck.refusals.reset_times import rfc3339, stated_wait
from streamcheck.refusals.statement import Statement, masked
from streamcheck.refusals.statuses import by_page, by_status
from streamcheck.refusals.wordings import FAILURES, WORDINGS

MAX_MESSAGE = 500  # characters of the provider's message that are kept
MAX_MATCHED = 200  # characters of evidence

# Those with unmistakable words come in the order in which they are asked when the host is unknown.
PROVIDERS: tuple[Provider, ...] = (
    zai.PROVIDER, clouds.DASHSCOPE, openrouter.PROVIDER, openai.PROVIDER, anthropic.PROVIDER, gemini.PROVIDER, moonshot.PROVIDER,
    clouds.BEDROCK, servers.MISTRAL, servers.VLLM, servers.OLLAMA, clouds.MINIMAX, servers.DEEPSEEK, servers.COHERE,
)  # fmt: skip
_BY_NAME = {provider.name: provider for provider in PROVIDERS}
_NOBODY = Provider("http")


def classify_error(
    *,
    status: int | None = None,
    body: bytes | str | dict[str, Any] = b"",
    url: str | None = None,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    now: datetime | float | None = None,
) -> ProviderError | None:
    """Return what a provider's answer, or the text that a client made of it, means and what to do; None when it is no error.

    status: the HTTP status; None when only a text is known.
    body:   the body's bytes, its text, its parsed JSON, or a line that a client printed. Nothing in it can raise.
    url:    the URL that was asked; some codes mean different things on different paths.
    now:    when the answer came: an aware datetime (a naive one is taken as UTC) or seconds since the epoch. It guards the
            reading of reset times without a zone; without it, the request id's clock does, or none.
    Raises TypeError for arguments of another type, UsageError for a `now` that is no time.
    """
    _check(status, body, url)
    clock = _moment(now)
    raw: bytes | str | dict[str, Any] = bytes(body) if isinstance(body, (bytearray, memoryview)) else body
    statement = statement_of(status=status, body=raw, url=url, headers=_header_map(headers))
    ruling = _judge(statement)
    return None if ruling is None else _answer(statement, ruling, clock)


# ------------------------------------------------------------------ arguments


def _check(status: object, body: object, url: object) -> None:
    if status is not None and (isinstance(status, bool) or not isinstance(status, int)):
        raise TypeError(
            f"classify_error() takes the status as int or None, got {type(status).__name__}; pass response.status_code"
        )
    if not isinstance(body, (bytes, bytearray, memoryview, str, dict, list)):
        raise TypeError(
            f'classify_error() takes the body as bytes, str or parsed JSON, got {type(body).__name__}; pass response.content, b"" for none'
        )
    if url is not None and not isinstance(url, str):
        raise TypeError(f"classify_error() takes the url as str or None, got {type(url).__name__}; pass str(request.url)")


def _header_map(headers: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> dict[str, str]:
    if headers is None:
        return {}
    if isinstance(headers, (str, bytes)):
        raise TypeError(
            "classify_error() takes the headers as a mapping or as pairs of names and values, got text; pass response.headers"
        )
    result: dict[str, str] = {}
    try:
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            result[_text(name).lower()] = _text(value).strip()
    except (TypeError, ValueError) as error:
        raise TypeError(
            "classify_error() takes the headers as a mapping or as pairs of names and values; pass response.headers"
        ) from error
    return result


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError(f"a header is text, got {type(value).__name__}")
    return value


def _moment(now: datetime | float | None) -> datetime | None:
    if now is None:
        return None
    if isinstance(now, datetime):
        return now if now.tzinfo else now.replace(tzinfo=UTC)
    if isinstance(now, bool) or not isinstance(now, (int, float)):
        raise TypeError(f"classify_error() takes now as datetime or seconds since the epoch, got {type(now).__name__}")
    try:
        return datetime.fromtimestamp(now, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"now={now!r} is no time; pass seconds since the epoch, time.time()") from error


# ------------------------------------------------------------------ rules


def _judge(statement: Statement) -> Ruling | None:
    if statement.upstream is not None and statement.upstream.explicit:
        behind = _judge(statement.upstream)
        if behind is not None and not behind.rule.startswith(
            ("http:", "none")
        ):  # a bare status says no more than the router's own
            return Ruling(f"openrouter>{behind.rule}", behind.meaning, behind.matched, behind.window_s, behind.evidence)
    if not _may_speak(statement):
        return None
    if page := by_page(statement):
        return page
    provider = _provider_of(statement)
    for step in _STEPS:
        if ruling := step(statement, provider):
            return ruling
    return Ruling("none", means("unknown"), statement.text) if statement.explicit else None


def _may_speak(statement: Statement) -> bool:
    """True where words may be read as an error: the form says so, or it is a short text that somebody asks about."""
    if statement.explicit:
        return True
    return statement.http_status is None and bool(statement.text) and (statement.form == "text" or bool(statement.message))


def _provider_of(statement: Statement) -> Provider:
    host = statement.host
    for provider in PROVIDERS:
        if any(host == name or host.endswith(f".{name}") for name in provider.hosts):
            return provider
    if statement.spoken_by in _BY_NAME:
        return _BY_NAME[statement.spoken_by]
    return zai.PROVIDER if zai.spoken_here(statement) else _NOBODY


def _asked(provider: Provider) -> Iterator[Provider]:
    """The provider itself, then those whose words nobody else uses."""
    yield provider
    yield from (other for other in PROVIDERS if other.shared and other is not provider)


def _by_refinement(statement: Statement, provider: Provider) -> Ruling | None:
    asked = [p for p in _asked(provider) if p.refine is not None]
    if provider is _NOBODY:
        asked.append(clouds.DASHSCOPE)  # known by its sentence, which says the opposite of its code
    return next((ruling for p in asked if p.refine is not None and (ruling := p.refine(statement))), None)


def _by_code(statement: Statement, provider: Provider) -> Ruling | None:
    for asked in _asked(provider):
        for word in statement.words:
            if word in asked.codes:
                return Ruling(f"{asked.name}:{word}", asked.codes[word], word)
    return None


def _by_wording(statement: Statement, provider: Provider) -> Ruling | None:
    own: Iterator[tuple[str, Pattern]] = ((asked.name, p) for asked in _asked(provider) for p in asked.patterns)
    shared: Iterator[tuple[str, Pattern]] = (("message", p) for p in WORDINGS)
    for source in (own, shared):
        for name, wording in source:
            if found := wording.search(statement.text):
                return Ruling(f"{name}:{wording.name}", wording.meaning, found[0], wording.window_s)
    return None


def _by_family(statement: Statement, provider: Provider) -> Ruling | None:
    for asked in _asked(provider):
        for word in statement.words:
            if word in asked.types:
                return Ruling(f"{asked.name}:{word}", asked.types[word], word)
    return None


def _by_status(statement: Statement, provider: Provider) -> Ruling | None:
    return by_status(statement, provider.statuses, provider.name)


def _by_failure(statement: Statement, provider: Provider) -> Ruling | None:
    for failure in FAILURES:
        if found := failure.search(statement.text):
            return Ruling(f"transport:{failure.name}", failure.meaning, found[0], None, failure.evidence)
    return None


_STEPS: tuple[Callable[[Statement, Provider], Ruling | None], ...] = (
    _by_refinement, _by_code, _by_wording, _by_family, _by_status, _by_failure,
)  # fmt: skip


# ------------------------------------------------------------------ the answer


def _answer(statement: Statement, ruling: Ruling, now: datetime | None) -> ProviderError:
    meaning = ruling.meaning
    evidence: dict[str, Any] = {"matched": masked(ruling.matched)[:MAX_MATCHED]}
    evidence |= {key: value for key, value in ruling.evidence.items() if value is not None}
    if statement.request_id:
        evidence["request_id"] = masked(statement.request_id)[:MAX_MATCHED]
    seconds: float | None = None
    reset_at: str | None = None
    hint = meaning.hint
    if meaning.retry != "no":  # no wait is ever attached to what waiting does not cure
        seconds, until = stated_wait(
            statement.text, details=statement.details, headers=statement.headers, window_s=ruling.window_s, request_id=statement.request_id, now=now
        )  # fmt: skip
        if until is None and seconds is not None and now is not None and meaning.retry == "after-reset":
            until = now + timedelta(seconds=seconds)
        if until is not None:
            reset_at = rfc3339(until)
            if now is not None:
                evidence["wait_s"] = max(0.0, (until - now).total_seconds())
                if until <= now:
                    hint = "the reset is over: try again now"
    return ProviderError(
        error_class=meaning.error_class,
        message=masked(statement.message or statement.text)[:MAX_MESSAGE],
        code=statement.code or statement.type,
        http_status=statement.http_status,
        retry=meaning.retry,
        retry_after_s=seconds,
        reset_at=reset_at,
        scope=meaning.scope,
        switch_model=meaning.switch_model,
        switch_key=meaning.switch_key,
        hint=hint or None,
        rule=ruling.rule,
        evidence=evidence,
    )
