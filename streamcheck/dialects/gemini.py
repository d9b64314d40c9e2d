"""Gemini: streamGenerateContent of the Gemini API and of Vertex, and the whole answer of generateContent.

In:   unnamed events with {candidates[{content{parts[]}, finishReason?}], usageMetadata, modelVersion, responseId}; without alt=sse
      one JSON array, whose elements come here as events. Cloud Code Assist wraps each of them in {"response": ...}.
Out:  content, reasoning (parts with `thought`), tool calls. Other parts (code, its result, images, signatures) are no text.
Rule: one responseId; there is no terminal marker: the end is a finishReason for each candidate that spoke.
      Legal and silent: a candidate without index, content or parts; chunks without candidates; empty texts beside a signature;
      several finishReasons, with parts between them and counts that begin again, where the server ran code or tools of its own;
      "[DONE]" behind a gateway. A prompt that was blocked has no candidates: that is a refusal, not a cut.
"""

__all__ = ("Gemini",)

import json
import re
from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import ProviderError, Severity

# The parts by which the server shows that it ran something itself: generation then goes on after a finishReason.
_SERVER_SIDE = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
_NO_REASON = "FINISH_REASON_UNSPECIFIED"  # the enum's zero: nothing was said
# RFC 9535, the singular queries that a path to one argument can be.
_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")


class Gemini:
    """gemini."""

    name: ClassVar[str] = "gemini"

    def __init__(self) -> None:
        self._replies: dict[int, _Reply] = {}  # by segment

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        inner = value.get("response")
        if type(inner) is dict and "candidates" not in value:
            value = inner
        named = "usageMetadata" in value or "modelVersion" in value or "responseId" in value
        candidates = value.get("candidates")
        if type(candidates) is list:
            if named:
                return 95
            first = candidates[0] if candidates else None
            return 85 if type(first) is dict and ("content" in first or "finishReason" in first) else 0
        if type(value.get("promptFeedback")) is dict:
            return 90
        return 85 if type(value.get("usageMetadata")) is dict and ("modelVersion" in value or "responseId" in value) else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        candidates = value.get("candidates")
        if candidates is None and type(inner := value.get("response")) is dict:
            value = inner
            candidates = value.get("candidates")
        usage = value.get("usageMetadata")
        usage = usage if type(usage) is dict else None
        self._identify(value, usage, out)
        reply = self._replies.get(out.now.number)
        if reply is None:
            reply = self._replies[out.now.number] = _Reply()
        if type(candidates) is list:
            for candidate in candidates:
                if type(candidate) is dict:
                    reply.read(candidate, out)
        if usage is not None:
            reply.count(usage, out)
        if "promptFeedback" in value:
            _feedback(value["promptFeedback"], out)
        if value.get("error") or event == "error":
            out.error(value)

    def _identify(self, value: dict[str, Any], usage: dict[str, Any] | None, out: Assembly) -> None:
        """Say which response this event belongs to. There is no opening event: another id is the sign, or counts that begin again."""
        id, model = value.get("responseId"), value.get("modelVersion")
        id = id if type(id) is str else None
        known = out.now.id
        starts = bool(id and known and id != known)
        if not starts and usage is not None and value.get("candidates"):
            reply = self._replies.get(out.now.number)
            if reply is not None and reply.ended_at is not None and not reply.server_side:
                count = usage.get("candidatesTokenCount")
                starts = type(count) is int and count < reply.tokens
        out.identity(id, model=model if type(model) is str else None, starts=starts)

    def text_event(self, text: str, out: Assembly) -> bool:
        if not text.startswith("[DONE]"):
            return False
        out.terminal()
        return True

    def close(self, out: Assembly) -> None:
        last = out.now
        for segment in out.segments:
            if (reply := self._replies.get(segment.number)) is not None:
                out.now = segment
                reply.close(out)
        out.now = last
        late = self._replies[last.number].late if last.number in self._replies else {}
        spoke = {choice for choice, _ in last.channels} | {t.choice for t in last.tools}
        unfinished = sorted(spoke - set(last.finish_reasons) - set(late))
        if not last.finish_reasons and not late:
            out.missing_terminal("finishReason")
        elif unfinished:
            out.missing_terminal(f"the finishReason of candidate {unfinished[0]}")


