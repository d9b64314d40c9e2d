from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.opencode_bus import OpencodeBus
from streamcheck.verdicts import Report
from tests.dialects.support import json_of, report, sse, told
from tests.strategies import chunkings

CONNECTED = {"type": "server.connected", "properties": {}}
BEAT = {"type": "server.heartbeat", "properties": {}}
TOKENS = {"input": 10, "output": 5, "reasoning": 0, "cache": {"read": 1, "write": 0}}


def loud(found: Report) -> list[tuple[str, str]]:
    return [(code, severity) for code, severity, _ in told(found) if severity != "note"]


def notes(found: Report) -> list[str]:
    return [code for code, severity, _ in told(found) if severity == "note"]


def bus(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "properties": properties}


def info(id: str, role: str, session: str = "s1", **more: Any) -> dict[str, Any]:
    return bus("message.updated", info={"id": id, "role": role, "sessionID": session, **more})


def part(
    kind: str, id: str, *, message: str = "a1", session: str = "s1", delta: str | None = None, **more: Any
) -> dict[str, Any]:
    whole = {"part": {"id": id, "messageID": message, "sessionID": session, "type": kind, **more}}
    return bus("message.part.updated", **whole, **({"delta": delta} if delta is not None else {}))


def delta(text: str, id: str = "p2", *, message: str = "a1", session: str = "s1") -> dict[str, Any]:
    return bus("message.part.delta", sessionID=session, messageID=message, partID=id, field="text", delta=text)


def tool(status: str, **more: Any) -> dict[str, Any]:
    return part("tool", "p3", callID="c1", tool="read", state={"status": status, **more})


PROMPT = [info("u1", "user"), part("text", "p0", message="u1", text="How is the weather?")]
BEGIN = [CONNECTED, *PROMPT, info("a1", "assistant", modelID="small-1"), part("step-start", "p1")]
END = [part("step-finish", "p9", reason="stop", tokens=TOKENS), bus("session.idle", sessionID="s1")]
OVER: dict[str, Any] = {"time": {"start": 1, "end": 2}}


def snapshots(*pieces: str, id: str = "p2", kind: str = "text", final: str | None = None, **more: str) -> list[dict[str, Any]]:
    """1.1: the whole text with each increment, at last the right-trimmed text."""
    said, events = "", []
    for piece in pieces:
        said += piece
        events.append(part(kind, id, text=said, delta=piece, **more))
    return [*events, part(kind, id, text=said.rstrip() if final is None else final, **OVER, **more)]


def increments(*pieces: str, id: str = "p2", kind: str = "text", final: str | None = None) -> list[dict[str, Any]]:
    """1.2: an empty part, the increments, the right-trimmed text."""
    said = "".join(pieces).rstrip() if final is None else final
    return [part(kind, id, text=""), *(delta(p, id) for p in pieces), part(kind, id, text=said, **OVER)]


# ---------------------------------------------------------------- 1.1
def test_a_whole_turn_of_1_1_is_clean() -> None:
    body = [*BEGIN, *snapshots("Sun.", "\n", id="p1b", kind="reasoning"), BEAT, *snapshots(" Sunny", " today. ", "\n"), *END]
    found = report(sse(*body))
    assert (found.dialect, found.verdict, found.findings) == ("opencode-bus", "clean", ())
    choice = found.message.choices[0]
    assert (choice.reasoning, choice.content, choice.finish_reason) == ("Sun.\n", " Sunny today. \n", "stop")
    assert (found.message.id, found.message.model, found.message.usage) == ("s1", "small-1", TOKENS)


def test_the_users_prompt_is_not_the_answer() -> None:
    late = [CONNECTED, PROMPT[1], PROMPT[0], info("a1", "assistant"), part("step-start", "p1"), *snapshots("Sunny"), *END]
    for body in ([*BEGIN, *snapshots("Sunny"), *END], late):
        assert report(sse(*body)).message.content == "Sunny"


def test_events_of_the_global_bus_are_unwrapped() -> None:
    body = [{"directory": "/w", "payload": each} for each in [*BEGIN, *snapshots("Sunny"), *END]]
    found = report(sse(*body))
    assert (found.dialect, found.findings, found.message.content) == ("opencode-bus", (), "Sunny")


