"""Asks cases through readers, plain and watched, and keeps what came of each.

In:   a Server; a Reader, a Case, and how the watch is put on: "plain" (not at all), "attach" or "wrap".
Out:  a Run: the Outcome, the request as the server saw it, the watch's reports, the bodies it recorded.
Rule: one client for each kind and way, used for all its cases, as an application does: so what one answer leaves behind in a
      client, or in a watch, shows in the next.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import streamcheck as sc
from tests.real.cases import Case
from tests.real.clients import Outcome, Reader, Seen, make_client
from tests.real.server import Server

C = TypeVar("C")
T = TypeVar("T")
HOWS = ("attach", "wrap")


def ask(reader: Reader, client: Any, case: Case, url: str, run: Callable[[Awaitable[None]], None]) -> Outcome:
    """Return what an application sees when it asks below `url`; `run` runs an async reader's coroutine."""
    seen, error = Seen(case), None
    try:
        asking = reader.ask(client, url, seen)
        if asking is not None:
            run(asking)
    except Exception as raised:  # noqa: BLE001  # whatever the application would get is the outcome
        error = raised
    return seen.outcome(error)


@dataclass(frozen=True)
class Run:
    """One ask. request: head and body as the server got them."""

    outcome: Outcome
    request: bytes
    reports: tuple[sc.Report, ...] = ()
    captures: tuple[sc.Capture, ...] = ()


@dataclass
class Watched:
    """What a watch says, kept. in_memory: it records into files of ours, else into the folder."""

    folder: Path
    in_memory: bool = False
    reports: list[sc.Report] = field(default_factory=list)
    findings: list[sc.Finding] = field(default_factory=list)
    _files: list[io.BytesIO] = field(default_factory=list)

    def watch(self, **options: Any) -> sc.Watch:
        """Return a new watch that says everything here; `options` come on top."""
        record_to = self._file if self.in_memory else self.folder
        ours = {"on_report": self.reports.append, "on_finding": self.findings.append, "record_to": record_to}
        return sc.Watch(**(ours | options))

    def _file(self, name: str) -> io.BytesIO:
        self._files.append(io.BytesIO())
        return self._files[-1]

    def take_reports(self) -> tuple[sc.Report, ...]:
        """Return the reports since the last call."""
        taken = tuple(self.reports)
        self.reports.clear()
        return taken

    def take_captures(self) -> tuple[sc.Capture, ...]:
        """Return the captures since the last call."""
        found = [sc.CaptureReader(file.getvalue()).read() for file in self._files]
        self._files.clear()
        for entry in sorted(self.folder.iterdir()):
            found.append(sc.CaptureReader(entry).read())
            entry.unlink()
        return tuple(found)


class Lab:
    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._runner = asyncio.Runner()
        self._clients: dict[tuple[str, str], Any] = {}
        self._watched: dict[tuple[str, str], Watched] = {}
        self._runs: dict[tuple[Reader, str, str], Run] = {}

    def close(self) -> None:
        for client in self._clients.values():
            self.close_client(client)
        self._runner.close()

    def close_client(self, client: Any) -> None:
        closing: Any = (client.aclose if hasattr(client, "aclose") else client.close)()
        if closing is not None:
            self.run_async(closing)

    @contextmanager
    def closing(self, client: C) -> Iterator[C]:
        """Close a client, sync or async, at the end."""
        try:
            yield client
        finally:
            self.close_client(client)

    def run_async(self, coroutine: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await coroutine

        return self._runner.run(awaited())

    def run(self, reader: Reader, case: Case, how: str = "plain") -> Run:
        """Return what came of the ask; asks again only what was not asked before."""
        key = (reader, case.name, how)
        if key not in self._runs:
            self._runs[key] = self._ask(reader, case, how)
        return self._runs[key]

    def _ask(self, reader: Reader, case: Case, how: str) -> Run:
        client = self._client(reader.client, how)
        self.server.forget()
        outcome = self.outcome(reader, client, case)
        (exchange,) = self.server.forget()
        run = Run(outcome, exchange.request)
        if how == "plain":
            return run
        watched = self._watched[reader.client, how]
        return replace(run, reports=watched.take_reports(), captures=watched.take_captures())

    def outcome(self, reader: Reader, client: Any, case: Case) -> Outcome:
        """Ask a case of this lab's server with any client of the reader's kind."""
        return ask(reader, client, case, self.server.url(case), self.run_async)

    def _client(self, kind: str, how: str) -> Any:
        if (kind, how) not in self._clients:
            self._clients[kind, how] = make_client(kind, self._watch(kind, how), how)
        return self._clients[kind, how]

    def _watch(self, kind: str, how: str) -> sc.Watch | None:
        if how == "plain":
            return None
        folder = self._folder / f"{kind}-{how}"
        folder.mkdir()
        watched = self._watched[kind, how] = Watched(folder, in_memory=how == "wrap")
        return watched.watch()