def _feedback(feedback: Any, out: Assembly) -> None:
    if type(feedback) is not dict or type(feedback.get("blockReason")) is not str:
        return
    reason = feedback["blockReason"]
    if reason == "BLOCKED_REASON_UNSPECIFIED":
        return
    message = feedback.get("blockReasonMessage")
    out.now.error = out.event
    out.refuse(
        ProviderError(
            "content-filter",
            message=message if type(message) is str and message else f"the prompt was blocked: {reason[:80]}",
            code=reason[:80],
            rule="gemini:prompt-blocked",
        ),
        Severity.ERROR,
    )


class _Reply:
    """What one response has shown so far."""

    __slots__ = ("calls", "ended_at", "late", "open", "server_side", "tokens")

    def __init__(self) -> None:
        self.server_side = False  # code or a tool was run by the server
        self.ended_at: int | None = None  # event of the first finishReason
        self.tokens = 0  # the last candidatesTokenCount
        self.late: dict[int, int] = {}  # per candidate: the first event with parts after its finishReason
        self.calls: dict[int, int] = {}  # per candidate: how many tool calls it opened
        self.open: dict[int, _Arguments] = {}  # per candidate: the call whose arguments go on

    def read(self, candidate: dict[str, Any], out: Assembly) -> None:
        choice = candidate.get("index")
        if type(choice) is not int:
            choice = 0
        content = candidate.get("content")
        if type(content) is dict and type(parts := content.get("parts")) is list:
            for part in parts:
                if type(part) is dict:
                    self._part(choice, part, out)
        reason = candidate.get("finishReason")
        if type(reason) is str and reason and reason != _NO_REASON:
            if self.ended_at is None:
                self.ended_at = out.event
            if self.late.pop(choice, None) is not None and not self.server_side:
                out.find(
                    "order/finish-reason",
                    f"candidate {choice} went on after its finishReason and ends a second time ({reason[:40]})",
                    severity=Severity.NOTE,
                    choice=choice,
                    evidence={"finish_reason": reason[:80]},
                )
            out.finish(choice, reason)

    def _part(self, choice: int, part: dict[str, Any], out: Assembly) -> None:
        text = part.get("text")
        if type(text) is str:
            if text:
                if choice in out.now.finish_reasons:
                    self._go_on(choice, out)
                out.delta(choice, "reasoning" if part.get("thought") else "content", text)
            return
        call = part.get("functionCall")
        if type(call) is dict:
            if choice in out.now.finish_reasons:
                self._go_on(choice, out)
            self._call(choice, call, out)
        elif not self.server_side and any(name in part for name in _SERVER_SIDE):
            self.server_side = True

    def _go_on(self, choice: int, out: Assembly) -> None:
        """Parts after a finishReason: legal when another one follows. Until then the candidate is not finished."""
        del out.now.finish_reasons[choice]
        if not self.server_side:
            self.late.setdefault(choice, out.event)

    def _call(self, choice: int, call: dict[str, Any], out: Assembly) -> None:
        """A whole call, or on Vertex a piece of one: a name, then arguments by path, as long as it says `willContinue`."""
        name, id, args, partial = call.get("name"), call.get("id"), call.get("args"), call.get("partialArgs")
        name = name if type(name) is str and name else None
        id = id if type(id) is str and id else None
        going_on = self.open.get(choice)
        if going_on is None or (name is not None and (id is None or id != going_on.id)):
            if name is None and id is None and args is None and not partial:
                return  # {} closes a call; one that closes nothing says nothing
            number = self.calls.get(choice, 0)
            self.calls[choice] = number + 1
            going_on = self.open[choice] = _Arguments(number, id)
        text = ""
        if type(args) in (dict, list) and (args or partial is None) and not going_on.path:
            text = _json_text(args)
        elif type(args) is str:
            text = args
        elif type(partial) is list:
            text = "".join(going_on.write(piece) for piece in partial if type(piece) is dict)
        if call.get("willContinue") is not True:
            text += going_on.end()
            del self.open[choice]
        out.tool_call(choice, going_on.number, id=id, name=name, arguments=text or None)

    def count(self, usage: dict[str, Any], out: Assembly) -> None:
        tokens = usage.get("candidatesTokenCount")
        if type(tokens) is int:
            if tokens < self.tokens and not self.server_side:
                out.find(
                    "order/usage",
                    f"usageMetadata.candidatesTokenCount goes back from {self.tokens} to {tokens}",
                    severity=Severity.NOTE,
                    evidence={"field": "candidatesTokenCount", "counts": [self.tokens, tokens]},
                )
            self.tokens = tokens
        out.usage(usage)

    def close(self, out: Assembly) -> None:
        for choice, event in self.late.items():
            out.find(
                "order/after-terminal",
                f"candidate {choice} goes on after its finishReason, and no other one follows",
                event=event,
                choice=choice,
                evidence={"ended_at_event": self.ended_at},
            )


