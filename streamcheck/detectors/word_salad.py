"""Words without syntax, fragments, tokens at random: text that no model of language expects.

In:   blocks of one channel.
Out:  text/word-salad signals.
Rule: a glance at each block clears most of them; the others are counted (streamcheck.language.measure) and judged in windows of WINDOWS
      blocks against noise. From the log-odds a share of the stream's own middle level is taken off, so that an odd but steady text (a
      language that the tables hardly know, a list of names) is odd only against itself. Code and tool arguments must be a little odder.
      A window that is two sound texts in two languages is none. A text shorter than a window is judged whole, from SHORTEST characters on.
Cost: 12 us a block of plain English, 25 one that a glance clears, 100 to 300 one that is judged.
"""

__all__ = ("WordSalad",)

import re
from collections import deque
from functools import cache, cached_property
from itertools import islice
from typing import ClassVar, NamedTuple

from streamcheck.detectors import BLOCK, Block, Setting, Signal
from streamcheck.language.judge import FEATURES, Judge
from streamcheck.language.measure import BEFORE, NO_GLANCE, NOTHING, Counts, Glance, Measure
from streamcheck.language.pieces import Pieces
from streamcheck.language.tables import CLUSTERS, load_tables
from streamcheck.textcontext import excerpt

SHORTEST = 40  # characters that a text must have to be judged at all
WINDOWS = (2, 1, 3, 5)  # pieces of about 128 characters, in the order of judgement
GLANCED = 2  # pieces that are glanced at together, and judged first
CONTEXT_READ = 3_072  # characters of the context whose level counts: as many blocks as levels are kept
HOPELESS = 0.3  # of the limit; GLANCED pieces with less log-odds, or less than the stream's own level, end the judgement. guess
_CLEARED = -3.0  # log-odds that stand for a text which a glance cleared; only the sign matters
# Log-odds that code and tool arguments must have more. guess; the limits of marked-up text hold for code without a fence
CODE_EXTRA = 0.5
FAINT = 0.3  # score below which nothing is said
CALM = 0.5  # share of the stream's own calm level that is taken off
_CALM_AFTER = 3  # windows that must have been judged before the stream has a level of its own
STEP = 16  # characters; how finely the onset is looked for
CLEARLY = 1.5  # log-odds below the limit that a part of a window must be to be sound for itself. guess
LEAST_PART, MOST_CUTS = 24, 12  # characters of a part; borders that are tried
_BORDER = re.compile(r"\n+|[.!?。！？।؟][\"”»)]?\s*")
IDEOGRAPHIC = CLUSTERS.index("other scripts")  # there, pairs tell and n-grams of four do not
REACH_BACK = 128  # characters before the first odd window in which the onset may lie: that piece was odd in part


