"""text/word-salad: sound text of many languages and forms is silent, salads of all kinds are told with their onset."""

import json
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts import garbage
from streamcheck.detectors import Signal
from streamcheck.detectors.word_salad import SHORTEST, WordSalad
from streamcheck.textchecks import TextChecks
from tests.detectors.support import CLEAN, alarms, alone, findings

CODE = "text/word-salad"
SEEDS = range(10)
Maker = Callable[[Random, garbage.Vocabulary, int], str]
ONSET = 120  # characters that an onset may be off

LANGUAGES: dict[str, str] = {
    "english": "When my grandmother moved into the house by the canal, she brought nothing but a sewing machine and a clock that had stopped "
    "years before. She said that a clock without hands to move was the only one that never lied. Every Sunday she wound it all the same, and "
    "we children stood around her and waited for a sound that did not come. After her death we opened the case and found a letter in it.",
    "german": "Als die Brücke gesperrt wurde, mussten die Leute aus dem oberen Dorf einen Umweg von zwölf Kilometern machen. Zuerst schimpften "
    "alle, dann gewöhnte man sich daran, und bald fuhren einige sogar gern durch den Wald, weil es dort im Sommer kühl ist. Nur der Bäcker "
    "klagte weiter, denn seine Brötchen kamen kalt an. Im Herbst beschloss der Gemeinderat endlich, eine neue Brücke aus Stahl zu bauen.",
    "french": "Le facteur arrivait toujours après la pluie, quand les chemins étaient encore pleins de boue. Il posait son vélo contre le mur, "
    "acceptait un verre d’eau et racontait ce qu’il avait appris dans les autres villages. Personne ne lui demandait de lettres, car on savait "
    "qu’il n’y en avait presque jamais. Mais on attendait ses histoires, et les enfants les répétaient le soir avant de dormir.",
    "spanish": "La panadera abre la tienda antes de que salga el sol y deja la puerta abierta para que el olor llegue hasta la plaza. Los primeros "
    "clientes son los pescadores, que compran el pan todavía caliente y se lo llevan al barco. Después vienen los niños, que siempre piden algo "
    "dulce, y al final los viejos, que no tienen prisa y hablan del tiempo y de los precios como si fueran noticias.",
    "italian": "Mio zio coltivava limoni su una terrazza che guardava il mare, e diceva che ogni albero aveva un carattere diverso. Alcuni davano "
    "frutti tutto l’anno, altri soltanto quando ne avevano voglia. La sera ci sedevamo sotto il più vecchio, mangiavamo pane e olio e "
    "ascoltavamo le barche che tornavano. Nessuno parlava molto, perché non c’era bisogno di dire quello che si vedeva.",
    "portuguese": "O comboio parava naquela aldeia apenas duas vezes por semana, e mesmo assim o chefe da estação varria a plataforma todas as "
    "manhãs. Dizia que um lugar limpo espera melhor. Quando chegava alguém, ele tirava o chapéu, levava as malas até à rua e explicava onde se "
    "podia comer bem. Muitos voltavam no ano seguinte só para conversar com ele.",
    "dutch": "In de winter vroor het kanaal dicht en schaatste het hele dorp naar school. De meester stond bij de brug en telde de kinderen, "
    "want er was altijd wel iemand die te ver doorreed. Wie te laat kwam, moest het vuur aanmaken en thee zetten voor de anderen. Zo kwam het "
    "dat mijn broer heel goed thee kon zetten en nooit leerde rekenen.",
    "polish": "Na końcu ulicy mieszkał zegarmistrz, który naprawiał wszystko oprócz własnego zegara. Kiedy go pytano dlaczego, odpowiadał, że "
    "dobry lekarz też nie leczy samego siebie. Ludzie przynosili mu budziki, maszyny do szycia, a raz nawet stary rower. Brał niewiele pieniędzy, "
    "ale każdemu opowiadał długą historię o tym, skąd pochodzi dana rzecz i kto jej dawniej używał.",
    "swedish": "Varje vår målade hon båten i samma färg, fast ingen annan kunde se skillnaden mellan den gamla och den nya färgen. Det tog två "
    "dagar om vädret var bra. Sedan rodde hon ut till ön, kokade kaffe på stranden och läste en bok som hon redan kunde utantill. När solen gick "
    "ner rodde hon hem igen, och båten luktade fortfarande av färg.",
    "turkish": "Köyün en yaşlı adamı her sabah çeşmenin başına oturur ve gelen geçene selam verirdi. Çocuklar ona eski günleri sorar, o da "
    "uzun uzun anlatırdı. Bir gün çeşmenin suyu kesildi, herkes telaşlandı, ama o hiç yerinden kalkmadı. Su yolunu bilir, dedi, yarın geri gelir. "
    "Gerçekten de ertesi gün su yeniden akmaya başladı ve kimse bunun nasıl olduğunu anlayamadı.",
    "vietnamese": "Mỗi buổi sáng bà tôi ra vườn hái rau trước khi mặt trời lên. Bà nói rằng rau hái lúc còn sương thì ngọt hơn. Tôi thường đi theo "
    "bà, mang cái giỏ nhỏ và hỏi tên của từng loại cây. Bà không bao giờ mệt khi trả lời, dù tôi hỏi đi hỏi lại một câu. Bây giờ khu vườn đã "
    "thuộc về người khác, nhưng tôi vẫn nhớ mùi của đất ẩm và tiếng bà cười.",
    "indonesian": "Setiap sore para nelayan duduk di depan warung dan memperbaiki jaring mereka sambil minum kopi. Anak-anak berlari di pantai "
    "sampai ibu mereka memanggil pulang. Kalau angin bertiup dari barat, tidak ada yang pergi melaut, karena ombak terlalu tinggi. Pada hari seperti "
    "itu orang tua bercerita tentang kapal besar yang dahulu pernah singgah di sini.",
    "russian": "Старый трамвай ходил по этой улице ещё до того, как построили новый мост. Водитель знал всех пассажиров в лицо и ждал тех, кто "
    "опаздывал. Зимой в вагоне было холодно, окна покрывались льдом, и дети рисовали на них пальцем. Потом линию закрыли, рельсы убрали, "
    "но жители до сих пор называют остановку по-старому и объясняют дорогу так, будто трамвай ещё ходит.",
    "ukrainian": "Щоосені ми їздили до тітки в село допомагати з яблуками. Вона вчила нас відбирати ті, що пролежать до весни, а решту різали "
    "й сушили на горищі. Увечері вся хата пахла яблуками, і дід розповідав, як колись возив їх човном до міста. Ми слухали його, "
    "хоч чули цю розповідь уже багато разів, бо щоразу він додавав до неї щось нове.",
    "greek": "Το νησί είχε μόνο έναν δρόμο, που ξεκινούσε από το λιμάνι και τελείωνε στην εκκλησία. Το καλοκαίρι περνούσαν λίγα αυτοκίνητα και "
    "πολλά γαϊδούρια. Ο θείος μου είχε ένα μικρό μαγαζί και πουλούσε ψωμί, ελιές και καπέλα για τον ήλιο. Τα βράδια έκλεινε νωρίς, έβαζε μια "
    "καρέκλα έξω από την πόρτα και μιλούσε με όποιον περνούσε μπροστά του.",
    "hebrew": "בקצה הרחוב גר סנדלר זקן שתיקן נעליים עד שעה מאוחרת בלילה. הילדים אהבו לשבת אצלו ולשמוע סיפורים על העיר כפי שהייתה פעם, "
    "כאשר הים הגיע כמעט עד הבתים. הוא לא לקח כסף ממי שלא היה לו, ותמיד אמר שנעליים טובות חשובות יותר מחשבון. כשסגר את החנות, כל השכונה "
    "באה להיפרד ממנו והביאה עוגות ופרחים.",
    "arabic": "كان جدي يملك بستانا صغيرا خارج المدينة، وكان يذهب إليه كل صباح قبل أن تشتد الحرارة. كان يعرف كل شجرة ويتحدث إليها كأنها من "
    "أفراد العائلة. في الصيف كنا نذهب معه ونجلس تحت شجرة التين ونأكل الخبز والزيتون. وعندما سألته لماذا لا يبيع البستان، ضحك وقال إن من يبيع "
    "الأرض يبيع أيامه أيضا.",
    "hindi": "हमारे गाँव में एक पुराना कुआँ था जिसके पास हर शाम लोग इकट्ठा होते थे। बच्चे खेलते थे और बड़े लोग खेती और मौसम के बारे में बात करते थे। "
    "एक साल बारिश बहुत कम हुई और कुएँ का पानी सूख गया। तब सबने मिलकर उसे और गहरा खोदा और कई दिनों के बाद पानी फिर से आया। "
    "उस दिन गाँव में मिठाई बाँटी गई और देर रात तक गाने गाए गए।",
    "chinese": "村口有一棵很大的榕树，夏天的时候老人们都坐在树下乘凉。孩子们放学以后也跑到那里，听他们讲从前的故事。有一年刮台风，树的一根大枝断了，"
    "大家都很担心。第二年春天，断掉的地方又长出了新的叶子，村里的人高兴得像过节一样。后来我离开了家乡，每次打电话回去，母亲总要告诉我那棵树怎么样了。",
    "japanese": "祖父は毎朝、庭の柿の木に水をやってから新聞を読んでいました。雨の日でも必ず外に出て、木の様子を見てから戻ってくるのです。秋になると柿がたくさん実り、"
    "近所の人にも配りました。私が小さかったころ、どうして雨の日にも見に行くのかと聞いたことがあります。祖父は少し考えて、木も寂しいだろうからと答えました。",
    "korean": "우리 동네에는 오래된 책방이 하나 있었다. 주인아저씨는 책을 사지 않는 아이들에게도 의자를 내주고 마음껏 읽게 해 주었다. 겨울이면 난로 위에서 "
    "고구마가 익었고, 우리는 그 냄새를 맡으며 책장을 넘겼다. 책방은 몇 해 전에 문을 닫았지만, 지금도 그 앞을 지날 때면 나는 걸음을 늦추게 된다. "
    "어쩌면 아직도 안에서 누군가 책을 읽고 있을 것만 같다.",
}

