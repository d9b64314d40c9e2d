r"""Sound texts that look odd to a careless detector: many scripts, few words, the same line again, no words at all.

In:   nothing.
Out:  SOUND, by name: what it is, and the text.
Rule: each is a whole answer as a person would accept it, written or worked out for this project. Nothing may be shortened or changed because a
      detector alarms on it: then the detector is wrong.
"""

__all__ = ("SOUND",)

import base64
import json
from hashlib import sha256


def _digits(seed: str, count: int = 32) -> str:
    return sha256(seed.encode()).hexdigest()[:count]


def _uuid(seed: str) -> str:
    raw = _digits(seed)
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


# ---------------------------------------------------------------------- many languages
_ENGLISH_CHINESE = """\
The user writes in Chinese and wants a polite refusal for a wedding invitation. 先想一下关系：新郎是他以前的同事，不是很熟。 So the tone should be \
warm but not intimate. A direct 我不能来 would sound cold; 很遗憾，那天我正好要出差 is softer, because it gives a reason that nobody can be \
offended by. I also want to mention a gift. 送红包的话，可以说"托小王带去一点心意"，这样比较自然。 Is 心意 right here? Yes, it is the usual word for a \
small present. Then a wish at the end: 祝你们百年好合 is formal and a little worn, 祝你们永远幸福 is simple and fits a message on the phone. I will \
offer both and explain the difference in one sentence. 字数控制在六十字以内，因为他说要发微信。 Let me count the draft: it has fifty-two characters, good."""

_CHINESE_ENGLISH = """\
用户的 pipeline 在 CI 里失败，但是本地可以通过，所以先看环境差异。日志里有一行 "Permission denied (publickey)"，说明 deploy key 没有加载。他用的是 \
GitHub Actions，SSH agent 要在 checkout 之前启动，否则 submodule 拉不下来。另外 Dockerfile 里写了 USER node，而 volume 挂载的目录属于 root，\
build 阶段写 cache 也会报错。建议分两步：第一，把 key 放进 secrets，再用 ssh-agent 加载；第二，在 Dockerfile 里用 COPY --chown=node:node。\
关于 TypeScript 的 warning，那只是 deprecated option，升级到新版本再处理也来得及。回答时先给出 YAML 的改动，再解释 root cause，最后提醒他不要把 \
private key 写进 log。"""

_TRANSLATIONS = """\
Here is the notice in six languages:

**English:** The swimming pool is closed on Monday because the water is being changed. Tickets that you have already bought stay valid.

**Deutsch:** Das Schwimmbad bleibt am Montag geschlossen, weil das Wasser gewechselt wird. Bereits gekaufte Karten behalten ihre Gültigkeit.

**Français :** La piscine est fermée lundi, car l’eau est en cours de renouvellement. Les billets déjà achetés restent valables.

**Русский:** В понедельник бассейн закрыт, потому что меняют воду. Уже купленные билеты остаются действительными.

**日本語：** 月曜日は水の入れ替えのため、プールはお休みです。すでにお買い上げの入場券は、そのままお使いいただけます。

**العربية:** المسبح مغلق يوم الاثنين بسبب تغيير الماء. التذاكر التي اشتريتموها من قبل تبقى صالحة."""

_LANGUAGES_TABLE = """\
| Language | Own name | Script | "Thank you" | "Good morning" |
|---|---|---|---|---|
| Armenian | Հայերեն | Armenian | Շնորհակալություն | Բարի լույս |
| Bengali | বাংলা | Bengali | ধন্যবাদ | সুপ্রভাত |
| Georgian | ქართული | Georgian | მადლობა | დილა მშვიდობისა |
| Greek | Ελληνικά | Greek | Ευχαριστώ | Καλημέρα |
| Hebrew | עברית | Hebrew | תודה | בוקר טוב |
| Hindi | हिन्दी | Devanagari | धन्यवाद | सुप्रभात |
| Japanese | 日本語 | Kanji and kana | ありがとう | おはよう |
| Korean | 한국어 | Hangul | 감사합니다 | 좋은 아침입니다 |
| Russian | Русский | Cyrillic | Спасибо | Доброе утро |
| Tamil | தமிழ் | Tamil | நன்றி | காலை வணக்கம் |
| Thai | ไทย | Thai | ขอบคุณ | สวัสดีตอนเช้า |
| Vietnamese | Tiếng Việt | Latin | Cảm ơn | Chào buổi sáng |

Armenian, Georgian and Greek have alphabets that no other large language of today is written in."""

