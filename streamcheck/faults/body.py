"""An editable model of a clean body: its events and deltas, each with the raw bytes that say it.

In:   a capture with chunks.
Out:  Body: events by byte range, deltas by the JSON string that holds their text; changed captures.
Rule: nothing is serialised again that is not changed. Bytes are found by the package's own framings and dialects; a text is changed
      inside its JSON string, and wherever the stream says the same text once more (twin fields, final snapshots). Lengths and checksums
      of binary frames follow. A content coding is undone first: the faulty capture is that of a hop behind it.
"""

__all__ = ("Body", "Spoken", "json_string")

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from streamcheck.capture.format import Capture, Chunk, End, TextDelta
from streamcheck.checker import Checker
from streamcheck.errors import UsageError
from streamcheck.faults.surgery import Edit, OffsetMap, carried, operated
from streamcheck.messages import Delta
from streamcheck.misreadings import Text, recorded
from streamcheck.misreadings.reference import events_of, spoken, sum_of
from streamcheck.sources import read_source
from streamcheck.verdicts import Report, Verdict
from streamcheck.wire.aws_eventstream import AwsEvent
from streamcheck.wire.content import ContentDecoder
from streamcheck.wire.events import Event
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.sniff import Kind, kind_of

_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?', re.DOTALL)
_KEY_BEFORE = re.compile(rb'"(\w+)"\s*:\s*\[?\s*$')
_SEQUENCE = re.compile(rb'"sequence_number"\s*:\s*(\d+)')
# Keys whose value may be a delta's text, or the whole text so far.
_TEXT_KEYS = frozenset(
    b"content reasoning_content reasoning text thinking partial_json delta arguments input completion response refusal tool_plan"
    b" textDelta inputTextDelta argsTextDelta output_text".split()
)
_BETWEEN_HALVES = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")


class Spoken(NamedTuple):
    """One delta and where it stands.

    char:     where its text begins in the text of its channel.
    literals: body ranges of the JSON strings, quotes included, that say it; () where none does as it is, in base64 for instance.
    """

    number: int
    event: int
    choice: int
    channel: str
    text: str
    char: int
    literals: tuple[tuple[int, int], ...]

    @property
    def key(self) -> tuple[int, str]:
        return self.choice, self.channel


class _Literal(NamedTuple):
    start: int  # of the opening quote, in the body
    end: int
    value: str
    key: bytes


