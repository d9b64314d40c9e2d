"""`streamcheck record`: a recording reverse proxy.

In:   the upstream, where to listen, where captures go.
Out:  captures; on stderr what was found, response by response. Ctrl-C ends it: 130, and 143 after SIGTERM.
Rule: stdout stays empty. Whatever a stream says is escaped. What cannot work is said before the first connection is taken, with exit 2.
"""

__all__ = ("command",)

import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from streamcheck.capture.folder import MAX_BYTES, MAX_CAPTURES, CaptureFolder
from streamcheck.cli._command import Command, color_option, deadline_options, dialect_of, dialect_option
from streamcheck.cli._screen import Screen
from streamcheck.errors import UsageError
from streamcheck.escape import escaped
from streamcheck.findings import Finding, Severity
from streamcheck.report.advice import span_of_time
from streamcheck.report.lines import Line, line
from streamcheck.report.place import place_of
from streamcheck.verdicts import Timing, Verdict

if TYPE_CHECKING:
    import socket

    from streamcheck.proxy.heads import Upstream
    from streamcheck.proxy.judge import Judge, Judged
    from streamcheck.proxy.recording import Recordings
    from streamcheck.proxy.relay import Relay

_FIRST_REQUEST_WITHIN = 30.0  # seconds; a client that is set up right has asked by then. guess
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@click.command(
    cls=Command,
    short_help="Record what passes between a client and its LLM provider.",
    examples=(
        (
            "streamcheck record --upstream https://api.z.ai --out captures/",
            "set the client's base URL to http://127.0.0.1:8399/...",
        ),
        ("streamcheck record --upstream https://host --out tap/ --hop proxy --no-check", "only record, as the hop `proxy`"),
    ),
)
@click.option("--upstream", "upstream_url", metavar="URL", required=True, help="Where all requests go, with the path they share.")
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8399", show_default=True, help="Where to listen; port 0 takes a free one."
)
@click.option("--out", "folder", metavar="DIR", required=True, type=click.Path(), help="Where the captures go.")
@click.option("--hop", metavar="NAME", default="wire", show_default=True, help="What captures call this place on the way.")
@click.option("--check/--no-check", default=True, help="Judge the responses while they come, in another process.")
@dialect_option
@deadline_options
@click.option(
    "--max-captures", type=click.IntRange(min=1), metavar="N", default=MAX_CAPTURES, show_default=True, help="Captures to keep."
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    metavar="N",
    default=MAX_BYTES,
    show_default=True,
    help="Bytes of captures to keep.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only what is not clean.")
@color_option
def command(
    upstream_url: str,
    listen: str,
    folder: str,
    hop: str,
    check: bool,
    dialect: str,
    first_delta_within: float | None,
    stall_after: float | None,
    max_captures: int,
    max_bytes: int,
    quiet: bool,
    color: str,
) -> int:
    """Forward every request to the upstream, byte for byte, and record every response as a capture in DIR.

    Point the client's base URL at this address in place of the upstream's. No key is recorded. It serves until Ctrl-C.

    Exit codes: 130 after Ctrl-C, 143 after SIGTERM, 2 when it could not begin.
    """
    from streamcheck.checker import Checker
    from streamcheck.proxy.heads import upstream_of
    from streamcheck.proxy.recording import Recordings

    upstream = upstream_of(upstream_url)
    # What cannot be meant is refused now, and not by the judge later.
    Checker(dialect_of(dialect), first_delta_within=first_delta_within, stall_after=stall_after)
    captures = CaptureFolder(folder, max_captures=max_captures, max_bytes=max_bytes)
    _try_to_write(folder)
    listener, address = _listening(listen)
    judge = _new_judge(folder, dialect, first_delta_within, stall_after, quiet=quiet, color=color) if check else None
    recordings = Recordings(captures, host=upstream.host, hop=hop, say=_say, watcher=judge)
    _announce(upstream, address, folder, hop)
    try:
        code = _serve(upstream, recordings, listener, address)
        _sum_up(recordings, _verdicts(judge), folder)
    except KeyboardInterrupt:
        code = _CODES[signal.SIGINT]
    finally:
        if judge is not None:
            judge.close()
    return code


