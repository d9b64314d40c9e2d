"""`streamcheck show`: the reassembled message, with the findings marked in it.

In:   a capture, a body, or "-" for stdin.
Out:  the text of each channel on stdout.
Rule: exit code 0 when it could be shown, whatever its verdict is. --raw gives the very text and nothing else, except on a terminal:
      there it is escaped, for it must not play.
"""

__all__ = ("command",)

import click

from streamcheck.cli._command import Command, Options, color_option, context_in, context_option, dialect_of, dialect_option
from streamcheck.cli._inputs import STDIN, stdin_bytes
from streamcheck.cli._screen import Screen
from streamcheck.errors import CaptureError, UsageError, near_names
from streamcheck.escape import escaped
from streamcheck.expectations import onset_of
from streamcheck.report.lines import line
from streamcheck.report.marked import Spoken, marked_lines, spoken_in
from streamcheck.report.text import text_lines
from streamcheck.verdicts import Report, Verdict


@click.command(
    cls=Command,
    short_help="Show the message with the findings marked in it.",
    examples=(
        ("streamcheck show bad.capture.jsonl", "all that the response said, with every finding marked in it"),
        ("streamcheck show --raw --channel content bad.sse > answer.txt", "the plain text of one channel"),
    ),
)
@click.argument("path", metavar="PATH")
@click.option("--choice", type=click.IntRange(min=0), help="Show only this choice.")
@click.option("--channel", metavar="NAME", help="Show only this channel: reasoning, content, refusal, tool:0 ...")
@click.option("--raw", is_flag=True, help="Write the text alone, without marks; channel content unless --channel names another.")
@dialect_option
@context_option
@color_option
def command(
    path: str, choice: int | None, channel: str | None, raw: bool, dialect: str, context_path: str | None, color: str
) -> int:
    """Show the message that a stream adds up to, with the findings marked in it."""
    report, about = _report_of(path, dialect_of(dialect), context_in(context_path))
    spoken = spoken_in(report)
    _must_exist(path, spoken, choice, channel)
    screen = Screen(color)
    if raw:
        wanted = channel or "content"
        for one in spoken:
            if one.channel == wanted and choice in (None, one.choice):
                screen.write(escaped(one.text, keep="\n\t") + "\n" if screen.terminal else one.text)
        return 0
    onset = onset_of(report) if report.verdict is Verdict.DEGENERATE else None
    screen.show([*text_lines(report, width=screen.width, about=about)[:1], line("")])
    screen.show(
        marked_lines(report, onset=onset, choice=choice, channel=channel, ascii_only=screen.ascii_only, width=screen.width)
    )
    return 0


def _report_of(path: str, dialect: str, context: str) -> tuple[Report, str | None]:
    from streamcheck.cli._examine import examine, examine_live

    if path == STDIN:
        examined = examine_live(stdin_bytes(), name="<stdin>", options=Options(dialect, context))
    else:
        examined = examine(path, Options(dialect, context))
    if examined.report is None:
        raise CaptureError(examined.problem or f"{path}: cannot be read")
    return examined.report, examined.about


def _must_exist(path: str, spoken: list[Spoken], choice: int | None, channel: str | None) -> None:
    choices = {one.choice for one in spoken}
    if choice is not None and choice not in choices:
        raise UsageError(f"{path}: no choice {choice} says anything; there is {', '.join(map(str, sorted(choices))) or 'none'}")
    channels = {one.channel for one in spoken if choice in (None, one.choice)}
    if channel is not None and channel not in channels:
        raise UsageError(
            f"{path}: nothing is said on channel {channel!r}{near_names(channel, channels) if channels else '; there is none'}"
        )
