"""What all commands share: help that begins with examples, and the options that many have.

In:   click.
Out:  Command, and decorators for options.
Rule: help shows two examples before anything else; long flags are spelt out.
"""

__all__ = (
    "Command",
    "Options",
    "color_option",
    "context_in",
    "context_option",
    "deadline_options",
    "dialect_of",
    "dialect_option",
    "with_examples",
)

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import click

from streamcheck.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])

color_option: Callable[[_Function], _Function] = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to colour; auto obeys NO_COLOR, FORCE_COLOR and TERM=dumb.",
)
dialect_option: Callable[[_Function], _Function] = click.option(
    "--dialect", metavar="NAME", default="auto", help="Take the streams as this dialect; auto recognises it."
)


context_option: Callable[[_Function], _Function] = click.option(
    "--context",
    "context_path",
    metavar="FILE",
    help="What was said before the answer, prompt and earlier turns, as text: its scripts and languages surprise nobody then.",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What every file is checked with; see Checker."""

    dialect: str = "auto"
    context: str = ""
    first_delta_within: float | None = None
    stall_after: float | None = None

    def keywords(self) -> dict[str, Any]:
        return asdict(self)


def deadline_options(function: _Function) -> _Function:
    """Add the deadlines on payload silence, None by default."""
    seconds = click.FloatRange(min=0, min_open=True)
    stall = "No silence may be longer; comments and pings do not end one. Needs a capture's times, or a live stream."
    function = click.option("--stall-after", metavar="SECONDS", type=seconds, help=stall)(function)
    first = (
        "The first text must have come within so many seconds of the request; until then this counts instead of --stall-after."
    )
    return click.option("--first-delta-within", metavar="SECONDS", type=seconds, help=first)(function)


def context_in(path: str | None) -> str:
    """Return the text of a --context file; "" without one. Raises UsageError when it cannot be read."""
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"--context {path}: cannot be read: {error.strerror or error}") from None


def dialect_of(name: str) -> str:
    """Return `name` when it is a dialect's, "auto" or "unknown". Raises UsageError that names the nearest."""
    if name not in ("auto", "unknown"):
        from streamcheck.dialects import dialect_named

        dialect_named(name)
    return name


def with_examples(examples: Sequence[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    """Write the examples (command line, what it does) at the top of a help text."""
    with formatter.section("Examples"):
        for command, meaning in examples:
            formatter.write_text(command)
            with formatter.indentation():
                formatter.write_text(meaning)
    formatter.write_paragraph()


class Command(click.Command):
    """A command whose help begins with examples: pairs of a command line and what it does."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with_examples(self.examples, formatter)
        super().format_help(ctx, formatter)
