"""What `curl -i`, `curl --raw` and both together write.

In:   heads and a body; with --raw the body is still in its chunk framing.
Out:  the last answer: those before it (100, a proxy's, redirects) have no body in such a file.
Rule: with chunk framing the borders of the HTTP chunks become those of the capture; without it the body is one chunk. Times are not
      known.
"""

__all__ = ("CurlOutput",)

import os
import re
from collections.abc import Iterator
from typing import ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, Response
from streamcheck.errors import CaptureError
from streamcheck.importers._http1 import (
    Body,
    Head,
    body_after,
    head_of,
    looks_chunked,
    response_of,
    unchunked,
    without_undone_codings,
)
from streamcheck.importers._imported import Imported
from streamcheck.importers._source import Source

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? \d{3}[ \r\n]")


class CurlOutput:
    """See the module."""

    name: ClassVar[str] = "curl-output"
    meaning: ClassVar[str] = "curl -i or --raw: heads and body in one file, chunk framing if it was kept"

    def recognises(self, path: str, head: bytes) -> bool:
        if _STATUS_LINE.match(head):
            return True
        if not looks_chunked(head):
            return False
        body = unchunked(head)
        return bool(body.ranges) and (body.problem is None or len(body.ranges) > 1 or "before its last" in body.problem)

    def import_from(self, source: Source) -> Iterator[Imported]:
        data = source.data()
        head, response = _last_head(data)
        if data.startswith(b"HTTP/") and head is None:
            raise CaptureError(f"{source.path}: the head of the answer is not whole")
        start = head.end if head is not None else 0
        remarks: list[str] = []
        told_framed = head is None or "chunked" in head.header("transfer-encoding")
        framed = told_framed and looks_chunked(data, start)
        if framed:
            body = unchunked(data, start)
            chunks = tuple(Chunk(None, data[begin:end]) for begin, end in body.ranges)
        else:
            body = Body((), len(data)) if head is None or told_framed else body_after(head, data)
            chunks = (Chunk(None, data[start:]),) if data[start:] else ()
        if response is not None:
            response, told = without_undone_codings(response, data[start:])
            if told is not None:
                remarks.append(told)
                body = Body(body.ranges, body.end)  # the announced length was that of another body
        if body.problem is not None:
            remarks.append(body.problem)
        yield Imported(
            os.path.basename(source.path),
            self.name,
            Fidelity("exact" if framed else "deframed", "none"),
            response=response,
            chunks=chunks,
            end=body.ending(),
            remarks=tuple(remarks),
        )


def _last_head(data: bytes) -> tuple[Head | None, Response | None]:
    """Return the head behind which the body stands, (None, None) when there is no head."""
    found: tuple[Head | None, Response | None] = (None, None)
    at = 0
    while _STATUS_LINE.match(data, at):
        head = head_of(data, at)
        if head is None:
            break
        found = (head, response_of(head))
        at = head.end
    return found
