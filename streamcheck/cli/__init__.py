"""The command line: `streamcheck COMMAND ...`.

In:   arguments; a command is a file in this folder that holds `command`, loaded when it is asked for.
Out:  results on stdout, all else on stderr, and the exit code.
Rule: 0 all is as it should be, 1 it is not, 2 the work could not be done, 130 interrupted. An error is one sentence that says where and
      what to do, never a traceback (STREAMCHECK_DEBUG=1 shows it). A reader that closes the pipe early is no error worth a word.
"""

__all__ = ("main",)

import os
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NoReturn, TextIO

import click

import streamcheck
from streamcheck.cli._command import with_examples
from streamcheck.errors import StreamcheckError, near_names
from streamcheck.escape import escaped

INTERRUPTED = 130  # what shells give for SIGINT
PIPE_CLOSED = 141  # what shells give for SIGPIPE

_ORDER = ("check", "show", "record", "replay", "locate", "inject", "minimize", "import", "redact", "explain", "rules")

_EXAMPLES = (
    ("streamcheck check captures/", "check every capture in a folder"),
    ("curl -N https://... | streamcheck check -", "check a stream while it comes"),
)


class _Commands(click.Group):
    """The commands by the names of their files; importing one waits until it is used. Also the one place where errors end."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = [module.name.rstrip("_") for module in iter_modules(__path__) if not module.name.startswith("_")]
        return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            raise click.UsageError(f"unknown command {name!r}{near_names(name, self.list_commands(ctx))}", ctx)
        module = name + "_" if name in ("import",) else name  # a file cannot have a keyword's name
        command: click.Command = import_module(f"{__name__}.{module}").command
        return command

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with_examples(_EXAMPLES, formatter)
        super().format_help(ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            _let_go_of(sys.stdout)
            return PIPE_CLOSED
        except KeyboardInterrupt:
            return _say("interrupted", INTERRUPTED)
        except StreamcheckError as error:
            return _say(str(error), 2)
        except OSError as error:
            return _say(sentence_of(error), 2)

    def main(self, args: Any = None, prog_name: str | None = None, *rest: Any, **extra: Any) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            _never_fail_to_encode(stream)
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "streamcheck", *rest, **extra)
        except click.exceptions.Abort:
            code = _say("interrupted", INTERRUPTED)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx is not None else "streamcheck"
            code = _say(f"{_lower_first(error.format_message()).rstrip('.')} (see '{command} -h')", 2, command)
        except click.ClickException as error:
            code = _say(_lower_first(error.format_message()), 2)
        except Exception as error:
            if os.environ.get("STREAMCHECK_DEBUG"):
                raise
            what = f"{type(error).__name__}: {error}"[:300]
            code = _say(f"internal error: {what}; this is a defect of streamcheck, STREAMCHECK_DEBUG=1 shows where", 2)
        sys.exit(code if isinstance(code, int) else 0)


def sentence_of(error: OSError) -> str:
    """Return "path: what is wrong with it"."""
    reason = _lower_first(error.strerror or str(error))
    return f"{os.fsdecode(error.filename)}: {reason}" if isinstance(error.filename, str | bytes) else reason


def _say(sentence: str, code: int, command: str = "streamcheck") -> int:
    try:
        click.echo(f"{command}: {escaped(sentence.rstrip('.'), keep=chr(10))}", err=True)
    except OSError:  # stderr is gone too: the exit code says it all
        pass
    return code


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _never_fail_to_encode(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _let_go_of(stream: TextIO) -> None:
    """Point a closed pipe's descriptor elsewhere, or the interpreter complains when it flushes at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass


@click.group(
    "streamcheck",
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(streamcheck.__version__, prog_name="streamcheck", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> int | None:
    """Proves or clears each layer of a streamed LLM answer, and says who broke it, where, and how sure that is.

    Exit codes: 0 all is as it should be, 1 it is not, 2 the work could not be done, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)
    return None
