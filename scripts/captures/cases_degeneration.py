"""Texts that stop being language although the wire is sound: loops, salads, leaks, each behind a sound beginning.

In:   nothing.
Out:  DEGENERATION.
Rule: how a text breaks is what public reports show; the words are ours (words.py, scripts/garbage.py) and drawn with a fixed seed, so that
      the first bad character is known. A case is as long as such garble is in reports. It is never tuned until a detector fires: where none
      does, the case stays and MISSED says why. A loop begins with its first copy.
"""

__all__ = ("DEGENERATION", "MISSED")

import json
from collections.abc import Callable, Sequence
from random import Random

from scripts import garbage
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import OURS, Case, damaged
from scripts.captures.streams import Stream
from scripts.captures.words import PASSAGE, REASONING, TEXT, tokens

# Characters that an onset may be off: of exact copies, and of words in no order (nearly a block of the detectors)
LOOP, SALAD = 40, 120

MISSED = {  # name -> why it is not judged as it should be
    "anthropic-broken-words": "Russian in pieces: two words in three are unknown, and noise must be odder outside of English",
    "anthropic-digit-soup": "debris of code is taken for code",
    "anthropic-english-salad": "words of one language in no order, all of them known: suspect at most",
    "anthropic-salad-in-open-fence": "garble of letters in a fence must be odder than in prose",
    "chat-zai-fragments-and-tag": "the tag is found, the fragments around it are not",
    "chat-zai-german-salad": "words of one language in no order, all of them known; outside of English neighbours say little",
    "chat-zai-letter-salad": "words that look like English and are none: suspect at most",
}

_BURST = 48  # characters of a delta: small files
_VIA: dict[str, Callable[[str, str], Stream]] = {
    "chat-zai": lambda reasoning, content: chat.zai(reasoning, content, finish="length", burst=_BURST),
    "anthropic": lambda reasoning, content: events.anthropic(reasoning, content, stop="max_tokens", burst=_BURST),
    "gemini": lambda reasoning, content: more.gemini(reasoning, content, burst=_BURST),
    "responses": lambda reasoning, content: events.responses(reasoning, content, burst=_BURST),
}
_ENGLISH = garbage.vocabulary(PASSAGE[name] for name in ("en", "en-2", "code-en", "reasoning", "reasoning-2"))


def _case(name: str, stream: Stream, label: str, codes: Sequence[str], onset: tuple[str, int, int], fault: str) -> Case:
    expected = tuple(f"text/{code}" for code in codes)
    comment = f"fault class {fault}, {OURS}"
    known = MISSED.get(name)
    return damaged("garbled", name, stream, label, "degenerate", expected, comment=comment, onset=onset, known_failure=known)


def _said(
    via: str, name: str, label: str, before: str, garble: str, *codes: str, channel: str = "content", within: int = SALAD,
    fault: str = "model-word-salad",
) -> Case:  # fmt: skip
    """Return the case of a text that is sound in `before` and not behind it."""
    text = before + garble
    stream = _VIA[via](text, "") if channel == "reasoning" else _VIA[via]("", text)
    return _case(f"{via}-{name}", stream, label, codes, (channel, len(before), within), fault)


# ---------------------------------------------------------------------- loops
_SENTENCE = "Wait, let me read the table again before I answer. "
_PARAGRAPH = (
    "The keeper's book says that the bridge was painted twice, once before the war and once after the flood. The first coat was "
    "green, and pieces of it can still be seen under the rail. Nobody wrote down who had ordered the second one, so the museum "
    "asks all visitors to look through their albums.\n\n"
)
_DRIFTING = "The keeper opened the {0} door, put the {1} on the shelf, and said that nobody had asked for it.\n"
_DOORS = ("green", "narrow", "second", "heavy", "left", "wooden", "upper", "broken", "yellow", "smaller", "last", "eastern")
_THINGS = ("lantern", "basket", "ledger", "kettle", "hammer", "blanket", "parcel", "saddle", "pepper", "candle", "whistle")
_FEW = "the", "gate", "is", "not", "open", "and", "we", "can", "see", "that", "it", "was", "only", "water", "there", "again", "so"


def _few_words(rng: Random, length: int) -> str:
    """Return a handful of words in ever another order, with a comma now and then: a loop without copies."""
    said = ""
    while len(said) < length:
        said += " ".join(rng.sample(_FEW, rng.randint(4, 8))) + rng.choice((", ", " ", " ", ". "))
    return said[:length]


