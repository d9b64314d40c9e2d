"""`streamcheck replay`, in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.support import GOOD, capture_of, environment, run

PATIENCE = 30.0


class Replaying:
    """The command while it runs."""

    def __init__(self, *args: str | Path) -> None:
        command = [sys.executable, "-m", "streamcheck", "replay", *map(str, args), "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        self.first = self.line()
        self.url = self.first.split(" at ")[1].partition(";")[0]

    def line(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline().decode().rstrip("\n")

    def end(self, number: int) -> tuple[int, bytes]:
        self.process.send_signal(number)
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, stdout


@contextmanager
def replaying(*args: str | Path) -> Iterator[Replaying]:
    running = Replaying(*args)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "a.capture.jsonl"
    target.write_bytes(capture_of(GOOD))
    return target


def test_it_says_where_to_ask_and_what_was_asked(path: Path) -> None:
    with replaying(path, "--speed", "0") as running:
        assert running.first == f"replaying 1 capture at {running.url}; Ctrl-C ends it"
        assert running.line() == f"base URL {running.url}/v1 in place of https://host.example/v1"
        assert httpx.post(f"{running.url}/v1/chat/completions?key=private").content == GOOD
        line = running.line()
        assert line.endswith(f"POST /v1/chat/completions  status 200, {len(GOOD)} bytes, whole  a.capture.jsonl")
        assert httpx.get(f"{running.url}/%1b[2J").status_code == 404
        line = running.line()
        assert line.endswith("status 404, 0 bytes, not recorded")
        assert running.end(signal.SIGINT) == (130, b"")


def test_a_folder_is_served_in_turn_and_sigterm_ends_it(path: Path) -> None:
    (path.parent / "b.capture.jsonl").write_bytes(capture_of(b"data: other\n\n"))
    with replaying(path.parent, "--speed", "0", "--split", "event", "--fault", "truncate@13") as running:
        assert running.first.startswith("replaying 2 captures")
        running.line()
        bodies = [httpx.post(f"{running.url}/v1/chat/completions").content for _ in range(3)]
        assert bodies == [GOOD[:13], b"data: other\n\n", GOOD[:13]]
        assert running.end(signal.SIGTERM)[0] == 143


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--speed", "-1"), "speed must be 0 (no pauses) or a positive number"),
        (("--split", "events"), "did you mean 'event'?"),
        (("--fault", "reset"), "reset@2000"),
        (("--listen", "8399"), "--listen must be HOST:PORT"),
        (("--listen", "192.0.2.1:0"), "cannot listen at 192.0.2.1:0"),
        (("none.capture.jsonl",), "none.capture.jsonl: no such file or folder"),
    ],
)
def test_what_cannot_work_is_said_before_it_begins(path: Path, args: tuple[str, ...], words: str) -> None:
    result = run("replay", path, *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_without_captures_is_said(tmp_path: Path) -> None:
    result = run("replay", tmp_path)
    assert result.exit_code == 2
    assert "no captures in it" in result.stderr


def test_help_begins_with_examples() -> None:
    result = run("replay", "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Examples:\n  streamcheck replay ")
