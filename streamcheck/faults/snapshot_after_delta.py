"""The whole text comes once more at the end, and a reader appends it.

In:   a stream of chat completions; or any text.
Out:  a final message with the full text before the end mark (legal); what a reader has that adds it to the deltas.
Rule: the wire is sound: only the reader's text shows the fault.
"""

__all__ = ("FAULT",)

import re
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.endings import new_event
from streamcheck.faults.placing import misread_by
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    if variant == "appended":
        return misread_by(body, "snapshot-after-delta/content", body.source, FAULT.name, lossless=True)
    if body.dialect != "openai-chat" or re.search(rb'"message"\s*:', body.raw):
        raise UsageError(f"{FAULT.name}/final needs a stream of chat completions without a final message")
    content = body.text.get((0, "content"))
    if not content:
        raise UsageError(f"{FAULT.name} needs content: this stream has none")
    message = body.report.message
    payload = {
        "id": message.id,
        "object": "chat.completion",
        "model": message.model,
        "choices": [
            {"index": 0, "finish_reason": message.choices[0].finish_reason, "message": {"role": "assistant", "content": content}}
        ],
    }
    last = body.events[-1]
    start = last.start if b"[DONE]" in last.raw else last.end
    event = new_event(body, payload)
    capture, where = body.changed([Edit(start, start, event, True)])
    return Made(capture, {"lossless": True, "details": {"snapshot_byte": start, "chars": len(content)}}, where)


FAULT = Fault(
    "snapshot-after-delta",
    "the full text comes once more at the end (legal), and a reader appends it to the deltas",
    "agent",
    {"appended": "A", "final": "W"},
    "",
    _make,
)
