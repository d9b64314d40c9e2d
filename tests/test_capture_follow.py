"""A capture that grows, read as it grows."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.follow import CaptureFollower
from streamcheck.capture.format import Chunk
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.writer import CaptureWriter
from streamcheck.errors import CaptureError


def test_what_is_new_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    writer = CaptureWriter(path)
    with CaptureFollower(path) as follower:
        assert follower.read() is None
        writer.request("GET", "https://h.example/", at=0.5)
        piece = follower.read()
        assert piece is not None
        assert piece.request is not None
        assert (piece.request.url, piece.request.at) == ("https://h.example/", 0.5)
        assert follower.read() is None
        writer.chunk(b"one\n", at=1.0)
        writer.chunk(b"\xff", at=2.0)
        piece = follower.read()
        assert piece is not None
        assert [(chunk.at, chunk.data) for chunk in piece.chunks] == [(1.0, b"one\n"), (2.0, b"\xff")]
        writer.end("cancel")
        piece = follower.read()
        assert piece is not None
        assert piece.end is not None
        assert (piece.end.reason, piece.request, follower.read()) == ("cancel", None, None)
    writer.close()


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    path.write_bytes(b'{"streamcheck_capture":1,"hop":"wire"}\n[0.1,"te')
    with CaptureFollower(path) as follower, path.open("ab", buffering=0) as file:
        assert follower.read() is None
        file.write(b'xt","a"]')
        assert follower.read() is None
        file.write(b"\n[0")
        piece = follower.read()
        assert piece is not None
        assert piece.body == b"a"


def test_half_a_header_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    path.write_bytes(b"")
    with CaptureFollower(path) as follower, path.open("ab", buffering=0) as file:
        assert follower.read() is None
        file.write(b'{"streamcheck_capture":')
        assert follower.read() is None
        file.write(b'1}\n[null,"text","a"]\n')
        piece = follower.read()
        assert piece is not None
        assert piece.body == b"a"
        assert follower.header_line == b'{"streamcheck_capture":1}\n'


def test_iterating_gives_records_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with CaptureWriter(path) as writer, CaptureFollower(path) as follower:
        writer.record("tls", {"version": "1.3"}, at=0.1)
        assert [(record.at, record.kind, record.payload) for record in follower] == [(0.1, "tls", {"version": "1.3"})]
        assert list(follower) == []
        writer.chunk(b"x\n", at=0.2)
        assert [record.kind for record in follower] == ["text"]


def test_unknown_kinds_do_not_stand_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with CaptureWriter(path) as writer, CaptureFollower(path) as follower:
        writer.record("tls", None)
        writer.chunk(b"x\n")
        piece = follower.read()
        assert piece is not None
        assert piece.body == b"x\n"


def test_a_removed_file_can_still_be_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with CaptureWriter(path) as writer, CaptureFollower(path) as follower:
        path.unlink()
        writer.chunk(b"x\n")
        piece = follower.read()
        assert piece is not None
        assert piece.body == b"x\n"


def test_a_file_that_is_no_capture_raises(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    path.write_bytes(b"data: x\n\ndata: y\n\n")
    with CaptureFollower(path) as follower, pytest.raises(CaptureError):
        follower.read()
    with pytest.raises(FileNotFoundError):
        CaptureFollower(tmp_path / "none")


def test_a_line_longer_than_a_piece_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.capture.jsonl"
    with CaptureWriter(path) as writer, CaptureFollower(path) as follower:
        writer.chunk(b"x" * 1_000_000 + b"\n")
        piece = follower.read()
        assert piece is not None
        assert len(piece.body) == 1_000_001


@given(chunks=st.lists(st.binary(max_size=8), max_size=6), cuts=st.lists(st.integers(0, 600), max_size=8))
def test_a_followed_capture_has_the_chunks_of_the_whole_one(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("follow")
    whole, growing = folder / "whole.capture.jsonl", folder / "growing.capture.jsonl"
    with CaptureWriter(whole) as writer:
        for chunk in chunks:
            writer.chunk(chunk)
    data = whole.read_bytes()
    growing.write_bytes(b"")
    seen: list[Chunk] = []
    with CaptureFollower(growing) as follower, growing.open("ab", buffering=0) as file:
        borders = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        for start, end in pairwise(borders):
            file.write(data[start:end])
            while (piece := follower.read()) is not None:
                seen += piece.chunks
    assert seen == list(CaptureReader(whole).read().chunks)
