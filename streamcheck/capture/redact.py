"""Secrets taken out of what is written to disk.

In:   headers, URLs, bodies (whole or chunk by chunk), existing captures.
Out:  the same with secrets replaced. In bodies every replacement has the length of what it replaces, so that offsets stay true.
Rule: headers by allow-list (names stay, other values become REDACTED); query values by name and user info in URLs; in bodies
      strings of a known key's shape, see _RULES. Ordinary text stays: hashes, request ids, base64, slugs. What a body says when
      its framing is undone is not looked at: a key that arrives in pieces, one a delta, or under gzip, goes through. For
      reassembled text there is find_secrets().
Cost: 0.5 us a common chunk; 10 to 100 us for one that holds a key's mark or ends inside a word. Keeps back at most MAX_HELD bytes.
"""

__all__ = (
    "ALLOWED_HEADERS",
    "MAX_HELD",
    "REDACTED",
    "Secret",
    "StreamRedactor",
    "find_secrets",
    "redact_bytes",
    "redact_capture",
    "redact_headers",
    "redact_text",
    "redact_url",
    "secret_findings",
)

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from streamcheck.capture.format import REDACTION_RULES, Capture, zstd_library
from streamcheck.capture.lines import json_line, printable_json
from streamcheck.errors import UsageError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span

REDACTED = "REDACTED"

