"""The incidents that the project was born from, rebuilt as streams from the words that their reports quote.

In:   nothing.
Out:  SEEDS; STORED, the garbled words as the session storage had them.
Rule: the quoted words are the evidence, everything around them (deltas, ids, usage, the end) is ours. A report's own "[... continues]"
      is left out. GLM-4.7-flash of 25 January 2026, at the coding endpoint, seen with the VM's proxy on and off.
"""

__all__ = ("SEEDS", "STORED")

from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures.cases import Case, clean, damaged
from scripts.captures.streams import Stream
from scripts.captures.words import tokens

_PROXY_OFF = (
    'ーズ:\nand: and:\nAll* as V.{\nThanks for a term "expert：\n   and  and in our own: \nHard.  or \n2?  and SMUL:\n*:\n'
    "so:  and \n using: \n\\* and 、\n** for and  (plan\nto the theory:\n"
)
_PROXY_ON = (
    "лав (Lumps etc.\n[... (missing the terminal? =  ...\\] to be replaced by year on the; again... => replacing...  E-COMEGA\n"
    ")</arg_value>\n`` is not to = (n'the? The file, effectively, its? skip the role. No the (see t? (to, but your?\n"
    "... Perhaps even?ing the? If we? (.\nI? Cancel\n"
)
STORED = (
    " лав (Lumps etc.\n\n[... (missing the terminal? = ...\\] to be replaced by year on the; again... => replacing... E-COMEGA\n"
    ")</arg_value>\n`` is not to = (n'the? The file, effectively, its?"
)
_GOOD = 'The user is asking a simple math question: "What is 2 + 2?"'
_CURL = (
    "1. **Analyze the Request:** The user is asking a simple math question.\n2. **Perform the Calculation:** $2 + 2 = 4$\n"
    '3. **Check Constraints:** The answer is "4".'
)

_REPORT = "report of garbled output of GLM-4.7-flash in opencode, 2026-01-25"
_SHORT = "167 characters of fragments are too few for text/word-salad"
_TAG_ONLY = "the tag is found, the fragments before it are too few"
_GENERAL = "https://open.bigmodel.cn/api/paas/v4/chat/completions"
_GARBLED_AT, _GOOD_AT = 1_769_358_893, 1_769_360_450  # 2026-01-25T16:34:53Z (the message's id), and 17:00:50Z


def _garbled(text: str, prompt: str) -> Stream:
    return chat.zai(text, "", created=_GARBLED_AT, started="2026-01-25T16:34:53.000Z", prompt=prompt)


def _stored(reasoning: str, content: str, started: str) -> Stream:
    """What opencode's storage holds of a message: texts, no bytes."""
    texts = [(0, "reasoning", t) for t in tokens(reasoning)] + [(0, "content", t) for t in tokens(content)]
    return Stream((), "opencode://session", None, status=None, headers=(), started=started, texts=tuple(texts), hop="storage")


def _good_curl(model: str = "glm-4.7-flash") -> list[Case]:
    started, prompt = "2026-01-25T17:03:00.000Z", "What is 2+2?"
    body = chat.zai_body(_CURL, "4", model=model, created=1_769_360_580, started=started, prompt=prompt, url=_GENERAL)
    stream = chat.zai(_CURL, "4", created=1_769_360_700, started="2026-01-25T17:05:00.000Z", prompt=prompt, url=_GENERAL)
    comment = f"the same {_REPORT}: the direct request with curl, which was coherent"
    return [
        clean("seed-zai-curl-four", body, "the answer '4', one JSON document", comment),
        clean("seed-zai-curl-four-streamed", stream, "the answer '4', streamed", comment),
        clean(
            "seed-opencode-four-stored",
            _stored(_GOOD, "4", "2026-01-25T17:00:50.000Z"),
            "the answer '4' as the session storage keeps it: a text-only hop",
            f"the same {_REPORT}: the session of 17:00, which was good",
        ),
        clean(
            "seed-zai-four-session",
            chat.zai(_GOOD, "4", created=_GOOD_AT, started="2026-01-25T17:00:50.000Z", prompt="What is 2 + 2?"),
            "the good tiny session as a stream",
            f"the same {_REPORT}: the session of 17:00, which was good",
        ),
    ]


SEEDS = [
    damaged(
        "garbled",
        "glm-4.7-flash-proxy-off",
        _garbled(_PROXY_OFF, "Read docs/WORKFLOW-INTERACTIVE.md"),
        "GLM-4.7-flash, reasoning is salad from its first character; the VM's proxy was off",
        "degenerate",
        ("text/word-salad",),
        comment=_REPORT,
        onset=("reasoning", 0, 40),
        known_failure=_SHORT,
    ),
    damaged(
        "garbled",
        "glm-4.7-flash-proxy-on",
        _garbled(_PROXY_ON, "Read docs/WORKFLOW-DOCUMENTATION.md"),
        "GLM-4.7-flash, salad with a closing tag of the tool grammar; the VM's proxy was on",
        "degenerate",
        ("text/template-token", "text/word-salad"),
        comment=_REPORT,
        onset=("reasoning", 0, 130),
        known_failure=_TAG_ONLY,
    ),
    damaged(
        "garbled",
        "glm-4.7-flash-stored",
        _stored(STORED, "", "2026-01-25T16:34:53.000Z"),
        "the same answer as the session storage keeps it: a text-only hop",
        "degenerate",
        ("text/template-token", "text/word-salad"),
        comment=_REPORT + ", the stored message",
        onset=("reasoning", 0, 130),
        known_failure=_TAG_ONLY,
    ),
    *_good_curl(),
    clean(
        "seed-copilotkit-router",
        agents.copilotkit(
            "✅ AI Analysis Complete for ACC-12345\nModel: glm-4.6 (via Z.ai)\n\n📊 Agent Activity:\n• Connecting to the model\n• Two risks found"
        ),
        "a router that answers plain JSON where CopilotKit expects a stream",
        "guide to Z.ai's Anthropic endpoint, the response of its CopilotKit router",
    ),
]