def test_an_increment_that_is_missing_is_found_where_the_next_one_comes() -> None:
    events = snapshots("Sun", "ny to", "day")
    found = report(sse(*BEGIN, events[0], *events[2:], *END))
    assert told(found) == [("order/done-mismatch", "error", len(BEGIN) + 1)]
    assert found.message.content == "Sunny today"


def test_a_first_increment_that_is_missing_is_found() -> None:
    assert loud(report(sse(*BEGIN, *snapshots("Sun", "ny", " today")[1:], *END))) == [("order/done-mismatch", "error")]


def test_a_snapshot_sent_twice_is_a_duplicate() -> None:
    events = snapshots("Sun", "ny")
    found = report(sse(*BEGIN, events[0], events[1], BEAT, events[1], events[2], *END))
    assert (loud(found), found.message.content) == ([("order/duplicate-event", "error")], "Sunny")


def test_a_snapshot_that_is_not_the_one_before_and_its_increment_is_an_error() -> None:
    events = snapshots("Sun", "ny")
    events[1]["properties"]["part"]["text"] = "Suxny"
    assert ("order/done-mismatch", "error") in loud(report(sse(*BEGIN, *events[:2], *END)))


# ---------------------------------------------------------------- 1.2
def test_a_whole_turn_of_1_2_is_clean() -> None:
    found = report(sse(*BEGIN, *increments("Sun", ".", id="p1b", kind="reasoning"), *increments(" Sunny", " today.\n"), *END))
    assert (found.verdict, found.findings) == ("clean", ())
    assert (found.message.reasoning, found.message.content) == ("Sun.", " Sunny today.\n")


@pytest.mark.parametrize("space", ["\n", " ", "\u00a0", "\u2028", "\u3000", "\ufeff"])
def test_the_final_text_is_trimmed_as_javascript_trims(space: str) -> None:
    assert loud(report(sse(*BEGIN, *increments("Sunny" + space, final="Sunny"), *END))) == []


@pytest.mark.parametrize("kept", ["\x1c", "\x85"])
def test_what_only_python_calls_space_is_not_trimmed(kept: str) -> None:
    assert "order/done-mismatch" in [c for c, _ in loud(report(sse(*BEGIN, *increments("Sunny" + kept, final="Sunny"), *END)))]


def test_a_delta_that_is_missing_is_an_error() -> None:
    events = increments("Sun", "ny to", "day")
    found = report(sse(*BEGIN, *events[:2], *events[3:], *END))
    assert loud(found) == [("order/done-mismatch", "error")]
    assert found.findings[0].evidence == {"delta_chars": 6, "final_chars": 11, "first_difference": 3}


def test_a_delta_that_comes_twice_is_an_error() -> None:
    events = increments("Sun", "ny to", "day")
    assert loud(report(sse(*BEGIN, *events[:3], BEAT, *events[2:], *END))) == [("order/done-mismatch", "error")]


def test_a_delta_after_the_final_text_is_an_error() -> None:
    assert loud(report(sse(*BEGIN, *increments("Sun", "ny"), delta("ny"), *END))) == [("order/done-mismatch", "error")]


def test_a_final_text_that_a_plugin_rewrote_is_a_warning() -> None:
    assert loud(report(sse(*BEGIN, *increments("sunny ", "today", final="It rains."), *END))) == [
        ("order/done-mismatch", "warning")
    ]
    assert loud(report(sse(*BEGIN, *increments("Sunny", final="Sunny\n\nTime: 8:00"), *END))) == [
        ("order/done-mismatch", "warning")
    ]


def test_no_plugin_sees_reasoning() -> None:
    assert loud(report(sse(*BEGIN, *increments("Sun", kind="reasoning", final="Rain"), *END))) == [
        ("order/done-mismatch", "error")
    ]


def test_a_bus_joined_in_the_middle_of_a_part_is_silent_or_a_note() -> None:
    old = [CONNECTED, *snapshots("Sun", "ny", " today")[1:], *END]
    found = report(sse(*old))
    assert (found.findings, found.message.content) == ((), "Sunny today")
    new = report(sse(CONNECTED, delta("ny"), delta(" today"), increments("Sunny today")[-1], info("a1", "assistant"), *END))
    assert (loud(new), new.message.content) == ([], "Sunny today")


