"""What holds for every text: nothing raises, the cut does not matter, places lie inside the text, evidence can be written down."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.detectors import TextFinding
from streamcheck.textchecks import TextChecks
from tests.detectors.support import CLEAN

CODES = {
    "text/replacement-character",
    "text/mojibake",
    "text/lone-surrogate",
    "text/control-character",
    "text/double-escaped",
    "text/template-token",
    "text/channel-leak",
}

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
    ]
)
_texts = st.lists(
    _odd | st.text(max_size=8) | st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=4), max_size=30
).map("".join)
_channels = st.sampled_from(["content", "reasoning", "tool:0", "refusal"])


def watched(text: str, channel: str, borders: list[int]) -> list[TextFinding]:
    checks = TextChecks(channel)
    found: list[TextFinding] = []
    for start, end in zip([0, *borders], [*borders, len(text)], strict=True):
        found += checks.feed(text[start:end])
    return [f for f in found + checks.close() if f.code in CODES]


@given(text=_texts, channel=_channels, data=st.data())
@example(text="x" * 120 + "<|im_end|>" + "y" * 200, channel="content", data=None)
def test_findings_are_independent_of_the_cut(text: str, channel: str, data: st.DataObject | None) -> None:
    whole = watched(text, channel, [])
    borders = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12))) if data else list(range(1, len(text)))
    assert watched(text, channel, borders) == whole


@given(text=_texts, channel=_channels)
def test_places_lie_inside_the_text_and_evidence_can_be_written(text: str, channel: str) -> None:
    for found in watched(text, channel, []):
        assert 0 <= found.start < found.end <= len(text)
        written = json.dumps([found.message, found.evidence], ensure_ascii=False)
        assert written.encode("utf-8")
        assert len(written) < 4_000


@given(
    name=st.sampled_from(sorted(CLEAN)),
    other=st.sampled_from(sorted(CLEAN)),
    offset=st.integers(0, 127),
    channel=st.sampled_from(["content", "reasoning"]),
)
def test_clean_texts_stay_clean_in_any_order_and_at_any_place(name: str, other: str, offset: int, channel: str) -> None:
    text = "x" * offset + "\n\n" + CLEAN[name] + "\n" + CLEAN[other] + "\n" + CLEAN[name]
    assert [f for f in watched(text, channel, []) if f.severity != "note"] == []


_PLAIN = {
    "english": "The river is long and quiet, and it flows to the sea past many towns whose people fish in it every day of the year. ",
    "french": "Le fleuve est long et tranquille; il coule vers la mer à côté de beaucoup de villes où les gens pêchent très tôt. ",
    "chinese": "这条河又长又安静，流过许多城镇，那里的人们每天都在河边钓鱼，孩子们在岸上唱歌。",
    "russian": "Река длинная и тихая, она течёт к морю мимо многих городов, где люди ловят рыбу каждый день. ",
}


@given(
    damage=st.sampled_from(["\ufffd", "<|im_end|>", "\ud800", "ï¿½"]),
    at=st.integers(0, 300),
    name=st.sampled_from(sorted(_PLAIN)),
)
def test_damage_is_found_at_any_place_of_a_clean_text(damage: str, at: int, name: str) -> None:
    text = _PLAIN[name] * 4
    at = min(at, len(text))
    found = [f for f in watched(text[:at] + damage + text[at:], "content", []) if f.severity == "error"]
    assert [f.start for f in found] == [at]
