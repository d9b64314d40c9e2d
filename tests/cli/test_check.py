import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import streamcheck
from tests.cli.support import CUT, GOOD, HOSTILE, REFUSED, capture_of, process, run
from tests.streams import chat_events

REPORT_KEYS = {"source", "dialect", "verdict", "origin", "message", "findings", "provider_error", "counts", "timing"}
FINDING_KEYS = {"code", "severity", "message", "bytes", "event", "choice", "channel", "chars", "at", "evidence"}


def put(folder: Path, **bodies: bytes) -> Path:
    for name, body in bodies.items():
        file = folder / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return folder


def verdicts(stdout: str) -> dict[str, str]:
    return {Path(r["source"]).name: r["verdict"] for r in json.loads(stdout)["reports"]}


# ---------------------------------------------------------------------- exit codes
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (GOOD, 0),
        (CUT, 1),
        (REFUSED, 1),
        (HOSTILE, 1),
        (b"", 1),
        (b"<html><body>Bad gateway</body></html>", 1),
        (bytes(range(256)) * 9, 1),
    ],
)
def test_exit_code_is_1_for_anything_but_clean(tmp_path: Path, body: bytes, code: int) -> None:
    result = run("check", put(tmp_path, a_sse=body) / "a.sse")
    assert result.exit_code == code
    assert result.stderr == ""


def test_an_empty_file_is_incomplete_and_a_page_is_corrupt(tmp_path: Path) -> None:
    put(tmp_path, empty_sse=b"", page_sse=b"<!doctype html><html><body>502</body></html>", bytes_sse=bytes(range(256)) * 9)
    found = verdicts(run("check", "--format", "json", tmp_path).stdout)
    assert found == {"empty.sse": "incomplete", "page.sse": "corrupt", "bytes.sse": "corrupt"}


@pytest.mark.parametrize(
    ("fail_on", "code"), [("clean", 1), ("refused", 1), ("suspect", 1), ("degenerate", 1), ("incomplete", 1), ("corrupt", 0)]
)
def test_fail_on_takes_the_verdict_itself_and_all_above(tmp_path: Path, fail_on: str, code: int) -> None:
    put(tmp_path, a_sse=GOOD, b_sse=CUT)
    assert run("check", "--fail-on", fail_on, tmp_path).exit_code == code


def test_a_missing_path_is_exit_2_and_the_others_are_checked(tmp_path: Path) -> None:
    put(tmp_path, a_sse=GOOD)
    result = run("check", tmp_path / "no\x1b[2J.sse", tmp_path / "a.sse")
    assert result.exit_code == 2
    assert result.stdout.startswith("clean ")
    assert result.stderr == f"streamcheck check: {tmp_path}/no\\x1b[2J.sse: no such file or folder\n"


def test_a_file_that_may_not_be_read_is_exit_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, a_sse=GOOD, b_sse=CUT)

    def refuse(path: str, mode: str) -> object:
        if path.endswith("a.sse"):
            raise PermissionError(13, "Permission denied", path)
        return open(path, mode)

    monkeypatch.setattr("streamcheck.cli._examine.open", refuse, raising=False)
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "a.sse: cannot be read: Permission denied" in result.stderr
    assert "b.sse" in result.stdout


