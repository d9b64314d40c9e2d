"""What holds for every text: nothing raises, the cut does not matter, places lie inside the text, evidence can be written down."""

import json
from collections.abc import Callable
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from scripts import garbage
from streamcheck.detectors import TextFinding
from streamcheck.textchecks import TextChecks
from tests.detectors.support import CLEAN
from tests.detectors.test_word_salad import LANGUAGES

CODES = {
    "text/replacement-character",
    "text/mojibake",
    "text/lone-surrogate",
    "text/control-character",
    "text/double-escaped",
    "text/template-token",
    "text/channel-leak",
    "text/repetition",
    "text/doubled-deltas",
    "text/word-salad",
    "text/script-mix",
    "text/entropy",
    "text/scorer",
}

# Short pieces of any languages one after the other are what these look for.
_MIXTURES = {"text/word-salad", "text/script-mix"}

_odd = st.sampled_from(
    [
        "\ufffd",
        "\ud83d",
        "\0",
        "\x1b[31m",
        "\u202e",
        "\u202a",
        "\u2069",
        "\n",
        "\n\n",
        "```\n",
        "`",
        '"',
        '\\"',
        "'",
        "\\n",
        "\\u0416",
        "&amp;lt;",
        "<|im_end|>",
        "<|im_",
        "end|>",
        "</think>",
        "<think>",
        "<tool_call>",
        "</arg_value>",
        "<arg_key>",
        "[INST]",
        "<s>",
        "<｜tool▁calls▁begin｜>",
        "▁word▁word",
        "assistantfinalX",
        "Ã©",
        "â€™",
        "ä½\xa0å¥½",
        "锟斤拷",
        "浣犲ソ",
        "縺薙ｌ縺ｯ",
        "РџСЂРё",
        "U+FFFD",
        "token",
        "{",
        "  return x;\n",
        "word " * 30,
        "字" * 60,
        "ha " * 90,
        "redeplоys the cоntainer ",
        "сервер表から利用者をтаблицаに",
        garbage.multilingual_salad(Random(1), 300),
        garbage.word_salad(Random(2), garbage.of_language("en"), 500),
        garbage.doubled(LANGUAGES["english"])[:400],
        LANGUAGES["german"],
    ]
)
_texts = st.lists(
    _odd | st.text(max_size=8) | st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=4), max_size=30
).map("".join)
_channels = st.sampled_from(["content", "reasoning", "tool:0", "refusal"])


def letters(text: str) -> float:
    """Stand for a model of the user's: more bits for more letters, deterministic."""
    return 0.1 + 9 * len(set(text)) / len(text)


_scorers = st.sampled_from([None, letters, lambda text: 0.01, lambda text: 30.0, lambda text: 1 / text.count("@")])


def watched(text: str, channel: str, borders: list[int], scorer: Callable[[str], float] | None = None) -> list[TextFinding]:
    checks = TextChecks(channel, scorer=scorer)
    found: list[TextFinding] = []
    for start, end in zip([0, *borders], [*borders, len(text)], strict=True):
        found += checks.feed(text[start:end])
    return [f for f in found + checks.close() if f.code in CODES]


@given(text=_texts, channel=_channels, scorer=_scorers, data=st.data())
@example(text="x" * 120 + "<|im_end|>" + "y" * 200, channel="content", scorer=None, data=None)
def test_findings_are_independent_of_the_cut(
    text: str, channel: str, scorer: Callable[[str], float] | None, data: st.DataObject | None
) -> None:
    whole = watched(text, channel, [], scorer)
    borders = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12))) if data else list(range(1, len(text)))
    assert watched(text, channel, borders, scorer) == whole


@given(text=_texts, channel=_channels, scorer=_scorers)
def test_places_lie_inside_the_text_and_evidence_can_be_written(
    text: str, channel: str, scorer: Callable[[str], float] | None
) -> None:
    for found in watched(text, channel, [], scorer):
        assert 0 <= found.start < found.end <= len(text)
        written = json.dumps([found.message, found.evidence], ensure_ascii=False)
        assert written.encode("utf-8")
        assert len(written) < 4_000


@given(
    names=st.lists(st.sampled_from(sorted(CLEAN)), min_size=3, max_size=3, unique=True),
    offset=st.integers(0, 127),
    channel=st.sampled_from(["content", "reasoning"]),
)
def test_clean_texts_stay_clean_in_any_order_and_at_any_place(names: list[str], offset: int, channel: str) -> None:
    text = LANGUAGES["english"][:offset] + "\n\n" + "\n".join(CLEAN[name] for name in names)
    loud = [f for f in watched(text, channel, []) if f.severity != "note"]
    assert [f for f in loud if f.code not in _MIXTURES] == []


@given(
    name=st.sampled_from(sorted(CLEAN)),
    offset=st.integers(0, 127),
    channel=st.sampled_from(["content", "reasoning"]),
)
def test_clean_texts_stay_clean_in_prose(name: str, offset: int, channel: str) -> None:
    english = LANGUAGES["english"]
    text = english[:offset] + "\n\n" + CLEAN[name] + "\n" + english[offset:]
    assert [f for f in watched(text, channel, []) if f.severity != "note"] == []


_PLAIN = {name: LANGUAGES[name] for name in ("english", "french", "chinese", "russian")}


@given(
    damage=st.sampled_from(["\ufffd", "<|im_end|>", "\ud800", "ï¿½"]),
    at=st.integers(0, 300),
    name=st.sampled_from(sorted(_PLAIN)),
)
def test_damage_is_found_at_any_place_of_a_clean_text(damage: str, at: int, name: str) -> None:
    text = _PLAIN[name]
    at = min(at, len(text))
    found = [f for f in watched(text[:at] + damage + text[at:], "content", []) if f.severity == "error"]
    assert [f.start for f in found] == [at]
