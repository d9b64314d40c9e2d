"""`streamcheck minimize`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import streamcheck as sc
from tests.cli.support import GOOD, capture_of, environment, run
from tests.streams import chat_events

BROKEN = b"".join(chat_events(*"abcdefgh")[:-1]) + b'data: {"id": "c\n\n' + b"data: [DONE]\n\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "a.capture.jsonl"
    target.write_bytes(capture_of(BROKEN))
    return target


def test_it_writes_the_smallest_and_says_how_small(path: Path) -> None:
    before = path.read_bytes()
    out = path.with_name("small.capture.jsonl")
    result = run("minimize", path, "--code", "json/invalid", "-o", out)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{out}: from 12 events to 1 with json/invalid, after ")
    assert "Ctrl-C keeps these" in result.stderr
    assert sc.check(out).verdict == sc.check(path).verdict
    assert path.read_bytes() == before


def test_nothing_is_overwritten(path: Path) -> None:
    before = path.read_bytes()
    other = path.with_name("b.capture.jsonl")
    other.write_bytes(b"precious")
    for target, words in ((path, "is the source itself"), (other, "is there already")):
        result = run("minimize", path, "--code", "json/invalid", "-o", target)
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
    assert (path.read_bytes(), other.read_bytes()) == (before, b"precious")


def test_a_code_that_is_not_there_is_said(path: Path) -> None:
    out = path.with_name("small.capture.jsonl")
    result = run("minimize", path, "--code", "text/word-salad", "-o", out)
    assert result.exit_code == 2
    assert "has no finding 'text/word-salad'" in result.stderr
    path.write_bytes(capture_of(GOOD))
    assert "it has none at all" in run("minimize", path, "--code", "json/invalid", "-o", out).stderr
    assert run("minimize", path.with_name("none"), "--code", "json/invalid", "-o", out).exit_code == 2
    assert run("minimize", path, "--code", "json/invalid", "-o", "x.capture.jsonl.zst").exit_code == 2
    assert not out.exists()


def test_ctrl_c_writes_the_smallest_so_far(path: Path) -> None:
    loop = [f"step {i}: we go on and on and on. " for i in range(1500)]
    path.write_bytes(capture_of(b"".join(chat_events(*loop, "\ufffd", *loop))))
    out = path.with_name("small.capture.jsonl")
    command = ["minimize", str(path), "--code", "text/replacement-character", "-o", str(out), "--max-checks", "1000000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamcheck", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stderr is not None
    assert b"Ctrl-C keeps these" in process.stderr.readline()
    os.kill(process.pid, signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode in (130, 0)  # 0: it was done before
    assert b"to " in stdout
    assert "text/replacement-character" in {finding.code for finding in sc.check(out).findings}


def test_help_begins_with_examples() -> None:
    result = run("minimize", "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Examples:\n  streamcheck minimize ")