class _Arguments:
    """JSON text of a call's arguments, written as their values come: cut arguments stay cut."""

    __slots__ = ("id", "in_string", "number", "path")

    def __init__(self, number: int, id: str | None) -> None:
        self.number = number
        self.id = id
        self.path: list[str | int] = []  # of the value that was written last
        self.in_string = False

    def write(self, piece: dict[str, Any]) -> str:
        """Return what one partialArg adds: {jsonPath, stringValue | numberValue | boolValue | nullValue, willContinue?}."""
        path = _steps(piece.get("jsonPath"))
        if not path:
            return ""
        text = piece.get("stringValue")
        more = piece.get("willContinue") is True
        if self.in_string and path == self.path:
            inner = _quoted(text)[1:-1] if type(text) is str else ""
            self.in_string = more
            return inner if more else inner + '"'
        if path == self.path:
            return ""  # the end of a value that was whole already
        before = self._go_to(path)
        if before is None:
            return ""
        if type(text) is str:
            self.in_string = more
            return before + (_quoted(text)[:-1] if more else _quoted(text))
        number, truth = piece.get("numberValue"), piece.get("boolValue")
        if type(number) in (int, float):
            return before + _json_text(number)
        if type(truth) is bool:
            return before + ("true" if truth else "false")
        if more:
            self.in_string = True
            return before + '"'
        return before + "null"

    def _go_to(self, path: list[str | int]) -> str | None:
        """Return the JSON between the last value and the one at `path`, None where one of them lies inside the other."""
        last = self.path
        same = next((i for i, (a, b) in enumerate(zip(last, path, strict=False)) if a != b or type(a) is not type(b)), None)
        written = '"' if self.in_string else ""
        if not last:
            same = 0
            written += "{" if type(path[0]) is str else "["
        elif same is None or type(last[same]) is not type(path[same]):
            return None
        else:
            written += _closers(last[same + 1 :]) + ","
        for i in range(same, len(path)):
            step = path[i]
            if i > same:
                written += "{" if type(step) is str else "["
            if type(step) is str:
                written += _quoted(step) + ":"
        self.path, self.in_string = path, False
        return written

    def end(self) -> str:
        text = ('"' if self.in_string else "") + _closers(self.path)
        self.in_string = False
        return text


def _closers(steps: list[str | int]) -> str:
    return "".join("}" if type(step) is str else "]" for step in reversed(steps))


def _json_text(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):  # digits by the thousand, or nested too deeply to be written again
        return ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _steps(path: Any) -> list[str | int]:
    """Return the steps of a JSON path such as $.recipe.steps[6]; none where it is not of this kind."""
    if type(path) is not str or not path.startswith("$"):
        return []
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            return []
        name, index, single, double = found.groups()
        if index is not None:
            steps.append(int(index))
        else:
            steps.append(name if name is not None else re.sub(r"\\(.)", r"\1", single if single is not None else double))
        at = found.end()
    return steps