def test_deltas_that_overtake_their_part_are_kept() -> None:
    events = increments("Sun", "ny")
    found = report(sse(*BEGIN, events[1], events[0], *events[2:], *END))
    assert (loud(found), found.message.content) == ([], "Sunny")


def test_deltas_of_a_part_that_is_never_shown_are_a_note() -> None:
    found = report(sse(*BEGIN, delta("Sunny"), *END))
    assert (found.verdict, notes(found), found.message.content) == ("clean", ["order/block-balance"], "")


def test_a_tool_call_gives_its_input_once() -> None:
    called = [
        tool("pending", input={}, raw=""),
        tool("running", input={"path": "a.txt"}, time={"start": 1}),
        tool("running", input={"path": "a.txt"}, metadata={"output": "..."}),
        tool("completed", input={"path": "a.txt"}, output="text"),
    ]
    found = report(sse(*BEGIN, *called, part("step-finish", "p9", reason="tool-calls", tokens=TOKENS)))
    assert found.findings == ()
    assert [(t.id, t.name, t.arguments) for t in found.message.choices[0].tool_calls] == [("c1", "read", '{"path": "a.txt"}')]


def test_a_turn_of_several_messages_is_one_text() -> None:
    first = [
        *BEGIN,
        *increments("Let me look. "),
        tool("running", input={}),
        part("step-finish", "p4", reason="tool-calls", tokens=TOKENS),
    ]
    second = [info("a2", "assistant"), part("step-start", "q1", message="a2")]
    second += [
        part("text", "q2", message="a2", text=""),
        delta("Sunny.", "q2", message="a2"),
        part("text", "q2", message="a2", text="Sunny.", **OVER),
    ]
    found = report(sse(*first, *second, *END))
    assert (found.findings, found.message.content) == ((), "Let me look. Sunny.")
    assert found.message.usage == {"input": 20, "output": 10, "reasoning": 0, "cache": {"read": 2, "write": 0}}
    assert found.message.choices[0].finish_reason == "stop"


def test_sessions_on_one_bus_are_kept_apart() -> None:
    other = [info("b1", "assistant", "s2"), part("step-start", "o1", message="b1", session="s2")]
    other += [part("text", "o2", message="b1", session="s2", text=""), delta("Rain", "o2", message="b1", session="s2")]
    mine = increments("Sun", "ny")
    found = report(sse(*BEGIN, mine[0], mine[1], *other, *mine[2:], *END))
    assert [(c.index, c.content, c.finish_reason) for c in found.message.choices] == [(0, "Sunny", "stop"), (1, "Rain", None)]
    assert (loud(found), notes(found)) == ([], ["order/missing-terminal"])