FORMS: dict[str, str] = {
    "list": "Things to take along:\n\n- two warm sweaters and a raincoat\n- boots that have been worn before\n- a torch with new batteries\n"
    "- matches in a dry tin\n- bread, cheese and apples for three days\n- a map of the northern valley\n- something to read in the evening\n"
    "- a small first-aid kit\n- rope, at least ten metres\n- a knife and two spoons\n- soap and a towel\n- money for the bus back\n\n"
    "Leave the radio at home; there is no signal behind the pass anyway.\n",
    "numbered steps": "1. Switch off the pump and wait until the pressure is gone.\n2. Open the four screws of the cover.\n3. Lift the cover "
    "together with its seal.\n4. Take out the filter and rinse it under warm water.\n5. Check the seal for cracks; replace it if in doubt.\n"
    "6. Put everything back in reverse order.\n7. Start the pump and look for leaks.\n8. Write the date on the label.\n",
    "table": "| Station | Height | Opened | Trains a day | Staff |\n|---|---:|---:|---:|---|\n| Lower Mill | 412 m | 1884 | 36 | yes |\n"
    "| Chapel Road | 455 m | 1884 | 36 | no |\n| Old Quarry | 530 m | 1891 | 18 | no |\n| Three Oaks | 611 m | 1891 | 18 | in summer |\n"
    "| Summit | 702 m | 1902 | 12 | in summer |\n| North Lake | 655 m | 1927 | 6 | no |\n\nThe line beyond Summit is closed in January.\n",
    "json": '{\n  "order": 48213,\n  "customer": {"name": "Ines Albrecht", "city": "Lund", "since": 2014},\n  "lines": [\n'
    '    {"sku": "LMP-220", "title": "desk lamp, brass", "count": 2, "price": 49.5},\n'
    '    {"sku": "CHR-013", "title": "folding chair", "count": 6, "price": 22.0},\n'
    '    {"sku": "RUG-777", "title": "wool rug, small", "count": 1, "price": 130.0}\n  ],\n  "paid": true,\n  "notes": null,\n'
    '  "shipping": {"carrier": "post", "days": [2, 4], "tracked": true}\n}\n',
    "code": 'def merge(left, right):\n    """Return the sorted union of two sorted lists."""\n    merged = []\n    i = j = 0\n'
    "    while i < len(left) and j < len(right):\n        if left[i] <= right[j]:\n            merged.append(left[i])\n            i += 1\n"
    "        else:\n            merged.append(right[j])\n            j += 1\n    merged.extend(left[i:])\n    merged.extend(right[j:])\n"
    "    return merged\n\n\nclass Stack:\n    def __init__(self):\n        self._rows = []\n\n    def push(self, row):\n        self._rows.append(row)\n",
    "fenced code": "The fix is one line:\n\n```js\nexport async function load(url, { retries = 3 } = {}) {\n  for (let n = 0; n <= retries; n++) {\n"
    "    const response = await fetch(url);\n    if (response.ok) return response.json();\n    await new Promise((done) => setTimeout(done, 2 ** n * 100));\n"
    "  }\n  throw new Error(`could not load ${url}`);\n}\n```\n\nBefore, the loop ended one attempt too early.\n",
    "names": "Present: Amalia Brandt, Tomasz Wiśniewski, Yuki Nakamura, Chidi Okafor, Ingrid Solberg, Mateo Fuentes, Priya Raman, Jean-Luc "
    "Morel, Fatima Haddad, Owen Griffiths, Zsófia Kovács, Luca Bianchi, Nguyễn Thị Lan, Björn Lindqvist, Sinéad Byrne, Pavel Novotný.\n"
    "Absent: Maarten de Vries, Aylin Demir, Kwame Mensah, Elena Petrova.\n",
    "mathematics": "Let f(x) = x^3 - 3x + 1. Then f'(x) = 3x^2 - 3 = 3(x - 1)(x + 1), so f rises for x < -1, falls on (-1, 1) and rises again. "
    "Since f(-2) = -1 < 0 and f(-1) = 3 > 0, there is a root in (-2, -1); f(0) = 1 > 0 > f(1) = -1 gives one in (0, 1), and f(2) = 3 > 0 gives "
    "one in (1, 2). A cubic has at most three roots, hence these are all. With x = 2 cos t we get 8 cos^3 t - 6 cos t + 1 = 2 cos 3t + 1 = 0.\n",
    "latex": r"We start from $\int_0^1 x^n\,dx = \frac{1}{n+1}$ and sum over $n$: $$\sum_{n=0}^{\infty} (-1)^n \int_0^1 x^n\,dx = \int_0^1 "
    r"\frac{dx}{1+x} = \ln 2.$$ The exchange is allowed because the partial sums are bounded by $1$ on $[0,1)$. Therefore $\sum_{n \ge 1} "
    r"\frac{(-1)^{n+1}}{n} = \ln 2$, which is the alternating harmonic series." + "\n",
    "poem": "The kettle sings, the window weeps,\nthe cat is folded where it sleeps,\nand someone on the upper floor\nis walking to and from the door.\n\n"
    "I count the steps, I lose the count,\nI let the small grey hours mount,\nuntil the street begins to hum\nand tells the house that day has come.\n",
    "dialogue": '"Did you lock it?"\n"I thought you did."\n"I had my hands full."\n"So had I."\n"Then it is open."\n"Then it has been open all day."\n'
    '"What would they take? The chairs?"\n"The cat."\n"Nobody takes a cat."\n"Somebody took ours in spring."\n"She came back."\n'
    '"Yes, and fatter than before. Turn around at the next light, please."\n',
    "telegraph style": "Arrived late. Road flooded near mill. Car left there, walked rest. House fine, cellar wet. Pump works. Bought candles, "
    "bread. No phone till Friday. Neighbour helps. Roof: two tiles gone, fixed one. Need ladder. Weather better now. Will write again Sunday. Keep "
    "dog another week. Greetings to all.\n",
    "log": "07:02:11 INFO  server started on port 8080\n07:02:12 INFO  cache warmed in 341 ms (1204 entries)\n07:05:40 WARN  slow query: 2.1 s, "
    "table orders\n07:05:41 INFO  connection 17 closed by client\n07:09:03 ERROR upload failed: disk full (/var/spool)\n07:09:04 INFO  retry in 30 s\n"
    "07:09:34 INFO  upload finished, 14 MB\n",
    "shell": "$ git status\nOn branch main\nnothing to commit, working tree clean\n$ ls -l src\ntotal 24\n-rw-r--r-- 1 ana staff 1204 Mar  3 10:11 "
    "main.c\n-rw-r--r-- 1 ana staff  880 Mar  3 10:11 parse.c\n$ make test\ncc -O2 -Wall -c main.c\ncc -O2 -Wall -c parse.c\nall 42 tests passed\n",
    "vocabulary": "die Brücke - the bridge\nder Zug - the train\ndas Fenster - the window\nlangsam - slowly\nmorgen - tomorrow\ndie Treppe - the stairs\n"
    "vergessen - to forget\nder Schlüssel - the key\nteuer - expensive\ndas Gepäck - the luggage\numsteigen - to change trains\n",
    "thinking": "Okay, so the user wants the number of ways to tile a 2 by n board. Let me think. For n = 1 there is one way, for n = 2 there are two. "
    "Hmm, is it Fibonacci? Last column: either one vertical domino, leaving n - 1, or two horizontal ones, leaving n - 2. So yes: a(n) = a(n-1) + "
    "a(n-2). Wait, I should check n = 3: VVV, VHH, HHV. That is three. Good. So for n = 10 the answer is 89.\n",
    "recipe": "Heat 2 tbsp of oil, add 1 chopped onion and 2 cloves of garlic; fry for 5 min. Stir in 300 g of rice, 1 tsp of salt and 1/2 tsp of "
    "turmeric. Pour on 600 ml of hot stock, cover, simmer for 18 min. Fold in 150 g of peas, rest for 5 min, serve with lemon.\n",
}

