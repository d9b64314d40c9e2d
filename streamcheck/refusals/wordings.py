"""Sentences that mean the same whoever says them, in the order in which they are heard.

In:   nothing; tables.
Out:  WORDINGS for providers' and clients' sentences, FAILURES for connections that failed.
Rule: the specific before the general: a quota window that also says "balance" is a quota, an overload that comes as 429 is
      an overload. A bare "429", "expired" or "forbidden" somewhere in a text means nothing.
"""

__all__ = ("FAILURES", "WORDINGS", "Failure")

import re
from typing import Any, NamedTuple

from streamcheck.refusals.meanings import Meaning, Pattern, compiled, means, pattern

DAY_S = 86_400.0

_OWN_COOLDOWN = means(
    "rate-limit",
    retry="no",
    scope="key",
    hint="this is the client's own cooldown, not an answer of the provider: nothing was sent. clear it, or look at the error that began it",
)

WORDINGS: tuple[Pattern, ...] = (
    # quota windows, before anything that says "balance", "billing" or "rate"
    pattern(
        "weekly-limit",
        r"(?:weekly|7[- ]day)[^.\n]{0,40}\blimit\b[^.\n]{0,20}(?:reached|exhausted|exceeded|hit)",
        "quota-exhausted",
        window_s=7 * DAY_S,
    ),
    pattern(
        "reached-weekly",
        r"(?:reached|exceeded|hit) your (?:weekly|monthly|daily|5[- ]hour)",
        "quota-exhausted",
        window_s=31 * DAY_S,
    ),
    pattern(
        "period-limit",
        r"(?:daily|monthly|5[- ]hour|hourly)[^.\n]{0,40}\blimit\b[^.\n]{0,20}(?:reached|exhausted|exceeded|hit)",
        "quota-exhausted",
        window_s=31 * DAY_S,
    ),
    pattern(
        "usage-limit",
        r"usage limit (?:has been )?(?:reached|exceeded|hit)"
        r"|(?:reached|hit|exceeded) your (?:usage )?limit|使用上限",
        "quota-exhausted",
        window_s=31 * DAY_S,
    ),
    pattern("free-per-day", r"free-models-per-day", "quota-exhausted", window_s=DAY_S),
    # money
    pattern(
        "credit",
        r"credit balance is too low|insufficient[_ ](?:account[_ ])?(?:balance|credits?|funds)"
        r"|requires more credits|out of credits|余额不足|欠费",
        "billing",
    ),
    pattern(
        "plan-and-billing",
        r"check your plan and billing|billing hard limit|payment required|spending (?:cap|limit)|spend limit",
        "billing",
    ),
    # length, unless it is a length per minute
    pattern("throttled-tokens", r"too many tokens, please wait|tokens per (?:min|minute|day)\b|\bTPM\b", "rate-limit"),
    pattern(
        "context",
        r"maximum context length|context[_ ](?:length|window)[_ ]exceeded"
        r"|(?:exceeds?|beyond|larger than|longer than)[^.\n]{0,60}context (?:window|length|size|limit)"
        r"|reduce the length of|context window[^.\n]{0,30}(?:full|exceed)",
        "context-length",
    ),
    pattern(
        "prompt-too-long",
        r"(?:prompt|input|request)(?: is| was)? too (?:long|large)|prompt exceeds"
        r"|input token count[^.\n]{0,30}exceeds|input token length|model token limit"
        r"|too many (?:input )?tokens",
        "context-length",
    ),
    # content
    pattern(
        "content",
        r"content[_ ](?:management[_ ])?policy|content[_ ]filter"
        r"|(?:unsafe|sensitive|inappropriate|prohibited) content|data[_ ]inspection|flagged as potentially"
        r"|(?<!fair )usage polic|(?:blocked|rejected) by (?:the )?(?:safety|moderation)|敏感内容|不安全",
        "content-filter",
    ),
    # too many at once; then too busy; then too many for now
    pattern(
        "concurrency",
        r"high concurrency|(?:max(?:imum)?|too many) (?:\w+ )?concurren"
        r"|concurren\w+ (?:\w+ )?(?:limit|exceeded|requests? (?:limit|exceeded))|concurrency|并发",
        "concurrency",
    ),
    pattern(
        "overloaded",
        r"overload|at (?:full )?capacity|(?:high|heavy) (?:traffic|demand|load)|server (?:is )?busy"
        r"|capacity exceeded|no capacity|访问量过大|繁忙",
        "overloaded",
    ),
    pattern("rate-limit-reached", r"api rate limit reached", "rate-limit"),
    pattern("client-cooldown", r"no available auth profile|all (?:profiles )?in cooldown", _OWN_COOLDOWN),
    pattern(
        "rate-limit",
        r"rate[-_ ]?limit|too many requests|high frequency usage|throttl"
        r"|(?:requests|tokens) per (?:second|minute)|速率限制|请求频率|频率过高",
        "rate-limit",
    ),
    pattern(
        "quota",
        r"(?:quota|resource)s?[ _](?:has been |is |was )?(?:exhausted|exceeded)|exceeded your (?:\w+ )?quota",
        "rate-limit",
    ),
    # who, what, how
    pattern(
        "key",
        r"(?:invalid|incorrect|missing|wrong|no|expired) (?:x-)?api[-_ ]?key"
        r"|api[-_ ]?key (?:is )?(?:not valid|invalid|missing|expired|not found)|no api key"
        r"|\b(?:token|credentials?) (?:is |are |has |have )?(?:expired|invalid|incorrect|revoked)"
        r"|(?:invalid|expired) (?:\w+ )?token|authorization token is|could not resolve authentication",
        "auth",
    ),
    pattern(
        "unauthorized",
        r"\bunauthori[sz]ed\b|(?<!proxy )authentication (?:failed|error|required)|not authenticated|身份验证失败|令牌"
        r"|permission denied|access denied",
        "auth",
    ),
    pattern(
        "model",
        r"unknown model|no endpoints found|model[ _]not[ _](?:found|exist)"
        r"|\bmodel\b[^.\n]{0,80}(?:not found|does not exist|doesn't exist|is not available|not supported by)"
        r"|模型不存在",
        "model-not-found",
    ),
    pattern(
        "parameter",
        r"(?:invalid|illegal|unsupported|missing|unknown|unrecognized) (?:api |request )?(?:parameter|argument|field|value)|parameter is illegal|cannot be empty|malformed|field required",
        "invalid-request",
    ),
    pattern("unavailable", r"service (?:is )?(?:temporarily )?unavailable", "overloaded"),
    pattern("internal", r"internal (?:server )?error|bad gateway|server had an error|unexpected error", "server-error"),
    pattern("gateway-timeout", r"gateway time-?out|upstream (?:request )?time(?:d )?-?out|deadline exceeded", "timeout"),
)


