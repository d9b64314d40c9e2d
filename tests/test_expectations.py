import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.errors import UsageError
from streamcheck.expectations import (
    Expectation,
    Onset,
    Result,
    expectation_from,
    judge,
    onset_of,
    read_expectations,
    rewritten,
)
from streamcheck.findings import Finding, Severity
from streamcheck.messages import Choice, Message
from streamcheck.verdicts import Report, Verdict, verdict_of

SALAD = Finding("text/word-salad", Severity.ERROR, "salad", choice=0, channel="reasoning", chars=(118, 240))
TOKEN = Finding("text/template-token", Severity.ERROR, "token", choice=0, channel="reasoning", chars=(130, 140))
ODD = Finding("text/entropy", Severity.WARNING, "odd", choice=0, channel="reasoning", chars=(300, 400))
NOTE = Finding("text/mojibake", Severity.NOTE, "note", choice=0, channel="content", chars=(1, 2))


def report(*findings: Finding) -> Report:
    counts = {"bytes": 0, "events": 0, "deltas": 0, "chars": 0}
    return Report("a", "openai-chat", verdict_of(findings), findings, Message((Choice(0),)), counts)


def expectation(**kw: object) -> Expectation:
    return Expectation("a.sse", "expect.toml", **kw)  # type: ignore[arg-type]  # a test's shorthand


FULL = expectation(
    verdict=Verdict.DEGENERATE, codes=("text/word-salad", "text/template-token"), onset=Onset("reasoning", 118, within=40)
)


# ---------------------------------------------------------------------- judging
def test_what_is_expected_is_as_expected() -> None:
    outcome = judge(report(NOTE, SALAD, TOKEN), FULL)
    assert (outcome.result, outcome.differences, outcome.remarks) == (Result.AS_EXPECTED, (), ())
    assert outcome.passed


def test_what_is_not_named_is_not_judged() -> None:
    assert judge(report(SALAD), expectation(verdict=Verdict.DEGENERATE)).passed
    assert judge(report(SALAD), expectation(codes=("text/word-salad",))).passed


def test_another_verdict_differs() -> None:
    outcome = judge(report(), expectation(verdict=Verdict.CORRUPT))
    assert outcome.result is Result.DIFFERS
    assert outcome.differences == ("the verdict is clean, expected corrupt",)


def test_a_missing_code_differs_and_a_note_does_not_stand_for_it() -> None:
    assert judge(report(SALAD), FULL).differences == ("text/template-token is expected and was not found",)
    found = judge(report(NOTE), expectation(codes=("text/mojibake",))).differences
    assert found == ("text/mojibake is expected and was found as a note only",)


def test_a_code_that_does_not_exist_is_named() -> None:
    (told,) = judge(report(), expectation(codes=("text/wordsalad",))).differences
    assert told.endswith("there is no such code; did you mean 'text/word-salad'?")


def test_another_error_differs_and_another_warning_is_a_remark() -> None:
    assert judge(report(SALAD, TOKEN), expectation(codes=("text/word-salad",))).differences == (
        "text/template-token is not expected: token",
    )
    outcome = judge(report(SALAD, ODD), expectation(codes=("text/word-salad",)))
    assert outcome.passed
    assert outcome.remarks == ("text/entropy was found too, as a warning",)


@pytest.mark.parametrize(
    ("onset", "passes"),
    [
        (Onset("reasoning", 118), True),
        (Onset("reasoning", 117), False),
        (Onset("reasoning", 78, within=40), True),
        (Onset("reasoning", 158, within=40), True),
        (Onset("reasoning", 159, within=40), False),
        (Onset("content", 118, within=40), False),
        (Onset(None, 118), True),
    ],
)
def test_the_onset_may_move_within(onset: Onset, passes: bool) -> None:
    assert judge(report(NOTE, SALAD, TOKEN), expectation(onset=onset)).passed is passes


def test_differences_of_the_onset_are_in_words() -> None:
    differing = expectation(onset=Onset("content", 3, within=2))
    assert judge(report(SALAD), differing).differences == (
        "the onset is at reasoning character 118, expected at content character 3, within 2",
    )
    assert judge(report(), differing).differences == ("no onset was found, expected at content character 3, within 2",)


def test_the_onset_is_the_first_finding_in_a_text_that_is_no_note() -> None:
    assert onset_of(report(NOTE, SALAD, TOKEN)) is SALAD
    assert onset_of(report(NOTE)) is None


def test_a_known_failure_must_fail() -> None:
    known = replace(FULL, known_failure="no detector yet")
    assert judge(report(), known).result is Result.KNOWN_FAILURE
    assert judge(report(), known).passed
    outcome = judge(report(SALAD, TOKEN), known)
    assert outcome.result is Result.UNEXPECTED_PASS
    assert not outcome.passed
    assert "no detector yet" in outcome.differences[0]


def test_an_expectation_from_a_report_is_met_by_it() -> None:
    for findings in ((), (SALAD, TOKEN, ODD), (NOTE,), (ODD,)):
        made = expectation_from(report(*findings), expectation(label="x", comment="y"))
        assert judge(report(*findings), made).result is Result.AS_EXPECTED
        assert (made.label, made.comment) == ("x", "y")
        assert made.verdict is not None
        assert made.codes is not None


