"""text/script-mix: what no writer mixes is told with its onset, what writers do mix is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.detectors import Signal
from streamcheck.detectors.script_mix import ScriptMix
from tests.detectors.support import CLEAN, alone


def signals(text: str, channel: str = "content", context: str = "") -> list[Signal]:
    return alone(ScriptMix, text, channel, context=context)


def score(text: str, channel: str = "content", context: str = "") -> float:
    return max((s.score for s in signals(text, channel, context)), default=0.0)


ENGLISH = "The server reads the request, looks the user up in the table, and writes one line to the log before it answers. "
KOREAN = "서버는 요청을 읽고 사용자를 표에서 찾은 다음 응답하기 전에 기록에 한 줄을 남깁니다. "
JAPANESE = "サーバーは要求を読み、表から利用者を探し、応答する前に記録へ一行を書きます。"
CHINESE = "服务器读取请求，在表中查找用户，然后在回答之前往日志里写一行。"
RUSSIAN = "Сервер читает запрос, ищет пользователя в таблице и перед ответом пишет одну строку в журнал. "
HINDI = "सर्वर अनुरोध पढ़ता है, तालिका में उपयोगकर्ता को खोजता है और उत्तर देने से पहले एक पंक्ति लिखता है। "

NEGATIVES: dict[str, str] = {
    "chinese sentences in english thought": ENGLISH * 2
    + "用户想知道日志在哪里。我们先看一下配置文件，然后再回答。"
    + ENGLISH
    + "好的，现在可以写答案了。",
    "english sentences in chinese thought": CHINESE * 2
    + "The user wants the path of the log. "
    + CHINESE
    + "Let me check the config first. "
    + CHINESE,
    "one chinese word in english": ENGLISH + "It stores the 配置 in a file next to the program. " + ENGLISH,
    "translation answer": "Here is the translation:\n\n" + RUSSIAN * 2 + "\n\nAnd here it is in Japanese:\n\n" + JAPANESE * 2,
    "translation without a word about it": ENGLISH * 2 + "\n\n" + RUSSIAN * 3,
    "word list": "Learn these words:\n- хлеб (khleb): bread\n- вода (voda): water\n- молоко (moloko): milk\n- яблоко (yabloko): apple\n",
    "glossary": "| English | Русский | 中文 | 日本語 | 한국어 |\n|---|---|---|---|---|\n| house | дом | 房子 | 家 | 집 |\n| water | вода | 水 | 水 | 물 |\n",
    "row of language names": "Deutsch English Español Français 한국어 Italiano Русский 中文 日本語 العربية ไทย हिन्दी Ελληνικά Українська\n",
    "hello in many languages": "Hello, Привет, 你好, こんにちは, 안녕하세요, مرحبا, שלום, สวัสดี, नमस्ते, Γειά σου.\n",
    "hello, one a line": "Hello\nПривет\n你好\nこんにちは\n안녕하세요\nمرحبا\nשלום\nสวัสดี\nनमस्ते\nΓειά σου\n",
    "names in brackets": ENGLISH
    + "Its author, Dmitri Ivanov (Дмитрий Иванов), lives in Kyiv (Київ) near Lake Baikal (Байкал). "
    + ENGLISH,
    "names of people": ENGLISH + "The paper is by 王小明 and 田中太郎; it cites 김철수 too. " + ENGLISH,
    "greek mathematics": "Let α, β > 0 and Δx → 0; then ∫ f(x)dx = Σ f(xᵢ)Δx, sinθ + cosφ ≤ √2, 2πr, ωt + φ₀, ρgh, μm, 5 kΩ, ΔT and λx.λy.x.",
    "greek letters in machine learning": "We set β₁ = 0.9, β₂ = 0.999 and ε = 1e-8; the policy πθ maximises J(θ) with λ-returns, γ = 0.99 and KL weight β.",
    "greek words": ENGLISH + "The Greek word λόγος means reason, and φιλοσοφία is love of wisdom. " + ENGLISH,
    "russian with brands": RUSSIAN
    + "Для этого подойдёт iPhone, Windows-приложение, USB-кабель, Wi-Fi и email-ом. IT-шник купил SIM-карту и CD-диски. "
    + RUSSIAN,
    "russian with glued brands": RUSSIAN * 2 + "Он написал PDFку, отправил SMSку и закрыл VPNы. " + RUSSIAN,
    "serbian in both alphabets": "Srpski jezik ima dva pisma. Српски језик има два писма. Latinica se koristi u novinama, ћирилица у службеним списима. "
    "Oba pisma su ravnopravna. Оба писма су равноправна. " * 3,
    "japanese with romaji": JAPANESE
    + "Tシャツを着てPythonでAPIを書く。konnichiwa は「こんにちは」、arigatou は「ありがとう」です。WebサイトのURLを開く。"
    + JAPANESE,
    "korean with latin": KOREAN
    + "Python으로 API를 만들고 JSON을 반환합니다. 5km를 10ms로, CPU가 3GHz로, x값과 y값을 구합니다. "
    + KOREAN,
    "korean hanja": KOREAN
    + "인간(人間)의 도덕(道德)은 자유(自由)에서 나온다. 大韓民國 헌법 제1조, 美 대통령, 前 장관, 對北 제재. "
    + KOREAN,
    "korean on chinese": "중국어로 '감사합니다'는 谢谢(셰셰)이고, 我们은 '우리', 什么는 '무엇'이라는 뜻입니다. 중국어 문장 这是什么？ 를 읽어 보세요. "
    + KOREAN,
    "korean on russian": "러시아어 단어 спасибо는 '고맙습니다'라는 뜻이고 привет은 '안녕'입니다. 키릴 문자 Д와 Ж도 배워 봅시다. "
    + KOREAN,
    "kazakh": "Қазақ тілі – түркі тілдерінің бірі. Qazaq tili latyn álipbıine kóshedi. Ол Google, Microsoft сияқты компаниялармен жұмыс істейді. "
    * 2,
    "uyghur": "ئۇيغۇر تىلى تۈركىي تىل. Uyghur tili Türkiy til. Уйғур тили түркий тил. " * 3,
    "emoji": ENGLISH
    + "Great 🎉👩‍👩‍👧 ❤️ 🇩🇪 ¯\\_(ツ)_/¯ ʕ•ᴥ•ʔ (╯°□°)╯︵ ┻━┻ (ಠ_ಠ) (ಠ益ಠ) ლ(´ڡ`ლ) (´Д｀) щ(ﾟДﾟщ) ヽ(´ー｀)ノ. "
    + ENGLISH,
    "ipa": "The words /ˈmɒdʒɪ/, [ʃt͡ʃ], /θɪŋ/, /βaχ/, [ɸɯ], /œ̃/ and /ˈøːɐ̯/ are pronounced as written; ʰ and ʲ are small.",
    "code with russian comments": "```python\nimport os  # импорт модуля\n\ndef f(x):\n    # вернуть значениеX\n    return x  # строка\nпривет = 1\n```\n"
    + ENGLISH,
    "code with chinese comments": "```c\nint n; // 用户user数量\n/* 获取list长度 */ int len(void);\n```\n" + ENGLISH,
    "i18n json": '{"ru": "Сохранить файл", "ja": "ファイルを保存", "ko": "파일 저장", "zh": "保存文件", "ar": "حفظ الملف", "he": "שמור קובץ", "th": "บันทึกไฟล์"}\n'
    * 2,
    "i18n yaml": "ru: Сохранить файл\nja: ファイルを保存\nko: 파일 저장\nzh: 保存文件\nar: حفظ الملف\nth: บันทึกไฟล์\nel: Αποθήκευση αρχείου\n"
    * 2,
    "escapes in a string": 'printf("%sпривет\\nмир\\tтест%dшт");\nlog("line\\nСтрока\\r\\nКонец");\n' + ENGLISH,
    "hebrew with latin": "השרת קורא את הבקשה בJSON ומחזיר API של Google. משתמשים בPython וה-URL נשמר בDB. " * 3,
    "arabic with latin": "يقرأ الخادم الطلب من الAPI ويكتب JSON باستخدام Python وبPHP و JavaScript. الإصدار v2 يدعم HTTP/2. " * 3,
    "hinglish": "मैं आज office जा रहा हूँ, meeting के बाद lunch करेंगे और APIs को test करेंगे। App को update करो, phone का battery low है। "
    * 2,
    "hinglish in latin": "Main aaj office ja raha hoon, thoda दिमाग use karo yaar. " + ENGLISH,
    "thai with latin": "เซิร์ฟเวอร์อ่านคำขอผ่านAPIแล้วส่งกลับเป็นJSON ใช้Pythonเขียน และเก็บไว้ในdatabase ของGoogle " * 3,
    "transliteration table": "| а | a |\n| б | b |\n| в | v |\n| г | g |\n| щ | shch |\nА=A, Б=B, В=V, Г=G, Д=D, Ж=Zh, Щ=Shch, Я=Ya\n",
    "homoglyph article": "A homoglyph attack writes pаypal.com with a Cyrillic а, or аpple.com and gооgle.com; the confusable letters look alike. "
    * 2,
    "chinese with terms": CHINESE
    + "用Python写API，在Linux上用git管理，把JSON转成YAML，x和y都可以，App没有问题，iPhone手机，T恤，AA制。"
    + CHINESE,
    "chinese with greek and signs": CHINESE + "α射线、β版本、Ω电阻、π的值、Σ求和，μm单位，△ABC≌△DEF，λ表达式。" + CHINESE,
    "chinese page, latin heading": "GIT-LOG(1)  Git Manual  GIT-LOG(1)\n\nNAME  git-log - Show commit logs\n\n描述\n显示commit日志，使用git的rev-list选项。"
    + CHINESE * 2,
    "korean page, latin heading": "XZ(1)  XZ Utils  XZ(1)\n\nNAME  xz, unxz - 압축 해제\n\nunxz 명령은 xz --decompress 명령과 동일합니다. lzma는 xz의 별칭입니다. "
    + KOREAN,
    "ukrainian and russian": "Привіт, це український текст. А это русский текст, и он тоже нормальный. Їжак і ёж. " * 2,
    "bulgarian with units": "Скоростта е 5 km/h, напрежението 220V, честотата 50Hz, размерът 10GB и теглото 3kg. H2O, CO₂, pH, Y-хромозома, x-координата. ",
    "georgian and armenian": ENGLISH
    + "Tbilisi (თბილისი) and Yerevan (Երևան) are capitals; the Georgian word გამარჯობა means hello. "
    + ENGLISH,
    "quoted sentence": ENGLISH + 'The log then says "файл не найден" and the program stops with «ошибка доступа». ' + ENGLISH,
    "chinese idiom in korean brackets": KOREAN
    + "이것은 '刻舟求剑(각주구검)'이라는 고사성어와 같고, 화위(华为)와 샤오미(小米)도 비슷하다. "
    + KOREAN,
    "multilingual element texts": '<c xml:lang="ko">CHM 문서</c>\n<c xml:lang="kk">CHM құжаты</c>\n<c xml:lang="ka">CHM დოკუმენტი</c>\n<c xml:lang="ja">CHM 文書</c>\n'
    * 3,
    "fullwidth in a latin list": "Name：Anna\nAge：31\nCity：Oslo\n" + ENGLISH,
}


@pytest.mark.parametrize("name", sorted(NEGATIVES))
def test_sound_mixtures_stay_below_a_note(name: str) -> None:
    assert score(NEGATIVES[name]) < 0.9, signals(NEGATIVES[name])[-1].evidence
    assert score(NEGATIVES[name], channel="reasoning") < 0.9


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_clean_texts_are_silent(name: str) -> None:
    assert score(CLEAN[name]) < 0.5


# text before the onset, text from the onset on, least score
POSITIVES: dict[str, tuple[str, str, float]] = {
    "cyrillic letter in an english word": (ENGLISH * 2 + "The new build ", "redeplоys itself. " + ENGLISH, 1.0),
    "two such words": (ENGLISH * 2 + "The new build ", "redeplоys the cоntainer at once. " + ENGLISH, 2.0),
    "tokens of many scripts": (ENGLISH * 2, "город поверх ต่ำ 빈 جاري kunst 想着 ศาล table პუ leute աշխ. " + ENGLISH, 2.0),
    "soup from the first character": (
        "",
        "вироб galaеку жест精神 κυรษภาคม 作者 ありがとう поск lō 仓库 فوق mapTo בדיוק row",
        2.0,
    ),
    "glued han among latin": (ENGLISH * 2 + "the ", "mulти的不同apis 与发展multi对社会vit. " + ENGLISH, 2.0),
    "thai piece with a korean ending": (KOREAN * 2 + "이 동사는 '", "ตาม하다'라고 씁니다. " + KOREAN, 2.0),
    "cyrillic inside a korean word": (KOREAN * 2 + "이 색은 오", "ран지색입니다. " + KOREAN, 2.0),
    "russian words in a korean sentence": (
        KOREAN * 2 + "이것은 ",
        "логическому загадке 알려진 как 문제에 속합니다. " + KOREAN,
        2.0,
    ),
    "chinese clause in a korean sentence": (
        KOREAN * 2 + "셔츠는 5벌",
        "加上买来的3벌입니다. 但从这8벌에서 2벌을 뺍니다. " + KOREAN,
        2.0,
    ),
    "chinese headings in a korean list": (
        KOREAN + "\n1. **",
        "面向对象**: 강력한 기능을 제공합니다.\n2. **动态类型**: 실행 중에 결정됩니다.\n3. **并发编程**: 쉽습니다.\n",
        2.0,
    ),
    "latin inside a hindi word": (HINDI * 2 + "उसने उनसे ", "पooNT पूछा और चला गया। " + HINDI, 2.0),
    "cyrillic in japanese": (JAPANESE * 2, "сервер表から利用者をтаблицаに書きます。" + JAPANESE, 1.0),
    "hangul in chinese": (CHINESE * 2 + "然后", "사용자表中查找요청的日志。" + CHINESE, 1.0),
    "arabic in russian": (RUSSIAN * 2 + "Потом ", "запиسиلтся строка и فوقстолбец. " + RUSSIAN, 1.5),
}


@pytest.mark.parametrize("name", sorted(POSITIVES))
def test_garbled_mixtures_are_told_with_their_onset(name: str) -> None:
    before, after, least = POSITIVES[name]
    found = signals(before + after)
    assert found, "no signal"
    best = max(found, key=lambda s: s.score)
    assert best.score >= least, best.evidence
    assert len(before) - 8 <= best.start <= len(before) + 24, (best.start, len(before), best.evidence)


def test_a_single_foreign_word_in_a_sentence_is_weak() -> None:
    assert 0.3 <= score(ENGLISH * 2 + "It writes the строку before it answers. " + ENGLISH) < 1


def test_quotation_brackets_and_talk_make_an_intrusion_lighter() -> None:
    bare = score(KOREAN * 2 + "이것은 загадке 문제입니다. " + KOREAN)
    assert bare >= 1
    for gentle in ("이것은 'загадке' 문제입니다. ", "이것은 (загадке) 문제입니다. ", "러시아어 загадке 문제입니다. "):
        assert score(KOREAN * 2 + gentle + KOREAN) < 0.3


def test_a_script_of_the_context_is_no_intrusion() -> None:
    text = KOREAN * 2 + "이것은 загадке 문제입니다. " + KOREAN
    assert score(text, context="Что значит слово загадке в этом тексте?") == 0


def test_repeated_intrusions_weigh_more_than_one() -> None:
    one = score(KOREAN * 2 + "두 번째 производ 함수를 구합니다. " + KOREAN)
    two = score(KOREAN * 2 + "두 번째 производ 함수를 구합니다. 세 번째 производ 함수도 구합니다. " + KOREAN)
    assert two > one


def test_code_and_tool_channels_count_less() -> None:
    text = ENGLISH * 2 + "redeplоys the cоntainer. " + ENGLISH
    assert score("```\n" + text + "\n```\n") < score(text)
    assert score(text, channel="tool:0") < score(text)


def test_fullwidth_punctuation_behind_latin_letters_is_company_only() -> None:
    text = ENGLISH * 2 + "It stops，then starts：now。 And again， and again。 So be it！ Or not？ " + ENGLISH
    assert 0.3 <= score(text) < 1


def test_evidence_names_the_pieces_and_their_places() -> None:
    text = ENGLISH * 2 + "The build redeplоys the cоntainer. " + ENGLISH
    last = signals(text)[-1]
    assert last.evidence["home"] == ["Latin"]
    assert last.evidence["scripts"] == ["Cyrillic"]
    for piece in last.evidence["pieces"]:
        assert text[piece["at"]] == "о"
        assert piece["text"] in text
    assert len(json.dumps(last.evidence)) < 4_000


def test_a_text_of_every_code_point_raises_nothing() -> None:
    signals("".join(map(chr, range(0, 0x30000, 7))) + "".join(map(chr, range(0xD7F0, 0xE010))))


_scripts = st.sampled_from(
    [
        "a",
        "x",
        "Ω",
        "ж",
        "А",
        "的",
        "们",
        "の",
        "ー",
        "가",
        "는",
        "ا",
        "ש",
        "ก",
        "ह",
        "\u0301",
        " ",
        " ",
        "\n",
        "(",
        "'",
        "，",
        "1",
        "_",
        "\0",
        "\ud800",
        "ა",
    ]
)


@given(st.lists(_scripts | st.sampled_from([ENGLISH, KOREAN, CHINESE, RUSSIAN]), max_size=120).map("".join))
def test_scores_and_places_are_always_in_bounds(text: str) -> None:
    for signal in signals(text):
        assert 0 <= signal.start < signal.end <= len(text)
        assert 0 < signal.score <= 4
        json.dumps([signal.message, signal.evidence]).encode()
