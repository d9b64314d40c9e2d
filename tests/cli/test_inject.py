import json
from pathlib import Path

import pytest

from streamcheck.capture.reader import CaptureReader
from streamcheck.checker import check
from streamcheck.faults import FAULTS
from tests.cli.support import run

FOLDER = Path(__file__).parents[2] / "captures" / "clean"
CLEAN = FOLDER / "chat-zai-zh.capture.jsonl"


def test_inject_writes_the_capture_and_prints_the_truth(tmp_path: Path) -> None:
    target = tmp_path / "spliced.capture.jsonl"
    result = run("inject", "frame-spliced", CLEAN, "-o", target, "--seed", "3")
    assert result.exit_code == 0
    (truth,) = json.loads(result.stdout)["truths"]
    report = check(target)
    assert [f.span.start for f in report.findings if f.code == "order/spliced-frame" and f.span] == [truth["first_bad_byte"]]


def test_inject_into_a_folder_names_the_file_for_source_fault_and_seed(tmp_path: Path) -> None:
    result = run("inject", "json-invalid-frame/dot", CLEAN, "-o", f"{tmp_path}/new/", "--seed", "7")
    assert result.exit_code == 0
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["chat-zai-zh-json-invalid-frame.dot-7.capture.jsonl"]


def test_inject_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("inject", "payload-bitrot", CLEAN, "-o", tmp_path / f"{name}.capture.jsonl").exit_code == 0
    bodies = [CaptureReader(tmp_path / f"{name}.capture.jsonl").read() for name in ("a", "b")]
    assert bodies[0].chunks == bodies[1].chunks


def test_inject_keeps_borders_and_times_of_the_source(tmp_path: Path) -> None:
    target = tmp_path / "a.capture.jsonl"
    run("inject", "control/crlf", CLEAN, "-o", target)
    before, after = CaptureReader(CLEAN).read(), CaptureReader(target).read()
    assert [c.at for c in after.chunks] == [c.at for c in before.chunks]
    assert (after.hop, after.started) == (before.hop, before.started)
    assert after.findings == ()


def test_inject_of_a_reader_writes_its_text_and_its_upstream(tmp_path: Path) -> None:
    target, upstream = tmp_path / "client.capture.jsonl", tmp_path / "wire.capture.jsonl"
    result = run("inject", "linesep-overbreak", CLEAN, "-o", target, "--upstream", upstream)
    assert result.exit_code == 0
    capture = CaptureReader(target).read()
    assert capture.text_only
    assert capture.hop == "client"
    assert check(upstream).ok
    assert check(upstream).message.content != "".join(d.text for d in capture.deltas if d.channel == "content")


@pytest.mark.parametrize("fault", ["store-record-damaged/surrogate", "surrogate-split/kept"])
def test_half_of_a_pair_survives_the_file(tmp_path: Path, fault: str) -> None:
    target = tmp_path / "a.capture.jsonl"
    assert run("inject", fault, CLEAN, "-o", target).exit_code == 0
    assert any("\ud800" <= c <= "\udfff" for d in CaptureReader(target).read().deltas for c in d.text)


def test_inject_joins_two_faults(tmp_path: Path) -> None:
    result = run("inject", "stall-masked+template-token-leak", CLEAN, "-o", tmp_path / "a.capture.jsonl")
    assert [t["class"] for t in json.loads(result.stdout)["truths"]] == ["template-token-leak", "stall-masked"]


def test_inject_takes_parameters_and_a_second_capture(tmp_path: Path) -> None:
    stalled = run("inject", "stall-masked", CLEAN, "-o", tmp_path / "a.capture.jsonl", "--param", "gap=45.5", "--at", "20")
    assert json.loads(stalled.stdout)["truths"][0]["details"]["gap_s"] == 45.5
    second = FOLDER / "chat-zai-recipe.capture.jsonl"
    joined = run("inject", "stream-restart-concat", CLEAN, "-o", tmp_path / "b.capture.jsonl", "--second", second)
    assert json.loads(joined.stdout)["truths"][0]["details"]["ids"][1] == check(second).message.id


def test_inject_never_writes_over_a_file(tmp_path: Path) -> None:
    target = tmp_path / "a.capture.jsonl"
    target.write_bytes(b"precious")
    result = run("inject", "frame-spliced", CLEAN, "-o", target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "never written over" in result.stderr
    assert target.read_bytes() == b"precious"


def test_inject_lists_every_class(tmp_path: Path) -> None:
    listed = run("inject", "--list", "--format", "json")
    assert [row["class"] for row in json.loads(listed.stdout)["faults"]] == list(FAULTS)
    text = run("inject", "--list")
    assert all(name in text.stdout for name in FAULTS)


def test_unknown_fault_is_exit_2_and_tells_the_nearest(tmp_path: Path) -> None:
    result = run("inject", "frame-splicd", CLEAN, "-o", tmp_path / "a.capture.jsonl")
    assert result.exit_code == 2
    assert "did you mean 'frame-spliced'" in result.stderr


def test_fault_that_makes_no_sense_is_exit_2_and_says_why(tmp_path: Path) -> None:
    result = run("inject", "tool-markup-malformed", CLEAN, "-o", tmp_path / "a.capture.jsonl")
    assert result.exit_code == 2
    assert "needs a tool call" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_arguments_and_files_are_exit_2(tmp_path: Path) -> None:
    assert "needs a fault" in run("inject").stderr
    assert "needs -o OUT" in run("inject", "frame-spliced", CLEAN).stderr
    assert run("inject", "frame-spliced", tmp_path / "none.capture.jsonl", "-o", tmp_path / "a.capture.jsonl").exit_code == 2


def test_upstream_of_a_fault_of_the_wire_is_refused(tmp_path: Path) -> None:
    result = run("inject", "frame-spliced", CLEAN, "-o", tmp_path / "a.capture.jsonl", "--upstream", tmp_path / "b.capture.jsonl")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_help_begins_with_examples() -> None:
    result = run("inject", "-h")
    assert result.stdout.startswith("Examples:\n  streamcheck inject ")
