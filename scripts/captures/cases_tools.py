"""Tool calls that cannot be told apart or read, and finish reasons that contradict the contents.

In:   nothing.
Out:  TOOLS.
Rule: as in cases_wire.py.
"""

__all__ = ("TOOLS",)

from scripts.captures import streams_chat as chat
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import Truth, changed, dropped, find
from scripts.captures.words import ARGUMENTS, REASONING, TEXT

_WEATHER = ("get_weather", ARGUMENTS["weather"])
_READ = ("read_file", ARGUMENTS["read"])


def _tools() -> list[Case]:
    two = chat.openai_tools(_WEATHER, _READ)
    opener = find(two, b'"name":"read_file"')
    collided = two.with_pieces([p.replace(b'"index":1,"', b'"index":0,"') for p in two.pieces])
    a = list(range(find(two, b'"get_weather"') + 1, opener))
    b = list(range(opener + 1, find(two, b'"finish_reason":"tool_calls"')))
    turns = [i for pair in zip(a, b, strict=False) for i in pair]
    order = [*range(a[0]), opener, *turns, *a[len(b) :], *b[len(a) :], *range(b[-1] + 1, len(two.pieces))]
    collided = collided.with_pieces([collided.pieces[i] for i in order])
    headless = dropped(two, opener)[0]
    call = chat.zai(REASONING["en-tool"], "", _WEATHER)
    at = find(call, b'"tool_calls":[')
    brace = changed(call, at, b'}"}}]', b'"}}]', "tool-markup-malformed", "order/tool-arguments", whole_event=True)
    markup = changed(
        call,
        at,
        b'"get_weather"',
        b'"get_weather<tool_call>city</arg_key><arg_value>Porto"',
        "tool-markup-malformed",
        "text/template-token",
        whole_event=True,
    )
    without = chat.zai(REASONING["en-tool"], "", finish="tool_calls")
    finish = find(without, b'"finish_reason"')
    no_call = Truth("finish-reason-wrong", "order/finish-reason", sum(map(len, without.pieces[:finish])), finish)
    null = chat.openai(TEXT["en-short"])
    stop = find(null, b'"finish_reason":"stop"')
    unfinished = changed(null, stop, b'"stop"', b"null", "finish-reason-wrong", "order/missing-terminal", whole_event=True)[0]
    unfinished = unfinished.with_pieces([p for p in unfinished.pieces if b'"choices":[]' not in p])
    nothing = Truth("finish-reason-wrong", "order/missing-terminal", len(unfinished.body), len(unfinished.pieces) - 1, "end")
    arguments = ("order/tool-arguments",)
    return [
        damaged(
            "corrupt",
            "chat-openai-tool-index-collision",
            collided,
            "fragments of two calls take turns under one index",
            "corrupt",
            arguments,
            notes=("order/tool-index",),
            comment="fault class tool-index-collision, own words",
        ),
        damaged(
            "corrupt",
            "chat-openai-tool-opener-lost",
            (headless, Truth("tool-index-collision", "order/tool-index", sum(map(len, two.pieces[:opener])), opener)),
            "the fragment with id and name is missing",
            "corrupt",
            ("order/tool-index",),
        ),
        damaged("corrupt", "chat-zai-tool-brace-lost", brace, "the arguments have no closing brace", "corrupt", arguments),
        damaged(
            "garbled",
            "chat-zai-tool-name-markup",
            markup,
            "template markup in the function's name",
            "degenerate",
            ("text/template-token",),
        ),
        damaged(
            "corrupt",
            "chat-zai-finish-without-call",
            (without, no_call),
            "finish reason tool_calls, and no call",
            "suspect",
            ("order/finish-reason",),
        ),
        damaged(
            "truncated",
            "chat-openai-finish-null",
            (unfinished, nothing),
            "[DONE], but the finish reason stays null",
            "incomplete",
            ("order/missing-terminal",),
        ),
    ]


TOOLS = _tools()