_GLOSSARY = """\
Roots that turn up in biology, with their source and a Russian word made of the same root:

- **akros** (ἄκρος, "at the end"): acrosome; in Russian акросома.
- **bios** (βίος, "life"): biology, symbiosis; биология, симбиоз.
- **cella** (Latin, "chamber"): cell, cellular; целлюлоза.
- **derma** (δέρμα, "skin"): dermatology; дерматолог.
- **haima** (αἷμα, "blood"): haemoglobin; гемоглобин.
- **kytos** (κύτος, "hollow vessel"): cytoplasm; цитоплазма.
- **nervus** (Latin, "sinew"): nerve; нерв.
- **phyllon** (φύλλον, "leaf"): chlorophyll; хлорофилл.
- **pteron** (πτερόν, "wing"): pterosaur, helicopter; птерозавр.
- **vita** (Latin, "life"): vitamin; витамин.

Russian took most of them over through German or French, which is why g stands where Greek had a rough breathing."""

_KOREAN_PHONOLOGY = """\
받침 발음은 일곱 가지 소리로만 납니다. 글자로는 여러 자음이 오지만 소리는 [ㄱ], [ㄴ], [ㄷ], [ㄹ], [ㅁ], [ㅂ], [ㅇ] 가운데 하나가 됩니다. 예를 들어 \
'부엌'은 [부억], '꽃'은 [꼳], '앞'은 [압]으로 읽습니다. 뒤에 모음이 오면 받침이 넘어갑니다: '꽃이'는 [꼬치], '앞에'는 [아페]입니다.

자음이 만나면 서로 닮기도 합니다. [ㄱ] 뒤에 [ㄴ]이나 [ㅁ]이 오면 [ㅇ]으로 바뀌어 '국물'은 [궁물]이 됩니다. [ㅂ]도 같은 자리에서 [ㅁ]이 되므로 \
'밥물'은 [밤물]입니다. [ㄴ]과 [ㄹ]이 만나면 보통 [ㄹㄹ]이 되어 '신라'는 [실라]로 소리 납니다. 겹받침 가운데 ㄺ, ㄻ, ㄿ은 대개 뒤 자음이 남습니다: \
'닭'은 [닥], '삶'은 [삼]입니다. 다만 '읽고'는 [일꼬]처럼 앞 자음이 남습니다."""

_ROMAJI = """\
Here are the sentences you asked for, each in kanji and kana, in romaji, and in English.

1. 雨がやんだら、散歩に行きましょう。
   *Ame ga yandara, sanpo ni ikimashō.*
   When the rain stops, let us go for a walk.
2. 切符をなくしてしまいました。
   *Kippu o nakushite shimaimashita.*
   I have lost my ticket.
3. この道をまっすぐ行くと、右に郵便局があります。
   *Kono michi o massugu iku to, migi ni yūbinkyoku ga arimasu.*
   If you go straight along this road, the post office is on the right.
4. もう少しゆっくり話していただけますか。
   *Mō sukoshi yukkuri hanashite itadakemasu ka?*
   Could you speak a little more slowly?

The particles は (wa), へ (e) and を (o) are spelled as they were once spoken; everything else is read as it is written."""

_SERBIAN = """\
Код нас се исти језик пише на два начина, па ево истог одломка двапут.

Ћирилицом: Јутрос је пала магла и аутобус је каснио пола сата. На станици смо причали о свему и свачему, а један старији човек нам је \
показао где расту најбоље печурке. Кад је аутобус коначно стигао, нико више није журио.

Latinicom: Jutros je pala magla i autobus je kasnio pola sata. Na stanici smo pričali o svemu i svačemu, a jedan stariji čovek nam je \
pokazao gde rastu najbolje pečurke. Kad je autobus konačno stigao, niko više nije žurio.

Свако слово има свој пар: љ је lj, њ је nj, џ је dž. Zato se tekst lako prebacuje u oba smera, osim kod reči kao što je „injekcija“, gde n i j \
nisu jedno slovo."""

_HINGLISH = """\
Arre yaar, tension mat lo, pehle basics clear karte hain. Aapka plan sahi hai, bas timing thodi change karni padegi. Monday ko office se \
jaldi nikal jao, kyunki highway pe shaam ko bahut traffic hota hai. Train ka option bhi hai, lekin tatkal ticket milna mushkil hai, isliye \
main bolunga ki bus book kar lo. Hotel ke liye do jagah dekhi hain: ek station ke paas hai aur sasta hai, doosra lake ke saamne hai par thoda \
mehenga padega. Khane ki chinta mat karo, wahan har gali mein accha dosa mil jaata hai. Ek aur baat, raat ko thand hoti hai to jacket zaroor \
rakh lena. Agar boss chhutti na de, to mujhe phone kar dena, hum next weekend ka programme bana lenge."""

