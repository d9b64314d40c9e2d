"""What the watch says of each case, while the clients say what they say; and what it does when it is told to act."""

from typing import Any

import pytest

import streamcheck as sc
from tests.real.cases import CASES, PLAIN, Case
from tests.real.clients import READERS, Outcome, Reader, make_client
from tests.real.lab import HOWS, Lab, Watched
from tests.real.server import PATIENCE

# Case -> verdict and the code that it rests on. A case that does not stand here is clean.
NOT_CLEAN = {
    # The C1 control may be meant. Everything below it is no opinion.
    "chat-next-line": ("suspect", "text/control-character"),
    "chat-json-of-no-dialect": ("refused", "provider/unknown"),
    "chat-refused-401": ("refused", "provider/auth"),
    "chat-refused-429": ("refused", "provider/rate-limit"),
    "chat-refused-500": ("refused", "provider/server-error"),
    "chat-error-event": ("refused", "provider/rate-limit"),
    "messages-refused-401": ("refused", "provider/auth"),
    "messages-refused-429": ("refused", "provider/rate-limit"),
    "messages-refused-529": ("refused", "provider/overloaded"),
    "messages-error-event": ("refused", "provider/overloaded"),
    "chat-empty": ("incomplete", "order/missing-terminal"),
    "chat-no-finish": ("incomplete", "order/missing-terminal"),
    "chat-no-last-blank-line": ("suspect", "order/missing-terminal"),
    "chat-call-cut-without-finish": ("incomplete", "order/missing-terminal"),
    "chat-cut": ("incomplete", "http/incomplete-body"),
    "chat-cut-after-done": ("incomplete", "http/incomplete-body"),
    "chat-length-too-long": ("incomplete", "http/incomplete-body"),
    "chat-reset-in-character": ("incomplete", "http/incomplete-body"),
    "chat-reset-at-once": ("incomplete", "http/incomplete-body"),
    "chat-closed-at-once": ("incomplete", "http/incomplete-body"),
    "chat-garbled-chunk-header": ("incomplete", "http/incomplete-body"),
    "messages-empty": ("incomplete", "order/missing-terminal"),
    "messages-no-stop": ("incomplete", "order/missing-terminal"),
    "messages-cut": ("incomplete", "http/incomplete-body"),
    "messages-reset-in-character": ("incomplete", "http/incomplete-body"),
    "responses-not-completed": ("incomplete", "order/missing-terminal"),
    "chat-html": ("corrupt", "http/wrong-content-type"),
    "chat-gzip-declared-only": ("corrupt", "http/content-encoding"),
    "chat-gzip-undeclared": ("corrupt", "http/content-encoding"),
    "chat-gzip-cut": ("corrupt", "http/content-encoding"),
    "chat-utf-8-truncated": ("corrupt", "utf8/invalid"),
    "chat-utf-8-stray": ("corrupt", "utf8/invalid"),
    "chat-replacement-character": ("corrupt", "text/replacement-character"),
    "chat-spliced": ("corrupt", "order/spliced-frame"),
    "chat-restarted": ("corrupt", "order/restarted"),
    "chat-text-after-done": ("corrupt", "order/after-terminal"),
    "chat-call-cut": ("corrupt", "order/tool-arguments"),
    "chat-bad-json": ("corrupt", "json/invalid"),
    "messages-html": ("corrupt", "http/wrong-content-type"),
    "messages-utf-8-truncated": ("corrupt", "utf8/invalid"),
    "messages-spliced": ("corrupt", "order/spliced-frame"),
    "messages-restarted": ("corrupt", "order/restarted"),
    "messages-call-cut": ("corrupt", "order/tool-arguments"),
    "responses-sequence-gap": ("corrupt", "order/sequence-gap"),
}
DIALECTS = {"chat": "openai-chat", "messages": "anthropic-messages", "responses": "openai-responses"}

both_ways = pytest.mark.parametrize("how", HOWS)


def _reader(client: str, name: str) -> Reader:
    return next(reader for reader in READERS if (reader.client, reader.name) == (client, name))


