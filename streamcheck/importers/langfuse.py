"""Observations that Langfuse exports (JSON, a page of its API, or JSON lines).

In:   observations; generations count.
Out:  one text-only response an observation, as the integration had put it together.
Rule: reasoning is there only if the integration logged it.
"""

__all__ = ("Langfuse",)

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import End
from streamcheck.errors import UsageError
from streamcheck.importers._chat_message import take_message
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import first, moment, object_at, objects, seconds_between, text_at, value_at
from streamcheck.importers._source import Source
from streamcheck.importers._spoken import Spoken

_OBSERVATION = re.compile(rb'"type"\s*:\s*"(?:GENERATION|SPAN|EVENT)"')
_TIME = re.compile(rb'"(?:startTime|start_time|traceId|trace_id)"\s*:')


class Langfuse:
    """See the module."""

    name: ClassVar[str] = "langfuse"
    meaning: ClassVar[str] = "observations exported from Langfuse"

    def recognises(self, path: str, head: bytes) -> bool:
        return head.lstrip()[:1] in (b"{", b"[") and _OBSERVATION.search(head) is not None and _TIME.search(head) is not None

    def import_from(self, source: Source) -> Iterator[Imported]:
        seen = 0
        for record in source.json_records():
            if not isinstance(record.value, dict):
                source.remarks.append(f"record {record.number} is not whole: left out")
                continue
            nested = list(objects(record.value, "observations"))  # a trace
            for observation in nested or [record.value]:
                seen += "startTime" in observation or "start_time" in observation
                if observation.get("type") == "GENERATION":
                    yield _imported(record.number, observation)
        if not seen:
            raise UsageError(f"{source.path}: no observations of Langfuse in it")


def _imported(number: int, observation: dict[str, Any]) -> Imported:
    def time(name: str, snake: str) -> Any:
        return first(moment(observation, name), moment(observation, snake))

    started, ended = time("startTime", "start_time"), time("endTime", "end_time")
    took = seconds_between(started, ended)
    spoken = Spoken()
    output = observation.get("output")
    take_message(spoken, first(value_at(output, "choices", 0, "message"), value_at(output, 0), output))
    failed = observation.get("level") == "ERROR"
    told = text_at(observation, "statusMessage") or text_at(observation, "status_message")
    if failed or told:
        spoken.remarks.append(f"the observation's status: {told[:120] or 'an error without a message'}")
    return Imported(
        text_at(observation, "id") or f"observation {number}",
        Langfuse.name,
        Fidelity("none", "ends" if took is not None else "none"),
        hop="client",
        host="langfuse",
        started=started,
        deltas=tuple(spoken.deltas),
        end=End("error", error="ObservationError", at=took) if failed else End("eof", at=took) if ended is not None else None,
        remarks=tuple(spoken.remarks),
        about=spoken.about(
            model=text_at(observation, "model"),
            trace=text_at(observation, "traceId"),
            tokens=object_at(observation, "usageDetails"),
            first_token_s=seconds_between(started, time("completionStartTime", "completion_start_time")),
        ),
    )
