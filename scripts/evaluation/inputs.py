"""The texts to measure on, from files of several shapes and from the project itself.

In:   JSON lines of marked texts, a folder of recorded streams, folders of clean texts, or nothing.
Out:  Sample values.
Rule: read as they are; long clean texts are cut into pieces of an answer's length at the end of a line. What cannot be read
      raises InputError with the place. The same files give the same samples, in the same order.
"""

__all__ = ("PIECE", "InputError", "Sample", "clean_folder", "held_out", "marked", "own_texts", "streams")

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import streamcheck
from scripts.captures.words import CODE, MATHS, REASONING, TABLE, TEXT

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
PIECE = 20_000  # characters; a long answer. guess: 5,000 tokens
_READ = 400_000  # characters of one file that are looked at


class InputError(Exception):
    """A file that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text of one channel, and what is known of it.

    collection: where it came from, "real", "hard clean", "streams", "synthetic" or a folder's name.
    source:   what samples that depend on each other share: a thread, a file.
    onset:    the first character that is wrong; None for sound text.
    settled:  for loops, where the second copy begins: a finding that begins in [onset, settled] has the place right.
    exact:    whether the onset is known to the character; where a person marked it, a finding before it counts as found.
    measured: False for texts of which no statistics can know that they are wrong, and for very short ones: a table of their own.
    """

    text: str
    kind: str
    collection: str
    name: str = ""
    source: str = ""
    channel: str = "content"
    onset: int | None = None
    settled: int = 0
    exact: bool = False
    measured: bool = True


def held_out(source: str) -> bool:
    """Return whether a source is kept apart from tuning: every second one, by its hash."""
    return bool(hashlib.sha256(source.encode()).digest()[0] & 1)


def marked(path: Path, collection: str, *, least: int = 60) -> list[Sample]:
    """Return the texts of a JSON lines file; those of collection "real" have an onset.

    Rows: text, kind; clean_prefix_chars, detect ("statistical" or another word), source, id, channel where known.
    """
    samples = []
    for number, row in _rows(path):
        text, kind = row.get("text"), row.get("kind")
        if not isinstance(text, str) or not isinstance(kind, str):
            raise InputError(f'{path}:{number}: expected an object with "text" and "kind"')
        wrong = collection == "real"
        samples.append(
            Sample(
                text,
                kind if wrong else collection,
                collection,
                name=str(row.get("id", number)),
                source=str(row.get("source", "")),
                channel=str(row.get("channel", "content")),
                onset=int(row.get("clean_prefix_chars") or 0) if wrong else None,
                settled=int(row.get("clean_prefix_chars") or 0),
                measured=not wrong or (row.get("detect", "statistical") == "statistical" and len(text) >= least),
            )
        )
    return samples


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no UTF-8 at byte {error.start}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}:{number}: {error}") from None
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: expected an object")
        yield number, row


def streams(folder: Path) -> Iterator[tuple[list[Sample], Row]]:
    """Return, for each recorded body that index.jsonl calls clean, the texts of its channels, and what the check says of it.

    Bodies with another expectation say nothing of the text checks and are passed over.
    """
    for number, row in _rows(folder / "index.jsonl"):
        if not isinstance(row.get("file"), str):
            raise InputError(f'{folder / "index.jsonl"}:{number}: expected an object with "file"')
        if row.get("expect") != "clean":
            continue
        path = folder / row["file"]
        if not path.is_file():
            raise InputError(f"{path}: No such file or directory")
        report = streamcheck.check(path)
        texts = []
        for choice in report.message.choices:
            channels = [("reasoning", choice.reasoning), ("content", choice.content), ("refusal", choice.refusal)]
            channels += [(f"tool:{call.index}", call.arguments) for call in choice.tool_calls]
            texts += [
                Sample(text, "recorded " + name.partition(":")[0], "streams", row["file"], row["file"], name)
                for name, text in channels
                if text
            ]
        codes = sorted({f.code for f in report.findings if f.severity != "note"})
        yield texts, {"name": row["file"], "verdict": str(report.verdict), "codes": codes}


def clean_folder(folder: Path, sample: int) -> list[Sample]:
    """Return up to `sample` characters of each sub-folder (= kind), drawn evenly from its files; of `folder` if it has none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    kinds = sorted(path for path in folder.iterdir() if path.is_dir()) or [folder]
    samples: list[Sample] = []
    for kind in kinds:
        files = sorted(
            (path for path in kind.rglob("*") if path.is_file()), key=lambda p: hashlib.sha256(p.name.encode()).digest()
        )
        left = sample
        pieces = (piece for row in zip_longest(*_first_pieces(files, sample)) for piece in row if piece is not None)
        for path, text in pieces:
            if left <= 0:
                break
            samples.append(Sample(text[:left], kind.name, folder.name, str(path.relative_to(folder)), path.name))
            left -= len(text)
    if not samples:
        raise InputError(f"{folder}: no texts in it")
    return samples


def _first_pieces(files: list[Path], wanted: int) -> list[list[tuple[Path, str]]]:
    """Return the pieces of as many files as are needed for `wanted` characters, or of all."""
    found, size = [], 0
    for path in files:
        try:
            text = path.read_bytes()[: 4 * _READ].decode("utf-8", "ignore")[:_READ]
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        if "\0" in text or not text.strip():
            continue  # no text
        found.append([(path, piece) for piece in cut(text)])
        size += min(len(text), PIECE)
        if size >= wanted:
            break
    return found


def cut(text: str) -> list[str]:
    """Return `text` in pieces of at most PIECE characters that end with a paragraph, or a line, where there is one."""
    pieces = []
    while len(text) > PIECE:
        at = max(text.rfind("\n\n", PIECE // 2, PIECE), text.rfind("\n", PIECE * 3 // 4, PIECE)) + 1 or PIECE
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text.strip() else pieces


def own_texts(sample: int) -> list[Sample]:
    """Return the project's own sound texts, up to `sample` characters of pages, of program text and of its recorded cases."""
    samples: list[Sample] = []
    paths = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "captures").glob("*.md")),
    ]
    paths += sorted((ROOT / "streamcheck").rglob("*.py"))
    for path in paths:
        kind = "own pages" if path.suffix == ".md" else "own program text"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        name = path.relative_to(ROOT).as_posix()
        samples += [Sample(piece, kind, "own text", name, name) for piece in cut(text)]
    for name, text in [*TEXT.items(), ("maths", MATHS), ("table", TABLE), ("code", CODE)]:
        samples.append(Sample(text, "own short texts", "own text", name, name))
    for name, text in REASONING.items():
        samples.append(Sample(text, "own short texts", "own text", f"reasoning {name}", name, "reasoning"))
    left = dict.fromkeys((s.kind for s in samples), sample)
    found = []
    for one in samples:
        if left[one.kind] > 0:
            found.append(replace(one, text=one.text[: left[one.kind]]))
            left[one.kind] -= len(one.text)
    return found
