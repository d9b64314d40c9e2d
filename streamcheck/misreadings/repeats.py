"""Readers that take a repeated delta for one sent twice.

In:   the deltas of each channel.
Out:  text missing where a model says the same thing twice: "1500" becomes "150".
Rule: what is compared is the reader's own text so far, from which earlier deltas may be missing already.
Cost: linear: texts are compared at their ends or when they are equally long.
"""

__all__ = ("MISREADINGS",)

from collections.abc import Callable

from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import joined, payloads_of, spoken

_Keep = Callable[[list[str], int, str], bool]  # (pieces so far, their length, next piece)


def _not_the_whole(pieces: list[str], length: int, text: str) -> bool:
    return length != len(text) or "".join(pieces) != text


def _not_the_end(pieces: list[str], length: int, text: str) -> bool:
    if len(text) > length:
        return True
    end, have = [], 0
    for piece in reversed(pieces):
        end.append(piece)
        have += len(piece)
        if have >= len(text):
            break
    return not "".join(reversed(end)).endswith(text)


def _not_the_beginning(pieces: list[str], length: int, text: str) -> bool:
    begin, have = [], 0
    for piece in pieces:
        if have >= len(text):
            break
        begin.append(piece)
        have += len(piece)
    return len(text) > length or not "".join(begin).startswith(text)


def _not_the_last(pieces: list[str], length: int, text: str) -> bool:
    return not pieces or pieces[-1] != text


def _dropping(variant: str, meaning: str, keep: _Keep) -> Misreading:
    def read(recorded: Recorded) -> Text:
        pieces: dict[tuple[int, str], list[str]] = {}
        lengths: dict[tuple[int, str], int] = {}
        for deltas in spoken(payloads_of(recorded.chunks), dialect=recorded.dialect):
            for delta in deltas:
                key = (delta.choice, delta.channel)
                own = pieces.setdefault(key, [])
                if keep(own, lengths.get(key, 0), delta.text):
                    own.append(delta.text)
                    lengths[key] = lengths.get(key, 0) + len(delta.text)
        return {key: joined(own) for key, own in pieces.items()}

    return Misreading(f"dedupe-eats-repeat/{variant}", meaning, read)


MISREADINGS = (
    _dropping("prefix", "a delta that equals the whole text so far is taken for a snapshot and dropped", _not_the_whole),
    _dropping("beginning", "a delta that the text so far begins with is dropped", _not_the_beginning),
    _dropping("suffix", "a delta that the text so far ends with is dropped", _not_the_end),
    _dropping("last", "a delta that equals the one before is dropped", _not_the_last),
)
