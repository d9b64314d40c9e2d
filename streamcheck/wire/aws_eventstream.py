"""Binary frames of application/vnd.amazon.eventstream (Bedrock) from bytes.

In:   body bytes in stream order; borders may fall anywhere.
Out:  one AwsEvent a frame, its headers decoded. Deviations stand in `findings`.
Rule: a frame is total length, headers length, CRC-32 of these eight bytes; headers; payload; CRC-32 of everything before it
      (big-endian). Lengths under a bad checksum are not believed: the decoder looks for the next twelve bytes that are a prelude.
      A frame whose message checksum is bad is still given, the finding says that it cannot be trusted.
Cost: linear; keeps at most one frame, up to `max_event_bytes`. The search for a prelude gives up after MAX_RESYNC_BYTES.
"""

__all__ = ("MAX_RESYNC_BYTES", "AwsEvent", "AwsEventStreamDecoder", "HeaderValue", "encode_frame", "looks_like_aws")

import re
import struct
from binascii import crc32
from collections.abc import Mapping
from uuid import UUID

from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span
from streamcheck.wire.events import MAX_EVENT_BYTES, Event, body_bytes

MAX_RESYNC_BYTES = 1024 * 1024  # guess: a thousand ordinary frames; a body with a larger hole is not worth more
_PRELUDE = 12
_SMALLEST = 16  # prelude and message checksum, without headers and payload
_MAX_HEADERS = 128 * 1024  # the limit in the format's description
# A prelude begins with a length below 32 MiB and has headers of less than 16 MiB: two bytes that C can look for.
_MAYBE_PRELUDE = re.compile(rb"[\x00\x01](?=[\s\S]{3}\x00[\s\S]{7})")
_SIZES = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # header value types of fixed size

HeaderValue = bool | int | bytes | str | UUID


class AwsEvent(Event):
    """One frame.

    event:   `:event-type`; "exception:" + `:exception-type` or "error:" + `:error-code` for those message types.
    headers: all of them by name; timestamps as milliseconds since 1970, of two equal names the last.
    """

    headers: dict[str, HeaderValue] = {}  # noqa: RUF012  msgspec copies an empty default for each instance


