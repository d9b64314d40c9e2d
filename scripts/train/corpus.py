"""The training text: documents by language, divided for good between counting and fitting.

In:   the folder that fetch.py made: <language>/<source>.txt and code/<language>-<source>.txt, documents parted by form feeds.
Out:  documents by language.
Rule: the part a document belongs to depends on its text alone, so that a new source moves nothing: 8 of 10 documents are counted into the
      tables, 2 are kept back to fit the judge on. One language gives at most so many characters, so that none drowns the others.
"""

import hashlib
from collections import defaultdict
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
_CHUNK = 6_000  # characters; longer documents are divided, so that a book does not fall whole into one part


_APART = ("zh-cn", "zh-tw", "sr-latn")  # variants that do not share their letters; others go with their language


def language_of(path: Path) -> str:
    name = path.parent.name.replace("_", "-").lower()
    return name if name in _APART else name.partition("-")[0]


def read_documents(folder: Path, *, prose: bool) -> dict[str, list[str]]:
    """Return language -> documents of at most about _CHUNK characters: of prose and code, or of strings of user interfaces."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*/*.txt")):
        if (path.stem in STRINGS) is prose:
            continue
        for document in path.read_text(encoding="utf-8").split("\f"):
            document = document.strip("\n")
            for at in range(0, len(document), _CHUNK):
                part = document[at : at + _CHUNK]
                if len(part) >= 40:
                    found[language_of(path)].append(part)
    return {language: _limited(language, documents) for language, documents in sorted(found.items())}


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


def divided(documents: dict[str, list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return (to count, to fit on)."""
    count = {language: [d for d in docs if _key(d)[-1] % 10 < 8] for language, docs in documents.items()}
    fit = {language: [d for d in docs if _key(d)[-1] % 10 >= 8] for language, docs in documents.items()}
    return count, fit
