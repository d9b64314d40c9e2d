"""Text in the wrong channel: thoughts in the answer, or a call's markup in the thoughts.

In:   the deltas of reasoning and content.
Out:  the last `count` reasoning deltas at the head of the content, before `</think>` or between tags; or a call in tags at the end of the reasoning.
Rule: what is taken from one channel stands in the other, so that nothing is lost.
"""

__all__ = ("FAULT",)

import json
from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.placing import retold
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 4) -> Made:
    thoughts = [d for d in body.deltas if d.channel == "reasoning" and d.literals and d.choice == 0]
    if not thoughts:
        raise UsageError(f"{FAULT.name} needs reasoning: this stream has none")
    if variant == "tool-markup":
        last = thoughts[-1]
        call = json.dumps({"name": "get_weather", "arguments": {"city": "Porto"}})
        capture, where, place = retold(body, {last.number: f"{last.text}<tool_call>{call}</tool_call>"})
        return Made(capture, {**place, "expect": ("text/channel-leak",), "lossless": True}, where)
    answer = body.editable(FAULT.name, ("content",))[0]
    moved = thoughts[-count:]
    said = {d.number: "" for d in moved}
    opener = "<think>" if variant == "think" else ""
    tagged = opener + "".join(d.text for d in moved) + "\n</think>\n\n"
    # A thought between its two tags at the head of the content is how many servers send it on purpose: those that give no reasoning apart.
    expect = ("text/channel-leak",) if len(thoughts) > len(moved) or not opener else ()
    capture, where, place = retold(body, {**said, answer.number: tagged + answer.text})
    # Each of the moved deltas says nothing now; what is wrong for a reader of the text stands in the content.
    _, _, shown = retold(body, {answer.number: tagged + answer.text})
    start = where.at(answer.literals[0][0])
    place.update(shown, first_bad_byte=start + 1, span=(start + 1, start + 1 + len(tagged.encode())))
    return Made(
        capture,
        {
            **place,
            "expect": expect,
            "lossless": True,
            "details": {"moved_deltas": len(moved), "tag_char": tagged.index("</think>")},
        },
        where,
    )


FAULT = Fault(
    "channel-leak",
    "the end of the reasoning stands in the content before a closing think tag, or between two; variant: a call's markup in the reasoning",
    "server",
    {"closing-tag": "W", "think": "W", "tool-markup": "W"},
    "",
    _make,
)
