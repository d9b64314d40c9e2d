"""Words without syntax, fragments, tokens at random: text that no model of language expects.

In:   blocks of one channel.
Out:  text/word-salad signals.
Rule: each block is counted (streamcheck.language.measure) and judged in windows of WINDOWS blocks against noise. From the log-odds the calmest
      earlier stretch of the same stream is taken off, so that an odd but steady text - a language that the tables do not know, a list
      of names - is odd only against itself. Code and tool arguments must be odder than prose. A text shorter than a window is judged
      whole at its end, from SHORTEST characters on.
Cost: 35 us a block (0.3 us a character), 25 more for each window that the first trees do not clear.
"""

__all__ = ("WordSalad",)

from collections import deque
from functools import cache
from operator import add, sub
from typing import ClassVar, NamedTuple

from streamcheck.detectors import Block, Setting, Signal
from streamcheck.language.judge import FEATURES, Judge
from streamcheck.language.measure import COUNTS, Measure
from streamcheck.language.pieces import Pieces
from streamcheck.language.tables import load_tables
from streamcheck.textcontext import excerpt

SHORTEST = 40  # characters that a text must have to be judged at all
WINDOWS = (1, 2, 3, 5)  # pieces of about 128 characters
SCREEN = 2  # the window that is judged first
CLEARED = 0.0  # log-odds of it below which the others are not judged. guess: even odds
CODE_EXTRA = 2.0  # log-odds that code and tool arguments must have more. guess
FAINT = 0.3  # score below which nothing is said
CALM = 0.5  # share of the stream's own calm level that is taken off
_CALM_AFTER = 3  # windows that must have been judged before the stream has a level of its own
_KEPT = 640  # characters kept to find the onset in
STEP = 16  # characters; how finely the onset is looked for
REACH_BACK = 128  # characters before the first odd window in which the onset may lie: that piece was odd in part


class _State(NamedTuple):
    """Sums over all pieces up to `end`."""

    counts: list[int]
    known: int
    frequent: int
    end: int


class _Window(NamedTuple):
    """A judged window: how odd it is in limits, in log-odds, where it begins, and why."""

    score: float
    odds: float
    unit: float  # log-odds that raise the score by 1
    start: int
    features: list[float]


@cache
def _model() -> tuple[Measure, Judge]:
    tables = load_tables()
    return Measure(tables), Judge(tables.model, tables.languages)


class WordSalad:
    codes: ClassVar[tuple[str, ...]] = ("text/word-salad",)

    def __init__(self, setting: Setting) -> None:
        self._tool = setting.channel.startswith("tool:")
        self._context = setting.text
        self._pieces = Pieces()
        self._before = ""
        self._sums: deque[_State] = deque([_State([0] * len(COUNTS), 0, 0, 0)], maxlen=max(WINDOWS) + 1)
        self._seen = 0
        self._levels: deque[float] = deque(maxlen=24)  # log-odds of two pieces together, while nothing was suspect
        self._recent = ""
        self._raised: int | None = None  # where the stretch began that is odd without a break

    def feed(self, block: Block) -> list[Signal]:
        return self._take(self._pieces.feed(block.text))

    def close(self) -> list[Signal]:
        found = self._take(self._pieces.close())
        if self._seen < max(WINDOWS) and self._sums[-1].end >= SHORTEST:
            found += self._judge([self._seen])
        return found

    def _take(self, piece: str) -> list[Signal]:
        """Count a piece and judge the windows that it ends."""
        if not piece:
            return []
        counts, known, frequent, self._before = _model()[0].piece(piece, self._before)
        last = self._sums[-1]
        self._sums.append(
            _State(list(map(add, last.counts, counts)), last.known + known, last.frequent + frequent, last.end + len(piece))
        )
        self._recent = (self._recent + piece)[-_KEPT:]
        self._seen += 1
        return self._judge([size for size in (SCREEN, *WINDOWS) if size <= self._seen])

    def _judge(self, sizes: list[int]) -> list[Signal]:
        """Return a signal of the oddest window of these sizes that ends here."""
        judge = _model()[1]
        end = self._sums[-1]
        best: _Window | None = None
        for size in sizes:
            start = self._sums[-1 - size]
            if end.end - start.end < SHORTEST:
                continue
            features = judge.features(
                list(map(sub, end.counts, start.counts)), end.known - start.known, end.frequent - start.frequent
            )
            odds = judge.log_odds(features)
            suspect, degenerate = judge.limits(features, min(WINDOWS, key=lambda known: abs(known - size)))
            score = 1 + (odds - suspect) / (degenerate - suspect)
            if best is None or score > best.score:
                best = _Window(score, odds, degenerate - suspect, start.end, features)
            if size == SCREEN:
                self._levels.append(odds)
                if odds < CLEARED:
                    break
        if best is not None and best.score >= FAINT:
            code = self._tool or self._context.in_code(max(0, end.end - 1), end.end)
            score = best.score - (self._calm() + (CODE_EXTRA if code else 0.0)) / best.unit
            if score >= FAINT:
                return [self._signal(best._replace(score=score))]
        if best is not None:
            self._raised = None
        return []

    def _calm(self) -> float:
        """Return what is taken off: a share of the stream's own middle level, where that is above even odds."""
        if len(self._levels) < _CALM_AFTER:
            return 0.0
        return max(0.0, CALM * sorted(self._levels)[len(self._levels) // 2])

    def _signal(self, window: _Window) -> Signal:
        end = self._sums[-1].end
        if self._raised is None:
            self._raised = self._onset(window.start)
        onset = min(self._raised, end - 1)
        oddest = sorted(((value, name) for value, name in zip(window.features, FEATURES, strict=True) if value > 0), reverse=True)
        evidence = {
            "log_odds": round(window.odds, 2),
            "window": [window.start, end],
            "features": {name: round(value, 3) for value, name in oddest},
            "near": excerpt(self._recent[onset - end :][:120]),
        }
        message = f"from character {onset} on this reads like noise and not like language"
        return Signal(self.codes[0], window.score, onset, end, message, evidence)

    def _onset(self, start: int) -> int:
        """Return where the text turns odd: between the piece before the window and its end, the point that parts calm from odd best."""
        end = self._sums[-1].end
        first = max(end - len(self._recent), start - REACH_BACK)
        text = self._recent[first - end :]
        odd = [_model()[0].oddness(text[at : at + STEP + 3]) for at in range(0, len(text) - 3, STEP)]
        if not odd:
            return start
        middle = (min(odd[: max(1, len(odd) // 2)]) + sum(odd[-8:]) / len(odd[-8:])) / 2
        total = best = 0.0
        cut = 0
        for index, value in enumerate(odd):
            total += value - middle
            if total < best:
                best, cut = total, index + 1
        return first + cut * STEP