def _loops() -> list[Case]:
    rng = Random(11)
    zh, en, de, thought = PASSAGE["zh"], PASSAGE["en-2"] + " ", PASSAGE["de"] + "\n", PASSAGE["reasoning"]
    counter = "".join(f"{n}. Check whether shelf {n} holds the ledger of that year; it does not.\n" for n in range(1, 41))
    drifting = "".join(_DRIFTING.format(rng.choice(_DOORS), rng.choice(_THINGS)) for _ in range(24))

    def loop(via: str, kind: str, label: str, before: str, garble: str, channel: str = "content", within: int = LOOP) -> Case:
        fault = "model-repetition-loop"
        return _said(via, f"loop-{kind}", label, before, garble, "repetition", channel=channel, within=within, fault=fault)

    return [
        loop("chat-zai", "character", "one character for ever", zh, "的" * 400),
        loop("anthropic", "phrase", "a short phrase for ever", en + "It stands", " of the northern gate" * 33),
        loop("chat-zai", "sentence", "one sentence for ever, and no answer comes", thought, _SENTENCE * 16, "reasoning"),
        loop("gemini", "paragraph", "a paragraph for ever", en, garbage.repeated(_PARAGRAPH, 1_600)),
        loop("chat-zai", "counter", "the same line for ever but for a number that counts on", de, counter),
        loop("anthropic", "drifting", "the same line for ever, two words of it changing", thought, drifting, "reasoning", SALAD),
        loop(
            "gemini", "few-words", "a handful of words in ever another order: no two copies are alike", thought,
            _few_words(rng, 2_400), "reasoning", SALAD,
        ),
    ]  # fmt: skip


def _doubled() -> list[Case]:
    """A client or a proxy hands on each delta twice: after a reconnect two readers feed one text."""
    before, after = PASSAGE["en-2"] + "\n\n", PASSAGE["en"]
    garble, label, fault = garbage.doubled(after), "each delta twice, from the middle of the answer on", "delta-applied-twice"
    cut = [*tokens(before), *(token for token in tokens(after) for _ in (0, 1))]
    texts = tuple((0, "content", text) for text in cut)
    stored = Stream((), "opencode://session", None, status=None, headers=(), texts=texts, hop="storage")
    code, name = "doubled-deltas", "doubled-deltas"
    return [
        _said("chat-zai", name, label, before, garble, code, within=LOOP, fault=fault),
        _said("anthropic", name, label, before, garble, code, within=LOOP, fault=fault),
        _case(f"stored-{name}", stored, label + ", as a client stored it", [code], ("content", len(before), LOOP), fault),
    ]


# ---------------------------------------------------------------------- salads
def _many_languages(rng: Random, length: int) -> str:
    return garbage.multilingual_salad(rng, length, pools=[_ENGLISH])


def _salads() -> list[Case]:
    rng = Random(23)
    thought, en, de, ru = PASSAGE["reasoning-2"], PASSAGE["en-2"] + " ", PASSAGE["de"] + " ", PASSAGE["ru"] + " "
    german = garbage.vocabulary([PASSAGE["de"], TEXT["de"], REASONING["de"]]).words
    many = [
        _said(
            via, "multilingual-salad", "pieces of words of many languages in the reasoning", thought, _many_languages(rng, 700),
            "word-salad", "script-mix", channel="reasoning",
        )
        for via in _VIA
    ]  # fmt: skip

    def salad(via: str, kind: str, label: str, before: str, garble: str) -> Case:
        return _said(via, kind, label, before, garble, "word-salad")

    return [
        *many,
        salad("anthropic", "english-salad", "English words, none of them small", en, garbage.word_salad(rng, _ENGLISH, 700)),
        salad("chat-zai", "german-salad", "German words, as frequent as they are", de, " ".join(rng.choices(german, k=110))),
        salad("gemini", "function-words", "only small words", en, garbage.function_salad(rng, garbage.of_language("en"), 700)),
        salad(
            "chat-zai", "letter-salad", "words that are none: each letter follows the two before it as in English", en,
            garbage.letter_salad(rng, _ENGLISH, 700),
        ),
        salad(
            "anthropic", "broken-words", "pieces of Russian words, glued", ru,
            garbage.piece_salad(rng, garbage.vocabulary([PASSAGE["ru"]]), 700),
        ),
        salad("anthropic", "digit-soup", "digits and debris of code", en, garbage.punctuation_salad(rng, _ENGLISH, 700)),
    ]  # fmt: skip


# ---------------------------------------------------------------------- scripts mixed
_CYRILLIC = ("ств", "ный", "при", "ого", "ение", "ска", "пер", "ова", "что", "рой")
_LATIN = ("ing", "the", "tion", "pro", "com", "able", "ed", "qu", "str", "ment")
_ALIKE = str.maketrans("aeocpxyiTHKBM", "аеосрхуіТНКВМ")
_CLAUSES = (
    *("我们需要检查这个问题", "这是因为用户没有说清楚", "所以我觉得应该再看一遍"),
    *("但是他们还没有回答", "接下来我会给出几个例子"),
)


def _broken_by(rng: Random, text: str, pieces: Sequence[str]) -> str:
    """Return `text` with a piece inside or behind four words in ten, the first among them."""
    words = text.split(" ")
    for at, word in enumerate(words):
        if len(word) > 1 and (not at or rng.random() < 0.4):
            middle = len(word) // 2 if rng.random() < 0.6 else len(word.rstrip(".,!?।"))
            words[at] = word[:middle] + rng.choice(pieces) + word[middle:]
    return " ".join(words)


