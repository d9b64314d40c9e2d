"""Writing systems mixed as no writer mixes them: inside a word, inside a sentence, or many at once.

In:   blocks of one channel; the context's text.
Out:  text/script-mix, a Signal that grows while pieces gather; evidence: home scripts, pieces with their offsets, kinds.
Rule: each piece of evidence has a weight, and the weights of different pieces within REACH characters are added:
      - glue: two scripts meet inside a word with nothing between them, in a pair and an order that no writing habit explains;
      - intrusion: a run of a script that neither the context nor the stream's own beginning is written in, inside a sentence;
      - clause: Han among Hangul that no Korean writes, that is, Chinese; `switch` where it has lines of its own;
      - soup: scripts change place again and again without punctuation, line ends or lists between them;
      - fullwidth: fullwidth punctuation directly behind Latin letters of a text that is not CJK.
      Code, quotation, brackets and talk of the language in question make a piece lighter or drop it.
Cost: 0.3 us a block of ASCII, 1-2 us in the scripts of the text, 50-150 us with a foreign one; 1.1 ms where five alternate glued.
"""

__all__ = ("ScriptMix",)

import re
from collections import deque
from typing import ClassVar

from streamcheck.detectors import Block, Setting, Signal
from streamcheck.scriptruns import family_name, runs, shape
from streamcheck.scriptruns.glue import glue_weight, lookalikes
from streamcheck.scriptruns.home import Home
from streamcheck.scriptruns.talk import enclosed, endonym, foreign_han, talked_about
from streamcheck.scriptruns.view import Change, Piece, View, most_on_a_line
from streamcheck.textcontext import excerpt

HOLD = 64  # characters behind a piece that must be known. guess: the closing bracket of a gloss, the rest of a glued word
BEHIND = 256  # characters before a piece in which its surroundings are looked at
REACH = 512  # characters over which weights are added. guess: four blocks, a long paragraph
SOUP_REACH = 256  # the same for changes of script
TALK_BEFORE, TALK_AFTER = 160, 100  # characters in which talk of a language explains a piece. guess: two sentences, one
TALK_SHARE, CODE_SHARE = 0.2, 0.3  # of a weight that talk of the language, and code, leave. guess
REPEATED_SHARE, REPEATS = 0.4, 3  # of the weight that a piece has the second, third and fourth time. guess
TOLD = 0.3  # a sum below it is kept back. guess
STEP = 0.2  # a signal is sent again when it has grown by this
HOLDS = 192  # characters after which a standing sum is sent again, so that its level is not left
ENOUGH = 8  # pieces a block that are looked at; soup holds a hundred, and the sum is certain by then
MOST = 4.0  # of a score

YOUNG = 200  # letters before which one foreign script may still turn out to be the text's own. guess: a heading in Latin

_ASCII_LETTER = re.compile("[A-Za-z]")
_OTHER_LETTER = r"[^\W\d_\x00-\u02ff\u1e00-\u1eff]"
_GLUED = re.compile(f"[A-Za-z](?:{_OTHER_LETTER}|(?<={_OTHER_LETTER}.))")
_GLUED_HANGUL = re.compile("[\uac00-\ud7a3][a-z]{2}")  # endings behind Latin words are everyday Korean
_LONG_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]{3}")
_FULLWIDTH = re.compile("[A-Za-z][\uff01\uff0c\uff1a\uff1b\uff1f\u3001\u3002]")


