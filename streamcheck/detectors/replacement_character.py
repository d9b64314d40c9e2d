"""U+FFFD in the text: a character was lost before this text was written.

In:   blocks of one channel.
Out:  text/replacement-character, one finding for each run of adjacent U+FFFD.
Rule: an error in running text. A note where the text speaks of the sign itself: it stands alone in quotation marks or brackets, or "U+FFFD",
      "replacement character", "mojibake" stand within ABOUT characters, or it stands in a string of source code.
Cost: 0.1 us a block without one; a run is judged when ABOUT characters after it are known.
"""

__all__ = ("ReplacementCharacter",)

import re
from typing import ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import LOOKAHEAD

ABOUT = 100  # characters to each side in which the text may speak of the sign. guess: one sentence
NEAR = 40  # the same for everyday words, where the sign stands between blanks. guess: a few words
MAX_NOTES = 8  # notes of one channel; an article about encodings holds hundreds and a report keeps 50 findings of a code
MAX_RUN = 512  # characters of a run after which the next finding begins, so that an endless run is told while it comes

_RUN = re.compile("\ufffd+")
_SPEAKS_OF_IT = re.compile(
    r"u\+?fffd|\bfffd\b|\\ufffd|&#65533|&#xfffd|ef ?bf ?bd|replacement[ -]char|mojibake|ersetzungszeichen|caract[èe]re de remplacement"
    r"|car[áa]cter de reemplazo|символ\w* замены|替换字符|替換字元|置換文字|文字化け|乱码|亂碼|кракозябр",
    re.IGNORECASE,
)
_SPEAKS_OF_DAMAGE = re.compile(
    r"\b(?:utf-?8|encod\w*|decod\w*|garbled|unicode|charset|diamond|question mark|corrupted|malformed|invalid byte|unprintable)\b|编码|解码|エンコード|кодировк",
    re.IGNORECASE,
)
_SPEAKS_OF_SIGNS = re.compile(
    r"\b(?:characters?|glyphs?|symbols?|signs?|bytes?|emit\w*|print\w*)\b|字符|文字|символ", re.IGNORECASE
)


class ReplacementCharacter:
    codes: ClassVar[tuple[str, ...]] = ("text/replacement-character",)

    def __init__(self, setting: Setting) -> None:
        self._context = setting.text
        self._held: list[tuple[int, int]] = []  # runs that wait for what follows them
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if not block.ascii and "\ufffd" in block.text:
            for match in _RUN.finditer(block.text):
                start, end = block.start + match.start(), block.start + match.end()
                if self._held and self._held[-1][1] == start and start - self._held[-1][0] < MAX_RUN:
                    start = self._held.pop()[0]
                self._held.append((start, end))
        elif not self._held:
            return []
        return self._judge(self._context.end - LOOKAHEAD)

    def close(self) -> list[TextFinding]:
        return self._judge(self._context.end)

    def _judge(self, known: int) -> list[TextFinding]:
        """Return the findings of the runs that end at or before `known`."""
        found: list[TextFinding] = []
        while self._held and self._held[0][1] <= known:
            start, end = self._held.pop(0)
            reason = self._spoken_of(start, end)
            if reason is not None:
                self._notes += 1
                if self._notes > MAX_NOTES:
                    continue
            evidence = {"run": end - start, "near": self._context.near(start, end), "written_by": "server"}
            if reason is None:
                message = f"{end - start} U+FFFD at character {start}: what stood here was lost before this text was written"
                found.append(TextFinding(self.codes[0], Severity.ERROR, start, end, message, evidence))
            else:
                evidence["context"] = reason
                message = f"{end - start} U+FFFD at character {start}; the text seems to speak of the sign itself"
                found.append(TextFinding(self.codes[0], Severity.NOTE, start, end, message, evidence))
        return found

    def _spoken_of(self, start: int, end: int) -> str | None:
        """Return why the run is no damage; None when it is."""
        context = self._context
        if context.mentions(_SPEAKS_OF_IT, start, end, ABOUT):
            return "spoken of"
        before, after = context.around(start, end, 2)
        if context.quoted(start, end) and not (before.endswith('"') and context.member_value(start)):
            return "quoted alone"
        beside_letter = (before[-1:] > "\x7f" and before[-1:].isalpha()) or (after[:1] > "\x7f" and after[:1].isalpha())
        string = context.string_start(start, end)
        if string is not None and not beside_letter and not context.in_data(start) and context.in_code(start, end):
            return "a string of source code"
        alone = not before[-1:].isalnum() and not after[:1].isalnum()
        if alone and context.mentions(_SPEAKS_OF_SIGNS, start, end, NEAR):
            return "spoken of"
        example = alone or (string is not None and not context.in_data(start)) or context.in_code(start, end)
        return "spoken of" if example and context.mentions(_SPEAKS_OF_DAMAGE, start, end, ABOUT) else None
