"""Loop guards of other projects, rebuilt from what is publicly known of their rules, to measure ours beside them.

In:   text in deltas: feed(delta), then close().
Out:  a reason the first time a guard would stop the stream, otherwise None.
Rule: the rules and numbers are theirs, the code is ours, and only the part that reads text is here: no tool calls, no second
      model. Read in 2026; later versions may differ. Engines see real tokens and clients see the provider's deltas: both are
      imitated, so the figures speak of the method more than of the product. All guards get deltas of DELTA characters.
"""

__all__ = ("DELTA", "PEERS", "DegenGuard", "GeminiCli", "LiteLlm", "OhMyPi", "Peer", "Vllm")

import re
import zlib
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

DELTA = 4  # characters of a delta: about a token of English


class Peer(Protocol):
    def feed(self, text: str) -> str | None: ...

    def close(self) -> str | None: ...


class GeminiCli:
    """gemini-cli's content check: the same 50 characters ten times, 250 characters apart or less on average.

    Not in fenced code; begun anew wherever the delta shows a fence, a table, a list item, a heading, a quotation or a divider.
    """

    CHUNK, TIMES, APART, HISTORY, PERIODS = 50, 10, 250, 5_000, 5
    _ELEMENT = re.compile(r"```|(?:^|\n)(?:\s*(?:\|.*\||[|+-]{3,}|[*+]\s|\d+\.\s)|#+\s|>\s)")
    # "+-_" is a range in their expression, so deltas of digits or capitals alone are dividers too.
    _DIVIDER = re.compile(r"[+-_=*\u2500-\u257f]+\Z")

    def __init__(self) -> None:
        self._history, self._base = "", 0  # _base: offset of the history's first character
        self._at = 0
        self._seen: dict[str, list[int]] = {}
        self._in_code = False

    def feed(self, text: str) -> str | None:
        divider = self._DIVIDER.match(text) is not None
        if divider or self._ELEMENT.search(text):
            self._base += len(self._history)
            self._history, self._at = "", self._base
            self._seen.clear()
        was_in_code = self._in_code
        self._in_code ^= text.count("```") % 2 == 1
        if was_in_code or self._in_code or divider:
            return None
        self._history += text
        if len(self._history) > self.HISTORY:
            cut = len(self._history) - self.HISTORY
            self._history, self._base = self._history[cut:], self._base + cut
            self._at = max(self._at, self._base)
        end = self._base + len(self._history)
        while self._at + self.CHUNK <= end:
            if self._chants(self._at - self._base):
                return f"the same {self.CHUNK} characters {self.TIMES} times"
            self._at += 1
        return None

    def _chants(self, at: int) -> bool:
        chunk = self._history[at : at + self.CHUNK]
        places = self._seen.setdefault(chunk, [])
        places.append(self._base + at)
        if len(places) < self.TIMES:
            return False
        recent = [place - self._base for place in places[-self.TIMES :]]
        if recent[0] < 0 or (recent[-1] - recent[0]) / (self.TIMES - 1) > self.APART:
            return False
        return len({self._history[a:b] for a, b in pairwise(recent)}) <= self.PERIODS

    def close(self) -> str | None:
        return None


class LiteLlm:
    """litellm's stream check: 100 deltas in a row are equal and longer than two characters."""

    LIMIT = 100

    def __init__(self) -> None:
        self._last, self._run = "", 0

    def feed(self, text: str) -> str | None:
        self._run = self._run + 1 if text == self._last else 1
        self._last = text
        return f"{self._run} equal deltas" if self._run >= self.LIMIT and len(text) > 2 else None

    def close(self) -> str | None:
        return None


