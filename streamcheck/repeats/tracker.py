"""Exact repetition at any distance up to REACH: verified distance tracking.

In:   pieces of one text, in order, of any length (blocks of 128 characters; shorter ones at the end or when folded).
Out:  Run: characters [start, end) equal those `distance` before them, all of them compared. start is exact unless it left the KEPT characters.
Rule: while a distance holds, one comparison a piece extends it. Otherwise the last KEY characters are looked up in the past (rfind is
      three times faster than find here and meets the nearest first); each hit is a distance, the longest agreement wins, the nearest
      among equals. So no run is missed that is KEY + one piece longer than its first copy.
      Distances above NEAR are looked for every FAR_EVERY characters: before such a run says anything it is 1.3 times its distance
      longer than its first copy (needs.need), so it is known by then.
Cost: 1.5 us a piece without a repetition, 0.6-1 of it for the search; the worst texts
      (all lines with one tail, dashes, "0101") stay below 1 ms.
"""

__all__ = ("KEPT", "KEY", "REACH", "Run", "Tracker", "agreement", "resumed")

from streamcheck.prefixes import common_prefix

REACH = 4_096  # the longest distance
NEAR = 512  # distances that every piece is searched for
FAR_EVERY = 512  # characters after which the longer ones are
KEPT = 5_120  # characters kept: the longest distance and what a new run may have behind it when it is found
KEY = 32  # characters that must stand twice; shorter ones are found too often in sound text, and cost more
SHORT_KEY = 12  # the same at the end of a text, where no more will come
GAP = 16  # characters that may differ between two stretches of one repetition. guess: one word
_RESUMPTIONS = 16
_SLACK = 2_048  # characters above KEPT before the text is cut; cutting each time costs as much as all the rest
_TRIES = 24  # distances tried for one piece
_LONG_KEY = 128  # longer keys make the search of hostile text quadratic


class Run:
    """Characters [start, end) that equal those `distance` before them."""

    __slots__ = ("distance", "end", "start")

    def __init__(self, distance: int, start: int, end: int) -> None:
        self.distance = distance
        self.start = start
        self.end = end

    @property
    def first(self) -> int:
        """Where the first copy begins."""
        return self.start - self.distance

    @property
    def length(self) -> int:
        """Characters of all copies, the first one too."""
        return self.end - self.start + self.distance

    @property
    def copies(self) -> float:
        return self.length / self.distance


def agreement(text: str, distance: int, known: int = 0) -> int:
    """Return how many characters at the end of `text` equal those `distance` before them. known: so many are known to."""
    limit = len(text) - distance
    good = known
    while good < limit:
        size = min(2 * good or 16, limit)
        end = len(text) - good
        if text[len(text) - size : end] == text[len(text) - size - distance : end - distance]:
            good = size
            continue
        bad = size
        while bad - good > 1:
            middle = (good + bad) // 2
            end = len(text) - good
            if text[len(text) - middle : end] == text[len(text) - middle - distance : end - distance]:
                good = middle
            else:
                bad = middle
        return good
    return good


def resumed(text: str, start: int, distance: int) -> int:
    """Return where the repetition began that an exact run from `start` on only resumes: indices of first copies.

    Steps back over places where up to GAP characters on either side differ, if the text before them is equal again.
    """
    own, copy = start, start - distance
    shift = distance // 8  # a wider one would compare short loops with themselves
    for _ in range(_RESUMPTIONS):
        best = 0
        for left in range(GAP + 1):
            before = text[max(0, own - left - GAP) : own - left]
            if len(before) < GAP:
                break
            for right in range(max(0, left - shift), min(GAP, left + shift) + 1):
                at = copy - right
                if at < GAP:
                    break
                if text[at - GAP : at] == before:
                    agreed = _agreed_before(text, own - left, at)
                    if agreed > best:
                        best, step = agreed, (own - left - agreed, at - agreed)
            if best:
                break
        if not best:
            break
        own, copy = step
    return copy


def _agreed_before(text: str, own: int, copy: int) -> int:
    good = GAP
    while copy - good >= 32 and text[own - good - 32 : own - good] == text[copy - good - 32 : copy - good]:
        good += 32
    while copy > good and text[own - good - 1] == text[copy - good - 1]:
        good += 1
    return good


class Tracker:
    """The repetition of one text.

    text: the last KEPT characters at least; `end` is the offset behind them.
    run:  the run that reaches up to `end`, if one is known.
    """

    __slots__ = ("_far", "end", "run", "text")

    def __init__(self, text: str = "", end: int = 0) -> None:
        self.text = text
        self.end = end
        self.run: Run | None = None
        self._far = end  # where the next search for long distances is due

    def feed(self, piece: str) -> Run | None:
        """Return the run that this piece begins, extends or ends: the longest of them."""
        text = self.text + piece
        size = len(piece)
        self.end += size
        if len(text) > KEPT + _SLACK:
            text = text[-KEPT:]
        self.text = text
        run = self.run
        if run is None:
            far = self.end >= self._far
            if far:
                self._far = self.end + FAR_EVERY
            if text.rfind(text[-KEY:], -KEY - (REACH if far else NEAR), -1) >= 0:
                self.run = self._find(KEY)
            return self.run
        distance = run.distance
        if text[-size:] == text[-size - distance : -distance]:
            run.end = self.end
            return run
        run.end += common_prefix(text[-size:], text[-size - distance : -distance])
        self.run = found = self._find(KEY)
        return run if found is None or run.length >= found.length else found

    def finish(self, trailing: int) -> Run | None:
        """Return the run that the text ends in, `trailing` characters left aside; also a shorter one than feed() looks for."""
        if self.run is not None:
            return self.run
        return self._find(KEY, trailing) or self._find(SHORT_KEY, trailing)

    def slice(self, start: int, end: int) -> str:
        """Return the characters [start, end) as far as they are kept."""
        first = self.end - len(self.text)
        return self.text[max(0, start - first) : max(0, end - first)]

    def _find(self, size: int, trailing: int = 0) -> Run | None:
        text = self.text
        if trailing:
            text = text[:-trailing]
        length = len(text)
        if length <= size:
            return None
        at = text.rfind(text[-size:], max(0, length - REACH - size), length - 1)
        if at < 0:
            return None
        best, distance = 0, 0
        for _ in range(_TRIES):
            apart = length - size - at
            longer = best + 1  # only a longer agreement is of interest
            if not best or text[-longer:] == text[-longer - apart : -apart]:
                best, distance = agreement(text, apart, max(size, longer)), apart
                if best == length - distance:
                    break
                at += size
                size = min(best + 1, _LONG_KEY)
                at -= size
            at = text.rfind(text[-size:], max(0, length - REACH - size), at + size - 1)
            if at < 0:
                break
        end = self.end - trailing
        return Run(distance, end - best, end)
