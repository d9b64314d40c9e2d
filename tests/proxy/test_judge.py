"""The judge: another process, captures that grow, and what it tells."""

import json
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.capture.writer import CaptureWriter
from streamcheck.findings import Finding
from streamcheck.proxy.judge import Judge, Judged, JudgeOptions, _Response
from tests.proxy.support import BODY, EVENTS, PATIENCE
from tests.streams import chat, chat_event

HEADERS = [("content-type", "text/event-stream")]


class Pipe:
    """A teller that writes what it is told into a named pipe; it is made in the judge's process."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "w", buffering=1)  # noqa: SIM115  for as long as the process lives

    def _write(self, *told: Any) -> None:
        self._file.write(json.dumps(told) + "\n")

    def found(self, name: str, finding: Finding) -> None:
        self._write("found", name, finding.code)

    def judged(self, judged: Judged) -> None:
        report = judged.report
        self._write("judged", judged.name, report.verdict.value, judged.status, judged.reason, report.counts["bytes"])

    def failed(self, name: str, reason: str) -> None:
        self._write("failed", name, reason)


class Court:
    """A judge and what it tells. said: what it told the relay's user."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.said: list[str] = []
        self._pipe = pipe = folder / "told"
        os.mkfifo(pipe)
        self.judge = Judge(JudgeOptions(str(folder), **options), partial(Pipe, str(pipe)), self.said.append)
        self._told: queue.Queue[list[Any]] = queue.Queue()
        self._reading = threading.Thread(target=self._read, args=(pipe,))
        self._reading.start()

    def _read(self, pipe: Path) -> None:
        with pipe.open() as lines:
            for line in lines:
                self._told.put(json.loads(line))

    def told(self) -> list[Any]:
        return self._told.get(timeout=PATIENCE)

    def begin(self, name: str, *, status: int | None = 200) -> CaptureWriter:
        writer = CaptureWriter(self.folder / name)
        self.judge.opened(str(self.folder / name), time.monotonic())
        writer.request("POST", "https://h.example/v1/chat/completions")
        if status is not None:
            writer.response(status, HEADERS)
        return writer

    def end(self, name: str, writer: CaptureWriter, reason: str | None = "eof") -> None:
        if reason is not None:
            writer.end(reason)
        writer.close()
        self.judge.ended(str(self.folder / name))

    def close(self) -> None:
        self.judge.close()
        os.close(os.open(self._pipe, os.O_RDWR))  # a judge that was killed may never have opened it
        self._reading.join(PATIENCE)


@pytest.fixture
def court(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Court]:
    court = Court(tmp_path, **getattr(request, "param", {}))
    yield court
    court.close()


def test_a_response_is_judged_when_it_ends(court: Court) -> None:
    writer = court.begin("a")
    for event in EVENTS:
        writer.chunk(event)
    court.end("a", writer)
    assert court.told() == ["judged", "a", "clean", 200, "eof", len(BODY)]
    assert court.judge.finish() == {"clean": 1}
    assert court.said == []


class Deaf:
    """A teller that nobody listens to."""

    def found(self, name: str, finding: Finding) -> None: ...
    def judged(self, judged: Judged) -> None: ...
    def failed(self, name: str, reason: str) -> None: ...


CAPTURES = sorted((Path(__file__).parents[2] / "captures").rglob("*.capture.jsonl"))


@pytest.mark.parametrize("path", CAPTURES[::9], ids=lambda path: path.name)
def test_a_followed_capture_gets_the_report_that_checking_it_gives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sc.CaptureReader(path).read().text_only:
        pytest.skip("a hop that has no bytes is never followed")
    monkeypatch.setattr("streamcheck.capture.follow._PIECE", 1000)
    response = _Response(path.name, 0.0, JudgeOptions(str(path.parent)), Deaf())
    response.ended = True
    while not response.over:
        response.look()
    response.close()
    assert response.judged().report.to_dict() == sc.check(path, name=path.name).to_dict()


