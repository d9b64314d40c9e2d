"""`streamcheck rules`: every code that a finding can have.

In:   the table in codes.py; a stage or a code to narrow it.
Out:  code, usual severity, the verdict that an error of it gives, meaning, and where the rule is from.
Rule: what is printed is the table itself, so that it cannot drift from what the checks do.
"""

__all__ = ("command",)

import json
from itertools import groupby

import click

from streamcheck.cli._command import Command, color_option
from streamcheck.cli._screen import Screen
from streamcheck.codes import CODES, Code
from streamcheck.errors import UsageError, near_names
from streamcheck.report.json import FORMAT
from streamcheck.report.lines import Line, line, wrapped


@click.command(
    cls=Command,
    short_help="List every code with its meaning.",
    examples=(
        ("streamcheck rules text", "the codes of one stage"),
        ("streamcheck rules --format json", "all codes, for programs"),
    ),
)
@click.argument("stage", required=False, metavar="[STAGE]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to list.")
@color_option
def command(stage: str | None, form: str, color: str) -> int:
    """List every code with its meaning, its usual severity, the verdict that an error of it gives, and its source.

    STAGE is capture, http, utf8, sse, json, order, text, time, provider ..., or one whole code.
    """
    codes = [code for code in CODES.values() if stage in (None, code.name, _stage(code))]
    if stage is not None and not codes:
        raise UsageError(f"no rule is of stage {stage!r}{near_names(stage, {_stage(code) for code in CODES.values()})}")
    if form == "json":
        import streamcheck

        rules = [
            {"code": c.name, "severity": c.severity, "verdict": c.weight, "meaning": c.meaning, "source": c.source} for c in codes
        ]
        click.echo(json.dumps({"format": FORMAT, "streamcheck": streamcheck.__version__, "rules": rules}, indent=1))
        return 0
    screen = Screen(color)
    screen.show(_lines(codes, screen.width))
    return 0


def _stage(code: Code) -> str:
    return code.name.partition("/")[0]


def _lines(codes: list[Code], width: int | None) -> list[Line]:
    lines: list[Line] = []
    longest = max(len(code.name) for code in codes)
    for stage, group in groupby(codes, _stage):
        if lines:
            lines.append(())
        lines.append(line((f"{stage}: usual severity, and the verdict that an error gives", "label")))
        for code in group:
            lines.append(
                line(
                    "  ",
                    (code.name.ljust(longest), "code"),
                    "  ",
                    (code.severity.ljust(7), code.severity),
                    "  ",
                    (code.weight, code.weight),
                )
            )
            lines += [line("      ", row) for row in wrapped(code.meaning, None if width is None else width - 6)]
            lines.append(line("      ", (f"source: {code.source}", "dim")))
    return lines