class AwsEventStreamDecoder:
    """feed() bytes, get events."""

    __slots__ = (
        "_before",
        "_closed",
        "_given_up",
        "_held",
        "_held_bytes",
        "_lost_from",
        "_need",
        "_pos",
        "_skip_to",
        "findings",
        "max_event_bytes",
        "tail",
    )

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """max_event_bytes: a longer frame is not kept: it becomes the finding `sse/oversized-event`."""
        self.findings: list[Finding] = []
        self.max_event_bytes = max_event_bytes
        self.tail: Event | None = None
        self._closed = False
        self._pos = 0  # body offset of the first held byte
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._need = _PRELUDE  # bytes that must be held before there is anything to do
        self._skip_to: int | None = None  # end of an oversized frame; `_pos` stays at its start
        self._lost_from: int | None = None  # first byte that belongs to no frame, while looking for a prelude
        self._given_up = False  # no prelude within MAX_RESYNC_BYTES: the rest of the body is only counted
        self._before = b""  # the last bytes of a frame with a bad message checksum: the next prelude may begin in them

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes; an empty list is normal.

        data: body bytes, any length, borders anywhere. Nothing in them can raise.
        Raises TypeError for str, StreamClosedError after close().
        """
        if data.__class__ is not bytes:
            data = body_bytes(data)
        if self._closed:
            raise StreamClosedError("feed() after close(): make a new AwsEventStreamDecoder for the next body")
        if self._given_up:
            self._pos += len(data)
            return []
        if self._skip_to is not None:
            data = self._skip(data)
            if self._skip_to is not None:
                return []
        if data:
            self._held.append(data)
            self._held_bytes += len(data)
        events: list[Event] = []
        if self._held_bytes >= self._need:
            self._read(events)
        return events

    def close(self) -> list[Event]:
        """Return nothing: a frame that the end of the body cuts is `tail`."""
        if self._closed:
            return []
        self._closed = True
        rest = b"".join(self._held)
        self._held.clear()
        end = self._pos + len(rest)
        if self._skip_to is not None:
            end = self._pos + self._held_bytes
            self._oversized(self._pos, end, self._skip_to - self._pos)
            self.tail = AwsEvent("message", b"", self._pos, end, end)
        elif self._lost_from is not None:
            self._lost(end)
        elif rest:
            self.tail = self._cut_frame(rest)
        return []

    # ------------------------------------------------------------------ whole frames
    def _read(self, events: list[Event]) -> None:
        block = b"".join(self._held)
        self._held.clear()
        at = 0  # index in `block` of the next frame
        while True:
            if self._lost_from is not None:
                last = self._lost_from + MAX_RESYNC_BYTES - self._pos  # last index where a frame may begin again
                found = _next_prelude(block, at)
                if found is None:
                    at = max(at, len(block) - (_PRELUDE - 1))
                if (at if found is None else found) > last:
                    self._given_up = True
                    at = len(block)
                    break
                if found is None:
                    self._need = _PRELUDE
                    break
                at = found
                self._lost(self._pos + at)
            if len(block) - at < _PRELUDE:
                self._need = _PRELUDE
                break
            total, headers_length, crc = struct.unpack_from(">III", block, at)
            start = self._pos + at
            actual = crc32(block[at : at + 8])
            if crc != actual or not _plausible(total, headers_length):
                self._refuse(start, total, headers_length, crc, actual)
                before, self._before = self._before, b""
                found = _next_prelude(before + block[at : at + _PRELUDE], 0) if before else None
                if found is not None and found < len(before):
                    # The frame before was cut: its length ran over this prelude. These bytes were given with it, and are read again.
                    block = before[found:] + block[at:]
                    self._pos = start - (len(before) - found)
                    at = 0
                else:
                    self._lost_from = start
                    at += 1
            elif total > self.max_event_bytes:
                rest = block[at:]
                self._before = b""
                self._pos, self._held_bytes, self._skip_to = start, 0, start + total
                block, at = self._skip(rest), 0
                if self._skip_to is not None:
                    return
            elif len(block) - at < total:
                self._need = total
                break
            else:
                at += self._read_frame(block[at : at + total], headers_length, start, events)
        self._pos += at
        rest = block[at:]
        if rest:
            self._held.append(rest)
        self._held_bytes = len(rest)

    def _read_frame(self, frame: bytes, headers_length: int, start: int, events: list[Event]) -> int:
        """Append the event of `frame`; return how many of its bytes it takes up."""
        end = len(frame) - 4  # of the payload
        taken = len(frame)
        (crc,) = struct.unpack_from(">I", frame, end)
        actual = crc32(frame[:end])
        self._before = b""
        if crc != actual:
            self._bad_crc("message", Span(start + end, start + end + 4), crc, actual, "this frame cannot be trusted")
            # Where bytes were lost, the length runs into the next frame, whose prelude then stands inside this one.
            inner = _next_prelude(frame, _PRELUDE)
            if inner is None:
                self._before = frame[-(_PRELUDE - 1) :]
            else:
                taken = inner
                end = max(_PRELUDE, inner - 4)
        payload_at = min(_PRELUDE + headers_length, end)
        headers, reason = _headers_of(frame[_PRELUDE:payload_at])
        if reason is not None:
            span = Span(start + _PRELUDE, start + payload_at)
            self._bad_frame(span, f"the headers of the frame at byte {start} cannot be read: {reason}", {"reason": reason})
        events.append(AwsEvent(_name_of(headers), frame[payload_at:end], start, start + taken, start + payload_at, headers))
        return taken

    def _cut_frame(self, rest: bytes) -> AwsEvent:
        """Return what there is of a frame that the body's end cut."""
        start, end = self._pos, self._pos + len(rest)
        if len(rest) < _PRELUDE:
            return AwsEvent("message", b"", start, end, end)
        total, headers_length = struct.unpack_from(">II", rest)
        payload_at = _PRELUDE + headers_length
        if len(rest) < payload_at:
            return AwsEvent("message", b"", start, end, end)
        headers, _ = _headers_of(rest[_PRELUDE:payload_at])
        return AwsEvent(_name_of(headers), rest[payload_at : total - 4], start, end, start + payload_at, headers)

    def _skip(self, data: bytes) -> bytes:
        """Let go of the bytes of an oversized frame; return what stands after it."""
        assert self._skip_to is not None
        left = self._skip_to - self._pos - self._held_bytes
        if len(data) < left:
            self._held_bytes += len(data)
            return b""
        self._oversized(self._pos, self._skip_to, self._skip_to - self._pos)
        self._pos, self._held_bytes, self._skip_to, self._need = self._skip_to, 0, None, _PRELUDE
        return data[left:]

    # ------------------------------------------------------------------ findings
    def _refuse(self, start: int, total: int, headers_length: int, crc: int, actual: int) -> None:
        if crc != actual:
            self._bad_crc("prelude", Span(start + 8, start + 12), crc, actual, "the next frame has to be searched for")
        else:
            self._bad_frame(
                Span(start, start + _PRELUDE),
                f"the frame at byte {start} contradicts itself: {total} bytes in all, {headers_length} of headers",
                {"reason": "lengths", "total": total, "headers": headers_length},
            )

    def _bad_crc(self, which: str, span: Span, expected: int, actual: int, effect: str) -> None:
        self.findings.append(
            Finding(
                "aws/bad-crc",
                Severity.ERROR,
                f"{which} checksum at byte {span.start} says {expected:08x}, its bytes give {actual:08x}: {effect}",
                span=span,
                evidence={"which": which, "expected": f"{expected:08x}", "actual": f"{actual:08x}"},
            )
        )

    def _bad_frame(self, span: Span, message: str, evidence: dict[str, object]) -> None:
        self.findings.append(Finding("aws/bad-frame", Severity.ERROR, message, span=span, evidence=evidence))

    def _lost(self, end: int) -> None:
        """Report the bytes from `_lost_from` to `end`, and end the search."""
        assert self._lost_from is not None
        start, self._lost_from = self._lost_from, None
        evidence: dict[str, object] = {"reason": "no-frame", "skipped": end - start}
        if self._given_up:
            evidence["searched"] = MAX_RESYNC_BYTES
        self._bad_frame(Span(start, end), f"{end - start} bytes from byte {start} on belong to no frame", evidence)

    def _oversized(self, start: int, end: int, total: int) -> None:
        self.findings.append(
            Finding(
                "sse/oversized-event",
                Severity.ERROR,
                f"a frame of {total} bytes is over the limit of {self.max_event_bytes}: its payload was not read",
                span=Span(start, end),
                evidence={"limit": self.max_event_bytes},
            )
        )


