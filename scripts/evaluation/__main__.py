"""Measure the text checks and print the numbers.

    scripts/evaluate                                                  on text that the project makes or has
    scripts/evaluate --clean texts/ --sample 200000 --list            false alarms, sub-folder by sub-folder
    scripts/evaluate --garbled garbled.jsonl --hard-clean hard.jsonl --streams streams --clean texts --synthetic --markdown out.md

In:   marked texts, recorded streams, folders of clean texts, made garbage; all optional.
Out:  tables on stdout: recall by kind, alarms a million characters, onset error, delay, cost, ours and the peers'; progress on
      stderr. Exit 0; 2 for input that cannot be used; 130 after Ctrl-C, with what was known by then.
Rule: a text counts as found, or as alarm, once. Half of the marked sources (by hash) are meant to be kept from tuning and have a
      column of their own.
"""

__all__ = ("main",)

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

import streamcheck
from scripts.captures.words import TEXT
from scripts.evaluation import figures, inputs, synthetic, tables
from scripts.evaluation.inputs import InputError, Sample
from scripts.evaluation.watching import Outcome, watch
from streamcheck.escape import escaped

FORMAT = 1  # of the JSON document
_SEED = 3
_ROWS = 24  # rows of sound text up to which all are shown
_FOUND = (
    "Onset error and delay in characters, over the texts found that have sound text first; delay is up to the end of the block "
    "at which it was told, of those told behind the onset. Early: placed more than 40 characters before the onset. Development "
    "and held-out: degenerate or corrupt, not clean."
)
_MADE = (
    f"The garbage has {synthetic.SHORTEST} to {synthetic.LONGEST:,} characters (loops at least 3 or 4 copies); a guard that "
    "waits for ten copies of a long unit would find more of it in longer loops."
)


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(words)
    screen = Console(stderr=True)
    outcomes: list[Outcome] = []
    verdicts: list[inputs.Row] = []
    interrupted = False
    try:
        if options.markdown and not options.markdown.absolute().parent.is_dir():
            raise InputError(f"{options.markdown.parent}: no such folder")
        samples = _samples(options, verdicts, screen)
        watch(Sample(TEXT["en"], "", ""), peers=options.peers)  # what is loaded once shall not count
        for sample in track(samples, "watching", console=screen, transient=True) if screen.is_terminal else _counted(samples):
            outcomes.append(watch(sample, peers=options.peers))
    except KeyboardInterrupt:
        interrupted = True
    except InputError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    _print(options, words, outcomes, verdicts, interrupted)
    return 130 if interrupted else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--garbled", type=Path, metavar="FILE", help="JSON lines: text, kind, clean_prefix_chars, detect, source")
    add("--hard-clean", type=Path, metavar="FILE", help="JSON lines of sound texts that look odd: text, kind")
    add("--streams", type=Path, metavar="FOLDER", help="recorded bodies with index.jsonl: file, expect")
    add("--clean", type=Path, metavar="FOLDER", nargs="+", default=[], help="sound texts; each sub-folder is a kind")
    add("--synthetic", action="store_true", help="made garbage, in texts of --clean or of the project; the default without input")
    add("--each", type=_positive, default=40, metavar="N", help="made samples of each kind (40)")
    add("--seed", type=int, default=_SEED, metavar="N", help=f"of the made samples ({_SEED})")
    add("--sample", type=_positive, default=100_000, metavar="N", help="characters of each folder of --clean (100000)")
    add("--peers", action=argparse.BooleanOptionalAction, default=True, help="measure the peers too; most of the time goes there")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there too, with date and command")
    add("--json", action="store_true", help="print one JSON document instead of the tables")
    add("--every-kind", action="store_true", help="print a row also for each kind of sound text without an alarm")
    add("--list", action="store_true", help="print every alarm in sound text and every text that was not called degenerate")
    return parser