class ScriptMix:
    codes: ClassVar[tuple[str, ...]] = ("text/script-mix",)

    def __init__(self, setting: Setting) -> None:
        self._home = Home(setting.context)
        self._about = setting.context[-2_000:]
        self._tool = setting.channel.startswith("tool:")
        self._reasoning = setting.channel == "reasoning"
        self._context = setting.text
        self._done = 0  # everything before it is judged
        self._learned = 0  # everything before it is counted in the home
        self._open = False  # letters that need a look are not judged yet
        self._postponed = False  # the sum waits until the text has shown what it is written in
        self._pieces: deque[Piece] = deque(maxlen=64)
        self._changes: deque[Change] = deque(maxlen=128)
        self._sent, self._sent_at = 0.0, 0

    def feed(self, block: Block) -> tuple[Signal, ...]:
        if block.ascii:
            if not self._open:
                if not self._home.order and _ASCII_LETTER.search(block.text):
                    self._home.learn(runs(shape(block.text)))
                self._done = block.start + len(block.text)
                return ()
        elif self._asks(block.tail[-1:] + block.text):
            self._open = True
        elif not self._open:
            self._done = block.start + len(block.text)
            return ()
        return self._judge(self._context.end - HOLD)

    def close(self) -> tuple[Signal, ...]:
        return self._judge(self._context.end) if self._open else ()

    def _asks(self, text: str) -> bool:
        """True when the screens do not settle `text`."""
        home = self._home
        if not home.order:
            return True
        if home.odd(text) and (
            not home.fine(text)
            or (home.first != "G" and _LONG_GREEK.search(text))
            or (not home.asian and _FULLWIDTH.search(text))
        ):
            return True
        if "O" in home.order and _GLUED_HANGUL.search(text):
            return True
        return home.narrow and _GLUED.search(text) is not None

    # ------------------------------------------------------------------ one stretch of text
    def _judge(self, known: int) -> tuple[Signal, ...]:
        """Judge the runs that begin before `known`."""
        low, end = self._done, self._context.end
        if known <= low:
            return ()
        text = self._context.slice(max(0, low - BEHIND), end)
        view = View(text, end - len(text))
        self._learn(view)
        self._done = known
        self._open = known < end and self._asks(text[max(0, known - view.base - 1) :])
        fresh, found = False, 0
        enough = ENOUGH if self._sent < MOST else 1
        for index, row in enumerate(view.rows):
            if low <= view.base + row.start < known:
                if found < enough:
                    pieces = [piece for piece in self._look(view, index) if piece.weight >= 0.05]
                    self._pieces.extend(pieces)
                    found += len(pieces)
                fresh |= self._changed(view, index)
        fresh |= found > 0
        fresh |= self._fullwidth(view, low, known)
        if not fresh and not self._postponed:
            return ()
        if known < end and self._home.letters < YOUNG and len({_region(p.family) for p in self._pieces}) < 2:
            self._postponed = self._open = True
            return ()
        self._postponed = False
        return self._weigh(known)

    def _learn(self, view: View) -> None:
        new = [row for row in view.rows if view.base + row.start >= self._learned]
        if not new:
            return
        self._learned = view.base + new[-1].end
        before = len(self._home.order)
        self._home.learn(new)
        for family in self._home.order[before:]:
            # The text has gone on in this script: what looked like an intrusion was its beginning.
            self._pieces = deque((p for p in self._pieces if p.family != family), maxlen=64)
            self._changes = deque((c for c in self._changes if family not in (c.left, c.right)), maxlen=128)

    def _look(self, view: View, index: int) -> list[Piece]:
        """Return the pieces of evidence at run `index`."""
        row = view.rows[index]
        found = []
        if index and not view.gap(index) and view.rows[index - 1].family != row.family:
            left = view.rows[index - 1]
            weight = glue_weight(view.rows, index, view.text, self._home.owns)
            if weight:
                foreign = left if self._at_home(row.family) else row
                alike = self._home.owns("C") and "C" in (left.family, row.family) and lookalikes(view, left, row)
                kind = "lookalike" if alike else "glue"
                found.append(
                    self._doubted(
                        view, view.piece(foreign.start, foreign.end, weight, kind, foreign.family, view.word(foreign)), wide=False
                    )
                )
        if row.family == "H" and "O" in self._home.order:
            found += self._clause(view, index)
        elif row.family != "G" and not self._at_home(row.family):
            found += self._intrusion(view, index)
        return found

    def _at_home(self, family: str) -> bool:
        return family == "L" or self._home.owns(family)

    def _doubted(self, view: View, piece: Piece, *, wide: bool = True) -> Piece:
        """Return the piece as talk of its language and code around it leave it."""
        around = view.text[max(0, piece.start - view.base - TALK_BEFORE) : piece.end - view.base + TALK_AFTER]
        if talked_about(piece.family, around, wide=wide) or (self._about and talked_about(piece.family, self._about, wide=False)):
            piece = piece._replace(weight=piece.weight * TALK_SHARE, kind="spoken of")
        if self._tool or self._context.in_code(piece.start, piece.end):
            piece = piece._replace(weight=piece.weight * CODE_SHARE)
        return piece

    # ------------------------------------------------------------------ intrusion
    def _intrusion(self, view: View, index: int) -> list[Piece]:
        """Judge the stretch of a foreign family that begins with run `index`. Weights: guess."""
        if view.continues(index):
            return []  # judged with the first run of the stretch
        rows = view.rows
        behind = index + 1
        while view.continues(behind):
            behind += 1
        row, last = rows[index], rows[behind - 1]
        letters = sum(r.end - r.start for r in rows[index:behind])
        words = view.text[row.start : last.end]
        if (
            (letters == 1 and row.family not in "HKO")
            or endonym(words)
            or enclosed(view.text[view.line_start(row.start) : row.start], view.text[last.end : view.line_end(last.end)])
        ):
            return []  # a sign of mathematics or a face; a language's name; a gloss
        left = view.blank(index)
        right = view.blank(behind)
        if not left and not right:
            return []
        home = self._home.first
        if home in {"", "L"}:
            weight = 0.5 if left and right else 0.4 if left else 0.25
        else:
            weight = 0.9 if left and right else 0.8 if left else 0.4
            if home == "O" and left:
                weight += 0.2
            if home == "H" and row.family == "K":
                weight *= 0.5
        if letters == 1:
            weight *= 0.6
        if words[0].isupper():
            weight *= 0.7  # a name
        return [self._doubted(view, view.piece(row.start, last.end, weight, "intrusion", row.family))]

    # ------------------------------------------------------------------ Chinese in Korean
    def _clause(self, view: View, index: int) -> list[Piece]:
        """Judge the Han characters from run `index` up to the next Hangul or line end. Weights: guess."""
        rows, text = view.rows, view.text
        row = rows[index]
        line = view.line_start(row.start)
        for earlier in reversed(rows[:index]):
            if earlier.end <= line or earlier.family == "O":
                break
            if earlier.family == "H":
                return []  # judged with the first run
        line_end = view.line_end(row.end)
        han, end = "", row.end
        for later in rows[index:]:
            if later.family == "O" or later.start >= line_end:
                break
            if later.family == "H":
                han, end = han + text[later.start : later.end], later.end
        if enclosed(text[line : row.start], text[end:line_end]):
            return []
        size = len(han)
        strange, function = foreign_han(han)
        if strange:
            weight = min(3.0, 0.5 + 0.15 * min(size, 10) + 0.25 * min(strange, 4) + 0.2 * function)
        elif function and size >= 4:
            weight = 0.6 + 0.1 * min(size, 8) + 0.2 * min(function, 3)
        else:
            weight = 0.4 if size >= 6 else 0.1  # hanja words
        if text[end : end + 2].lstrip()[:1] in {"(", "（", "["}:
            weight *= 0.4  # a term and its reading
        if self._home.owns("H"):
            weight *= 0.5
        kind = "clause" if "O" in view.form[line:line_end] else "switch"
        return [self._doubted(view, view.piece(row.start, end, weight, kind, "H"))]

    # ------------------------------------------------------------------ changes of script, fullwidth punctuation
    def _changed(self, view: View, index: int) -> bool:
        """Keep the change of script between runs index-1 and index if nothing explains it."""
        if not index:
            return False
        left, right = view.rows[index - 1], view.rows[index]
        gap = view.gap(index)
        pair = {left.family, right.family}
        if len(pair) == 1 or pair == {"H", "K"} or gap.strip(" 0_~"):
            return False
        if gap and any(r.end - r.start == 1 and r.family in "GC" for r in (left, right)):
            return False  # a sign of mathematics
        if any(r.end - r.start <= 2 and r.family == "G" for r in (left, right)):
            return False
        if any(endonym(view.text[r.start : r.end]) for r in (left, right)):
            return False
        foreign = left if self._at_home(right.family) else right
        if self._at_home(foreign.family):
            return False
        self._changes.append(view.change(foreign.start, left, right))
        return True

    def _fullwidth(self, view: View, low: int, known: int) -> bool:
        if self._home.asian:
            return False
        found = False
        for match in _FULLWIDTH.finditer(view.text, max(0, low - view.base - 1)):
            at = view.base + match.start() + 1
            if low <= at < known:
                self._pieces.append(view.piece(match.start() + 1, match.end(), 0.15, "fullwidth", "", match[0]))
                found = True
        return found

    # ------------------------------------------------------------------ the sum
    def _soup(self, known: int) -> tuple[float, int, set[str], int]:
        """Return score, beginning, foreign families and number of the changes within reach. Weights: guess."""
        near = [c for c in self._changes if c.at >= known - SOUP_REACH]
        found = {(c.line, _region(f)) for c in near for f in (c.left, c.right) if not self._at_home(f)}
        foreign = {family for _, family in found}
        kinds, number = len(foreign), len(near)
        if most_on_a_line(found) < 2:
            number = 0  # a list of translations: every line has its own script
        score = 0.0
        if number >= 4 and kinds >= 3:
            score = 2.0 + 0.25 * (number - 4) + 0.25 * (kinds - 3)
        elif number >= 4 and kinds == 2:
            score = 1.0 + 0.1 * (number - 4)
        return min(score, MOST), near[0].at if near else known, foreign, number

    def _sums(self) -> dict[str, float]:
        """Return the weight of the pieces of each kind."""
        seen: dict[str, int] = {}
        sums: dict[str, float] = {}
        for piece in self._pieces:
            times = seen[piece.key] = seen.get(piece.key, 0) + 1
            share = 1.0 if times == 1 else REPEATED_SHARE if times <= 1 + REPEATS else 0.0
            sums[piece.kind] = sums.get(piece.kind, 0.0) + share * piece.weight
        lines = len({p.key for p in self._pieces if p.kind == "switch"})
        most = {"switch": 0.5 if self._reasoning else 0.65 + 0.35 * lines, "fullwidth": 0.5, "lookalike": 0.6, "spoken of": 0.4}
        if (
            self._home.first in {"", "L"}
            and most_on_a_line((p.line, _region(p.family)) for p in self._pieces if p.kind == "intrusion") < 2
        ):
            most["intrusion"] = 0.85  # one foreign language among Latin: models that think in two, lists of translations
        return {kind: min(value, most.get(kind, value)) for kind, value in sums.items()}

    def _weigh(self, known: int) -> tuple[Signal, ...]:
        while self._pieces and self._pieces[0].end < known - REACH:
            self._pieces.popleft()
        sums = self._sums()
        total = sum(sums.values())
        soup, begin, foreign, changes = self._soup(known)
        score = round(min(MOST, max(total, soup) + 0.3 * min(total, soup)), 2)
        if self._sent_at < known - REACH:
            self._sent = 0.0
        holds = score >= 1 and self._sent_at < known - HOLDS
        if score < TOLD or not (holds or score >= self._sent + STEP):
            return ()
        self._sent, self._sent_at = score, known
        starts = [p.start for p in self._pieces] + ([begin] if soup else [])
        ends = [p.end for p in self._pieces] + [c.at + 1 for c in self._changes]
        start, end = min(starts), max(ends)
        names = sorted({family_name(f) for f in foreign | {p.family for p in self._pieces} if f})
        home = [family_name(f) for f in self._home.order]
        if soup:
            sums["soup"] = soup
        heaviest = sorted(sorted(self._pieces, key=lambda p: -p.weight)[:8])
        evidence = {
            "home": home,
            "scripts": names,
            "kinds": {kind: round(value, 2) for kind, value in sums.items()},
            "changes": changes,
            "pieces": [
                {"at": p.start, "text": excerpt(p.key[:40]), "kind": p.kind, "weight": round(p.weight, 2)} for p in heaviest
            ],
            "near": self._context.near(start, end),
        }
        what = ", ".join(names) or "fullwidth punctuation"
        message = f"{what} mixed into a text {'in ' + ' and '.join(home) if home else 'of no one script'}, from character {start}"
        return (Signal(self.codes[0], score, start, end, message, evidence),)


def _region(family: str) -> str:
    """Return the family, with those of East Asia as one: names and terms of all three stand together in sound texts."""
    return "H" if family in {"K", "O"} else family
