"""What a user brings: bodies that broke, and what must be said of them. Each with the place."""

import gzip
import json
from random import Random
from typing import Any

import pytest

import streamcheck as sc
from scripts import garbage
from streamcheck.capture.format import Capture, End, TextDelta
from streamcheck.findings import MAX_PER_CODE
from streamcheck.report.text import text_report
from tests.streams import IDENT, SECOND, chat, chat_event, chat_events, sse

KEYS = [
    "source",
    "dialect",
    "verdict",
    "origin",
    "message",
    "findings",
    "provider_error",
    "counts",
    "timing",
    "segments",
    "scores",
]


# Not long, sound, and nothing in it comes again.
_PROSE = (
    "The valley road was closed for a week after the storm, so the post came over the pass on a sledge. The driver brought letters, two "
    "sacks of flour and a piano string for the teacher, who had been waiting since autumn. In the evening the whole school sat around "
    "the old piano and listened while she tuned it, one key after the other, until the lamps were put out. "
)


def codes(report: sc.Report) -> list[tuple[str, str, int | None]]:
    return [(f.code, f.severity.value, f.event) for f in report.findings]


def loud(report: sc.Report) -> list[str]:
    return [f.code for f in report.findings if f.severity != "note"]


# ---------------------------------------------------------------------- one response a body
def test_two_responses_in_one_body_are_never_one_text() -> None:
    first, second = chat_events("The ", "answer"), chat_events("Now ", "again", **SECOND)
    report = sc.check(b"".join(first[:3] + second))
    assert report.verdict == "corrupt"
    assert codes(report) == [("order/restarted", "error", 3)]
    assert report.findings[0].span == (len(b"".join(first[:3])), len(b"".join(first[:3])) + len(second[0]))
    assert report.message.content == "The answer"
    assert [m.content for m in report.segments] == ["The answer", "Now again"]


def test_a_spliced_frame_is_placed_at_the_byte_of_the_cut() -> None:
    zai: dict[str, Any] = {"id": "20260114043705b7f7de19603a48fd", "created": 1_768_336_625}
    again: dict[str, Any] = {"id": "20260114043917eff1a1dd435a4df0", "created": 1_768_336_757}
    first, second = chat_events("One", "Two", **zai), chat_events("Three", **again)
    cut = len(first[0] + first[1]) + 90
    report = sc.check(b"".join(first)[:cut] + b"".join(second))
    [finding] = report.findings
    assert (finding.code, finding.event, finding.span) == ("order/spliced-frame", 2, (cut, cut + len(second[0])))
    assert finding.evidence["ids"] == [zai["id"], again["id"]]
    assert finding.evidence["id_gap_s"] == 132
    assert [m.content for m in report.segments] == ["One", "Three"]


def test_one_foreign_event_is_interleaved_and_placed_there() -> None:
    events = chat_events("a", "b", "c")
    report = sc.check(b"".join([*events[:2], chat_event({"content": "x"}, **SECOND), *events[2:]]))
    assert codes(report) == [("order/interleaved", "error", 2)]
    assert report.message.content == "abc"


def test_an_id_of_its_own_for_every_event_is_a_note() -> None:
    events = [chat_event({"content": text}, id=f"chatcmpl-{i}") for i, text in enumerate("abcd")]
    report = sc.check(b"".join([*events, chat_event({}, finish="stop", id="chatcmpl-9"), sse("[DONE]")]))
    assert (report.verdict, report.message.content) == ("clean", "abcd")
    assert codes(report) == [("order/identity-change", "note", 2)]


def test_a_trailer_without_text_under_another_id_is_silent() -> None:
    events = chat_events("a", "b")
    cost = sse({**IDENT, "id": "other", "choices": [], "cost": "0.1"})
    assert sc.check(b"".join([*events, cost])).verdict == "clean"


def test_the_first_chunk_of_azure_has_no_id_and_is_silent() -> None:
    opening = sse({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{}]})
    report = sc.check(opening + chat("a", "b"))
    assert (report.verdict, report.dialect, report.message.content) == ("clean", "openai-chat", "ab")


