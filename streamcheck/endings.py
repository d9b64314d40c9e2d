"""What only the end of a body can tell of a response.

In:   a Segment to which nothing will be added.
Out:  findings ("order/cumulative-deltas", "order/tool-arguments", "order/tool-index", "order/finish-reason", "order/usage").
Rule: a response that was cut, or is a piece of another one, owes nothing but what it said.
"""

__all__ = ("judge_ending",)

import re

import msgspec

from streamcheck.findings import Severity
from streamcheck.segments import Segment
from streamcheck.trail import Trail

MIN_CUMULATIVE_CHARS = 40  # "a", "ab", "abc" may be three tokens of a list; forty characters repeated whole are not. guess
_MIN_CUMULATIVE_RUN = 3  # chunks, each beginning with the whole one before; docs/findings.md
MAX_CHARS_A_TOKEN = 16  # English has 4 to 5, long runs of blanks in code up to 12. guess
MIN_CHARS_TO_COUNT = 400  # shorter texts are all exceptions. guess
MIN_TOKENS_UNSEEN = 15  # an empty answer costs a few tokens of grammar. guess
_COUNTS = ("completion_tokens", "output_tokens", "outputTokens", "candidatesTokenCount", "eval_count")
_LIMITED = ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")  # finish reasons under which arguments may be cut
_MARKUP = re.compile(r"[<>|]|\uff5c|\[/?[A-Z_]+\]|\s")  # what no provider allows in a name and every template has in its tags
_CALLING = ("tool_calls", "tool_use", "TOOL_CALL", "tool-calls")  # finish reasons that announce a call


def judge_ending(segment: Segment, trail: Trail) -> None:
    """Find what is wrong with a response as a whole."""
    _judge_cumulative(segment, trail)
    _judge_snapshot(segment, trail)
    _judge_tools(segment, trail)
    _judge_finish(segment, trail)
    _judge_usage(segment, trail)


def _judge_cumulative(segment: Segment, trail: Trail) -> None:
    """Cumulative framing: each delta is the whole text so far."""
    for channel in segment.channels.values():
        pieces = channel.pieces
        if len(pieces) <= _MIN_CUMULATIVE_RUN or max(map(len, pieces)) < MIN_CUMULATIVE_CHARS:
            continue
        run = 0
        for i in range(1, len(pieces)):
            before, piece = pieces[i - 1], pieces[i]
            run = run + 1 if len(piece) > len(before) and piece.startswith(before) else 0
            if run >= _MIN_CUMULATIVE_RUN and len(piece) >= MIN_CUMULATIVE_CHARS:
                trail.find(
                    "order/cumulative-deltas",
                    f"each {channel.name} delta repeats the whole text before it: their sum says everything many times",
                    event=channel.events[i],
                    choice=channel.choice,
                    channel=channel.name,
                    evidence={"run": run, "chars": [len(before), len(piece)]},
                )
                break


def _judge_snapshot(segment: Segment, trail: Trail) -> None:
    """A last delta that says once more all that was said: a snapshot sent as an increment."""
    for channel in segment.channels.values():
        pieces = channel.pieces
        last = len(pieces[-1]) if pieces else 0
        if len(pieces) <= _MIN_CUMULATIVE_RUN or last < MIN_CUMULATIVE_CHARS or 2 * last < channel.chars:
            continue
        if "".join(pieces[:-1]).strip() == pieces[-1].strip():
            trail.find(
                "order/cumulative-deltas",
                f"the last {channel.name} delta is the whole text before it once more",
                severity=Severity.WARNING,
                event=channel.events[-1],
                choice=channel.choice,
                channel=channel.name,
                chars=(channel.chars - last, channel.chars),
                evidence={"chars": [channel.chars - last, last]},
            )


def _judge_tools(segment: Segment, trail: Trail) -> None:
    """Joined tool arguments are one JSON value, and a call has a name."""
    cut = (segment.ended is None and not segment.finish_reasons and not segment.whole) or segment.number > 0
    for tool in segment.tools:
        arguments = segment.text(tool.choice, tool.channel)
        found = segment.channels.get((tool.choice, tool.channel))
        event = found.events[-1] if found else tool.event
        if _MARKUP.search(tool.name):
            trail.find(
                "text/template-token",
                f"the name of tool call {tool.index} holds markup of a chat template: {tool.name[:80]!r}",
                event=tool.event,
                choice=tool.choice,
                channel=tool.channel,
                evidence={"name": tool.name[:200], "context": "tool name"},
            )
        if not tool.name and not cut:
            trail.find(
                "order/tool-arguments" if not tool.id and not arguments else "order/tool-index",
                f"tool call {tool.index} has no name",
                severity=Severity.WARNING if arguments or tool.id else Severity.ERROR,
                event=event,
                choice=tool.choice,
                channel=tool.channel,
                evidence={"id": tool.id},
            )
        reason = _not_json(arguments) if tool.json else None
        if reason is None:
            continue
        limited = segment.finish_reasons.get(tool.choice) in _LIMITED
        trail.find(
            "order/tool-arguments",
            f"the arguments of tool call {tool.index} ({tool.name or 'no name'}) are not JSON: {reason}",
            severity=Severity.NOTE if cut or limited or segment.error is not None else Severity.ERROR,
            event=event,
            choice=tool.choice,
            channel=tool.channel,
            evidence={"arguments": arguments[-200:], "reason": reason},
        )


def _judge_finish(segment: Segment, trail: Trail) -> None:
    """The finish reason fits what was said."""
    if segment.error is not None:
        return
    for choice, reason in segment.finish_reasons.items():
        calls = any(t.choice == choice for t in segment.tools)
        if reason in _CALLING and not calls:
            trail.find(
                "order/finish-reason",
                f"finish reason {reason!r} and no tool call",
                event=segment.finish_events.get(choice),
                choice=choice,
                evidence={"finish_reason": reason},
            )


def _judge_usage(segment: Segment, trail: Trail) -> None:
    """The token count fits the text. Reasoning may be hidden and tokenizers differ, so this is never more than a note."""
    usage = segment.usage or {}
    count = next((usage[name] for name in _COUNTS if isinstance(usage.get(name), int)), None)
    if count is None or segment.error is not None:
        return
    chars = segment.chars
    if chars > MAX_CHARS_A_TOKEN * max(count, 1) and chars > MIN_CHARS_TO_COUNT:
        what = f"{chars} characters came for {count} output tokens: more than they can hold"
    elif count > MIN_TOKENS_UNSEEN and not chars and not segment.tools:
        what = f"{count} output tokens were counted and no text came"
    else:
        return
    event = segment.ended if segment.ended is not None else max(segment.finish_events.values(), default=None)
    trail.find("order/usage", what, event=event, evidence={"output_tokens": count, "chars": chars})


def _not_json(arguments: str) -> str | None:
    """Return why joined tool arguments are not one JSON value, None when they are (or when there are none)."""
    if not arguments.strip():
        return None
    try:
        msgspec.json.decode(arguments.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return str(error)[:120]
    return None
