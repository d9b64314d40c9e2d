"""Characters that are no text: controls, noncharacters, bidi controls, terminal escapes.

In:   blocks of one channel.
Out:  text/control-character, one finding for each group of them (gaps of up to GAP characters), or for each paragraph with bidi controls.
Rule: Unicode 23.1 (controls), 23.7 (noncharacters), UAX 9 (bidi). Overrides and embeddings or isolates that their paragraph does not close are
      warnings, since they change what a reader sees; closed ones are notes, and so are open ones before right-to-left letters. A terminal escape is a warning outside of code and of talk about
      terminals. Form feeds, a byte order mark and private use characters are notes. Marks of direction (U+200E, U+200F, U+061C) are ordinary.
Cost: 0.1 us a block of plain ASCII, 0.6 us another; one regex class finds them all.
"""

__all__ = ("ControlCharacter",)

import re
from typing import ClassVar

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import LOOKAHEAD

GAP = 32  # characters between two of one group
MAX_GROUP = 512  # characters of a group after which the next finding begins
MAX_NAMED = 8  # code points listed in a finding
MAX_NOTES = 8  # notes of one channel; a page of icons holds hundreds of private use characters

_PLANES = "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
_BMP = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufffe\uffff"
_ODD_BMP = re.compile(f"[{_BMP}]")  # without the higher planes: ten times faster
_ODD = re.compile(f"[{_BMP}\U000f0000-\U000ffffd\U00100000-\U0010fffd{_PLANES}]")
_ODD_ASCII = bytes(b for b in range(128) if not (b < 32 and b not in b"\t\n\r") and b != 127)
_TERMINAL = re.compile(
    r"\b(?:ansi|vt100|escape (?:code|sequence)s?|terminals?|tput|ncurses|xterm|colou?r codes?|control (?:char\w*|codes?)|stty)\b|\\x1b|\\033|\\e\[|\\u001b",
    re.IGNORECASE,
)
_BIDI_TALK = re.compile(r"u\+20[26]|\bbidi\w*|right[- ]to[- ]left|\brtl\b|trojan source|directional", re.IGNORECASE)

_OPENERS = {"\u202a": "LRE", "\u202b": "RLE", "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI"}
_ISOLATES = "\u2066\u2067\u2068"
_OVERRIDES = "\u202d\u202e"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u07bf\u08a0-\u08ff\ufb1d-\ufdcf\ufdf0-\ufefc]")
_MOJIBAKE_LEAD = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u2010-\u203a]{0,2}$")


class _Group:
    """Adjacent odd characters of one kind. Bidi groups end with their paragraph."""

    __slots__ = ("bidi", "characters", "count", "end", "open", "override", "start", "stray", "worst")

    def __init__(self, start: int, bidi: bool) -> None:
        self.start = self.end = start
        self.bidi = bidi
        self.count = 0
        self.characters: list[str] = []
        self.worst: str | None = None  # the first character that is worth a warning
        self.open: list[str] = []
        self.override = False
        self.stray = False

    def add(self, character: str, at: int) -> None:
        self.count += 1
        self.end = at + 1
        if len(self.characters) < MAX_NAMED and character not in self.characters:
            self.characters.append(character)
        if not self.bidi:
            return
        if character in _OPENERS:
            self.override |= character in _OVERRIDES
            if len(self.open) < 128:  # UAX 9 counts 125 levels
                self.open.append(character)
        elif character == "\u2069":
            # closes the last isolate and every embedding opened inside it
            at_isolate = max((i for i, c in enumerate(self.open) if c in _ISOLATES), default=-1)
            if at_isolate < 0:
                self.stray = True
            else:
                del self.open[at_isolate:]
        elif self.open and self.open[-1] not in _ISOLATES:
            self.open.pop()
        else:
            self.stray = True


