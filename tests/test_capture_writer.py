"""The recorder: what stands in the file after each call."""

import base64
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from streamcheck.capture.format import is_zstd
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.writer import CaptureWriter
from streamcheck.errors import StreamClosedError, UsageError

KEY = "sk-" + "A1b2C3d4" * 5  # the shape only


def lines(path: Path) -> list[Any]:
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def recorded(**options: Any) -> tuple[io.BytesIO, CaptureWriter]:
    file = io.BytesIO()
    return file, CaptureWriter(file, **options)


def last(file: io.BytesIO) -> Any:
    return json.loads(file.getvalue().split(b"\n")[-2])


def test_a_capture_has_the_lines_of_format_1_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with CaptureWriter(path, hop="proxy", by="test", started="2026-11-21T09:44:00.125Z") as writer:
        writer.request("POST", "https://h.example/v4", {"content-type": "application/json"}, b'{"stream":true}')
        writer.response(200, [("content-type", "text/event-stream")], http="HTTP/1.1", at=0.841)
        writer.chunk(b"data: {}\n\n", at=0.842)
        writer.chunk(b"\xe4\xbd", at=0.907)
        writer.end(at=1.312)
    body = b"data: {}\n\n\xe4\xbd"
    header, *records = lines(path)
    assert header == {
        "streamcheck_capture": 1,
        "started": "2026-11-21T09:44:00.125Z",
        "hop": "proxy",
        "by": "test",
        "redacted": ["headers", "url", "key-shapes"],
    }
    assert records == [
        [
            0.0,
            "request",
            {
                "method": "POST",
                "url": "https://h.example/v4",
                "headers": [["content-type", "application/json"]],
                "body": {"stream": True},
                "body_sha256": hashlib.sha256(b'{"stream":true}').hexdigest(),
            },
        ],
        [0.841, "response", {"status": 200, "http": "HTTP/1.1", "headers": [["content-type", "text/event-stream"]]}],
        [0.842, "text", "data: {}\n\n"],
        [0.907, "bytes", base64.b64encode(b"\xe4\xbd").decode()],
        [1.312, "end", {"reason": "eof", "bytes": 12, "sha256": hashlib.sha256(body).hexdigest()}],
    ]


def test_every_record_is_on_disk_before_the_next_call(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    writer = CaptureWriter(path)
    for i in range(1, 4):
        writer.chunk(b"data: x\n\n")
        assert len(lines(path)) == i + 1
    writer.close()


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    path.write_bytes(b"evidence")
    with pytest.raises(FileExistsError):
        CaptureWriter(path)
    assert path.read_bytes() == b"evidence"


def test_times_are_seconds_since_the_start_on_the_given_clock() -> None:
    now = 100.0
    file, writer = recorded(clock=lambda: now)
    now = 100.25
    writer.chunk(b"x\n")
    assert last(file) == [0.25, "text", "x\n"]


def test_a_capture_without_times_says_null() -> None:
    file, writer = recorded(timed=False)
    writer.chunk(b"x\n", at=3.0)
    assert last(file)[0] is None


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 1e12])
def test_a_time_that_is_none_is_refused(at: float) -> None:
    _, writer = recorded()
    with pytest.raises(UsageError, match="seconds"):
        writer.chunk(b"x\n", at=at)


def test_started_is_written_in_utc() -> None:
    file, _ = recorded(started=datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1))))
    assert json.loads(file.getvalue())["started"] == "2026-11-21T09:00:00.000Z"
    assert datetime.now(UTC).tzinfo is UTC


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f", "\u061c", "\ufeff"]
)
def test_no_character_that_a_terminal_acts_on_stands_raw_in_the_file(char: str) -> None:
    file, writer = recorded()
    writer.chunk(f"data: a{char}b\n\n".encode())
    assert char not in file.getvalue().decode()
    assert last(file)[2] == f"data: a{char}b\n\n"


@pytest.mark.parametrize("text", ["你好，世界。", "Привет", "“naïve” — ½", "🦜"])
def test_harmless_text_stays_readable(text: str) -> None:
    file, writer = recorded()
    writer.chunk(text.encode() + b"\n")
    assert text in file.getvalue().decode()


def test_a_lone_surrogate_in_a_delta_is_written_as_its_escape() -> None:
    file, writer = recorded()
    writer.delta("\ud83d", choice=1, channel="reasoning")
    assert last(file)[1:] == ["delta", {"choice": 1, "channel": "reasoning", "text": "\ud83d"}]


def test_a_request_body_that_is_no_json_is_kept_as_text() -> None:
    file, writer = recorded()
    writer.request("POST", "https://h.example/", body="a=1&b=2")
    assert last(file)[2]["body"] == "a=1&b=2"


def test_a_request_body_that_is_no_text_is_kept_as_its_hash() -> None:
    file, writer = recorded()
    writer.request("POST", "https://h.example/", body=b"\xff\x00")
    assert last(file)[2]["body"] is None
    assert last(file)[2]["body_sha256"] == hashlib.sha256(b"\xff\x00").hexdigest()


def test_header_pairs_of_bytes_are_taken() -> None:
    file, writer = recorded()
    writer.response(200, [(b"date", b"Fri"), (b"via", b"a"), (b"via", b"b")])
    assert last(file)[2]["headers"] == [["date", "Fri"], ["via", "a"], ["via", "b"]]