def _positive(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, got {word!r}")
    return int(word)


def _samples(options: argparse.Namespace, verdicts: list[inputs.Row], screen: Console) -> list[Sample]:
    """Return all that is to be watched. verdicts: gets an entry for each stream, with the verdict of the whole check."""
    samples: list[Sample] = []
    if options.garbled:
        samples += inputs.marked(options.garbled, "real")
    if options.hard_clean:
        samples += inputs.marked(options.hard_clean, "hard clean")
    clean = [sample for folder in options.clean for sample in inputs.clean_folder(folder, options.sample)]
    given = bool(samples or clean or options.streams)
    if not given:
        clean = inputs.own_texts(options.sample)
    samples += clean
    if options.streams:
        screen.print("checking the recorded streams ...")
        for texts, verdict in inputs.streams(options.streams):
            samples += texts
            verdicts.append(verdict)
    if options.synthetic or not given:
        materials = synthetic.from_samples(clean or inputs.own_texts(options.sample))
        samples += synthetic.made(
            materials if options.clean else [*materials, *synthetic.own_languages()], each=options.each, seed=options.seed
        )
    return samples


def _counted(samples: Sequence[Sample]) -> Iterable[Sample]:
    """Return the samples, and tell each tenth of them on a stderr that is no terminal."""
    for number, sample in enumerate(samples):
        if number * 10 // len(samples) != (number - 1) * 10 // len(samples):
            print(f"watching text {number + 1} of {len(samples)}", file=sys.stderr, flush=True)
        yield sample


def _print(
    options: argparse.Namespace, words: Sequence[str], outcomes: list[Outcome], verdicts: list[inputs.Row], interrupted: bool
) -> None:
    real = [o for o in outcomes if o.sample.collection == "real"]
    made = [o for o in outcomes if o.sample.collection == "synthetic"]
    clean = [o for o in outcomes if o.sample.onset is None]
    document: dict[str, Any] = {
        "format": FORMAT,
        "date": datetime.date.today().isoformat(),
        "streamcheck": streamcheck.__version__,
        "python": platform.python_version(),
        "command": _command(words),
        "interrupted": interrupted,
        "real": figures.found_rows([o for o in real if o.sample.measured], split=True),
        "real_not_measured": figures.found_rows([o for o in real if not o.sample.measured], split=False),
        "synthetic": figures.found_rows(made, split=False),
        "synthetic_lengths": figures.length_rows(made),
        "clean": figures.clean_rows(clean),
        "streams": {"checked": len(verdicts), "not_clean": [v for v in verdicts if v["verdict"] != "clean"]}
        if options.streams
        else None,
        "us_per_character": figures.speed(clean or outcomes),
        "mistakes": figures.mistakes(outcomes) if options.list else None,
    }
    text = _markdown(document, every_kind=options.every_kind)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    print(json.dumps(document, ensure_ascii=True) if options.json else text)


def _command(words: Sequence[str]) -> str:
    """Return the command line with the last names of its paths: where they lie on this machine helps nobody."""
    return " ".join(["scripts/evaluate", *(word if word.startswith("-") else Path(word).name for word in words)])


def _markdown(document: dict[str, Any], *, every_kind: bool) -> str:
    parts = [
        f"{document['date']}, streamcheck {document['streamcheck']}, Python {document['python']}: `{document['command']}`"
        + (" (interrupted: not all texts were watched)" if document["interrupted"] else "")
        + "\n"
    ]
    if rows := document["real"]:
        parts.append(tables.found_table("Garbled texts of others", rows, note=_FOUND))
        parts.append(tables.peers_table("Garbled texts of others, beside the peers", rows))
    if rows := document["real_not_measured"]:
        parts.append(tables.found_table("Garbled texts that are very short, or wrong in ways no statistics can see", rows))
    if rows := document["synthetic"]:
        parts.append(tables.found_table("Made garbage with exact onset", rows, note="" if document["real"] else _FOUND))
        parts.append(tables.length_table("Made garbage, by its length", document["synthetic_lengths"]))
        parts.append(tables.peers_table("Made garbage, beside the peers", rows, note=_MADE))
    if rows := document["clean"]:
        shown = rows if every_kind or len(rows) <= _ROWS else figures.folded(rows)
        note = (
            f"A text is at most {inputs.PIECE:,} characters and counts once; rates with 95 % Poisson intervals. "
            "Peers: texts they stop (a million characters)."
        )
        parts.append(tables.clean_table("Alarms in sound text", shown, note=note))
    if streams := document["streams"]:
        bad = streams["not_clean"]
        parts.append(f"Recorded streams whose whole verdict is not clean: {len(bad)} of {streams['checked']}.\n")
        parts += ["".join(f"- {one['name']}: {one['verdict']}, {' '.join(one['codes'])}\n" for one in bad)]
    parts.append(tables.speed_table("Cost, CPU", document["us_per_character"]))
    if document["mistakes"] is not None:
        lines = [" ".join(f"{k}={escaped(str(v))}" for k, v in row.items()) for row in document["mistakes"]]
        parts.append("### Alarms and misses\n\n" + "\n".join(f"- {line}" for line in lines) + "\n")
    return "\n".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
