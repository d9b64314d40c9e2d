import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import streamcheck
from streamcheck.cli._screen import wants_color
from tests.cli.support import CUT, GOOD, HOSTILE, environment, process, run

COMMANDS = ("check", "show", "explain", "rules", "redact")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_each_command_begins_with_two_examples(command: str, flag: str) -> None:
    result = run(command, flag)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Examples:"
    assert sum("streamcheck" in line for line in lines[1 : lines.index("")]) == 2


def test_help_of_the_group_names_every_command() -> None:
    result = run("-h")
    assert result.exit_code == 0
    assert result.stdout.startswith("Examples:")
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout


def test_no_command_is_bad_usage() -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Examples:" in result.stderr


def test_version() -> None:
    assert run("--version").stdout == f"streamcheck {streamcheck.__version__}\n"


def test_unknown_command_names_the_nearest() -> None:
    result = run("chek", "x")
    assert result.exit_code == 2
    assert result.stderr == "streamcheck: unknown command 'chek'; did you mean 'check'? (see 'streamcheck -h')\n"


@pytest.mark.parametrize("args", [("check",), ("check", "--nonsense", "x"), ("check", "--fail-on", "bad", "x"), ("redact", "x")])
def test_bad_usage_is_one_line_and_exit_2(args: tuple[str, ...]) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert f"(see 'streamcheck {args[0]} -h')" in result.stderr


def test_a_defect_of_ours_is_one_line_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("oops \x1b[2J")

    monkeypatch.setattr("streamcheck.refusals.classify_error", fail)
    result = run("explain", "text")
    assert result.exit_code == 2
    assert result.stderr.startswith(r"streamcheck: internal error: RuntimeError: oops \x1b[2J")
    assert result.stderr.count("\n") == 1


# ---------------------------------------------------------------------- processes
def test_the_module_runs_as_a_process(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(CUT)
    done = process("check", tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(b"incomplete  ")
    assert done.stderr == b""


def test_no_network_library_and_no_rich_is_loaded_for_plain_output(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(GOOD)
    code = (
        "import sys; from streamcheck.cli import main\n"
        "try: main(['check', sys.argv[1]])\n"
        "except SystemExit as e: print(e.code, [m for m in ('httpx', 'anyio', 'rich', 'h11') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, env=environment(), timeout=60, check=False
    )
    assert done.stdout.decode().splitlines()[-1] == "0 []"


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(GOOD)
    args = [sys.executable, "-m", "streamcheck", "rules"]
    child = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()  # before anything is written
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(60) == 141


def test_ctrl_c_on_stdin_reports_what_came_and_exits_130() -> None:
    args = [sys.executable, "-m", "streamcheck", "check", "--format", "json", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(args, env=environment(), **pipes) as child:  # type: ignore[call-overload]  # a dict of pipes
        child.stdin.write(CUT)
        child.stdin.flush()
        _wait_until_it_reads(child.pid)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == b""
    (report,) = json.loads(out)["reports"]
    assert report["counts"]["bytes"] == len(CUT)
    assert report["verdict"] == "incomplete"


def _wait_until_it_reads(pid: int) -> None:
    """Wait until the child sleeps in its read, which it does only when it has taken in what was written."""
    stat = Path(f"/proc/{pid}/wchan")
    for tries in range(600):
        calm = stat.read_text() if stat.exists() else "0"
        if "pipe" in calm:
            return
        if calm in ("0", "") and tries > 40:  # not told here: two seconds have to do
            return
        time.sleep(0.05)
    pytest.fail("the child never came to read")


def test_an_output_that_is_not_utf_8_does_not_crash(tmp_path: Path) -> None:
    file = tmp_path / "hostile.sse"
    file.write_bytes(HOSTILE)
    done = process("show", file, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert b"[[1:" in done.stdout
    assert b"\\ufffd" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_file_name_that_is_not_utf_8_is_shown_escaped(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\x1b.sse"
    with open(name, "wb") as file:
        file.write(GOOD)
    done = process("check", tmp_path)
    assert done.returncode == 0
    assert b"/\\udcff\\x1b.sse" in done.stdout


# ---------------------------------------------------------------------- colour
@pytest.mark.parametrize(
    ("choice", "terminal", "environ", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": ""}, False),
        ("auto", True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_colour(choice: str, terminal: bool, environ: dict[str, str], colored: bool) -> None:
    assert wants_color(choice, terminal=terminal, environ=environ) is colored


@pytest.mark.parametrize(
    ("args", "env", "colored"),
    [
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {}, False),
    ],
)
def test_colour_on_stdout(tmp_path: Path, args: tuple[str, ...], env: dict[str, str | None], colored: bool) -> None:
    (tmp_path / "a.sse").write_bytes(CUT)
    result = run("check", tmp_path, *args, env=env)
    assert ("\x1b[" in result.stdout) is colored
    assert "incomplete" in result.stdout