def test_a_role_on_every_chunk_is_silent() -> None:
    events = [chat_event({"role": "assistant", "reasoning_content": t}) for t in ("Let", " me", " see")]
    events += [chat_event({"role": "assistant", "content": t}) for t in ("4", "", "2")]
    report = sc.check(b"".join([*events, chat_event({"role": "assistant", "content": ""}, finish="stop"), sse("[DONE]")]))
    assert (report.verdict, report.message.reasoning, report.message.content) == ("clean", "Let me see", "42")


# ---------------------------------------------------------------------- ends
@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_stream_that_just_ends_is_incomplete(keep: int) -> None:
    report = sc.check(b"".join(chat_events("a", "b")[:keep]))
    assert (report.verdict, loud(report)) == ("incomplete", ["order/missing-terminal"])


def test_done_without_a_finish_reason_is_incomplete() -> None:
    events = chat_events("a", "b")
    assert sc.check(b"".join([*events[:3], events[-1]])).verdict == "incomplete"


def test_a_finish_reason_without_done_is_clean_with_a_note() -> None:
    report = sc.check(b"".join(chat_events("a", "b")[:-1]))
    assert (report.verdict, codes(report)) == ("clean", [("order/missing-terminal", "note", 3)])


def test_text_after_the_end_is_corrupt() -> None:
    report = sc.check(chat("a") + chat_event({"content": "more"}))
    assert codes(report) == [("order/after-terminal", "error", 4)]


def test_an_unterminated_last_event_is_kept_and_noted() -> None:
    report = sc.check(chat("a").removesuffix(b"\n"))
    assert report.verdict == "clean"
    assert codes(report) == [("sse/unterminated-event", "note", None)]
    assert report.counts["events"] == 3


def test_a_reset_connection_is_incomplete_whatever_the_text_says() -> None:
    checker = sc.Checker()
    checker.feed(chat("a"))
    report = checker.close("reset")
    assert (report.verdict, loud(report)) == ("incomplete", ["http/incomplete-body"])


def test_a_short_body_is_measured_against_its_content_length() -> None:
    body = chat("a")
    checker = sc.Checker(head=sc.ResponseHead(status=200, headers=(("Content-Length", str(len(body) + 5)),)))
    checker.feed(body)
    assert loud(checker.close()) == ["http/incomplete-body"]


# ---------------------------------------------------------------------- bytes, framing, JSON
def test_a_torn_character_is_transport_and_its_replacement_a_note() -> None:
    body = chat("caf\u00e9 ok").replace("é".encode(), b"\xc3")
    report = sc.check(body)
    assert report.verdict == "corrupt"
    assert [(f.code, f.severity, f.span) for f in report.findings if f.stage == "utf8"] == [
        ("utf8/invalid", "error", (body.index(b"\xc3"), body.index(b"\xc3") + 1))
    ]
    assert report.origin is not None
    assert (report.origin.layer, report.origin.confidence) == ("transport", "likely")
    assert [f.evidence["written_by"] for f in report.findings if f.code == "text/replacement-character"] == ["transport"]


def test_a_raw_unicode_line_break_is_noted_at_its_byte() -> None:
    body = chat("a\u2028b")
    [finding] = sc.check(body).findings
    at = body.index("\u2028".encode())
    assert (finding.code, finding.severity, finding.span) == ("sse/unicode-line-break", "note", (at, at + 1))


def test_an_unescaped_quote_is_invalid_json_at_its_byte() -> None:
    events = chat_events("say", "hello")
    broken = events[2].replace(b"hello", b'he"llo')
    report = sc.check(b"".join([*events[:2], broken, *events[3:]]))
    [finding] = report.findings
    at = len(events[0] + events[1]) + broken.index(b'"llo')
    assert (finding.code, finding.event) == ("json/invalid", 2)
    assert finding.span is not None
    assert finding.span.start in (at, at + 1)


def test_a_key_that_stands_twice_is_found_in_the_middle_of_a_fast_run() -> None:
    events = chat_events(*"abcdefgh")
    events[6] = events[6].replace(b'"finish_reason": null', b'"finish_reason": null, "index": 0')
    report = sc.check(b"".join(events))
    assert codes(report) == [("json/duplicate-key", "warning", 6)]
    assert report.message.content == "abcdefgh"


def test_a_keep_alive_sent_as_data_is_named() -> None:
    events = chat_events("a", "b")
    report = sc.check(b"".join([*events[:2], b"data: : ping\n\n", b"data:\n\n", *events[2:]]))
    assert [(c, e) for c, _, e in codes(report)] == [("sse/heartbeat-as-data", 2), ("sse/heartbeat-as-data", 3)]
    assert report.message.content == "ab"


