"""How much repetition proves a loop: by the length of what is repeated and by what it is made of.

In:   a distance, the length of a Run, the repeated characters.
Out:  the score of detectors.Signal: 1 for `suspect`, 2 for `degenerate`, up to 3.
Rule: a word, line or paragraph that stands a few times in a row is no language; rulers, blank cells, zeros, code and data are repeated for
      good reason and need several times as much. Where the text *ends* inside of the loop, less is needed: nothing came after it.
      Set on 41 million characters of text in 30 and more languages, code, tables, logs and dumps, so that few of them have as much (docs).
Cost: 15 us, asked once a unit.
"""

__all__ = ("CODE", "LEAST", "SUSPECT", "Unit", "need", "need_at_end", "score")

import re

CODE = 3.0  # times as much is needed in fences and tool arguments. guess
SUSPECT = 0.85  # share of what is needed that makes a text suspect. guess
LEAST = 74  # characters below which nothing is ever enough while the text goes on

# Times as much as of words. Manuals formatted for 2,000 columns have rulers and paddings of that length (2,640 are needed); pictures in
# base64 have kilobytes of "A"; the others: few tables, dumps and source files of that text have as much.
_RULER, _CELLS, _DIGITS, _MIXED = 30.0, 4.0, 2.5, 2.0

_SAMPLE = 512  # characters of a unit that are looked at
# Share of letters in what is not blank: Indic prose has 0.95 with its marks, calls and cells 0.3-0.5
_WORDY, _LETTERED = 0.6, 0.25
_CODE_SHARE = 0.1  # of marks of code and data in what is not blank; prose has 0.02-0.05
_VOWEL_SIGNS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u1000-\u109f\u1780-\u17ff]"
)  # no letters to isalpha()
_WORD = re.compile(r"[^\W\d_]+")
_CODE_MARKS = re.compile(r"[_(){}<>=;\"/\\|\[\]$#@&*+^~:,]")


class Unit:
    """What is repeated.

    text:   one copy, or more of them where it is very short.
    kind:   "words"; "mixed" (letters among marks: code, cells); "digits" (and marks); "cells" (one mark and blanks); "zeros" (only "A");
            "ruler" (one mark); "blank".
    factor: how many times as much of it is needed as of words.
    words:  how many it has.
    """

    __slots__ = ("factor", "kind", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        sample = text[:_SAMPLE]
        solid = "".join(sample.split())
        self.words = len(_WORD.findall(sample))
        self.kind, self.factor = _kind(sample, solid)


def _kind(sample: str, solid: str) -> tuple[str, float]:
    if not solid:
        return "blank", _RULER
    letters = sum(map(str.isalpha, solid))
    if letters < _WORDY * len(solid):
        letters += len(_VOWEL_SIGNS.findall(solid))
    if not letters and not solid[0].isdecimal() and solid.count(solid[0]) == len(solid):
        if solid[0] in "!?！？":
            return "digits", 1.0  # no one rules a line with these; "!" is token 0 of some vocabularies
        return ("ruler", _RULER) if len(sample.split()) == 1 else ("cells", _CELLS)
    if solid.count("A") == len(solid):
        return "zeros", _RULER
    if letters < _LETTERED * len(solid):
        return "digits", _DIGITS
    if letters < max(_WORDY * len(solid), _LETTERED * len(sample)) or len(_CODE_MARKS.findall(solid)) > _CODE_SHARE * len(solid):
        return "mixed", _MIXED
    return "words", 1.0


def need(distance: int) -> float:
    """Return how many characters of words prove a loop, first copy included."""
    if distance <= 60:
        return max(88.0, 3.3 * distance)
    if distance <= 1_000:
        return max(198.0, 2.7 * distance)
    return max(3_000.0, 2.75 * distance)


def need_at_end(distance: int) -> float:
    """Return the same where the text ends inside of the loop."""
    if distance < 8:
        return max(60.0, 10.0 * distance)
    if distance < 24:
        return max(48.0, 4.0 * distance)
    if distance <= 150:
        return max(72.0, 3.0 * distance)
    return max(450.0, 2.5 * distance)


def score(length: float, needed: float) -> float:
    """Return 2 where `length` reaches what is needed, 3 at twice as much, 1 at SUSPECT of it, 0 below."""
    ratio = length / needed
    if ratio < SUSPECT:
        return 0.0
    return min(3.0, 2.0 - (1.0 - ratio) / (1.0 - SUSPECT) if ratio < 1.0 else 1.0 + ratio)
