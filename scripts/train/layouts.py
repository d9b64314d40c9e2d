"""Sound text in the forms that answers have and documents seldom: lists, tables, data, links, headings, code between prose.

In:   a random generator and the Source of clean documents.
Out:  a string of about the length that was asked for.
Rule: the words stay sound and keep their neighbours inside of a phrase; only the form around them changes.
"""

import json
import random
import re
from collections.abc import Callable

from noise import Source, excerpt_of, some_language

_PHRASE = re.compile(r"[^\W\d_][^\n.!?,;:()\[\]{}|<>=\"。、，！？]{2,60}")
_EMOJI = ["📊", "💰", "✅", "🚀", "🎉", "⚠️", "👉", "🔧", "📝", "💡", "🌍", "⭐"]
_UNITS = ["g", "kg", "ml", "km", "%", "€", "$", "h", "min", "s", "MB", "GB", "°C"]


def phrases_of(source: Source, rng: random.Random, language: str | None, many: int) -> list[str]:
    """Return short phrases of one document: list items, cells, keys."""
    found: list[str] = []
    for _ in range(8):
        for phrase in _PHRASE.findall(excerpt_of(source, rng, 1_500, language)):
            words = phrase.split()
            found.append(" ".join(words[: rng.choice((1, 1, 2, 2, 3, 4, 6))])[:40].strip())
        if len(found) >= many:
            break
    found = [phrase for phrase in found if phrase] or ["item"]
    return rng.choices(found, k=many)


