"""What holds for every body and every way to cut it."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.detectors import BLOCK
from streamcheck.segments import CHECK_EVERY
from tests.strategies import chat_streams, chunkings, damaged_streams
from tests.streams import chat


def report_of(chunks: list[bytes]) -> sc.Report:
    checker = sc.Checker()
    for chunk in chunks:
        checker.feed(chunk)
    return checker.close()


@given(damaged_streams())
@example(b"")
@example(b"\x1f\x8b")
@example(b"\x00" * 20)
@example(b"{" * 70_000)
def test_checker_never_raises(body: bytes) -> None:
    json.dumps(report_of([body]).to_dict())


@given(st.data(), damaged_streams())
def test_checker_is_independent_of_chunking(data: st.DataObject, body: bytes) -> None:
    whole = report_of([body]).to_dict()
    assert whole == report_of(data.draw(chunkings(body))).to_dict()
    assert whole == report_of([body[i : i + 1] for i in range(len(body))]).to_dict()


@given(damaged_streams())
def test_findings_lie_inside_the_body(body: bytes) -> None:
    report = report_of([body])
    for finding in report.findings:
        if finding.span is not None:
            assert 0 <= finding.span.start <= finding.span.end <= report.counts["bytes"]
        if finding.event is not None:
            assert 0 <= finding.event < report.counts["events"]
        assert finding.code in sc.CODES


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), max_size=6))
def test_the_message_is_the_plain_sum_of_the_deltas(pieces: list[str]) -> None:
    checker = sc.Checker()
    said = [item for item in checker.feed(chat(*pieces)) if isinstance(item, sc.Delta)]
    report = checker.close()
    assert report.message.content == "".join(pieces) == "".join(d.text for d in said)


@given(chat_streams())
def test_a_whole_chat_stream_has_no_wire_or_order_finding(body: bytes) -> None:
    loud = [f for f in report_of([body]).findings if f.stage in ("utf8", "json", "order", "http") and f.severity != "note"]
    assert loud == []


def test_blocks_of_assembly_and_detectors_are_the_same() -> None:
    assert CHECK_EVERY == BLOCK