_NAMES = """\
Speakers on Saturday, in the order of the programme:

Ágnes Kőszegi-Varró (Szeged), Bartłomiej Żółtowski (Łódź), Çağla Öztürkmen (İzmir), Đặng Thị Hồng Vân (Huế), Eyvindur Þórhallsson \
(Ísafjörður), Fionnuala Ní Dhálaigh (Gaillimh), Gülşirin Ataýewa (Aşgabat), Håkon Strømsvåg (Tromsø), Ioan Țepeluș (Brașov), Jiří Krkoška \
(Třebíč), Kwabena Asare-Boateng (Kumasi), Liene Bērziņkalna (Cēsis), Mpho Ramokgadi (Polokwane), Nguyễn Hoàng Phúc (Đà Lạt), Oyelaran \
Adébáyọ̀ (Ìbàdàn), Petros Hadjigeorgiou (Λεμεσός), Qiu Wenhao 邱文浩 (成都), Ragnheiður Ösp (Akureyri), Sō Takemura 竹村奏 (金沢), Tiiu \
Võsupalu (Võru), Uldis Čakstiņš (Rēzekne), Vladana Šćepanović (Šabac), Wąsik-Przybył, Zofia (Bydgoszcz), Xochiquetzal Ibáñez (Oaxaca), Yulduz \
Rahmonqulova (Samarqand), Željko Grđić (Čakovec)."""

# ---------------------------------------------------------------------- code and data
_CODE_RUSSIAN = """\
Вот обе версии. Сначала на Python:

```python
from collections import deque


def сгладить(values: list[float], width: int = 5) -> list[float]:
    # Скользящее среднее: сумма обновляется, а не считается заново.
    window: deque[float] = deque(maxlen=width)
    total, result = 0.0, []
    for value in values:
        if len(window) == width:
            total -= window[0]  # самый старый отсчёт уходит
        window.append(value)
        total += value
        result.append(total / len(window))  # в начале окно ещё неполное
    return result
```

То же самое на C, без выделения памяти:

```c
/* Пишет в out столько же чисел, сколько прочитано из in. */
void smooth(const double *in, double *out, size_t n, size_t width)
{
    double total = 0.0;
    for (size_t i = 0; i < n; ++i) {
        total += in[i];
        if (i >= width)
            total -= in[i - width];   /* вышло из окна */
        out[i] = total / (double)(i < width ? i + 1 : width);
    }
}
```

Ошибка округления накапливается медленно; если рядов больше миллиона, раз в тысячу шагов пересчитывайте сумму."""

_CODE_CHINESE = """\
下面是前端和数据库两部分的代码：

```javascript
// 每次输入都会触发，所以用定时器合并请求
export function debounce(task, wait = 250) {
  let timer = null;
  return (...args) => {
    clearTimeout(timer); // 取消上一次还没执行的任务
    timer = setTimeout(() => task(...args), wait);
  };
}

const search = debounce(async (word) => {
  const reply = await fetch(`/api/search?q=${encodeURIComponent(word)}`);
  if (!reply.ok) throw new Error(`查询失败：${reply.status}`);
  render(await reply.json()); // 渲染结果列表
});
```

```sql
-- 按城市统计最近三十天的订单，没有订单的城市也要显示
SELECT c.name AS 城市, COUNT(o.id) AS 订单数, COALESCE(SUM(o.amount), 0) AS 总金额
FROM city AS c
LEFT JOIN orders AS o ON o.city_id = c.id AND o.created_at >= CURRENT_DATE - INTERVAL '30 days'
GROUP BY c.name
ORDER BY 总金额 DESC;
```

记得给 `orders(city_id, created_at)` 建联合索引，否则数据多了以后查询会变慢。"""

_CODE_BARE = """\
package ring

import "errors"

// ErrFull is returned by Push when no slot is left.
var ErrFull = errors.New("ring: full")

type Ring[T any] struct {
\tslots      []T
\thead, size int
}

func New[T any](n int) *Ring[T] { return &Ring[T]{slots: make([]T, n)} }

func (r *Ring[T]) Push(v T) error {
\tif r.size == len(r.slots) {
\t\treturn ErrFull
\t}
\tr.slots[(r.head+r.size)%len(r.slots)] = v
\tr.size++
\treturn nil
}

func (r *Ring[T]) Pop() (v T, ok bool) {
\tif r.size == 0 {
\t\treturn v, false
\t}
\tv = r.slots[r.head]
\tr.head = (r.head + 1) % len(r.slots)
\tr.size--
\treturn v, true
}
"""

_TABLES = """\
| Route | Mon | Tue | Wed | Thu | Fri | Sat | Sun |
|:---|---:|---:|---:|---:|---:|---:|---:|
| 11 Harbour | 212 | 198 | 204 | 231 | 305 | 412 | 388 |
| 12 Mill Lane | 87 | 91 | 90 | 84 | 102 | 61 | 40 |
| 14 Hospital | 340 | 338 | 351 | 344 | 329 | 150 | 121 |
| 17 Night bus | 0 | 0 | 0 | 0 | 44 | 96 | 0 |
| 21 School | 512 | 509 | 514 | 511 | 498 | 0 | 0 |

| Item | Ordered | Delivered | Missing |
|---|---|---|---|
| Seats | yes | yes | no |
| Signs | yes | yes | no |
| Lamps | yes | no | yes |
| Doors | yes | yes | no |
| Rails | yes | no | yes |

The hospital route carries the most people on working days. Lamps and rails have not come yet."""

