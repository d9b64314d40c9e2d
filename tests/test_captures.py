"""The recorded cases: each is judged as its expectation says, found where the generator damaged it, and made anew byte for byte."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.captures.cases import Case
from scripts.captures.cases_incident import STORE
from scripts.captures.faults import Truth
from scripts.captures.files import truths
from scripts.make_captures import CASES, FOLDER, differences, files, on_disk
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.redact import secret_findings
from streamcheck.checker import Checker, check
from streamcheck.codes import CODES
from streamcheck.expectations import Expectation, judge, read_expectations
from streamcheck.findings import Finding, Severity
from streamcheck.sources import read_source

MAX_FILE, MAX_FOLDER = 32_000, 2_500_000  # bytes: a case is read by people, and all of them are cloned
EXPECTED = read_expectations(FOLDER / "expect.toml")
KNOWN_FAILURES = {name for name, expectation in EXPECTED.items() if expectation.known_failure is not None}
PLACES = {name: truth for name, truth in truths(CASES).items() if name not in KNOWN_FAILURES}

# Stages whose every warning or error has to be shown here, and the codes that cannot be.
SHOWN_STAGES = ("utf8", "sse", "json", "order", "http", "aws")
NOT_SHOWN = {
    "sse/oversized-event": "takes an event of more than 16 MiB; tests/test_sse.py sets a lower limit",
    "http/status": "a refusal is named by its provider/... class; no stage gives this code",
}


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return files()


def _places() -> list[object]:
    return [pytest.param(name, truth, id=name) for name, truth in PLACES.items()]


def _start(finding: Finding, truth: Truth) -> int | None:
    if finding.span is None:
        return None
    return finding.span.start if truth.edge == "start" else finding.span.end


@pytest.mark.parametrize("expectation", EXPECTED.values(), ids=EXPECTED.keys())
def test_capture_is_judged_as_expected(expectation: Expectation) -> None:
    outcome = judge(check(expectation.path), expectation)
    assert outcome.passed, outcome.differences


@pytest.mark.parametrize(("name", "truth"), _places())
def test_damage_is_found_at_its_place(name: str, truth: Truth) -> None:
    found = [f for f in check(FOLDER / name).findings if f.code == truth.code]
    places = [(_start(f, truth), f.event, f.chars[0] if f.chars and truth.char is not None else None) for f in found]
    assert (truth.start, truth.event, truth.char) in places


@pytest.mark.parametrize("case", [c for c in CASES if c.notes], ids=lambda case: case.path)
def test_oddity_is_noted(case: Case) -> None:
    told = {f.code for f in check(FOLDER / case.path).findings if f.severity is Severity.NOTE}
    assert set(case.notes) <= told


@pytest.mark.parametrize("name", EXPECTED)
def test_report_of_a_capture_does_not_depend_on_its_reads(name: str) -> None:
    recording = read_source(FOLDER / name)
    body = b"".join(data for _, data in recording.chunks)
    if not body:
        pytest.skip("a hop without bytes, or without an answer")
    checker = Checker(head=recording.head)
    checker.feed(body)
    as_read, whole = check(FOLDER / name), checker.close(recording.end)
    # Only the capture knows times.
    untimed = tuple(replace(finding, at=None) for finding in as_read.findings if finding.stage != "time")
    assert (as_read.verdict, untimed, as_read.message) == (whole.verdict, whole.findings, whole.message)


def test_every_file_has_an_expectation_and_every_expectation_a_file() -> None:
    present = {p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*") if p.is_file()}
    assert present - {"README.md", "expect.toml", *STORE} == set(EXPECTED)


def test_files_on_disk_are_as_the_generator_makes_them(made: dict[str, bytes]) -> None:
    assert differences(made, on_disk()) == []


def test_generator_makes_the_same_bytes_again(made: dict[str, bytes]) -> None:
    assert files() == made


def test_every_loud_code_of_the_wire_and_its_order_is_shown() -> None:
    loud = {name for name, code in CODES.items() if name.partition("/")[0] in SHOWN_STAGES and code.severity != "note"}
    shown = {code for expectation in EXPECTED.values() for code in expectation.codes or ()}
    assert loud - shown == set(NOT_SHOWN)


def test_every_dialect_has_a_clean_capture() -> None:
    from streamcheck.dialects import dialect_classes

    clean = {check(e.path).dialect for e in EXPECTED.values() if e.name.startswith("clean/")}
    assert {d.name for d in dialect_classes()} <= clean


def test_group_and_verdict_agree() -> None:
    allowed = {
        "clean": {"clean"},
        "garbled": {"degenerate", "suspect"},
        "truncated": {"incomplete", "suspect"},
        "refused": {"refused"},
        "corrupt": {"corrupt", "suspect"},
        "opencode-garbled": {"clean", "degenerate"},
    }
    assert [n for n, e in EXPECTED.items() if e.verdict not in allowed[n.partition("/")[0]]] == []


def test_captures_hold_no_secret() -> None:
    paths = [FOLDER / name for name in EXPECTED if name.endswith(".capture.jsonl")]
    assert [p.name for p in paths if secret_findings(CaptureReader(p).read())] == []


def test_captures_are_small(made: dict[str, bytes]) -> None:
    assert [name for name, data in made.items() if len(data) > MAX_FILE and Path(name).name != "expect.toml"] == []
    assert sum(map(len, made.values())) < MAX_FOLDER
