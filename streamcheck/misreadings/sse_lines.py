"""Lines of an event stream, cut and read as a given reader has it.

In:   the pieces of a body; lines without their ends, as some reader cut them.
Out:  lines; (event name, payload) pairs.
Rule: Grammar() is the standard (WHATWG HTML 9.2.6); each of its fields is one habit of hand-written readers. Bodies of JSON lines go
      through the same cuts and have no grammar.
"""

__all__ = ("STANDARD", "Grammar", "at_lf", "at_line_ends", "beginning", "lines_of", "predictable", "spelled_events")

from collections.abc import Callable, Iterable, Iterator
from typing import AnyStr, NamedTuple

from streamcheck.misreadings.reference import Payload
from streamcheck.wire.sniff import Kind, kind_of

_LINED = (Kind.SSE, Kind.NDJSON, Kind.DATA_STREAM)
_FIELDS = (b"data", b"event", b"id", b"retry")


class Grammar(NamedTuple):
    """What a reader demands or leaves out.

    space:     a data line begins with "data: ", else it is none.
    data:      which data lines of an event count: "all", "first", "last", or "each" as an event of its own.
    strict:    a line that is no field ends the reading.
    comments:  a comment is taken for data.
    tail:      an event that no blank line ends counts.
    """

    space: bool = False
    data: str = "all"
    strict: bool = False
    comments: bool = False
    tail: bool = False


STANDARD = Grammar()


def predictable(chunks: Iterable[bytes]) -> Kind | None:
    """Return the kind of a body that is made of lines, None for any other."""
    kind = kind_of(beginning(chunks), final=True)
    return kind if kind in _LINED else None


def beginning(chunks: Iterable[bytes], size: int = 4096) -> bytes:
    """Return the first bytes of a body."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= size:
            break
    return head[:size]


# ---------------------------------------------------------------------- lines
def lines_of(pieces: Iterable[AnyStr], cut: Callable[[AnyStr], tuple[list[AnyStr], AnyStr]]) -> Iterator[AnyStr]:
    """Yield the lines without their ends, the last one also when nothing ends it. cut: gives the whole lines of a text, and its rest."""
    rest: AnyStr | None = None
    for piece in pieces:
        lines, rest = cut(piece if rest is None else rest + piece)
        yield from lines
    if rest:
        yield from cut(rest + ("\n" if isinstance(rest, str) else b"\n"))[0]


def at_lf(text: bytes) -> tuple[list[bytes], bytes]:
    """Cut at LF only."""
    *lines, rest = text.split(b"\n")
    return lines, rest


def at_line_ends(text: AnyStr) -> tuple[list[AnyStr], AnyStr]:
    """Cut where splitlines() does: bytes at LF, CRLF and CR, str at every line break of Unicode."""
    lines = text.splitlines()
    last = text[-1:]
    if last in ("\r", b"\r"):  # its LF may come yet
        return lines[:-1], lines[-1] + last
    if not last or last.splitlines()[0] == last[:0]:
        return lines, text[:0]
    return lines[:-1], lines[-1]


# ---------------------------------------------------------------------- events
def spelled_events(lines: Iterable[bytes], kind: Kind, grammar: Grammar = STANDARD) -> Iterator[Payload]:
    """Give the events that these lines are to a reader of this grammar."""
    if kind is Kind.SSE:
        yield from _events(lines, grammar)
        return
    for line in lines:
        if not line.strip():
            continue
        if kind is Kind.DATA_STREAM and line[1:2] == b":":
            yield f"v4:{chr(line[0])}", line[2:]
        else:
            yield "message", line


def _events(lines: Iterable[bytes], grammar: Grammar) -> Iterator[Payload]:
    name, values = "message", list[bytes]()
    for line in lines:
        if not line:
            if values:
                yield name, _joined(values, grammar)
            name, values = "message", []
            continue
        field, colon, value = line.partition(b":")
        if field == b"data" and (not grammar.space or value[:1] == b" "):
            values.append(value.removeprefix(b" "))
            if grammar.data == "each":
                yield name, values.pop()
        elif field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif not field and colon:
            if grammar.comments:
                yield name, value.removeprefix(b" ")
        elif grammar.strict and field not in _FIELDS:
            return
    if values and grammar.tail:
        yield name, _joined(values, grammar)


def _joined(values: list[bytes], grammar: Grammar) -> bytes:
    if grammar.data == "first":
        return values[0]
    return values[-1] if grammar.data == "last" else b"\n".join(values)
