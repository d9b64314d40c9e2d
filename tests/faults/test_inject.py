"""Every fault class over clean captures of every dialect: found as its truth says, where its truth says; controls alarm nobody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.format import Capture
from streamcheck.checker import check
from streamcheck.errors import UsageError
from streamcheck.faults import FAULTS, inject
from streamcheck.faults.body import Body
from streamcheck.faults.truth import LAYERS, Injected, Truth
from streamcheck.findings import Finding, Severity
from streamcheck.misreadings import misreading_named, recorded
from streamcheck.verdicts import Report
from streamcheck.wire.sniff import Kind
from tests.faults.support import VARIANTS, clean, found, level_of, sample

WIRE = [name for name in VARIANTS if level_of(name) == "W"]
CONTROLS = [name for name in WIRE if name.startswith("control/")]
READERS = [name for name in VARIANTS if level_of(name) == "D"]
AGENTS = [name for name in VARIANTS if level_of(name) == "A"]

# Detectors of running text say where it stops being language by blocks of 128 characters; a loop is told from its first period on.
NEAR = {
    "model-word-salad": 128,
    "engine-state-garble": 128,
    "model-repetition-loop": 160,
    "double-escaped": 128,
    "charset-wrong": 40,
}
# What is wrong stands elsewhere than where one capture can show it.
ELSEWHERE = {
    "keepalive-desync/foreign-head": "the own response begins behind the foreign head: only there two names meet",
    "payload-bitrot/blocks": "two blocks swapped are broken in many places",
    "surrogate-split/halves": "the second half's event is where the character is healed",
    "engine-token-dropped": "a bus without sequence numbers shows a loss at its final text",
    "engine-token-reordered": "a bus without sequence numbers shows an order at its final text",
    "finish-reason-wrong/calls": "where a stream says its reason twice, the last one is named",
    "buffered-burst": "a burst has no place",
    "tool-markup-malformed/brace": "where the last delta was the brace alone, the one before it is named",
    "tool-index-collision/zero": "the second call is named, the first event changed may be another",
}

# In code the checker takes tags for quoted and odd words for names: what it does not see yet, over all clean captures.
_CODE = (
    "anthropic-code-russian-comments",
    "chat-zai-ascii-art",
    "chat-zai-test-cases",
    "gemini-code-chinese-comments",
    "gemini-svg",
)
_UNSEEN = (
    *(("channel-leak/closing-tag", capture) for capture in _CODE),
    ("engine-state-garble/salad", "gemini-code-chinese-comments"),
)
UNSEEN = [pytest.param(*pair, marks=pytest.mark.xfail(reason="text is taken for code", strict=True)) for pair in _UNSEEN]


def injected(name: str, *, seed: int = 0) -> list[Injected]:
    """Return the fault in every capture of the sample that it makes sense for."""
    made = []
    for capture in sample():
        try:
            made.append(inject(capture, name, seed=seed))
        except UsageError:
            continue
    return made


def is_placed(truth: Truth, findings: list[Finding]) -> bool:
    """Whether a finding begins at the byte, or in the event, that the truth names; for a text also near its character."""
    near = NEAR.get(truth.fault)
    for finding in findings:
        at_byte = finding.span is not None and finding.span.start == truth.first_bad_byte
        in_event = finding.event is not None and finding.event == truth.first_bad_event
        if near is not None and finding.chars is not None and truth.first_bad_char is not None:
            if abs(finding.chars[0] - truth.first_bad_char) <= near + int(truth.details.get("period_chars", 0)):
                return True
        elif at_byte or in_event:
            return True
    return truth.first_bad_byte is None


@pytest.mark.parametrize("name", WIRE)
def test_fault_of_the_wire_is_found_where_its_truth_says(name: str) -> None:
    made = injected(name)
    assert made, "it makes sense for no capture of the sample"
    for one in made:
        report = check(one.capture)
        codes = {finding.code for finding in report.findings}
        assert set(one.truth.expect) <= codes, (one.truth, sorted(codes))
        if one.truth.expect and name not in ELSEWHERE:
            findings = found(report, one.truth.expect)
            assert is_placed(one.truth, findings), (one.truth, [(f.code, f.span, f.event, f.chars) for f in findings])


@pytest.mark.parametrize(("name", "capture"), UNSEEN)
def test_fault_in_code_is_found_too(name: str, capture: str) -> None:
    one = inject(clean(capture), name)
    assert set(one.truth.expect) <= {finding.code for finding in check(one.capture).findings}


@pytest.mark.parametrize("name", WIRE)
def test_first_bad_byte_is_the_first_that_differs(name: str) -> None:
    # The other direction of the truth: what stands before it is what the clean body says.
    for capture in sample():
        try:
            one = inject(capture, name)
        except UsageError:
            continue
        byte = one.truth.first_bad_byte
        if byte is None or name.startswith(("content-encoding", "resume-gap", "tool-index", "usage-wrong", "channel-leak")):
            continue
        if Body.of(capture).kind is Kind.AWS or name == "truncated-clean-eof/done":  # the length before, the end behind
            continue
        clean_body, faulty = recorded(capture).body, one.capture.body
        assert faulty[:byte] == clean_body[:byte]


@pytest.mark.parametrize(
    "name", [*CONTROLS, "heartbeat-as-data/trap", "combined-delta-dropped/merged", "snapshot-after-delta/final"]
)
def test_negative_control_alarms_nobody(name: str) -> None:
    made = injected(name)
    assert made
    for capture in sample():
        try:
            one = inject(capture, name)
        except UsageError:
            continue
        before, after = check(capture), check(one.capture)
        loud = [finding for finding in after.findings if finding.severity is not Severity.NOTE]
        assert (after.verdict, loud) == (before.verdict, [])
        assert after.message.choices == before.message.choices


@pytest.mark.parametrize("name", READERS)
def test_misreading_named_in_the_truth_gives_exactly_the_text(name: str) -> None:
    made = injected(name)
    assert made, "it makes sense for no capture of the sample"
    for one in made:
        assert one.before is not None
        misreading = misreading_named(one.truth.details["misreading"])
        assert misreading.read(recorded(one.before, dialect=check(one.before).dialect)) == one.text
        assert text_in(one.capture) == one.text
        assert one.truth.first_bad_char is not None
        # A repeated half of an emoji is odd by itself, and a body whose last delta is not ended has lost its end with it.
        loud = [f.code for f in check(one.before).findings if f.severity is Severity.ERROR]
        assert not loud or name.startswith(("surrogate-split", "tail-unterminated")), loud


@pytest.mark.parametrize("name", AGENTS)
def test_text_of_an_agent_is_true_up_to_its_first_bad_character(name: str) -> None:
    made = injected(name)
    assert made, "it makes sense for no capture of the sample"
    for one in made:
        assert one.before is not None
        assert one.text is not None
        assert text_in(one.capture) == one.text
        truth = one.truth
        assert truth.choice is not None
        assert truth.channel is not None
        key = (truth.choice, truth.channel)
        true = Body.of(one.before).text.get(key, "")
        assert one.text.get(key, "")[: truth.first_bad_char] == true[: truth.first_bad_char]
        assert one.text.get(key, "") != true


def text_in(capture: Capture) -> dict[tuple[int, str], str]:
    text: dict[tuple[int, str], str] = {}
    for delta in capture.deltas:
        text[delta.choice, delta.channel] = text.get((delta.choice, delta.channel), "") + delta.text
    return text


# ---------------------------------------------------------------------- the list itself
def test_every_class_has_a_layer_and_says_what_it_counts() -> None:
    for fault in FAULTS.values():
        assert fault.layer in LAYERS
        assert fault.at in ("", "delta", "event", "byte")
        assert set(fault.variants.values()) <= {"W", "D", "A"}
        assert fault.meaning


def test_file_of_a_class_has_its_name() -> None:
    assert {fault.make.__module__.rpartition(".")[2] for fault in FAULTS.values()} == {name.replace("-", "_") for name in FAULTS}


# ---------------------------------------------------------------------- seeds
@given(seed=st.integers(0, 2**32), name=st.sampled_from(WIRE + READERS + AGENTS))
def test_same_seed_gives_the_same_bytes_and_truth(seed: int, name: str) -> None:
    capture = clean("chat-openai-tools") if "tool" in name else clean("chat-zai-zh")
    try:
        one = inject(capture, name, seed=seed)
    except UsageError:
        return
    assert inject(capture, name, seed=seed) == one


EXACT = ("frame-spliced", "detok-partial-replaced", "utf8-split-replaced", "payload-bitrot/high-bit", "payload-bitrot/zeroed")


@given(seed=st.integers(0, 2**32), name=st.sampled_from(EXACT))
def test_every_seed_is_found_at_its_place(seed: int, name: str) -> None:
    one = inject(clean("chat-zai-zh"), name, seed=seed)
    assert is_placed(one.truth, found(check(one.capture), one.truth.expect)), one.truth


@given(seed=st.integers(0, 2**32), name=st.sampled_from(CONTROLS))
def test_no_seed_of_a_control_alarms(seed: int, name: str) -> None:
    report = check(inject(clean("chat-zai-zh"), name, seed=seed).capture)
    assert report.ok
    assert report.message.choices == check(clean("chat-zai-zh")).message.choices


# ---------------------------------------------------------------------- two faults
def test_two_faults_are_applied_in_the_order_of_their_layers() -> None:
    one = inject(clean("chat-zai-zh"), "stall-masked+model-word-salad")
    assert [truth.fault for truth in one.truths] == ["model-word-salad", "stall-masked"]


def test_place_of_the_first_fault_follows_the_bytes_of_the_second() -> None:
    one = inject(clean("chat-zai-zh"), "json-invalid-frame/quote+stall-masked/comments", at=20)
    first = one.truths[0]
    assert is_placed(first, found(check(one.capture), first.expect)), first
    assert first.first_bad_byte != inject(clean("chat-zai-zh"), "json-invalid-frame/quote", at=20).truth.first_bad_byte
    assert {f.code for f in check(one.capture).findings} >= {"json/invalid", "time/stall"}


def test_a_control_before_a_fault_changes_what_is_found_in_nothing_but_its_offset() -> None:
    one = inject(clean("chat-zai-zh"), "json-invalid-frame/dot+control/crlf", at=20)
    control, fault = one.truths
    assert (control.fault, fault.fault) == ("control", "json-invalid-frame")
    assert is_placed(fault, found(check(one.capture), fault.expect))


def test_nothing_can_follow_a_fault_that_leaves_text_only() -> None:
    with pytest.raises(UsageError, match="gives text only"):
        inject(clean("chat-zai-zh"), "dedupe-eats-repeat/suffix+cancel-saves-partial")


def test_three_faults_are_too_many() -> None:
    with pytest.raises(UsageError, match="at most 2"):
        inject(clean("chat-zai-zh"), "control/crlf+stall-masked+transport-reset")


# ---------------------------------------------------------------------- a second capture
def test_retry_takes_the_second_capture_for_the_retry() -> None:
    first, second = clean("chat-zai-zh"), clean("chat-zai-recipe")
    one = inject(first, "retry-replays-prefix", other=second)
    assert one.text is not None
    content = check(first).message.content[: one.truth.first_bad_char] + check(second).message.content
    assert one.text[0, "content"] == content


def test_splice_of_two_captures_names_both() -> None:
    one = inject(clean("chat-zai-zh"), "frame-spliced", other=clean("chat-zai-recipe"))
    report: Report = check(one.capture)
    ids = found(report, ("order/spliced-frame",))[0].evidence["ids"]
    assert [ids[0], ids[1]] == one.truth.details["ids"]


# ---------------------------------------------------------------------- misuse
def test_unknown_fault_tells_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'frame-spliced'"):
        inject(clean("chat-zai-zh"), "frame-splice")


def test_unknown_variant_tells_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'latin-1'"):
        inject(clean("chat-zai-zh"), "charset-wrong/latin1")


def test_unknown_parameter_is_refused() -> None:
    with pytest.raises(UsageError, match="no parameter 'gapp'; did you mean 'gap'"):
        inject(clean("chat-zai-zh"), "stall-masked", gapp=3)


def test_place_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="at=9999 is no delta"):
        inject(clean("chat-zai-zh"), "json-invalid-frame", at=9999)


def test_hop_without_bytes_is_refused() -> None:
    with pytest.raises(UsageError, match="no bytes to damage"):
        inject(clean("seed-opencode-four-stored"), "transport-reset")


def test_faulty_capture_is_refused() -> None:
    broken = inject(clean("chat-zai-zh"), "transport-reset").capture
    with pytest.raises(UsageError, match="is incomplete itself"):
        inject(broken, "frame-spliced")


def test_whole_answer_is_no_stream_to_splice() -> None:
    with pytest.raises(UsageError, match="one document"):
        inject(clean("seed-zai-curl-four"), "truncated-clean-eof")


# ---------------------------------------------------------------------- the page
def test_page_names_every_class_and_variant() -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"`{name}" not in page] == []
    assert [v for fault in FAULTS.values() for v in fault.variants if v and f"`{v}`" not in page] == []
