"""Sound texts that turn into garbage at a known character.

In:   sound texts by kind (language, code, tables ...), a seed, how many samples of each kind of garbage.
Out:  Sample values with exact onset; KINDS.
Rule: a beginning of 60 to 1,500 sound characters (fewer where texts are short), cut between words; garbage of 100 to 1,500
      characters, longer where a loop needs it for enough copies; three of ten samples recover. Each sample has its own seed, so
      that a new kind changes no other.
"""

__all__ = ("KINDS", "Material", "from_samples", "made", "own_languages")

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random

from scripts import garbage
from scripts.captures.words import REASONING, TEXT, tokens
from scripts.evaluation.inputs import Sample
from scripts.garbage import Vocabulary

SHORTEST, LONGEST = 100, 1_500  # characters of garbage
_HEAD = (60, 1_500)  # characters of sound text before it
_WORDS = 200  # words that texts of a kind must have to give a vocabulary. guess: a page
_RECOVERS = 0.3


@dataclass(frozen=True)
class Material:
    """Sound texts of one kind, and the statistics of their words."""

    kind: str
    texts: tuple[str, ...]
    vocabulary: Vocabulary

    def passage(self, rng: Random, least: int, most: int) -> str:
        """Return words of one of the texts, `least` to `most` characters; fewer where the texts are short."""
        text = rng.choice(self.texts)
        length = rng.randint(least, most)
        start = _word_start(text, rng.randrange(max(1, len(text) - length)))
        found = text[start : start + length].strip()
        return found if len(found) > 1 else rng.choice(self.vocabulary.words) + " "


@dataclass(frozen=True)
class _Place:
    """Where garbage begins: `head` is sound, `following` is what would have come."""

    material: Material
    head: str
    following: str
    length: int


Maker = Callable[[Random, _Place, Sequence[Vocabulary]], tuple[str, int]]  # -> garbage, characters up to a loop's second copy


