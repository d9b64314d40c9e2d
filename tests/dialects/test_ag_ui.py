import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.ag_ui import AgUi
from streamcheck.verdicts import Report
from tests.dialects.support import json_of, report, sse, told
from tests.strategies import chunkings

BEGIN = {"type": "RUN_STARTED", "threadId": "t", "runId": "r1"}
END = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r1"}


def loud(found: Report) -> list[tuple[str, str]]:
    return [(code, severity) for code, severity, _ in told(found) if severity != "note"]


def notes(found: Report) -> list[str]:
    return [code for code, severity, _ in told(found) if severity == "note"]


def text(*pieces: str, id: str = "m1") -> list[Any]:
    return [
        {"type": "TEXT_MESSAGE_START", "messageId": id, "role": "assistant"},
        *({"type": "TEXT_MESSAGE_CONTENT", "messageId": id, "delta": p} for p in pieces),
        {"type": "TEXT_MESSAGE_END", "messageId": id},
    ]


def call(*pieces: str, id: str = "c1") -> list[Any]:
    return [
        {"type": "TOOL_CALL_START", "toolCallId": id, "toolCallName": "weather", "parentMessageId": "m1"},
        *({"type": "TOOL_CALL_ARGS", "toolCallId": id, "delta": p} for p in pieces),
        {"type": "TOOL_CALL_END", "toolCallId": id},
    ]


def step(name: str, *inner: Any) -> list[Any]:
    return [{"type": "STEP_STARTED", "stepName": name}, *inner, {"type": "STEP_FINISHED", "stepName": name}]


NORMAL = [
    BEGIN,
    {"type": "STATE_SNAPSHOT", "snapshot": {}},
    *step(
        "look",
        *call('{"city": ', '"Riga"}'),
        {"type": "TOOL_CALL_RESULT", "messageId": "m2", "toolCallId": "c1", "content": "sun"},
    ),
    {"type": "REASONING_MESSAGE_START", "messageId": "r"},
    {"type": "REASONING_MESSAGE_CONTENT", "messageId": "r", "delta": "It shines."},
    {"type": "REASONING_MESSAGE_END", "messageId": "r"},
    *text("Sunny ", "in Riga."),
    END,
]


def test_a_whole_run_is_clean() -> None:
    found = report(sse(*NORMAL))
    assert (found.dialect, found.verdict, found.findings) == ("ag-ui", "clean", ())
    assert (found.message.reasoning, found.message.content, found.message.id) == ("It shines.", "Sunny in Riga.", "r1")
    assert found.message.choices[0].tool_calls[0].arguments == '{"city": "Riga"}'


def test_thinking_of_the_time_before_1_0_is_reasoning() -> None:
    thinking = [
        {"type": "THINKING_START"},
        {"type": "THINKING_TEXT_MESSAGE_START"},
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "Hm."},
        {"type": "THINKING_TEXT_MESSAGE_END"},
        {"type": "THINKING_END"},
    ]
    found = report(sse(BEGIN, *thinking, *text("Yes."), END))
    assert (found.findings, found.message.reasoning) == ((), "Hm.")


# ---------------------------------------------------------------- what the verifier refuses
def test_content_without_a_start_is_found_at_its_event() -> None:
    found = report(sse(BEGIN, {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "a"}, END))
    assert told(found) == [("order/block-balance", "warning", 1)]
    assert found.message.content == "a"


def test_arguments_without_a_start_are_found() -> None:
    assert ("order/block-balance", "warning") in loud(
        report(sse(BEGIN, {"type": "TOOL_CALL_ARGS", "toolCallId": "c1", "delta": "{}"}, END))
    )


def test_a_message_opened_twice_is_found() -> None:
    assert loud(report(sse(BEGIN, text()[0], *text("a"), END))) == [("order/block-balance", "warning")]


def test_an_end_without_a_start_is_found() -> None:
    for end in (text()[-1], call()[-1], step("s")[-1]):
        assert loud(report(sse(BEGIN, end, END))) == [("order/block-balance", "warning")]


