"""What a model of the user's says about the text: a callable that returns bits per character.

In:   blocks of one channel; Setting.scorer.
Out:  text/scorer, a Signal where the text surprises the model far more, or far less, than before; one note where it fails.
Rule: the scorer is called on the last STRETCH characters whenever EVERY new ones are there, and at the end. Its answer is
      held against the median of the stream's calm stretches and against bounds that no
      language reaches. It is never called again after it raised or returned something that is no finite number.
Cost: nothing without a scorer; with one, its own.
"""

__all__ = ("EVERY", "STRETCH", "Scorer")

from bisect import insort
from collections import deque
from math import isfinite
from typing import ClassVar

from streamcheck.detectors import Block, Setting, Signal, TextFinding
from streamcheck.findings import Severity
from streamcheck.scriptruns import FAMILY

EVERY = 256  # new characters before the next call
STRETCH = 400  # characters handed over: about 100 tokens, so that one odd name does not decide. guess
LEAST = 60  # characters below which nothing is asked at the end of the channel. guess
CALM = 32  # calm stretches remembered
ENOUGH = 3  # calm stretches before the stream is a measure of its own. guess

# Bits per character. Small local models read sound English with 0.6-1.2; random letters cost log2(27) = 4.8. guess
MOST_LATIN = 6.0
MOST_OTHER = 14.0  # one Han character carries what several Latin ones do
LEAST_BITS = 0.15  # a loop
RATIO = 2.5  # times the stream's own median
TOP = 2.5  # the highest score


class Scorer:
    codes: ClassVar[tuple[str, ...]] = ("text/scorer",)

    def __init__(self, setting: Setting) -> None:
        self._scorer = setting.scorer
        self._context = setting.text
        self._next = EVERY
        self._calm: deque[float] = deque(maxlen=CALM)
        self._since = -1  # where the odd stretches in a row begin

    def feed(self, block: Block) -> tuple[Signal | TextFinding, ...]:
        if self._scorer is None:
            return ()
        if self._context.end < self._next:
            return ()
        self._next = self._context.end + EVERY
        return self._ask()

    def close(self) -> tuple[Signal | TextFinding, ...]:
        left = self._context.end - (self._next - EVERY)
        return self._ask() if self._scorer is not None and left > 0 and self._context.end >= LEAST else ()

    def _ask(self) -> tuple[Signal | TextFinding, ...]:
        end = self._context.end
        start = max(0, end - STRETCH)
        text = self._context.slice(start, end)
        assert self._scorer is not None
        try:
            bits = float(self._scorer(text))
        except Exception as error:  # noqa: BLE001  # anything may come out of a user's callable; it must not end the check
            return self._fail(type(error).__name__, start, end)
        if not isfinite(bits) or bits < 0:
            return self._fail(repr(bits), start, end)
        return self._judge(bits, text, start, end)

    def _fail(self, what: str, start: int, end: int) -> tuple[TextFinding]:
        self._scorer = None
        message = f"the scorer failed ({what}) and is not called again; the other checks go on"
        return (TextFinding(self.codes[0], Severity.NOTE, start, end, message, {"error": what}),)

    def _judge(self, bits: float, text: str, start: int, end: int) -> tuple[Signal, ...]:
        median = self._median()
        latin = sum(FAMILY[char] == "L" for char in text[::8]) * 16 >= len(text[::8]) * 8
        most = MOST_LATIN if latin else MOST_OTHER
        score, bound = 0.0, 0.0
        if bits < LEAST_BITS:
            bound = LEAST_BITS
            score = 1.0 + 0.5 * (bound - bits) / bound
        else:
            if median:
                bound = RATIO * median
                score = (
                    max(0.0, bits / bound - 0.6) / 0.4 if bits > 0.8 * bound else 0.0
                )  # 0.5 at 0.8, 1 at the bound, 2 at 1.4 times it
            if bits > most and (not score or most < bound):
                bound = most
                score = max(score, 1.0 + 2.0 * (bits - most) / most)
        score = round(min(score, TOP), 2)
        if not score:
            self._since = -1
            self._calm.append(bits)
            return ()
        if self._since < 0:
            self._since = max(start, end - EVERY)
        evidence = {
            "bits": round(bits, 3),
            "median": round(median, 3) if median else None,
            "bound": round(bound, 3),
            "near": self._context.near(start, end),
        }
        expected = f"{'at least' if bits < bound else 'at most'} {bound:.2f} expected"
        message = f"the scorer gives {bits:.2f} bits a character from character {self._since}; {expected}"
        return (Signal(self.codes[0], score, self._since, end, message, evidence),)

    def _median(self) -> float:
        """Return the median of the calm stretches; 0 while they are too few."""
        if len(self._calm) < ENOUGH:
            return 0.0
        rising: list[float] = []
        for bits in self._calm:
            insort(rising, bits)
        return rising[len(rising) // 2]
