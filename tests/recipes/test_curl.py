import shutil

import pytest

from tests.real.server import Server
from tests.recipes.answers import CHAT, KEY
from tests.recipes.document import form_of, recipe
from tests.recipes.terminal import Terminal

CURL = recipe("curl")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_a_stream_of_curl_is_checked_and_its_body_kept(terminal: Terminal, chat: Server) -> None:
    checked = terminal.run_shell(CURL.block("sh", 0))
    assert (checked.code, checked.stderr) == (0, "")
    assert form_of(checked.stdout) == CURL.shown(0)
    assert KEY.encode() in chat.exchange().request
    assert (terminal.folder / "answer.sse").read_bytes() == CHAT.body
    shown = terminal.run_shell(CURL.block("sh", 1))
    assert form_of(shown.stdout) == CURL.shown(1)
