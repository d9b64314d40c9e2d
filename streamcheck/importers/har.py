"""HTTP archives (HAR 1.2), as browsers, proxies and capture tools export them.

In:   entries with request, response, timings, and the answer's body as text or base64.
Out:  one response for each entry whose answer is a stream, or JSON that was posted for.
Rule: a HAR holds text, not bytes, unless the body is base64. Text is written as UTF-8 again, with one trap: exporters that could not
      decode a body read it as Latin-1, so that every character outside ASCII became two or three. That is undone, and said: where
      `content.size` proves it, or else where the text is full of such sequences. A size that fits neither spelling means that
      characters were lost. Times are those of begin and end; `_eventSourceMessages`, where an exporter has it, gives each event's.
"""

__all__ = ("Har",)

import binascii
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Request, Response
from streamcheck.errors import UsageError
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import moment, number, object_at, objects, text_at
from streamcheck.importers._source import Source

_BEGIN = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_STREAMS = ("text/event-stream", "ndjson", "jsonl", "json-seq", "amazon.eventstream")
_SSE_BEGIN = re.compile(r"\s*(?::[^\n]*\n|(?:event|id|retry|data):)")
_UNDONE = ("content-encoding", "content-length", "transfer-encoding")  # a HAR holds the body without any of these
_PHASES = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")


class Har:
    """See the module."""

    name: ClassVar[str] = "har"
    meaning: ClassVar[str] = "an HTTP archive of a browser or a proxy"

    def recognises(self, path: str, head: bytes) -> bool:
        return _BEGIN.match(head.removeprefix(b"\xef\xbb\xbf")) is not None

    def import_from(self, source: Source) -> Iterator[Imported]:
        log = object_at(source.json(), "log")
        version = text_at(log, "version") or "1.2"
        if not version.startswith("1."):
            raise UsageError(f"{source.path}: HAR version {version[:20]!r} is not known; export it as HAR 1.2")
        entries = list(objects(log, "entries"))
        others: Counter[str] = Counter()
        found = 0
        for index, entry in enumerate(entries):
            if _is_answer(entry):
                found += 1
                yield _imported(index, entry)
            else:
                others[_mime_of(entry) or "no type"] += 1
        if not found:
            kinds = ", ".join(f"{count} {kind[:60]}" for kind, count in others.most_common(5)) or "nothing"
            raise UsageError(f"{source.path}: no streamed answer among {len(entries)} entries ({kinds})")
        if others:
            source.remarks.append(f"{others.total()} of {len(entries)} entries are no streamed answers: left out")


def _mime_of(entry: dict[str, Any]) -> str:
    mime = text_at(entry, "response", "content", "mimeType")
    headers = (pair for pair in _headers(entry, "response") if pair[0].lower() == "content-type")
    return (mime or next(headers, ("", ""))[1]).partition(";")[0].strip().lower()


def _is_answer(entry: dict[str, Any]) -> bool:
    mime = _mime_of(entry)
    if any(kind in mime for kind in _STREAMS) or isinstance(entry.get("_eventSourceMessages"), list):
        return True
    if _SSE_BEGIN.match(text_at(entry, "response", "content", "text")[:200]) and "html" not in mime:
        return True
    return "json" in mime and text_at(entry, "request", "method").upper() == "POST"


def _headers(entry: dict[str, Any], side: str) -> tuple[tuple[str, str], ...]:
    return tuple((text_at(h, "name"), text_at(h, "value")) for h in objects(entry, side, "headers") if text_at(h, "name"))