def _with_clauses(text: str) -> str:
    """Return `text` with a Chinese clause before each sentence and behind its third word, in turn."""
    said = []
    for number, sentence in enumerate(text.split(". ")):
        words = sentence.split(" ")
        at = number % 2 * 3
        said.append(" ".join([*words[:at], _CLAUSES[number % len(_CLAUSES)], *words[at:]]))
    return ". ".join(said)


def _lookalikes(rng: Random, text: str) -> str:
    """Return `text` with Cyrillic letters that look the same in half of its words, the first among them."""
    words = text.split(" ")
    for at, word in enumerate(words):
        if not at or rng.random() < 0.5:
            middle = rng.randrange(len(word)) if at else 0
            words[at] = word[:middle] + word[middle:].translate(_ALIKE)
    return " ".join(words)


def _scripts() -> list[Case]:
    rng = Random(31)
    ko, en, hi = (PASSAGE[name] + "\n\n" for name in ("ko", "en-2", "hi"))

    def mixed(via: str, kind: str, label: str, before: str, garble: str, *more: str) -> Case:
        return _said(via, kind, label, before, garble, "script-mix", *more, fault="model-script-mixing")

    return [
        mixed(
            "chat-zai", "korean-with-cyrillic", "Cyrillic pieces inside Korean words", ko,
            _broken_by(rng, PASSAGE["ko"], _CYRILLIC),
        ),
        mixed(
            "anthropic", "english-with-cyrillic", "Cyrillic pieces inside English words", en,
            _broken_by(rng, PASSAGE["en"], _CYRILLIC),
        ),
        mixed(
            "chat-zai", "english-with-lookalikes", "Cyrillic letters in English words that look the same", en,
            _lookalikes(rng, PASSAGE["en"]),
        ),
        mixed("gemini", "hindi-with-latin", "Latin pieces inside Hindi words", hi, _broken_by(rng, PASSAGE["hi"], _LATIN)),
        mixed("chat-zai", "chinese-in-korean", "Chinese clauses inside Korean sentences", ko, _with_clauses(PASSAGE["ko"])),
    ]  # fmt: skip


# ---------------------------------------------------------------------- odd places
_SCRAPS = (
    *(
        "and: ",
        "?  or \n",
        "(n'the ",
        ") => ",
        "`` is ",
        "... ",
        "]\\ ",
        "its? ",
        "\n* ",
        " in  and ",
        ":\n",
        "**, ",
        "= (",
        "for. ",
    ),
)


def _fragments(rng: Random, length: int) -> str:
    """Return scraps of a prompt, closing brackets, blanks too many, and in the middle a tag of the tool grammar."""
    english, said = garbage.of_language("en"), ""
    while len(said) < length:
        scrap = rng.choice(_SCRAPS) if rng.random() < 0.6 else rng.choice(rng.choice((english.common, english.rare)))
        said += scrap + rng.choice((" ", "", "? ", ".\n"))
    return said[: length // 2] + "</arg_value>\n" + said[length // 2 : length]


def _in_arguments(rng: Random) -> list[Case]:
    sound = PASSAGE["en"] + " "
    note = {"title": "The archive", "text": sound + _many_languages(rng, 600)}
    call = ("save_note", json.dumps(note, ensure_ascii=False))
    onset = ("tool:0", call[1].index(sound) + len(sound), SALAD)
    label, codes = "garble in a string of a tool's arguments; the JSON is valid", ("word-salad", "script-mix")
    spoken = events.anthropic("", "I will write it down.", call)
    return [
        _case("chat-zai-salad-in-arguments", chat.zai("", "", call), label, codes, onset, "model-word-salad"),
        _case("anthropic-salad-in-arguments", spoken, label + ", in fragments", codes, onset, "model-word-salad"),
    ]


def _places() -> list[Case]:
    rng = Random(47)
    en, fenced, thought = PASSAGE["en-2"] + " ", PASSAGE["code-en"] + "```python\n", PASSAGE["reasoning-2"]
    passing = _many_languages(rng, 500) + "\n\n" + PASSAGE["en"]
    both = ("word-salad", "script-mix")
    return [
        *_in_arguments(rng),
        _said("chat-zai", "salad-that-ends", "garble for 500 characters, then the text is sound again", en, passing, *both),
        _said("gemini", "short-salad", "a whole answer of 200 characters, garbled", "", _many_languages(rng, 200), *both, within=LOOP),
        _said(
            "anthropic", "salad-in-open-fence", "garble in a fence that is never closed", fenced,
            garbage.piece_salad(rng, _ENGLISH, 1_200), "word-salad",
        ),
        _said(
            "chat-zai", "fragments-and-tag", "fragments, and a closing tag of the tool grammar among them", thought,
            _fragments(rng, 700), "template-token", "word-salad", channel="reasoning", fault="engine-state-garble",
        ),
    ]  # fmt: skip


DEGENERATION = [*_loops(), *_doubled(), *_salads(), *_scripts(), *_places()]
