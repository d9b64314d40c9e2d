"""The texts of the captures, all written for this project, and how a server cuts them.

In:   nothing.
Out:  texts by name; tokens() and pieces(), which cut a text as token-by-token and as burst-by-burst servers do.
Rule: short, correct and ordinary in their language; between them they hold what naive readers break on: combining marks, ZWJ emoji,
      right-to-left script, U+5148 (its UTF-8 holds the byte 0x85), tables, code, formulas.
"""

__all__ = ("ARGUMENTS", "CODE", "MATHS", "PASSAGE", "REASONING", "TABLE", "TEXT", "pieces", "tokens")

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

# Longer than a detector's window, so that what follows them is judged against them.
PASSAGE = {
    "en": (
        "The town archive keeps its maps in a cellar that was once a brewery. Anyone may ask for a sheet at the counter, but the "
        "oldest ones are brought up only on dry days, because the parchment drinks every bit of damp. Last winter a student "
        "noticed that two surveys of the same valley disagree about the bend of the river. She walked the bank with a compass, "
        "took photographs from both bridges, and found an old ditch where the water must have run before the flood. Her report "
        "fills eleven pages. It names the farmer who showed her the stones, thanks the librarian for his patience, and ends with "
        "a sketch that anyone who knows the place will recognise at once."
    ),
    "en-2": (
        "Most people who repair clocks for a living learned the trade from somebody in the family. My aunt was an exception: she "
        "bought a broken carriage clock at a fair, opened it on the kitchen table, and could not stop thinking about the small "
        "brass wheels. Within a year she had filled two notebooks with drawings. She says that the hardest part is waiting, since "
        "a fresh spring has to settle for a week before it can be trusted."
    ),
    "de": (
        "Im Hinterhof der alten Druckerei steht seit Jahren ein Kirschbaum, den niemand gepflanzt haben will. Jeden Juni hängen die "
        "Zweige so tief, dass die Kinder sie vom Fahrradständer aus erreichen. Der Hausmeister tut, als sähe er nichts, und stellt "
        "doch am Abend eine Leiter an den Stamm. Wer Marmelade kocht, bringt ihm ein Glas. Einmal wollte die Verwaltung den Baum "
        "fällen lassen, weil seine Wurzeln das Pflaster heben; da kamen so viele Briefe, dass der Plan still verschwand."
    ),
    "fr": (
        "La bibliothèque du village occupe l’ancienne gare, et les rayons suivent encore la courbe du quai. Le mercredi, une "
        "institutrice à la retraite lit des contes aux petits, pendant que les parents choisissent des romans ou réparent la "
        "vieille horloge. On ne paie rien, mais chacun apporte du bois en hiver. Quand le dernier train est passé, en 1969, le chef "
        "de gare a laissé sa casquette sur un clou ; elle y est toujours, et personne n’ose l’enlever."
    ),
    "es": (
        "Mi vecina cultiva tomates en la azotea desde que se jubiló. Al principio nadie creía que fueran a crecer entre tanto "
        "viento, pero ella colgó unas telas viejas y regó cada tarde con agua de lluvia. Ahora reparte bolsas por toda la escalera. "
        "Dice que el secreto no está en la tierra, sino en hablarles poco y mirarlos mucho."
    ),
    "ru": (
        "Старый паровой буксир стоит у причала с весны, и каждое воскресенье на нём открывают маленький музей. Смотритель сам "
        "когда-то служил здесь кочегаром, поэтому рассказывает не по бумажке. Дети больше всего любят гудок, взрослые подолгу "
        "разглядывают медные приборы и карту реки с пометками карандашом. Осенью судно уводят в затон, чтобы лёд не повредил "
        "корпус, а смотритель красит зимой вёсла и пишет письма заводам, где ещё могли сохраниться чертежи."
    ),
    "ko": (
        "우리 동네 뒷산에는 오래된 약수터가 하나 있다. 아침마다 어르신들이 물통을 들고 올라가 줄을 서고, 기다리는 동안 날씨와 손주 이야기를 "
        "나눈다. 지난여름 큰비가 내린 뒤에는 물이 흐려져서 한 달 동안 문을 닫았다. 구청에서 사람이 나와 물을 검사하고 돌계단을 새로 놓았다. "
        "다시 문을 연 날에는 누가 떡을 해 와서 모두 함께 먹었다. 나는 그 뒤로 주말이면 일찍 일어나 그 길을 걷는다. 숨이 조금 차지만, 위에서 "
        "내려다보는 마을이 참 예쁘다."
    ),
    "zh": (
        "村口的老磨坊已经停了二十多年，去年冬天才有人把它修好。修磨坊的是个木匠，他父亲年轻时在这里看过水车，所以知道每个齿轮应该放在哪里。"
        "开工那天，邻居们都带着自家的麦子来试，孩子们站在桥上看水花。磨出来的面粉有一点粗，可是做成馒头特别香。木匠说，等春天水大了，"
        "他还想在旁边盖一间小屋，让过路的人坐下来喝口茶。"
    ),
    "ja": (
        "祖父の時計店は、商店街のいちばん奥にあった。壁いっぱいの柱時計が少しずつ違う音で鳴るので、正午になると店の中は小さな音楽会のようだった。"
        "祖父は直した時計をすぐには返さず、一週間そばに置いて遅れがないか確かめた。急ぐお客には懐中時計を貸して、そのまま忘れることもあったという。"
    ),
    "hi": (
        "हमारे मोहल्ले की पुरानी बावड़ी कई साल से बंद पड़ी थी। पिछले साल कुछ छात्रों ने मिलकर उसकी सफ़ाई शुरू की और हर रविवार को मिट्टी निकालते रहे। "
        "धीरे-धीरे सीढ़ियाँ दिखने लगीं, और बरसात के बाद उसमें फिर से पानी भर गया। अब शाम को बच्चे वहाँ खेलते हैं, बुज़ुर्ग चबूतरे पर बैठकर किस्से "
        "सुनाते हैं। नगर पालिका ने एक छोटा सा बोर्ड भी लगा दिया है, जिस पर उन सबके नाम लिखे हैं।"
    ),
    "code-en": (
        "The function reads the configuration once and keeps the result, so a second call costs nothing. If the file is missing, "
        "it falls back to the defaults and writes a warning to the log. I left the old parameter in place for one release, since "
        "two callers outside of this module still pass it by name.\n\n"
    ),
    "reasoning": (
        "The user asks why the nightly job fails. The log says that the disk was full at two in the morning, but the dashboard "
        "shows plenty of space at that hour. Maybe the quota is meant and not the disk. I should look at the limits of the "
        "service account first, then compare the size of the temporary folder before and after the run. If the folder grows by "
        "the size of one export, the cleanup step is skipped, and that would explain both messages. "
    ),
    "reasoning-2": (
        "Let me read the request again. They have three warehouses and want the cheapest route that visits each of them once and "
        "returns before noon. The distances are given in minutes, so no conversion is needed. With three stops there are only six "
        "orders, and half of them are mirror images, which leaves three to compare. I will write them down, add the loading time, "
        "and pick the smallest sum. "
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
