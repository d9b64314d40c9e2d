"""Token counts that contradict themselves.

In:   the stream's usage.
Out:  one that goes back, one that is doubled, or zeros.
Rule: counts are notes, never verdicts: tokenizers differ and reasoning may be hidden. Only a count that goes back is told surely.
"""

__all__ = ("FAULT",)

import re
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import event_at
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made

_COUNT = re.compile(
    rb'"(completion_tokens|output_tokens|outputTokens|candidatesTokenCount|completionTokens|eval_count)"\s*:\s*(\d+)'
)


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    found = list(_COUNT.finditer(body.raw))
    if not found:
        raise UsageError(f"{FAULT.name} needs token counts that are written as they are: this stream has none")
    last = found[-1]
    true = int(last[2])

    def event_of(match: re.Match[bytes]) -> int:
        return next(i for i, event in enumerate(body.events) if event.start <= match.start() < event.end)

    expect: tuple[str, ...] = ()
    if variant == "back":
        ends = event_of(last)
        same = [m for m in found if m[1] == last[1] and (m is last or event_of(m) != ends) and b"x_groq" not in body.raw]
        if len(same) < 2 or last[1] not in (b"completion_tokens", b"output_tokens", b"outputTokens"):
            raise UsageError(f"{FAULT.name}/back needs a count that is told more than once")
        earlier = same[-2]
        chosen, value = earlier, true + 5
        byte_of = last
        if int(same[0][2]) >= value:
            raise UsageError(f"{FAULT.name}/back: the counts of this stream go back already")
        expect = ("order/usage",)
    else:
        chosen, value = last, true * 2 if variant == "doubled" else 0
        byte_of = last
    capture, where = body.changed([Edit(chosen.start(2), chosen.end(2), str(value).encode())])
    byte = where.at(byte_of.start(2))
    place = {
        "first_bad_byte": byte,
        "first_bad_event": event_at(capture, byte),
        "expect": expect,
        "details": {"true": true, "written": value, "field": last[1].decode()},
    }
    return Made(capture, place, where)


FAULT = Fault(
    "usage-wrong",
    "token counts are doubled, zero, or go back",
    "gateway",
    {"doubled": "W", "zero": "W", "back": "W"},
    "",
    _make,
)
