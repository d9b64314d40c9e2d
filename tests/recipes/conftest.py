"""A provider on loopback, a terminal, and the clients that are installed on first use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.server import Server
from tests.recipes import installs
from tests.recipes.answers import CHAT, MESSAGES
from tests.recipes.terminal import Terminal, terminal_at


@pytest.fixture
def chat() -> Iterator[Server]:
    """A provider that speaks chat completions; every path of the document begins with /api."""
    with Server({"api": CHAT}) as server:
        yield server


@pytest.fixture
def messages() -> Iterator[Server]:
    with Server({"api": MESSAGES}) as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, chat: Server) -> Terminal:
    return terminal_at(tmp_path, chat)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    return installs.node_modules()


@pytest.fixture(scope="session")
def python_with_litellm() -> Path:
    return installs.python_with_litellm()