class ControlCharacter:
    codes: ClassVar[tuple[str, ...]] = ("text/control-character",)

    def __init__(self, setting: Setting) -> None:
        self._context = setting.text
        self._group: _Group | None = None
        self._bidi: _Group | None = None
        self._held: list[_Group] = []
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if block.ascii:
            odd = block.odd
            hit = bool(odd) and bool(odd.translate(None, _ODD_ASCII))
        else:
            raw = block.raw
            high = b"\xf0" in raw or b"\xf3" in raw or b"\xf4" in raw or b"\xf1" in raw or b"\xf2" in raw
            hit = (_ODD if high else _ODD_BMP).search(block.text) is not None
        if hit:
            self._read(block)
        elif self._group is None and self._bidi is None and not self._held:
            return []
        if self._bidi is not None and not hit and "\n" in block.text:
            self._end_bidi()
        if self._group is not None and self._context.end - self._group.end > GAP:
            self._end_group()
        return self._judge(self._context.end - LOOKAHEAD)

    def close(self) -> list[TextFinding]:
        self._end_group()
        self._end_bidi()
        return self._judge(self._context.end)

    def _read(self, block: Block) -> None:
        text, start, done = block.text, block.start, 0
        for match in _ODD.finditer(text):
            index, character = match.start(), match[0]
            at = start + index
            if self._bidi is not None and text.find("\n", done, index) >= 0:
                self._end_bidi()
            if "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069":
                done = index
                if self._bidi is None:
                    self._bidi = _Group(at, True)
                self._bidi.add(character, at)
                continue
            group = self._group
            if group is not None and (at - group.end > GAP or at - group.start >= MAX_GROUP):
                self._end_group()
                group = None
            if group is None:
                group = self._group = _Group(at, False)
            group.add(character, at)
            if group.worst is None and not self._harmless(character, block, index):
                group.worst = character
        if self._bidi is not None and text.find("\n", done) >= 0:
            self._end_bidi()

    def _harmless(self, character: str, block: Block, index: int) -> bool:
        """True where one such character is worth a note at most, whatever is around it."""
        if (
            character == "\ufeff"
            or "\ue000" <= character <= "\uf8ff"
            or (character >= "\U000f0000" and ord(character) & 0xFFFE != 0xFFFE)
        ):
            return True
        if character in "\x0b\x0c\x85":
            before = (block.tail + block.text[:index])[-1:]
            return not (before.isalpha() and block.text[index + 1 : index + 2].isalpha())
        if "\x80" <= character <= "\x9f":
            before, after = (block.tail + block.text[:index])[-3:], block.text[index + 1 : index + 2]
            if _MOJIBAKE_LEAD.search(before) is not None:
                return True  # UTF-8 read as Latin-1 leaves these behind its letters; that is for the mojibake check to say
            # a lone bullet or dash of Windows-1252, as web pages have them and answers cite them
            return not (before[-1:].isalnum() and after.isalnum())
        return False

    def _end_group(self) -> None:
        if self._group is not None:
            self._held.append(self._group)
            self._group = None

    def _end_bidi(self) -> None:
        if self._bidi is not None:
            self._held.append(self._bidi)
            self._bidi = None

    def _judge(self, known: int) -> list[TextFinding]:
        found: list[TextFinding] = []
        for group in [g for g in self._held if g.end <= known]:
            self._held.remove(group)
            severity, what = self._weigh_bidi(group) if group.bidi else self._weigh(group)
            if severity is Severity.NOTE:
                self._notes += 1
                if self._notes > MAX_NOTES:
                    continue
            points = [f"U+{ord(c):04X}" for c in group.characters]
            evidence = {
                "code_points": points,
                "count": group.count,
                "kind": what,
                "near": self._context.near(group.start, group.end),
            }
            message = (
                f"{group.count} {what} ({', '.join(points[:3])}{' ...' if len(points) > 3 else ''}) from character {group.start}"
            )
            found.append(TextFinding(self.codes[0], severity, group.start, group.end, message, evidence))
        return found

    def _weigh_bidi(self, group: _Group) -> tuple[Severity, str]:
        talk = self._context.mentions(_BIDI_TALK, group.start, group.end, LOOKAHEAD)
        if group.override:
            return (Severity.NOTE if talk else Severity.WARNING), "bidi controls with an override"
        if group.open:
            if _RIGHT_TO_LEFT.search(self._context.slice(group.start, group.end + LOOKAHEAD)):
                return (
                    Severity.NOTE,
                    "bidi controls that only the paragraph's end closes",
                )  # habit of writers of Hebrew and Persian
            return (Severity.NOTE if talk else Severity.WARNING), "bidi controls that are never closed"
        return Severity.NOTE, "bidi controls" + (", one of them closing nothing" if group.stray else "")

    def _weigh(self, group: _Group) -> tuple[Severity, str]:
        worst = group.worst
        if worst is None:
            first = group.characters[0]
            if first == "\ufeff":
                return Severity.NOTE, "byte order mark inside the text"
            return Severity.NOTE, "private use characters" if first >= "\ue000" else "control characters"
        context = self._context
        in_code = context.in_code(group.start, group.end) or context.quoted(group.start, group.end)
        if worst == "\x1b":
            talk = in_code or context.mentions(_TERMINAL, group.start, group.end, LOOKAHEAD)
            return (Severity.NOTE if talk else Severity.WARNING), "terminal escapes"
        what = "noncharacters" if worst >= "\ufdd0" else "NUL characters" if worst == "\0" else "control characters"
        return (Severity.NOTE if in_code else Severity.WARNING), what
