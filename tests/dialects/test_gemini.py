"""Gemini: what its rules find, and what they let pass."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.gemini import Gemini
from tests.dialects.support import json_of, report, sse, told
from tests.strategies import chunkings


def chunk(
    *parts: dict[str, Any] | str, finish: str | None = None, id: str | None = "resp-one", choice: int | None = 0, **more: Any
) -> dict[str, Any]:
    """One chunk of a stream; a part that is a str is a text."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": p} if isinstance(p, str) else p for p in parts]}}
    if choice is not None:
        candidate["index"] = choice
    if finish:
        candidate["finishReason"] = finish
    value: dict[str, Any] = {
        "candidates": [candidate],
        "modelVersion": "gemini-tiny",
        "usageMetadata": {"promptTokenCount": 3},
        **more,
    }
    return value if id is None else {**value, "responseId": id}


def tokens(count: int) -> dict[str, Any]:
    return {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": count}}


STREAM = (
    chunk("The kettle "),
    chunk({"text": "boil first", "thought": True}),
    chunk("sings."),
    chunk("", finish="STOP", **tokens(9)),
)
WORDS = (
    *(
        "candidates",
        "content",
        "parts",
        "text",
        "thought",
        "functionCall",
        "name",
        "args",
        "partialArgs",
        "jsonPath",
        "$.a[0].b",
        "$.a",
    ),
    *(
        "stringValue",
        "numberValue",
        "willContinue",
        "finishReason",
        "STOP",
        "index",
        "usageMetadata",
        "candidatesTokenCount",
        "responseId",
    ),
    *("modelVersion", "promptFeedback", "blockReason", "error", "response", "executableCode"),
)


def test_a_stream_is_clean_and_its_channels_are_the_sums_of_its_parts() -> None:
    found = report(sse(*STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "gemini", [])
    assert (found.message.content, found.message.reasoning) == ("The kettle sings.", "boil first")
    assert (found.message.id, found.message.model, found.message.choices[0].finish_reason) == ("resp-one", "gemini-tiny", "STOP")
    assert found.message.usage == {"promptTokenCount": 3, "candidatesTokenCount": 9}


def test_the_array_that_comes_without_alt_sse_reads_as_the_same_events() -> None:
    body = b"[" + b"\n,\r\n".join(json.dumps(value).encode() for value in STREAM) + b"]"
    found = report(body)
    assert (found.verdict, found.dialect, found.message.content) == ("clean", "gemini", "The kettle sings.")


def test_the_envelope_of_code_assist_is_taken_off() -> None:
    found = report(sse(*({"response": value, "traceId": "t"} for value in STREAM)))
    assert (found.verdict, found.dialect, found.message.content) == ("clean", "gemini", "The kettle sings.")


def test_a_whole_answer_over_several_lines_is_read() -> None:
    found = report(json.dumps(chunk("Tea.", finish="STOP"), indent=2).encode())
    assert (found.verdict, found.dialect, found.message.content) == ("clean", "gemini", "Tea.")


def test_a_stream_without_finish_reason_is_incomplete() -> None:
    found = report(sse(*STREAM[:-1]))
    assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", 2)])


def test_a_candidate_without_finish_reason_is_named() -> None:
    found = report(sse(chunk("a", finish="STOP"), chunk("b", choice=1)))
    assert found.verdict == "incomplete"
    assert "candidate 1" in found.findings[0].message


def test_a_cut_array_is_incomplete() -> None:
    body = b"[" + b",\n".join(json.dumps(value).encode() for value in STREAM)
    found = report(body[:-60])
    assert found.verdict == "incomplete"
    assert "order/missing-terminal" in [f.code for f in found.findings]


def test_another_response_id_is_a_restart_even_after_one_chunk() -> None:
    found = report(sse(chunk("The kettle "), chunk("Once ", id="resp-two"), chunk("more.", id="resp-two", finish="STOP")))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 1)])
    assert [m.content for m in found.segments] == ["The kettle ", "Once more."]


