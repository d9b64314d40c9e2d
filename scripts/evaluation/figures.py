"""Outcomes counted: the numbers that are published, before anything is rounded.

In:   Outcome values.
Out:  lists of rows (plain dicts, as --json prints them).
Rule: a text counts once. Groups gather kinds that one promise speaks of; a kind that is in no group counts in "all" only.
"""

__all__ = ("GROUPS", "clean_rows", "folded", "found_rows", "length_rows", "mistakes", "speed")

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from scripts.evaluation.inputs import held_out
from scripts.evaluation.intervals import poisson, quantile, wilson
from scripts.evaluation.peers import PEERS
from scripts.evaluation.watching import Outcome

Row = dict[str, Any]

EARLY = 40  # characters before the onset from which a place counts as too early

GROUPS: dict[str, Callable[[str], bool]] = {
    "loops": lambda kind: kind.startswith(("repetition", "loop_")),
    "salads": lambda kind: kind.startswith("salad_") or kind in ("word_salad", "punctuation_soup", "token_soup_code"),
    "template tokens": lambda kind: kind in ("special_token_leak", "template_leak"),
    "lost and misread": lambda kind: kind in ("replacement_chars", "mojibake", "lost"),
    "all": lambda kind: True,
}
_LENGTHS = ((0, 250), (250, 600), (600, 10**9))


def found_rows(outcomes: Sequence[Outcome], *, split: bool) -> list[Row]:
    """Return recall, place and delay by kind and by group. split: also by development and held-out sources."""
    kinds = sorted({o.sample.kind for o in outcomes})
    rows = [_found(kind, [o for o in outcomes if o.sample.kind == kind], split) for kind in kinds]
    for name, belongs in GROUPS.items():
        members = [kind for kind in kinds if belongs(kind)]
        if len(members) > 1:
            rows.append({**_found(name, [o for o in outcomes if o.sample.kind in members], split), "group": True})
    return rows


def _recall(outcomes: Sequence[Outcome]) -> Row:
    certain = sum(o.first(certain=True) is not None for o in outcomes)
    found = sum(o.first(certain=False) is not None for o in outcomes)
    return {
        "texts": len(outcomes),
        "degenerate": certain,
        "degenerate_95": wilson(certain, len(outcomes)),
        "not_clean": found,
        "not_clean_95": wilson(found, len(outcomes)),
    }


def _found(kind: str, outcomes: Sequence[Outcome], split: bool) -> Row:
    row: Row = {"kind": kind, **_recall(outcomes)}
    if split:
        row["development"] = _recall([o for o in outcomes if not held_out(o.sample.source)])
        row["held_out"] = _recall([o for o in outcomes if held_out(o.sample.source)])
    errors, delays, delays_of_loops = [], [], []
    for outcome in outcomes:
        told, onset = outcome.first(certain=False), outcome.sample.onset
        if told is None or not onset:  # where garbage is all there is, its onset is no achievement
            continue
        errors.append(min(0, told.start - onset) or max(0, told.start - outcome.sample.settled))
        if told.at > onset:
            delays.append(told.at - onset)
            if outcome.sample.settled > onset:
                delays_of_loops.append(told.at - outcome.sample.settled)
    row["places"] = len(errors)
    row["onset_error_median"], row["onset_error_90"] = (quantile([abs(e) for e in errors], q) for q in (0.5, 0.9))
    row["early"] = sum(error < -EARLY for error in errors)
    row["delay_median"], row["delay_90"] = (quantile(delays, q) for q in (0.5, 0.9))
    row["delay_from_second_copy_median"] = quantile(delays_of_loops, 0.5)
    row["alarms_in_sound_beginning"] = sum(o.mistaken for o in outcomes)
    row["codes"] = dict(Counter(told.code for o in outcomes if (told := o.first(certain=False)) is not None))
    row["peers"] = {}
    for name in PEERS:
        if all(name in o.fired for o in outcomes):
            fired = [(at, o.sample.onset or 0) for o in outcomes if (at := o.peer(name)) is not None]
            later = [at - onset for at, onset in fired if 0 < onset < at]
            row["peers"][name] = {"found": len(fired), "delay_median": quantile(later, 0.5)}
    return row