@dataclass(frozen=True)
class Body:
    """A capture's body and what it says; made by Body.of().

    source: the capture, its content coding undone and its header gone. raw: its bytes.
    """

    source: Capture
    raw: bytes
    kind: Kind | None
    events: tuple[Event, ...]
    tail: bool  # the last of the events is one that nothing ends
    deltas: tuple[Spoken, ...]
    report: Report

    # ------------------------------------------------------------------ making one
    @classmethod
    def of(cls, capture: Capture, *, clean: bool = True) -> "Body":
        """Return the model. clean: refuse a capture that is not. Raises UsageError that says why the capture is no good."""
        name = capture.path or "the capture"
        if not capture.chunks:
            raise UsageError(f"{name} has no bytes to damage: give a capture of a wire, not one of deltas only")
        source = _decoded(capture)
        raw = source.body
        report = _report_of(source)
        if clean and report.verdict is not Verdict.CLEAN:
            raise UsageError(f"{name} is {report.verdict} itself: a fault's truth is only known in a clean capture")
        events = list(events_of([raw]))
        whole = sum(1 for _ in events_of([raw], tail=False))
        payloads = ((event.event, event.raw) for event in events)
        deltas = [delta for said in spoken(payloads, dialect=report.dialect) for delta in said]
        found = _located(raw, events, deltas)
        return cls(source, raw, kind_of(raw[:65536], final=True), tuple(events), len(events) > whole, found, report)

    @property
    def dialect(self) -> str:
        return self.report.dialect

    @cached_property
    def text(self) -> Text:
        """The true text of each channel."""
        return sum_of(Delta(d.choice, d.channel, d.text, d.event) for d in self.deltas)

    # ------------------------------------------------------------------ choosing a place
    def need_stream(self, fault: str) -> None:
        """Raise UsageError unless events can be put in and taken out."""
        if self.kind not in (Kind.SSE, Kind.NDJSON, Kind.DATA_STREAM, Kind.AWS) or len(self.events) < 3:
            raise UsageError(f"{fault} needs a stream of events: this body is one document")

    def need_sse(self, fault: str) -> None:
        if self.kind is not Kind.SSE:
            raise UsageError(f"{fault} needs Server-Sent Events: this body is {self.kind.value if self.kind else 'of no kind'}")

    def editable(self, fault: str, channels: Sequence[str] = ("content", "reasoning")) -> list[Spoken]:
        """Return the deltas of these channels whose text can be changed, those of the first channel that has any. Never empty."""
        for channel in channels:
            found = [d for d in self.deltas if d.literals and d.choice == 0 and d.channel.partition(":")[0] == channel]
            if found:
                return found
        if self.deltas:
            raise UsageError(
                f"{fault} needs text in a JSON string of its own: that of {self.dialect} here is encoded, or elsewhere"
            )
        raise UsageError(f"{fault} needs text: this stream says nothing on {' or '.join(channels)}")

    @staticmethod
    def chosen(found: Sequence[Spoken], at: int | None, default: int, fault: str) -> int:
        """Return the index into `found` of delta number `at` (counted among `found`), or the default."""
        index = min(max(default, 0), len(found) - 1) if at is None else at
        if not 0 <= index < len(found):
            raise UsageError(f"{fault}: at={at} is no delta of this stream: it has {len(found)}, counted from 0")
        return index

    def event_number(self, at: int | None, default: int, fault: str, *, low: int = 0) -> int:
        """Return the index of an event: `at`, or the default."""
        index = min(max(default, low), len(self.events) - 1) if at is None else at
        if not low <= index < len(self.events):
            raise UsageError(f"{fault}: at={at} is no event that it can have: choose from {low} to {len(self.events) - 1}")
        return index

    # ------------------------------------------------------------------ pieces
    def piece(self, event: int) -> bytes:
        """Return the bytes of one event, with what ends it."""
        return self.raw[self.events[event].start : self.events[event].end]

    def text_edits(self, said: Mapping[int, str]) -> list[Edit]:
        """Return the edits after which delta `number` says `said[number]`, as do twins and snapshots of it."""
        edits: dict[int, Edit] = {}
        keys = set()
        for number, text in said.items():
            delta = self.deltas[number]
            keys.add(delta.key)
            for start, end in delta.literals:
                edits[start] = Edit(start, end, json_string(text, like=self.raw[start:end]))
        for key in keys:
            for edit in self._retold(key, said):
                edits.setdefault(edit.start, edit)
        return list(edits.values())

    def _retold(self, key: tuple[int, str], said: Mapping[int, str]) -> Iterable[Edit]:
        """Give the edits of strings that repeat a whole text, or a part of it that is more than one delta."""
        own = [d for d in self.deltas if d.key == key]
        if not own:
            return
        total = "".join(d.text for d in own)
        old = [0, *accumulate(len(d.text) for d in own)]
        new_texts = [said.get(d.number, d.text) for d in own]
        new = [0, *accumulate(map(len, new_texts))]
        new_total = "".join(new_texts)
        places = {offset: i for i, offset in enumerate(old)}
        spoken_at = {start for d in self.deltas for start, _ in d.literals}
        for literal in self._literals:
            if literal.start in spoken_at or not literal.value or literal.value not in total:
                continue
            at = total.find(literal.value)
            while at >= 0:
                first, last = places.get(at), places.get(at + len(literal.value))
                trimmed = total[at + len(literal.value) :].isspace()  # as opencode stores it
                if trimmed:
                    last = len(own)
                if first is not None and last is not None and last - first >= min(2, len(own)):
                    text = new_total[new[first] : new[last]]
                    text = text.rstrip() if trimmed else text
                    if text != literal.value:
                        yield Edit(literal.start, literal.end, json_string(text, like=self.raw[literal.start : literal.end]))
                    break
                at = total.find(literal.value, at + 1)

    @cached_property
    def _literals(self) -> list[_Literal]:
        return [literal for event in self.events for literal in _literals_of(self.raw, event)]

    def with_text(self, delta: Spoken, text: str) -> bytes:
        """Return the bytes of the delta's event, saying `text` in its place."""
        event = self.events[delta.event]
        edits = [Edit(start - event.start, end - event.start, json_string(text)) for start, end in delta.literals]
        piece = operated(self.piece(delta.event), edits)[0]
        return _sealed_frame(piece) if isinstance(event, AwsEvent) else piece

    def renumbered(self, after: int, by: int) -> list[Edit]:
        """Return edits that add `by` to the sequence numbers of all events from `after` on; [] where there are none."""
        edits = []
        for event in self.events[after:]:
            match = _SEQUENCE.search(self.raw, event.start, event.end)
            if match is not None:
                edits.append(Edit(match.start(1), match.end(1), str(int(match[1]) + by).encode()))
        return edits

    @property
    def line_end(self) -> bytes:
        """The kind of line end of this body's first line."""
        match = _LINE_ENDS.search(self.raw)
        return match[0] if match else b"\n"

    # ------------------------------------------------------------------ the faulty capture
    def changed(self, edits: Iterable[Edit]) -> tuple[Capture, OffsetMap]:
        """Return the capture after the edits, and where every byte went."""
        wanted = list(edits)
        if self.kind is Kind.AWS:
            wanted = self._sealed(wanted)
        raw, where, ordered = operated(self.raw, wanted)
        return self.with_chunks(carried(self.source.chunks, raw, where, ordered)), where

    def with_chunks(self, chunks: Iterable[Chunk], **changes: Any) -> Capture:
        """Return the capture with these chunks. changes: other fields of Capture."""
        kept = tuple(chunk for chunk in chunks if chunk.data)
        end = self.source.end
        if end is not None:
            end = replace(end, bytes=None, sha256=None)
        header = {**self.source.header, "by": self.source.header.get("by", "streamcheck inject")}
        return replace(self.source, **{"header": header, "chunks": kept, "end": end, "path": None, **changes})

    def with_raw(self, raw: bytes, **changes: Any) -> Capture:
        """Return the capture with another body, cut where the old one was, as far as it goes."""
        chunks, at = [], 0
        for chunk in self.source.chunks:
            chunks.append(Chunk(chunk.at, raw[at : at + len(chunk.data)]))
            at += len(chunk.data)
        if at < len(raw):
            last = self.source.chunks[-1]
            chunks.append(Chunk(last.at, raw[at:]))
        return self.with_chunks(chunks, **changes)

    def with_headers(self, **headers: str | None) -> dict[str, Any]:
        """Return the `response` change of Capture with headers set, or taken away by None; `_` stands for `-`."""
        response = self.source.response
        if response is None:
            raise UsageError("the capture has no response head to change: give one that has")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = tuple((name, value) for name, value in response.headers if name.lower() not in names)
        added = tuple((name, value) for name, value in names.items() if value is not None)
        return {"response": replace(response, headers=(*kept, *added))}

    def downstream(self, text: Text, *, hop: str) -> Capture:
        """Return a capture of a hop that only has text: `text`, dealt out in deltas of the sizes in which it came."""
        deltas: list[TextDelta] = []
        for key, said in text.items():
            own = [d for d in self.deltas if d.key == key]
            at = 0
            for delta in own:
                size = len(delta.text) if delta is not own[-1] else len(said)
                deltas += [TextDelta(self.time_of(delta.event), *key, part) for part in _writable(said[at : at + size])]
                at += size
            if not own:
                deltas += [TextDelta(None, *key, part) for part in _writable(said)]
        deltas.sort(key=lambda d: d.at if d.at is not None else float("inf"))
        header = {**self.source.header, "hop": hop}
        end = self.source.end
        return Capture(
            header=header,
            request=self.source.request,
            deltas=tuple(deltas),
            end=End(reason="eof", at=end.at if end else None),
            hop=hop,
        )

    def time_of(self, event: int) -> float | None:
        """Return when the event was whole."""
        end, offset = self.events[event].end, 0
        for chunk in self.source.chunks:
            offset += len(chunk.data)
            if offset >= end:
                return chunk.at
        return self.source.chunks[-1].at

    def _sealed(self, edits: list[Edit]) -> list[Edit]:
        """Add the edits that make lengths and checksums of binary frames right again."""
        out = list(edits)
        for event in self.events:
            inside = [e for e in edits if event.start < e.start and e.end < event.end]
            if not inside:
                continue
            moved = [Edit(e.start - event.start, e.end - event.start, e.new) for e in inside]
            frame = _sealed_frame(operated(self.raw[event.start : event.end], moved)[0])
            out += [Edit(event.start, event.start + 12, frame[:12]), Edit(event.end - 4, event.end, frame[-4:])]
        return out


