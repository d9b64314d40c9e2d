"""Wrong ways to read a sound stream, as values: run forward over a capture they predict what a faulty reader made of it.

In:   Recorded: the chunks of a body with their borders, after content-decoding.
Out:  the text of each channel as that reader has it; the chunks that it would have sent on, if it sends on bytes.
Rule: a misreading is deterministic, linear in the bytes, holds no more of them than it needs, and raises on no bytes. One file a family,
      which lists its MISREADINGS; the registry finds them. A name is a fault class and a variant: "charset-wrong/latin-1". A reader that
      meets an event it cannot read goes on behind it; its twin "...-stops" keeps what it had until then.
"""

__all__ = ("Misreading", "Recorded", "Text", "decoded", "misreading_named", "misreadings", "recorded")

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError, near_names
from streamcheck.wire.content import ContentDecoder
from streamcheck.wire.head import ResponseHead

Text = dict[tuple[int, str], str]  # (choice, channel) -> what it says; a channel that says nothing is not in it


class Recorded(NamedTuple):
    """What a reader was given. chunks: as they were read, a content coding undone; read anew each time that they are iterated.
    dialect: "auto" recognises it."""

    chunks: Iterable[bytes]
    dialect: str = "auto"

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


class Misreading(NamedTuple):
    """One wrong way to read. name: fault class and variant. meaning: one sentence. sends: what it sends on; None where it only has text."""

    name: str
    meaning: str
    read: Callable[[Recorded], Text]
    sends: Callable[[Recorded], Iterator[bytes]] | None = None


def recorded(capture: Capture, *, dialect: str = "auto") -> Recorded:
    """Return the chunks of a capture with its declared content coding undone; a chunk that gives no plain bytes is left out."""
    response = capture.response
    encodings = ResponseHead(headers=response.headers).content_encodings if response is not None else []
    return Recorded(tuple(decoded((chunk.data for chunk in capture.chunks), encodings)), dialect)


def decoded(chunks: Iterable[bytes], encodings: Sequence[str]) -> Iterator[bytes]:
    """Yield chunks with their content codings undone; one that gives no plain bytes is left out."""
    decoder = ContentDecoder(list(encodings)) if encodings else None
    for chunk in chunks:
        plain = decoder.feed(chunk) if decoder is not None else chunk
        if plain:
            yield plain
    rest = decoder.close() if decoder is not None else b""
    if rest:
        yield rest


@cache
def misreadings() -> tuple[Misreading, ...]:
    """Return every misreading, by file and then as the file lists them."""
    found: list[Misreading] = []
    for module in sorted(m.name for m in iter_modules(__path__)):
        found += getattr(import_module(f"{__name__}.{module}"), "MISREADINGS", ())
    return tuple(found)


def misreading_named(name: str) -> Misreading:
    """Return the misreading of that name. Raises UsageError for one that does not exist."""
    for found in misreadings():
        if found.name == name:
            return found
    raise UsageError(f"unknown misreading {name!r}{near_names(name, [m.name for m in misreadings()])}")
