"""--context: what was said before the answer."""

from pathlib import Path

from tests.cli.support import run
from tests.streams import chat

ANSWER = (
    "서버는 요청을 읽고 пристань 사용자를 표에서 찾은 다음 дворец 응답하기 전에 기록에 музей 한 줄을 남깁니다. "
    "그리고 вокзал 다음 요청을 기다립니다."
)
PROMPT = "Где мы встретимся? Пристань, дворец, музей, вокзал: ответьте по-корейски, но названия оставьте как есть. "


def test_a_script_of_the_prompt_surprises_nobody(tmp_path: Path) -> None:
    body, prompt = tmp_path / "answer.sse", tmp_path / "prompt.txt"
    body.write_bytes(chat(ANSWER))
    prompt.write_text(PROMPT * 3, encoding="utf-8")
    alone, informed = run("check", body), run("check", body, "--context", prompt)
    assert (alone.exit_code, informed.exit_code) == (1, 0)
    assert "text/script-mix" in alone.stdout


def test_a_context_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    body = tmp_path / "answer.sse"
    body.write_bytes(chat("fine"))
    result = run("check", body, "--context", tmp_path / "missing.txt")
    assert result.exit_code == 2
    assert "missing.txt: cannot be read" in result.stderr
