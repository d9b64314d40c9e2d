"""Text that is no language, to fit the judge on: what models with broken weights, caches or samplers write, imitated.

In:   a random generator and a Source: clean documents, words and token-like pieces of many languages.
Out:  a string of about the length that was asked for, and the name of its kind.
Rule: kinds are drawn with their own random strength, so that the judge sees light damage as well. Real samples are never used.
"""

import random
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_SIGNS = [
    *list("()[]{}<>|\\/;:,.!?'\"`~@#$%^&*-_=+"),
    "\n",
    "\n\n",
    "](",
    "});",
    "//",
    "\\n",
    "**",
    "...",
    "</",
    "/>",
    "=>",
    '":',
    "',",
]
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


# What models are trained on and asked in: half of it English, then these, then the rest.
_MAJOR = [
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "ru",
    "zh-cn",
    "zh-tw",
    "ja",
    "ko",
    "nl",
    "pl",
    "tr",
    "uk",
    "ar",
    "vi",
    "cs",
    "sv",
    "id",
    "hi",
]


def some_language(known: Mapping[str, object], rng: random.Random) -> str:
    """Return a language, drawn as often as models write it."""
    chance = rng.random()
    if chance < 0.5:
        return "en"
    return rng.choice([language for language in _MAJOR if language in known] if chance < 0.85 else sorted(known))


class Source(NamedTuple):
    """What noise is made of. documents and words: by language; `code` is one of the languages of documents."""

    documents: dict[str, list[str]]
    words: dict[str, list[str]]  # commonest first
    pieces: list[str]  # like a tokenizer's vocabulary over all languages and code


