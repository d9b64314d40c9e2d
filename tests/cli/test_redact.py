from pathlib import Path

from tests.cli.support import GOOD, capture_of, run
from tests.streams import chat

KEY = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7" * 2


def test_redact_takes_keys_out_and_says_how_many(tmp_path: Path) -> None:
    source, target = tmp_path / "a.sse", tmp_path / "b.sse"
    source.write_bytes(chat(f"the key is {KEY} there"))
    result = run("redact", source, "-o", target)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{target}: 1 secret replaced (1 ")
    assert KEY.encode() not in target.read_bytes()
    assert len(target.read_bytes()) == len(source.read_bytes())


def test_redact_takes_headers_out_of_captures(tmp_path: Path) -> None:
    source, target = tmp_path / "a.capture.jsonl", tmp_path / "b.capture.jsonl"
    source.write_bytes(capture_of(GOOD, headers=[["set-cookie", "session=open"], ["content-type", "text/event-stream"]]))
    result = run("redact", source, "-o", target)
    assert "header set-cookie" in result.stdout
    assert b"session=open" not in target.read_bytes()


def test_redact_says_when_there_was_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(GOOD)
    result = run("redact", tmp_path / "a.sse", "-o", tmp_path / "b.sse")
    assert result.exit_code == 0
    assert "no secrets found" in result.stdout
    assert (tmp_path / "b.sse").read_bytes() == GOOD


def test_redact_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(GOOD)
    (tmp_path / "b.sse").write_bytes(b"precious")
    for target in ("a.sse", "b.sse"):
        result = run("redact", tmp_path / "a.sse", "-o", tmp_path / target)
        assert (result.exit_code, result.stdout) == (2, "")
    assert (tmp_path / "a.sse").read_bytes() == GOOD
    assert (tmp_path / "b.sse").read_bytes() == b"precious"


def test_redact_of_a_folder_keeps_its_places(tmp_path: Path) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.sse").write_bytes(GOOD)
    (tmp_path / "in" / "sub" / "b.sse").write_bytes(GOOD)
    result = run("redact", tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert (tmp_path / "out" / "a.sse").exists()
    assert (tmp_path / "out" / "sub" / "b.sse").exists()


def test_redact_of_a_missing_file_is_exit_2(tmp_path: Path) -> None:
    result = run("redact", tmp_path / "none.sse", "-o", tmp_path / "b.sse")
    assert result.exit_code == 2
    assert "none.sse: no such file or folder" in result.stderr
