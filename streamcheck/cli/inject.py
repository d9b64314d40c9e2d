"""`streamcheck inject`: a clean capture made faulty, with the exact truth about it.

In:   the name of a fault class (or of two, joined by "+"), a capture.
Out:  a new capture; the truth as JSON on stdout. With --list the classes with their meanings.
Rule: nothing is ever written over. A fault of a reader or a store gives the capture of the hop downstream, which only has text;
      --upstream writes the one before it too.
"""

__all__ = ("command",)

import json
import os
from typing import TYPE_CHECKING, Any

import click

from streamcheck.cli._command import Command, color_option
from streamcheck.cli._screen import Screen
from streamcheck.errors import UsageError
from streamcheck.escape import escaped
from streamcheck.report.json import FORMAT
from streamcheck.report.lines import Line, line, wrapped

if TYPE_CHECKING:
    from streamcheck.capture.format import Capture
    from streamcheck.faults.truth import Fault

_SUFFIX = ".capture.jsonl"


@click.command(
    cls=Command,
    short_help="Make a clean capture faulty, and say exactly how.",
    examples=(
        (
            "streamcheck inject frame-spliced clean.capture.jsonl -o spliced.capture.jsonl",
            "a splice at a place that the seed decides",
        ),
        (
            "streamcheck inject charset-wrong/latin-1+stall-masked clean.capture.jsonl -o out/ --seed 7",
            "two faults, into a folder",
        ),
    ),
)
@click.argument("fault", required=False, metavar="[FAULT[+FAULT]]")
@click.argument("path", required=False, metavar="[PATH]")
@click.option("-o", "--output", metavar="OUT", help="The new capture, or a folder that it is named in.")
@click.option("--upstream", metavar="FILE", help="Of a reader's or a store's fault: also write the capture that it read.")
@click.option(
    "--at",
    type=int,
    metavar="N",
    help="Which delta, event or byte, as the class counts them (see --list); else the seed decides.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="S", help="The same seed gives the same bytes.")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the class; a number, true, false, or text."
)
@click.option("--second", metavar="PATH", help="The capture that a second response is taken from, where the class joins two.")
@click.option("--list", "listed", is_flag=True, help="List every class with its meaning, and write nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to list.")
@color_option
def command(
    fault: str | None,
    path: str | None,
    output: str | None,
    upstream: str | None,
    at: int | None,
    seed: int,
    params: tuple[str, ...],
    second: str | None,
    listed: bool,
    form: str,
    color: str,
) -> int:
    """Write a faulty copy of the clean capture PATH, and print what is wrong with it and where as JSON.

    FAULT is a class, or class/variant; two joined by + are applied in the order in which a response passes their layers.

    Exit codes: 0 written, 2 it could not be.
    """
    from streamcheck.faults import faults

    if listed:
        return _list(list(faults().values()), form, color)
    if fault is None or path is None or output is None:
        missing = "a fault" if fault is None else "a capture to make faulty" if path is None else "-o OUT"
        raise UsageError(f"inject needs {missing}; --list names the faults")
    return _write(fault, path, output, upstream, at=at, seed=seed, second=second, **_params_of(params))


def _write(fault: str, path: str, output: str, upstream: str | None, *, second: str | None, seed: int, **how: Any) -> int:
    from streamcheck.capture.reader import CaptureReader
    from streamcheck.faults import fault_named, inject

    for name in fault.split("+"):
        fault_named(name.strip())  # a name that does not exist is said before anything is read
    if second is not None:
        how["other"] = CaptureReader(second).read()
    injected = inject(CaptureReader(path).read(), fault, seed=seed, **how)
    if upstream is not None and injected.before is None:
        raise UsageError(f"--upstream: {fault} changes the wire itself: its upstream is {path}")
    target = _target(path, fault, seed, output)
    for file in (target, upstream):
        if file is not None and os.path.exists(file):
            raise UsageError(f"{file} is there already: a capture is never written over, choose another name")
    _save(injected.capture, target)
    if upstream is not None and injected.before is not None:
        _save(injected.before, upstream)
    truths = [truth.to_dict() for truth in injected.truths]
    document = {"format": FORMAT, "capture": target, "source": path, "upstream": upstream, "truths": truths}
    click.echo(escaped(json.dumps(document, indent=1), keep="\n"))
    return 0


def _target(path: str, fault: str, seed: int, output: str) -> str:
    """Return the file to write; in a folder it is named for the source, the fault and the seed."""
    if not (os.path.isdir(output) or output.endswith(os.sep)):
        return output
    source = os.path.basename(path).removesuffix(".zst").removesuffix(_SUFFIX)
    name = fault.replace(" ", "").replace("/", ".")
    return os.path.join(output, f"{source}-{name}-{seed}{_SUFFIX}")


def _save(capture: "Capture", path: str) -> None:
    from streamcheck.capture.written import written_capture

    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(written_capture(capture))


def _params_of(given: tuple[str, ...]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"--param {pair!r}: expected NAME=VALUE")
        params[name] = _value(value)
    return params


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


def _list(found: "list[Fault]", form: str, color: str) -> int:
    if form == "json":
        rows = [
            {
                "class": f.name,
                "meaning": f.meaning,
                "layer": f.layer,
                "at": f.at or None,
                "variants": [{"variant": variant, "level": level} for variant, level in f.variants.items()],
            }
            for f in found
        ]
        click.echo(json.dumps({"format": FORMAT, "faults": rows}, indent=1))
        return 0
    screen = Screen(color)
    lines: list[Line] = []
    for f in found:
        counted = f", counted by {f.at}" if f.at else ""
        lines.append(line((f.name, "code"), "  ", (f"{f.layer}{counted}", "dim")))
        lines += [line("    ", row) for row in wrapped(f.meaning, None if screen.width is None else screen.width - 4)]
        named = [f"{variant} ({level})" for variant, level in f.variants.items() if variant]
        if named:
            text = f"variants: {', '.join(named)}"
            lines += [line("    ", (row, "label")) for row in wrapped(text, None if screen.width is None else screen.width - 4)]
    screen.show(lines)
    return 0
