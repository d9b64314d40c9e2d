"""Makes streamcheck/language/tables.bin from the training text.

    scripts/train/tables FOLDER CLEAN...             fetch, count, fit, set the limits: all of it
    python scripts/train/make.py FOLDER/train        count, fit, pack

In:   the folder that fetch.py filled.
Out:  tables.bin and NOTICE; on stderr what was done.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from corpus import counted_for_the_fit, everything, kept_for_the_fit, prose, read_documents
from count import classes_of, grams_of, pairs_of, words_of
from fit import clean_windows, fitted, normals
from noise import Source, pieces_of

from streamcheck.language.measure import Measure
from streamcheck.language.tables import NAMELESS, pack_tables, unpack_tables

NOTICE = """tables.bin holds statistics: which hashes of four characters, pairs and words occur in which languages, and how English word classes follow
each other. They were counted in the documentation, interface strings and code of the projects below (the packages, their versions and
hashes stand in scripts/train/sources.toml of the source distribution). No text of theirs is part of it. We thank their authors.

"""
TABLES = Path(__file__).parents[2] / "streamcheck" / "language" / "tables.bin"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the training text: <language>/<source>.txt")
    parser.add_argument("--out", type=Path, default=TABLES, help="where the tables go (default: into the package)")
    parser.add_argument(
        "--windows", type=int, default=130_000, help="clean windows, and as many noisy ones, to fit on (default: 130,000)"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", file=sys.stderr, flush=True)

    documents = read_documents(options.folder, counted_for_the_fit)
    if "en" not in documents:
        parser.error(f"{options.folder}: no English text in it; run fetch.py first")
    tables, listed = counted(documents, tell)
    kept = {
        language: docs for language, docs in read_documents(options.folder, kept_for_the_fit).items() if language in documents
    }
    tell(f"fitting on {len(kept)} languages, {sum(len(d) for docs in kept.values() for d in docs):,} characters")
    pool = {language: words for language, words in listed.items() if len(words) > 1_000}
    source = Source(kept, pool, pieces_of(pool, kept, random.Random(options.seed)))
    measure = Measure(unpack_tables(pack_tables(**tables, model={})))
    fit = fitted(measure, source, tables["languages"], clean=options.windows, noisy=options.windows, seed=options.seed, tell=tell)
    documents = read_documents(options.folder, everything)
    tables, _ = counted(documents, tell)
    measure = Measure(unpack_tables(pack_tables(**tables, model={})))
    source = Source(read_documents(options.folder, prose), pool, [])
    windows = clean_windows(measure, source, random.Random(options.seed), options.windows // 2)
    model = {**normals([counts for counts, _ in windows], tables["languages"]), **fit}
    if options.out.exists():  # so that the product works until calibrate.py has set new ones
        model["limits"] = unpack_tables(options.out.read_bytes()).model.get("limits", {})
    packed = pack_tables(**tables, model=model)
    options.out.write_bytes(packed)
    notices = (options.folder / "NOTICES.txt").read_text(encoding="utf-8")
    options.out.with_name("NOTICE").write_text(NOTICE + notices, encoding="utf-8")
    characters = sum(len(d) for docs in documents.values() for d in docs)
    tell(
        f"{options.out}: {len(packed):,} bytes; {characters:,} characters, {len(documents)} languages, {len(tables['words']):,} words"
    )
    return 0


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
