"""Sound streams of every dialect, with the legal oddities of real servers: none of them may alarm.

In:   nothing.
Out:  CLEAN.
Rule: an oddity stands here because a real server sends it; the label names it.
"""

__all__ = ("CLEAN",)

import json
from dataclasses import replace

from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, clean
from scripts.captures.faults import changed, find, gzipped, inserted, tail_stripped, zstandard
from scripts.captures.streams import Stream, cr_lf, sse
from scripts.captures.words import ARGUMENTS, CODE, MATHS, REASONING, TABLE, TEXT, pieces

WEATHER = ("get_weather", ARGUMENTS["weather"])
WEATHER_OBJECT = ("get_weather", json.loads(ARGUMENTS["weather"]))
READ = ("read_file", ARGUMENTS["read"])
NOTE = ("save_note", ARGUMENTS["note"])


def _several_data_lines(stream: Stream) -> Stream:
    """Each JSON document is split after `"choices":`, as a pretty-printing server does."""
    return stream.with_pieces([piece.replace(b'"choices":', b'"choices":\ndata: ') for piece in stream.pieces])


def _surrogates_in_two(stream: Stream) -> Stream:
    """An emoji as two escapes in two deltas: a server that counts UTF-16 units cut it."""
    rocket = "🚀".encode("utf-16-be").hex()
    halves = [f"\\u{rocket[:4]}".encode(), f"\\u{rocket[4:]}".encode()]
    at = find(stream, "🚀".encode())
    piece = stream.pieces[at]
    start = piece.index("🚀".encode())
    opening, closing = piece.rindex(b'"', 0, start) + 1, start + 4
    first = piece[:start] + halves[0] + piece[piece.index(b'"', closing) :]
    second = piece[:opening] + halves[1] + piece[closing:]
    return stream.with_pieces([*stream.pieces[:at], first, second, *stream.pieces[at + 1 :]])


def _no_space(stream: Stream) -> Stream:
    return stream.with_pieces([piece.replace(b"data: ", b"data:") for piece in stream.pieces])


def _long_wait(stream: Stream) -> Stream:
    """48 s of silence before the text goes on."""
    at = [round(0.5 + 0.04 * n + (48.0 if n > 6 else 0.0), 3) for n in range(len(stream.pieces))]
    return replace(stream, times=tuple(at))


