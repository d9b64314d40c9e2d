"""Which recordings are of one response; what is not finished is not blamed."""

import json
from pathlib import Path

import streamcheck as sc
from streamcheck.hops.locating import locate
from tests.hops.test_locate import IDENT, TEXT, kept, recorded
from tests.streams import chat_event, chat_events

WHOLE = "".join(TEXT)
PHRASE = "The user is asking a simple math question. "


def test_another_request_is_another_response_however_alike_the_answers_are(tmp_path: Path) -> None:
    wire = recorded(tmp_path / "wire.capture.jsonl", chat_events(PHRASE, "It is 4.", **IDENT), body={"m": "long"})
    storage = kept(tmp_path / "storage.capture.jsonl", ("content", f"{PHRASE}It is 4."))
    curl = recorded(tmp_path / "curl.capture.jsonl", chat_events(PHRASE, "It is four.", id="other"), body={"m": "short"})
    location = locate([("wire", wire), ("storage", storage), ("curl", curl)])
    assert location.between is None
    assert [line.same_as_previous for line in location.hops] == [None, True, None]


def test_a_gateway_may_give_ids_of_its_own(tmp_path: Path) -> None:
    before = recorded(tmp_path / "before.capture.jsonl", chat_events(*TEXT, id="upstream-1"))
    after = recorded(tmp_path / "after.capture.jsonl", chat_events(*TEXT, id="gateway-7"))
    location = locate([("before", before), ("after", after)])
    assert location.hops[1].same_as_previous is False
    assert location.fault is None or location.proof == "consistent"


def test_short_answers_without_ids_that_share_nothing_are_not_one(tmp_path: Path) -> None:
    one = recorded(tmp_path / "one.capture.jsonl", chat_events("Yes, of course it does.", id=""))
    two = recorded(tmp_path / "two.capture.jsonl", chat_events("Nobody knows, I am afraid.", id=""))
    assert [line.same_as_previous for line in locate([("one", one), ("two", two)]).hops] == [None, None]


def test_a_store_that_is_still_being_written_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    wire = recorded(tmp_path / "wire.capture.jsonl", chat_events(*TEXT, **IDENT))
    storage = tmp_path / "storage.capture.jsonl"
    with sc.CaptureWriter(storage, hop="storage") as writer:
        writer.delta(WHOLE[:30], channel="content")
        writer.close()
    location = locate([("wire", wire), ("storage", storage)])
    assert location.between is None
    assert "the recording at storage is not finished: it was compared as far as it goes" in location.explanation


def test_a_file_that_was_cut_blames_nobody_and_a_difference_before_the_cut_counts(tmp_path: Path) -> None:
    before = recorded(tmp_path / "before.capture.jsonl", chat_events(*TEXT, **IDENT))
    after = recorded(tmp_path / "after.capture.jsonl", chat_events(*TEXT, **IDENT))
    whole = after.read_bytes()
    after.write_bytes(whole[: len(whole) * 2 // 3])
    assert locate([("before", before), ("after", after)]).between is None
    events = chat_events(*TEXT, **IDENT)
    lost = recorded(tmp_path / "lost.capture.jsonl", [*events[:2], *events[3:]])
    lost.write_bytes(lost.read_bytes()[:-200])
    assert locate([("before", before), ("lost", lost)]).between == ("before", "lost")


def test_garbage_that_the_user_interrupted_was_there_before_he_did(tmp_path: Path) -> None:
    garbled = next(
        p
        for p in sorted((Path(__file__).parents[2] / "captures" / "garbled").glob("chat-*.jsonl"))
        if sc.check(p).verdict == "degenerate"
    )
    chunks = [chunk.data for chunk in sc.CaptureReader(garbled).read().chunks]
    near = tmp_path / "near.capture.jsonl"
    with sc.CaptureWriter(near, hop="near") as writer:
        writer.response(200, [("content-type", "text/event-stream")])
        for chunk in chunks[: len(chunks) * 9 // 10]:
            writer.chunk(chunk)
        writer.end("cancel")
    location = locate([("near", near)])
    assert location.between == (None, "near")
    assert location.origin is not None
    assert location.origin.layer == "generation"


def test_three_clean_answers_to_the_same_request_bound_the_rate_to_one(tmp_path: Path) -> None:
    broken = recorded(tmp_path / "broken.capture.jsonl", [*chat_events(*TEXT, **IDENT)[:3], chat_event({"content": "x"})[:-9]])
    again = [
        recorded(tmp_path / f"{i}.capture.jsonl", chat_events(f"Answer number {i}, and quite another one.", id=f"id-{i}"))
        for i in range(6)
    ]
    location = locate([("broken", broken), *((f"again-{i}", path) for i, path in enumerate(again))])
    assert (
        "are other answers to the same request: 6 clean in 6 bound the rate of such a fault by 0.5 (95 %)" in location.explanation
    )


def test_captures_that_never_have_an_end_are_cut_where_the_answer_is(tmp_path: Path) -> None:
    """A capture needs no footer: a recorder that writes none does not make every cut its own."""

    def written(name: str, lines: list[str]) -> Path:
        path = tmp_path / f"{name}.capture.jsonl"
        path.write_text("\n".join(['{"streamcheck_capture":1}', *lines]) + "\n", encoding="utf-8")
        return path

    def chunks(events: list[bytes]) -> list[str]:
        return [json.dumps([i / 10, "text", event.decode()]) for i, event in enumerate(events)]

    events = chat_events(*TEXT, **IDENT)
    wire = written("wire", chunks(events))
    cut = written("cut", chunks(events[:4]))
    location = locate([("wire", wire), ("cut", cut)])
    assert (location.between, location.fault, location.proof) == (("wire", "cut"), "truncated-clean-eof", "reproduced")
    store = written("store", [json.dumps([0, "delta", {"choice": 0, "channel": "content", "text": WHOLE[:20]}])])
    location = locate([("wire", wire), ("store", store)])
    assert (location.between, location.fault) == (("wire", "store"), "cancel-saves-partial")
    assert locate([("cut", cut)]).between == (None, "cut")
