"""The built-in tables: what sound text holds, made by scripts/train.

In:   tables.bin beside this file: a line of JSON, then packed blocks.
Out:  load_tables(): Tables.
Rule: little-endian, zlib; the header names length and place of every block. NOTICE beside the file holds the licences of the training text.
Cost: read on first use, 40 ms; 8 MB for the process, shared by all channels.
"""

__all__ = ("CLASSES", "CLUSTERS", "LANE", "NAMELESS", "Tables", "load_tables", "pack_tables", "unpack_tables")

import json
import struct
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any, NamedTuple

NAMELESS = 1  # entry of words that every text may hold in any language: single letters, names of things in code
# Families of languages whose n-grams are told apart, one bit each in Tables.grams.
CLUSTERS = ("English", "code", "Romance", "Germanic", "Slavic and Finnic", "other Latin", "Cyrillic and Greek", "other scripts")
LANE = 16  # bits of a lane; a window holds fewer than 65,536 words and n-grams
CLASSES = 97  # classes of English words by their neighbours; 0 is no class
_FILE = "tables.bin"
_MAX_CACHED = 50_000  # words whose entry is remembered
_MASK = 16  # bytes of a mask: room for 128 languages


class Tables(NamedTuple):
    """What text is measured against.

    grams:           slot of an n-gram of four -> one bit for each of CLUSTERS that has it; the number of slots is prime.
    pairs:           slot of a pair of Han, kana or Hangul characters -> 1 where it is odd.
    words:           word in small letters -> entry, 0 for words that are not listed.
    known_lanes:     entry -> an integer with 1 in the lane of each language that has the word.
    frequent_lanes:  the same for the commonest words of a language.
    class_of_entry:  entry -> class of an English word, 0 for none.
    links:           class * CLASSES + class of the next word -> how much likelier than chance (16 a factor of e, 128 is even), 0 if unknown.
    languages:       their codes, in the order of the lanes.
    model:           the weights of judge.py.
    """

    grams: bytes
    pairs: bytes
    words: Mapping[str, int]
    known_lanes: Mapping[int, int]
    frequent_lanes: Mapping[int, int]
    class_of_entry: bytes
    links: bytes
    languages: tuple[str, ...]
    model: dict[str, Any]


def _key(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) & 0xFFFFFF


class _Words(dict[str, int]):
    """Words by 24 bits of the CRC-32 of their UTF-8 form: one of a hundred unknown words passes for a known one."""

    def __init__(self, hashes: Sequence[int], entries: Sequence[int]) -> None:
        super().__init__()
        self._hashes = hashes
        self._entries = entries

    def __missing__(self, word: str) -> int:
        if len(word) == 1:
            entry = NAMELESS
        else:
            key = _key(word)
            at = bisect_left(self._hashes, key)
            entry = self._entries[at] if at < len(self._hashes) and self._hashes[at] == key else 0
        if len(self) >= _MAX_CACHED:
            self.clear()
        self[word] = entry
        return entry


class _Lanes(dict[int, int]):
    """Entry -> its languages, one lane each, from bit masks."""

    def __init__(self, masks: bytes) -> None:
        super().__init__()
        self._masks = masks

    def __missing__(self, entry: int) -> int:
        mask, lanes, lane = int.from_bytes(self._masks[entry * _MASK : (entry + 1) * _MASK], "little"), 0, 0
        while mask:
            if mask & 1:
                lanes |= 1 << lane
            mask >>= 1
            lane += LANE
        self[entry] = lanes
        return lanes


def pack_tables(
    *,
    grams: bytes,
    pairs: bytes,
    words: Mapping[str, int],
    entries: Sequence[tuple[int, int, int]],
    links: bytes,
    languages: Sequence[str],
    model: Mapping[str, Any],
) -> bytes:
    """Return the file. entries: (mask of languages, mask of those where the word is common, class); the first is that of unknown words."""
    hashed = sorted({_key(word): entry for word, entry in words.items()}.items())
    steps = [key - before for (key, _), (before, _) in zip(hashed, [(0, 0), *hashed], strict=False)]
    blocks = {
        "grams": grams,
        "pairs": pairs,
        "steps": struct.pack(f"<{len(steps)}I", *steps),  # from one key to the next, as they pack better
        "word_entries": struct.pack(f"<{len(hashed)}H", *(entry for _, entry in hashed)),
        "known": b"".join(known.to_bytes(_MASK, "little") for known, _, _ in entries),
        "frequent": b"".join(frequent.to_bytes(_MASK, "little") for _, frequent, _ in entries),
        "classes": bytes(word_class for _, _, word_class in entries),
        "links": links,
    }
    packed = {name: zlib.compress(data, 9) for name, data in blocks.items()}
    places, at = {}, 0
    for name, data in packed.items():
        places[name] = [at, len(data)]
        at += len(data)
    head = {"format": 1, "languages": list(languages), "blocks": places, "model": dict(model)}
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(packed.values())


def unpack_tables(data: bytes) -> Tables:
    line, _, body = data.partition(b"\n")
    head = json.loads(line)
    if head["format"] != 1:
        raise ValueError(f"the language tables have format {head['format']}; this version reads 1: reinstall streamcheck")

    def block(name: str) -> bytes:
        start, size = head["blocks"][name]
        return zlib.decompress(memoryview(body)[start : start + size])

    def numbers(name: str, code: str) -> "array[int]":
        found = array(code, block(name))
        if struct.pack("=H", 1) != struct.pack("<H", 1):
            found.byteswap()
        return found

    return Tables(
        grams=block("grams"),
        pairs=block("pairs"),
        words=_Words(array("I", accumulate(numbers("steps", "I"))), numbers("word_entries", "H")),
        known_lanes=_Lanes(block("known")),
        frequent_lanes=_Lanes(block("frequent")),
        class_of_entry=block("classes"),
        links=block("links"),
        languages=tuple(head["languages"]),
        model=head["model"],
    )


@cache
def load_tables() -> Tables:
    """Return the tables that ship with streamcheck."""
    return unpack_tables(files("streamcheck.language").joinpath(_FILE).read_bytes())
