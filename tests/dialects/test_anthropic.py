"""Anthropic Messages: what its rules find, and what they let pass."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.anthropic import AnthropicMessages
from tests.dialects.support import json_of, misshapen, report, told
from tests.strategies import chunkings
from tests.streams import sse

Event = dict[str, Any]


def body(*events: Event) -> bytes:
    """A body of named events; the name of each is its type."""
    return b"".join(sse(event, event=event["type"]) for event in events)


def start(id: str = "msg_one", **more: Any) -> Event:
    message: Event = {"id": id, "type": "message", "role": "assistant", "model": "small-2", "content": [], "stop_reason": None}
    return {"type": "message_start", "message": {**message, "usage": {"input_tokens": 9, "output_tokens": 1}, **more}}


def opened(index: int, kind: str, **fields: Any) -> Event:
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}}


def delta(index: int, kind: str, **fields: Any) -> Event:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def closed(index: int) -> Event:
    return {"type": "content_block_stop", "index": index}


def text(index: int, *pieces: str) -> list[Event]:
    return [opened(index, "text", text=""), *(delta(index, "text_delta", text=p) for p in pieces), closed(index)]


def tool(index: int, *pieces: str, kind: str = "tool_use", **fields: Any) -> list[Event]:
    block = {"id": f"toolu_{index}", "name": "kettle", "input": {}, **fields}
    return [opened(index, kind, **block), *(delta(index, "input_json_delta", partial_json=p) for p in pieces), closed(index)]


def end(reason: str | None = "end_turn", **usage: int) -> list[Event]:
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7, **usage}}, STOP]


PING: Event = {"type": "ping"}
STOP: Event = {"type": "message_stop"}
THOUGHT = [
    opened(0, "thinking", thinking="", signature=""),
    delta(0, "thinking_delta", thinking="water, "),
    delta(0, "thinking_delta", thinking="then tea"),
    delta(0, "signature_delta", signature="c2ln"),
    closed(0),
]
STREAM = [start(), PING, *THOUGHT, *text(1, "The kettle ", "sings."), *tool(2, "", '{"cups"', ": 2}"), *end("tool_use")]
WORDS = (
    *("type", "message", "message_start", "message_delta", "message_stop", "content_block_start", "content_block_delta", "index"),
    *(
        "content_block_stop",
        "content_block",
        "delta",
        "text",
        "text_delta",
        "thinking",
        "thinking_delta",
        "signature_delta",
        "id",
    ),
    *(
        "input_json_delta",
        "partial_json",
        "tool_use",
        "input",
        "name",
        "stop_reason",
        "usage",
        "error",
        "ping",
        "content",
        "role",
    ),
    *("completion", "output_tokens", "redacted_thinking", "citations_delta", "end_turn"),
)


# ---------------------------------------------------------------- what it reads
def test_a_message_is_clean_and_its_channels_are_the_sums_of_its_deltas() -> None:
    found = report(body(*STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "anthropic-messages", [])
    choice = found.message.choices[0]
    assert (choice.content, choice.reasoning) == ("The kettle sings.", "water, then tea")
    assert [(c.index, c.id, c.name, c.arguments) for c in choice.tool_calls] == [(0, "toolu_2", "kettle", '{"cups": 2}')]
    assert choice.finish_reason == "tool_use"
    assert (found.message.id, found.message.model, found.message.usage) == (
        "msg_one",
        "small-2",
        {"input_tokens": 9, "output_tokens": 7},
    )


def test_text_that_a_block_starts_with_comes_before_its_deltas() -> None:
    events = [start(), opened(0, "text", text="The "), delta(0, "text_delta", text="kettle"), closed(0), *end()]
    assert report(body(*events)).message.content == "The kettle"


def test_input_that_a_block_starts_with_counts_where_no_delta_follows() -> None:
    found = report(body(start(), *tool(0, input={"cups": 2}), *end("tool_use")))
    assert (found.verdict, found.message.choices[0].tool_calls[0].arguments) == ("clean", '{"cups": 2}')


def test_input_that_a_block_starts_with_is_replaced_by_its_deltas() -> None:
    found = report(body(start(), *tool(0, '{"cups": 3}', input={"cups": 2}), *end("tool_use")))
    assert found.message.choices[0].tool_calls[0].arguments == '{"cups": 3}'


def test_server_and_mcp_tools_are_tool_calls_too() -> None:
    events = [
        start(),
        *tool(0, '{"q": 1}', kind="server_tool_use"),
        *tool(1, "{}", kind="mcp_tool_use"),
        *text(2, "Done."),
        *end(),
    ]
    found = report(body(*events))
    assert (found.verdict, told(found)) == ("clean", [])
    assert [c.arguments for c in found.message.choices[0].tool_calls] == ['{"q": 1}', "{}"]


def test_a_whole_message_is_read_like_a_stream() -> None:
    content = [
        {"type": "thinking", "thinking": "water", "signature": "c2ln"},
        {"type": "text", "text": "Tea."},
        {"type": "tool_use", "id": "toolu_1", "name": "kettle", "input": {"cups": 2}},
    ]
    whole = {"type": "message", "id": "msg_one", "role": "assistant", "model": "m", "content": content, "stop_reason": "tool_use"}
    found = report(json.dumps(whole).encode())
    assert (found.verdict, found.dialect, told(found)) == ("clean", "anthropic-messages", [])
    choice = found.message.choices[0]
    assert (choice.reasoning, choice.content, choice.tool_calls[0].arguments) == ("water", "Tea.", '{"cups": 2}')


def test_content_that_the_first_event_brings_whole_is_read() -> None:
    found = report(body(start(content=[{"type": "text", "text": "Tea."}], stop_reason="end_turn"), STOP))
    assert (found.verdict, found.message.content, found.message.choices[0].finish_reason) == ("clean", "Tea.", "end_turn")


def test_the_older_endpoint_is_read() -> None:
    events = [
        {"type": "completion", "id": "compl_1", "completion": t, "stop_reason": None, "model": "old-2"}
        for t in (" The", " kettle")
    ]
    last = {"type": "completion", "id": "compl_1", "completion": "", "stop_reason": "stop_sequence", "model": "old-2"}
    found = report(body(*events, PING, last))
    assert (found.verdict, found.dialect, found.message.content) == ("clean", "anthropic-messages", " The kettle")
    assert report(body(*events)).verdict == "incomplete"


def test_events_without_a_type_go_by_their_name() -> None:
    nameless = b"".join(sse({k: v for k, v in e.items() if k != "type"}, event=e["type"]) for e in STREAM)
    found = report(nameless)
    assert (found.verdict, found.message.content) == ("clean", "The kettle sings.")


# ---------------------------------------------------------------- what it lets pass
def test_legal_deviations_are_silent() -> None:
    for name, events in {
        "ping first, between and last": [PING, start(), PING, *text(0, "Tea"), PING, *end(), {**PING, "cost": "0.1"}],
        "no block at all": [start(), *end("refusal")],
        "no signature": [start(), *THOUGHT[:3], closed(0), *end()],
        "a signature only": [start(), opened(0, "thinking", thinking=""), THOUGHT[3], closed(0), *end()],
        "empty deltas": [start(), *text(0, "", "Tea", ""), *end()],
        "no usage": [{"type": "message_start", "message": {"id": "x"}}, *text(0, "Tea"), {**end()[0], "usage": None}, STOP],
        "usage at the end only": [start(usage={"input_tokens": 0, "output_tokens": 0}), *text(0, "Tea"), *end(input_tokens=9)],
        "a server tool's result": [start(), opened(0, "web_search_tool_result", content=[{"url": "u"}]), closed(0), *end()],
        "unknown block, delta and event": [
            start(),
            opened(0, "melody"),
            delta(0, "note_delta", pitch=3),
            delta(0, "text_delta", text="la"),
            closed(0),
            {"type": "interlude"},
            *end(),
        ],
        "citations": [start(), opened(0, "text", text=""), delta(0, "citations_delta", citation={}), closed(0), *end()],
        "the stop reason in two steps": [start(), *text(0, "Tea"), end(None)[0], *end()],
        "a compaction": [
            start(),
            opened(0, "compaction", content=""),
            delta(0, "compaction_delta", content="so far"),
            closed(0),
            *end(),
        ],
    }.items():
        found = report(body(*events))
        assert (found.verdict, told(found)) == ("clean", []), name


def test_done_after_the_end_is_tolerated() -> None:
    assert told(report(body(*STREAM) + sse("[DONE]"))) == []


def test_two_blocks_open_at_once_are_a_note() -> None:
    events = [start(), text(0, "Tea")[0], delta(0, "text_delta", text="Tea"), *tool(1, "{}"), closed(0), *end("tool_use")]
    found = report(body(*events))
    assert (found.verdict, told(found)) == ("clean", [("order/block-balance", "note", 3)])


def test_a_block_that_is_never_closed_is_a_note() -> None:
    assert told(report(body(start(), *text(0, "Tea")[:-1], *end()))) == [("order/block-balance", "note", 4)]


def test_a_first_block_with_another_number_is_a_note() -> None:
    assert told(report(body(start(), *text(1, "Tea"), *end()))) == [("order/block-balance", "note", 1)]


def test_a_second_signature_is_a_note() -> None:
    assert told(report(body(start(), *THOUGHT[:4], THOUGHT[3], closed(0), *end()))) == [("order/block-balance", "note", 5)]


# ---------------------------------------------------------------- what it finds
def test_a_body_that_ends_before_message_stop_is_incomplete() -> None:
    for cut in range(1, len(STREAM)):
        found = report(body(*STREAM[:cut]))
        assert found.verdict == "incomplete", cut
        assert ("order/missing-terminal", "error", cut - 1) in told(found)


def test_message_stop_without_a_stop_reason_does_not_make_a_cut_message_whole() -> None:
    for events in (
        [start(), *text(0, "Tea")[:-1], STOP],
        [start(), *text(0, "Tea"), STOP],
        [start(), *text(0, "Tea"), end(None)[0], STOP],
    ):
        found = report(body(*events))
        assert (found.verdict, told(found)) == ("incomplete", [("order/missing-terminal", "error", len(events) - 1)])


def test_a_second_message_in_the_body_is_a_restart() -> None:
    for cut in range(3, len(STREAM) + 1):
        found = report(body(*STREAM[:cut], start("msg_two"), *text(0, "Other"), *end()))
        if any(e["type"] == "content_block_delta" for e in STREAM[:cut]):
            assert (found.verdict, [t for t in told(found) if t[1] != "note"]) == ("corrupt", [("order/restarted", "error", cut)])
            assert [m.content for m in found.segments][1:] == ["Other"]


def test_another_message_before_the_first_says_anything_is_a_restart() -> None:
    found = report(body(start(), start("msg_two"), *text(0, "Tea"), *end()))
    assert told(found) == [("order/restarted", "error", 1)]


def test_the_same_message_start_twice_is_a_duplicate() -> None:
    found = report(body(start(), start(), *text(0, "Tea"), *end()))
    assert (found.verdict, told(found)) == ("suspect", [("order/duplicate-event", "warning", 1)])
    assert found.message.content == "Tea"


def test_a_message_without_its_start_has_lost_its_beginning() -> None:
    for cut in range(1, 8):
        assert ("order/block-balance", "warning", 0) in told(report(body(*STREAM[cut + 1 :]))), cut


def test_text_after_the_end_is_found() -> None:
    found = report(body(*STREAM, delta(1, "text_delta", text=" Again.")))
    assert found.verdict == "corrupt"
    assert ("order/after-terminal", "error", len(STREAM)) in told(found)


def test_a_block_after_the_end_is_found() -> None:
    assert told(report(body(*STREAM, opened(3, "text", text=""), closed(3)))) == [("order/after-terminal", "error", len(STREAM))]


def test_the_end_told_twice_is_found() -> None:
    assert told(report(body(*STREAM, STOP))) == [("order/duplicate-event", "warning", len(STREAM))]


def test_blocks_that_do_not_balance_are_found() -> None:
    for name, events, place in (
        ("opened while open", [start(), opened(0, "text", text=""), *text(0, "Tea"), *end()], 2),
        ("opened again", [start(), *text(0, "Tea"), *text(0, "Tea"), *end()], 4),
        ("closed twice", [start(), *text(0, "Tea"), closed(0), *end()], 4),
        ("closed unopened", [start(), closed(0), *end()], 1),
        ("fed unopened", [start(), delta(0, "text_delta", text="Tea"), *end()], 1),
        ("fed while closed", [start(), *text(0, "Tea"), delta(0, "text_delta", text="!"), *end()], 4),
        ("a hole in the numbers", [start(), *text(0, "Tea"), *text(2, "Cup"), *end()], 4),
    ):
        found = report(body(*events))
        assert (found.verdict, told(found)) == ("suspect", [("order/block-balance", "warning", place)]), name


def test_a_delta_that_does_not_fit_its_block_is_found_and_counted() -> None:
    for kind, misfit in (
        ("text", delta(0, "thinking_delta", thinking="hm")),
        ("thinking", delta(0, "text_delta", text="hm")),
        ("tool_use", delta(0, "text_delta", text="hm")),
        ("redacted_thinking", delta(0, "thinking_delta", thinking="hm")),
        ("web_search_tool_result", delta(0, "text_delta", text="hm")),
        ("text", delta(0, "signature_delta", signature="c2ln")),
    ):
        found = report(body(start(), opened(0, kind, id="t", name="n"), misfit, closed(0), *end()))
        assert ("order/block-balance", "warning", 2) in told(found), kind


def test_fragments_of_a_tool_call_that_was_not_opened_are_found() -> None:
    found = report(body(start(), *tool(0, '{"a": 1}')[1:], *end("tool_use")))
    assert found.verdict == "corrupt"
    assert ("order/tool-index", "error", 1) in told(found)


def test_arguments_that_are_not_json_are_found() -> None:
    assert told(report(body(start(), *tool(0, '{"cups": '), *end("tool_use")))) == [("order/tool-arguments", "error", 2)]


def test_arguments_that_the_token_limit_cut_are_a_note() -> None:
    assert told(report(body(start(), *tool(0, '{"cups": '), *end("max_tokens")))) == [("order/tool-arguments", "note", 2)]


def test_a_stop_reason_that_contradicts_the_blocks_is_found() -> None:
    assert told(report(body(start(), *text(0, "Tea"), *end("tool_use")))) == [("order/finish-reason", "warning", 4)]
    assert told(report(body(start(), *tool(0, "{}"), *end("end_turn")))) == [("order/finish-reason", "note", 5)]


def test_an_error_ends_the_message_in_place_of_message_stop() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    found = report(body(start(), *text(0, "Tea")[:2], error))
    assert (found.verdict, told(found)) == ("refused", [("provider/overloaded", "error", 3)])


def test_an_error_alone_is_this_dialects() -> None:
    found = report(body({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}))
    assert (found.verdict, found.dialect) == ("refused", "anthropic-messages")


# ---------------------------------------------------------------- how it is known
def test_its_events_are_recognised_and_those_of_others_are_not() -> None:
    for event in (start(), opened(0, "text", text=""), closed(0), STOP, end()[0]):
        assert recognise(event["type"], event) is AnthropicMessages
    others: tuple[Any, ...] = (
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "message-start", "id": "c"},
        {"type": "text-delta", "id": "0", "delta": "x"},
        {"object": "chat.completion.chunk", "choices": []},
        {"type": "error", "errorText": "x"},
        PING,
        [1],
        "message_start",
    )
    for value in others:
        assert AnthropicMessages.sniff("message", value) == 0


@given(st.lists(st.tuples(st.sampled_from(("message", *WORDS)), json_of(*WORDS)), max_size=8))
def test_no_json_makes_it_raise(events: list[tuple[str, Any]]) -> None:
    out, dialect = Assembly(), AnthropicMessages()
    for name, value in events:
        out.begin(0, 1)
        assert 0 <= AnthropicMessages.sniff(name, value) <= 100
        dialect.feed(name, value, out)
    dialect.text_event("[DONE]", out)
    dialect.close(out)
    out.close()


@given(misshapen(STREAM))
def test_no_misshapen_event_makes_it_raise(events: list[Any]) -> None:
    out, dialect = Assembly(), AnthropicMessages()
    for value in events:
        out.begin(0, 1)
        assert 0 <= AnthropicMessages.sniff("message", value) <= 100
        dialect.feed("message", value, out)
    dialect.close(out)
    out.close()


@given(st.data())
def test_the_cut_changes_nothing(data: st.DataObject) -> None:
    events = data.draw(st.lists(st.sampled_from([*STREAM, start("msg_two"), STOP, closed(1)]), max_size=10))
    whole = body(start(), *events)
    assert report(whole, cuts=data.draw(chunkings(whole))).to_dict() == report(whole).to_dict()
