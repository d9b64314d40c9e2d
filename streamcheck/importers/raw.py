"""A body alone: what `curl -N -o FILE` and most loggers keep.

In:   the bytes of a body, .zst undone; .gz stays as it is, for the check undoes it.
Out:  one response with one chunk.
Rule: known by its content, or by its name (.sse, .ndjson, .eventstream).
"""

__all__ = ("RawBody",)

import os
import re
from collections.abc import Iterator
from typing import ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Response
from streamcheck.importers._imported import Imported
from streamcheck.importers._source import Source

_TYPES = {
    ".sse": "text/event-stream",
    ".ndjson": "application/x-ndjson",
    ".eventstream": "application/vnd.amazon.eventstream",
}
_SSE = re.compile(rb"(?:\xef\xbb\xbf)?(?:[\r\n]*(?::[^\r\n]*|(?:event|id|retry):[^\r\n]*)[\r\n]+)*[\r\n]*data:")


class RawBody:
    """See the module."""

    name: ClassVar[str] = "raw"
    meaning: ClassVar[str] = "the bytes of a body: .sse, .ndjson, .eventstream"

    def recognises(self, path: str, head: bytes) -> bool:
        return bool(head) and (_SSE.match(head) is not None or _suffix(path) in _TYPES)

    def import_from(self, source: Source) -> Iterator[Imported]:
        data = source.data()
        compressed = data.startswith(b"\x1f\x8b")
        kind = _TYPES.get(_suffix(source.path))
        headers = ((("content-type", kind),) if kind else ()) + ((("content-encoding", "gzip"),) if compressed else ())
        yield Imported(
            os.path.basename(source.path),
            self.name,
            Fidelity("deframed", "none"),
            response=Response(headers=headers) if headers else None,
            chunks=(Chunk(None, data),) if data else (),
            end=End("eof"),
        )


def _suffix(path: str) -> str:
    return os.path.splitext(path.removesuffix(".zst").removesuffix(".gz"))[1].lower()
