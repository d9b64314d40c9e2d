"""The figures as Markdown, for the terminal and for the page that publishes them.

In:   rows of figures.py.
Out:  Markdown text.
Rule: every share and rate has its 95 % interval beside it; a figure that was not measured is an empty cell, never a zero.
"""

__all__ = ("clean_table", "found_table", "length_table", "peers_table", "speed_table")

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "") -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (head, *rows)]
    lines.insert(1, ["-" * width for width in widths])
    body = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"### {title}\n\n" + (f"{note}\n\n" if note else "") + body + "\n"


def _share(row: Row, name: str) -> str:
    if not row["texts"]:
        return ""
    low, high = row[name + "_95"]
    return f"{row[name]}/{row['texts']} {row[name] / row['texts']:.0%} ({low * 100:.0f}-{high * 100:.0f})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _both(row: Row, name: str) -> str:
    median, most = row[name + "_median"], row[name + "_90"]
    return "" if median is None else f"{_number(median)} / {_number(most)}"


def _kind(row: Row) -> str:
    return f"**{row['kind']}**" if row.get("group") else str(row["kind"])


def found_table(title: str, rows: Sequence[Row], *, note: str = "") -> str:
    """Return recall by kind, with the place and the delay of what was found."""
    split = any("held_out" in row for row in rows)
    head = ["kind", "degenerate or corrupt", "not clean"]
    head += ["development", "held-out"] if split else []
    head += ["places", "onset error, median / 90 %", "early", "delay, median / 90 %", "from the 2nd copy", "alarms before"]
    cells = []
    for row in rows:
        line = [_kind(row), _share(row, "degenerate"), _share(row, "not_clean")]
        for part in ("development", "held_out") if split else ():
            half = row[part]
            line.append(f"{half['degenerate']}, {half['not_clean']} of {half['texts']}" if half["texts"] else "")
        line += [
            str(row["places"]),
            _both(row, "onset_error"),
            str(row["early"]),
            _both(row, "delay"),
            _number(row["delay_from_second_copy_median"]),
        ]
        cells.append([*line, str(row["alarms_in_sound_beginning"])])
    return _table(title, head, cells, note=note)


def peers_table(title: str, rows: Sequence[Row], *, note: str = "") -> str:
    """Return what the peers find, beside ours, with the median delay; "" where they were not asked."""
    names = list(rows[0]["peers"]) if rows else []
    if not names:
        return ""
    cells = []
    for row in rows:
        ours = f"{row['not_clean']}/{row['texts']}" + (
            f", {_number(row['delay_median'])}" if row["delay_median"] is not None else ""
        )
        line = [_kind(row), ours]
        for name in names:
            peer = row["peers"].get(name)
            delay = f", {_number(peer['delay_median'])}" if peer and peer["delay_median"] is not None else ""
            line.append(f"{peer['found']}{delay}" if peer else "")
        cells.append(line)
    return _table(
        title, ["kind", "streamcheck", *names], cells, note=f"Texts found, and the median delay in characters. {note}".strip()
    )


def length_table(title: str, rows: Sequence[Row]) -> str:
    lows = [part["from"] for part in rows[0]["lengths"]] if rows else []
    head = ["characters from the onset"] + [f"from {low}: degenerate, not clean" for low in lows]
    cells = [
        [row["kind"], *(f"{p['degenerate']}, {p['not_clean']} of {p['texts']}" if p["texts"] else "" for p in row["lengths"])]
        for row in rows
    ]
    return _table(title, head, cells)


def clean_table(title: str, rows: Sequence[Row], *, note: str = "") -> str:
    names = list(rows[0]["peers"]) if rows else []
    head = ["kind", "texts", "characters", "not clean", "a million", "degenerate or corrupt", "a million", *names, "codes"]
    cells = []
    for row in rows:
        line = [_kind(row), str(row["texts"]), f"{row['characters']:,}"]
        for name in ("not_clean", "degenerate"):
            low, high = row[name + "_95"]
            line += [str(row[name]), f"{row[name + '_per_million']:.1f} ({low:.1f}-{high:.1f})"]
        for name in names:
            stopped = row["peers"].get(name)
            line.append("" if stopped is None else f"{stopped} ({stopped * 1e6 / max(1, row['characters']):.1f})")
        cells.append([*line, " ".join(code.removeprefix("text/") for code in row["codes"])])
    return _table(title, head, cells, note=note)


def speed_table(title: str, speeds: dict[str, float]) -> str:
    return _table(title, ["who", "us a character"], [[name, f"{value:.2f}"] for name, value in speeds.items()])
