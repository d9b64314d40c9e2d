"""Sentences that mean the same whoever says them, in the order in which they are heard.

In:   nothing; tables.
Out:  WORDINGS for providers' and clients' sentences, FAILURES for connections that failed.
Rule: the specific before the general: a quota window that also says "balance" is a quota, an overload that comes as 429 is
      an overload. A bare "429", "expired" or "forbidden" somewhere in a text means nothing.
"""

__all__ = ("FAILURES", "WORDINGS", "Failure")

import re
from typing import Any, NamedTuple

from streamcheck.refusals.meanings import Meaning, Pattern, means, pattern

DAY_S = 86_400.0

_OWN_COOLDOWN = means(
    "rate-limit", retry="no", scope="key",
    hint="this is the client's own cooldown, not an answer of the provider: nothing was sent. clear it, or look at the error that began it",
)  # fmt: skip

WORDINGS: tuple[Pattern, ...] = (
    # quota windows, before anything that says "balance", "billing" or "rate"
    pattern("weekly-limit", r"(?:weekly|7[- ]day)[^.\n]{0,40}\blimit\b[^.\n]{0,20}(?:reached|exhausted|exceeded|hit)", "quota-exhausted", window_s=7 * DAY_S),
    pattern("reached-weekly", r"(?:reached|exceeded|hit) your (?:weekly|monthly|daily|5[- ]hour)", "quota-exhausted", window_s=31 * DAY_S),
    pattern("period-limit", r"(?:daily|monthly|5[- ]hour|hourly)[^.\n]{0,40}\blimit\b[^.\n]{0,20}(?:reached|exhausted|exceeded|hit)", "quota-exhausted", window_s=31 * DAY_S),
    pattern("usage-limit", r"(?<!api )usage limit (?:has been )?(?:reached|exceeded|hit)|(?:reached|hit|exceeded) your (?:usage )?limit|使用上限", "quota-exhausted", window_s=31 * DAY_S),
    pattern("free-per-day", r"free-models-per-day", "quota-exhausted", window_s=DAY_S),
    # money
    pattern("credit", r"credit balance is too low|insufficient[_ ](?:account[_ ])?(?:balance|credits?|funds)|requires more credits|out of credits|余额不足|欠费", "billing"),
    pattern("plan-and-billing", r"check your plan and billing|billing hard limit|payment required|spending (?:cap|limit)|spend limit", "billing"),
    # length, unless it is a length per minute
    pattern("throttled-tokens", r"too many tokens, please wait|tokens per (?:min|minute|day)\b|\bTPM\b", "rate-limit"),
    pattern("context", r"maximum context length|context[_ ](?:length|window)[_ ]exceeded|(?:exceeds?|beyond|larger than|longer than)[^.\n]{0,60}context (?:window|length|size)|context window[^.\n]{0,30}(?:full|exceed)", "context-length"),
    pattern("prompt-too-long", r"(?:prompt|input|request)(?: is| was)? too (?:long|large)|prompt exceeds|input token count[^.\n]{0,30}exceeds|input token length|model token limit|too many (?:input )?tokens", "context-length"),
    # content
    pattern("content", r"content[_ ](?:management[_ ])?policy|content[_ ]filter|(?:unsafe|sensitive|inappropriate|prohibited) content|data[_ ]inspection|flagged as potentially|usage policy|(?:blocked|rejected) by (?:the )?(?:safety|moderation)|敏感内容|不安全", "content-filter"),
    # too many at once; then too busy; then too many for now
    pattern("concurrency", r"high concurrency|(?:max(?:imum)?|too many) (?:\w+ )?concurren|concurren\w+ (?:\w+ )?(?:limit|exceeded|requests? (?:limit|exceeded))|concurrency|并发", "concurrency"),
    pattern("overloaded", r"overload|at (?:full )?capacity|(?:high|heavy) (?:traffic|demand|load)|server (?:is )?busy|capacity exceeded|no capacity|访问量过大|繁忙", "overloaded"),
    pattern("rate-limit-reached", r"api rate limit reached", "rate-limit"),
    pattern("client-cooldown", r"no available auth profile|all (?:profiles )?in cooldown", _OWN_COOLDOWN),
    pattern("rate-limit", r"rate[-_ ]?limit|too many requests|high frequency usage|throttl|(?:requests|tokens) per (?:second|minute)|速率限制|请求频率|频率过高", "rate-limit"),
    pattern("quota", r"(?:quota|resource)s? (?:has been |is |was )?(?:exhausted|exceeded)|exceeded your (?:\w+ )?quota", "rate-limit"),
    # who, what, how
    pattern("key", r"(?:invalid|incorrect|missing|wrong|no|expired) (?:x-)?api[-_ ]?key|api[-_ ]?key (?:is )?(?:not valid|invalid|missing|expired|not found)|no api key|\b(?:token|credentials?) (?:is |are |has |have )?(?:expired|invalid|incorrect|revoked)|(?:invalid|expired) (?:\w+ )?token|authorization token is|could not resolve authentication", "auth"),
    pattern("unauthorized", r"\bunauthori[sz]ed\b|(?<!proxy )authentication (?:failed|error|required)|not authenticated|身份验证失败|令牌|permission denied|access denied", "auth"),
    pattern("model", r"unknown model|no endpoints found|model[ _]not[ _](?:found|exist)|\bmodel\b[^.\n]{0,80}(?:not found|does not exist|doesn't exist|is not available|not supported by)|模型不存在", "model-not-found"),
    pattern("parameter", r"(?:invalid|illegal|unsupported|missing|unknown|unrecognized) (?:api |request )?(?:parameter|argument|field|value)|parameter is illegal|cannot be empty|malformed|field required", "invalid-request"),
    pattern("unavailable", r"service (?:is )?(?:temporarily )?unavailable", "overloaded"),
    pattern("internal", r"internal (?:server )?error|bad gateway|server had an error|unexpected error", "server-error"),
    pattern("gateway-timeout", r"gateway time-?out|upstream (?:request )?time(?:d )?-?out|deadline exceeded", "timeout"),
)  # fmt: skip


