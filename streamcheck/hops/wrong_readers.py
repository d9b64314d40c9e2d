"""Did a wrong reader make the hop after of the hop before?

In:   a Pair.
Out:  an Explanation, always "reproduced": a misreading, run over the recorded chunks, gives the hop after exactly.
Rule: of several that agree the one is named that needs least to go wrong. Where the borders that a reader met are not those that were
      recorded, a character cut anywhere inside is looked for: nothing else may differ then.
Cost: a pass over the hop before for each misreading; over a large one only for those that change something at the first difference.
"""

__all__ = ("MODELS",)

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from streamcheck.hops.compare import same_text, trimmed
from streamcheck.hops.hop import Hop
from streamcheck.hops.pair import Explanation, Pair
from streamcheck.hops.trace import is_payload, key_of
from streamcheck.misreadings import Misreading, misreadings
from streamcheck.misreadings.reference import events_of
from streamcheck.prefixes import common_prefix

_PIECE = 4096  # characters that are compared at once
_STEPS = 10_000  # ways to share signs out among characters before it is given up. guess
_SIGNS = re.compile("\ufffd+")
# Which misreading is asked first where several agree: the one that needs least to go wrong.
_ORDER = {"tail-unterminated": 0, "charset-wrong": 2, "linesep-overbreak": 2, "line-split-dropped/only": 3}


def _misread(pair: Pair) -> Explanation | None:
    if not pair.up.has_bytes:
        return None
    for misreading in sorted(misreadings(), key=_order):
        if _is_possible(misreading.name, pair) and _bites(misreading, pair) and _fits(misreading, pair):
            return Explanation(misreading.name.partition("/")[0], "reproduced", misreading.meaning)
    return None


def _order(misreading: Misreading) -> int:
    return _ORDER.get(misreading.name, _ORDER.get(misreading.name.partition("/")[0], 1))


def _fits(misreading: Misreading, pair: Pair) -> bool:
    """Whether the reader makes of the hop before exactly what the hop after has."""
    up, down = pair.up, pair.down
    if down.has_bytes:
        return misreading.sends is not None and _gives(misreading.sends(up.recorded), down)
    text = misreading.read(up.recorded)
    if down.plain is not None:
        return any(trimmed(said) == trimmed(down.plain) for said in text.values())
    # A reader that had no effect here explains nothing; one that lost a whole channel must have lost it by itself.
    gone = pair.found.kind != "left out" or (pair.found.first.choice, pair.found.first.channel) not in text
    return gone and text != up.text and same_text(text, down, up)


def _gives(chunks: Iterator[bytes], down: Hop) -> bool:
    keys = down.trace.keys
    number = 0
    for event in filter(is_payload, events_of(chunks)):
        if number == len(keys) or keys[number] != key_of(event):
            return False
        number += 1
    return number == len(keys)


# ---------------------------------------------------------------------- which of them are worth a pass
def _is_possible(name: str, pair: Pair) -> bool:
    """Whether there is what such a reader stumbles over, in the body or around the difference; else two readers may agree by chance."""
    up = pair.up
    chunks = up.recorded.chunks if up.is_held or pair.around is None else pair.around.recorded.chunks
    if name.startswith("charset-wrong"):
        return any(not chunk.isascii() for chunk in chunks)
    if name.startswith("tail-unterminated"):
        return up.found("sse/unterminated-event")
    if name.startswith("line-split-dropped"):
        return _straddles(chunks)
    return True


def _straddles(chunks: Iterable[bytes]) -> bool:
    """Whether a border between two chunks falls inside an event."""
    events = [(event.start, event.end) for event in events_of(chunks)]
    for border in accumulate(map(len, chunks)):
        i = bisect_left(events, (border, 0)) - 1
        if i >= 0 and border < events[i][1]:
            return True
    return False


def _bites(misreading: Misreading, pair: Pair) -> bool:
    """Whether the reader changes what is around the first difference, from there on."""
    around = None if pair.up.is_held else pair.around
    if around is None:
        return True
    if pair.down.has_bytes:
        return around.changes_bytes(misreading)
    choice, channel, chars = pair.found.first.choice, pair.found.first.channel, pair.found.first.chars
    key = (choice, channel) if choice is not None and channel is not None else None
    return around.changes_text(misreading, key, chars[0] if chars is not None else 0)


