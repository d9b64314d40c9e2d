"""Flow files of mitmproxy (`mitmdump -w FILE`).

In:   flows as typed netstrings.
Out:  one response for each HTTP flow that has one, as it came to the proxy.
Rule: a flow holds the whole body, without chunk framing, and when it began and ended. The addon that streamcheck ships puts the time and
      length of each read into the flow's metadata; then borders and times are those of the wire.
"""

__all__ = ("METADATA", "Mitmproxy")

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Request, Response
from streamcheck.errors import CaptureError, UsageError
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import number, object_at, value_at
from streamcheck.importers._source import Source
from streamcheck.importers._tnetstring import TnetstringError, values_in

METADATA = "streamcheck_chunks"  # as in contrib/mitm_addon.py: [[seconds since 1970, bytes], ...]
_BEGIN = re.compile(rb"\d{1,12}:\d{1,12}:[a-z_]{1,40}[;,]")
_OLDEST = 7  # the first version that is a number and has this shape. guess
_NEWEST = 99  # a guess: what we read has not changed from 7 to 21


class Mitmproxy:
    """See the module."""

    name: ClassVar[str] = "mitmproxy"
    meaning: ClassVar[str] = "a flow file of mitmproxy, mitmdump or mitmweb"

    def recognises(self, path: str, head: bytes) -> bool:
        return _BEGIN.match(head) is not None

    def import_from(self, source: Source) -> Iterator[Imported]:
        seen = 0
        try:
            for index, flow in enumerate(values_in(source.data())):
                if not isinstance(flow, dict):
                    raise CaptureError(f"{source.path}: value {index} is no flow: this is no flow file")
                _must_be_known(flow, source.path)
                seen += 1
                if _text(flow.get("type")) == "http" and object_at(flow, "response"):
                    yield _imported(index, flow)
                else:
                    source.remarks.append(f"flow {index} has no HTTP response: left out")
        except TnetstringError as error:
            if not error.cut or not seen:
                raise CaptureError(f"{source.path}: is no sound flow file: {error}") from None
            source.remarks.append(f"the last flow is not whole ({error}): is the file still being written?")


def _must_be_known(flow: dict[str, Any], path: str) -> None:
    version = flow.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and _OLDEST <= version <= _NEWEST:
        return
    raise UsageError(
        f"{path}: flow format {str(version)[:40]} is not known: open the file in a current mitmproxy and save it again"
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape") if isinstance(value, str) else b""


def _headers(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    pairs = message.get("headers")
    return tuple(
        (_bytes(pair[0]).decode("latin-1"), _bytes(pair[1]).decode("latin-1"))
        for pair in (pairs if isinstance(pairs, list) else [])
        if isinstance(pair, list) and len(pair) == 2
    )


def _imported(index: int, flow: dict[str, Any]) -> Imported:
    request, response = object_at(flow, "request"), object_at(flow, "response")
    zero = number(request, "timestamp_start")

    def since(at: float | None) -> float | None:
        return None if at is None or zero is None else round(at - zero, 6)

    remarks: list[str] = []
    body = _bytes(response.get("content"))
    if response.get("content") is None:
        remarks.append("the flow has no body: it was streamed and not stored (the addon's streamcheck_store=true keeps it)")
    noted = value_at(flow, "metadata", METADATA)
    cuts = [(number(cut, 0), number(cut, 1)) for cut in noted] if isinstance(noted, list) else []
    chunks = _cut(body, cuts, since) if zero is not None else None
    if cuts and chunks is None and body:
        remarks.append("the chunks that the addon noted do not add up to the body: their times are left out")
    timing = "chunk" if chunks is not None else "ends" if since(number(response, "timestamp_end")) is not None else "none"
    host = _text(request.get("host"))
    return Imported(
        f"flow {index}",
        Mitmproxy.name,
        Fidelity("none" if response.get("content") is None else "exact" if chunks is not None else "deframed", timing),
        hop="proxy",
        host=host,
        started=_moment(zero),
        request=Request(
            _text(request.get("method")),
            _url_of(request, host),
            _headers(request),
            _bytes(request.get("content")) or None,
            at=since(number(request, "timestamp_end")),
        ),
        response=Response(
            status=int(number(response, "status_code") or 0) or None,
            headers=_headers(response),
            http=_text(response.get("http_version")) or None,
            at=since(number(response, "timestamp_start")),
        ),
        chunks=chunks if chunks is not None else (Chunk(None, body),) if body else (),
        end=_end_of(flow, since(number(response, "timestamp_end"))),
        remarks=tuple(remarks),
    )


def _cut(body: bytes, cuts: list[tuple[float | None, float | None]], since: Any) -> tuple[Chunk, ...] | None:
    """Return the body in the reads that the addon noted, None when there are none or they do not fit."""
    chunks: list[Chunk] = []
    start = 0
    for at, size in cuts:
        if at is None or size is None or size < 0:
            return None
        if size:
            chunks.append(Chunk(since(at), body[start : start + int(size)]))
        start += int(size)
    return tuple(chunks) if cuts and start == len(body) else None


def _end_of(flow: dict[str, Any], at: float | None) -> End | None:
    if error := object_at(flow, "error"):
        if "client disconnected" in _text(error.get("msg")).lower():
            return End("cancel", at=at)
        return End("error", error="RemoteProtocolError", at=at)
    return End("eof", at=at) if at is not None else None


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _url_of(request: dict[str, Any], host: str) -> str:
    scheme = _text(request.get("scheme")) or "http"
    port = int(number(request, "port") or 0)
    usual = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{host}{'' if port in (0, usual) else f':{port}'}{_text(request.get('path'))}"
