"""`streamcheck redact`: copies of captures and bodies without the secrets in them.

In:   files and folders.
Out:  a file, or files below a folder; one line for each on stdout that says what was replaced.
Rule: nothing is ever overwritten, the source least of all. In bodies every replacement has the length of what it replaces, so that the
      offsets of findings stay true.
"""

__all__ = ("command",)

import os
from collections import Counter

import click

from streamcheck.cli._command import Command
from streamcheck.cli._inputs import stream_files
from streamcheck.errors import StreamcheckError, UsageError
from streamcheck.escape import escaped


@click.command(
    cls=Command,
    short_help="Copy captures without the secrets in them.",
    examples=(
        ("streamcheck redact bad.capture.jsonl -o shareable.capture.jsonl", "one capture, to attach to a report"),
        ("streamcheck redact captures/ -o shareable/", "every capture and body in a folder"),
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o", "--output", required=True, metavar="OUT", help="The new file; for several files or a folder, the folder to write to."
)
def command(paths: tuple[str, ...], output: str) -> int:
    """Write captures and bodies without secrets: keys, tokens, cookies, and headers that are not known to be harmless.

    Exit codes: 0 all written, 2 something could not be.
    """
    problems: list[str] = []
    pairs = _pairs(paths, output, problems)
    for source, target in pairs:
        try:
            told = _redacted(source, target)
        except (StreamcheckError, OSError) as error:
            problems.append(_sentence(source, error))
        else:
            click.echo(escaped(told))
    for problem in problems:
        click.echo(f"streamcheck redact: {escaped(problem, keep=chr(10))}", err=True)
    return 2 if problems or not pairs else 0


def _pairs(paths: tuple[str, ...], output: str, problems: list[str]) -> list[tuple[str, str]]:
    """Return (source, target) for every file. Below a folder the files keep their places."""
    into_folder = len(paths) > 1 or os.path.isdir(paths[0]) or os.path.isdir(output) or output.endswith(os.sep)
    if into_folder and os.path.exists(output) and not os.path.isdir(output):
        raise UsageError(f"{output} is a file: several files need a folder to be written to")
    pairs: list[tuple[str, str]] = []
    for path in paths:
        if os.path.isdir(path):
            before = len(problems)
            found, _ = stream_files(path, problems)
            if not found and len(problems) == before:
                problems.append(f"{path}: no captures or bodies in it")
            pairs += [(file, os.path.join(output, os.path.relpath(file, path))) for file in found]
        elif os.path.exists(path):
            pairs.append((path, os.path.join(output, os.path.basename(path)) if into_folder else output))
        else:
            problems.append(f"{path}: no such file or folder")
    return pairs


def _redacted(source: str, target: str) -> str:
    from streamcheck.capture.redact import redact_capture

    kinds = _kinds_in(source)
    if os.path.dirname(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
    changed = redact_capture(source, target)
    if not changed:
        return f"{target}: no secrets found, copied as it is"
    found = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    total = sum(kinds.values())
    if not total:
        return f"{target}: headers that are not known to be harmless were replaced"
    return f"{target}: {total} secret{'' if total == 1 else 's'} replaced ({found})"


def _kinds_in(source: str) -> Counter[str]:
    """Return how many secrets of which kind a file holds."""
    from streamcheck.capture.key_shapes import find_secrets
    from streamcheck.capture.reader import CaptureReader, is_capture, plain_bytes
    from streamcheck.capture.redact import secret_findings

    data = plain_bytes(source)
    if not is_capture(data):
        return Counter(secret.rule for secret in find_secrets(data))
    kinds: Counter[str] = Counter()
    for finding in secret_findings(CaptureReader(data, name=source).read()):
        evidence = finding.evidence
        header = evidence.get("header")
        kinds[f"header {header}" if header else "url" if evidence.get("url") else str(evidence.get("rule", "other"))] += 1
    return kinds


def _sentence(source: str, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or source}: {error.strerror or error}"
    return str(error)
