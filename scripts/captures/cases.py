"""What one recorded case is.

In:   a Stream, and what is expected of its report.
Out:  Case values; the lists of them stand in cases_*.py, all of them together in make_captures.py.
Rule: the expectation says what is right, not what the present checker says; where the two differ, `known_failure` says why.
"""

__all__ = ("OURS", "Case", "clean", "damaged")

from dataclasses import dataclass

from scripts.captures.faults import Truth
from scripts.captures.streams import Stream

OURS = "made for this project, own words"


@dataclass(frozen=True, slots=True)
class Case:
    """path:    relative to captures/; the suffix says whether it becomes a capture or a raw body.
    comment: where it comes from. codes: of findings above a note; notes: of the notes.
    onset:   (channel, character, tolerance) where a text stops being language.
    truth:   where the damage is, None where the case has none.
    """

    path: str
    stream: Stream
    label: str
    comment: str
    verdict: str = "clean"
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    onset: tuple[str, int, int] | None = None
    known_failure: str | None = None
    truth: Truth | None = None


_RAW = (".sse", ".ndjson", ".eventstream")  # suffixes of bodies that are kept alone


def _path(group: str, name: str) -> str:
    return f"{group}/{name}" if name.endswith(_RAW) else f"{group}/{name}.capture.jsonl"


def clean(
    name: str,
    stream: Stream,
    label: str,
    comment: str = OURS,
    *,
    notes: tuple[str, ...] = (),
    known_failure: str | None = None,
) -> Case:
    return Case(_path("clean", name), stream, label, comment, notes=notes, known_failure=known_failure)


def damaged(
    group: str,
    name: str,
    made: tuple[Stream, Truth] | Stream,
    label: str,
    verdict: str,
    codes: tuple[str, ...],
    *,
    comment: str = "",
    notes: tuple[str, ...] = (),
    onset: tuple[str, int, int] | None = None,
    known_failure: str | None = None,
) -> Case:
    stream, truth = made if isinstance(made, tuple) else (made, None)
    if not comment:
        comment = f"fault class {truth.fault}, {OURS}" if truth else OURS
    return Case(_path(group, name), stream, label, comment, verdict, codes, notes, onset, known_failure, truth)