# ---------------------------------------------------------------------- a code page that nobody listed
def _other_code_page(pair: Pair) -> Explanation | None:
    """Each byte became one character, the same for the same byte; ASCII stayed what it is."""
    page: dict[int, str] = {}
    if pair.down.plain is not None:
        fits = any(_is_page(text, pair.down.plain, page) for text in pair.up.text.values())
    else:
        fits = bool(pair.texts) and all(_is_page(a, b, page) for a, b in pair.texts.values())
    if not fits or not page or (pair.down.has_bytes and not _only_text_differs(pair)):
        return None
    byte, sign = next(iter(page.items()))
    sentence = (
        f"each byte of the UTF-8 became one character (0x{byte:02x}: {sign!r}), as when text is read by a single-byte code page"
    )
    return Explanation("charset-wrong", "reproduced", sentence)


def _is_page(before: str, after: str, page: dict[int, str]) -> bool:
    """Whether `after` is the UTF-8 of `before` read byte by byte; what each byte became is put into `page`."""
    raw = trimmed(before).encode("utf-8", "surrogatepass")
    after = trimmed(after)
    if len(raw) != len(after):
        return False
    return all(
        sign == chr(byte) if byte < 0x80 else page.setdefault(byte, sign) == sign for byte, sign in zip(raw, after, strict=True)
    )


# ---------------------------------------------------------------------- borders that were not recorded
def _split_anywhere(pair: Pair) -> Explanation | None:
    """A character of which each part was decoded alone, wherever the reads ended; nothing else may differ."""
    if pair.down.plain is not None:
        whole = [(text, pair.down.plain) for text in pair.up.text.values()]
        counts = [count for pairs in whole if (count := _characters_split(*pairs))]
    else:
        found = [_characters_split(*texts) for texts in pair.texts.values()]
        counts = [sum(count or 0 for count in found)] if found and all(found) else []
        if counts and pair.down.has_bytes and not _only_text_differs(pair):
            return None
    if not counts:
        return None
    sentence = (
        f"{counts[0]} characters were cut by a read that was decoded alone; the cuts are not at the borders that were recorded"
    )
    return Explanation("utf8-split-replaced", "reproduced", sentence)


def _only_text_differs(pair: Pair) -> bool:
    return len(pair.middle.before) == len(pair.middle.after)


def _characters_split(before: str, after: str) -> int | None:
    """Return how many characters were split, None where something else differs as well, or where it takes too long to tell."""
    ways = [(0, 0, 0)]  # (characters of `before`, of `after`, split so far); the likeliest way last
    for _ in range(_STEPS + len(before)):
        if not ways:
            return None
        i, j, count = ways.pop()
        i, j = _past_the_same(before, after, i, j)
        if i == len(before) and j == len(after):
            return count
        signs = _SIGNS.match(after, j)
        if signs is not None:
            numbers = _numbers_of(before[i : i + _PIECE], after[signs.end() :][:_PIECE], len(signs[0]))
            ways += [(i + number, signs.end(), count + number) for number in numbers]
    return None


def _past_the_same(before: str, after: str, i: int, j: int) -> tuple[int, int]:
    """Return where the two texts differ next."""
    while same := common_prefix(before[i : i + _PIECE], after[j : j + _PIECE]):
        i, j = i + same, j + same
    return i, j


def _numbers_of(before: str, rest: str, signs: int) -> list[int]:
    """Return how many characters at the beginning of `before` may have become so many U+FFFD, with `rest` behind them.

    A character of n bytes gives 2 to n of them, as its bytes are cut. The number after which most of `rest` follows comes last.
    """
    found: list[tuple[int, int]] = []
    most = 0
    for number, character in enumerate(before[: signs // 2], 1):
        size = len(character.encode("utf-8", "replace"))
        most += size
        if size == 1:
            break
        if 2 * number <= signs <= most:
            follows = common_prefix(before[number:], rest)
            if follows or (not rest and number == len(before)):
                found.append((follows, number))
    return [number for _, number in sorted(found)]


MODELS = (_misread, _other_code_page, _split_anywhere)
