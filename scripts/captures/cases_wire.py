"""Faults of bytes, encodings, binary frames and JSON.

In:   nothing.
Out:  WIRE.
Rule: one capture a way of breaking, spread over the dialects.
"""

__all__ = ("WIRE",)


from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import (
    Truth,
    bad_bytes,
    changed,
    cut_bytes,
    declared_plain,
    find,
    flipped,
    gzipped,
)
from scripts.captures.words import ARGUMENTS, REASONING, TEXT

_WEATHER = ("get_weather", ARGUMENTS["weather"])
_JSON = (("content-type", "application/json"),)
_INVALID = ("utf8/invalid",)


def _utf8() -> list[Case]:
    zh, ru, he = chat.zai("", TEXT["zh"][:40]), more.ollama("", TEXT["ru"][:60]), events.anthropic("", TEXT["he"][:60])
    fr, emoji = more.cohere("", TEXT["fr"][:80]), chat.openai(TEXT["emoji"][:60])
    first = "先".encode()
    letter = flipped(events.anthropic("", TEXT["en"][:60]), 5, b'"text":"', [(2, 7)], "utf8/invalid")
    rows = (
        ("chat-zai-utf8-truncated", bad_bytes(zh, find(zh, first), "先", first[:2]), "U+5148 without its last byte"),
        (
            "ollama-utf8-stray",
            bad_bytes(ru, find(ru, "о".encode()), "о", "о".encode() + b"\xbe", inside=2),
            "a continuation byte too many",
        ),
        ("cohere-utf8-overlong", bad_bytes(fr, find(fr, b'"text":"Le'), "Le", b"\xc1\x8ce"), "the letter L in two bytes"),
        (
            "anthropic-utf8-surrogate",
            bad_bytes(he, find(he, "ב".encode()), "ב", b"\xed\xa0\xbd"),
            "half of a pair written as a character",
        ),
        (
            "chat-openai-utf8-cesu",
            bad_bytes(emoji, find(emoji, "🚀".encode()), "🚀", b"\xed\xa0\xbd\xed\xba\x80"),
            "an emoji as two encoded surrogates",
        ),
        ("anthropic-bitrot-high-bit", letter, "one bit of a letter flipped: same length"),
    )
    cases = [
        damaged("corrupt", name, made, label, "corrupt", _INVALID, notes=("text/replacement-character",))
        for name, made, label in rows
    ]
    ja = chat.zai("", TEXT["ja"][:60])
    cases.append(
        damaged(
            "truncated",
            "chat-zai-reset-inside-character",
            cut_bytes(ja, ja.body.rindex("先".encode()) + 1, "reset"),
            "the connection is reset after the first byte of a character: nothing that came is damaged",
            "incomplete",
            ("http/incomplete-body", "order/missing-terminal", "sse/unterminated-event"),
        )
    )
    return cases


def _encoding() -> list[Case]:
    stream = chat.zai(REASONING["zh"], TEXT["zh"])
    code = ("http/content-encoding",)
    place = Truth("content-encoding-mismatch", "http/content-encoding", 0, 0)
    return [
        damaged(
            "corrupt",
            "chat-zai-gzip-undeclared",
            (gzipped(stream, declared=False), place),
            "gzip, and no header says so",
            "corrupt",
            code,
        ),
        damaged(
            "corrupt",
            "chat-zai-gzip-declared-plain",
            (declared_plain(stream), place),
            "declared as gzip and plain",
            "corrupt",
            code,
        ),
        damaged(
            "corrupt",
            "chat-zai-gzip-twice",
            (gzipped(stream, declared=True, times=2), place),
            "gzip in gzip, declared once",
            "corrupt",
            code,
        ),
        damaged(
            "corrupt",
            "chat-zai-gzip-cut",
            gzipped(chat.zai(REASONING["ja"], TEXT["ja"] + TEXT["ko"]), declared=True, keep=0.6),
            "gzip that ends inside",
            "corrupt",
            ("http/content-encoding", "order/missing-terminal", "sse/unterminated-event"),
            comment="fault class content-encoding-mismatch, made for this project, own words",
        ),
    ]


