"""Watch.attach around the Python clients of docs/recipes.md."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.real.server import Server
from tests.recipes.answers import CHAT, KEY, MESSAGES, TEXT, THOUGHT, assert_recorded, said
from tests.recipes.document import form_of, recipe
from tests.recipes.terminal import Finished, Terminal, terminal_at

# Each is a program of its own, so that it begins as a user's does.
PROGRAMS = {
    # name: what must be installed, the block, its output, how many requests it makes
    "openai": ("openai", recipe("OpenAI SDK").block("python", 0), recipe("OpenAI SDK").shown(0), 1),
    "openai-async": ("openai", recipe("OpenAI SDK").block("python", 1), recipe("OpenAI SDK").shown(1), 1),
    "langchain": ("langchain_openai", recipe("LangChain").block("python"), recipe("LangChain").shown(), 2),
    "pydantic-ai": ("pydantic_ai", recipe("pydantic-ai").block("python"), recipe("pydantic-ai").shown(), 1),
}


def _assert_asked(server: Server, times: int) -> None:
    """The provider was asked so often, each time with the key."""
    exchanges = server.forget()
    assert len(exchanges) == times
    assert all(KEY.encode() in exchange.request for exchange in exchanges)


def _assert_shown(finished: Finished, shown: str) -> None:
    assert (finished.code, finished.stderr) == (0, "")
    assert form_of(finished.stdout) == shown


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_prints_what_the_document_shows_and_leaves_captures(terminal: Terminal, chat: Server, name: str) -> None:
    package, block, shown, requests = PROGRAMS[name]
    if find_spec(package) is None:
        pytest.skip(f"needs {package}: install the dependency group `recipes`")
    _assert_shown(terminal.run_python(block), shown)
    _assert_asked(chat, requests)
    for capture in assert_recorded(terminal.folder / "captures", CHAT, times=requests):
        assert said(capture) == (THOUGHT, TEXT)


def test_the_anthropic_sdk_is_watched_at_another_providers_endpoint(tmp_path: Path, messages: Server) -> None:
    terminal, anthropic = terminal_at(tmp_path, messages), recipe("Anthropic SDK with Z.ai's endpoint")
    _assert_shown(terminal.run_python(anthropic.block("python")), anthropic.shown())
    _assert_asked(messages, 1)
    (capture,) = assert_recorded(terminal.folder / "captures", MESSAGES)
    assert said(capture) == (THOUGHT, TEXT)


def test_litellm_is_watched_in_an_environment_of_its_own(terminal: Terminal, chat: Server, python_with_litellm: Path) -> None:
    terminal = replace(terminal, python=python_with_litellm)
    terminal.environment["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network for prices
    _assert_shown(terminal.run_python(recipe("LiteLLM").block("python")), recipe("LiteLLM").shown())
    _assert_asked(chat, 2)
    for capture in assert_recorded(terminal.folder / "captures", CHAT, times=2):
        assert said(capture) == (THOUGHT, TEXT)
