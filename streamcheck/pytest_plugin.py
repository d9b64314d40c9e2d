"""Captures behind a real socket, for other people's tests: the fixture `streamcheck_replay`.

In:   captures, in the test: `server = streamcheck_replay("garbled.capture.jsonl")`.
Out:  a server on a free port of 127.0.0.1, in a thread, gone after the test: `client = OpenAI(base_url=server.base_url, ...)`.
Rule: nothing but this file is loaded until a test asks for the fixture.
"""

__all__ = ("streamcheck_replay",)

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from streamcheck.replaying.threads import ReplayedCaptures


@pytest.fixture
def streamcheck_replay() -> "Iterator[Callable[..., ReplayedCaptures]]":
    """Give a function that serves captures until the test is over: streamcheck_replay(*captures, speed=0, split="recorded", fault=None).

    What it returns has .url, .base_url (with the path that a client of the first capture had), .served and .wait_for(count).
    """
    from contextlib import ExitStack

    from streamcheck.replaying.threads import replay_server

    with ExitStack() as servers:
        yield lambda *captures, **options: servers.enter_context(replay_server(*captures, **options))
