"""The incident of January 2026 as it could have been recorded: one garbled answer at every place that it passed.

In:   nothing.
Out:  INCIDENT, the captures; STORE, what opencode kept of the two sessions.
Rule: nobody recorded the wire then. The garbled words before "its?" are quoted from the report (cases_seeds.py), what follows them and all
      the rest is ours: it is how such a case looks when the model's side is at fault. Both taps have a read that ends inside a character.
      Requests keep their hash and their shape, not their texts.
"""

__all__ = ("INCIDENT", "STORE")

import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from random import Random
from typing import Any

from scripts import garbage
from scripts.captures import streams_chat as chat
from scripts.captures.cases import Case
from scripts.captures.cases_seeds import STORED
from scripts.captures.opencode_store import Session, Step, stored
from scripts.captures.streams import Stream
from scripts.captures.words import PASSAGE

_GROUP = "opencode-garbled"
_COMMENT = "the report of 2026-01-25, rebuilt as it could have been recorded"
_VIA_HOST = "http://192.168.64.1:8399/api/coding/paas/v4/chat/completions"
_BURST = 10  # characters of a delta: small files

# ---------------------------------------------------------------------- what was said
_ASKED = "Read docs/harbour.md and tell me which steps are still open."
_READ = "I'll read the harbour document first."
_THOUGHT = "The user names a file. I have not seen it yet, so I will read it before I answer.\n"
_FILE = "# Harbour\n\n" + "\n\n".join((PASSAGE["en"], PASSAGE["en-2"], PASSAGE["code-en"] * 24))

# The blanks at both ends are on the wire; opencode trims those at the end of each part.
_GARBLED = STORED + " " + garbage.multilingual_salad(Random(25), 260).rstrip() + "\n\n"
_GARBLED_ANSWER = garbage.multilingual_salad(Random(26), 90).rstrip() + "\n"

_ASKED_FOUR = "What is 2 + 2? Say it in English and in Russian."
_THOUGHT_FOUR = (
    'The user is asking a simple math question: "What is 2 + 2?", and wants the answer in two languages. '
    "2 + 2 = 4. In Russian that is «четыре».\n\n"
)
_FOUR = "2 + 2 = 4. In English: four. По-русски: четыре.\n"

_CURL = "1. **Analyze the Request:** The user is asking a simple math question.\n2. **Perform the Calculation:** $2 + 2 = 4$\n"


# ---------------------------------------------------------------------- what was asked
def _filled(length: int) -> str:
    """Return so many characters of ordinary text: only how long it is matters."""
    return garbage.repeated("\n\n".join(PASSAGE[name] for name in ("code-en", "reasoning", "en")), length)


_TOOLS = ("bash", "edit", "glob", "grep", "list", "read", "task", "todowrite", "webfetch", "write")


