"""opencode, as it comes from the npm registry, through the recorder: what it stored against what was recorded."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from tests.real.server import Server
from tests.recipes.answers import KEY, LONG_CHAT, assert_recorded, said
from tests.recipes.document import form_of, recipe
from tests.recipes.terminal import NO_WAY_OUT, Terminal, terminal_at

OPENCODE = recipe("opencode")
QUIET = {
    # No look at the network but for the provider's answer.
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "ZHIPU_API_KEY": KEY,  # in the place of a stored login
}


@pytest.fixture(scope="session")
def program(node_modules: Path) -> Path:
    """Return opencode's own program, of the package for this platform; the fast one where the processor can run it."""
    for program in sorted(node_modules.glob("opencode-*/bin/opencode"), key=lambda path: "baseline" in str(path)):
        if subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0:
            return program
    pytest.skip("needs an opencode that runs on this machine; npm installed none")


@pytest.fixture
def session(tmp_path: Path, program: Path) -> Iterator[Terminal]:
    """A project folder in which opencode is about to be run for the first time."""
    with Server({"api": LONG_CHAT}) as server:
        terminal = terminal_at(tmp_path, server)
        home = tmp_path / "home"
        xdg = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
        terminal.environment |= NO_WAY_OUT | QUIET | xdg
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "opencode").symlink_to(program)
        yield terminal


def _stored(terminal: Terminal) -> list[dict[str, Any]]:
    """Return the parts of the assistant's message in opencode's database, in order."""
    database = Path(terminal.environment["XDG_DATA_HOME"]) / "opencode" / "opencode.db"
    query = """select part.data from part join message on part.message_id = message.id
               where json_extract(message.data, '$.role') = 'assistant' order by part.id"""
    with closing(sqlite3.connect(database)) as connection:
        return [json.loads(row[0]) for row in connection.execute(query)]


def _asked(capture: sc.Capture) -> dict[str, Any]:
    assert capture.request is not None
    assert isinstance(capture.request.body, dict)
    return capture.request.body


def test_opencode_stores_what_was_recorded_and_its_title_request_is_recorded_too(session: Terminal) -> None:
    with session.recording(OPENCODE.block("sh", 0)) as recorder:
        (session.folder / "opencode.json").write_text(session.here(OPENCODE.block("json")), "utf-8")
        ran = session.run_shell(OPENCODE.block("sh", 1))
        assert ran.code == 0, ran.stderr
        told = recorder.stop(responses=2)
    assert form_of(told) == OPENCODE.shown()

    captures = assert_recorded(session.folder / "captures", LONG_CHAT, times=2)
    title, turn = sorted(captures, key=lambda capture: "tools" in _asked(capture))
    assert "title generator" in json.dumps(_asked(title)["messages"])
    assert _asked(turn)["tools"]
    # It sends these two because it knows the provider by its id.
    assert _asked(turn)["thinking"] == {"type": "enabled", "clear_thinking": False}
    assert "temperature" in _asked(turn)

    parts = _stored(session)
    reasoning, content = said(turn)
    for kind, text in (("reasoning", reasoning), ("text", content)):
        assert [part["text"].rstrip() for part in parts if part["type"] == kind] == [text.rstrip()]
