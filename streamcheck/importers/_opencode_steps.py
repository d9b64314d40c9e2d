"""opencode's messages and parts as responses, whichever store they lay in.

In:   one assistant message's record and its parts, in the order of their ids.
Out:  one Imported a step: a step is one request, and a message of the current versions has one.
Rule: texts are taken as they stand; opencode trims the end of each part, and a plugin may have rewritten it. A message that was retried
      keeps what the failed attempt had said: it stays, and the remark says so.
"""

__all__ = ("Session", "steps_of")

from collections.abc import Iterator
from typing import Any, NamedTuple

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Chunk, End, Response
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import moment, number, object_at, seconds_between, text_at
from streamcheck.importers._spoken import Spoken

_UNSURE = ("unknown", "other", "")  # finish reasons that opencode gives to a stream without an end of its own


class Session(NamedTuple):
    id: str
    version: str = ""


def steps_of(
    session: Session, id: str, message: dict[str, Any], parts: list[dict[str, Any]], lost: list[str]
) -> Iterator[Imported]:
    """Yield the steps of an assistant message. lost: remarks on its parts that could not be read."""
    steps = _split(parts)
    for number_, step in enumerate(steps, 1):
        last = number_ == len(steps)
        name = id if len(steps) == 1 else f"{id}#{number_}"
        yield _step(session, name, message, step, lost if last else [], last=last)


def _split(parts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the parts of each step. A step-start behind a step-finish begins a new one; behind another step-start it is a retry."""
    steps: list[list[dict[str, Any]]] = [[]]
    finished = False
    for part in parts:
        if part.get("type") == "step-start" and finished:
            steps.append([])
            finished = False
        finished = finished or part.get("type") == "step-finish"
        steps[-1].append(part)
    return steps


def _step(
    session: Session, name: str, message: dict[str, Any], parts: list[dict[str, Any]], lost: list[str], *, last: bool
) -> Imported:
    spoken = Spoken()
    spoken.remarks += lost
    finish = ""
    starts = 0
    for part in parts:
        match part.get("type"):
            case "text" | "reasoning" as kind:
                _take_text(spoken, part, kind)
            case "tool":
                _take_tool(spoken, part)
            case "step-start":
                starts += 1
            case "step-finish":
                finish = text_at(part, "reason")
            case "retry":
                spoken.remarks.append(f"opencode retried (attempt {number(part, 'attempt') or 0:g}): {_error_of(part)}")
    if starts > 1:
        spoken.remarks.append(
            f"{starts} steps began and one ended: what a failed attempt said stands before what the next one said"
        )
    if last:
        finish = finish or text_at(message, "finish")
    created, completed = moment(message, "time", "created"), moment(message, "time", "completed")
    took = seconds_between(created, completed) if last else None
    end = _end_of(message, took, spoken) if last else End("eof")
    if end is not None and end.reason == "eof" and finish in _UNSURE:
        spoken.remarks.append(f"the finish reason is {finish or 'missing'}: the stream may have ended early")
    if end is None:
        spoken.remarks.append("the message is not completed: opencode was stopped, or is still writing it")
    response, chunks = _refusal(message) if last and not spoken.deltas else (None, ())
    return Imported(
        name,
        "opencode",
        Fidelity("reconstructed" if chunks else "none", "ends" if took is not None else "none"),
        hop="storage",
        host=text_at(message, "providerID") or text_at(message, "model", "providerID") or "opencode",
        started=created,
        response=response,
        chunks=chunks,
        deltas=tuple(spoken.deltas),
        end=End("eof") if chunks else end,
        remarks=tuple(spoken.remarks),
        about=spoken.about(
            session=session.id,
            client=f"opencode {session.version}".strip(),
            provider=text_at(message, "providerID") or text_at(message, "model", "providerID"),
            model=text_at(message, "modelID") or text_at(message, "model", "id"),
            finish=finish,
            tokens=object_at(message, "tokens"),
            error=text_at(message, "error", "name") if last else "",
        ),
    )


def _take_text(spoken: Spoken, part: dict[str, Any], kind: str) -> None:
    if part.get("synthetic") is True or part.get("ignored") is True:
        spoken.remarks.append(f"a {kind} part that opencode wrote itself is left out")
        return
    text = text_at(part, "text")
    times = object_at(part, "time")
    if "time" in part and times.get("end", times.get("completed")) is None:
        if text:
            spoken.remarks.append(f"a {kind} part has no end: it may be only the begin of what was said")
        else:
            spoken.remarks.append(f"a {kind} part was begun and never written: what was said is not in the store")
    spoken.say("content" if kind == "text" else "reasoning", text)


def _take_tool(spoken: Spoken, part: dict[str, Any]) -> None:
    state = object_at(part, "state")
    status = text_at(state, "status")
    name = text_at(part, "tool") or text_at(part, "name")
    arguments = state.get("raw") if text_at(state, "raw") and not state.get("input") else state.get("input")
    spoken.call(name, text_at(part, "callID") or text_at(part, "id"), arguments, status=status or None)
    if status in ("pending", "running"):
        spoken.remarks.append(f"tool call {name[:40]!r} is {status}: its arguments may not be whole")
    elif status == "error" and "abort" in text_at(state, "error").lower():
        spoken.remarks.append(f"tool call {name[:40]!r} was aborted: the stream may have broken off there")


def _error_of(part: dict[str, Any]) -> str:
    return (text_at(part, "error", "name") or text_at(part, "error", "data", "message") or "no reason told")[:80]


def _end_of(message: dict[str, Any], took: float | None, spoken: Spoken) -> End | None:
    error = text_at(message, "error", "name") or text_at(message, "error", "type")
    if error:
        spoken.remarks.append(f"the message ended with {error[:60]}")
        return End("cancel", at=took) if "Abort" in error else End("error", error=error[:60], at=took)
    return End("eof", at=took) if message.get("time") is None or object_at(message, "time").get("completed") is not None else None


def _refusal(message: dict[str, Any]) -> tuple[Response | None, tuple[Chunk, ...]]:
    """Return the provider's own error, where opencode kept it and the model said nothing."""
    details = object_at(message, "error", "data")
    body = text_at(details, "responseBody")
    if not body:
        return None, ()
    status = number(details, "statusCode")
    headers = object_at(details, "responseHeaders")
    kept = tuple((name, value) for name, value in headers.items() if isinstance(value, str) and name.lower() == "content-type")
    response = Response(int(status) if status and 100 <= status < 1000 else None, kept)
    return response, (Chunk(None, body.encode("utf-8", "replace")),)