def length_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return recall by how many characters follow the onset, for the groups."""
    rows: list[Row] = []
    for name, belongs in GROUPS.items():
        row: Row = {"kind": name, "lengths": []}
        for low, high in _LENGTHS:
            chosen = [o for o in outcomes if belongs(o.sample.kind) and low <= len(o.sample.text) - (o.sample.onset or 0) < high]
            row["lengths"].append({"from": low, **_recall(chosen)})
        if any(part["texts"] for part in row["lengths"]):
            rows.append(row)
    return rows


def clean_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the alarms in sound texts, by kind, and for each collection in all."""
    rows: list[Row] = []
    for collection in dict.fromkeys(o.sample.collection for o in outcomes):
        chosen = [o for o in outcomes if o.sample.collection == collection]
        kinds = sorted({o.sample.kind for o in chosen})
        if kinds != [collection]:
            rows += [_clean(kind, [o for o in chosen if o.sample.kind == kind]) for kind in kinds]
        rows.append({**_clean(f"{collection}, all", chosen), "group": True})
    return rows


def _clean(kind: str, outcomes: Sequence[Outcome]) -> Row:
    characters = sum(len(o.sample.text) for o in outcomes)
    row: Row = {"kind": kind, "texts": len(outcomes), "characters": characters}
    for name, certain in (("not_clean", False), ("degenerate", True)):
        count = sum(o.first(certain=certain) is not None for o in outcomes)
        row[name] = count
        row[name + "_per_million"], *bounds = (value * 1e6 / max(1, characters) for value in (count, *poisson(count)))
        row[name + "_95"] = bounds
    row["codes"] = sorted({told.code for o in outcomes for told in o.told})
    row["peers"] = {
        name: sum(o.fired[name] is not None for o in outcomes) for name in PEERS if all(name in o.fired for o in outcomes)
    }
    return row


def folded(rows: Sequence[Row]) -> list[Row]:
    """Return `rows` of clean_rows() with the kinds that raised none of our alarms added up to one row for each collection."""
    shown: list[Row] = []
    silent: list[Row] = []
    for row in rows:
        if not row.get("group") and not row["not_clean"]:
            silent.append(row)
            continue
        if row.get("group") and silent:
            shown.append(silent[0] if len(silent) == 1 else _added(silent))
            silent = []
        shown.append(row)
    return shown


def _added(rows: Sequence[Row]) -> Row:
    characters = sum(row["characters"] for row in rows)
    bounds = [value * 1e6 / max(1, characters) for value in poisson(0)]
    return {
        **rows[0],
        "kind": f"{len(rows)} kinds without an alarm",
        "texts": sum(row["texts"] for row in rows),
        "characters": characters,
        "not_clean_95": bounds,
        "degenerate_95": bounds,
        "peers": {name: sum(row["peers"][name] for row in rows) for name in rows[0]["peers"]},
    }


def speed(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Return CPU microseconds a character: ours under "streamcheck", then the peers."""
    seconds: dict[str, float] = {}
    read: dict[str, int] = {}
    for outcome in outcomes:
        for name, took in outcome.seconds.items():
            seconds[name] = seconds.get(name, 0.0) + took
            read[name] = read.get(name, 0) + outcome.read[name]
    return {name or "streamcheck": took * 1e6 / max(1, read[name]) for name, took in seconds.items()}


def mistakes(outcomes: Iterable[Outcome]) -> list[Row]:
    """Return every alarm in sound text and every garbled text that passed, for --list."""
    rows: list[Row] = []
    for o in outcomes:
        of = {"collection": o.sample.collection, "kind": o.sample.kind, "name": o.sample.name}
        if o.mistaken:
            told = o.told[0]
            rows.append(
                {"what": "alarm", **of, "code": told.code, "certain": told.certain, "at": told.start, "says": told.message}
            )
        if o.sample.onset is not None and o.first(certain=True) is None:
            weak = o.first(certain=False)
            told_as = {"code": weak.code, "at": weak.start, "says": weak.message} if weak else {}
            wrong = len(o.sample.text) - o.sample.onset
            rows.append({"what": "suspect only" if weak else "missed", **of, "characters": wrong, **told_as})
    return rows
