"""What the real libraries make of captures of this project."""

import json
import sys
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.capture.format import Capture, Chunk, End, Response, TextDelta
from streamcheck.errors import UsageError
from streamcheck.reference_readers import Reader, all_readers, reader_named
from streamcheck.reference_readers.compare import Difference, compared_readers, reader_differences, readers
from tests.replay.support import BODY, CAPTURES, CHUNKED, EVENTS, capture
from tests.streams import SECOND, chat, chat_events

SOUND = ("anthropic", "httpx-iter-lines", "httpx-sse", "httpx2-sse", "openai")  # those that do not take a chunk for an event


def kinds(found: tuple[Difference, ...]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for difference in found:
        out.setdefault(difference.reader, []).append(difference.kind)
    return out


def of_clean(name: str) -> dict[str, list[str]]:
    return kinds(reader_differences(CAPTURES / "clean" / f"{name}.capture.jsonl"))


# ---------------------------------------------------------------------- the registry
def test_the_readers_are_these() -> None:
    assert [reader.name for reader in all_readers()] == sorted([*SOUND, "chunk-as-events"])
    assert all(reader.meaning for reader in all_readers())


def test_an_unknown_reader_is_said() -> None:
    with pytest.raises(UsageError, match="did you mean 'openai'"):
        reader_named("openia")
    with pytest.raises(UsageError, match="unknown reader"):
        readers(capture(), names=["none"])


def test_a_reader_that_is_not_installed_is_listed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Reader("missing", "not there", lambda reading: None, package="no_such_package_at_all")
    monkeypatch.setattr("streamcheck.reference_readers.compare.all_readers", lambda: (missing,))
    (seen,) = readers(capture())
    assert (seen.absent, seen.error, seen.text) == ("not installed", None, {})
    assert reader_differences(capture()) == ()


def test_what_is_not_installed_is_missing_only_where_it_would_have_been_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = [
        Reader(dialect, "not there", lambda reading: None, package="no_such_package_at_all", reads=(dialect,))
        for dialect in ("openai-chat", "ollama")
    ]
    monkeypatch.setattr("streamcheck.reference_readers.compare.all_readers", lambda: (*missing, reader_named("httpx-sse")))
    found = compared_readers(capture())
    assert (found.agreeing, found.missing) == (("httpx-sse",), ("openai-chat",))
    assert found.agreement == "1 reader reads it as it is: httpx-sse; not installed: openai-chat"


def test_who_cannot_read_a_stream_says_why() -> None:
    absent = {seen.reader: seen.absent for seen in readers(CAPTURES / "clean" / "ollama-tool.capture.jsonl")}
    assert absent["openai"] == "does not read ollama"
    assert absent["httpx-sse"] == "reads sse, and the body is ndjson"
    assert absent["httpx-iter-lines"] is None


def test_no_library_is_loaded_for_listing_them() -> None:
    import subprocess

    code = "import sys; from streamcheck.reference_readers import all_readers; all_readers(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"openai", "anthropic", "httpx", "httpx2", "httpx_sse"} & set(loaded)


# ---------------------------------------------------------------------- sound streams
def test_all_see_the_same_text_in_a_plain_stream() -> None:
    for seen in readers(capture()):
        if seen.absent is None:
            assert seen.text == {(0, "content"): "Ein Satz, 日本語と🦀 and an end."}, seen.reader
            assert (seen.error, seen.events) == (None, len(EVENTS) - 1), seen.reader
    assert reader_differences(capture()) == ()


@pytest.mark.parametrize(
    "name",
    [
        "chat-zai-tool",
        "chat-openai-two-choices",
        "anthropic-tool",
        "anthropic-zai",
        "responses-reasoning",
        "responses-tools",
        "chat-gzip",
    ],
)
def test_reasoning_tools_and_choices_are_seen_alike(name: str) -> None:
    assert not set(of_clean(name)) & set(SOUND)


def test_a_parser_of_chunks_loses_what_a_border_cuts() -> None:
    assert of_clean("chat-odd-reads") == {"chunk-as-events": ["lost", "lost"]}
    halves = capture(BODY[: BODY.index("🦀".encode()) + 1], BODY[BODY.index("🦀".encode()) + 1 :])
    (difference,) = reader_differences(halves, names=["chunk-as-events"])
    assert (difference.kind, difference.choice, difference.channel) == ("lost", 0, "content")
    assert "🦀" in (difference.ours or "")
    assert "🦀" not in (difference.theirs or "")


def test_a_raw_line_separator_tears_iter_lines_only() -> None:
    assert of_clean("chat-line-separator") == {"httpx-iter-lines": ["raised"]}


def test_an_empty_event_breaks_those_who_parse_every_event() -> None:
    assert of_clean("chat-trap-id-comment") == {name: ["raised"] for name in ("httpx-sse", "httpx2-sse", "openai")}


def test_halves_of_a_pair_stay_apart_in_python_readers() -> None:
    found = reader_differences(CAPTURES / "clean" / "chat-surrogates-in-two-deltas.capture.jsonl", names=["openai"])
    assert [(d.kind, d.chars) for d in found] == [("changed", (9, 10))]
    json.dumps([d.to_dict() for d in found])


def test_a_declared_charset_that_is_wrong_misleads_those_who_obey_it() -> None:
    wrong = capture(headers=(("content-type", "text/event-stream; charset=iso-8859-1"), CHUNKED[1]))
    assert kinds(reader_differences(wrong, names=["openai", "httpx-iter-lines"])) == {"httpx-iter-lines": ["changed"]}


def test_those_who_agree_are_named_beside_those_who_differ() -> None:
    found = compared_readers(CAPTURES / "clean" / "chat-line-separator.capture.jsonl")
    assert {difference.reader for difference in found.differences} == {"httpx-iter-lines"}
    assert set(found.agreeing) | set(found.missing) == {*SOUND, "chunk-as-events"} - {"httpx-iter-lines", "anthropic"}
    assert found.agreement.startswith(f"{len(found.agreeing)} other readers read it as it is: chunk-as-events, ")


# ---------------------------------------------------------------------- damaged streams
def test_to_agree_about_a_damaged_stream_is_to_end_with_an_error() -> None:
    found = compared_readers(capture(*EVENTS[:2], b'data: {"id": "c\n\n', *EVENTS[2:]), names=["openai", "chunk-as-events"])
    assert found.agreement == "1 other reader ends with an error: openai"
    alone = compared_readers(capture(*EVENTS[:-2]), names=["openai"])
    assert alone.agreement == "no other reader ends with an error"


def test_a_stream_that_no_reader_is_for_is_said() -> None:
    found = compared_readers(CAPTURES / "corrupt" / "bedrock-payload-bit.capture.jsonl")
    assert found.differences == ()
    assert found.agreement.startswith("no reader that is installed is for such a stream")


def test_nobody_notices_that_a_second_response_was_appended() -> None:
    first = b"".join(chat_events("The first one ")[:-2])
    found = reader_differences(capture(first, chat("and the second.", **SECOND)), names=["openai", "httpx-sse"])
    assert kinds(found) == {"httpx-sse": ["added", "silent"], "openai": ["added", "silent"]}
    assert found[0].chars == (len("The first one "),) * 2


def test_an_error_about_a_damaged_stream_is_no_difference() -> None:
    broken = capture(*EVENTS[:2], b'data: {"id": "c\n\n', *EVENTS[2:])
    assert sc.check(broken).verdict == "corrupt"
    found = kinds(reader_differences(broken))
    assert "openai" not in found
    assert "httpx-sse" not in found
    assert "silent" in found["chunk-as-events"]


def test_an_early_end_is_taken_for_the_end() -> None:
    found = kinds(reader_differences(capture(*EVENTS[:-2])))
    assert found["openai"] == ["silent"]
    cut = capture(*EVENTS[:-2], end=End("error", error="RemoteProtocolError"))
    assert "openai" not in kinds(reader_differences(cut))


def test_a_refusal_is_an_error_to_everybody() -> None:
    refused = capture(b'{"error":{"message":"no","code":"1302"}}', status=429, headers=(("content-type", "application/json"),))
    assert reader_differences(refused) == ()


def test_every_capture_can_be_read_by_everybody_who_reads_its_kind() -> None:
    asked = 0
    for path in sorted(CAPTURES.glob("*/*.capture.jsonl"))[::7]:
        recorded = sc.CaptureReader(path).read()
        if not recorded.text_only:
            asked += sum(seen.absent is None for seen in readers(recorded))
    assert asked > 50


def test_text_only_hops_cannot_be_read_again() -> None:
    only_text = Capture(deltas=(TextDelta(None, 0, "content", "a"),))
    for ask in (readers, reader_differences):
        with pytest.raises(UsageError, match="has text and no bytes"):
            ask(only_text)


def test_what_is_shown_is_plain_json() -> None:
    chunks = (Chunk(None, BODY),)
    value: list[dict[str, Any]] = [seen.to_dict() for seen in readers(Capture(response=Response(200, CHUNKED), chunks=chunks))]
    assert {one["reader"] for one in json.loads(json.dumps(value))} == {reader.name for reader in all_readers()}
