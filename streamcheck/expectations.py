"""What is expected of recorded streams: the file expect.toml, and the judgement.

    ["garbled/glm-001.capture.jsonl"]                  path relative to the expect.toml
    label = "reasoning turns to fragments"             one line for people
    comment = "where it comes from"
    verdict = "degenerate"
    codes = ["text/template-token", "text/word-salad"]
    onset = { channel = "reasoning", chars = 118, within = 40 }
    known_failure = "why"                              it must then fail

In:   expect.toml files; Reports.
Out:  Expectation and Outcome values; the text of a rewritten expect.toml.
Rule: what a section does not name is not judged. The verdict must be the same word. Every expected code must be there with a
      severity above note, and no other code may be there as an error; other warnings are told and change nothing, so that a new
      heuristic does not break old cases. The onset is the first character of the first finding in a text.
"""

__all__ = (
    "FILE_NAME",
    "Expectation",
    "Onset",
    "Outcome",
    "Result",
    "expectation_from",
    "judge",
    "onset_of",
    "read_expectations",
    "rewritten",
)

import json
import os
import posixpath
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from streamcheck.codes import CODES
from streamcheck.errors import UsageError, near_names
from streamcheck.findings import Finding, Severity
from streamcheck.verdicts import Report, Verdict

FILE_NAME = "expect.toml"
WITHIN = 40  # characters that an onset may move when --update wrote it: a third of the block that detectors see. guess

_KEYS = ("label", "comment", "verdict", "codes", "onset", "known_failure")
_ONSET_KEYS = ("channel", "chars", "within")


@dataclass(frozen=True, slots=True)
class Onset:
    """Where the text stops being language: a code point of a channel, give or take `within`. channel: None for any."""

    channel: str | None
    chars: int
    within: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """One section of an expect.toml.

    name: the section's own spelling of the path. file: the expect.toml it stands in.
    verdict, codes, onset: None where the section does not say.
    known_failure: why it cannot be met yet; it must then fail.
    """

    name: str
    file: str
    label: str | None = None
    comment: str | None = None
    verdict: Verdict | None = None
    codes: tuple[str, ...] | None = None
    onset: Onset | None = None
    known_failure: str | None = None

    @property
    def path(self) -> Path:
        """The file that this is expected of."""
        return Path(self.file).parent / posixpath.normpath(self.name)


class Result(StrEnum):
    """How a report stands to its expectation. Only the first two pass."""

    AS_EXPECTED = "as expected"
    KNOWN_FAILURE = "known failure"
    DIFFERS = "differs"
    UNEXPECTED_PASS = "unexpected pass"


@dataclass(frozen=True, slots=True)
class Outcome:
    """differences: in words, what is not as expected. remarks: what is new and changes nothing."""

    result: Result
    differences: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.result in (Result.AS_EXPECTED, Result.KNOWN_FAILURE)


# ---------------------------------------------------------------------- judging
def onset_of(report: Report) -> Finding | None:
    """Return the first finding in a text that is more than a note, in stream order; None when there is none."""
    return next(
        (f for f in report.findings if f.stage == "text" and f.chars is not None and f.severity is not Severity.NOTE), None
    )


def judge(report: Report, expectation: Expectation) -> Outcome:
    """Return whether the report is the expected one, and every difference in words."""
    differences: list[str] = []
    remarks: list[str] = []
    if expectation.verdict is not None and report.verdict is not expectation.verdict:
        differences.append(f"the verdict is {report.verdict.value}, expected {expectation.verdict.value}")
    if expectation.codes is not None:
        _judge_codes(report, expectation.codes, differences, remarks)
    if expectation.onset is not None:
        _judge_onset(report, expectation.onset, differences)
    if expectation.known_failure is None:
        return Outcome(Result.DIFFERS if differences else Result.AS_EXPECTED, tuple(differences), tuple(remarks))
    if differences:
        return Outcome(Result.KNOWN_FAILURE, tuple(differences), tuple(remarks))
    return Outcome(
        Result.UNEXPECTED_PASS,
        (f"it is known to fail ({expectation.known_failure}) and passes: take known_failure out of {expectation.file}",),
        tuple(remarks),
    )


