"""The stream says the wrong reason for its end.

In:   every finish reason of the stream.
Out:  another value in its place.
Rule: `stop` for `length` contradicts nothing that one capture holds; a call that never came does, and so does a missing reason where
      nothing else ends the answer.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.endings import LIMITS, finish_edits, finish_event
from streamcheck.faults.truth import Fault, Made

_CALLS = {
    "anthropic-messages": "tool_use",
    "bedrock": "tool_use",
    "cohere": "TOOL_CALL",
    "ui-messages": "tool-calls",
    "opencode-bus": "tool-calls",
}
_VENDOR = "model_context_window_exceeded_v2"


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    message = body.report.message
    expect: tuple[str, ...] = ()
    if variant == "calls":
        if any(choice.tool_calls for choice in message.choices):
            raise UsageError(f"{FAULT.name}/calls needs an answer without tool calls")
        new: str | None = _CALLS.get(body.dialect, "tool_calls")
        if body.dialect in ("gemini", "ollama"):
            raise UsageError(f"{FAULT.name}/calls: {body.dialect} has no finish reason that announces a call")
        expect = ("order/finish-reason",)
    elif variant == "limit":
        new = LIMITS.get(body.dialect, "length")
    elif variant == "vendor":
        new = _VENDOR
    else:
        new = None
    edits = finish_edits(body, new)
    event = finish_event(body)
    events = [i for i, e in enumerate(body.events) if any(e.start <= edit.start < e.end for edit in edits)]
    capture, where = body.changed(edits)
    start = where.at(edits[0].start)
    end = start + len(edits[0].new)
    old = body.raw[edits[0].start : edits[0].end].decode()
    details = {"old": old.strip('"'), "new": new, "events": events}
    place = {"first_bad_byte": start, "first_bad_event": event, "span": (start, end), "expect": expect, "details": details}
    return Made(capture, place, where)


FAULT = Fault(
    "finish-reason-wrong",
    "the finish reason is another one: announces calls that never came, met the limit, is a vendor's own, or null",
    "server",
    {"calls": "W", "limit": "W", "vendor": "W", "null": "W"},
    "",
    _make,
)
