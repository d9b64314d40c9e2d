"""What a command is to look at: files from paths and folders, and what is expected of each.

In:   the paths that the user gave.
Out:  Job values in a stable order; problems in words for the paths that could not be used.
Rule: in a folder, files that can be streams by their names, and every file that an expect.toml there names. A file that is named on
      the command line is taken whatever it is called. Of several expect.toml the nearest that names the file counts. One in a
      given folder must be sound; one above it that is not is only told, for it may be another tool's.
"""

__all__ = ("STDIN", "STREAM_SUFFIXES", "Inputs", "Job", "expectation_home", "inputs_of", "spelled", "stdin_bytes", "stream_files")

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from streamcheck.errors import UsageError
from streamcheck.expectations import FILE_NAME, Expectation, read_expectations

STDIN = "-"
STREAM_SUFFIXES = (".capture.jsonl", ".capture.jsonl.zst", ".sse", ".ndjson", ".eventstream")


@dataclass(frozen=True, slots=True)
class Job:
    """One file to check. path: as the user would spell it. root: the folder that was given, or the file's own."""

    path: str
    root: str
    expectation: Expectation | None = None


@dataclass(slots=True)
class Inputs:
    """jobs, in order; problems: why something cannot be looked at; remarks: worth a line on stderr."""

    jobs: list[Job] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def inputs_of(paths: Iterable[str]) -> Inputs:
    """Return what to check. Raises UsageError for an expect.toml that cannot be meant, OSError for one that cannot be read."""
    inputs = Inputs()
    expected = _Expected(inputs.remarks)
    seen: set[str] = set()
    for path in paths:
        if path == STDIN:
            files, root = [STDIN], ""
        elif os.path.isdir(path):
            files, root = _files_in(path, expected, inputs.problems), path
        elif os.path.exists(path):
            files, root = [path], os.path.dirname(path) or "."
        else:
            inputs.problems.append(f"{path}: no such file or folder")
            continue
        for file in files:
            place = file if file == STDIN else os.path.abspath(file)
            if place not in seen:
                seen.add(place)
                inputs.jobs.append(Job(file, root, None if file == STDIN else expected.of(file, root)))
    return inputs


def stdin_bytes() -> BinaryIO:
    """Return standard input as bytes. Raises UsageError when the caller closed it."""
    if sys.stdin is None:
        raise UsageError("standard input is closed: give a path, or pipe the stream in")
    return sys.stdin.buffer


def stream_files(folder: str, problems: list[str]) -> tuple[list[str], list[str]]:
    """Return (files that can be streams by their names, folders with an expect.toml), each sorted; hidden folders are left out."""
    found: list[str] = []
    homes: list[str] = []

    def unreadable(error: OSError) -> None:
        problems.append(f"{error.filename}: cannot be read: {error.strerror}")

    for where, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(where, name) for name in names if name.endswith(STREAM_SUFFIXES)]
        if FILE_NAME in names:
            homes.append(where)
    return sorted(path for path in found if os.path.isfile(path)), sorted(homes)


def _files_in(folder: str, expected: "_Expected", problems: list[str]) -> list[str]:
    before = len(problems)
    found, homes = stream_files(folder, problems)
    files = set(found)
    for home in homes:
        for expectation in expected.in_folder(home).values():
            path = os.path.join(home, os.path.normpath(expectation.name))
            if os.path.isfile(path):
                files.add(path)
            else:
                problems.append(
                    f"{expectation.file}: [{expectation.name!r}]: no such file: take the section out, or put the file back"
                )
    if not files and len(problems) == before:
        problems.append(f"{folder}: nothing to check in it: looked for *{', *'.join(STREAM_SUFFIXES)}")
    return sorted(files)


class _Expected:
    """The expect.toml files that were met, each read once."""

    def __init__(self, remarks: list[str]) -> None:
        self._remarks = remarks
        self._folders: dict[str, dict[str, Expectation]] = {}

    def in_folder(self, folder: str) -> dict[str, Expectation]:
        """Return the folder's own expectations by absolute path; {} when it has none."""
        where = os.path.abspath(folder)
        if where not in self._folders:
            file = spelled(os.path.join(where, FILE_NAME))
            sections = read_expectations(file) if os.path.isfile(file) else {}
            self._folders[where] = {os.path.abspath(e.path): e for e in sections.values()}
        return self._folders[where]

    def of(self, file: str, root: str) -> Expectation | None:
        """Return what the nearest expect.toml that names `file` says."""
        place = os.path.abspath(file)
        top = os.path.abspath(root)
        folder = os.path.dirname(place)
        while True:
            inside = os.path.commonpath((folder, top)) == top
            try:
                found = self.in_folder(folder).get(place)
            except (UsageError, OSError) as error:
                if inside:
                    raise
                self._remarks.append(f"not used: {error}")
                self._folders[folder] = {}
                found = None
            if found is not None:
                return found
            if folder == os.path.dirname(folder):
                return None
            folder = os.path.dirname(folder)


def expectation_home(job: Job) -> str:
    """Return the expect.toml that a new expectation for the job belongs into: the nearest there is up to the given folder, or one there."""
    place, top = os.path.abspath(job.path), os.path.abspath(job.root)
    folder = os.path.dirname(place)
    while folder != top and not os.path.isfile(os.path.join(folder, FILE_NAME)):
        folder = os.path.dirname(folder)
    return spelled(os.path.join(folder, FILE_NAME))


def spelled(path: str) -> str:
    """Return an absolute path as a reader would write it: relative when it is below the working directory."""
    here = os.getcwd()
    return os.path.relpath(path, here) if os.path.commonpath((path, here)) == here else path
