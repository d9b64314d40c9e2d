"""Makers of text that is no language, from the words of texts that are.

In:   a random.Random, and a Vocabulary (or a sound text to damage).
Out:  str; the garbage begins at its first character and has the length asked for.
Rule: nothing is copied from a recording: what is said comes from the caller's texts or from the word lists below, how it
      breaks is what broken engines do (stuck loops, sampling from noise, pieces of the tokenizer, leaked template tokens,
      misread bytes).
"""

__all__ = (
    "LANGUAGES",
    "TEMPLATE_TOKENS",
    "Vocabulary",
    "counting",
    "doubled",
    "drifting",
    "function_salad",
    "leaked",
    "letter_salad",
    "lost",
    "misread",
    "mixed_scripts",
    "multilingual_salad",
    "of_language",
    "piece_salad",
    "punctuation_salad",
    "repeated",
    "shuffled",
    "spaced",
    "vocabulary",
    "word_salad",
)

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from scripts.captures.words import tokens

# Function words | other words. Self-written: a fallback where the caller has no texts of a language, and words of foreign ones.
_LISTS = {
    "en": "the of and to in that it for was on are with as be at by this from or not|harbour lantern window garden copper winter"
    " letter narrow silent carpet promise engine orchard butter gentle river measure thunder basket candle shoulder meadow"
    " ticket hammer pepper corner blanket shadow bridge turnip whistle cousin saddle marble feather cellar remember wander"
    " borrow",
    "de": "der die und in zu das mit sich auf für ist nicht ein eine als auch an werden aus bei|Brücke Mühle Fenster Regen"
    " Schlüssel Garten leise Wagen Kirsche Werkzeug Ofen Spiegel Straße Nebel dunkel Teppich Wolke Treppe Hammer Schatten"
    " Brunnen Löffel Decke Wiese Ecke Feder Keller Bruder Eisen Kerze wandern leihen Schnee Pfeffer Sattel Ziege langsam"
    " Nachbar",
    "fr": "le la les de des un une et à en que qui dans pour pas sur avec il elle ne|fenêtre rivière jardin marché lumière"
    " chapeau forêt vélo cerise lettre château doucement hiver horloge pluie nuage escalier marteau ombre cuillère"
    " couverture prairie coin plume cave frère fer bougie marcher neige poivre selle chèvre lentement voisin panier orage",
    "es": "el la los de que y a en un una por con no su para se lo como más pero|ventana puente camino lluvia naranja sombrero"
    " montaña reloj cocina barco pequeño verano carta piedra luz nube escalera martillo sombra cuchara manta prado esquina"
    " pluma sótano hermano hierro vela caminar nieve pimienta silla cabra despacio vecino cesta tormenta",
    "pl": "i w na z do nie się to że jest po od za o jak ale przez dla czy|rzeka okno ogród światło książka jabłko śnieg droga"
    " mała wiosna zegar młyn ściana łódka deszcz",
    "tr": "ve bir bu da de için ile o ne gibi daha çok en kadar ama her olan|pencere köprü bahçe yağmur kitap küçük deniz ışık"
    " elma yol saat güneş taş rüzgâr gece",
    "vi": "và của là có cho không được một những với các này trong để đã từ|cửa sổ cầu vườn mưa sách nhỏ biển ánh sáng táo đường"
    " đồng hồ mặt trời đá gió đêm",
    "ru": "и в не на что с по это как к но из у за от для же так о|река окно сад свет книга яблоко снег дорога маленький весна"
    " часы мельница стена лодка дождь облако лестница молоток тень ложка одеяло луг угол перо подвал брат железо свеча идти"
    " перец седло коза медленно сосед корзина гроза мост",
    "uk": "і в не на що з до це як та але із у за від для же так про|річка вікно сад світло книжка яблуко сніг дорога малий весна"
    " годинник млин стіна човен дощ",
    "el": "και το να η ο του της με για από στο που δεν τα θα είναι σε|παράθυρο γέφυρα κήπος βροχή βιβλίο μικρός θάλασσα φως μήλο"
    " δρόμος ρολόι ήλιος πέτρα άνεμος νύχτα σύννεφο σκάλα σφυρί σκιά κουτάλι κουβέρτα λιβάδι γωνία φτερό υπόγειο αδελφός"
    " σίδερο κερί περπατώ χιόνι πιπέρι σέλα κατσίκα αργά γείτονας καλάθι",
    "he": "של את על לא זה עם הוא גם כי אם או אבל היא כל יותר|חלון גשר גינה גשם ספר קטן ים אור תפוח דרך שעון שמש אבן רוח לילה ענן"
    " סולם פטיש צל כפית שמיכה אחו פינה נוצה מרתף אח ברזל נר הולך שלג פלפל אוכף עז לאט שכן סל סערה",
    "ar": "في من على أن إلى هذا مع لا ما كان عن هو هي كل بعد|نافذة جسر حديقة مطر كتاب صغير بحر ضوء تفاحة طريق ساعة شمس حجر ريح"
    " ليل",
    "hi": "और का की के में है से को पर यह भी नहीं एक वह तो|खिड़की पुल बगीचा बारिश किताब छोटा समुद्र रोशनी सेब रास्ता घड़ी सूरज"
    " पत्थर हवा रात बादल सीढ़ी हथौड़ा छाया चम्मच कंबल मैदान कोना पंख तहखाना भाई लोहा मोमबत्ती चलना बर्फ़ मिर्च काठी बकरी"
    " धीरे पड़ोसी टोकरी तूफ़ान",
    "th": "และ ของ ที่ ใน เป็น ไม่ มี ได้ จะ ให้ กับ ว่า นี้|หน้าต่าง สะพาน สวน ฝน หนังสือ เล็ก ทะเล แสง แอปเปิล ถนน นาฬิกา หิน ลม",
    "zh": "的 了 在 是 和 不 有 我 他 这 也 就 都 很|窗户 河流 花园 书本 苹果 道路 春天 时钟 墙壁 小船 下雨"
    " 灯光 石头 山上 云彩 楼梯 锤子 影子 勺子 毯子 草地 角落 羽毛 地窖 兄弟 钢铁 蜡烛 走路 雪花 胡椒"
    " 马鞍 山羊 慢慢 邻居 篮子 暴雨",
    "ja": "の は を に が と で も から まで です ます この|窓 橋 庭 雨 本 小さい 海 光 りんご 道 時計 太陽"
    " 石 風 夜 カーテン テーブル 雲 階段 金槌 影 さじ 毛布 草原 角 羽 地下室 兄 鉄 ろうそく 歩く 雪"
    " 胡椒 鞍 山羊 ゆっくり 隣人 かご 嵐",
    "ko": "은 는 이 가 을 를 에 의 와 도 그 저 것|창문 다리 정원 비 책 작은 바다 빛 사과 길 시계 태양 돌"
    " 바람 밤 구름 계단 망치 그림자 숟가락 담요 들판 모퉁이 깃털 지하실 형제 쇠 촛불 걷다 눈송이 후추"
    " 안장 염소 천천히 이웃 바구니 폭풍",
}
LANGUAGES = tuple(_LISTS)

