"""minimize(): what is left shows the same finding, and nothing that it does not need."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.capture.format import Capture, End, Request, TextDelta
from streamcheck.capture.written import written_capture
from streamcheck.errors import UsageError
from streamcheck.minimizing import Minimizer, Progress, minimize
from tests.replay.support import CAPTURES, CHUNKED, EVENTS, URL, capture
from tests.streams import SECOND, chat_event, chat_events, sse

BROKEN = b'data: {"id": "chatcmpl-one", "choices": [{"index": 0, "delta": {"content": "a\n\n'


def codes(source: Capture | Path | bytes) -> set[str]:
    return {finding.code for finding in sc.check(source).findings}


def loud(source: Capture | Path) -> set[tuple[str, str]]:
    return {(finding.code, finding.severity.value) for finding in sc.check(source).findings if finding.severity != "note"}


def values_in(source: Capture) -> list[Any]:
    """Return the JSON values of the events of a stream."""
    datas = [event.data for event in sc.SseDecoder().feed(source.body)]
    return [json.loads(data) for data in datas if data.startswith("{") and data.endswith("}")]


def named_in(value: Any, path: str = "") -> set[tuple[str, str]]:
    """Return (path of keys, id) for every object of a value; "" for one without an id."""
    if isinstance(value, list):
        return {named for inner in value for named in named_in(inner, path)}
    if not isinstance(value, dict):
        return set()
    inside = {named for key, inner in value.items() for named in named_in(inner, f"{path}/{key}")}
    return inside | {(f"{path}: {' '.join(value)}", str(value.get("id", "")))}


def test_one_broken_event_of_many_is_left_alone() -> None:
    source = capture(*chat_events(*"abcdefgh"), BROKEN)
    left = minimize(source, "json/invalid")
    assert len(left.chunks) == 1
    assert b'"id"' in left.body
    assert (sc.check(left).verdict, "json/invalid" in codes(left)) == (sc.check(source).verdict, True)


def test_what_needs_two_events_keeps_two() -> None:
    source = capture(*chat_events("a", "b", "c")[:-2], chat_event({"content": "d"}, **SECOND), *EVENTS[-2:])
    code = next(code for code in codes(source) if code.startswith("order/"))
    left = minimize(source, code)
    assert 1 <= len(left.chunks) < len(source.chunks)
    assert code in codes(left)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("garbled/anthropic-english-with-cyrillic", "text/script-mix"),
        ("garbled/chat-zai-loop-counter", "text/repetition"),
        ("garbled/anthropic-salad-in-arguments", "text/word-salad"),
        ("corrupt/ag-ui-restarted", "order/restarted"),
        ("corrupt/chat-zai-spliced-in-key", "order/spliced-frame"),
        ("corrupt/chat-zai-gzip-declared-plain", "http/content-encoding"),
        ("truncated/anthropic-content-length", "http/incomplete-body"),
        ("corrupt/bedrock-payload-bit", "aws/checksum"),
    ],
)
def test_captures_of_the_project_shrink_and_keep_verdict_and_code(name: str, code: str) -> None:
    path = CAPTURES / f"{name}.capture.jsonl"
    before, bytes_before = sc.check(path), path.read_bytes()
    if code not in codes(path):
        code = next(f.code for f in before.findings if f.stage == code.partition("/")[0])
    left = minimize(path, code)
    report = sc.check(left)
    assert (report.verdict, code in codes(left)) == (before.verdict, True)
    assert len(left.body) < len(sc.CaptureReader(path).read().body)
    assert path.read_bytes() == bytes_before


def test_a_content_coding_is_undone() -> None:
    coded = (*CHUNKED, ("content-encoding", "gzip"))
    left = minimize(capture(gzip.compress(b"".join([*EVENTS[:2], BROKEN, *EVENTS[2:]])), headers=coded), "json/invalid")
    assert left.response is not None
    assert left.response.headers == CHUNKED
    assert left.body.startswith(b"data: {")
    assert "json/invalid" in codes(left)


def test_times_and_head_are_those_of_the_source() -> None:
    source = capture(*EVENTS[:3], BROKEN, *EVENTS[3:], path="x/a.capture.jsonl")
    left = minimize(source, "json/invalid")
    assert [chunk.at for chunk in left.chunks] == [source.chunks[3].at]
    assert (left.request, left.response) == (source.request, source.response)
    assert left.header["minimized"] == {"code": "json/invalid", "of": len(EVENTS) + 1}


def test_strings_are_shortened_and_stay_strings() -> None:
    text = "plain words " * 40
    source = capture(*chat_events(text, "the \ufffd sign " + text, text))
    left = minimize(source, "text/replacement-character")
    assert "\ufffd" in sc.check(left).message.content
    assert len(left.body) < 800
    assert "json/invalid" not in codes(left)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("opencode-garbled/garbled-before-vpn", "text/template-token"),
        ("corrupt/chat-zai-restarted", "order/restarted"),
        ("corrupt/responses-done-mismatch", "order/done-mismatch"),
        ("garbled/anthropic-loop-phrase", "text/repetition"),
        ("truncated/chat-zai-reset", "order/missing-terminal"),
    ],
)
def test_a_small_case_has_no_finding_that_the_source_had_not(name: str, code: str) -> None:
    path = CAPTURES / f"{name}.capture.jsonl"
    assert loud(minimize(path, code)) <= loud(path)


def test_keys_and_ids_stay_as_they_are() -> None:
    long: dict[str, Any] = {
        "id": "20260126003454854bc4c22b945f96",
        "model": "a-model-with-a-long-name",
        "system_fingerprint_of_the_server": "f" * 40,
    }
    said: dict[str, Any] = {"reasoning_content": "plain words " * 20 + "\ufffd", "tool_call_id": "call_0123456789abcdef"}
    left = minimize(capture(*chat_events("a", "b"), chat_event(said, **long), sse("[DONE]")), "text/replacement-character")
    (value,) = (value for value in values_in(left) if "\ufffd" in str(value))
    assert {key: value[key] for key in ("id", "model")} == {key: long[key] for key in ("id", "model")}
    assert value["choices"][0]["delta"].keys() == said.keys()
    assert value["choices"][0]["delta"]["tool_call_id"] == said["tool_call_id"]
    assert value["system_fingerprint_of_the_server"] == ""


def test_an_event_that_was_cut_in_two_reads_becomes_one_chunk() -> None:
    left = minimize(capture(*EVENTS[:2], BROKEN[:30], BROKEN[30:]), "json/invalid")
    assert len(left.chunks) == 1


def test_a_hop_that_has_only_text_shrinks_too() -> None:
    loop = "und so weiter und so fort, "
    deltas = tuple(TextDelta(float(i), 0, "content", loop) for i in range(200))
    source = Capture(deltas=deltas, end=End(), hop="storage")
    left = minimize(source, "text/repetition")
    assert len(left.deltas) < 100
    assert sc.check(left).verdict == sc.check(source).verdict


def test_checks_are_bounded_and_told() -> None:
    told: list[Progress] = []
    minimizer = Minimizer(
        CAPTURES / "garbled" / "chat-zai-loop-counter.capture.jsonl", "text/repetition", max_checks=7, progress=told.append
    )
    minimizer.run()
    assert [one.checks for one in told] == list(range(1, 8))
    assert told[-1].parts == minimizer.parts <= minimizer.before
    assert "text/repetition" in codes(minimizer.best)


def test_an_interrupt_leaves_the_smallest_so_far() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.checks == 5:
            raise KeyboardInterrupt

    minimizer = Minimizer(capture(*chat_events(*"abcdefgh"), BROKEN), "json/invalid", progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        minimizer.run()
    assert 1 <= minimizer.parts < minimizer.before
    assert "json/invalid" in codes(minimizer.best)


def test_a_finding_that_is_not_there_is_said() -> None:
    broken = capture(*EVENTS, BROKEN)
    with pytest.raises(UsageError, match="did you mean 'json/invalid'"):
        minimize(broken, "json/invalidd")
    with pytest.raises(UsageError, match="it has none at all"):
        minimize(capture(), "json/invalid")
    with pytest.raises(UsageError, match="about the recording"):
        minimize(broken, "capture/cut")
    with pytest.raises(UsageError, match="max_checks must be positive"):
        minimize(broken, "json/invalid", max_checks=0)


def test_the_file_reads_back_and_holds_no_secret() -> None:
    key = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 2
    source = Capture(
        header={"started": "2026-11-21T09:44:00.125Z", "hop": "proxy"},
        request=Request("POST", URL, (("authorization", key),), {"prompt": key}, "ab" * 32, at=0.25),
        response=capture().response,
        chunks=capture(sse(f"key {key}"), b"\xff\xfe").chunks,
        end=End("error", error="ReadError", at=9.0),
        hop="proxy",
    )
    file = written_capture(source)
    assert key.encode() not in file
    again = sc.CaptureReader(file).read()
    assert (again.hop, again.started, again.findings) == ("proxy", source.started, ())
    assert again.request is not None
    assert (again.request.body_sha256, again.request.at) == ("ab" * 32, 0.25)
    assert [len(c.data) for c in again.chunks] == [len(c.data) for c in source.chunks]
    assert [c.at for c in again.chunks] == pytest.approx([c.at for c in source.chunks])
    assert again.redacted == ("headers", "url", "key-shapes")
    assert again.end is not None
    assert (again.end.reason, again.end.error, again.end.at) == ("error", "ReadError", 9.0)


@given(st.lists(st.sampled_from([*EVENTS[:4], b": comment\n\n", b"data: {\n\n", b"\xff\n"]), max_size=8), st.integers(1, 40))
def test_minimize_keeps_code_and_verdict_of_any_capture(chunks: list[bytes], cut: int) -> None:
    body = b"".join(chunks) + BROKEN
    source = capture(*(body[i : i + cut] for i in range(0, len(body), cut)), headers=CHUNKED)
    report = sc.check(source)
    for code in {finding.code for finding in report.findings}:
        left = minimize(source, code, max_checks=60)
        again = sc.check(sc.CaptureReader(written_capture(left)).read())
        assert (again.verdict, code in {f.code for f in again.findings}) == (report.verdict, True)
        assert len(left.body) <= len(body)


WORDS = st.sampled_from(
    ["plain words of a text that goes on ", "\ufffd", "und so weiter und so fort, " * 12, "</arg_value>", '"', "{"]
)
IDS = st.sampled_from(["chatcmpl-0123456789abcdef", "chatcmpl-fedcba9876543210"])
CHANNELS = st.sampled_from(["content", "reasoning_content", "a_key_that_nobody_knows"])


@given(st.lists(st.tuples(CHANNELS, WORDS, IDS), min_size=1, max_size=6), st.booleans())
def test_minimize_adds_no_finding_and_renames_nothing(said: list[tuple[str, str, str]], ended: bool) -> None:
    events = [chat_event({channel: words}, id=id) for channel, words, id in said]
    source = capture(*events, *(chat_events()[-2:] if ended else ()))
    named = {one for value in values_in(source) for one in named_in(value)}
    for code in codes(source):
        left = minimize(source, code, max_checks=60)
        assert loud(left) <= loud(source)
        assert {one for value in values_in(left) for one in named_in(value)} <= named
