from pathlib import Path

import pytest

import streamcheck as sc
from tests.cli.support import GOOD, capture_of, process, run
from tests.importers.origin import fingerprint
from tests.importers.test_opencode import MSG, PARTS, SES, assistant, export, tree
from tests.importers.test_stores import ROLLOUT, lines


def test_import_says_for_each_capture_where_and_what_it_is(tmp_path: Path) -> None:
    source = export(tmp_path / "export.json", *PARTS)
    result = run("import", source, "-o", tmp_path / "out")
    assert result.exit_code == 0
    (path,) = (tmp_path / "out").iterdir()
    assert result.stdout == f"{path}: opencode {MSG}, 29 characters (bytes none, timing ends)\n"
    assert sc.check(path).message.choices[0].content == " 4"


def test_import_can_look_first(tmp_path: Path) -> None:
    result = run("import", export(tmp_path / "export.json", *PARTS), "--list")
    assert result.exit_code == 0
    assert result.stdout == f"opencode {MSG}, 29 characters of {SES} (bytes none, timing ends)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["export.json"]


def test_import_again_says_that_it_is_there(tmp_path: Path) -> None:
    source = export(tmp_path / "export.json", *PARTS)
    first, second = (run("import", source, "-o", tmp_path / "out") for _ in range(2))
    assert second.exit_code == 0
    assert second.stdout == first.stdout[:-1] + ", there already\n"


def test_import_of_a_folder_takes_what_it_knows_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    (folder / "deep").mkdir(parents=True)
    lines(folder / "deep" / "rollout.jsonl", *ROLLOUT)
    (folder / "body.sse").write_bytes(GOOD)
    (folder / "notes.txt").write_text("notes")
    (folder / "a.capture.jsonl").write_bytes(capture_of(GOOD))
    before = fingerprint(folder)
    result = run("import", folder, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert len(run("import", folder, "--from", "codex", "--list").stdout.splitlines()) == 2
    assert fingerprint(folder) == before


def test_import_of_one_session(tmp_path: Path) -> None:
    tree(tmp_path / "data", *PARTS)
    assert run("import", tmp_path / "data", "--session", SES, "--list").exit_code == 0
    result = run("import", tmp_path / "data", "--session", "ses_other", "--list")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing to import in it for session 'ses_other'" in result.stderr


def test_import_of_what_nobody_knows_says_what_was_tried(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    for path in (tmp_path / "notes.txt", tmp_path):
        result = run("import", path, "-o", tmp_path / "out")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no format recognised; tried claude-code, codex, curl-output, curl-trace, har" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.har", "-o", "out"), "no such file or folder"),
        (("a.sse",), "name the folder to write to with -o"),
        (("a.sse", "-o", "a.sse"), "is a file: name a folder"),
        (("a.sse", "-o", "out", "--from", "haar"), "did you mean 'har'"),
        (("a.capture.jsonl", "-o", "out"), "is a capture already"),
        (("a.sse", "-o", "out", "--from", "har"), "is not whole JSON"),
    ],
)
def test_import_that_cannot_be_meant_is_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sse").write_bytes(GOOD)
    (tmp_path / "a.capture.jsonl").write_bytes(capture_of(GOOD))
    result = run("import", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_import_escapes_what_a_source_says(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    export(path, *PARTS)
    path.write_text(path.read_text().replace(MSG, "msg_\\u001b[2J\\u202e"))
    result = run("import", path, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert "msg_\\x1b[2J\\u202e" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_import_keeps_secrets_out_of_captures_and_off_the_terminal(tmp_path: Path) -> None:
    key = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 2
    message = assistant(error={"name": f"Error {key}", "data": {}})
    retry = {"type": "retry", "attempt": 1, "error": {"name": key}}
    source = export(tmp_path / "e.json", *PARTS, retry, message=message)
    result = run("import", source, "-o", tmp_path / "out")
    assert result.exit_code == 0
    (path,) = (tmp_path / "out").iterdir()
    assert key not in path.read_text() + result.stdout + result.stderr
    assert "opencode retried (attempt 1)" in result.stderr


def test_import_help_begins_with_two_examples_and_names_the_formats() -> None:
    done = process("import", "-h")
    assert done.returncode == 0
    assert done.stdout.startswith(b"Examples:\n  streamcheck import ")
    for name in (b"opencode", b"curl-trace", b"mitmproxy", b"pcap"):
        assert name in done.stdout