TEMPLATE_TOKENS = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|assistant|>", "<|user|>", "<|observation|>", "<|eot_id|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>", "<｜tool▁calls▁begin｜>"),
    *("</arg_value>", "<arg_key>", "</tool_call>", "[/INST]", "[gMASK]", "<start_of_turn>", "<|tool_call_begin|>"),
)
_SIGNS = """0 1 7 12 0.5 } { ] [ ) ( ": ", ), ]; }; -> => // </ /> && || . .. , ; : ! ? * ** # ` _ - -- = ' " \\ | @ null var"""
_DEBRIS = (*_SIGNS.split(), "\n", "\n\n")
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"  # are no letters to re
_LETTERS = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}])*")
_ORDER = 2  # letters that the next one depends on: words look like the language's and are none


@dataclass(frozen=True)
class Vocabulary:
    """What the makers know of a language.

    words:   every word of the texts in order, so that rng.choice() draws them as often as the language does.
    rare:    distinct words that are not common.
    common:  the most frequent words, the function words of most languages.
    pieces:  parts of words as tokenizers cut them; a piece that begins a word has its blank.
    after:   `_ORDER` letters -> the letters that followed them.
    between: what stands between two words: a blank, or nothing.
    """

    words: tuple[str, ...]
    rare: tuple[str, ...]
    common: tuple[str, ...]
    pieces: tuple[str, ...]
    after: dict[str, str]
    between: str


