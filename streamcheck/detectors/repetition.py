"""The text repeats itself: a loop, a loop that counts on, near-copies, a handful of words in any order.

In:   blocks of one channel.
Out:  text/repetition as Signal, sent again while it lasts. evidence.kind: "loop" (exact, period 1 to 4,096 characters), "counter" (exact but for
      a number that moves by equal steps), "near-copies" (words in ever the same groups), "few-words" (a small vocabulary shuffled).
Rule: streamcheck.repeats finds what is repeated, its needs.py says how much of that proves something. The onset is where the first copy
      begins; a loop interrupted by changed words begins where the first stretch of it does. evidence.again_from says where the second copy
      begins, which is the first character that a reader could have known.
      In fences and tool arguments CODE times as much is needed, and near-copies and few words are not looked for: data may be so.
Cost: 5 us a block of prose, 6-7 of Markdown, code and CJK, 11-17 of JSON, tables and logs, 0.6 ms the worst block of
      hostile text. Memory: below 200 KB.
"""

__all__ = ("Repetition",)

import re
from typing import ClassVar

from streamcheck.detectors import Block, Setting, Signal
from streamcheck.repeats.folding import Folding, steps
from streamcheck.repeats.needs import CODE, LEAST, SUSPECT, Unit, need, need_at_end, score
from streamcheck.repeats.novelty import LOOK_EVERY, REACH, Novelty, began, is_prose
from streamcheck.repeats.tracker import Run, Tracker, resumed
from streamcheck.textcontext import excerpt

COUNTER = 2.0  # times as much is needed of a loop that counts on: numbered lists and test output do so for some lines. guess
SHORT_COUNTER = 60  # characters of a unit up to which three copies at the end are enough: a line. guess
# Characters of a unit from which on it is twice that: configuration files repeat whole blocks with another number
LONG_COUNTER = 120
MAX_FACTOR = 8.0  # in code, but for what has more outside of it. guess
EPISODE = 256  # characters between two sightings that have one onset; combination.REACH
LOOKED_AT = 1_500  # characters that must be prose before a poor vocabulary says something
# Share of the text that a loop at its end must have to need only half, in code two thirds: little else was said. guess
WHOLE = 0.6
TRAILING = " \t\r\n.…\"'`*)”」"  # may stand behind a loop that the text ends in: reporters and clients add such
MAX_TRAILING = 16

_GLUED = re.compile(r"[^\W\d]0|0[^\W\d]")
_STANDS_ALONE = re.compile(r"(?:^|[\s(\[#№*])0(?:[\s.):,\]*-]|$)")  # a number in prose; "USER.0", "sha0" are names


