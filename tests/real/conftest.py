"""One server and one lab for all tests over loopback."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.cases import CASES
from tests.real.lab import Lab, Watched
from tests.real.server import Server


@pytest.fixture(scope="session", autouse=True)
def _no_proxies() -> Iterator[None]:
    """Proxies of the machine that the tests run on have no say on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def server(_no_proxies: None) -> Iterator[Server]:
    with Server(CASES) as running:
        yield running


@pytest.fixture(scope="session")
def lab(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(server, tmp_path_factory.mktemp("watched"))
    yield made
    made.close()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A place for what a watch says, of this test alone."""
    return Watched(tmp_path)