def _loop(least: int, most: int, copies: float, ends: tuple[str, ...]) -> Maker:
    def make(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
        unit = place.material.passage(rng, least, most) + rng.choice(ends)
        return garbage.repeated(unit, max(place.length, int(copies * len(unit)))), len(unit)

    return make


def _loop_char(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
    sign = rng.choice(("!", "0", "?", "7", ".", "-", rng.choice(place.material.vocabulary.words)[0]))
    return garbage.repeated(sign, place.length), 1


def _loop_counter(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
    text = garbage.counting(rng, place.material.vocabulary, max(400, place.length))
    return text, text.find("\n") + 1 or 40


def _loop_drift(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
    sentence = place.material.passage(rng, 60, 160).rstrip(" .,;:。，") + ". "
    return garbage.drifting(rng, sentence, place.material.vocabulary, max(place.length, 5 * len(sentence))), len(sentence)


def _doubled(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
    return garbage.doubled(place.following)[: place.length], len(tokens(place.following)[0])


def _of_words(make: Callable[[Random, Vocabulary, int], str]) -> Maker:
    return lambda rng, place, pools: (make(rng, place.material.vocabulary, place.length), 0)


def _of_text(make: Callable[[Random, str], str]) -> Maker:
    return lambda rng, place, pools: (make(rng, place.following[: place.length]), 0)


def _multilingual(rng: Random, place: _Place, pools: Sequence[Vocabulary]) -> tuple[str, int]:
    return garbage.multilingual_salad(rng, place.length, pools=pools), 0


KINDS: dict[str, Maker] = {
    "loop_char": _loop_char,
    "loop_short": _loop(1, 58, 4, (" ", "", "\n", ", ")),
    "loop_sentence": _loop(60, 200, 4, (". ", "\n")),
    "loop_paragraph": _loop(250, 600, 3.5, ("\n\n",)),
    "loop_counter": _loop_counter,
    "loop_drift": _loop_drift,
    "doubled": _doubled,
    "salad_multilingual": _multilingual,
    "salad_words": _of_words(garbage.word_salad),
    "salad_pieces": _of_words(garbage.piece_salad),
    "salad_letters": _of_words(garbage.letter_salad),
    "salad_functions": _of_words(garbage.function_salad),
    "salad_shuffled": _of_text(garbage.shuffled),
    "salad_punctuation": _of_words(garbage.punctuation_salad),
    "script_mix": _of_text(garbage.mixed_scripts),
    "template_leak": _of_words(garbage.leaked),
    "mojibake": _of_text(lambda rng, text: garbage.misread(text, rng.choice(("cp1252", "latin-1")))),
    "lost": _of_text(garbage.lost),
}
_DAMAGE = {"doubled", "salad_shuffled", "script_mix", "lost", "mojibake"}  # made from the text that would have come
_WIDE = {"mojibake", "lost"}  # begin at a character that is not ASCII


def from_samples(samples: Iterable[Sample]) -> list[Material]:
    """Return one Material for each kind of sound text that has enough words; own_languages() where none has."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        if len(sample.text) >= 300:
            grouped[sample.kind].append(sample.text)
    found = []
    for kind, texts in sorted(grouped.items()):
        try:
            words = garbage.vocabulary(texts[:40])
        except ValueError:
            continue
        if len(words.words) >= _WORDS:
            found.append(Material(kind, tuple(texts), words))
    return found or own_languages()


def own_languages() -> list[Material]:
    """Return the texts of the recorded cases, by language."""
    names = [name for name in garbage.LANGUAGES if name in TEXT]
    return [Material(n, (TEXT[n] + "\n\n" + REASONING.get(n, ""),), garbage.of_language(n)) for n in names]


def made(materials: Sequence[Material], *, each: int, seed: int) -> Iterator[Sample]:
    """Return `each` samples of every kind."""
    wide = [m for m in materials if sum(not text.isascii() for text in m.texts) * 2 > len(m.texts)] or own_languages()
    for kind in KINDS:
        for number in range(each):
            rng = Random(f"{seed}/{kind}/{number}")
            choices = wide if kind in _WIDE else materials
            pools = [m.vocabulary for m in rng.sample(materials, min(len(materials), 8))]
            yield _sample(rng, kind, number, choices, pools)


def _sample(rng: Random, kind: str, number: int, materials: Sequence[Material], pools: Sequence[Vocabulary]) -> Sample:
    for _ in range(50):
        place, rest = _place(rng, rng.choice(materials), kind)
        if kind not in _DAMAGE or (
            len(place.following) >= 40 and place.following[:1].strip() and (kind not in _WIDE or not place.following[0].isascii())
        ):
            break
    wrong, settled = KINDS[kind](rng, place, pools)
    after = "\n" + rest[: rng.randint(200, 600)] if rng.random() < _RECOVERS and rest.strip() else ""
    onset = len(place.head)
    return Sample(
        place.head + wrong + after,
        kind,
        "synthetic",
        name=f"{kind} {number} in {place.material.kind}",
        source=f"{kind} {number}",
        onset=onset,
        settled=onset + settled,
        exact=True,
    )


def _place(rng: Random, material: Material, kind: str) -> tuple[_Place, str]:
    """Return a place for garbage, and the sound text behind what is damaged there."""
    text = rng.choice(material.texts)
    length = round(exp(rng.uniform(log(SHORTEST), log(LONGEST))))  # as many short ones as long ones
    shortest, longest = _HEAD
    head = rng.randint(min(shortest, len(text) // 3), min(longest, len(text) * 2 // 3))
    start = _word_start(text, rng.randrange(max(1, len(text) - head - length)))
    cut = _word_start(text, start + head)
    if kind in _WIDE:
        cut = next((at for at in range(cut, len(text)) if not text[at].isascii()), cut)
        start = max(start, cut - longest)
    return _Place(material, text[start:cut], text[cut : cut + length], length), text[cut + length :]


def _word_start(text: str, at: int) -> int:
    """Return where the next word begins at or after `at`; `at` itself in text without blanks."""
    for place in range(at, min(len(text), at + 40)):
        if place == 0 or (text[place - 1].isspace() and not text[place].isspace()):
            return place
    return min(at, len(text))
