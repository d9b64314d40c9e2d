"""opencode's database (1.2 and later), read from a private copy.

In:   the path of an opencode.db that opencode may have open.
Out:  sessions, messages and parts as (id, decoded JSON).
Rule: the files are only read. In WAL mode the newest rows stand in the -wal file, and opening the database in place would write beside
      it: so both are copied, and the copy is opened. A copy counts when neither the database nor the begin of its WAL changed meanwhile.
      Columns come and go with the versions: what is not needed is not asked for.
"""

__all__ = ("Row", "Store", "opened")

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from streamcheck.capture.lines import value_of
from streamcheck.errors import CaptureError, UsageError

_TRIES = 5  # copies, before we say that the database is written all the time
_NEEDED = {"message": ("id", "session_id", "data"), "part": ("id", "message_id", "data")}
_NEXT = {"session_message": ("id", "session_id", "type", "data")}


class Row(NamedTuple):
    """value: None when the row's JSON is not whole."""

    id: str
    session: str
    value: dict[str, Any] | None


class Store:
    """What stands in one database."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        """Raises UsageError for tables that are not opencode's."""
        self._connection = connection
        tables = [str(name) for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        columns = {table: self._columns(table) for table in tables}
        self.has_messages = _are_in(_NEEDED, columns)
        self.has_next = _are_in(_NEXT, columns)
        self._session_columns = columns.get("session", set())
        if not (self.has_messages or self.has_next):
            known = ", ".join(sorted(tables)[:8]) or "none"
            raise UsageError(f"{path}: no database of an opencode that is known (tables: {known}); try `opencode export`")

    def versions(self) -> dict[str, str]:
        """Return the opencode version that made each session."""
        if not {"id", "version"} <= self._session_columns:
            return {}
        return {str(id): str(version or "") for id, version in self._connection.execute("select id, version from session")}

    def messages(self, session: str | None) -> Iterator[Row]:
        """Yield the messages in the order of their ids."""
        where, what = ("where session_id = ?", (session,)) if session else ("", ())
        for row in self._connection.execute(f"select id, session_id, data from message {where} order by id", what):
            yield _row(*row)

    def parts(self, message: str) -> Iterator[Row]:
        """Yield the parts of a message in the order of their ids."""
        for row in self._connection.execute("select id, message_id, data from part where message_id = ? order by id", (message,)):
            yield _row(*row)

    def next_messages(self, session: str | None) -> Iterator[Row]:
        """Yield the assistant's messages of the newer model, whose parts stand in the message."""
        where, what = ("and session_id = ?", (session,)) if session else ("", ())
        query = f"select id, session_id, data from session_message where type = 'assistant' {where} order by id"
        for row in self._connection.execute(query, what):
            yield _row(*row)

    def _columns(self, table: str) -> set[str]:
        quoted = table.replace('"', '""')
        return {str(row[1]) for row in self._connection.execute(f'pragma table_info("{quoted}")')}


def _are_in(needed: Mapping[str, tuple[str, ...]], columns: Mapping[str, set[str]]) -> bool:
    return all(set(names) <= columns.get(table, set()) for table, names in needed.items())


def _row(id: Any, owner: Any, data: Any) -> Row:
    try:
        value = value_of(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    except (ValueError, TypeError, UnicodeError):
        value = None
    return Row(str(id), str(owner), value if isinstance(value, dict) else None)


@contextmanager
def opened(path: str) -> Iterator[Store]:
    """Give the database's content as it stands now. Raises UsageError for another schema, CaptureError for what cannot be read."""
    with tempfile.TemporaryDirectory(prefix="streamcheck-") as folder:
        copy = _copied(path, folder)
        try:
            connection = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            try:
                yield Store(connection, path)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise CaptureError(f"{path}: cannot be read as a database: {error}") from None


def _copied(path: str, folder: str) -> str:
    target = os.path.join(folder, "copy.db")
    for _ in range(_TRIES):
        try:
            before = _state(path)
            shutil.copyfile(path, target)
            if os.path.exists(f"{path}-wal"):
                shutil.copyfile(f"{path}-wal", f"{target}-wal")
            elif os.path.exists(f"{target}-wal"):
                os.unlink(f"{target}-wal")
            if _state(path) == before and not before[-1]:
                return target
        except FileNotFoundError as error:
            if not os.path.exists(path):
                raise CaptureError(f"{path}: cannot be read: {error.strerror}") from error
        except OSError as error:
            raise CaptureError(f"{path}: cannot be read: {error.strerror}") from error
    raise CaptureError(f"{path}: is being written all the time: stop opencode, or import what `opencode export` gives")


def _state(path: str) -> tuple[int, int, bytes, bool]:
    """Return what changes when the database does: not when rows are only added to the WAL, for a copy takes those that are whole."""
    status = os.stat(path)
    head = b""
    if os.path.exists(f"{path}-wal"):
        with open(f"{path}-wal", "rb") as wal:
            head = wal.read(32)  # its salt changes when it is begun anew
    journal = os.path.exists(f"{path}-journal") and os.path.getsize(f"{path}-journal") > 0
    return status.st_mtime_ns, status.st_size, head, journal
