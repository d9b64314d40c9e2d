"""Ollama: NDJSON of /api/chat and /api/generate, and their whole answers.

In:   unnamed events with {model, created_at, message{content, thinking?, tool_calls?} | response, thinking?, done}.
Out:  content, reasoning, tool calls (whole; their arguments are objects here and become JSON text).
Rule: `done: true` exactly once and last; an {"error": ...} line ends the stream too. No line has an id: what tells two responses
      apart is time. created_at only grows, and the last line's total_duration reaches back to the request, so no line of this
      response can be older than that.
      Legal and silent: empty content; a last line with content; no done_reason (old servers); tool calls under one index, or none.
"""

__all__ = ("Ollama",)

import json
from datetime import datetime
from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity

_USAGE = ("prompt_eval_count", "eval_count", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
_OTHER_RESPONSE_S = 10.0  # a clock that is set back moves by less; joined responses were seconds to months apart. guess
_MIN_GAP_S = 2.0  # between two lines, where total_duration says that the first belongs to another request. guess
_NS = 1e9


class Ollama:
    """ollama."""

    name: ClassVar[str] = "ollama"

    def __init__(self) -> None:
        self._lines: list[tuple[int, float]] = []  # of the present response: event and created_at of its lines
        self._last: float | None = None  # created_at of the line before
        self._calls = 0
        self._segment = 0
        self._first = True
        self._models_differ = False

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict or type(value.get("done")) is not bool:
            return 0
        if type(value.get("message")) is not dict and type(value.get("response")) is not str:
            return 0
        return 95 if "created_at" in value or "model" in value else 60

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        if value.get("error"):
            out.error(value)
            return
        message, done = value.get("message"), value.get("done") is True
        speaker: dict[str, Any] = message if type(message) is dict else value
        text = speaker.get("content" if speaker is message else "response")
        thinking, calls = speaker.get("thinking"), speaker.get("tool_calls")
        self._identify(value, bool(text or thinking or calls), out)
        if done and self._first:
            out.now.whole = True
        self._first = False
        if type(thinking) is str:
            out.delta(0, "reasoning", thinking)
        if type(text) is str:
            out.delta(0, "content", text)
        if type(calls) is list:
            for call in calls:
                self._tool_call(call, out)
        if done:
            self._done(value, out)

    def _identify(self, value: dict[str, Any], speaks: bool, out: Assembly) -> None:
        model = value.get("model")
        model = model if type(model) is str else None
        created = _seconds(value.get("created_at"))
        if out.now.number != self._segment:  # a spliced frame opened another response
            self._begin(out)
        before = self._last
        starts = False
        if created is not None:
            if before is not None:
                back = before - created
                if back >= _OTHER_RESPONSE_S:
                    starts = True
                elif out.now.ended is not None:
                    starts = speaks and back < 0
                elif back > 0:
                    out.find(
                        "order/sequence-gap",
                        f"created_at goes back by {back:.3f} s: lines have changed places",
                        severity=Severity.WARNING,
                        evidence={"back_s": round(back, 6)},
                    )
            self._last = created
        out.identity(None, model=model, starts=starts)
        if out.now.number != self._segment:
            self._begin(out)
            out.now.model = model
            self._last = created
        elif model and model != out.now.model and not self._models_differ:
            self._models_differ = True
            out.find(
                "order/identity-change",
                f"the model changes from {out.now.model!r} to {model[:80]!r} inside the response",
                evidence={"models": [out.now.model, model[:80]]},
            )
        if created is not None:
            self._lines.append((out.event, created))

    def _begin(self, out: Assembly) -> None:
        self._segment = out.now.number
        self._lines, self._calls, self._last = [], 0, None

    def _tool_call(self, call: Any, out: Assembly) -> None:
        function = call.get("function") if type(call) is dict else None
        if type(function) is not dict:
            return
        id, name, arguments = call.get("id"), function.get("name"), function.get("arguments")
        if type(arguments) in (dict, list):
            try:
                arguments = json.dumps(arguments, ensure_ascii=False)
            except (ValueError, RecursionError):  # digits by the thousand, or nested too deeply to be written again
                arguments = None
        # Each element is a whole call; the index in it, if any, is 0 for all of them on many servers.
        out.tool_call(
            0,
            self._calls,
            id=id if type(id) is str and id else None,
            name=name if type(name) is str and name else None,
            arguments=arguments if type(arguments) is str else None,
        )
        self._calls += 1

    def _done(self, value: dict[str, Any], out: Assembly) -> None:
        out.usage({name: value[name] for name in _USAGE if type(value.get(name)) is int})
        out.finish(0, value.get("done_reason"))
        if out.now.ended is not None:
            out.find("order/duplicate-event", "a second line says done: true", evidence={"ended_at_event": out.now.ended})
        self._find_older_lines(value, out)
        out.terminal()

    def _find_older_lines(self, value: dict[str, Any], out: Assembly) -> None:
        """Lines from before the request belong to another response, whose end is missing."""
        total = value.get("total_duration")
        if type(total) is not int or total <= 0 or len(self._lines) < 2 or self._last is None:
            return
        begun = self._last - total / _NS - 1.0  # a second for clocks that are read at different moments
        for i in range(len(self._lines) - 1, 0, -1):
            created, before = self._lines[i][1], self._lines[i - 1][1]
            if before < begun <= created:
                if created - before >= _MIN_GAP_S:
                    out.find(
                        "order/restarted",
                        f"a second response begins here: it took {total / _NS:.1f} s, and the line before is {self._last - before:.1f} s old at its end",
                        event=self._lines[i][0],
                        evidence={
                            "total_duration_s": total / _NS,
                            "gap_s": round(created - before, 3),
                            "because": "lines older than the request",
                        },
                    )
                return

    def text_event(self, text: str, out: Assembly) -> bool:
        return False

    def close(self, out: Assembly) -> None:
        if out.now.ended is None and not out.now.whole:
            out.missing_terminal("the line with done: true")


def _seconds(created_at: Any) -> float | None:
    """Return an RFC 3339 time as seconds since 1970; None for anything else, such as Go's zero time."""
    if type(created_at) is not str or len(created_at) > 40:
        return None
    try:
        seconds = datetime.fromisoformat(created_at).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds > 0 else None
