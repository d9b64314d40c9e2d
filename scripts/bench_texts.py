"""What scripts/bench measures with: sound texts, cut as tokenizers cut them, as bodies of two dialects.

In:   the project's own pages, docstrings and program text, and bench_data/: essays written for this, in Chinese, Japanese and Russian.
Out:  documents by kind; responses of about so many events in all.
Rule: text that says something and does not repeat itself, as the text checks judge what is said; random words are word salad to them.
      No stream holds a document twice. One document is one response, and what is measured has as many responses as its events need:
      English and program text suffice for 20,000 events, the essays are gone through several times, each time as new responses and
      with other cuts. Pages about damaged text quote it, and are left out.
"""

__all__ = ("KINDS", "Response", "chunked", "documents", "responses")

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("english", "cjk", "russian", "code")
LONGEST = 20_000  # characters of a document; about 5,000 tokens, a long answer

_PAGES = ("README.md", "CHANGELOG.md", "captures/README.md", "docs/dialects.md", "docs/findings.md", "docs/refusals.md")
_PACKAGES = ("capture", "cli", "dialects", "report", "wire")
_ESSAYS = {"cjk": ("chinese.txt", "japanese.txt"), "russian": ("russian.txt",)}

_FENCE_OR_TABLE = re.compile(r"^```[\s\S]*?^```\n|^\|.*\n", re.MULTILINE)
_CJK = r"[\u3005\u3040-\u30ff\u3400-\u9fff]"
_TOKEN = re.compile(rf"(?P<cjk>{_CJK}+)|(?P<word> ?(?:(?!{_CJK})[^\W\d_])+)|\d{{1,3}}| ?[^\w\s]{{1,3}}|\n+|[^\S\n]{{1,8}}|_+")


class Response(NamedTuple):
    """The events of one body, and the text they carry."""

    events: list[bytes]
    text: str

    @property
    def body(self) -> bytes:
        return b"".join(self.events)


# ------------------------------------------------------------------------------------------------------------- texts
@cache
def documents(kind: str) -> tuple[str, ...]:
    """Return the texts of a kind, of at most LONGEST characters each."""
    if kind in _ESSAYS:
        return tuple((ROOT / "scripts" / "bench_data" / name).read_text(encoding="utf-8") for name in _ESSAYS[kind])
    if kind == "code":
        texts = [path.read_text(encoding="utf-8") for package in _PACKAGES for path in _modules(package)]
    else:
        texts = [_FENCE_OR_TABLE.sub("", (ROOT / name).read_text(encoding="utf-8")) for name in _PAGES]
        texts += ["\n\n".join(d for path in _modules(package) for d in _docstrings(path)) for package in (*_PACKAGES, "")]
    return tuple(part for text in texts for part in _parts(text) if len(part) >= 400)


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / "streamcheck" / package).glob("*.py"))


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (docstring := ast.get_docstring(node)):
            yield docstring


def _parts(text: str) -> Iterator[str]:
    """Cut a long text at the ends of paragraphs."""
    while len(text) > LONGEST:
        at = text.rfind("\n\n", 0, LONGEST) + 2 if "\n\n" in text[:LONGEST] else LONGEST
        yield text[:at]
        text = text[at:]
    yield text


def pieces(text: str, rng: Random) -> list[str]:
    """Return `text` cut as tokenizers cut it: words with the blank before them, long ones in parts; 1 to 3 CJK characters."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if match["cjk"]:
            found += _cut(token, lambda: rng.choice((1, 1, 2, 2, 3)))
        elif match["word"] and (len(token) > 8 or not token.isascii()):
            found += _cut(token, lambda: rng.randint(3, 6))
        else:
            found.append(token)
    assert "".join(found) == text, "the tokens leave something out"
    return found


def _cut(token: str, size: Callable[[], int]) -> Iterator[str]:
    while token:
        at = size()
        yield token[:at]
        token = token[at:]


# ------------------------------------------------------------------------------------------------------------- bodies
def responses(kind: str, events: int) -> list[Response]:
    """Return responses with `events` events in all, or a few more. kind: one of KINDS, or "named", which is English."""
    make = _named_events if kind == "named" else _chat_events
    found: list[Response] = []
    texts = cycle(documents("english" if kind == "named" else kind))
    for number in count():
        text = next(texts)
        found.append(Response(make(pieces(text, Random(number))), text))
        events -= len(found[-1].events)
        if events <= 0:
            break
    return found


def _chat_events(texts: list[str]) -> list[bytes]:
    """Return the events of one chat completions stream, about 270 bytes each."""
    head = {
        "id": "chatcmpl-B7xKq2hTfWm9sLpZc4VdR8nYa1Eo",
        "object": "chat.completion.chunk",
        "created": 1769330101,
        "model": "glm-4.7-flash",
        "system_fingerprint": "fp_44709d6fcb",
    }

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        doc = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
        return b"data: " + json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"

    body = [event({"role": "assistant", "content": ""})]
    body += [event({"content": text}) for text in texts]
    return [*body, event({}, "stop"), b"data: [DONE]\n\n"]


def _named_events(texts: list[str]) -> list[bytes]:
    """Return the events of one Anthropic Messages stream, about 140 bytes each."""

    def event(value: dict[str, object]) -> bytes:
        return f"event: {value['type']}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n".encode()

    message = {
        "id": "msg_01XkT2",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "usage": {"input_tokens": 9},
    }
    body = [event({"type": "message_start", "message": message})]
    body.append(event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}))
    for text in texts:
        body.append(event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}))
    body.append(event({"type": "content_block_stop", "index": 0}))
    body.append(event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": len(texts)}}))
    return [*body, event({"type": "message_stop"})]


def chunked(response: Response, how: str) -> list[bytes]:
    """Return the body as a transport hands it out: "event", one event a chunk; "64k" or "7b", chunks of that many bytes."""
    if how == "event":
        return response.events
    body, size = response.body, {"64k": 64 * 1024, "7b": 7}[how]
    return [body[i : i + size] for i in range(0, len(body), size)]
