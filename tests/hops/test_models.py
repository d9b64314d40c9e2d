"""What made the hop after of the hop before: one fault model a test, as its trace looks in the wild."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.hops.locating import locate
from streamcheck.hops.location import Location
from streamcheck.hops.stored import _doubled
from streamcheck.hops.wrong_readers import _characters_split
from tests.hops.test_locate import IDENT, TEXT, kept, recorded
from tests.streams import chat_event, chat_events, sse

WHOLE = "".join(TEXT)


def stored(tmp_path: Path, *texts: tuple[str, str], events: list[bytes] | None = None) -> Location:
    wire = recorded(tmp_path / "wire.capture.jsonl", events or chat_events(*TEXT, **IDENT))
    return locate([("wire", wire), ("storage", kept(tmp_path / "storage.capture.jsonl", *texts))])


def passed_on(folder: Path, events: list[bytes], *, before: list[bytes] | None = None) -> Location:
    number = len(list(folder.iterdir()))
    wire = recorded(folder / f"before{number}.capture.jsonl", before or chat_events(*TEXT, **IDENT))
    return locate([("before", wire), ("after", recorded(folder / f"after{number}.capture.jsonl", events))])


# ---------------------------------------------------------------------- texts
def split_alone(text: str, at: int) -> str:
    """The text with a character's bytes decoded in two parts."""
    raw = text[at].encode()
    return text[:at] + raw[:1].decode("utf-8", "replace") + raw[1:].decode("utf-8", "replace") + text[at + 1 :]


@pytest.mark.parametrize(
    ("made", "fault", "proof"),
    [
        (lambda text: split_alone(text, text.index("東")), "utf8-split-replaced", "reproduced"),
        (lambda text: text.encode().decode("koi8-r"), "charset-wrong", "reproduced"),
        (lambda text: text.encode().decode("ascii", "replace"), "charset-wrong", "reproduced"),
        (lambda text: text.encode().decode("cp1252", "ignore"), "charset-wrong", "reproduced"),
        (lambda text: json.dumps(text, ensure_ascii=False)[1:-1].replace("京", "\\n京"), "model-word-salad", None),
        (lambda text: "A first attempt that broke off. " + text, "retry-replays-prefix", "consistent"),
        (lambda text: text + "\n\n" + text, "snapshot-after-delta", "consistent"),
        (lambda text: text[:30] + "\0" * (len(text) - 30), "store-record-damaged", "consistent"),
        (lambda text: text[:45] + '"},{"type":"tool","id":"prt_1"', "store-record-damaged", "consistent"),
        (lambda text: "".join(TEXT[:2] + TEXT[3:]), "line-split-dropped", "consistent"),
        (lambda text: "".join([TEXT[0], TEXT[2], TEXT[1], *TEXT[3:]]), "delta-reordered", "reproduced"),
        (lambda text: "".join(sign if sign.isascii() else "?" for sign in text), "render-damaged", "reproduced"),
    ],
    ids=[
        "border", "koi8", "ascii", "ignored", "edited", "attempt", "again", "zeros", "next-record", "dropped", "order", "marks",
    ],
)  # fmt: skip
def test_what_was_kept_says_what_kept_it(made: Callable[[str], str], fault: str, proof: str | None, tmp_path: Path) -> None:
    location = stored(tmp_path, ("content", made(WHOLE)))
    if proof is None:
        assert (location.between, location.proof == "reproduced") == (("wire", "storage"), False)
        return
    assert (location.between, location.fault, location.proof) == (("wire", "storage"), fault, proof)


def test_text_escaped_once_more_is_undone_exactly(tmp_path: Path) -> None:
    text = 'He said "no".\nThen he left.\n\tAnd that was it.'
    events = chat_events(text[:20], text[20:], **IDENT)
    location = stored(tmp_path, ("content", json.dumps(text)[1:-1]), events=events)
    assert (location.fault, location.proof) == ("double-escaped", "reproduced")


def test_thoughts_that_were_joined_to_the_answer_are_a_leak(tmp_path: Path) -> None:
    events = [*chat_events("I think so.", channel="reasoning_content", **IDENT)[:-2], *chat_events(*TEXT, **IDENT)[1:]]
    location = stored(tmp_path, ("content", f"<think>I think so.</think>{WHOLE}"), events=events)
    assert (location.between, location.fault, location.proof) == (("wire", "storage"), "channel-leak", "reproduced")


def test_two_calls_in_one_are_proven_by_the_order_of_their_deltas(tmp_path: Path) -> None:
    def call(index: int, arguments: str, **more: object) -> bytes:
        fragment = {"index": index, "function": {"arguments": arguments, **more}, **({"id": f"call_{index}"} if more else {})}
        return chat_event({"tool_calls": [fragment]}, **IDENT)

    events = [
        chat_event({"role": "assistant"}, **IDENT),
        call(0, '{"city":', name="weather"), call(1, '{"zone":', name="time"),
        call(0, '"Paris"}'), call(1, '"CET"}'),
        chat_event({}, finish="tool_calls", **IDENT), sse("[DONE]"),
    ]  # fmt: skip
    location = stored(tmp_path, ("tool:0", '{"city":{"zone":"Paris"}"CET"}'), events=events)
    assert (location.fault, location.proof) == ("tool-index-collision", "reproduced")


