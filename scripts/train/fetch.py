#!/usr/bin/env python3
"""Text by language, from packages whose licence allows tables made from it to be shipped.

In:   sources.toml beside this file: packages with version and SHA-256, and what to take from each.
Out:  OUT/train/LANG/SOURCE.txt and OUT/train/code/PROGLANG-SOURCE.txt, UTF-8, documents separated by a line with a form feed;
      OUT/train/NOTICES.txt, the notices that tables made from this text must carry. Packages stay in OUT/packages.
Rule: a package whose SHA-256 differs from the manifest is refused; nothing in a package is run, except that pip reads
      a source package's metadata as it always does. Paragraphs left untranslated are dropped, and so is boilerplate.
Needs apt-get and dpkg-deb (Debian or Ubuntu, lists fresh), pip and npm; the standard library does the rest.
"""

import argparse
import functools
import gettext
import gzip
import hashlib
import html
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

EXAMPLES = """examples:
  scripts/train/fetch.py /tmp/corpora                       all sources
  scripts/train/fetch.py /tmp/corpora --only 'libreoffice'  sources whose name matches; other files stay as they are
  scripts/train/fetch.py /tmp/corpora --update-hashes       newest Debian versions, new hashes into the manifest
"""
MANIFEST = Path(__file__).with_name("sources.toml")
MAX_LANGUAGE_CHARS = 4_000_000
MAX_ENGLISH_CHARS = 22_000_000

MIN_SOURCE_CHARS = 2_000
REPEATS = 3  # copies of one line that a language keeps: menus and boilerplate come in hundreds
MAX_CODE_LINE = 400  # a longer line means minified or generated code
ENGLISH_SHARE = 0.18  # of words in a paragraph; translated text quotes English, but not its grammar
ENGLISH = frozenset("the and this with you your from are is which that for of to be can not or if by it when".split())  # noqa: SIM905
LANGUAGES = {"zh": "zh-cn", "zh-hans": "zh-cn", "zh-hant": "zh-tw", "en-us": "en", "en-gb": "en", "nb": "no", "no-no": "no",
             "es-es": "es", "es-419": "es", "ja-jp": "ja", "ko-kr": "ko", "fr-fr": "fr", "ru-ru": "ru", "de-de": "de",
             "pt-pt": "pt", "bn-bd": "bn", "bn-in": "bn", "hi-in": "hi", "gu-in": "gu", "ff-cm": "ff",
             "fr-ht": "ht", "ka-ge": "ka", "sw-tz": "sw", "ur-pk": "ur", "hy-am": "hy", "ne-np": "ne", "sr-cyrl": "sr",
             "km-kh": "km", "vi-vn": "vi", "ca-valencia": "ca", "bg-bg": "bg", "tr-tr": "tr", "ar-sa": "ar", "ca-es": "ca",
             "cs-cz": "cs", "da-dk": "da", "el-gr": "el", "et-ee": "et", "fi-fi": "fi", "he-il": "he", "hu-hu": "hu",
             "id-id": "id", "it-it": "it", "lt-lt": "lt", "nl-nl": "nl", "pl-pl": "pl", "ro-ro": "ro", "uk-ua": "uk",
             "pa-in": "pa", "pt-mz": "pt", "ach-ug": "ach"}  # fmt: skip
SCRIPTS = {  # the writing system of a language, as it stands in Unicode names; Latin needs no row
    "ARABIC": "ar fa ur ckb ug ps sd", "CYRILLIC": "ru uk be bg mk kk ky mn tg tt", "GREEK": "el", "HEBREW": "he",
    "DEVANAGARI": "hi mr ne sa brx dgo gom kok mai", "BENGALI": "bn as", "GUJARATI": "gu", "GURMUKHI": "pa", "ORIYA": "or",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th", "KHMER": "km",
    "MYANMAR": "my", "TIBETAN": "dz bo", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am ti", "HANGUL": "ko",
    "CJK": "zh-cn zh-tw ja", "LAO": "lo",
}  # fmt: skip
SCRIPT_OF = {language: script for script, languages in SCRIPTS.items() for language in languages.split()}
SCRIPT_SHARE = 0.3  # of a paragraph's letters: technical prose is full of Latin names

