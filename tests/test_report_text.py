"""What people and programs are shown of a report: escape, text, marked, JSON, advice."""

import json
import math
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.escape import escaped
from streamcheck.findings import Finding, ProviderError, Severity
from streamcheck.messages import Choice, Message, ToolCall
from streamcheck.report.advice import advice, span_of_time
from streamcheck.report.json import json_document
from streamcheck.report.marked import marked_message
from streamcheck.report.place import place_of
from streamcheck.report.text import text_report
from streamcheck.spans import Span
from streamcheck.verdicts import Origin, Report, Verdict, verdict_of
from tests.streams import chat

ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ANY_TEXT = st.text(st.characters())  # surrogates included
HOSTILE = st.text(
    st.sampled_from("ab \n\t\r\x00\x1b\x7f\x9b\u202e\u2066\u200b\u2028\ufeff\ud800\udc00\U000e0041é€漢🎈⟦⟧│"), max_size=40
)


def acts(text: str) -> bool:
    return any(unicodedata.category(c) in ACTING for c in text)


# ---------------------------------------------------------------------- escape
def test_every_acting_character_of_unicode_is_escaped() -> None:
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in ACTING:
            assert escaped(chr(code)).isascii(), hex(code)
            assert escaped(chr(code)).startswith("\\")


@given(st.one_of(ANY_TEXT, HOSTILE))
@example("\x9b2J")  # one character that is ESC [ to many terminals
def test_escaped_text_does_not_act_and_can_be_encoded(text: str) -> None:
    safe = escaped(text)
    assert not acts(safe)
    assert "\n" not in safe
    safe.encode()
    assert escaped(safe) == safe


@given(ANY_TEXT)
def test_escaping_changes_acting_characters_only(text: str) -> None:
    plain = "".join(c for c in text if escaped(c) == c)
    assert escaped(plain) == plain
    assert "".join(map(escaped, text)) == escaped(text)


