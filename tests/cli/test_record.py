"""`streamcheck record`, in a process of its own, between a real client and a real upstream."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

import streamcheck as sc
from streamcheck.capture.folder import CaptureFolder
from streamcheck.cli import record
from streamcheck.proxy.heads import upstream_of
from streamcheck.proxy.recording import Recordings
from streamcheck.proxy.relay import Relay
from tests.cli.support import environment, run
from tests.proxy.support import BODY, EVENTS, PATIENCE, REQUEST, STREAM_HEAD, Peer, answer, chunked, serving

UPSTREAM = ("--upstream", "http://127.0.0.1:1")


class Recorder:
    """The command while it runs."""

    def __init__(self, folder: Path, port: int, *args: str) -> None:
        self.folder = folder
        command = ("record", "--upstream", f"http://127.0.0.1:{port}", "--listen", "127.0.0.1:0", "--out", str(folder), *args)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamcheck", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        self.lines: list[str] = []
        first = self.line()
        assert first.startswith("recording http://127.0.0.1:"), first
        self.port = int(first.split()[1].rpartition(":")[2])
        self.line()

    def line(self) -> str:
        """Return the next line on stderr."""
        assert self.process.stderr is not None
        line = self.process.stderr.readline().decode().rstrip("\n")
        self.lines.append(line)
        return line

    def connect(self) -> Peer:
        return Peer(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))

    def ask(self) -> bytes:
        client = self.connect()
        client.send(REQUEST)
        out = client.read_all()
        client.close()
        return out

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal; return the exit code. What it still says is in `lines`."""
        self.process.send_signal(number)
        return self.rest()

    def rest(self) -> int:
        stdout, err = self.process.communicate(timeout=PATIENCE)
        assert stdout == b""
        self.lines += err.decode().splitlines()
        return self.process.returncode

    def captures(self) -> list[Path]:
        return sorted(self.folder.glob("*.capture.jsonl"))


@contextmanager
def recording(folder: Path, port: int, *args: str) -> Iterator[Recorder]:
    recorder = Recorder(folder, port, *args)
    watchdog = threading.Timer(2 * PATIENCE, recorder.process.kill)  # nothing below waits for ever
    watchdog.start()
    try:
        yield recorder
    finally:
        watchdog.cancel()
        recorder.process.kill()
        recorder.process.communicate()


def reply(*responses: bytes) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        for response in responses:
            peer.read_request()
            peer.send(response)

    return script


def begin_and_wait(peer: Peer) -> None:
    """Send the begin of a stream, and wait for the other side to go away."""
    peer.read_request()
    peer.send(STREAM_HEAD + chunked(*EVENTS[:2], end=b""))
    peer.read_all()


# ---------------------------------------------------------------------- what it does
def test_a_response_is_recorded_judged_and_counted(tmp_path: Path) -> None:
    response = STREAM_HEAD + chunked(*EVENTS)
    with serving(reply(response)) as port, recording(tmp_path / "c", port, "--hop", "proxy") as recorder:
        assert f"-> http://127.0.0.1:{port} into {tmp_path / 'c'} (hop proxy); Ctrl-C ends it" in recorder.lines[0]
        assert f"base URL to http://127.0.0.1:{recorder.port} in place of" in recorder.lines[1]
        assert recorder.ask() == response
        line = recorder.line()
        (path,) = recorder.captures()
        for word in ("clean", "openai-chat", "status 200", f"{len(BODY)} bytes", "5 events", "first text after", path.name):
            assert word in line
        assert recorder.end() == 130
    assert recorder.lines[-1] == f"1 response in {tmp_path / 'c'}: 1 clean"
    capture = sc.CaptureReader(path).read()
    assert (capture.hop, capture.body) == ("proxy", BODY)


def test_a_defect_is_told_while_the_stream_runs(tmp_path: Path) -> None:
    told = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(STREAM_HEAD + chunked(*EVENTS[:2], b"data: {\x1b[2J\n\n", end=b""))
        assert told.wait(PATIENCE)
        peer.send(chunked(*EVENTS[2:]))

    with serving(script) as port, recording(tmp_path, port) as recorder:
        client = recorder.connect()
        client.send(REQUEST)
        line = recorder.line()
        assert "error  json/invalid: " in line
        told.set()
        client.read(len(STREAM_HEAD))
        client.close()
        assert "corrupt" in recorder.line()
        recorder.end()
    assert "\x1b" not in "".join(recorder.lines)
    assert recorder.lines[-1].endswith("1 corrupt")


def test_ctrl_c_leaves_whole_captures_and_counts_them(tmp_path: Path) -> None:
    begin = STREAM_HEAD + chunked(*EVENTS[:2], end=b"")
    with serving(begin_and_wait) as port, recording(tmp_path, port) as recorder:
        clients = [recorder.connect() for _ in range(3)]
        for client in clients:
            client.send(REQUEST)
            assert client.read(len(begin)) == begin
        assert recorder.end() == 130
        for client in clients:
            assert client.read_all() == b""
            client.close()
    assert recorder.lines[-1] == f"3 responses in {tmp_path}: 3 incomplete"
    for path in recorder.captures():
        capture = sc.CaptureReader(path).read()
        assert capture.end is not None
        assert (capture.end.reason, capture.body, capture.findings) == ("cancel", b"".join(EVENTS[:2]), ())


