"""What the tests of the detectors share: findings of one code, and texts in which nothing is wrong."""

from collections.abc import Callable
from typing import Any

from streamcheck.detectors import BLOCK, TAIL, Block, Detector, Setting, Signal, TextFinding
from streamcheck.findings import Severity
from streamcheck.textchecks import TextChecks
from streamcheck.textcontext import TextContext


def alone(
    make: type[Detector], text: str, channel: str = "content", *, context: str = "", scorer: Callable[[str], float] | None = None
) -> list[Any]:
    """Return what one detector says of `text`: findings and signals."""
    so_far = TextContext()
    detector = make(Setting(channel, so_far, context, scorer))
    found: list[TextFinding | Signal] = []
    for at in range(0, len(text), BLOCK):
        so_far.feed(text[at : at + BLOCK], at)
        found += detector.feed(Block(text[at : at + BLOCK], at, text[max(0, at - TAIL) : at]))
    return [*found, *detector.close()]


def findings(code: str, text: str, channel: str = "content", size: int | None = None) -> list[TextFinding]:
    """Return the findings of `code` in `text`, fed in pieces of `size` characters, or whole."""
    checks = TextChecks(channel)
    found: list[TextFinding] = []
    for at in range(0, len(text), size or max(1, len(text))):
        found += checks.feed(text[at : at + (size or len(text))])
    return [f for f in found + checks.close() if f.code == code]


def severities(code: str, text: str, channel: str = "content") -> list[str]:
    return [f.severity.value for f in findings(code, text, channel)]


def alarms(code: str, text: str, channel: str = "content") -> list[TextFinding]:
    """Return the findings above a note."""
    return [f for f in findings(code, text, channel) if f.severity is not Severity.NOTE]


