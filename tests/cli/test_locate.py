"""`streamcheck locate --readers`: what other clients would have made of the bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from streamcheck.capture.writer import CaptureWriter
from streamcheck.reference_readers import Reader, Reading
from tests.cli.support import run
from tests.replay.support import BODY, capture, written
from tests.streams import chat_events

TEXT = "Ein Satz, 日本語と🦀 and an end."
CUT = BODY.index("🦀".encode()) + 1  # inside a character


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a recording in which every read is one event."""
    return written(tmp_path, capture(), "whole.capture.jsonl")


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Return a recording of the same body further down, in two reads that cut a character."""
    return written(tmp_path, capture(BODY[:CUT], BODY[CUT:]), "cut.capture.jsonl")


def stored(path: Path) -> Path:
    """Write what a session store kept of the answer: text, and no bytes."""
    with CaptureWriter(path, hop="storage") as writer:
        writer.delta(TEXT)
        writer.end("eof")
    return path


def document_of(*hops: str) -> Any:
    return json.loads(run("locate", "--readers", "--format", "json", *hops).stdout)


def test_readers_read_at_the_borders_of_the_last_hop_that_has_bytes(whole: Path, cut: Path, tmp_path: Path) -> None:
    storage = stored(tmp_path / "stored.capture.jsonl")
    result = run("locate", "--readers", f"wire={whole}", f"client={cut}", f"storage={storage}")
    assert result.exit_code == 0
    assert "  client, chunk-as-events: " in result.stdout
    document = document_of(f"client={cut}", f"wire={whole}")
    assert (document["readers"], "chunk-as-events" in document["readers_agreeing"]) == ([], True)


def test_another_response_is_not_read_in_its_place(cut: Path, tmp_path: Path) -> None:
    other = written(
        tmp_path, capture(*chat_events("Nothing of the kind was said here, ", "and nobody asked.", id="x2")), "curl.capture.jsonl"
    )
    storage = stored(tmp_path / "stored.capture.jsonl")
    result = run("locate", "--readers", f"wire={cut}", f"storage={storage}", f"curl={other}")
    assert "  wire, chunk-as-events: " in result.stdout
    assert "  curl:" not in result.stdout


def test_who_agrees_and_who_is_not_installed_is_said(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def say_all(reading: Reading) -> None:
        reading.say({"id": "a", "choices": [{"index": 0, "delta": {"content": TEXT}}]})

    def fails(reading: Reading) -> None:
        raise ValueError("\x1b[2J")

    readers = (
        Reader("agrees", "as we do", say_all),
        Reader("fails", "not at all", fails),
        Reader("gone", "not there", fails, package="no_such_package_at_all"),
    )
    monkeypatch.setattr("streamcheck.reference_readers.compare.all_readers", lambda: readers)
    told = run("locate", "--readers", f"wire={cut}").stdout.splitlines()
    assert told[-2:] == [
        "  wire, fails fails on a sound stream: ValueError: \\x1b[2J",
        "  wire: 1 other reader reads it as it is: agrees; not installed: gone",
    ]
    document = document_of(f"wire={cut}")
    assert [difference["reader"] for difference in document["readers"]] == ["fails"]
    assert (document["readers_agreeing"], document["readers_missing"]) == (["agrees"], ["gone"])


def test_hops_that_nobody_can_read_again_are_said(tmp_path: Path) -> None:
    storage = stored(tmp_path / "stored.capture.jsonl")
    assert "no hop is a capture with bytes" in run("locate", "--readers", f"storage={storage}").stdout
    document = document_of(f"storage={storage}")
    assert [document[key] for key in ("readers", "readers_agreeing", "readers_missing")] == [[], [], []]


def test_nothing_is_said_of_readers_unless_it_is_asked(whole: Path) -> None:
    assert "reader" not in run("locate", f"wire={whole}").stdout
    assert "readers" not in json.loads(run("locate", "--format", "json", f"wire={whole}").stdout)
