"""Chat completions chunks: OpenAI and the many that speak its dialect, and Mistral, whose wire differs in two fields.

In:   unnamed events with {id, object, created, model, choices[], usage?} and then "[DONE]"; or one whole chat.completion.
Out:  reasoning, content, refusal and tool calls of each choice.
Rule: per choice: role, then text and tool fragments in any order, then one finish reason; "[DONE]" last.
      Legal and silent: the role on every chunk (Z.ai, Qwen, xAI) or on none; an opening chunk with empty id and no choices (Azure,
      Copilot); an id of its own for every chunk (Groq compound); usage on any chunk; the finish reason twice (OpenRouter); a cost
      chunk after "[DONE]" (OpenCode's gateway); `message` beside or after the deltas (Perplexity, MiniMax): it repeats them.
"""

__all__ = ("Mistral", "OpenAIChat")

import re
from typing import Any, ClassVar, NamedTuple

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity

_MISTRAL = re.compile(r"(open-)?(mistral|ministral|magistral|mixtral|codestral|devstral|pixtral|voxtral)\b")
_MISTRAL_ID = re.compile(r"[0-9a-f]{32}|.*REDACTED.*")


class _Same(NamedTuple):
    """The one text in which consecutive documents differ."""

    choice: int
    channel: str
    delta: dict[str, Any]
    field: str


_CHANNELS = {"content": "content", "reasoning_content": "reasoning", "reasoning": "reasoning"}


def _same_of(choices: list[Any], hole: tuple[Any, Any]) -> _Same | None:
    """Return the place of the text, when a document of one choice holds one text, no finish reason, and differs in that text only."""
    if len(choices) != 1 or type(choices[0]) is not dict or choices[0].get("finish_reason"):
        return None
    delta = choices[0].get("delta")
    index = choices[0].get("index")
    if type(delta) is not dict or type(index) is not int:
        return None
    filled = [field for field, value in delta.items() if value and field != "role"]
    if len(filled) == 1 and filled[0] in _CHANNELS and hole[0] is delta and hole[1] == filled[0]:
        return _Same(index, _CHANNELS[filled[0]], delta, filled[0])
    return None


