"""Bodies as servers really send them, whole and broken, each with the chunk borders and the ending that make it what it is.

In:   nothing.
Out:  Case values, by name, in CASES; the name's first word says the dialect: chat-, messages- or responses-.
Rule: `body` is what a sound HTTP client reads after transfer-decoding, a content coding still on it. Every text is our own.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.streams import IDENT, SECOND, chat_event, chat_events, sse

EVENT_STREAM = "text/event-stream"
# Two, three and four bytes a character, a combining mark, a blank line, and words that come again.
WORDS = (
    "The lamp ",
    "над морем ",
    "και ",
    "灯塔亮了，",
    "naïve — ",
    "e\u0301té ",
    "🦀🧭 ",
    "\n\n",
    "of the lamp ",
    "1",
    "0",
    "0",
    ".",
)
_NUMBERS = tuple(f"{n} " for n in range(300))
_KEY = "sk-" + "Zq7" * 12  # key-shaped; a recorder must not write it down
PLAIN = ("The ferry ", "leaves at noon ", "and comes back ", "before dark.")


@dataclass(frozen=True)
class Case:
    """One answer of the server.

    chunks:  the body, cut where the server cuts it.
    status:  None when the connection ends before the head.
    headers: of the response, without those of the framing.
    framing: "chunked", "length" or "close".
    length:  what Content-Length announces, where that is not the truth.
    end:     "whole", "cut" (the connection closes early), "reset", "garbled" (a chunk header that is none).
    hold:    the number of the chunk before which the server waits until it is released or left; -1 is before the head.
    """

    name: str
    chunks: tuple[bytes, ...]
    status: int | None = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", EVENT_STREAM),)
    framing: str = "chunked"
    length: int | None = None
    end: str = "whole"
    hold: int | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def dialect(self) -> str:
        return self.name.partition("-")[0]

    @property
    def path(self) -> str:
        return {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}[self.dialect]


# ---------------------------------------------------------------------- cuts
def bytewise(body: bytes) -> tuple[bytes, ...]:
    return tuple(body[i : i + 1] for i in range(len(body)))


def cut_at(body: bytes, *places: int) -> tuple[bytes, ...]:
    """Return the body in pieces; a place is an offset."""
    edges = [0, *places, len(body)]
    return tuple(body[start:end] for start, end in pairwise(edges))


def cut_inside(body: bytes, mark: bytes) -> tuple[bytes, ...]:
    """Return the body with a cut after the first byte of every `mark`."""
    places, at = [], body.find(mark)
    while at >= 0:
        places.append(at + 1)
        at = body.find(mark, at + 1)
    return cut_at(body, *places)


# ---------------------------------------------------------------------- chat completions
def words_of(words: Sequence[str] = WORDS) -> list[bytes]:
    return chat_events(*words)


def _joined(events: Iterable[bytes]) -> bytes:
    return b"".join(events)


def _tool(index: int, arguments: str, **begin: str) -> dict[str, Any]:
    call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
    if begin:
        call |= {"id": begin["id"], "type": "function"}
        call["function"]["name"] = begin["name"]
    return {"tool_calls": [call]}


def _tool_events(*deltas: dict[str, Any], finish: str = "tool_calls") -> list[bytes]:
    return [
        chat_event({"role": "assistant", "content": None}),
        *map(chat_event, deltas),
        chat_event({}, finish=finish),
        sse("[DONE]"),
    ]


_ONE_CALL = (
    _tool(0, "", id="call_east", name="look_up"),
    _tool(0, '{"place": "海'),
    _tool(0, '门", "hours"'),
    _tool(0, ": [9, 17]}"),
)
_TWO_CALLS = (*_ONE_CALL, _tool(1, "", id="call_west", name="look_up"), _tool(1, '{"place": '), _tool(1, '"Ålesund"}'))


def _completion(**changes: Any) -> bytes:
    message = {"role": "assistant", "content": "".join(PLAIN), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 9, "completion_tokens": 14, "total_tokens": 23}
    value = {**IDENT, "object": "chat.completion", "choices": [choice], "usage": usage, **changes}
    return json.dumps(value, ensure_ascii=False).encode()


def _error(message: str, kind: str, code: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()


def _deflated(body: bytes) -> bytes:
    return zlib.compress(body)


_PAGE = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>\n"
_HTML = (("content-type", "text/html; charset=utf-8"),)
_JSON = (("content-type", "application/json"),)


def _encoded(coding: str) -> tuple[tuple[str, str], ...]:
    return (("content-type", EVENT_STREAM), ("content-encoding", coding))


def _declared(content_type: str) -> tuple[tuple[str, str], ...]:
    return (("content-type", content_type),)


def _chat_cases() -> Iterable[Case]:
    events, plain = tuple(words_of()), tuple(words_of(PLAIN))
    body, short = _joined(events), _joined(plain)
    halves = [chat_event({"content": half}) for half in ("\ud83e", "\udd80")]

    # Framing and chunk borders: each of these is a sound stream.
    yield Case("chat-clean", events)
    yield Case("chat-bytewise", bytewise(_joined(words_of(["Мол ", "и 🦀"])[1:])))
    yield Case("chat-one-chunk", (body,))
    yield Case("chat-cut-in-characters", cut_inside(body, "🦀".encode()))
    yield Case("chat-crlf", tuple(e.replace(b"\n", b"\r\n") for e in events))
    yield Case("chat-crlf-cut", cut_inside(body.replace(b"\n", b"\r\n"), b"\r\n"))
    yield Case("chat-cr", tuple(e.replace(b"\n", b"\r") for e in events))
    yield Case("chat-no-space", tuple(e.replace(b"data: ", b"data:") for e in events))
    yield Case("chat-comments", tuple(b": still here\n\n" + e for e in events))
    yield Case("chat-comment-after-id", (b"id: 7\n" + events[0], b": ping\n\n", *events[1:]))
    yield Case("chat-comments-first", (b": one\n\n", b": two\n\n", b":\n\n", *events))
    yield Case("chat-unknown-fields", tuple(b"trace: 4f\nretry: 3000\n" + e for e in events))
    yield Case("chat-two-data-lines", tuple(e.replace(b', "created"', b',\ndata: "created"') for e in events))
    yield Case("chat-bom", (b"\xef\xbb\xbf", *events))
    yield Case("chat-escapes", tuple(_escaped(e) for e in events))
    yield Case("chat-surrogate-halves", (*events[:3], *map(_escaped, halves), *events[3:]))
    yield Case("chat-unicode-line-breaks", tuple(chat_events("one\u2028two", "\u2029three")))
    yield Case("chat-next-line", tuple(chat_events("one\u0085two", "\u0085three")))
    yield Case("chat-key-in-text", tuple(chat_events("The key is ", _KEY, " and it is ours.")))
    yield Case("chat-reasoning", tuple(_reasoning_events()))
    yield Case("chat-usage-last", (*plain[:-1], sse({**IDENT, "choices": [], "usage": _USAGE}), plain[-1]))
    yield Case("chat-by-length", events, framing="length")
    yield Case("chat-by-close", events, framing="close")
    yield Case("chat-gzip", (gzip.compress(body, mtime=0),), headers=_encoded("gzip"))
    yield Case("chat-gzip-bytewise", bytewise(gzip.compress(short, mtime=0)), headers=_encoded("gzip"))
    yield Case("chat-deflate", cut_at(_deflated(body), 9, 40), headers=_encoded("deflate"))
    yield Case("chat-text-plain", events, headers=_declared("text/plain"))
    yield Case("chat-latin-1-header", events, headers=_declared("text/event-stream; charset=iso-8859-1"))
    yield Case("chat-one-call", tuple(_tool_events(*_ONE_CALL)))
    yield Case("chat-two-calls", tuple(_tool_events(*_TWO_CALLS)))
    yield Case("chat-comment-after-done", (*plain, b": bye\n\n"))
    yield Case("chat-not-streamed", (_completion(),), headers=_JSON, framing="length")
    yield Case("chat-big", tuple(_big_events()))
    yield Case("chat-many-deltas", tuple(words_of(_NUMBERS)))

    # What a proxy, a gateway or a server did to it.
    yield Case("chat-gzip-declared-only", events, headers=_encoded("gzip"))
    yield Case("chat-gzip-undeclared", (gzip.compress(body, mtime=0),))
    yield Case("chat-gzip-cut", (gzip.compress(body, mtime=0)[:-12],), headers=_encoded("gzip"))
    yield Case("chat-empty", ())
    yield Case("chat-html", (_PAGE,), headers=_HTML)
    yield Case("chat-json-of-no-dialect", (b'{"success": false, "msg": "route not found"}',), headers=_JSON, framing="length")
    yield Case(
        "chat-refused-401", (_error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),), 401, _JSON
    )
    yield Case("chat-refused-429", (_error("Rate limit reached for requests", "requests", "rate_limit_exceeded"),), 429, _RETRY)
    yield Case("chat-refused-500", (_error("The server had an error", "server_error"),), 500, _JSON, "length")
    yield Case(
        "chat-error-event", (*plain[:3], b"data: " + _error("Rate limit reached", "requests", "rate_limit_exceeded") + b"\n\n")
    )
    yield Case("chat-no-finish", plain[:-2])
    yield Case("chat-no-done", plain[:-1])
    yield Case("chat-no-last-blank-line", (*plain[:-2], plain[-2][:-1]))
    yield Case("chat-utf-8-truncated", tuple(e.replace("灯".encode(), b"\xe7\x81") for e in events))
    yield Case("chat-utf-8-stray", tuple(e.replace("灯".encode(), b"\xe7\x81\xaf\xaf") for e in events))
    yield Case("chat-replacement-character", tuple(chat_events("The la", "\ufffd\ufffd", "p is out.")))
    yield Case("chat-spliced", spliced(plain))
    yield Case("chat-restarted", restarted(plain))
    yield Case("chat-duplicate-event", (*plain[:3], plain[2], *plain[3:]))
    yield Case("chat-text-after-done", (*plain, chat_event({"content": "And more."})))
    yield Case("chat-call-cut", tuple(_tool_events(*_ONE_CALL[:-1])))
    yield Case("chat-call-cut-without-finish", tuple(_tool_events(*_ONE_CALL[:-1])[:-2]))
    yield Case("chat-done-only", plain[-1:])
    yield Case("chat-bad-json", (*plain[:2], b'data: {"id": "chatcmpl-one", "choices": [{]\n\n', *plain[2:]))

    # The connection goes.
    yield Case("chat-cut", plain[:3], end="cut")
    yield Case("chat-cut-after-done", plain, end="cut")
    yield Case("chat-length-too-long", plain, framing="length", length=len(short) + 100)
    yield Case("chat-reset-in-character", (*events[:4], events[4][: events[4].index("灯".encode()) + 1]), end="reset")
    yield Case("chat-reset-at-once", (), None, end="reset")
    yield Case("chat-closed-at-once", (), None, end="cut")
    yield Case("chat-garbled-chunk-header", plain[:3], end="garbled")
    yield Case("chat-stalled", plain, hold=4)
    yield Case("chat-never", plain, hold=-1)

    yield Case("chat-redirected", (), 307, (("location", "/chat-clean/v1/chat/completions"),), framing="length")

    # The server never ends these: whoever waits for their end waits until somebody stops.
    looping, again = tuple(words_of(["Set the table again. "] * 150))[:-2], restarted(plain)[:6]
    yield Case("chat-looping-on", looping, hold=len(looping))
    yield Case("chat-restarted-on", again, hold=len(again))


_USAGE = {"prompt_tokens": 9, "completion_tokens": 14, "total_tokens": 23}
_RETRY = (*_JSON, ("retry-after", "20"))


def spliced(plain: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return a stream whose third frame is cut inside a key, and another response follows on the same line."""
    broken = plain[2][: plain[2].index(b'"choices"') + 4]
    return (*plain[:2], broken, *chat_events(*PLAIN, **SECOND))


