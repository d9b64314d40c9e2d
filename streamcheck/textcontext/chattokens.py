"""The vocabulary of chat templates: tokens and tags by model family, found in text and counted open and closed.

In:   blocks of one channel, in order.
Out:  Token values with offsets, in order, each once; whether a closing tag has an opener.
Rule: the tokens are those of the families' published tokenizer files and chat templates. What can only be a special token is `CONTROL`; what HTML,
      placeholders or a documented answer format also use is `WEAK`. Nothing here judges: a page about templates holds the same tokens.
Cost: 0.1 us for a block without one of < [ ] | and U+2581; 2 to 6 us for one with.
"""

__all__ = ("CONTROL", "GENERIC", "GRAMMAR", "PIECES", "THINK", "TOOL", "WEAK", "Token", "TokenScanner")

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

CONTROL = "control"  # never part of any prose: a special token of a tokenizer
TOOL = "tool"  # opens, closes or fills a tool call
GRAMMAR = "grammar"  # XML-like tags of tool grammars whose names are also ordinary XML names
THINK = "think"
WEAK = "weak"  # HTML, placeholders, documented answer formats
GENERIC = "generic"  # <|word|> of no known family
PIECES = "pieces"  # the inner spelling of a tokenizer: U+2581 words, byte-level letters, byte tokens

_HARMONY = "start end message channel constrain return call"
_CONTROL: dict[str, str] = {
    "GLM": "[gMASK] [sMASK] <sop> <eop> <|system|> <|user|> <|assistant|> <|observation|> <|code_prefix|> <|code_middle|> <|code_suffix|> "
    "<|begin_of_image|> <|end_of_image|> <|begin_of_video|> <|end_of_video|> <|begin_of_audio|> <|end_of_audio|> <|dit_start|> <|dit_end|>",
    "Qwen": "<|im_start|> <|im_end|> <|endoftext|> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|> "
    "<|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> <|audio_pad|> <|audio_bos|> <|audio_eos|>",
    "Llama": "<|begin_of_text|> <|end_of_text|> <|eot_id|> <|eom_id|> <|start_header_id|> <|end_header_id|> <|python_tag|> <|finetune_right_pad_id|> "
    "<|eot|> <|eom|> <|header_start|> <|header_end|> <|python_start|> <|python_end|> <|image|> <|image_start|> <|image_end|>",
    "Kimi": "<|im_middle|> <|im_user|> <|im_assistant|> <|im_system|> <|media_start|> <|media_content|> <|media_end|> <|media_pad|> ◁think▷ ◁/think▷",
    "Harmony": " ".join(f"<|{word}|>" for word in _HARMONY.split()) + " <|startoftext|> <|endofprompt|>",
    "Mistral": "[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] [TOOL_CONTENT] [IMG_BREAK] "
    "[IMG_END] [BEGIN_AUDIO]",
    "MiniMax": "]~b] ]~!b[ [e~[ ]!d~[ ]<]minimax[>[",
    "Gemma": "<start_of_turn> <end_of_turn> <start_of_image> <end_of_image>",
    "Cohere": "<|START_OF_TURN_TOKEN|> <|END_OF_TURN_TOKEN|> <|CHATBOT_TOKEN|> <|USER_TOKEN|> <|SYSTEM_TOKEN|> <|START_RESPONSE|> <|END_RESPONSE|> "
    "<|START_THINKING|> <|END_THINKING|> <|START_ACTION|> <|END_ACTION|> <BOS_TOKEN> <EOS_TOKEN> <PAD_TOKEN> <EOP_TOKEN>",
    "StarCoder": "<fim_prefix> <fim_middle> <fim_suffix> <fim_pad> <file_sep> <repo_name> <jupyter_start> <jupyter_code> <issue_start> <commit_before>",
    "Phi": "<|placeholder1|> <|dummy_0|> <|image_1|> <|tool_response|>",
    "OpenChat": "<|end_of_turn|> <|pad_0|>",
    "Granite": "<|start_of_role|> <|end_of_role|>",
    "InternLM": "<|action_start|> <|action_end|> <|interpreter|> <|plugin|>",
    "Seed": "<seed:bos> <seed:eos> <seed:think> </seed:think> <seed:cot_budget_reflect>",
    "EXAONE": "[|system|] [|user|] [|assistant|] [|endofturn|]",
}
_TOOL: dict[str, str] = {
    "GLM": "<tool_call> </tool_call> <tool_response> </tool_response> <arg_key> </arg_key> <arg_value> </arg_value>",
    "Kimi": "<|tool_calls_section_begin|> <|tool_calls_section_end|> <|tool_call_begin|> <|tool_call_end|> <|tool_call_argument_begin|>",
    "Mistral": "[TOOL_CALLS] [/TOOL_CALLS]",
    "MiniMax": "<minimax:tool_call> </minimax:tool_call>",
    "Seed": "<seed:tool_call> </seed:tool_call>",
    "LongCat": "<longcat_tool_call> </longcat_tool_call> <longcat_arg_key> </longcat_arg_key> <longcat_arg_value> </longcat_arg_value>",
    "Claude": "<function_calls> </function_calls>",
    "generic": "<tool_calls> </tool_calls> <|tool_call|> <|tool_calls|> <|tool_call_start|> <|tool_list_start|> <|tool_list_end|>",
}
_THINK: dict[str, str] = {"GLM, Qwen, DeepSeek": "<think> </think>", "Mistral": "[THINK] [/THINK]"}
_WEAK: dict[str, str] = {
    "Llama 2": "[INST] [/INST] <<SYS>> <</SYS>>",
    "SentencePiece": "<s> </s> <unk> <pad> <bos> <eos> <mask>",
    "BERT": "[PAD] [UNK] [CLS] [SEP] [MASK]",
    "CodeLlama": "<PRE> <SUF> <MID> <EOT>",
    # GLM-V writes its boxed answers and Qwen-VL its coordinates with these, as documented
    "answer format": "<|begin_of_box|> <|end_of_box|> <|box_start|> <|box_end|> <|object_ref_start|> <|object_ref_end|> <|quad_start|> <|quad_end|>",
}