RAW, ARAW = _reader("httpx", "iter_raw"), _reader("httpx2-async", "aiter_raw")


# ---------------------------------------------------------------------- observing
@pytest.mark.parametrize("case", RAW.cases, ids=lambda case: case.name)
@pytest.mark.parametrize(("reader", "how"), [(RAW, "attach"), (ARAW, "wrap")], ids=lambda value: str(value))
def test_each_case_has_its_verdict(lab: Lab, case: Case, reader: Reader, how: str) -> None:
    (report,) = lab.run(reader, case, how).reports
    loud = [finding.code for finding in report.findings if finding.severity != "note"]
    verdict, code = NOT_CLEAN.get(case.name, ("clean", None))
    assert report.verdict == verdict, loud
    assert code in loud if code else loud == []


@pytest.mark.parametrize("case", [case for case in RAW.cases if case.name not in NOT_CLEAN], ids=lambda case: case.name)
def test_a_clean_case_is_known_and_timed(lab: Lab, case: Case) -> None:
    (report,) = lab.run(RAW, case, "attach").reports
    assert report.dialect == ("unknown" if case.name == "chat-done-only" else DIALECTS[case.dialect])
    assert report.timing is not None
    assert report.timing.first_byte_s is not None
    assert report.timing.first_byte_s >= 0


def test_the_reassembled_text_is_the_sdks(lab: Lab) -> None:
    run = lab.run(_reader("openai", "helper"), CASES["chat-clean"], "attach")
    (report,), (_, final) = run.reports, run.outcome.models[-1]
    assert report.message.content == final["choices"][0]["message"]["content"]


# ---------------------------------------------------------------------- two responses in one body, which every SDK takes for one
JOINED = [
    ("openai", "stream", "chat-restarted"),
    ("openai", "helper", "chat-restarted"),
    ("openai-legacy", "stream", "chat-restarted"),
    ("openai-async", "stream", "chat-restarted"),
    ("openai-async", "helper", "chat-restarted"),
    ("anthropic", "stream", "messages-restarted"),
    ("anthropic-async", "stream", "messages-restarted"),
]


def _places(case: Case) -> tuple[int, int]:
    """Return the number of the event with which the second response begins, and its byte."""
    first = next(n for n, chunk in enumerate(case.chunks) if b"chatcmpl-two" in chunk or b"msg_two" in chunk)
    return first, sum(map(len, case.chunks[:first]))


@pytest.mark.parametrize(("client", "name", "case"), JOINED)
@both_ways
def test_two_responses_in_one_body_are_success_to_the_sdk_and_corrupt_to_us(
    lab: Lab, client: str, name: str, case: str, how: str
) -> None:
    run = lab.run(_reader(client, name), CASES[case], how)
    (report,) = run.reports
    assert run.outcome.error == ()
    assert _text(run.outcome) == "".join(PLAIN[:2] + PLAIN)
    assert _ends_well(run.outcome)
    assert report.verdict == "corrupt"
    assert [message.content for message in report.segments] == ["".join(PLAIN[:2]), "".join(PLAIN)]
    (found,) = [finding for finding in report.findings if finding.code == "order/restarted"]
    event, byte = _places(CASES[case])
    assert found.event == event
    assert found.span is not None
    assert found.span.start == byte


def _text(outcome: Outcome) -> str:
    """Return the text that the SDK's events add up to."""
    said: list[str] = []
    for kind, value in outcome.models:
        if kind == "ChatCompletionChunk":
            said.append(value["choices"][0]["delta"]["content"] or "")
        elif kind == "ContentDeltaEvent":
            said.append(value["delta"])
        elif kind == "RawContentBlockDeltaEvent":
            said.append(value["delta"]["text"])
    return "".join(said)


def _ends_well(outcome: Outcome) -> bool:
    return any(mark in repr(outcome.saw[-2:]) for mark in ("'finish_reason': 'stop'", "'stop_reason': 'end_turn'"))


