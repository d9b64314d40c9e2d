"""Sound chat completions streams, in the flavours of the servers that speak the dialect.

In:   texts.
Out:  Stream values that hold nothing but what the dialect and the habits of that server allow.
Rule: openai-chat and mistral as docs/dialects.md tells them; ids and times are made up, the fields are those of the server.
"""

__all__ = (
    "ZAI_CODING",
    "ZAI_GENERAL",
    "azure",
    "chat_request",
    "deepseek",
    "groq",
    "minimax",
    "mistral",
    "openai",
    "openai_tools",
    "openai_two_choices",
    "openrouter",
    "perplexity",
    "zai",
    "zai_body",
)

from typing import Any

from scripts.captures.streams import CREATED, STARTED, Stream, cr_lf, hexes, sse, zai_id
from scripts.captures.words import pieces, tokens

ZAI_CODING = "https://api.z.ai/api/coding/paas/v4/chat/completions"
ZAI_GENERAL = "https://api.z.ai/api/paas/v4/chat/completions"
DONE = sse(b"[DONE]")

Call = tuple[str, str]  # name, arguments


def chat_request(model: str, prompt: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": True, **more}


def _usage(prompt: int, completion: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **more}


def _chunk(
    ident: dict[str, Any], delta: dict[str, Any], finish: str | None = None, index: int = 0, **more: Any
) -> dict[str, Any]:
    return {**ident, "choices": [{"index": index, "delta": delta, "finish_reason": finish}], **more}


# ---------------------------------------------------------------------- Z.ai
def zai(
    reasoning: str,
    content: str = "",
    *calls: Call,
    model: str = "glm-4.7-flash",
    created: int = CREATED,
    started: str = STARTED,
    url: str = ZAI_CODING,
    prompt: str = "Tell me something short.",
    finish: str | None = None,
    ascii_only: bool = False,
    burst: int = 0,
    spent: tuple[int, int] | None = None,
) -> Stream:
    """The role on every chunk; finish_reason only in the last one, with the usage; a tool call whole in one delta, without a role.

    burst: characters of one delta; 0: token by token, as glm-4.7-flash comes. spent: tokens of the prompt and of the answer, if counted.
    """
    ident = {"id": zai_id(created, reasoning + content), "created": created, "object": "chat.completion.chunk", "model": model}

    def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
        return {**ident, "choices": [{"index": 0, "delta": delta, **choice}]}

    cut = [pieces(text, burst) if burst else tokens(text) for text in (reasoning, content)]
    said = [("reasoning_content", t) for t in cut[0]] + [("content", t) for t in cut[1]]
    events = [chunk({"role": "assistant", field: text}) for field, text in said]
    for n, (name, arguments) in enumerate(calls):
        call = {"id": f"call_{hexes(name + str(n), 20)}", "index": n, "type": "function"}
        events.append(chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": arguments}}]}))
    last = chunk({"role": "assistant", "content": ""}, finish_reason=finish or ("tool_calls" if calls else "stop"))
    last["usage"] = _usage(*(spent or (42, len(said) + 12 * len(calls))), prompt_tokens_details={"cached_tokens": 4})
    request = chat_request(model, prompt, thinking={"type": "enabled"})
    framed = [*(sse(event, ascii_only=ascii_only) for event in [*events, last]), DONE]
    return Stream(tuple(framed), url, request, started=started)


def zai_body(reasoning: str, content: str, *, model: str, created: int, started: str, prompt: str, url: str) -> Stream:
    """The same answer without stream: one JSON document."""
    answer = {
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "message": {"content": content, "reasoning_content": reasoning, "role": "assistant"},
            }
        ],
        "created": created,
        "id": zai_id(created, content),
        "model": model,
        "object": "chat.completion",
        "request_id": zai_id(created, content),
        "usage": _usage(13, 120),
    }
    request = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    body = sse(answer)[6:-2]
    return Stream((body,), url, request, headers=(("content-type", "application/json; charset=UTF-8"),), started=started)


# ---------------------------------------------------------------------- others
def deepseek(reasoning: str, content: str, prompt: str = "Explain it.") -> Stream:
    """Keep-alive comments while it waits; both text keys in every delta, one of them null; usage with the finish reason."""
    ident = {
        "id": "6f1c2a0e-5d3b-4c51-9a77-1b2f0d9e8c40",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": "deepseek-reasoner",
        "system_fingerprint": "fp_3f8a1c",
    }
    events = [_chunk(ident, {"role": "assistant", "content": None, "reasoning_content": ""}, usage=None)]
    events += [_chunk(ident, {"content": None, "reasoning_content": t}, usage=None) for t in pieces(reasoning, 12)]
    events += [_chunk(ident, {"content": t, "reasoning_content": None}, usage=None) for t in pieces(content, 12)]
    count = len(events) - 1
    usage = _usage(18, count, prompt_cache_hit_tokens=0, prompt_cache_miss_tokens=18)
    events.append(_chunk(ident, {"content": "", "reasoning_content": None}, "stop", usage=usage))
    waits = [b": keep-alive\n\n"] * 3
    url = "https://api.deepseek.com/chat/completions"
    return Stream((*waits, *(sse(e) for e in events), DONE), url, chat_request("deepseek-reasoner", prompt))


