"""Make the recorded cases in captures/: `.venv/bin/python scripts/make_captures.py [--check]`.

In:   nothing but scripts/captures/.
Out:  captures/**, byte for byte the same on every run; --check writes nothing and exits 1 when the files on disk differ.
Rule: captures are evidence and never edited by hand: change the generator, run it, and read the diff.
"""

__all__ = ("CASES", "FOLDER", "differences", "files", "main", "on_disk")

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from scripts.captures.cases_clean import CLEAN
from scripts.captures.cases_degeneration import DEGENERATION
from scripts.captures.cases_ends import ENDS
from scripts.captures.cases_incident import INCIDENT, STORE
from scripts.captures.cases_order import ORDER
from scripts.captures.cases_refused import REFUSED
from scripts.captures.cases_seeds import SEEDS
from scripts.captures.cases_sound import ODDITIES
from scripts.captures.cases_text import TEXTS
from scripts.captures.cases_tools import TOOLS
from scripts.captures.cases_wire import WIRE
from scripts.captures.files import all_files

FOLDER = ROOT / "captures"
CASES = (*CLEAN, *ODDITIES, *SEEDS, *WIRE, *ENDS, *ORDER, *TOOLS, *TEXTS, *DEGENERATION, *REFUSED, *INCIDENT)
_BY_HAND = "README.md"


def files() -> dict[str, bytes]:
    """Return what captures/ has to hold, by path."""
    return all_files(CASES) | STORE


def on_disk() -> dict[str, bytes]:
    """Return what captures/ holds, but for the page written by hand."""
    found = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != _BY_HAND}


def differences(wanted: dict[str, bytes], present: dict[str, bytes]) -> list[str]:
    """Return, in words, how the files on disk differ from what is made."""
    told = []
    for name in sorted(wanted.keys() | present.keys()):
        if name not in present:
            told.append(f"{name}: missing")
        elif name not in wanted:
            told.append(f"{name}: nothing makes it")
        elif wanted[name] != present[name]:
            told.append(f"{name}: differs")
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the recorded cases in captures/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the files on disk differ")
    check = parser.parse_args().check
    wanted = files()
    told = differences(wanted, on_disk())
    if check:
        print("\n".join(told) if told else f"{len(wanted)} files are as made")
        return 1 if told else 0
    for line in told:
        name = line.rpartition(": ")[0]
        path = FOLDER / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[name])
        else:
            path.unlink()
    print(f"{len(wanted)} files, {sum(map(len, wanted.values())):,} bytes; changed: {len(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