def test_a_comment_after_an_id_is_no_event() -> None:
    events = chat_events("a", "b")
    assert sc.check(b"".join([b"id: 1\n" + events[0], b": ping\n\n", *events[1:]])).verdict == "clean"


def test_events_without_blank_lines_between_them_are_read_and_reported() -> None:
    body = b"".join(event.removesuffix(b"\n") for event in chat_events("a", "b")[:-1]) + b"\n"
    report = sc.check(body)
    assert (report.verdict, report.dialect, report.message.content) == ("corrupt", "openai-chat", "ab")
    assert loud(report) == ["json/invalid"]


def test_undeclared_gzip_is_undone_and_corrupt() -> None:
    report = sc.check(gzip.compress(chat("a", "b")))
    assert (report.verdict, report.message.content) == ("corrupt", "ab")
    assert loud(report) == ["http/content-encoding"]


def test_declared_gzip_is_undone_in_silence() -> None:
    checker = sc.Checker(head=sc.ResponseHead(headers=(("content-encoding", "gzip"),)))
    checker.feed(gzip.compress(chat("a", "b")))
    assert checker.close().verdict == "clean"


# ---------------------------------------------------------------------- text and order
def test_a_pair_of_surrogates_split_over_two_deltas_is_healed_with_a_note() -> None:
    report = sc.check(chat("x", "\ud83e", "\udd9c y"))
    assert report.message.content == "x🦜 y"
    assert codes(report) == [("text/lone-surrogate", "note", 3)]


def test_a_repeated_event_with_a_sentence_in_it_is_suspect() -> None:
    events = chat_events("A whole sentence at once.", " And one more.")
    report = sc.check(b"".join([*events[:2], events[1], *events[2:]]))
    assert codes(report) == [("order/duplicate-event", "warning", 2)]


def test_equal_tokens_in_a_row_are_silent() -> None:
    assert sc.check(chat("ha", "ha", "ha", "--------------------", "--------------------")).verdict == "clean"


def test_cumulative_deltas_are_named() -> None:
    text = "This is a sentence that grows with every chunk that comes."
    report = sc.check(chat(*(text[:n] for n in range(20, len(text), 4))))
    assert loud(report) == ["order/cumulative-deltas"]


def test_tool_arguments_that_do_not_close_are_corrupt_when_the_stream_says_it_is_done() -> None:
    opening = chat_event({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "read", "arguments": ""}}]})
    piece = chat_event({"tool_calls": [{"index": 0, "function": {"arguments": '{"path": "a'}}]})
    report = sc.check(opening + piece + chat_event({}, finish="tool_calls") + sse("[DONE]"))
    assert codes(report) == [("order/tool-arguments", "error", 1)]
    assert [(t.id, t.name, t.arguments) for t in report.message.choices[0].tool_calls] == [("c1", "read", '{"path": "a')]


def test_parallel_tool_calls_that_share_an_index_stay_apart() -> None:
    calls = [{"index": 0, "id": f"c{n}", "function": {"name": "read", "arguments": f'{{"n": {n}}}'}} for n in (1, 2)]
    report = sc.check(
        b"".join(chat_event({"tool_calls": [c]}) for c in calls) + chat_event({}, finish="tool_calls") + sse("[DONE]")
    )
    assert [t.arguments for t in report.message.choices[0].tool_calls] == ['{"n": 1}', '{"n": 2}']
    assert report.verdict == "clean"


def test_a_finish_reason_of_tool_calls_without_a_call_is_suspect() -> None:
    assert loud(sc.check(chat("a", finish="tool_calls"))) == ["order/finish-reason"]


# ---------------------------------------------------------------------- refusals and bodies that are no stream
def test_an_error_inside_a_stream_is_a_refusal_that_names_what_was_lost() -> None:
    error = sse({"error": {"code": "1305", "message": "The service may be temporarily overloaded, please try again later"}})
    report = sc.check(b"".join(chat_events("some", " text")[:3]) + error)
    assert (report.verdict, loud(report)) == ("refused", ["provider/overloaded"])
    assert report.provider_error is not None
    assert report.provider_error.error_class == "overloaded"
    assert "9 characters" in report.findings[0].message