@pytest.mark.parametrize("case", ["chat-spliced", "messages-spliced"])
def test_a_spliced_frame_is_placed_at_its_byte(lab: Lab, case: str) -> None:
    (report,) = lab.run(RAW, CASES[case], "attach").reports
    (found,) = [finding for finding in report.findings if finding.code == "order/spliced-frame"]
    event, byte = _places(CASES[case])
    assert found.event == event - 1  # the cut frame and the one glued to it are one event
    assert found.span is not None
    assert CASES[case].body[found.span.start : byte + len(b"event: message_start\ndata: ")].count(b"\n\n") == 0
    assert abs(found.span.start - byte) <= len(b"data: ")


# ---------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("client", "name", "case", "exception"),
    [
        ("openai", "stream", "chat-refused-429", "RateLimitError"),
        ("openai-async", "stream", "chat-refused-401", "AuthenticationError"),
        ("anthropic", "stream", "messages-refused-429", "RateLimitError"),
        ("anthropic-async", "stream", "messages-refused-529", "OverloadedError"),
    ],
)
@both_ways
def test_a_refusal_is_the_sdks_exception_and_a_classified_report(
    lab: Lab, client: str, name: str, case: str, exception: str, how: str
) -> None:
    run = lab.run(_reader(client, name), CASES[case], how)
    (report,) = run.reports
    assert run.outcome.error[0].partition(": ")[0].endswith(f".{exception}")
    assert report.verdict == "refused"
    assert report.provider_error is not None
    assert report.provider_error.http_status == CASES[case].status
    assert f"provider/{report.provider_error.error_class}" == NOT_CLEAN[case][1]


def test_a_refusal_that_says_when_to_come_back_is_heard(lab: Lab) -> None:
    (report,) = lab.run(RAW, CASES["chat-refused-429"], "attach").reports
    assert report.provider_error is not None
    assert report.provider_error.retry_after_s == 20


# ---------------------------------------------------------------------- findings as they are known
def test_findings_are_told_before_the_report(lab: Lab) -> None:
    told: list[sc.Finding | sc.Report] = []
    with lab.closing(make_client("httpx", sc.Watch(on_finding=told.append, on_report=told.append))) as client:
        client.post(lab.server.url("chat-restarted"))
    *findings, report = told
    assert isinstance(report, sc.Report)
    assert [finding.code for finding in findings if isinstance(finding, sc.Finding)] == ["order/restarted"]


def test_findings_are_told_once(lab: Lab, watched: Watched) -> None:
    with lab.closing(make_client("httpx", watched.watch())) as client:
        client.post(lab.server.url("chat-unknown-fields"))
    (report,) = watched.take_reports()
    assert sorted(f.code for f in watched.findings) == sorted(f.code for f in report.findings)


# ---------------------------------------------------------------------- deadlines
@both_ways
@pytest.mark.parametrize("name", ["chat-stalled", "messages-stalled"])
def test_a_stall_that_the_reader_gave_up_on_is_named(lab: Lab, watched: Watched, how: str, name: str) -> None:
    watch = watched.watch(stall_after=0.05)
    with lab.closing(make_client("httpx", watch, how, timeout=0.5)) as client:
        outcome = lab.outcome(RAW, client, CASES[name])
    (report,) = watched.take_reports()
    assert "ReadTimeout" in outcome.error[0]
    assert report.verdict == "incomplete"
    assert "time/stall" in [finding.code for finding in report.findings]


@both_ways
@pytest.mark.parametrize("reader", [RAW, ARAW], ids=str)
def test_raise_ends_a_stall_at_its_deadline(lab: Lab, watched: Watched, how: str, reader: Reader) -> None:
    case = CASES["chat-stalled"]
    watch = watched.watch(stall_after=0.2, on_verdict="raise")
    lab.server.forget()
    with lab.closing(make_client(reader.client, watch, how)) as client:
        outcome = lab.outcome(reader, client, case)
        assert lab.server.exchange().gone.wait(PATIENCE)
    (report,) = watched.take_reports()
    assert outcome.error[0].startswith("streamcheck.errors.StreamRejected")
    assert outcome.saw == case.chunks[: case.hold]
    assert "time/stall" in [finding.code for finding in report.findings]