def restarted(plain: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return a stream in which another response begins after the third event."""
    return (*plain[:3], *chat_events(*PLAIN, **SECOND))


def _escaped(event: bytes) -> bytes:
    """Return an event with its JSON in ASCII."""
    payload = event.removeprefix(b"data: ").strip()
    return event if payload == b"[DONE]" else b"data: " + json.dumps(json.loads(payload)).encode() + b"\n\n"


def _reasoning_events() -> list[bytes]:
    thoughts = [chat_event({"reasoning_content": text}) for text in ("Мысль первая: ", "the tide ", "turns.")]
    events = words_of(PLAIN)
    return [events[0], *thoughts, *events[1:]]


def _big_events() -> list[bytes]:
    """Return 2 MB that say little: the padding hides the lengths of the tokens, as some servers do it."""
    return [
        sse({**json.loads(event[6:]), "obfuscation": "padding " * 900}) if b"[DONE]" not in event else event
        for event in words_of(_NUMBERS)
    ]


# ---------------------------------------------------------------------- messages
def message_event(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, event=kind)


def message_events(*texts: str, stop: str = "end_turn", id: str = "msg_one", thought: str = "") -> list[bytes]:
    """Return the events of a whole messages stream that says `texts`."""
    blocks: list[bytes] = []
    if thought:
        blocks += _block(
            0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": thought}
        )
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    blocks += _block(1 if thought else 0, {"type": "text", "text": ""}, *deltas)
    return _message(blocks, stop=stop, id=id)


def _message(blocks: list[bytes], *, stop: str, id: str = "msg_one") -> list[bytes]:
    begin: dict[str, Any] = {
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": "small-1",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    return [
        message_event("message_start", message=begin),
        *blocks,
        message_event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 14}),
        message_event("message_stop"),
    ]


def _block(index: int, begin: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    return [
        message_event("content_block_start", index=index, content_block=begin),
        *(message_event("content_block_delta", index=index, delta=delta) for delta in deltas),
        message_event("content_block_stop", index=index),
    ]


def _call_block(index: int, id: str, *pieces: str) -> list[bytes]:
    begin = {"type": "tool_use", "id": id, "name": "look_up", "input": {}}
    return _block(index, begin, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def _message_error(kind: str, message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


def _messages_cases() -> Iterable[Case]:
    events, plain = tuple(message_events(*WORDS)), tuple(message_events(*PLAIN))
    body, short = _joined(events), _joined(plain)
    ping = message_event("ping")

    yield Case("messages-clean", events)
    yield Case("messages-bytewise", bytewise(_joined(message_events("Мол ", "和 🦀"))))
    yield Case("messages-one-chunk", (body,))
    yield Case("messages-crlf-cut", cut_inside(body.replace(b"\n", b"\r\n"), b"\r\n"))
    yield Case("messages-cr", tuple(e.replace(b"\n", b"\r") for e in events))
    yield Case("messages-pings", (events[0], ping, events[1], b": hold the line\n\n", *events[2:5], ping, *events[5:]))
    yield Case("messages-bom", (b"\xef\xbb\xbf", *events))
    yield Case("messages-thinking", tuple(message_events(*WORDS, thought="Сначала думаю, 然后说。")))
    yield Case("messages-unicode-line-breaks", tuple(message_events("one\u2028two", "\u2029three")))
    yield Case("messages-gzip", cut_at(gzip.compress(body, mtime=0), 10, 77), headers=_encoded("gzip"))
    yield Case("messages-by-length", events, framing="length")
    yield Case("messages-by-close", events, framing="close")
    yield Case("messages-two-calls", tuple(_message(_two_calls(), stop="tool_use")))
    yield Case("messages-not-streamed", (_whole_message(),), headers=_JSON, framing="length")

    yield Case("messages-empty", ())
    yield Case("messages-html", (_PAGE,), headers=_HTML)
    yield Case("messages-refused-401", (_message_error("authentication_error", "invalid x-api-key"),), 401, _JSON)
    yield Case("messages-refused-429", (_message_error("rate_limit_error", "Too many requests"),), 429, _RETRY)
    yield Case("messages-refused-529", (_message_error("overloaded_error", "Overloaded"),), 529, _JSON, "length")
    yield Case(
        "messages-error-event", (*plain[:4], b"event: error\ndata: " + _message_error("overloaded_error", "Overloaded") + b"\n\n")
    )
    yield Case("messages-no-stop", plain[:-2])
    yield Case("messages-no-last-blank-line", (*plain[:-1], plain[-1][:-1]))
    yield Case("messages-utf-8-truncated", tuple(e.replace("灯".encode(), b"\xe7\x81") for e in events))
    yield Case(
        "messages-spliced", (*plain[:3], plain[3][: plain[3].index(b'"delta"') + 4], *message_events(*PLAIN, id="msg_two"))
    )
    yield Case("messages-restarted", (*plain[:4], *message_events(*PLAIN, id="msg_two")))
    yield Case("messages-call-cut", tuple(_message(_call_block(0, "toolu_east", '{"place": "海', "门"), stop="tool_use")))
    yield Case("messages-cut", plain[:4], end="cut")
    yield Case("messages-reset-in-character", (short[: short.index(b"noon")], b"\xe7"), end="reset")
    yield Case("messages-stalled", plain, hold=5)
    again = (*plain[:4], *message_events(*PLAIN, id="msg_two")[:4])
    yield Case("messages-restarted-on", again, hold=len(again))


def _two_calls() -> list[bytes]:
    return [*_call_block(0, "toolu_east", '{"place": "海', '门"}'), *_call_block(1, "toolu_west", "", '{"place": ', '"Ålesund"}')]


def _whole_message() -> bytes:
    value = {
        "id": "msg_one",
        "type": "message",
        "role": "assistant",
        "model": "small-1",
        "content": [{"type": "text", "text": "".join(PLAIN)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 14},
    }
    return json.dumps(value).encode()


# ---------------------------------------------------------------------- responses
def response_events(*texts: str) -> list[bytes]:
    """Return the events of a whole responses stream that says `texts`."""
    text, place = "".join(texts), {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": text, "annotations": []}
    done = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": _response("in_progress")}),
        ("response.output_item.added", {"output_index": 0, "item": {**done, "status": "in_progress", "content": []}}),
        ("response.content_part.added", {**place, "part": {**part, "text": ""}}),
        *(("response.output_text.delta", {**place, "delta": text, "logprobs": []}) for text in texts),
        ("response.output_text.done", {**place, "text": text, "logprobs": []}),
        ("response.content_part.done", {**place, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": done}),
        ("response.completed", {"response": _response("completed", done)}),
    ]
    return [sse({"type": kind, "sequence_number": n, **fields}, event=kind) for n, (kind, fields) in enumerate(steps)]


def _response(status: str, *output: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "resp_one",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "model": "small-1",
        "output": list(output),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _responses_cases() -> Iterable[Case]:
    events = tuple(response_events(*WORDS))
    body = _joined(events)
    yield Case("responses-clean", events)
    yield Case("responses-cut-in-characters", cut_inside(body, "灯".encode()))
    yield Case("responses-crlf-cut", cut_inside(body.replace(b"\n", b"\r\n"), b"\r\n"))
    yield Case("responses-gzip", (gzip.compress(body, mtime=0),), headers=_encoded("gzip"))
    yield Case("responses-not-completed", events[:-1])
    yield Case("responses-sequence-gap", (*events[:5], *events[6:]))


CASES: dict[str, Case] = {case.name: case for case in (*_chat_cases(), *_messages_cases(), *_responses_cases())}

# These are asked where they are the subject: a client waits for its own timeout, or for another answer.
APART = frozenset(case.name for case in CASES.values() if case.hold is not None or case.status == 307)
