"""Other tools' recordings in, captures out: the contract of an importer, and the registry.

In:   a file or folder that another tool wrote.
Out:  Imported values, one a response, and captures written of them. Each says what of the response it still has (its fidelity).
Rule: an importer is one file in this folder, or an entry point in the group `streamcheck.importers`. It knows its format by the content,
      reads and never writes the source, and invents nothing: bytes, borders and times that the format does not hold stay unknown.
      What is odd in a source is a remark or an error of errors.py, never a wrong text. Files that begin with "_" are no formats.
Cost: the source and the responses made of it are in memory; they are made one by one.
"""

__all__ = (
    "Fidelity",
    "Imported",
    "Importer",
    "Source",
    "fidelity_of",
    "import_file",
    "importer_named",
    "importer_of",
    "importers",
    "remarks_of",
    "write_capture",
)

import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, Protocol

from streamcheck.capture.fidelity import Fidelity, fidelity_of, remarks_of
from streamcheck.capture.reader import is_capture
from streamcheck.errors import UsageError, near_names
from streamcheck.importers._imported import Imported
from streamcheck.importers._source import Source
from streamcheck.importers._writing import write_capture

_LAST = "raw"  # takes what no other format claims


class Importer(Protocol):
    """What every file in this folder offers. Made without arguments.

    name:    for `--from` and for the capture's header. meaning: one line for people.
    """

    name: ClassVar[str]
    meaning: ClassVar[str]

    def recognises(self, path: str, head: bytes) -> bool:
        """Return whether this is the format. head: the file's first HEAD_BYTES, b"" for a folder. Content counts before the name."""
        ...

    def import_from(self, source: Source) -> Iterator[Imported]:
        """Yield the responses in their order. Raises CaptureError for a source that cannot be read, UsageError for an unknown version."""
        ...


@cache
def importers() -> tuple[Importer, ...]:
    """Return every importer in the order in which they are asked: those of this folder by file name, raw bodies last, then others'."""
    names = sorted((m.name for m in iter_modules(__path__) if not m.name.startswith("_")), key=lambda name: (name == _LAST, name))
    found: list[Importer] = []
    for module in names:
        home = f"{__name__}.{module}"
        found += [
            c() for c in vars(import_module(home)).values() if isinstance(c, type) and c.__module__ == home and _is_importer(c)
        ]
    from importlib.metadata import entry_points

    found += [point.load()() for point in entry_points(group="streamcheck.importers")]
    return tuple(found)


def _is_importer(value: type) -> bool:
    return hasattr(value, "recognises") and hasattr(value, "import_from")


def importer_named(name: str) -> Importer:
    """Return one importer. Raises UsageError that names the nearest."""
    for importer in importers():
        if importer.name == name:
            return importer
    raise UsageError(f"unknown format {name!r}{near_names(name, ['auto', *(i.name for i in importers())])}")


def importer_of(source: Source, kind: str = "auto") -> Importer | None:
    """Return who can read the source, None when nobody recognises it. Raises UsageError for what needs no import, OSError."""
    if is_capture(source.head):
        raise UsageError(f"{source.path} is a capture already: `streamcheck check` reads it as it is")
    if kind != "auto":
        return importer_named(kind)
    return next((importer for importer in importers() if importer.recognises(source.path, source.head)), None)


def import_file(
    path: str | os.PathLike[str], *, kind: str = "auto", session: str | None = None, keylog: str | None = None
) -> list[Imported]:
    """Return the responses that a file or folder of another tool holds.

    kind:    the format's name; "auto" recognises it. session: only this one, of a store that keeps several.
    keylog:  a TLS key log, for packets that are encrypted.
    Raises UsageError for a file that nobody recognises or whose version is not known, CaptureError for one that cannot be read.
    """
    source = Source(path, session=session, keylog=keylog)
    importer = importer_of(source, kind)
    if importer is None:
        tried = ", ".join(i.name for i in importers())
        raise UsageError(f"{source.path}: no format recognised; tried {tried}: name one with kind= or --from")
    return list(importer.import_from(source))