def _judge_codes(report: Report, expected: tuple[str, ...], differences: list[str], remarks: list[str]) -> None:
    loudest: dict[str, Finding] = {}
    for finding in report.findings:
        if finding.code not in loudest or finding.severity.rank > loudest[finding.code].severity.rank:
            loudest[finding.code] = finding
    for code in expected:
        if code not in loudest:
            near = "" if code in CODES else f", and there is no such code{near_names(code, CODES)}"
            differences.append(f"{code} is expected and was not found{near}")
        elif loudest[code].severity is Severity.NOTE:
            differences.append(f"{code} is expected and was found as a note only")
    for code, finding in loudest.items():
        if code in expected or finding.severity is Severity.NOTE:
            continue
        if finding.severity is Severity.ERROR:
            differences.append(f"{code} is not expected: {finding.message}")
        else:
            remarks.append(f"{code} was found too, as a warning")


def _judge_onset(report: Report, expected: Onset, differences: list[str]) -> None:
    found = onset_of(report)
    wanted = f"expected at {_place(expected.channel, expected.chars)}, within {expected.within}"
    if found is None or found.chars is None:
        differences.append(f"no onset was found, {wanted}")
    elif (expected.channel or found.channel) != found.channel or abs(found.chars[0] - expected.chars) > expected.within:
        differences.append(f"the onset is at {_place(found.channel, found.chars[0])}, {wanted}")


def _place(channel: str | None, chars: int) -> str:
    return f"{channel} character {chars}" if channel else f"character {chars}"


def expectation_from(report: Report, old: Expectation) -> Expectation:
    """Return `old` with the verdict, codes and onset that the report has; label and comment stay, and so does a known failure whole."""
    if old.known_failure is not None:
        return old
    says_something = old.verdict is not None or old.codes is not None or old.onset is not None
    if says_something and judge(report, old).passed:
        return old  # what is met is not rewritten, for instance for a character's difference of the onset
    found = onset_of(report) if report.verdict is Verdict.DEGENERATE or old.onset is not None else None
    onset = None
    if found is not None and found.chars is not None:
        onset = Onset(found.channel, found.chars[0], old.onset.within if old.onset is not None else WITHIN)
    codes = tuple(sorted({f.code for f in report.findings if f.severity is not Severity.NOTE}))
    return replace(old, verdict=report.verdict, codes=codes, onset=onset)