SHORT = {
    "greeting": "Hello! How can I help you today?",
    "answer": "Yes. The file is in the folder that you opened first, under the name you gave it.",
    "refusal": "I'm sorry, but I can't help with that. If you are in danger, please call someone you trust.",
    "command": "pip install --upgrade pip && python -m venv .venv && . .venv/bin/activate",
    "title": "Quarterly Report: Revenue, Costs and Outlook for the Northern Region",
    "chinese": "好的，我先看一下您的配置文件，然后再告诉您哪里需要修改，请稍等一下，马上就好，谢谢您的耐心。",
    "russian": "Конечно! Сначала откройте файл настроек, затем измените путь к базе данных.",
    "numbers": "3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181",
    "json": '{"path": "src/app.py", "line": 42, "message": "unused import", "fix": true}',
}


def signals(text: str, channel: str = "content") -> list[Signal]:
    return alone(WordSalad, text, channel)


def score(text: str, channel: str = "content") -> float:
    return max((signal.score for signal in signals(text, channel)), default=0.0)


def salad(seed: int, length: int) -> str:
    return garbage.multilingual_salad(Random(seed), length)


def words(seed: int, length: int, language: str = "en") -> str:
    return garbage.word_salad(Random(seed), garbage.of_language(language), length)


def made_up(seed: int, length: int) -> str:
    """Return sentences of a language that nobody speaks, with a steady vocabulary."""
    rng = Random(seed)
    syllables = [a + b for a in "ptkbdgmnlrsvz" for b in ("a", "e", "i", "o", "u", "ai")]
    vocabulary = ["".join(rng.choices(syllables, k=rng.randint(1, 3))) for _ in range(100)]
    said = ""
    while len(said) < length:
        said += " ".join(rng.choices(vocabulary, k=rng.randint(5, 11))).capitalize() + ". "
    return said[:length]


