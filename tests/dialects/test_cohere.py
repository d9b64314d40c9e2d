"""Cohere: what its rules find, and what they let pass."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.cohere import Cohere
from tests.dialects.support import json_of, ndjson, report, sse, told
from tests.strategies import chunkings


def v2(kind: str, index: int | None = None, **message: Any) -> bytes:
    """One v2 event, named like its type."""
    value: dict[str, Any] = {
        "type": kind,
        **({} if index is None else {"index": index}),
        **({"delta": {"message": message}} if message else {}),
    }
    return sse(value, event=kind)


def start(id: str = "msg-one") -> bytes:
    value = {
        "id": id,
        "type": "message-start",
        "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}},
    }
    return sse(value, event="message-start")


def end(reason: str = "COMPLETE", **delta: Any) -> bytes:
    usage = {"billed_units": {"input_tokens": 2, "output_tokens": 4}}
    return sse({"type": "message-end", "delta": {"finish_reason": reason, "usage": usage, **delta}}, event="message-end")


STREAM = (
    start(),
    v2("content-start", 0, content={"type": "thinking", "thinking": ""}),
    v2("content-delta", 0, content={"thinking": "boil first"}),
    v2("content-end", 0),
    v2("content-start", 1, content={"type": "text", "text": ""}),
    v2("content-delta", 1, content={"text": "The kettle "}),
    v2("content-delta", 1, content={"text": "sings."}),
    v2("content-end", 1),
    end(),
)
V1 = (
    {"is_finished": False, "event_type": "stream-start", "generation_id": "gen-one"},
    {"is_finished": False, "event_type": "text-generation", "text": "The kettle "},
    {"is_finished": False, "event_type": "text-generation", "text": "sings."},
    {
        "is_finished": True,
        "event_type": "stream-end",
        "finish_reason": "COMPLETE",
        "response": {
            "generation_id": "gen-one",
            "response_id": "other",
            "text": "The kettle sings.",
            "meta": {"tokens": {"output_tokens": 4}},
        },
    },
)
WORDS = (
    *(
        "type",
        "event_type",
        "index",
        "delta",
        "message",
        "content",
        "text",
        "thinking",
        "tool_plan",
        "tool_calls",
        "function",
        "name",
    ),
    *(
        "arguments",
        "id",
        "message-start",
        "content-start",
        "content-delta",
        "content-end",
        "tool-call-start",
        "tool-call-delta",
        "tool-call-end",
    ),
    *(
        "tool-plan-delta",
        "message-end",
        "finish_reason",
        "COMPLETE",
        "usage",
        "error",
        "is_finished",
        "stream-start",
        "text-generation",
    ),
    *(
        "stream-end",
        "tool-calls-chunk",
        "tool_call_delta",
        "parameters",
        "tool-calls-generation",
        "response",
        "generation_id",
        "meta",
        "billed_units",
    ),
)


def test_a_v2_stream_is_clean_and_its_channels_are_the_sums_of_its_deltas() -> None:
    found = report(b"".join(STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "cohere", [])
    assert (found.message.content, found.message.reasoning, found.message.id) == ("The kettle sings.", "boil first", "msg-one")
    assert found.message.choices[0].finish_reason == "COMPLETE"
    assert found.message.usage == {"billed_units": {"input_tokens": 2, "output_tokens": 4}}


def test_done_after_message_end_is_let_pass_and_replaces_no_message_end() -> None:
    assert told(report(b"".join(STREAM) + sse("[DONE]"))) == []
    assert report(b"".join(STREAM[:-1]) + sse("[DONE]")).verdict == "incomplete"


def test_citations_and_debug_events_are_no_text() -> None:
    citation = v2("citation-start", 0, citations={"start": 4, "end": 10, "text": "kettle", "sources": []})
    found = report(b"".join([*STREAM[:6], citation, v2("citation-end", 0), sse({"type": "debug", "prompt": "x"}), *STREAM[6:]]))
    assert (told(found), found.message.content) == ([], "The kettle sings.")


def test_a_plan_and_its_tool_calls_are_read() -> None:
    function = {"name": "brew", "arguments": ""}
    found = report(
        b"".join(
            [
                start(),
                v2("tool-plan-delta", tool_plan="I will "),
                v2("tool-plan-delta", tool_plan="brew."),
                v2("tool-call-start", 0, tool_calls={"id": "brew_1", "type": "function", "function": function}),
                v2("tool-call-delta", 0, tool_calls={"function": {"arguments": '{"leaf":'}}),
                v2("tool-call-delta", 0, tool_calls={"function": {"arguments": ' "mint"}'}}),
                v2("tool-call-end", 0),
                v2(
                    "tool-call-start",
                    1,
                    tool_calls={"id": "pour_2", "type": "function", "function": {"name": "pour", "arguments": ""}},
                ),
                v2("tool-call-end", 1),
                end("TOOL_CALL"),
            ]
        )
    )
    assert (found.verdict, told(found), found.message.reasoning) == ("clean", [], "I will brew.")
    assert [(c.index, c.id, c.name, c.arguments) for c in found.message.choices[0].tool_calls] == [
        (0, "brew_1", "brew", '{"leaf": "mint"}'),
        (1, "pour_2", "pour", ""),
    ]


@pytest.mark.parametrize("events", range(1, len(STREAM)))
def test_a_stream_without_message_end_is_incomplete(events: int) -> None:
    found = report(b"".join(STREAM[:events]))
    assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", events - 1)])


def test_an_empty_stream_is_incomplete() -> None:
    assert report(b"").verdict == "incomplete"


@pytest.mark.parametrize("cut", [6, 9])
def test_a_second_message_start_is_a_restart(cut: int) -> None:
    second = [
        start("msg-two"),
        v2("content-start", 0, content={"type": "text", "text": ""}),
        v2("content-delta", 0, content={"text": "Once."}),
    ]
    found = report(b"".join([*STREAM[:cut], *second, v2("content-end", 0), end()]))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", cut)])
    assert found.segments[1].content == "Once."


def test_a_second_message_start_before_any_text_is_a_duplicate() -> None:
    assert told(report(start() + b"".join(STREAM))) == [("order/duplicate-event", "warning", 1)]


def test_text_after_message_end_is_found() -> None:
    found = report(b"".join([*STREAM[:6], *STREAM[7:], STREAM[6]]))
    assert ("order/after-terminal", "error", 8) in told(found)


def test_a_delta_without_its_content_start_is_told_once() -> None:
    assert told(report(b"".join([*STREAM[:4], *STREAM[5:]]))) == [("order/block-balance", "warning", 4)]


def test_a_content_that_is_still_open_at_the_end_is_found() -> None:
    assert told(report(b"".join([*STREAM[:7], STREAM[8]]))) == [("order/block-balance", "warning", 7)]
    assert told(report(b"".join([*STREAM[:7], end("MAX_TOKENS")]))) == []


def test_an_end_without_a_start_is_found() -> None:
    assert told(report(b"".join([*STREAM[:8], STREAM[7], STREAM[8]]))) == [("order/block-balance", "warning", 8)]


def test_tool_arguments_without_their_start_cannot_be_told_apart() -> None:
    found = report(
        b"".join([start(), v2("tool-call-delta", 0, tool_calls={"function": {"arguments": "{}"}}), v2("tool-call-end", 0), end()])
    )
    assert ("order/tool-index", "error", 1) in told(found)


def test_tool_arguments_that_lost_a_piece_are_no_json() -> None:
    tool = {"id": "brew_1", "type": "function", "function": {"name": "brew", "arguments": ""}}
    body = [
        start(),
        v2("tool-call-start", 0, tool_calls=tool),
        v2("tool-call-delta", 0, tool_calls={"function": {"arguments": ' "mint"}'}}),
    ]
    found = report(b"".join([*body, v2("tool-call-end", 0), end("TOOL_CALL")]))
    assert (found.verdict, [f.code for f in found.findings]) == ("corrupt", ["order/tool-arguments"])


def test_an_error_at_the_end_refuses() -> None:
    found = report(b"".join([*STREAM[:6], end("ERROR", error="upstream failed")]))
    assert found.verdict == "refused"
    assert {f.event for f in found.findings} == {6}


def test_an_error_object_inside_the_stream_refuses_and_owes_no_message_end() -> None:
    found = report(b"".join(STREAM[:6]) + sse({"message": "internal server error"}))
    assert (found.verdict, told(found)) == ("refused", [("provider/server-error", "error", 6)])


def test_a_v2_answer_without_a_stream_is_whole() -> None:
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Tea."}],
        "tool_plan": "",
    }
    value = {"id": "msg-one", "finish_reason": "COMPLETE", "message": message, "usage": {"tokens": {"output_tokens": 1}}}
    found = report(json.dumps(value, indent=1).encode())
    assert (found.verdict, found.dialect, told(found)) == ("clean", "cohere", [])
    assert (found.message.content, found.message.reasoning) == ("Tea.", "hm")


# ------------------------------------------------------------------ v1
def test_a_v1_stream_is_clean_and_its_end_repeats_the_text() -> None:
    found = report(ndjson(*V1))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "cohere", [])
    assert (found.message.content, found.message.id, found.message.usage) == (
        "The kettle sings.",
        "gen-one",
        {"tokens": {"output_tokens": 4}},
    )


def test_a_v1_text_that_differs_from_the_final_one_is_found() -> None:
    found = report(ndjson(V1[0], V1[2], V1[3]))
    assert (found.verdict, told(found)) == ("corrupt", [("order/done-mismatch", "error", 2)])


def test_a_v1_stream_without_its_end_is_incomplete() -> None:
    found = report(ndjson(*V1[:3]))
    assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", 2)])


def test_a_v1_plan_is_reasoning_and_not_repeated_as_text() -> None:
    pieces: tuple[dict[str, Any], ...] = (
        {"event_type": "tool-calls-chunk", "is_finished": False, "text": "I will brew."},
        {"event_type": "tool-calls-chunk", "is_finished": False, "tool_call_delta": {"index": 0, "name": "brew"}},
        {
            "event_type": "tool-calls-chunk",
            "is_finished": False,
            "tool_call_delta": {"index": 0, "parameters": '{"leaf": "mint"}'},
        },
        {
            "event_type": "tool-calls-generation",
            "is_finished": False,
            "tool_calls": [{"name": "brew", "parameters": {"leaf": "mint"}}],
        },
        {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE", "response": {"text": "I will brew."}},
    )
    found = report(ndjson(V1[0], *pieces))
    assert (told(found), found.message.content, found.message.reasoning) == ([], "", "I will brew.")
    assert [(c.name, c.arguments) for c in found.message.choices[0].tool_calls] == [("brew", '{"leaf": "mint"}')]


def test_a_v1_answer_without_a_stream_is_whole() -> None:
    value = {
        "response_id": "r",
        "generation_id": "gen-one",
        "text": "Tea.",
        "chat_history": [],
        "finish_reason": "COMPLETE",
        "meta": {},
    }
    found = report(json.dumps(value).encode())
    assert (found.verdict, found.dialect, told(found), found.message.content) == ("clean", "cohere", [], "Tea.")


def test_generations_in_the_old_frames_are_read() -> None:
    found = report(
        ndjson(
            {"is_finished": False, "text": "Te"},
            {"is_finished": False, "text": "a."},
            {"is_finished": True, "finish_reason": "COMPLETE"},
        )
    )
    assert (found.verdict, found.dialect, told(found), found.message.content) == ("clean", "cohere", [], "Tea.")


@given(json_of(*WORDS), json_of(*WORDS))
def test_no_json_makes_it_raise(value: Any, other: Any) -> None:
    dialect, out = Cohere(), Assembly()
    kinds = ("message-start", "content-delta", "tool-call-delta", "message-end", "tool-call-end")
    wrapped = [{"type": kind, "index": other, "delta": {"message": value}} for kind in kinds]
    older = [
        {"event_type": kind, "response": value, "text": other, "tool_calls": value, "tool_call_delta": other}
        for kind in WORDS[-8:]
    ]
    for event in (
        value,
        *wrapped,
        *older,
        {"finish_reason": "COMPLETE", "message": value},
        {"is_finished": True, "response": other},
        other,
    ):
        out.begin(0, 1)
        Cohere.sniff("message", event)
        dialect.feed("message", event, out)
        dialect.feed("content-delta", event, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_a_report_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    body = b"".join([*STREAM[:6], start("msg-two"), v2("content-delta", 0, content={"text": "更多"}), *STREAM[6:]])
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()


def test_events_of_other_dialects_are_not_taken() -> None:
    for value in (
        {"type": "message_start", "message": {"role": "assistant"}},
        {"type": "text-delta", "id": "t", "delta": "x"},
        {"event_type": "step.delta", "index": 0, "delta": {"text": "x"}},
        {"type": "response.output_text.delta", "delta": "x"},
    ):
        assert Cohere.sniff("message", value) == 0
    assert recognise("message", V1[0]) is Cohere