# ---------------------------------------------------------------------- before
def _try_to_write(folder: str) -> None:
    """Raise OSError when no file can be made in the folder."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _listening(listen: str) -> "tuple[socket.socket, _Address]":
    from streamcheck.proxy.wires import listening

    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen must be HOST:PORT as 127.0.0.1:8399, not {listen[:80]!r}")
    try:
        listener = listening(host or "127.0.0.1", int(port))
    except OSError as error:
        raise UsageError(
            f"cannot listen at {listen}: {(error.strerror or str(error)).lower()}; --listen names another place"
        ) from None
    return listener, _Address(*listener.getsockname()[:2])


def _new_judge(
    folder: str, dialect: str, first_delta_within: float | None, stall_after: float | None, *, quiet: bool, color: str
) -> "Judge":
    from streamcheck.proxy.judge import Judge, JudgeOptions

    options = JudgeOptions(os.path.abspath(folder), dialect, first_delta_within, stall_after)
    return Judge(options, partial(Lines, quiet=quiet, color=color), _say)


def _announce(upstream: "Upstream", address: _Address, folder: str, hop: str) -> None:
    _say(f"recording {address.url} -> {upstream.origin}{upstream.prefix} into {folder} (hop {hop}); Ctrl-C ends it", bare=True)
    _say(f"set the client's base URL to {address.url} in place of {upstream.origin}{upstream.prefix}", bare=True)
    if not _is_loopback(address.host):
        _say(f"warning: whoever reaches {address.host} port {address.port} talks to {upstream.origin} through it", bare=True)


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"


# ---------------------------------------------------------------------- while it runs
def _serve(upstream: "Upstream", recordings: "Recordings", listener: "socket.socket", address: _Address) -> int:
    """Serve until a signal comes; return the exit code."""
    import anyio

    from streamcheck.proxy.relay import Relay

    async def serve() -> int:
        relay = Relay(upstream, recordings, base_url=address.url, say=_say)
        with anyio.open_signal_receiver(*_CODES) as signals:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(relay.serve, listener)
                tasks.start_soon(_remind, relay)
                code = _CODES[await anext(signals)]
                tasks.cancel_scope.cancel()
        return code

    return anyio.run(serve)


async def _remind(relay: "Relay") -> None:
    """Say so when nobody asks anything."""
    import anyio

    with anyio.move_on_after(_FIRST_REQUEST_WITHIN):
        await relay.asked.wait()
        return
    _say(f"no request yet: is the client's base URL {relay.base_url}?")


class Lines:
    """The judge's teller: one line on stderr for each response, and one at once for each kind of defect."""

    def __init__(self, *, quiet: bool, color: str) -> None:
        self._quiet = quiet
        self._screen = Screen(color, stream=sys.stderr)

    def found(self, name: str, finding: Finding) -> None:
        place = place_of(finding)
        sentence = escaped(finding.message + (f" ({place})" if place else ""))
        severity = finding.severity.value
        self._show(line((_now(), "dim"), f"  {name}  ", (severity, severity), f"  {finding.code}: {sentence}"))

    def judged(self, judged: "Judged") -> None:
        if not (self._quiet and judged.report.ok):
            self._show(_line_of(judged))

    def failed(self, name: str, reason: str) -> None:
        self._show(line((_now(), "dim"), "  ", ("not judged", "bad"), f"  {name}: {escaped(reason)}"))

    def _show(self, row: Line) -> None:
        try:
            self._screen.show([row])
        except OSError:  # the terminal is gone; the recording goes on
            pass


def _line_of(judged: "Judged") -> Line:
    report = judged.report
    verdict = report.verdict.value
    facts = [escaped(report.dialect), f"status {judged.status}" if judged.status is not None else "no status"]
    facts += [f"{report.counts['bytes']} bytes", f"{report.counts['events']} events", *_times(report.timing)]
    if judged.error is not None:
        facts.append(f"ended by {escaped(judged.error)}")
    loud = sorted((f for f in report.findings if f.severity is not Severity.NOTE), key=lambda f: -f.severity.rank)
    why = f"  {escaped(loud[0].message)}" if loud and not report.ok else ""
    return line((_now(), "dim"), "  ", (verdict.ljust(10), verdict), f"  {', '.join(facts)}{why}", (f"  {judged.name}", "source"))


def _times(timing: Timing | None) -> list[str]:
    if timing is None:
        return []
    named = (("in {}", timing.duration_s), ("first text after {}", timing.first_delta_s))
    return [form.format(span_of_time(seconds)) for form, seconds in named if seconds is not None]


def _now() -> str:
    return datetime.now().strftime("%H:%M:%S")


# ---------------------------------------------------------------------- after
def _verdicts(judge: "Judge | None") -> Counter[str] | None:
    """Return what the judge counted once it is done; say that it is waited for when that takes long."""
    if judge is None:
        return None
    notice = threading.Timer(1.0, _say, ["waiting for the last verdicts; Ctrl-C ends at once"])
    notice.daemon = True
    notice.start()
    try:
        return judge.finish()
    finally:
        notice.cancel()


def _sum_up(recordings: "Recordings", verdicts: Counter[str] | None, folder: str) -> None:
    count = f"{recordings.count} response{'' if recordings.count == 1 else 's'}"
    from streamcheck.proxy.judge import NOT_JUDGED

    order = [*(verdict.value for verdict in Verdict), NOT_JUDGED]
    words = [f"{verdicts[name]} {name}" for name in order if verdicts[name]] if verdicts is not None else []
    _say(f"{count} in {folder}" + (f": {', '.join(words)}" if words else ""), bare=True)


def _say(sentence: str, *, bare: bool = False) -> None:
    try:
        click.echo(escaped(sentence if bare else f"streamcheck record: {sentence}"), err=True)
    except OSError:  # stderr is gone; the recording goes on
        pass
