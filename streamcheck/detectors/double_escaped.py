"""Escapes that stand in the text as text: somebody escaped it once more than it was unescaped.

In:   blocks of one channel; tool channels are JSON and are not looked at.
Out:  text/double-escaped, one finding for each passage.
Rule: a warning on strong evidence in prose only, otherwise a note. Strong is: at least MIN_BREAKS literal line breaks over MIN_PASSAGE characters that
      hold (almost) no real one, with a second sign (literal \\" or \\t, escaped letters, or real line breaks elsewhere in the channel, or very
      many of them); at least MIN_LETTERS literal \\uXXXX in a run that spell letters; HTML entities that were escaped twice, or inside words.
      Code, quotations, JSON, regular expressions, paths and LaTeX are not prose.
Cost: 0.1 us a block without a backslash and &amp; forms; a passage of blocks that have them is read once, at its end.
"""

__all__ = ("DoubleEscaped",)

import re
from typing import Any, ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import excerpt

MIN_BREAKS = 3  # literal \n in a passage. guess: two are quoted often, three rarely
MIN_PASSAGE = 200  # characters without real line breaks. guess: three lines of prose
MANY_BREAKS = 30  # literal \n that need no second sign. guess: a page
BREAKS_PER_REAL = 4  # literal line breaks for each real one that is let pass
MIN_LETTERS = 3  # \uXXXX in a row that spell letters: the shortest words worth naming
MIN_ENTITIES = 3
MAX_PASSAGE = 1_024  # characters read at once
MAX_NOTES = 4

# A literal line break of prose: behind text, before what begins a line. \nu and \neq are LaTeX, C:\new a path, [^\n] a regex.
_BREAK = re.compile(r'(?<![\\\[^(])\\n(?=\\n|[A-Z0-9*#"<|>•-]|[^\x00-\x7f]|\\t|\Z)')
_QUOTE = re.compile(r'(?<![A-Za-z\\])\\"[^"\\\n]{1,120}\\"(?![A-Za-z])')
_UNICODE = re.compile(r"(?:(?<!\\)\\u[0-9a-fA-F]{4}[ ,.!?-]{0,2}){3,}")
_POINT = re.compile(r"\\u([0-9a-fA-F]{4})")
_TWICE = re.compile(r"&amp;(?:lt|gt|amp|quot|apos|nbsp|#\d{2,5}|#x[0-9a-fA-F]{2,5});")
_IN_WORD = re.compile(r"[A-Za-z]&(?:#0?39|#x27|apos|rsquo);[a-z]")
_TAG = re.compile(r"</?[a-z][a-z0-9]*[ >/]")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{40}")  # keys and hashes: their line breaks are escaped in every format
_SIGNS = re.compile(
    r"\b(?:regex\w*|regular expression|escape[sd]?|escaping|backslash\w*|json|literal|newline|string|entit(?:y|ies)|printf|unicode|python|javascript)\b",
    re.IGNORECASE,
)
_CODE_LIKE = re.compile(
    r"[;{}]\s*(?:\\n|$)|\b(?:printf?|echo|console\.log|return|def|function|import|const|var|let)\b[ (]|\\(?:frac|sum|alpha|begin|text)\b"
)