def test_a_folder_with_nothing_in_it_is_exit_2(tmp_path: Path) -> None:
    put(tmp_path, notes_txt=b"x")
    result = run("check", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing to check in it" in result.stderr


def test_a_broken_capture_header_is_exit_2_and_points_at_the_place(tmp_path: Path) -> None:
    put(tmp_path, a_capture_jsonl=b'{"streamcheck_capture": "one"}\n', b_capture_jsonl=b"garbage\n", c_sse=GOOD)
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "a.capture.jsonl:1:" in result.stderr
    assert "b.capture.jsonl" in result.stderr
    assert "c.sse" in result.stdout
    assert "Traceback" not in result.stderr


def test_an_unknown_dialect_names_the_nearest() -> None:
    result = run("check", "--dialect", "opnai-chat", "-", stdin=GOOD)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "streamcheck: unknown dialect 'opnai-chat'; did you mean 'openai-chat'?\n"


def test_a_defect_in_one_file_does_not_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("streamcheck.cli._examine.check", fail)
    result = run("check", put(tmp_path, a_sse=GOOD, b_sse=GOOD))
    assert result.exit_code == 2
    assert result.stderr.count("internal error: ZeroDivisionError: boom") == 2


# ---------------------------------------------------------------------- what is looked at
def test_a_folder_is_searched_below_and_in_order(tmp_path: Path) -> None:
    put(
        tmp_path,
        b_sse=GOOD,
        a__z_ndjson=b'{"x":1}\n',
        a__c_capture_jsonl=capture_of(GOOD),
        notes_json=b"{}",
        expect_txt=b"",
    )
    put(tmp_path / ".hidden", x_sse=GOOD)
    result = run("check", "--format", "json", tmp_path)
    assert [str(Path(r["source"]).relative_to(tmp_path)) for r in json.loads(result.stdout)["reports"]] == [
        "a/c.capture.jsonl",
        "a/z.ndjson",
        "b.sse",
    ]


def test_a_file_is_checked_once_however_often_it_is_named(tmp_path: Path) -> None:
    put(tmp_path, a_sse=GOOD)
    assert len(json.loads(run("check", "--format", "json", tmp_path, tmp_path / "a.sse").stdout)["reports"]) == 1


def test_a_file_with_any_name_is_checked_when_it_is_named(tmp_path: Path) -> None:
    assert run("check", put(tmp_path, answer_log=GOOD) / "answer.log").exit_code == 0


def test_jobs_give_the_same_output_in_the_same_order(tmp_path: Path) -> None:
    for i in range(12):
        put(tmp_path, **{f"f{i:02}_sse": CUT if i % 3 else GOOD})
    one = process("check", tmp_path)
    two = process("check", "--jobs", "2", tmp_path)
    assert (one.returncode, two.returncode) == (1, 1)
    assert two.stdout == one.stdout
    assert two.stderr == b""


# ---------------------------------------------------------------------- stdin
def test_stdin_is_a_stream() -> None:
    assert run("check", "-", stdin=GOOD).exit_code == 0
    result = run("check", "-", stdin=CUT)
    assert result.exit_code == 1
    assert result.stdout.startswith("incomplete  <stdin>  openai-chat, ")


def test_stdin_gives_the_findings_that_the_file_gives(tmp_path: Path) -> None:
    piped = json.loads(run("check", "--format", "json", "-", stdin=HOSTILE).stdout)["reports"][0]
    filed = json.loads(run("check", "--format", "json", put(tmp_path, a_sse=HOSTILE)).stdout)["reports"][0]
    # A stream on stdin has times, a file has none.
    assert all(finding.pop("at") is not None for finding in piped["findings"] if finding["event"] is not None)
    assert all(finding.pop("at") is None for finding in filed["findings"])
    for key in REPORT_KEYS - {"source", "timing"}:
        assert piped[key] == filed[key]


def test_a_capture_on_stdin_is_read_as_one() -> None:
    result = run("check", "--format", "json", "-", stdin=capture_of(CUT))
    assert verdicts(result.stdout) == {"<stdin>": "incomplete"}
    assert json.loads(result.stdout)["reports"][0]["counts"]["bytes"] == len(CUT)


def test_a_json_line_on_stdin_is_not_taken_for_a_capture() -> None:
    assert json.loads(run("check", "--format", "json", "-", stdin=REFUSED).stdout)["reports"][0]["verdict"] == "refused"


def test_an_empty_stdin_is_incomplete() -> None:
    assert run("check", "-").exit_code == 1


# ---------------------------------------------------------------------- formats
def test_json_has_the_keys_of_the_contract(tmp_path: Path) -> None:
    put(tmp_path, a_capture_jsonl=capture_of(HOSTILE), b_sse=REFUSED, c_sse=GOOD)
    result = run("check", "--format", "json", tmp_path)
    document = json.loads(result.stdout)
    assert (document["format"], document["streamcheck"]) == (1, streamcheck.__version__)
    assert result.stdout.isascii()
    for report in document["reports"]:
        assert report.keys() >= REPORT_KEYS
        assert report["counts"].keys() >= {"bytes", "events", "deltas", "chars"}
        assert report["message"].keys() >= {"choices", "id", "model", "usage"}
        for finding in report["findings"]:
            assert finding.keys() == FINDING_KEYS
        for choice in report["message"]["choices"]:
            assert choice.keys() >= {"index", "reasoning", "content", "refusal", "tool_calls", "finish_reason"}
    capture, refused, clean = document["reports"]
    assert capture["timing"].keys() == {"first_byte_s", "first_delta_s", "longest_gap_s", "duration_s"}
    assert capture["origin"].keys() == {"layer", "confidence", "because"}
    assert (clean["origin"], clean["provider_error"], clean["timing"]) == (None, None, None)
    expected = "class code http_status message retry retry_after_s reset_at scope switch_model switch_key hint rule"
    assert refused["provider_error"].keys() >= set(expected.split())


def test_a_lone_surrogate_travels_in_json(tmp_path: Path) -> None:
    body = GOOD.replace(b"Hello", rb"\ud83d Hello")
    result = run("check", "--format", "json", put(tmp_path, a_sse=body))
    assert json.loads(result.stdout)["reports"][0]["message"]["choices"][0]["content"].startswith("\ud83d Hello")


def test_json_names_what_could_not_be_checked(tmp_path: Path) -> None:
    result = run("check", "--format", "json", put(tmp_path, a_sse=GOOD), tmp_path / "missing")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["problems"] == [f"{tmp_path}/missing: no such file or folder"]


@pytest.mark.parametrize("args", [(), ("--verbose",)])
def test_hostile_text_is_shown_escaped(tmp_path: Path, args: tuple[str, ...]) -> None:
    result = run("check", *args, put(tmp_path, a_sse=HOSTILE))
    assert r"\x1b" in result.stdout
    assert r"\u202e" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.stdout + result.stderr)


