"""Wrong readers, each on a body that shows its habit; and what holds for all of them."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.reader import CaptureReader
from streamcheck.checker import check
from streamcheck.errors import UsageError
from streamcheck.misreadings import Misreading, Recorded, Text, misreading_named, misreadings, recorded
from streamcheck.misreadings.reference import payloads_of, text_of

CLEAN = sorted((Path(__file__).parents[2] / "captures" / "clean").glob("*.capture.jsonl"))
CONTENT = (0, "content")


def event(text: str, field: str = "content") -> bytes:
    delta = {"choices": [{"index": 0, "delta": {field: text}}]}
    return b"data: " + json.dumps(delta, ensure_ascii=False).encode() + b"\n\n"


def both(reasoning: str, content: str) -> bytes:
    delta = {"choices": [{"index": 0, "delta": {"reasoning_content": reasoning, "content": content}}]}
    return b"data: " + json.dumps(delta).encode() + b"\n\n"


def read(name: str, *chunks: bytes) -> Text:
    return misreading_named(name).read(Recorded(chunks))


def cut(body: bytes, *places: int) -> list[bytes]:
    borders = [0, *places, len(body)]
    return [body[a:b] for a, b in pairwise(borders)]


DONE = b"data: [DONE]\n\n"


# ---------------------------------------------------------------------- one habit each
def test_latin_1_gives_one_character_a_byte() -> None:
    assert read("charset-wrong/latin-1", event("né") + DONE) == {CONTENT: "nÃ©"}


def test_cp1252_gives_the_control_for_a_byte_that_the_code_page_leaves_open() -> None:
    assert read("charset-wrong/cp1252", event("“”") + DONE) == {CONTENT: "â€œâ€\x9d"}


def test_what_a_wrong_proxy_sends_on_says_what_its_reader_has() -> None:
    reader, given = misreading_named("charset-wrong/latin-1"), Recorded((event("né"), DONE))
    assert reader.sends is not None
    assert text_of(payloads_of(reader.sends(given))) == reader.read(given)


def test_byte_0x85_tears_an_event_of_a_latin_1_reader_with_splitlines() -> None:
    assert read("charset-wrong/latin-1-splitlines", event("a"), event("先"), event("b"), DONE) == {CONTENT: "ab"}
    assert read("charset-wrong/latin-1-splitlines-stops", event("a"), event("先"), event("b"), DONE) == {CONTENT: "a"}


def test_character_on_a_border_becomes_a_sign_of_loss_for_each_stray_byte() -> None:
    body = event("x先y") + DONE
    assert read("utf8-split-replaced", *cut(body, body.index("先".encode()) + 1)) == {CONTENT: "x\ufffd\ufffd\ufffdy"}
    assert read("utf8-split-replaced/ignored", *cut(body, body.index("先".encode()) + 1)) == {CONTENT: "xy"}


def test_event_on_a_border_is_lost_to_who_reads_chunks_alone() -> None:
    body = event("one ") + event("two ") + event("three") + DONE
    assert read("line-split-dropped", *cut(body, body.index(b"two"))) == {CONTENT: "one three"}
    assert read("line-split-dropped/events", *cut(body, body.index(b"two"))) == {CONTENT: "one three"}


def test_who_takes_a_chunk_for_an_event_loses_the_second_one_in_it() -> None:
    assert read("line-split-dropped/first", event("one ") + event("two "), event("three"), DONE) == {CONTENT: "one three"}


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085"])
def test_unicode_line_break_tears_an_event(mark: str) -> None:
    body = event("a") + event(f"b{mark}c") + event("d") + DONE
    assert read("linesep-overbreak/splitlines", body) == {CONTENT: "ad"}
    assert read("linesep-overbreak/splitlines-stops", body) == {CONTENT: "a"}


def test_reader_that_needs_a_blank_reads_nothing_without_it() -> None:
    assert read("sse-grammar-strict/needs-space", event("a").replace(b"data: ", b"data:")) == {}


def test_reader_that_knows_lf_only_never_sees_an_event_end_with_crlf() -> None:
    assert read("sse-grammar-strict/lf-only", (event("a") + DONE).replace(b"\n", b"\r\n")) == {}


def test_readers_of_one_data_line_lose_an_event_of_two() -> None:
    torn = event("a").replace(b', "delta"', b',\ndata: "delta"')
    assert torn.count(b"data:") == 2
    for name in ("first-data-line", "last-data-line", "each-data-line"):
        assert read(f"sse-grammar-strict/{name}", torn + event("b") + DONE) == {CONTENT: "b"}


def test_byte_order_mark_costs_the_first_event() -> None:
    assert read("sse-grammar-strict/bom-kept", b"\xef\xbb\xbf" + event("a") + event("b") + DONE) == {CONTENT: "b"}


def test_unknown_field_ends_the_reading_of_a_strict_reader() -> None:
    assert read("sse-grammar-strict/unknown-field-raises", event("a") + b"x-trace: 1\n\n" + event("b")) == {CONTENT: "a"}


def test_comment_ends_the_reading_of_who_takes_it_for_data() -> None:
    assert read("heartbeat-as-data/comments", event("a") + b": waiting a while\n\n" + event("b")) == {CONTENT: "a"}


def test_event_without_a_blank_line_is_dropped_or_kept() -> None:
    body = event("a") + event("b").rstrip()
    assert read("tail-unterminated/dropped", body) == {CONTENT: "a"}
    assert read("tail-unterminated/kept", body) == {CONTENT: "ab"}


def test_event_that_is_no_json_is_passed_over_or_ends_the_reading() -> None:
    body = event("a") + b"data: {oops}\n\n" + event("b") + DONE
    assert read("json-invalid-frame/passed-over", body) == {CONTENT: "ab"}
    assert read("json-invalid-frame/stops", body) == {CONTENT: "a"}


def test_one_of_two_fields_is_taken() -> None:
    body = event("so ", "reasoning_content") + both("it is", "four") + event(".") + DONE
    assert read("combined-delta-dropped/first", body) == {(0, "reasoning"): "so it is", CONTENT: "."}
    assert read("combined-delta-dropped/last", body) == {(0, "reasoning"): "so ", CONTENT: "four."}


def test_repeated_deltas_are_dropped() -> None:
    zeros = [event(text) for text in ("15", "0", "0")]
    assert read("dedupe-eats-repeat/suffix", *zeros, DONE) == {CONTENT: "150"}
    assert read("dedupe-eats-repeat/last", *zeros, DONE) == {CONTENT: "150"}
    assert read("dedupe-eats-repeat/prefix", event("ha"), event("ha"), event("!"), DONE) == {CONTENT: "ha!"}


def test_final_text_is_appended() -> None:
    assert read("snapshot-after-delta/content", event("th", "reasoning_content"), event("ab")) == {
        (0, "reasoning"): "th",
        CONTENT: "abab",
    }


def test_halves_of_a_pair_stay_apart() -> None:
    body = b"".join(event("x").replace(b'"x"', half) for half in (rb'"a\ud83e"', rb'"\udd80b"')) + DONE
    assert text_of(payloads_of([body])) == {CONTENT: "a\U0001f980b"}
    assert read("surrogate-split/kept", body) == {CONTENT: "a\ud83e\udd80b"}
    assert read("surrogate-split/replaced", body) == {CONTENT: "a\ufffd\ufffdb"}


# ---------------------------------------------------------------------- all of them
def test_names_are_unlike_and_meanings_are_one_sentence() -> None:
    names = [m.name for m in misreadings()]
    assert len(names) == len(set(names))
    assert all(m.meaning and not m.meaning.endswith(".") for m in misreadings())


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'charset-wrong/latin-1'"):
        misreading_named("charset-wrong/latin1")


@pytest.mark.parametrize("misreading", misreadings(), ids=lambda m: m.name)
def test_plain_ascii_stream_of_whole_events_is_read_soundly(misreading: Misreading) -> None:
    if misreading.name.startswith("snapshot-after-delta"):
        pytest.skip("it doubles every text")
    chunks = (event("Once, "), event("upon "), event("a time."), DONE)
    assert misreading.read(Recorded(chunks)) == {CONTENT: "Once, upon a time."}


@pytest.mark.parametrize("path", CLEAN, ids=lambda p: p.name)
def test_reference_reads_what_the_checker_reads(path: Path) -> None:
    capture = CaptureReader(path).read()
    if not capture.chunks:
        pytest.skip("a hop without bytes")
    said = text_of(payloads_of(recorded(capture).chunks))
    message = check(capture).message
    expected: Text = {}
    for choice in message.choices:
        texts = [("reasoning", choice.reasoning), ("content", choice.content), ("refusal", choice.refusal)]
        texts += [(f"tool:{i}", call.arguments) for i, call in enumerate(choice.tool_calls)]
        expected |= {(choice.index, channel): text for channel, text in texts if text}
    assert said == expected


def bodies() -> st.SearchStrategy[bytes]:
    pieces = [
        event("先\u2028é"),
        event("ha"),
        both("a", "b"),
        DONE,
        b"\r\n",
        b": ping\n\n",
        b"\xef\xbb\xbf",
        b"\x85",
        b"data: {\n\n",
        b"\x00",
    ]
    return st.lists(st.sampled_from(pieces) | st.binary(max_size=12), max_size=12).map(b"".join)


@given(body=bodies(), places=st.lists(st.integers(0, 400), max_size=6))
def test_no_bytes_and_no_borders_make_a_misreading_raise(body: bytes, places: Sequence[int]) -> None:
    chunks = tuple(cut(body, *sorted(p for p in places if p < len(body))))
    for misreading in misreadings():
        given = Recorded(chunks)
        assert misreading.read(given) == misreading.read(given)
