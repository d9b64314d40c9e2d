"""A second response for faults that join two: another capture, or the same answer under another name.

In:   a Body, a random.Random, seconds between the two.
Out:  the bytes of the second response, and the two names.
Rule: a made-up second response differs in its ids and creation times only, each id in the length and shape that it had.
"""

__all__ = ("Second", "second_response")

import re
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.wire.sniff import Kind

_BOM = b"\xef\xbb\xbf"
_ID = re.compile(
    rb'"(?:id|messageId|runId|threadId|responseId|messageID|partID|item_id|tool_call_id|toolCallId)"\s*:\s*"([^"\\]{4,80})"'
)
_CREATED = re.compile(rb'("created(?:_at)?"\s*:\s*)(\d{10})\b')
_CLOCK = re.compile(rb"20\d{12}(?=[0-9a-f])")


class Second(NamedTuple):
    """raw: the body of the second response. ids: of the first and the second, None where the dialect names none."""

    raw: bytes
    events: tuple[bytes, ...]
    ids: tuple[str | None, str | None]
    gap_s: int


def second_response(body: Body, rng: Random, other: Capture | None, fault: str) -> Second:
    """Return the response that begins where the first one breaks off. Raises UsageError when `other` is in another framing."""
    gap = rng.randrange(60, 141)
    if other is not None:
        theirs = Body.of(other)
        if theirs.kind is not body.kind:
            raise UsageError(f"{fault} needs a second capture of the same framing as the first")
        first_id, second_id = body.report.message.id, theirs.report.message.id
        events = tuple(theirs.piece(i) for i in range(len(theirs.events)))
        return Second(theirs.raw.removeprefix(_BOM), events, (first_id, second_id), gap)
    if body.kind is Kind.AWS:
        return Second(body.raw, tuple(body.piece(i) for i in range(len(body.events))), (None, None), gap)
    names: dict[bytes, bytes] = {}
    for match in _ID.finditer(body.raw):
        if match[1] not in names:
            names[match[1]] = _renamed(match[1], rng, gap)
    spelled = re.compile(b"|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or b"(?!)")

    def again(raw: bytes) -> bytes:
        raw = spelled.sub(lambda m: names[m[0]], raw)
        return _CREATED.sub(lambda m: m[1] + str(int(m[2]) + gap).encode(), raw)

    old = body.report.message.id
    new = names.get(old.encode()) if old else None
    events = tuple(again(body.piece(i)) for i in range(len(body.events)))
    return Second(again(body.raw[_first_field(body) :]), events, (old, new.decode() if new else None), gap)


def _first_field(body: Body) -> int:
    """Return where the first event's name or payload begins: comments before it belong to the wait for it."""
    start = body.events[0].start
    for line in body.piece(0).splitlines(keepends=True):
        text = line.removeprefix(_BOM)
        if text.startswith((b"data:", b"event:")):
            return start + len(line) - len(text)
        start += len(line)
    return body.events[0].start


def _renamed(name: bytes, rng: Random, gap: int) -> bytes:
    """Return another id of the same length and shape; a time at its head moves by `gap` seconds."""
    clock = _CLOCK.match(name)
    head = name[: max(0, len(name) - 8)]
    if clock is not None:
        later = datetime.strptime(clock[0].decode(), "%Y%m%d%H%M%S") + timedelta(seconds=gap)
        head = later.strftime("%Y%m%d%H%M%S").encode() + head[14:]
    tail = "".join(_other(chr(c), rng) for c in name[len(head) :])
    return head + tail.encode()


def _other(char: str, rng: Random) -> str:
    if char.isdigit():
        return str((int(char) + rng.randrange(1, 10)) % 10)
    if char in "abcdef":
        return rng.choice([c for c in "abcdef" if c != char])
    return char if not char.isalpha() else rng.choice([c for c in ("ghjkmnpq" if char.islower() else "GHJKMNPQ") if c != char])
