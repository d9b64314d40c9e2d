import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.ui_messages import UiMessages
from streamcheck.findings import Severity
from streamcheck.verdicts import Report
from streamcheck.wire.data_stream_v4 import DataStreamV4
from streamcheck.wire.documents import document_of
from tests.dialects.support import json_of, report, sse, told
from tests.strategies import chunkings

START = {"type": "start", "messageId": "m-1"}
STEP, END_STEP = {"type": "start-step"}, {"type": "finish-step"}
FINISH = {"type": "finish", "finishReason": "stop"}
DONE = "[DONE]"


def loud(found: Report) -> list[tuple[str, str]]:
    return [(code, severity) for code, severity, _ in told(found) if severity != "note"]


def notes(found: Report) -> list[str]:
    return [code for code, severity, _ in told(found) if severity == "note"]


def text(*pieces: str, id: str = "txt-0") -> list[Any]:
    return [
        {"type": "text-start", "id": id},
        *({"type": "text-delta", "id": id, "delta": p} for p in pieces),
        {"type": "text-end", "id": id},
    ]


def thought(*pieces: str, id: str = "r-0") -> list[Any]:
    return [
        {"type": "reasoning-start", "id": id},
        *({"type": "reasoning-delta", "id": id, "delta": p} for p in pieces),
        {"type": "reasoning-end", "id": id},
    ]


NORMAL = [START, STEP, *thought("Two and ", "two."), *text("Four", " it is."), END_STEP, FINISH, DONE]


# ---------------------------------------------------------------- v1
def test_a_whole_message_is_clean() -> None:
    found = report(sse(*NORMAL))
    assert (found.dialect, found.verdict, found.findings) == ("ui-messages", "clean", ())
    assert (found.message.reasoning, found.message.content, found.message.id) == ("Two and two.", "Four it is.", "m-1")
    assert found.message.choices[0].finish_reason == "stop"


def test_a_tool_call_is_joined_from_its_input_deltas() -> None:
    call = [
        {"type": "tool-input-start", "toolCallId": "c1", "toolName": "weather"},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": '{"city": '},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": '"Riga"}'},
        {"type": "tool-input-available", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Riga", "unit": "C"}},
        {"type": "tool-output-available", "toolCallId": "c1", "output": {"sun": True}},
    ]
    found = report(sse(START, STEP, *call, END_STEP, STEP, *text("Sunny."), END_STEP, FINISH, DONE))
    assert loud(found) == []
    (tool,) = found.message.choices[0].tool_calls
    assert (tool.id, tool.name, tool.arguments) == ("c1", "weather", '{"city": "Riga"}')


def test_input_that_comes_whole_is_taken_over() -> None:
    call = {"type": "tool-input-available", "toolCallId": "c1", "toolName": "weather", "input": {"city": "Šiauliai"}}
    found = report(sse(START, STEP, call, END_STEP, FINISH, DONE))
    assert found.message.choices[0].tool_calls[0].arguments == '{"city": "Šiauliai"}'
    assert loud(found) == []


def test_free_text_input_need_not_be_json() -> None:
    call = [
        {"type": "tool-input-start", "toolCallId": "c1", "toolName": "patch"},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": "*** begin"},
        {"type": "tool-input-available", "toolCallId": "c1", "toolName": "patch", "input": "*** begin"},
    ]
    assert loud(report(sse(START, STEP, *call, END_STEP, FINISH, DONE))) == []