class Vllm:
    """vLLM's repetition check: the output ends in four copies of a pattern of up to 64 tokens.

    Off by default; the numbers are of the profile that its discussion proposes. Tokens are imitated: a blank and up to six
    letters, up to three digits, a few equal signs.
    """

    LONGEST, COPIES = 64, 4
    _TOKEN = re.compile(r"\s?[^\W\d_]{1,6}|\s?\d{1,3}|\s?([^\w\s])\1{0,3}|\s+|_+")

    def __init__(self) -> None:
        self._rest = ""
        self._recent: deque[str] = deque(maxlen=self.LONGEST)  # the newest first
        self._runs: dict[int, int] = {}  # period -> for how many tokens it has held

    def feed(self, text: str) -> str | None:
        self._rest += text
        found = None
        while len(self._rest) > 12:  # longer than any token but a run of blanks, so the match is the one of the whole text
            match = self._TOKEN.match(self._rest)
            length = match.end() if match else 1
            found = found or self._token(self._rest[:length])
            self._rest = self._rest[length:]
        return found

    def _token(self, token: str) -> str | None:
        self._runs = {k: self._runs.get(k, 0) + 1 for k, other in enumerate(self._recent, 1) if other == token}
        self._recent.appendleft(token)
        for period, run in self._runs.items():
            if run >= period * (self.COPIES - 1):
                return f"{self.COPIES} copies of {period} tokens"
        return None

    def close(self) -> str | None:
        found = None
        for match in self._TOKEN.finditer(self._rest):
            found = found or self._token(match[0])
        return found


