"""Bodies that are no stream, keep-alives in the wrong place, and streams that end too early.

In:   nothing.
Out:  ENDS.
Rule: as in cases_wire.py.
"""

__all__ = ("ENDS",)

from dataclasses import replace

from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import Truth, cut, cut_bytes, inserted, tail_stripped
from scripts.captures.streams import Stream, json_bytes, line
from scripts.captures.words import ARGUMENTS, MATHS, REASONING, TEXT

_WEATHER = ("get_weather", ARGUMENTS["weather"])
_JSON = (("content-type", "application/json"),)


def _heartbeats() -> list[Case]:
    code = ("sse/heartbeat-as-data",)
    beat = "heartbeat-as-data"
    comment = inserted(chat.openrouter("", TEXT["zh"][:40]), 6, b"data: : OPENROUTER PROCESSING\n\n", beat, code[0])
    empty = inserted(events.responses("", TEXT["ru"][:40]), 8, b"data:\n\n", beat, code[0])
    word = inserted(chat.deepseek("", TEXT["de"][:40]), 9, b"data: keep-alive\n\n", beat, code[0])
    return [
        damaged("corrupt", "chat-openrouter-comment-as-data", comment, "a comment sent as data", "suspect", code),
        damaged("corrupt", "responses-empty-data", empty, "an event without a payload", "suspect", code),
        damaged("corrupt", "chat-deepseek-word-as-data", word, "the word keep-alive as an event", "suspect", code),
    ]


def _wrong_bodies() -> list[Case]:
    base = chat.zai("", "")
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=/login>Guest network</form></body></html>\n"
    html = replace(base.with_pieces([page]), headers=(("content-type", "text/html; charset=utf-8"),))
    empty = base.with_pieces([])
    png = replace(base.with_pieces([b"\x89PNG\r\n\x1a\n" + bytes(range(48))]), headers=(("content-type", "image/png"),))
    document = replace(base.with_pieces([json_bytes({"status": "ok", "queue": 3})]), headers=_JSON)
    nothing = replace(base.with_pieces([]), status=None, headers=(), end="error")
    whole = Truth("wrong-body-200", "http/wrong-content-type", 0, None)
    none = Truth("wrong-body-200", "order/missing-terminal", 0, None)
    plain = replace(
        base.with_pieces([b"upstream is waking up, come back in a minute\n"]), headers=(("content-type", "text/plain"),)
    )
    wrong = ("http/wrong-content-type",)
    return [
        damaged("corrupt", "zai-html-in-200", (html, whole), "a sign-in page with status 200", "corrupt", wrong),
        damaged("corrupt", "zai-text-in-200", (plain, whole), "a sentence with status 200", "corrupt", wrong),
        damaged("corrupt", "zai-image-in-200", (png, whole), "a picture with status 200", "corrupt", wrong),
        damaged("clean", "zai-other-json-in-200", document, "a JSON document of no known dialect", "clean", (), notes=wrong),
        damaged("truncated", "zai-empty-200", (empty, none), "status 200 and nothing", "incomplete", ("order/missing-terminal",)),
        damaged(
            "truncated",
            "zai-connection-refused",
            nothing,
            "no answer at all",
            "incomplete",
            ("http/incomplete-body", "order/missing-terminal"),
            comment="guide to Z.ai's Anthropic endpoint: connection refused",
        ),
    ]


def _with_length(stream: Stream, length: int) -> Stream:
    headers = tuple(pair for pair in stream.headers if pair[0] != "transfer-encoding")
    return replace(stream, headers=headers).with_header("content-length", str(length))


