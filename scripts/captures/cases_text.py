"""Texts that were damaged on their way although the wire is sound, and texts that are no language.

In:   nothing.
Out:  TEXTS.
Rule: the damage is made from our own texts, so its first character is known.
"""

__all__ = ("TEXTS",)

from random import Random

from scripts import garbage
from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import changed, escaped_twice, find, read_as, shown_as_lost, split_replaced
from scripts.captures.words import CODE, PASSAGE, REASONING, TEXT, tokens


def _altered() -> list[Case]:
    fr, ru, zh = TEXT["fr"], TEXT["ru"][:90], TEXT["zh"][:50]
    cp1252, latin1 = read_as(events.anthropic("", fr), "cp1252", fr), read_as(chat.zai("", ru), "latin-1", ru)
    split = split_replaced(chat.zai("", zh), zh, "先", 1)
    hi, ja = TEXT["hi"][:60], TEXT["ja"]
    lost = shown_as_lost(more.cohere("", hi), hi, "ब", escaped=False)
    escaped = shown_as_lost(chat.minimax(ja), ja, "を", escaped=True)
    de = "Zeile eins\nZeile zwei\nGrüße aus Köln\n\tund „Tschüss“!\n" + TEXT["de"][:60]
    letters, lines = escaped_twice(chat.zai("", ru, burst=20), ru), escaped_twice(chat.openai(de), de)
    fffd, mojibake, twice = ("text/replacement-character",), ("text/mojibake",), ("text/double-escaped",)
    few = "escaped letters that stand alone between plain ones are not counted"
    return [
        damaged(
            "corrupt", "anthropic-read-as-cp1252", cp1252, "a proxy read the body as cp1252 and wrote UTF-8", "corrupt", mojibake
        ),
        damaged(
            "corrupt", "chat-zai-read-as-latin1", latin1, "a proxy read the body as Latin-1 and wrote UTF-8", "corrupt", mojibake
        ),
        damaged("corrupt", "chat-zai-split-replaced", split, "a proxy decoded each read alone: U+5148 is lost", "corrupt", fffd),
        damaged(
            "corrupt", "cohere-detok-replaced", lost, "the server decoded half a character: U+FFFD in two deltas", "corrupt", fffd
        ),
        damaged("corrupt", "chat-minimax-detok-escaped", escaped, "the same, as escapes", "corrupt", fffd),
        damaged("corrupt", "chat-zai-escaped-twice", letters, "Russian, escaped twice", "suspect", twice),
        damaged("corrupt", "chat-openai-escaped-twice", lines, "German, escaped twice", "suspect", twice, known_failure=few),
    ]


def _surrogate() -> list[Case]:
    text = "Lift-off 🚀 at noon, they say. The children wave."
    stream, rocket = agents.ui_messages("", text), "🚀".encode()
    half = changed(
        stream,
        find(stream, rocket),
        rocket,
        b"\\ud83d",
        "surrogate-split",
        "text/lone-surrogate",
        whole_event=True,
        char=text.index("🚀"),
    )
    label = "half of a pair, and the other half never comes"
    return [damaged("corrupt", "ui-messages-lone-surrogate", half, label, "corrupt", ("text/lone-surrogate",))]


def _leaks() -> list[Case]:
    head = TEXT["en"][:96]
    token = chat.zai("", head + "<|assistant|><|user|>And now?<|observation|>")
    think = chat.openai("The lamp was lit in 1911.\n</think>\n" + head)
    call = chat.zai(
        "I will look it up. <tool_call>get_weather<arg_key>city</arg_key><arg_value>Porto</arg_value></tool_call>", ""
    )
    border = chat.zai("", TEXT["en"][:120] + "</arg_value>" + TEXT["en"][120:], burst=16)
    return [
        damaged(
            "garbled",
            "chat-zai-template-token-at-120",
            border,
            "a closing tag of the tool grammar across the border of two blocks of 128 characters",
            "degenerate",
            ("text/template-token",),
            onset=("content", 120, 12),
            comment="fault class template-token-leak, own words; the seeds' tag stands at such a place",
        ),
        damaged(
            "garbled",
            "chat-zai-template-tokens",
            token,
            "role tokens of the template in the content",
            "degenerate",
            ("text/template-token",),
            onset=("content", len(head), 24),
            comment="fault class template-token-leak, own words",
        ),
        damaged(
            "garbled",
            "chat-openai-lone-think-tag",
            think,
            "a closing think tag in the content",
            "degenerate",
            ("text/channel-leak",),
            comment="fault class channel-leak, own words",
        ),
        damaged(
            "garbled",
            "chat-zai-tool-call-in-reasoning",
            call,
            "a tool call written into the reasoning",
            "degenerate",
            ("text/channel-leak",),
            comment="fault class channel-leak, own words",
        ),
    ]


def _degenerate() -> list[Case]:
    """Made garble, with a sound beginning. The order of the tokens is drawn with a fixed seed."""
    head = TEXT["en"]
    period = "and then the ferry turns right and then "
    loop = chat.zai("", head + " " + period * 14, finish="length", burst=24)
    bag = tokens(TEXT["en"] + TEXT["de"] + CODE + TEXT["ru"] + TEXT["zh"] + REASONING["maths"])
    Random(7).shuffle(bag)
    salad = events.anthropic("", head + " " + "".join(bag)[:700])
    marks = more.ollama("", TEXT["de"][:80] + "!" * 300)
    scripts = more.gemini("", head + " " + garbage.mixed_scripts(Random(7), PASSAGE["en"]))
    return [
        damaged(
            "garbled",
            "chat-zai-loop",
            loop,
            "a sentence that repeats itself until the limit",
            "degenerate",
            ("text/repetition",),
            onset=("content", len(head) + 1, 60),
            comment="fault class model-repetition-loop, own words",
        ),
        damaged(
            "garbled",
            "anthropic-word-salad",
            salad,
            "shuffled tokens of six texts",
            "degenerate",
            ("text/script-mix", "text/word-salad"),
            onset=("content", len(head) + 1, 128),
            comment="fault class model-word-salad, own words",
        ),
        damaged(
            "garbled",
            "ollama-one-token",
            marks,
            "one token for ever",
            "degenerate",
            ("text/repetition",),
            onset=("content", 80, 60),
            comment="fault class engine-state-garble, own words",
        ),
        damaged(
            "garbled",
            "gemini-script-soup",
            scripts,
            "scripts mixed inside words",
            "degenerate",
            ("text/script-mix", "text/word-salad"),
            onset=("content", len(head) + 1, 128),
            comment="fault class model-word-salad, own words",
        ),
    ]


TEXTS = [*_altered(), *_surrogate(), *_leaks(), *_degenerate()]