# ---------------------------------------------------------------------- sound text
@pytest.mark.parametrize("name", sorted({**LANGUAGES, **FORMS, **SHORT}))
@pytest.mark.parametrize("channel", ["content", "reasoning", "tool:0"])
def test_sound_text_is_no_salad(name: str, channel: str) -> None:
    text = {**LANGUAGES, **FORMS, **SHORT}[name]
    assert score(text, channel) < 1, signals(text, channel)[-1].evidence
    assert alarms(CODE, text, channel) == []


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_clean_texts_are_no_salad(name: str) -> None:
    assert alarms(CODE, CLEAN[name]) == []


@pytest.mark.xfail(strict=True, reason="a window that holds the end of one language and the beginning of another looks mixed")
def test_an_answer_may_change_its_language() -> None:
    texts = LANGUAGES.items()
    called = [(a, b) for a, before in texts for b, after in texts if a != b and score(f"{before}\n\n{after}") >= 1]
    assert called == []


@pytest.mark.parametrize("offset", range(1, 128, 9))
def test_sound_text_is_no_salad_at_any_place(offset: int) -> None:
    before = LANGUAGES["english"][-offset:] + "\n"
    assert [name for name, text in {**LANGUAGES, **FORMS}.items() if score(before + text) >= 1] == []