_CSV = "station,date,low_c,high_c,rain_mm,wind_kmh,sky\n" + "".join(
    f"{name},2026-03-{day:02},{2 + day * n % 7},{9 + day * n % 8},{day * (n + 2) % 11 / 2},{8 + day * n % 19},{sky}\n"
    for n, (name, sky) in enumerate(
        (("Lower valley", "cloudy"), ("Middle", "fair"), ("Summit", "fog"), ("Lake", "rain")), start=3
    )
    for day in range(1, 8)
)

_JSON = json.dumps(
    {
        "orders": [
            {
                "id": 4100 + n,
                "customer": {"name": name, "city": city, "vip": n % 3 == 0},
                "lines": [{"sku": f"KX-{n * 37 % 100:02}", "count": n % 4 + 1, "price": 4.5 + n}],
                "shipped": n % 2 == 0,
                "note": None,
            }
            for n, (name, city) in enumerate(
                (("Ida Holm", "Bergen"), ("Luis Prado", "Cádiz"), ("Mei Tan", "台南"), ("Olga Sokol", "Гродно"))
            )
        ]
    },
    ensure_ascii=False,
    indent=2,
)

_HEX = "Here is the dump of the first sectors:\n\n" + "\n".join(
    f"{row * 16:08x}  {raw[:8].hex(' ')}  {raw[8:].hex(' ')}  |{''.join(chr(b) if 32 <= b < 127 else '.' for b in raw)}|"
    for row in range(20)
    for raw in [bytes(16) if 6 < row < 11 else sha256(f"sector {row}".encode()).digest()[:16]]
)

_BASE64 = (
    "The key file in PEM form (a made-up one, it opens nothing):\n\n"
    + "\n".join(
        base64.b64encode(sha256(f"pem {n}".encode()).digest() + sha256(f"mep {n}".encode()).digest()[:16]).decode()
        for n in range(14)
    )
    + "\n\nKeep the line breaks when you copy it."
)

_UUIDS = "Thirty identifiers, version 4, one a line:\n\n" + "\n".join(_uuid(f"uuid {n}") for n in range(30))

_LOG = "\n".join(
    f"2026-03-14T02:{17 + n // 6:02}:{n * 11 % 60:02}.{n * 173 % 1000:03}Z {level:<5} [worker-{n % 4}] {message}"
    for n, (level, message) in enumerate(
        3
        * (
            ("INFO", "connected to queue orders at 10.0.3.17:5672"),
            ("DEBUG", "heartbeat sent, 0 unacknowledged"),
            ("DEBUG", "heartbeat sent, 0 unacknowledged"),
            ("WARN", "retry 1 of 5 in 200 ms: connection reset by peer"),
            ("WARN", "retry 2 of 5 in 400 ms: connection reset by peer"),
            ("INFO", "batch of 250 written in 81 ms"),
            ("ERROR", "constraint orders_pkey violated, row skipped"),
        )
    )
)

_DIFF = """\
diff --git a/src/parser/numbers.py b/src/parser/numbers.py
index 3f1c2aa..9b07d1e 100644
--- a/src/parser/numbers.py
+++ b/src/parser/numbers.py
@@ -12,13 +12,15 @@ class NumberParser:
     def parse(self, text: str) -> float:
-        text = text.replace(",", ".")
-        return float(text)
+        cleaned = text.strip().replace("\\u00a0", "")
+        if cleaned.count(",") == 1 and "." not in cleaned:
+            cleaned = cleaned.replace(",", ".")
+        return float(cleaned)

     def parse_many(self, rows: list[str]) -> list[float]:
-        return [self.parse(row) for row in rows]
+        return [self.parse(row) for row in rows if row.strip()]

@@ -41,6 +43,10 @@ class NumberParser:
         self._cache.clear()

+    def __repr__(self) -> str:
+        return f"{type(self).__name__}(cached={len(self._cache)})"
+
+
 def default_parser() -> NumberParser:
     return NumberParser()
diff --git a/tests/test_numbers.py b/tests/test_numbers.py
index 77aa010..c4e9b53 100644
--- a/tests/test_numbers.py
+++ b/tests/test_numbers.py
@@ -3,3 +3,7 @@ from parser.numbers import default_parser
 def test_point():
     assert default_parser().parse("1.5") == 1.5
+
+
+def test_comma():
+    assert default_parser().parse("1,5") == 1.5
"""