class OpenAIChat:
    """openai-chat."""

    name: ClassVar[str] = "openai-chat"

    def __init__(self) -> None:
        self._texts_at_role: dict[Any, int] = {}  # per choice: content deltas when the role last came
        self._last: Any = None  # the document before
        self._same: _Same | None = None  # what the last two documents had in common, when they differ in one text only

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        kind = value.get("object")
        choices = value.get("choices")
        if not isinstance(choices, list):
            return 0
        if isinstance(kind, str) and kind.startswith("chat.completion"):
            return 90
        if kind == "text_completion":
            return 0
        if choices and isinstance(choices[0], dict):
            return 70 if isinstance(choices[0].get("delta"), dict) or isinstance(choices[0].get("message"), dict) else 0
        return 40 if "prompt_filter_results" in value or kind == "" else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        same = self._same
        if same is not None:
            # The reader (wire/documents.py) gives the same object again for a document that differs in one string only.
            if value is self._last and (text := same.delta[same.field]):
                out.delta(same.choice, same.channel, text)
                return
            self._leave_same(same, out)
        if type(value) is not dict:
            return
        choices = value.get("choices")
        if type(choices) is not list:
            choices = []
        id, created = value.get("id"), value.get("created")
        out.identity(
            id if type(id) is str else None,
            created if type(created) is int else None,
            value.get("model"),
            bool(choices) and not value.get("usage") and self._starts(choices[0], out),
        )
        for choice in choices:
            if type(choice) is dict:
                self._choice(choice, out)
        if "usage" in value:
            out.usage(value["usage"])
        if event == "error" or "error" in value or not choices:
            self._no_answer(event, value, out)
        if value.get("object") == "chat.completion":
            self._whole(choices, out)
        if value is self._last:
            self._same = _same_of(choices, out.hole)
        self._last = value

    def _leave_same(self, same: _Same, out: Assembly) -> None:
        """Another kind of document comes: note what those in between would have noted."""
        if same.delta.get("role"):
            content = out.now.channels.get((same.choice, "content"))
            self._texts_at_role[same.choice] = len(content.pieces) if content is not None else 0
        self._same = None

    def _starts(self, choice: Any, out: Assembly) -> bool:
        """Say whether this chunk can only open a message: a lone role after texts that came without one."""
        delta = choice.get("delta") if type(choice) is dict else None
        if type(delta) is not dict or not delta.get("role"):
            return False
        index = choice.get("index")
        content = out.now.channels.get((index, "content")) if type(index) is int else None
        texts = len(content.pieces) if content is not None else 0
        silent = texts - self._texts_at_role.get(index, texts)
        self._texts_at_role[index] = texts + bool(delta.get("content"))
        return silent > 0 and not choice.get("finish_reason") and not any(v for field, v in delta.items() if field != "role")

    def _choice(self, choice: dict[str, Any], out: Assembly) -> None:
        index = choice.get("index")
        if type(index) is not int:
            index = 0
        delta = choice.get("delta")
        if type(delta) is dict:
            self._delta(index, delta, out)
        elif type(message := choice.get("message")) is dict and not out.now.text(index, "content"):
            self._delta(index, message, out)
        if choice.get("finish_reason"):
            out.finish(index, choice["finish_reason"])
        if "usage" in choice:  # Moonshot
            out.usage(choice["usage"])

    def _delta(self, index: int, delta: dict[str, Any], out: Assembly) -> None:
        for field, value in delta.items():
            if not value:
                continue
            if field == "content":
                if type(value) is str:
                    out.delta(index, "content", value)
                else:
                    self._parts(index, value, out)
            elif field == "reasoning_content":
                if type(value) is str:
                    out.delta(index, "reasoning", value)
            elif field == "reasoning":
                # Some servers send both names, with the same text: it is one reasoning.
                if type(value) is str and not delta.get("reasoning_content"):
                    out.delta(index, "reasoning", value)
            elif field == "refusal":
                if type(value) is str:
                    out.delta(index, "refusal", value)
            elif field == "tool_calls":
                self._tool_calls(index, value, out)
            elif field == "function_call":
                self._tool_calls(index, [{"index": 0, "id": "function_call", "function": value}], out)

    def _whole(self, choices: list[Any], out: Assembly) -> None:
        """A plain answer, not a stream; Perplexity and MiniMax also end a stream with one."""
        if choices and type(choices[0]) is dict and "delta" not in choices[0] and out.event == 0:
            out.now.whole = True

    def _parts(self, index: int, parts: Any, out: Assembly) -> None:
        """Mistral's reasoning models send content as a list of thinking and text parts."""
        if type(parts) is not list:
            return
        for part in parts:
            if type(part) is not dict:
                continue
            if type(part.get("text")) is str:
                out.delta(index, "content", part["text"])
            thinking = part.get("thinking")
            if type(thinking) is str:
                out.delta(index, "reasoning", thinking)
            elif type(thinking) is list:
                for inner in thinking:
                    if type(inner) is dict and type(inner.get("text")) is str:
                        out.delta(index, "reasoning", inner["text"])

    def _tool_calls(self, choice: int, calls: Any, out: Assembly) -> None:
        if type(calls) is not list:
            return
        for call in calls:
            if type(call) is not dict:
                continue
            function = call.get("function")
            if type(function) is not dict:
                function = {}
            index, id, name, arguments = call.get("index"), call.get("id"), function.get("name"), function.get("arguments")
            if type(arguments) in (dict, list):  # some proxies send the object itself
                import json

                arguments = json.dumps(arguments, ensure_ascii=False)
            out.tool_call(
                choice,
                index if type(index) is int else None,
                id=id if type(id) is str and id else None,
                name=name if type(name) is str and name else None,
                arguments=arguments if type(arguments) is str else None,
            )

    def _no_answer(self, event: str, value: dict[str, Any], out: Assembly) -> None:
        """A chunk that may be an error: told as an object, by the event's name, or as code and message at the top."""
        if (
            value.get("error")
            or event == "error"
            or (value.get("success") is False and "msg" in value)
            or value.get("object") == "error"
        ):
            out.error(value)

    def text_event(self, text: str, out: Assembly) -> bool:
        if not text.startswith("[DONE]"):
            return False
        out.terminal()
        return True

    def close(self, out: Assembly) -> None:
        now = out.now
        if now.whole:
            return
        spoke = {choice for choice, _ in now.channels} | {t.choice for t in now.tools}
        unfinished = sorted(spoke - set(now.finish_reasons))
        if now.ended is None and not now.finish_reasons:
            out.missing_terminal("finish_reason and [DONE]")
        elif now.ended is None and unfinished:
            out.missing_terminal(f"the finish_reason of choice {unfinished[0]}")
        elif now.ended is None:
            # Many servers leave out [DONE]; one that leaves out the end of its last event as well was cut off there.
            if out.cut_off:
                out.missing_terminal("[DONE] and the end of its last event", severity=Severity.WARNING)
            else:
                out.missing_terminal("[DONE]", severity=Severity.NOTE)
        elif unfinished or not now.finish_reasons:
            # One gateway never sends a finish reason, and does send the usage: then the answer was counted to its end.
            out.missing_terminal("finish_reason", severity=Severity.NOTE if now.usage else Severity.ERROR)


class Mistral(OpenAIChat):
    """mistral: the same grammar; content may be a list of parts, `p` is random padding."""

    name: ClassVar[str] = "mistral"

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if OpenAIChat.sniff(event, value) < 70:
            return 0
        model, id = value.get("model"), value.get("id")
        native = isinstance(model, str) and _MISTRAL.match(model) and isinstance(id, str) and _MISTRAL_ID.fullmatch(id)
        return 95 if native else 0