def test_an_expectation_that_is_met_or_known_to_fail_is_not_rewritten() -> None:
    met = expectation(verdict=Verdict.DEGENERATE, onset=Onset("reasoning", 100, within=40))
    assert expectation_from(report(SALAD), met) is met
    known = replace(FULL, known_failure="why")
    assert expectation_from(report(), known) is known


# ---------------------------------------------------------------------- reading
def read(folder: Path, text: str) -> dict[str, Expectation]:
    file = folder / "expect.toml"
    file.write_text(text, encoding="utf-8")
    return read_expectations(file)


def test_a_whole_section_is_read(tmp_path: Path) -> None:
    text = """
["garbled/a.capture.jsonl"]
label = "l"
comment = "c"
verdict = "degenerate"
codes = ["text/word-salad"]
onset = { channel = "reasoning", chars = 118, within = 40 }
known_failure = "why"
"""
    (one,) = read(tmp_path, text).values()
    assert one == Expectation(
        name="garbled/a.capture.jsonl",
        file=str(tmp_path / "expect.toml"),
        label="l",
        comment="c",
        verdict=Verdict.DEGENERATE,
        codes=("text/word-salad",),
        onset=Onset("reasoning", 118, 40),
        known_failure="why",
    )
    assert one.path == tmp_path / "garbled" / "a.capture.jsonl"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["a"]\nverdict = "clean"\nfoo = 1', "[\"a\"]: unknown key 'foo'"),
        ('["a"]\nverdict = "clan"', "verdict: unknown verdict 'clan'; did you mean 'clean'?"),
        ('["a"]\nverdict = 3', "verdict: expected a string, got '3'"),
        ('["a"]\ncodes = "x"', "codes: expected a list of strings"),
        ('["a"]\ncodes = [1]', "codes: expected a list of strings"),
        ('["a"]\nonset = 118', "onset: expected {"),
        ('["a"]\nonset = { within = 1 }', "onset: chars is missing"),
        ('["a"]\nonset = { chars = -1 }', "onset.chars: expected a number"),
        ('["a"]\nonset = { chars = 1, inside = 2 }', "onset: unknown key 'inside'"),
        ('["a"]\nlabel = "x"', "expects nothing"),
        ('["/etc/passwd"]\nverdict = "clean"', "no path below"),
        ('["../a"]\nverdict = "clean"', "no path below"),
        ('verdict = "clean"', "'verdict' stands outside of a section"),
        ("[a", "is not TOML"),
        ('["a"]\nverdict = "clean"\n["a"]\nverdict = "clean"', "is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_said_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path}/expect.toml: ")
    assert told in str(caught.value)


def test_a_file_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / "expect.toml").write_bytes(b'["a"]\nlabel = "\xff"\n')
    with pytest.raises(UsageError, match="is not TOML"):
        read_expectations(tmp_path / "expect.toml")


# ---------------------------------------------------------------------- writing
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
EXPECTATIONS = st.builds(
    Expectation,
    name=TEXTS.filter(lambda n: "\0" not in n).map(lambda n: f"f{n.replace('/', '-')}"),
    file=st.just(""),
    label=st.none() | TEXTS,
    comment=st.none() | TEXTS,
    verdict=st.sampled_from(Verdict),
    codes=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    onset=st.none() | st.builds(Onset, st.none() | TEXTS, st.integers(0, 9999), st.integers(0, 99)),
    known_failure=st.none() | TEXTS,
)
SECTIONS = st.lists(EXPECTATIONS, max_size=4, unique_by=lambda e: e.name).map(lambda many: {e.name: e for e in many})


@given(sections=SECTIONS, changed=SECTIONS)
def test_written_expectations_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, sections: dict[str, Expectation], changed: dict[str, Expectation]
) -> None:
    file = tmp_path_factory.getbasetemp() / "expect.toml"
    text = rewritten("", sections)
    both = {**sections, **changed}
    again = rewritten(text, both)
    file.write_text(again, encoding="utf-8", newline="")
    got = read_expectations(file)
    assert {name: replace(e, file="") for name, e in got.items()} == both
    assert list(got) == list(both)
    assert rewritten(again, both) == again


def test_what_did_not_change_keeps_its_very_text() -> None:
    text = """# about the folder

# two cases
["a.sse"]
codes   = [  ]   # aligned by hand
verdict = 'clean'

# the odd one
["b.sse"]
verdict = "clean"
label = \"\"\"
[not a section]
\"\"\"
# the end
"""
    sections = {name: expectation_of(name, table) for name, table in tomllib.loads(text).items()}
    assert rewritten(text, sections) == text
    changed = {**sections, "a.sse": replace(sections["a.sse"], verdict=Verdict.CORRUPT)}
    new = rewritten(text, changed)
    assert new.startswith(
        '# about the folder\n\n# two cases\n["a.sse"]\nverdict = "corrupt"\ncodes = []\n\n# the odd one\n["b.sse"]\n'
    )


def expectation_of(name: str, table: dict[str, object]) -> Expectation:
    codes = table.get("codes")
    assert codes is None or isinstance(codes, list)
    label = table.get("label")
    assert label is None or isinstance(label, str)
    return Expectation(
        name, "", label=label, verdict=Verdict(str(table["verdict"])), codes=None if codes is None else tuple(codes)
    )


def test_a_name_that_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="rename the file"):
        rewritten("", {"\udcff.sse": Expectation("\udcff.sse", "", verdict=Verdict.CLEAN)})
