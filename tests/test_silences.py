"""Waits, silences and deadlines, through the Checker: what a capture or a live tap would show."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck import Checker, Finding, UsageError, check
from tests.streams import chat_event, chat_events, sse

ROLE, *SAID, FINISH, DONE = chat_events("one ", "two ", "three.")
COMMENT = b": keep-alive\n\n"
Timeline = list[tuple[float, bytes]]


def time_findings(timeline: Timeline, *, end: float | None = None, **options: Any) -> list[Finding]:
    checker = Checker(**options)
    for at, data in timeline:
        checker.feed(data, at=at)
    return [f for f in checker.close(at=end).findings if f.stage == "time"]


def told(timeline: Timeline, **options: Any) -> list[tuple[str, str]]:
    return [(f.code, f.severity.value) for f in time_findings(timeline, **options)]


def test_a_swift_stream_says_nothing_about_time() -> None:
    assert told([(0.1 * i, event) for i, event in enumerate([ROLE, *SAID, FINISH, DONE])]) == []


# ---------------------------------------------------------------------- the first text
@pytest.mark.parametrize(
    ("before", "unsent", "mostly"),
    [
        ([], 64.3, "no request yet"),
        ([], 0.0, "no byte"),
        ([(0.5 + i, COMMENT) for i in range(64)], 0.0, "comments only"),
        ([(0.5, ROLE)], 0.0, "no delta"),
    ],
    ids=["before the request", "silent", "comments", "role only"],
)
def test_a_minute_before_the_first_text_is_told_apart(before: Timeline, unsent: float, mostly: str) -> None:
    wait = 1.0 if unsent else 65.0
    findings = time_findings([*before, (wait, SAID[0]), (wait + 1, FINISH), (wait + 1, DONE)], unsent=unsent)
    (first,) = [f for f in findings if f.code == "time/first-delta"]
    assert first.evidence["mostly"] == mostly
    assert mostly in first.message
    assert first.severity == "note"


def test_the_kinds_of_waiting_add_up() -> None:
    timeline = [(10.0, COMMENT), (25.0, ROLE), (40.0, SAID[0])]
    (first,) = [f for f in time_findings(timeline, unsent=2.0) if f.code == "time/first-delta"]
    assert {name: value for name, value in first.evidence.items() if name.endswith("_s")} == {
        "no_request_yet_s": 2.0,
        "no_byte_s": 10.0,
        "comments_only_s": 15.0,
        "no_delta_s": 15.0,
    }


def test_a_deadline_for_the_first_text_is_told_when_it_passes_and_once() -> None:
    checker = Checker(first_delta_within=5.0)
    checker.feed(COMMENT, at=1.0)
    assert checker.deadline == 5.0
    assert checker.tick(4.9) == []
    (finding,) = checker.tick(5.1)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.at, finding.evidence["heard"]) == ("time/first-delta", 5.0, "comments only")
    assert checker.deadline is None
    assert checker.tick(50.0) == []
    assert checker.feed(ROLE, at=60.0) == []
    checker.feed(SAID[0], at=61.0)
    report = checker.close()
    assert [f.at for f in report.findings if f.code == "time/first-delta"] == [5.0]


def test_text_that_came_late_and_whole_is_suspect() -> None:
    body = [(9.0, b"".join([ROLE, *SAID, FINISH, DONE]))]
    checker = Checker(first_delta_within=5.0)
    for at, data in body:
        checker.feed(data, at=at)
    assert checker.close().verdict == "suspect"


# ---------------------------------------------------------------------- later silences
@pytest.mark.parametrize(
    ("meanwhile", "heard"),
    [
        ([], "no byte"),
        ([(5.0, COMMENT), (9.0, COMMENT)], "comments only"),
        ([(5.0, sse({"type": "ping"}, event="ping"))], "no delta"),
    ],
    ids=["silent", "comments", "pings"],
)
def test_keep_alives_end_no_silence(meanwhile: Timeline, heard: str) -> None:
    timeline = [(0.5, ROLE), (1.0, SAID[0]), *meanwhile, (12.0, SAID[1]), (12.5, FINISH), (13.0, DONE)]
    (stall,) = time_findings(timeline, stall_after=10.0)
    assert (stall.code, stall.severity, stall.at) == ("time/stall", "error", 11.0)
    assert stall.evidence["heard"] == heard
    assert stall.evidence["after_event"] == 1 + sum(data != COMMENT for _, data in meanwhile)


def test_a_stall_past_the_deadline_makes_the_answer_incomplete() -> None:
    checker = Checker(stall_after=10.0)
    for at, event in zip([0.1, 0.2, 20.0, 20.1, 20.2, 20.3], [ROLE, *SAID, FINISH, DONE], strict=True):
        checker.feed(event, at=at)
    assert checker.close().verdict == "incomplete"


def test_each_silence_is_told_and_each_only_once() -> None:
    checker = Checker(stall_after=10.0)
    checker.feed(ROLE + SAID[0], at=0.0)
    assert len([*checker.tick(11.0), *checker.tick(12.0)]) == 1
    checker.feed(SAID[1], at=13.0)
    assert checker.deadline == 23.0
    assert len(checker.tick(24.0)) == 1


def test_nothing_is_waited_for_after_the_end() -> None:
    checker = Checker(stall_after=10.0)
    checker.feed(b"".join([ROLE, *SAID, FINISH, DONE]), at=1.0)
    assert checker.deadline is None
    assert checker.close(at=500.0).ok


def test_without_a_deadline_for_the_first_text_the_stall_counts_from_the_request() -> None:
    assert told([(12.0, ROLE)], stall_after=10.0) == [("time/stall", "error")]
    assert told([(12.0, ROLE + SAID[0])], stall_after=10.0, first_delta_within=20.0) == []


def test_a_silence_at_the_end_is_told_where_the_end_is_known() -> None:
    timeline = [(0.1, ROLE), (0.2, SAID[0])]
    assert told(timeline) == []
    assert told(timeline, end=60.0) == [("time/stall", "note")]
    assert told(timeline, end=60.0, stall_after=20.0) == [("time/stall", "error")]
    assert [f.code for f in time_findings([(1.0, COMMENT)], end=60.0)] == ["time/first-delta"]


def test_a_capture_whose_request_came_late_was_waiting_for_the_request() -> None:
    lines = [
        '{"streamcheck_capture":1,"started":"2026-02-07T16:59:46.000Z","hop":"wire","by":"t","redacted":[]}',
        '[64.293,"request",{"method":"POST","url":"https://host.example/chat","headers":[],"body":null}]',
        f'[65.0,"text",{_string(ROLE + SAID[0] + FINISH + DONE)}]',
        '[65.1,"end",{"reason":"eof"}]',
    ]
    report = check("\n".join([*lines, ""]).encode())
    (first,) = [f for f in report.findings if f.stage == "time"]
    assert first.evidence["mostly"] == "no request yet"
    assert report.timing is not None
    assert report.timing.first_byte_s == 0.707


def _string(data: bytes) -> str:
    return json.dumps(data.decode())


@pytest.mark.parametrize("name", ["first_delta_within", "stall_after"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "5"])
def test_a_deadline_that_cannot_be_meant_is_refused(name: str, seconds: Any) -> None:
    options: dict[str, Any] = {name: seconds}
    with pytest.raises(UsageError, match=name):
        Checker(**options)


# ---------------------------------------------------------------------- bursts
def test_a_stream_held_back_and_sent_at_once_is_a_burst() -> None:
    body = b"".join(chat_events(*(f"word{i} " for i in range(60))))
    assert told([(12.0, body)]) == [("time/burst", "note")]


def test_clumps_between_pauses_are_bursts() -> None:
    events = chat_events(*(f"word{i} " for i in range(120)))
    clumps = [(3.0 * (i // 40 + 1), event) for i, event in enumerate(events)]
    (burst,) = time_findings(clumps)
    assert (burst.code, burst.evidence["bursts"]) == ("time/burst", 4)


def test_a_fast_model_and_a_steady_one_are_no_burst() -> None:
    events = chat_events(*(f"word{i} " for i in range(120)))
    assert told([(0.4 + 0.0005 * i, event) for i, event in enumerate(events)]) == []
    assert told([(20.0 + 0.02 * i, event) for i, event in enumerate(events)]) == []


# ---------------------------------------------------------------------- whatever comes
pieces = st.sampled_from([COMMENT, ROLE, *SAID, FINISH, DONE, chat_event({}), sse({"type": "ping"}, event="ping"), b"data: cut"])


@given(st.lists(st.tuples(st.floats(0, 40), pieces), max_size=12), st.booleans(), st.booleans())
def test_silences_are_told_alike_with_and_without_ticks_between(steps: Timeline, first: bool, stall: bool) -> None:
    def findings(ticks: bool) -> list[tuple[str, float | None]]:
        checker = Checker(first_delta_within=15.0 if first else None, stall_after=10.0 if stall else None)
        now = 0.0
        for wait, data in steps:
            if ticks:
                for part in (1, 2, 3):
                    checker.tick(now + wait * part / 4)
            now += wait
            checker.feed(data, at=now)
        return [(f.code, f.at) for f in checker.close(at=now).findings if f.stage == "time"]

    assert findings(ticks=False) == findings(ticks=True)
