"""Clients that cannot live in the environment of the tests: made on first use, beside it.

In:   the pinned versions, here and in node/package.json; the package managers as they are set up on this machine.
Out:  the path of what was installed, or a skip that says what is missing.
Rule: one folder each in the root of the repository, which ignores itself; what was installed once is found there, by its pins. Whoever installs
      holds a lock, so that two test runs at a time do not meet.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LITELLM = "litellm==1.106.2"  # needs openai below 3
_PACKAGES = Path(__file__).parent / "node" / "package.json"
_WITHIN = 400.0  # seconds for an installation


def node_modules() -> Path:
    """Return a folder `node_modules` with the pinned packages."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    with _own_folder(".node") as folder:
        made = folder / _digest(_PACKAGES.read_bytes())
        if not (made / "installed").exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            shutil.copy(_PACKAGES, made)
            # Scripts of packages have no say here; a lockfile would hold the addresses of one machine's registry.
            options = (
                "--ignore-scripts",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
                "--fetch-retries=1",
                "--fetch-retry-mintimeout=1000",
            )
            _install(npm, "install", *options, folder=made)
            (made / "installed").touch()
    return made / "node_modules"


def python_with_litellm() -> Path:
    """Return the Python of an environment with LiteLLM and this streamcheck."""
    with _own_folder(".venv-litellm") as folder:
        python = folder / "bin" / "python"
        needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
        stamp = folder / f"installed-{_digest(repr([LITELLM, *needs]).encode())}"
        if not stamp.exists():
            _install(sys.executable, "-m", "venv", str(folder), folder=folder)
            options = ("--quiet", "--disable-pip-version-check", "--retries", "1")
            _install(str(python), "-m", "pip", "install", *options, LITELLM, "--editable", str(ROOT), folder=folder)
            stamp.touch()
    return python


def _digest(pins: bytes) -> str:
    return hashlib.sha256(pins).hexdigest()[:12]


@contextmanager
def _own_folder(name: str) -> Iterator[Path]:
    """Give a folder in the root of the repository that version control and linters pass over, to one process at a time."""
    folder = ROOT / name
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _install(*command: str, folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_WITHIN, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{Path(command[0]).name} did not finish to install within {_WITHIN:.0f} s")
    if done.returncode:
        why = next((line for line in done.stderr.splitlines() if "error" in line.lower()), f"exit code {done.returncode}")
        pytest.skip(f"{Path(command[0]).name} could not install what this needs: {why[:200]}")
