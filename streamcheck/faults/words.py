"""Words for texts that are no language: of many scripts, and template tokens that engines leak.

In:   a random.Random.
Out:  str.
Rule: nothing is copied from a recording; how it breaks is what broken engines do.
"""

__all__ = ("BLEEDS", "TOKENS", "salad")

from random import Random

_WORDS = (
    "river window lantern quietly seven copper because under harvest ticket garden hollow between",
    "Fenster langsam Brücke obwohl Garten Schnee sieben Kupfer unter Laterne",
    "ventana despacio puente aunque jardín nieve siete cobre linterna bajo",
    "окно медленно мост хотя сад снег семь медь фонарь под",
    "παράθυρο αργά γέφυρα κήπος χιόνι επτά χαλκός φανάρι κάτω",
    "窗户 慢慢 桥梁 花园 下雪 七个 铜器 灯笼 虽然 底下",
    "창문 천천히 다리 정원 구리 등불 비록 아래 일곱",
    "窓 ゆっくり 橋 庭 七つ 銅 提灯 下に",
    "نافذة ببطء جسر حديقة ثلج سبعة نحاس فانوس تحت",
    "खिड़की धीरे पुल बगीचा बर्फ़ सात ताँबा लालटेन नीचे",
    "หน้าต่าง สะพาน สวน หิมะ ทองแดง โคมไฟ ใต้",
    "պատուհան կամուրջ այգի ձյուն պղինձ լապտեր",
    "ფანჯარა ხიდი ბაღი თოვლი სპილენძი ფარანი",
)
_DEBRIS = ("}", "];", "0x", "->", "null", "self.", "</", "((", "import", "%d", "@param", "::")
_ALL = tuple(word for line in _WORDS for word in line.split())

BLEEDS = tuple(word for line in _WORDS[3:] for word in line.split() if len(word) > 1)
TOKENS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|assistant|>",
    "</arg_value>",
    "<|observation|>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
)


def salad(rng: Random, chars: int) -> str:
    """Return at least `chars` characters of words that do not belong together, a blank before each."""
    pieces: list[str] = []
    size = 0
    while size < chars:
        piece = " " + (rng.choice(_DEBRIS) if rng.random() < 0.12 else rng.choice(_ALL))
        pieces.append(piece)
        size += len(piece)
    return "".join(pieces)
