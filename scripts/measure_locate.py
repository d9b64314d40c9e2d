"""How often `locate` is right about faults that were put between two hops.

    python -m scripts.measure_locate [CAPTURES]

In:   clean captures of captures/clean, in an order drawn once; every fault class and variant that makes sense for each (seed 3).
Out:  a line for each fault: pairs, right hop pair, right class, those whose truth has a place, right place, reproduced; then the sums
      without the controls.
Rule: a control is right when it is no difference; its class is not counted.
"""

import sys
from collections import defaultdict
from pathlib import Path
from random import Random

import streamcheck as sc
from streamcheck.faults import faults, inject
from streamcheck.faults.truth import Truth
from streamcheck.hops.location import First

LEGAL = ("heartbeat-as-data/trap",)  # odd, and the same events
CLEAN = Path(__file__).resolve().parents[1] / "captures" / "clean"


def place_is_right(first: First, truth: Truth) -> bool | None:
    """Whether the first difference is at the event, in the bytes or at the character of the truth; None where it names none."""
    known = [
        truth.first_bad_event is not None and first.event == truth.first_bad_event,
        truth.first_bad_byte is not None
        and first.bytes is not None
        and first.bytes[0] - 1 <= truth.first_bad_byte <= first.bytes[1],
        truth.first_bad_char is not None and first.chars is not None and first.chars[0] == truth.first_bad_char,
    ]
    named = (truth.first_bad_event, truth.first_bad_byte, truth.first_bad_char) != (None, None, None)
    return any(known) if named else None


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 14
    paths = sorted(CLEAN.glob("*.capture.jsonl"))
    Random(5).shuffle(paths)
    names = [f"{fault.name}/{variant}" if variant else fault.name for fault in faults().values() for variant in fault.variants]
    figures: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for path in paths[:count]:
        capture = sc.CaptureReader(path).read()
        for name in names:
            try:
                made = inject(capture, name, seed=3)
            except sc.UsageError:  # it makes no sense for this capture
                continue
            found = sc.locate([("before", made.before or capture), ("after", made.capture)])
            right = (
                found.between is None if name in LEGAL or name.startswith("control/") else found.between == ("before", "after")
            )
            placed = place_is_right(found.first, made.truth)
            row = (1, right, found.fault == name.partition("/")[0], placed is not None, bool(placed), found.proof == "reproduced")
            figures[name] = [a + b for a, b in zip(figures[name], row, strict=True)]
    for name, row in sorted(figures.items()):
        print(f"{name:45}", *(f"{value:5}" for value in row))
    faulty = [row for name, row in figures.items() if name not in LEGAL and not name.startswith("control/")]
    print(f"{'all but the controls':45}", *(f"{sum(column):5}" for column in zip(*faulty, strict=True)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
