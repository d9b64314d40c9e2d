"""The texts of the captures, all written for this project, and how a server cuts them.

In:   nothing.
Out:  texts by name; tokens() and pieces(), which cut a text as token-by-token and as burst-by-burst servers do.
Rule: short, correct and ordinary in their language; between them they hold what naive readers break on: combining marks, ZWJ emoji,
      right-to-left script, U+5148 (its UTF-8 holds the byte 0x85), tables, code, formulas.
"""

__all__ = ("ARGUMENTS", "CODE", "MATHS", "REASONING", "TABLE", "TEXT", "pieces", "tokens")

import json
import re

TEXT = {
    "en": (
        "The harbour wall was finished in the spring of 1911. It is 340 metres long, and the lamp at its end can be seen from the "
        "island on clear nights. Walk there in the evening: the ferry turns right under the lamp, and the children wave at it."
    ),
    "en-short": "Two and two make four.",
    "de": (
        "Der Müller öffnete früh die Schleuse, weil über Nacht viel Wasser gekommen war. „Größer wird der Teich nicht“, sagte er, "
        "und schloss das Tor erst wieder, als die Enten über die Wiese zogen."
    ),
    "fr": (
        "Le garçon posa la clé sur la table, puis il ouvrit la fenêtre. « Où est passée ma sœur ? » demanda-t-il. L’été dernier, "
        "elle l’attendait déjà près du château, un panier de cerises à la main."
    ),
    "ru": (
        "Утром мы пошли на рынок за яблоками. Было ещё темно, но продавцы уже раскладывали товар и громко шутили. "
        "Бабушка выбрала самые красные, заплатила и сказала, что объём корзины явно мал."
    ),
    "el": (
        "Το μικρό καφενείο στην πλατεία ανοίγει πριν από την ανατολή. Ο ιδιοκτήτης βάζει πρώτα νερό στα λουλούδια και ύστερα "
        "ψήνει τον πρώτο καφέ της ημέρας."
    ),
    "he": "בבוקר ירדנו אל החוף עם סל מלא תפוזים. הים היה שקט, והילדים בנו מגדל חול גבוה ליד המים. לקראת ערב חזרנו הביתה ברגל.",
    "hi": (
        "सुबह की पहली बस पहाड़ी गाँव तक जाती है। रास्ते में एक पुराना पुल है, जिसके नीचे नदी बहुत तेज़ बहती है। "
        "यात्री वहाँ रुककर चाय पीते हैं और बादलों को देखते हैं।"
    ),
    "zh": (
        "我们先把窗户打开，再把花搬到阳台上。先生说今天会下雨，所以不用浇水。"
        "傍晚的时候，雨果然来了，街上的人都跑进了茶馆，老板笑着给大家倒茶。"
    ),
    "ja": (
        "駅前のパン屋は朝五時に店を開けます。先に並んだ人だけが、焼きたてのカレーパンを買えるそうです。"
        "私はいつも少し遅れて、食パンを一斤だけ持って帰ります。"
    ),
    "ko": "할머니는 마당에 고추를 널어 놓고 하늘을 살폈다. 구름이 적어서 오늘은 잘 마르겠다고 하셨다. 저녁에는 온 가족이 모여 국수를 먹었다.",
    "emoji": (
        "The crew today: \U0001f469\U0001f3fd\u200d\U0001f680 flies, "
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 waves from the hill, "
        "and \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f hangs from the tower. "
        "Combining marks, too: cafe\u0301, Z\u030cizka, a\u0323\u0306n, q\u0307."
    ),
}

TABLE = (
    "| Station | Height | Opened |\n|---|---:|---|\n| Lower valley | 412 m | 1903 |\n| Middle | 1 106 m | 1903 |\n"
    "| Summit | 2 348 m | 1911 |\n\nThe last cabin leaves at 17:40."
)

CODE = (
    'Here is the function:\n\n```python\ndef median(values: list[float]) -> float:\n    """Return the middle value."""\n'
    "    ordered = sorted(values)\n    half = len(ordered) // 2\n    if len(ordered) % 2:\n        return ordered[half]\n"
    "    return (ordered[half - 1] + ordered[half]) / 2\n```\n\nIt raises `IndexError` for an empty list."
)

MATHS = (
    "For $n \\ge 1$ the sum is $\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$. With $n = 100$: $\\frac{100 \\cdot 101}{2} = 5050$. "
    "So ∀n ∈ ℕ: 2·S(n) = n² + n, and √(8·S + 1) is odd."
)

REASONING = {
    "en": (
        "The user wants two sentences about the harbour. I know the year and the length. I will name the lamp, since people "
        "can see it, and end with the ferry."
    ),
    "en-tool": "I cannot know the weather by myself. The tool takes a city and a unit, so I will call it for Porto, in Celsius.",
    "de": "Der Nutzer schreibt Deutsch, also antworte ich auf Deutsch. Er möchte eine kurze Szene mit Wasser und einem Müller.",
    "ru": "Пользователь просит короткий рассказ о рынке. Напишу три предложения, простыми словами.",
    "zh": "用户想要一段关于下雨的短文。我先写早上，再写傍晚，最后写茶馆。",
    "ja": "パン屋についての短い文章を求められている。先に時刻を述べ、次に行列のことを書こう。",
    "maths": "Gauss: pair 1 with n, 2 with n-1. Each pair sums to n+1, there are n/2 of them. Check with n = 4: 10. Good.",
}

ARGUMENTS = {
    "weather": json.dumps({"city": "Porto", "unit": "celsius"}, separators=(",", ":")),
    "read": json.dumps({"path": "notes/harbour.md", "limit": 40}, separators=(",", ":")),
    "note": json.dumps({"title": "Schleuse öffnen", "text": "先に門を開ける。", "tags": ["水", "früh"]}, ensure_ascii=False),
}

_TOKEN = re.compile(r"\s*\w{1,6}|\s*([^\w\s])\1{0,3}|\s+")


def tokens(text: str, *, longest: int = 6) -> list[str]:
    """Return `text` cut as a token-by-token server cuts it; CJK comes a few characters at a time."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        piece = match[0]
        step = 2 if any(ord(c) > 0x2E80 for c in piece) else longest + 1
        found += [piece[i : i + step] for i in range(0, len(piece), step)]
    return found


def pieces(text: str, size: int = 24) -> list[str]:
    """Return `text` in equal pieces, as servers send that flush by time."""
    return [text[i : i + size] for i in range(0, len(text), size)]
