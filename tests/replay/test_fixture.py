"""The pytest fixture, in a pytest of its own."""

import subprocess
import sys
from pathlib import Path

from tests.replay.support import CAPTURES

_TEST = """
import sys
import httpx

def test_without_it_nothing_is_loaded():
    assert "streamcheck.replaying" not in sys.modules

def test_with_it(streamcheck_replay):
    server = streamcheck_replay({path!r}, split="event")
    other = streamcheck_replay({path!r}, fault="truncate@10")
    answer = httpx.post(server.base_url + "/chat/completions")
    assert answer.text.endswith("[DONE]\\n\\n")
    assert len(httpx.post(other.base_url + "/chat/completions").content) == 10
    assert server.wait_for(1)[0].outcome == "whole"
"""


def test_the_fixture_serves_captures_until_the_test_is_over(tmp_path: Path) -> None:
    path = CAPTURES / "clean" / "chat-zai-zh.capture.jsonl"
    (tmp_path / "test_it.py").write_text(_TEST.format(path=str(path)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
