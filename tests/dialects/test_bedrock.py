"""Bedrock: what its rules find, and what they let pass."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.bedrock import Bedrock
from streamcheck.wire.aws_eventstream import encode_frame
from tests.dialects.support import json_of, ndjson, report, told
from tests.strategies import chunkings


def frame(name: str, value: Any, *, kind: str = "event") -> bytes:
    """One AWS frame; kind: "event" or "exception"."""
    return encode_frame(
        {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}, json.dumps(value).encode()
    )


def chunk(value: Any) -> bytes:
    """One chunk of InvokeModelWithResponseStream around a model's own event."""
    return frame("chunk", {"bytes": b64encode(json.dumps(value).encode()).decode(), "p": "abcdefgh"})


def delta(text: str, index: int = 0) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": {"text": text}}


STREAM: tuple[tuple[str, dict[str, Any]], ...] = (
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "boil first"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    delta("The kettle ", 1),
    delta("sings.", 1),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": {"inputTokens": 2, "outputTokens": 4}, "metrics": {"latencyMs": 9}}),
)
TOOL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("messageStart", {"role": "assistant"}),
    delta("I will brew."),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "use-1", "name": "brew"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"leaf":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": ' "mint"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("messageStop", {"stopReason": "tool_use"}),
)
CLAUDE: tuple[dict[str, Any], ...] = (
    {
        "type": "message_start",
        "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [], "usage": {}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "The kettle sings."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 4}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 2, "outputTokenCount": 4}},
)
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 2, "outputTokenCount": 4}}
WORDS = (
    *(
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "contentBlockIndex",
        "start",
    ),
    *(
        "delta",
        "text",
        "toolUse",
        "toolUseId",
        "name",
        "input",
        "reasoningContent",
        "stopReason",
        "usage",
        "chunk",
        "bytes",
        "e30=",
        "W10=",
    ),
    *(
        "outputText",
        "generation",
        "completion",
        "completionReason",
        "stop_reason",
        "output",
        "message",
        "content",
        "throttlingException",
    ),
)