def test_sigterm_is_ctrl_c_with_another_code(tmp_path: Path) -> None:
    with serving(reply(answer())) as port, recording(tmp_path, port, "--no-check") as recorder:
        assert recorder.ask() == answer()
        assert recorder.end(signal.SIGTERM) == 143
    assert recorder.lines[-1] == f"1 response in {tmp_path}"


def test_a_killed_recorder_leaves_captures_that_can_be_checked(tmp_path: Path) -> None:
    begin = STREAM_HEAD + chunked(*EVENTS[:2], end=b"")
    with serving(begin_and_wait) as port, recording(tmp_path, port, "--no-check") as recorder:
        client = recorder.connect()
        client.send(REQUEST)
        assert client.read(len(begin)) == begin
        second = recorder.connect()
        second.send(REQUEST)
        second.read(1)  # by now the first one is on the disk
        recorder.process.kill()
        recorder.process.wait(PATIENCE)
        client.close()
        second.close()
    report = sc.check(recorder.captures()[0])
    assert (report.verdict, report.counts["events"]) == ("incomplete", 2)


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    with serving(reply(answer())) as port, recording(tmp_path, port) as recorder:
        recorder.ask()
        recorder.line()
        children = Path(f"/proc/{recorder.process.pid}/task/{recorder.process.pid}/children")
        if not children.exists():
            pytest.skip("needs /proc to find the judge's process")
        (judge,) = [
            int(pid) for pid in children.read_text().split() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(judge, signal.SIGSTOP)
        recorder.process.send_signal(signal.SIGINT)
        assert "waiting for the last verdicts" in recorder.line()
        assert recorder.end() == 130


def test_a_full_disk_is_said_once_and_costs_no_byte(tmp_path: Path) -> None:
    events = [EVENTS[1]] * 100
    response = STREAM_HEAD + chunked(*events)

    with serving(reply(response, response)) as port, recording(tmp_path, port, "--no-check") as recorder:
        if not hasattr(resource, "prlimit"):
            pytest.skip("needs prlimit")
        resource.prlimit(recorder.process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        client = recorder.connect()
        for _ in range(2):
            client.send(REQUEST)
            assert client.read(len(response)) == response
        client.close()
        assert recorder.end() == 130
    assert [line for line in recorder.lines if "recording fails" in line] == [
        "streamcheck record: recording fails, the streams go on unrecorded: file too large"
    ]


def test_quiet_shows_what_is_not_clean(tmp_path: Path) -> None:
    with serving(reply(answer())) as port, recording(tmp_path, port, "-q") as recorder:
        recorder.ask()
        recorder.end()
    assert not any("openai-chat" in line for line in recorder.lines)
    assert recorder.lines[-1].endswith("1 clean")


# ---------------------------------------------------------------------- what it refuses
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--upstream", "api.example.com"), "must be a URL"),
        (("--upstream", "https://me:private@h"), "must not hold a user"),
        ((*UPSTREAM, "--listen", "8399"), "HOST:PORT"),
        ((*UPSTREAM, "--listen", "127.0.0.1:99999"), "HOST:PORT"),
        ((*UPSTREAM, "--listen", "192.0.2.1:0"), "cannot listen at 192.0.2.1:0"),
        ((*UPSTREAM, "--dialect", "openai-chats"), "did you mean 'openai-chat'?"),
        ((*UPSTREAM, "--stall-after", "0"), "'--stall-after': 0.0 is not in the range x>0"),
        ((*UPSTREAM, "--first-delta-within", "nan"), "first_delta_within must be a positive number"),
        ((*UPSTREAM, "--max-captures", "0"), "--max-captures"),
        ((), "--upstream"),
    ],
)
def test_what_cannot_work_is_said_before_it_begins(tmp_path: Path, args: tuple[str, ...], words: str) -> None:
    result = run("record", *args, "--out", tmp_path / "c")
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "private" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with serving(reply()) as port:
        result = run("record", *UPSTREAM, "--listen", f"127.0.0.1:{port}", "--out", tmp_path)
    assert result.exit_code == 2
    assert f"cannot listen at 127.0.0.1:{port}: address already in use" in result.stderr


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = run("record", *UPSTREAM, "--out", tmp_path / "file" / "c")
    assert result.exit_code == 2
    assert f"{tmp_path / 'file'}" in result.stderr


def test_an_address_that_others_reach_gets_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    upstream = upstream_of("https://api.example.com")
    record._announce(upstream, record._Address("192.0.2.1", 80), "c", "wire")
    assert "warning: whoever reaches 192.0.2.1 port 80" in capsys.readouterr().err
    record._announce(upstream, record._Address("::1", 80), "c", "wire")
    assert "warning" not in capsys.readouterr().err


def test_a_client_that_never_asks_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_FIRST_REQUEST_WITHIN", 0.01)

    async def remind(*, asked: bool) -> None:
        recordings = Recordings(CaptureFolder(tmp_path), host="h", hop="wire", say=print)
        relay = Relay(upstream_of("http://h"), recordings, base_url="http://127.0.0.1:8399", say=print)
        if asked:
            relay.asked.set()
        await record._remind(relay)

    anyio.run(lambda: remind(asked=True))
    assert capsys.readouterr().err == ""
    anyio.run(lambda: remind(asked=False))
    assert "no request yet: is the client's base URL http://127.0.0.1:8399?" in capsys.readouterr().err


def test_help_begins_with_examples() -> None:
    result = run("record", "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Examples:\n  streamcheck record --upstream https://")