def test_a_defect_is_told_while_the_response_runs_and_once(court: Court) -> None:
    writer = court.begin("a")
    for event in EVENTS[:-1]:
        writer.chunk(event)
    for _ in range(3):
        writer.chunk(b"data: {broken\n\n")
    assert court.told() == ["found", "a", "json/invalid"]
    writer.chunk(EVENTS[-1])
    court.end("a", writer)
    assert court.told()[:3] == ["judged", "a", "corrupt"]


@pytest.mark.parametrize("court", [{"stall_after": 0.2}], indirect=True)
def test_a_stall_is_told_while_nothing_comes(court: Court) -> None:
    writer = court.begin("a")
    writer.chunk(EVENTS[0])
    assert court.told() == ["found", "a", "time/stall"]
    court.end("a", writer, "cancel")
    assert court.told()[:3] == ["judged", "a", "incomplete"]


def test_responses_at_once_are_kept_apart(court: Court) -> None:
    writers = {name: court.begin(name) for name in ("a", "b")}
    for event in EVENTS:
        writers["a"].chunk(event)
        writers["b"].chunk(chat_event({"content": "word "}))
    court.end("b", writers["b"])
    assert court.told()[:3] == ["judged", "b", "incomplete"]
    court.end("a", writers["a"])
    assert court.told()[:3] == ["judged", "a", "clean"]
    assert court.judge.finish() == {"incomplete": 1, "clean": 1}


def test_finishing_waits_for_all_that_is_recorded(court: Court) -> None:
    for number in range(20):
        writer = court.begin(f"{number}")
        writer.chunk(chat(*["another word and "] * 50))
        court.end(f"{number}", writer)
    counts = court.judge.finish()
    assert counts is not None
    assert sum(counts.values()) == 20


def test_a_recording_that_broke_off_is_judged_as_far_as_it_goes(court: Court) -> None:
    writer = court.begin("a")
    writer.chunk(EVENTS[0])
    court.end("a", writer, None)
    assert court.told()[:3] == ["judged", "a", "incomplete"]


def test_a_recording_without_a_response_is_judged(court: Court) -> None:
    writer = court.begin("a", status=None)
    court.end("a", writer, "error")
    assert court.told() == ["judged", "a", "incomplete", None, "error", 0]


def test_a_capture_that_cannot_be_read_leaves_the_others(court: Court) -> None:
    court.judge.opened(str(court.folder / "gone"), 0.0)
    assert court.told() == ["failed", "gone", "No such file or directory"]
    (court.folder / "bad").write_bytes(b"no capture\nat all\n")
    court.judge.opened(str(court.folder / "bad"), 0.0)
    assert court.told()[:2] == ["failed", "bad"]
    writer = court.begin("a")
    writer.chunk(BODY)
    court.end("a", writer)
    assert court.told()[:3] == ["judged", "a", "clean"]
    assert court.judge.finish() == {"not judged": 2, "clean": 1}


def test_a_judge_that_dies_is_said_once_and_holds_nobody_up(court: Court) -> None:
    assert court.judge._process.pid is not None
    os.kill(court.judge._process.pid, signal.SIGKILL)
    court.judge._process.join(PATIENCE)
    for _ in range(3):
        court.judge.opened("a", 0.0)
    assert court.said == ["nothing more is judged, its process died; the recording goes on"]
    assert court.judge.finish() is None
    assert len(court.said) == 1


def test_a_judge_that_does_not_keep_up_holds_nobody_up(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamcheck.proxy.judge._MAX_UNSENT", 10)
    assert court.judge._process.pid is not None
    os.kill(court.judge._process.pid, signal.SIGSTOP)
    try:
        for _ in range(5000):
            court.judge.ended("a" * 100)
        assert court.said == ["nothing more is judged, it does not keep up; the recording goes on"]
    finally:
        os.kill(court.judge._process.pid, signal.SIGCONT)


def test_ctrl_c_does_not_end_the_judge(court: Court) -> None:
    assert court.judge._process.pid is not None
    os.kill(court.judge._process.pid, signal.SIGINT)
    writer = court.begin("a")
    writer.chunk(BODY)
    court.end("a", writer)
    assert court.told()[:3] == ["judged", "a", "clean"]
    os.kill(court.judge._process.pid, signal.SIGINT)
    assert court.judge.finish() == {"clean": 1}
