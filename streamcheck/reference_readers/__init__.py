"""What other readers make of the same bytes: "what would client X have seen".

In:   a capture.
Out:  a Seen for each reader: its text, its events, its error. compare.py says who would lose or change what.
Rule: the readers are the real libraries, offline, over the recorded chunks at the recorded borders. One file a reader, which holds
      READER; the registry finds it. A reader whose package is not installed, or that does not read this kind of stream, says so and is no
      difference. What a library gives out is turned into text by our own dialects, so that only the library is compared.
Cost: a millisecond or two a reader, and for the SDKs once a second for importing them.
"""

__all__ = ("Reader", "Reading", "Seen", "Text", "all_readers", "reader_named")

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from streamcheck.capture.format import Capture
from streamcheck.checker import Checker
from streamcheck.errors import UsageError, near_names
from streamcheck.messages import Delta

Text = dict[tuple[int, str], str]  # (choice, channel) -> what it says; a channel that says nothing is not in it


@dataclass(frozen=True, slots=True)
class Seen:
    """What one reader made of a capture.

    text:   the plain sum of what it gave out. events: how many it gave out.
    error:  what it raised in the end, "Name: sentence"; None when it ended as if all were well.
    absent: why it was not asked: not installed, or no reader of such streams; None when it was.
    """

    reader: str
    text: Text = field(default_factory=dict)
    events: int = 0
    error: str | None = None
    absent: str | None = None

    def to_dict(self) -> dict[str, Any]:
        text = [{"choice": choice, "channel": channel, "text": said} for (choice, channel), said in self.text.items()]
        return {"reader": self.reader, "text": text, "events": self.events, "error": self.error, "absent": self.absent}


class Reading:
    """A capture being read by one reader, which says() its events one by one.

    dialect: of the capture, as our own report has it.
    """

    def __init__(self, capture: Capture, dialect: str) -> None:
        self.capture, self.dialect = capture, dialect
        self.events = 0
        self._checker = Checker(dialect)
        self._pieces: dict[tuple[int, str], list[str]] = {}

    def say(self, value: Any, *, event: str = "message") -> None:
        """Take one event: the JSON value that the reader gave to its application."""
        self.events += 1
        name = "" if event == "message" else f"event: {event}\n"
        for out in self._checker.feed(f"{name}data: {_json(value)}\n\n".encode()):
            if isinstance(out, Delta):
                self._pieces.setdefault((out.choice, out.channel), []).append(out.text)

    @property
    def text(self) -> Text:
        joined = {key: "".join(pieces) for key, pieces in self._pieces.items()}
        return {key: text for key, text in joined.items() if text}


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to read a stream.

    package: what has to be installed, as it is imported; None for one written here.
    reads:   dialects that it knows; () for any. framings: "sse", "ndjson".
    read:    reads the capture; its exceptions are part of what it does.
    """

    name: str
    meaning: str
    read: Callable[[Reading], None]
    package: str | None = None
    reads: tuple[str, ...] = ()
    framings: tuple[str, ...] = ("sse",)


@cache
def all_readers() -> tuple[Reader, ...]:
    """Return every reader, installed or not, by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(sorted((m.READER for m in modules if hasattr(m, "READER")), key=lambda reader: reader.name))


def reader_named(name: str) -> Reader:
    """Return the reader of that name. Raises UsageError for one that does not exist."""
    for reader in all_readers():
        if reader.name == name:
            return reader
    raise UsageError(f"unknown reader {name!r}{near_names(name, [reader.name for reader in all_readers()])}")


def _json(value: Any) -> str:
    return json.dumps(value, default=str)  # lone surrogates travel as escapes
