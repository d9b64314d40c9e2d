"""The reassembled message, with the findings marked in it.

In:   a Report; the finding at which the text stops being language, where there is one.
Out:  lines: a heading for every channel, its text with numbered marks, and a legend.
Rule: the text is shown as it is, only escaped; every row of it stands behind a bar, so that no text can pass for a heading. A mark
      opens and closes with its number (ranges may overlap), and is spelt in ASCII where the terminal has nothing better.
"""

__all__ = ("Spoken", "marked_lines", "marked_message", "spoken_in")

from collections.abc import Iterable
from typing import NamedTuple

from streamcheck.escape import escaped
from streamcheck.findings import Finding
from streamcheck.messages import Message
from streamcheck.report.lines import Line, Piece, line, plain
from streamcheck.report.text import finding_lines
from streamcheck.verdicts import Report

_SIGNS = ("│ ", "⟦{}:", ":{}⟧", "⟦{}⟧", "──")
_ASCII_SIGNS = ("| ", "[[{}:", ":{}]]", "[[{}]]", "--")


class Spoken(NamedTuple):
    """The text of one channel. segment: which response of the body, 0 where there is only one. about: what a heading adds."""

    segment: int
    choice: int
    channel: str
    text: str
    about: str = ""


def spoken_in(report: Report) -> list[Spoken]:
    """Return the text of every channel that said something, in the order of responses, choices and channels."""
    found: list[Spoken] = []
    for number, message in enumerate(report.segments or (report.message,)):
        found += _spoken_in(message, number)
    return found


def _spoken_in(message: Message, number: int) -> Iterable[Spoken]:
    for choice in message.choices:
        for channel, text in (("reasoning", choice.reasoning), ("content", choice.content), ("refusal", choice.refusal)):
            if text:
                yield Spoken(number, choice.index, channel, text)
        for tool in choice.tool_calls:
            about = f"call of {tool.name or '(no name)'}" + (f", id {tool.id}" if tool.id else "")
            yield Spoken(number, choice.index, f"tool:{tool.index}", tool.arguments, about)


def marked_message(
    report: Report,
    *,
    onset: Finding | None = None,
    choice: int | None = None,
    channel: str | None = None,
    ascii_only: bool = False,
    width: int | None = None,
) -> str:
    """Return the marked message as plain text that ends in LF; see marked_lines()."""
    return plain(marked_lines(report, onset=onset, choice=choice, channel=channel, ascii_only=ascii_only, width=width))


def marked_lines(
    report: Report,
    *,
    onset: Finding | None = None,
    choice: int | None = None,
    channel: str | None = None,
    ascii_only: bool = False,
    width: int | None = None,
) -> list[Line]:
    """Return the message as lines.

    onset:           the finding at whose first character the text stops being language.
    choice, channel: only this one; None takes all.
    width:           columns for the legend; the text itself is never re-wrapped.
    """
    signs = _ASCII_SIGNS if ascii_only else _SIGNS
    lines: list[Line] = []
    numbers = {id(finding): number for number, finding in enumerate((f for f in report.findings if f.chars is not None), 1)}
    legend: list[Finding] = []
    all_spoken = spoken_in(report)
    for spoken in all_spoken:
        if (choice is not None and spoken.choice != choice) or (channel is not None and spoken.channel != channel):
            continue
        found = [f for f in report.findings if f.chars is not None and _stands_in(f, spoken)]
        legend += found
        lines += [
            _heading(spoken, signs, several=len(report.segments) > 1),
            *_marked_text(spoken, found, numbers, onset, signs),
            (),
        ]
    if not lines:
        lines += [line("(the response says nothing)"), ()]
    for finding in legend:
        lines += _numbered(f"{numbers[id(finding)]}", report, finding, width)
    elsewhere = [f for f in report.findings if f.chars is None or not any(_stands_in(f, spoken) for spoken in all_spoken)]
    if elsewhere:
        lines += [line(("findings that are not in the text:", "label"))]
        for finding in elsewhere:
            lines += finding_lines(report, finding, width=width)
    return lines


def _stands_in(finding: Finding, spoken: Spoken) -> bool:
    here = (finding.evidence.get("segment", 0), finding.choice or 0, finding.channel)
    return here == (spoken.segment, spoken.choice, spoken.channel)


def _heading(spoken: Spoken, signs: tuple[str, ...], *, several: bool) -> Line:
    words = [f"response {spoken.segment + 1}"] if several else []
    words += [
        f"choice {spoken.choice}",
        escaped(spoken.channel),
        f"{len(spoken.text)} character{'' if len(spoken.text) == 1 else 's'}",
    ]
    about = f": {escaped(spoken.about)}" if spoken.about else ""
    return line((f"{signs[4]} {', '.join(words)}{about}", "label"))


def _marked_text(
    spoken: Spoken, found: list[Finding], numbers: dict[int, int], onset: Finding | None, signs: tuple[str, ...]
) -> list[Line]:
    bar, opens, closes, point, rule = signs
    text = spoken.text
    # (position, order at one position, what to put there); ends come before beginnings, and the onset's rule between them.
    marks: list[tuple[int, int, str, str]] = []
    begin = None
    for finding in found:
        assert finding.chars is not None
        number = numbers[id(finding)]
        start, end = (min(max(at, 0), len(text)) for at in finding.chars)
        style = finding.severity.value
        if start >= end:
            marks.append((start, 2, point.format(number), style))
        else:
            marks += [(start, 2, opens.format(number), style), (end, 0, closes.format(number), style)]
        if finding is onset:
            begin = start
            words = f"from here on this is no language: character {finding.chars[0]}, {escaped(finding.code)}"
            marks.append((start, 1, f"\n{rule} {words} {rule}\n", "onset"))
    marks.sort(key=lambda mark: mark[:2])
    rows: list[Line] = []
    row: list[Piece] = [Piece(bar, "dim")]
    at = 0
    for position, order, sign, style in [*marks, (len(text), 3, "", "")]:
        if position > at:
            base = "gone" if begin is not None and at >= begin else ""
            first, *others = escaped(text[at:position], keep="\n\t").split("\n")
            row.append(Piece(first, base))
            for other in others:
                rows.append(tuple(row))
                row = [Piece(bar, "dim"), Piece(other, base)]
            at = position
        if order == 1:
            if any(piece.text for piece in row[1:]):
                rows.append(tuple(row))
            rows.append(line((sign.strip("\n"), style)))
            row = [Piece(bar, "dim")]
        elif sign:
            row.append(Piece(sign, style))
    rows.append(tuple(row))
    return rows


def _numbered(number: str, report: Report, finding: Finding, width: int | None) -> list[Line]:
    first, *others = finding_lines(report, finding, width=width, quote=False)
    return [line((number.rjust(3) + " ", "mark"), *first[1:]), *others]
