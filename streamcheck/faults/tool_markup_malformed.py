"""A tool call that the server's parser took apart wrongly.

In:   the first tool call.
Out:  template markup in its name, its arguments without their last brace, or no arguments at all.
Rule: empty arguments are a valid call: only who knows the tool's schema can object.
"""

__all__ = ("FAULT",)

import json
import re
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import Place, event_at, retold
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made

_DEBRIS = "</arg_value>"


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    calls = [c for choice in body.report.message.choices[:1] for c in choice.tool_calls]
    if not calls:
        raise UsageError(f"{FAULT.name} needs a tool call: this stream has none")
    place: Place
    if variant == "name":
        name = calls[0].name or ""
        found = list(re.finditer(rb'"(?:name|toolName|tool)"\s*:\s*(' + re.escape(json.dumps(name).encode()) + rb")", body.raw))
        if not found:
            raise UsageError(f"{FAULT.name} finds no string that holds the name of the call: it is encoded, or elsewhere")
        capture, where = body.changed(Edit(m.end(1) - 1, m.end(1) - 1, _DEBRIS.encode()) for m in found)
        byte = where.border(found[0].end(1) - 1)
        place = {"first_bad_byte": byte, "span": (byte, byte + len(_DEBRIS)), "channel": "tool:0", "choice": 0}
        place |= {"first_bad_event": event_at(capture, byte), "expect": ("text/template-token",), "lossless": True}
        return Made(capture, place, where)
    own = [d for d in body.deltas if d.channel == "tool:0" and d.choice == 0]
    if not own or any(not d.literals for d in own):
        raise UsageError(f"{FAULT.name}/{variant} needs arguments in JSON strings of their own")
    if variant == "brace":
        if not own[-1].text.endswith("}"):
            raise UsageError(f"{FAULT.name}/brace needs arguments that end with a brace")
        capture, where, place = retold(body, {own[-1].number: own[-1].text[:-1]})
        return Made(capture, {**place, "expect": ("order/tool-arguments",), "lossless": True}, where)
    capture, where, place = retold(body, {**{d.number: "" for d in own}, own[0].number: "{}"})
    return Made(capture, place, where)


FAULT = Fault(
    "tool-markup-malformed",
    "a tool's name with template markup, arguments without their last brace, or empty arguments",
    "server",
    {"name": "W", "brace": "W", "empty": "W"},
    "",
    _make,
)