def test_chunks_of_another_response_between_those_of_the_first_are_interleaved() -> None:
    found = report(sse(STREAM[0], chunk("foreign", id="resp-two"), *STREAM[1:]))
    assert told(found) == [("order/interleaved", "error", 1)]
    assert found.message.content == "The kettle sings."


def test_counts_that_begin_again_after_the_finish_reason_are_a_restart_where_no_id_tells() -> None:
    first = [chunk("The kettle sings.", finish="STOP", id=None, **tokens(40))]
    second = [chunk("Once ", id=None, **tokens(2)), chunk("more.", finish="STOP", id=None, **tokens(5))]
    found = report(sse(*first, *second))
    assert ("order/restarted", "error", 1) in told(found)


def test_text_after_the_last_finish_reason_is_reported_at_its_event() -> None:
    found = report(sse(*STREAM, chunk(" And again.")))
    assert (found.verdict, told(found)) == ("corrupt", [("order/after-terminal", "error", 4)])


def test_an_error_inside_the_stream_refuses_and_owes_no_finish_reason() -> None:
    found = report(sse(STREAM[0], {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}))
    assert (found.verdict, told(found)) == ("refused", [("provider/overloaded", "error", 1)])


def test_a_blocked_prompt_is_a_content_filter_and_no_cut() -> None:
    found = report(
        sse({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "responseId": "resp-one", "modelVersion": "gemini-tiny"})
    )
    assert (found.verdict, told(found)) == ("refused", [("provider/content-filter", "error", 0)])
    assert found.provider_error is not None
    assert found.provider_error.code == "PROHIBITED_CONTENT"


def test_ratings_of_a_prompt_that_passed_say_nothing() -> None:
    assert told(report(sse({**STREAM[0], "promptFeedback": {"safetyRatings": []}}, *STREAM[1:]))) == []


def test_an_answer_that_the_filter_ends_is_whole() -> None:
    found = report(sse(chunk("The ke"), chunk(finish="SAFETY")))
    assert (found.verdict, told(found)) == ("clean", [("provider/content-filter", "note", 1)])


def test_several_finish_reasons_are_legal_where_the_server_ran_code() -> None:
    ran = {"executableCode": {"language": "PYTHON", "code": "print(6*7)"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42"}}
    found = report(sse(chunk(ran, finish="STOP", **tokens(30)), chunk(result), chunk("It is 42.", finish="STOP", **tokens(5))))
    assert (found.verdict, told(found), found.message.content) == ("clean", [], "It is 42.")


def test_a_second_finish_reason_without_code_is_a_note() -> None:
    found = report(sse(chunk("Tea.", finish="STOP"), chunk(" Milk.", finish="STOP")))
    assert (found.verdict, told(found)) == ("clean", [("order/finish-reason", "note", 1)])


def test_chunks_without_candidates_index_content_or_parts_are_legal() -> None:
    bare = {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}], "modelVersion": "gemini-tiny"}
    found = report(sse({"usageMetadata": {"promptTokenCount": 3}, "modelVersion": "gemini-tiny"}, chunk("Te", choice=None), bare))
    assert (found.verdict, told(found), found.message.content) == ("clean", [], "Te")


def test_signatures_images_and_unknown_parts_are_no_text() -> None:
    parts = (
        {"text": "", "thoughtSignature": "c2ln" * 20},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"newPart": {"text": "x"}},
    )
    found = report(
        sse(chunk("Tea.", *parts), chunk(finish="STOP"), {"usageMetadata": {"candidatesTokenCount": 1}, "responseId": "resp-one"})
    )
    assert (found.verdict, told(found), found.message.content) == ("clean", [], "Tea.")


def test_done_behind_a_gateway_is_let_pass_and_replaces_no_finish_reason() -> None:
    assert told(report(sse(*STREAM, "[DONE]"))) == []
    assert report(sse(*STREAM[:-1], "[DONE]")).verdict == "incomplete"


