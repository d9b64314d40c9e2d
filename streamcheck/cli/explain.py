"""`streamcheck explain`: what a provider's error means and what to do.

In:   the error as it was met: the body of the answer, one event of a stream, or the line that a client printed. "-" reads stdin.
Out:  class, meaning and advice on stdout; 0 when a rule knows it, 1 when none does or it is no error, 2 when there is nothing to read.
Rule: says what the provider said and what follows from it; waits and times are only ever the provider's own.
"""

__all__ = ("command",)

import json
import os
from datetime import UTC, datetime

import click

from streamcheck.cli._command import Command, color_option
from streamcheck.cli._inputs import STDIN, stdin_bytes
from streamcheck.cli._screen import Screen
from streamcheck.errors import UsageError
from streamcheck.report.json import FORMAT, json_value
from streamcheck.report.lines import Line, labelled


@click.command(
    cls=Command,
    short_help="Say what a provider's error means and what to do.",
    examples=(
        ("""streamcheck explain '{"error":{"code":"1310","message":"..."}}'""", "the body of an answer"),
        ("streamcheck explain --status 429 - < body.json", "a body from a file, with its HTTP status"),
    ),
)
@click.argument("text", metavar="TEXT")
@click.option("--status", type=click.IntRange(100, 599), help="The HTTP status of the answer.")
@click.option("--url", help="The URL that was asked: some codes mean different things at different addresses.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to answer.")
@color_option
def command(text: str, status: int | None, url: str | None, form: str, color: str) -> int:
    """Explain the error of a provider: its class, whether to retry, when, and what a switch of key or model can help.

    TEXT is the body of an answer, one event of a stream, or the line that a client printed; - reads it from stdin.

    Exit codes: 0 a rule knows the error, 1 none does or it is no error, 2 there is nothing to explain.
    """
    body: bytes | str = text
    if text == STDIN:
        body = stdin_bytes().read()
    elif not text.isascii():
        body = os.fsencode(text)  # an argument may hold bytes that are not UTF-8
    if not body.strip() and status is None:
        raise UsageError("there is nothing to explain: the text is empty and no --status is given")
    from streamcheck.refusals import classify_error

    now = datetime.now(UTC)
    error = classify_error(status=status, body=body, url=url, now=now)
    if form == "json":
        import streamcheck

        document = {
            "format": FORMAT,
            "streamcheck": streamcheck.__version__,
            "provider_error": None if error is None else json_value(error.to_dict()),
        }
        click.echo(json.dumps(document, indent=1))
    else:
        screen = Screen(color)
        lines: list[Line] = []
        if error is None:
            lines += labelled("class", "none: no rule reads this as an error", width=screen.width, indent=0)
        else:
            from streamcheck.report.advice import advice

            for label, sentence in advice(error, now=now):
                lines += labelled(label, sentence, width=screen.width, indent=0)
        screen.show(lines)
    return 0 if error is not None and error.error_class != "unknown" else 1
