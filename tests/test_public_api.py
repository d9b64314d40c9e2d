"""The names that users rely on. Changing this list is a decision, noted in the changelog."""

import inspect
import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import streamcheck as sc

NAMES = (
    "CODES Capture CaptureError CaptureFolder CaptureReader CaptureWriter Checker Choice Delta DeltaStream Finding Location Message Origin ProviderError Report ResponseHead "
    "ScoreLine Severity Span SseDecoder SseEvent StreamClosedError StreamRejected StreamcheckError"
    " Timing ToolCall UsageError Verdict Watch check classify_error connect inject locate minimize open_stream"
    " reader_differences readers replay replay_server"
)


def test_the_public_names_are_these() -> None:
    assert list(sc.__all__) == NAMES.split()
    assert all(hasattr(sc, name) for name in sc.__all__)


def test_every_module_says_what_it_offers_and_what_it_is() -> None:
    for module in [m.name for m in walk_packages(sc.__path__, "streamcheck.") if not m.name.endswith("__main__")]:
        found = import_module(module)
        assert isinstance(found.__all__, tuple), module
        assert found.__doc__, module


def test_no_public_function_shares_its_name_with_a_module() -> None:
    modules = {m.name.rpartition(".")[2] for m in walk_packages(sc.__path__, "streamcheck.") if m.name.count(".") == 1}
    functions = {name for name in sc.__all__ if inspect.isfunction(getattr(sc, name))}
    assert not functions & modules


def test_importing_streamcheck_loads_nothing_but_itself() -> None:
    code = "import sys; before = set(sys.modules); import streamcheck; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in loaded} <= {"streamcheck", "importlib", "warnings"}


def test_checking_a_body_loads_nothing_that_talks_to_a_network() -> None:
    code = "import sys, streamcheck as sc; sc.check(b'data: [DONE]\\n\\n'); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"httpx", "httpx2", "httpx_sse", "anyio", "h11", "socket", "ssl", "asyncio", "rich", "click"} & set(loaded)


def test_verdicts_are_ordered_by_gravity() -> None:
    assert sorted(sc.Verdict, key=lambda v: v.rank) == ["clean", "refused", "suspect", "degenerate", "incomplete", "corrupt"]
    assert sc.Verdict.DEGENERATE < sc.Verdict.CORRUPT
    assert str(sc.Verdict.CLEAN) == "clean"