Document = tuple[str, str]  # language, text


class FetchError(Exception):
    """What went wrong and what to do, for stderr."""


# Packages: download, verify, open


def run(*command: str, cwd: Path | None = None) -> None:
    """Run a command quietly. Raises FetchError with the end of what it said."""
    if shutil.which(command[0]) is None:
        raise FetchError(f"{command[0]} is not installed; packages of this kind cannot be fetched without it")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n    ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise FetchError(f"{' '.join(command)} failed:\n    {said}")


def download(kind: str, package: str, version: str, folder: Path) -> None:
    """Put one package file into `folder`, with the ordinary client of its registry; no version means the newest."""
    match kind:
        case "deb":
            run("apt-get", "download", "-q", f"{package}={version}" if version else package, cwd=folder)
        case "sdist":
            run(
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--no-binary",
                package,
                f"{package}=={version}",
                "-d",
                str(folder),
            )
        case "wheel":
            run(
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--only-binary",
                package,
                f"{package}=={version}",
                "-d",
                str(folder),
            )
        case "npm":
            run("npm", "pack", "--silent", f"{package}@{version}", cwd=folder)
        case _:
            raise FetchError(f"unknown kind {kind!r}; deb, sdist, wheel and npm are known")


def fetched(kind: str, package: str, locked: str, store: Path, *, update: bool) -> tuple[Path, str]:
    """Return the package's file and its "VERSION SHA256", from the store if it is there. Raises FetchError if the hash differs."""
    version, _, digest = locked.partition(" ")
    kept = store / f"{kind}-{package.replace('/', '-').lstrip('@')}-{digest[:16] or 'new'}"
    if update or not kept.exists():
        with tempfile.TemporaryDirectory(dir=store) as folder:
            download(kind, package, "" if update and kind == "deb" else version, Path(folder))
            files = [path for path in Path(folder).iterdir() if path.is_file()]
            if len(files) != 1:
                raise FetchError(f"{package}: expected one file, got {[path.name for path in files]!r}")
            found = hashlib.sha256(files[0].read_bytes()).hexdigest()
            if update:
                if kind == "deb":
                    version = files[0].name.split("_")[1].replace("%3a", ":")
                kept = kept.with_name(f"{kept.name.rpartition('-')[0]}-{found[:16]}")
            elif found != digest:
                raise FetchError(
                    f"{package} {version}: SHA-256 is {found}, the manifest says {digest}\n    --update-hashes renews it"
                )
            files[0].replace(kept)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    if not update and found != digest:
        raise FetchError(f"{kept}: SHA-256 is {found}, the manifest says {digest}; remove the file")
    return kept, f"{version} {found}"


