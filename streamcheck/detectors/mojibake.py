"""UTF-8 that somebody read as another encoding.

In:   blocks of one channel.
Out:  text/mojibake, one finding for each region; evidence.plan undoes it (steps for ftfy.apply_plan).
Rule: characters are taken back to the bytes that they were read from; where these bytes are UTF-8 by themselves, the text was misread. Clean text
      does that too, in pairs such as `É®`, `é…»` or `×½`, so a sequence counts by what it is made of: see _grade. An error is a region
      with an unmistakable sequence or two doubtful ones, a warning a single doubtful one, a note what stands in quotation marks or code or beside words
      about encodings. Pages: Latin-1 and Windows-1252, Windows-1251, Mac Roman, code pages 437 and 850, GBK, Shift-JIS.
Cost: 0.1 us an ASCII block, about 1 us another; ftfy is imported and run when a region is to be reported, never before.
"""

__all__ = ("Mojibake",)

import re
import unicodedata
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from streamcheck.detectors import Block, Setting, TextFinding
from streamcheck.findings import Severity
from streamcheck.textcontext import excerpt

GAP = 64  # characters between two sequences of one region
MAX_REGION = 1_024  # characters read at once; a longer region makes several findings
ABOUT = 120  # characters to each side in which the text may speak of encodings. guess: a sentence and a half
SHORT_QUOTE = 48  # characters of a quotation that is an example and not speech. guess: five words
MAX_NOTES = 8
# Share of a GBK or Shift-JIS run's bytes that must be whole UTF-8 sequences; clean Chinese has below 0.5. guess
MIN_COVERAGE = 0.75
MIN_COVERAGE_SHORT = 0.9  # the same for runs of up to SURE_LONG sequences
SURE_LONG = 6
MIN_LONG = 3  # UTF-8 sequences of three or four bytes in such a run; one place of clean Chinese in 10^3 holds one by chance
MIN_SHORT = 6  # sequences of two bytes; a pair of hanzi in 50 holds two by chance

# How bytes 0x80-0xBF (UTF-8's second to fourth) look in Latin-1 and Windows-1252, and how those look that typography uses.
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸŽ"
_FOLLOW = "\u0080-\u00bf" + _CP1252
_WEAK = frozenset("“”‘’–—…•›‹«»„‚\u00a0\u0085 ŠŽŒšžœŸ\ufffd")
_SEQUENCE = re.compile(f"[\u00c2-\u00df][{_FOLLOW}]|[\u00e0-\u00ef][{_FOLLOW}]{{2}}|[\u00f0-\u00f4][{_FOLLOW}]{{3}}")
_TO_BYTE = {character: byte for byte in range(0x80, 0xA0) for character in bytes([byte]).decode("cp1252", "ignore")}

_HIGH_1251 = re.escape("".join(bytes([b]).decode("cp1251", "ignore") for b in range(0x80, 0xC0)))
_CYRILLIC = re.compile(f"(?:[РСТ][{_HIGH_1251}]){{3,}}|вЂ[{_HIGH_1251}]|[A-Za-z]Г[©ЁЄ¤¶јҐ±ЎЈ«®§][a-z]")
# Punctuation of U+2000 and accented letters as other pages show them; the second group wants letters on both sides.
_OTHER = re.compile(r"‚Ä[ôúùìîò¶¢]|ΓÇ[Öÿªô£¥óòª¡ó¢ö]|ÔÇ[Öøôö£ØªÿóÖ]|[βā]€[™œ“”¦\u009d]")
_OTHER_IN_WORD = re.compile(r"[A-Za-z](?:√[©®´§≠ß†°™¢£¥ÆØ¶•±º≥≤]|├[⌐¿║ñ╢╝á¡│┤ª«®®©]|┬[░ú⌐«])[a-z]")