# ---------------------------------------------------------------------- raise
def _chat_text(stream: Any, said: list[str]) -> None:
    for event in stream:
        said.append(event.choices[0].delta.content or "")


async def _achat_text(stream: Any, said: list[str]) -> None:
    async for event in await stream:
        said.append(event.choices[0].delta.content or "")


def _messages_text(stream: Any, said: list[str]) -> None:
    for event in stream:
        said.append(event.delta.text if event.type == "content_block_delta" else "")


async def _amessages_text(stream: Any, said: list[str]) -> None:
    async for event in await stream:
        said.append(event.delta.text if event.type == "content_block_delta" else "")


def _said(client: str, made: Any, lab: Lab, case: Case, said: list[str]) -> None:
    """Put the text of a stream into `said`, as far as it comes."""
    asked: dict[str, Any] = {"model": "small-1", "messages": [], "stream": True}
    if client.startswith("openai"):
        stream = made.with_options(base_url=f"{lab.server.url(case)}/v1").chat.completions.create(**asked)
        reading = _achat_text if client.endswith("async") else _chat_text
    else:
        stream = made.with_options(base_url=lab.server.url(case)).messages.create(**asked, max_tokens=9)
        reading = _amessages_text if client.endswith("async") else _messages_text
    awaited = reading(stream, said)
    if awaited is not None:
        lab.run_async(awaited)


RESTARTED_ON = [
    ("openai", "chat-restarted-on"),
    ("openai-legacy", "chat-restarted-on"),
    ("openai-async", "chat-restarted-on"),
    ("openai-legacy-async", "chat-restarted-on"),
    ("anthropic", "messages-restarted-on"),
    ("anthropic-async", "messages-restarted-on"),
]


@pytest.mark.parametrize(("client", "name"), RESTARTED_ON)
@both_ways
def test_raise_comes_through_an_sdk_after_the_text_before_the_damage(
    lab: Lab, watched: Watched, client: str, name: str, how: str
) -> None:
    said: list[str] = []
    lab.server.forget()
    with lab.closing(make_client(client, watched.watch(on_verdict="raise"), how)) as made:
        with pytest.raises(sc.StreamRejected) as caught:
            _said(client, made, lab, CASES[name], said)
        assert lab.server.exchange().gone.wait(PATIENCE)
    assert "".join(said) == "".join(PLAIN[:2])
    assert caught.value.report.verdict == "corrupt"
    assert watched.take_reports() == (caught.value.report,)


@pytest.mark.parametrize(("client", "name"), RESTARTED_ON)
@both_ways
def test_stop_ends_the_sdks_stream_as_if_it_were_over(lab: Lab, watched: Watched, client: str, name: str, how: str) -> None:
    said: list[str] = []
    lab.server.forget()
    with lab.closing(make_client(client, watched.watch(on_verdict="stop"), how)) as made:
        _said(client, made, lab, CASES[name], said)
        assert lab.server.exchange().gone.wait(PATIENCE)
    assert "".join(said) == "".join(PLAIN[:2])
    assert [report.verdict for report in watched.take_reports()] == ["corrupt"]


@pytest.mark.parametrize("reader", [RAW, ARAW], ids=str)
@both_ways
@pytest.mark.parametrize("action", ["raise", "stop"])
def test_what_shows_the_damage_is_not_handed_on(lab: Lab, watched: Watched, reader: Reader, how: str, action: str) -> None:
    case = CASES["chat-restarted-on"]
    lab.server.forget()
    with lab.closing(make_client(reader.client, watched.watch(on_verdict=action), how)) as client:
        outcome = lab.outcome(reader, client, case)
        assert lab.server.exchange().gone.wait(PATIENCE)
    assert outcome.saw == case.chunks[: _places(case)[0]]
    assert [name.partition(":")[0] for name in outcome.error] == (
        ["streamcheck.errors.StreamRejected"] if action == "raise" else []
    )
    (capture,) = watched.take_captures()
    assert case.body.startswith(capture.body)
    assert b"chatcmpl-two" in capture.body  # the recording shows why


