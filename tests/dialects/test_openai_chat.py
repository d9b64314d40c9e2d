"""Chat completions: what its many speakers do that is legal, and what is not."""

import json
from typing import Any

import pytest
from hypothesis import given

import streamcheck as sc
from tests.dialects.support import misshapen
from tests.strategies import json_values
from tests.streams import IDENT, chat, chat_event, chat_events, sse

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chunk(choices: list[dict[str, Any]], **fields: Any) -> bytes:
    return sse({**IDENT, "choices": choices, **fields})


def said(body: bytes) -> tuple[str, str, str]:
    report = sc.check(body)
    return report.verdict.value, report.message.reasoning, report.message.content


# ---------------------------------------------------------------------- legal and silent
LEGAL = {
    "reasoning in reasoning_content": chat("4", channel="content").replace(
        b'"content": "4"', b'"reasoning_content": "two", "content": "4"'
    ),
    "content null beside reasoning": b"".join(
        [chat_event({"role": "assistant", "reasoning_content": "two", "content": None}), *chat_events("4")]
    ),
    "both reasoning names with one text": b"".join(
        [chat_event({"reasoning": "two", "reasoning_content": "two"}), *chat_events("4")]
    ),
    "reasoning under its newer name": b"".join(
        [chat_event({"role": "assistant", "content": "", "reasoning": "two"}), *chat_events("4")]
    ),
    "content as parts": b"".join(
        [chat_event({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "two"}]}]}), *chat_events("4")]
    ),
}


@pytest.mark.parametrize("body", LEGAL.values(), ids=list(LEGAL))
def test_reasoning_is_found_under_every_name_and_counted_once(body: bytes) -> None:
    assert said(body) == ("clean", "two", "4")


SILENT = {
    "usage in a chunk of its own": b"".join([*chat_events("4")[:-1], chunk([], usage=USAGE), sse("[DONE]")]),
    "usage on every chunk": b"".join(
        e.replace(b'"object"', b'"usage": {"completion_tokens": 2}, "object"') for e in chat_events("4")
    ),
    "the finish reason twice": b"".join([*chat_events("4")[:-1], chat_event({"content": ""}, finish="stop"), sse("[DONE]")]),
    "the finish reason with the last text": b"".join([chat_event({"content": "4"}, finish="stop"), sse("[DONE]")]),
    "a cost chunk after the end": b"".join([*chat_events("4"), sse({"choices": [], "cost": "0"})]),
    "an empty finish reason before the end": b"".join([chat_event({"content": "4"}, finish=""), *chat_events()[1:]]),
    "keep-alive comments": b": OPENROUTER PROCESSING\n\n" + chat("4"),
    "padding": b"".join(e.replace(b'"object"', b'"obfuscation": "a9Xk", "p": "abc", "object"') for e in chat_events("4")),
    "no role": b"".join(chat_events("4")[1:]),
    "the whole message again at the end": b"".join(
        [*chat_events("4")[:-1], chunk([{"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}]), sse("[DONE]")]
    ),
    "message beside the deltas": b"".join(
        e.replace(b'"delta"', b'"message": {"content": "4"}, "delta"') for e in chat_events("4")
    ),
    "another finish vocabulary": chat("4", finish="eos"),
    "unknown fields": b"".join(e.replace(b'"object"', b'"x_groq": {"id": "r"}, "seed": 1, "object"') for e in chat_events("4")),
    "drifting creation times": b"".join(
        [chat_event({"content": "4"}, created=5), chat_event({}, finish="stop", created=7), sse("[DONE]")]
    ),
    "carriage returns": chat("4").replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("body", SILENT.values(), ids=list(SILENT))
def test_legal_habits_raise_no_alarm_and_change_no_text(body: bytes) -> None:
    assert said(body) == ("clean", "", "4")


def test_choices_that_interleave_stay_apart() -> None:
    pieces = [chat_event({"content": text}, choice=i) for text, i in (("a", 0), ("x", 1), ("b", 0), ("y", 1))]
    report = sc.check(b"".join([*pieces, chat_event({}, finish="stop"), chat_event({}, finish="stop", choice=1), sse("[DONE]")]))
    assert (report.verdict, [c.content for c in report.message.choices]) == ("clean", ["ab", "xy"])


def test_a_plain_answer_is_read_and_owes_no_end() -> None:
    answer = {
        **IDENT,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"content": "4"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    report = sc.check(json.dumps(answer, indent=1).encode())
    assert (report.verdict, report.dialect, report.message.content, report.message.usage) == ("clean", "openai-chat", "4", USAGE)


@pytest.mark.parametrize("first", [{"id": "c1", "index": 0}, {"id": "c1"}, {"id": "c1", "index": -1}, {"id": "c1", "index": 3}])
def test_tool_calls_are_read_whatever_their_index(first: dict[str, Any]) -> None:
    calls = [
        {**first, "function": {"name": "read", "arguments": '{"a":'}},
        {"index": first.get("index"), "function": {"arguments": " 1}"}},
    ]
    report = sc.check(
        b"".join(chat_event({"tool_calls": [c]}) for c in calls) + chat_event({}, finish="tool_calls") + sse("[DONE]")
    )
    [call] = report.message.choices[0].tool_calls
    assert (report.verdict, call.name, call.arguments) == ("clean", "read", '{"a": 1}')


# ---------------------------------------------------------------------- not legal
def test_a_fragment_without_a_call_to_belong_to_is_placed() -> None:
    report = sc.check(
        chat_event({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]})
        + chat_event({}, finish="tool_calls")
        + sse("[DONE]")
    )
    assert ("order/tool-index", 0) in [(f.code, f.event) for f in report.findings if f.severity == "error"]


@pytest.mark.parametrize(("reason", "error"), [("network_error", "network"), ("insufficient_system_resource", "overloaded")])
def test_a_finish_reason_that_is_a_failure_refuses(reason: str, error: str) -> None:
    report = sc.check(chat("half an", finish=reason))
    assert (report.verdict, report.provider_error and report.provider_error.error_class) == ("refused", error)


def test_a_second_lone_role_under_the_same_id_is_a_restart() -> None:
    events = chat_events("The ", "answer")
    report = sc.check(b"".join(events[:3] + events))
    assert [(f.code, f.event) for f in report.findings] == [("order/restarted", 3)]


def test_a_lost_finish_reason_of_one_choice_is_incomplete() -> None:
    events = [chat_event({"content": "a"}), chat_event({"content": "b"}, choice=1), chat_event({}, finish="stop")]
    assert sc.check(b"".join(events)).verdict == "incomplete"


@given(json_values)
def test_no_json_makes_it_raise(value: object) -> None:
    sc.check(chat("a") + sse(json.dumps(value)), dialect="openai-chat")


@given(
    misshapen(
        [{**IDENT, "choices": [{"index": 0, "delta": {"content": "a", "tool_calls": [{"index": 0, "function": {"name": "f"}}]}}]}]
    )
)
def test_no_misshapen_chunk_makes_it_raise(values: list[Any]) -> None:
    sc.check(sse(*(json.dumps(v) for v in values)), dialect="openai-chat")