# Hanzi that the first two bytes of a UTF-8 character make in GBK, second byte below 0xA1: not in GB 2312, so rare in clean text.
_GBK_RARE = "".join(bytes([a, b]).decode("gbk", "ignore") for a in range(0xCE, 0xF0) for b in range(0x80, 0xA1))
_GBK_INDIC = "".join(bytes([0xE0, b]).decode("gbk") for b in range(0xA4, 0xC0))  # scripts of India and Thai
_KANA_932 = "縺縲繧繝"  # what kana and Japanese punctuation begin with in Shift-JIS
_HALLMARKS = "鈥銆锛锟馃"  # what quotation marks, CJK punctuation, U+FFFD and emoji begin with
_GBK_SECOND = "".join(
    bytes([a, b]).decode("gbk", "ignore") for a in range(0x81, 0xA1) for b in range(0xE4, 0xEA)
)  # ... and its third with the next one's first
_HALLMARK = re.compile(f"[{_HALLMARKS}{_KANA_932}]")
_WIDE_SCREEN = re.compile(f"[{_GBK_RARE}{_GBK_SECOND}{_HALLMARKS}{_GBK_INDIC}{_KANA_932}]")
_WIDE_RUN = re.compile("[^\x00-\u024f\u0250-\u036f\uac00-\ud7a3\ud800-\udfff]{2,}")
_KEY = re.compile("[鈥馃][\u4e00-\u9fff]|锟斤拷?|占쏙옙")
# Accented letters of Latin, between letters: `f茅e`. Second bytes 0xA1 and up are common hanzi, which stand between letters in formulas.
_GBK_ACCENTS = "".join(bytes([0xC3, b]).decode("gbk", "ignore") for b in range(0xA0, 0xC0)) + "".join(
    bytes([a, b]).decode("gbk", "ignore") for a in (0xC4, 0xC5) for b in range(0x80, 0xA1)
)
_GBK_IN_WORD = re.compile(f"[a-z][{_GBK_ACCENTS}][a-z]")
_UTF8_LONG = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_UTF8_SHORT = re.compile(rb"[\xce\xcf\xd0\xd1\xd7-\xdb][\x80-\xbf]")  # Greek, Cyrillic, Hebrew, Arabic

_SCREEN_LATIN = re.compile(f"[\u00c2-\u00f4][\u0080-\u009f\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u00bf{_CP1252}]")
_SCREEN_1251 = re.compile(f"[РСТ][{_HIGH_1251}][РСТ]")
_SCREEN_SIGNS = re.compile("[√├┬][^\x00-\x7f]")
_ASCII = bytes(range(128))

_SPEAKS_OF_IT = re.compile(
    r"mojibake|\b(?:en|de)cod(?:e|ed|es|ing|ings|er)\b|utf-?8|latin-?1|iso-?8859|cp-?125\d|windows-?125\d|\bgbk\b|charset|code ?page|double[- ]encod\w*|garbled"
    r"|zeichensatz|kodierung|encodage|codificaci|codifica|кодировк|кракозябр|编码|乱码|亂碼|編碼|文字化け|エンコー|인코딩",
    re.IGNORECASE,
)


class _Item(NamedTuple):
    """A suspicious sequence at [start, end) of the region; grade 2 is unmistakable, 1 doubtful."""

    start: int
    end: int
    grade: int
    page: str