def _ends() -> list[Case]:
    missing, open_end = "order/missing-terminal", "sse/unterminated-event"
    zai, tool = chat.zai(REASONING["ru"][:60], TEXT["ru"][:80]), chat.openai_tools(_WEATHER)
    claude, gemini = events.anthropic(REASONING["de"], TEXT["de"]), more.gemini(REASONING["ja"], TEXT["ja"])
    bedrock, ui, ag = more.bedrock_converse("", MATHS[:80]), agents.ui_messages("", TEXT["hi"]), agents.ag_ui("", TEXT["zh"])
    rows = (
        ("chat-zai-cut-in-word", cut(zai, 20), "no finish reason, no [DONE]"),
        ("chat-zai-cut-done-kept", cut(zai, 20, keep_last=True), "no finish reason, but [DONE]"),
        ("anthropic-cut", cut(claude, 9), "no message_stop"),
        ("responses-cut", cut(events.responses("", TEXT["el"][:80]), 14), "no response.completed"),
        ("gemini-cut", cut(gemini, 2), "no finishReason"),
        ("ollama-cut", cut(more.ollama("", TEXT["ko"]), 11), "no line with done: true"),
        ("cohere-cut", cut(more.cohere("", TEXT["fr"][:80]), 10), "no message-end"),
        ("mistral-cut", cut(chat.mistral("", TEXT["de"][:80]), 9), "no finish reason, no [DONE]"),
        ("ui-messages-cut", cut(ui, 17), "no finish"),
        ("ag-ui-cut", cut(ag, 12), "no RUN_FINISHED"),
        ("bedrock-cut", cut(bedrock, 8), "no messageStop"),
    )
    cases = [damaged("truncated", name, made, label, "incomplete", (missing,)) for name, made, label in rows]
    body = len(zai.body)
    frame = sum(map(len, bedrock.pieces[:7])) + 31
    short = sum(map(len, claude.pieces[:8]))
    length = Truth("transport-reset", "http/incomplete-body", short, None)
    middle = sum(map(len, zai.pieces[:22])) + 40
    cases += [
        damaged(
            "truncated",
            "chat-openai-cut-in-tool-json",
            cut(tool, 4),
            "cut inside a tool call's arguments",
            "incomplete",
            (missing,),
            notes=("order/tool-arguments",),
        ),
        damaged(
            "truncated",
            "chat-zai-reset",
            cut_bytes(zai, middle, "reset"),
            "the connection is reset inside an event",
            "incomplete",
            ("http/incomplete-body", missing, open_end),
        ),
        damaged(
            "truncated",
            "anthropic-timeout",
            cut_bytes(claude, short, "timeout"),
            "the client's patience ended",
            "incomplete",
            ("http/incomplete-body", missing),
        ),
        damaged(
            "truncated",
            "anthropic-content-length",
            (_with_length(cut_bytes(claude, short, "eof")[0], len(claude.body)), length),
            "fewer bytes than Content-Length",
            "incomplete",
            ("http/incomplete-body", missing),
        ),
        damaged(
            "truncated",
            "bedrock-reset-in-frame",
            cut_bytes(bedrock, frame, "reset"),
            "the connection is reset inside a frame",
            "incomplete",
            ("http/incomplete-body", missing, open_end),
        ),
        damaged(
            "truncated",
            "chat-zai-tail-without-done",
            tail_stripped(zai, len(zai.pieces[-1]) + 2),
            "the last event has no end, and [DONE] is missing: strict readers lose the finish reason",
            "suspect",
            (missing,),
            notes=(open_end,),
        ),
        damaged(
            "truncated",
            "chat-zai-tail-cut-payload",
            tail_stripped(zai, len(zai.pieces[-1]) + 90),
            "the last event's payload is cut",
            "incomplete",
            (missing, open_end),
        ),
    ]
    assert middle < body
    return cases


def _unframed() -> list[Case]:
    """An error that was written without its frame: no reader sees it."""
    stream = chat.zai(REASONING["ru"][:50], TEXT["ru"][:40])
    error = line({"error": {"code": "500", "message": "Internal server error"}})
    bare = inserted(stream, 11, error, "error-in-200", "sse/unknown-field", ends=True)
    word = inserted(
        events.anthropic("", TEXT["de"][:60]),
        6,
        b"error: upstream closed the stream\n\n",
        "error-in-200",
        "sse/unknown-field",
        ends=True,
    )
    codes = ("order/missing-terminal", "sse/unknown-field")
    bare, word = ((s, Truth(t.fault, t.code, t.start, None)) for s, t in (bare, word))
    return [
        damaged("truncated", "chat-zai-error-line", bare, "an error as a bare JSON line", "incomplete", codes),
        damaged("truncated", "anthropic-error-field", word, "an error as a field that does not exist", "incomplete", codes),
    ]


ENDS = [*_heartbeats(), *_wrong_bodies(), *_ends(), *_unframed()]