class _Piece:
    """A piece of text: what a glance saw of it, and what was counted when it had to be."""

    def __init__(self, glance: Glance, end: int) -> None:
        self.glance = glance
        self.end = end  # offset behind it

    @cached_property
    def counts(self) -> Counts:
        return _model()[0].counts(self.glance)


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
        self._last: deque[_Piece] = deque(maxlen=max(WINDOWS) + 1)
        self._levels: deque[float] = deque(maxlen=24)  # log-odds of two pieces together
        self._raised: int | None = None  # where the stretch began that is odd without a break
        if setting.context:
            self._read_context(setting.context[-CONTEXT_READ:])

    def _read_context(self, context: str) -> None:
        """Take the level of what was said before for the stream's own."""
        measure, judge = _model()
        pieces, before, last = Pieces(), "", NOTHING
        for at in range(0, len(context), BLOCK):
            glance = measure.glance(pieces.feed(context[at : at + BLOCK]), before)
            counts, before = measure.counts(glance), glance.text[-BEFORE:]
            self._levels.append(judge.log_odds(judge.features(last + counts)))
            last = counts

    def feed(self, block: Block) -> list[Signal]:
        if not block.start and len(block.text) < SHORTEST:
            return []  # the whole text, as only a last block is short: the tables are not even loaded for it
        return self._take(self._pieces.feed(block.text))

    def close(self) -> list[Signal]:
        found = self._take(self._pieces.close())
        if self._last and self._last[-1].end >= SHORTEST and len(self._last) not in WINDOWS and len(self._last) <= max(WINDOWS):
            found += self._judge((len(self._last),))
        return found

    def _take(self, text: str) -> list[Signal]:
        """Look at a piece; judge the windows that it ends unless a glance clears them."""
        if not text:
            return []
        measure, judge = _model()
        glance = measure.glance(text, self._last[-1].glance.text[-BEFORE:] if self._last else "")
        self._last.append(_Piece(glance, (self._last[-1].end if self._last else 0) + len(text)))
        before = self._last[-2].glance if len(self._last) > 1 else NO_GLANCE
        if judge.clears(glance, before):
            self._raised = None
            self._levels.append(_CLEARED)
            return []
        return self._judge(WINDOWS)

    def _judge(self, sizes: tuple[int, ...]) -> list[Signal]:
        """Return a signal of the oddest window of these sizes that ends here."""
        judge = _model()[1]
        end = self._last[-1].end
        odd: list[_Window] = []
        for size in sizes:
            if size > len(self._last):
                continue
            window = sum((piece.counts for piece in islice(reversed(self._last), size)), start=NOTHING)
            if window.numbers[0] < SHORTEST:
                continue
            features = judge.features(window)
            odds = judge.log_odds(features)
            suspect, degenerate = judge.limits(features, min(WINDOWS, key=lambda known: abs(known - size)))
            odd.append(
                _Window(
                    1 + (odds - suspect) / (degenerate - suspect), odds, degenerate - suspect, end - window.numbers[0], features
                )
            )
            if size == GLANCED:
                hopeless = odds < max(HOPELESS * suspect, self._level())
                self._levels.append(odds)
                if hopeless:
                    break
        oddest = max(odd, key=lambda window: window.score, default=None)
        if oddest is not None and oddest.score >= FAINT:
            code = self._tool or self._context.in_code(max(0, end - 1), end)
            score = oddest.score - (self._calm() + (CODE_EXTRA if code else 0.0)) / oddest.unit
            if score >= FAINT and not self._changes_language(oddest.start):
                # A long window reaches back into sound text: the garbage began in the shortest one that shows it.
                start = max(window.start for window in odd if window.score >= oddest.score / 2)
                return [self._signal(oddest._replace(score=score), start)]
        self._raised = None
        return []

    def _changes_language(self, start: int) -> bool:
        """Return True when the text from `start` on is two sound ones in two languages, parted by a line or sentence: odd at their border only."""
        text = self._recent()[start - self._last[-1].end :]
        cuts = [match.end() for match in _BORDER.finditer(text) if LEAST_PART <= match.end() <= len(text) - LEAST_PART]
        for cut in cuts[:MOST_CUTS]:
            (before, is_sound), (behind, is_sound_too) = _looked_at(text[:cut]), _looked_at(text[cut:])
            if is_sound and is_sound_too and before != behind:
                return True
        return False

    def _recent(self) -> str:
        return "".join(piece.glance.text for piece in self._last)

    def _level(self) -> float:
        """Return the stream's own middle level, 0 where it has none yet."""
        return sorted(self._levels)[len(self._levels) // 2] if len(self._levels) >= _CALM_AFTER else 0.0

    def _calm(self) -> float:
        """Return what is taken off: a share of the stream's own middle level, where that is above even odds."""
        return max(0.0, CALM * self._level())

    def _signal(self, window: _Window, start: int) -> Signal:
        """Return the signal of a window. start: of the stretch that the onset is looked for in."""
        end = self._last[-1].end
        if self._raised is None:
            self._raised = self._onset(start)
        onset = min(self._raised, end - 1)
        recent = self._recent()
        evidence = {
            "log_odds": round(window.odds, 2),
            "window": [window.start, end],
            "features": {name: round(value, 3) for name, value in zip(FEATURES, window.features, strict=True) if value > 0},
            "near": excerpt(recent[max(0, onset - end + len(recent)) :][:120]),
        }
        message = f"from character {onset} on this reads like noise and not like language"
        return Signal(self.codes[0], window.score, onset, end, message, evidence)

    def _onset(self, start: int) -> int:
        """Return where the text turns odd: in the piece before the window or in the window, the point that parts calm from odd best."""
        measure, judge = _model()
        end = self._last[-1].end
        recent = self._recent()
        first = max(end - len(recent), start - REACH_BACK)
        text = recent[first - end :]
        cluster = judge.cluster_of(self._last[0].counts)
        odd = [measure.oddness(text[at : at + STEP + 3], cluster) for at in range(0, len(text) - 3, STEP)]
        if not odd:
            return start
        return first + STEP * (_level_split(odd) if cluster != IDEOGRAPHIC else _middle_split(odd))


def _looked_at(text: str) -> tuple[str, bool]:
    """Return what a scrap of text is written in, and whether it is sound for itself."""
    measure, judge = _model()
    counts = measure.counts(measure.glance(text, ""))
    features = judge.features(counts)
    return judge.written_in(counts), judge.log_odds(features) < judge.limits(features, 1)[0] - CLEARLY


def _level_split(values: list[float]) -> int:
    """Return where the values rise from one mean to a higher one, by least squares; 0 where they do not."""
    best, cut = 0.0, 0
    total, left = sum(values), 0.0
    for index in range(1, len(values)):
        left += values[index - 1]
        step = (total - left) / (len(values) - index) - left / index
        gain = index * (len(values) - index) * step * step
        if step > 0 and gain > best:
            best, cut = gain, index
    return cut


def _middle_split(values: list[float]) -> int:
    """Return behind which value the sum of distances to the middle level is lowest."""
    middle = (min(values[: max(1, len(values) // 2)]) + sum(values[-8:]) / len(values[-8:])) / 2
    total = best = 0.0
    cut = 0
    for index, value in enumerate(values):
        total += value - middle
        if total < best:
            best, cut = total, index + 1
    return cut
