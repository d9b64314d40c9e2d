"""Heads of requests: what is changed in them, and which are not forwarded.

In:   the bytes of a request's head, as the client sent them; the upstream.
Out:  the same bytes with another Host and a longer target; Refused, with the answer to give, for what must not go to the upstream.
Rule: RFC 9112 3 (request line), 3.2 (Host, forms of the target). Only the value of Host and the target change: order, case, blanks
      and line ends of all other bytes stay. One upstream is served and no other.
"""

__all__ = ("MAX_HEAD", "Refused", "Upstream", "answer", "head_length", "rewritten", "upstream_of")

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from streamcheck.errors import UsageError

MAX_HEAD = 256 * 1024  # bytes; servers take 8 to 64 KiB, cookies and keys included. guess

_PORTS = {"http": 80, "https": 443}
_BLANK = re.compile(rb"[\r\n]*")
_HEAD_END = re.compile(rb"\n\r?\n")  # as h11 has it: a line may end in LF alone
_REQUEST_LINE = re.compile(rb"([^ \r\n]+) ([!-~]+) HTTP/(\d\.\d)(?=\r?\n)")
_HOST_LINE = re.compile(rb"(?im)^(host:[ \t]*)[^\r\n]*(?:\r?\n[ \t]+[^\r\n]*)*")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where all requests go. authority: as Host names it; prefix: put before the client's path, without a slash at its end."""

    scheme: str
    host: str
    port: int
    authority: str
    prefix: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    def url_of(self, target: str) -> str:
        """Return the URL that a request's target stands for."""
        return self.origin + target if target.startswith("/") else self.origin


def upstream_of(url: str) -> Upstream:
    """Return the upstream at `url`. Raises UsageError for a URL that names no HTTP server, or holds more than scheme, host, port, path."""
    shown = repr(url[:80])
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:  # UnicodeError among them
        raise UsageError(f"the upstream {shown} is no URL: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"the upstream must be a URL as https://api.example.com/v1, not {_without_user(parts, shown)}")
    if parts.username is not None or parts.password is not None:
        raise UsageError("the upstream must not hold a user or a password: the client sends its key itself")
    if parts.query or parts.fragment:
        raise UsageError(f"the upstream must end with its path, without a query or a fragment: {url.partition('?')[0][:80]!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = _PORTS[parts.scheme]
    authority = host if port in (None, default) else f"{host}:{port}"
    return Upstream(parts.scheme, parts.hostname, default if port is None else port, authority, parts.path.rstrip("/"))


def _without_user(parts: SplitResult, shown: str) -> str:
    return shown if "@" not in parts.netloc else "one without a host"


def head_length(received: bytes | bytearray, start: int = 0) -> int | None:
    """Return how many bytes the head at the begin of `received` takes, its blank line included; None while it is not whole.

    start: where to begin the search; blank lines before the request line belong to the head.
    """
    found = _HEAD_END.search(received, max(_blank_length(received), start))
    return found.end() if found else None


def _blank_length(received: bytes | bytearray) -> int:
    found = _BLANK.match(received)
    return found.end() if found else 0


class Refused(Exception):
    """A request that is not forwarded: the status and the sentence to answer with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def rewritten(head: bytes, upstream: Upstream, base_url: str) -> bytes:
    """Return `head` as it goes to the upstream. Raises Refused. base_url: where clients are to send their requests."""
    blank = _blank_length(head)
    line = _REQUEST_LINE.match(head, blank)
    if line is None:
        raise Refused(400, "the request does not begin with a request line of HTTP/1.1")
    method, target, version = line.groups()
    if not version.startswith(b"1."):
        raise Refused(505, f"only HTTP/1.1 is spoken here: point the base URL at {base_url} and switch HTTP/2 off")
    path = _forwarded_target(method, target, upstream, base_url)
    rest = _HOST_LINE.sub(lambda host: host[1] + upstream.authority.encode(), head[line.end() :])
    return b"%b%b %b HTTP/%b%b" % (head[:blank], method, path, version, rest)


def _forwarded_target(method: bytes, target: bytes, upstream: Upstream, base_url: str) -> bytes:
    if method == b"CONNECT":
        raise Refused(403, f"this is no proxy for other hosts: switch the proxy setting off and point the base URL at {base_url}")
    if target.startswith(b"/"):
        return upstream.prefix.encode() + target
    if target == b"*" and method == b"OPTIONS":
        return target
    if _ABSOLUTE.match(target):
        return _path_at(target.decode("ascii"), upstream, base_url)
    raise Refused(400, "the request's target is no path")


def _path_at(url: str, upstream: Upstream, base_url: str) -> bytes:
    """Return path and query of an absolute-form target at the upstream, which names the whole path."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(400, "the request's target is no URL") from None
    expected = None if upstream.port == _PORTS[upstream.scheme] else upstream.port
    if parts.username is not None or parts.hostname != upstream.host or port not in (expected, upstream.port):
        raise Refused(403, f"only {upstream.origin} is served here: point the base URL at {base_url}")
    tail = url[url.index("://") + 3 :]
    slash = re.search(r"[/?]", tail)
    path = tail[slash.start() :] if slash else "/"
    return (path if path.startswith("/") else "/" + path).encode("ascii")


def answer(status: int, reason: str) -> bytes:
    """Return a whole response that says `reason` as JSON, in the shape that most providers' clients read. The connection ends with it."""
    kind = {502: "upstream_unreachable", 403: "not_forwarded"}.get(status, "invalid_request")
    body = json.dumps({"error": {"message": reason, "type": kind, "code": f"streamcheck_{kind}"}}).encode()
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