@pytest.mark.parametrize(
    ("body", "verdict", "code"),
    [
        (b"", "incomplete", "order/missing-terminal"),
        (b"\n\n", "incomplete", "order/missing-terminal"),
        (b"<!DOCTYPE html><html><body>Sign in to Wi-Fi</body></html>", "corrupt", "http/wrong-content-type"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "corrupt", "http/wrong-content-type"),
        (b"just some words that are no stream", "corrupt", "http/wrong-content-type"),
        (b'{"error":{"code":"1113","message":"Insufficient balance or no resource package."}}', "refused", "provider/billing"),
    ],
)
def test_what_is_not_a_stream_is_named(body: bytes, verdict: str, code: str) -> None:
    report = sc.check(body)
    assert (report.verdict, loud(report)) == (verdict, [code])


def test_a_json_document_of_no_dialect_is_clean_and_says_what_it_is() -> None:
    report = sc.check(b'{"answer": 42}')
    assert (report.verdict, report.dialect) == ("clean", "unknown")
    assert "JSON document" in report.findings[0].message


def test_a_sound_stream_of_an_unknown_kind_is_clean() -> None:
    report = sc.check(sse(*({"step": n, "word": "x"} for n in range(40))))
    assert (report.verdict, report.dialect, report.counts["events"]) == ("clean", "unknown", 40)


def test_the_status_and_the_url_decide_what_an_error_means() -> None:
    body = b'{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}'
    checker = sc.Checker(head=sc.ResponseHead(status=429, url="https://api.z.ai/api/paas/v4/chat/completions"))
    checker.feed(body)
    report = checker.close()
    assert loud(report) == ["provider/wrong-endpoint"]
    assert report.provider_error is not None
    assert "/api/coding/paas/v4" in (report.provider_error.hint or "")


# ---------------------------------------------------------------------- the interface
def test_feed_returns_deltas_and_findings_in_the_order_of_events() -> None:
    events = chat_events("a", "b", "c")
    items = sc.Checker().feed(b"".join([*events[:2], chat_event({"content": "x"}, **SECOND), *events[2:4]]))
    assert [i.text if isinstance(i, sc.Delta) else i.code for i in items] == ["a", "x", "order/interleaved", "b", "c"]


def test_close_gives_the_same_report_again_and_feed_raises_after_it() -> None:
    checker = sc.Checker()
    checker.feed(chat("a"))
    assert checker.close() is checker.close()
    with pytest.raises(sc.StreamClosedError, match="new Checker"):
        checker.feed(b"x")


def test_feed_refuses_text_and_says_what_to_pass() -> None:
    with pytest.raises(TypeError, match="aiter_raw"):
        sc.Checker().feed("data: x\n\n")  # type: ignore[arg-type]


def test_an_unknown_dialect_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(sc.UsageError, match="did you mean 'openai-chat'"):
        sc.Checker("openai-chatt")


def test_times_are_reported_when_they_were_given() -> None:
    checker = sc.Checker()
    for at, event in enumerate(chat_events("a", "b"), start=2):
        checker.feed(event, at=float(at))
    assert checker.close().to_dict()["timing"] == {
        "first_byte_s": 2.0,
        "first_delta_s": 3.0,
        "longest_gap_s": 1.0,
        "duration_s": 6.0,
    }


def test_a_hostile_stream_cannot_fill_the_report() -> None:
    report = sc.check(b"data: " + b"\xff" * 10_000 + b"\n\n")
    kept = [f for f in report.findings if f.code == "utf8/invalid"]
    assert len(kept) == MAX_PER_CODE
    assert kept[-1].evidence["more"] == 10_000 - MAX_PER_CODE


def test_deltas_of_a_hop_that_has_only_text_are_judged_as_text() -> None:
    checker = sc.Checker()
    checker.feed_delta(sc.Delta(0, "reasoning", "plain words", 0))
    report = checker.close()
    assert (report.verdict, report.message.reasoning) == ("clean", "plain words")


def kept_salad() -> Capture:
    """Return what a session store kept of a salad: text, and no bytes."""
    deltas = (TextDelta(None, 0, "reasoning", _PROSE), TextDelta(None, 0, "content", _PROSE + _salad()))
    return Capture(deltas=deltas, end=End(), hop="storage")