def _openai_ident(seed: str = "one", created: int = CREATED) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{hexes(seed, 24)}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": "gpt-4.1-mini-2025-04-14",
        "service_tier": "default",
        "system_fingerprint": "fp_c0ffee1234",
    }


def _openai_events(ident: dict[str, Any], deltas: list[dict[str, Any]], finish: str) -> list[dict[str, Any]]:
    padded = [{**_chunk(ident, d, usage=None), "obfuscation": hexes(f"{n}", 4 + n * 5 % 11)} for n, d in enumerate(deltas)]
    usage = _usage(24, len(deltas), completion_tokens_details={"reasoning_tokens": 0})
    return [*padded, _chunk(ident, {}, finish, usage=None), {**ident, "choices": [], "usage": usage}]


_OPENAI = "https://api.openai.com/v1/chat/completions"
_WANTS_USAGE = {"stream_options": {"include_usage": True}}


def openai(content: str, *, seed: str = "one", created: int = CREATED, prompt: str = "Write two sentences.") -> Stream:
    deltas = [{"role": "assistant", "content": "", "refusal": None}, *({"content": t} for t in tokens(content))]
    events = _openai_events(_openai_ident(seed, created), deltas, "stop")
    return Stream((*(sse(e) for e in events), DONE), _OPENAI, chat_request("gpt-4.1-mini", prompt, **_WANTS_USAGE))


def openai_tools(*calls: Call) -> Stream:
    """Tool calls in fragments: an opening one with id and name, then arguments by index."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None}]
    for n, (name, arguments) in enumerate(calls):
        opening = {"index": n, "id": f"call_{hexes(name + str(n), 22)}", "type": "function"}
        deltas.append({"tool_calls": [{**opening, "function": {"name": name, "arguments": ""}}]})
        deltas += [{"tool_calls": [{"index": n, "function": {"arguments": t}}]} for t in pieces(arguments, 7)]
    events = _openai_events(_openai_ident(), deltas, "tool_calls")
    return Stream((*(sse(e) for e in events), DONE), _OPENAI, chat_request("gpt-4.1-mini", "How is it there?", **_WANTS_USAGE))


def openai_two_choices(first: str, second: str) -> Stream:
    """n = 2: the chunks of both choices take turns, in no fixed order."""
    ident = _openai_ident("two")
    sides = [[_chunk(ident, {"content": t}, index=n) for t in tokens(text)] for n, text in enumerate((first, second))]
    events = [_chunk(ident, {"role": "assistant", "content": ""}, index=n) for n in (0, 1)]
    while sides[0] or sides[1]:
        for n, many in ((0, 1), (1, 2)):
            events += sides[n][:many]
            del sides[n][:many]
    events += [_chunk(ident, {}, "stop", index=n) for n in (1, 0)]
    return Stream((*(sse(e) for e in events), DONE), _OPENAI, chat_request("gpt-4.1-mini", "Two tries, please.", n=2))


def azure(content: str) -> Stream:
    """An opening chunk of the prompt's filter with empty id, model and object; filter results on every chunk, one after the end."""
    harmless = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}
    opening = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    opening["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": harmless}]
    ident = {**_openai_ident("azure"), "model": "gpt-4o-2024-11-20"}
    events = [opening, _chunk(ident, {"role": "assistant", "content": "", "refusal": None})]
    for text in tokens(content):
        event = _chunk(ident, {"content": text})
        event["choices"][0]["content_filter_results"] = harmless
        events.append(event)
    events.append(_chunk(ident, {}, "stop"))
    late = {
        **opening,
        "choices": [{"index": 0, "content_filter_results": harmless, "content_filter_offsets": {"end_offset": 90}}],
    }
    url = "https://example.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
    return Stream((*(sse(e) for e in [*events, late]), DONE), url, chat_request("gpt-4o", "Ein kurzer Text, bitte."))


