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
    re.compile(rf"\bcode\s*[:=]\s*[\"']?(?P<code>{_BUSINESS})[\s:,\])–—-]*(?P<message>.*)", re.IGNORECASE | re.DOTALL),
)
_CUT_JSON = re.compile(r"[\"']code[\"']\s*:\s*[\"']?(?P<code>-?\d{1,5}|[A-Za-z_][\w.]{2,60})\b")
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
_TROUBLE = re.compile(r"\b(?:error|exception|failed|failure|denied|refused|unable to|cannot)\b|错误|失败|异常", re.IGNORECASE)


def statement_of(*, status: int | None, body: bytes | str | dict[Any, Any] | list[Any], url: str | None, headers: Mapping[str, str]) -> Statement:
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
        found = _unwrapped(found, 0)
    named = _status_named(text) if form == "text" and status is None else None
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
        url=url or (found.url if found else None) or _url_named(text[:MAX_SEARCHED]),
        details=found.details if found else {},
        headers=headers,
        form=form,
        explicit=failed or (found is not None and found.certain) or form == "html" or (form == "text" and status is None and bool(_TROUBLE.search(text[:MAX_SEARCHED]))),
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
    return "text", _prose(bare, 0, anything=status is None or not 200 <= status <= 299)


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
    title = next((t for m in _TITLE.finditer(text[:16384]) if (t := _SPACE.sub(" ", html.unescape(_TAG.sub("", m[1] or m[2] or ""))).strip())), "")
    number = re.search(r"\b([45]\d\d)\b", title)
    return Envelope(message=title, status=http_status_of(number[1]) if number else None, certain=False)


def _prose(text: str, level: int, *, anything: bool) -> Envelope | None:
    """Return the error that a client's or router's rendering holds; None for text in no known form.

    anything: False in a response that is formally a success, where only an unmistakable form may count.
    """
    text = _RETRYING.sub("", text)
    for start, value in embedded(text):
        found = error_in(value, level + 1)
        if found is not None and (found.certain or anything):
            lead = _status_named(text[:start][-200:])
            return merged(Envelope(status=lead, type=_aws_type(text[:start])), msgspec.structs.replace(found, certain=True))
    if text[:1] in "{[" and level == 0 and not re.search(r"[\"'](?:error|code)[\"']", text[:MAX_SEARCHED]) and not text.startswith("[1"):
        return None if not anything else Envelope(certain=False)  # cut JSON of an ordinary answer: its words are not ours to judge
    short = text[:MAX_SEARCHED]
    for form in _BRACKETS:
        if found_in := form.search(short):
            named = found_in.groupdict()
            lead = _status_named(short[: found_in.start()])
            return Envelope(code=named["code"], message=named["message"].strip(), request_id=named.get("id"), status=lead)
    if (cut := _CUT_JSON.search(short)) and anything:
        said, family = _CUT_MESSAGE.search(short), _CUT_TYPE.search(short)
        return Envelope(code=cut["code"], type=family[1] if family else None, message=said[1] if said else short, status=_status_named(short[: cut.start()]))
    request_id = found_id[1] if (found_id := _REQUEST_ID.search(short)) else None
    plain = _REQUEST_ID.sub("", text[:MAX_SEARCHED], count=1) if request_id else text
    for form in _NAMED_CODE:
        if found_in := form.search(plain[:MAX_SEARCHED]):
            return Envelope(code=found_in["code"], message=found_in["message"].strip() or plain, request_id=request_id)
    if not anything:
        return None
    lead_status = http_status_of(found_in[1]) if (found_in := _STATUS_LEAD.match(plain)) else None
    message = plain[found_in.end() :] if found_in else plain
    return Envelope(message=message.strip(), request_id=request_id, status=lead_status, type=_aws_type(short), certain=False)


def _unwrapped(found: Envelope, level: int) -> Envelope:
    """Return the envelope with whatever its message itself wraps taken out."""
    if level >= MAX_LEVELS or not found.message or not found.certain:
        return found
    inner = _prose(found.message.strip(), level + 1, anything=True)
    if inner is None or not inner.certain and not (inner.request_id and inner.message):
        return found
    if inner.certain and not inner.code and not inner.type:
        return found
    inner = msgspec.structs.replace(inner, certain=True)
    if inner.code is None and inner.type is None:  # only a request id was taken off
        return msgspec.structs.replace(found, message=inner.message, request_id=found.request_id or inner.request_id)
    result = merged(found, inner)
    if result.type is None and found.type is not None:
        result = msgspec.structs.replace(result, type=found.type)
    return _unwrapped(result, level + 1) if inner.message != found.message else result


def _status_named(text: str) -> int | None:
    short = text[:MAX_SEARCHED]
    return next((http_status_of(m[1]) for form in _STATUS_TEXT if (m := form.search(short))), None)


def _url_named(text: str) -> str | None:
    found = _FOR_URL.search(text)
    return found[1] if found else None


def _aws_type(text: str) -> str | None:
    found = _AWS.search(text)
    return (found[1] or found[2]) if found else None