def _writable(text: str) -> list[str]:
    """Return the text in parts without a whole UTF-16 pair: two halves beside each other in one JSON string are one character."""
    return [part for part in _BETWEEN_HALVES.split(text) if part]


def json_string(text: str, *, like: bytes = b"") -> bytes:
    """Return the JSON string of a text. like: one whose habit is kept: non-ASCII escaped or not."""
    escaped = like.isascii() and b"\\u" in like
    string = json.dumps(text, ensure_ascii=escaped)
    try:
        return string.encode()
    except UnicodeEncodeError:  # lone surrogates can only be escaped
        return json.dumps(text).encode()


def _sealed_frame(frame: bytes) -> bytes:
    """Return a binary frame with its total length and both checksums made right."""
    from binascii import crc32

    head = len(frame).to_bytes(4, "big") + frame[4:8]
    inner = head + crc32(head).to_bytes(4, "big") + frame[12:-4]
    return inner + crc32(inner).to_bytes(4, "big")


def _decoded(capture: Capture) -> Capture:
    response = capture.response
    if response is None or not ResponseHead(headers=response.headers).content_encodings:
        return capture
    decoder = ContentDecoder(ResponseHead(headers=response.headers).content_encodings)
    chunks = [Chunk(chunk.at, decoder.feed(chunk.data)) for chunk in capture.chunks]
    chunks.append(Chunk(capture.chunks[-1].at, decoder.close()))
    headers = tuple((n, v) for n, v in response.headers if n.lower() not in ("content-encoding", "content-length"))
    assert b"".join(c.data for c in chunks) == recorded(capture).body
    return replace(capture, chunks=tuple(c for c in chunks if c.data), response=replace(response, headers=headers))


