"""Where in a text something stands: in code, in quotation marks, or beside words that speak of it.

In:   the text of one channel, block by block, in order.
Out:  TextContext, which answers questions about offsets of the last KEPT characters; excerpt().
Rule: CommonMark for fences and code spans, read leniently. A fence that is never closed stops counting as code when FENCE_TRUST characters
      that do not look like code have passed: garbled text opens stray fences, and they must not hide what follows.
Cost: 0.2 us a block; the questions cost a few us each and are asked on a hit only. Memory: KEPT characters.
"""

__all__ = ("KEPT", "LOOKAHEAD", "TextContext", "excerpt")

import re
from collections import deque
from functools import lru_cache

from streamcheck.spans import Span

KEPT = 2_048  # characters that questions may reach back
LOOKAHEAD = 100  # characters after a match that a judgement may need; a detector holds the match until they are there
FENCE_TRUST = 3_000  # characters without code-like lines after which an open fence counts as prose. guess: two screens
_LINE_HEAD = 160  # characters kept of an unfinished line: enough to see a fence
_SPANS = 32  # closed code blocks remembered; more do not fit into KEPT characters
_REACH = 300  # characters behind a match in which a quotation or a code span may end. guess: three lines
_CODE_LINES = 2  # code-like line ends in a block of 128 characters that renew the trust. guess: code lines have 40 characters

_FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?(`{3,}|~{3,})([^\n]*)")
_CODE_LINE = re.compile(r"[;{}(),:=\[\]>\\][ \t]*\r?\n|\n(?:  |\t)[ \t]*\S|\n[ \t]*(?:#|//|--|\$|\}|<)")
_TICKS = re.compile(r"`+")
_PARAGRAPH = re.compile(r"\n[ \t]*\n|(?:^|\n)[ \t>]*(?:```|~~~)[^\n]*(?:\n|$)")

# Opening mark -> the closing marks that may answer it.
_MARKS = {
    '"': '"',
    "'": "'",
    "`": "`'",
    "(": ")",
    "[": "]",
    "“": "”“",
    "‘": "’",
    "„": "“”",
    "‚": "‘’",
    "«": "»",
    "»": "«",
    "‹": "›",
    "「": "」",
    "『": "』",
    "（": "）",
    "【": "】",
    "《": "》",
}
_PAIRS = (("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("「", "」"), ("『", "』"), ("‘", "’"))
_APOSTROPHE_OPEN = re.compile(r"(?:^|[\s(\[{=,:>])'(?=\S)")
_APOSTROPHE_CLOSE = re.compile(r"(?<=\S)'(?=$|[\s)\]},.;:!?<])")
_SMALL_WORD = re.compile(r"[a-z]{2,} $")
_MEMBER = re.compile(r'"\s*:\s*$')
_DATA_LINE = re.compile(r"""[ \t]*(?:[{}]|\[[ \t]*(?:["{\[\d]|$)|"[^"\n]{0,80}"[ \t]*:|".*"[ \t]*,[ \t]*$)""")


def excerpt(text: str) -> str:
    """Return `text` with lone surrogates written as escapes, so that it can be stored as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@lru_cache(maxsize=4)  # every detector asks it of the same block
def _looks_like_code(text: str) -> bool:
    return len(_CODE_LINE.findall(text)) >= _CODE_LINES


def _in_ticks(before: str, after: str) -> bool:
    """True when a pair of backtick runs of one length, paired from the left, encloses the place between `before` and `after`."""
    here = len(before)
    runs = [m.span() for m in _TICKS.finditer(before + after)]
    index = 0
    while index < len(runs) and runs[index][1] <= here:
        length = runs[index][1] - runs[index][0]
        closing = next((k for k in range(index + 1, len(runs)) if runs[k][1] - runs[k][0] == length), None)
        if closing is None:
            index += 1
        elif runs[closing][0] >= here:
            return True
        else:
            index = closing + 1
    return False


class TextContext:
    """What surrounds an offset. Feed it every block, then ask.

    end: offset behind the last character fed.
    """

    __slots__ = ("_credit", "_fence", "_head", "_head_at", "_recent", "_spans", "end")

    def __init__(self) -> None:
        self.end = 0
        self._recent: deque[str] = deque(maxlen=KEPT // 128)
        self._head = ""  # the beginning of the unfinished line
        self._head_at = 0
        self._fence: tuple[str, int, int] | None = None  # its character, its length, the offset of its line
        self._credit = 0
        self._spans: deque[Span] = deque(maxlen=_SPANS)

    def feed(self, text: str, start: int) -> None:
        """Take the block that begins at `start`."""
        self._recent.append(text)
        self.end = start + len(text)
        if self._fence is not None:
            if _looks_like_code(text):
                self._credit = min(FENCE_TRUST, self._credit + 2 * len(text))
            else:
                self._credit -= len(text)
        cut = text.rfind("\n")
        if cut < 0:
            if len(self._head) < _LINE_HEAD:
                self._head += text
            return
        if "```" in text or "~~~" in text or "`" in self._head or "~" in self._head:
            self._find_fences(text[: cut + 1], start)
        self._head = text[cut + 1 :]
        self._head_at = start + cut + 1

    def _find_fences(self, lines: str, start: int) -> None:
        first = lines.find("\n") + 1
        self._read_line(self._head + lines[:first], self._head_at, start + first)
        at = first
        while at < len(lines):
            end = lines.find("\n", at) + 1
            self._read_line(lines[at:end], start + at, start + end)
            at = end

    def _read_line(self, line: str, at: int, end: int) -> None:
        match = _FENCE.match(line)
        if match is None:
            return
        marks, info = match[1], match[2].strip()
        if self._fence is None:
            if "`" not in info:
                self._fence = (marks[0], len(marks), at)
                self._credit = FENCE_TRUST
        elif marks[0] == self._fence[0] and len(marks) >= self._fence[1] and not info:
            self._spans.append(Span(self._fence[2], end))
            self._fence = None

    # ------------------------------------------------------------------ text
    def slice(self, start: int, end: int) -> str:
        """Return the characters [start, end) as far as they are kept."""
        text = "".join(self._recent)
        first = self.end - len(text)
        return text[max(0, start - first) : max(0, end - first)]

    def around(self, start: int, end: int, reach: int) -> tuple[str, str]:
        """Return what stands up to `reach` characters before and after [start, end)."""
        return self.slice(max(0, start - reach), start), self.slice(end, end + reach)

    def near(self, start: int, end: int, reach: int = 24) -> str:
        """Return [start, end) with its surroundings, for a finding's evidence; long matches are cut in the middle."""
        if end - start > 120:
            return excerpt(self.slice(max(0, start - reach), start + 60)) + " … " + excerpt(self.slice(end - 60, end + reach))
        return excerpt(self.slice(max(0, start - reach), end + reach))

    def mentions(self, words: re.Pattern[str], start: int, end: int, reach: int) -> bool:
        """True when `words` matches within `reach` characters of [start, end), outside of it."""
        before, after = self.around(start, end, reach)
        return words.search(before) is not None or words.search(after) is not None

    # ------------------------------------------------------------------ code
    def in_code(self, start: int, end: int) -> bool:
        """True inside a fenced code block or an inline code span."""
        return self.in_fence(start) or self._in_code_span(start, end)

    def in_fence(self, offset: int) -> bool:
        """True inside a fenced code block, closed or open and still trusted."""
        if self._fence is not None and offset >= self._fence[2]:
            return self._credit > 0
        return any(span.start <= offset < span.end for span in self._spans)

    def _in_code_span(self, start: int, end: int) -> bool:
        before, after = self.slice(max(0, start - KEPT), start), self.slice(end, end + _REACH)
        border = _PARAGRAPH.search(after)
        if border is not None:
            after = after[: border.start()]
        if "`" not in after or "`" not in before:
            return False
        inside = "x" * (end - start)  # the match's own backticks, if it has any, open nothing
        paragraph = before[max((m.end() for m in _PARAGRAPH.finditer(before)), default=0) :]
        if _in_ticks(paragraph, inside + after):
            return True
        # A stray backtick in an earlier line turns all pairs around.
        line = paragraph[paragraph.rfind("\n") + 1 :]
        return len(line) < len(paragraph) and _in_ticks(line, inside + after.partition("\n")[0])

    # ------------------------------------------------------------------ quotation
    def quoted(self, start: int, end: int) -> bool:
        """True when marks of quotation, brackets or emphasis stand directly around [start, end)."""
        before, after = self.around(start, end, 4)
        bare_before, bare_after = before.rstrip("*_\\"), after.lstrip("*_\\")
        if bare_before and bare_after and bare_after[0] in _MARKS.get(bare_before[-1], ""):
            return True
        return before.endswith("**") and after.startswith("**")

    def word_of_sentence(self, start: int, end: int) -> bool:
        """True when [start, end) stands as a noun does: a small word and a blank before it, a comma or the like right behind it."""
        before, after = self.around(start, end, 8)
        return _SMALL_WORD.search(before) is not None and after[:1] in {",", ";", ":", ")", "?"}

    def member_value(self, start: int) -> bool:
        """True when the mark before `start` opens the value of a JSON member: `"key": "`."""
        before = self.slice(max(0, start - 40), start).rstrip("\\")
        return bool(before) and _MEMBER.search(before[:-1]) is not None

    def string_start(self, start: int, end: int) -> int | None:
        """Return where the quotation begins (offset of its first character) that holds [start, end) on one line; None outside of one."""
        before, after = self.slice(max(0, start - KEPT), start), self.slice(end, end + _REACH)
        before = before[before.rfind("\n") + 1 :]
        after = after.partition("\n")[0]
        opener = -1
        plain = before.replace('\\"', "\0\0")
        if plain.count('"') % 2 and '"' in after:
            opener = max(opener, plain.rfind('"'))
        elif before.count('\\"') % 2 and '\\"' in after:
            opener = max(opener, before.rfind('\\"') + 1)
        for left, right in _PAIRS:
            at = before.rfind(left)
            if at > opener and at > before.rfind(right) and right in after:
                opener = at
        if "'" in before and "'" in after and _APOSTROPHE_CLOSE.search("x" + after):
            at = max((m.end() - 1 for m in _APOSTROPHE_OPEN.finditer(before)), default=-1)
            if at > opener and not _APOSTROPHE_CLOSE.search(before, at + 1):
                opener = at
        return None if opener < 0 else start - len(before) + opener + 1

    def in_data(self, start: int) -> bool:
        """True when the line of `start` looks like JSON; quotation marks there are no sign that a thing is only spoken of."""
        before, after = self.slice(max(0, start - KEPT), start), self.slice(start, start + _REACH)
        return _DATA_LINE.match(before[before.rfind("\n") + 1 :] + after.partition("\n")[0]) is not None
