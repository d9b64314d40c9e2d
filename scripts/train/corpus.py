"""The training text: documents by language, and which sources serve for what.

In:   the folder that fetch.py made: <language>/<source>.txt and code/<language>-<source>.txt, documents parted by form feeds.
Out:  documents by language.
Rule: the judge must meet text on subjects that the tables do not know, as users bring it. So it is fitted with tables of some sources on
      windows of others; the tables that ship are then counted over all. One language gives at most so many characters, chosen by hash,
      so that none drowns the others.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

MOST = {"en": 20_000_000, "code": 12_000_000}  # characters; 4 million of any other language
MOST_OF_OTHERS = 4_000_000
STRINGS = {
    "libreoffice-ui",
    "django",
    "jupyterlab",
    "kolibri",
    "typescript",
    "weixin-typings",
}  # sources that are lists of short strings
OTHERS = {  # of English and code, what the judge is fitted on
    "openclaw", "electron", "next", "mastra", "ai-sdk", "nodejs-doc", "sqlite-doc",
    "python-fastapi", "typescript-ai-sdk", "javascript-three", "java-react-native", "sql-sqlglot", "shell-go", "css-django", "yaml-fastapi", "go-go",
}  # fmt: skip
COUNTED = 0.3  # of the prose of other languages is counted for the fit
LEAST = 250_000  # characters of a language
_CHUNK = 6_000  # characters; longer documents are divided


_APART = ("zh-cn", "zh-tw", "sr-latn")  # variants that do not share their letters; others go with their language


def language_of(path: Path) -> str:
    name = path.parent.name.replace("_", "-").lower()
    return name if name in _APART else name.partition("-")[0]


def read_documents(folder: Path, wanted: Callable[[str, str, str], bool]) -> dict[str, list[str]]:
    """Return language -> documents of at most about _CHUNK characters. wanted: which (language, source, document) to take."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*/*.txt")):
        for document in path.read_text(encoding="utf-8").split("\f"):
            document = document.strip("\n")
            for at in range(0, len(document), _CHUNK):
                part = document[at : at + _CHUNK]
                if len(part) >= 40 and wanted(language_of(path), path.stem, part):
                    found[language_of(path)].append(part)
    limited = {language: _limited(language, documents) for language, documents in sorted(found.items())}
    return {language: documents for language, documents in limited.items() if sum(map(len, documents)) >= LEAST}


def everything(language: str, source: str, document: str) -> bool:
    return True


def prose(language: str, source: str, document: str) -> bool:
    """True for sentences and code, not lists of strings: what clean windows are cut from."""
    return source not in STRINGS


def counted_for_the_fit(language: str, source: str, document: str) -> bool:
    """True for what the tables may know while the judge is fitted: of English and code some sources, of other languages little."""
    if language in ("en", "code"):
        return source not in OTHERS
    return source in STRINGS or _key(document)[-1] < 256 * COUNTED


def kept_for_the_fit(language: str, source: str, document: str) -> bool:
    """True for what the judge is fitted on: its subjects and words are new to the tables, as a user's are."""
    return prose(language, source, document) and not counted_for_the_fit(language, source, document)


def _limited(language: str, documents: list[str]) -> list[str]:
    """Return as many documents as the language may give, chosen by hash."""
    most = MOST.get(language, MOST_OF_OTHERS)
    if sum(map(len, documents)) <= most:
        return documents
    kept, size = [], 0
    for document in sorted(documents, key=_key):
        size += len(document)
        if size > most:
            break
        kept.append(document)
    return kept


def _key(document: str) -> bytes:
    return hashlib.blake2b(document[:400].encode("utf-8", "surrogatepass"), digest_size=8).digest()
