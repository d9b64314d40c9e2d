"""Measurements over the shared corpora. They are no part of the project: without them these tests are skipped."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc

SHARED = Path(__file__).parents[2] / "shared"
CASES = SHARED / "sse" / "cases.jsonl"
STREAMS = SHARED / "corpus" / "streams"

# Recordings whose label says clean and whose bytes say otherwise.
MISLABELLED = {
    "openai-responses/gpt-5.3-codex-0750.sse",  # its deltas and numbers were cut by hand, its final texts were not
    "openai-responses/gpt-5.2-2025-12-11-0753.sse",  # the same: 29 characters in deltas, 190 in the final text
    "openai-chat/facebook-opt-125m-0503.sse",  # a test model that writes "<|im_end|>" into its answer
    "openai-chat/facebook-opt-125m-0506.sse",  # the same
}


def body_of(case: dict[str, Any]) -> bytes:
    if case["bytes_base64"] is not None:
        return base64.b64decode(case["bytes_base64"])
    return "".join(text * n for text, n in case["build"]).encode()


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases of the standard are not on this machine")
def test_every_case_of_the_standard_comes_out_right() -> None:
    for case in map(json.loads, CASES.read_text(encoding="utf-8").splitlines()):
        if case["bytes_base64"] is None:
            continue
        decoder = sc.SseDecoder()
        events = decoder.feed(body_of(case)) + decoder.close()
        got = [(e.event, e.data, e.id) for e in events]
        assert got == [(e["event"], e["data"], e["id"]) for e in case["expect"]], case["id"]


@pytest.mark.skipif(not STREAMS.exists(), reason="the shared recordings are not on this machine")
def test_recorded_streams_raise_no_false_alarm() -> None:
    alarms = {}
    for row in map(json.loads, (STREAMS / "index.jsonl").read_text(encoding="utf-8").splitlines()):
        if row["expect"] != "clean" or row["file"] in MISLABELLED:
            continue
        report = sc.check(STREAMS / row["file"])
        if report.verdict is not sc.Verdict.CLEAN:
            alarms[row["file"]] = str(report)
        if row["dialect"] not in ("other", "mistral"):
            assert report.dialect == row["dialect"], row["file"]
    assert alarms == {}
