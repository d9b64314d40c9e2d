"""What an error body states, whatever it was wrapped in.

In:   nothing; a plain value.
Out:  Statement, made by extract.py and judged by classify.py; masked().
Rule: words and numbers are the provider's own; nothing here is a judgement.
"""

__all__ = ("NOT_FOUND_STATUSES", "Statement", "host_and_path", "http_status_of", "masked")

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

NOT_FOUND_STATUSES = frozenset((404, 405, 410))  # statuses that also come from a wrong path, before any API was reached

# Shapes of keys, as their makers write them: OpenAI and kin, bearer tokens, Google, AWS, Z.ai (32 hex digits, a dot, 16 characters).
_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|key)-[\w-]{16,}|\bBearer\s+[\w.~+/-]{12,}=*|\bAIza[\w-]{30,}|\bAKIA[A-Z0-9]{16}\b|\b[0-9a-f]{32}\.[A-Za-z0-9]{16}\b"
)


def masked(text: str) -> str:
    """Return `text` with every key-shaped run replaced by "[key]"."""
    return _SECRET.sub("[key]", text)


def http_status_of(value: object) -> int | None:
    """Return `value` as an HTTP error status when it is one (400 to 599, int or digits), else None."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
        return value
    return None


def host_and_path(url: str | None) -> tuple[str, str]:
    """Return (host in lower case, path) of a URL with or without its scheme; two empty strings when it is none."""
    if not url:
        return "", ""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        return (parts.hostname or "").lower(), parts.path
    except ValueError:  # for instance an unclosed IPv6 bracket
        return "", ""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One error as its sender put it, unwrapped.

    http_status: the status of the response, or the one that the text names; None when neither is known.
    status:      the status to judge by: the body's own where the response was formally a success.
    code:        the business code, always as text ("1310", "insufficient_quota").
    type:        the family word beside it ("rate_limit_error", "RESOURCE_EXHAUSTED", "ThrottlingException").
    reason:      a finer word from the details ("API_KEY_INVALID", "enforced_spend_limit_reached").
    message:     the provider's own sentence; "" when there is none.
    text:        what wordings are searched in: the message, or the raw text where there is no message.
    details:     the error object as it came, for rules that look deeper.
    headers:     names in lower case.
    form:        what the body was: "json", "text", "html" or "none".
    explicit:    the form or the status says that this is an error; plain prose does not.
    spoken_by:   provider that the envelope's shape gives away ("minimax"), None when it gives away none.
    upstream:    what a router passes on from the provider behind it.
    """

    http_status: int | None = None
    status: int | None = None
    code: str | None = None
    type: str | None = None
    reason: str | None = None
    message: str = ""
    text: str = ""
    request_id: str | None = None
    url: str | None = None
    details: dict[str, Any] = {}
    headers: Mapping[str, str] = {}
    form: str = "none"
    explicit: bool = False
    spoken_by: str | None = None
    upstream: "Statement | None" = None

    @property
    def host(self) -> str:
        return host_and_path(self.url)[0]

    @property
    def path(self) -> str:
        return host_and_path(self.url)[1]

    @property
    def words(self) -> tuple[str, ...]:
        """reason, code and type, the finest first; those that are there."""
        return tuple(word for word in (self.reason, self.code, self.type) if word)