def test_leaving_the_block_writes_the_end() -> None:
    file = io.BytesIO()
    with CaptureWriter(file) as writer:
        writer.chunk(b"x\n")
    assert last(file)[2]["reason"] == "eof"
    assert not file.closed


@pytest.mark.parametrize(("error", "reason"), [(ValueError, "error"), (KeyboardInterrupt, "cancel")])
def test_an_exception_is_the_reason_of_the_end_without_its_message(error: type[BaseException], reason: str) -> None:
    file = io.BytesIO()

    def record() -> None:
        with CaptureWriter(file) as writer:
            writer.chunk(b"x\n")
            raise error("private")

    with pytest.raises(error):
        record()
    assert (last(file)[2]["reason"], last(file)[2]["error"]) == (reason, error.__name__)
    assert b"private" not in file.getvalue()


def test_closing_without_an_end_writes_none() -> None:
    file, writer = recorded()
    writer.chunk(b"x\n")
    writer.close()
    writer.close()
    assert last(file)[1] == "text"


def test_recording_after_the_end_is_misuse() -> None:
    _, writer = recorded()
    writer.end()
    with pytest.raises(StreamClosedError):
        writer.chunk(b"x\n")
    with pytest.raises(StreamClosedError):
        writer.delta("x")


def test_a_str_chunk_is_misuse() -> None:
    _, writer = recorded()
    with pytest.raises(TypeError, match="aiter_raw"):
        writer.chunk("x")  # type: ignore[arg-type]


def test_other_kinds_are_recorded_and_known_ones_are_not_forged() -> None:
    file, writer = recorded()
    writer.record("tls", {"version": "1.3"}, at=0.1)
    assert last(file) == [0.1, "tls", {"version": "1.3"}]
    with pytest.raises(UsageError):
        writer.record("end", {})


def test_a_name_in_zst_is_compressed_and_every_record_can_be_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl.zst"
    writer = CaptureWriter(path)
    writer.chunk(b"one\n", at=0.5)
    assert is_zstd(path.read_bytes())
    assert CaptureReader(path).read().body == b"one\n"
    writer.chunk(b"two\n", at=0.6)
    writer.end()
    writer.close()
    capture = CaptureReader(path).read()
    assert (capture.body, capture.findings) == (b"one\ntwo\n", ())


# ---------------------------------------------------------------------- secrets
def test_a_key_in_a_chunk_does_not_reach_the_file() -> None:
    file, writer = recorded()
    writer.chunk(f"data: {KEY}\n\n".encode())
    assert KEY not in file.getvalue().decode()
    assert len(last(file)[2]) == len(f"data: {KEY}\n\n")


def test_a_key_cut_over_chunks_keeps_their_borders_and_times() -> None:
    file, writer = recorded()
    text = f"data: {KEY}\n\n"
    cuts = [text[:8], text[8:9], text[9:30], text[30:]]
    for i, piece in enumerate(cuts):
        writer.chunk(piece.encode(), at=i / 10)
    writer.end()
    capture = CaptureReader(file.getvalue()).read()
    assert [(c.at, len(c.data)) for c in capture.chunks] == [(i / 10, len(piece)) for i, piece in enumerate(cuts)]
    assert KEY[8:].encode() not in capture.body
    assert capture.findings == ()


def test_only_a_chunk_that_may_become_a_key_waits() -> None:
    file, writer = recorded()
    writer.chunk(b"data: s")
    assert b'"text"' not in file.getvalue()
    writer.chunk(b"o what\n\n")
    assert file.getvalue().count(b'"text"') == 2


def test_closing_writes_what_was_held_back() -> None:
    file, writer = recorded()
    writer.chunk(b"data: sk-")
    writer.close()
    assert last(file)[2] == "data: sk-"


def test_a_record_behind_a_waiting_chunk_keeps_its_place() -> None:
    file, writer = recorded()
    writer.chunk(b"sk-", at=0.1)
    writer.record("note", "x", at=0.2)
    writer.chunk(b" no\n", at=0.3)
    assert [json.loads(line)[0] for line in file.getvalue().split(b"\n")[1:-1]] == [0.1, 0.2, 0.3]


def test_the_end_record_speaks_of_the_body_in_the_file_and_counts_what_was_replaced() -> None:
    file, writer = recorded()
    writer.chunk(f"{KEY} {KEY}\n".encode())
    writer.end()
    assert last(file)[2]["redacted"] == 2
    assert CaptureReader(file.getvalue()).read().findings == ()


def test_secrets_of_the_request_do_not_reach_the_file() -> None:
    file, writer = recorded(secret_headers=["Authorization"])
    headers = {"authorization": "Bearer private", "x-odd": "private", "accept": "text/event-stream"}
    writer.request("POST", "https://me:private@h.example/v1?key=private&alt=sse", headers, {"note": f"my key:\n{KEY}"})
    assert b"private" not in file.getvalue()
    assert KEY.encode() not in file.getvalue()
    assert last(file)[2]["headers"] == [["authorization", "REDACTED"], ["x-odd", "REDACTED"], ["accept", "text/event-stream"]]
    assert json.loads(file.getvalue().split(b"\n")[0])["redacted"][0] == "authorization"


def test_redaction_can_be_switched_off_and_the_header_line_says_so() -> None:
    file, writer = recorded(redact=False)
    writer.chunk(KEY.encode())
    assert last(file)[2] == KEY
    assert json.loads(file.getvalue().split(b"\n")[0])["redacted"] == []