# ---------------------------------------------------------------- 2
def next_(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": f"session.next.{kind}", "data": {"sessionID": "s1", "assistantMessageID": "a1", "timestamp": 1, **data}}


STEP = next_("step.started", agent="build", model={"id": "small-2", "providerID": "p"})
STEPPED = next_("step.ended", finish="stop", tokens=TOKENS)


def spoken(*pieces: str, kind: str = "text", final: str | None = None, id: str = "x0") -> list[dict[str, Any]]:
    said = "".join(pieces).rstrip() if final is None else final
    ids = {f"{kind}ID": id}
    return [
        next_(f"{kind}.started", **ids),
        *(next_(f"{kind}.delta", **ids, delta=p) for p in pieces),
        next_(f"{kind}.ended", **ids, text=said),
    ]


def test_a_whole_turn_of_2_is_clean() -> None:
    called = [
        next_("tool.input.started", callID="c1", name="read"),
        next_("tool.input.delta", callID="c1", delta='{"path":'),
        next_("tool.input.delta", callID="c1", delta='"a"}'),
        next_("tool.input.ended", callID="c1", text='{"path":"a"}'),
        next_("tool.called", callID="c1", tool="read", input={"path": "a"}),
        next_("tool.success", callID="c1", content=[]),
    ]
    body = [
        CONNECTED,
        next_("prompted", prompt={"text": "?"}),
        STEP,
        *spoken("Hm.", kind="reasoning"),
        *called,
        *spoken("Sunny ", "day.\n"),
        STEPPED,
    ]
    found = report(sse(*body))
    assert (found.dialect, found.findings, found.message.model) == ("opencode-bus", (), "small-2")
    assert (found.message.reasoning, found.message.content) == ("Hm.", "Sunny day.\n")
    assert [(t.name, t.arguments) for t in found.message.choices[0].tool_calls] == [("read", '{"path":"a"}')]


def test_ids_may_be_missing_and_come_again() -> None:
    assert report(sse(CONNECTED, STEP, *spoken("Sun", id=""), *spoken("ny", id=""), STEPPED)).findings == ()


def test_an_ended_text_that_is_not_its_deltas_is_an_error() -> None:
    assert loud(report(sse(CONNECTED, STEP, *spoken("Sun", "day", final="Sunny day"), STEPPED))) == [
        ("order/done-mismatch", "error")
    ]


def test_ended_tool_input_that_is_not_its_deltas_is_an_error() -> None:
    called = [next_("tool.input.delta", callID="c1", delta="{}"), next_("tool.input.ended", callID="c1", text="{ }")]
    assert loud(report(sse(CONNECTED, STEP, next_("tool.input.started", callID="c1", name="read"), *called, STEPPED))) == [
        ("order/done-mismatch", "error")
    ]


def test_a_replayed_session_has_no_deltas() -> None:
    events = spoken("Sunny ", "day.")
    assert report(sse(CONNECTED, STEP, events[0], events[-1], STEPPED)).message.content == "Sunny day."


def test_a_delta_of_a_part_that_was_not_started_is_found() -> None:
    assert ("order/block-balance", "warning") in loud(report(sse(CONNECTED, STEP, *spoken("Sunny")[1:], STEPPED)))


def test_a_bus_joined_in_the_middle_of_a_text_is_a_note() -> None:
    found = report(sse(CONNECTED, *spoken("Sun", "ny")[2:], STEPPED))
    assert (loud(found), notes(found)) == ([], ["order/done-mismatch"])


def test_a_session_written_in_two_generations_is_said_once() -> None:
    old, new = increments("Sun", "ny"), spoken("Sun", "ny")
    for first, second in ((old, new), (new, old)):
        mixed = [event for pair in zip(first, second, strict=True) for event in pair]
        assert report(sse(*BEGIN, STEP, *mixed, STEPPED, *END)).message.content == "Sunny"


# ---------------------------------------------------------------- the log
def durable(kind: str, number: int, aggregate: str = "s1") -> dict[str, Any]:
    return {**bus(kind, sessionID=aggregate), "durable": {"aggregateID": aggregate, "seq": number, "version": 1}}


def test_numbers_go_up_by_one_per_aggregate() -> None:
    assert (
        report(
            sse(CONNECTED, durable("session.updated", 4), durable("session.updated", 9, "s2"), durable("session.diff", 5))
        ).findings
        == ()
    )


def test_a_gap_in_the_numbers_is_an_error() -> None:
    assert told(report(sse(CONNECTED, durable("session.updated", 4), durable("session.updated", 6)))) == [
        ("order/sequence-gap", "error", 2)
    ]


def test_a_number_that_comes_twice_is_an_error() -> None:
    assert loud(report(sse(CONNECTED, durable("session.updated", 4), durable("session.diff", 4)))) == [
        ("order/duplicate-event", "error")
    ]


# ---------------------------------------------------------------- errors and ends
API_ERROR = {
    "name": "APIError",
    "data": {
        "message": "Too Many Requests",
        "statusCode": 429,
        "responseBody": '{"error":{"code":"1302","message":"rate limit reached"}}',
    },
}


def test_a_session_error_is_the_providers_and_told_once() -> None:
    events = [bus("session.error", sessionID="s1", error=API_ERROR), info("a1", "assistant", error=API_ERROR)]
    for told_by in (events, events[::-1]):
        found = report(sse(*BEGIN, *snapshots("Sun")[:1], *told_by))
        assert found.verdict == "refused"
        assert found.provider_error is not None
        assert found.provider_error.code == "1302"
        assert len(loud(found)) == 1


def test_a_failed_step_is_the_providers_error() -> None:
    found = report(sse(CONNECTED, STEP, next_("step.failed", error={"type": "unknown", "message": "401 invalid api key"})))
    assert found.verdict == "refused"


def test_an_abort_is_a_note() -> None:
    aborted = bus("session.error", sessionID="s1", error={"name": "MessageAbortedError", "data": {"message": "aborted"}})
    found = report(sse(*BEGIN, *snapshots("Sun")[:1], aborted))
    assert (found.verdict, notes(found)) == ("clean", ["order/missing-terminal"])


def test_a_retry_is_a_note_of_the_errors_class() -> None:
    retry = bus(
        "session.status", sessionID="s1", status={"type": "retry", "attempt": 1, "message": "429 rate limit reached", "next": 1}
    )
    again = [part("step-start", "r1"), *increments("Sunny", id="r2")]
    found = report(sse(*BEGIN, *increments("Sun", id="p2")[:2], retry, *again, *END))
    assert (found.verdict, notes(found)) == ("clean", ["provider/rate-limit", "order/restarted"])
    assert found.message.content == "SunSunny"


def test_a_retry_of_2_is_a_note_too() -> None:
    retried = next_("retried", attempt=1, error={"message": "overloaded", "isRetryable": True, "statusCode": 529})
    found = report(sse(CONNECTED, STEP, retried, STEP, *spoken("Sunny"), STEPPED))
    assert (found.verdict, [n.partition("/")[0] for n in notes(found)]) == ("clean", ["provider"])


def test_a_step_without_a_reason_may_have_been_cut() -> None:
    found = report(sse(*BEGIN, *increments("Sun"), part("step-finish", "p9", reason="unknown", tokens=TOKENS)))
    assert ("order/finish-reason", "warning") in loud(found)


def test_a_bus_owes_no_end() -> None:
    assert report(sse(CONNECTED, BEAT, BEAT)).findings == ()
    open_step = report(sse(*BEGIN, *increments("Sun")))
    assert (open_step.verdict, notes(open_step)) == ("clean", ["order/missing-terminal"])


# ---------------------------------------------------------------- properties
words = json_of(
    "type", "properties", "data", "payload", "durable", "aggregateID", "seq", "part", "delta", "text", "id", "messageID", "sessionID", "partID",
    "info", "role", "assistant", "user", "status", "retry", "message", "error", "name", "state", "input", "callID", "tool", "step-start",
    "step-finish", "tokens", "reason", "time", "end", "running", "reasoning", "message.part.updated", "message.part.delta", "message.updated",
    "session.error", "session.status", "session.next.text.delta", "session.next.text.ended", "session.next.tool.called", "session.next.retried",
)  # fmt: skip


def feed(*values: Any) -> None:
    dialect, out = OpencodeBus(), Assembly()
    for value in values:
        recognise("message", value)
        out.begin(0, 1)
        dialect.feed("message", value, out)
    dialect.close(out)
    out.close()


@given(st.lists(words, max_size=5))
def test_no_json_makes_it_raise(values: list[Any]) -> None:
    feed(*values)


@given(
    st.lists(st.tuples(st.sampled_from(["text", "reasoning", "tool", "step-start", "step-finish"]), words, words), max_size=4),
    st.sampled_from(
        ["text.delta", "text.ended", "tool.called", "tool.input.ended", "step.started", "step.ended", "step.failed", "retried"]
    ),
)
def test_no_field_of_a_known_event_makes_it_raise(parts: list[tuple[str, Any, Any]], kind: str) -> None:
    for what, value, other in parts:
        fields = dict.fromkeys(
            ("id", "text", "state", "tool", "callID", "tokens", "reason", "time", "messageID", "sessionID"), value
        )
        more = dict.fromkeys(
            ("delta", "text", "error", "input", "finish", "tokens", "model", "callID", "name", "sessionID", "textID"), other
        )
        feed(
            {"type": "message.part.updated", "properties": {"part": {"type": what, **fields}, "delta": other}},
            {
                "type": "message.part.updated",
                "properties": {"part": {**fields, "type": what, "id": "p", "text": "a"}, "delta": other},
            },
            {"type": "message.part.delta", "properties": {"partID": "p", "delta": "x", "sessionID": other, "messageID": value}},
            {
                "type": "message.updated",
                "properties": {"info": {"id": value, "role": "assistant", "error": other, "modelID": value}},
            },
            {"type": "session.status", "properties": {"status": {"type": "retry", "attempt": value, "message": other}}},
            {"type": f"session.next.{kind}", "data": more},
        )


@given(st.data())
def test_how_the_body_is_cut_changes_nothing(data: st.DataObject) -> None:
    body = sse(*BEGIN, *increments("Sun", "ny")[:2], increments("Sun", "ny")[3], *END)
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()
