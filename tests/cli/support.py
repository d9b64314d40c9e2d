"""Runs the command line inside the test's process, and makes the files that it reads."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from streamcheck.cli import main
from tests.streams import chat, chat_events

GOOD = chat("Hello there, ", "this is a plain answer.")
CUT = b"".join(chat_events("Hello there, ", "this is a plain answer.")[:-2])
HOSTILE = chat("Before \x1b[2J\x1b]0;owned\x07 it, ", "and \u202e after\ufffd it.")
REFUSED = b'{"error":{"code":"1310","message":"Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-03-06 14:19:54"}}'

# Separate stdout and stderr, which click below 8.2 only does when told to.
_OPTIONS: dict[str, Any] = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner.__init__).parameters else {}
_QUIET: dict[str, str | None] = dict.fromkeys(("CI", "NO_COLOR", "FORCE_COLOR", "STREAMCHECK_DEBUG"))


def run(*args: str | Path, stdin: bytes = b"", env: dict[str, str | None] | None = None) -> Result:
    """Return what `streamcheck ARGS` gives."""
    return CliRunner(**_OPTIONS).invoke(main, [str(arg) for arg in args], input=stdin, env={**_QUIET, **(env or {})})


def process(*args: str | Path, stdin: bytes = b"", env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Return what `python -m streamcheck ARGS` gives, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "streamcheck", *map(str, args)],
        input=stdin,
        capture_output=True,
        env=environment(env),
        timeout=60,
        check=False,
    )


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment without what would change the output."""
    return {**{k: v for k, v in os.environ.items() if k not in _QUIET}, **(extra or {})}


def capture_of(body: bytes, **head: Any) -> bytes:
    """Return a capture file of a response with this body."""
    lines: list[Any] = [
        {"streamcheck_capture": 1, "started": "2026-11-21T09:44:00.125Z", "hop": "wire", "by": "test"},
        [0.0, "request", {"method": "POST", "url": "https://host.example/v1/chat/completions", "headers": [], "body": None}],
        [0.5, "response", {"status": 200, "http": "HTTP/1.1", "headers": [["content-type", "text/event-stream"]], **head}],
        [0.6, "text", body.decode()],
        [0.9, "end", {"reason": "eof"}],
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
