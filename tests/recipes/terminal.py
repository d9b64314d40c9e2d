"""A person's terminal: runs the document's blocks as they stand, but for the addresses.

In:   blocks of docs/recipes.md.
Out:  Finished values; a Recorder while `streamcheck record` runs.
Rule: every program runs in a process group of its own, has a deadline, and leaves nothing behind. Of the machine it sees the PATH and
      nothing else: no proxies, keys or settings.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.real.server import PATIENCE, Server
from tests.recipes.answers import KEY

PROVIDER = "https://api.z.ai"
RECORDER = "http://127.0.0.1:8399"
# For programs that have a base URL of their own: should they keep it, they reach nobody.
NO_WAY_OUT = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
WITHIN = 120.0  # seconds that a program may take, on a busy machine


@dataclass(frozen=True)
class Finished:
    """A program that has ended. stdout: with the document's addresses in place of those that were really used."""

    code: int
    stdout: str
    stderr: str


@dataclass
class Terminal:
    """folder: where everything runs. addresses: the document's URL -> the one that stands for it here."""

    folder: Path
    addresses: dict[str, str]
    python: Path = Path(sys.executable)
    environment: dict[str, str] = field(default_factory=dict)

    def here(self, block: str) -> str:
        """Return a block of the document with the addresses that are real here."""
        return _replaced(block, self.addresses)

    def as_written(self, output: str) -> str:
        """Return an output with the addresses of the document."""
        return _replaced(output, {real: written for written, real in self.addresses.items()})

    # ------------------------------------------------------------------ programs that end
    def run_python(self, block: str) -> Finished:
        return self._run_file("program.py", block, str(self.python))

    def run_node(self, block: str, node_modules: Path) -> Finished:
        modules = self.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(node_modules)
        return self._run_file("program.mjs", block, "node")

    def run_shell(self, block: str) -> Finished:
        return self.run("sh", "-c", self.here(block))

    def _run_file(self, name: str, block: str, interpreter: str) -> Finished:
        (self.folder / name).write_text(self.here(block), "utf-8")
        return self.run(interpreter, name)

    def run(self, *command: str) -> Finished:
        """Return what came of a command; after WITHIN seconds it is killed and the test fails."""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            encoding="utf-8",
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=WITHIN)
            finally:
                _kill(process)
        return Finished(process.returncode, self.as_written(stdout), self.as_written(stderr))

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / "bin"), os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        home = str(self.folder / "home")
        ours = {"PATH": path, "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8", "ZAI_API_KEY": KEY}
        return ours | self.environment

    # ------------------------------------------------------------------ the recorder
    @contextmanager
    def recording(self, block: str) -> "Iterator[Recorder]":
        """Run the document's `streamcheck record ...`, at a port of its own, until the end of the `with`; then press Ctrl-C."""
        words = shlex.split(self.here(block))
        listen, words = _without_option(words, "--listen")
        with subprocess.Popen(
            [*words, "--listen", "127.0.0.1:0"],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            encoding="utf-8",
        ) as process:
            try:
                recorder = Recorder(process, self)
                self.addresses[f"http://{listen}" if listen else RECORDER] = recorder.url
                yield recorder
            finally:
                _kill(process)


class Recorder:
    """A `streamcheck record` that runs. url: where it listens."""

    def __init__(self, process: "subprocess.Popen[str]", terminal: Terminal) -> None:
        assert process.stderr is not None
        self._process, self._terminal = process, terminal
        self._lines: list[str] = []
        self._more = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()
        self._wait_for(r"^set the client's base URL ", 1)
        self.url = re.findall(r"^recording (\S+) ", self._stderr(), re.MULTILINE)[0]

    def stop(self, responses: int) -> str:
        """Wait until so many responses have been told, press Ctrl-C, and return all that was said."""
        self._wait_for(r"\.capture\.jsonl$", responses)
        os.killpg(self._process.pid, signal.SIGINT)
        assert self._process.wait(PATIENCE) == 130
        self._reader.join(PATIENCE)
        return self._terminal.as_written(self._stderr())

    def _wait_for(self, pattern: str, times: int) -> None:
        def there() -> bool:
            return self._ended or sum(bool(re.search(pattern, line)) for line in self._lines) >= times

        with self._more:
            assert self._more.wait_for(there, WITHIN), self._stderr()
        assert not self._ended, self._stderr()

    def _read(self, stderr: IO[str]) -> None:
        for line in stderr:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def _stderr(self) -> str:
        return "".join(self._lines)


def terminal_at(folder: Path, server: Server) -> Terminal:
    """Return a terminal for which `server` is the provider."""
    (folder / "home").mkdir()
    return Terminal(folder, {PROVIDER: f"http://127.0.0.1:{server.port}"})


def _replaced(text: str, names: dict[str, str]) -> str:
    # All at once, and whole ports: one address may begin like another.
    pattern = "|".join(re.escape(name) for name in names)
    return re.sub(rf"(?:{pattern})(?!\d)", lambda match: names[match[0]], text)


def _without_option(words: list[str], option: str) -> tuple[str | None, list[str]]:
    """Return the option's value, and the command without it."""
    if option not in words:
        return None, words
    at = words.index(option)
    return words[at + 1], words[:at] + words[at + 2 :]


def _kill(process: "subprocess.Popen[str]") -> None:
    """End whatever is left of the process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
