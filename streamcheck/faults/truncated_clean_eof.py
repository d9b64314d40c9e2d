"""The stream ends before its terminal, and the framing says that all is well.

In:   an event before which it ends.
Out:  the body up to there; with the end mark all the same; inside a word; inside a tool's arguments.
Rule: the first bad byte is the new end: what is wrong is that nothing follows.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.endings import finish_event, terminal_start
from streamcheck.faults.stream_restart_concat import middle
from streamcheck.faults.surgery import Edit
from streamcheck.faults.truth import Fault, Made


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_stream(FAULT.name)
    default = middle(body) + 1
    if variant == "tool":
        own = [d for d in body.deltas if d.channel.startswith("tool:")]
        if len(own) < 2:
            raise UsageError(f"{FAULT.name}/tool needs a tool's arguments in more than one delta")
        default = own[len(own) // 2].event
    elif variant == "word":
        found = [a for a, b in zip(body.deltas, body.deltas[1:], strict=False) if a.text[-1:].isalpha() and b.text[:1].isalpha()]
        if not found:
            raise UsageError(f"{FAULT.name}/word needs two deltas that share a word: all words of this stream are whole")
        default = found[len(found) // 2].event + 1
    finish = finish_event(body)
    latest = min(terminal_start(body), len(body.events) if finish is None else finish)
    number = min(body.event_number(at, default, FAULT.name, low=1), max(1, latest))
    cut = body.events[number - 1].end
    mark = b""
    if variant == "done":
        last = body.piece(len(body.events) - 1)
        if b"[DONE]" not in last:
            raise UsageError(f"{FAULT.name}/done needs a stream that ends with [DONE]")
        mark = last
    capture, where = body.changed([Edit(cut, len(body.raw), mark)])
    end = cut + len(mark)
    lost = {f"{choice}/{channel}": text for (choice, channel), text in _lost(body, number).items()}
    place = {
        "first_bad_byte": end,
        "span": (cut, cut),
        "expect": ("order/missing-terminal",),
        "details": {"lost_chars": {k: len(v) for k, v in lost.items()}},
    }
    return Made(capture, place, where)


def _lost(body: Body, number: int) -> dict[tuple[int, str], str]:
    lost: dict[tuple[int, str], str] = {}
    for delta in body.deltas:
        if delta.event >= number:
            lost[delta.key] = lost.get(delta.key, "") + delta.text
    return lost


FAULT = Fault(
    "truncated-clean-eof",
    "the stream ends cleanly before its terminal: between words, with [DONE], inside a word, inside a tool's arguments",
    "gateway",
    {"": "W", "done": "W", "word": "W", "tool": "W"},
    "event",
    _make,
)