class OhMyPi:
    """oh-my-pi's guard: an exact cycle at the end of the text, near-equal paragraphs, and paragraphs that say nothing new.

    The last two are on for some models only in the original; here they are always on.
    """

    TAIL, LONGEST, EVERY = 4_096, 1_024, 128
    SHORT, SHORT_COPIES, SHORT_CHARS, LONG_COPIES, LONG_CHARS = 60, 4, 180, 3, 1_024
    SEGMENT, LEAST, SIMILAR, AFTER, CLUSTER, NOVELTY, STALLS = 700, 60, 0.8, 8, 4, 0.2, 8
    _PARAGRAPH = re.compile(r"\n\s*\n")
    _CODE = re.compile(
        r"^(?:[ \t]*```.*|(?: {2,}|\t)(?![ \t]*(?:[-*+]|\d+[.)])[ \t]).*|.*[{}\[\](;,>][ \t]*|[ \t]*#{1,6}[ \t].*)$", re.MULTILINE
    )
    _TITLE = re.compile(r"^[ \t]*\*{2,3}.+?\*{2,3}[ \t]*$", re.MULTILINE)
    _NAMED = re.compile(r"`[^`]+`|\b\w{2,}\.[a-zA-Z]\w{0,4}\b|[\w-]+(?:/[\w-]+){2,}|\b\w+_\w+\b|\b[a-zA-Z][a-z]+[A-Z]\w*\b")
    _WORD = re.compile(r"[^\W\d_][\w./-]*")

    def __init__(self) -> None:
        self._tail, self._unscanned, self._pending = "", 0, ""
        self._segments: deque[tuple[set[tuple[str, str, str]], set[str], set[str]]] = deque(maxlen=16)  # trigrams, words, names
        self._count = self._stalls = 0

    def feed(self, text: str) -> str | None:
        self._tail += text
        self._unscanned += len(text)
        if self._unscanned >= self.EVERY:
            self._unscanned = 0
            self._tail = self._tail[-self.TAIL :]
            if found := self._cycle():
                return found
        self._pending += text
        while True:
            border = self._PARAGRAPH.search(self._pending)
            if border is None and len(self._pending) <= self.SEGMENT:
                return None
            cut, after = border.span() if border and border.start() <= self.SEGMENT else (self.SEGMENT, self.SEGMENT)
            segment, self._pending = self._pending[:cut], self._pending[after:]
            if found := self._paragraph(segment):
                return found

    def close(self) -> str | None:
        return self._cycle() or self._paragraph(self._pending)

    def _cycle(self) -> str | None:
        """Look for a unit that holds a letter (or an emoji) and that the text ends with several copies of."""
        text, key = self._tail, self._tail[-32:]  # a cycle that counts repeats more than 32 characters, so every period is a find
        if len(text) < self.SHORT_CHARS:
            return None
        at = len(text) - 32
        while (at := text.rfind(key, max(0, len(text) - 32 - self.LONGEST), at + 31)) >= 0:
            period = len(text) - 32 - at
            if period < 2:
                continue
            short = period <= self.SHORT
            copies = max(
                self.SHORT_COPIES if short else self.LONG_COPIES, -(-(self.SHORT_CHARS if short else self.LONG_CHARS) // period)
            )
            need = (copies - 1) * period
            repeats = len(text) >= need + period and text[-need:] == text[-need - period : -period]
            if repeats and any(c.isalpha() or c >= "\U0001f000" for c in text[-period:]):
                return f"{copies} copies of {period} characters"
        return None

    def _paragraph(self, segment: str) -> str | None:
        prose = self._TITLE.sub("", self._CODE.sub("", segment))
        words: list[str] = self._WORD.findall(prose.lower())
        if len(" ".join(words)) < self.LEAST:
            return None
        trigrams, vocabulary = set(zip(words, words[1:], words[2:], strict=False)), set(words)
        names: set[str] = {name.strip("`").lower() for name in self._NAMED.findall(prose)}
        cluster = 1 + sum(_jaccard(trigrams, other) >= self.SIMILAR for other, _, _ in self._segments)
        recent = list(self._segments)[-8:]
        said = set[str]().union(*(w for _, w, _ in recent))
        new = len(vocabulary - said) / len(vocabulary) if said else 1.0
        stalls = new <= self.NOVELTY and not names - set[str]().union(*(n for _, _, n in recent))
        self._stalls = self._stalls + 1 if stalls else 0
        self._segments.append((trigrams, vocabulary, names))
        self._count += 1
        if self._count < self.AFTER:
            return None
        if cluster >= self.CLUSTER:
            return f"{cluster} paragraphs nearly equal"
        return f"{self._stalls} paragraphs without anything new" if self._stalls >= self.STALLS else None


def _jaccard(one: set[tuple[str, str, str]], other: set[tuple[str, str, str]]) -> float:
    return len(one & other) / max(1, len(one | other))


class DegenGuard:
    """llm-degen-guard: a weighted sum of four ratios over the last 256 characters, each 64; half or more three times in a row."""

    WINDOW, EVERY, THRESHOLD, TIMES, DISCOUNT = 256, 64, 0.5, 3, 0.7
    _STRUCTURE = ("```", "- ", "| ", "def ", "class ", "import ", "    ")

    def __init__(self) -> None:
        self._text, self._new, self._run = "", 0, 0

    def feed(self, text: str) -> str | None:
        self._text = (self._text + text)[-2 * self.WINDOW :]
        self._new += len(text)
        if len(self._text) < self.WINDOW or self._new < self.EVERY:
            return None
        self._new = 0
        score = self._score(self._text[-self.WINDOW :])
        self._run = self._run + 1 if score >= self.THRESHOLD else 0
        return f"score {score:.2f}" if self._run >= self.TIMES else None

    def close(self) -> str | None:
        return None

    def _score(self, text: str) -> float:
        trigrams = len({text[i : i + 3] for i in range(len(text) - 2)}) / (len(text) - 2)
        raw = text.encode("utf-8", "surrogatepass")
        packed = len(zlib.compress(raw, 1)) / len(raw)
        half = len(text) // 2
        same = next((size for size in (128, 64, 32) if text[half - size : half] == text[half : half + size]), 0)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        variety = len(set(lines)) / len(lines) if len(lines) >= 3 else 1.0
        score = 0.35 * _unit((0.7 - trigrams) / 0.4) + 0.30 * _unit((0.4 - packed) / 0.2)
        score += 0.20 * min(1.0, same / 64) + 0.15 * _unit((0.5 - variety) / 0.2)
        return score * (self.DISCOUNT if any(mark in text for mark in self._STRUCTURE) else 1.0)


def _unit(value: float) -> float:
    return max(0.0, min(1.0, value))


PEERS: dict[str, Callable[[], Peer]] = {
    "gemini-cli": GeminiCli,
    "oh-my-pi": OhMyPi,
    "vllm": Vllm,
    "litellm": LiteLlm,
    "llm-degen-guard": DegenGuard,
}