# token -> (kind, family)
_LEXICON: dict[str, tuple[str, str]] = {}
for _kind, _table in ((CONTROL, _CONTROL), (TOOL, _TOOL), (THINK, _THINK), (WEAK, _WEAK)):
    for _family, _tokens in _table.items():
        for _token in _tokens.split():
            _LEXICON.setdefault(_token, (_kind, _family))

_XML_NAMES = "function|parameter|invoke"  # tags with a name in them: <function=x>, <invoke name="x">
_SHAPES = re.compile(
    r"<(?:"
    r"\|/?[A-Za-z][A-Za-z0-9_.-]{0,39}\|>"
    r"|/?[｜‖|]{1,2}DSML[｜‖|]{1,2}[A-Za-z_]{0,24}[ >\n]"
    r"|[｜‖][^<>｜‖\n]{1,40}[｜‖]>"
    rf"|(?:antml:)?(?:{_XML_NAMES})(?:=[^<>\n]{{1,64}}|[ \t]+name=[^<>\n]{{1,64}})>"
    rf"|/(?:antml:)?(?:{_XML_NAMES})>"
    r"|(?:unused|reserved_|extra_id_|SPECIAL_)\d{1,4}>"
    r"|/?[A-Za-z][A-Za-z_:]{0,24}>"
    r"|</?SYS>>"
    r")"
    r"|\[(?:/?[A-Za-z_]{2,16}\]|control_\d{1,4}\]|UNUSED_TOKEN_\d{1,4}\]|\|[a-z_]{2,16}\|\]|e~\[)"
    r"|\](?:~b\]|~!b\[|!d~\[|<\]minimax\[>\[)"
    r"|◁/?think▷"
)
_PIECES = re.compile(
    r"(?:▁[^\W\d_▁]{2,}[,.;:]?){3,}"  # words of SentencePiece; three, as sparklines and rating bars are made of the same sign
    r"|(?:[a-z,.]Ġ[A-Za-z]{1,20}){3,}"  # words of byte-level BPE; Ġ inside a word is no letter of Maltese spelling in a row of three
    r"|(?:<0x[0-9A-F]{2}>){3,}"  # byte tokens; three, as one or two are how documents write bytes
)
_SCREEN = re.compile(r"[>\[\]▁Ġ▷]|DSML")
_BEGINS = re.compile(r"(?:[_▁ ](?:begin|start))(?=[|｜‖])")
_ENDS = re.compile(r"(?:[_▁ ]end)(?=[|｜‖])")
_NAME = re.compile(r"[A-Za-z_:]+(?:▁[a-z▁]+)?")


