"""A replay server for programs that have no event loop: tests above all.

In:   captures.
Out:  ReplayedCaptures: where the server is, and what it was asked; while the `with` lasts, the server runs in a thread.
Rule: loopback and a free port unless told otherwise. When the `with` is over nothing is left: no thread, no socket, no file.
"""

__all__ = ("ReplayedCaptures", "replay_server")

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from streamcheck.replaying.faults import LiveFault
from streamcheck.replaying.repertoire import Repertoire, Source
from streamcheck.replaying.server import ReplayServer, Served, url_of


class ReplayedCaptures:
    """A server that runs. url: its own, without a path. base_url: what to give a client as base URL."""

    def __init__(self, url: str, repertoire: Repertoire) -> None:
        self.url = url
        self._repertoire = repertoire
        self._served: list[Served] = []
        self._news = threading.Condition()

    @property
    def base_url(self) -> str:
        """The base URL that a client of the first capture had, at this server: "http://127.0.0.1:40123/v1"."""
        return self.url + self._repertoire.titles[0].prefix

    @property
    def served(self) -> tuple[Served, ...]:
        """The requests that were answered so far, each when its answer was over."""
        with self._news:
            return tuple(self._served)

    def wait_for(self, count: int, *, within: float = 30.0) -> tuple[Served, ...]:
        """Return `served` when it holds `count` requests. Raises TimeoutError when that takes longer than `within` seconds."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._served) >= count, within):
                raise TimeoutError(f"{len(self._served)} of {count} requests were answered within {within} s")
            return tuple(self._served)

    def _add(self, served: Served) -> None:
        with self._news:
            self._served.append(served)
            self._news.notify_all()


@contextmanager
def replay_server(
    *captures: Source,
    speed: float = 0.0,
    split: str | int = "recorded",
    fault: str | LiveFault | None = None,
    any_path: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[ReplayedCaptures]:
    """Serve `captures` while the `with` lasts. speed: of the recorded pauses, 0 for none; split, fault, any_path: see docs/replay.md.

    Raises UsageError for what cannot be replayed, CaptureError for a file that cannot be read, OSError for a place that is taken.
    """
    import anyio
    from anyio.from_thread import start_blocking_portal

    from streamcheck.proxy.wires import listening

    repertoire = Repertoire(captures, speed=speed, split=split, fault=fault, any_path=any_path)
    listener = listening(host, port)
    running = ReplayedCaptures(url_of(listener), repertoire)
    server = ReplayServer(repertoire, on_served=running._add)
    with start_blocking_portal("asyncio") as portal:
        scope: anyio.CancelScope = portal.call(anyio.CancelScope)

        async def serve() -> None:
            with scope:
                await server.serve(listener)

        done = portal.start_task_soon(serve)
        try:
            yield running
        finally:
            portal.call(scope.cancel)
            done.result()
