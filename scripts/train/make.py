"""Makes streamcheck/language/tables.bin from the training text.

    scripts/train/fetch ...                 fetch the text (once)
    scripts/train/make CORPORA/train        count, fit, pack

In:   the folder that fetch.py filled.
Out:  tables.bin, and on stdout what it holds.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from corpus import divided, read_documents
from count import classes_of, grams_of, pairs_of, words_of
from fit import fitted
from noise import Source, pieces_of

from streamcheck.language.measure import Measure
from streamcheck.language.tables import NAMELESS, pack_tables, unpack_tables

UNKNOWN = ("eu", "et", "id")  # languages held back wholly while the judge is fitted
SPARSE = ("cs", "fi", "tr", "hu", "sl", "da", "el", "vi")  # of these it knows strings of user interfaces
LEAST = 250_000  # characters of a language
TABLES = Path(__file__).parents[2] / "streamcheck" / "language" / "tables.bin"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the training text: <language>/<source>.txt")
    parser.add_argument("--out", type=Path, default=TABLES, help="where the tables go (default: into the package)")
    parser.add_argument(
        "--windows", type=int, default=60_000, help="clean windows, and as many noisy ones, to fit on (default: 60,000)"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    prose, strings = read_documents(options.folder, prose=True), read_documents(options.folder, prose=False)
    if "en" not in prose:
        parser.error(f"{options.folder}: no English text in it; run fetch.py first")
    tell(f"{sum(map(len, prose.values())):,} documents in {len(prose)} languages, strings in {len(strings)}")
    count, fit = divided(prose)
    # The judge must also meet languages of which the tables know little or nothing, as users bring them: some are held back while it is
    # fitted, and counted for the product.
    known = joined({language: docs for language, docs in count.items() if language not in (*UNKNOWN, *SPARSE)}, strings)
    tables, listed = counted({language: docs for language, docs in known.items() if language not in UNKNOWN}, tell)
    measure = Measure(unpack_tables(pack_tables(**tables, model={})))
    pool = {language: words for language, words in listed.items() if len(words) > 1_000}
    source = Source(fit, pool, pieces_of(pool, fit, random.Random(options.seed)))
    model = fitted(
        measure, source, tables["languages"], clean=options.windows, noisy=options.windows, seed=options.seed, tell=tell
    )
    documents = joined(count, strings)
    tables, _ = counted(documents, tell)
    packed = pack_tables(**tables, model=model)
    options.out.write_bytes(packed)
    characters = sum(len(d) for docs in documents.values() for d in docs)
    tell(
        f"{options.out}: {len(packed):,} bytes; {characters:,} characters, {len(documents)} languages, {len(tables['words']):,} words"
    )
    return 0


def joined(*parts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the documents of all parts by language; languages with less than LEAST characters are left out."""
    documents: dict[str, list[str]] = {}
    for part in parts:
        for language, docs in part.items():
            documents[language] = documents.get(language, []) + docs
    return {language: docs for language, docs in sorted(documents.items()) if sum(map(len, docs)) >= LEAST}


def counted(documents: dict[str, list[str]], tell: Callable[[str], None]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what pack_tables() takes but the model, and the words of each language."""
    languages, listed, masks = words_of(documents, tell)
    classes, links = classes_of(documents["en"], tell)
    unlisted, nameless = (0, 0, 0), (0, 0, -1)
    entries: dict[tuple[int, int, int], int] = {unlisted: 0, nameless: NAMELESS}
    words = {}
    for word, mask in sorted(masks.items()):
        key = (*mask, classes.get(word, 0))
        words[word] = entries.setdefault(key if key != unlisted else nameless, len(entries))
    rows = [(known, frequent, max(0, number)) for known, frequent, number in entries]
    grams, pairs = grams_of(documents, tell), pairs_of(documents)
    return {
        "grams": grams, "pairs": pairs, "words": words, "entries": rows, "links": links, "languages": languages,
    }, listed  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