class Mojibake:
    codes: ClassVar[tuple[str, ...]] = ("text/mojibake",)

    def __init__(self, setting: Setting) -> None:
        self._context = setting.text
        self._text = ""  # the blocks being read, with what stood before the first
        self._start = 0
        self._done = 0  # what ends before this offset has been told
        self._notes = 0

    def feed(self, block: Block) -> list[TextFinding]:
        if block.ascii and not self._text:
            return []
        hot = not block.ascii and _suspicious(block)
        if not self._text:
            if hot:
                self._text, self._start = block.window, block.window_start
            return []
        self._text += block.text
        if hot and len(self._text) < MAX_REGION:
            return []
        found = self._read()
        if hot:  # go on from here
            keep = self._text[-96:]
            self._start, self._text = self._start + len(self._text) - len(keep), keep
        else:
            self._text = ""
        return found

    def close(self) -> list[TextFinding]:
        found = self._read() if self._text else []
        self._text = ""
        return found

    def _read(self) -> list[TextFinding]:
        text = self._text
        items = sorted(
            (item for item in _items(text) if self._start + item.start >= self._done), key=lambda item: (item.start, -item.end)
        )
        found: list[TextFinding] = []
        region: list[_Item] = []
        proven = any(item.grade == 2 for item in items) or len(items) > 1
        for item in items:
            if region and item.start - region[-1].end > GAP:
                found += self._finding(text, region, proven)
                region = []
            region.append(item)
        if region:
            found += self._finding(text, region, proven)
        if items:
            self._done = self._start + max(item.end for item in items)
        return found

    def _finding(self, text: str, region: list[_Item], proven: bool) -> list[TextFinding]:
        start, end = region[0].start, max(item.end for item in region)
        damaged = text[start:end]
        page = next((item.page for item in region if item.grade == 2), region[0].page)
        plan, mended = _mend(damaged, page)
        severity = Severity.ERROR if proven else Severity.WARNING
        at, to = self._start + start, self._start + end
        reason = self._spoken_of(at, to)
        if reason is not None:
            severity = Severity.NOTE
            self._notes += 1
            if self._notes > MAX_NOTES:
                return []
        evidence = {
            "plan": plan,
            "damaged": excerpt(damaged[:120]),
            "mended": excerpt(mended[:120]),
            "sequences": len(region),
            "read_as": page,
        }
        if reason is not None:
            evidence["context"] = reason
        message = f"UTF-8 read as {page} from character {at}: {excerpt(damaged[:24])!r} was {excerpt(mended[:24])!r}"
        return [TextFinding(self.codes[0], severity, at, to, message, evidence)]

    def _spoken_of(self, start: int, end: int) -> str | None:
        """Return why the region is an example and no damage; None when it is damage."""
        context = self._context
        if context.mentions(_SPEAKS_OF_IT, start, end, ABOUT):
            return "spoken of"
        if context.in_code(start, end):
            return "code"
        if context.quoted(start, end) and not context.in_data(start):
            return "quoted alone"
        string = context.string_start(start, end)
        if string is not None and not context.in_data(start):
            after = context.slice(end, end + SHORT_QUOTE)
            closing = re.search("[\"'”’»」』]", after)
            if closing is not None and end + closing.start() - string <= SHORT_QUOTE:
                return "quoted"
        return None


def _suspicious(block: Block) -> bool:
    """True when a block may hold misread bytes; false alarms cost a closer look, nothing else."""
    before = block.tail[-4:]  # a sequence may begin there
    text = before + block.text
    # Lead bytes of UTF-8 stand in no other place: they tell which letters a text can hold.
    raw = block.raw if before.isascii() else text.encode("utf-8", "surrogatepass")
    if b"\xc3" in raw and ("Ã" in text or "Â" in text or "ÔÇ" in text or "ï»" in text or _SCREEN_LATIN.search(text) is not None):
        return True
    if b"\xd0" in raw and ("вЂ" in text or "Г" in text or _SCREEN_1251.search(text) is not None):
        return True
    if b"\xe2" in raw and (
        "‚Ä" in text or "€" in text or (("√" in text or "├" in text or "┬" in text) and _SCREEN_SIGNS.search(text) is not None)
    ):
        return True
    if b"\xce" in raw and "ΓÇ" in text:
        return True
    if b"\xe5" in raw or b"\xe6" in raw or b"\xe7" in raw or b"\xe8" in raw or b"\xe9" in raw or b"\xe4" in raw:
        if _WIDE_SCREEN.search(text) is not None and _holds_utf8(text):
            return True
        return len(raw) < len(text) * 3 // 2 and _GBK_IN_WORD.search(text) is not None
    return b"\xec" in raw and "占쏙" in text


