"""A hop's events and deltas as numbers: enough to compare recordings of any size, too little to hold them in memory.

In:   the chunks of a body.
Out:  Trace: where each event stood, what it was, what it said.
Rule: two events are the same when their names and JSON values are: spaces, escapes and the order of keys are nothing, and so are
      keep-alives. An event that is no JSON is its bytes. Texts are the plain sum of all deltas, as every client adds them up.
Cost: 7 us an event, 11 where a file is read again, and 48 bytes; the texts are held whole.
"""

__all__ = ("Said", "Trace", "is_payload", "key_of", "trace_of", "trace_of_deltas", "unwrapped")

import json
from array import array
from binascii import a2b_base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from streamcheck.messages import Delta
from streamcheck.misreadings import Recorded, Text
from streamcheck.misreadings.reference import Payload, events_of, joined, spoken
from streamcheck.wire.events import Event
from streamcheck.wire.sse import SseEvent

_PINGS = (b"", b"ping", b'{"type":"ping"}', b'{"type": "ping"}')
_LONGEST_PING = 40  # bytes, with blanks around it. guess

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Said:
    """The deltas of one channel: the event of each, where its text ends, and where a new block of the text begins.

    A block ends where the answer turns to another channel.
    """

    __slots__ = ("blocks", "ends", "events")

    def __init__(self) -> None:
        self.events = array("q")
        self.ends = array("q")
        self.blocks = array("q", (0,))

    def event_at(self, char: int) -> int:
        """Return the event that said the character; the last one for what comes behind the text."""
        return self.events[min(bisect_right(self.ends, char), len(self.events) - 1)]

    def pieces(self, text: str) -> Iterator[str]:
        """Yield the deltas of the channel, whose text is given."""
        start = 0
        for end in self.ends:
            yield text[start:end]
            start = end


class Trace:
    """starts, ends: byte ranges of the events. payloads: the numbers of those that say something; keys: what each of these is.

    ids: whether events carry an id of the event stream. said: for each channel of the text, its deltas.
    """

    def __init__(self) -> None:
        self.starts = array("q")
        self.ends = array("q")
        self.payloads = array("q")
        self.keys = array("q")
        self.ids = False
        self.said: dict[tuple[int, str], Said] = {}
        self.text: Text = {}

    def event_at(self, choice: int | None, channel: str | None, char: int) -> int | None:
        """Return the event that said character `char` of a channel."""
        said = self.said.get((choice, channel)) if choice is not None and channel is not None else None
        return said.event_at(char) if said is not None and said.events else None

    def byte_range(self, event: int | None) -> tuple[int, int] | None:
        """Return where an event stood; None for a hop without bytes."""
        if event is None or event >= len(self.starts):
            return None
        return self.starts[event], self.ends[event]

    def blocks(self, choice: int, channel: str) -> list[str]:
        """Return a channel's text in blocks."""
        text, said = self.text.get((choice, channel), ""), self.said.get((choice, channel))
        if said is None:
            return [text]
        return [text[a:b] for a, b in zip(said.blocks, [*said.blocks[1:], len(text)], strict=True)]


def is_payload(event: Event) -> bool:
    """Return whether an event is more than a keep-alive."""
    return event.event != "ping" and (len(event.raw) > _LONGEST_PING or event.raw.strip() not in _PINGS)


def key_of(event: Event) -> int:
    """Return a number that two events share when they are the same; in one process only."""
    raw = event.raw
    try:
        return hash((event.event, _encode(_decode(unwrapped(raw)))))
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
        return hash((event.event, _plainly(raw)))


def unwrapped(raw: bytes) -> bytes:
    """Return the payload; of a frame of Bedrock's, which wraps it in base64 and pads it at random, what is inside."""
    if raw.startswith(b'{"bytes":"'):
        try:
            return a2b_base64(raw[10 : raw.index(b'"', 10)], strict_mode=True)
        except ValueError:
            pass
    return raw


def _plainly(raw: bytes) -> str | bytes:
    """Return what msgspec cannot read, such as halves of a character, as the standard library has it; else the bytes."""
    try:
        return json.dumps(json.loads(raw), sort_keys=True)
    except (ValueError, RecursionError):
        return raw.strip()


def trace_of(recorded: Recorded) -> Trace:
    """Return the trace of a body, an event that its end cut off included."""
    trace = Trace()

    def payloads() -> Iterator[Payload]:
        starts, ends, numbers, keys = trace.starts.append, trace.ends.append, trace.payloads.append, trace.keys.append
        for number, event in enumerate(events_of(recorded.chunks)):
            starts(event.start)
            ends(event.end)
            if is_payload(event):
                numbers(number)
                keys(key_of(event))
                if isinstance(event, SseEvent) and event.id:
                    trace.ids = True
            yield event.event, event.raw

    deltas = (delta for said in spoken(payloads(), dialect=recorded.dialect) for delta in said)
    trace.text = {key: joined(pieces) for key, pieces in _noted(trace, deltas).items()}
    return trace


def trace_of_deltas(deltas: Iterable[Delta]) -> Trace:
    """Return the trace of a hop that has text alone; halves of a character that were not joined there are not joined here."""
    trace = Trace()
    trace.text = {key: "".join(pieces) for key, pieces in _noted(trace, deltas).items()}
    return trace


def _noted(trace: Trace, deltas: Iterable[Delta]) -> dict[tuple[int, str], list[str]]:
    """Note where each delta stood; return the pieces of each channel."""
    pieces: dict[tuple[int, str], list[str]] = {}
    last: tuple[int, str] | None = None
    for number, delta in enumerate(deltas):
        key = (delta.choice, delta.channel)
        said = trace.said.get(key)
        if said is None:
            said = trace.said[key] = Said()
            pieces[key] = []
        own, text = pieces[key], delta.text
        end = said.ends[-1] if own else 0
        if key != last and end:
            said.blocks.append(end)
        last = key
        if "\udc00" <= text[:1] <= "\udfff" and own and "\ud800" <= own[-1][-1:] <= "\udbff":
            end -= 1  # two halves become one character
        own.append(text)
        said.events.append(delta.event if delta.event is not None else number)
        said.ends.append(end + len(text))
    return pieces
