"""Lines of an event stream, read as a given reader's grammar has it.

In:   lines without their ends, as some reader cut them.
Out:  (event name, payload) pairs.
Rule: Grammar() is the standard (WHATWG HTML 9.2.6); each of its fields is one habit of hand-written readers. Bodies of JSON lines go
      through the same cuts and have no grammar.
"""

__all__ = ("STANDARD", "Grammar", "payloads_of", "predictable")

from collections.abc import Iterable, Iterator
from typing import NamedTuple

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


def predictable(body: bytes) -> Kind | None:
    """Return the kind of a body that is made of lines, None for any other."""
    kind = kind_of(body[:4096], final=True)
    return kind if kind in _LINED else None


def payloads_of(lines: Iterable[bytes], kind: Kind, grammar: Grammar = STANDARD) -> Iterator[Payload]:
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