# ---------------------------------------------------------------------- salads
@pytest.mark.parametrize("language", ["english", "german", "french", "spanish", "italian", "dutch", "swedish", "indonesian"])
@pytest.mark.parametrize("length", [400, 800])
def test_a_salad_of_many_languages_is_degenerate_from_its_onset_on(language: str, length: int) -> None:
    before = LANGUAGES[language] + "\n"
    for seed in SEEDS:
        errors = [found for found in findings(CODE, before + salad(seed, length)) if found.severity == "error"]
        assert errors, seed
        assert abs(errors[0].start - len(before)) <= ONSET, seed
        assert errors[0].end <= len(before) + 400


def test_a_salad_behind_text_that_is_not_latin_is_told() -> None:
    told = 0
    for language in _OTHER_SCRIPTS:
        told += sum(bool(alarms(CODE, LANGUAGES[language] + "\n" + salad(seed, 600))) for seed in range(5))
    assert told >= 0.8 * len(_OTHER_SCRIPTS) * 5


@pytest.mark.xfail(
    strict=True, reason="of a window that ends with a few characters of salad the cut is found too early, and kept"
)
def test_the_onset_behind_text_that_is_not_latin_is_as_near() -> None:
    near = 0
    for language in _OTHER_SCRIPTS:
        before = LANGUAGES[language] + "\n"
        for seed in SEEDS:
            found = [signal for signal in signals(before + salad(seed, 600)) if signal.score >= 1]
            near += bool(found) and abs(found[-1].start - len(before)) <= ONSET
    assert near >= 0.8 * len(_OTHER_SCRIPTS) * len(SEEDS)