_ART = r"""Here is a lighthouse for the top of the page:

```
                 .
                /|\
               / | \
              |==|==|          ~
              |  _  |       ~     ~
              |_| |_|
             /       \                .
            /   ___   \           ~  /|
           /   |   |   \            / |
          |    |   |    |          /  |
          |    |___|    |         /___|__
          |             |      \__________/
     _____|_____________|____    ~~~~~~~~~
    /                        \  ~~  ~~~  ~~~
   /__________________________\~~~~~~~~~~~~~~
  ~~~~~~   ~~~~   ~~~~~~~   ~~~~~    ~~~~~~~
```

And a small cat, as asked:

   /\_/\
  ( o.o )
   > ^ <
"""

_PROGRESS = (
    "Collecting the wheels\n"
    + "".join(
        f"\r{percent:>4}%|{'█' * (percent // 4)}{' ' * (25 - percent // 4)}| {percent * 3}/300 [00:{percent // 5:02}<00:{20 - percent // 5:02}, 15.{percent % 10}it/s]"
        for percent in range(0, 101, 5)
    )
    + "\nDone. 300 of 300 files were checked, none is damaged.\n"
)

_BOXES = """\
┌──────────────┐      ┌──────────────┐      ┌──────────────┐
│   Browser    │─────▶│    Proxy     │─────▶│   Service    │
│              │◀─────│              │◀─────│              │
└──────────────┘      └──────┬───────┘      └──────┬───────┘
                             │                     │
                             ▼                     ▼
                      ┌──────────────┐      ╔══════════════╗
                      │    Cache     │      ║   Database   ║
                      └──────────────┘      ╚══════════════╝

project
├── README.md
├── docs
│   ├── index.md
│   ├── install.md
│   └── usage.md
├── src
│   ├── app.py
│   ├── cache
│   │   ├── __init__.py
│   │   └── memory.py
│   └── proxy.py
└── tests
    ├── test_app.py
    └── test_proxy.py

A request goes through the proxy first; only what the cache does not hold reaches the service."""

_REGEX = r"""The patterns, from the simplest to the strictest:

1. Any number of blanks at a line's end: `[ \t]+$`
2. A date as 2026-03-14: `^(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$`
3. A version number: `^v?\d+(?:\.\d+){1,3}(?:[abc]\d+|rc\d+)?(?:\+[\w.]+)?$`
4. A colour: `#(?:[0-9a-fA-F]{3}){1,2}\b`
5. IPv4, roughly: `\b(?:\d{1,3}\.){3}\d{1,3}(?:/(?:[12]?\d|3[0-2]))?\b`
6. A quoted string with escapes: `"(?:[^"\\]|\\.)*"`

^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s]).{12,}$
(?<year>\d{4})(?<sep>[-/.])(?<month>\d\d)\k<sep>(?<day>\d\d)
^\s*(?:(?<key>[A-Za-z_][\w.-]*)\s*=\s*(?<value>"(?:[^"\\]|\\.)*"|[^#\s]+))?\s*(?:#.*)?$

The last one reads a line of a settings file: the key, the value, and a comment that may follow."""

_TRACE = """\
Traceback (most recent call last):
  File "/srv/app/jobs/nightly.py", line 88, in <module>
    main()
  File "/srv/app/jobs/nightly.py", line 71, in main
    export(Path(options.target), rows)
  File "/srv/app/jobs/export.py", line 34, in export
    with compressed(target) as out:
         ^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.12/contextlib.py", line 137, in __enter__
    return next(self.gen)
           ^^^^^^^^^^^^^^
  File "/srv/app/jobs/export.py", line 19, in compressed
    handle = open(path, "wb")
             ^^^^^^^^^^^^^^^^
PermissionError: [Errno 13] Permission denied: '/var/exports/2026-03-14.zst'

During handling of the above exception, another exception occurred:

java.lang.IllegalStateException: pool is closed
\tat com.example.pool.Pool.take(Pool.java:117)
\tat com.example.pool.Pool.with(Pool.java:82)
\tat com.example.orders.OrderStore.find(OrderStore.java:51)
\tat com.example.orders.OrderService.load(OrderService.java:203)
\tat com.example.web.OrderHandler.handle(OrderHandler.java:44)
\tat com.example.web.Router.dispatch(Router.java:91)
\t... 14 more
"""

_SVG = """\
```svg
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80" role="img" aria-label="sun over hills">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#9fd3ff"/>
      <stop offset="1" stop-color="#fff4d6"/>
    </linearGradient>
  </defs>
  <rect width="120" height="80" fill="url(#sky)"/>
  <circle cx="86" cy="24" r="11" fill="#ffd23f"/>
  <path d="M0 62 C 14 48, 28 46, 42 58 S 74 70, 92 54 S 114 48, 120 52 V80 H0Z" fill="#5c946e"/>
  <path d="M0 70 C 20 60, 36 64, 58 70 S 98 76, 120 66 V80 H0Z" fill="#3b6e4f"/>
  <g stroke="#ffd23f" stroke-width="2" stroke-linecap="round">
    <path d="M86 6V2M86 46v-4M68 24h-4M108 24h-4M73 11l-3-3M102 40l-3-3M73 37l-3 3M102 8l-3 3"/>
  </g>
</svg>
```

Change the two greens to make it winter."""