# Correct texts of many kinds. No check of this folder may raise an alarm on any of them.
CLEAN: dict[str, str] = {
    "maths": "For all x ∈ ℝ with |x| < 1 we have Σ xⁿ = 1/(1−x); thus √2 ± π ≤ 5, ∂f/∂x = 0, A ⊆ B ⇒ |A| ≤ |B|, and 2×½ = 1, ×¼ for a quarter, k√π.\n",
    "latex": r"Let $\nu \neq \nabla u$ and $\frac{1}{2}\sum_{n=1}^{N} n$, so \begin{align} x &= \newline y \end{align} and \noindent \textbf{a}."
    + "\n",
    "code": "```python\nfor i in range(10):\n    x = a[i] << 2 | b[0] >> 1\n    print(f'{x!r}\\n\\t<b>{i}</b>')\n```\nThat prints ten lines.\n",
    "generics": "std::vector<int> v; Map<String, List<T>> m; if (a < b && c > d) { x |= y; } let f = a <| b |> c; case xs of [x] -> x <|> y\n",
    "html": "<p>Was <s>20 €</s> now <b>15 €</b>.</p>\n<pre>text</pre><a href='x'>link</a> &amp; &lt;tag&gt; &nbsp;\n",
    "table": "| Name | Value |\n|------|------:|\n| café | 3.5 Å² |\n| Ø±0.1 mm | ½ × ¼ |\n| 22.5 °C | 10 µm |\n",
    "box": "├── src\n│   ├── main.py\n│   └── util.py\n└── README.md\n┌──┬──┐\n│ a│ b│\n└──┴──┘ ▁▂▃▄▅▆▇█ ▁▁▁\n",
    "chinese": "你好！我是一个人工智能助手，可以用Python写代码，也会用API。今天天气很好，我们去公园散步吧：x和y、a与b都可以，app没有问题。\n",
    "traditional": "這個檔案無法開啟，請確認您是否有足夠的權限，並重新啟動應用程式。水平位置的設定、未知的訊號、要使用的標記與頁面設定都沒有問題。\n",
    "japanese": "これは日本語の文章です。バッファのサイズを確認し、データベースを更新してください。「引用」と（括弧）もあります。\n",
    "korean": "안녕하세요. 이것은 한국어 문장입니다. Python 3.11과 함께 쓰면 좋아요. ‘따옴표’와 “인용”도 있습니다.\n",
    "russian": "Анна Петровна сказала: «Всё хорошо — приходите в Россию!» СССР, РФ, Рязань, Саров; № 5, 20 °C, С»Р и вЪ.\n",
    "ukrainian": "Рівне, Сіверськ і Їжакевич: «Ґрунт є, єдність є», – сказала Вікторія. Ріка, Сім’я, обʼєкт.\n",
    "french": "C’était l’été à Besançon… « déjà vu », a-t-elle dit à l’hôtel ; NESCAFÉ® et CAFÉ™, « né » — « Résumé © 2024 ». L’œuvre coûte 5 €.\n",
    "portuguese": "SÃO PAULO, MAÇÃ®, CORAÇÃO e «IRMû. Não há razão para ação. À tarde, às três, «manhã»… AMANHÔ!\n",
    "vietnamese": "Nguyễn Ngọc Ánh thích ăn phở ở Hà Nội. Tiếng Việt có các chữ Ă, Â, Đ, Ê, Ô, Ơ, Ư: “Â” là một chữ cái. CHÂU Á, TÂY ÂU.\n",
    "icelandic": "Þórður fór út á ísinn og sagði: „Æ, það er kalt hér!“ Sjáðu, ég á hús úr steini… „já“, „ég“ og „ð“.\n",
    "old english": "Hwæt! Wē Gār-Dena in ġeār-dagum, þēod-cyninga, þrym ġefrūnon, hū ðā æþelingas ellen fremedon. Þæt wæs gōd cyning!\n",
    "ipa": "The word is /ˈmɒdʒɪˌbɑːkeɪ/; compare [ʃt͡ʃ], /θɪŋ/, [ç], [ɲ], /ˈøːɐ̯/ and /œ̃/.\n",
    "german": "„Straße“ und „Spaß“, Größe… „Öl“ – Übermaß, Fuß–Bein, Maß°, Genuß“ und ‚Ärger‘. Der Preis: 5 €.\n",
    "czech": "STÍŽNOST, ÚŽAS, KÓŠ, BÍŠ, DÚŠE, VÝŠKA, NÍŽE: Příliš žluťoučký kůň úpěl ďábelské ódy „až“ – šílené.\n",
    "swedish": "Han sade: ”Jag gick så…” och ”på ön”. Å, Ä och Ö; ”Å” är en bokstav. 1,5 Å², 2 ų, 5Å–6Å, blå”…\n",
    "romanian": "ROMÂNIA: „În grădină” și „Â”, VÂNT, SFÂNT, CÂND. Între munți și câmpii; ÎNTÂI. „Înâlț”…\n",
    "turkish": "Çok güzel! İstanbul’da kâğıt, rüzgâr ve hâlâ; ‘Â’ harfi. KÂĞIT… ŞİŞE, IĞDIR, ÖĞRENCİ.\n",
    "greek": "Καλημέρα κόσμε! Η Αθήνα είναι όμορφη· «ναι», είπε. ΓΕΙΑ ΣΟΥ. ΓΗ, α√β, μ = 5.\n",
    "hebrew": "שלום עולם! זהו טקסט בעברית, עם מספרים 123 ו־English.\u200f הכול בסדר.\n",
    "arabic": "مرحبا بالعالم! هذا نص عربي سليم، فيه أرقام ١٢٣ و English.\u200f نعم.\n",
    "hindi": "नमस्ते दुनिया! यह हिंदी में एक वाक्य है, जिसमें Python और 123 हैं।\n",
    "emoji": "Great 🎉 work 👩‍👩‍👧‍👦! 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 🇩🇪 ✨ ❤️ (╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯ ʕ•ᴥ•ʔ\n",
    "regex": r"Use the pattern ^[^\n]+\n(\d+)\r?\n$ or [\u4e00-\u9fff] to match a line; then \s*\\n and \[INST\] too." + "\n",
    "windows": "Open C:\\new\\nodes\\Temp\\names.txt or D:\\users\\u1234\\notes and \\\\server\\share\\new.\n",
    "json": '{"text": "first line\\nSecond line\\nThird", "list": ["a", "b"], "n": null, "html": "<b>x</b>", "u": "\\u00e9\\u00e8\\u00ea"}\n',
    "placeholders": "Fill [NAME], [DATE] and [MASK]; run `cmd <file> [ARGS]`; see [1], [2][3], [link](http://x.y/z_[a]), <your-name>, <unk>.\n",
    "diff": "@@ -1,3 +1,4 @@\n-old <a>\n+new <b> | c\n <<<<<<< HEAD\n=======\n>>>>>>> branch\n",
    "mojibake article": "UTF-8 read as Latin-1 turns “é” into Ã©, and ’ into â€™; decoding the bytes again repairs such mojibake. 锟斤拷 is the Chinese form.\n",
    "sign article": "The replacement character U+FFFD is drawn as � and means that a decoder met invalid bytes: caf� instead of café.\n",
    "template article": "Chat templates mark turns with special tokens. ChatML writes <|im_start|>user and <|im_end|>; GLM writes [gMASK]<sop><|user|>.\n"
    "Llama 2 used <s>[INST] … [/INST], and reasoning models wrap their thoughts in <think> and </think> tags.\n",
}