def test_who_garbled_the_text_of_a_hop_without_bytes_is_not_known() -> None:
    report = sc.check(kept_salad())
    assert report.verdict == "degenerate"
    assert report.origin is not None
    assert (report.origin.layer, report.origin.confidence) == ("unknown", "possible")
    assert "this hop has text and no bytes" in report.origin.because
    assert "valid" not in report.origin.because


def test_findings_of_a_hop_without_bytes_have_no_bytes() -> None:
    report = sc.check(kept_salad())
    assert report.findings
    assert [finding.to_dict()["bytes"] for finding in report.findings] == [None] * len(report.findings)
    assert {finding.event for finding in report.findings} == {1}
    assert "bytes 0-0" not in text_report(report)
    checker = sc.Checker()
    told = checker.feed_delta(sc.Delta(0, "content", _PROSE + _salad(), 0))
    assert {item.span for item in told if isinstance(item, sc.Finding)} == {None}


def test_findings_of_a_hop_without_bytes_stand_in_the_order_of_its_deltas() -> None:
    deltas = (TextDelta(None, 0, "reasoning", _PROSE + _salad()), TextDelta(None, 0, "content", "a \ufffd sign"))
    report = sc.check(Capture(deltas=deltas, end=End(), hop="storage"))
    assert report.findings[-1].code == "text/replacement-character"
    assert [finding.event for finding in report.findings] == [*[0] * (len(report.findings) - 1), 1]


@pytest.mark.parametrize(("reason", "layer"), [("cancel", "client"), ("timeout", "unknown")])
def test_who_stopped_a_hop_without_bytes_is_told_all_the_same(reason: str, layer: str) -> None:
    checker = sc.Checker()
    checker.feed_delta(sc.Delta(0, "content", "half an ans", 0))
    report = checker.close(reason)
    assert report.origin is not None
    assert (report.origin.layer, "no bytes" in report.origin.because) == (layer, False)


def test_the_report_is_json_and_has_the_documented_keys() -> None:
    report: dict[str, Any] = json.loads(json.dumps(sc.check(chat("a"), name="x").to_dict()))
    assert list(report) == KEYS
    assert report["message"]["choices"][0]["content"] == "a"


def test_an_ndjson_body_that_ends_inside_a_line_is_incomplete_not_corrupt() -> None:
    lines = [
        json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"content": t}, "done": False})
        for t in ("a", "b")
    ]
    report = sc.check("\n".join(lines).encode()[:-9])
    assert (report.verdict, report.dialect, report.message.content) == ("incomplete", "ollama", "a")
    assert sorted(loud(report)) == ["order/missing-terminal", "sse/unterminated-event"]


def test_a_restart_is_placed_at_the_opening_chunk_without_an_id() -> None:
    opening = sse({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{}]})
    first, second = [opening, *chat_events("a", "b")], [opening, *chat_events("c", **SECOND)]
    report = sc.check(b"".join(first[:4] + second))
    assert codes(report) == [("order/restarted", "error", 4)]


def test_token_counts_that_the_text_cannot_have_are_noted() -> None:
    body = b"".join(
        [
            *chat_events(_PROSE * 2)[:-1],
            sse({**IDENT, "choices": [], "usage": {"completion_tokens": 3}}),
            sse("[DONE]"),
        ]
    )
    report = sc.check(body)
    assert (report.verdict, [(f.code, f.severity.value) for f in report.findings]) == ("clean", [("order/usage", "note")])


def test_a_stream_that_changes_its_id_without_end_keeps_memory_bounded() -> None:
    pairs = [chat_event({"content": "x"}, id=f"id-{n // 2}", created=n * 100) for n in range(1000)]
    report = sc.check(b"".join(pairs))
    assert report.verdict == "corrupt"
    assert len(report.segments) <= 100


def test_two_responses_that_take_turns_from_the_start_are_interleaved() -> None:
    turns = [e for pair in zip(chat_events("a", "b", "c"), chat_events("x", "y", "z", **SECOND), strict=True) for e in pair]
    report = sc.check(b"".join(turns[:-2]) + sse("[DONE]"))
    assert [(f.code, f.event) for f in report.findings if f.severity == "error"] == [("order/interleaved", 1)]


