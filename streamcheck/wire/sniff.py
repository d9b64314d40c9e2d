"""What kind of body this is, from its first bytes.

In:   the first bytes of a body, after content-decoding.
Out:  a Kind, or None while more bytes are needed.
Rule: the bytes decide, never a header: headers are what a broken hop gets wrong first.
"""

__all__ = ("MAX_SNIFF_BYTES", "Kind", "kind_of", "name_of_binary")

import re
from enum import Enum

from streamcheck.wire.aws_eventstream import looks_like_aws
from streamcheck.wire.data_stream_v4 import looks_like_data_stream

MAX_SNIFF_BYTES = 64 * 1024  # a first line longer than this is one JSON document or an NDJSON line: both are read as lines

_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"\s*(?:data|event|id):")
_HTML = re.compile(rb"<(!doctype|html|head|body|\?xml|title|script|center|h1|!--)", re.IGNORECASE)
_BINARY = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"RIFF", "RIFF audio or video"),
    (b"OggS", "Ogg audio"),
    (b"ID3", "MP3 audio"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "an ELF program"),
    (b"\x16\x03", "a TLS record"),
)


class Kind(Enum):
    SSE = "sse"
    NDJSON = "ndjson"
    JSON = "json"  # one document over several lines, or an array
    DATA_STREAM = "data-stream"  # Vercel's AI SDK up to version 4: one coded value a line
    AWS = "aws"
    HTML = "html"
    BINARY = "binary"
    EMPTY = "empty"


def kind_of(head: bytes, *, final: bool) -> Kind | None:
    """Return the kind of the body that starts with `head`, None while it cannot be told. final: there is no more."""
    if len(head) < 3 and not final and _BOM.startswith(head):
        return None
    start = head.removeprefix(_BOM)
    text = start.lstrip(b" \t\r\n")
    if not text:
        return Kind.EMPTY if final else None
    if head[0] == 0:
        if len(head) >= 12:
            return Kind.AWS if looks_like_aws(head[:12]) else Kind.BINARY
        return Kind.BINARY if final else None
    if len(text) < 16 and not final and any(magic.startswith(text) or text.startswith(magic) for magic, _ in _BINARY):
        return None
    if name_of_binary(text):
        return Kind.BINARY
    match text[:1]:
        case b"{":
            line, end, rest = text[:MAX_SNIFF_BYTES].partition(b"\n")
            if not end and not final and len(text) < MAX_SNIFF_BYTES:
                return None
            if _FIELD.match(rest):  # debris before a stream
                return Kind.SSE
            # A pretty-printed document opens with a line that is no document.
            return Kind.NDJSON if line.rstrip().endswith(b"}") or not end else Kind.JSON
        case b"[":
            rest = text[:MAX_SNIFF_BYTES].partition(b"\n")[2].lstrip()
            if not rest and not final and len(text) < MAX_SNIFF_BYTES:
                return None
            return Kind.SSE if _FIELD.match(rest) else Kind.JSON
        case b"<":
            if len(text) < 16 and not final:
                return None
            return Kind.HTML if _HTML.match(text) else Kind.SSE
    if len(text) < 3 and not final and text[:1].isalnum():
        return None
    if looks_like_data_stream(text):
        return Kind.DATA_STREAM
    return Kind.BINARY if text[0] < 0x20 else Kind.SSE


def name_of_binary(head: bytes) -> str | None:
    """Return what kind of binary file starts so, None for text."""
    return next((name for magic, name in _BINARY if head.startswith(magic)), None)
