"""Fragments of tool calls that cannot be told apart, or only by who looks at their ids.

In:   the tool calls of a chat completions stream.
Out:  every index 0; no index; no id and no name where the call opens; the index one higher on continuations.
Rule: ids tell calls apart where indexes do not, so that `zero` and `missing` are legible, and only noted.
"""

__all__ = ("FAULT",)

import re
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made

_CALL = re.compile(rb'"tool_calls"\s*:\s*\[')
_INDEX = re.compile(rb'"index"\s*:\s*(\d+)\s*,|,\s*"index"\s*:\s*(\d+)')
_OPENS = re.compile(rb'"id"\s*:\s*"[^"]+"\s*,?')
_NAME = re.compile(rb'"name"\s*:\s*"[^"]+"\s*,?')


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    if body.dialect not in ("openai-chat", "mistral"):
        raise UsageError(f"{FAULT.name} needs tool calls in chat completions: in {body.dialect} they are told otherwise")
    fragments = [
        (number, start, event.end) for number, event in enumerate(body.events) if (start := _list_at(body, number)) is not None
    ]
    calls = body.report.message.choices[0].tool_calls if body.report.message.choices else ()
    if not fragments or not calls:
        raise UsageError(f"{FAULT.name} needs tool calls: this stream has none")
    continued = [f for f in fragments if not _OPENS.search(body.raw, f[1], f[2])]
    expect: tuple[str, ...] = ()
    if variant == "zero":
        if len(calls) < 2:
            raise UsageError(f"{FAULT.name}/zero needs two tool calls")
        edits = [
            Edit(*m.span(m.lastindex or 1), b"0")
            for _, a, b in fragments
            if (m := _INDEX.search(body.raw, a, b)) and m[m.lastindex or 1] != b"0"
        ]
        expect = ("order/tool-index",)
    elif variant == "missing":
        edits = [Edit(m.start(), m.end(), b"") for _, a, b in fragments if (m := _INDEX.search(body.raw, a, b))]
    elif variant == "opener":
        if not continued:
            raise UsageError(f"{FAULT.name}/opener needs a call in more than one fragment")
        _, a, b = next(f for f in fragments if _OPENS.search(body.raw, f[1], f[2]))
        found = [pattern.search(body.raw, a, b) for pattern in (_OPENS, _NAME)]
        edits = [Edit(m.start(), m.end(), b"") for m in found if m is not None]
        expect = ("order/tool-index",)
    else:
        if not continued:
            raise UsageError(f"{FAULT.name}/shifted needs a call in more than one fragment")
        edits = [
            Edit(*m.span(m.lastindex or 1), str(int(m[m.lastindex or 1]) + len(calls)).encode())
            for _, a, b in continued
            if (m := _INDEX.search(body.raw, a, b))
        ]
        expect = ("order/tool-index",)
    if not edits:
        raise UsageError(f"{FAULT.name}/{variant}: the fragments of this stream have no index to change")
    capture, where = body.changed(edits)
    first = min(edit.start for edit in edits)
    number = next(n for n, a, b in fragments if a <= first < b)
    byte = where.at(first)
    details = {"calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in calls]}
    return Made(capture, {"first_bad_byte": byte, "first_bad_event": number, "expect": expect, "details": details}, where)


def _list_at(body: Body, number: int) -> int | None:
    event = body.events[number]
    match = _CALL.search(body.raw, event.start, event.end)
    return match.end() if match else None


FAULT = Fault(
    "tool-index-collision",
    "fragments of tool calls under one index, under none, without their opener, or under an index of their own",
    "gateway",
    {"zero": "W", "missing": "W", "opener": "W", "shifted": "W"},
    "",
    _make,
)
