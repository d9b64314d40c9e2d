"""The first difference between two hops, at the deepest level that both have.

In:   two hops of one response, the one nearer the model first.
Out:  a Difference, or None when the hop after has what the hop before had.
Rule: with bytes on both sides, events are compared: by their name and their JSON value, so that chunk borders, comments, line ends and
      escapes are no differences. Else the texts are: blanks at the end of a block may be trimmed as JavaScript's trimEnd does it
      (opencode), a reader may leave out reasoning altogether, and the arguments of a tool call may be spelled anew.
"""

__all__ = ("Difference", "difference", "same_text", "trimmed")

import json
from dataclasses import dataclass
from typing import Any

from streamcheck.dialects.opencode_bus import JS_SPACE
from streamcheck.hops.hop import Hop
from streamcheck.hops.location import First
from streamcheck.misreadings import Text
from streamcheck.misreadings.reference import joined
from streamcheck.wire.events import Event

_LEFT_OUT = ("reasoning", "refusal")


@dataclass(frozen=True, slots=True)
class Difference:
    """kind: "events", "text", "report" where only what stands beside them differs, or "left out" where a channel is missing that many
    readers do not keep: a difference only if a fault explains it. before, after: the numbers of the first payloads that differ, of "events"."""

    kind: str
    first: First
    before: int = 0
    after: int = 0


def difference(up: Hop, down: Hop) -> Difference | None:
    if up.has_bytes and down.has_bytes:
        return _between_events(up, down)
    return _between_texts(up, down)


# ---------------------------------------------------------------------- events
def _between_events(up: Hop, down: Hop) -> Difference | None:
    ours, theirs = up.payloads, down.payloads
    index = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if not _same(a[1], b[1])), None)
    if index is None and len(ours) == len(theirs):
        cut = down.events[-1] if down.events and _is_cut(down) and not _is_cut(up) else None
        if cut is None:
            return _between_reports(up, down)
        return Difference("events", First((cut.start, cut.end), len(down.events) - 1), len(ours), len(theirs))
    index = min(len(ours), len(theirs)) if index is None else index
    size = len(down.recorded.body)
    if index >= len(theirs):
        return Difference("events", _with_chars(First((size, size)), up, down), index, index)
    number, event = theirs[index]
    start = event.start
    if index < len(ours) and event.raw:
        start = event.offset_of(min(_common(ours[index][1].raw, event.raw), len(event.raw) - 1))
    return Difference("events", _with_chars(First((start, event.end), number), up, down), index, index)


# Findings that tell of a difference although every event is the same: about the head, the framing, the time.
_BESIDE = ("http/", "time/stall", "sse/heartbeat-as-data", "utf8/")


def _between_reports(up: Hop, down: Hop) -> Difference | None:
    known = {f.code for f in up.report.findings}
    new = (
        f for f in down.report.findings if f.code.startswith(_BESIDE) and f.code not in known and "stopped_by" not in f.evidence
    )
    finding = next((f for f in new if f.code != "http/wrong-content-type" or f.severity.rank), None)
    if finding is None:
        return None
    span = (finding.span.start, finding.span.end) if finding.span is not None else None
    return Difference("report", First(span, finding.event), len(up.payloads), len(down.payloads))


def _is_cut(hop: Hop) -> bool:
    return any(f.code == "sse/unterminated-event" for f in hop.report.findings)


def _same(a: Event, b: Event) -> bool:
    if a.event != b.event:
        return False
    return a.raw == b.raw or (a.raw.strip() == b.raw.strip()) or (_json(a.raw) is not None and _json(a.raw) == _json(b.raw))


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _with_chars(first: First, up: Hop, down: Hop) -> First:
    """Add where the texts part, if they do."""
    for key in [*down.text, *(key for key in up.text if key not in down.text)]:
        a, b = up.text.get(key, ""), down.text.get(key, "")
        if a != b:
            at = _common(a, b)
            return First(first.bytes, first.event, *key, (at, max(at, len(b))))
    return first


# ---------------------------------------------------------------------- texts
def _between_texts(up: Hop, down: Hop) -> Difference | None:
    if down.plain is not None or up.plain is not None:
        return _between_plain(up, down)
    if same_text(up.text, down, up):
        left_out = [key for key in up.text if key[1] in _LEFT_OUT and not _speaks(down, key[1])]
        if not left_out:
            return None
        choice, channel = left_out[0]
        return Difference("left out", First(None, up.event_at(choice, channel, 0), choice, channel, (0, 0)))
    blocks = _blocks(up)
    found = []
    for key in {**up.text, **down.text}:
        a, b = up.text.get(key, ""), down.text.get(key, "")
        if _agrees(key[1], a, b, blocks.get(key, [a])) or (not b and key[1] in _LEFT_OUT and not _speaks(down, key[1])):
            continue
        at = _common(a, b)
        event = up.event_at(*key, at)
        span = up.events[event] if up.has_bytes and event is not None and event < len(up.events) else None
        found.append(First((span.start, span.end) if span else None, event, *key, (at, max(at, len(b)))))
    first = min(found, key=lambda f: f.event if f.event is not None else 1 << 60, default=First())
    return Difference("text", first)


def _between_plain(up: Hop, down: Hop) -> Difference | None:
    whole = [up.plain] if up.plain is not None else list(up.text.values())
    theirs = [down.plain] if down.plain is not None else list(down.text.values())
    if any(trimmed(a) == trimmed(b or "") for a in map(str, whole) for b in theirs):
        return None
    a, b = max(((str(a), str(b)) for a in whole for b in theirs), key=lambda pair: _common(*pair), default=("", ""))
    choice, channel = (
        next((key for key, text in up.text.items() if text == a), (None, None)) if up.plain is None else (None, None)
    )
    at = _common(a, b)
    event = up.event_at(choice, channel, at) if choice is not None and channel is not None else None
    return Difference("text", First(None, event, choice, channel, (at, max(at, len(b)))))


def same_text(text: Text, down: Hop, up: Hop) -> bool:
    """Return whether the hop after has `text`, as far as it keeps such texts."""
    blocks = _blocks(up) if text is up.text else {}
    for key in {**text, **down.text}:
        a, b = text.get(key, ""), down.text.get(key, "")
        if not b and key[1] in _LEFT_OUT and not _speaks(down, key[1]):
            continue
        if not _agrees(key[1], a, b, blocks.get(key, [a])):
            return False
    return True


def _speaks(hop: Hop, channel: str) -> bool:
    return any(name == channel for _, name in hop.text)


def _agrees(channel: str, a: str, b: str, blocks: list[str]) -> bool:
    if a == b or trimmed(a) == trimmed(b) or "".join(map(trimmed, blocks)) == trimmed(b):
        return True
    return channel.startswith("tool:") and _json(a.encode("utf-8", "replace")) == _json(b.encode("utf-8", "replace")) != None


def _blocks(hop: Hop) -> dict[tuple[int, str], list[str]]:
    """Return each channel's text in blocks: a new one begins where the answer had turned to another channel."""
    blocks: dict[tuple[int, str], list[str]] = {}
    last = None
    for delta in hop.deltas:
        key = (delta.choice, delta.channel)
        if key != last:
            blocks.setdefault(key, []).append("")
        blocks[key][-1] += delta.text
        last = key
    return {key: [joined([text]) for text in texts] for key, texts in blocks.items()}


def trimmed(text: str) -> str:
    """Return what JavaScript's trimEnd() leaves."""
    return text.rstrip(JS_SPACE)


def _common(a: str | bytes, b: str | bytes) -> int:
    """Return how many first characters two strings share."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
