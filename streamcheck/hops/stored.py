"""What an agent, a store or a screen made of the text that came.

In:   a Pair of which the hop after has text alone.
Out:  an Explanation: "reproduced" where the kept text follows from what came, else "consistent".
Rule: tried on the channel of the first difference.
"""

__all__ = ("LAST", "MODELS")

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from streamcheck.hops.compare import trimmed
from streamcheck.hops.pair import Explanation, Pair
from streamcheck.prefixes import common_prefix

_STEPS = 20_000  # tries to put deltas in another order before it is given up. guess
_ESCAPE_RESTS = "\x1b[0123456789;m"  # what is left of a colour's sequence that lost its beginning


def _texts(pair: Pair) -> tuple[str, str, list[str]]:
    """Return what came, what was kept, and the deltas of what came."""
    first = (pair.found.first.choice or 0, pair.found.first.channel or "content")
    (choice, channel), (whole, kept) = next(
        ((key, texts) for key, texts in pair.texts.items() if key == first), (first, (pair.up.text.get(first, ""), ""))
    )
    said = pair.up.trace.said.get((choice, channel))
    return whole, kept, list(said.pieces(whole)) if said is not None else []


def _damaged(pair: Pair) -> Explanation | None:
    """Characters that nobody sent, or nothing at all."""
    whole, kept, _ = _texts(pair)
    if not trimmed(kept):
        return Explanation("store-record-damaged", "consistent", "nothing of what came was kept")
    odd = next(
        (sign for sign in kept if ((sign < " " and sign not in "\n\r\t") or "\ud800" <= sign <= "\udfff") and sign not in whole),
        None,
    )
    if odd is None or (odd == "\x1b" and pair.down.plain is not None):
        return None
    return Explanation("store-record-damaged", "consistent", f"{odd!r} stands in what was kept, and not in what came")


def _kept_in_part(pair: Pair) -> Explanation | None:
    whole, kept, _ = _texts(pair)
    if not whole.startswith(trimmed(kept)):
        return None
    return Explanation("cancel-saves-partial", "reproduced", f"the first {len(kept)} of {len(whole)} characters were kept")


def _said_before(pair: Pair) -> Explanation | None:
    """The whole is there, and something before it, or itself again."""
    whole, kept, _ = _texts(pair)
    if not whole or not trimmed(kept).endswith(trimmed(whole)) or len(kept) <= len(whole):
        return None
    before = trimmed(kept)[: -len(trimmed(whole))]
    thought = pair.up.text.get((pair.found.first.choice or 0, "reasoning"), "")
    if thought.strip() and re.sub(r"</?think>|\s", "", before) == re.sub(r"\s", "", thought):
        return Explanation("channel-leak", "reproduced", "the reasoning stands before the content, in one text")
    if before.strip() == whole.strip():
        return Explanation("snapshot-after-delta", "consistent", "the whole text comes again after its deltas")
    if whole.startswith(before):
        return Explanation(
            "retry-replays-prefix", "reproduced", "the beginning stands before the whole: a first attempt was kept"
        )
    return Explanation("retry-replays-prefix", "consistent", "another text stands before the whole, as of a first attempt")


def _put_together_otherwise(pair: Pair) -> Explanation | None:
    whole, kept, pieces = _texts(pair)
    if len(kept) == len(whole) and sorted(kept) == sorted(whole) and _is_made_of(kept, Counter(pieces)):
        return Explanation("delta-reordered", "reproduced", "the same deltas were put together in another order")
    return None


