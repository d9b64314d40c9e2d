"""Ollama: what its rules find, and what they let pass."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.ollama import Ollama
from tests.dialects.support import json_of, ndjson, report, sse, told
from tests.strategies import chunkings


def line(content: str = "", at: float = 0.0, *, done: bool = False, **more: Any) -> dict[str, Any]:
    """One line of /api/chat, `at` seconds after ten o'clock."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": content,
        **{k: more.pop(k) for k in ("thinking", "tool_calls") if k in more},
    }
    return {
        "model": "small:1b",
        "created_at": f"2025-03-01T10:{int(at) // 60:02d}:{at % 60:09.6f}Z",
        "message": message,
        "done": done,
        **more,
    }


def last(at: float, *, took: float = 1.0, content: str = "", **more: Any) -> dict[str, Any]:
    return line(content, at, done=True, **{"done_reason": "stop", "total_duration": int(took * 1e9), "eval_count": 3, **more})


STREAM = (line("", 1.0, thinking="boil "), line("The kettle ", 1.1), line("sings.", 1.2), last(1.3))
WORDS = (
    *(
        "model",
        "created_at",
        "2025-03-01T10:00:00Z",
        "2025-03-01T09:00:00.1+02:00",
        "message",
        "content",
        "thinking",
        "tool_calls",
    ),
    *("function", "name", "arguments", "index", "id", "done", "done_reason", "total_duration", "eval_count", "response", "error"),
)


def test_a_chat_is_clean_and_its_channels_are_the_sums_of_its_lines() -> None:
    found = report(ndjson(*STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "ollama", [])
    assert (found.message.content, found.message.reasoning, found.message.model) == ("The kettle sings.", "boil ", "small:1b")
    assert found.message.choices[0].finish_reason == "stop"
    assert found.message.usage == {"eval_count": 3, "total_duration": 1_000_000_000}


def test_generate_is_read_like_chat() -> None:
    body = ndjson(
        {"model": "m", "created_at": "2025-03-01T10:00:00Z", "response": "", "thinking": "hm", "done": False},
        {"model": "m", "created_at": "2025-03-01T10:00:01Z", "response": "Tea.", "done": False},
        {"model": "m", "created_at": "2025-03-01T10:00:02Z", "response": "", "done": True, "context": [1, 2]},
    )
    found = report(body)
    assert (found.verdict, told(found), found.message.content, found.message.reasoning) == ("clean", [], "Tea.", "hm")


def test_an_answer_in_one_object_is_whole() -> None:
    found = report(json.dumps(last(1.0, content="Tea."), indent=1).encode())
    assert (found.verdict, found.dialect, told(found), found.message.content) == ("clean", "ollama", [], "Tea.")


def test_the_last_line_may_speak_and_needs_no_reason_or_newline() -> None:
    body = ndjson(line("The kettle ", 1.0), {**line("sings.", 1.1), "done": True}).rstrip()
    found = report(body)
    assert (found.verdict, found.message.content) == ("clean", "The kettle sings.")


def test_a_stream_without_the_done_line_is_incomplete() -> None:
    found = report(ndjson(*STREAM[:-1]))
    assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", 2)])


def test_a_second_done_line_is_a_finding() -> None:
    found = report(ndjson(*STREAM, last(1.3, took=1.1)))
    assert (found.verdict, told(found)) == ("suspect", [("order/duplicate-event", "warning", 4)])


def test_a_line_that_fell_behind_the_done_line_is_text_after_the_end() -> None:
    found = report(ndjson(STREAM[0], STREAM[1], STREAM[3], STREAM[2]))
    assert (found.verdict, told(found)) == ("corrupt", [("order/after-terminal", "error", 3)])


def test_a_later_response_after_the_done_line_is_a_restart() -> None:
    found = report(ndjson(*STREAM, line("Once ", 5.0), line("more.", 5.1), last(5.2)))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 4)])
    assert [m.content for m in found.segments] == ["The kettle sings.", "Once more."]


def test_an_older_response_joined_to_a_cut_one_is_a_restart() -> None:
    found = report(ndjson(line("The ", 90.0), line("kettle ", 90.1), line("Once ", 5.0), line("more.", 5.1), last(5.2)))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 2)])
    assert [m.content for m in found.segments] == ["The kettle ", "Once more."]