def _imported(index: int, entry: dict[str, Any]) -> Imported:
    remarks: list[str] = []
    started = moment(entry, "startedDateTime")
    sent, answered, ended = _times(entry)
    timing = "ends" if ended is not None else "none"
    body, kept = _body_of(object_at(entry, "response", "content"), remarks)
    chunks: tuple[Chunk, ...] = (Chunk(None, body),) if body else ()
    messages = list(objects(entry, "_eventSourceMessages"))
    if messages:
        # Whose clock `time` is of is not told: what counts is the time between them, and the first is not before the head.
        events, timing = _event_chunks(messages, answered or 0.0), "event"
        if not body:
            chunks, kept = events, "reconstructed"
            remarks.append(
                "the body was made of the events that the exporter listed: comments, names of fields and line ends are not its own"
            )
        elif (cut := _cut_as(body, events)) is not None:
            chunks = cut
        else:
            timing = "ends" if ended is not None else "none"
            remarks.append("the listed events do not add up to the body: their times are left out")
        if timing == "event" and any(chunk.at is None for chunk in chunks):
            timing = "ends" if ended is not None else "none"
    error = text_at(entry, "_error") or text_at(entry, "response", "_error")
    if error:
        remarks.append(f"the exporter noted an error: {error[:80]}")
    url = text_at(entry, "request", "url")
    posted = text_at(entry, "request", "postData", "text")
    status = number(entry, "response", "status")
    return Imported(
        f"entry {index}",
        Har.name,
        Fidelity(kept, timing),
        host=_host_of(url),
        started=started,
        request=Request(text_at(entry, "request", "method") or "GET", url, _headers(entry, "request"), posted or None, at=sent),
        response=Response(
            status=int(status) if status and 100 <= status < 1000 else None,
            headers=tuple(pair for pair in _headers(entry, "response") if pair[0].lower() not in _UNDONE),
            http=text_at(entry, "response", "httpVersion") or None,
            at=answered,
        ),
        chunks=chunks,
        end=End("error", error="ReadError", at=ended) if error else End("eof", at=ended),
        remarks=tuple(remarks),
    )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _times(entry: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return (request sent, head came, body ended), seconds since the entry's begin."""
    timings = {name: max(0.0, number(entry, "timings", name) or 0.0) / 1000 for name in _PHASES}
    if not any(timings.values()):
        total = number(entry, "time")
        return None, None, total / 1000 if total is not None and total > 0 else None
    sent = timings["blocked"] + timings["dns"] + timings["connect"] + timings["send"]  # ssl is a part of connect
    return sent, sent + timings["wait"], sent + timings["wait"] + timings["receive"]


# ---------------------------------------------------------------------- the body
def _body_of(content: dict[str, Any], remarks: list[str]) -> tuple[bytes, str]:
    """Return the body and how well it was kept."""
    text = content.get("text")
    size = number(content, "size") or 0
    if not isinstance(text, str):
        if size > 0:
            remarks.append(f"the exporter left the body out ({int(size)} bytes)")
        return b"", "none"
    encoding = text_at(content, "encoding").lower()
    if encoding == "base64":
        try:
            body = b64decode(text, validate=False)
        except (binascii.Error, ValueError):
            remarks.append("the body is no whole base64: left out")
            return b"", "none"
        if 0 < size != len(body):
            remarks.append(f"lossy: content.size says {int(size)} bytes, the base64 holds {len(body)}")
        return body, "deframed"
    if encoding:
        remarks.append(f"the body's encoding {encoding[:40]!r} is not known: taken as text")
    return _bytes_of(text, int(size), remarks), "reconstructed"


def _bytes_of(text: str, size: int, remarks: list[str]) -> bytes:
    """Return the bytes that the text stands for. size: how many there were; 0 when nobody says."""
    wide = text.encode("utf-8", "replace")
    if "?" in wide.decode() and any("\ud800" <= char <= "\udfff" for char in text):
        remarks.append("half surrogate pairs in the text cannot be written as bytes: each became a question mark")
    if text.isascii() and size in (0, len(wide)):
        return wide
    narrow = _narrow(text)
    if narrow is not None and len(narrow) != len(wide):
        proven = size == len(narrow)
        if proven or (size != len(wide) and _is_utf8_read_as_latin1(narrow)):
            why = "content.size fits" if proven else "the text is full of such sequences"
            remarks.append(f"the exporter read the body as Latin-1: undone ({why})")
            if 0 < size != len(narrow):
                remarks.append(f"lossy: content.size says {size} bytes, the text gives {len(narrow)}")
            return narrow
    if 0 < size != len(wide):
        remarks.append(f"lossy: content.size says {size} bytes, the text gives {len(wide)}: characters were replaced or lost")
    return wide


def _narrow(text: str) -> bytes | None:
    """Return the bytes of which `text` is the Latin-1 or Windows-1252 reading, None when it is of none."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        pass
    out = bytearray()
    for char in text:
        try:
            out += bytes([ord(char)]) if ord(char) < 0x100 else char.encode("cp1252")
        except UnicodeEncodeError:
            return None
    return bytes(out)


def _is_utf8_read_as_latin1(narrow: bytes) -> bool:
    read = narrow.decode("utf-8", "replace")
    sound = sum(1 for char in read if char > "\x7f" and char != "\ufffd")
    return sound > read.count("\ufffd")  # letters of real Latin-1 text are hardly ever UTF-8 by chance


# ---------------------------------------------------------------------- events with times
def _event_chunks(messages: list[dict[str, Any]], answered: float) -> tuple[Chunk, ...]:
    """Return one chunk for each event; its time is None where the exporter has none."""
    chunks: list[Chunk] = []
    zero: float | None = None
    for message in messages:
        told = number(message, "time")
        zero = told if zero is None else zero
        name = text_at(message, "eventName") or text_at(message, "event") or text_at(message, "type")
        ident = text_at(message, "eventId") or text_at(message, "id")
        lines = [f"event: {name}"] if name and name != "message" else []
        lines += [f"id: {ident}"] if ident else []
        lines += [f"data: {line}" for line in text_at(message, "data").split("\n")]
        at = None if told is None or zero is None else round(answered + max(0.0, told - zero), 6)
        chunks.append(Chunk(at, ("\n".join(lines) + "\n\n").encode("utf-8", "replace")))
    return tuple(chunks)


def _cut_as(body: bytes, events: tuple[Chunk, ...]) -> tuple[Chunk, ...] | None:
    """Return the body cut at the ends of its events, with their times; None when they are not as many."""
    ends = [found.end() for found in re.finditer(rb"(?:\r\n|\n|\r)(?:\r\n|\n|\r)", body)]
    blocks = [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True) if start < end]
    spoken = [i for i, block in enumerate(blocks) if re.search(rb"(?:^|[\r\n])data", block)]
    if len(spoken) != len(events):
        return None
    times = {i: event.at for i, event in zip(spoken, events, strict=True)}
    out: list[Chunk] = []
    for i in reversed(range(len(blocks))):  # a comment goes with the event behind it
        at = times.get(i, out[-1].at if out else events[-1].at if events else None)
        out.append(Chunk(at, blocks[i]))
    return tuple(reversed(out))