_TESTS = (
    "```python\n"
    + "\n\n".join(
        f"def test_{name}_is_{result}():\n    stack = Stack(limit=3)\n    for item in {items}:\n        stack.push(item)\n    assert stack.{name} is {value}"
        for name, result, items, value in (
            ("empty", "true_at_first", "[]", "True"),
            ("empty", "false_with_one", '["a"]', "False"),
            ("full", "false_at_first", "[]", "False"),
            ("full", "false_with_two", '["a", "b"]', "False"),
            ("full", "true_at_its_limit", '["a", "b", "c"]', "True"),
            ("clean", "true_at_first", "[]", "True"),
            ("clean", "false_after_a_push", '["a"]', "False"),
        )
    )
    + "\n```\n\nSeven cases; the one that overflows raises, so it stands in a test of its own."
)

_FILES = "The folder holds these files:\n\n" + "\n".join(
    f"{folder}/{name}"
    for folder, names in {
        "assets/fonts": ("atlas-bold.woff2", "atlas-italic.woff2", "atlas-regular.woff2"),
        "assets/icons": ("arrow-down.svg", "arrow-left.svg", "arrow-right.svg", "arrow-up.svg", "bin.svg", "pencil.svg"),
        "content/2024": ("01-winter-market.md", "02-new-bridge.md", "03-choir.md", "04-flea-market.md"),
        "content/2025": ("01-snow.md", "02-school-roof.md", "03-library.md", "04-harvest.md", "05-lantern-walk.md"),
        "layouts": ("_base.html", "_footer.html", "_header.html", "gallery.html", "index.html", "post.html"),
        "scripts": ("build.mjs", "check_links.py", "resize.sh"),
        "": (".editorconfig", ".gitignore", "LICENSE", "Makefile", "README.md", "package-lock.json", "package.json"),
    }.items()
    for name in names
)

# ---------------------------------------------------------------------- science
_LATEX = r"""Write $X_t$ for the price and let $\mu, \sigma > 0$. By Itô's formula,
$$
d(\ln X_t) = \frac{dX_t}{X_t} - \frac{1}{2}\frac{d\langle X\rangle_t}{X_t^2} = \Bigl(\mu - \tfrac{\sigma^2}{2}\Bigr)dt + \sigma\,dW_t .
$$
Integrating from $0$ to $t$ gives $X_t = X_0 \exp\bigl((\mu - \sigma^2/2)t + \sigma W_t\bigr)$, so
\begin{align}
  \mathbb{E}[X_t] &= X_0 e^{\mu t}, \\
  \operatorname{Var}(X_t) &= X_0^2 e^{2\mu t}\bigl(e^{\sigma^2 t} - 1\bigr), \\
  \mathbb{P}(X_t \le K) &= \Phi\!\left(\frac{\ln(K/X_0) - (\mu - \sigma^2/2)t}{\sigma\sqrt{t}}\right).
\end{align}
In plain signs: ∂f/∂t + ½σ²x² ∂²f/∂x² + μx ∂f/∂x = 0, with ε → 0⁺ and ∀δ > 0 ∃ε > 0: |φ(x) − φ(y)| < δ whenever |x − y| < ε. The Greeks are
Δ = ∂V/∂S, Γ = ∂²V/∂S², Θ = ∂V/∂t, ρ = ∂V/∂r and, although no Greek letter, ν = ∂V/∂σ. For α + β = π the sum sin α + sin β is 2 sin α."""

_CHEMISTRY = """\
Balanced equations for the series, with what is seen:

1. Zn + 2 HCl → ZnCl₂ + H₂↑ (bubbles)
2. CuSO₄ + 2 NaOH → Cu(OH)₂↓ + Na₂SO₄ (blue solid)
3. Cu(OH)₂ → CuO + H₂O (turns black when heated)
4. Fe₂O₃ + 3 CO ⇌ 2 Fe + 3 CO₂
5. 2 KMnO₄ + 16 HCl → 2 KCl + 2 MnCl₂ + 8 H₂O + 5 Cl₂↑ (under the hood!)
6. CH₃COOH + C₂H₅OH ⇌ CH₃COOC₂H₅ + H₂O (H⁺)
7. AgNO₃ + NaCl → AgCl↓ + NaNO₃; AgCl + 2 NH₃ → [Ag(NH₃)₂]⁺ + Cl⁻
8. Cr₂O₇²⁻ + 14 H⁺ + 6 e⁻ → 2 Cr³⁺ + 7 H₂O, E° = +1.33 V
9. C₆H₁₂O₆ → 2 C₂H₅OH + 2 CO₂ (yeast)
10. ²³⁵₉₂U + ¹₀n → ¹⁴¹₅₆Ba + ⁹²₃₆Kr + 3 ¹₀n

Molar masses: NaOH 40.00, H₂SO₄ 98.08, CuSO₄·5H₂O 249.69, KAl(SO₄)₂·12H₂O 474.39 g/mol."""