def _holds_utf8(text: str) -> bool:
    """True when the text's GBK or Shift-JIS bytes hold more UTF-8 than chance gives."""
    if _HALLMARK.search(text) is not None:
        return True
    raw = text.encode("gbk", "ignore")
    if len(_UTF8_LONG.findall(raw)) >= 2:
        return True
    short = len(_UTF8_SHORT.findall(raw))
    return short >= MIN_SHORT and 4 * short >= len(raw.translate(None, _ASCII))


def _items(text: str) -> Iterable[_Item]:
    yield from _latin(text)
    for match in _CYRILLIC.finditer(text):
        yield _Item(match.start(), match.end(), 2 if len(match[0]) >= 6 or match[0][0] == "в" else 1, "windows-1251")
    for match in _OTHER.finditer(text):
        page = {"‚": "macroman", "Γ": "cp437", "Ô": "cp850", "β": "windows-1253", "ā": "windows-1257"}[match[0][0]]
        yield _Item(match.start(), match.end(), 2, page)
    for match in _OTHER_IN_WORD.finditer(text):
        yield _Item(match.start() + 1, match.end() - 1, 1, "macroman" if match[0][1] == "√" else "cp437")
    if _WIDE_SCREEN.search(text) is not None or "占쏙" in text or _GBK_IN_WORD.search(text) is not None:
        yield from _wide(text)


# ---------------------------------------------------------------------- one byte a character
def _bytes_of(sequence: str) -> bytes:
    return bytes(_TO_BYTE.get(c, ord(c) if ord(c) < 256 else 0x3F) for c in sequence)


def _latin(text: str) -> Iterable[_Item]:
    """Yield sequences of Latin-1 or Windows-1252; sequences that touch are one item."""
    chain: list[re.Match[str]] = []
    for match in _SEQUENCE.finditer(text):
        if chain and match.start() != chain[-1].end():
            yield from _chain(text, chain)
            chain = []
        chain.append(match)
    if chain:
        yield from _chain(text, chain)


def _chain(text: str, chain: list[re.Match[str]]) -> Iterable[_Item]:
    start, end = chain[0].start(), chain[-1].end()
    sequences = [m[0] for m in chain]
    try:
        decoded = b"".join(map(_bytes_of, sequences)).decode("utf-8")
    except UnicodeDecodeError:
        return
    page = "latin-1" if any("\x80" <= c <= "\x9f" for s in sequences for c in s) else "windows-1252"
    strong = [s for s in sequences if _strong(s)]
    if (len(strong) >= 2 or (strong and len(chain) >= 3)) and not any(
        unicodedata.category(c) in ("Cn", "Co", "Cs") for c in decoded
    ):
        yield _Item(start, end, 2, page)
        return
    before, after = text[start - 1 : start], text[end : end + 1]
    grade = max(_grade(s, before if s is sequences[0] else "", after if s is sequences[-1] else "", decoded) for s in sequences)
    if grade:
        yield _Item(start, end, grade, page)


def _strong(sequence: str) -> bool:
    return any(c not in _WEAK for c in sequence[1:])