def test_whole_tool_calls_keep_their_arguments_as_json_text() -> None:
    calls = (
        {"functionCall": {"name": "brew", "args": {"leaf": "龙井"}}},
        {"functionCall": {"name": "pour", "args": {}, "id": "call-2"}},
    )
    found = report(sse(chunk(*calls, finish="STOP")))
    assert told(found) == []
    assert [(c.index, c.id, c.name, c.arguments) for c in found.message.choices[0].tool_calls] == [
        (0, None, "brew", '{"leaf": "龙井"}'),
        (1, "call-2", "pour", "{}"),
    ]


def call(**fields: Any) -> dict[str, Any]:
    return chunk({"functionCall": fields})


def arg(path: str, *, more: bool = False, **value: Any) -> dict[str, Any]:
    return {"jsonPath": path, **value, **({"willContinue": True} if more else {})}


def test_arguments_that_come_by_path_are_joined_to_json() -> None:
    found = report(
        sse(
            call(name="brew", willContinue=True),
            call(partialArgs=[arg("$.tea.leaf", stringValue='a "gree', more=True)], willContinue=True),
            call(partialArgs=[arg("$.tea.leaf", stringValue='n" one', more=True)], willContinue=True),
            call(partialArgs=[arg("$.tea.leaf", stringValue="")], willContinue=True),
            call(partialArgs=[arg("$.tea.cups[0]", numberValue=2), arg("$.tea.cups[1].hot", boolValue=True)], willContinue=True),
            call(partialArgs=[arg("$['to go']", nullValue="NULL_VALUE")], willContinue=True),
            call(),
            call(name="pour"),
            chunk("", finish="STOP"),
        )
    )
    assert (found.verdict, told(found)) == ("clean", [])
    brew, pour = found.message.choices[0].tool_calls
    assert json.loads(brew.arguments) == {"tea": {"leaf": 'a "green" one', "cups": [2, {"hot": True}]}, "to go": None}
    assert (pour.name, pour.arguments) == ("pour", "")


def test_arguments_whose_end_is_missing_stay_cut_and_are_found() -> None:
    lost = [
        call(name="brew", willContinue=True),
        call(partialArgs=[arg("$.cups", stringValue="15", more=True)], willContinue=True),
    ]
    found = report(sse(*lost, chunk("", finish="STOP")))
    assert (found.verdict, [f.code for f in found.findings]) == ("corrupt", ["order/tool-arguments"])
    assert found.message.choices[0].tool_calls[0].arguments == '{"cups":"15'


def test_arguments_without_the_event_that_names_the_call_are_found() -> None:
    found = report(sse(chunk("Tea?"), call(partialArgs=[arg("$.cups", numberValue=2)]), chunk("", finish="STOP")))
    assert ("order/tool-index", "error", 1) in told(found)


@given(json_of(*WORDS), json_of(*WORDS))
def test_no_json_makes_it_raise(value: Any, other: Any) -> None:
    dialect, out = Gemini(), Assembly()
    for event in (
        value,
        {"candidates": value},
        {"candidates": [other], "responseId": "a"},
        STREAM[3],
        {"candidates": [{"content": {"parts": [value]}}]},
    ):
        out.begin(0, 1)
        Gemini.sniff("message", event)
        dialect.feed("message", event, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_a_report_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    body = sse(STREAM[0], chunk("Once ", id="resp-two"), *STREAM[1:], chunk("更多"))
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()


def test_events_of_other_dialects_are_not_taken() -> None:
    assert Gemini.sniff("message", {"choices": [{"delta": {"content": "x"}}]}) == 0
    assert (
        Gemini.sniff("response.created", {"type": "response.created", "response": {"id": "r", "model": "m", "usage": None}}) == 0
    )
    assert recognise("message", STREAM[0]) is Gemini