def _is_made_of(text: str, pieces: Counter[str]) -> bool:
    """Return whether the pieces, each as often as it is there, can be put in an order that gives `text`; False when that takes too long."""
    stack: list[tuple[int, Iterator[str]]] = []
    sizes = sorted({len(piece) for piece in pieces}, reverse=True)

    def fitting(at: int) -> Iterator[str]:
        return iter([text[at : at + size] for size in sizes if pieces.get(text[at : at + size])])

    at, options, chosen = 0, fitting(0), list[str]()
    left = sum(pieces.values())
    for _ in range(_STEPS + len(text)):
        piece = next(options, None)
        if piece is not None:
            pieces[piece] -= 1
            left -= 1
            chosen.append(piece)
            stack.append((at, options))
            at += len(piece)
            if at == len(text) and not left:
                return True
            options = fitting(at)
        elif stack:
            at, options = stack.pop()
            pieces[chosen.pop()] += 1
            left += 1
        else:
            return False
    return False


def _pieces_missing(pair: Pair) -> Explanation | None:
    """Deltas are missing from the middle, and nothing else."""
    whole, kept, pieces = _texts(pair)
    if not kept or len(kept) >= len(whole):
        return None
    at = lost = 0
    for piece in pieces:
        if kept.startswith(piece, at):
            at += len(piece)
        else:
            lost += 1
    if at != len(kept) or not lost:
        return None
    sentence = f"{lost} of {len(pieces)} deltas are missing: a reader lost their events, at borders that were not recorded"
    return Explanation("line-split-dropped", "consistent", sentence)


def _shown_wrong(pair: Pair) -> Explanation | None:
    """What a terminal does to a text: question marks, rests of escape sequences, a region drawn twice."""
    whole, kept, _ = _texts(pair)
    if (
        "?" in kept
        and len(kept) == len(whole)
        and all(a == b or (not a.isascii() and b == "?") for a, b in zip(whole, kept, strict=True))
    ):
        return Explanation("render-damaged", "reproduced", "a question mark stands for each character that is not ASCII")
    if _is_spoilt_by(kept, whole, _ESCAPE_RESTS):
        return Explanation("render-damaged", "consistent", "rests of escape sequences stand in the text")
    at, more = common_prefix(whole, kept), len(kept) - len(whole)
    if at - more in _doubled(whole, kept):
        return Explanation("render-damaged", "consistent", f"{more} characters stand twice, as of a region that was drawn again")
    return None


def _doubled(whole: str, kept: str) -> range:
    """Return where a part of the text may begin that stands twice, one behind the other; empty where that is not all."""
    at, more = common_prefix(whole, kept), len(kept) - len(whole)
    if more <= 0 or kept[at + more :] != whole[at:]:
        return range(0)
    same = common_prefix(kept[:at][::-1], kept[: at + more][::-1])
    return range(at - same, at - more + 1)


def _is_spoilt_by(kept: str, whole: str, signs: str) -> bool:
    """Whether some of the signs were put into the text, and nothing else."""
    at = 0
    for sign in kept:
        if at < len(whole) and sign == whole[at]:
            at += 1
        elif sign not in signs:
            return False
    return at == len(whole) and len(kept) > at


def _written_over(pair: Pair) -> Explanation | None:
    """The beginning is what came, and what follows is something else."""
    whole, kept, _ = _texts(pair)
    at = common_prefix(whole, kept)
    if at and kept[at:].strip() and not kept.endswith(whole[-8:]):
        return Explanation("store-record-damaged", "consistent", f"behind {at} characters something else was kept than what came")
    return None


def _said_twice(pair: Pair) -> Explanation | None:
    """Deltas came twice."""
    whole, kept, pieces = _texts(pair)
    more = len(kept) - len(whole)
    borders = {0, *accumulate(map(len, pieces))}
    if any(start in borders and start + more in borders for start in _doubled(whole, kept)):
        return Explanation(
            "resume-gap-or-replay", "reproduced", f"{more} characters came twice, as deltas of a stream that was resumed"
        )
    return None


MODELS = (
    _damaged,
    _kept_in_part,
    _said_before,
    _put_together_otherwise,
    _pieces_missing,
    _shown_wrong,
    _said_twice,
)
LAST = (_written_over,)
