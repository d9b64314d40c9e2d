"""Hand-written readers of event streams that know less than the standard.

In:   the body.
Out:  events lost, cut or made up where it uses what the reader does not know.
Rule: one habit a misreading; see Grammar.
"""

__all__ = ("MISREADINGS",)

from collections.abc import Callable, Iterable, Iterator

from streamcheck.blocks import blocks
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of
from streamcheck.misreadings.sse_lines import (
    STANDARD,
    Grammar,
    at_lf,
    at_line_ends,
    lines_of,
    predictable,
    spelled_events,
)
from streamcheck.wire.sniff import Kind

_BOM = b"\xef\xbb\xbf"


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return lines_of(_without_bom(chunks), at_line_ends)


def _lines_at_lf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return lines_of(_without_bom(chunks), at_lf)


def _lines_with_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return lines_of(blocks(chunks), at_line_ends)


def _without_bom(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for number, block in enumerate(blocks(chunks)):
        yield block if number else block.removeprefix(_BOM)


def _reader(
    name: str,
    meaning: str,
    grammar: Grammar = STANDARD,
    lines: Callable[[Iterable[bytes]], Iterator[bytes]] = _lines,
    *,
    stops: bool = False,
) -> Misreading:
    def read(recorded: Recorded) -> Text:
        if predictable(recorded.chunks) is not Kind.SSE:
            return text_of(payloads_of(recorded.chunks), dialect=recorded.dialect)
        return text_of(spelled_events(lines(recorded.chunks), Kind.SSE, grammar), dialect=recorded.dialect, stops=stops)

    return Misreading(name, meaning, read)


MISREADINGS = (
    _reader("sse-grammar-strict/needs-space", "a data line without a blank after its colon is none", Grammar(space=True)),
    _reader(
        "sse-grammar-strict/lf-only",
        "lines end at LF only: with CRLF no line is blank and no event ever ends",
        lines=_lines_at_lf,
    ),
    _reader("sse-grammar-strict/first-data-line", "of an event's data lines the first one counts", Grammar(data="first")),
    _reader("sse-grammar-strict/last-data-line", "of an event's data lines the last one counts", Grammar(data="last")),
    _reader("sse-grammar-strict/each-data-line", "each data line is an event", Grammar(data="each")),
    _reader(
        "sse-grammar-strict/bom-kept", "a byte order mark stays in the first line, which is no field then", lines=_lines_with_bom
    ),
    _reader("sse-grammar-strict/unknown-field-raises", "the reading ends at a line that is no field", Grammar(strict=True)),
    _reader(
        "heartbeat-as-data/comments",
        "comments are taken for data, and the reading ends at what is no JSON",
        Grammar(comments=True),
        stops=True,
    ),
    _reader("tail-unterminated/dropped", "an event that no blank line ends is dropped, as the standard says"),
    _reader("tail-unterminated/kept", "an event that no blank line ends is read all the same", Grammar(tail=True)),
    _reader("json-invalid-frame/passed-over", "events that are no JSON are passed over in silence", Grammar(tail=True)),
    _reader("json-invalid-frame/stops", "the reading ends at the first event that is no JSON", Grammar(tail=True), stops=True),
)
