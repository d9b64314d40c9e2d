"""What real curls write against a loopback server, and what damaged files of theirs give."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.capture.format import Chunk, End
from streamcheck.errors import StreamcheckError
from streamcheck.importers import Imported, Source, import_file, write_capture
from streamcheck.importers._http1 import unchunked
from tests.importers.origin import BODY, EVENTS, HEAD, curl, framed, needs_curl, origin

ANSWER = HEAD + framed(*EVENTS)


def body_of(imported: Imported) -> bytes:
    return b"".join(chunk.data for chunk in imported.chunks)


def traced(tmp_path: Path, *arguments: str | Path, answers: tuple[bytes, ...] = (ANSWER,)) -> list[Imported]:
    """Return what the trace of one curl run gives."""
    trace = tmp_path / "answer.trace"
    with origin(*answers) as url:
        curl(*(str(a).replace("TRACE", str(trace)) for a in arguments), "-o", tmp_path / "out.sse", url)
    return import_file(trace)


# ---------------------------------------------------------------------- --trace
@needs_curl
def test_a_trace_gives_the_very_body_with_times(tmp_path: Path) -> None:
    (one,) = traced(tmp_path, "--trace", "TRACE", "--trace-time", "-d", '{"model":"small-1"}')
    assert body_of(one) == BODY == (tmp_path / "out.sse").read_bytes()
    assert one.fidelity == ("exact", "chunk")
    times = [chunk.at for chunk in one.chunks]
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
    assert one.end is not None
    assert one.end.reason == "eof"
    assert one.started is not None
    assert abs(datetime.now(UTC) - one.started) < timedelta(hours=1)


@needs_curl
def test_a_trace_gives_the_request_and_the_head(tmp_path: Path) -> None:
    (one,) = traced(tmp_path, "--trace", "TRACE", "--trace-time", "-d", '{"model":"small-1"}')
    assert one.request is not None
    assert one.request.method == "POST"
    assert one.request.url is not None
    assert one.request.url.startswith("http://127.0.0.1:")
    assert one.request.body == b'{"model":"small-1"}'
    assert one.request.at is not None
    assert one.response is not None
    assert (one.response.status, one.response.http) == (200, "HTTP/1.1")


@needs_curl
def test_a_trace_without_times_has_none(tmp_path: Path) -> None:
    (one,) = traced(tmp_path, "--trace", "TRACE")
    assert body_of(one) == BODY
    assert one.fidelity == ("exact", "none")
    assert one.started is None
    assert {chunk.at for chunk in one.chunks} == {None}


@needs_curl
def test_a_text_trace_gets_its_line_ends_back_and_says_that_letters_are_lost(tmp_path: Path) -> None:
    (one,) = traced(tmp_path, "--trace-ascii", "TRACE", "--trace-time")
    assert body_of(one) == bytes(byte if byte < 0x7F else ord(".") for byte in BODY)
    assert one.fidelity == ("reconstructed", "chunk")
    assert any("--trace-ascii" in remark for remark in one.remarks)


@needs_curl
def test_each_response_of_a_redirect_is_one(tmp_path: Path) -> None:
    away = b"HTTP/1.1 302 Found\r\nLocation: /v2\r\nContent-Length: 4\r\nConnection: close\r\n\r\naway"
    first, second = traced(tmp_path, "-L", "--trace", "TRACE", "--trace-time", answers=(away, ANSWER))
    assert body_of(second) == BODY
    assert first.end is not None
    assert first.end.reason == "cancel"  # curl does not read the body of a redirect that it follows
    assert first.response is not None
    assert first.response.status == 302
    assert second.request is not None
    assert str(second.request.url).endswith("/v2")


@needs_curl
def test_a_response_of_which_the_end_is_missing_says_so(tmp_path: Path) -> None:
    (one,) = traced(tmp_path, "--trace", "TRACE", "--trace-time", answers=(HEAD + framed(*EVENTS[:2], last=b""),))
    assert body_of(one) == b"".join(EVENTS[:2])
    assert one.end is not None
    assert (one.end.reason, one.end.error) == ("error", "RemoteProtocolError")


@needs_curl
def test_secrets_of_a_trace_do_not_reach_the_capture(tmp_path: Path) -> None:
    key = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 2
    (one,) = traced(tmp_path, "--trace", "TRACE", "-H", f"Authorization: Bearer {key}", "-d", f'{{"key":"{key}"}}')
    path, new = write_capture(one, tmp_path / "captures", modified=datetime.now(UTC))
    assert new
    assert key not in Path(path).read_text()
    assert 'X-Secret","open' not in Path(path).read_text()
    assert sc.check(path).verdict == "clean"


@needs_curl
def test_a_trace_that_is_cut_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    traced(tmp_path, "--trace", "TRACE", "--trace-time")
    whole = (tmp_path / "answer.trace").read_bytes()
    for size in range(0, len(whole), 97):
        cut = tmp_path / "cut.trace"
        cut.write_bytes(whole[:size])
        try:
            found = import_file(cut, kind="curl-trace")
        except StreamcheckError:
            continue
        assert BODY.startswith(b"".join(body_of(one) for one in found))


TRACE = b"""23:59:59.900000 == Info: Connected to h.example (192.0.2.1) port 80 (#0)
23:59:59.950000 => Send header, 35 bytes (0x23)
0000: 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a GET / HTTP/1.1..
0010: 48 6f 73 74 3a 20 68 2e 65 78 61 6d 70 6c 65 0d Host: h.example.
0020: 0a 0d 0a                                        ...
23:59:59.990000 <= Recv header, 17 bytes (0x11)
0000: 48 54 54 50 2f 31 2e 31 20 32 30 30 20 4f 4b 0d HTTP/1.1 200 OK.
0010: 0a                                              .
23:59:59.990000 <= Recv header, 2 bytes (0x2)
0000: 0d 0a                                           ..
00:00:00.100000 <= Recv SSL data, 5 bytes (0x5)
0000: 17 03 03 00 20                                  ....\x20
00:00:00.100000 <= Recv data, 6 bytes (0x6)
0000: 64 61 74 61 3a 20                               data:\x20
00:00:00.600000 <= Recv data, 3 bytes (0x3)
0000: 78 0a 0a                                        x..
00:00:00.700000 == Info: Closing connection 0
"""


def test_times_go_on_over_midnight_and_tls_records_are_no_body(tmp_path: Path) -> None:
    path = tmp_path / "night.trace"
    path.write_bytes(TRACE)
    (one,) = import_file(path)
    assert one.chunks == (Chunk(0.2, b"data: "), Chunk(0.7, b"x\n\n"))
    assert one.request is not None
    assert one.request.at == 0.05
    assert one.end == End("eof", at=0.7)


def test_trace_ids_tell_parallel_transfers_apart(tmp_path: Path) -> None:
    blocks = TRACE.decode().split("\n")
    merged: list[str] = []
    titles = [i for i, line in enumerate(blocks) if line[2:3] == ":"]
    for begin, end in zip(titles, [*titles[1:], len(blocks)], strict=True):
        for transfer in ("0-0", "1-1"):
            merged += [f"{blocks[begin][:16]}[{transfer}] {blocks[begin][16:]}", *blocks[begin + 1 : end]]
    path = tmp_path / "parallel.trace"
    path.write_text("\n".join(merged))
    assert [body_of(one) for one in import_file(path)] == [b"data: x\n\n"] * 2


def test_a_newer_curl_that_logs_bodies_without_framing_is_read_too(tmp_path: Path) -> None:
    header = b"Transfer-Encoding: chunked\r\n"
    rows = b"".join(
        b"%04x: %-48b%b\n" % (at, header[at : at + 16].hex(" ").encode() + b" ", b"." * len(header[at : at + 16]))
        for at in range(0, len(header), 16)
    )
    title = b"23:59:59.990000 <= Recv header, %d bytes (0x%x)\n" % (len(header), len(header))
    path = tmp_path / "new.trace"
    blank = TRACE.index(b"23:59:59.990000 <= Recv header, 2 bytes")
    path.write_bytes(TRACE[:blank] + title + rows + TRACE[blank:])
    (one,) = import_file(path)
    assert body_of(one) == b"data: x\n\n"
    assert one.fidelity == ("deframed", "chunk")


@given(st.binary(max_size=400), st.integers(0, len(TRACE)), st.integers(0, 60))
@example(b"", 0, 0)
def test_no_trace_raises_anything_but_our_own(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int, gone: int) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.trace"
    path.write_bytes(TRACE[:at] + junk + TRACE[at + gone :])
    for kind in ("auto", "curl-trace"):
        try:
            import_file(path, kind=kind)
        except StreamcheckError:
            pass


# ---------------------------------------------------------------------- -i and --raw
@needs_curl
@pytest.mark.parametrize("options", [("-i",), ("--raw",), ("-i", "--raw")])
def test_output_with_heads_or_framing_gives_the_very_body(tmp_path: Path, options: tuple[str, ...]) -> None:
    with origin(ANSWER) as url:
        curl(*options, "-o", tmp_path / "out.txt", url)
    (one,) = import_file(tmp_path / "out.txt")
    assert one.format == "curl-output"
    assert body_of(one) == BODY
    assert one.fidelity == (("exact" if "--raw" in options else "deframed"), "none")
    assert (one.response is not None) == ("-i" in options)
    if "--raw" in options:
        assert [chunk.data for chunk in one.chunks] == EVENTS


def test_heads_before_the_last_have_no_body(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nHTTP/2 200 \r\ncontent-type: text/event-stream\r\n\r\ndata: x\n\n"
    )
    (one,) = import_file(path)
    assert one.response is not None
    assert (one.response.status, one.response.http) == (200, "HTTP/2")
    assert body_of(one) == b"data: x\n\n"


def test_a_coding_that_curl_undid_is_not_declared_any_more(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n" + BODY)
    (one,) = import_file(path)
    assert one.response is not None
    assert one.response.headers == ()
    assert any("gzip" in remark for remark in one.remarks)
    assert one.end == End("eof")


def test_a_body_that_is_shorter_than_announced_says_so(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ndata: x\n\n")
    (one,) = import_file(path)
    assert one.end == End("error", error="RemoteProtocolError")


def test_a_head_that_is_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Le")
    with pytest.raises(StreamcheckError, match="not whole"):
        import_file(path)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(0, 400))
def test_framing_comes_off_whatever_the_body_is(pieces: list[bytes], at: int) -> None:
    wire = framed(*pieces)
    body = unchunked(wire)
    assert (body.problem, body.end) == (None, len(wire))
    assert [wire[start:end] for start, end in body.ranges] == pieces
    cut = unchunked(wire[:at])
    assert b"".join(pieces).startswith(b"".join(wire[start:end] for start, end in cut.ranges))


# ---------------------------------------------------------------------- bodies alone
def test_a_body_is_known_by_its_content_or_its_name(tmp_path: Path) -> None:
    for name, body in (
        ("body", BODY),
        ("a.ndjson", b'{"done":true}\n'),
        ("b.eventstream", b"\0\0\0\x10"),
        ("c.txt", b": hi\n\n" + BODY),
    ):
        (tmp_path / name).write_bytes(body)
        (one,) = import_file(tmp_path / name)
        assert (one.format, body_of(one), one.fidelity) == ("raw", body, ("deframed", "none"))


def test_a_capture_needs_no_import(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with sc.CaptureWriter(path) as writer:
        writer.chunk(BODY)
    with pytest.raises(sc.UsageError, match="is a capture already"):
        import_file(path)


def test_what_nobody_knows_is_refused_with_what_was_tried(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary,\n")
    with pytest.raises(sc.UsageError, match="tried claude-code, codex, curl-output"):
        import_file(path)
    with pytest.raises(sc.UsageError, match="did you mean 'curl-trace'"):
        import_file(path, kind="curltrace")


def test_importing_twice_writes_once(tmp_path: Path) -> None:
    (tmp_path / "body.sse").write_bytes(BODY)
    source = Source(tmp_path / "body.sse")
    (one,) = import_file(tmp_path / "body.sse")
    first, second = (write_capture(one, tmp_path / "captures", modified=source.modified) for _ in range(2))
    assert first[0] == second[0]
    assert (first[1], second[1]) == (True, False)
    assert len(list((tmp_path / "captures").iterdir())) == 1
