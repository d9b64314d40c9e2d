"""The first difference between two hops, at the deepest level that both have.

In:   two hops of one response, the one nearer the model first.
Out:  a Difference, or None when the hop after has what the hop before had.
Rule: with bytes on both sides, events are compared: by their name and their JSON value, so that chunk borders, comments, line ends and
      escapes are no differences. Else the texts are: blanks at the end of a block may be trimmed as JavaScript's trimEnd does it
      (opencode), a reader may leave out reasoning altogether, and the arguments of a tool call may be spelled anew.
"""

__all__ = ("Difference", "agrees", "difference", "same_text", "trimmed")

import json
from dataclasses import dataclass
from typing import Any

from streamcheck.dialects.opencode_bus import JS_SPACE
from streamcheck.findings import Finding
from streamcheck.hops.hop import Hop
from streamcheck.hops.location import First
from streamcheck.misreadings import Text
from streamcheck.prefixes import common_prefix

_LEFT_OUT = ("reasoning", "refusal")
# Findings that tell of a difference although every event is the same: about the head, the framing, the time.
_BESIDE = ("http/", "time/stall", "time/burst", "sse/heartbeat-as-data", "utf8/")


@dataclass(frozen=True, slots=True)
class Difference:
    """kind: "events", "text", "cut" where only the last event's end is missing, "beside" where only what stands beside the events differs,
    or "left out" where a channel is missing that many readers do not keep: a difference only if a fault explains it.
    payload: the number of the first payload that differs."""

    kind: str
    first: First
    payload: int = 0


def difference(up: Hop, down: Hop) -> Difference | None:
    if up.has_bytes and down.has_bytes:
        return _between_events(up, down)
    return _between_texts(up, down)


# ---------------------------------------------------------------------- events
def _between_events(up: Hop, down: Hop) -> Difference | None:
    ours, theirs = up.trace.keys, down.trace.keys
    most = min(len(ours), len(theirs))
    index = next((i for i in range(most) if ours[i] != theirs[i]), most) if ours[:most] != theirs[:most] else most
    if index == len(ours) == len(theirs):
        return _cut_only(up, down) or _beside_events(up, down)
    if index == len(theirs):
        first = _behind(up, down) if theirs else First((0, down.size))
    else:
        event = down.payload(index)
        at = event.start
        if index < len(ours) and event.raw:
            at = event.offset_of(min(common_prefix(up.payload(index).raw, event.raw), len(event.raw) - 1))
        first = First((at, event.end), down.trace.payloads[index])
    return Difference("events", _with_chars(first, up, down), index)


def _behind(up: Hop, down: Hop) -> First:
    """Where the rest should begin: behind all that is there, or at a last event that nothing ends."""
    last = len(down.trace.starts) - 1
    if down.found("sse/unterminated-event") and not up.found("sse/unterminated-event"):
        return First(down.trace.byte_range(last), last)
    return First((down.size, down.size))


def _cut_only(up: Hop, down: Hop) -> Difference | None:
    if not down.found("sse/unterminated-event") or up.found("sse/unterminated-event"):
        return None
    last = len(down.trace.starts) - 1
    return Difference("cut", First(down.trace.byte_range(last), last), len(up.trace.keys))


def _beside_events(up: Hop, down: Hop) -> Difference | None:
    known = {f.code for f in up.report.findings}
    new = (f for f in down.report.findings if f.code.startswith(_BESIDE) and f.code not in known and not _stopped_by_reader(f))
    finding = next((f for f in new if f.code != "http/wrong-content-type" or f.severity.rank), None)
    if finding is None:
        return None
    span = (finding.span.start, finding.span.end) if finding.span is not None else None
    return Difference("beside", First(span, finding.event), len(up.trace.keys))


def _stopped_by_reader(finding: Finding) -> bool:
    return "stopped_by" in finding.evidence


def _with_chars(first: First, up: Hop, down: Hop) -> First:
    """Add where the texts part, if they do: in the channel that does so first."""
    parted = []
    for key in {**down.text, **up.text}:
        a, b = up.text.get(key, ""), down.text.get(key, "")
        if a != b:
            at = common_prefix(a, b)
            event = down.trace.event_at(*key, at)
            parted.append(
                (
                    event if event is not None else len(down.trace.starts),
                    First(first.bytes, first.event, *key, (at, max(at, len(b)))),
                )
            )
    return min(parted, key=lambda one: one[0])[1] if parted else first


# ---------------------------------------------------------------------- texts
def _between_texts(up: Hop, down: Hop) -> Difference | None:
    if down.plain is not None or up.plain is not None:
        return _between_plain(up, down)
    if same_text(up.text, down, up):
        left_out = [key for key in up.text if key[1] in _LEFT_OUT and not _speaks(down, key[1])]
        if not left_out:
            return None
        event = up.trace.event_at(*left_out[0], 0)
        return Difference("left out", First(None, event, *left_out[0], (0, 0)))
    found = []
    for key in {**up.text, **down.text}:
        a, b = up.text.get(key, ""), down.text.get(key, "")
        if agrees(key, a, b, up) or (not b and key[1] in _LEFT_OUT and not _speaks(down, key[1])):
            continue
        at = common_prefix(a, b)
        event = up.trace.event_at(*key, at)
        found.append(First(up.trace.byte_range(event), event, *key, (at, max(at, len(b)))))
    first = min(found, key=lambda f: f.event if f.event is not None else 1 << 60, default=First())
    return Difference("text", first)


def _between_plain(up: Hop, down: Hop) -> Difference | None:
    ours = list(up.text.items()) if up.plain is None else [((None, None), up.plain)]
    theirs = [down.plain] if down.plain is not None else list(down.text.values())
    if any(trimmed(a) == trimmed(b) for _, a in ours for b in theirs):
        return None
    pairs = [(key, a, b) for key, a in ours for b in theirs]
    (choice, channel), a, b = max(pairs, key=lambda pair: common_prefix(pair[1], pair[2]), default=((None, None), "", ""))
    at = common_prefix(a, b)
    event = up.trace.event_at(choice, channel, at)
    return Difference("text", First(up.trace.byte_range(event), event, choice, channel, (at, max(at, len(b)))))


def same_text(text: Text, down: Hop, up: Hop) -> bool:
    """Return whether the hop after has `text`, as far as it keeps such texts. Blocks count where it is what the hop before had."""
    for key in {**text, **down.text}:
        a, b = text.get(key, ""), down.text.get(key, "")
        if not b and key[1] in _LEFT_OUT and not _speaks(down, key[1]):
            continue
        if not agrees(key, a, b, up if text is up.text else None):
            return False
    return True


def _speaks(hop: Hop, channel: str) -> bool:
    return any(name == channel for _, name in hop.text)


def agrees(key: tuple[int, str], a: str, b: str, up: Hop | None) -> bool:
    """Return whether two texts of a channel are the same but for what is legal. up: the hop whose blocks may have been trimmed."""
    if a == b or trimmed(a) == trimmed(b):
        return True
    if up is not None and "".join(map(trimmed, up.trace.blocks(*key))) == trimmed(b):
        return True
    return key[1].startswith("tool:") and _json(a) == _json(b) != None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def trimmed(text: str) -> str:
    """Return what JavaScript's trimEnd() leaves."""
    return text.rstrip(JS_SPACE)