def _frames() -> list[Case]:
    """Bedrock's binary frames carry checksums."""
    stream = more.bedrock_converse("", TEXT["fr"][:90], _WEATHER)
    at = 6
    piece = stream.pieces[at]
    starts = sum(map(len, stream.pieces[:at]))
    altered = flipped(stream, at, b'"text":"', [(1, 5)], "aws/bad-crc")[0]
    prelude = flipped(stream, at, piece[:2], [(0, 4)], "aws/bad-crc")[0]
    lost = stream.with_pieces([*stream.pieces[:at], piece[: len(piece) - 9], *stream.pieces[at + 1 :]])
    message = Truth("payload-bitrot", "aws/bad-crc", starts + len(piece) - 4, at)
    head = Truth("payload-bitrot", "aws/bad-crc", starts + 8, None)
    short = Truth("payload-bitrot", "json/invalid", starts + len(piece) - 9, at)
    return [
        damaged(
            "corrupt", "bedrock-payload-bit", (altered, message), "one bit of a payload flipped", "corrupt", ("aws/bad-crc",)
        ),
        damaged(
            "corrupt",
            "bedrock-prelude-bit",
            (prelude, head),
            "one bit of a frame's length flipped",
            "corrupt",
            ("aws/bad-crc", "aws/bad-frame"),
        ),
        damaged(
            "corrupt",
            "bedrock-bytes-lost",
            (lost, short),
            "nine bytes of a frame are missing",
            "corrupt",
            ("aws/bad-crc", "json/invalid"),
        ),
    ]


def _json() -> list[Case]:
    quote = chat.minimax('She said "stop" and left the room before the lamp was lit.')
    at = find(quote, b'\\"stop')
    unescaped = changed(quote, at, b'\\"stop', b'"stop', "json-invalid-frame", "json/invalid", inside=1)
    dot = chat.openai(TEXT["en"][:40])
    gemini, bus = more.gemini("", TEXT["ja"]), agents.opencode_bus(REASONING["en"][:40], TEXT["en"][:60])
    key = chat.openai(TEXT["de"][:40])
    twice = changed(
        key, 4, b'"choices":', b'"model":"gpt-4.1","choices":', "json-invalid-frame", "json/duplicate-key", whole_event=False
    )
    control = changed(gemini, 0, "。".encode(), b"\x01", "json-invalid-frame", "json/invalid")
    structure = flipped(chat.mistral("", TEXT["de"][:50]), 3, b'"choices":', [(0, 1)], "json/invalid")
    glued = bus.with_pieces([p[:-1] if i == 12 else p for i, p in enumerate(bus.pieces)])
    place = Truth("json-invalid-frame", "json/invalid", sum(map(len, bus.pieces[:13])) - 1, 12)
    row = more.ollama("", TEXT["ko"])
    torn = changed(row, 7, b"\n", b"", "json-invalid-frame", "json/invalid")
    start = sum(map(len, row.pieces[:8])) - 1
    invalid = ("json/invalid",)
    zeros = chat.deepseek("", TEXT["de"][:60])
    hole = changed(zeros, 6, b'"model":"deepsee', bytes(16), "payload-bitrot", "json/invalid")
    return [
        damaged("corrupt", "chat-deepseek-zero-run", hole, "sixteen bytes became zero: same length", "corrupt", invalid),
        damaged(
            "corrupt", "chat-minimax-unescaped-quote", unescaped, "a quote inside the text is not escaped", "corrupt", invalid
        ),
        damaged(
            "corrupt",
            "chat-openai-bare-dot",
            changed(dot, 5, b'"index":0', b'"index":.', "json-invalid-frame", "json/invalid", inside=8),
            "a bare dot for a number",
            "corrupt",
            invalid,
        ),
        damaged("corrupt", "gemini-raw-control", control, "a raw control character in a string", "corrupt", invalid),
        damaged("corrupt", "mistral-bitrot-structure", structure, "one bit of a bracket flipped", "corrupt", invalid),
        damaged(
            "corrupt",
            "opencode-bus-glued-events",
            (glued, place),
            "the blank line between two events is missing",
            "corrupt",
            invalid,
        ),
        damaged(
            "corrupt",
            "ollama-glued-lines",
            (torn[0], Truth("json-invalid-frame", "json/invalid", start, 7)),
            "the newline between two documents is missing",
            "corrupt",
            invalid,
        ),
        damaged(
            "corrupt",
            "chat-openai-duplicate-key",
            twice,
            "the model is named twice in one object",
            "suspect",
            ("json/duplicate-key",),
        ),
    ]


WIRE = [*_utf8(), *_encoding(), *_frames(), *_json()]
