"""From a body of any kind to what it states.

In:   a status, a body (bytes, text, or a parsed value), a URL, headers.
Out:  a Statement.
Rule: wrappings come off from outside in, at most four deep: JSON, SSE and NDJSON lines, HTML, and the ways in which clients
      print an error. Only a form that is known to carry a code gives one: a number in prose is a number.
"""

__all__ = ("statement_of",)

import html
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from streamcheck.refusals.envelopes import MAX_LEVELS, Envelope, error_in, merged
from streamcheck.refusals.loose_json import embedded, lines_of, strict
from streamcheck.refusals.statement import Statement, http_status_of

MAX_SEARCHED = 4096  # characters of one text in which renderings and wordings are looked for. guess: messages are below 1,000
_HTML = re.compile(r"<!doctype html|<html\b|<head\b|<body\b|<title>", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")

_BUSINESS = r"\d{4}(?=\s*(?:[:,)\]]|$|[-–—] ))"  # four digits where a code ends: "1310: ..." but not "1310 tokens"
# [code][text][trace id], the outermost brackets; the id or the text's bracket may be missing.
_BRACKETS = (
    re.compile(r"\[(?P<code>\d{3,4})\]\s*\[(?P<message>.*)\]\s*\[(?P<id>[0-9A-Za-z_-]{16,64})\]", re.DOTALL),
    re.compile(r"\[(?P<code>\d{3,4})\]\s*\[(?P<message>.*)\]", re.DOTALL),
    re.compile(r"\[(?P<code>\d{3,4})\]\s*\[(?P<message>.+)", re.DOTALL),
    re.compile(r"^\s*\[(?P<code>\d{4})\]\s*(?P<message>.+)", re.DOTALL),
)
_NAMED_CODE = (
    re.compile(rf"\berror (?:code:? )?(?P<code>{_BUSINESS})[\s:,\])–—-]*(?P<message>.*)", re.IGNORECASE | re.DOTALL),
    re.compile(rf"\bcode\s*[:= ]\s*[\"']?(?P<code>{_BUSINESS})[\s:,\])–—-]*(?P<message>.*)", re.IGNORECASE | re.DOTALL),
)
_CUT_ERROR = re.compile(
    r"\s*\{\s*[\"'](?:error[\"']|type[\"']\s*:\s*[\"']error[\"'])"
)  # a body that ends inside its error object
_CUT_ANSWER = re.compile(r"\s*(?:\{|\[\s*[{\"])")
_CUT_CODE = re.compile(r"[\"']code[\"']\s*:\s*[\"']?(?P<code>-?\d{1,5}|[A-Za-z_][\w.]{2,60})\b")
_CUT_MESSAGE = re.compile(r"[\"']message[\"']\s*:\s*\"((?:[^\"\\]|\\.){1,2000})")
_CUT_TYPE = re.compile(r"[\"']type[\"']\s*:\s*[\"'](\w{3,60})\b")
_REQUEST_ID = re.compile(r"[\s,]*\(?\brequest[_ ]?id[:=]\s*([\w-]{6,64})\)?", re.IGNORECASE)
_RETRYING = re.compile(r"\s*\[retrying in [^\]]*\]\s*$", re.IGNORECASE)  # a client's own note, not the provider's wait
_STATUS_TEXT = (
    re.compile(r"^\W{0,8}([45]\d\d)(?=\s*(?::|\{|$|[-–…] |[A-Z][a-z]+\b))"),
    re.compile(r"\bHTTP(?:/[\d.]+)?[ :]+([45]\d\d)\b"),
    re.compile(r"\bstatus(?:[ _]?code)?[ :=]+\(?([45]\d\d)\b", re.IGNORECASE),
    re.compile(r"\b(?:client|server) error '([45]\d\d)\b", re.IGNORECASE),
    re.compile(r"\berror(?:[ _]code)?[: (]+([45]\d\d)\b(?! (?:tokens|characters|messages|ms|s|bytes)\b)", re.IGNORECASE),
    re.compile(r":\s*([45]\d\d)\)"),
)
_STATUS_LEAD = re.compile(r"^(?:(?:API |LLM )?Error(?: code)?[: ]+)?([45]\d\d):\s+(?=\S)")
_FOR_URL = re.compile(r"\bfor url:? '?(https?://[^\s'\"]+)", re.IGNORECASE)
_AWS = re.compile(r"\bAn error occurred \((\w+)\) when calling\b|\b([A-Z][A-Za-z]+Exception)\b")
_TROUBLE = re.compile(r"\b(?:error|failed|failure|denied|refused)\b|\w(?:Error|Exception)\b|错误|失败|异常", re.IGNORECASE)


def statement_of(
    *, status: int | None, body: bytes | str | dict[Any, Any] | list[Any], url: str | None, headers: Mapping[str, str]
) -> Statement:
    """Return what the response states; `explicit` is False when nothing says that it is an error."""
    failed = status is not None and not 200 <= status <= 299
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body if isinstance(body, str) else ""
    text = text.removeprefix("\ufeff")
    if isinstance(body, (dict, list)):
        form, found = "json", error_in(body)
    else:
        form, found = _read(text, status, headers)
    if form == "json" and found is not None and not found.certain and status is not None and not failed:
        found = None
    if found is not None:
        found = _unwrapped(found)
    named = _status_named(text) if form == "text" and status is None else None
    troubled = form == "text" and status is None and bool(_TROUBLE.search(text[:MAX_SEARCHED]))
    in_body = found.status if found is not None else None
    message = found.message if found is not None else ""
    upstream = None
    if found is not None and isinstance(found.routed, (str, dict)) and found.routed:
        upstream = statement_of(status=in_body, body=found.routed, url=None, headers={})
    return Statement(
        http_status=status if status is not None else in_body or named,
        status=status if failed else in_body or named or status,
        code=found.code if found else None,
        type=(found.type if found else None) or headers.get("x-amzn-errortype", "").partition(":")[0].rpartition("#")[2] or None,
        reason=found.reason if found else None,
        message=message or (text.strip() if form == "text" else ""),
        text=(message or text)[:MAX_SEARCHED],
        request_id=(found.request_id if found else None) or next((v for n in _ID_HEADERS if (v := headers.get(n))), None),
        url=(found.url if found else None) or url or _url_named(text[:MAX_SEARCHED]),
        details=found.details if found else {},
        headers=headers,
        form=form,
        explicit=failed
        or form == "html"
        or (found is not None and found.certain)
        or (status is None and (named or in_body) is not None)
        or troubled,
        spoken_by=found.spoken_by if found else None,
        upstream=upstream,
    )


_ID_HEADERS = ("x-request-id", "request-id", "x-log-id", "x-amzn-requestid")


def _read(text: str, status: int | None, headers: Mapping[str, str]) -> tuple[str, Envelope | None]:
    """Return the form of a text body and the error in it."""
    bare = text.strip()
    if not bare:
        return "none", None
    whole, value = strict(bare)
    if whole and isinstance(value, (dict, list)):
        return "json", error_in(value)
    if whole and isinstance(value, str):  # JSON put into a JSON string
        return _read(value, status, headers) if value != text else ("text", None)
    if _HTML.search(bare[:1024]) or ("text/html" in headers.get("content-type", "") and "<" in bare[:64]):
        return "html", _page(bare)
    lines = lines_of(bare)
    if lines is not None:
        known = False
        for event, payload in lines:
            known = True
            found = _event_error(event, payload)
            if found is not None:
                return "json", found
        if known:
            return "json", None
    if _CUT_ANSWER.match(bare) and not re.search(r"[\"'](?:error|code)[\\\"']", bare[:MAX_SEARCHED]):
        return "json", None  # an ordinary answer that is cut: what it says is not ours to judge
    return "text", _prose(bare, anything=status is None or not 200 <= status <= 299)


def _event_error(event: str, payload: str) -> Envelope | None:
    parsed, value = strict(payload)
    found = error_in(value) if parsed else None
    if event != "error":
        return found if found is not None and found.certain else None
    if found is not None:
        return msgspec.structs.replace(found, certain=True)
    return Envelope(message=str(value) if parsed and isinstance(value, str) else payload)


def _page(text: str) -> Envelope:
    """An HTML page, by its title or first heading."""
    title = next(
        (
            t
            for m in _TITLE.finditer(text[:16384])
            if (t := _SPACE.sub(" ", html.unescape(_TAG.sub("", m[1] or m[2] or ""))).strip())
        ),
        "",
    )
    number = re.search(r"\b([45]\d\d)\b", title)
    return Envelope(message=title, status=http_status_of(number[1]) if number else None, certain=False)


def _prose(text: str, *, anything: bool, whole: bool = True) -> Envelope | None:
    """Return the error that a client's or router's rendering holds; None for text in no known form.

    anything: False in a response that is formally a success, where only an unmistakable form may count.
    whole:    False for a message that stood in JSON: fragments of JSON in it may be the request's own.
    """
    text = _RETRYING.sub("", text)
    for start, value in embedded(text):
        found = error_in(value, 1)
        if found is not None and (found.certain or anything):
            lead = text[:start][-200:]
            return merged(
                Envelope(status=_status_named(lead), type=_aws_type(lead)), msgspec.structs.replace(found, certain=True)
            )
    short = text[:MAX_SEARCHED]
    for form in _BRACKETS:
        if at := form.search(short):
            named, lead = at.groupdict(), short[: at.start()]
            sure = bool(named.get("id") or _TROUBLE.search(lead))
            return Envelope(
                code=named["code"], message=named["message"].strip(), request_id=named.get("id"), status=_status_named(lead), certain=sure
            )  # fmt: skip
    if whole and (_CUT_ERROR.match(short) or anything) and (cut := _CUT_CODE.search(short)):
        said, family = _CUT_MESSAGE.search(short), _CUT_TYPE.search(short)
        return Envelope(
            code=cut["code"], type=family[1] if family else None, message=said[1] if said else short, status=_status_named(short[: cut.start()])
        )  # fmt: skip
    if not anything:
        return None
    request_id = at[1] if (at := _REQUEST_ID.search(short)) else None
    plain = _REQUEST_ID.sub("", short, count=1) if request_id else text
    for form in _NAMED_CODE if whole else _NAMED_CODE[:1]:
        if at := form.search(plain[:MAX_SEARCHED]):
            sure = form is _NAMED_CODE[0]  # "code 1310" alone may be any code: a table must know it
            return Envelope(code=at["code"], message=at["message"].strip() or plain, request_id=request_id, certain=sure)
    at = _STATUS_LEAD.match(plain)
    message = plain[at.end() :] if at else plain
    return Envelope(
        message=message.strip(), request_id=request_id, status=http_status_of(at[1]) if at else None, type=_aws_type(short), certain=False
    )  # fmt: skip


def _unwrapped(found: Envelope, level: int = 0) -> Envelope:
    """Return the envelope with whatever its own message wraps taken out."""
    inner = _prose(found.message.strip(), anything=True, whole=False) if found.message and level < MAX_LEVELS else None
    if inner is None or not (inner.code or inner.type or inner.certain or inner.request_id):
        return found
    result = merged(found, inner)
    if result.type is None:
        result = msgspec.structs.replace(result, type=found.type)
    return _unwrapped(result, level + 1) if result.message != found.message else result


def _status_named(text: str) -> int | None:
    short = text[:MAX_SEARCHED]
    return next((http_status_of(m[1]) for form in _STATUS_TEXT if (m := form.search(short))), None)


def _url_named(text: str) -> str | None:
    found = _FOR_URL.search(text)
    return found[1] if found else None


def _aws_type(text: str) -> str | None:
    found = _AWS.search(text)
    return (found[1] or found[2]) if found else None
