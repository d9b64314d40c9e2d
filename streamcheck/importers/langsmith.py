"""Runs that LangSmith exports (JSON or JSON lines).

In:   runs; those of type "llm" count.
Out:  one text-only response a run, as the client had put it together.
Rule: `new_token` events, where the export has them, are deltas with times; else the outputs' text is one delta.
"""

__all__ = ("LangSmith",)

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import End, TextDelta
from streamcheck.errors import UsageError
from streamcheck.importers._chat_message import take_message
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import moment, object_at, objects, seconds_between, text_at, value_at
from streamcheck.importers._source import Source
from streamcheck.importers._spoken import Spoken

_RUN = re.compile(rb'"run_type"\s*:\s*"')


class LangSmith:
    """See the module."""

    name: ClassVar[str] = "langsmith"
    meaning: ClassVar[str] = "runs exported from LangSmith"

    def recognises(self, path: str, head: bytes) -> bool:
        return head.lstrip()[:1] in (b"{", b"[") and _RUN.search(head) is not None

    def import_from(self, source: Source) -> Iterator[Imported]:
        runs = 0
        for record in source.json_records():
            if not isinstance(record.value, dict):
                source.remarks.append(f"record {record.number} is not whole: left out")
            elif "run_type" in record.value:
                runs += 1
                if record.value.get("run_type") == "llm":
                    yield _imported(record.number, record.value)
        if not runs:
            raise UsageError(f"{source.path}: no runs of LangSmith in it")


def _imported(number: int, run: dict[str, Any]) -> Imported:
    started, ended = moment(run, "start_time"), moment(run, "end_time")
    took = seconds_between(started, ended)
    spoken = Spoken()
    outputs = object_at(run, "outputs")
    generation = value_at(outputs, "generations", 0, 0) or value_at(outputs, "generations", 0)
    message = (
        object_at(generation, "message", "kwargs")
        or object_at(generation, "message")
        or object_at(outputs, "choices", 0, "message")
        or object_at(outputs, "message")
        or (outputs if "content" in outputs else {})
    )
    take_message(spoken, message)
    if not spoken.deltas and not spoken.tools:
        spoken.say("content", text_at(generation, "text") or text_at(outputs, "output"))
    deltas = tuple(spoken.deltas)
    tokens = _token_deltas(run, started)
    timing = "ends" if took is not None else "none"
    if (
        tokens
        and "".join(delta.text for delta in tokens) == "".join(d.text for d in deltas if d.channel == "content")
        and len({delta.channel for delta in deltas}) == 1
    ):
        deltas, timing = tokens, "event"
    elif tokens:
        spoken.remarks.append("the token events do not add up to the text: their times are left out")
    error = text_at(run, "error")
    if error:
        spoken.remarks.append(f"the run failed: {error[:120]}")
    return Imported(
        text_at(run, "id") or f"run {number}",
        LangSmith.name,
        Fidelity("none", timing),
        hop="client",
        host="langsmith",
        started=started,
        deltas=deltas,
        end=End("error", error="RunError", at=took) if error else End("eof", at=took) if ended is not None else None,
        remarks=tuple(spoken.remarks),
        about=spoken.about(
            model=text_at(run, "extra", "metadata", "ls_model_name") or text_at(run, "extra", "invocation_params", "model"),
            finish=text_at(generation, "generation_info", "finish_reason") or text_at(outputs, "choices", 0, "finish_reason"),
            first_token_s=seconds_between(started, moment(run, "first_token_time")),
        ),
    )


def _token_deltas(run: dict[str, Any], started: datetime | None) -> tuple[TextDelta, ...]:
    deltas: list[TextDelta] = []
    for event in objects(run, "events"):
        if event.get("name") == "new_token":
            at = seconds_between(started, moment(event, "time"))
            if at is None:
                return ()
            if text := text_at(event, "kwargs", "token"):
                deltas.append(TextDelta(at, 0, "content", text))
    return tuple(deltas)
