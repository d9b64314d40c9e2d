"""What a text says about writing systems: talk of a language, names of languages, brackets, Chinese among hanja.

In:   text around a place.
Out:  talked_about(), endonym(), enclosed(), foreign_han().
Rule: an article on homoglyphs, a word list, a translation and a gloss in brackets mix scripts on purpose and say so nearby.
Cost: a few us a question; asked on a hit only.
"""

__all__ = ("enclosed", "endonym", "foreign_han", "talked_about")

import re
from functools import cache, lru_cache

# What a text says when it speaks of a writing system, or of a language that is written in it.
_TALK = {
    "C": r"cyril|kyril|russia|ukrain|bulgar|serbia|slav|mongol|kazakh|belarus|macedon"
    r"|moscow|soviet|кирил|русск|росси|україн|украин|俄语|俄語|俄文|俄罗|俄羅"
    r"|西里尔|西里爾|乌克兰|烏克蘭|蒙古|キリル|ロシア|ウクライナ|モンゴル|러시아|키릴|우크라이나|몽골",
    "G": r"gr(?:ee|ie|e)[kcq]|hellen|athen|греч|ギリシ|希腊|希臘|그리스",
    "H": r"chin[ae]|mandarin|cantonese|taiwan|hong ?kong|pinyin|hanzi|hanja"
    r"|kanji|japan|ideograph|\bcjk\b|beijing|китай|япон|иероглиф|кита[ий]"
    r"|中国|中文|汉[字语]|漢[字語]|日本|日语|중국|한자|일본|대만|번체|간체|병음|고사성어|사자성어",
    "K": r"japan|kana\b|hiragana|katakana|kanji|romaji|\bcjk\b|anime|manga|tokyo|япон|日[语語文本]|假名|일본|가나",
    "O": r"korea|hangul|hangeul|seoul|k-pop|\bcjk\b|коре[йя]|韩[国语文]|韓[国國語文]|朝鲜|朝鮮|谚文|諺文|ハングル|한국어|한글",
    "A": r"arab|persia|farsi|urdu|pashto|\biran|quran|koran|islam|u[yi]gh?ur|араб|перси|阿拉伯|波斯|乌尔都|维吾尔|アラビア|ペルシア|아랍|페르시아|이슬람",
    "B": r"hebr|israel|jewish|yiddish|torah|biblic|иврит|еврей|израил|希伯来|希伯來|以色列|ヘブライ|イスラエル|히브리|이스라엘",
    "T": r"\bthai|bangkok|siam|тайск|таиланд|泰[语語文国國]|タイ[語国文]|태국",
    "D": r"hindi|sanskrit|nepal|marathi|devanagari|\bindia|vedic|yoga|хинди|индий"
    r"|санскр|印地|梵[文语語]|印度|ヒンディ|インド|サンスクリット|힌디|인도|산스크리트",
}
_OTHERS = (
    r"bengal|bangla|punjab|gujarat|tamil|telugu|kannada|malayalam|sinhal"
    r"|burm|myanmar|khmer|cambod|\blao\b|laos|georgia|armenia|amhar|ethiop"
    r"|tibet|cherokee|mongol|coptic|\brun(?:ic|es?)\b|gothic|phoenic|cuneiform"
    r"|hieroglyph|грузин|армян|格鲁吉亚|亚美尼亚|藏[文语]|グルジア|チベット|조지아|티베트"
)
_LOOKALIKES = r"homoglyph|homograph|confusab|look-?alike|punycode|\bidn\b|spoof|phishing|гомоглиф|同形"
_ANY = (
    r"transliterat|translat|unicode|alphabet|multilingual|bilingual|localis"
    r"|localiz|\bi18n|\bl10n|emoticon|kaomoji|\blanguages\b|pronounc|etymolog"
    r"|loanword|code ?points?|перев[оеё]д|алфавит|\bбукв[аыу]\b|翻译|翻譯|语言|語言|字母|外语|单词|翻訳|言語|アルファベット|文字|번역|언어|단어|외국어|문자"
    r"|übersetz|sprache|traduc|tradu[iz]|\blangues?\b|idioma|alfab"
)

