"""Where was it broken: cases as users bring them, then every fault that can be put between two hops."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.capture.format import Capture
from streamcheck.faults import faults, inject
from streamcheck.hops.locating import locate
from streamcheck.hops.location import Location
from tests.cli.support import run
from tests.streams import chat_events, sse

CLEAN = Path(__file__).parents[2] / "captures" / "clean"
TEXT = ["Die Bäckerei ", "öffnet um fünf, ", "und 東京 ", "schläft noch. ", "🦀 kommt später."]
IDENT: dict[str, Any] = {"id": "chatcmpl-located"}


def recorded(path: Path, events: list[bytes], *, hop: str = "wire", body: object = None, size: int | None = None) -> Path:
    """Write a capture of a response; size: how many bytes a chunk has, one event a chunk by default."""
    whole = b"".join(events)
    chunks = events if size is None else [whole[i : i + size] for i in range(0, len(whole), size)]
    with sc.CaptureWriter(path, hop=hop) as writer:
        writer.request("POST", "https://host.example/v1/chat/completions", [], body or {"messages": "a long agent's prompt"})
        writer.response(200, [("content-type", "text/event-stream")])
        for chunk in chunks:
            writer.chunk(chunk)
    return path


def kept(path: Path, *texts: tuple[str, str]) -> Path:
    """Write a hop that has text alone."""
    with sc.CaptureWriter(path, hop="storage") as writer:
        for channel, text in texts:
            writer.delta(text, channel=channel)
    return path


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    return recorded(tmp_path / "wire.capture.jsonl", chat_events(*TEXT, **IDENT))


# ---------------------------------------------------------------------- sound ways
def test_the_same_response_cut_otherwise_with_comments_is_no_difference(wire: Path, tmp_path: Path) -> None:
    events = [part for event in chat_events(*TEXT, **IDENT) for part in (b": ping\n\n", event.replace(b"\n", b"\r\n"))]
    after = recorded(tmp_path / "after.capture.jsonl", events, size=7)
    location = locate([("before", wire), ("after", after)])
    assert location.between is None
    assert [line.same_as_previous for line in location.hops] == [None, True]


def test_what_opencode_trims_is_no_fault(tmp_path: Path) -> None:
    events = chat_events("Der Text endet mit Leerzeichen.", " \n\u3000", **IDENT)
    wire = recorded(tmp_path / "wire.capture.jsonl", events)
    storage = kept(tmp_path / "storage.capture.jsonl", ("content", "Der Text endet mit Leerzeichen."))
    assert locate([("wire", wire), ("storage", storage)]).between is None


def test_a_plain_text_is_a_hop(wire: Path, tmp_path: Path) -> None:
    screen = tmp_path / "screen.txt"
    screen.write_text("".join(TEXT), encoding="utf-8")
    assert locate([("wire", wire), ("screen", screen)]).between is None
    screen.write_text("".join(TEXT).encode().decode("latin-1"), encoding="utf-8")
    location = locate([("wire", wire), ("screen", screen)])
    assert (location.between, location.fault, location.proof) == (("wire", "screen"), "charset-wrong", "reproduced")


# ---------------------------------------------------------------------- what a client made of a sound wire
def test_a_reader_that_decodes_each_chunk_alone_is_proven_by_the_borders(tmp_path: Path) -> None:
    wire = recorded(tmp_path / "wire.capture.jsonl", chat_events(*TEXT, **IDENT), size=7)
    chunks = sc.CaptureReader(wire).read().chunks
    wrong = b"".join(chunk.data.decode("utf-8", "replace").encode() for chunk in chunks)
    text = sc.check(wrong).message.content
    assert "\ufffd" in text
    location = locate([("wire", wire), ("client", kept(tmp_path / "client.capture.jsonl", ("content", text)))])
    assert (location.between, location.fault, location.proof) == (("wire", "client"), "utf8-split-replaced", "reproduced")
    assert location.origin is not None
    assert (location.origin.layer, location.origin.confidence) == ("client", "proven")
    assert location.first.chars is not None
    assert location.first.chars[0] == text.index("\ufffd")


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (lambda text: text[: len(text) // 2], "cancel-saves-partial"),
        (lambda text: text[:20] + text, "retry-replays-prefix"),
        (lambda text: text + text, "snapshot-after-delta"),
        (lambda text: "", "store-record-damaged"),
        (lambda text: text.encode().decode("latin-1"), "charset-wrong"),
    ],
    ids=["cut", "retried", "twice", "empty", "latin-1"],
)
def test_what_a_store_made_of_it(made: object, fault: str, wire: Path, tmp_path: Path) -> None:
    assert callable(made)
    storage = kept(tmp_path / "storage.capture.jsonl", ("content", made("".join(TEXT))), ("content", ""))
    location = locate([("wire", wire), ("storage", storage)])
    assert (location.between, location.fault) == (("wire", "storage"), fault)


def test_reasoning_that_a_reader_leaves_out_is_no_fault(tmp_path: Path) -> None:
    events = [*chat_events("I think.", channel="reasoning_content", **IDENT)[:-2], *chat_events(*TEXT, **IDENT)[1:]]
    wire = recorded(tmp_path / "wire.capture.jsonl", events)
    storage = kept(tmp_path / "storage.capture.jsonl", ("content", "".join(TEXT)))
    assert locate([("wire", wire), ("storage", storage)]).between is None


# ---------------------------------------------------------------------- the case that the project was born from
def test_a_garbled_answer_that_all_taps_have_came_from_upstream(tmp_path: Path) -> None:
    garbled = next(p for p in sorted((CLEAN.parent / "garbled").glob("chat-*.jsonl")) if sc.check(p).verdict == "degenerate")
    chunks = [chunk.data for chunk in sc.CaptureReader(garbled).read().chunks]
    message = sc.check(garbled).message
    near, far = recorded(tmp_path / "near.capture.jsonl", chunks), recorded(tmp_path / "far.capture.jsonl", chunks, size=11)
    storage = kept(tmp_path / "s.capture.jsonl", ("reasoning", message.reasoning.rstrip()), ("content", message.content.rstrip()))
    curl = recorded(
        tmp_path / "curl.capture.jsonl", chat_events("A tiny answer to a tiny question.", id="other"), body={"q": "hi"}
    )
    location = locate([("before-vpn", near), ("after-vpn", far), ("storage", storage), ("curl", curl)])
    assert location.between == (None, "before-vpn")
    assert location.origin is not None
    assert location.origin.layer == "generation"
    assert "after-vpn and storage had the same and are cleared" in location.explanation
    assert "curl is another response, to another request" in location.explanation
    assert [line.same_as_previous for line in location.hops] == [None, True, True, None]


def test_clean_answers_to_the_same_request_bound_the_rate(wire: Path, tmp_path: Path) -> None:
    again = recorded(tmp_path / "again.capture.jsonl", chat_events("Something else altogether, and sound.", id="other"))
    broken = recorded(tmp_path / "broken.capture.jsonl", [*chat_events(*TEXT, **IDENT)[:3], sse("{broken")])
    location = locate([("broken", broken), ("again", again)])
    assert location.basis == "paired-samples"
    assert "1 clean in 1 bound the rate of such a fault by 1 " in location.explanation


# ---------------------------------------------------------------------- what a proxy did
@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (lambda events: events[:4], "truncated-clean-eof"),
        (lambda events: [*events[:2], *events[3:]], "engine-token-dropped"),
        (lambda events: [*events[:3], events[2], *events[3:]], "resume-gap-or-replay"),
        (lambda events: [*events[:2], events[3], events[2], *events[4:]], "engine-token-reordered"),
    ],
    ids=["cut", "dropped", "twice", "moved"],
)
def test_events_that_a_proxy_lost_or_moved(edit: object, fault: str, wire: Path, tmp_path: Path) -> None:
    assert callable(edit)
    after = recorded(tmp_path / "after.capture.jsonl", edit(chat_events(*TEXT, **IDENT)))
    location = locate([("before", wire), ("after", after)])
    assert (location.between, location.fault, location.proof) == (("before", "after"), fault, "reproduced")
    assert location.origin is not None
    assert location.origin.layer == "transport"


def test_a_recorder_that_stopped_early_blames_nobody(tmp_path: Path) -> None:
    events = chat_events(*TEXT, **IDENT)
    before = tmp_path / "before.capture.jsonl"
    with sc.CaptureWriter(before) as writer:
        for event in events[:4]:
            writer.chunk(event)
        writer.end("cancel")
    after = recorded(tmp_path / "after.capture.jsonl", events)
    assert locate([("before", before), ("after", after)]).between is None


# ---------------------------------------------------------------------- every fault, between two hops
SAMPLE = ["chat-no-space", "gemini-crlf", "responses-tools"]
# Two classes that leave the same trace, or one that has none: which is which cannot be told from two recordings.
ALIKE = {
    "detok-partial-replaced": "utf8-split-replaced",
    "engine-state-garble": "model-word-salad",
    "store-record-damaged": "cancel-saves-partial",
}


def injected() -> Iterator[tuple[str, str, Capture, Capture]]:
    for name in SAMPLE:
        capture = sc.CaptureReader(CLEAN / f"{name}.capture.jsonl").read()
        for fault in faults().values():
            for variant in fault.variants:
                spelled = f"{fault.name}/{variant}" if variant else fault.name
                try:
                    made = inject(capture, spelled, seed=3)
                except sc.UsageError:  # it makes no sense for this capture
                    continue
                yield name, spelled, made.before or capture, made.capture


def test_controls_are_no_difference() -> None:
    for name, fault, before, after in injected():
        if fault.startswith("control/"):
            assert locate([("a", before), ("b", after)]).between is None, (name, fault)


def test_a_fault_at_a_hop_is_located_at_that_hop() -> None:
    cases = [case for case in injected() if not case[1].startswith("control/")]
    located: list[tuple[str, str, Location]] = []
    for name, fault, before, after in cases:
        located.append((name, fault, locate([("a", before), ("b", after)])))
    pairs = [fault for _, fault, location in located if location.between == ("a", "b")]
    classes = [
        fault for _, fault, location in located if location.fault in (fault.partition("/")[0], ALIKE.get(fault.partition("/")[0]))
    ]
    blamed = [(name, fault) for name, fault, location in located if location.between not in (("a", "b"), None, (None, "a"))]
    assert len(located) > 150
    assert not blamed
    # What was seen on 2026-11-21 over fourteen captures: 97 % and 88 %.
    assert len(pairs) >= 0.93 * len(located)
    assert len(classes) >= 0.85 * len(located)


# ---------------------------------------------------------------------- misuse, and the command
def test_misuse_says_the_fix(wire: Path, tmp_path: Path) -> None:
    with pytest.raises(sc.UsageError, match="needs a hop"):
        locate([])
    with pytest.raises(sc.UsageError, match="same name"):
        locate([("a", wire), ("a", wire)])
    empty = tmp_path / "empty.sse"
    empty.write_bytes(b"")
    with pytest.raises(sc.UsageError, match="nothing in it"):
        locate([("a", empty)])


def test_the_command_says_where_and_exits_1(wire: Path, tmp_path: Path) -> None:
    storage = kept(tmp_path / "storage.capture.jsonl", ("content", "".join(TEXT)[:30]))
    before = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (wire, storage)]
    result = run("locate", f"wire={wire}", f"storage={storage}")
    assert result.exit_code == 1
    assert "between wire and storage" in result.stdout
    assert "cancel-saves-partial (reproduced)" in result.stdout
    document = json.loads(run("locate", "--format", "json", "--readers", f"wire={wire}", f"storage={storage}").stdout)
    assert document["between"] == ["wire", "storage"]
    assert {"format", "fault", "proof", "basis", "first", "origin", "hops", "explanation", "readers"} <= document.keys()
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in (wire, storage)] == before


def test_the_command_without_a_fault_exits_0_and_2_where_it_cannot_work(wire: Path, tmp_path: Path) -> None:
    assert run("locate", f"wire={wire}").exit_code == 0
    assert run("locate", str(wire)).exit_code == 2
    assert run("locate", f"wire={tmp_path / 'missing.capture.jsonl'}").exit_code == 2


def test_progress_is_told_before_each_long_step(wire: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    locate([("wire", wire), ("storage", kept(tmp_path / "s.capture.jsonl", ("content", TEXT[0])))], progress=steps.append)
    assert steps == [
        "reading wire", "reading storage", "comparing 2 recordings", "explaining what differs between wire and storage"
    ]  # fmt: skip