def test_a_recording_tells_where_and_when_it_was_made(tmp_path: Path) -> None:
    result = run("check", put(tmp_path, a_capture_jsonl=capture_of(CUT)))
    assert "POST https://host.example/v1/chat/completions" in result.stdout
    assert "2026-11-21T09:44:00.125Z" in result.stdout


def test_clean_streams_take_one_line_each_and_a_summary(tmp_path: Path) -> None:
    lines = run("check", put(tmp_path, a_sse=GOOD, b_sse=GOOD)).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["clean", "clean", "2"]
    assert lines[-1] == "2 checked: 2 clean"


def test_quiet_shows_only_what_fails(tmp_path: Path) -> None:
    put(tmp_path, a_sse=GOOD)
    assert run("check", "--quiet", tmp_path).stdout == ""
    put(tmp_path, b_sse=CUT)
    result = run("check", "-q", tmp_path)
    assert "a.sse" not in result.stdout
    assert "b.sse" in result.stdout


# ---------------------------------------------------------------------- expectations
def expect(folder: Path, text: str) -> None:
    (folder / "expect.toml").write_text(text, encoding="utf-8")


def test_a_broken_stream_that_is_expected_passes(tmp_path: Path) -> None:
    put(tmp_path, garbled__a_sse=CUT, b_sse=GOOD)
    expect(tmp_path, '["garbled/a.sse"]\nlabel = "a cut one"\nverdict = "incomplete"\ncodes = ["order/missing-terminal"]\n')
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert f"as expected    incomplete  {tmp_path}/garbled/a.sse  " + '"a cut one"\n' in result.stdout
    assert result.stdout.endswith("2 checked: 1 clean, 1 incomplete, 1 as expected\n")


@pytest.mark.parametrize(
    ("section", "difference"),
    [
        ('verdict = "clean"', "the verdict is incomplete, expected clean"),
        ('verdict = "incomplete"\ncodes = []', "order/missing-terminal is not expected"),
        ('codes = ["order/missing-terminal", "utf8/invalid"]', "utf8/invalid is expected and was not found"),
        ('onset = { channel = "content", chars = 3 }', "no onset was found"),
    ],
)
def test_any_difference_is_exit_1_and_told_in_words(tmp_path: Path, section: str, difference: str) -> None:
    put(tmp_path, a_sse=CUT)
    expect(tmp_path, f'["a.sse"]\n{section}\n')
    result = run("check", "--fail-on", "corrupt", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.startswith("differs ")
    assert f"  - {difference}" in result.stdout


def test_a_clean_stream_that_should_be_broken_fails(tmp_path: Path) -> None:
    put(tmp_path, a_sse=GOOD)
    expect(tmp_path, '["a.sse"]\nverdict = "corrupt"\n')
    assert run("check", tmp_path).exit_code == 1


def test_a_known_failure_must_fail(tmp_path: Path) -> None:
    put(tmp_path, a_sse=CUT)
    expect(tmp_path, '["a.sse"]\nverdict = "clean"\nknown_failure = "not solved yet"\n')
    result = run("check", tmp_path)
    assert result.exit_code == 0
    assert "known failure" in result.stdout
    assert "not solved yet" in result.stdout
    put(tmp_path, a_sse=GOOD)
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert "unexpected pass" in result.stdout
    assert "take known_failure out of" in result.stdout


def test_expectations_are_found_from_a_folder_above_and_from_a_single_file(tmp_path: Path) -> None:
    put(tmp_path, sub__a_sse=CUT)
    expect(tmp_path, '["sub/a.sse"]\nverdict = "incomplete"\n')
    assert run("check", tmp_path / "sub").exit_code == 0
    assert run("check", tmp_path / "sub" / "a.sse").exit_code == 0


def test_the_nearest_expectation_counts(tmp_path: Path) -> None:
    put(tmp_path, sub__a_sse=CUT)
    expect(tmp_path, '["sub/a.sse"]\nverdict = "clean"\n')
    expect(tmp_path / "sub", '["a.sse"]\nverdict = "incomplete"\n')
    assert run("check", tmp_path).exit_code == 0


def test_an_expected_file_is_checked_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path, answer_json=REFUSED)
    expect(tmp_path, '["answer.json"]\nverdict = "refused"\n')
    assert run("check", tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["a.sse"]\nverdict = "clean"\nverdct = "x"\n', "\"a.sse\"]: unknown key 'verdct'; did you mean 'verdict'?"),
        ('["a.sse"]\nverdict = "brocken"\n', "unknown verdict 'brocken'"),
        ('["a.sse"]\nverdict = \n', "is not TOML"),
        ('["a.sse"]\nlabel = "x"\n', "expects nothing"),
        ('["../a.sse"]\nverdict = "clean"\n', "is no path below"),
    ],
)
def test_a_bad_expect_toml_is_exit_2_with_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    put(tmp_path, a_sse=GOOD)
    expect(tmp_path, text)
    result = run("check", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path}/expect.toml: " in result.stderr
    assert told in result.stderr


