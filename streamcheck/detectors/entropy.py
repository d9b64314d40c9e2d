"""Character entropy of windows: too low for language (loops, one token again and again), or too high (byte soup, token noise).

In:   blocks of one channel.
Out:  text/entropy, a Signal of at most MOST: company for other evidence, seldom enough alone.
Rule: Shannon entropy of the characters of a window of two blocks, against bounds of its kind of writing and the calm windows of
      the stream so far. Windows of few letters (tables, rules, art) and lists of words are never too low,
      windows with a long word without blanks (base64, hashes, addresses) never too high; code and tool channels are asked for
      the extremes only.
Cost: 1 us a block: the different low bytes of 256 characters, every other block; one Counter over them, 10-20 us, where they are
      few or many: one window in two of Markdown, in three of code, in four of Chinese, in ten of other languages.
"""

__all__ = ("BOUNDS", "Bounds", "Entropy", "entropy")

import re
from collections import Counter
from math import log2
from typing import ClassVar, NamedTuple

from streamcheck.detectors import BLOCK, Block, Setting, Signal

WINDOW = 2 * BLOCK
LEAST = 128  # characters that the last, shorter window must have; its bounds move with the logarithm of its length
MOST = 1.0


class Bounds(NamedTuple):
    """Bits a character that 1 in 10,000 clean windows goes below, and above; low bytes (see feed) up to which none goes above."""

    low: float
    high: float
    many: int


# Measured on 300,000 windows of clean text (37 M characters, 174 kinds, 30 languages, code, tables), prose; rounded outwards.
# The last column needs no measure in ASCII (log2 40 = 5.3) and hardly one in alphabets (log2 57 = 5.83). Of Han, 110 low bytes
# are about 140 characters; of 800 windows of made soup above the high bounds 1 in 100 had fewer, and of 70 with some Han none had
# fewer than 95. In Latin the calm windows are measured from 45 on, for what may have risen.
BOUNDS = {
    "ascii": Bounds(3.25, 5.40, 40),
    "latin": Bounds(3.55, 5.45, 45),
    "alphabet": Bounds(3.65, 5.85, 57),
    "syllables": Bounds(4.10, 5.40, 57),
    "some cjk": Bounds(3.80, 6.55, 90),
    "cjk": Bounds(4.45, 7.15, 110),
}
FEW = 28  # different low bytes from which on a window is below no low bound, unless one character in three is the same
LOW_SPAN = 1.6  # bits below the bound at which the score is full: 1.6 is below any clean window with letters (the lowest had 2.4)
HIGH_SPAN = 0.6  # bits above the bound at which it is. guess
FLOOR = 0.3  # the score at the bound itself
ORDINARY_LOW, ORDINARY_HIGH = 4.45, 5.40  # between the highest low bound and the lowest high one: no kind needs a look
# Bits above the calm windows: 1 in 1,000 clean windows rises by 0.93 (ASCII) and 1.02 (Latin)
RISE, RISE_SPAN, RISE_MOST = 0.9, 1.2, 0.6
RISE_LEAST = 5.0  # bits that a risen window must have; a heading or a table before prose rises from below
CALM_LEAST = 3.4  # bits below which a window is no measure of language: tables, rules
CALM_WINDOWS = 8  # windows that the calm mean remembers
LETTERS = 0.5  # share of letters below which a window is no language and never too low
LINES = (
    1 / 14
)  # share of line ends from which on a window is a list of words. Measured: sorted word lists have few different letters
OPAQUE_MOST = 0.6  # the score of a window that is too low and holds a long word: base64 of zeros is AAAA
EXTREME = 1.5  # bits below which code counts, too. guess

_OPAQUE = re.compile("[A-Za-z0-9+/=_%.:&?~#@-]{48}")  # longer than ordinary words, options and paths. guess
_BYTES = bytes(range(256))
_NOT_CJK = bytes({*range(256)} - {*range(0xE3, 0xEE)})
_NLOGN = tuple(n * log2(n) if n else 0.0 for n in range(WINDOW + 1))


def entropy(text: str) -> float:
    """Return the entropy of the characters of `text`, in bits a character; at most WINDOW characters."""
    return log2(len(text)) - sum(map(_NLOGN.__getitem__, Counter(text).values())) / len(text) if text else 0.0