def frames(*events: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(frame(name, {**value, "p": "abcdefghijklmnop"[: len(name)]}) for name, value in events)


def lines(*events: tuple[str, dict[str, Any]]) -> bytes:
    return ndjson(*({name: value} for name, value in events))


BOTH = pytest.mark.parametrize("write", [frames, lines])


@BOTH
def test_a_converse_stream_is_clean_and_its_channels_are_the_sums_of_its_deltas(write: Any) -> None:
    found = report(write(*STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "bedrock", [])
    assert (found.message.content, found.message.reasoning) == ("The kettle sings.", "boil first")
    assert (found.message.choices[0].finish_reason, found.message.usage) == ("end_turn", {"inputTokens": 2, "outputTokens": 4})


@BOTH
def test_tool_calls_are_numbered_from_zero(write: Any) -> None:
    found = report(write(*TOOL))
    assert told(found) == []
    assert [(c.index, c.id, c.name, c.arguments) for c in found.message.choices[0].tool_calls] == [
        (0, "use-1", "brew", '{"leaf": "mint"}')
    ]


@BOTH
def test_metadata_may_come_before_the_end_and_start_and_stops_may_be_missing(write: Any) -> None:
    found = report(write(delta("Tea.", 0), delta(" Milk.", 1), STREAM[8], STREAM[7]))
    assert (found.verdict, told(found), found.message.content) == ("clean", [], "Tea. Milk.")


@BOTH
@pytest.mark.parametrize("events", range(1, 8))
def test_a_stream_without_message_stop_is_incomplete(events: int, write: Any) -> None:
    found = report(write(*STREAM[:events]))
    assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", events - 1)])


@BOTH
@pytest.mark.parametrize("cut", [5, 9])
def test_a_second_message_start_is_a_restart(cut: int, write: Any) -> None:
    found = report(write(*STREAM[:cut], STREAM[0], delta("Once."), *STREAM[7:]))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", cut)])
    assert found.segments[1].content == "Once."


@BOTH
def test_a_second_message_start_before_any_text_is_a_duplicate(write: Any) -> None:
    assert told(report(write(STREAM[0], *STREAM))) == [("order/duplicate-event", "warning", 1)]


@BOTH
def test_text_after_message_stop_is_found(write: Any) -> None:
    found = report(write(*STREAM, delta("And again.", 2)))
    assert (found.verdict, told(found)) == ("corrupt", [("order/after-terminal", "error", 9)])


@BOTH
def test_a_second_message_stop_is_found(write: Any) -> None:
    assert told(report(write(*STREAM[:8], STREAM[7]))) == [("order/duplicate-event", "warning", 8)]


@BOTH
def test_blocks_that_are_opened_fed_or_closed_after_their_end_are_found(write: Any) -> None:
    balance = "order/block-balance"
    assert told(report(write(*STREAM[:6], STREAM[6], STREAM[6], *STREAM[7:]))) == [(balance, "warning", 7)]
    assert told(report(write(*STREAM[:5], STREAM[6], STREAM[5], *STREAM[7:]))) == [(balance, "warning", 6)]
    assert (balance, "warning", 7) in told(report(write(*TOOL[:7], TOOL[3], TOOL[7])))


@BOTH
def test_tool_input_without_its_start_cannot_be_told_apart(write: Any) -> None:
    found = report(write(*TOOL[:3], *TOOL[4:]))
    assert (found.verdict, told(found)[0]) == ("corrupt", ("order/tool-index", "error", 3))


@BOTH
def test_tool_input_that_lost_a_piece_is_no_json(write: Any) -> None:
    found = report(write(*TOOL[:4], *TOOL[5:]))
    assert (found.verdict, [f.code for f in found.findings]) == ("corrupt", ["order/tool-arguments"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("throttlingException", "rate-limit"),
        ("modelStreamErrorException", "server-error"),
        ("modelTimeoutException", "timeout"),
        ("serviceUnavailableException", "overloaded"),
        ("validationException", "invalid-request"),
    ],
)
def test_an_exception_refuses_and_owes_no_message_stop(name: str, code: str) -> None:
    value = {"message": "not now"}
    for body in (frames(*STREAM[:5]) + frame(name, value, kind="exception"), lines(*STREAM[:5], (name, value))):
        found = report(body)
        assert (found.verdict, told(found)) == ("refused", [(f"provider/{code}", "error", 5)])
    assert report(frame(name, value, kind="exception")).verdict == "refused"


def test_a_guardrail_ends_the_answer_in_good_order() -> None:
    found = report(frames(STREAM[0], delta("{NAME}"), ("messageStop", {"stopReason": "guardrail_intervened"})))
    assert (found.verdict, told(found)) == ("clean", [("provider/content-filter", "note", 2)])


def test_converse_without_a_stream_is_whole() -> None:
    parts = [{"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, {"text": "Tea."}]
    call = {"toolUse": {"toolUseId": "use-1", "name": "brew", "input": {"leaf": "mint"}}}
    value = {
        "output": {"message": {"role": "assistant", "content": [*parts, call]}},
        "stopReason": "tool_use",
        "usage": {"outputTokens": 1},
    }
    found = report(json.dumps(value, indent=1).encode())
    assert (found.verdict, found.dialect, told(found)) == ("clean", "bedrock", [])
    assert (found.message.content, found.message.reasoning) == ("Tea.", "hm")
    assert found.message.choices[0].tool_calls[0].arguments == '{"leaf": "mint"}'


# ------------------------------------------------------------------ invoke
def test_a_dialect_inside_chunks_is_read_and_the_name_stays() -> None:
    found = report(b"".join(map(chunk, CLAUDE)))
    assert (found.verdict, found.dialect, told(found), found.message.content) == ("clean", "bedrock", [], "The kettle sings.")


def test_a_dialect_inside_chunks_keeps_its_rules() -> None:
    found = report(b"".join(map(chunk, CLAUDE[:3])))
    assert (found.verdict, [f.code for f in found.findings]) == ("incomplete", ["order/missing-terminal"])


def test_chunks_that_sdks_have_decoded_are_read() -> None:
    value = [{"chunk": {"bytes": b64encode(json.dumps(event).encode()).decode()}} for event in CLAUDE]
    found = report(ndjson(*value))
    assert (found.verdict, found.dialect, found.message.content) == ("clean", "bedrock", "The kettle sings.")


def test_converse_events_inside_chunks_are_read() -> None:
    last = {"metadata": STREAM[8][1], **METRICS}
    found = report(
        b"".join(chunk({name: value, "amazon-bedrock-guardrailAction": "NONE"}) for name, value in STREAM[:8]) + chunk(last)
    )
    assert (found.verdict, told(found), found.message.content) == ("clean", [], "The kettle sings.")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("outputText", {"completionReason": "FINISH", **METRICS}),
        ("generation", {"stop_reason": "stop", **METRICS}),
        ("completion", {"stop_reason": "stop_sequence", "stop": "\n\nHuman:", **METRICS}),
        ("outputText", {"totalOutputTextTokenCount": 3, "amazon-bedrock-guardrailAction": "INTERVENED"}),
    ],
)
def test_models_without_a_dialect_that_send_texts_are_read(text: str, end: dict[str, Any]) -> None:
    found = report(chunk({text: "The kettle ", "stop_reason": None}) + chunk({text: "sings.", **end}))
    assert (found.verdict, found.dialect, told(found), found.message.content) == ("clean", "bedrock", [], "The kettle sings.")
    cut = report(chunk({text: "The kettle "}))
    assert (cut.verdict, told(cut)) == ("incomplete", [("order/missing-terminal", "error", 0)])


@pytest.mark.parametrize("name", ["prompt_token_count", "inputTextTokenCount"])
def test_the_count_of_the_prompt_opens_a_response(name: str) -> None:
    one, two = (
        [{"generation": "The kettle ", name: 2}, {"generation": "sings.", name: None}],
        [{"generation": "Once.", name: 3, "stop_reason": "stop"}],
    )
    found = report(b"".join(map(chunk, [*one, *two])))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 2)])


