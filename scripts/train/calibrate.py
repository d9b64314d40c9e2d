"""Sets the limits of the judge so that clean text is called suspect, and degenerate, as seldom as wanted; writes them into tables.bin.

    python scripts/train/calibrate.py FOLDER ...        clean text that neither the counting nor the fitting has seen

In:   any clean text files; tables.bin.
Out:  tables.bin with "limits": for each way of writing and each window the log-odds of `suspect` and `degenerate`.
Rule: of the windows of one size the odd one out of every SUSPECT_PER (DEGENERATE_PER) million characters sets the limit; MARGIN is added to
      the second, and to the highest value seen where a part of the text is too small for a single alarm. Each file counts in pieces of 6,000 characters, as messages come.
"""

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from streamcheck.detectors import BLOCK
from streamcheck.detectors.word_salad import SHORTEST, WINDOWS
from streamcheck.language.judge import WAYS, Judge, way_of
from streamcheck.language.measure import BEFORE, NOTHING, Measure
from streamcheck.language.pieces import Pieces
from streamcheck.language.tables import unpack_tables

TABLES = Path(__file__).parents[2] / "streamcheck" / "language" / "tables.bin"
# Alarms a million characters that the windows of one size may raise; the sizes overlap mostly.
SUSPECT_PER, DEGENERATE_PER = 0.8, 0.45
MARGIN = 0.3  # log-odds. guess
_MESSAGE = 6_000


def oddest_windows(measure: Measure, judge: Judge, text: str) -> dict[tuple[str, int], float]:
    """Return (way of writing, size) -> the highest log-odds of a window."""
    pieces, before, sums = Pieces(), "", [NOTHING]
    found: dict[tuple[str, int], float] = {}
    for piece in [pieces.feed(text[at : at + BLOCK]) for at in range(0, len(text), BLOCK)] + [pieces.close()]:
        if not piece:
            continue
        glance = measure.glance(piece, before)
        before = piece[-BEFORE:]
        sums.append(sums[-1] + measure.counts(glance))
        for size in WINDOWS:
            if size >= len(sums):
                break
            window = sums[-1] - sums[-1 - size]
            if window.numbers[0] < SHORTEST:
                continue
            features = judge.features(window)
            key = way_of(features), size
            found[key] = max(found.get(key, -99.0), judge.log_odds(features))
    return found


def limit_of(values: list[float], alarms: float) -> float:
    """Return what so many of the values reach; MARGIN more where less than one may."""
    return values[int(alarms)] if alarms >= 1 else values[0] + MARGIN


def messages_of(folders: list[Path], most: int) -> Iterator[str]:
    """Yield pieces of the files, of each kind (sub-folder) at most `most` characters, files in random order."""
    kinds: dict[Path, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                kinds[path.parent].append(path)
    for paths in kinds.values():
        random.Random(1).shuffle(paths)
        left = most
        for path in paths:
            text = path.read_text(encoding="utf-8", errors="ignore")
            for at in range(0, len(text), _MESSAGE):
                if left <= 0:
                    break
                left -= _MESSAGE
                yield text[at : at + _MESSAGE]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--tables", type=Path, default=TABLES)
    parser.add_argument("--most", type=int, default=200_000, help="characters of each kind (sub-folder); default 200,000")
    options = parser.parse_args()
    data = options.tables.read_bytes()
    tables = unpack_tables(data)
    measure, judge = Measure(tables), Judge(tables.model, tables.languages)
    odds: dict[tuple[str, int], list[float]] = defaultdict(list)
    chars = 0
    for message in messages_of(options.folders, options.most):
        chars += len(message)
        for key, value in oddest_windows(measure, judge, message).items():
            odds[key].append(value)
    limits: dict[str, dict[str, list[float]]] = {}
    for way in WAYS:
        limits[way] = {}
        for size in WINDOWS:
            values = sorted(odds[way, size], reverse=True) or [0.0]
            # A way of writing may raise as much of the alarms as it is part of the text.
            share = len(values) / sum(len(odds[other, size]) for other in WAYS)
            suspect, degenerate = (limit_of(values, per * chars / 1e6 * share) for per in (SUSPECT_PER, DEGENERATE_PER))
            limits[way][str(size)] = [round(suspect, 2), round(max(degenerate, suspect) + MARGIN, 2)]
            print(
                f"{way:12} window {size}: suspect {limits[way][str(size)][0]:5.2f}  degenerate {limits[way][str(size)][1]:5.2f}  of {len(values):,} messages"
            )
    line, _, body = data.partition(b"\n")
    head = json.loads(line)
    head["model"]["limits"] = limits
    options.tables.write_bytes(json.dumps(head, separators=(",", ":")).encode() + b"\n" + body)
    print(f"{chars:,} characters; limits written to {options.tables}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
