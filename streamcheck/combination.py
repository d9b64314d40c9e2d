"""What the signals of all detectors add up to: a note, `suspect`, `degenerate`, and the score over position.

In:   Signal values of one channel, block by block.
Out:  TextFinding values whose severity the rule below gives, with the table of what was combined; points (character, score).
Rule: the heaviest signal counts whole, those of other codes within REACH characters count SHARE of theirs, as they see the same damage
      in part. Two codes that each make the text suspect make it degenerate together. A level is told once; it is left when the score
      stays below half of what it took to enter for REACH characters, and can then be told again.
Cost: nothing for a block without signals.
"""

__all__ = ("DEGENERATE", "NOTABLE", "REACH", "SUSPECT", "Combination")

from collections.abc import Iterable

from streamcheck.detectors import Signal, TextFinding
from streamcheck.findings import Severity

NOTABLE, SUSPECT, DEGENERATE = 0.5, 1.0, 2.0  # scores at which a note, a warning, an error is told; see detectors.Signal
# Characters over which evidence of different kinds belongs together, and after which a level is left. guess: two blocks
REACH = 256
# Of the score of further codes that counts. With 0.5 one sound answer of 751 became suspect (a Chinese word in English)
SHARE = 0.3
MAX_NOTES = 8  # notes of one channel
MAX_POINTS = 2_048  # of the score over position; more are thinned to every other one, keeping the higher

_LEVELS = ((DEGENERATE, Severity.ERROR), (SUSPECT, Severity.WARNING), (NOTABLE, Severity.NOTE))


class Combination:
    """The statistical evidence of one channel.

    points: (offset, score): from the point before up to this offset the score was this one. Offsets rise; a stretch without any
            evidence is one point with score 0.
    """

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._active: dict[str, Signal] = {}  # the heaviest recent signal of each code
        self._told: dict[str, float] = {}  # code -> the score at which its level was entered
        self._held: dict[str, int] = {}  # code -> up to where it was last loud enough to hold its level
        self._notes = 0

    def weigh(self, signals: Iterable[Signal], end: int) -> list[TextFinding]:
        """Return what the signals of one block raise to a new level. end: the offset behind the block."""
        codes = [self._take(signal) for signal in signals]
        if not self._active:
            self._point(end, 0.0)
            return []
        self._forget(end)
        found: list[TextFinding] = []
        if codes and self._active:
            heaviest = max(self._active.values(), key=lambda s: s.score).code
            for code in dict.fromkeys([*codes, heaviest]):
                if code in self._active:
                    found += self._rise(self._active[code], self._score() if code == heaviest else self._active[code].score)
        self._point(end, self._score())
        return found

    def _take(self, signal: Signal) -> str:
        """Keep a signal if it is the heaviest recent one of its code; return the code."""
        kept = self._active.get(signal.code)
        if kept is None or signal.score >= kept.score or kept.end <= signal.end - REACH:
            self._active[signal.code] = signal
        if signal.score >= self._told.get(signal.code, 0.0) / 2:
            self._held[signal.code] = max(self._held.get(signal.code, 0), signal.end)
        return signal.code

    def _score(self) -> float:
        scores = sorted((s.score for s in self._active.values()), reverse=True)
        if not scores:
            return 0.0
        total = scores[0] + SHARE * sum(scores[1:])
        return max(total, DEGENERATE) if len(scores) > 1 and scores[1] >= SUSPECT else total

    def _rise(self, signal: Signal, score: float) -> Iterable[TextFinding]:
        """Tell a level that this code has not been told at yet."""
        threshold, severity = next((level for level in _LEVELS if score >= level[0]), (0.0, None))
        if severity is None or threshold <= self._told.get(signal.code, 0.0):
            return
        self._told[signal.code] = threshold
        self._held[signal.code] = max(self._held.get(signal.code, 0), signal.end)
        if severity is Severity.NOTE:
            self._notes += 1
            if self._notes > MAX_NOTES:
                return
        active = sorted(self._active.values(), key=lambda s: -s.score)
        table = [{"code": s.code, "score": round(s.score, 2), "chars": [s.start, s.end]} for s in active]
        evidence = {**signal.evidence, "score": round(score, 2), "combined": table}
        message = signal.message
        if score > signal.score and severity is not Severity.NOTE:
            message += "; together with " + ", ".join(s.code for s in active if s is not signal)
        yield TextFinding(signal.code, severity, signal.start, signal.end, message, evidence)

    def _forget(self, end: int) -> None:
        """Drop signals that are out of reach, and levels that nothing has held for as long."""
        for code, signal in list(self._active.items()):
            if signal.end < end - REACH:
                del self._active[code]
        for code in list(self._told):
            if self._held[code] < end - REACH:
                del self._told[code]

    def _point(self, end: int, score: float) -> None:
        points = self.points
        score = round(score, 2)
        if points and points[-1][0] == end:  # what the end of the channel shows
            score = max(score, points.pop()[1])
        if points and points[-1][1] == score:
            points[-1] = (end, score)
            return
        points.append((end, score))
        if len(points) > MAX_POINTS:
            self.points = [(b[0], max(a[1], b[1])) for a, b in zip(points[::2], points[1::2], strict=False)] + points[
                len(points) // 2 * 2 :
            ]