def test_events_of_another_kind_are_another_response() -> None:
    found = report(frames(*STREAM[:5]) + b"".join(map(chunk, CLAUDE)))
    assert (found.verdict, told(found)) == ("corrupt", [("order/restarted", "error", 5)])
    assert [m.content for m in found.segments] == ["The kettle ", "The kettle sings."]


def test_events_that_no_dialect_knows_raise_no_alarm() -> None:
    found = report(chunk({"vector": [1, 2]}) + chunk({"vector": [3]}))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "bedrock", [])


@pytest.mark.parametrize("encoded", ["not base64!", b64encode(b'{"type": ').decode(), b64encode(b"\xff\xfe").decode()])
def test_a_chunk_that_cannot_be_decoded_is_found_at_its_event(encoded: str) -> None:
    found = report(chunk(CLAUDE[0]) + frame("chunk", {"bytes": encoded}) + b"".join(map(chunk, CLAUDE[1:])))
    assert (found.verdict, told(found)) == ("corrupt", [("json/invalid", "error", 1)])


def test_halves_of_a_character_in_two_chunks_are_joined() -> None:
    found = report(chunk({"generation": "\ud83d"}) + chunk({"generation": "\ude00", "stop_reason": "stop"}))
    assert (found.verdict, found.message.content) == ("clean", "\U0001f600")


@given(json_of(*WORDS), json_of(*WORDS), st.sampled_from([*WORDS[:6], "chunk", "message", "exception:x", "error:", "error"]))
def test_no_json_makes_it_raise(value: Any, other: Any, name: str) -> None:
    dialect, out = Bedrock(), Assembly()
    inner = {"chunk": {"bytes": b64encode(json.dumps(value).encode("utf-8", "surrogatepass")).decode()}}
    for event in (value, {"contentBlockDelta": value}, inner, {"output": value, "stopReason": other}, other, inner):
        out.begin(0, 1)
        Bedrock.sniff(name, event)
        dialect.feed(name, event, out)
        dialect.feed("message", event, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_a_report_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    body = frames(*STREAM[:5], *STREAM[:2], delta("更多", 1), STREAM[7])
    assert report(body, cuts=data.draw(chunkings(body))).to_dict() == report(body).to_dict()


def test_events_of_other_dialects_are_not_taken() -> None:
    for event, value in (
        ("message_start", CLAUDE[0]),
        ("metadata", {"a": 1}),
        ("chunk", {"data": "x"}),
        ("message", {"metadata": {"usage": {}}}),
    ):
        assert Bedrock.sniff(event, value) == 0
    assert recognise("contentBlockDelta", STREAM[4][1]) is Bedrock