def _in_bursts(stream: Stream) -> Stream:
    """A proxy that buffers: ten events at once, then nothing for four seconds."""
    return replace(stream, times=tuple(round(1.2 + 4.0 * (n // 10), 3) for n in range(len(stream.pieces))))


def _after_done(stream: Stream) -> Stream:
    return stream.with_pieces([*stream.pieces, sse({"choices": [], "cost": "0.00021"})])


def _chat() -> list[Case]:
    zai = chat.zai(REASONING["zh"], TEXT["zh"])
    stopped = chat.zai(REASONING["ru"], TEXT["ru"][:70])
    short = chat.openai(TEXT["en-short"])
    waiting = inserted(chat.openai(TEXT["fr"][:90]), 5, b": ping - 2026-11-21 09:44:01\n\n", "", "")[0]
    sensitive = changed(stopped, find(stopped, b'"stop"'), b'"stop"', b'"sensitive"', "", "")[0]
    return [
        clean("chat-zai-zh", zai, "Z.ai, reasoning and content in Chinese; the role on every chunk"),
        clean("chat-zai-tool", chat.zai(REASONING["en-tool"], "", WEATHER), "Z.ai, a tool call whole in one delta"),
        clean(
            "chat-zai-escaped",
            chat.zai(REASONING["ru"], "", NOTE, ascii_only=True),
            "Z.ai, all characters beyond ASCII as escapes",
        ),
        clean(
            "chat-zai-sensitive", sensitive, "Z.ai, ended by its content filter: a proper end", notes=("provider/content-filter",)
        ),
        clean(
            "chat-deepseek",
            chat.deepseek(REASONING["maths"], MATHS),
            "DeepSeek, keep-alive comments, both text keys in each delta",
        ),
        clean("chat-openai-code", chat.openai(CODE[:120]), "OpenAI, code, obfuscation, usage in a chunk of its own"),
        clean("chat-openai-tools", chat.openai_tools(WEATHER, READ), "OpenAI, two parallel tool calls in fragments"),
        clean(
            "chat-openai-two-choices",
            chat.openai_two_choices(TEXT["de"][:80], TEXT["fr"][:80]),
            "OpenAI, n = 2, chunks take turns",
        ),
        clean(
            "chat-azure",
            chat.azure(TEXT["de"][:110]),
            "Azure, empty identity in the prompt filter's chunk, a filter result at the end",
        ),
        clean(
            "chat-openrouter",
            chat.openrouter(REASONING["zh"], TEXT["zh"][:40]),
            "OpenRouter, PROCESSING comments, reasoning under two names",
        ),
        clean("chat-groq", chat.groq(REASONING["en"][:70], TEXT["hi"]), "Groq, reasoning, usage in x_groq and in a chunk"),
        clean(
            "chat-perplexity",
            chat.perplexity(TEXT["fr"]),
            "Perplexity, CRLF, the message so far beside each delta, usage on every chunk, no [DONE]",
            notes=("order/missing-terminal",),
        ),
        clean("chat-minimax-final-message", chat.minimax(TEXT["en"]), "MiniMax, the last chunk repeats the whole message"),
        clean(
            "mistral-parts",
            chat.mistral(REASONING["de"], TEXT["de"][:90]),
            "Mistral, content as thinking parts, then as a string",
        ),
        clean("mistral-tool", chat.mistral("", "", WEATHER), "Mistral, the tool call in the finishing chunk, padding in p"),
        clean("chat-table-maths", chat.zai(REASONING["maths"], TABLE, model="glm-4.7", burst=10), "a table and formulas"),
        clean("chat-after-done-cost", _after_done(short), "OpenCode's gateway, a cost chunk after [DONE]"),
        clean("chat-heartbeat-comment", waiting, "sse-starlette, a ping comment between the events"),
        clean("chat-crlf", cr_lf(chat.openai(TEXT["el"][:60])), "line ends CRLF"),
        clean("chat-cr", Stream.with_pieces(short, [p.replace(b"\n", b"\r") for p in short.pieces]), "line ends CR alone"),
        clean("chat-no-space", _no_space(short), "data: without the space"),
        clean("chat-several-data-lines", _several_data_lines(short), "one document over two data lines"),
        clean(
            "chat-bom",
            short.with_pieces([b"\xef\xbb\xbf" + short.pieces[0], *short.pieces[1:]]),
            "a BOM opens the stream",
            notes=("sse/bom",),
        ),
        clean(
            "chat-mixed-line-ends",
            short.with_pieces([*(p.replace(b"\n", b"\r\n") for p in short.pieces[:3]), *short.pieces[3:]]),
            "CRLF, then LF",
            notes=("sse/mixed-line-ends",),
        ),
        clean(
            "chat-unknown-field",
            short.with_pieces([b"x-trace: 7f\n" + short.pieces[0], *short.pieces[1:]]),
            "a field that the standard does not know",
            notes=("sse/unknown-field",),
        ),
        clean(
            "chat-line-separator",
            chat.zai(REASONING["en"][:60], "One line.\u2028Another line.\u0085A third."),
            "raw U+2028 and U+0085 in the text",
            notes=("sse/unicode-line-break", "text/control-character"),
        ),
        clean(
            "chat-surrogates-in-two-deltas",
            _surrogates_in_two(chat.openai("Lift-off 🚀 at noon, they say.")),
            "an emoji cut into two escapes, which pair up again",
            notes=("text/lone-surrogate",),
        ),
        clean(
            "chat-tail-without-blank-line",
            tail_stripped(short, 1)[0],
            "[DONE] without its blank line",
            notes=("sse/unterminated-event",),
        ),
        clean(
            "chat-tail-without-newline",
            tail_stripped(short, 2)[0],
            "[DONE] without any line end",
            notes=("sse/unterminated-event",),
        ),
        clean("chat-gzip", gzipped(zai, declared=True), "gzip, declared"),
        clean("chat-zstd", zstandard(zai), "zstd, declared"),
        clean(
            "chat-odd-reads",
            chat.zai(REASONING["ja"], TEXT["ja"][:60]).recut(61),
            "reads of 61 bytes, many of them inside a character",
        ),
        clean(
            "chat-long-wait", _long_wait(chat.zai(REASONING["en"][:70], TEXT["en-short"])), "48 s of silence; no deadline was set"
        ),
        clean("chat-bursts", _in_bursts(chat.openai(TEXT["en"][:130])), "ten events at a time: something on the way buffers"),
        clean(
            "chat-quotes-sse",
            chat.openai('The raw line was:\n\n    data: {"id":"x1","object":"chat.c\n\nIt is cut.'),
            "the text quotes a cut frame",
        ),
        clean(
            "chat-trap-id-comment",
            short.with_pieces([short.pieces[0], b"id: 7\n: ping\n\n", *short.pieces[1:]]),
            "an id and a comment in one block: some readers dispatch an empty event, the standard does not",
        ),
    ]


def _others() -> list[Case]:
    converse = more.bedrock_converse(REASONING["maths"][:60], MATHS[:70], WEATHER)
    return [
        clean("responses-reasoning", events.responses(REASONING["ru"][:60], TEXT["ru"][:110]), "Responses, summary and message"),
        clean("responses-tools", events.responses("", "", WEATHER, NOTE), "Responses, two function calls"),
        clean("responses-limit", events.responses("", TEXT["el"][:60], limit=True), "Responses, ended by the output limit"),
        clean(
            "anthropic-tool", events.anthropic(REASONING["en-tool"], TEXT["he"], WEATHER), "Anthropic, thinking, text and a tool"
        ),
        clean(
            "anthropic-emoji",
            events.anthropic("", TEXT["emoji"]),
            "Anthropic, ZWJ sequences and combining marks cut by the deltas",
        ),
        clean(
            "anthropic-zai",
            events.anthropic_zai(REASONING["en-tool"], TEXT["ja"], WEATHER),
            "Z.ai's Anthropic endpoint: zero usage, no signature, a block that opens before the last one is closed",
            notes=("order/block-balance",),
        ),
        clean("gemini-crlf", more.gemini(REASONING["ja"], TEXT["ja"], WEATHER_OBJECT), "Gemini, CRLF, thoughts, a whole call"),
        clean("gemini-array", more.gemini_array(TEXT["el"]), "Gemini without alt=sse, one JSON array"),
        clean(
            "ollama-tool", more.ollama(REASONING["de"][:60], TEXT["ko"], WEATHER_OBJECT), "Ollama, thinking, text, a whole call"
        ),
        clean("cohere-text", more.cohere("", TEXT["fr"]), "Cohere v2, a text"),
        clean("cohere-tool", more.cohere(REASONING["en-tool"], "", WEATHER), "Cohere v2, a plan and a tool call"),
        clean("bedrock-converse", converse, "Bedrock ConverseStream, binary frames"),
        clean("bedrock-converse-odd-reads", converse.recut(173), "the same, read across the frames' borders"),
        clean(
            "bedrock-invoke", more.bedrock_invoke(REASONING["en"][:70], TEXT["emoji"][:70]), "Bedrock around Anthropic's events"
        ),
        clean(
            "ui-messages", agents.ui_messages(REASONING["en-tool"], TEXT["emoji"], WEATHER), "UI messages, a part id used again"
        ),
        clean("ui-messages-v4", agents.data_stream_v4(REASONING["de"], TEXT["de"]), "the SDK's data stream before version 5"),
        clean("ag-ui", agents.ag_ui(REASONING["zh"], TEXT["zh"], WEATHER), "AG-UI, and a snapshot that repeats the text"),
        clean("opencode-bus", agents.opencode_bus(REASONING["ru"][:60], TEXT["ru"][:90]), "opencode's bus, snapshots and deltas"),
        clean("opencode-bus-1.1", agents.opencode_bus_old(REASONING["en"][:80], TABLE), "opencode's bus of 1.1, whole texts"),
    ]


def _raw() -> list[Case]:
    return [
        clean("raw-chat-zai.sse", chat.zai(REASONING["maths"][:60], MATHS[:80]), "a body alone, without its capture"),
        clean("raw-anthropic.sse", events.anthropic(REASONING["de"], TEXT["de"]), "a body alone"),
        clean("raw-ollama.ndjson", more.ollama("", TEXT["ko"]), "a body alone, NDJSON"),
        clean("raw-bedrock.eventstream", more.bedrock_converse("", TEXT["fr"][:80]), "a body alone, binary frames"),
        clean("raw-responses.sse", events.responses("", TEXT["en-short"], READ), "a body alone"),
    ]


def _long() -> list[Case]:
    """Texts that look like degeneration to a careless detector and are none."""
    listing = "\n".join(f"{n:>2}. Row {n}: {n * n:>4} = {n} x {n}" for n in range(1, 13))
    return [
        clean(
            "chat-repeats-by-order",
            chat.zai("", "tick tack " * 12 + "\n\nTwelve times, as you asked."),
            "a repetition that was asked for",
        ),
        clean("chat-list", chat.minimax(listing), "a list whose rows are alike"),
        clean(
            "gemini-minified-json",
            more.gemini("", "".join(pieces(json.dumps({f"k{n}": n for n in range(20)}), 9))),
            "minified JSON",
        ),
    ]


CLEAN = [*_chat(), *_others(), *_raw(), *_long()]
