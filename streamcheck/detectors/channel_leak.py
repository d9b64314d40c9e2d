"""Reasoning or tool calls that came out in a channel where they do not belong.

In:   blocks of the content or the reasoning; tool channels are not looked at.
Out:  text/channel-leak, one finding for each leaked call or border.
Rule: only running text counts, not code, quotations or talk about tags. Markup that no prompt asks for (special tokens of tool calls, <arg_key>,
      DSML, Harmony headers) is an error; XML that a prompt may have asked for (<tool_call> with JSON, <invoke name=...>) is a warning. `</think>` in
      the content behind text and without an opener is an error: what stands before it was reasoning. `<think>` inside the content or the
      reasoning is a warning, and one that opens the content where reasoning has a channel of its own. Debris without a call (dangling closing tags, other control tokens) is template_token.py's.
Cost: as template_token.py; two substring tests more.
"""

__all__ = ("ChannelLeak",)

import re
from typing import ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import LOOKAHEAD
from streamcheck.textcontext.chattokens import GRAMMAR, THINK, TOOL, Token, TokenScanner

NEAR = 60  # as in template_token.py
ABOUT = 200
TOPIC = 1_500
CALL = 1_500  # characters between two tokens of one call. guess: a small file as argument
MAX_NOTES = 8

_HARMONY = re.compile(
    r"assistant(?:commentary|analysis|final)?[ ]?to=functions\.\w"
    r"|(?:commentary|analysis)[ ]to=functions\.\w"
    r"|(?<=\S)assistant(?:final|commentary|analysis)(?=[A-Z0-9{*#\"'(\[<]|[^\x00-\x7f])"
    r"|(?<=\n)assistant(?:final|commentary|analysis)(?=[A-Z{*#]|[^\x00-\x7f])"
)
_HARMONY_START = re.compile(r"(?:analysis|commentary)(?=[A-Z][a-z']* [a-z])")
_SPEAKS_OF_TAGS = re.compile(
    r"special[- ]tokens?|control[- ]tokens?|chat[- ]?templates?|(?:prompt|chat|response|harmony)[- ]formats?|tokeni[sz]\w*|chatml|特殊(?:标记|词元)|聊天模板"
    r"|チャットテンプレート|специальн\w+ токен",
    re.IGNORECASE,
)
_SPEAKS_OF_MARKUP = re.compile(
    r"\b(?:tokens?|templates?|tags?|markers?|delimiters?|sentinels?|placeholders?|markup|wrap(?:s|ped|ping)?|lone|literal|stray|dangling|unclosed|unmatched|opening|closing|balises?|etiquetas?)\b|标记|标签|模板|トークン|タグ"
    r"|токен|тег|шаблон|토큰|태그",
    re.IGNORECASE,
)
_CALLS = re.compile(r"""<(?:antml:)?(?:(?:function|parameter)=|invoke[ \t]+name=["'][^"'=]*["']>)""")
_CERTAIN = frozenset(("arg_key", "arg_value", "minimax:tool_call", "seed:tool_call", "longcat_tool_call", "TOOL_CALLS"))


