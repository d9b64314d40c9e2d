"""Sessions of opencode: `opencode export`, the JSON tree of versions up to 1.1, the database of 1.2 and later.

In:   the export's file, a folder (the data root, its storage/, one session's messages), or opencode.db.
Out:  one text-only response for each step of the assistant; what a provider refused is a response with the body that it sent.
Rule: ids come from file names, not from the JSON in them: old moves did not rewrite it. Files and rows that are not whole are remarks.
      Where a data root has both stores, the database is read: opencode leaves the JSON behind when it migrates.
"""

__all__ = ("Opencode",)

import os
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from streamcheck.capture.lines import value_of
from streamcheck.errors import UsageError
from streamcheck.importers._imported import Imported
from streamcheck.importers._json import objects, text_at
from streamcheck.importers._opencode_sqlite import opened
from streamcheck.importers._opencode_steps import Session, steps_of
from streamcheck.importers._source import Source

_SQLITE = b"SQLite format 3\0"
_EXPORT = re.compile(rb'\s*\{\s*"info"\s*:\s*\{')
_DATABASE = re.compile(r"opencode(?:-[\w.-]+)?\.db")


class Opencode:
    """See the module."""

    name: ClassVar[str] = "opencode"
    meaning: ClassVar[str] = "opencode sessions: `opencode export`, its storage folder, or opencode.db"

    def recognises(self, path: str, head: bytes) -> bool:
        if head:
            return head.startswith(_SQLITE) or (_EXPORT.match(head) is not None and b'"ses_' in head)
        return os.path.isdir(path) and (bool(_databases(path)) or _tree(path) is not None)

    def import_from(self, source: Source) -> Iterator[Imported]:
        if not source.is_folder:
            if source.head.startswith(_SQLITE):
                yield from _from_database(source, source.path)
            else:
                yield from _from_export(source)
            return
        tree, databases = _tree(source.path), _databases(source.path)
        for database in databases:
            yield from _from_database(source, database)
        if databases and tree is not None:
            source.remarks.append(
                "the folder has a database and a JSON tree: the database was read, the tree is what was migrated"
            )
        elif tree is not None:
            yield from _from_tree(source, *tree)
        elif not databases:
            raise UsageError(f"{source.path}: no store of opencode in it: name its data root, storage/ or opencode.db")


def _wanted(source: Source, session: str) -> bool:
    return source.session is None or source.session == session


# ---------------------------------------------------------------------- opencode export
def _from_export(source: Source) -> Iterator[Imported]:
    document = source.json()
    session = Session(text_at(document, "info", "id"), text_at(document, "info", "version"))
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        raise UsageError(f"{source.path}: no export of an opencode that is known: it has no messages")
    if not _wanted(source, session.id):
        return
    for message in objects(document, "messages"):
        info = message.get("info")
        if isinstance(info, dict) and info.get("role") == "assistant":
            yield from steps_of(session, text_at(info, "id") or "message", info, list(objects(message, "parts")), [])


# ---------------------------------------------------------------------- the JSON tree
def _tree(folder: str) -> tuple[str, str] | None:
    """Return the folders of messages and of parts; None when there are none."""
    for root in (
        folder,
        os.path.join(folder, "storage"),
        os.path.join(folder, "session"),
        os.path.join(folder, "storage", "session"),
    ):
        found = os.path.join(root, "message"), os.path.join(root, "part")
        if os.path.isdir(found[0]):
            return found
    return None


def _from_tree(source: Source, messages: str, parts: str) -> Iterator[Imported]:
    sessions = sorted(name for name in _names(messages) if os.path.isdir(os.path.join(messages, name)))
    for session in sessions:
        if not _wanted(source, session):
            continue
        told = Session(session, _version_of(os.path.dirname(messages), session))
        for file in _json_files(os.path.join(messages, session)):
            id = os.path.basename(file).removesuffix(".json")
            message = _object_in(file)
            if message is None:
                source.remarks.append(f"message {id} of {session} is not whole JSON: left out; is opencode still writing it?")
            elif message.get("role") == "assistant":
                nested = os.path.join(parts, session, id)  # the oldest layout
                folder = nested if os.path.isdir(nested) else os.path.join(parts, id)
                yield from steps_of(told, id, message, *_parts_in(folder))


def _parts_in(folder: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the parts in the order of their ids, and remarks on those that are not whole."""
    found: list[dict[str, Any]] = []
    lost: list[str] = []
    for file in _json_files(folder):
        part = _object_in(file)
        if part is None:
            name = os.path.basename(file).removesuffix(".json")
            lost.append(f"part {name} is not whole JSON: what it said is missing here; is opencode still writing it?")
        else:
            found.append(part)
    return found, lost


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _json_files(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in sorted(_names(folder)) if name.endswith(".json") and not name.startswith(".")]


def _object_in(path: str) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            value = value_of(file.read())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _version_of(root: str, session: str) -> str:
    """Return the version of opencode that made the session; its record lies in the folder of its project."""
    home = os.path.join(root, "session")
    for project in _names(home):
        found = _object_in(os.path.join(home, project, f"{session}.json"))
        if found is not None:
            return text_at(found, "version")
    return ""


# ---------------------------------------------------------------------- the database
def _databases(folder: str) -> list[str]:
    """Return the databases of a data root. Other channels of opencode have files of their own."""
    found = [os.path.join(folder, name) for name in sorted(_names(folder)) if _DATABASE.fullmatch(name)]
    return [path for path in found if os.path.isfile(path)]


def _from_database(source: Source, path: str) -> Iterator[Imported]:
    with opened(path) as store:
        versions = store.versions()
        seen: set[str] = set()
        for row in store.messages(source.session) if store.has_messages else ():
            session = Session(row.session, versions.get(row.session, ""))
            if row.value is None:
                source.remarks.append(f"message {row.id} of {row.session} is not whole JSON: left out")
            elif row.value.get("role") == "assistant":
                seen.add(row.id)
                rows = list(store.parts(row.id))
                lost = [f"part {part.id} is not whole JSON: what it said is missing here" for part in rows if part.value is None]
                yield from steps_of(session, row.id, row.value, [part.value for part in rows if part.value is not None], lost)
        for row in store.next_messages(source.session) if store.has_next else ():
            if row.id in seen:
                continue
            if row.value is None:
                source.remarks.append(f"message {row.id} of {row.session} is not whole JSON: left out")
            else:
                session = Session(row.session, versions.get(row.session, ""))
                yield from steps_of(session, row.id, row.value, list(objects(row.value, "content")), [])
