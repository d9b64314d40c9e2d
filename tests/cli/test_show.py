from pathlib import Path

from tests.cli.support import GOOD, HOSTILE, capture_of, run
from tests.streams import chat, chat_event, sse


def put(folder: Path, body: bytes, name: str = "a.sse") -> Path:
    (folder / name).write_bytes(body)
    return folder / name


def test_show_marks_the_findings_and_explains_them(tmp_path: Path) -> None:
    result = run("show", put(tmp_path, HOSTILE))
    assert result.exit_code == 0
    assert "── choice 0, content, " in result.stdout
    assert r"⟦1:\x1b" in result.stdout
    assert "text/replacement-character" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout)


def test_show_reads_captures_and_stdin(tmp_path: Path) -> None:
    shown = run("show", put(tmp_path, capture_of(GOOD), "a.capture.jsonl")).stdout
    assert "│ Hello there, this is a plain answer." in shown
    assert "│ Hello there, this is a plain answer." in run("show", "-", stdin=GOOD).stdout


def test_show_can_be_narrowed_to_a_channel(tmp_path: Path) -> None:
    body = (
        chat_event({"reasoning_content": "thinking"})
        + chat_event({"content": "answer"})
        + chat_event({}, finish="stop")
        + sse("[DONE]")
    )
    file = put(tmp_path, body)
    both = run("show", file).stdout
    assert "thinking" in both
    assert "answer" in both
    one = run("show", "--channel", "reasoning", file).stdout
    assert "thinking" in one
    assert "answer" not in one


def test_an_unknown_channel_or_choice_is_exit_2(tmp_path: Path) -> None:
    file = put(tmp_path, GOOD)
    result = run("show", "--channel", "contnt", file)
    assert result.exit_code == 2
    assert "did you mean 'content'?" in result.stderr
    assert run("show", "--choice", "7", file).exit_code == 2


def test_raw_is_the_text_and_nothing_else(tmp_path: Path) -> None:
    assert run("show", "--raw", put(tmp_path, chat("one\n", "two\t\u2028"))).stdout == "one\ntwo\t\u2028"


def test_show_of_a_missing_file_is_exit_2(tmp_path: Path) -> None:
    result = run("show", tmp_path / "none.sse")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.sse" in result.stderr


def test_show_of_an_empty_answer_says_so(tmp_path: Path) -> None:
    assert "(the response says nothing)" in run("show", put(tmp_path, b"")).stdout