# ---------------------------------------------------------------------- headers and URLs
# Values that say how the answer was made and cannot open anything. Account names (openai-organization, set-cookie) are not among them.
ALLOWED_HEADERS = frozenset(
    """
    accept accept-encoding accept-language age alt-svc anthropic-beta anthropic-version apigw-requestid cache-control cf-cache-status cf-ray
    connection content-encoding content-language content-length content-type date etag expires host keep-alive last-modified
    openai-beta openai-model openai-processing-ms openai-version pragma request-id retry-after retry-after-ms server server-timing
    transfer-encoding user-agent vary via x-accel-buffering x-amz-request-id x-amzn-requestid x-cache x-content-type-options
    x-correlation-id x-envoy-upstream-service-time x-groq-region x-log-id x-powered-by x-process-time x-ratelimit-model x-request-id
    x-requestid x-served-by x-should-retry x-trace-id x-vercel-ai-data-stream x-vercel-ai-ui-message-stream x-vercel-id
    """.split()
)
_ALLOWED_PREFIXES = (
    "anthropic-fast-",
    "anthropic-ratelimit-",
    "ratelimit",
    "x-amzn-bedrock-",
    "x-ratelimit-",
    "x-stainless-",
)
_SECRET_QUERY = re.compile(r"key|token|sig|secret|passw|pwd|auth|credential", re.IGNORECASE)
_QUERY_PAIR = re.compile(r"(?<=[?&;#])([^=&;#]*)=([^&;#]*)")
_USER_INFO = re.compile(r"(?<=://)[^/?#@]*(?:@[^/?#@]*)*@")


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers, in order: values of those that are not on the allow-list become REDACTED."""
    return [(name, redact_text(value) if _is_allowed(name) else REDACTED) for name, value in headers]


def _is_allowed(name: str) -> bool:
    name = name.strip().lower()
    return name in ALLOWED_HEADERS or name.startswith(_ALLOWED_PREFIXES)


def redact_url(url: str) -> str:
    """Return `url` with user info, the query values whose name speaks of a secret, and key-shaped strings replaced."""
    url = _USER_INFO.sub(f"{REDACTED}@", url)
    url = _QUERY_PAIR.sub(lambda m: f"{m[1]}={REDACTED if _SECRET_QUERY.search(unquote(m[1])) else m[2]}", url)
    return redact_text(url)


# ---------------------------------------------------------------------- shapes of keys
class _Run(NamedTuple):
    """low to high characters of a set, as many as there are."""

    chars: str  # the inside of a regular expression's brackets
    low: int
    high: int


class _Rule(NamedTuple):
    """A shape: literals and runs in order.

    keep: leading characters that stay, so that a reader sees what stood there.
    if_: regular expression that must match at the end of the kept part too; looks only inside the last run.
    """

    name: str
    keep: int
    parts: tuple[str | _Run, ...]
    if_: str = ""
    after: str = ""  # negative look-ahead: the character that must not follow


_WORD = "A-Za-z0-9"
_URL64 = "A-Za-z0-9_-"
# A digit, or lower case before upper case: every random key has one of both, the slugs and CSS classes of sk- have neither.
_RANDOM = r"(?=[A-Za-z_-]*?(?:[0-9]|[a-z][A-Z]))"
_DIGIT = r"(?=[A-Za-z._~+/-]*[0-9])"

_RULES = (
    # The body of a PEM block up to its END line, with real line ends or JSON's \n. Its markers stay.
    _Rule("private-key", 0, ("-----BEGIN ", _Run("A-Z0-9 ", 0, 24), "PRIVATE KEY", _Run("A-Z ", 0, 8), "-----", _Run(r"A-Za-z0-9+/=\\\s", 40, 8192))),
    _Rule("bearer", 7, (_Run("Bb", 1, 1), "earer ", _Run(r"A-Za-z0-9._~+/-", 16, 4096)), _DIGIT),
    _Rule("jwt", 3, ("eyJ", _Run(_URL64, 8, 1024), ".eyJ", _Run(_URL64, 8, 4096), ".", _Run(_URL64, 16, 1024))),
    _Rule("sk", 3, ("sk-", _Run(_URL64, 20, 400)), _RANDOM),
    _Rule("zai", 0, (_Run("0-9a-f", 32, 32), ".", _Run(_WORD, 16, 16)), after=_WORD),
    _Rule("google", 4, ("AIza", _Run(_URL64, 35, 35)), _RANDOM, _URL64),
    _Rule("github", 4, ("gh", _Run("oprsu", 1, 1), "_", _Run(_WORD, 36, 255))),
    _Rule("github-pat", 11, ("github_pat_", _Run("A-Za-z0-9_", 22, 255))),
    _Rule("slack", 5, ("xox", _Run("a-z", 1, 1), "-", _Run("A-Za-z0-9-", 20, 255)), _RANDOM),
    _Rule("aws", 4, ("A", _Run("KS", 1, 1), "IA", _Run("A-Z0-9", 16, 16)), after=_WORD),
    _Rule("huggingface", 3, ("hf_", _Run(_WORD, 30, 64)), _RANDOM),
    _Rule("groq", 4, ("gsk_", _Run(_WORD, 40, 80)), _RANDOM),
    _Rule("replicate", 3, ("r8_", _Run(_WORD, 32, 64)), _RANDOM),
    _Rule("perplexity", 5, ("pplx-", _Run(_WORD, 32, 80)), _RANDOM),
    _Rule("xai", 4, ("xai-", _Run(_WORD, 60, 120)), _RANDOM),
    _Rule("nvidia", 6, ("nvapi-", _Run(_URL64, 40, 120)), _RANDOM),
    _Rule("gitlab", 6, ("glpat-", _Run(_URL64, 20, 80)), _RANDOM),
)

# A key begins where no word goes on. In JSON the letter of an escape is none of the word's: "\nsk-..." begins at s.
_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
_CONTEXT = 6  # bytes that _BEGIN looks back

# One literal that every whole key holds, written so that C can skip to its rare last character.
_MARK = (
    r"-(?:(?<=sk-)|(?<=xox[a-z]-)|(?<=pplx-)|(?<=xai-)|(?<=nvapi-)|(?<=glpat-))|_(?:(?<=gh[oprsu]_)|(?<=_pat_)|(?<=hf_)|(?<=gsk_)|(?<=r8_))"
    r"|J(?<=\.eyJ)|z(?<=AIz)|I(?<=A[KS]I)|Y(?<=E KEY)|B(?<=B)earer |b(?<=b)earer |\.(?<=[0-9a-f]{32}\.)"
)

MAX_HELD = 8192 + 64  # bytes: the longest rule


def _whole(part: str | _Run) -> str:
    return re.escape(part) if isinstance(part, str) else f"[{part.chars}]{{{part.low},{part.high}}}"


def _shape(rule: _Rule) -> str:
    *first, last = rule.parts
    begin = "" if rule.name in ("private-key",) else _BEGIN
    after = f"(?![{rule.after}])" if rule.after else ""
    return f"(?P<{rule.name.replace('-', '_')}>{begin}{''.join(map(_whole, first))}{rule.if_}{_whole(last)}{after})"


def _begun(rule: _Rule) -> Iterator[str]:
    """Yield expressions that match, up to the end of the text, what may become or go on as this rule's shape."""
    begin = "" if rule.name in ("private-key",) else _BEGIN
    before = ""
    for part in rule.parts:
        if isinstance(part, str):
            rest = ""
            for char in reversed(part[1:]):
                rest = f"(?:{re.escape(char)}{rest})?"
            yield f"{begin}{before}{re.escape(part[0])}{rest}\\Z"
        else:
            yield f"{begin}{before}[{part.chars}]{{0,{part.high}}}\\Z"
        before += _whole(part)