@given(st.text(alphabet="aü東🦀 ", min_size=1, max_size=40), st.data())
def test_a_character_split_anywhere_is_reproduced_and_nothing_else_is(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)))
    borders = [0, *cuts, len(raw)]
    wrong = "".join(raw[a:b].decode("utf-8", "replace") for a, b in pairwise(borders))
    assert _characters_split(text, wrong) == sum(
        any(len(text[:i].encode()) < cut < len(text[: i + 1].encode()) for cut in cuts) for i in range(len(text))
    )
    assert _characters_split(text, wrong + "x") is None


# ---------------------------------------------------------------------- events
def test_a_token_decoded_alone_stands_where_two_deltas_meet(tmp_path: Path) -> None:
    before = chat_events("Die B", "ä", "ckerei öffnet.", **IDENT)
    after = chat_events("Die B\ufffd", "\ufffd", "ckerei öffnet.", **IDENT)
    assert passed_on(tmp_path, after, before=before).fault == "detok-partial-replaced"


def test_numbered_events_that_are_missing_are_a_gap_of_a_resumed_stream(tmp_path: Path) -> None:
    events = [b"id: %d\n" % i + event for i, event in enumerate(chat_events(*TEXT, **IDENT))]
    location = passed_on(tmp_path, [*events[:2], *events[4:]], before=events)
    assert (location.fault, location.proof) == ("resume-gap-or-replay", "reproduced")


def test_other_events_before_the_first_are_the_rest_of_another_answer(tmp_path: Path) -> None:
    rest = chat_events("the end of another answer.", id="chatcmpl-other")[1:]
    location = passed_on(tmp_path, [*rest, *chat_events(*TEXT, **IDENT)])
    assert (location.between, location.fault) == (("before", "after"), "keepalive-desync")
    assert location.first.bytes is not None
    assert location.first.bytes[0] <= len(rest[0])


def test_a_page_in_the_place_of_the_stream_is_another_body_from_its_first_byte(tmp_path: Path) -> None:
    location = passed_on(tmp_path, [b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"])
    assert (location.fault, location.first.bytes) == ("wrong-body-200", (0, 74))


def test_an_error_without_a_field_is_placed_at_its_line(tmp_path: Path) -> None:
    events = chat_events(*TEXT, **IDENT)[:4]
    line = b'{"error":{"message":"upstream failed","code":500}}\n\n'
    location = passed_on(tmp_path, [*events, line])
    assert location.fault == "error-in-200"
    assert location.first.bytes is not None
    assert location.first.bytes[0] == len(b"".join(events))


def test_a_finish_reason_of_another_word_is_no_error_in_200(tmp_path: Path) -> None:
    events = chat_events(*TEXT, **IDENT)
    events[-2] = events[-2].replace(b'"stop"', b'"model_context_window_exceeded"')
    assert passed_on(tmp_path, events).fault == "finish-reason-wrong"


def test_spaces_and_the_order_of_keys_are_no_difference_even_where_an_event_is_lost(tmp_path: Path) -> None:
    def respelled(event: bytes) -> bytes:
        value = event.removeprefix(b"data: ").strip()
        if value == b"[DONE]":
            return event
        return sse(json.dumps(dict(reversed(json.loads(value).items())), indent=None, ensure_ascii=True))

    events = list(map(respelled, chat_events(*TEXT, **IDENT)))
    assert passed_on(tmp_path, events).between is None
    location = passed_on(tmp_path, [*events[:2], *events[3:]])
    assert (location.fault, location.proof, location.first.event) == ("engine-token-dropped", "reproduced", 2)


def test_bytes_that_changed_in_place_are_rot_however_they_are_read(tmp_path: Path) -> None:
    body = b"".join(chat_events(*TEXT, **IDENT))
    at = body.index("öffnet".encode())
    location = passed_on(tmp_path, [body[:at] + bytes([body[at] ^ 0x40]) + body[at + 1 :]])
    assert (location.between, location.fault) == (("before", "after"), "payload-bitrot")
    zeroed = passed_on(tmp_path, [body[:at] + b"\0" * 16 + body[at + 16 :]])
    assert zeroed.fault == "payload-bitrot"


@given(st.text(alphabet="ab ", min_size=1, max_size=30), st.data())
def test_a_part_that_stands_twice_is_found_wherever_it_begins(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    kept = text[:end] + text[start:]
    found = _doubled(text, kept)
    assert start in found
    assert all(kept[s : s + end - start] == kept[s + end - start : s + 2 * (end - start)] for s in found)


def test_a_large_part_that_stands_twice_is_told_in_one_pass() -> None:
    text = "".join(map(str, range(300_000)))
    half = len(text) // 2
    assert list(_doubled(text, text[:half] + text)) == [0]
    assert _doubled(text, text + "x") == range(0)
