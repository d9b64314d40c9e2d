"""A report for people, read at three in the morning.

In:   a Report; the columns of the screen, if there is one.
Out:  lines: the verdict first, then who is answerable, what to do, and the findings, errors before warnings.
Rule: a clean stream takes one line. Notes are counted, and shown on request. Of many findings of one code the first few are
      shown and the rest is counted, unless all are asked for. Nothing from the stream is printed unescaped.
"""

__all__ = ("finding_lines", "text_lines", "text_report")

import json
from collections import Counter
from datetime import datetime

from streamcheck.escape import escaped
from streamcheck.findings import Finding, Severity
from streamcheck.report.advice import advice, span_of_time
from streamcheck.report.json import json_value
from streamcheck.report.lines import Line, labelled, line, plain, shortened, wrapped
from streamcheck.report.place import excerpt_of, place_of
from streamcheck.verdicts import Report, Timing

_MAX_PER_CODE = 3  # findings of one code that are shown without --verbose. guess: what still fits one screen
_EXCERPT = 100  # characters of a quotation, where the width is not known
_VERDICT_COLUMNS = 10  # "incomplete", "degenerate"
_INDENT = 12  # as wide as the labels of lines.py


def text_report(report: Report, *, width: int | None = None, verbose: bool = False) -> str:
    """Return the report as plain text that ends in LF. width: columns to wrap at; None keeps every sentence on one line."""
    return plain(text_lines(report, width=width, verbose=verbose))


def text_lines(
    report: Report,
    *,
    width: int | None = None,
    verbose: bool = False,
    about: str | None = None,
    now: datetime | None = None,
) -> list[Line]:
    """Return the report as lines.

    verbose: notes too, every finding of every code, evidence, times.
    about:   a sentence on the recording (its URL, when it was made).
    now:     aware; tells how far away a provider's reset is. None leaves that out.
    """
    lines = [_headline(report)]
    if report.ok and not verbose:
        return lines
    if about:
        lines += labelled("recorded", about, width=width)
    lines += _facts(report, width=width, verbose=verbose)
    if report.provider_error is not None:
        for label, sentence in advice(report.provider_error, now=now):
            lines += labelled(label, sentence, width=width)
    return lines + _findings(report, width=width, verbose=verbose)


def _headline(report: Report) -> Line:
    counts = [_count(report.counts.get(what, 0), what) for what in ("bytes", "events", "chars")]
    notes = sum(f.severity is Severity.NOTE for f in report.findings)
    if report.ok and notes:
        counts.append(_count(notes, "notes"))
    verdict = report.verdict.value
    dialect = escaped(report.dialect)
    return line(
        (verdict.ljust(_VERDICT_COLUMNS), verdict),
        "  ",
        (escaped(report.source), "source"),
        (f"  {dialect}, {', '.join(counts)}", "dim"),
    )


def _count(number: int, what: str) -> str:
    word = {"chars": "characters"}.get(what, what)
    return f"{number} {word[:-1] if number == 1 else word}"


def _facts(report: Report, *, width: int | None, verbose: bool) -> list[Line]:
    lines: list[Line] = []
    if len(report.segments) > 1:
        lines += labelled("holds", f"{len(report.segments)} responses in one body", width=width)
    message = report.message
    said = [f"model {message.model}"] if message.model else []
    said += [
        f"choice {choice.index} finished with {choice.finish_reason!r}"
        for choice in message.choices
        if choice.finish_reason is not None
    ]
    if said:
        lines += labelled("message", ", ".join(said), width=width)
    if report.origin is not None:
        origin = report.origin
        lines += labelled("origin", f"{origin.layer}, {origin.confidence}: {origin.because}", width=width)
    if verbose and report.timing is not None:
        lines += labelled("times", _times(report.timing), width=width)
    return lines


def _times(timing: Timing) -> str:
    named = (
        ("first byte", timing.first_byte_s),
        ("first text", timing.first_delta_s),
        ("longest gap", timing.longest_gap_s),
        ("whole", timing.duration_s),
    )
    return ", ".join(f"{name} {span_of_time(seconds)}" for name, seconds in named if seconds is not None)


# ---------------------------------------------------------------------- findings
def _findings(report: Report, *, width: int | None, verbose: bool) -> list[Line]:
    wanted = [f for f in report.findings if verbose or f.severity is not Severity.NOTE]
    wanted.sort(key=lambda f: -f.severity.rank)  # sorting is stable: within a severity the stream's order stays
    lines: list[Line] = []
    shown: Counter[tuple[str, Severity]] = Counter()
    total = Counter((f.code, f.severity) for f in wanted)
    for finding in wanted:
        kind = (finding.code, finding.severity)
        shown[kind] += 1
        if not verbose and shown[kind] > _MAX_PER_CODE:
            if shown[kind] == total[kind]:
                rest = total[kind] - _MAX_PER_CODE
                lines.append(line(" " * _INDENT, (f"... and {rest} more {escaped(finding.code)}: --verbose shows them", "dim")))
            continue
        lines += finding_lines(report, finding, width=width, verbose=verbose)
    notes = sum(f.severity is Severity.NOTE for f in report.findings)
    if notes and not verbose:
        lines.append(line(("  " + _count(notes, "notes") + ": --verbose shows " + ("it" if notes == 1 else "them"), "dim")))
    return lines


def finding_lines(
    report: Report, finding: Finding, *, width: int | None = None, verbose: bool = False, quote: bool = True
) -> list[Line]:
    """Return one finding: severity, code and place; the sentence; what the stream says there, unless `quote` is False."""
    severity = finding.severity.value
    place = escaped(place_of(finding))
    lines = [
        line(
            "  ", (severity.ljust(_INDENT - 2), severity), (escaped(finding.code), "code"), (f"  {place}" if place else "", "dim")
        )
    ]
    lines += _indented(finding.message, width)
    more = finding.evidence.get("more")
    if isinstance(more, int):
        lines += _indented(f"{more} more of this code were counted and not kept", width)
    excerpt = excerpt_of(report, finding) if quote else None
    if excerpt is not None:
        room = _EXCERPT if width is None else max(20, width - _INDENT - 2)
        lines.append(line(" " * _INDENT, ("| ", "dim"), (shortened(excerpt, room), "excerpt")))
    if verbose and finding.evidence:
        evidence = json.dumps(json_value(finding.evidence), ensure_ascii=False)
        lines.append(line(" " * _INDENT, ("evidence ", "dim"), (shortened(evidence, 2000), "dim")))
    return lines


def _indented(sentence: str, width: int | None) -> list[Line]:
    return [line(" " * _INDENT, row) for row in wrapped(sentence, None if width is None else width - _INDENT)]