def _grade(sequence: str, before: str, after: str, decoded: str) -> int:
    """Return 2 when clean text cannot hold the sequence, 1 when it hardly can, 0 when it does."""
    lead, second = sequence[0], sequence[1]
    if any("\x80" <= c <= "\x9f" and c != "\x85" for c in sequence[1:]):
        return 2  # C1 controls are in no clean text
    if sequence in ("ï¿½", "ï»¿") or (lead == "ð" and second == "Ÿ") or (lead == "â" and second not in _WEAK):
        return 2
    if len(sequence) == 2 and lead <= "Ë" and before.islower() and after.islower() and decoded[:1].isalpha():
        return 2 if lead == "Ã" and _strong(sequence) else 1  # a capital and a sign inside a word of small letters
    if not _strong(sequence):
        # `motÂ\u00a0:` and `Â»Wort`; in capitals and alone Â is a letter
        opens = sequence[1] in "«»" and after.isalnum() and not before.isalpha()
        return 1 if lead == "Â" and (before.islower() or opens) else 0
    if lead == "Â":
        return 2  # Â before a sign: `22.5Â°`; no language spells that
    if lead == "Ã":
        # `Ã©` inside a word; `MAÇÃ®` is a trade mark in capitals
        return 2 if before.islower() or after.islower() else 0
    in_word = before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
    if not in_word or not decoded[:1].isalpha():
        return 0  # Å² and Ø± are measures, NESCAFÉ® a brand
    if len(sequence) == 2:
        return 1 if "Ä" <= lead <= "Ë" else 0
    return 1 if len(sequence) == 3 else 0


# ---------------------------------------------------------------------- two bytes a character
def _wide(text: str) -> Iterable[_Item]:
    """Yield runs that are UTF-8 read as GBK or Shift-JIS."""
    for match in _KEY.finditer(text):
        if match[0][0] in "鈥馃":  # 馃 is a cake; what follows decides
            second = match[0][1].encode("gb18030")
            if not (0x80 <= second[0] <= 0xBF):
                continue
        yield _Item(match.start(), match.end(), 2, "euc-kr" if match[0][0] == "占" else "gb18030")
    for match in _GBK_IN_WORD.finditer(text):
        yield _Item(match.start() + 1, match.end() - 1, 1, "gb18030")
    for match in _WIDE_RUN.finditer(text):
        run = match[0]
        for page in ("gb18030", "cp932"):
            if (page == "gb18030" or any(c in run for c in _KANA_932)) and _is_utf8(run, page):
                yield _Item(match.start(), match.end(), 2, page)
                break


def _is_utf8(run: str, page: str) -> bool:
    """True when the run's bytes in `page` are UTF-8 characters, whole ones but for the ends."""
    raw = run.replace("\ufffd", "").encode(page, "replace")
    long = _UTF8_LONG.findall(raw)
    covered = sum(map(len, long))
    if len(long) < MIN_LONG:
        whole = len(long) == 2 and covered == len(raw) and len(run) >= 3
        if not whole:
            short = _UTF8_SHORT.findall(raw)
            if len(short) < MIN_SHORT or 2 * len(short) < len(raw) - 2:
                return False
            long = short
    elif covered < (MIN_COVERAGE if len(long) > SURE_LONG else MIN_COVERAGE_SHORT) * len(raw):
        return False
    decoded = b"".join(long).decode("utf-8", "ignore")
    return not any(unicodedata.category(c) in ("Cn", "Co", "Cc") for c in decoded)


# ---------------------------------------------------------------------- undoing it
def _mend(damaged: str, page: str) -> tuple[list[list[str]], str]:
    """Return the steps that undo the damage, as ftfy names them, and the text that they give."""
    if page in ("gb18030", "cp932", "euc-kr", "cp850"):
        mended = damaged.replace("\ufffd", "").encode(page, "ignore").decode("utf-8", "replace")
        return [["encode", page], ["decode", "utf-8"]], mended
    import ftfy

    # Only this function obeys the configuration: fix_text() drops the options of the encoding step.
    result = ftfy.fix_encoding_and_explain(damaged, ftfy.TextFixerConfig(fix_c1_controls=False))
    if result.text != damaged:
        return [list(step) for step in result.explanation or []], result.text
    try:  # ftfy leaves single sequences alone that their place in a word has proved
        return [["encode", "sloppy-windows-1252"], ["decode", "utf-8"]], damaged.encode("sloppy-windows-1252").decode("utf-8")
    except UnicodeError:
        return [], damaged