def test_lines_older_than_the_request_are_of_another_response() -> None:
    found = report(
        ndjson(line("The ", 1.0), line("kettle ", 1.1), line("Once ", 65.0), line("more.", 65.1), last(65.2, took=3.0))
    )
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 2)])


def test_a_pause_inside_the_request_is_legal() -> None:
    found = report(ndjson(line("The ", 1.0), line("kettle ", 1.1), line("sings.", 65.0), last(65.2, took=64.5)))
    assert (found.verdict, told(found)) == ("clean", [])


def test_a_duration_in_another_unit_says_nothing() -> None:
    assert told(report(ndjson(*STREAM[:3], last(1.3, took=1e-6)))) == []


def test_lines_that_changed_places_are_a_warning() -> None:
    found = report(ndjson(STREAM[0], STREAM[2], STREAM[1], STREAM[3]))
    assert (found.verdict, told(found)) == ("suspect", [("order/sequence-gap", "warning", 2)])


def test_another_model_inside_the_response_is_told_once() -> None:
    found = report(ndjson(line("a", 1.0), {**line("b", 1.1), "model": "big:70b"}, {**last(1.2), "model": "big:70b"}))
    assert told(found) == [("order/identity-change", "warning", 1)]


def test_times_that_stand_still_or_cannot_be_read_are_let_pass() -> None:
    still = report(ndjson(line("a", 1.0), line("b", 1.0), last(1.0)))
    odd = report(ndjson(*({**value, "created_at": "just now"} for value in STREAM)))
    assert (told(still), told(odd)) == ([], [])


def test_an_error_line_refuses_and_owes_no_done_line() -> None:
    found = report(ndjson(STREAM[1], {"error": "model runner has unexpectedly stopped"}))
    assert (found.verdict, [(f.code.split("/")[0], f.event) for f in found.findings]) == ("refused", [("provider", 1)])


def test_tool_calls_are_whole_and_told_apart_under_one_index_or_none() -> None:
    def tool(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
        return {"function": {"name": name, "arguments": arguments, **more}}

    first = line("", 1.0, tool_calls=[tool("brew", {"leaf": "龙井"}), tool("pour", {}, index=0)])
    found = report(ndjson(first, line("", 1.1, tool_calls=[tool("brew", {"leaf": "mint"}, index=0)]), last(1.2)))
    assert (found.verdict, told(found)) == ("clean", [])
    assert [(c.index, c.name, c.arguments) for c in found.message.choices[0].tool_calls] == [
        (0, "brew", '{"leaf": "龙井"}'),
        (1, "pour", "{}"),
        (2, "brew", '{"leaf": "mint"}'),
    ]


def test_a_frame_cut_by_another_response_is_a_splice_and_no_change_of_places() -> None:
    one, two = ndjson(*STREAM), ndjson(line("Once ", 0.5), line("more.", 0.6), last(0.7))
    found = report(one[:240] + two)
    assert [f.code for f in found.findings] == ["order/spliced-frame"]


@given(json_of(*WORDS), json_of(*WORDS))
def test_no_json_makes_it_raise(value: Any, other: Any) -> None:
    dialect, out = Ollama(), Assembly()
    for event in (
        value,
        {"message": value, "done": False},
        {**STREAM[1], "message": {"tool_calls": [other, {"function": value}]}},
        STREAM[3],
        other,
    ):
        out.begin(0, 1)
        Ollama.sniff("message", event)
        dialect.feed("message", event, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_a_report_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    body = ndjson(*STREAM[:2], line("更多 ", 70.0), *STREAM[2:])
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()


def test_events_of_other_dialects_are_not_taken() -> None:
    assert Ollama.sniff("message", {"choices": [{"delta": {"content": "x"}}], "model": "m"}) == 0
    assert Ollama.sniff("message", {"response": {"id": "r"}, "done": False, "model": "m"}) == 0
    assert recognise("message", STREAM[0]) is Ollama
    assert not Ollama().text_event("[DONE]", Assembly())
    assert report(sse(*STREAM)).dialect == "ollama"