def members(kind: str, path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield name and reader of every file in a package, in archive order; a reader works only until the next file."""
    if kind == "wheel":
        with zipfile.ZipFile(path) as wheel:
            for name in wheel.namelist():
                yield name, lambda name=name: wheel.read(name)  # type: ignore[misc]
        return
    if kind == "deb":
        if shutil.which("dpkg-deb") is None:
            raise FetchError("dpkg-deb is not installed; Debian packages cannot be opened without it")
        unpack = subprocess.Popen(("dpkg-deb", "--fsys-tarfile", str(path)), stdout=subprocess.PIPE)
        with unpack, tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            yield from tar_members(tar)
        return
    with tarfile.open(path) as tar:
        yield from tar_members(tar)


def tar_members(tar: tarfile.TarFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for member in tar:
        if member.isfile():
            name = member.name.removeprefix("./")
            if name.endswith(".gz"):
                yield name, lambda member=member: gzip.decompress(tar.extractfile(member).read())  # type: ignore[misc, union-attr]
            else:
                yield name, lambda member=member: tar.extractfile(member).read()  # type: ignore[misc, union-attr]


# Formats: one function each, from a file's bytes to text


class Prose(HTMLParser):
    """Text of an HTML page, a block a line: no scripts, menus, side bars or page frames; code blocks keep their lines."""

    BLOCKS = frozenset("p div h1 h2 h3 h4 h5 h6 li dt dd tr pre blockquote section article table br ul ol dl main body".split())  # noqa: SIM905
    SKIPPED = frozenset("script style nav header footer aside noscript svg head button select template".split())  # noqa: SIM905
    FRAMES = re.compile(r"\b(sphinxsidebar|related|relatedtopics|navheader|navfooter|toc|headerlink|sidebar|footer|nosearch|menu|"
                        r"linenos|src|index|globaltoc|breadcrumb|sidetoc|fancy_toc|MAC)\b")  # fmt: skip
    VOID = frozenset("br img hr meta link input area base col embed source track wbr".split())  # noqa: SIM905

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.skip_from = -1  # depth at which the skipped element opened
        self.pre = 0

    def flush(self) -> None:
        text = "".join(self.words)
        self.words.clear()
        if self.pre or any(map(str.isalpha, text)):  # columns of bare numbers teach nothing
            self.lines.append(text.rstrip() if self.pre else " ".join(text.split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.flush()
        if tag in ("td", "th"):
            self.words.append(" ")
        if tag in self.VOID:
            return
        self.open.append(tag)
        names = " ".join(value or "" for key, value in attrs if key in ("class", "id", "role"))
        if self.skip_from < 0 and (tag in self.SKIPPED or self.FRAMES.search(names)) and tag not in ("body", "html", "main"):
            self.skip_from = len(self.open)
        self.pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open:
            return
        if tag in self.BLOCKS:
            self.flush()
        while self.open:
            closed = self.open.pop()
            self.pre -= closed == "pre"
            if closed == tag:
                break
        if len(self.open) < self.skip_from:
            self.skip_from = -1

    def handle_data(self, data: str) -> None:
        if self.skip_from < 0:
            self.words.append(data)


def html_text(page: bytes) -> str:
    parser = Prose()
    parser.feed(page.decode("utf-8", "replace"))
    parser.close()
    parser.flush()
    return "\n".join(parser.lines)


def markdown_text(page: bytes) -> str:
    """Markdown stays Markdown, fences and tables too, as models write it; front matter, HTML, images and link targets go."""
    text = re.sub(r"\A---\n.*?\n---\n", "", page.decode("utf-8", "replace"), flags=re.DOTALL)
    text = re.sub(
        r"<!--.*?-->|^(?:import|export) .*$|!\[[^\]]*\]\([^)]*\)|</?[A-Za-z][^<>\n]*>", "", text, flags=re.DOTALL | re.MULTILINE
    )
    text = re.sub(r"\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"^\[[^\]]+\]:.*$|^:::.*$|^\{!.*!\}$|\s*\{\s*#[^}]*\}", "", text, flags=re.MULTILINE)
    return html.unescape(re.sub(r"^( *```).*\n\s*```$", "", text, flags=re.MULTILINE))


def rst_text(page: bytes) -> str:
    """reStructuredText without directives, targets, field lists and roles."""
    text = page.decode("utf-8", "replace")
    text = re.sub(r":[a-zA-Z:+-]+:`[!~.]*([^`<]*?)\s*(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"^ *\.\. .*$|^ *:[^:\n]+:.*$|^[=~^\"'*+#-]{4,}$", "", text, flags=re.MULTILINE)
    return re.sub(r"`([^`<\n]+?) <[^`>]*>`__?|``", r"\1", text).replace("::\n", ":\n")


def po_text(catalogue: bytes) -> str:
    """Translations of a gettext source, a message a line."""
    text = catalogue.decode("utf-8", "replace")
    blocks = (
        re.findall(r'^(#, .*fuzzy.*\n)?(?:.*\n)*?msgstr(?:\[\d\])? ((?:".*"\n?)+)', text, re.MULTILINE)
        if "msgstr" in text
        else []
    )
    messages = ("".join(re.findall(r'^"(.*)"$', quoted, re.MULTILINE)) for _, quoted in blocks[1:])
    return "\n".join(message.replace("\\n", "\n").replace('\\"', '"') for message in messages)


def mo_text(catalogue: bytes) -> str:
    """Translations of a compiled gettext catalogue; a message equal to its original is not one."""
    entries = gettext.GNUTranslations(io.BytesIO(catalogue))._catalog  # type: ignore[attr-defined]
    return "\n".join(value.replace("~", "") for key, value in entries.items() if key and str(key).split("\x04")[-1] != value)


def json_text(page: bytes) -> str:
    """The strings of a JSON document that read like sentences, a value a line."""

    def strings(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict | list):
            for value in node.values() if isinstance(node, dict) else node:
                yield from strings(value)

    return "\n".join(
        value for value in strings(json.loads(page)) if not re.fullmatch(r"[!-~]*", value) and ", plural" not in value
    )


def wordnet_text(data: bytes) -> str:
    """Glosses: definition and quoted examples."""
    return "\n".join(
        line.partition("| ")[2].strip() for line in data.decode("utf-8", "replace").splitlines() if not line.startswith("  ")
    )


def comment_text(source: bytes) -> str:
    """Documentation comments of C-like code."""
    comments = re.findall(r"/\*\*(.*?)\*/", source.decode("utf-8", "replace"), re.DOTALL)
    return markdown_text("\n".join(re.sub(r"^[ \t]*\*[ \t]?", "", comment, flags=re.MULTILINE) for comment in comments).encode())


def code_text(source: bytes) -> str:
    """Code as it is; empty if a line is too long to have been written by hand."""
    text = source.decode("utf-8", "replace")
    return "" if "\ufffd" in text or max(map(len, text.splitlines()), default=0) > MAX_CODE_LINE else text


FORMATS: dict[str, Callable[[bytes], str]] = {
    "html": html_text, "markdown": markdown_text, "rst": rst_text, "po": po_text, "mo": mo_text, "json": json_text,
    "wordnet": wordnet_text, "comments": comment_text, "text": lambda page: page.decode("utf-8", "replace"), "code": code_text,
}  # fmt: skip


def electron_documents(page: bytes) -> Iterator[Document]:
    """Pages of the one JSON file of electron-i18n: {locale: {path: {"html": ...}}}."""
    for locale, pages in json.loads(page).items():
        for document in pages.values():
            yield locale, html_text(document["html"].encode())


# Cleaning


def language_of(name: str) -> str:
    """Return our tag for a locale name: zh_CN, zh-Hans and zh are all zh-cn."""
    tag = name.lower().replace("_", "-").replace("@", "-")
    return LANGUAGES.get(tag, tag)


@functools.cache
def script_of(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def in_language(paragraph: str, language: str) -> bool:
    """Return False for a paragraph that was left in English, or is mostly outside the language's script."""
    letters = [character for character in paragraph if character.isalpha()]
    if len(letters) < 12:
        return True
    if script := SCRIPT_OF.get(language):
        accepted = (script, "HIRAGANA", "KATAKANA") if language == "ja" else (script, "CJK") if language == "ko" else (script,)
        share = sum(script_of(character) in accepted for character in letters) / len(letters)
        return share >= SCRIPT_SHARE
    words = re.findall(r"[^\W\d_]+", paragraph.lower())
    return len(words) < 5 or sum(word in ENGLISH for word in words) < ENGLISH_SHARE * len(words)


class Cleaner:
    """Drops what would teach the tables nothing or the wrong thing. Feed the English sources first."""

    def __init__(self) -> None:
        self.seen: dict[str, Counter[int]] = defaultdict(Counter)

    def clean(self, text: str, language: str, *, code: bool = False) -> str:
        text = unicodedata.normalize(
            "NFC", text.replace("\r\n", "\n").replace("\u00a0", " ").replace("\f", "\n").replace("\u00ad", "")
        )
        text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\ufeff\u200b]", "", text)
        if not code:
            text = "\n".join(line for line in text.split("\n") if self.wanted(line, language))
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)).strip("\n")

    def wanted(self, line: str, language: str) -> bool:
        key = line.strip()
        if key.startswith("```") or sum(map(str.isalpha, key[:40])) < 3:
            return True
        mark = hash(key)
        self.seen[language][mark] += 1
        if self.seen[language][mark] > REPEATS:
            return False
        return language == "en" or (not (len(key) >= 20 and mark in self.seen["en"]) and in_language(key, language))


