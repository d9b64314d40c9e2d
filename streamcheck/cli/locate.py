"""`streamcheck locate`: where a response was broken.

In:   HOP=PATH, nearest the model first.
Out:  between which hops, what it was, and how sure that is, as text or JSON on stdout; 0, 1 or 2.
Rule: sources are only read. With --readers, what other clients would have made of the nearest hop that has bytes.
"""

__all__ = ("command",)

import json
from typing import TYPE_CHECKING

import click

from streamcheck.cli._command import Command, color_option
from streamcheck.cli._screen import Screen
from streamcheck.errors import StreamcheckError, UsageError
from streamcheck.escape import escaped
from streamcheck.report.lines import Line, labelled, line

if TYPE_CHECKING:
    from streamcheck.hops.location import Location


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
    location = locate(pairs)
    differences = _differences(pairs) if readers else []
    if form == "json":
        document = location.to_dict() | ({"readers": [difference for difference, _ in differences]} if readers else {})
        click.echo(json.dumps(document, indent=1))
    else:
        screen = Screen(color)
        screen.show(_lines(location, screen.width))
        screen.show([line("  ", escaped(message)) for _, message in differences])
    return 0 if location.between is None else 1


def _pair(hop: str) -> tuple[str, str]:
    name, equals, path = hop.partition("=")
    if not equals or not name or not path:
        raise UsageError(f"a hop is NAME=PATH, for instance wire=answer.capture.jsonl, not {hop[:80]!r}")
    return name, path


def _differences(pairs: list[tuple[str, str]]) -> list[tuple[dict[str, object], str]]:
    """Return what readers would lose or change of the first hop that has bytes, as (JSON, sentence)."""
    from streamcheck.reference_readers.compare import reader_differences

    for name, path in pairs:
        try:
            return [(found.to_dict(), f"{name}, {found.message}") for found in reader_differences(path)]
        except StreamcheckError:  # text alone, or no capture
            continue
    return []


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
