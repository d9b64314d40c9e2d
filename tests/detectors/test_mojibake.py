from itertools import pairwise

import ftfy
import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/mojibake"
LANGUAGES = {
    "Chinese": "今天天气很好，我们去公园散步吧。数据库已经更新。",
    "Japanese": "これは日本語の文章です。明日は雨が降るでしょう。",
    "Korean": "안녕하세요 세계, 오늘은 날씨가 좋습니다.",
    "Russian": "Привет, мир! Сегодня хорошая погода.",
    "Greek": "Καλημέρα κόσμε, τι κάνεις σήμερα;",
    "Hebrew": "שלום עולם, מה שלומך היום",
    "Arabic": "مرحبا بالعالم، كيف حالك اليوم",
    "Hindi": "नमस्ते दुनिया, आप कैसे हैं",
    "Thai": "สวัสดีชาวโลก วันนี้อากาศดี",
    "Vietnamese": "Tiếng Việt là một ngôn ngữ rất đẹp",
    "French": "L’été dernier, nous avons mangé à l’hôtel près de la forêt.",
    "German": "Die Wörter für Größe und Maß sind schön.",
    "Spanish": "Mañana será otro día en España, ¿verdad?",
    "Portuguese": "Não há razão para a ação de amanhã.",
    "Polish": "Zażółć gęślą jaźń, powiedział łoś.",
    "Turkish": "Bugün hava çok güzel, değil mi?",
    "Czech": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "emoji": "Well done 🎉 my friend 😊!",
    "quotes": "It’s a “test” – really…",
}


@pytest.mark.parametrize("page", ["latin-1", "cp1252"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_utf8_read_as_a_western_page_is_an_error(language: str, page: str) -> None:
    damaged = LANGUAGES[language].encode().decode(page, "replace")
    assert "error" in severities(CODE, damaged)


@pytest.mark.parametrize("language", LANGUAGES)
def test_double_encoding_is_an_error(language: str) -> None:
    damaged = LANGUAGES[language].encode().decode("latin-1").encode().decode("latin-1")
    assert "error" in severities(CODE, damaged)


@pytest.mark.parametrize("language", ["Chinese", "Japanese", "Russian", "quotes", "emoji", "Greek"])
def test_utf8_read_as_gbk_is_an_error(language: str) -> None:
    assert "error" in severities(CODE, LANGUAGES[language].encode().decode("gbk", "replace"))


def test_utf8_read_as_shift_jis_is_an_error() -> None:
    assert "error" in severities(CODE, LANGUAGES["Japanese"].encode().decode("cp932", "replace"))


@pytest.mark.parametrize("page", ["cp1251", "macroman", "cp437", "cp850"])
def test_other_pages_are_found_by_their_quotation_marks(page: str) -> None:
    assert "error" in severities(CODE, "it’s what they’re after".encode().decode(page))


def test_cyrillic_read_as_windows_1251_is_an_error() -> None:
    assert "error" in severities(CODE, "Сегодня хорошая погода".encode().decode("cp1251", "replace"))


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("22.5Â°C", "error"),
        ("â€™", "error"),
        ("die WÃ¶rter der Sprache", "error"),
        ("a BOM ï»¿ here", "error"),
        ("ï¿½ again", "error"),
        ("锟斤拷锟斤拷", "error"),
        ("W mieście PoznaÅ„ski dom", "warning"),
        ("The answer is 浣犲ソ in short.", "error"),
    ],
)
def test_short_damage_is_graded_by_what_it_is_made_of(text: str, severity: str) -> None:
    assert severities(CODE, text) == [severity]


def test_damage_without_some_bytes_is_found() -> None:
    assert "error" in severities(CODE, "ÐÑÐ¸Ð²ÐµÑ! Ð§ÐµÐ¼ Ñ Ð¼Ð¾Ð³Ñ")


@pytest.mark.parametrize("language", ["Russian", "German", "French", "emoji", "Chinese"])
def test_the_plan_undoes_the_damage(language: str) -> None:
    damaged = LANGUAGES[language].encode().decode("latin-1")
    found = findings(CODE, damaged)[0]
    assert found.evidence["damaged"] in damaged
    assert found.evidence["mended"] in LANGUAGES[language]
    assert (
        ftfy.apply_plan(damaged[found.start : found.end], [ftfy.ExplanationStep(*s) for s in found.evidence["plan"]])
        in LANGUAGES[language]
    )


def test_the_place_is_the_damaged_passage() -> None:
    text = "Plain words first. " * 20 + "WÃ¶rter und GrÃ¶ÃŸe" + " and plain words again." * 20
    (found,) = findings(CODE, text)
    assert text[found.start : found.end] == "Ã¶rter und GrÃ¶ÃŸ"


def test_a_sequence_on_the_border_of_two_blocks_is_found_once() -> None:
    for at in range(120, 132):
        (found,) = findings(CODE, "x" * at + "Ã©t" + "y" * 300)
        assert found.start == at


def test_a_long_damaged_text_is_told_from_its_beginning_to_its_end() -> None:
    text = ("Größe und Maß " * 400).encode().decode("latin-1")
    found = findings(CODE, text)
    assert found[0].start < 10
    assert found[-1].end > len(text) - 40
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "Read as Latin-1, é becomes Ã© and ’ becomes â€™.",
        'He typed "dÃ©jÃ©" there.',
        "He typed `â€™` there.",
        "This is mojibake: WÃ¶rter.",
        "这种乱码是锟斤拷。",
        "```\nprint('Ã©tÃ©')\n```\n",
        "Wrong encoding turned the title into “MÃ¼ller”.",
    ],
)
def test_talk_about_mojibake_is_a_note(text: str) -> None:
    assert findings(CODE, text)
    assert not alarms(CODE, text)


@pytest.mark.parametrize(
    "text",
    [
        "NESCAFÉ® and ROSÉ² and CAFÉ™ and É°",
        "1.5 Å² and 2.0 ų and 3 Å³ of Ø±0.1 and Ø½ inch",
        "2×½ cups and ×¼ and ×² twice, ×½×",
        "« né » et « été », « désolé…», «café»; l’été… à…",
        "MAÇÃ® e MAÇÔ e IRMû",
        "STÍŽNOST ÚŽAS KÓŠ ÝŠ",
        "Spaß“ Straß… Maß» Fuß–",
        "så…” på…” ö–",
        "√2 √π k√π √©? ├── ┬┐ ├│",
        "x和y a与b app没有 T恤 npm猫",
        "馃子很好吃，他恪守诺言。",
        "“Å“ is a letter, “Â“ and “Ã“ too",
        "Ça coûte 5 €, l’œuvre à 3 €",
    ],
)
def test_clean_neighbours_of_mojibake_are_silent(text: str) -> None:
    assert not findings(CODE, text)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_raise_no_alarm(name: str) -> None:
    assert not alarms(CODE, CLEAN[name])
    assert not alarms(CODE, CLEAN[name] * 5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sound_texts_of_the_same_languages_are_silent(language: str) -> None:
    assert not findings(CODE, (LANGUAGES[language] + " ") * 10)