class Failure(NamedTuple):
    """A failure below HTTP: its wording, meaning, and what else the wording gives away."""

    name: str
    wording: re.Pattern[str]
    meaning: Meaning
    evidence: dict[str, Any]


def _failure(
    name: str, wording: str, error_class: str = "network", *, scope: str = "request", hint: str | None = None, **evidence: Any
) -> Failure:
    meaning = means(error_class, scope=scope)
    return Failure(name, re.compile(wording, re.IGNORECASE), meaning._replace(hint=hint) if hint else meaning, evidence)


_REFUSED = "nothing listens at that address: check host and port of the base URL, then the connection"
_NAME = "the host name was not found: check the base URL, then DNS and proxy"
_TLS = "the secure connection failed: check the clock, the certificates, and what stands between"
_PROXY = "the proxy refused or failed: check the proxy settings"
_CUT = "the answer was cut off by the connection: what came is not the whole"

FAILURES: tuple[Failure, ...] = (
    _failure("cancelled", r"\b(?:AbortError|request was aborted|operation was aborted|cancelled by (?:the )?(?:user|client)|CancelledError)", "unknown", hint="the client itself stopped; no provider failed", cancelled=True),
    _failure("proxy", r"ProxyError|tunnel connection failed|proxy connect|proxy (?:server )?(?:refused|error|authentication)", scope="endpoint", hint=_PROXY),
    _failure("connect-timeout", r"ConnectTimeout|UND_ERR_CONNECT_TIMEOUT|connect(?:ion)? (?:attempt )?timed out|connect timeout", "timeout", scope="endpoint", phase="connect"),
    _failure("pool-timeout", r"PoolTimeout|waiting for (?:a )?connection from (?:the )?pool", "timeout", phase="connect"),
    _failure("first-byte-timeout", r"UND_ERR_HEADERS_TIMEOUT|headers timeout", "timeout", phase="first_byte"),
    _failure("body-timeout", r"UND_ERR_BODY_TIMEOUT|body timeout|idle timeout|no (?:data|chunk|event)s? received (?:for|within)", "timeout", phase="inter_payload"),
    _failure("refused", r"connection (?:was )?refused|ECONNREFUSED|actively refused", scope="endpoint", hint=_REFUSED),
    _failure("dns", r"ENOTFOUND|EAI_AGAIN|getaddrinfo|name or service not known|name resolution|nodename nor servname|could not resolve host|no address associated", scope="endpoint", hint=_NAME),
    _failure("tls", r"certificate|CERT_[A-Z_]+|\bSSL\b|SSLError|\bTLS\b|self[- ]signed|handshake", scope="endpoint", hint=_TLS),
    _failure("cut-body", r"incomplete chunked read|peer closed connection|IncompleteRead|IncompleteMessage|premature close|ERR_STREAM_PREMATURE_CLOSE|transfer closed with|unexpected (?:eof|end of (?:file|stream))|content-length[^.\n]{0,20}(?:short|mismatch)|^terminated$", hint=_CUT, truncated=True),
    _failure("reset", r"ECONNRESET|connection (?:was )?(?:reset|aborted|closed|lost)|socket hang up|broken pipe|EPIPE|server disconnected|RemoteProtocolError|stream (?:was )?reset|ERR_HTTP2"),
    _failure("unreachable", r"(?:network|host) (?:is )?unreachable|no route to host|EHOSTUNREACH|ENETUNREACH|failed to connect", scope="endpoint"),
    _failure("timeout", r"ETIMEDOUT|\btimed? ?out\b|ReadTimeout|WriteTimeout|TimeoutError|ESOCKETTIMEDOUT|超时", "timeout", phase="total"),
    _failure("connection", r"fetch failed|^connection error\.?$|APIConnectionError|ConnectError|network error|NetworkError|unable to connect"),
)  # fmt: skip