def _report_of(source: Capture) -> Report:
    """Return what the checker says of it."""
    recording = read_source(source)
    checker = Checker(head=recording.head, name=recording.name, unsent=recording.unsent)
    for at, data in recording.chunks:
        checker.feed(data, at=at)
    return checker.close(recording.end, at=recording.ended_at)


def _located(raw: bytes, events: Sequence[Event], deltas: Sequence[Delta]) -> tuple[Spoken, ...]:
    chars: dict[tuple[int, str], int] = {}
    found: list[Spoken] = []
    event, literals = -1, list[_Literal]()
    for number, delta in enumerate(deltas):
        if delta.event != event:
            event = delta.event
            literals = _literals_of(raw, events[event]) if event < len(events) else []
        own = [literal for literal in literals if literal.value == delta.text]
        char = chars.get((delta.choice, delta.channel), 0)
        # The second half of a UTF-16 pair is part of the character before it.
        chars[delta.choice, delta.channel] = char + len(delta.text) - ("\udc00" <= delta.text[:1] <= "\udfff" and char > 0)
        places = tuple((literal.start, literal.end) for literal in own)
        if (
            len(places) > 1
            and sum(d.event == event and d.text == delta.text for d in deltas[max(0, number - 8) : number + 8]) > 1
        ):
            # Two deltas of one event say the same: the first string is the first one's.
            earlier = sum(d.event == event and d.text == delta.text for d in deltas[max(0, number - 8) : number])
            places = places[earlier : earlier + 1]
        found.append(Spoken(number, event, delta.choice, delta.channel, delta.text, char, places))
    return tuple(found)


def _literals_of(raw: bytes, event: Event) -> list[_Literal]:
    """Return the strings of an event that may be text, in order; keys and strings over a line border are none."""
    found = []
    payload = event.raw
    for match in _STRING.finditer(payload):
        if match[2] is not None:
            continue
        key = _KEY_BEFORE.search(payload[max(0, match.start() - 80) : match.start()])
        if (key[1] if key else b"text") not in _TEXT_KEYS:
            continue
        start = event.offset_of(match.start())
        end = start + len(match[1]) + 2
        if raw[start:end] != match[0]:
            continue
        try:
            value = json.loads(match[0].decode(), strict=False)
        except ValueError:
            continue
        found.append(_Literal(start, end, value, key[1] if key else b""))
    return found