def test_cut_tool_input_is_an_error() -> None:
    call = [
        {"type": "tool-input-start", "toolCallId": "c1", "toolName": "weather"},
        {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": '{"city": '},
    ]
    assert loud(report(sse(START, STEP, *call, END_STEP, FINISH, DONE))) == [("order/tool-arguments", "error")]


def test_a_delta_without_a_start_is_found_at_its_event() -> None:
    found = report(sse(START, STEP, {"type": "text-delta", "id": "txt-0", "delta": "Four"}, END_STEP, FINISH, DONE))
    assert [(f.code, f.event) for f in found.findings] == [("order/block-balance", 2)]
    assert found.message.content == "Four"


def test_an_end_without_a_start_is_found() -> None:
    assert loud(report(sse(START, *text("a"), {"type": "text-end", "id": "txt-0"}, FINISH, DONE))) == [
        ("order/block-balance", "warning")
    ]


def test_a_text_delta_in_a_reasoning_part_is_found() -> None:
    body = [START, {"type": "reasoning-start", "id": "p"}, {"type": "text-delta", "id": "p", "delta": "x"}, FINISH, DONE]
    assert loud(report(sse(*body))) == [("order/block-balance", "warning")]


def test_tool_input_without_its_start_is_found() -> None:
    call = {"type": "tool-input-delta", "toolCallId": "c1", "inputTextDelta": "{}"}
    assert ("order/block-balance", "warning") in loud(report(sse(START, call, FINISH, DONE)))


def test_ids_may_come_again_in_the_next_step() -> None:
    found = report(sse(START, STEP, *text("One. "), END_STEP, STEP, *text("Two."), END_STEP, FINISH, DONE))
    assert (found.findings, found.message.content) == ((), "One. Two.")


def test_a_part_that_is_never_ended_is_legal() -> None:
    assert report(sse(START, STEP, *text("One.")[:-1], END_STEP, STEP, *text("Two.")[:-1], END_STEP, FINISH, DONE)).findings == ()


def test_parts_may_be_open_at_once() -> None:
    a, b = text("a", id="a"), text("b", id="b")
    assert report(sse(START, a[0], b[0], a[1], b[1], a[2], b[2], FINISH, DONE)).findings == ()


def test_other_parts_are_legal_anywhere() -> None:
    others = [
        {"type": "data-weather", "data": {"text-delta": 1}, "transient": True},
        {"type": "source-url", "sourceId": "s", "url": "https://a.example"},
        {"type": "file", "url": "data:,x", "mediaType": "text/plain"},
        {"type": "message-metadata", "messageMetadata": {"tokens": 3}},
        {"type": "tool-output-available", "toolCallId": "of-an-earlier-message", "output": 1},
        {"type": "invented-next-year", "id": 7},
    ]
    assert report(sse(others[0], START, *others, *text("a"), *others, FINISH, others[3], DONE)).findings == ()


def test_a_stream_that_ends_without_finish_is_incomplete() -> None:
    found = report(sse(*NORMAL[:-3]))
    assert (found.verdict, loud(found)) == ("incomplete", [("order/missing-terminal", "error")])


def test_done_alone_does_not_stand_for_finish() -> None:
    assert report(sse(*NORMAL[:-2], DONE)).verdict == "incomplete"


def test_a_missing_done_is_a_note() -> None:
    found = report(sse(*NORMAL[:-1]))
    assert (found.verdict, notes(found)) == ("clean", ["order/missing-terminal"])


def test_an_abort_is_a_note() -> None:
    found = report(sse(*NORMAL[:-3], {"type": "abort", "reason": "user left"}, DONE))
    assert (found.verdict, notes(found)) == ("clean", ["order/missing-terminal"])


def test_an_error_ends_the_message() -> None:
    found = report(sse(*NORMAL[:-4], {"type": "error", "errorText": "429 Too Many Requests: rate limit reached"}, DONE))
    assert found.verdict == "refused"
    assert found.provider_error is not None
    assert found.provider_error.error_class == "rate-limit"


def test_a_second_message_in_the_body_is_a_restart() -> None:
    found = report(sse(*NORMAL[:-3], {"type": "start", "messageId": "m-2"}, *NORMAL[1:]))
    assert ("order/restarted", "error") in loud(found)
    assert next(f.event for f in found.findings if f.code == "order/restarted") == len(NORMAL) - 3
    assert [m.content for m in found.segments] == ["Four it is.", "Four it is."]


def test_a_start_without_id_after_finish_is_a_restart_too() -> None:
    assert ("order/restarted", "error") in loud(report(sse(*NORMAL[:-1], {"type": "start"}, *NORMAL[1:])))


def test_a_second_start_before_anything_was_said_is_a_duplicate() -> None:
    assert loud(report(sse(START, *NORMAL))) == [("order/duplicate-event", "warning")]


def test_text_after_finish_is_an_error() -> None:
    found = report(sse(*NORMAL[:-1], *text("more", id="late"), DONE))
    assert loud(found) == [("order/after-terminal", "error")]


def test_a_resumed_stream_is_recognised_in_its_middle() -> None:
    assert report(sse(*NORMAL[4:])).dialect == "ui-messages"


words = json_of(
    "type", "id", "delta", "toolCallId", "toolName", "inputTextDelta", "input", "messageId", "finishReason", "errorText", "reason", "args",
    "argsTextDelta", "usage", "start", "finish", "start-step", "finish-step", "text-start", "text-delta", "text-end", "reasoning-delta",
    "tool-input-start", "tool-input-delta", "tool-input-available", "error", "abort", "data-x",
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(["message", "v4:0", "v4:3", "v4:9", "v4:c", "v4:d", "v4:f", "v4:"]), words), max_size=5)
)
def test_no_json_makes_it_raise(events: list[tuple[str, Any]]) -> None:
    dialect, out = UiMessages(), Assembly()
    for event, value in events:
        recognise(event, value)
        out.begin(0, 1)
        dialect.feed(event, value, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_how_the_body_is_cut_changes_nothing(data: st.DataObject) -> None:
    body = sse(*NORMAL[:3], *NORMAL[4:-1], *text("more"), DONE)
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()


# ---------------------------------------------------------------- the data stream of version 4
def lines(*pairs: tuple[str, Any]) -> bytes:
    return b"".join(f"{code}:{json.dumps(value, ensure_ascii=False)}\n".encode() for code, value in pairs)


def read(body: bytes) -> Assembly:
    framing, dialect, out = DataStreamV4(), UiMessages(), Assembly()
    for event in [*framing.feed(body), *framing.close()]:
        out.begin(event.start, event.end)
        dialect.feed(event.event, document_of(event.raw)[0], out)
    dialect.close(out)
    out.close()
    return out


def codes(out: Assembly) -> list[tuple[str, str]]:
    return [(f.code, f.severity.value) for f in out.findings if f.severity is not Severity.NOTE]


USAGE = {"promptTokens": 9, "completionTokens": None}
V4 = [
    ("f", {"messageId": "m-1"}), ("g", "Two and two."), ("0", "Four"), ("0", " it\nis."),
    ("9", {"toolCallId": "c1", "toolName": "add", "args": {"a": 2}}), ("a", {"toolCallId": "c1", "result": 4}),
    ("e", {"finishReason": "tool-calls", "usage": USAGE, "isContinued": False}),
    ("f", {"messageId": "m-2"}), ("0", " Done."), ("e", {"finishReason": "stop", "usage": USAGE, "isContinued": False}),
    ("2", [{"any": "data"}]), ("8", ["note"]), ("d", {"finishReason": "stop", "usage": USAGE}),
]  # fmt: skip


def test_a_whole_data_stream_is_clean() -> None:
    out = read(lines(*V4))
    message = out.now.message()
    assert list(out.findings) == []
    assert (message.reasoning, message.content, message.usage) == ("Two and two.", "Four it\nis. Done.", {"promptTokens": 9})
    assert [(t.id, t.name, t.arguments) for t in message.choices[0].tool_calls] == [("c1", "add", '{"a": 2}')]


def test_streamed_tool_arguments_are_joined() -> None:
    call = [
        ("b", {"toolCallId": "c1", "toolName": "add"}),
        ("c", {"toolCallId": "c1", "argsTextDelta": '{"a"'}),
        ("c", {"toolCallId": "c1", "argsTextDelta": ": 2}"}),
    ]
    out = read(lines(V4[0], *call, V4[4], *V4[6:]))
    assert (codes(out), out.now.text(0, "tool:0")) == ([], '{"a": 2}')


def test_a_data_stream_without_its_end_is_incomplete() -> None:
    assert codes(read(lines(*V4[:-1]))) == [("order/missing-terminal", "error")]


def test_a_step_that_opens_inside_a_step_is_a_restart() -> None:
    out = read(lines(*V4[:3], *V4))
    assert codes(out) == [("order/restarted", "error")]
    assert [s.text(0, "content") for s in out.segments] == ["Four", "Four it\nis. Done."]


def test_text_after_the_end_of_a_data_stream_is_an_error() -> None:
    assert codes(read(lines(*V4, ("0", "more")))) == [("order/after-terminal", "error")]


def test_an_error_line_ends_a_data_stream() -> None:
    out = read(lines(*V4[:3], ("3", "insufficient balance, please recharge")))
    assert [c for c, _ in codes(out)] == ["provider/billing"]
