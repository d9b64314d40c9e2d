"""Recordings that are not held in memory: read again each time, and located as those that are."""

from pathlib import Path

import pytest

import streamcheck as sc
from streamcheck.capture.written import written_capture
from streamcheck.faults import faults, inject
from streamcheck.hops import hop
from streamcheck.hops.locating import locate

CLEAN = Path(__file__).parents[2] / "captures" / "clean"
FAULTS = [f"{fault.name}/{variant}" if variant else fault.name for fault in faults().values() for variant in fault.variants]


@pytest.mark.parametrize("name", ["chat-no-space", "anthropic-glossary", "chat-gzip"])
def test_a_recording_that_is_not_held_is_located_as_one_that_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = sc.CaptureReader(CLEAN / f"{name}.capture.jsonl").read()
    before, after = tmp_path / "before.capture.jsonl", tmp_path / "after.capture.jsonl"
    count = 0
    for fault in FAULTS:
        try:
            made = inject(capture, fault, seed=3)
        except sc.UsageError:  # it makes no sense for this capture
            continue
        before.write_bytes(written_capture(made.before or capture))
        after.write_bytes(written_capture(made.capture))
        pairs = [("before", before), ("after", after)]
        held = locate(pairs).to_dict()
        monkeypatch.setattr(hop, "_HELD", 0)
        assert locate(pairs).to_dict() == held, fault
        monkeypatch.undo()
        count += 1
    assert count > 60


def test_a_large_raw_body_is_read_again_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = sc.CaptureReader(CLEAN / "chat-zai-english-thought-with-chinese.capture.jsonl").read().body
    before, after = tmp_path / "before.sse", tmp_path / "after.sse"
    before.write_bytes(body)
    after.write_bytes(body.decode("latin-1").encode())
    monkeypatch.setattr(hop, "_HELD", 0)
    location = locate([("before", before), ("after", after)])
    assert (location.between, location.fault, location.proof) == (("before", "after"), "charset-wrong", "reproduced")