def test_two_responses_of_one_second_that_take_turns_are_interleaved() -> None:
    pairs = zip(chat_events("a", "b", "c"), chat_events("x", "y", "z", id="chatcmpl-two"), strict=True)
    turns = [e for pair in pairs for e in pair]
    report = sc.check(b"".join(turns[:-2]) + sse("[DONE]"))
    assert [(f.code, f.event) for f in report.findings if f.severity == "error"] == [("order/interleaved", 1)]


def test_thousands_of_tool_calls_stay_linear() -> None:
    calls = [{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": "{}"}} for n in range(5000)]
    report = sc.check(
        b"".join(chat_event({"tool_calls": [c]}) for c in calls) + chat_event({}, finish="tool_calls") + sse("[DONE]")
    )
    assert (report.verdict, len(report.message.choices[0].tool_calls)) == ("clean", 5000)


def test_an_id_that_changes_without_any_other_sign_is_suspect_and_the_text_stays_one() -> None:
    events = [*chat_events("a", "b")[:3], chat_event({"content": "c"}, id="chatcmpl-new"), *chat_events(id="chatcmpl-new")[-2:]]
    report = sc.check(b"".join(events))
    assert codes(report) == [("order/identity-change", "warning", 3)]
    assert (report.verdict, report.message.content) == ("suspect", "abc")


def test_a_finding_that_replaces_one_told_before_is_told_too() -> None:
    events = chat_events("a", "b", "c")
    checker = sc.Checker()
    told = [
        [i.code for i in checker.feed(e) if isinstance(i, sc.Finding)]
        for e in [*events[:3], chat_event({"content": "x"}, **SECOND), *events[3:]]
    ]
    assert [codes for codes in told if codes] == [["order/restarted"], ["order/interleaved"]]
    assert codes(checker.close()) == [("order/interleaved", "error", 3)]


def test_findings_carry_the_time_of_their_event() -> None:
    events = chat_events("a", "b", "c")
    checker = sc.Checker()
    live = [
        i
        for n, e in enumerate([*events[:2], b"data: {oops\n\n", *events[2:]])
        for i in checker.feed(e, at=n / 2)
        if isinstance(i, sc.Finding)
    ]
    assert [f.at for f in live] == [f.at for f in checker.close().findings] == [1.0]


def test_deltas_after_close_raise() -> None:
    checker = sc.Checker()
    checker.close()
    with pytest.raises(sc.StreamClosedError, match="new Checker"):
        checker.feed_delta(sc.Delta(0, "content", "late", 0))


@pytest.mark.parametrize(
    ("content_type", "noted"),
    [
        ("text/event-stream", False),
        ('text/event-stream; charset="UTF-8"', False),
        ("text/plain", True),
        ("text/event-stream; charset=iso-8859-1", True),
    ],
)
def test_a_stream_under_another_name_is_clean_with_a_note(content_type: str, noted: bool) -> None:
    checker = sc.Checker(head=sc.ResponseHead(headers=(("content-type", content_type),)))
    checker.feed(chat("a"))
    report = checker.close()
    assert (report.verdict, [f.code for f in report.findings]) == ("clean", ["http/wrong-content-type"] * noted)


# ---------------------------------------------------------------------- statistics of the text
_KOREAN = (
    "할머니는 마당에 고추를 널어 놓고 하늘을 살폈다. 구름이 적어서 오늘은 잘 마르겠다고 하셨다. 저녁에는 온 가족이 모여 국수를 먹었다. "
    "이것은 загадке 문제입니다. 아이들은 강가에서 돌을 주워 탑을 쌓았고, 아버지는 늦게까지 배를 고쳤다."
)


def _salad(seed: int = 1, length: int = 600) -> str:
    return garbage.multilingual_salad(Random(seed), length)


def _pieces(text: str) -> list[str]:
    return [text[at : at + 7] for at in range(0, len(text), 7)]


def test_a_script_of_the_context_surprises_nobody() -> None:
    body = chat(*_pieces(_KOREAN))
    assert (sc.check(body).verdict, loud(sc.check(body))) == ("suspect", ["text/script-mix"])
    asked = "Что значит слово загадке в этом тексте?"
    assert "text/script-mix" not in {f.code for f in sc.check(body, context=asked).findings}
    checker = sc.Checker(context=asked)
    checker.feed(body)
    assert checker.close().verdict == "clean"


@pytest.mark.parametrize("context", [None, b"prompt", ["prompt", "turn"], {"role": "user"}])
def test_a_context_that_is_no_text_is_refused_with_what_to_pass(context: Any) -> None:
    with pytest.raises(sc.UsageError, match=f"not {type(context).__name__}: join the prompt and earlier turns into one text"):
        sc.Checker(context=context)
    with pytest.raises(sc.UsageError, match="join the prompt"):
        sc.check(chat("a"), context=context)


@pytest.mark.parametrize("scorer", ["model", 1.5, [len]])
def test_a_scorer_that_cannot_be_called_is_refused_with_what_to_pass(scorer: Any) -> None:
    with pytest.raises(sc.UsageError, match=rf"callable \(text -> bits per character\), not {type(scorer).__name__}"):
        sc.Checker(scorer=scorer)


def test_a_scorer_joins_the_evidence() -> None:
    body = chat(*_pieces(_PROSE * 2))
    assert sc.check(body).verdict == "clean"
    report = sc.check(body, scorer=lambda text: 8.0)
    assert (report.verdict, set(loud(report))) == ("suspect", {"text/scorer"})
    assert next(f for f in report.findings if f.code == "text/scorer").evidence["bits"] == 8
    salad = sc.check(chat(_PROSE, _salad()), scorer=lambda text: 20.0)
    assert {"text/scorer", "text/word-salad"} <= {row["code"] for f in salad.findings for row in f.evidence.get("combined", ())}


def test_a_scorer_that_raises_costs_a_note_and_nothing_else() -> None:
    def scorer(text: str) -> float:
        raise RuntimeError("the model is gone")

    report = sc.check(chat(*_pieces(_PROSE)), scorer=scorer)
    assert [(f.code, f.severity.value) for f in report.findings] == [("text/scorer", "note")]
    assert (report.verdict, report.message.content) == ("clean", _PROSE)
    salad = sc.check(chat(_PROSE, _salad()), scorer=scorer)
    assert salad.verdict == "degenerate"
    assert "text/word-salad" in loud(salad)


def test_there_is_a_line_of_scores_for_each_channel_that_spoke() -> None:
    call = {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "read", "arguments": '{"path": "a"}'}}]}
    events = [chat_event({"reasoning_content": _PROSE}), chat_event({"content": "Done."}), chat_event(call)]
    report = sc.check(b"".join([*events, chat_event({}, finish="tool_calls"), sse("[DONE]")]))
    lengths = {"reasoning": len(_PROSE), "content": 5, "tool:0": 13}
    assert {line.channel: line.points for line in report.scores} == {name: ((size, 0.0),) for name, size in lengths.items()}
    assert [(line.segment, line.choice) for line in report.scores] == [(0, 0)] * 3


