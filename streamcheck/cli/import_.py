"""`streamcheck import`: other tools' recordings into captures.

In:   a file or a folder of another tool.
Out:  captures in a folder; one line for each on stdout: its path, what it is, what of the response is left (its fidelity).
Rule: the source is only read. Nothing is overwritten: what was imported before is said to be there. 0 when something was imported or
      listed, 2 when nothing was recognised or something could not be read.
"""

__all__ = ("command",)

import os
from collections.abc import Iterator

import click

from streamcheck.capture.key_shapes import redact_text
from streamcheck.cli._command import Command
from streamcheck.errors import StreamcheckError, UsageError
from streamcheck.escape import escaped
from streamcheck.importers import Imported, Importer, Source, importer_of, importers, write_capture

_EVERY = 200  # captures between two words of progress
_SLOW = 32 * 1024 * 1024  # bytes; reading that much takes a moment. guess


class _ImportCommand(Command):
    """Its help lists the formats; they are looked for when somebody asks."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Formats"):
            formatter.write_dl([(importer.name, importer.meaning) for importer in importers()])


@click.command(
    cls=_ImportCommand,
    short_help="Make captures of other tools' recordings.",
    examples=(
        ("streamcheck import answer.trace -o captures/", "what `curl -N --trace answer.trace --trace-time ...` wrote"),
        (
            "streamcheck import ~/.local/share/opencode --session ses_... -o captures/",
            "what opencode kept of one session",
        ),
    ),
)
@click.argument("path", metavar="PATH")
@click.option("--from", "kind", metavar="NAME", default="auto", help="The format; auto recognises it by the content.")
@click.option("-o", "--output", metavar="DIR", help="The folder to write captures to.")
@click.option("--session", metavar="ID", help="Import only this session of a store.")
@click.option("--list", "listing", is_flag=True, help="Say what would be imported, write nothing.")
@click.option("--keylog", metavar="FILE", help="The TLS key log (SSLKEYLOGFILE) for packets that are encrypted.")
def command(path: str, kind: str, output: str | None, session: str | None, listing: bool, keylog: str | None) -> int:
    """Make captures of what other tools recorded. The source is only read, and secrets are taken out.

    Every capture says how much of the response is left: bytes exact, deframed, reconstructed or none; timing chunk, event, ends or none.
    Exit codes: 0 all imported, 2 nothing was recognised or something could not be read.
    """
    if output is None and not listing:
        raise UsageError("name the folder to write to with -o, or look first with --list")
    if not os.path.exists(path):
        raise UsageError(f"{path}: no such file or folder")
    if output is not None and os.path.exists(output) and not os.path.isdir(output):
        raise UsageError(f"{output} is a file: name a folder to write to")
    problems: list[str] = []
    count = 0
    for source, importer in _sources(path, kind, session, keylog, problems):
        _announce(source)
        try:
            for imported in importer.import_from(source):
                count += 1
                click.echo(escaped(_line(imported, source, None if listing else output)))
                for remark in imported.remarks:
                    _say(f"{imported.name}: {remark}")
                if count % _EVERY == 0:
                    _say(f"{count} responses so far")
        except StreamcheckError as error:
            problems.append(str(error))
        for remark in source.remarks:
            _say(f"{source.path}: {remark}")
    if not count and not problems:
        problems.append(f"{path}: nothing to import in it" + (f" for session {session!r}" if session else ""))
    for problem in problems:
        _say(problem)
    return 2 if problems else 0


def _sources(
    path: str, kind: str, session: str | None, keylog: str | None, problems: list[str]
) -> Iterator[tuple[Source, Importer]]:
    """Yield the path with who can read it, or of a folder that nobody knows as a whole the files that somebody does."""
    source = Source(path, session=session, keylog=keylog)
    importer = importer_of(source, "auto" if source.is_folder and kind != "opencode" else kind)
    if importer is not None and kind in ("auto", importer.name):
        yield source, importer
        return
    found = False
    for file in _files_below(path) if source.is_folder else ():
        inner = Source(file, session=session, keylog=keylog)
        try:
            one = importer_of(inner)
        except StreamcheckError:  # a capture, or a file that cannot be read
            continue
        if one is not None and kind in ("auto", one.name):
            found = True
            yield inner, one
    if not found:
        tried = ", ".join(importer.name for importer in importers()) if kind == "auto" else kind
        problems.append(f"{path}: no format recognised; tried {tried}" + ("; name one with --from" if kind == "auto" else ""))


def _files_below(folder: str) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (os.path.join(where, name) for name in sorted(names))


def _line(imported: Imported, source: Source, folder: str | None) -> str:
    """Return what is said of one response, after it was written to `folder`."""
    if folder is None:
        session = imported.about.get("session")
        where = f" of {session}" if session else ""
        return f"{imported}{where} ({imported.fidelity})"
    path, new = write_capture(imported, folder, modified=source.modified)
    return f"{path}: {imported} ({imported.fidelity}){'' if new else ', there already'}"


def _announce(source: Source) -> None:
    if not source.is_folder and os.path.getsize(source.path) > _SLOW:
        _say(f"{source.path}: reading {os.path.getsize(source.path) // 1_000_000} MB")


def _say(sentence: str) -> None:
    click.echo(f"streamcheck import: {escaped(redact_text(sentence))}", err=True)  # a remark may quote the source
