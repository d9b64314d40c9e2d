"""Transcripts of Claude Code (`~/.claude/projects/<folder>/<session>.jsonl`).

In:   JSON lines; an answer is written one line a content block, all with the same message id.
Out:  one text-only response for each message of the assistant; an API error is a response with the body that the API sent.
Rule: blocks of one message are joined in the order of the file; a line that a resumed session repeats (same uuid) counts once. The
      stop reason is often missing and proves nothing. Reasoning may be there as a signature alone: a remark, no loss.
"""

__all__ = ("ClaudeCode",)

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Response
from streamcheck.errors import UsageError
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import moment, number, object_at, objects, seconds_between, text_at
from streamcheck.importers._source import Source
from streamcheck.importers._spoken import Spoken

_LINE = re.compile(rb'"(?:sessionId|leafUuid)"\s*:')
_TYPE = re.compile(rb'"type"\s*:\s*"(?:user|assistant|system|summary|progress|file-history-snapshot|queue-operation)"')
_API_ERROR = re.compile(r"API Error:? (\d{3}) (\{.*)", re.DOTALL)


class ClaudeCode:
    """See the module."""

    name: ClassVar[str] = "claude-code"
    meaning: ClassVar[str] = "a transcript of Claude Code"

    def recognises(self, path: str, head: bytes) -> bool:
        return head.lstrip().startswith(b"{") and _LINE.search(head) is not None and _TYPE.search(head) is not None

    def import_from(self, source: Source) -> Iterator[Imported]:
        messages: dict[str, list[dict[str, Any]]] = {}
        seen: set[str] = set()
        known = False
        for line in source.json_lines():
            if not isinstance(line.value, dict):
                why = "is it still being written?" if line.last else "left out"
                source.remarks.append(f"line {line.number} is not a whole record: {why}")
                continue
            known = known or ("type" in line.value and ("sessionId" in line.value or "uuid" in line.value))
            uuid = text_at(line.value, "uuid")
            if line.value.get("type") != "assistant" or (uuid and uuid in seen):
                continue
            seen.add(uuid)
            if source.session in (None, text_at(line.value, "sessionId")):
                id = text_at(line.value, "message", "id") or f"line {line.number}"
                messages.setdefault(id, []).append(line.value)
        if not known:
            raise UsageError(f"{source.path}: no transcript of a Claude Code that is known")
        for id, lines in messages.items():
            yield _imported(id, lines)


def _imported(id: str, lines: list[dict[str, Any]]) -> Imported:
    spoken = Spoken()
    stop = ""
    for line in lines:
        stop = text_at(line, "message", "stop_reason") or stop
        for block in objects(line, "message", "content"):
            _take(spoken, block)
    first, last = lines[0], lines[-1]
    begun = moment(first, "timestamp")
    took = seconds_between(begun, moment(last, "timestamp"))
    error = next((line for line in lines if line.get("isApiErrorMessage") is True), None)
    response, chunks = _refusal(error, spoken) if error is not None else (None, ())
    if error is not None:
        spoken.remarks.append("the client wrote this in place of an answer")
    return Imported(
        id,
        ClaudeCode.name,
        Fidelity("reconstructed" if chunks else "none", "ends" if len(lines) > 1 and took is not None else "none"),
        hop="storage",
        host="claude-code",
        started=begun,
        response=response,
        chunks=chunks,
        deltas=() if chunks else tuple(spoken.deltas),
        end=End("eof", at=took if len(lines) > 1 else None),
        remarks=tuple(spoken.remarks),
        about=spoken.about(
            session=text_at(first, "sessionId"),
            client=f"claude-code {text_at(first, 'version')}".strip(),
            model=text_at(first, "message", "model"),
            finish=stop,
            request_id=text_at(first, "requestId"),
            tokens=object_at(last, "message", "usage"),
            sidechain=first.get("isSidechain") is True or None,
        ),
    )


def _take(spoken: Spoken, block: dict[str, Any]) -> None:
    match block.get("type"):
        case "text":
            spoken.say("content", text_at(block, "text"))
        case "thinking" if text_at(block, "thinking"):
            spoken.say("reasoning", text_at(block, "thinking"))
        case "thinking" | "redacted_thinking":
            spoken.remarks.append("a block of reasoning is kept as a signature alone: its text is not here")
        case "tool_use" | "server_tool_use":
            spoken.call(text_at(block, "name"), text_at(block, "id"), block.get("input"))


def _refusal(line: dict[str, Any], spoken: Spoken) -> tuple[Response | None, tuple[Chunk, ...]]:
    """Return the API's own error, where the client repeated it whole."""
    found = _API_ERROR.search("".join(delta.text for delta in spoken.deltas))
    if found is None:
        return None, ()
    status = number(line, "apiErrorStatus") or float(found[1])
    response = Response(int(status) if 100 <= status < 1000 else None, (("content-type", "application/json"),))
    return response, (Chunk(None, found[2].strip().encode("utf-8", "replace")),)
