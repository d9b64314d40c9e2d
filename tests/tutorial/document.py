"""docs/tutorial.md, played from its first command to its last.

In:   the document; a folder that holds captures/.
Out:  Block values: the commands, what the document shows, what was printed. `python -m tests.tutorial.document` writes into the document
      what is printed now: read the difference before you keep it.
Rule: each block goes on in the folder where the last one ended. stdout is a terminal of 110 columns without colour, as a reader's; of the
      machine the commands see the PATH and nothing else.
"""

__all__ = ("CAPTURES", "DOCUMENT", "Block", "blocks", "played", "renewed")

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import tty
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "tutorial.md"
CAPTURES = ROOT / "captures" / "opencode-garbled"
_BLOCK = re.compile(r"^```sh\n(?P<commands>.*?)^```$(?:\n```text\n(?P<shown>.*?)^```$)?", re.MULTILINE | re.DOTALL)
_COLUMNS = 110
_WITHIN = 120.0  # seconds that a block may take, on a busy machine


@dataclass(frozen=True)
class Block:
    """Commands, and their output as the document shows it: none where it shows none."""

    commands: str
    shown: str


def blocks(document: str) -> list[Block]:
    return [Block(found["commands"], found["shown"] or "") for found in _BLOCK.finditer(document)]


def played(document: str, folder: Path) -> list[tuple[Block, str]]:
    """Return every block with what its commands print, begun in `folder`."""
    shutil.copytree(CAPTURES, folder / "captures" / CAPTURES.name)
    told = []
    for block in blocks(document):
        *lines, where = _printed(f"{block.commands}pwd", folder).splitlines()
        told.append((block, "".join(f"{line.rstrip()}\n" for line in lines)))
        folder = Path(where)
    return told


def renewed(document: str, folder: Path) -> str:
    """Return the document with what its commands print now."""
    printed = iter([output for _, output in played(document, folder)])

    def spelled(found: re.Match[str]) -> str:
        output = next(printed)
        text = f"\n```text\n{output}```" if output or found["shown"] is not None else ""
        return f"```sh\n{found['commands']}```{text}"

    return _BLOCK.sub(spelled, document)


def _printed(commands: str, folder: Path) -> str:
    """Return what a shell prints on a terminal; after _WITHIN seconds it is killed."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": str(_COLUMNS)}
    master, slave = os.openpty()
    tty.setraw(slave)  # else every line end becomes two characters
    parts: list[bytes] = []
    with subprocess.Popen(["sh", "-c", commands], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave) as process:
        os.close(slave)
        alarm = threading.Timer(_WITHIN, process.kill)
        alarm.start()
        with suppress(OSError):  # how Linux tells the end of a terminal
            while part := os.read(master, 65536):
                parts.append(part)
        process.wait()
        alarm.cancel()
    os.close(master)
    return b"".join(parts).decode()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8"), Path(folder)), "utf-8")


if __name__ == "__main__":
    main()