@pytest.mark.parametrize("reader", [RAW, ARAW], ids=str)
def test_stop_saves_the_tokens_of_a_loop(lab: Lab, watched: Watched, reader: Reader) -> None:
    case = CASES["chat-looping-on"]
    lab.server.forget()
    with lab.closing(make_client(reader.client, watched.watch(on_verdict="stop"))) as client:
        outcome = lab.outcome(reader, client, case)
        assert lab.server.exchange().gone.wait(PATIENCE)
    (report,) = watched.take_reports()
    assert report.verdict == "degenerate"
    assert outcome.error == ()
    assert len(outcome.saw) < len(case.chunks) / 2


@both_ways
def test_a_non_streamed_answer_that_is_bad_is_rejected_too(lab: Lab, watched: Watched, how: str) -> None:
    client = make_client("httpx", watched.watch(on_verdict="raise"), how)
    with lab.closing(client), pytest.raises(sc.StreamRejected) as caught:
        client.post(lab.server.url("chat-html"))
    assert caught.value.report.verdict == "corrupt"


@pytest.mark.parametrize(("client", "name"), [("openai", "whole"), ("openai-async", "whole"), ("anthropic", "whole")])
def test_an_sdk_that_reads_a_whole_answer_names_the_rejection(lab: Lab, watched: Watched, client: str, name: str) -> None:
    reader = _reader(client, name)
    with lab.closing(make_client(client, watched.watch(on_verdict="raise"))) as made:
        outcome = lab.outcome(reader, made, CASES[f"{reader.dialects[0]}-html"])
    assert any(name.startswith("streamcheck.errors.StreamRejected") for name in outcome.error)


# ---------------------------------------------------------------------- from which verdict on
FROM = {
    # case, the gravest verdict that acts on it, the next one, which does not
    "chat-refused-429": ("refused", "suspect"),
    "chat-next-line": ("suspect", "degenerate"),
    "chat-no-finish": ("incomplete", "corrupt"),
    "chat-html": ("corrupt", None),
}


@pytest.mark.parametrize("name", FROM)
@pytest.mark.parametrize("reader", [RAW, ARAW], ids=str)
def test_reject_from_is_the_least_grave_verdict_that_is_acted_on(lab: Lab, watched: Watched, reader: Reader, name: str) -> None:
    at, above = FROM[name]
    for reject_from, rejected in ((at, True), (above, False)):
        if reject_from is None:
            continue
        with lab.closing(make_client(reader.client, watched.watch(on_verdict="raise", reject_from=reject_from))) as client:
            outcome = lab.outcome(reader, client, CASES[name])
        assert [error.startswith("streamcheck.errors.StreamRejected") for error in outcome.error] == [True] * rejected
        assert len(watched.take_reports()) == 1


@pytest.mark.parametrize("reader", [RAW, ARAW, _reader("openai", "stream"), _reader("openai-async", "helper")], ids=str)
@pytest.mark.parametrize("action", ["raise", "stop"])
def test_clean_and_refused_answers_pass_whatever_the_action(lab: Lab, watched: Watched, reader: Reader, action: str) -> None:
    with lab.closing(make_client(reader.client, watched.watch(on_verdict=action))) as client:
        for name in (
            "chat-clean",
            "chat-bytewise",
            "chat-gzip",
            "chat-comment-after-id",
            "chat-refused-429",
            "chat-not-streamed",
        ):
            assert lab.outcome(reader, client, CASES[name]) == lab.run(reader, CASES[name]).outcome
    assert len(watched.take_reports()) == 6


@pytest.mark.parametrize(
    "options",
    [
        {"on_verdict": "explode"},
        {"reject_from": "worse"},
        {"reject_from": "clean"},
        {"dialect": "klingon"},
        {"on_report": 7},
        {"record_to": 7},
        {"record_to": __file__},
        {"stall_after": -1.0},
        {"first_delta_within": 0.0},
        {"context": 7},
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_watch_is_made(options: dict[str, Any]) -> None:
    with pytest.raises(sc.UsageError):
        sc.Watch(**options)


def test_the_table_names_no_case_that_is_not_there() -> None:
    assert set(NOT_CLEAN) <= set(CASES)
    assert set(FROM) <= set(CASES)
