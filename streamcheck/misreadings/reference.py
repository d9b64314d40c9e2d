"""The sound half of every misreading: payloads in, the deltas that they say out.

In:   the chunks of a body, or (event name, payload) pairs that some reader took for events.
Out:  events by the standard; the deltas of each event; the text that they add up to.
Rule: the package's own framings and dialects, without findings and text checks. Deltas of all responses in a body are joined, as every
      client does: who wants to tell them apart asks the Checker.
Cost: 2 us an event; keeps the deltas of one event, and the text.
"""

__all__ = ("Payload", "events_of", "joined", "payloads_of", "spoken", "sum_of", "text_of")

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from streamcheck.assembly import Assembly
from streamcheck.dialects import Dialect, dialect_named, recognise
from streamcheck.findings import FindingLog
from streamcheck.messages import Delta
from streamcheck.misreadings import Text
from streamcheck.wire.documents import Defect, DocumentReader, document_of
from streamcheck.wire.events import Event
from streamcheck.wire.intake import Intake

Payload = tuple[str, bytes]  # an event's name and its payload

_HEARTBEATS = (b"", b"ping", b"pong", b"heartbeat", b"keepalive", b"keep-alive")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_MAX_SAMPLE = 16  # events after which a body is of no dialect, as in the Checker


def events_of(chunks: Iterable[bytes], *, tail: bool = True) -> Iterator[Event]:
    """Yield the events of a body of any framing. tail: also the last one when the body ends inside it."""
    intake = Intake(FindingLog())
    for chunk in chunks:
        yield from intake.feed(chunk)
    yield from intake.close()
    if tail and intake.tail is not None:
        yield intake.tail


def payloads_of(chunks: Iterable[bytes]) -> Iterator[Payload]:
    """Yield the events of a body as (name, payload), one that its end cuts off included."""
    return ((event.event, event.raw) for event in events_of(chunks))


def text_of(payloads: Iterable[Payload], *, dialect: str = "auto", stops: bool = False, pairs: bool = True) -> Text:
    """Return the text that the payloads add up to.

    stops: nothing is read from the first one on that is not JSON. pairs: halves of UTF-16 pairs in two deltas are joined.
    """
    assembly = Assembly()
    for _ in _deltas(assembly, payloads, dialect, stops=stops, pairs=pairs):
        pass
    text: Text = {}
    for segment in assembly.segments:
        for channel in segment.channels.values():
            key = (channel.choice, channel.name)
            text[key] = text.get(key, "") + channel.text
    return text


def spoken(payloads: Iterable[Payload], *, dialect: str = "auto") -> Iterator[list[Delta]]:
    """Give the deltas of each payload in turn, halves of UTF-16 pairs as they came.

    Those of payloads before the dialect is known come with the one that shows it.
    """
    return _deltas(Assembly(), payloads, dialect, pairs=False)


def sum_of(deltas: Iterable[Delta]) -> Text:
    """Return the sum of deltas, with halves of UTF-16 pairs joined."""
    pieces: dict[tuple[int, str], list[str]] = {}
    for delta in deltas:
        pieces.setdefault((delta.choice, delta.channel), []).append(delta.text)
    return {key: joined(texts) for key, texts in pieces.items()}


def joined(pieces: Iterable[str]) -> str:
    """Return one text of pieces, with halves of UTF-16 pairs joined."""
    text = "".join(pieces)
    if _PAIR.search(text) is None:
        return text
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _deltas(
    assembly: Assembly, payloads: Iterable[Payload], dialect: str, *, stops: bool = False, pairs: bool = True
) -> Iterator[list[Delta]]:
    known: Dialect | None = None if dialect in ("auto", "unknown") else dialect_named(dialect)()
    waiting: list[tuple[str, Any]] | None = [] if dialect == "auto" else None
    documents = DocumentReader()
    for number, (name, raw) in enumerate(payloads):
        assembly.begin(number, number + 1)
        values, broken = _values_of(raw, name, documents.read if known is not None else document_of)
        if broken:
            taken = known is not None and known.text_event(raw.strip().decode("utf-8", "replace"), assembly)
            if stops and not taken and not _harmless(raw):
                break
        for value, odd in values:
            assembly.odd = odd and pairs
            if known is not None:
                known.feed(name, value, assembly)
            elif waiting is not None and len(waiting) < _MAX_SAMPLE:
                waiting.append((name, value))
                found = recognise(name, value)
                if found is not None:
                    known = found()
                    for earlier in waiting:
                        known.feed(*earlier, assembly)
                    waiting = None
        yield list(assembly.deltas)
        assembly.deltas.clear()
        assembly.changed.clear()
    if known is not None:
        known.close(assembly)
        yield list(assembly.deltas)


def _values_of(
    raw: bytes, name: str, read: Callable[[bytes], tuple[Any, Defect | None, bool]]
) -> tuple[list[tuple[Any, bool]], bool]:
    """Return the (value, odd) pairs of a payload, and whether it is not JSON."""
    value, defect, odd = read(raw)
    if defect is None or defect.code == "json/duplicate-key":
        return [(value, odd)], False
    if not raw and name != "message":
        return [(None, False)], False  # a binary frame may say all it has to say by its name
    return [], True


def _harmless(raw: bytes) -> bool:
    """Whether every reader knows that this payload is no JSON: the end mark, or a keep-alive."""
    text = raw.strip()
    return text.startswith((b"[DONE]", b":")) or text.lower() in _HEARTBEATS
