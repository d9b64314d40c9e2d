"""`streamcheck check`: captures, bodies, folders and streams, judged.

In:   paths, "-" for stdin; what an expect.toml expects of them.
Out:  a report for each on stdout, as text or as one JSON document; 0, 1 or 2.
Rule: what an expect.toml names is judged against that alone, everything else against --fail-on. A path that cannot be used makes the
      exit code 2, and the others are checked all the same.
"""

__all__ = ("command",)

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamcheck.cli._command import (
    Command,
    Options,
    color_option,
    context_in,
    context_option,
    deadline_options,
    dialect_of,
    dialect_option,
)
from streamcheck.cli._inputs import STDIN, Inputs, Job, expectation_home, inputs_of, stdin_bytes
from streamcheck.cli._screen import Screen
from streamcheck.errors import UsageError
from streamcheck.escape import escaped
from streamcheck.expectations import Expectation, Outcome, Result, expectation_from, judge, read_expectations, rewritten
from streamcheck.findings import Finding, Severity
from streamcheck.report.json import json_document
from streamcheck.report.lines import Line, line
from streamcheck.report.place import place_of
from streamcheck.report.text import finding_lines, text_lines
from streamcheck.verdicts import Report, Verdict

if TYPE_CHECKING:
    from streamcheck.cli._examine import Examined

_PROGRESS_FROM = 10  # files; fewer are done before a bar is read
_PASSING = {Result.AS_EXPECTED: "good", Result.KNOWN_FAILURE: "dim"}


@dataclass(frozen=True, slots=True)
class _Checked:
    """One job done. passed: as the expectation or --fail-on has it."""

    job: Job
    report: Report
    about: str | None
    outcome: Outcome | None
    passed: bool


def _document(checked: Sequence[_Checked], problems: Sequence[str]) -> str:
    document = json_document(one.report for one in checked)
    for entry, one in zip(document["reports"], checked, strict=True):
        if one.outcome is not None and one.job.expectation is not None:
            entry["expectation"] = {
                "label": one.job.expectation.label,
                "outcome": one.outcome.result.value,
                "differences": list(one.outcome.differences),
                "remarks": list(one.outcome.remarks),
            }
    if problems:
        document["problems"] = list(problems)
    return json.dumps(document, indent=1) + "\n"


# Formats that are one document, by name: from everything that was checked, and what could not be.
_DOCUMENTS: dict[str, Callable[[Sequence[_Checked], Sequence[str]], str]] = {"json": _document}


