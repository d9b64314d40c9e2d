"""Transcripts of Claude Code, rollouts of Codex, runs of LangSmith, observations of Langfuse: text-only hops."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.capture.format import TextDelta, zstd_library
from streamcheck.errors import StreamcheckError
from streamcheck.importers import Imported, Source, import_file, importer_of, importers, write_capture
from tests.strategies import json_values


def lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def said(one: Imported) -> list[tuple[str, str]]:
    return [(delta.channel, delta.text) for delta in one.deltas]


# ---------------------------------------------------------------------- Claude Code
def claude(number: int, *blocks: dict[str, Any], id: str = "msg_1", **extra: Any) -> dict[str, Any]:
    return {
        "type": "assistant",
        "uuid": f"u{number}",
        "sessionId": "s1",
        "timestamp": f"2026-11-21T09:44:0{number}.000Z",
        "version": "2.0.1",
        "requestId": "req_1",
        "message": {"id": id, "role": "assistant", "model": "glm-4.7", "content": list(blocks), "stop_reason": None},
        **extra,
    }


USER: dict[str, Any] = {"type": "user", "uuid": "u0", "sessionId": "s1", "timestamp": "2026-11-21T09:44:00.000Z"}
THINKING = {"type": "thinking", "thinking": "hm ", "signature": "x"}
TEXT = {"type": "text", "text": "Four."}
USE = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}}


def test_lines_of_one_message_are_one_response(tmp_path: Path) -> None:
    path = lines(tmp_path / "s1.jsonl", USER, claude(1, THINKING), claude(2, TEXT), claude(3, USE), claude(4, TEXT, id="msg_2"))
    one, two = import_file(path)
    assert one.format == "claude-code"
    assert said(one) == [("reasoning", "hm "), ("content", "Four."), ("tool:0", '{"path":"a"}')]
    assert said(two) == [("content", "Four.")]
    assert one.fidelity == ("none", "ends")
    assert one.about["session"] == "s1"


def test_a_line_that_a_resumed_session_repeats_counts_once(tmp_path: Path) -> None:
    (one,) = import_file(lines(tmp_path / "s1.jsonl", USER, claude(1, TEXT), claude(1, TEXT)))
    assert said(one) == [("content", "Four.")]


def test_reasoning_without_a_text_is_a_remark(tmp_path: Path) -> None:
    (one,) = import_file(
        lines(tmp_path / "s1.jsonl", claude(1, {"type": "thinking", "thinking": "", "signature": "x"}), claude(2, TEXT))
    )
    assert said(one) == [("content", "Four.")]
    assert "signature alone" in one.remarks[0]


def test_an_api_error_is_the_body_that_the_api_sent(tmp_path: Path) -> None:
    body = '{"error":{"code":"1302","message":"Rate limit reached for requests"}}'
    line = claude(1, {"type": "text", "text": f"API Error: 429 {body}"}, isApiErrorMessage=True)
    (one,) = import_file(lines(tmp_path / "s1.jsonl", USER, line))
    assert one.response is not None
    assert one.response.status == 429
    path, _ = write_capture(one, tmp_path / "out", modified=Source(tmp_path / "s1.jsonl").modified)
    assert sc.check(path).verdict == "refused"


def test_a_line_that_is_being_written_is_a_remark(tmp_path: Path) -> None:
    path = lines(tmp_path / "s1.jsonl", USER, claude(1, TEXT), claude(2, TEXT, id="msg_2"))
    path.write_bytes(path.read_bytes()[:-30])
    source = Source(path)
    importer = importer_of(source)
    assert importer is not None
    assert [one.name for one in importer.import_from(source)] == ["msg_1"]
    assert "line 3 is not a whole record: is it still being written?" in source.remarks


# ---------------------------------------------------------------------- Codex
def codex(second: int, kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-11-21T09:44:{second:02}.000Z", "type": kind, "payload": payload}


ROLLOUT = [
    codex(0, "session_meta", id="s1", cli_version="0.60.0", originator="codex_cli_rs", model_provider="openai"),
    codex(1, "turn_context", model="gpt-5"),
    codex(1, "response_item", type="message", role="user", content=[{"type": "input_text", "text": "hi"}]),
    codex(2, "response_item", type="reasoning", summary=[{"type": "summary_text", "text": "**Plan**"}], encrypted_content="x"),
    codex(2, "event_msg", type="agent_message", message="Hello"),
    codex(3, "response_item", type="message", role="assistant", content=[{"type": "output_text", "text": "Hello"}]),
    codex(4, "response_item", type="function_call", name="shell", arguments='{"cmd": "ls"}', call_id="call_1"),
    codex(5, "event_msg", type="token_count"),
    codex(6, "response_item", type="function_call_output", call_id="call_1", output="..."),
    codex(7, "response_item", type="message", role="assistant", content=[{"type": "output_text", "text": "Done"}]),
    codex(8, "event_msg", type="turn_aborted", reason="interrupted"),
]


def test_a_rollout_gives_an_answer_between_two_inputs(tmp_path: Path) -> None:
    one, two = import_file(lines(tmp_path / "rollout.jsonl", *ROLLOUT))
    assert one.format == "codex"
    assert said(one) == [("reasoning", "**Plan**"), ("content", "Hello"), ("tool:0", '{"cmd": "ls"}')]
    assert said(two) == [("content", "Done")]
    assert one.about["model"] == "gpt-5"
    assert "summaries" in one.remarks[0]
    assert two.end is not None
    assert two.end.reason == "cancel"


def test_a_compressed_rollout_and_one_of_the_oldest_shape_are_read(tmp_path: Path) -> None:
    library = zstd_library()
    assert library is not None
    plain = lines(tmp_path / "rollout.jsonl", *ROLLOUT).read_bytes()
    (tmp_path / "rollout.jsonl.zst").write_bytes(library.compress(plain))
    assert len(import_file(tmp_path / "rollout.jsonl.zst")) == 2
    old = [
        {"id": "s0", "timestamp": "2025-05-01T00:00:00.000Z", "instructions": None},
        *(r["payload"] for r in ROLLOUT[2:4] + ROLLOUT[5:7]),
    ]
    (one,) = import_file(lines(tmp_path / "old.jsonl", *old))
    assert said(one)[1] == ("content", "Hello")


def test_a_session_that_was_not_asked_for_is_left_out(tmp_path: Path) -> None:
    path = lines(tmp_path / "rollout.jsonl", *ROLLOUT)
    assert import_file(path, session="other") == []
    assert len(import_file(path, session="s1")) == 2


# ---------------------------------------------------------------------- LangSmith, Langfuse
RUN: dict[str, Any] = {
    "id": "run-1",
    "run_type": "llm",
    "start_time": "2026-11-21T09:44:00.000000",
    "end_time": "2026-11-21T09:44:02.000000",
    "outputs": {
        "generations": [
            [{"text": "Hello", "message": {"kwargs": {"content": "Hello", "additional_kwargs": {"reasoning_content": "hm"}}}}]
        ]
    },
    "extra": {"metadata": {"ls_model_name": "gpt-5"}},
}


def test_a_run_gives_its_text(tmp_path: Path) -> None:
    (one,) = import_file(lines(tmp_path / "runs.jsonl", RUN, {**RUN, "run_type": "chain"}))
    assert (one.format, one.hop) == ("langsmith", "client")
    assert said(one) == [("reasoning", "hm"), ("content", "Hello")]
    assert one.end is not None
    assert one.end.at == 2.0


def test_token_events_of_a_run_are_deltas_with_times(tmp_path: Path) -> None:
    events = [
        {"name": "new_token", "time": f"2026-11-21T09:44:01.{n}00000", "kwargs": {"token": t}}
        for n, t in enumerate(("Hel", "lo"))
    ]
    outputs = {"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
    (tmp_path / "run.json").write_text(json.dumps({**RUN, "events": events, "outputs": outputs}))
    (one,) = import_file(tmp_path / "run.json")
    assert one.deltas == (TextDelta(1.0, 0, "content", "Hel"), TextDelta(1.1, 0, "content", "lo"))
    assert one.fidelity == ("none", "event")
    assert one.about["finish"] == "stop"


@pytest.mark.parametrize(
    "output", ["Hello", {"role": "assistant", "content": "Hello"}, {"choices": [{"message": {"content": "Hello"}}]}]
)
def test_an_observation_gives_its_text(tmp_path: Path, output: Any) -> None:
    observation = {
        "id": "o1",
        "type": "GENERATION",
        "startTime": "2026-11-21T09:44:00Z",
        "endTime": "2026-11-21T09:44:03Z",
        "model": "m",
        "output": output,
    }
    (tmp_path / "page.json").write_text(json.dumps({"data": [observation, {**observation, "type": "SPAN"}], "meta": {}}))
    (one,) = import_file(tmp_path / "page.json")
    assert (one.format, one.name, said(one)) == ("langfuse", "o1", [("content", "Hello")])


def test_an_observation_that_failed_says_so(tmp_path: Path) -> None:
    observation = {
        "id": "o1",
        "type": "GENERATION",
        "startTime": "2026-11-21T09:44:00Z",
        "output": None,
        "level": "ERROR",
        "statusMessage": "429",
    }
    (one,) = import_file(lines(tmp_path / "o.jsonl", observation))
    assert one.end is not None
    assert one.end.reason == "error"
    assert "429" in one.remarks[0]


# ---------------------------------------------------------------------- whatever the file is
@pytest.mark.parametrize("name", [importer.name for importer in importers() if importer.name != "pcap"])
@given(
    value=json_values
    | st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "payload",
                    "message",
                    "info",
                    "messages",
                    "parts",
                    "log",
                    "entries",
                    "interactions",
                    "run_type",
                    "outputs",
                ]
            ),
            json_values,
            max_size=4,
        ),
        max_size=3,
    ),
    junk=st.binary(max_size=20),
)
def test_no_file_raises_anything_but_our_own(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any, junk: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any-{name}.json"
    for content in (json.dumps(value).encode(), junk, json.dumps(value).encode() + b"\n" + junk):
        path.write_bytes(content)
        try:
            import_file(path, kind=name)
        except StreamcheckError:
            pass


HOSTILE = [5, None, "x", [], {}, [[5]], {"content": 5}, 1e300, -1, True]


@pytest.mark.parametrize("wrong", HOSTILE)
def test_fields_of_a_wrong_kind_say_nothing(tmp_path: Path, wrong: Any) -> None:
    for record in (claude(1, TEXT), *ROLLOUT, RUN, {"type": "GENERATION", "startTime": "x", "output": wrong}):
        for key in record:
            lines(tmp_path / "a.jsonl", ROLLOUT[0], {**record, key: wrong})
            for name in ("claude-code", "codex", "langsmith", "langfuse"):
                try:
                    import_file(tmp_path / "a.jsonl", kind=name)
                except StreamcheckError:
                    pass
        for key in record.get("payload", {}):
            lines(tmp_path / "a.jsonl", {**record, "payload": {**record["payload"], key: wrong}})
            import_file(tmp_path / "a.jsonl", kind="codex")