def test_a_run_finished_over_open_parts_is_found_once() -> None:
    found = report(sse(BEGIN, step("s")[0], text("a")[0], call()[0], END))
    assert loud(found) == [("order/block-balance", "warning")]
    assert found.findings[0].evidence["open"] == ["step 's'", "text message 'm1'", "tool call 'c1'"]


def test_a_stream_that_does_not_begin_with_a_run_is_found() -> None:
    assert loud(report(sse(*text("a"), END))) == [("order/block-balance", "warning")]


def test_text_after_the_run_is_an_error() -> None:
    found = report(sse(*NORMAL, *text("more", id="m9")))
    assert ("order/after-terminal", "error") in loud(found)


def test_state_after_the_run_is_a_warning() -> None:
    assert loud(report(sse(*NORMAL, {"type": "STATE_DELTA", "delta": []}, {"type": "STATE_DELTA", "delta": []}))) == [
        ("order/after-terminal", "warning")
    ]


def test_chunks_are_not_to_be_mixed_with_an_open_message() -> None:
    chunk = {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m1", "delta": "b"}
    assert ("order/block-balance", "warning") in loud(report(sse(BEGIN, text()[0], chunk, text()[-1], END)))


def test_the_first_chunk_names_its_message() -> None:
    assert loud(report(sse(BEGIN, {"type": "TEXT_MESSAGE_CHUNK", "delta": "b"}, END))) == [("order/block-balance", "warning")]


def test_arguments_that_are_not_json_are_an_error() -> None:
    assert loud(report(sse(BEGIN, *call('{"city": '), END))) == [("order/tool-arguments", "error")]


# ---------------------------------------------------------------- what it lets pass
def test_chunks_open_and_close_by_themselves() -> None:
    chunks = [
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m1", "role": "assistant", "delta": "Sun"},
        {"type": "RAW", "event": {"any": 1}},
        {"type": "TEXT_MESSAGE_CHUNK", "delta": "ny"},
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c1", "toolCallName": "weather", "delta": "{"},
        {"type": "TOOL_CALL_CHUNK", "delta": "}"},
        {"type": "REASONING_MESSAGE_CHUNK", "messageId": "r", "delta": "Hm."},
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m1", "delta": "."},
    ]
    found = report(sse(BEGIN, *chunks, END))
    assert (found.findings, found.message.content, found.message.reasoning) == ((), "Sunny.", "Hm.")
    assert [t.arguments for t in found.message.choices[0].tool_calls] == ["{}"]


def test_messages_and_calls_may_be_open_at_once() -> None:
    a, b, c = text("a", id="a"), text("b", id="b"), call("{}")
    assert report(sse(BEGIN, a[0], b[0], c[0], a[1], c[1], b[1], b[2], a[2], c[2], END)).findings == ()


def test_a_second_run_in_the_stream_goes_on() -> None:
    second = [{**BEGIN, "runId": "r2"}, *text(" More.", id="m7"), {**END, "runId": "r2"}]
    found = report(sse(*NORMAL, *second))
    assert (found.findings, found.message.content) == ((), "Sunny in Riga. More.")


def test_a_second_run_that_is_cut_is_incomplete() -> None:
    assert report(sse(*NORMAL, {**BEGIN, "runId": "r2"}, *text("a", id="m7"))).verdict == "incomplete"


def test_a_snapshot_is_never_added() -> None:
    same = {"type": "MESSAGES_SNAPSHOT", "messages": [{"id": "m1", "role": "assistant", "content": "Sunny in Riga."}]}
    found = report(sse(*NORMAL[:-1], same, {**END, "result": "Sunny in Riga."}))
    assert (found.findings, found.message.content) == ((), "Sunny in Riga.")


def test_a_snapshot_that_differs_is_a_note() -> None:
    other = {"type": "MESSAGES_SNAPSHOT", "messages": [{"id": "m1", "role": "assistant", "content": "Sunny"}, 7, {"id": 1}]}
    found = report(sse(*NORMAL[:-1], other, other, END))
    assert (found.verdict, notes(found)) == ("clean", ["order/done-mismatch"])


def test_what_the_user_said_is_not_the_answer() -> None:
    user = text("How is the weather?", id="u")
    user[0]["role"] = "user"
    assert report(sse(BEGIN, *user, *text("Fine."), END)).message.content == "Fine."


def test_empty_deltas_and_unknown_types_are_legal() -> None:
    extra = [{"type": "SUBAGENT_STARTED", "subagentId": "s"}, {"type": "CUSTOM", "name": "x", "value": 1}, {"type": "NEXT_YEAR"}]
    assert report(sse(BEGIN, *extra, *text("", "a", ""), END, "[DONE]")).findings == ()


# ---------------------------------------------------------------- ends
def test_a_run_that_is_not_finished_is_incomplete() -> None:
    found = report(sse(*NORMAL[:-1]))
    assert (found.verdict, loud(found)) == ("incomplete", [("order/missing-terminal", "error")])


def test_a_run_that_starts_inside_a_run_is_a_restart() -> None:
    found = report(sse(*NORMAL[:-2], {**BEGIN, "runId": "r2"}, *NORMAL[1:]))
    assert [c for c, _, _ in told(found)].count("order/restarted") == 1
    assert next(f.event for f in found.findings if f.code == "order/restarted") == len(NORMAL) - 2
    assert [m.content for m in found.segments] == ["Sunny in Riga.", "Sunny in Riga."]


def test_a_run_that_starts_twice_before_anything_was_said_is_a_duplicate() -> None:
    assert loud(report(sse(BEGIN, *NORMAL))) == [("order/duplicate-event", "warning")]


def test_a_run_error_is_the_providers() -> None:
    failed = {"type": "RUN_ERROR", "message": "429: rate limit reached, retry later", "code": "rate_limit_exceeded"}
    found = report(sse(*NORMAL[:-2], failed))
    assert found.verdict == "refused"
    assert found.provider_error is not None
    assert found.provider_error.error_class == "rate-limit"


def test_a_run_error_may_come_first_and_after_the_run() -> None:
    failed = {"type": "RUN_ERROR", "message": "no such agent"}
    for body in (sse(failed), sse(*NORMAL, failed)):
        assert {c.partition("/")[0] for c, _ in loud(report(body))} == {"provider"}


def test_a_run_finished_after_its_error_is_a_warning() -> None:
    found = report(sse(BEGIN, {"type": "RUN_ERROR", "message": "overloaded"}, END))
    assert ("order/after-terminal", "warning") in loud(found)


# ---------------------------------------------------------------- CopilotKit
def copilot(**answer: Any) -> dict[str, Any]:
    return {"data": {"generateCopilotResponse": {"threadId": "t", "runId": "r1", **answer}}}


MESSAGES = [
    {
        "__typename": "TextMessageOutput",
        "id": "m1",
        "role": "assistant",
        "content": ["Sunny ", "in Riga."],
        "status": {"code": "Success"},
    },
    {"__typename": "ActionExecutionMessageOutput", "id": "c1", "name": "weather", "arguments": ['{"city": ', '"Riga"}']},
    {"__typename": "ResultMessageOutput", "id": "m3", "result": "sun", "actionExecutionId": "c1"},
]


def test_a_whole_graphql_answer_owes_no_terminal() -> None:
    found = report(json.dumps(copilot(messages=MESSAGES, status={"code": "success"})).encode())
    assert (found.dialect, found.findings, found.message.content, found.message.id) == ("ag-ui", (), "Sunny in Riga.", "r1")
    assert [(t.name, t.arguments) for t in found.message.choices[0].tool_calls] == [("weather", '{"city": "Riga"}')]


def test_content_may_be_a_plain_string() -> None:
    found = report(
        json.dumps(
            copilot(messages=[{"id": "u", "role": "user", "content": "?"}, {"id": "m", "content": "Sunny."}]), indent=2
        ).encode()
    )
    assert (found.findings, found.message.content) == ((), "Sunny.")


def test_a_home_made_router_answers_with_one_text() -> None:
    answer = {"response": "Sunny.", "threadId": "t-7", "timestamp": "2027-01-20T10:30:00", "model": "small-1", "agent": "main"}
    found = report(json.dumps({"data": {"generateCopilotResponse": answer}}).encode())
    assert (found.dialect, found.verdict, found.message.content) == ("ag-ui", "clean", "Sunny.")
    assert (found.message.model, found.message.id) == ("small-1", "t-7")


def test_a_failed_status_is_the_providers_error() -> None:
    status = {"code": "Failed", "reason": "MESSAGE_STREAM_INTERRUPTED", "details": {"description": "invalid api key"}}
    found = report(json.dumps(copilot(messages=[], status=status)).encode())
    assert found.verdict == "refused"


def test_graphql_errors_are_the_providers_error() -> None:
    body = {**copilot(messages=[]), "errors": [{"message": "model is overloaded", "extensions": {"code": "OVERLOADED"}}]}
    assert report(json.dumps(body).encode()).verdict == "refused"


PARTS = [
    {**copilot(messages=[]), "hasNext": True},
    {"incremental": [{"items": [{"__typename": "TextMessageOutput", "id": "m", "role": "assistant", "content": ["Sun"]}],
                      "path": ["generateCopilotResponse", "messages", 0]}], "hasNext": True},
    {"incremental": [{"items": ["ny"], "path": ["generateCopilotResponse", "messages", 0, "content", 1]},
                     {"data": {"status": {"code": "success"}}, "path": ["generateCopilotResponse"]}], "hasNext": True},
    {"hasNext": False},
]  # fmt: skip


def test_incremental_parts_are_joined() -> None:
    found = report(sse(*PARTS))
    assert (found.dialect, found.findings, found.message.content) == ("ag-ui", (), "Sunny")


def test_incremental_parts_that_stop_are_incomplete() -> None:
    assert report(sse(*PARTS[:-1])).verdict == "incomplete"


# ---------------------------------------------------------------- properties
words = json_of(
    "type", "messageId", "toolCallId", "delta", "runId", "stepName", "role", "message", "code", "messages", "content", "id", "usage", "data",
    "generateCopilotResponse", "incremental", "hasNext", "path", "items", "status", "failed", "response", "arguments", "errors",
    "RUN_STARTED", "RUN_FINISHED", "RUN_ERROR", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CHUNK", "TOOL_CALL_CHUNK",
    "TOOL_CALL_ARGS", "TOOL_CALL_START", "STEP_STARTED", "MESSAGES_SNAPSHOT", "REASONING_MESSAGE_CHUNK",
)  # fmt: skip


@given(st.lists(words, max_size=5))
def test_no_json_makes_it_raise(values: list[Any]) -> None:
    dialect, out = AgUi(), Assembly()
    for value in values:
        recognise("message", value)
        out.begin(0, 1)
        dialect.feed("message", value, out)
    dialect.close(out)
    out.close()


@given(st.sampled_from(sorted({str(e["type"]) for e in NORMAL} | {"RUN_ERROR", "TEXT_MESSAGE_CHUNK", "TOOL_CALL_CHUNK"})), words)
def test_no_field_of_a_known_event_makes_it_raise(kind: str, value: Any) -> None:
    fields = (
        "messageId",
        "toolCallId",
        "toolCallName",
        "delta",
        "runId",
        "stepName",
        "role",
        "message",
        "code",
        "messages",
        "usage",
    )
    dialect, out = AgUi(), Assembly()
    for event in (BEGIN, {"type": kind, **dict.fromkeys(fields, value)}, END):
        out.begin(0, 1)
        dialect.feed("message", event, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_how_the_body_is_cut_changes_nothing(data: st.DataObject) -> None:
    body = sse(*NORMAL[:4], *NORMAL[5:], *text("late", id="m9"))
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()