_PROOF = """\
Claim: n³ − n is divisible by 6 for every integer n.

1. Write n = 6q + r with r one of 0, 1, 2, 3, 4, 5. It is enough to look at r³ − r.
2. Case r = 0: r³ − r = 0. It is divisible by 6.
3. Case r = 1: r³ − r = 1 − 1 = 0. It is divisible by 6.
4. Case r = 2: r³ − r = 8 − 2 = 6. It is divisible by 6.
5. Case r = 3: r³ − r = 27 − 3 = 24 = 4 · 6. It is divisible by 6.
6. Case r = 4: r³ − r = 64 − 4 = 60 = 10 · 6. It is divisible by 6.
7. Case r = 5: r³ − r = 125 − 5 = 120 = 20 · 6. It is divisible by 6.
8. No other remainder exists, so the claim holds. ∎

A shorter way: n³ − n = (n − 1)n(n + 1) is a product of three neighbours. One of two neighbours is even, one of three is divisible by 3, and 2 and 3
have no common divisor, so 6 divides the product."""

_TELEGRAPH = """\
User: wants CSV → JSON, no deps. Python ok? Yes, says 3.11. Input: semicolon, quotes, maybe BOM. So utf-8-sig. csv.DictReader, delimiter=';'. Types? \
All strings unless asked. He shows "1,50" → decimal comma. Convert? Not asked, risky. Mention it. Empty cells → null or ""? Ask? No, pick null, say so. \
Big file? 2 GB. Then no list in memory. JSON Lines better. But he said JSON array. Stream the array by hand: "[" first, comma between, "]" last. Fine. \
Errors: short rows → restval None, ok. Long rows → restkey, must raise. Exit code 1. Test: 3 rows, 1 umlaut, 1 quote inside. Name of script: \
csv2json.py. Keep under 40 lines. Answer in German, code comments English? He wrote German, comments German too. Go."""

# ---------------------------------------------------------------------- the same again, on purpose
_POEM = """\
The Lock-Keeper

The barge came late, the rain came soon,
  open the gate, let the water through;
the cat had slept till afternoon,
  open the gate, let the water through.

A boy had counted every beam,
  open the gate, let the water through;
he wrote their numbers on the steam,
  open the gate, let the water through.

The widow Marsh sold plums and rope,
  open the gate, let the water through;
she mended sails, she lent out hope,
  open the gate, let the water through.

And when the last grey boat had gone,
  open the gate, let the water through,
the keeper left the lantern on:
  somebody else may be coming too."""

_SONG = """\
[Verse 1]
Monday morning, coffee's cold, the radio plays low
I found your scarf behind the door, it still smells like the snow

[Chorus]
Oh, carry me home, carry me home
Down by the river where the tall reeds moan
Oh, carry me home, carry me home
I don't want to walk this road alone
(na na na, na na na, hey)

[Verse 2]
Tuesday's letter had no stamp, it came here all the same
The postman laughed and shook his head, he couldn't read the name

[Chorus]
Oh, carry me home, carry me home
Down by the river where the tall reeds moan
Oh, carry me home, carry me home
I don't want to walk this road alone
(na na na, na na na, hey)

[Bridge]
And if the bridge is under water, I will wait until it's dry

[Chorus]
Oh, carry me home, carry me home
Down by the river where the tall reeds moan
Oh, carry me home, carry me home
I don't want to walk this road alone
(na na na, na na na, hey)"""

_COUNTING = "Counting from 1 to 200, as you asked:\n\n" + ", ".join(map(str, range(1, 201))) + "\n\nThat is all of them."
_COUNTING_LINES = "\n".join(map(str, range(1, 201)))

_LAUGHTER = """\
Ha ha ha ha ha ha! Okay, okay, give me a second. Hahahahahahaha! You put the whole cake, with the candles lit, into the DISHWASHER? Ha ha ha ha ha ha \
ha ha ha ha! No, stop, I cannot breathe. Hihihi, hehehe, and then your mother came in and asked who had taken the bath soap? Ha ha ha! Sooooo good. \
Nooooooooooo, and she ate it?! Hahahahahahahahahahahaha!!!!!! Right. Deep breath. I am calm now. I am cal... pffffff, ha ha ha ha ha ha ha ha! Tell it \
again at the wedding, please, please, please, please, please!"""

