"""A server writes an event that is not JSON, or not what its grammar says.

In:   a delta's event.
Out:  an unescaped quote, a bare dot for a value, a raw control byte; or a list of parts for a string.
Rule: a list of parts is JSON: some dialects allow it, so nobody has to object.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_stream(FAULT.name)
    found = body.editable(FAULT.name, ("content", "reasoning", "tool"))
    delta = found[body.chosen(found, at, len(found) // 2, FAULT.name)]
    start, end = delta.literals[0]
    expect: tuple[str, ...] = ("json/invalid",)
    inside = _border(body.raw, start + 1, end - 1)
    match variant:
        case "quote":
            edit, bad = Edit(inside, inside, b'"x'), inside
        case "dot":
            edit, bad = Edit(start, end, b"."), start
        case "control":
            edit, bad = Edit(inside, inside, b"\x01"), inside
        case _:
            edit, bad = Edit(start, end, b'[{"type":"text","text":' + body.raw[start:end] + b"}]"), start
            expect = ()
    capture, where = body.changed([edit])
    place = {
        "first_bad_byte": bad,
        "first_bad_event": delta.event,
        "span": (edit.start, edit.start + len(edit.new)),
        "expect": expect,
    }
    return Made(capture, place, where)


def _border(raw: bytes, start: int, end: int) -> int:
    """Return a place in the middle of a string that is not inside a character or an escape."""
    at, middle = start, (start + end) // 2
    while at < middle:
        if raw[at : at + 2] == b"\\u":
            at += 6
        elif raw[at] == 0x5C:
            at += 2
        else:
            at += 1
            while at < end and raw[at] & 0xC0 == 0x80:
                at += 1
    return min(at, end)


FAULT = Fault(
    "json-invalid-frame",
    "an event's payload is broken: a quote unescaped, a bare dot, a raw control byte; or a list of parts where a string was",
    "gateway",
    {"quote": "W", "dot": "W", "control": "W", "parts": "W"},
    "delta",
    _make,
)
