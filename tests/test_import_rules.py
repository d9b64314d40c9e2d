"""Who may import whom: read from the source, so that a lazy import inside a function counts too."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "streamcheck"

# Each room with its level. A module imports from lower levels and from its own room only.
LEVELS = {
    "errors": 0,
    "event_ids": 0,
    "blocks": 0,
    "prefixes": 0,
    "escape": 0,
    "spans": 0,
    "codes": 1,
    "messages": 1,
    "findings": 1,
    "unicode_scripts": 1,
    "verdicts": 2,
    "wire": 2,
    "capture": 2,
    "refusals": 2,
    "language": 2,
    "repeats": 2,
    "scriptruns": 2,
    "textcontext": 2,
    "trail": 2,
    "segments": 2,
    "responses": 3,
    "endings": 3,
    "detectors": 3,
    "combination": 4,
    "assembly": 4,
    "textchecks": 5,
    "dialects": 5,
    "bodies": 6,
    "bursts": 5,
    "silences": 5,
    "clock": 6,
    "splices": 6,
    "sources": 6,
    "checker": 7,
    "report": 8,
    "live": 8,
    "proxy": 8,
    "expectations": 8,
    "misreadings": 8,
    "importers": 9,
    "faults": 9,
    "hops": 9,
    "contrib": 9,
    "replaying": 9,
    "minimizing": 9,
    "reference_readers": 10,
    "pytest_plugin": 10,
    "cli": 11,
    "__init__": 12,
    "__main__": 12,
}
NO_SIBLINGS = {"dialects", "detectors"}
NETWORK = {"anyio", "asyncio", "h11", "httpx", "httpx2", "httpx_sse", "socket", "ssl"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Return (module, only for typing) of every import in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            found.append((node.module or "", id(node) in typing_only))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    for name, _ in imports_of(path):
        assert name.partition(".")[0] not in NETWORK or LEVELS[room] >= LEVELS["report"], f"{path.name} imports {name}"
        if not name.startswith("streamcheck."):
            continue
        other = name.split(".")[1]
        if other == room:
            if room in NO_SIBLINGS:
                assert name == f"streamcheck.{room}", f"{path.name} imports its sibling {name}"
        else:
            assert LEVELS[other] < LEVELS[room], f"{path.name} ({room}) imports {name}"