@click.command(
    cls=Command,
    short_help="Judge captures, bodies, folders, or a stream on stdin.",
    examples=(
        ("streamcheck check captures/", "every capture and body in a folder, against its expect.toml where there is one"),
        ("curl -N https://... | streamcheck check -", "a stream while it comes; Ctrl-C gives the report so far"),
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@dialect_option
@context_option
@deadline_options
@click.option(
    "--format", "form", type=click.Choice(["text", *_DOCUMENTS]), default="text", show_default=True, help="How to report."
)
@click.option(
    "--fail-on",
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="The lowest verdict that makes the exit code 1; by default anything but clean.",
)
@click.option(
    "--jobs", type=click.IntRange(min=0), default=1, show_default=True, help="Processes to use; 0 takes one for each core."
)
@click.option("-v", "--verbose", is_flag=True, help="Show notes, evidence, times, and every finding.")
@click.option("-q", "--quiet", is_flag=True, help="Show only what fails.")
@color_option
@click.option("--update", is_flag=True, help="Rewrite what is expected to what was found; refuses when CI is set.")
def command(
    paths: tuple[str, ...],
    dialect: str,
    context_path: str | None,
    first_delta_within: float | None,
    stall_after: float | None,
    form: str,
    fail_on: str | None,
    jobs: int,
    verbose: bool,
    quiet: bool,
    color: str,
    update: bool,
) -> int:
    """Check captures, raw bodies (.sse, .ndjson, .eventstream), folders, or - for a stream on stdin.

    A file that an expect.toml beside it or above it names is judged against that: verdict, codes and onset must be the expected ones.

    Exit codes: 0 as expected, and every other verdict below --fail-on; 1 not so; 2 a path could not be used; 130 interrupted.
    """
    if update and os.environ.get("CI"):
        raise UsageError(
            "--update does not run where CI is set: rewrite the expectations on your own machine and look at the difference"
        )
    run = _Run(
        inputs_of(paths),
        Options(dialect_of(dialect), context_in(context_path), first_delta_within, stall_after),
        Verdict(fail_on or Verdict.REFUSED),
        verbose=verbose,
        quiet=quiet,
    )
    screen = Screen(color) if form == "text" else None
    results = run.results(jobs, screen)
    if run.wants_progress(form):
        results = _with_progress(results, len(run.inputs.jobs))
    checked = []
    for one in results:
        if update:
            one = run.updated(one)
        checked.append(one)
        if screen is not None:
            screen.show(run.lines_of(one, screen.width))
    if update:
        run.write_expectations()
    if screen is None:
        click.echo(_DOCUMENTS[form](checked, run.inputs.problems), nl=False)
    elif not quiet and len(checked) > 1:
        screen.show([_summary(checked, len(run.inputs.problems))])
    for problem in (*run.inputs.remarks, *run.inputs.problems):
        click.echo(f"streamcheck check: {escaped(problem, keep=chr(10))}", err=True)
    if run.interrupted:
        return 130
    if run.inputs.problems or not checked:
        return 2
    return 0 if all(one.passed for one in checked) else 1


class _Run:
    """One run of the command: what is known before, and what it gathers."""

    def __init__(self, inputs: Inputs, options: Options, fail_on: Verdict, *, verbose: bool, quiet: bool) -> None:
        self.inputs = inputs
        self.interrupted = False
        self._options = options
        self._fail_on = fail_on
        self._verbose = verbose
        self._quiet = quiet
        self._now = datetime.now(UTC)
        self._rewritten: dict[str, dict[str, Expectation]] = {}

    def wants_progress(self, form: str) -> bool:
        return len(self.inputs.jobs) > _PROGRESS_FROM and not self._quiet and sys.stderr.isatty()

    def results(self, jobs: int, screen: Screen | None) -> Iterator[_Checked]:
        """Yield what comes of each job, in order; what cannot be checked becomes a problem."""
        from streamcheck.cli._examine import examine_all

        files = [job for job in self.inputs.jobs if job.path != STDIN]
        examined = examine_all([job.path for job in files], self._options, jobs)
        for job in self.inputs.jobs:
            found = self._stdin(screen) if job.path == STDIN else next(examined)
            if found.problem is not None:
                self.inputs.problems.append(found.problem)
            if found.report is not None:
                yield self._judged(job, found.report, found.about)
            if found.interrupted:
                self.interrupted = True
                return

    def _stdin(self, screen: Screen | None) -> "Examined":
        from streamcheck.cli._examine import examine_live

        stream = stdin_bytes()
        if stream.isatty():
            click.echo("streamcheck check: reading the stream from the terminal, Ctrl-D ends it", err=True)
        live = sys.stderr.isatty() and screen is not None and not self._quiet
        tell = _tell if live else None
        return examine_live(stream, name="<stdin>", options=self._options, on_finding=tell)

    def _judged(self, job: Job, report: Report, about: str | None) -> _Checked:
        if job.expectation is None:
            return _Checked(job, report, about, None, report.verdict < self._fail_on)
        outcome = judge(report, job.expectation)
        return _Checked(job, report, about, outcome, outcome.passed)

    # ------------------------------------------------------------------ expectations
    def updated(self, one: _Checked) -> _Checked:
        """Return the job judged against the expectation that it gets."""
        if one.job.path == STDIN:
            return one
        old = one.job.expectation
        if old is None:
            file = expectation_home(one.job)
            name = os.path.relpath(os.path.abspath(one.job.path), os.path.dirname(os.path.abspath(file)))
            old = Expectation(name.replace(os.sep, "/"), file)
        new = expectation_from(one.report, old)
        if new is not one.job.expectation:
            self._rewritten.setdefault(new.file, {})[new.name] = new
        return self._judged(replace(one.job, expectation=new), one.report, one.about)

    def write_expectations(self) -> None:
        for file, changes in self._rewritten.items():
            path = Path(file)
            text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
            sections = read_expectations(file) if path.exists() else {}
            added = len(changes.keys() - sections.keys())
            fresh = path.with_name(path.name + ".new")
            fresh.write_text(rewritten(text, {**sections, **changes}), encoding="utf-8", newline="")
            fresh.replace(path)
            click.echo(f"streamcheck check: {file}: {len(changes) - added} rewritten, {added} added", err=True)

    # ------------------------------------------------------------------ text
    def lines_of(self, one: _Checked, width: int | None) -> list[Line]:
        """Return what to print of a result."""
        if one.outcome is None:
            if one.passed and self._quiet:
                return []
            return text_lines(one.report, width=width, verbose=self._verbose, about=one.about, now=self._now)
        lines = [] if one.passed and self._quiet else [_outcome_line(one, one.outcome)]
        if not one.passed or self._verbose:
            for difference in (*one.outcome.differences, *one.outcome.remarks):
                lines.append(line("  - ", escaped(difference)))
            lines += text_lines(one.report, width=width, verbose=self._verbose, about=one.about, now=self._now)
        elif not self._quiet:
            lines += _main_finding_lines(one.report, width)
        return lines


def _main_finding_lines(report: Report, width: int | None) -> list[Line]:
    """Return the heaviest finding of a report in short, [] when nothing is wrong."""
    loud = sorted((f for f in report.findings if f.severity is not Severity.NOTE), key=lambda f: -f.severity.rank)
    return finding_lines(report, loud[0], width=width, quote=False) if loud else []


def _outcome_line(one: _Checked, outcome: Outcome) -> Line:
    expectation = one.job.expectation
    why = expectation.known_failure if expectation is not None and outcome.result is Result.KNOWN_FAILURE else None
    told = [f'"{expectation.label}"'] if expectation is not None and expectation.label else []
    told += [why] if why else []
    return line(
        (outcome.result.value.ljust(13), _PASSING.get(outcome.result, "bad")),
        "  ",
        (one.report.verdict.value.ljust(10), one.report.verdict.value),
        "  ",
        (escaped(one.report.source), "source"),
        (escaped("  " + ": ".join(told)) if told else "", "dim"),
    )


def _tell(finding: Finding) -> None:
    """Say on stderr what a live stream has just shown."""
    if finding.severity is not Severity.NOTE:
        place = place_of(finding)
        sentence = f"{finding.severity.value}: {finding.code}: {finding.message}" + (f" ({place})" if place else "")
        click.echo(escaped(sentence), err=True)


def _summary(checked: Sequence[_Checked], problems: int) -> Line:
    verdicts = Counter(one.report.verdict for one in checked)
    words = [f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict if verdicts[verdict]]
    results = Counter(one.outcome.result for one in checked if one.outcome is not None)
    words += [f"{results[result]} {result.value}" for result in Result if results[result]]
    failed = sum(not one.passed for one in checked)
    text = f"{len(checked)} checked: {', '.join(words)}"
    if problems:
        text += f"; {problems} could not be checked"
    return line((text, "bold"), (f"; {failed} failed" if failed else "", "bad"))


def _with_progress(results: Iterable[_Checked], total: int) -> Iterator[_Checked]:
    """Yield the results when all are there, with a bar on stderr until then: two writers would tear each other's lines."""
    from rich.console import Console
    from rich.progress import track

    options: dict[str, Any] = {"console": Console(stderr=True), "transient": True}
    yield from list(track(results, "checking", total=total, **options))