# The run


def documents(source: dict[str, Any], packages: Iterable[Path]) -> Iterator[tuple[str, int, Document]]:
    """Yield name, number of the `take` row and document of everything that the source's `take` rows select."""
    rows = [(re.compile(take["files"]), re.compile(take.get("skip", r"(?!)")), take) for take in source["take"]]
    for package in packages:
        for name, read in members(source["kind"], package):
            for row, (files, skip, take) in enumerate(rows):
                if (match := files.fullmatch(name)) and not skip.search(name):
                    language = (
                        f"code/{take['code']}"
                        if "code" in take
                        else language_of(match.groupdict().get("lang") or take.get("lang", "en"))
                    )
                    if take["format"] == "electron":
                        for number, (locale, text) in enumerate(electron_documents(read())):
                            yield f"{name}#{number}", row, (language_of(locale), text)
                    else:
                        yield name, row, (language, FORMATS[take["format"]](read()))
                    break


def write_source(source: dict[str, Any], packages: list[Path], out: Path, cleaner: Cleaner, total: Counter[str]) -> Counter[str]:
    """Clean and write one source; return characters by language. Documents are taken in the order of their names' hashes,
    so that a limit cuts a sample, not the end of the alphabet."""
    chosen: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for name, row, (language, text) in documents(source, packages):
        chosen[language].append((hashlib.sha256(name.encode()).hexdigest(), row, text))
    sizes: Counter[str] = Counter()
    for language in sorted(chosen, key=lambda language: (language != "en", language)):
        ceiling = MAX_ENGLISH_CHARS if language == "en" or language.startswith("code/") else MAX_LANGUAGE_CHARS
        room = ceiling - total[language]
        row_room = [take.get("limit", ceiling) for take in source["take"]]
        texts: list[str] = []
        for _, row, text in sorted(chosen[language]):
            if (left := min(room, row_room[row])) <= 0:
                continue
            text = cleaner.clean(text, language, code=language.startswith("code/"))[:left]
            if text.strip():
                texts.append(text)
                sizes[language] += len(text)
                room -= len(text)
                row_room[row] -= len(text)
        if sizes[language] < MIN_SOURCE_CHARS:
            del sizes[language]
            continue
        folder, _, prefix = language.partition("/")
        path = out / "train" / folder / f"{prefix + '-' if prefix else ''}{source['name']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\f\n".join(texts) + "\n", encoding="utf-8")
    total.update(sizes)
    return sizes


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder for packages/ and train/")
    parser.add_argument("--only", default="", metavar="REGEX", help="only sources whose name matches")
    parser.add_argument(
        "--update-hashes",
        action="store_true",
        help="rewrite versions and SHA-256 in sources.toml; look at the difference, then commit",
    )
    parser.add_argument("--manifest", type=Path, default=MANIFEST, help="another sources.toml")
    options = parser.parse_args()
    store = options.out / "packages"
    store.mkdir(parents=True, exist_ok=True)
    manifest = options.manifest.read_text(encoding="utf-8")
    known = tomllib.loads(manifest)["source"]
    sources = [source for source in known if re.search(options.only, source["name"])]
    if not sources:
        raise FetchError(f"no source matches {options.only!r}")
    cleaner, total = Cleaner(), Counter[str]()
    started = time.monotonic()
    for number, source in enumerate(sources, 1):
        packages = []
        for package, locked in source["packages"].items():
            print(f"\r[{number}/{len(sources)}] {source['name']}: {package:40.40}", end="", file=sys.stderr, flush=True)
            path, relocked = fetched(source["kind"], package, locked, store, update=options.update_hashes)
            manifest = manifest.replace(f'"{package}" = "{locked}"', f'"{package}" = "{relocked}"')
            packages.append(path)
        if options.update_hashes:
            options.manifest.write_text(manifest, encoding="utf-8")
        sizes = write_source(source, packages, options.out, cleaner, total)
        print(f"\r[{number}/{len(sources)}] {source['name']}: {len(sizes)} languages, {sizes.total():,} characters, "
              f"{time.monotonic() - started:.0f} s since start{'':20}", file=sys.stderr)  # fmt: skip
    notices = [f"{source['name']} ({source['licence']}): {source['notice']}\n" for source in known]
    (options.out / "train" / "NOTICES.txt").write_text("".join(notices), encoding="utf-8")
    for language, size in sorted(total.items()):
        print(f"{language}\t{size}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FetchError as error:
        sys.exit(f"\nfetch.py: {error}")