class Repetition:
    codes: ClassVar[tuple[str, ...]] = ("text/repetition",)

    def __init__(self, setting: Setting) -> None:
        self._tool = setting.channel.startswith("tool:")
        self._context = setting.text
        self._exact = Tracker()
        self._folding = Folding()
        self._novelty = Novelty()
        self._unit: tuple[Run, Unit] | None = None  # of the exact run that was judged last
        self._counter: tuple[Run, Unit, int] | None = None  # the same of the folded one, and its onset in the text itself
        self._loose = 0.0  # length that the folded run must reach before its numbers are looked at again
        self._onset = 0
        self._until = -EPISODE  # offset behind the last sighting

    def feed(self, block: Block) -> list[Signal]:
        text = block.text
        folded = self._folding.feed(text, block.raw, self._exact)
        run = self._exact.feed(text)
        found: Signal | None = None
        if run is not None and run.length >= LEAST:
            found = self._judge(run, need(run.distance))
        if found is None and folded is not None and folded.length >= LEAST:
            found = self._judge_counter(folded, need(folded.distance) * COUNTER)
        if self._novelty.feed(text, block.ascii) and found is None and not self._tool:
            found = self._look()
        return [] if found is None else [found]

    def close(self) -> list[Signal]:
        """Return what the loop says that the text ends in: less is needed of it."""
        tail = self._exact.text[-MAX_TRAILING:]
        found: list[Signal | None] = []
        for trailing in sorted({0, len(tail) - len(tail.rstrip(TRAILING))}):
            run = self._exact.finish(trailing)
            if run is not None:
                found.append(self._judge(run, need_at_end(run.distance), whole=run.length >= WHOLE * self._exact.end))
            run = self._folding.finish(trailing)
            if run is not None:
                found.append(
                    self._judge_counter(run, need_at_end(run.distance) * (1.0 if run.distance <= SHORT_COUNTER else 1.5))
                )
        signals = [s for s in found if s is not None]
        return [max(signals, key=lambda s: s.score)] if signals else []

    # ------------------------------------------------------------------ exact
    def _judge(self, run: Run, needed: float, whole: bool = False) -> Signal | None:
        if run.length < SUSPECT * needed:
            return None
        if self._unit is None or self._unit[0] is not run:
            self._unit = (run, Unit(self._exact.slice(run.end - _whole_copies(run.distance), run.end)))
        unit = self._unit[1]
        code = self._in_code(run.first)
        factor = unit.factor
        if code:
            factor = max(factor, min(factor * CODE, MAX_FACTOR))
        if whole and unit.kind not in {"ruler", "blank"}:
            factor = max(1.0, factor / (1.5 if code else 2.0))
        value = score(run.length, needed * factor)
        if value <= 0:
            return None
        onset = self._begin(run.first, run.end, run)
        evidence = {
            "kind": "loop",
            "period": run.distance,
            "copies": round(run.copies, 1),
            "unit": excerpt(unit.text[-run.distance :][:120]),
            "made_of": unit.kind,
            "again_from": run.start,
            "in_code": code,
        }
        message = (
            f"the same {run.distance} characters stand {run.copies:.1f} times in a row; the loop begins at character {onset}"
        )
        return Signal(self.codes[0], value, onset, run.end, message, evidence)

    # ------------------------------------------------------------------ counting on
    def _judge_counter(self, run: Run, needed: float) -> Signal | None:
        tracker = self._folding.tracker
        if tracker is None or run.length < SUSPECT * needed:
            return None
        if self._counter is None or self._counter[0] is not run:
            unit = Unit(tracker.slice(run.end - _whole_copies(run.distance), run.end))
            self._counter = (run, unit, self._folding.own(run.first, self._exact))
            self._loose = 0.0
        _, unit, start = self._counter
        if unit.kind != "words" or unit.words < 2 or "0%" in unit.text or run.length < self._loose:  # 5%, 10%, 15%: progress
            return None
        if run.distance > LONG_COUNTER or _GLUED.search(unit.text) or not _STANDS_ALONE.search(unit.text):
            needed *= 2
        code = self._in_code(start)
        value = score(run.length, needed * CODE if code else needed)
        if value <= 0:
            return None
        one = tracker.slice(run.end - run.distance, run.end)
        end = self._folding.own(run.end, self._exact)
        if steps(self._exact.slice(start, end), one.count("0")) != "steady":
            self._loose = 1.5 * run.length
            return None
        onset = self._begin(start, end)
        evidence = {
            "kind": "counter",
            "period": run.distance,
            "copies": round(run.copies, 1),
            "unit": excerpt(one[:120]),
            "in_code": code,
        }
        message = (
            f"the same {run.distance} characters but for a number that counts on stand {run.copies:.1f} times in a row; "
            f"the loop begins at character {onset}"
        )
        return Signal(self.codes[0], value, onset, max(end, onset + 1), message, evidence)

    # ------------------------------------------------------------------ poor in words
    def _look(self) -> Signal | None:
        recent = self._exact.text[-REACH:]
        end = self._exact.end
        if self._context.in_fence(end - 1) or not is_prose(recent[-LOOKED_AT:]):
            self._novelty.defer(2 * LOOK_EVERY)
            return None
        stale = self._novelty.look(recent)
        if stale is None:
            return None
        self._novelty.defer(0)
        onset = self._begin(end - len(recent) + stale.at, end)
        if stale.kind == "near-copies":
            message = f"the same groups of words come again and again from character {onset} on: "
            message += f"of the last {stale.window} triples only {stale.distinct['triples']:.0%} are distinct"
        else:
            message = f"few words stand in any order from character {onset} on: "
            message += f"of the last {stale.window} only {stale.distinct['words']:.0%} are distinct, but {stale.distinct['pairs']:.0%} of their pairs"
        return Signal(
            self.codes[0],
            stale.score,
            onset,
            end,
            message,
            {"kind": stale.kind, "window": stale.window, "distinct": stale.distinct},
        )

    # ------------------------------------------------------------------ common
    def _in_code(self, start: int) -> bool:
        return self._tool or self._context.in_fence(start)

    def _begin(self, start: int, end: int, run: Run | None = None) -> int:
        """Return the onset of the episode that this sighting belongs to. run: looked at for earlier stretches of the same loop."""
        if start > self._until + EPISODE:
            first = self._exact.end - len(self._exact.text)
            if run is not None and run.first >= first:
                start = resumed(self._exact.text, run.start - first, run.distance)
                start = first + began(self._exact.text, start)
            self._onset = start
        self._onset = min(self._onset, end - 1)
        self._until = max(self._until, end)
        return self._onset


def _whole_copies(distance: int) -> int:
    """Return a length of whole copies, 32 characters at least: what they are made of must not depend on where they are cut."""
    return distance * -(-32 // distance)
