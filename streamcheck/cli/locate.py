"""`streamcheck locate`: where a response was broken.

In:   HOP=PATH, nearest the model first.
Out:  between which hops, what it was, and how sure that is, as text or JSON on stdout; 0, 1 or 2.
Rule: sources are only read. With --readers, what other clients would have made of the last hop of the response that
      has bytes: a client reads at its borders. With large files and a terminal, each step is told on stderr.
"""

__all__ = ("command",)

import json
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from streamcheck.cli._command import Command, color_option
from streamcheck.cli._screen import Screen
from streamcheck.errors import StreamcheckError, UsageError
from streamcheck.escape import escaped
from streamcheck.report.lines import Line, labelled, line, wrapped

if TYPE_CHECKING:
    from streamcheck.hops.location import Location


_LARGE = 16 * 1024 * 1024  # bytes from which on the steps are told: some three seconds


@click.command(
    cls=Command,
    short_help="Say where a response was broken, from recordings at several places.",
    examples=(
        (
            "streamcheck locate before=a.capture.jsonl after=b.capture.jsonl",
            "two recordings of one response, nearest the model first",
        ),
        (
            "streamcheck locate wire=a.capture.jsonl storage=session.capture.jsonl",
            "what came over the wire and what a client kept",
        ),
        (
            "streamcheck locate --readers wire=a.capture.jsonl screen=copied.txt",
            "a text copied from a screen, and what other readers would have shown",
        ),
    ),
)
@click.argument("hops", nargs=-1, required=True, metavar="HOP=PATH...")
@click.option("--readers", is_flag=True, help="Also say what other readers would have made of the same bytes.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to report.")
@color_option
def command(hops: tuple[str, ...], readers: bool, form: str, color: str) -> int:
    """Compare recordings of one response at several places, nearest the model first: captures, raw bodies, or a .txt of one channel.

    Exit codes: 0 nothing is wrong at any hop; 1 something is; 2 a hop could not be used.
    """
    from streamcheck.hops.locating import locate

    pairs = [_pair(hop) for hop in hops]
    location = locate(pairs, progress=_tell if _is_long(pairs) else None)
    told = _differences(pairs, location) if readers else _Told({}, [])
    if form == "json":
        click.echo(json.dumps(location.to_dict() | told.document, indent=1))
    else:
        screen = Screen(color)
        screen.show(_lines(location, screen.width))
        room = None if screen.width is None else screen.width - 2
        screen.show([line("  ", row) for sentence in told.sentences for row in wrapped(sentence, room)])
    return 0 if location.between is None else 1


def _pair(hop: str) -> tuple[str, str]:
    name, equals, path = hop.partition("=")
    if not equals or not name or not path:
        raise UsageError(f"a hop is NAME=PATH, for instance wire=answer.capture.jsonl, not {hop[:80]!r}")
    return name, path


def _is_long(pairs: list[tuple[str, str]]) -> bool:
    """Whether somebody waits at a terminal, and for long."""
    return sys.stderr.isatty() and sum(os.path.getsize(path) for _, path in pairs if os.path.isfile(path)) > _LARGE


def _tell(step: str) -> None:
    click.echo(escaped(f"{step} ..."), err=True)


class _Told(NamedTuple):
    """What --readers adds. document: to the JSON."""

    document: dict[str, object]
    sentences: list[str]


def _differences(pairs: list[tuple[str, str]], location: "Location") -> _Told:
    """Return what readers would lose or change of the last hop that has bytes, who agrees, and who is not installed."""
    from streamcheck.reference_readers.compare import compared_readers

    for name, path in _last_first(pairs, location):
        try:
            found = compared_readers(path)
        except StreamcheckError:  # text alone, or no capture
            continue
        sentences = [f"{name}, {difference.message}" for difference in found.differences]
        return _Told(
            {
                "readers": [difference.to_dict() for difference in found.differences],
                "readers_agreeing": list(found.agreeing),
                "readers_missing": list(found.missing),
            },
            [*sentences, f"{name}: {found.agreement}"],
        )
    none = "no hop is a capture with bytes: there is nothing that other readers could read"
    return _Told({"readers": [], "readers_agreeing": [], "readers_missing": []}, [none])


def _last_first(pairs: list[tuple[str, str]], location: "Location") -> list[tuple[str, str]]:
    """Return the hops of the response, the one nearest its reader first; then the others, for they may be other responses."""
    compared = {one.hop for one in location.hops if one.same_as_previous is not None}
    return [*(pair for pair in reversed(pairs) if pair[0] in compared), *(pair for pair in pairs if pair[0] not in compared)]


def _lines(location: "Location", width: int | None) -> list[Line]:
    rows = []
    for one in location.hops:
        same = {True: "the same as before", False: "differs", None: ""}[one.same_as_previous]
        verdict = one.verdict.value
        rows.append(line((verdict.ljust(10), verdict), "  ", (escaped(one.hop), "source"), (f"  {same}" if same else "", "dim")))
    if location.between is None:
        where = "nothing is wrong at any hop"
    elif location.between[0] is None:
        where = f"upstream of {location.between[1]}, the tap nearest the model"
    else:
        where = f"between {location.between[0]} and {location.between[1]}"
    rows += labelled("where", where, width=width)
    if location.between is not None:
        rows += labelled("fault", f"{location.fault or 'no model fits'} ({location.proof})", width=width)
    if location.origin is not None:
        rows += labelled(
            "origin", f"{location.origin.layer}, {location.origin.confidence}: {location.origin.because}", width=width
        )
    place = _place(location)
    if place:
        rows += labelled("first", place, width=width)
    return rows + labelled("because", location.explanation, width=width)


def _place(location: "Location") -> str:
    first = location.first
    words = [f"bytes {first.bytes[0]}-{first.bytes[1]}"] if first.bytes else []
    words += [f"event {first.event}"] if first.event is not None else []
    if first.chars is not None and first.channel is not None:
        words.append(f"choice {first.choice} {first.channel} characters {first.chars[0]}-{first.chars[1]}")
    return ", ".join(words)
