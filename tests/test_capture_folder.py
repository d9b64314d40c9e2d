"""Where live captures go: names, caps, and what is never removed."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streamcheck import CaptureFolder, CaptureWriter, UsageError
from streamcheck.capture.folder import capture_name

START = datetime(2026, 11, 21, 17, 45, 36, 125_900, tzinfo=UTC)


def record(folder: CaptureFolder, number: int, *, size: int = 10, age: float = 3600.0) -> Path:
    """Write the capture of minute `number`, last touched `age` seconds ago."""
    path = Path(folder(capture_name(START + timedelta(minutes=number), "host.example")))
    with CaptureWriter(path) as writer:
        writer.chunk(b"x" * size)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_a_name_tells_time_and_host() -> None:
    assert capture_name(START, "api.example.com", "1f2e3d4c") == "20261121T174536.125Z-api.example.com-1f2e3d4c.capture.jsonl"


@pytest.mark.parametrize("host", ["", "..", "a/../../etc/passwd", "[::1]:80", "x" * 500, "Ünï", "a\x00b\n"])
def test_a_hostile_host_names_a_file_in_the_folder(host: str) -> None:
    name = capture_name(START, host)
    assert os.path.basename(name) == name
    assert len(name) < 150
    assert name.isprintable()


def test_names_of_one_moment_differ() -> None:
    assert len({capture_name(START, "h") for _ in range(100)}) == 100


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path / "new" / "deep", max_captures=5)
    paths = [record(folder, number) for number in range(12)]
    assert [path.exists() for path in paths] == [False] * 7 + [True] * 5


def test_the_oldest_go_when_they_are_too_large(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path, max_captures=20, max_bytes=4000)
    paths = [record(folder, number, size=1000) for number in range(10)]
    assert [path.exists() for path in paths] == [False] * 6 + [True] * 4


def test_what_is_being_written_stays(tmp_path: Path) -> None:
    folder = CaptureFolder(tmp_path, max_captures=1)
    paths = [record(folder, number, age=0.0) for number in range(5)]
    assert all(path.exists() for path in paths)


def test_files_of_others_stay(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("notes.txt", "case.capture.jsonl", "20200101-mine.capture.jsonl")]
    for other in others:
        other.write_text("mine")
        os.utime(other, (0, 0))
    folder = CaptureFolder(tmp_path, max_captures=1)
    for number in range(4):
        record(folder, number)
    assert all(other.exists() for other in others)


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    CaptureFolder(tmp_path / "captures")("name")
    assert (tmp_path / "captures").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cap", [{"max_captures": 0}, {"max_bytes": -1}])
def test_a_cap_that_cannot_be_meant_is_refused(cap: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="positive"):
        CaptureFolder(tmp_path, **cap)