def pieces_of(words: dict[str, list[str]], documents: dict[str, list[str]], rng: random.Random, size: int = 60_000) -> list[str]:
    """Return something like a tokenizer's vocabulary: words with and without a blank, beginnings and ends of words, signs, identifiers."""
    found: set[str] = set()
    for _ in range(size):
        listed = words[some_language(words, rng)]
        word = listed[int(len(listed) * rng.random() ** 2)]
        cut = rng.randint(1, max(1, len(word) - 1))
        found.add(
            rng.choice(
                (
                    " " + word,
                    " " + word,
                    word,
                    word[:cut],
                    word[cut:],
                    " " + word[:cut],
                    word.capitalize(),
                    " " + word.capitalize(),
                )
            )
        )
    for document in documents.get("code", [])[:400]:
        for name in re.findall(r"[A-Za-z_][\w.]{2,}|[^\w\s]{2,}", document)[:200]:
            found.add(rng.choice((name, name, " " + name, rng.choice(_CAMEL.findall(name) or [name]))))
    for language in ("zh-cn", "zh-tw", "ja", "ko"):
        for document in documents.get(language, [])[:200]:
            for _ in range(40):
                at = rng.randrange(max(1, len(document)))
                found.add(document[at : at + rng.randint(1, 3)].strip())
    for _ in range(size // 40):
        found.add(rng.choice(_SIGNS))
        found.add(str(rng.randint(0, 999)))
    return sorted(piece for piece in found if piece)


def excerpt_of(source: Source, rng: random.Random, length: int, language: str | None = None) -> str:
    """Return clean text."""
    language = language or some_language(source.documents, rng)
    document = rng.choice(source.documents.get(language) or source.documents["en"])
    at = rng.randrange(max(1, len(document) - length))
    return document[at : at + length]


def tokens(source: Source, rng: random.Random, length: int) -> str:
    """Uniform noise over a vocabulary: unmerged weights, a wrong embedding table."""
    pool = source.pieces
    if rng.random() < 0.45:  # of one alphabet only
        latin = [piece for piece in rng.sample(pool, min(len(pool), 4_000)) if piece.isascii()]
        pool = latin or pool
    broken = rng.choice((0.0, 0.0, 0.05, 0.25))  # how often a line breaks
    return _fill(lambda: rng.choice(pool) + ("\n" if rng.random() < broken else ""), length)


def attractors(source: Source, rng: random.Random, length: int) -> str:
    """Token noise in which a few tokens come again and again."""
    few = rng.sample(source.pieces, rng.randint(1, 6))
    share = rng.uniform(0.2, 0.6)
    return _fill(lambda: rng.choice(few if rng.random() < share else source.pieces), length)


def words_of_one(source: Source, rng: random.Random, length: int) -> str:
    """Words of one language without grammar."""
    listed = source.words[_language(source, rng)]
    power = rng.choice((1.0, 2.0, 3.0))
    marks = rng.choice((0.02, 0.1, 0.25))
    return _fill(
        lambda: " " + listed[int(len(listed) * rng.random() ** power)] + (rng.choice(".,,;:)") if rng.random() < marks else ""),
        length,
    )


def words_of_many(source: Source, rng: random.Random, length: int) -> str:
    """Whole words of several languages."""
    chosen = rng.sample(sorted(source.words), min(len(source.words), rng.randint(2, 10)))
    power = rng.choice((1.0, 2.0))

    def word() -> str:
        listed = source.words[rng.choice(chosen)]
        return " " + listed[int(len(listed) * rng.random() ** power)]

    return _fill(word, length)


def function_words(source: Source, rng: random.Random, length: int) -> str:
    """Nothing but the commonest words and marks."""
    listed = source.words[_language(source, rng)][: rng.choice((12, 30, 80))]
    signs = rng.sample(_SIGNS, 4)
    marks = rng.choice((0.1, 0.3, 0.6))
    return _fill(lambda: " " + rng.choice(listed) + (rng.choice(signs) if rng.random() < marks else ""), length)


def broken_words(source: Source, rng: random.Random, length: int) -> str:
    """Clean text in which pieces of a few characters were lost, moved or doubled."""
    text = excerpt_of(source, rng, length * 2)
    out: list[str] = []
    rate, at = rng.uniform(0.25, 0.9), 0
    while at < len(text) and sum(map(len, out)) < length:
        size = rng.randint(1, 6)
        part = text[at : at + size]
        at += size
        chance = rng.random()
        if chance < rate / 3:
            continue
        if chance < rate * 2 / 3:
            other = rng.randrange(len(text))
            part = text[other : other + size]
        elif chance < rate:
            out.insert(max(0, len(out) - rng.randint(1, 4)), part)
            continue
        out.append(part)
    return "".join(out)[:length]


def shuffled(source: Source, rng: random.Random, length: int) -> str:
    """Clean text with its words in another order."""
    words = excerpt_of(source, rng, length + 20).split() or ["a"]
    rng.shuffle(words)
    return " ".join(words)[:length]


def word_pieces(source: Source, rng: random.Random, length: int) -> str:
    """Beginnings and ends of words of one language, glued at random."""
    listed = source.words[_language(source, rng)]

    def piece() -> str:
        word = listed[int(len(listed) * rng.random() ** 2)]
        cut = rng.randint(1, max(1, len(word)))
        return rng.choice(("", " ", " ")) + (word[:cut] if rng.random() < 0.6 else word[-cut:])

    return _fill(piece, length)


def sprayed(source: Source, rng: random.Random, length: int) -> str:
    """Signs and digits sprayed over clean text or words."""
    text = excerpt_of(source, rng, length)
    rate = rng.uniform(0.15, 0.6)
    out = []
    for word in re.findall(r"\S{1,8}|\s+", text):
        out.append(word)
        while rng.random() < rate:
            out.append(rng.choice(_SIGNS) if rng.random() < 0.7 else str(rng.randint(0, 99)))
    return "".join(out)[:length]


def fragments(source: Source, rng: random.Random, length: int) -> str:
    """Scraps of 2 to 20 characters from texts that have nothing to do with each other."""
    longest = rng.choice((6, 12, 20))
    return _fill(lambda: excerpt_of(source, rng, rng.randint(2, longest)) + rng.choice(("", "", " ", "\n")), length)


def intruded(source: Source, rng: random.Random, length: int) -> str:
    """One language with words of others thrown in."""
    words = excerpt_of(source, rng, length).split(" ")
    rate = rng.uniform(0.15, 0.5)
    return " ".join(rng.choice(source.pieces).strip() + rng.choice(("", " ")) if rng.random() < rate else word for word in words)[
        :length
    ]


def low_characters(source: Source, rng: random.Random, length: int) -> str:
    """Single ASCII characters: the lowest ids of a vocabulary."""
    pool = [chr(rng.randint(33, 126)) for _ in range(rng.choice((12, 40, 94)))] + [" ", "\n"]
    return "".join(rng.choice(pool) for _ in range(length))


def typos(source: Source, rng: random.Random, length: int) -> str:
    """Characters replaced at random."""
    text = list(excerpt_of(source, rng, length))
    letters = "".join(text) or "a"
    rate = rng.uniform(0.12, 0.5)
    return "".join(rng.choice(letters) if rng.random() < rate else char for char in text)


KINDS: dict[str, tuple[Callable[[Source, random.Random, int], str], float]] = {
    "tokens": (tokens, 3.0),
    "attractors": (attractors, 1.0),
    "words_of_one": (words_of_one, 2.0),
    "words_of_many": (words_of_many, 1.5),
    "function_words": (function_words, 0.7),
    "broken_words": (broken_words, 2.5),
    "shuffled": (shuffled, 1.0),
    "word_pieces": (word_pieces, 1.5),
    "sprayed": (sprayed, 1.0),
    "fragments": (fragments, 1.5),
    "intruded": (intruded, 1.0),
    "low_characters": (low_characters, 0.3),
    "typos": (typos, 1.0),
}


def noise(source: Source, rng: random.Random, length: int) -> tuple[str, str]:
    """Return (kind, text)."""
    name = rng.choices(list(KINDS), [weight for _, weight in KINDS.values()])[0]
    return name, KINDS[name][0](source, rng, length)


def _language(source: Source, rng: random.Random) -> str:
    return some_language(source.words, rng)


def _fill(part: Callable[[], str], length: int) -> str:
    out: list[str] = []
    size = 0
    while size < length:
        out.append(part())
        size += len(out[-1]) or 1
    return "".join(out)[:length]