class Entropy:
    codes: ClassVar[tuple[str, ...]] = ("text/entropy",)

    def __init__(self, setting: Setting) -> None:
        self._context = setting.text
        self._data = setting.channel.startswith("tool:")
        self._first = ""  # the first half of the window
        self._calm = 0.0  # mean entropy of the windows of language that were not odd; 0 before one was seen
        self._since = -1  # where the odd windows in a row begin
        self._told = 0.0

    def feed(self, block: Block) -> tuple[Signal, ...]:
        if len(self._first) != BLOCK:
            self._first = block.text
            return ()
        text, self._first = self._first + block.text, ""
        # The low bytes of code points: as many as characters in ASCII, a few less in alphabets.
        different = 256 - len(_BYTES.translate(None, text.encode("utf-16-le", "surrogatepass")[::2]))
        kind = _kind(text)
        if FEW <= different <= BOUNDS[kind].many:
            self._since, self._told = -1, 0.0
            return ()
        return self._judge(text, block.start - BLOCK, kind)

    def close(self) -> tuple[Signal, ...]:
        text = self._first
        return self._judge(text, self._context.end - len(text), _kind(text)) if len(text) >= LEAST else ()

    def _judge(self, text: str, start: int, kind: str) -> tuple[Signal, ...]:
        bits = entropy(text)
        size = len(text)
        if ORDINARY_LOW <= bits <= ORDINARY_HIGH and size == WINDOW and bits <= self._calm + RISE:
            self._since, self._told = -1, 0.0
            self._calm += (bits - self._calm) / CALM_WINDOWS
            return ()
        low, high, _ = BOUNDS[kind]
        # A shorter window has fewer different characters: about half a bit less at half the length.
        short = 0.5 * log2(WINDOW / size)
        score, tail, bound = 0.0, "", 0.0
        if bits < low - short:
            bound = low - short
            if sum(map(str.isalpha, text)) >= LETTERS * size:
                score, tail = FLOOR + (MOST - FLOOR) * (bound - bits) / LOW_SPAN, "low"
        elif bits > high and size == WINDOW:
            bound = high
            score, tail = FLOOR + (MOST - FLOOR) * (bits - bound) / HIGH_SPAN, "high"
        elif kind in {"ascii", "latin"} and self._calm and bits > max(RISE_LEAST, self._calm + RISE):
            bound = self._calm + RISE
            score, tail = min(RISE_MOST, FLOOR + (MOST - FLOOR) * (bits - bound) / RISE_SPAN), "risen"
        if score and _OPAQUE.search(text):
            score = min(score, OPAQUE_MOST) if tail == "low" else 0.0
        if tail == "low" and bits > EXTREME and text.count("\n") > LINES * size:
            score = 0.0
        if score and (self._data or self._context.in_code(start, start + size)) and not (tail == "low" and bits < EXTREME):
            score = 0.0
        score = round(min(MOST, score), 2)
        if not score:
            self._since, self._told = -1, 0.0
            if not bound and bits > CALM_LEAST:
                self._calm += (bits - self._calm) / CALM_WINDOWS if self._calm else bits
            return ()
        if self._since < 0:
            self._since = start
        if score <= self._told and tail == "low" and start + size - self._since > 8 * WINDOW:
            return ()
        self._told = max(score, self._told)
        return (self._signal(score, bits, tail, bound, kind, start, size),)

    def _signal(self, score: float, bits: float, tail: str, bound: float, kind: str, start: int, size: int) -> Signal:
        evidence = {
            "bits": round(bits, 2),
            "bound": round(bound, 2),
            "tail": tail,
            "kind": kind,
            "calm": round(self._calm, 2) if self._calm else None,
            "near": self._context.near(start, start + size),
        }
        what = {
            "low": "fewer different characters than language has",
            "high": "more than language has",
            "risen": "more than this text had before",
        }
        message = f"{bits:.2f} bits a character in {size} characters from {self._since}: {what[tail]}"
        return Signal(self.codes[0], score, self._since, start + size, message, evidence)


def _cjk(raw: bytes) -> int:
    """Return how many characters are Han, kana, Hangul or their punctuation: those whose UTF-8 begins with E3 to ED."""
    return len(raw.translate(None, _NOT_CJK))


def _kind(text: str) -> str:
    """Return the name of the bounds for `text`: by the bytes that it takes beyond one a character."""
    if text.isascii():
        return "ascii"
    size = len(text)
    raw = text.encode("utf-8", "surrogatepass")
    more = len(raw) - size
    if more < 0.06 * size:
        return "latin"
    asian = _cjk(raw)
    if asian > 0.04 * size:
        return "cjk" if asian > 0.4 * size else "some cjk"
    return "alphabet" if more < 1.1 * size else "syllables"
