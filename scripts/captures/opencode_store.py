"""What opencode 1.1 keeps of its sessions: a tree of JSON files below storage/.

In:   Session values: what was asked, and what each step of the assistant said.
Out:  relative path -> bytes.
Rule: one record a file, indented by two, without a line end, as opencode writes them. Ids hold 48 bits of time and counter, those of
      sessions descending, and 14 characters that look drawn. The end of each text is trimmed: that is opencode's doing, and no damage.
"""

__all__ = ("Session", "Step", "opencode_id", "stored")

import hashlib
import json
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

VERSION = "1.1.35"
_BITS = (1 << 48) - 1
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FOLDER = "/home/dev/harbour"
_PROVIDER, _MODEL = "zai-coding-plan", "glm-4.7-flash"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One request and its answer. began: of the message; took: seconds. call: tool, its input, its output. tokens: read, written, thought."""

    began: datetime
    took: float
    reasoning: str
    content: str
    tokens: tuple[int, int, int]
    call: tuple[str, Record, str] | None = None


@dataclass(frozen=True, slots=True)
class Session:
    began: datetime
    title: str
    asked: datetime
    prompt: str
    steps: tuple[Step, ...]


def opencode_id(prefix: str, moment: datetime, seed: str, *, descending: bool = False) -> str:
    """Return an id as opencode makes them, for the first one of its millisecond."""
    value = _ms(moment) << 12 | 1
    digest = hashlib.sha256(f"{prefix} {seed}".encode()).digest()
    drawn = "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:14])
    return f"{prefix}_{(~value if descending else value) & _BITS:012x}{drawn}"


def stored(sessions: Sequence[Session]) -> dict[str, bytes]:
    """Return the files of storage/."""
    files: dict[str, Any] = {"storage/migration": 2}
    first = min(session.began for session in sessions)
    files["storage/project/global.json"] = {
        "id": "global",
        "worktree": "/",
        "time": {"created": _ms(first), "updated": _ms(first)},
    }
    for session in sessions:
        files |= {f"storage/{path}.json": record for path, record in _session_records(session)}
    return {path: json.dumps(record, ensure_ascii=False, indent=2).encode() for path, record in files.items()}


def _session_records(session: Session) -> Iterator[tuple[str, Record]]:
    id = opencode_id("ses", session.began, session.title, descending=True)
    updated = session.steps[-1].began + timedelta(seconds=session.steps[-1].took)
    yield (
        f"session/global/{id}",
        {
            "id": id,
            "version": VERSION,
            "projectID": "global",
            "directory": _FOLDER,
            "title": session.title,
            "time": {"created": _ms(session.began), "updated": _ms(updated)},
        },
    )
    asked = opencode_id("msg", session.asked, session.prompt)
    model = {"providerID": _PROVIDER, "modelID": _MODEL}
    created = {"created": _ms(session.asked)}
    yield (
        f"message/{id}/{asked}",
        {"id": asked, "sessionID": id, "role": "user", "time": created, "agent": "build", "model": model},
    )
    part = opencode_id("prt", session.asked, session.prompt)
    yield (
        f"part/{asked}/{part}",
        {"id": part, "sessionID": id, "messageID": asked, "type": "text", "text": session.prompt},
    )
    for step in session.steps:
        yield from _step_records(id, asked, step)


def _step_records(session: str, asked: str, step: Step) -> Iterator[tuple[str, Record]]:
    message = opencode_id("msg", step.began, step.reasoning)
    read, written, thought = step.tokens
    tokens = {"input": read, "output": written, "reasoning": thought, "cache": {"read": 4, "write": 0}}
    finish = "tool-calls" if step.call else "stop"
    ended = step.began + timedelta(seconds=step.took)
    yield (
        f"message/{session}/{message}",
        {
            "id": message,
            "sessionID": session,
            "role": "assistant",
            "time": {"created": _ms(step.began), "completed": _ms(ended)},
            "parentID": asked,
            "modelID": _MODEL,
            "providerID": _PROVIDER,
            "mode": "build",
            "agent": "build",
            "path": {"cwd": _FOLDER, "root": "/"},
            "cost": 0,
            "tokens": tokens,
            "finish": finish,
        },
    )
    parts = [*_parts(step), {"type": "step-finish", "reason": finish, "cost": 0, "tokens": tokens}]
    for number, part in enumerate(parts):
        moment = step.began + timedelta(seconds=step.took * (number + 1) / (len(parts) + 1))
        id = opencode_id("prt", moment, f"{message} {number}")
        yield f"part/{message}/{id}", {"id": id, "sessionID": session, "messageID": message, **part}


def _parts(step: Step) -> Iterator[Record]:
    """Yield the parts of a step but for its last one."""
    begun, ended = _ms(step.began), _ms(step.began + timedelta(seconds=step.took))
    yield {"type": "step-start"}
    if step.reasoning:
        yield {"type": "reasoning", "text": step.reasoning.rstrip(), "time": {"start": begun, "end": ended}}
    if step.content:
        yield {"type": "text", "text": step.content.rstrip(), "time": {"start": ended, "end": ended}}
    if step.call:
        name, asked, output = step.call
        state = {"status": "completed", "input": asked, "output": output, "title": "", "metadata": {}}
        call = hashlib.sha256(output.encode()).hexdigest()[:20]
        yield {"type": "tool", "callID": f"call_{call}", "tool": name, "state": {**state, "time": {"start": ended, "end": ended}}}


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
