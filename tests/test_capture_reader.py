"""The reader: what it makes of whole, cut and wrong files."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from streamcheck.capture.format import Capture, Chunk, TextDelta, zstd_library
from streamcheck.capture.reader import CaptureReader, is_capture, plain_bytes
from streamcheck.errors import CaptureError

HEADER = '{"streamcheck_capture":1,"started":"2026-11-21T09:44:00.125Z","hop":"wire"}'


def file(*records: Any, header: str = HEADER) -> bytes:
    spelled = (record if isinstance(record, str) else json.dumps(record) for record in records)
    return "".join(f"{line}\n" for line in (header, *spelled)).encode()


def end_of(body: bytes, **fields: Any) -> list[Any]:
    return [9.5, "end", {"reason": "eof", "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), **fields}]


def read(data: bytes) -> Capture:
    return CaptureReader(data).read()


def failure(data: bytes) -> str:
    with pytest.raises(CaptureError) as caught:
        CaptureReader(data, name="a.capture.jsonl").read()
    return str(caught.value)


WHOLE = file(
    [
        0,
        "request",
        {
            "method": "POST",
            "url": "https://h.example/v4",
            "headers": [["accept", "*/*"]],
            "body": {"a": [1]},
            "body_sha256": "ab",
        },
    ],
    [0.841, "response", {"status": 200, "http": "HTTP/1.1", "headers": [["Content-Type", "text/event-stream"]]}],
    [0.842, "text", "data: \u2028\n\n"],
    [0.9, "bytes", base64.b64encode(b"\xff").decode()],
    end_of("data: \u2028\n\n".encode() + b"\xff"),
)


def test_a_whole_capture_gives_back_its_parts() -> None:
    capture = read(WHOLE)
    assert capture.findings == ()
    assert (capture.hop, capture.started, capture.path) == ("wire", "2026-11-21T09:44:00.125Z", None)
    assert capture.request is not None
    assert (capture.request.method, capture.request.headers, capture.request.body) == ("POST", (("accept", "*/*"),), {"a": [1]})
    assert capture.response is not None
    assert (capture.response.status, capture.response.http) == (200, "HTTP/1.1")
    assert capture.chunks == (Chunk(0.842, "data: \u2028\n\n".encode()), Chunk(0.9, b"\xff"))
    assert capture.body == "data: \u2028\n\n".encode() + b"\xff"
    assert capture.end is not None
    assert (capture.end.reason, capture.end.bytes, capture.end.at) == ("eof", 12, 9.5)


def test_only_lf_ends_a_line() -> None:
    body = "a\u2028b\x85c\x0bd"
    assert read(file(f'[0,"text","{body[:-2]}\\u000bd"]')).body == body.encode()


def test_line_ends_that_git_made_crlf_are_read() -> None:
    assert read(WHOLE.replace(b"\n", b"\r\n")).body == read(WHOLE).body


def test_every_prefix_of_whole_lines_is_a_capture() -> None:
    lines = WHOLE.split(b"\n")[:-1]
    for count in range(1, len(lines) + 1):
        capture = read(b"".join(line + b"\n" for line in lines[:count]))
        assert all(f.severity == "note" for f in capture.findings)


def test_a_missing_end_record_is_a_note() -> None:
    [finding] = read(file([0, "text", "x"])).findings
    assert (finding.code, finding.severity, finding.evidence["reason"]) == ("capture/cut", "note", "no end record")


@pytest.mark.parametrize("cut", [b"[0.9", b'[0.9,"te', b'[0.9,"text","da', '[0.9,"text","я'.encode()[:-1], b'[0.9,"text","x"'])
def test_a_cut_last_line_is_a_finding_and_the_rest_is_read(cut: bytes) -> None:
    capture = read(file([0, "text", "x"]) + cut)
    assert capture.body == b"x"
    [finding] = capture.findings
    assert (finding.code, finding.severity) == ("capture/cut", "warning")
    assert (finding.evidence["line"], finding.evidence["lost"]) == (3, len(cut))


def test_a_last_line_without_line_end_is_read_and_noted() -> None:
    capture = read(WHOLE[:-1])
    assert capture.end is not None
    assert [(f.code, f.severity) for f in capture.findings] == [("capture/cut", "note")]


@pytest.mark.parametrize("wrong", [{"bytes": 7}, {"sha256": "00" * 32}])
def test_an_end_record_that_speaks_of_another_body_is_a_warning(wrong: dict[str, Any]) -> None:
    [finding] = read(file([0, "text", "x"], end_of(b"x", **wrong))).findings
    assert (finding.code, finding.severity) == ("capture/cut", "warning")
    assert list(wrong) == [key for key in finding.evidence if key != "reason"]


def test_records_of_unknown_kinds_are_kept_and_ignored() -> None:
    capture = read(file([0.1, "tls", {"version": "1.3"}], [0.2, "text", "x"], [0.3, "more", 1, 2]))
    assert [(r.at, r.kind, r.payload) for r in capture.extra] == [(0.1, "tls", {"version": "1.3"}), (0.3, "more", [1, 2])]
    assert capture.body == b"x"


def test_of_two_responses_the_first_counts() -> None:
    capture = read(file([0, "response", {"status": 200}], [1, "response", {"status": 500}]))
    assert capture.response is not None
    assert (capture.response.status, len(capture.extra)) == (200, 1)


def test_a_text_only_hop_has_deltas() -> None:
    capture = read(file([0.1, "delta", {"choice": 0, "channel": "content", "text": "\ud83d"}], [0.2, "delta", {"text": "b"}]))
    assert capture.deltas == (TextDelta(0.1, 0, "content", "\ud83d"), TextDelta(0.2, 0, "content", "b"))
    assert capture.text_only


def test_a_capture_without_times_is_read() -> None:
    assert read(file([None, "text", "x"])).chunks == (Chunk(None, b"x"),)


def test_iterating_gives_the_records_with_their_lines() -> None:
    records = list(CaptureReader(file("", [0.5, "text", "x"], [1, "odd", None])))
    assert [(r.line, r.at, r.kind, r.payload) for r in records] == [(3, 0.5, "text", "x"), (4, 1.0, "odd", None)]


# ---------------------------------------------------------------------- compressed files
def compressed(data: bytes, *, whole: bool = True) -> bytes:
    library = zstd_library()
    assert library is not None
    compressor = library.ZstdCompressor()
    blocks = [compressor.compress(line + b"\n", compressor.FLUSH_BLOCK) for line in data.split(b"\n")[:-1]]
    return b"".join(blocks) + (compressor.flush() if whole else b"")


def test_a_compressed_capture_is_read_whatever_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    path.write_bytes(compressed(WHOLE))
    capture = CaptureReader(path).read()
    assert (capture.body, capture.findings, capture.path) == (read(WHOLE).body, (), str(path))


def test_a_compressed_capture_without_the_frames_end_is_read_up_to_there() -> None:
    capture = read(compressed(WHOLE, whole=False))
    assert capture.body == read(WHOLE).body
    [finding] = capture.findings
    assert (finding.code, finding.severity) == ("capture/cut", "warning")


def test_a_compressed_capture_that_is_broken_inside_is_read_up_to_the_break() -> None:
    many = file(*([i, "text", f"chunk {i}\n"] for i in range(200)))
    data = bytearray(compressed(many))
    data[len(data) // 2] ^= 0x55
    capture = read(bytes(data[:-4]) + b"\xff" * 40)
    assert 20 < len(capture.chunks) < 200
    assert [(f.code, f.severity) for f in capture.findings] == [("capture/cut", "warning")]


def test_plain_bytes_undoes_zstd(tmp_path: Path) -> None:
    path = tmp_path / "a.sse.zst"
    path.write_bytes(compressed(b"data: x\n\n"))
    assert plain_bytes(path) == b"data: x\n\n"


# ---------------------------------------------------------------------- is it one?
@pytest.mark.parametrize(
    "first", [WHOLE[:200], b"\xef\xbb\xbf" + WHOLE, b'{ "by": "x", "streamcheck_capture" : 9}', compressed(WHOLE)[:150]]
)
def test_a_capture_is_known_by_its_first_bytes(first: bytes) -> None:
    assert is_capture(first)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"{",
        b"data: {}\n\n",
        b'{"error":"streamcheck_capture"}',
        b'[{"streamcheck_capture":1}]',
        b"\x28\xb5\x2f\xfd",
        b"\x28\xb5\x2f\xfdjunk!",
    ],
)
def test_other_files_are_no_captures(first: bytes) -> None:
    assert not is_capture(first)


# ---------------------------------------------------------------------- what cannot be read
def test_a_wrong_first_element_is_pointed_at() -> None:
    data = file([0, "text", "x"], '["0.9","text","data: {"]', [1, "text", "y"])
    assert failure(data) == (
        'a.capture.jsonl:3:2: expected a number of seconds as first element\n    ["0.9","text","data: {"]\n     ~~~~^'
    )


def test_a_middle_line_that_is_no_json_is_pointed_at() -> None:
    message = failure(file([0, "text", "x"], '[0.9,"text",oops]', [1, "text", "y"]))
    assert message.startswith("a.capture.jsonl:3:13: expected one JSON value: ")
    assert message.endswith('\n    [0.9,"text",oops]\n                ^')


def test_a_middle_line_that_is_no_utf8_is_pointed_at() -> None:
    message = failure(file() + b'[0.9,"text","\xff"]\n' + b'[1,"text","y"]\n')
    assert message.startswith("a.capture.jsonl:2:14: expected one JSON value: byte 0xff is not UTF-8\n")


def test_the_marker_stays_under_its_place_in_a_long_line() -> None:
    message = failure(file(json.dumps([0, "text", "x" * 500])[:-1] + "!]", [1, "text", "y"]))
    _, excerpt, marker = message.split("\n")
    assert len(excerpt) <= 84
    assert excerpt[len(marker) - 1] == "!"


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"a": 1}, "expected an array"),
        ([], "expected a number of seconds"),
        ([True, "text", "x"], "expected a number of seconds"),
        ('[1e999,"text","x"]', "expected a number of seconds"),
        ([0], "expected the kind of record"),
        ([0, 7, "x"], "expected the kind of record"),
        ([0, "text"], "expected a string in a 'text' record"),
        ([0, "text", 7], "expected a string in a 'text' record"),
        ([0, "text", "\ud83d"], "lone surrogates"),
        ([0, "bytes", "###"], "expected base64"),
        ([0, "bytes", "я"], "expected base64"),
        ([0, "response", []], "expected an object in a 'response' record"),
        ([0, "response", {"status": "200"}], "expected a whole number as 'status'"),
        ([0, "request", {"headers": {"a": "b"}}], "expected a list of pairs as 'headers'"),
        ([0, "request", {"headers": [["a"]]}], "expected pairs of strings as 'headers'"),
        ([0, "delta", {"text": 1}], "expected a string as 'text'"),
        ([0, "end", {"bytes": "1"}], "expected a whole number as 'bytes'"),
    ],
)
def test_a_record_that_is_not_what_its_kind_says_raises(record: Any, expected: str) -> None:
    assert expected in failure(file(record, [1, "text", "y"])).split("\n")[0]


def test_a_message_never_shows_a_header_or_a_key() -> None:
    key = "sk-" + "A1b2C3d4" * 5
    assert key not in failure(file(f'["{key}","text","x"]', [1, "text", "y"]))
    assert "private" not in failure(file([0, "request", {"headers": {"authorization": "private"}}]))


def test_a_message_never_plays_control_characters() -> None:
    assert "\x1b" not in failure(file() + b'["\x1b[31m",1]\n[1,"text","y"]\n')


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"data: x\n\n", b"{}\n", b"[]\n", b"\xff\xfe\n", b'{"streamcheck_capture":1', b"[" * 100_000]
)
def test_a_file_without_a_header_is_no_capture(data: bytes) -> None:
    assert 'expected {"streamcheck_capture":1,...} as first line' in failure(data)


def test_a_missing_file_raises_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"none\.capture.jsonl: cannot be read: No such file"):
        CaptureReader(tmp_path / "none.capture.jsonl")


def test_a_folder_raises_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read"):
        CaptureReader(tmp_path)