# ---------------------------------------------------------------------- reading
def read_expectations(path: str | os.PathLike[str]) -> dict[str, Expectation]:
    """Return the sections of an expect.toml by their names, in the file's order.

    Raises OSError when it cannot be read, UsageError that names file, section and key for anything in it that cannot be meant.
    """
    file = os.fspath(path)
    raw = Path(file).read_bytes()
    try:
        tables = tomllib.loads(raw.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: is not TOML: {error}") from error
    return {name: _expectation(file, name, table) for name, table in tables.items()}


def _expectation(file: str, name: str, table: Any) -> Expectation:
    where = f"{file}: [{json.dumps(name, ensure_ascii=False)}]"
    if not isinstance(table, dict):
        raise UsageError(f"{file}: {name!r} stands outside of a section: every key belongs under the path of a capture")
    normal = posixpath.normpath(name)
    if not name or "\0" in name or normal == "." or normal.startswith(("/", "../")) or normal == "..":
        raise UsageError(f"{where}: is no path below the folder of this file")
    _known(where, table, _KEYS)
    codes = table.get("codes")
    if codes is not None and not (isinstance(codes, list) and all(isinstance(code, str) for code in codes)):
        raise UsageError(f"{where}: codes: expected a list of strings, got {str(codes)[:80]!r}")
    if not {"verdict", "codes", "onset"} & table.keys():
        raise UsageError(f"{where}: expects nothing: name a verdict, codes or an onset")
    return Expectation(
        name=name,
        file=file,
        label=_text(where, table, "label"),
        comment=_text(where, table, "comment"),
        verdict=_verdict(where, _text(where, table, "verdict")),
        codes=None if codes is None else tuple(codes),
        onset=_onset(where, table.get("onset")),
        known_failure=_text(where, table, "known_failure"),
    )


def _known(where: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            raise UsageError(f"{where}: unknown key {key!r}{near_names(key, keys)}")


def _text(where: str, table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{where}: {key}: expected a string, got {str(value)[:80]!r}")
    return value


def _verdict(where: str, word: str | None) -> Verdict | None:
    if word is None:
        return None
    try:
        return Verdict(word)
    except ValueError:
        raise UsageError(
            f"{where}: verdict: unknown verdict {word[:80]!r}{near_names(word, [v.value for v in Verdict])}"
        ) from None


def _onset(where: str, value: Any) -> Onset | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise UsageError(f"{where}: onset: expected {{ channel = ..., chars = ..., within = ... }}, got {str(value)[:80]!r}")
    _known(f"{where}: onset", value, _ONSET_KEYS)
    if "chars" not in value:
        raise UsageError(f"{where}: onset: chars is missing")
    for key in ("chars", "within"):
        number = value.get(key, 0)
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise UsageError(f"{where}: onset.{key}: expected a number of characters, got {str(number)[:80]!r}")
    return Onset(_text(f"{where}: onset", value, "channel"), value["chars"], value.get("within", 0))


# ---------------------------------------------------------------------- writing
def rewritten(text: str, expectations: Mapping[str, Expectation]) -> str:
    """Return the text of an expect.toml that says `expectations`, given the text it had ("" for a new file).

    Sections that say the same already keep their very text, comment lines between sections stay, new sections come last.
    """
    sections = _sections(text)
    head = sections[0][1] if sections and sections[0][0] is None else ""
    parts = [head]
    for name, old in sections:
        if name is None or name not in expectations:
            parts.append("" if name is None else old)
            continue
        new = expectations[name]
        same = _says(old, name) == replace(new, file="")
        parts.append(old if same else _section(new) + _between(old))
    for name in expectations:
        if name not in {own for own, _ in sections}:
            gap = "\n" if any(parts) and not "".join(parts).endswith("\n\n") else ""
            parts.append(gap + _section(expectations[name]))
    result = "".join(parts)
    if _read_back(result) != {name: replace(e, file="") for name, e in expectations.items()}:
        # A file whose sections cannot be told apart line by line: written anew, without its comment lines.
        result = "\n".join(_section(expectation) for expectation in expectations.values())
    return result


def _read_back(text: str) -> dict[str, Expectation] | None:
    try:
        return {name: _expectation("", name, table) for name, table in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, UsageError):
        return None


def _sections(text: str) -> list[tuple[str | None, str]]:
    """Return (name, text) of each section, in order; None for what comes before the first."""
    found: list[tuple[str | None, str]] = []
    held = ""
    for part in re.split(r"^(?=\[)", text, flags=re.MULTILINE):
        held += part
        try:
            tables = tomllib.loads(held)
        except tomllib.TOMLDecodeError:  # a row of a longer string begins like a section: it belongs to the one before
            continue
        if held:
            found.append((next(iter(tables), None), held))
        held = ""
    return [*found, (None, held)] if held else found


def _says(section: str, name: str) -> Expectation | None:
    return (_read_back(section) or {}).get(name)


def _between(section: str) -> str:
    """Return the blank and comment lines at the end of a section: they belong to what comes next."""
    lines = section.splitlines(keepends=True)
    kept = len(lines)
    while kept > 1 and (not lines[kept - 1].strip() or lines[kept - 1].lstrip().startswith("#")):
        kept -= 1
    return "".join(lines[kept:])


def _section(expectation: Expectation) -> str:
    lines = [f"[{_quoted(expectation.name)}]"]
    for key in ("label", "comment"):
        value = getattr(expectation, key)
        if value is not None:
            lines.append(f"{key} = {_quoted(value)}")
    if expectation.verdict is not None:
        lines.append(f"verdict = {_quoted(expectation.verdict.value)}")
    if expectation.codes is not None:
        lines.append(f"codes = [{', '.join(map(_quoted, expectation.codes))}]")
    if expectation.onset is not None:
        onset = expectation.onset
        channel = "" if onset.channel is None else f"channel = {_quoted(onset.channel)}, "
        lines.append(f"onset = {{ {channel}chars = {onset.chars}, within = {onset.within} }}")
    if expectation.known_failure is not None:
        lines.append(f"known_failure = {_quoted(expectation.known_failure)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML basic string. Raises UsageError for a lone surrogate, as a file name that is not UTF-8 has it: TOML has none."""
    if re.search("[\ud800-\udfff]", text):
        raise UsageError(f"{text!r} is not UTF-8, so that no {FILE_NAME} can name it: rename the file")
    return '"' + re.sub(r'[\x00-\x1f"\\\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]', _toml_escape, text) + '"'


def _toml_escape(found: re.Match[str]) -> str:
    character = found[0]
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return short.get(character, f"\\u{ord(character):04X}")
