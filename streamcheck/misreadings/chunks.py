"""Readers that take a chunk for something whole: for whole characters, whole lines or whole events.

In:   chunks with their borders.
Out:  characters replaced at the borders; events lost that straddle one.
Rule: what is lost follows from the borders alone, so a capture that kept them predicts it to the character.
"""

__all__ = ("MISREADINGS", "decoded_alone")

from collections.abc import Callable, Iterable, Iterator

from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import Payload, payloads_of, text_of
from streamcheck.misreadings.sse_lines import Grammar, beginning, predictable, spelled_events
from streamcheck.wire.sniff import Kind

_LONE = Grammar(data="each", tail=True)


def decoded_alone(chunks: Iterable[bytes], errors: str = "replace") -> Iterator[bytes]:
    """Yield each chunk decoded for itself and written as UTF-8 again. errors: as in bytes.decode()."""
    return (chunk if chunk.isascii() else chunk.decode("utf-8", errors).encode() for chunk in chunks)


def _decoding(errors: str, variant: str, meaning: str) -> Misreading:
    def sends(recorded: Recorded) -> Iterator[bytes]:
        return decoded_alone(recorded.chunks, errors) if _is_text(recorded.chunks) else iter(recorded.chunks)

    def read(recorded: Recorded) -> Text:
        return text_of(payloads_of(sends(recorded)), dialect=recorded.dialect)

    return Misreading(f"utf8-split-replaced{variant}", meaning, read, sends)


def _lines_alone(chunks: Iterable[bytes], kind: Kind) -> Iterator[Payload]:
    for chunk in chunks:
        yield from spelled_events(chunk.split(b"\n") if b"\r" not in chunk else chunk.splitlines(), kind, _LONE)


def _events_alone(chunks: Iterable[bytes], kind: Kind) -> Iterator[Payload]:
    for chunk in chunks:
        lines = chunk.splitlines()
        yield from spelled_events([*lines, b""], kind)


def _first_alone(chunks: Iterable[bytes], kind: Kind) -> Iterator[Payload]:
    for chunk in chunks:
        yield from list(_lines_alone([chunk], kind))[:1]


def _only_alone(chunks: Iterable[bytes], kind: Kind) -> Iterator[Payload]:
    for chunk in chunks:
        events = list(_events_alone([chunk], kind))
        if len(events) == 1:
            yield events[0]


def _alone(
    variant: str, meaning: str, payloads: Callable[[Iterable[bytes], Kind], Iterator[Payload]], *, decodes: bool = False
) -> Misreading:
    def read(recorded: Recorded) -> Text:
        kind = predictable(recorded.chunks)
        if kind is None:
            return text_of(payloads_of(recorded.chunks), dialect=recorded.dialect)
        chunks = decoded_alone(recorded.chunks) if decodes else recorded.chunks
        return text_of(payloads(chunks, kind), dialect=recorded.dialect)

    return Misreading(f"line-split-dropped{variant}", meaning, read)


def _is_text(chunks: Iterable[bytes]) -> bool:
    return predictable(chunks) is not None or beginning(chunks).lstrip()[:1] in (b"[", b"{")


MISREADINGS = (
    _decoding("replace", "", "each chunk is decoded alone: a character that a border cuts becomes U+FFFD"),
    _decoding(
        "ignore",
        "/ignored",
        "each chunk is decoded alone and what is no UTF-8 is left out: a character that a border cuts is gone",
    ),
    _alone(
        "",
        "each chunk is cut into lines alone and lines that are no JSON are passed over: an event on a border is lost",
        _lines_alone,
    ),
    _alone("/events", "each chunk is read as whole events alone: of an event on a border both halves are no JSON", _events_alone),
    _alone("/first", "each chunk is taken for one event: all but the first one in it are lost", _first_alone),
    _alone("/only", "each chunk is taken for one event: one with two in it is no JSON and lost", _only_alone),
    _alone("/replaced", "each chunk is decoded and cut into lines alone", _lines_alone, decodes=True),
)