def openrouter(reasoning: str, content: str) -> Stream:
    """Comments while it waits; the reasoning under two names; the finish reason again on the usage chunk."""
    ident = {
        "id": f"gen-{CREATED}-{hexes('router', 20)}",
        "provider": "Novita",
        "model": "z-ai/glm-4.6",
        "object": "chat.completion.chunk",
        "created": CREATED,
    }
    events = []
    for text in tokens(reasoning):
        details = [{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}]
        events.append(_chunk(ident, {"role": "assistant", "content": "", "reasoning": text, "reasoning_details": details}))
    events += [_chunk(ident, {"role": "assistant", "content": text}) for text in tokens(content)]
    for usage in (None, _usage(20, len(events), cost=0.00012)):
        last = _chunk(ident, {"role": "assistant", "content": ""}, "stop")
        last["choices"][0]["native_finish_reason"] = "stop"
        events.append({**last, "usage": usage} if usage else last)
    waits = [b": OPENROUTER PROCESSING\n\n"] * 4
    url = "https://openrouter.ai/api/v1/chat/completions"
    return Stream((*waits, *(sse(e) for e in events), DONE), url, chat_request("z-ai/glm-4.6", "巴士的事", reasoning={}))


def groq(reasoning: str, content: str) -> Stream:
    ident = {**_openai_ident("groq"), "model": "openai/gpt-oss-20b"}
    deltas = [{"reasoning": t, "channel": "analysis"} for t in pieces(reasoning, 9)] + [
        {"content": t} for t in pieces(content, 6)
    ]
    first = {**_chunk(ident, {"role": "assistant", "content": ""}), "x_groq": {"id": "req_01k9example"}}
    usage = _usage(31, len(deltas), queue_time=0.021, prompt_time=0.002)
    last = {**_chunk(ident, {}, "stop"), "x_groq": {"id": "req_01k9example", "usage": usage}}
    events = [first, *(_chunk(ident, d) for d in deltas), last, {**ident, "choices": [], "usage": usage}]
    return Stream(
        (*(sse(e) for e in events), DONE), "https://api.groq.com/openai/v1/chat/completions", chat_request("gpt-oss", "?")
    )


def perplexity(content: str) -> Stream:
    """CRLF; the whole text so far beside each delta; usage on every chunk, growing; no [DONE]."""
    ident = {"id": "8f0c3a52-77d1-4d0c-a6a5-0a6a2f4f3b11", "model": "sonar", "created": CREATED}
    events: list[dict[str, Any]] = []
    so_far = ""
    cut = pieces(content, 30)
    for n, text in enumerate(cut):
        so_far += text
        last = n == len(cut) - 1
        choice = {"index": 0, "finish_reason": "stop" if last else None, "delta": {"role": "assistant", "content": text}}
        choice["message"] = {"role": "assistant", "content": so_far}
        kind = "chat.completion.done" if last else "chat.completion.chunk"
        events.append({**ident, "object": kind, "usage": _usage(9, 7 * n + 7), "choices": [choice]})
    url = "https://api.perplexity.ai/chat/completions"
    return cr_lf(Stream(tuple(sse(e) for e in events), url, chat_request("sonar", "Que s'est-il passé ?")))


def minimax(content: str) -> Stream:
    """The last chunk repeats the whole message beside the deltas."""
    ident = {"id": f"05{hexes('minimax', 30)}", "created": CREATED, "model": "MiniMax-M2", "object": "chat.completion.chunk"}
    events = [_chunk(ident, {"role": "assistant", "content": t}) for t in pieces(content, 26)]
    whole = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    events.append({**ident, "object": "chat.completion", "choices": [whole], "usage": _usage(12, len(events))})
    return Stream(
        (*(sse(e) for e in events), DONE), "https://api.minimax.io/v1/chat/completions", chat_request("MiniMax-M2", "?")
    )


def mistral(thinking: str, content: str, *calls: Call) -> Stream:
    """Content as a list of parts while it thinks, as a string afterwards; random padding in `p`; tools in the finishing chunk."""
    ident = {"id": hexes("mistral", 32), "object": "chat.completion.chunk", "created": CREATED, "model": "magistral-medium-2509"}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": t}]}]} for t in tokens(thinking)]
    deltas += [{"content": t} for t in tokens(content)]
    events = [_chunk(ident, d, p=hexes(str(n), 3 + n * 7 % 13)) for n, d in enumerate(deltas)]
    last: dict[str, Any] = {"content": ""}
    if calls:
        last["tool_calls"] = [
            {"id": hexes(name, 9), "function": {"name": name, "arguments": arguments}, "index": n}
            for n, (name, arguments) in enumerate(calls)
        ]
    events.append(_chunk(ident, last, "tool_calls" if calls else "stop", usage=_usage(15, len(deltas)), p="abc"))
    url = "https://api.mistral.ai/v1/chat/completions"
    return Stream((*(sse(e) for e in events), DONE), url, chat_request("magistral-medium-latest", "Racontez."))