class ChannelLeak:
    codes: ClassVar[tuple[str, ...]] = ("text/channel-leak",)

    def __init__(self, setting: Setting) -> None:
        self._channel = setting.channel
        self._off = setting.channel not in ("content", "reasoning")
        self._context = setting.text
        self._apart = setting.apart
        self._scanner = TokenScanner()
        self._held: list[Token] = []
        self._call_end = -CALL - 1  # end of the last token of the call that was told
        self._call_severity = Severity.NOTE
        self._topic_until = -1
        self._closed_thinking = False
        self._blank = True
        self._blank_until = 0
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if self._off:
            return []
        if self._blank:
            rest = block.text.lstrip()
            self._blank, self._blank_until = not rest, block.start + len(block.text) - len(rest)
        self._held += self._scanner.scan(block.tail, block.text, block.start, block.odd, block.ascii)
        if (
            "assistant" in block.text
            or "functions." in block.text
            or "assistant" in block.tail[-24:]
            or "to=" in block.tail[-16:]
            or not block.start
        ):
            self._held += _harmony(block)
            self._held.sort()
        if not self._held:
            return []
        return self._judge(self._context.end - LOOKAHEAD)

    def close(self) -> list[TextFinding]:
        return self._judge(self._context.end)

    def _judge(self, known: int) -> list[TextFinding]:
        found: list[TextFinding] = []
        held = self._held
        while held and held[0].end <= known:
            token = held.pop(0)
            finding = None
            if token.kind == THINK:
                finding = self._think(token)
            elif token.kind in (TOOL, GRAMMAR):
                finding = self._tool(token)
            if finding is None:
                continue
            if finding.severity is Severity.NOTE:
                self._notes += 1
                if self._notes > MAX_NOTES:
                    continue
            found.append(finding)
        return found

    # ------------------------------------------------------------------ reasoning
    def _think(self, token: Token) -> TextFinding | None:
        content = self._channel == "content"
        opens_channel = token.start <= self._blank_until
        if token.closes:
            if token.paired or not content or self._closed_thinking or self._spoken_of(token):
                return None
            self._closed_thinking = True
            severity = Severity.WARNING if opens_channel else Severity.ERROR
            message = f"{token.text!r} without an opener at character {token.start}: " + (
                "an empty reasoning block was not taken out of the content"
                if opens_channel
                else "what stands before it is reasoning in the content"
            )
            return self._finding(severity, token, message, "dangling")
        if opens_channel:
            if content and self._apart and not self._spoken_of(token):
                message = f"the content begins with {token.text!r}, and reasoning has a channel of its own"
                return self._finding(Severity.WARNING, token, message, "opening")
            if content:
                return None  # a legal way to show reasoning: template_token.py notes it
            return self._finding(Severity.NOTE, token, f"the reasoning begins with its own {token.text!r}", "opening")
        if self._spoken_of(token):
            return None
        return self._finding(
            Severity.WARNING, token, f"{token.text!r} inside the {self._channel} at character {token.start}", "opening"
        )

    # ------------------------------------------------------------------ tool calls
    def _tool(self, token: Token) -> TextFinding | None:
        if token.closes and not token.paired:
            return None  # debris: template_token.py
        known = token.start - self._call_end <= CALL
        certain = token.name in _CERTAIN or token.family in ("Harmony", "DeepSeek") or token.text.startswith(("<|", "<｜", "<‖"))
        if not certain and not token.closes:  # <tool_call> alone may be anyone's, with <arg_key> behind it it is not
            certain = any(later.name in _CERTAIN for later in self._held[:3])
        severity = Severity.ERROR if certain else Severity.WARNING
        if known and severity.rank <= self._call_severity.rank:
            self._call_end = token.end
            return None
        if token.closes or (token.name in ("arg_key", "arg_value") and not known):
            return None
        if token.kind == GRAMMAR and not _CALLS.match(token.text):
            return None  # XML of many other kinds has tags of these names
        if self._spoken_of(token):
            return None
        self._call_end, self._call_severity = token.end, severity
        message = f"a tool call of the {token.family} template stands in the {self._channel} as text from character {token.start}: {token.text[:48]!r}"
        return self._finding(severity, token, message, "opening")

    # ------------------------------------------------------------------ where it stands
    def _spoken_of(self, token: Token) -> bool:
        context, start, end = self._context, token.start, token.end
        if context.in_code(start, end) or context.quoted(start, end) or context.word_of_sentence(start, end):
            return True
        if (
            not (token.closes and not token.paired)
            and not context.in_data(start)
            and context.string_start(start, end) is not None
        ):
            return True
        if context.mentions(_SPEAKS_OF_TAGS, start, end, ABOUT) or context.mentions(_SPEAKS_OF_MARKUP, start, end, NEAR):
            self._topic_until = max(self._topic_until, end + TOPIC)
            return True
        return start < self._topic_until

    def _finding(self, severity: Severity, token: Token, message: str, state: str) -> TextFinding:
        evidence = {
            "token": token.text[:64],
            "family": token.family,
            "state": state,
            "channel": self._channel,
            "near": self._context.near(token.start, token.end),
        }
        return TextFinding(self.codes[0], severity, token.start, token.end, message, evidence)


def _harmony(block: Block) -> list[Token]:
    """Return the headers of Harmony whose delimiters were taken out: `assistantfinal`, `commentary to=functions.`."""
    window, base, tail = block.window, block.window_start, len(block.tail)
    found = [
        Token(base + m.start(), base + m.end(), m[0], TOOL, "Harmony", "to=functions" if "to=" in m[0] else m[0], False, False)
        for m in _HARMONY.finditer(window)
        if m.end() > tail or (m.end() == tail and "to=" not in m[0])
    ]
    if not block.start and (start := _HARMONY_START.match(window)):
        found.append(Token(0, start.end(), start[0], TOOL, "Harmony", start[0], False, False))
    return found
