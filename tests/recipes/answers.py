"""What the loopback server says in the provider's place, and how to see that it was recorded.

In:   nothing; a folder of captures.
Out:  Case values: a whole answer with reasoning, in two dialects, as Z.ai sends it; the captures of a folder, found to be right.
Rule: the texts are those that docs/recipes.md shows.
"""

from pathlib import Path
from typing import Any

import streamcheck as sc
from tests.real.cases import Case, cut_inside, message_events
from tests.streams import chat_event, sse

KEY = f"{'4f' * 16}.{'Zq7a' * 4}"  # of the shape of Z.ai's; it must stand in no capture
THOUGHT = "The user asks about the lamp."
TEXT = "The lamp is lit at dusk.\n"
_IDENT: dict[str, Any] = {"id": "20261121174536e6fc9eb484d8026e", "created": 1_795_283_136, "model": "glm-4.7"}
_USAGE = {"prompt_tokens": 14, "completion_tokens": 21, "total_tokens": 35}


def chat_answer(thoughts: tuple[str, ...], texts: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return the events of a chat completions answer with reasoning: the role on every chunk, usage on the last one."""
    deltas = [*({"reasoning_content": text} for text in thoughts), *({"content": text} for text in texts)]
    last = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop"}
    return (
        *(chat_event({"role": "assistant", **delta}, **_IDENT) for delta in deltas),
        sse({**_IDENT, "object": "chat.completion.chunk", "choices": [last], "usage": _USAGE}),
        sse("[DONE]"),
    )


CHAT = Case("chat", chat_answer(("The user asks ", "about ", "the lamp."), ("The lamp ", "is lit ", "at dusk", ".\n")))
MESSAGES = Case("messages", tuple(message_events("The lamp ", "is lit ", "at dusk", ".\n", thought=THOUGHT)))

# For a client that is held to every letter: several bytes a character, blank lines, words that come again; cut inside characters.
_LONG = chat_answer(
    ("Пользователь спрашивает ", "о маяке：", "灯塔", "何时", "亮起。\n\n", "e\u0301té? ", "No: ", "1", "0", "0", " steps."),
    ("The lamp ", "🦀🧭 ", "灯塔亮了，", "naïve — ", "\n\n", "- one\n", "- two\n", "1", "0", "0", "0", ".", "\n"),
)
LONG_CHAT = Case("chat", tuple(piece for event in _LONG for piece in cut_inside(event, "灯".encode()) if piece))


def captures_of(folder: Path) -> list[sc.Capture]:
    """Return the captures of a folder, oldest first."""
    return [sc.CaptureReader(path).read() for path in sorted(folder.iterdir())]


def assert_recorded(folder: Path, case: Case, *, times: int = 1, hop: str = "wire") -> list[sc.Capture]:
    """Return the captures after having found that they hold `case`, whole and clean, so many times, and no key."""
    assert all(KEY.encode() not in path.read_bytes() for path in folder.iterdir())
    captures = captures_of(folder)
    assert [capture.hop for capture in captures] == [hop] * times
    for capture in captures:
        assert capture.body == case.body
        assert capture.end is not None
        assert capture.end.reason in ("eof", "cancel")  # some clients leave at [DONE], some read on
        assert sc.check(capture).verdict == "clean"
    return captures


def said(capture: sc.Capture) -> tuple[str, str]:
    """Return reasoning and content of a recorded answer."""
    (choice,) = sc.check(capture).message.choices
    return choice.reasoning, choice.content