def spaced(text: str) -> bool:
    """Return whether `text` is written with blanks between words."""
    return text.count(" ") * 12 > len(text)


def vocabulary(texts: Iterable[str]) -> Vocabulary:
    """Return the statistics of `texts`, which should be of one language and hold a few hundred words."""
    words: list[str] = []
    pieces: list[str] = []
    after: dict[str, list[str]] = defaultdict(list)
    blanks = size = 0
    for text in texts:
        blanks, size = blanks + text.count(" "), size + len(text)
        found = _LETTERS.findall(text)
        words += found if spaced(text) else [part for run in found for part in tokens(run)]
        pieces += [piece for piece in tokens(text, longest=4) if _LETTERS.search(piece)]
        running = " ".join(found)
        for at in range(len(running) - _ORDER):
            after[running[at : at + _ORDER]].append(running[at + _ORDER])
    if not words:
        raise ValueError("the texts hold no words")
    ranked = [word for word, _ in Counter(words).most_common()]
    common = tuple(ranked[: max(8, min(40, len(ranked) // 8))])
    between = " " if blanks * 12 > size else ""
    followers = {key: "".join(letters) for key, letters in after.items()}
    return Vocabulary(tuple(words), tuple(ranked[len(common) :]) or common, common, tuple(pieces), followers, between)


@cache
def of_language(name: str) -> Vocabulary:
    """Return the vocabulary of one of LANGUAGES, out of the lists of this file."""
    common, _, rare = _LISTS[name].partition("|")
    joined = "" if name in ("zh", "ja", "th") else " "
    made = vocabulary([f"{common} {rare}"])
    return Vocabulary(made.words, tuple(rare.split()), tuple(common.split()), made.pieces, made.after, joined)


def _filled(length: int, draw: Callable[[], str], between: str = "") -> str:
    """Return what `draw` gives, again and again, cut at `length` characters."""
    parts: list[str] = []
    size = 0
    while size < length + len(between):
        parts.append(draw())
        size += len(parts[-1]) + len(between)
    return between.join(parts).lstrip()[:length].ljust(length, ".")


# ---------------------------------------------------------------------------------------------------------------- loops
def repeated(unit: str, length: int) -> str:
    """Return `unit` again and again. The text is known to be a loop from its second copy on."""
    return (unit * (length // len(unit) + 1))[:length]


def counting(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return lines that are equal but for a number that rises."""
    start = rng.randrange(1, 90)
    head, tail = (vocabulary.between.join(rng.choices(vocabulary.rare, k=rng.randint(2, 5))) for _ in range(2))
    shape = rng.choice(("{0} {1}: {2}.\n", "{1}. {0} {2}\n", "{0} {1} {2}, "))
    lines = (shape.format(head, n, tail) for n in range(start, start + length))
    return _filled(length, lambda: next(lines))


def drifting(rng: Random, sentence: str, vocabulary: Vocabulary, length: int) -> str:
    """Return `sentence` again and again; each copy differs from the one before in a word, sometimes in two."""
    words = tokens(sentence, longest=20)

    def copy() -> str:
        said = "".join(words)
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.randrange(len(words))
            blank = " " if words[at].startswith(" ") else ""
            words[at] = blank + rng.choice(vocabulary.words)
        return said

    return _filled(length, copy)


def doubled(text: str) -> str:
    """Return `text` with every token twice, as clients write it that apply each delta two times."""
    return "".join(token * 2 for token in tokens(text))


# --------------------------------------------------------------------------------------------------------------- salads
def word_salad(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return random words of one language, none of them frequent."""
    return _filled(length, lambda: rng.choice(vocabulary.rare), vocabulary.between)


def function_salad(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return nothing but the small words of a language."""
    return _filled(length, lambda: rng.choice(vocabulary.common), vocabulary.between)


def piece_salad(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return parts of words as they come, glued; some keep the blank they began with."""
    return _filled(length, lambda: rng.choice(vocabulary.pieces).replace("\n", " "))


def letter_salad(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return words that are none: each letter is likely after the two before it."""
    state = rng.choice(tuple(vocabulary.after))

    def letter() -> str:
        nonlocal state
        following = vocabulary.after.get(state) or rng.choice(tuple(vocabulary.after.values()))
        state = state[1:] + rng.choice(following)
        return state[-1]

    return _filled(length, letter)


def shuffled(rng: Random, text: str) -> str:
    """Return the words of `text` in random order, with what each had behind it."""
    words = re.findall(r"\S+\s*", text.rstrip() + " ") if spaced(text) else tokens(text)
    rng.shuffle(words)
    return "".join(words).strip()


def multilingual_salad(rng: Random, length: int, *, pools: Sequence[Vocabulary] = ()) -> str:
    """Return words and pieces of many languages, glued as tokenizers glue them. pools: more vocabularies than this file's."""
    every = [*map(of_language, LANGUAGES), *pools]

    def piece() -> str:
        chosen = rng.choice(every)
        text = rng.choice(chosen.pieces).strip() if rng.random() < 0.4 else rng.choice(chosen.words)
        return text + rng.choice((" ", " ", "", "", ", ", ". ", "(", '"', "\n"))

    return _filled(length, piece)


def punctuation_salad(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return digits, brackets and debris of code, with a piece of a word now and then."""
    return _filled(
        length,
        lambda: (
            rng.choice(vocabulary.pieces).replace("\n", " ")
            if rng.random() < 0.15
            else rng.choice(_DEBRIS) + rng.choice(("", "", " "))
        ),
    )


# ------------------------------------------------------------------------------------------------------ damage of a text
def mixed_scripts(rng: Random, text: str, *, share: float = 0.35) -> str:
    """Return `text` with `share` of its words broken by another script: inside the word, behind it, or in its place."""
    home = _script(text)
    foreign = [name for name in ("ru", "el", "he", "ar", "hi", "th", "zh", "ja", "ko", "en") if _script(_LISTS[name]) != home]
    parts = re.findall(r"\S+\s*", text) if spaced(text) else tokens(text)
    first = True
    for at, part in enumerate(parts):
        word = part.rstrip()
        if not _LETTERS.search(word) or not (first or rng.random() < share):
            continue
        other = rng.choice(of_language(rng.choice(foreign)).words)
        middle = max(1, len(word) // 2)
        broken = (word[:middle] + other[:2] + word[middle:], word + other[:3], other)
        parts[at] = (other + word if first else rng.choice(broken)) + part[len(word) :]
        first = False
    return "".join(parts)


def _script(text: str) -> str:
    """Return a rough name of the first letters' script: the code point's block of 256, CJK as one."""
    codes = Counter(min(ord(c), 0x3000) >> 8 for c in text if c.isalpha())
    return str(codes.most_common(1)[0][0]) if codes else ""


def leaked(rng: Random, vocabulary: Vocabulary, length: int) -> str:
    """Return tokens of chat templates with a few words between them; the first is a token."""

    def token_and_words() -> str:
        words = vocabulary.between.join(rng.choices(vocabulary.words, k=rng.randint(0, 12)))
        return rng.choice(TEMPLATE_TOKENS) + rng.choice(("", "\n")) + words

    return _filled(length, token_and_words)


def misread(text: str, encoding: str = "cp1252") -> str:
    """Return `text` as it looks when its UTF-8 is read as `encoding`. Begin it with a character that is not ASCII."""
    raw = text.encode("utf-8", "surrogatepass")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:  # five bytes mean nothing in cp1252; browsers read them as Latin-1 does
        return raw.decode("latin-1")


def lost(rng: Random, text: str, *, share: float = 0.1) -> str:
    """Return `text` with characters replaced by U+FFFD: the first, then `share` of the others, non-ASCII ones for preference."""
    wide = not text.isascii()
    chance = [0.0 if wide and c < "\x80" else share for c in text]
    return "".join("\ufffd" if at == 0 or rng.random() < chance[at] else c for at, c in enumerate(text))
