"""Rollouts of the Codex CLI (`~/.codex/sessions/.../rollout-*.jsonl`, also .zst).

In:   JSON lines {timestamp, type, payload}; the oldest have the payload alone.
Out:  one text-only response for each answer of the model: what stands between two inputs.
Rule: `response_item` records only: `event_msg` repeats the same text. An answer ends where a tool's output, a person's message, a new
      turn or a token count follows. Reasoning is there as summaries, which is not what the model said.
"""

__all__ = ("Codex",)

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import End
from streamcheck.errors import UsageError
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import moment, objects, seconds_between, text_at, value_at
from streamcheck.importers._source import Source
from streamcheck.importers._spoken import Spoken

_META = re.compile(rb'"type"\s*:\s*"(?:session_meta|response_item|turn_context|event_msg)"')
_OLD_META = re.compile(rb'\s*\{[^\n]*"instructions"\s*:[^\n]*\}\s*\n')
_SAID = ("message", "reasoning", "function_call", "custom_tool_call", "local_shell_call", "web_search_call")
_BORDERS = ("token_count", "task_started", "turn_started", "task_complete", "turn_complete", "user_message")
_STOPS = ("error", "stream_error", "turn_aborted")


class Codex:
    """See the module."""

    name: ClassVar[str] = "codex"
    meaning: ClassVar[str] = "a rollout of the Codex CLI"

    def recognises(self, path: str, head: bytes) -> bool:
        if not head.lstrip().startswith(b"{"):
            return False
        new = _META.search(head) is not None and b'"payload"' in head
        return new or (_OLD_META.match(head) is not None and b'"timestamp"' in head and b'"id"' in head)

    def import_from(self, source: Source) -> Iterator[Imported]:
        rollout = _Rollout()
        known = False
        for line in source.json_lines():
            if not isinstance(line.value, dict):
                why = "is it still being written?" if line.last else "left out"
                source.remarks.append(f"line {line.number} is not a whole record: {why}")
                continue
            known = known or "payload" in line.value or "instructions" in line.value or line.value.get("type") in _SAID
            answer = rollout.take(line.value)
            if answer is not None and source.session in (None, rollout.session):
                yield answer
        if not known:
            raise UsageError(f"{source.path}: no rollout of a Codex CLI that is known")
        answer = rollout.finish()
        if answer is not None and source.session in (None, rollout.session):
            yield answer


class _Rollout:
    """The records in order, cut into answers."""

    def __init__(self) -> None:
        self.session = ""
        self._client = self._model = self._provider = ""
        self._count = 0
        self._spoken = Spoken()
        self._begun: datetime | None = None
        self._last: datetime | None = None
        self._end = End("eof")

    def take(self, record: dict[str, Any]) -> Imported | None:
        """Return the answer that this record ends."""
        payload = value_at(record, "payload")
        kind, at = text_at(record, "type"), moment(record, "timestamp")
        if not isinstance(payload, dict):
            payload = record
            kind = "response_item" if kind else "session_meta"
        match kind:
            case "session_meta":
                self.session = text_at(payload, "id") or self.session
                self._client = f"{text_at(payload, 'originator') or 'codex'} {text_at(payload, 'cli_version')}".strip()
                self._provider = text_at(payload, "model_provider")
            case "turn_context":
                answer = self.finish()
                self._model = text_at(payload, "model") or self._model
                return answer
            case "response_item":
                return self._take_piece(payload, at)
            case "event_msg":
                return self._take_event(payload, at)
        return None

    def finish(self) -> Imported | None:
        """Return the answer so far, None when nothing was said; the next one begins."""
        spoken, begun, end = self._spoken, self._begun, self._end
        took = seconds_between(begun, self._last)
        self._spoken, self._begun, self._last, self._end = Spoken(), None, None, End("eof")
        if not spoken.deltas and not spoken.tools:
            return None
        self._count += 1
        return Imported(
            f"answer {self._count}",
            Codex.name,
            Fidelity("none", "ends" if took else "none"),
            hop="storage",
            host=self._provider or "codex",
            started=begun,
            deltas=tuple(spoken.deltas),
            end=End(end.reason, error=end.error, at=took),
            remarks=tuple(dict.fromkeys(spoken.remarks)),
            about=spoken.about(session=self.session, client=self._client, model=self._model, provider=self._provider),
        )

    def _take_piece(self, payload: dict[str, Any], at: datetime | None) -> Imported | None:
        kind = text_at(payload, "type")
        if kind not in _SAID or (kind == "message" and payload.get("role") != "assistant"):
            return self.finish()
        self._begun, self._last = self._begun or at, at or self._last
        spoken = self._spoken
        match kind:
            case "message":
                spoken.say("content", "".join(text_at(part, "text") for part in objects(payload, "content")))
            case "reasoning":
                raw = "".join(text_at(part, "text") for part in objects(payload, "content"))
                summary = "\n".join(text_at(part, "text") for part in objects(payload, "summary"))
                spoken.say("reasoning", raw or summary)
                if not raw:
                    spoken.remarks.append("reasoning is kept as summaries: they are not what the model said")
            case "function_call":
                spoken.call(text_at(payload, "name"), text_at(payload, "call_id"), text_at(payload, "arguments"))
            case "custom_tool_call":
                spoken.call(text_at(payload, "name"), text_at(payload, "call_id"), text_at(payload, "input"), json=False)
            case _:
                spoken.call(kind, text_at(payload, "call_id") or text_at(payload, "id"), payload.get("action"))
        return None

    def _take_event(self, payload: dict[str, Any], at: datetime | None) -> Imported | None:
        kind = text_at(payload, "type")
        if kind in _STOPS:
            told = text_at(payload, "message") or text_at(payload, "reason")
            self._spoken.remarks.append(f"Codex noted {kind}: {told[:120] or 'no reason told'}")
            self._last = at or self._last
            self._end = End("cancel") if kind == "turn_aborted" else End("error", error=kind)
            return self.finish()
        return self.finish() if kind in _BORDERS else None