_OTHER_SCRIPTS = ("russian", "greek", "hebrew", "arabic", "hindi", "korean")


def english_scores(make: Maker, length: int) -> list[float]:
    vocabulary = garbage.of_language("en")
    return [score(LANGUAGES["english"] + "\n" + make(Random(seed), vocabulary, length)) for seed in SEEDS]


@pytest.mark.parametrize(("make", "bar"), [(garbage.function_salad, 8), (garbage.piece_salad, 4)], ids=["function", "piece"])
@pytest.mark.parametrize("length", [600, 1_200])
def test_a_salad_of_english_is_suspect(make: Maker, bar: int, length: int) -> None:
    scores = english_scores(make, length)
    assert sum(value >= 1 for value in scores) >= bar
    assert sum(value >= 0.5 for value in scores) >= 8


@pytest.mark.parametrize("length", [600, 1_200])
@pytest.mark.xfail(strict=True, reason="the limits are above most salads of whole English words")
def test_a_salad_of_english_words_is_suspect(length: int) -> None:
    assert sum(value >= 1 for value in english_scores(garbage.word_salad, length)) >= 7


def test_a_salad_of_english_words_is_noticed() -> None:
    assert sum(value > 0 for value in english_scores(garbage.word_salad, 1_200)) >= 7


def test_the_end_of_a_salad_is_not_hidden_by_sound_text_behind_it() -> None:
    before, after = LANGUAGES["english"] + "\n", "\n" + LANGUAGES["german"] * 3
    for seed in SEEDS:
        found = [signal for signal in signals(before + salad(seed, 400) + after) if signal.score >= 1]
        assert found
        assert found[-1].start < len(before) + 400
        assert found[-1].end <= len(before) + 400 + 5 * 160  # the last window that holds some of it


def test_evidence_names_odds_window_features_and_the_place() -> None:
    before = LANGUAGES["english"] + "\n"
    found = signals(before + salad(1, 600))[-1]
    assert set(found.evidence) == {"log_odds", "window", "features", "near"}
    assert found.evidence["near"] in before + salad(1, 600)
    assert found.evidence["window"][1] == found.end
    assert all(value > 0 for value in found.evidence["features"].values())
    assert f"from character {found.start} on" in found.message


