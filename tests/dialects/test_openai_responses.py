"""OpenAI Responses: what its rules find, and what they let pass."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.assembly import Assembly
from streamcheck.dialects import recognise
from streamcheck.dialects.openai_responses import OpenAIResponses
from tests.dialects.support import json_of, misshapen, report, told
from tests.strategies import chunkings
from tests.streams import sse

Event = dict[str, Any]


def body(*events: Event, first: int | None = 0) -> bytes:
    """A body of named events, numbered from `first`; not numbered when it is None."""
    numbers = [{} if first is None or "sequence_number" in e else {"sequence_number": first + i} for i, e in enumerate(events)]
    return b"".join(sse({**e, **n}, event=e["type"]) for e, n in zip(events, numbers, strict=True))


def whole(status: str, *, id: str = "resp_one", **more: Any) -> Event:
    return {
        "id": id,
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "small-5",
        "status": status,
        "output": [],
        **more,
    }


def created(**more: Any) -> Event:
    return {"type": "response.created", "response": whole("in_progress", **more)}


def completed(*items: Event, **more: Any) -> Event:
    return {"type": "response.completed", "response": whole("completed", output=list(items), usage={"output_tokens": 7}, **more)}


def message(*texts: str, id: str = "msg_1") -> Event:
    return {"type": "message", "id": id, "role": "assistant", "content": [{"type": "output_text", "text": t} for t in texts]}


def added(at: int, item: Event) -> Event:
    empty: Event = {k: [] if isinstance(v, list) else "" if k in ("arguments", "input", "code") else v for k, v in item.items()}
    return {"type": "response.output_item.added", "output_index": at, "item": empty}


def done(at: int, item: Event) -> Event:
    return {"type": "response.output_item.done", "output_index": at, "item": item}


def delta(at: int, text: str, *, kind: str = "output_text", part: int = 0, **more: Any) -> Event:
    number = "summary_index" if "summary" in kind else "content_index"
    return {"type": f"response.{kind}.delta", "output_index": at, "item_id": "msg_1", number: part, "delta": text, **more}


def text_done(at: int, text: str, *, kind: str = "output_text", part: int = 0) -> Event:
    number = "summary_index" if "summary" in kind else "content_index"
    name = "refusal" if kind == "refusal" else "text"
    return {"type": f"response.{kind}.done", "output_index": at, "item_id": "msg_1", number: part, name: text}


def part_done(at: int, text: str, *, part: int = 0) -> Event:
    return {
        "type": "response.content_part.done",
        "output_index": at,
        "content_index": part,
        "part": {"type": "output_text", "text": text},
    }


def answer(at: int, *pieces: str, id: str = "msg_1") -> list[Event]:
    """A message item, from its opening to its end."""
    text, item = "".join(pieces), message("".join(pieces), id=id)
    return [added(at, item), *(delta(at, p) for p in pieces), text_done(at, text), part_done(at, text), done(at, item)]


def call(at: int, *pieces: str, kind: str = "function_call", **more: Any) -> list[Event]:
    """A tool call item, from its opening to its end."""
    event, field = {
        "function_call": ("function_call_arguments", "arguments"),
        "mcp_call": ("mcp_call_arguments", "arguments"),
        "custom_tool_call": ("custom_tool_call_input", "input"),
        "code_interpreter_call": ("code_interpreter_call_code", "code"),
    }[kind]
    item = {"type": kind, "id": f"fc_{at}", "call_id": f"call_{at}", "name": "kettle", field: "".join(pieces), **more}
    deltas = [{"type": f"response.{event}.delta", "output_index": at, "item_id": f"fc_{at}", "delta": p} for p in pieces]
    end = {"type": f"response.{event}.done", "output_index": at, "item_id": f"fc_{at}", field: "".join(pieces)}
    return [added(at, item), *deltas, end, done(at, item)]


def thought(at: int, *pieces: str) -> list[Event]:
    """A reasoning item whose summary is streamed."""
    text = "".join(pieces)
    item = {"type": "reasoning", "id": f"rs_{at}", "summary": [{"type": "summary_text", "text": text}]}
    kind = "reasoning_summary_text"
    return [added(at, item), *(delta(at, p, kind=kind) for p in pieces), text_done(at, text, kind=kind), done(at, item)]


STREAM = [
    created(),
    {"type": "response.in_progress", "response": whole("in_progress")},
    *thought(0, "water, ", "then tea"),
    *answer(1, "The kettle ", "sings."),
    *call(2, '{"cups"', ": 2}"),
    completed(message("The kettle sings.")),
]
WORDS = (
    *("type", "response", "response.created", "response.completed", "response.failed", "response.incomplete", "id", "object"),
    *("response.output_item.added", "response.output_item.done", "item", "output", "output_index", "item_id", "sequence_number"),
    *(
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "delta",
        "text",
        "part",
        "content",
    ),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments", "function_call", "name"),
    *(
        "message",
        "output_text",
        "summary",
        "reasoning",
        "call_id",
        "content_index",
        "status",
        "error",
        "usage",
        "custom_tool_call",
    ),
    *("response.reasoning_summary_text.delta", "response.shell_call_command.done", "command", "command_index", "model"),
)


def loud(found: Any) -> list[tuple[str, str, int | None]]:
    return [t for t in told(found) if t[1] != "note"]


# ---------------------------------------------------------------- what it reads
def test_a_response_is_clean_and_its_channels_are_the_sums_of_its_deltas() -> None:
    found = report(body(*STREAM))
    assert (found.verdict, found.dialect, told(found)) == ("clean", "openai-responses", [])
    choice = found.message.choices[0]
    assert (choice.content, choice.reasoning) == ("The kettle sings.", "water, then tea")
    assert [(c.index, c.id, c.name, c.arguments) for c in choice.tool_calls] == [(0, "call_2", "kettle", '{"cups": 2}')]
    assert choice.finish_reason == "completed"
    assert (found.message.id, found.message.model, found.message.usage) == ("resp_one", "small-5", {"output_tokens": 7})


def test_refusals_and_raw_reasoning_have_their_channels() -> None:
    item = {"type": "message", "id": "msg_1", "content": [{"type": "refusal", "refusal": "No."}]}
    thinking = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    events = [
        created(),
        *[
            added(0, thinking),
            delta(0, "hm", kind="reasoning_text"),
            text_done(0, "hm", kind="reasoning_text"),
            done(0, thinking),
        ],
        *[added(1, item), delta(1, "No.", kind="refusal"), text_done(1, "No.", kind="refusal"), done(1, item)],
        completed(thinking, item),
    ]
    found = report(body(*events))
    assert (found.verdict, told(found)) == ("clean", [])
    assert (found.message.choices[0].refusal, found.message.choices[0].reasoning) == ("No.", "hm")


@pytest.mark.parametrize("kind", ["custom_tool_call", "code_interpreter_call"])
def test_tools_that_take_free_text_are_not_held_to_json(kind: str) -> None:
    found = report(body(created(), *call(0, "print(", "1)", kind=kind), completed()))
    assert (found.verdict, told(found), found.message.choices[0].tool_calls[0].arguments) == ("clean", [], "print(1)")


def test_shell_commands_are_held_to_their_done_texts() -> None:
    item = {"type": "shell_call", "id": "sh_1", "call_id": "call_1", "action": {"commands": ["ls -a", "pwd"]}}

    def events(last: str) -> list[Event]:
        of = {"output_index": 0}
        return [
            created(),
            added(0, item),
            {"type": "response.shell_call_command.delta", "command_index": 0, "delta": "ls ", **of},
            {"type": "response.shell_call_command.delta", "command_index": 0, "delta": "-a", **of},
            {"type": "response.shell_call_command.done", "command_index": 0, "command": "ls -a", **of},
            {"type": "response.shell_call_command.delta", "command_index": 1, "delta": "pwd", **of},
            {"type": "response.shell_call_command.done", "command_index": 1, "command": last, **of},
            done(0, item),
            completed(item),
        ]

    assert told(report(body(*events("pwd")))) == []
    assert told(report(body(*events("pwd -P")))) == [("order/done-mismatch", "error", 6)]


def test_a_whole_response_is_read_like_a_stream() -> None:
    items = [e["item"] for e in STREAM if e["type"] == "response.output_item.done"]
    found = report(json.dumps(whole("completed", output=items)).encode())
    assert (found.verdict, found.dialect, told(found)) == ("clean", "openai-responses", [])
    choice = found.message.choices[0]
    assert (choice.content, choice.reasoning, choice.tool_calls[0].arguments) == (
        "The kettle sings.",
        "water, then tea",
        '{"cups": 2}',
    )


def test_a_whole_response_that_failed_is_refused() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Rate limit reached"}
    found = report(json.dumps(whole("failed", error=error)).encode())
    assert (found.verdict, found.dialect, loud(found)) == ("refused", "openai-responses", [("provider/rate-limit", "error", 0)])


@pytest.mark.parametrize("last", ["text", "part", "item", "completed"])
def test_a_final_text_without_deltas_is_taken_over(last: str) -> None:
    item = message("Tea.")
    end = {"text": text_done(0, "Tea."), "part": part_done(0, "Tea."), "item": done(0, item), "completed": None}[last]
    events = [created(), *([added(0, message()), end] if end else []), completed(item)]
    found = report(body(*events))
    assert (found.verdict, found.message.content) == ("clean", "Tea.")
    assert loud(found) == []


# ---------------------------------------------------------------- what it lets pass
def rotating(*events: Event) -> list[Event]:
    """The events as Copilot sends them: another id in each."""
    out = []
    for number, event in enumerate(events):
        event = json.loads(json.dumps(event))
        for holder in (event.get("response"), event.get("item"), *(event.get("response") or {}).get("output", [])):
            if holder:
                holder["id"] = f"id_{number}_{holder['id']}"
        if "item_id" in event:
            event["item_id"] = f"id_{number}"
        out.append(event)
    return out


def test_an_id_of_its_own_for_every_event_is_a_note() -> None:
    found = report(body(*rotating(*STREAM)))
    assert (found.verdict, [t[:2] for t in told(found)]) == ("clean", [("order/identity-change", "note")])
    assert found.message.content == "The kettle sings."


def test_rotating_ids_may_miss_the_first_events() -> None:
    events = rotating(*STREAM)
    events[1] = {"type": "response.in_progress", "response": {"id": events[0]["response"]["id"]}}
    assert loud(report(body(*events))) == []


def test_a_final_text_is_held_to_its_deltas_under_rotating_ids_too() -> None:
    events = [created(), *answer(0, "Tea ", "time"), completed(message("Tea time"))]
    del events[2]
    assert loud(report(body(*rotating(*events)))) == [("order/done-mismatch", "error", 3)]


def test_legal_deviations_are_silent() -> None:
    plain = [created(), *answer(0, "Tea"), completed(message("Tea"))]
    for name, data in {
        "no numbers": body(*plain, first=None),
        "numbers from 1": body(*plain, first=1),
        "numbers that never move": body(*({**e, "sequence_number": 0} for e in plain)),
        "numbers of -1": body(*({**e, "sequence_number": -1} for e in plain)),
        "no event lines": b"".join(sse(e) for e in STREAM),
        "[DONE]": body(*plain) + sse("[DONE]"),
        "pings": body(*plain) + sse({"type": "ping", "cost": "0.1"}, event="ping"),
        "padding": body(created(), *(dict(e, obfuscation="x9Kq") for e in answer(0, "Tea")), completed()),
        "an empty output at the end": body(*plain[:-1], completed()),
        "a shorter output at the end": body(created(), *answer(0, "Tea"), *call(1, "{}"), completed(call(1, "{}")[-1]["item"])),
        "queued": body(created(), {"type": "response.queued", "response": whole("queued")}, *plain[1:]),
        "unknown events": body(created(), {"type": "response.melody.delta", "delta": "la"}, *plain[1:], first=None),
        "items that overlap": body(
            *[created(), added(0, message()), added(1, message(id="msg_2")), delta(1, "b"), delta(0, "a")],
            *[done(1, message("b", id="msg_2")), done(0, message("a")), completed(message("a"), message("b", id="msg_2"))],
        ),
        "done without an index": body(
            *[created(), *answer(0, "Tea")[:-1]],
            *[{"type": "response.output_item.done", "item": message("Tea")}, completed(message("Tea"))],
        ),
        "an item done that was not opened": body(created(), done(0, message("Tea")), completed(message("Tea"))),
        "a lone part for the list": body(
            created(), *answer(0, "Tea")[:-1], done(0, {**message(), "content": message("Tea")["content"][0]})
        ),
        "reasoning that ends as summary": body(
            *[created(), added(0, {"type": "reasoning", "id": "r", "summary": []}), delta(0, "hm", kind="reasoning_text")],
            *[done(0, {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]}), completed()],
        ),
        "a model's full name at the end": body(*plain[:-1], completed(message("Tea"), model="small-5-2026-01-01")),
    }.items():
        if "response.completed" not in data.decode():
            data += sse({**completed(), "sequence_number": data.count(b"data:")})
        found = report(data)
        assert (found.verdict, told(found)) == ("clean", []), name


def test_a_resumed_stream_is_clean() -> None:
    for cut in range(1, len(STREAM)):
        found = report(body(*STREAM[cut:], first=40 + cut))
        assert (found.verdict, loud(found)) == ("clean", []), cut


def test_a_number_that_does_not_begin_a_stream_is_a_note() -> None:
    assert told(report(body(*STREAM[1:], first=1))) == [("order/sequence-gap", "note", 0)]


def test_an_item_that_is_never_closed_is_a_note() -> None:
    assert told(report(body(created(), *answer(0, "Tea")[:-1], completed(message("Tea"))))) == [
        ("order/block-balance", "note", 5)
    ]


def test_a_response_that_was_cut_short_by_its_limit_has_ended() -> None:
    end = {"type": "response.incomplete", "response": whole("incomplete", incomplete_details={"reason": "max_output_tokens"})}
    found = report(body(created(), *answer(0, "Tea ")[:2], end))
    assert (found.verdict, told(found), found.message.choices[0].finish_reason) == ("clean", [], "max_output_tokens")


def test_items_that_share_an_index_are_told_apart_by_their_ids() -> None:
    def all_zero(events: list[Event]) -> list[Event]:
        return [{**e, "output_index": 0} for e in events]

    found = report(body(created(), *all_zero(call(0, "{}")), *all_zero(call(1, "[1]")), completed()))
    assert (found.verdict, [t[:2] for t in told(found)]) == ("clean", [("order/block-balance", "note")])
    assert [c.arguments for c in found.message.choices[0].tool_calls] == ["{}", "[1]"]


# ---------------------------------------------------------------- what it finds
def test_a_body_that_ends_before_the_last_event_is_incomplete() -> None:
    for cut in range(1, len(STREAM)):
        for tail in (b"", sse("[DONE]")):
            found = report(body(*STREAM[:cut]) + tail)
            assert (found.verdict, [t[:2] for t in loud(found)]) == ("incomplete", [("order/missing-terminal", "error")]), cut


def test_a_lost_event_is_found_by_the_numbers() -> None:
    numbered = [{**e, "sequence_number": i} for i, e in enumerate(STREAM)]
    for lost in range(1, len(STREAM) - 1):
        found = report(body(*numbered[:lost], *numbered[lost + 1 :]))
        assert found.verdict == "corrupt"
        assert ("order/sequence-gap", "error", lost) in told(found), lost


def test_a_repeated_event_is_found_by_the_numbers() -> None:
    numbered = [{**e, "sequence_number": i} for i, e in enumerate(STREAM)]
    for twice in range(1, len(STREAM)):
        found = report(body(*numbered[: twice + 1], *numbered[twice:]))
        assert ("order/duplicate-event", "error", twice + 1) in told(found), twice


@pytest.mark.parametrize("place", range(2, 6))
def test_a_final_text_that_differs_from_its_deltas_is_found_where_it_is_told(place: int) -> None:
    events = [created(), *answer(0, "Tea"), completed(message("Tea"))]
    events[place + 1] = [text_done(0, "Tee"), part_done(0, "Tee"), done(0, message("Tee")), completed(message("Tee"))][place - 2]
    found = report(body(*events))
    assert (found.verdict, told(found)) == ("corrupt", [("order/done-mismatch", "error", place + 1)])
    assert found.findings[0].evidence == {"delta_chars": 3, "final_chars": 3, "first_difference": 2}


def test_a_lost_delta_is_found_once_without_numbers() -> None:
    events = [created(), *answer(0, "Tea ", "for ", "two"), completed(message("Tea for two"))]
    del events[3]
    assert told(report(body(*events, first=None))) == [("order/done-mismatch", "error", 4)]


def test_lost_and_changed_arguments_are_found() -> None:
    events = [created(), *call(0, '{"cups"', ": 1", "0}"), completed()]
    del events[4]
    found = report(body(*events, first=None))
    assert ("order/done-mismatch", "error", 4) in told(found)
    assert ("order/tool-arguments", "error", 3) in told(found)


def test_arguments_that_are_not_json_are_found() -> None:
    assert told(report(body(created(), *call(0, '{"cups": '), completed()))) == [("order/tool-arguments", "error", 2)]


def test_a_call_that_changes_its_name_is_found() -> None:
    events = [created(), *call(0, "{}"), completed()]
    events[1] = added(0, {**events[1]["item"], "name": "oven"})
    found = report(body(*events))
    assert (found.verdict, told(found)) == ("corrupt", [("order/done-mismatch", "error", 4)])


def test_an_item_that_changes_its_kind_is_found() -> None:
    events = [created(), *answer(0, "Tea")[:-1], done(0, {"type": "reasoning", "id": "rs_1", "summary": []}), completed()]
    assert ("order/block-balance", "warning", 5) in told(report(body(*events)))


def test_a_delta_after_the_end_of_its_part_or_item_is_found() -> None:
    for late in (3, 4, 5):
        events = [created(), *answer(0, "Tea")]
        events.insert(late + 1, delta(0, " more"))
        found = report(body(*events, completed()))
        assert found.verdict == "corrupt"
        assert ("order/after-terminal", "error", late + 1) in told(found), late


def test_a_delta_for_an_item_that_was_not_opened_is_found() -> None:
    events = [created(), *answer(0, "Tea"), delta(1, "Cup"), completed()]
    assert told(report(body(*events))) == [("order/block-balance", "warning", 6)]


def test_an_item_opened_or_closed_twice_is_found() -> None:
    events = [created(), *answer(0, "Tea"), completed()]
    assert told(report(body(*events[:2], *events[1:]))) == [("order/block-balance", "warning", 2)]
    assert told(report(body(*events[:6], *events[5:]))) == [("order/block-balance", "warning", 6)]


def test_a_second_response_in_the_body_is_a_restart() -> None:
    other = [created(id="resp_two"), *answer(0, "Other"), completed(id="resp_two")]
    numbered = [{**e, "sequence_number": i} for i, e in enumerate(other)]
    for cut in range(1, len(STREAM) + 1):
        found = report(body(*STREAM[:cut], *numbered))
        assert found.verdict == "corrupt", cut
        assert ("order/restarted", "error", cut) in told(found), cut
        assert [t[0] for t in loud(found)] == ["order/restarted"], cut


def test_the_same_first_event_twice_is_a_duplicate() -> None:
    numbered = [{**e, "sequence_number": i} for i, e in enumerate(STREAM)]
    found = report(body(numbered[0], *numbered))
    assert (found.verdict, told(found)) == ("suspect", [("order/duplicate-event", "warning", 1)])
    assert found.message.content == "The kettle sings."


def test_another_id_at_the_end_is_a_change_of_identity() -> None:
    found = report(body(*STREAM[:-1], completed(message("The kettle sings."), id="resp_two")))
    assert (found.verdict, told(found)) == ("suspect", [("order/identity-change", "warning", len(STREAM) - 1)])


def test_events_after_the_end_are_found() -> None:
    n = len(STREAM)
    assert ("order/after-terminal", "error", n) in told(report(body(*STREAM, delta(1, " Again."))))
    assert ("order/after-terminal", "error", n) in told(report(body(*STREAM, added(3, message(id="msg_3")))))
    assert told(report(body(*STREAM, STREAM[-1]))) == [("order/duplicate-event", "warning", n)]


def test_an_error_ends_the_response_in_place_of_its_last_event() -> None:
    error = {"type": "error", "code": "server_error", "message": "The server had an error", "param": None}
    found = report(body(created(), *answer(0, "Tea")[:2], error))
    assert (found.verdict, loud(found)) == ("refused", [("provider/server-error", "error", 3)])


def test_a_failed_response_is_refused_and_its_error_counts_once() -> None:
    told_once = {"code": "rate_limit_exceeded", "message": "Rate limit reached for small-5"}
    failed = {"type": "response.failed", "response": whole("failed", error=told_once)}
    for events in ([failed], [{"type": "error", "error": told_once}, failed]):
        found = report(body(created(), *events))
        assert (found.verdict, loud(found)) == ("refused", [("provider/rate-limit", "error", 1)])


# ---------------------------------------------------------------- how it is known
def test_its_events_are_recognised_and_those_of_others_are_not() -> None:
    for event in STREAM:
        assert recognise(event["type"], event) is OpenAIResponses
        assert recognise("message", event) is OpenAIResponses
    others: tuple[Any, ...] = (
        {"type": "message_start", "message": {"id": "m"}},
        {"type": "error", "error": {"type": "overloaded_error"}},
        {"type": "message", "role": "assistant", "content": []},
        {"object": "chat.completion.chunk", "choices": []},
        {"type": "text-delta", "id": "0", "delta": "x"},
        {"type": "ping"},
        [1],
        "response.created",
    )
    for value in others:
        assert OpenAIResponses.sniff("message", value) == 0


@given(st.lists(st.tuples(st.sampled_from(("message", *WORDS)), json_of(*WORDS)), max_size=8))
def test_no_json_makes_it_raise(events: list[tuple[str, Any]]) -> None:
    out, dialect = Assembly(), OpenAIResponses()
    for name, value in events:
        out.begin(0, 1)
        assert 0 <= OpenAIResponses.sniff(name, value) <= 100
        dialect.feed(name, value, out)
    dialect.text_event("[DONE]", out)
    dialect.close(out)
    out.close()


@given(misshapen(STREAM))
def test_no_misshapen_event_makes_it_raise(events: list[Any]) -> None:
    out, dialect = Assembly(), OpenAIResponses()
    for value in events:
        out.begin(0, 1)
        assert 0 <= OpenAIResponses.sniff("message", value) <= 100
        dialect.feed("message", value, out)
    dialect.close(out)
    out.close()


@given(st.lists(st.sampled_from(STREAM), max_size=12), st.data())
def test_no_order_of_its_own_events_makes_it_raise_and_the_cut_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    stream = body(created(), *events)
    assert report(stream, cuts=data.draw(chunkings(stream))).to_dict() == report(stream).to_dict()


def test_a_character_whose_halves_came_in_two_deltas_agrees_with_the_final_text() -> None:
    stream = b"".join(
        sse(value, event=str(value["type"]))
        for value in (
            {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "model": "m"}},
            {
                "type": "response.output_text.delta",
                "sequence_number": 1,
                "output_index": 0,
                "content_index": 0,
                "item_id": "i",
                "delta": "a\ud83e",
            },
            {
                "type": "response.output_text.delta",
                "sequence_number": 2,
                "output_index": 0,
                "content_index": 0,
                "item_id": "i",
                "delta": "\udd80b",
            },
            {
                "type": "response.output_text.done",
                "sequence_number": 3,
                "output_index": 0,
                "content_index": 0,
                "item_id": "i",
                "text": "a🦀b",
            },
        )
    )
    found = sc.check(stream)
    assert found.message.content == "a🦀b"
    assert "order/done-mismatch" not in {f.code for f in found.findings}