def _agent_request(*messages: dict[str, Any]) -> dict[str, Any]:
    """Return the body that an agent sends: long instructions and ten tools, whatever the question."""
    tools = [
        {"type": "function", "function": {"name": name, "description": _filled(1_500), "parameters": {"type": "object"}}}
        for name in _TOOLS
    ]
    system = {"role": "system", "content": _filled(15_000)}
    return {
        "model": "glm-4.7-flash",
        "max_tokens": 32_000,
        "temperature": 1,
        "messages": [system, *messages],
        "tools": tools,
        "tool_choice": "auto",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _shortened(value: Any) -> Any:
    """Return a request's body without its long texts, as one may keep it."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return f"[{len(value):,} characters taken out]" if isinstance(value, str) and len(value) > 200 else value


def _asking(stream: Stream, client: str, body: dict[str, Any]) -> Stream:
    """Return the stream as the answer to `body`."""
    sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = (
        ("content-type", "application/json"),
        ("authorization", "Bearer the-writer-takes-this-out"),
        ("user-agent", client),
        ("content-length", str(len(sent))),
    )
    return replace(stream, request=_shortened(body), sent=sent, asked_with=headers)


_USER = {"role": "user", "content": _ASKED}
_CALL = {"name": "read", "arguments": '{"filePath":"/home/dev/harbour/docs/harbour.md"}'}
_CALLED = {
    "role": "assistant",
    "content": _READ,
    "tool_calls": [{"id": "call_0f6c2a41d9e84b7ba350", "type": "function", "function": _CALL}],
}
_RESULT = {"role": "tool", "tool_call_id": "call_0f6c2a41d9e84b7ba350", "content": _FILE}


# ---------------------------------------------------------------------- the two taps
def _before(stream: Stream, letter: str, *, first: float, step: float) -> Stream:
    """Return what the host's tap has: one read an event, but the one that brings `letter` in two. first: seconds until the first one."""
    torn = stream.body.index(letter.encode()) + 1
    ends = sorted({*accumulate(map(len, stream.pieces)), torn})
    reads = _cut(stream.body, ends)
    times = tuple(round(first + step * n + 0.006 * (n * 7 % 5), 3) for n in range(len(reads)))
    return replace(stream, hop="before-vpn", reads=reads, times=times)


def _after(before: Stream, letter: str, *, seed: int) -> Stream:
    """Return what the VM's tap has: the same bytes, later and cut elsewhere; what came in two parts still does."""
    assert before.reads is not None
    assert before.times is not None
    rng, body = Random(seed), before.body
    ends = {body.index(letter.encode()) + 1, len(body)}
    end = rng.randint(180, 1_300)
    while end < len(body):
        ends.add(end)
        end += rng.randint(180, 1_300)
    sent = list(accumulate(map(len, before.reads)))
    came = [before.times[bisect_left(sent, end)] + 0.21 + rng.random() * 0.3 for end in sorted(ends)]
    times = tuple(round(at, 3) for at in accumulate(came, max))
    started = datetime.fromisoformat(before.started) - timedelta(milliseconds=170)
    spelled = started.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return replace(before, hop="after-vpn", url=_VIA_HOST, reads=_cut(body, sorted(ends)), times=times, started=spelled)


def _cut(body: bytes, ends: Iterable[int]) -> tuple[bytes, ...]:
    return tuple(body[start:end] for start, end in pairwise([0, *ends]))


# ---------------------------------------------------------------------- the two sessions
def _at(spelled: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-25T{spelled}").replace(tzinfo=UTC)


_GARBLED_AT, _GOOD_AT = 1_769_358_894, 1_769_360_451  # 16:34:54Z and 17:00:51Z, each a second after the message was made
_SPENT = (11_873, 201)
_GARBLED_LETTER, _GOOD_LETTER = "в", "т"  # the reads are cut inside the first of these: of "лав", and of "четыре"
_SESSIONS = (
    Session(
        _at("16:33:44.730"),
        "Open steps in the harbour document",
        _at("16:34:47.204"),
        _ASKED,
        (
            Step(_at("16:34:47.260"), 6.2, _THOUGHT, _READ, (9_204, 61, 22), ("read", json.loads(_CALL["arguments"]), _FILE)),
            Step(_at("16:34:53.480"), 9.6, _GARBLED, _GARBLED_ANSWER, (*_SPENT, 160)),
        ),
    ),
    Session(
        _at("17:00:50.410"),
        "Two and two",
        _at("17:00:50.430"),
        _ASKED_FOUR,
        (Step(_at("17:00:50.470"), 3.9, _THOUGHT_FOUR, _FOUR, (9_021, 52, 34)),),
    ),
)

_garbled = chat.zai(
    _GARBLED, _GARBLED_ANSWER, created=_GARBLED_AT, started="2026-01-25T16:34:53.870Z", burst=_BURST, spent=_SPENT
)
_garbled = _asking(_garbled, "opencode/1.1.35", _agent_request(_USER, _CALLED, _RESULT))
_garbled = _before(_garbled, _GARBLED_LETTER, first=3.12, step=0.09)
_good = chat.zai(_THOUGHT_FOUR, _FOUR, created=_GOOD_AT, started="2026-01-25T17:00:50.990Z", burst=_BURST, spent=(9_021, 52))
_good = _asking(_good, "opencode/1.1.35", _agent_request({"role": "user", "content": _ASKED_FOUR}))
_good = _before(_good, _GOOD_LETTER, first=1.34, step=0.07)
_tiny = chat.zai(
    _CURL, "4", created=1_769_360_700, started="2026-01-25T17:05:00.000Z", url=chat.ZAI_GENERAL, burst=_BURST, spent=(13, 46)
)
_tiny = _asking(_tiny, "curl/8.7.1", chat.chat_request("glm-4.7-flash", "What is 2+2?"))
_tiny = replace(_tiny, hop="curl")


def _case(name: str, stream: Stream, label: str, *codes: str, onset: tuple[str, int, int] | None = None) -> Case:
    verdict = "degenerate" if codes else "clean"
    return Case(f"{_GROUP}/{name}.capture.jsonl", stream, label, _COMMENT, verdict, codes, onset=onset)


def _both_taps(
    name: str, before: Stream, letter: str, label: str, *codes: str, onset: tuple[str, int, int] | None = None
) -> list[Case]:
    return [
        _case(f"{name}-before-vpn", before, f"{label}: at the host, nearest the model", *codes, onset=onset),
        _case(f"{name}-after-vpn", _after(before, letter, seed=7), f"{label}: in the VM, behind the tunnel", *codes, onset=onset),
    ]


INCIDENT = [
    *_both_taps(
        "garbled",
        _garbled,
        _GARBLED_LETTER,
        "an agent's second request, garbled from its first word",
        "text/script-mix",
        "text/template-token",
        "text/word-salad",
        onset=("reasoning", 0, 130),
    ),
    *_both_taps("good", _good, _GOOD_LETTER, "the same agent, a short question"),
    _case("curl", _tiny, "another, tiny request by curl, in the VM"),
]

STORE = {f"{_GROUP}/opencode/{path}": data for path, data in stored(_SESSIONS).items()}