class Failure(NamedTuple):
    """A failure below HTTP: its wording, meaning, and what else the wording gives away."""

    name: str
    wording: str
    meaning: Meaning
    evidence: dict[str, Any]

    def search(self, text: str) -> re.Match[str] | None:
        return compiled(self.wording).search(text)


def _failure(
    name: str, wording: str, error_class: str = "network", *, scope: str = "request", hint: str | None = None, **evidence: Any
) -> Failure:
    meaning = means(error_class, scope=scope)
    return Failure(name, wording, meaning._replace(hint=hint) if hint else meaning, evidence)


_REFUSED = "nothing listens at that address: check host and port of the base URL, then the connection"
_NAME = "the host name was not found: check the base URL, then DNS and proxy"
_TLS = "the secure connection failed: check the clock, the certificates, and what stands between"
_PROXY = "the proxy refused or failed: check the proxy settings"
_CUT = "the answer was cut off by the connection: what came is not the whole"

FAILURES: tuple[Failure, ...] = (
    _failure(
        "cancelled",
        r"\b(?:AbortError|request was aborted|operation was aborted|cancelled by (?:the )?(?:user|client)|CancelledError)",
        "unknown",
        hint="the client itself stopped; no provider failed",
        cancelled=True,
    ),
    _failure(
        "proxy",
        r"ProxyError|tunnel connection failed|proxy connect|proxy (?:server )?(?:refused|error|authentication)",
        scope="endpoint",
        hint=_PROXY,
    ),
    _failure(
        "connect-timeout",
        r"ConnectTimeout|UND_ERR_CONNECT_TIMEOUT|connect(?:ion)? (?:attempt )?timed out|connect timeout",
        "timeout",
        scope="endpoint",
        phase="connect",
    ),
    _failure("pool-timeout", r"PoolTimeout|waiting for (?:a )?connection from (?:the )?pool", "timeout", phase="connect"),
    _failure("first-byte-timeout", r"UND_ERR_HEADERS_TIMEOUT|headers timeout", "timeout", phase="first_byte"),
    _failure(
        "body-timeout",
        r"UND_ERR_BODY_TIMEOUT|body timeout|idle timeout|no (?:data|chunk|event)s? received (?:for|within)",
        "timeout",
        phase="inter_payload",
    ),
    _failure("refused", r"connection (?:was )?refused|ECONNREFUSED|actively refused", scope="endpoint", hint=_REFUSED),
    _failure(
        "dns",
        r"\bENOTFOUND\b|\bEAI_AGAIN\b|getaddrinfo|name or service not known|name resolution"
        r"|nodename nor servname|could not resolve host|no address associated",
        scope="endpoint",
        hint=_NAME,
    ),
    _failure("tls", r"certificate|CERT_[A-Z_]+|\bSSL\b|SSLError|\bTLS\b|self[- ]signed|handshake", scope="endpoint", hint=_TLS),
    _failure(
        "cut-body",
        r"incomplete chunked read|peer closed connection|IncompleteRead|IncompleteMessage|premature close"
        r"|ERR_STREAM_PREMATURE_CLOSE|transfer closed with|unexpected (?:eof|end of (?:file|stream))"
        r"|stream (?:closed|ended|disconnected) before|content-length[^.\n]{0,20}(?:short|mismatch)"
        r"|^terminated$",
        hint=_CUT,
        truncated=True,
    ),
    _failure(
        "reset",
        r"ECONNRESET|connection (?:was )?(?:reset|aborted|closed|lost)|socket hang up|broken pipe|\bEPIPE\b"
        r"|server disconnected|RemoteProtocolError|stream (?:was )?reset|ERR_HTTP2",
    ),
    _failure(
        "unreachable",
        r"(?:network|host) (?:is )?unreachable|no route to host|EHOSTUNREACH|ENETUNREACH|failed to connect",
        scope="endpoint",
    ),
    _failure(
        "timeout",
        r"ETIMEDOUT|\btimed? ?out\b|ReadTimeout|WriteTimeout|TimeoutError|ESOCKETTIMEDOUT|超时",
        "timeout",
        phase="total",
    ),
    _failure(
        "connection",
        r"fetch failed|^connection error\.?$|APIConnectionError|ConnectError|network error|NetworkError" r"|unable to connect",
    ),
)