class Token(NamedTuple):
    """A token at [start, end) of its channel.

    text:    as it stands.
    kind:    CONTROL, TOOL, GRAMMAR, THINK, WEAK, GENERIC or PIECES.
    family:  whose template it is.
    name:    "tool_call" for both of <tool_call> and </tool_call>.
    closes:  it is a closing form.
    paired:  a closing form with an opener before it; always False for the others.
    """

    start: int
    end: int
    text: str
    kind: str
    family: str
    name: str
    closes: bool
    paired: bool


@lru_cache(maxsize=4)  # two detectors ask it of the same block
def _shapes(tail: str, text: str) -> list[tuple[int, int]]:
    """Return where what looks like a token and ends in `text` stands in `tail + text`."""
    return [m.span() for m in _SHAPES.finditer(tail + text) if m.end() > len(tail)]


class TokenScanner:
    """Finds the tokens of a channel that end in each block."""

    __slots__ = ("_open", "_pieces_end")

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._pieces_end = 0

    def scan(self, tail: str, text: str, start: int, odd: bytes, ascii_only: bool) -> Iterable[Token]:
        """Return the tokens that end in `text`, which stands at `start` behind `tail`. odd: the block's screen."""
        if ascii_only:
            # a token ends with > ] or [, or (DSML) with the blank behind its name
            hit = b">" in odd or b"]" in odd or b"[" in odd or b"|" in odd
        else:
            hit = _SCREEN.search(text) is not None
        if not hit and "DSML" not in tail[-40:]:
            return ()
        return self._scan(tail, text, start)

    def _scan(self, tail: str, text: str, start: int) -> list[Token]:
        window = tail + text
        base = start - len(tail)
        found: list[Token] = []
        for at, end in _shapes(tail, text):
            token = self._token(window[at:end], base + at, base + end)
            if token is not None:
                found.append(token)
        if "▁" in text or "Ġ" in text or "<0x" in window:
            for match in _PIECES.finditer(window):
                at, end = base + match.start(), base + match.end()
                if match.end() > len(tail) and at >= self._pieces_end:
                    family = "SentencePiece" if "▁" in match[0] else "byte-level BPE" if "Ġ" in match[0] else "byte tokens"
                    found.append(Token(at, end, match[0], PIECES, family, "pieces", False, False))
                    self._pieces_end = end + len(tail)  # a run goes on over many blocks and is told once
                elif match.end() > len(tail):
                    self._pieces_end = max(self._pieces_end, end + len(tail))
            found.sort()
        return found

    def _token(self, text: str, start: int, end: int) -> Token | None:
        known = _LEXICON.get(text)
        if known is not None:
            kind, family = known
        elif "DSML" in text[:10]:
            kind, family = TOOL, "DeepSeek"
        elif text[1] in "｜‖":
            kind, family = (TOOL if "tool" in text else THINK if "think" in text else CONTROL), "DeepSeek"
        elif text.startswith("<|"):
            kind, family = GENERIC, "unknown"
        elif _NAMED.match(text):
            kind, family = GRAMMAR, "Qwen coder" if "=" in text[:11] and "name=" not in text else "Claude or MiniMax"
        elif _NUMBERED.match(text):
            kind, family = CONTROL, "reserved"
        else:
            return None
        name, closes = _name_of(text)
        paired = False
        if closes:
            paired = self._open.get(name, 0) > 0
            if paired:
                self._open[name] -= 1
        elif kind in (TOOL, GRAMMAR, THINK):
            self._open[name] = self._open.get(name, 0) + 1
        return Token(start, end, text, kind, family, name, closes, paired)


_NAMED = re.compile(rf"</?(?:antml:)?(?:{_XML_NAMES})[ \t=>]")
_NUMBERED = re.compile(r"\[control_|\[UNUSED|\[\||<(?:unused|reserved_|extra_id_|SPECIAL_)\d")


def _name_of(text: str) -> tuple[str, bool]:
    """Return what a token opens or closes, and whether it closes."""
    if _ENDS.search(text):
        return _ENDS.sub("", text).strip("<>[]|｜‖"), True
    if _BEGINS.search(text):
        return _BEGINS.sub("", text).strip("<>[]|｜‖"), False
    closes = text[1:2] == "/" or text.startswith(("<|/", "◁/", "<</"))
    if "DSML" in text[:10]:
        rest = text.partition("DSML")[2].strip("｜‖|>")
        word = _NAME.match(rest)
        return "DSML:" + (word[0] if word else ""), closes
    word = _NAME.search(text)
    return word[0] if word else text, closes
