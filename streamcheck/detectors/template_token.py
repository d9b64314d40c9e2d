"""Tokens of chat templates that stand in the text.

In:   blocks of one channel.
Out:  text/template-token, one finding for each group of tokens.
Rule: a control token in running text, or a closing tag of a tool grammar without its opener, is an error: no reader was meant to see it. A note in
      code, in quotation marks, in a list of tokens, or beside words about templates. Weak tokens (<s>, [MASK], [INST] ...) are HTML and placeholders
      as well: a note, more only where several of a family corroborate each other. `<think>` that opens the content is a legal way to show
      reasoning: a note. Whole tool calls, and `</think>` that parts leaked reasoning from the answer, are routing: channel_leak.py speaks of them.
Cost: 0.3 us a block without < [ ] |, 3 to 8 us one with; tokens are matched on the joined text, so deltas may cut them.
"""

__all__ = ("TemplateToken",)

import re
from collections import deque
from typing import ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import LOOKAHEAD
from streamcheck.textcontext.chattokens import CONTROL, GENERIC, GRAMMAR, PIECES, THINK, TOOL, WEAK, Token, TokenScanner

NEAR = 60  # characters to each side in which everyday words ("token", "tag") make a discussion. guess: half a sentence
ABOUT = 200  # the same for words that are said of templates only. guess: two sentences
TOPIC = 1_500  # characters for which a discussion goes on once one was seen. guess: one example of a prompt
TOGETHER = 400  # characters within which weak tokens corroborate each other
TOUCHING = 2  # characters between padding tokens in a row
GROUP = 64  # characters between tokens that are told as one finding
REPEATED = 5  # the same padding token in a row
MAX_NOTES = 8
MAX_LISTED = 6  # tokens named in a finding

_SPEAKS_OF_TEMPLATES = re.compile(
    r"special[- ]tokens?|control[- ]tokens?|stop[- ](?:tokens?|sequences?|words?)|chat[- ]?templates?|prompt[- ](?:formats?|templates?)|chat[- ]formats?|chatml"
    r"|tokeni[sz]\w*|\b(?:eos|bos|eot|pad|fim|mask)[_ -]tokens?|end[- ]of[- ](?:turn|text|sequence)|apply_chat_template|llama\.cpp|hugging ?face|vocab\w*"
    r"|特殊(?:标记|词元|token|字符)|聊天模板|对话模板|分词器|チャットテンプレート|特殊トークン|специальн\w+ токен|шаблон\w* чата|sondertoken|jetons? spécia",
    re.IGNORECASE,
)
_SPEAKS_OF_TOKENS = re.compile(
    r"\b(?:tokens?|templates?|tags?|markers?|delimiters?|sentinels?|placeholders?|markup|wrap(?:s|ped|ping)?|lone|literal|stray|dangling|unclosed|unmatched|opening|closing|balises?|etiquetas?)\b"
    r"|标记|标签|模板|トークン|タグ|токен|тег|шаблон|토큰|태그",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"""[`"'”’*)]*\s*(?:[,、，/;|]|\band\b|\bor\b|\bund\b|\bet\b|\by\b|и|和|或|及)\s*(?:(?:and|or)\s+)?[`"'“‘*(]*"""
)
_STRICT_CLOSERS = frozenset(("tool_call", "arg_key", "arg_value", "tool_response", "function_calls"))
_ARGUMENT_TAGS = frozenset(("arg_key", "arg_value", "longcat_arg_key", "longcat_arg_value"))


