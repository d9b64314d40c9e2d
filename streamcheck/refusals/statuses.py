"""HTTP statuses, when nothing in the body says more; and HTML pages, which come from the edge and not from the API.

In:   a Statement.
Out:  by_status(), by_page(): a Ruling or None.
Rule: a status is the weakest word of a provider. 429 without a word is a rate limit for one model and key, no more.
Source: RFC 9110; RFC 6585; Anthropic's 529; Cloudflare's 520 to 530.
"""

__all__ = ("by_page", "by_status")

from collections.abc import Mapping

from streamcheck.refusals.meanings import Meaning, Ruling, means
from streamcheck.refusals.statement import Statement

_PATH = means("wrong-endpoint", hint="nothing answers at this path: check the base URL and its version prefix")
_ORIGIN = means("server-error", hint="the provider's edge could not get an answer from its own servers: retry after a pause")
_EDGE_TLS = means("network", hint="the provider's edge could not reach its own servers securely: retry after a pause")
_INTERCEPTED = means(
    "network", scope="endpoint", hint="a web page came instead of an answer: a login portal, a proxy, or a wrong base URL"
)
_BLOCKED = means(
    "network",
    retry="no",
    scope="endpoint",
    hint="a firewall or bot check at the edge refused the request; the key was not even looked at",
)

STATUSES: dict[int, Meaning] = {
    401: means("auth"),
    402: means("billing"),
    403: means("auth", hint="not permitted: the key, its rights, or the region"),
    404: _PATH,
    405: _PATH,
    407: means("network", retry="no", scope="endpoint", hint="the proxy wants a login: check the proxy settings"),
    408: means("timeout"),
    409: means("server-error"),
    410: means("model-not-found"),
    413: means("context-length", hint="the request is larger than the server takes: shorten it"),
    421: _PATH,
    425: means("server-error"),
    429: means("rate-limit"),
    499: means("network", hint="the connection was closed before the answer came"),
    503: means("overloaded"),
    504: means("timeout"),
    521: _ORIGIN, 523: _ORIGIN, 530: _ORIGIN,
    522: means("timeout"), 524: means("timeout"),
    525: _EDGE_TLS, 526: _EDGE_TLS,
    529: means("overloaded"),
}  # fmt: skip


def _meaning_of(status: int) -> Meaning | None:
    if status in STATUSES:
        return STATUSES[status]
    if 500 <= status <= 599:
        return means("server-error")
    if 400 <= status <= 499:
        return means("invalid-request")
    return _PATH if 300 <= status <= 399 and status != 304 else None


def by_status(statement: Statement, own: Mapping[int, Meaning], provider: str) -> Ruling | None:
    """Return what the status means, by the provider's `own` table first."""
    status = statement.status
    if status is None:
        return None
    if status in own and (statement.form == "json" or status != 404):
        return Ruling(f"{provider}:http-{status}", own[status], f"HTTP {status}")
    meaning = _meaning_of(status)
    return Ruling(f"http:{status}", meaning, f"HTTP {status}") if meaning else None


def by_page(statement: Statement) -> Ruling | None:
    """Return what an HTML page in the place of an answer means; None when the body is none."""
    if statement.form != "html":
        return None
    status, evidence = statement.status, {"html_body": True}
    title = statement.message
    if status is None or 200 <= status <= 299:
        return Ruling("html:page", _INTERCEPTED, title, None, evidence)
    if status == 403:
        return Ruling("html:403", _BLOCKED, title or "HTTP 403", None, evidence)
    meaning = _PATH if status in (404, 405, 410) else _meaning_of(status)
    return Ruling(f"html:{status}", meaning or _INTERCEPTED, title or f"HTTP {status}", None, evidence)