def test_a_channel_that_said_nothing_has_no_line_of_scores() -> None:
    assert sc.check(b"".join(chat_events())).scores == ()
    assert sc.check(b"").scores == ()


def test_each_response_of_a_body_has_its_lines_of_scores() -> None:
    first, second = chat_events("The ", "answer"), chat_events("Now ", "again", **SECOND)
    report = sc.check(b"".join(first[:3] + second))
    assert [(line.segment, line.channel, line.points[-1][0]) for line in report.scores] == [(0, "content", 10), (1, "content", 9)]


def test_scores_rise_where_the_text_breaks_and_end_with_the_channel() -> None:
    text = _PROSE + _salad()
    report = sc.check(chat(*_pieces(text)))
    [line] = report.scores
    assert line.points[-1][0] == len(text)
    broken = next(offset for offset, score in line.points if score >= 1)
    assert len(_PROSE) < broken <= len(_PROSE) + 256
    assert all(score == 0 for offset, score in line.points if offset <= len(_PROSE))
    assert report.to_dict()["scores"] == [
        {"segment": 0, "choice": 0, "channel": "content", "points": [list(point) for point in line.points]}
    ]


def test_a_salad_in_the_reasoning_is_degenerate_and_comes_from_upstream() -> None:
    report = sc.check(chat(_PROSE, *_pieces(_salad()), channel="reasoning_content"))
    assert report.verdict == "degenerate"
    assert report.origin is not None
    assert (report.origin.layer, report.origin.confidence) == ("generation", "likely")
    assert "upstream of this tap" in report.origin.because
    found = next(f for f in report.findings if f.code == "text/word-salad" and f.severity == "error")
    assert (found.channel, found.stage) == ("reasoning", "text")
    assert found.chars is not None
    assert abs(found.chars[0] - len(_PROSE)) <= 120


