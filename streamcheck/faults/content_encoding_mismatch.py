"""What the headers say of compression is not what the body is.

In:   the plain body.
Out:  gzip that no header declares; a header and plain bytes; gzip twice under one header; gzip that breaks off.
Rule: offsets count decoded bytes, so all that can be named is the start.
"""

__all__ = ("FAULT",)

import gzip
import zlib
from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, keep: float = 0.6) -> Made:
    packed = gzip.compress(body.raw, mtime=0)
    declared: str | None = "gzip"
    match variant:
        case "undeclared":
            raw, declared = packed, None
        case "plain":
            raw = body.raw
        case "twice":
            raw = gzip.compress(packed, mtime=0)
        case _:
            raw = packed[: max(24, int(len(packed) * keep))]
    changes = body.with_headers(content_encoding=declared, content_length=None)
    count = len(body.source.chunks)
    size = max(1, -(-len(raw) // count))
    chunks = [Chunk(chunk.at, raw[i * size : (i + 1) * size]) for i, chunk in enumerate(body.source.chunks)]
    # Of a stream that breaks off, so much was plain; of the others nothing can be read.
    plain = len(zlib.decompressobj(31).decompress(raw)) if variant == "truncated" else 0
    place = {"first_bad_byte": plain, "expect": ("http/content-encoding",), "lossless": variant != "truncated"}
    return Made(body.with_chunks(chunks, **changes), place, None)


FAULT = Fault(
    "content-encoding-mismatch",
    "gzip without its header, its header without gzip, gzip twice, or gzip that breaks off",
    "proxy",
    {"undeclared": "W", "plain": "W", "twice": "W", "truncated": "W"},
    "",
    _make,
)
