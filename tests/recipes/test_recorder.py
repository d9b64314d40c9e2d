"""`streamcheck record` between the provider and any program."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import streamcheck as sc
from tests.real.server import PATIENCE, Server
from tests.recipes.answers import CHAT, KEY, MESSAGES, TEXT, THOUGHT, assert_recorded, captures_of, said
from tests.recipes.document import form_of, recipe
from tests.recipes.terminal import NO_WAY_OUT, Terminal, terminal_at

ANY_PROGRAM = recipe("Any other program")
NODE = recipe("Node clients")
TWO_TAPS = recipe("Two taps around a hop")
FAR = "http://10.0.0.5:8399"  # what the document calls the recorder on the far side

# What stands in for the user's program: it knows of no address.
AGENTS = {
    "openai": """
import os, openai
client = openai.OpenAI(api_key=os.environ["ZAI_API_KEY"])
for chunk in client.chat.completions.create(model="glm-4.7", messages=[{"role": "user", "content": "hi"}], stream=True):
    print(chunk.choices[0].delta.content or "", end="")
""",
    "anthropic": """
import os, anthropic
client = anthropic.Anthropic(api_key=os.environ["ZAI_API_KEY"])
with client.messages.stream(model="glm-4.7", max_tokens=99, messages=[{"role": "user", "content": "hi"}]) as stream:
    print("".join(stream.text_stream), end="")
""",
    "urllib": """
import os, urllib.request
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", b"{}", {"Authorization": os.environ["ZAI_API_KEY"]})
with urllib.request.urlopen(request) as response:
    response.read()
""",
}


def _run_agent(terminal: Terminal, name: str) -> str:
    """Return what the program printed."""
    terminal.environment |= NO_WAY_OUT
    (terminal.folder / "agent.py").write_text(AGENTS[name])
    ran = terminal.run_shell(ANY_PROGRAM.block("sh", 1))
    assert (ran.code, ran.stderr) == (0, "")
    return ran.stdout


def _record_agent(terminal: Terminal, name: str) -> str:
    """Return what the recorder said while the program ran."""
    with terminal.recording(ANY_PROGRAM.block("sh", 0)) as recorder:
        assert _run_agent(terminal, name) == TEXT
        return recorder.stop(responses=1)


def test_a_program_is_recorded_by_its_base_url_alone(terminal: Terminal, chat: Server) -> None:
    told = _record_agent(terminal, "openai")
    assert form_of(told) == ANY_PROGRAM.shown()
    assert KEY.encode() in chat.exchange().request
    (capture,) = assert_recorded(terminal.folder / "captures", CHAT)
    assert said(capture) == (THOUGHT, TEXT)


def test_the_other_dialect_is_recorded_by_the_same_recorder(tmp_path: Path, messages: Server) -> None:
    terminal = terminal_at(tmp_path, messages)
    told = _record_agent(terminal, "anthropic")
    assert form_of(told) == ANY_PROGRAM.shown().replace("openai-chat", "anthropic-messages")
    (capture,) = assert_recorded(terminal.folder / "captures", MESSAGES)
    assert said(capture) == (THOUGHT, TEXT)


def test_node_clients_read_through_the_recorder_what_was_sent(terminal: Terminal, chat: Server, node_modules: Path) -> None:
    with terminal.recording(NODE.block("sh")) as recorder:
        for number in (0, 1):
            ran = terminal.run_node(NODE.block("js", number), node_modules)
            assert (ran.code, ran.stderr) == (0, "")
            assert form_of(ran.stdout) == NODE.shown()
        recorder.stop(responses=2)
    assert_recorded(terminal.folder / "captures", CHAT, times=2)


# ---------------------------------------------------------------------- two taps
@contextmanager
def _damaging_hop(port: int) -> Iterator[int]:
    """Relay connections to `port` of this machine, and change a word on the way back; yield the port to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:

        def serve() -> None:
            with suppress(OSError):  # the listener is closed at the end
                client = connections.enter_context(listener.accept()[0])
                server = connections.enter_context(socket.create_connection(("127.0.0.1", port)))
                asking = threading.Thread(target=_copy, args=(client, server), daemon=True)
                asking.start()
                _copy(server, client, b"dusk", b"dawn")
                asking.join(PATIENCE)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.close()
        thread.join(PATIENCE)


def _copy(source: socket.socket, target: socket.socket, old: bytes = b"", new: bytes = b"") -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block.replace(old, new) if old else block)
        target.shutdown(socket.SHUT_WR)


def _captures_at_two_taps(terminal: Terminal, *, damaged: bool = False) -> tuple[sc.Capture, sc.Capture]:
    """Return what was recorded before and after the hop."""
    with ExitStack() as running:
        before = running.enter_context(terminal.recording(TWO_TAPS.block("sh", 0)))
        if damaged:
            port = running.enter_context(_damaging_hop(int(before.url.rpartition(":")[2])))
            terminal.addresses[FAR] = f"http://127.0.0.1:{port}"
        after = running.enter_context(terminal.recording(TWO_TAPS.block("sh", 1)))
        _run_agent(terminal, "urllib")
        after.stop(responses=1)
        before.stop(responses=1)
    (first,), (second,) = (captures_of(terminal.folder / name) for name in ("before", "after"))
    return first, second


def _compared(terminal: Terminal) -> tuple[str, list[str]]:
    """Return what the document's comparison prints, and the hashes in it."""
    printed = terminal.run_shell(TWO_TAPS.block("sh", 2)).stdout
    return form_of(printed), [json.loads(line)[2]["sha256"] for line in printed.splitlines()]


def test_both_ends_of_a_sound_hop_record_the_same_bytes(terminal: Terminal) -> None:
    before, after = _captures_at_two_taps(terminal)
    assert (before.hop, after.hop) == ("before", "after")
    assert before.body == after.body == CHAT.body
    printed, (first, second) = _compared(terminal)
    assert printed == TWO_TAPS.shown()
    assert first == second


def test_a_hop_that_changes_one_word_shows_in_the_comparison(terminal: Terminal) -> None:
    before, after = _captures_at_two_taps(terminal, damaged=True)
    assert before.body == CHAT.body
    assert after.body == CHAT.body.replace(b"dusk", b"dawn")
    _, (first, second) = _compared(terminal)
    assert first != second