class TemplateToken:
    codes: ClassVar[tuple[str, ...]] = ("text/template-token",)

    def __init__(self, setting: Setting) -> None:
        self._channel = setting.channel
        self._tool = setting.channel.startswith("tool:")
        self._context = setting.text
        self._scanner = TokenScanner()
        self._held: list[Token] = []
        self._weak: deque[Token] = deque(maxlen=16)  # those of running text that were judged
        self._last: Token | None = None  # the token judged before
        self._topic_until = -1
        self._closed_thinking = 0
        self._open_tools = 0
        self._blank_until = 0  # offset of the first character that is no blank
        self._blank = True
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if self._blank:
            rest = block.text.lstrip()
            self._blank, self._blank_until = not rest, block.start + len(block.text) - len(rest)
        self._held += self._scanner.scan(block.tail, block.text, block.start, block.odd, block.ascii)
        if not self._held:
            return []
        return self._judge(self._context.end - LOOKAHEAD, final=False)

    def close(self) -> list[TextFinding]:
        return self._judge(self._context.end, final=True)

    def _judge(self, known: int, *, final: bool) -> list[TextFinding]:
        """Return the findings of the tokens that end at or before `known`; neighbours are told as one."""
        held = self._held
        ready = 0
        while ready < len(held) and held[ready].end <= known:
            ready += 1
        if not ready:
            return []
        found: list[TextFinding] = []
        for index in range(ready):
            token = held[index]
            after = held[index + 1] if index + 1 < len(held) else None
            weighed = self._weigh(token, after, final=final)
            self._last = token
            if weighed is not None:
                self._add(found, token, *weighed)
        del held[:ready]
        kept = []
        for finding in found:
            if finding.severity is Severity.NOTE:
                self._notes += 1
                if self._notes > MAX_NOTES:
                    continue
            kept.append(finding)
        return kept

    def _add(self, found: list[TextFinding], token: Token, severity: Severity, place: str) -> None:
        last = found[-1] if found else None
        if token.kind not in (TOOL, GRAMMAR, THINK):
            state = "single"
        else:
            state = ("balanced" if token.paired else "dangling") if token.closes else "opening"
        if last is not None and last.severity is severity and token.start - last.end <= GROUP:
            tokens = last.evidence["tokens"]
            if len(tokens) < MAX_LISTED:
                tokens.append(token.text[:64])
            evidence = {**last.evidence, "count": last.evidence["count"] + 1, "near": self._context.near(last.start, token.end)}
            found[-1] = last._replace(end=token.end, evidence=evidence)
            return
        evidence = {
            "token": token.text[:64],
            "tokens": [token.text[:64]],
            "count": 1,
            "family": token.family,
            "state": state,
            "context": place,
            "near": self._context.near(token.start, token.end),
        }
        what = "a dangling " if state == "dangling" else ""
        message = f"{what}{token.text[:48]!r} ({token.family}) stands in {place} at character {token.start}"
        found.append(TextFinding(self.codes[0], severity, token.start, token.end, message, evidence))

    # ------------------------------------------------------------------ one token
    def _weigh(self, token: Token, after: Token | None, *, final: bool) -> tuple[Severity, str] | None:
        """Return the token's severity and the kind of text that it stands in; None when it is not for this check to say."""
        kind = token.kind
        if kind == THINK:
            severity = self._think(token, after)
        elif kind in (TOOL, GRAMMAR):
            severity = self._tool_tag(token)
        elif kind == WEAK:
            severity = self._weak_token(token, final=final)
        else:
            severity = Severity.WARNING if kind == GENERIC else Severity.ERROR
        if severity is None:
            return None
        place = self._place(token, after)
        if place is not None:
            return Severity.NOTE, place
        if kind == WEAK:
            self._weak.append(token)
        if self._tool and kind in (CONTROL, GENERIC, WEAK, PIECES) and severity is not Severity.NOTE:
            return self._in_arguments(token)
        if severity is not Severity.NOTE and kind != PIECES and self._in_member(token):
            severity = Severity.WARNING
        return severity, "running text"

    def _think(self, token: Token, after: Token | None) -> Severity | None:
        if self._channel == "content":
            if not token.closes:
                return Severity.NOTE if token.start <= self._blank_until else None
            if token.paired or self._place(token, after) is not None:
                return None
            self._closed_thinking += 1
            return Severity.ERROR if self._closed_thinking > 1 else None  # the first one: channel_leak.py
        if self._channel == "reasoning" and token.closes and not token.paired:
            rest = self._context.slice(token.end, token.end + LOOKAHEAD).strip()
            return Severity.ERROR if rest else Severity.NOTE
        return None

    def _tool_tag(self, token: Token) -> Severity | None:
        if token.name in _ARGUMENT_TAGS and not token.closes:
            return None if self._open_tools and not self._tool else Severity.ERROR
        if token.closes:
            if token.name == "tool_call" and self._open_tools:
                self._open_tools -= 1
            if token.paired and not self._tool:
                return None
            if token.paired:
                return Severity.NOTE
            return Severity.ERROR if token.kind == TOOL or token.name in _STRICT_CLOSERS else Severity.WARNING
        if token.name == "tool_call":
            self._open_tools += 1
        if self._tool:
            return Severity.ERROR if token.kind == TOOL and token.text[1] in "|｜" else Severity.NOTE
        return None

    def _weak_token(self, token: Token, *, final: bool) -> Severity:
        if token.family == "answer format":
            return Severity.NOTE
        while self._weak and token.start - self._weak[0].end > TOGETHER:
            self._weak.popleft()
        row = 1
        end = token.start
        for earlier in reversed(self._weak):
            if earlier.text != token.text or end - earlier.end > TOUCHING:
                break
            row, end = row + 1, earlier.start
        if row >= REPEATED:
            return Severity.ERROR if row == REPEATED else Severity.NOTE
        others = {earlier.text for earlier in self._weak if earlier.family == token.family and earlier.text != token.text}
        if token.family in ("Llama 2", "CodeLlama"):
            return Severity.ERROR if others else Severity.WARNING if token.family == "Llama 2" else Severity.NOTE
        if token.text == "</s>" and "<s>" not in others and final and not self._context.slice(token.end, token.end + 8).strip():
            return Severity.WARNING  # the end-of-sequence token behind the last word
        return Severity.NOTE

    # ------------------------------------------------------------------ where it stands
    def _place(self, token: Token, after: Token | None) -> str | None:
        """Return why the token is only spoken of; None in running text."""
        context = self._context
        start, end = token.start, token.end
        if not self._tool and context.in_code(start, end):
            return "code"
        if (context.quoted(start, end) and not context.member_value(start)) or context.word_of_sentence(start, end):
            return "quotation marks"
        dangling = token.closes and not token.paired
        if not dangling and not self._tool and not context.in_data(start) and context.string_start(start, end) is not None:
            return "a quotation"
        if (
            self._listed(token, after)
            or context.mentions(_SPEAKS_OF_TEMPLATES, start, end, ABOUT)
            or context.mentions(_SPEAKS_OF_TOKENS, start, end, NEAR)
        ):
            self._topic_until = max(self._topic_until, end + TOPIC)
            return "a discussion of tokens"
        if start < self._topic_until:
            return "a discussion of tokens"
        return None

    def _listed(self, token: Token, after: Token | None) -> bool:
        for left, right in ((self._last, token), (token, after)):
            if left is None or right is None or left.text == right.text or not 0 < right.start - left.end <= 12:
                continue
            if _LIST.fullmatch(self._context.slice(left.end, right.start)):
                return True
        return False

    def _in_member(self, token: Token) -> bool:
        """True in a JSON string of an answer: there the model may write of tokens, or be damaged."""
        context = self._context
        return (
            context.in_data(token.start)
            and context.string_start(token.start, token.end) is not None
            and not (token.closes and not token.paired)
        )

    def _in_arguments(self, token: Token) -> tuple[Severity, str]:
        """Arguments are JSON: behind or before it a token is debris, inside a string it may be a file's own text."""
        before, after = self._context.around(token.start, token.end, 8)
        if not before.strip() or (before.rstrip()[-1:] in "}]" and not after.strip().startswith(('"', ",", "}"))):
            return Severity.ERROR, "the arguments, outside of their JSON"
        if after.startswith('"') and token.start < TOGETHER:
            return Severity.WARNING, "a short string of the arguments"
        return Severity.NOTE, "a string of the arguments"