def test_a_bad_expect_toml_above_is_told_and_not_used(tmp_path: Path) -> None:
    put(tmp_path, sub__a_sse=GOOD)
    expect(tmp_path, 'tool = "another"\n')
    result = run("check", tmp_path / "sub")
    assert result.exit_code == 0
    assert "not used: " in result.stderr


def test_an_expected_file_that_is_missing_is_exit_2(tmp_path: Path) -> None:
    put(tmp_path, a_sse=GOOD)
    expect(tmp_path, '["gone.sse"]\nverdict = "clean"\n')
    result = run("check", tmp_path)
    assert result.exit_code == 2
    assert "['gone.sse']: no such file" in result.stderr
    assert "a.sse" in result.stdout


def test_json_tells_the_outcome(tmp_path: Path) -> None:
    put(tmp_path, a_sse=CUT)
    expect(tmp_path, '["a.sse"]\nlabel = "x"\nverdict = "clean"\n')
    report: dict[str, Any] = json.loads(run("check", "--format", "json", tmp_path).stdout)["reports"][0]
    assert report["expectation"] == {
        "label": "x",
        "outcome": "differs",
        "differences": ["the verdict is incomplete, expected clean"],
        "remarks": [],
    }


def test_update_rewrites_what_differs_and_adds_what_is_new(tmp_path: Path) -> None:
    put(tmp_path, a_sse=CUT, sub__b_sse=GOOD)
    expect(tmp_path, '# kept\n["a.sse"]\nlabel = "say \\"hi\\""\ncomment = "from\\nhere"\nverdict = "clean"\n')
    result = run("check", "--update", tmp_path)
    assert result.exit_code == 0
    assert "1 rewritten, 1 added" in result.stderr
    text = (tmp_path / "expect.toml").read_text()
    assert text.startswith("# kept\n")
    assert tomllib.loads(text) == {
        "a.sse": {"label": 'say "hi"', "comment": "from\nhere", "verdict": "incomplete", "codes": ["order/missing-terminal"]},
        "sub/b.sse": {"verdict": "clean", "codes": []},
    }
    assert run("check", tmp_path).exit_code == 0
    before = (tmp_path / "expect.toml").stat().st_mtime_ns
    run("check", "--update", tmp_path)
    assert (tmp_path / "expect.toml").stat().st_mtime_ns == before


def test_update_leaves_known_failures_alone(tmp_path: Path) -> None:
    put(tmp_path, a_sse=CUT)
    text = '["a.sse"]\nverdict = "clean"\nknown_failure = "why"\n'
    expect(tmp_path, text)
    assert run("check", "--update", tmp_path).exit_code == 0
    assert (tmp_path / "expect.toml").read_text() == text


def test_update_refuses_in_ci(tmp_path: Path) -> None:
    put(tmp_path, a_sse=CUT)
    result = run("check", "--update", tmp_path, env={"CI": "true"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "CI is set" in result.stderr
    assert not (tmp_path / "expect.toml").exists()


def test_a_deadline_judges_the_times_of_a_capture(tmp_path: Path) -> None:
    path = tmp_path / "long.capture.jsonl"
    clock = iter([0.0, 0.1, 25.0, 60.0, 60.1, 60.2]).__next__
    with streamcheck.CaptureWriter(path, clock=clock) as writer:
        for event in chat_events("one"):
            writer.chunk(event)
    assert run("check", path).exit_code == 0
    for option in ("--stall-after", "--first-delta-within"):
        result = run("check", option, "20", path)
        assert result.exit_code == 1
        assert "20 s" in result.stdout
    assert run("check", "--stall-after", "0", path).exit_code == 2