def looks_like_aws(first12: bytes) -> bool:
    """Return whether `first12` begins with a prelude: lengths that fit each other, under their own checksum. Fewer bytes: False."""
    if len(first12) < _PRELUDE:
        return False
    total, headers_length, crc = struct.unpack_from(">III", first12)
    return _plausible(total, headers_length) and crc32(first12[:8]) == crc


def _plausible(total: int, headers_length: int) -> bool:
    return headers_length <= _MAX_HEADERS and headers_length + _SMALLEST <= total


def _next_prelude(block: bytes, at: int) -> int | None:
    """Return the first index >= `at` where a whole prelude stands."""
    for match in _MAYBE_PRELUDE.finditer(block, at):
        if looks_like_aws(block[match.start() : match.start() + _PRELUDE]):
            return match.start()
    return None


def _name_of(headers: Mapping[str, HeaderValue]) -> str:
    kind = headers.get(":message-type")
    if kind == "exception":
        return "exception:" + str(headers.get(":exception-type", ""))
    if kind == "error":
        return "error:" + str(headers.get(":error-code", ""))
    return str(headers.get(":event-type") or "message")


def _headers_of(block: bytes) -> tuple[dict[str, HeaderValue], str | None]:
    """Return the headers and why the rest of them cannot be read, None when all were."""
    headers: dict[str, HeaderValue] = {}
    at = 0
    while at < len(block):
        name_end = at + 1 + block[at]
        if name_end >= len(block):
            return headers, "cut inside a name"
        name = block[at + 1 : name_end].decode("utf-8", "replace")
        kind = block[name_end]
        at = name_end + 1
        if kind in (0, 1):
            headers[name] = kind == 0  # sic: type 0 is true
            continue
        if kind in (6, 7):
            size = int.from_bytes(block[at : at + 2], "big")
            at += 2
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            return headers, f"unknown value type {kind}"
        value = block[at : at + size]
        at += size
        if at > len(block):
            return headers, "cut inside a value"
        if kind == 7:
            headers[name] = value.decode("utf-8", "replace")
        elif kind == 6:
            headers[name] = value
        elif kind == 9:
            headers[name] = UUID(bytes=value)
        else:
            headers[name] = int.from_bytes(value, "big", signed=True)
    return headers, None


def encode_frame(headers: Mapping[str, HeaderValue | tuple[int, HeaderValue]], payload: bytes = b"") -> bytes:
    """Return one frame with right checksums: for generators and tests.

    headers: str, bytes, bool, UUID and int (4 or 8 bytes wide) choose their own type; (type, value) sets it, so that
             (8, milliseconds) is a timestamp and (3, -1) a short.
    Raises ValueError for a value that its type cannot hold.
    """
    block = b"".join(_encoded_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", _SMALLEST + len(block) + len(payload), len(block))
    frame = b"".join((prelude, struct.pack(">I", crc32(prelude)), block, payload))
    return frame + struct.pack(">I", crc32(frame))


def _encoded_header(name: str, value: HeaderValue | tuple[int, HeaderValue]) -> bytes:
    kind, plain = value if isinstance(value, tuple) else (_type_of(value), value)
    raw_name = name.encode()
    try:
        return bytes((len(raw_name),)) + raw_name + bytes((kind,)) + _encoded_value(kind, plain)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"header {name[:80]!r} cannot be written as value type {kind}: {error}") from None


def _type_of(value: HeaderValue) -> int:
    match value:
        case bool():
            return 0 if value else 1
        case int():
            return 4 if -(2**31) <= value < 2**31 else 5
        case bytes():
            return 6
        case str():
            return 7
        case _:
            return 9


def _encoded_value(kind: int, value: HeaderValue) -> bytes:
    if kind in (0, 1) and isinstance(value, bool):
        return b""
    if kind in (6, 7) and isinstance(value, str | bytes):
        raw = value.encode() if isinstance(value, str) else value
        return len(raw).to_bytes(2, "big") + raw
    if kind == 9 and isinstance(value, UUID):
        return value.bytes
    if kind in (2, 3, 4, 5, 8) and isinstance(value, int):
        return value.to_bytes(_SIZES[kind], "big", signed=True)
    raise ValueError(f"a {type(value).__name__} does not fit")