@given(HOSTILE)
def test_kept_characters_stay(text: str) -> None:
    safe = escaped(text, keep="\n\t")
    assert safe.count("\n") == text.count("\n")
    assert safe.count("\t") == text.count("\t")
    assert not acts(safe.replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("a\u202eb", r"a\u202eb"),
        ("\ud83d", r"\ud83d"),
        ("\U000e0041", r"\U000e0041"),
        ("\n\r\t", r"\n\r\t"),
    ],
)
def test_how_escapes_are_spelt(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize("text", ["Grüße, 世界, العربية", "🎈❤\ufe0f", "x\u0301", "a\\nb", ""])
def test_readable_text_stays(text: str) -> None:
    assert escaped(text) == text


# ---------------------------------------------------------------------- reports made here
def finding(code: str, severity: Severity = Severity.ERROR, **kw: object) -> Finding:
    return Finding(code, severity, **{"message": f"{code} is here", **kw})  # type: ignore[arg-type]  # a test's shorthand


def report(*findings: Finding, content: str = "0123456789", source: str = "a.sse", **kw: object) -> Report:
    fields: dict[str, object] = {
        "source": source,
        "dialect": "openai-chat",
        "verdict": verdict_of(findings),
        "findings": findings,
        "message": Message((Choice(0, content=content),)),
        "counts": {"bytes": 10, "events": 1, "deltas": 1, "chars": len(content)},
    }
    return Report(**{**fields, **kw})  # type: ignore[arg-type]  # a test's shorthand


def in_text(code: str, start: int, end: int, severity: Severity = Severity.ERROR) -> Finding:
    return finding(code, severity, choice=0, channel="content", chars=(start, end))


# ---------------------------------------------------------------------- text
def test_a_clean_report_is_one_line() -> None:
    note = finding("sse/bom", Severity.NOTE)
    assert text_report(report()) == "clean       a.sse  openai-chat, 10 bytes, 1 event, 10 characters\n"
    assert text_report(report(note)) == "clean       a.sse  openai-chat, 10 bytes, 1 event, 10 characters, 1 note\n"
    assert "sse/bom" in text_report(report(note), verbose=True)


def test_errors_come_before_warnings_and_keep_the_order_of_the_stream() -> None:
    found = [
        finding("sse/bom", Severity.NOTE),
        finding("text/entropy", Severity.WARNING),
        finding("json/invalid"),
        finding("utf8/invalid"),
        finding("http/status", Severity.WARNING),
    ]
    text = text_report(report(*found))
    places = [text.index(f" {code}") for code in ("json/invalid", "utf8/invalid", "text/entropy", "http/status", "1 note")]
    assert places == sorted(places)
    assert "sse/bom" not in text


def test_many_findings_of_one_code_are_counted() -> None:
    found = [finding("utf8/invalid", span=Span(i, i + 1)) for i in range(9)]
    text = text_report(report(*found))
    assert text.count("utf8/invalid is here") == 3
    assert "... and 6 more utf8/invalid" in text
    assert text_report(report(*found), verbose=True).count("utf8/invalid is here") == 9


def test_the_origin_and_the_place_are_told() -> None:
    one = finding("utf8/invalid", span=Span(3, 5), event=2, choice=0, channel="content", chars=(1, 4), at=1.5)
    assert place_of(one) == "bytes 3-5, event 2, choice 0 content characters 1-4, after 1.500 s"
    text = text_report(report(one, origin=Origin("transport", "likely", "because of this")))
    assert "  origin    transport, likely: because of this\n" in text
    assert place_of(one) in text


def test_sentences_are_wrapped_at_the_width_and_only_there() -> None:
    one = report(finding("json/invalid", message="word " * 60))
    assert max(map(len, text_report(one, width=70).splitlines())) <= 70
    assert max(map(len, text_report(one).splitlines())) > 250


@given(HOSTILE, HOSTILE, HOSTILE, st.booleans())
def test_nothing_from_a_stream_plays(text: str, name: str, quoted: str, verbose: bool) -> None:
    found = [
        finding("json/invalid", message=text, evidence={"near": quoted, text: [name, math.nan]}),
        in_text("text/control-character", 0, len(text)),
        finding("provider/unknown", channel=name, evidence={"excerpt": text}),
    ]
    error = ProviderError(name, text, code=quoted, reset_at=text, hint=name, rule=quoted, scope=text)
    one = report(
        *found,
        source=name,
        dialect=quoted,
        provider_error=error,
        origin=Origin(text, name, quoted),
        message=Message((Choice(0, text, text, name, (ToolCall(0, quoted, name, text),), finish_reason=quoted),), model=text),
    )
    shown = text_report(one, verbose=verbose) + marked_message(one, onset=found[1])
    assert not acts(shown.replace("\n", "").replace("\t", ""))
    shown.encode()
    json.loads(json.dumps(json_document([one]), allow_nan=False))


# ---------------------------------------------------------------------- marked
def test_marks_stand_around_their_characters() -> None:
    text = marked_message(report(in_text("text/mojibake", 2, 4), in_text("text/repetition", 3, 8)))
    assert "│ 01⟦1:2⟦2:3:1⟧4567:2⟧89\n" in text
    assert "  1 error     text/mojibake" in text
    assert "  2 error     text/repetition" in text


def test_marks_are_spelt_in_ascii_on_request() -> None:
    text = marked_message(report(in_text("text/mojibake", 2, 4)), ascii_only=True)
    assert text.isascii()
    assert "| 01[[1:23:1]]456789\n" in text


def test_the_onset_has_a_line_of_its_own() -> None:
    onset = in_text("text/repetition", 4, 8)
    lines = marked_message(report(onset), onset=onset).splitlines()
    at = lines.index("── from here on this is no language: character 4, text/repetition ──")
    assert lines[at - 1] == "│ 0123"
    assert lines[at + 1] == "│ ⟦1:4567:1⟧89"


def test_rows_of_text_cannot_pass_for_headings() -> None:
    text = marked_message(report(content="a\n── choice 0, content\n\nb"))
    assert text.count("\n── choice 0") == 0
    assert "│ ── choice 0, content\n│\n│ b\n" in text


def test_findings_without_a_place_in_the_text_are_listed_too() -> None:
    text = marked_message(
        report(finding("utf8/invalid", span=Span(1, 2)), finding("text/entropy", choice=0, channel="tool:9", chars=(0, 1)))
    )
    assert "findings that are not in the text:" in text
    assert "utf8/invalid" in text
    assert "text/entropy" in text


def test_tool_calls_and_second_responses_have_their_own_headings() -> None:
    first = Message((Choice(0, content="one", tool_calls=(ToolCall(0, "id-1", "search", '{"q":1}'),)),))
    second = Message((Choice(0, content="two"),))
    marked = replace(in_text("text/mojibake", 0, 3), evidence={"segment": 1})
    text = marked_message(report(marked, message=first, segments=(first, second)))
    assert "── response 1, choice 0, tool:0, 7 characters: call of search, id id-1\n" in text
    assert "── response 2, choice 0, content, 3 characters\n│ ⟦1:two:1⟧\n" in text


@given(st.text("ab\n", max_size=30), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_the_text_without_its_marks_is_the_text(text: str, ranges: list[tuple[int, int]]) -> None:
    found = [in_text("text/mojibake", min(r), max(r)) for r in ranges]
    rows = marked_message(report(*found, content=text)).splitlines()
    shown = [row.removeprefix("│").removeprefix(" ") for row in rows if row.startswith("│")]
    for number in range(1, len(found) + 1):
        shown = [row.replace(f"⟦{number}:", "").replace(f":{number}⟧", "").replace(f"⟦{number}⟧", "") for row in shown]
    assert "\n".join(shown) == text


# ---------------------------------------------------------------------- json
def test_the_json_document_is_strict_json() -> None:
    odd = {"nan": math.nan, "big": 1 << 20_000, "bytes": b"\xff", "set": {1}, 3: (1, 2), "text": "\ud800"}
    document = json_document([report(finding("json/invalid", evidence=odd))])
    text = json.dumps(document, allow_nan=False)
    assert text.isascii()
    evidence = json.loads(text)["reports"][0]["findings"][0]["evidence"]
    assert evidence["nan"] == "nan"
    assert evidence["bytes"] == "ff"
    assert evidence["3"] == [1, 2]
    assert evidence["text"] == "\ud800"


def test_a_document_nested_too_deep_is_cut_and_not_raised() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    json.dumps(json_document([report(finding("json/invalid", evidence={"deep": deep}))]))


def test_the_json_document_of_a_real_report() -> None:
    real = sc.check(chat("hello"), name="x")
    assert json_document([real]) == {"format": 1, "streamcheck": sc.__version__, "reports": [real.to_dict()]}


# ---------------------------------------------------------------------- advice
def test_advice_says_when_the_reset_is() -> None:
    error = ProviderError("quota-exhausted", "no more", retry="after-reset", reset_at="2026-03-06T14:19:54Z", switch_key=True)
    now = datetime(2026, 3, 6, 11, 7, 54, tzinfo=UTC)
    rows = dict(advice(error, now=now))
    assert rows["reset"] == "2026-03-06 14:19:54 UTC (in 3 h 12 min)"
    assert rows["switch"] == "another key may help"
    assert dict(advice(error))["reset"] == "2026-03-06 14:19:54 UTC"
    assert dict(advice(error, now=datetime(2026, 3, 8, tzinfo=UTC)))["reset"].endswith("(33 h 40 min ago: it is over)")


@pytest.mark.parametrize(
    ("retry", "wait", "words"),
    [
        ("no", None, "no, the same request fails again"),
        ("backoff", 20.0, "yes, with growing pauses; the provider says: wait 20 s"),
        ("after-reset", None, "after the reset; the provider does not say when that is"),
    ],
)
def test_advice_on_retrying(retry: str, wait: float | None, words: str) -> None:
    assert dict(advice(ProviderError("rate-limit", "", retry=retry, retry_after_s=wait)))["retry"] == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.8412, "0.841 s"),
        (42, "42 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (11520, "3 h 12 min"),
        (352800, "4 days 2 h"),
    ],
)
def test_spans_of_time_in_words(seconds: float, words: str) -> None:
    assert span_of_time(seconds) == words


def test_a_refusal_is_reported_with_its_advice() -> None:
    error = ProviderError("overloaded", "busy", http_status=529, retry="backoff", scope="model", hint="later")
    text = text_report(report(finding("provider/overloaded"), provider_error=error))
    assert text.startswith(f"{Verdict.REFUSED.value} ")
    assert "  class     overloaded, HTTP 529\n" in text
    assert "  hint      later\n" in text