# ---------------------------------------------------------------------- short texts
@pytest.mark.parametrize("length", [70, 100, 150, 200])
def test_a_short_salad_is_judged_whole_at_the_end(length: int) -> None:
    told = [alarms(CODE, salad(seed, length)) for seed in SEEDS]
    assert sum(bool(found) for found in told) >= 6
    assert all(found[0].start < ONSET for found in told if found)


def test_what_is_too_short_is_not_judged() -> None:
    assert all(signals(salad(seed, SHORTEST - 1)) == [] for seed in range(30))


# ---------------------------------------------------------------------- code
def test_tool_arguments_must_be_odder_than_prose() -> None:
    for seed in SEEDS:
        text = LANGUAGES["english"] + "\n" + words(seed, 600)
        assert score(text, "tool:0") < max(score(text), 0.31)


def test_code_in_a_fence_must_be_odder_than_prose() -> None:
    fenced = plain = 0.0
    for seed in SEEDS:
        before, inside = LANGUAGES["english"] + "\n", words(seed, 600) + "\n" + words(seed + 99, 600)
        plain += score(before + "'''\n" + inside)
        fenced += score(before + "```\n" + inside)
    assert fenced < plain


@pytest.mark.parametrize("channel", ["content", "tool:0"])
def test_an_unclosed_fence_hides_no_salad(channel: str) -> None:
    for seed in SEEDS:
        found = alarms(CODE, LANGUAGES["english"] + "\n```\n" + salad(seed, 1_000), channel)
        assert "error" in {finding.severity for finding in found}


# ---------------------------------------------------------------------- a level of its own
@pytest.mark.parametrize("seed", range(6))
def test_a_language_that_the_tables_do_not_know_is_not_alarmed_again_and_again(seed: int) -> None:
    assert len(alarms(CODE, made_up(seed, 8_000))) <= 2


def test_a_long_list_of_names_is_not_alarmed() -> None:
    rng = Random(1)
    first = ["Ada", "Bo", "Carl", "Dunja", "Egil", "Femke", "Goran", "Hanna", "Iwan", "Jola", "Klaus", "Lene", "Marta", "Nils"]
    last = [
        "Aagard",
        "Brinkman",
        "Czerny",
        "Dahlgren",
        "Eriksen",
        "Fiala",
        "Grabowski",
        "Horvat",
        "Ivarsson",
        "Jankovic",
        "Kowalczyk",
    ]
    names = [f"{rng.choice(first)} {rng.choice(last)}" for _ in range(500)]
    assert len(alarms(CODE, "\n".join(names))) <= 1
    assert len(alarms(CODE, ", ".join(names))) <= 1


def test_a_salad_is_told_behind_a_language_that_the_tables_do_not_know() -> None:
    for seed in range(6):
        before = made_up(seed, 3_000)
        found = [finding for finding in alarms(CODE, before + salad(seed, 800)) if finding.end > len(before)]
        assert found


def test_what_is_told_of_a_salad_without_end_is_bounded() -> None:
    assert len(findings(CODE, LANGUAGES["english"] + salad(3, 10_000))) <= 10_000 / 256


# ---------------------------------------------------------------------- the context
def test_a_context_does_not_hide_a_salad() -> None:
    checks = TextChecks("content", context=LANGUAGES["english"])
    found = checks.feed(LANGUAGES["english"] + "\n" + salad(2, 600)) + checks.close()
    assert (CODE, "error") in {(finding.code, finding.severity.value) for finding in found}


def test_a_language_of_the_context_surprises_nobody() -> None:
    for seed in range(12):
        checks = TextChecks("content", context=made_up(seed, 6_000)[3_000:])
        found = checks.feed(made_up(seed, 3_000)) + checks.close()
        assert [finding for finding in found if finding.code == CODE and finding.severity != "note"] == []


# ---------------------------------------------------------------------- whatever comes
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=300), st.integers(0, 99), st.integers(0, 400))
def test_scores_and_places_are_always_in_bounds(text: str, seed: int, length: int) -> None:
    whole = text + salad(seed, length) + text
    for signal in signals(whole):
        assert 0 <= signal.start < signal.end <= len(whole)
        assert 0.3 <= signal.score < 100
        json.dumps([signal.message, signal.evidence], ensure_ascii=False).encode()