class DoubleEscaped:
    codes: ClassVar[tuple[str, ...]] = ("text/double-escaped",)

    def __init__(self, setting: Setting) -> None:
        self._off = setting.channel.startswith("tool:")
        self._context = setting.text
        self._text = ""  # the open passage
        self._start = 0
        self._breaks_before = 0  # real line breaks of the channel outside of passages
        self._plain = 0  # characters outside of passages
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if self._off:
            return []
        text = block.text
        hot = b"\\" in block.odd or ("&" in text and (";" in text or "&amp" in text))
        if not self._text:
            if not hot:
                self._breaks_before += text.count("\n")
                self._plain += len(text)
                return []
            self._text, self._start = text, block.start
            return []
        self._text += text
        if hot and len(self._text) < MAX_PASSAGE:
            return []
        return self._read()

    def close(self) -> list[TextFinding]:
        return self._read() if self._text else []

    def _read(self) -> list[TextFinding]:
        text, start, self._text = self._text, self._start, ""
        found = self._find(text, start)
        self._breaks_before += text.count("\n")
        self._plain += len(text)
        if found is None:
            return []
        if found.severity is Severity.NOTE:
            self._notes += 1
            if self._notes > MAX_NOTES:
                return []
        return [found]

    def _find(self, text: str, start: int) -> TextFinding | None:
        return self._breaks(text, start) or self._letters(text, start) or self._entities(text, start)

    def _prose(self, matches: list[re.Match[str]], start: int) -> list[re.Match[str]]:
        """Return the matches that stand in no code, quotation or data."""
        context = self._context
        kept = []
        for match in matches:
            at, end = start + match.start(), start + match.end()
            if (
                context.in_code(at, end)
                or context.in_data(at)
                or context.quoted(at, end)
                or context.string_start(at, end) is not None
            ):
                continue
            kept.append(match)
        return kept

    def _breaks(self, text: str, start: int) -> TextFinding | None:
        matches = list(_BREAK.finditer(text))
        if len(matches) < MIN_BREAKS:
            return None
        matches = self._prose(matches, start)
        if len(matches) < MIN_BREAKS:
            return None
        first, last = matches[0].start(), matches[-1].end()
        real = text[first:last].count("\n")
        passage = text[max(0, first - MIN_PASSAGE) : last + MIN_PASSAGE]
        quotes = len(_QUOTE.findall(text))
        seconds = [
            name
            for name, holds in (
                ('literal \\"', quotes > 0),
                ("literal \\t", text.count("\\t") >= 2),
                ("escaped letters", self._letters(text, start) is not None),
                ("real line breaks elsewhere", self._breaks_before >= 2 and self._plain >= MIN_PASSAGE),
                ("very many", len(matches) >= MANY_BREAKS),
            )
            if holds
        ]
        strong = (
            bool(seconds)
            and len(passage) >= MIN_PASSAGE
            and real * BREAKS_PER_REAL <= len(matches)
            and not any(pattern.search(text) for pattern in (_SIGNS, _CODE_LIKE, _TAG, _OPAQUE))
        )
        evidence = {
            "literal_breaks": len(matches),
            "real_breaks": real,
            "second_sign": seconds,
            "sample": excerpt(text[first : first + 80]),
        }
        return self._finding(
            strong, start + first, start + last, f"{len(matches)} literal \\n and {real} real line breaks", evidence
        )

    def _letters(self, text: str, start: int) -> TextFinding | None:
        for match in self._prose(list(_UNICODE.finditer(text)), start):
            units = [int(unit, 16) for unit in _POINT.findall(match[0])]
            decoded = b"".join(unit.to_bytes(2, "big") for unit in units).decode("utf-16-be", "replace")
            letters = sum(map(str.isalpha, decoded))
            if len(units) < MIN_LETTERS or letters < MIN_LETTERS or letters * 2 < len(decoded):
                continue
            strong = not _SIGNS.search(text) and not _CODE_LIKE.search(text)
            evidence: dict[str, Any] = {"escaped": match[0][:80], "decoded": excerpt(decoded[:40])}
            return self._finding(
                strong, start + match.start(), start + match.end(), f"{len(units)} literal \\uXXXX that spell letters", evidence
            )
        return None

    def _entities(self, text: str, start: int) -> TextFinding | None:
        if "&" not in text:
            return None
        for pattern, what in ((_TWICE, "HTML entities escaped twice"), (_IN_WORD, "HTML entities inside words")):
            matches = self._prose(list(pattern.finditer(text)), start)
            if len(matches) >= MIN_ENTITIES:
                strong = not _SIGNS.search(text) and not _TAG.search(text)
                first, last = matches[0].start(), matches[-1].end()
                evidence = {"count": len(matches), "sample": excerpt(text[first : first + 80])}
                return self._finding(strong, start + first, start + last, f"{len(matches)} {what}", evidence)
        return None

    def _finding(self, strong: bool, start: int, end: int, what: str, evidence: dict[str, Any]) -> TextFinding:
        severity = Severity.WARNING if strong else Severity.NOTE
        return TextFinding(self.codes[0], severity, start, end, f"{what} from character {start}", evidence)