def _list(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    sign = rng.choice(("- ", "* ", "• ", "  - ", "1"))
    rows = []
    style = rng.choice(("plain", "bold", "colon", "amount", "code", "comma"))
    for number, phrase in enumerate(phrases_of(source, rng, language, length // 6 + 4), 1):
        head = f"{number}. " if sign == "1" else sign
        if style == "bold":
            phrase = f"**{phrase}**: {excerpt_of(source, rng, rng.randint(5, 60), language).splitlines()[0] if rng.random() < 0.6 else ''}"
        elif style == "colon":
            phrase = (
                f"{phrase}: {rng.choice((str(rng.randint(1, 9999)), 'yes', 'no', '$' + str(rng.randint(1, 900)) + ',000.00'))}"
            )
        elif style == "amount":
            phrase = f"{rng.randint(1, 900)}{rng.choice(('', ' '))}{rng.choice(_UNITS)} {phrase}"
        elif style == "code":
            phrase = f"`{phrase.replace(' ', '_').lower()}`" if rng.random() < 0.7 else phrase.replace(" ", "_").lower()
        elif style == "comma":
            head, phrase = "", phrase + ", "
        if rng.random() < 0.1:
            phrase = rng.choice(_EMOJI) + " " + phrase
        rows.append(head + phrase + ("" if style == "comma" else "\n"))
    return "".join(rows)


def _table(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    width = rng.randint(2, 5)
    cells = phrases_of(source, rng, language, length // 4 + 10)
    sign = rng.choice(("| ", ",", "\t", "; ", "  "))
    rows = []
    for at in range(0, len(cells), width):
        row = [cell if rng.random() < 0.7 else str(rng.randint(0, 9_999)) for cell in cells[at : at + width]]
        rows.append("| " + " | ".join(row) + " |" if sign == "| " else sign.join(row))
        if at == 0 and sign == "| ":
            rows.append("|" + "---|" * width)
    return "\n".join(rows)


def _data(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    keys = [phrase.replace(" ", rng.choice(("_", " "))) for phrase in phrases_of(source, rng, language, length // 10 + 6)]
    values = [
        rng.choice(
            (key, rng.randint(0, 99_999), rng.random(), True, None, [1, 2], "2025-09-12T07:13:00Z", f"{rng.getrandbits(64):x}")
        )
        for key in keys
    ]
    document = dict(zip(keys, values, strict=True))
    style = rng.random()
    if style < 0.4:
        return json.dumps(document, ensure_ascii=False, indent=rng.choice((None, 2, 4)))
    if style < 0.7:
        return "{" + ", ".join(f"'{key}': {value!r}" for key, value in document.items()) + "}"
    return "\n".join(f"{key}{rng.choice((': ', '=', ' = '))}{value}" for key, value in document.items())


def _links(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    out: list[str] = []
    size = 0
    while size < length:
        out.append(excerpt_of(source, rng, rng.randint(20, 120), language))
        words = "-".join(phrases_of(source, rng, "en", 2)).lower().replace(" ", "-")
        host = rng.choice(("example.com", "news.example.org", "docs.example.io"))
        out.append(
            rng.choice(
                (
                    f" ([{host}](https://{host}/{words}?utm_source=a)) ",
                    f" [{words}](https://www.{host}/{words}) ",
                    f" https://{host}/{words} ",
                )
            )
        )
        size += len(out[-1]) + len(out[-2])
    return "".join(out)


def _headings(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    out: list[str] = []
    size = 0
    for phrase in phrases_of(source, rng, language, 12):
        out.append(
            f"\n{'#' * rng.randint(1, 4)} {rng.choice(('', '1. ', rng.choice(_EMOJI) + ' '))}{rng.choice((phrase, '**' + phrase + '**'))}\n\n"
        )
        out.append(excerpt_of(source, rng, rng.randint(10, 120), language))
        size += len(out[-1]) + len(out[-2])
        if size > length:
            break
    return "".join(out)


def _code_between(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Prose, a scrap of code, prose: with and without a fence, and code with comments in another language."""
    out = [excerpt_of(source, rng, rng.randint(10, length), language)]
    code = excerpt_of(source, rng, rng.randint(20, length), "code")
    if rng.random() < 0.5:
        lines = code.split("\n")
        code = "\n".join(
            line
            + (
                rng.choice(("  # ", "  // ")) + excerpt_of(source, rng, 20, language).replace("\n", " ")
                if rng.random() < 0.3
                else ""
            )
            for line in lines
        )
    fence = rng.choice(("", "```", "```python"))
    out += [f"\n{fence}\n", code, f"\n{fence and '```'}\n", excerpt_of(source, rng, rng.randint(10, length), language)]
    return "".join(out)


def _letters(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Sound text about A, B and x: proofs, puzzles, formulas."""
    text = excerpt_of(source, rng, length, language)
    names = rng.sample("ABCDEFxyzabn", 3)

    def put(match: re.Match[str]) -> str:
        if rng.random() < 0.25:
            a, b = rng.choice(names), rng.choice(names)
            formula = rng.choice(
                (
                    a,
                    f"{a} = {rng.randint(0, 99)}",
                    f"${a}^2 + {b}$",
                    f"{a} + {b}",
                    rf"\frac{{{a}}}{{{b}}}",
                    f"({a}, {b})",
                    f"**{a}**",
                )
            )
            return f" {formula} "
        return match[0]

    return re.sub(r" |(?<=[，。、의은는이가을를のはが])", put, text)


def _name(source: Source, rng: random.Random) -> str:
    """Return something that a program would call a thing."""
    words = " ".join(phrases_of(source, rng, "en", 2)).lower().split()[: rng.randint(1, 3)]
    style = rng.random()
    if style < 0.3:
        return "".join(words)[:12]
    if style < 0.6:
        return rng.choice("_-").join(words)
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _names(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Prose with a list of names in it: options, fields, files, packages, links of a library."""
    mark = rng.choice(
        (
            "{}",
            "'{}'",
            '"{}"',
            "`{}`",
            "--{}",
            "{} (>= 2.66.4)",
            "lib{}.so.6",
            "/usr/share/{}/{}.gz",
            "./{}({}+0x5c)",
            "{}=%d",
            "<{}>",
        )
    )
    between = rng.choice((", ", ", ", " ", "\n", " | ", "; "))
    names = [
        mark.replace("{}", _name(source, rng), 1).replace("{}", _name(source, rng))
        for _ in range(rng.randint(4, 4 + length // 8))
    ]
    return (
        excerpt_of(source, rng, rng.randint(0, length), language)
        + ": "
        + between.join(names)
        + ". "
        + excerpt_of(source, rng, length // 2, language)
    )


def _terms(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Text in another language than English with English terms and names of things between its words."""
    language = (
        language
        if language not in (None, "en")
        else rng.choice(("zh-cn", "zh-cn", "zh-tw", "ja", "ja", "ko", "ko", "ru", "de", "ar"))
    )
    rate = rng.choice((0.05, 0.1, 0.2))
    around = rng.choice(("", " "))

    def put(match: re.Match[str]) -> str:
        if rng.random() > rate:
            return match[0]
        term = _name(source, rng) if rng.random() < 0.4 else " ".join(phrases_of(source, rng, "en", 1)[0].split()[:3])
        return (
            match[0]
            + around
            + rng.choice(
                (term, term, term.capitalize(), term.upper() if len(term) < 6 else term, f"`{term}`", f"({term})", f"“{term}”")
            )
            + around
        )

    return re.sub(r" |(?<=[\u3040-\u9fff]{2})(?=[\u3040-\u9fff])", put, excerpt_of(source, rng, length, language))


def _people(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """A list of names of people and places, with and without a remark: most of its words stand in no list."""

    def name() -> str:
        words = source.words[some_language(source.words, rng)]
        word = words[rng.randrange(len(words))]
        return "".join(
            (
                word[: rng.randint(min(2, len(word)), len(word))],
                rng.choice(("", "", "ski", "ov", "son", "ez", "ini", "-" + word.capitalize())),
            )
        ).capitalize()

    out = [excerpt_of(source, rng, rng.randint(0, length // 2), language)]
    size = 0
    between = rng.choice((", ", ", ", "; ", "\n- ", "\n"))
    while size < length:
        person = " ".join(name() for _ in range(rng.randint(1, 3)))
        out.append(
            person + rng.choice(("", "", f" ({name()})", f", {rng.randint(1900, 2025)}", f" - {name()} {name()}")) + between
        )
        size += len(out[-1])
    return "".join(out)


def _languages(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """The same or other things said in several languages, by lines or paragraphs, with labels: translations, lessons, notices."""
    chosen = [some_language(source.documents, rng) for _ in range(rng.randint(2, 6))]
    longest = rng.choice((30, 80, 200))
    out: list[str] = []
    size = 0
    while size < length * 2:
        other = rng.choice(chosen)
        line = " ".join(excerpt_of(source, rng, rng.randint(12, longest), other).split())
        label = rng.choice(("", "", f"**{other}**: ", f"{other.upper()} - ", "- ", f"({rng.randint(1, 9)}) ", "*"))
        out.append(
            label
            + line
            + rng.choice(
                ("\n", "\n", "\n\n", ". ", " (" + excerpt_of(source, rng, 20, rng.choice(chosen)).split("\n")[0] + ")\n")
            )
        )
        size += len(out[-1])
    return "".join(out)


def _glossary(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Words with their translations."""
    first, second = (source.words[some_language(source.words, rng)] for _ in range(2))
    sign = rng.choice((" - ", ": ", " = ", " → ", " | ", "\t", " ("))
    rows = [f"{rng.choice(first)}{sign}{rng.choice(second)}{')' if sign == ' (' else ''}" for _ in range(length // 8)]
    return rng.choice(("\n", "\n- ", ", ", "; ")).join(rows)


def _markup(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    out: list[str] = []
    size = 0
    while size < length:
        tag = _name(source, rng)
        inside = excerpt_of(source, rng, rng.randint(3, 40), rng.choice((language, None))).replace("\n", " ")
        out.append(
            rng.choice(
                (
                    f'<{tag} {_name(source, rng)}="{rng.randint(0, 99)}">{inside}</{tag}>\n',
                    f"<{tag}>{inside}</{tag}>",
                    f".{tag}{{margin:0 {rng.randint(0, 9)}em;}}",
                )
            )
        )
        size += len(out[-1])
    return "".join(out)


_LAYOUTS: tuple[Callable[[Source, random.Random, int, str | None], str], ...] = (
    _list, _list, _table, _data, _links, _headings, _headings, _code_between, _letters, _names, _names, _terms, _terms, _markup, _people, _languages, _languages, _glossary,
)  # fmt: skip


def layout(source: Source, rng: random.Random, length: int, language: str | None) -> str:
    """Return sound text in one of the forms, cut out anywhere."""
    text = rng.choice(_LAYOUTS)(source, rng, length, language if language != "code" else "en")
    at = rng.randrange(max(1, len(text) - length))
    return text[at : at + length]
