"""Ids of an event stream that count: what is missing, what came twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.event_ids import MIN_RUN, YOUNG_RUN, EventIds
from tests.streams import chat_events

WORDS = [
    "Die Bäckerei ",
    "öffnet ",
    "um fünf, ",
    "und die ",
    "Stadt ",
    "schläft ",
    "noch, ",
    "wie ",
    "immer ",
    "im ",
    "Winter ",
    "hier.",
]


def numbered(ids: list[str]) -> bytes:
    """A stream of as many events as there are ids."""
    events = chat_events(*WORDS)
    assert len(events) == len(ids)
    return b"".join(b"id: " + id.encode() + b"\n" + event for id, event in zip(ids, events, strict=True))


COUNT = len(WORDS) + 3


def test_ids_that_count_are_silent() -> None:
    assert sc.check(numbered([str(i) for i in range(COUNT)])).findings == ()


def test_a_gap_is_a_suspicion_with_how_many_are_missing() -> None:
    report = sc.check(numbered([str(i if i < 10 else i + 3) for i in range(COUNT)]))
    assert (report.verdict, [f.code for f in report.findings]) == ("suspect", ["order/sequence-gap"])
    assert (report.findings[0].event, report.findings[0].evidence["missing"]) == (10, 3)


def test_ids_that_go_back_were_sent_twice() -> None:
    report = sc.check(numbered([str(i if i < 11 else i - 2) for i in range(COUNT)]))
    assert [f.code for f in report.findings] == ["order/duplicate-event"]
    assert report.findings[0].event == 11


@pytest.mark.parametrize(
    "ids",
    [
        [str(1_700_000_000_000 + 37 * i) for i in range(COUNT)],
        [f"evt-{i}" for i in range(COUNT)],
        [str(i // 2) for i in range(COUNT)],
        ["7"] * COUNT,
    ],
    ids=["times", "names", "pairs", "one"],
)
def test_ids_that_do_not_count_say_nothing(ids: list[str]) -> None:
    assert sc.check(numbered(ids)).findings == ()


@given(st.integers(0, 10**9), st.integers(1, 40), st.integers(-5, 50))
def test_a_jump_is_told_only_after_a_run(start: int, run: int, jump: int) -> None:
    ids = EventIds()
    told = [ids.jump(str(start + i)) for i in range(run + 1)]
    assert told == [None] * (run + 1)
    known = jump not in (0, -1) and run >= (YOUNG_RUN if start < 2 else MIN_RUN)
    if start + run + 1 + jump >= 0:
        found = ids.jump(str(start + run + 1 + jump))
        assert (found.by if found is not None else None) == (jump if known else None)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_no_id_makes_it_raise(ids: list[str]) -> None:
    seen = EventIds()
    for id in ids:
        seen.jump(id)