# Names that languages give themselves: a row of them is a list of languages, with or without commas.
_ENDONYMS = frozenset(
    [
        "Русский",
        "русский",
        "Українська",
        "українська",
        "Беларуская",
        "Български",
        "български",
        "Македонски",
        "Српски",
        "српски",
        "Қазақша",
        "Қазақ",
        "Кыргызча",
        "Тоҷикӣ",
        "Монгол",
        "Татарча",
        "Башҡортса",
        "Чӑвашла",
        "Ελληνικά",
        "ελληνικά",
        "中文",
        "简体中文",
        "繁體中文",
        "简体",
        "繁體",
        "正體中文",
        "日本語",
        "粵語",
        "文言",
        "한국어",
        "조선말",
        "العربية",
        "فارسی",
        "اردو",
        "پښتو",
        "کوردی",
        "עברית",
        "ייִדיש",
        "ไทย",
        "ລາວ",
        "ខ្មែរ",
        "ភាសាខ្មែរ",
        "မြန်မာ",
        "မြန်မာဘာသာ",
        "हिन्दी",
        "हिंदी",
        "मराठी",
        "नेपाली",
        "संस्कृतम्",
        "বাংলা",
        "অসমীয়া",
        "ਪੰਜਾਬੀ",
        "ગુજરાતી",
        "ଓଡ଼ିଆ",
        "தமிழ்",
        "తెలుగు",
        "ಕನ್ನಡ",
        "മലയാളം",
        "සිංහල",
        "ქართული",
        "Հայերեն",
        "አማርኛ",
        "ትግርኛ",
        "བོད་ཡིག",
        "ߒߞߏ",
        "ދިވެހި",
        "ئۇيغۇرچە",
        "سنڌي",
    ]
)


@cache
def _talk(family: str, wide: bool) -> re.Pattern[str]:
    return re.compile("|".join((_TALK.get(family, _OTHERS), _LOOKALIKES, *([_ANY] if wide else []))), re.IGNORECASE)


@lru_cache(maxsize=64)
def talked_about(family: str, text: str, *, wide: bool = True) -> bool:
    """True when `text` speaks of the family's script, its languages or look-alike letters; `wide`: or of any language."""
    return _talk(family, wide).search(text) is not None


def endonym(word: str) -> bool:
    """True for the name of a language in that language."""
    return word in _ENDONYMS


# ---------------------------------------------------------------------- enclosed
_CLOSES = dict(zip(")]}）］】」』》〉»”’", "([{（［【「『《〈«“‘", strict=True))
_OPENS = frozenset(_CLOSES.values()) | {"„"}
_EDGES = re.compile('[][(){}（）［］【】「」『』《》〈〉«»“”„‘’"`]')


def enclosed(line: str, after: str = "") -> bool:
    """True when a bracket or quotation that `line` opens is open at its end, or the end lies in the text of a markup element."""
    if "</" in after and line.rfind(">") > line.rfind("<"):
        return True
    open_: list[str] = []
    for mark in _EDGES.findall(line):
        if mark in {'"', "`"}:
            if mark in open_:
                del open_[open_.index(mark) :]
            else:
                open_.append(mark)
        elif mark in _OPENS:
            open_.append(mark)
        else:
            wanted = _CLOSES[mark]
            partner = wanted if wanted in open_ else "„" if mark in "“”" and "„" in open_ else None
            if partner is not None:
                del open_[len(open_) - 1 - open_[::-1].index(partner) :]
            elif mark == "’" and "‘" not in open_:
                continue
    return bool(open_)


# ---------------------------------------------------------------------- Chinese among hanja
_CHINESE = re.compile(
    "[们這这吗呢吧哪那你她它很没給给从把让还說说么什怎]|的(?!確|实)|不是|如果|因此|因为|因為|所以|但是|可以|首先|接着|然后|通过|需要|以及|或者|进行|對於|对于|我|了"
)


def foreign_han(text: str) -> tuple[int, int]:
    """Return how many Han characters of `text` no Korean writes, and how many Chinese function words it holds.

    The national standard names the characters: KS X 1001 has 4,888 hanja and no simplified Chinese forms.
    """
    return len(text) - len(text.encode("euc_kr", "ignore")) // 2, len(_CHINESE.findall(text))