_SHOPPING = """\
milk, 2 l
butter
eggs, 12
flour (rye)
yeast
potatoes, 3 kg
carrots
onions
leek
garlic
lemons, 4
apples
pears
yoghurt
Emmental, 300 g
ham
lentils
rice
spaghetti
tomatoes (tins), 6
olive oil
mustard
salt
pepper
bay leaves
nutmeg
coffee
black tea
honey
dark chocolate
washing powder
bin bags
light bulb E14
batteries AA
cat food
stamps
flowers for Ruth"""

_RECIPE = """\
**Plum cake from the tray** (12 pieces, 1 h 20 min)

Dough: 500 g flour, 1 sachet dry yeast, 80 g sugar, 1 pinch salt, 250 ml milk, 80 g butter, 1 egg.
Topping: 1.5 kg plums, 2 tbsp sugar, 1 tsp cinnamon.
Crumble: 150 g flour, 100 g butter, 80 g sugar, 1 pinch salt.

1. Warm the milk, melt the butter in it, let it cool until lukewarm.
2. Knead flour, yeast, sugar, salt, egg and milk for 8 min. Cover. Rest 45 min at 24 °C.
3. Wash, halve and stone the plums. Do not cut them through.
4. Heat the oven to 190 °C (fan: 170 °C). Grease the tray.
5. Roll out the dough, lay the plums on it in rows, skin down, close together.
6. Rub flour, butter, sugar and salt between your fingers. Scatter over the plums.
7. Bake 30–35 min. Mix sugar and cinnamon, sprinkle while hot.

Keeps 2 d, tastes best on the first. Freeze without the sugar. Per piece: 390 kcal, 13 g fat, 60 g carbohydrate, 7 g protein."""

SOUND = {
    "english-thought-with-chinese": ("an English thought with Chinese sentences in it", _ENGLISH_CHINESE),
    "chinese-with-english-terms": ("Chinese with English terms in every sentence", _CHINESE_ENGLISH),
    "six-languages": ("a translation into six languages", _TRANSLATIONS),
    "table-of-languages": ("a table of languages, one script a row", _LANGUAGES_TABLE),
    "glossary": ("a glossary of Greek and Latin roots with Russian words", _GLOSSARY),
    "korean-phonology": ("Korean with single jamo in brackets", _KOREAN_PHONOLOGY),
    "japanese-romaji": ("Japanese sentences, their romaji and a translation", _ROMAJI),
    "serbian-two-alphabets": ("Serbian in two alphabets", _SERBIAN),
    "hinglish": ("Hindi in Latin letters, mixed with English", _HINGLISH),
    "names": ("names and towns of many languages", _NAMES),
    "code-russian-comments": ("Python and C with Russian comments", _CODE_RUSSIAN),
    "code-chinese-comments": ("JavaScript and SQL with Chinese comments and names", _CODE_CHINESE),
    "code-without-fence": ("a Go file and nothing else, no fence around it", _CODE_BARE),
    "markdown-tables": ("two tables, most cells numbers or yes and no", _TABLES),
    "csv": ("rows of CSV", _CSV),
    "json": ("indented JSON, its objects alike", _JSON),
    "hex-dump": ("a hex dump with a run of zeros", _HEX),
    "base64": ("lines of base64", _BASE64),
    "uuids": ("a list of UUIDs", _UUIDS),
    "log-lines": ("a log whose lines come again", _LOG),
    "diff": ("a diff", _DIFF),
    "ascii-art": ("ASCII art, in a fence and without", _ART),
    "progress-bars": ("progress bars with carriage returns", _PROGRESS),
    "box-drawings": ("boxes, arrows and a folder tree", _BOXES),
    "regular-expressions": ("regular expressions", _REGEX),
    "stack-traces": ("stack traces of two languages", _TRACE),
    "svg": ("SVG paths", _SVG),
    "test-cases": ("test functions that are nearly alike", _TESTS),
    "file-names": ("a list of file names", _FILES),
    "latex": ("formulas in LaTeX and in plain signs, with Greek letters", _LATEX),
    "chemistry": ("chemical equations", _CHEMISTRY),
    "proof-by-cases": ("a numbered proof whose cases are alike", _PROOF),
    "telegraph-style": ("notes without syntax, as models think", _TELEGRAPH),
    "poem-with-refrain": ("a poem whose every second line is the same", _POEM),
    "song": ("a song that sings its chorus three times", _SONG),
    "counting": ("the numbers from 1 to 200", _COUNTING),
    "counting-lines": ("the same, one a line and nothing else", _COUNTING_LINES),
    "laughter": ("ha ha ha", _LAUGHTER),
    "shopping-list": ("a shopping list", _SHOPPING),
    "recipe": ("a recipe", _RECIPE),
}
