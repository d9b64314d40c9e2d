"""`streamcheck replay`: captures served as the live streams that they were.

In:   captures, or folders of them; where to listen; how fast, cut how, with which live fault.
Out:  the recorded responses; on stderr where to send requests, and a line for each. Ctrl-C ends it: 130, and 143 after SIGTERM.
Rule: stdout stays empty. What cannot work is said before the first connection is taken, with exit 2. What a client says is escaped, and
      neither its headers nor its body are shown.
"""

__all__ = ("command",)

import signal
from datetime import datetime
from typing import TYPE_CHECKING

import click

from streamcheck.cli._command import Command
from streamcheck.errors import UsageError
from streamcheck.escape import escaped

if TYPE_CHECKING:
    import socket

    from streamcheck.replaying.repertoire import Repertoire
    from streamcheck.replaying.server import Served

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_MAX_PLACES = 8  # lines of base URLs; more are told as a number


@click.command(
    cls=Command,
    short_help="Serve captures as the live streams that they were.",
    examples=(
        ("streamcheck replay bad.capture.jsonl", "the same bytes at the same pace, at http://127.0.0.1:8399"),
        ("streamcheck replay captures/garbled --speed 0 --split byte", "many, in turn, without pauses, byte by byte"),
        ("streamcheck replay good.capture.jsonl --fault reset@2000", "the connection breaks after 2000 bytes of the body"),
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8399", show_default=True, help="Where to listen; port 0 takes a free one."
)
@click.option("--speed", type=float, metavar="X", default=1.0, show_default=True, help="2 halves the pauses, 0 leaves them out.")
@click.option(
    "--split",
    metavar="HOW",
    default="recorded",
    show_default=True,
    help="Chunk borders: recorded, event, byte, or every N bytes.",
)
@click.option(
    "--fault", metavar="NAME@N", help="After N bytes of the body: reset, close, truncate, stall (stall@N:SECONDS), chunk-header."
)
@click.option("--any-path", is_flag=True, help="Answer requests that nothing was recorded for as well.")
def command(paths: tuple[str, ...], listen: str, speed: float, split: str, fault: str | None, any_path: bool) -> int:
    """Serve captures: the recorded bytes, chunk borders and pauses, to requests of the recorded method and path.

    Several captures of one method and path take turns, in order, and begin again. Other requests get a 404.

    Exit codes: 130 after Ctrl-C, 143 after SIGTERM, 2 when it could not begin.
    """
    from streamcheck.replaying.repertoire import Repertoire, captures_in

    repertoire = Repertoire(captures_in(paths), speed=speed, split=split, fault=fault, any_path=any_path)
    listener = _listening(listen)
    _announce(repertoire, listener)
    try:
        return _serve(repertoire, listener)
    except KeyboardInterrupt:
        return _CODES[signal.SIGINT]


def _listening(listen: str) -> "socket.socket":
    from streamcheck.proxy.wires import listening

    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port[:6]) > 65535:
        raise UsageError(f"--listen must be HOST:PORT as 127.0.0.1:8399, not {listen[:80]!r}")
    try:
        return listening(host or "127.0.0.1", int(port))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot listen at {listen}: {reason}; --listen names another place") from None


def _announce(repertoire: "Repertoire", listener: "socket.socket") -> None:
    from streamcheck.replaying.server import url_of

    url = url_of(listener)
    count = len(repertoire.titles)
    _say(f"replaying {count} capture{'' if count == 1 else 's'} at {url}; Ctrl-C ends it")
    places = list(dict.fromkeys((title.origin or "", title.prefix) for title in repertoire.titles))
    for origin, prefix in places[:_MAX_PLACES]:
        _say(f"base URL {url}{prefix}" + (f" in place of {origin}{prefix}" if origin else ""))
    if len(places) > _MAX_PLACES:
        _say(f"and {len(places) - _MAX_PLACES} more: put {url} in place of scheme and host")
    host = listener.getsockname()[0]
    if not (host.startswith("127.") or host == "::1"):
        _say(f"warning: whoever reaches {host} can read these captures' responses")


def _serve(repertoire: "Repertoire", listener: "socket.socket") -> int:
    """Serve until a signal comes; return the exit code."""
    import anyio

    from streamcheck.replaying.server import ReplayServer

    async def serve() -> int:
        server = ReplayServer(repertoire, on_served=_tell)
        with anyio.open_signal_receiver(*_CODES) as signals:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(server.serve, listener)
                code = _CODES[await anext(signals)]
                tasks.cancel_scope.cancel()
        return code

    return anyio.run(serve)


def _tell(served: "Served") -> None:
    path = served.target.partition("?")[0]  # a query may hold a key
    what = f"status {served.status if served.status is not None else 'none'}, {served.sent} bytes, {served.outcome}"
    name = f"  {served.capture}" if served.capture is not None else ""
    _say(f"{datetime.now().strftime('%H:%M:%S')}  {served.method} {path[:200]}  {what}{name}")


def _say(sentence: str) -> None:
    try:
        click.echo(escaped(sentence), err=True)
    except OSError:  # stderr is gone; the serving goes on
        pass
