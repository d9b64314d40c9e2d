"""`streamcheck minimize`: the smallest capture that still shows the same finding.

In:   a capture, the code of one of its findings, the file to write.
Out:  the file; on stdout from how many events to how many; on stderr how far it is.
Rule: nothing is overwritten, the source least of all, and no secret is written. Ctrl-C writes the smallest so far, with exit 130.
"""

__all__ = ("command",)

import os
import time
from typing import TYPE_CHECKING

import click

from streamcheck.cli._command import Command
from streamcheck.errors import UsageError
from streamcheck.escape import escaped

if TYPE_CHECKING:
    from streamcheck.minimizing import Minimizer, Progress

_EVERY = 2.0  # seconds between two words on how far it is
_INTERRUPTED = 130


@click.command(
    cls=Command,
    short_help="Shrink a capture to the fewest events with the same finding.",
    examples=(
        ("streamcheck minimize bad.capture.jsonl --code text/word-salad -o small.capture.jsonl", "for a bug report"),
        ("streamcheck check bad.capture.jsonl", "which codes it has"),
    ),
)
@click.argument("path", metavar="PATH")
@click.option("--code", metavar="CODE", required=True, help="The finding that has to stay: a code that `check` shows.")
@click.option("-o", "--output", metavar="OUT", required=True, help="The new capture; it must not be there yet.")
@click.option("--max-checks", type=click.IntRange(min=1), metavar="N", default=2000, show_default=True, help="Attempts, at most.")
def command(path: str, code: str, output: str, max_checks: int) -> int:
    """Take out of a capture what its finding does not need: events, then parts of their strings.

    The finding stays with its severity and reason, and so does the verdict; no other warning or error is added. Keys, ids and recorded times are kept.

    Exit codes: 0 written, 2 nothing could be written, 130 the smallest before Ctrl-C was written.
    """
    from streamcheck.minimizing import Minimizer

    _must_be_new(path, output)
    minimizer = Minimizer(path, code, max_checks=max_checks, progress=_Teller())
    exit_code = 0
    try:
        minimizer.run()
    except KeyboardInterrupt:
        exit_code = _INTERRUPTED
    _write(minimizer, output)
    click.echo(escaped(f"{output}: {_told(minimizer, code)}"))
    return exit_code


def _must_be_new(path: str, output: str) -> None:
    if output.endswith(".zst"):
        raise UsageError(f"{output}: a minimized capture is small, and written plainly: leave .zst out")
    if os.path.exists(output):
        what = "the source itself" if os.path.exists(path) and os.path.samefile(path, output) else "there already"
        raise UsageError(f"{output} is {what}: name another file")


def _write(minimizer: "Minimizer", output: str) -> None:
    from streamcheck.capture.written import written_capture

    with open(output, "xb") as file:
        file.write(written_capture(minimizer.best))


def _told(minimizer: "Minimizer", code: str) -> str:
    noun = "event" if minimizer.before == 1 else "events"
    return f"from {minimizer.before} {noun} to {minimizer.parts} with {code}, after {minimizer.checks} checks"


class _Teller:
    """Says how far it is, at the beginning and then now and again."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        try:
            click.echo(
                f"{progress.parts} events, {progress.size} bytes after {progress.checks} checks; Ctrl-C keeps these", err=True
            )
        except OSError:  # stderr is gone; the work goes on
            pass