def test_doubled_deltas_are_no_fault_of_the_model() -> None:
    report = sc.check(chat(*(piece for piece in _pieces(_PROSE) for _ in range(2))))
    assert report.verdict == "degenerate"
    assert loud(report) == ["text/doubled-deltas"]
    assert report.origin is not None
    assert (report.origin.layer, report.origin.confidence) == ("provider", "possible")


def test_findings_of_statistics_are_told_while_the_text_comes() -> None:
    checker = sc.Checker()
    told = [
        item.code
        for piece in chat_events(_PROSE, *_pieces(_salad()))[:-2]
        for item in checker.feed(piece)
        if isinstance(item, sc.Finding)
    ]
    assert "text/word-salad" in told


# ---------------------------------------------------------------------- what only the end shows
def test_what_only_the_end_shows_is_given_out_after_it() -> None:
    checker = sc.Checker()
    events = chat_events("one ", "two")
    given = [item for event in events[:2] for item in checker.feed(event)]
    given += checker.feed(events[2].rstrip())
    assert not any(isinstance(item, sc.Delta) and item.text == "two" for item in given)
    report = checker.close()
    last = [item for item in checker.last_output if isinstance(item, sc.Delta)]
    assert [delta.text for delta in last] == ["two"]
    told = [item for item in [*given, *checker.last_output] if isinstance(item, sc.Finding)]
    assert sorted(f.code for f in told) == sorted(f.code for f in report.findings)


@pytest.mark.parametrize("reason", ["eof", "timeout", "cancel", "ReadError"])
def test_a_body_of_keep_alives_is_incomplete_and_no_wrong_type(reason: str) -> None:
    checker = sc.Checker()
    checker.feed(b": keep-alive\n\n: keep-alive\n\n")
    assert checker.close(reason).verdict == "incomplete"


def test_a_body_that_is_cut_before_its_first_event_is_not_taken_for_another_type() -> None:
    checker = sc.Checker()
    checker.feed(b"dat")
    assert checker.close("ReadError").verdict == "incomplete"


@pytest.mark.parametrize(("reason", "verdict"), [("rejected", "clean"), ("cancel", "incomplete"), ("timeout", "incomplete")])
def test_why_the_reader_stopped_decides_what_a_missing_end_means(reason: str, verdict: str) -> None:
    checker = sc.Checker()
    checker.feed(b"".join(chat_events("one ", "two")[:3]))
    report = checker.close(reason)
    assert report.verdict == verdict
    assert report.origin is None or report.origin.layer in ("client", "unknown")


# ---------------------------------------------------------------------- the whole text again, thoughts in the answer, debris
def test_a_last_delta_that_says_everything_again_is_a_suspicion() -> None:
    words = ["Die Bäckerei öffnet um fünf, ", "und die Stadt ", "schläft noch, ", "wie immer ", "im Winter."]
    report = sc.check(chat(*words, "".join(words)))
    assert (report.verdict, [f.code for f in report.findings]) == ("suspect", ["order/cumulative-deltas"])
    assert report.findings[0].chars == (len("".join(words)), 2 * len("".join(words)))


def test_think_tags_at_the_head_are_a_leak_where_reasoning_has_its_own_channel() -> None:
    answer = ["<think>", "Is it five? Yes.", "</think>", "The bakery opens at five in the morning."]
    assert sc.check(chat(*answer)).verdict == "clean"
    apart = [chat_events("Let me think.", channel="reasoning_content")[1], *chat_events(*answer)]
    report = sc.check(b"".join(apart))
    assert "text/channel-leak" in [f.code for f in report.findings if f.severity != "note"]


def test_a_line_of_debris_in_brackets_before_a_stream_is_not_taken_for_json() -> None:
    report = sc.check(b'[{"index":0}],"x":1}\n\n' + chat("Hello there."))
    assert (report.dialect, report.message.content) == ("openai-chat", "Hello there.")
    assert report.verdict != "clean"


def test_neither_done_nor_the_end_of_the_last_event_is_a_suspicion() -> None:
    events = chat_events("Hello there.")[:-1]
    assert sc.check(b"".join(events)).verdict == "clean"
    assert sc.check(b"".join(events).rstrip()).verdict == "suspect"
