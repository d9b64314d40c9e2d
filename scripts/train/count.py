"""Counting: from documents to the tables of n-grams, words and word classes.

In:   documents by language.
Out:  what streamcheck.language.tables.pack_tables() takes.
Rule: an n-gram belongs to every cluster of languages that has it OFTEN; a language knows a word when it uses it at least SHARE_OF_BEST as
      often as the language that uses it most. Classes are k-means over the neighbours that a word keeps (left and right apart).
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import coo_matrix
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from streamcheck.language.kinds import normal_of
from streamcheck.language.measure import WORD, ideographs_of
from streamcheck.language.tables import CLASSES, CLUSTERS

GRAM_SLOTS = 4_194_301  # the largest prime below 2^22
PAIR_SLOTS = 2_097_143  # the largest prime below 2^21
OFTEN = 8  # times that a cluster must have an n-gram of four
_CLUSTERS = (
    "en",
    "code",
    "fr es pt it ca gl ro oc ast",
    "de nl sv da no nb nn is af fy lb",
    "pl cs sk sl hr bs hu fi et lt lv hsb dsb",
    "tr id ms vi eu eo sq az uz tk cy ga gd br sw ha yo ig om mt so",
    "ru uk be bg mk sr mn kk ky tg tt el",
)
WORDS_OF = {"en": 14_000}  # of others WORDS_OF_OTHERS
WORDS_OF_OTHERS = 3_500
FREQUENT = 90  # words of a language that count as its commonest
LEAST = 4  # times that a word must stand in a language
SHARE_OF_BEST = 0.08
LINKED_WORDS = 9_000  # English words that get a class
NEIGHBOURS = 1_500


def grams_of(documents: dict[str, list[str]], tell: Callable[[str], None]) -> bytes:
    """Return slot -> one bit for each cluster that has the n-gram."""
    counts = np.zeros((len(CLUSTERS), GRAM_SLOTS), dtype=np.uint32)
    for language, docs in documents.items():
        text = "\n".join(normal_of(d.lower()) for d in docs)
        raw = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16).astype(np.uint64)
        if len(raw) > 4:
            keys = raw[:-3] | raw[1:-2] << np.uint64(16) | raw[2:-1] << np.uint64(32) | raw[3:] << np.uint64(48)
            slots = (keys % np.uint64(GRAM_SLOTS)).astype(np.int64)
            counts[cluster_of(language)] += np.bincount(slots, minlength=GRAM_SLOTS).astype(np.uint32)
        tell(f"n-grams of four: {language}, {len(text):,} characters")
    flags = np.zeros(GRAM_SLOTS, dtype=np.uint8)
    for cluster in range(len(CLUSTERS)):
        flags |= ((counts[cluster] >= OFTEN) << cluster).astype(np.uint8)
    return flags.tobytes()


def cluster_of(language: str) -> int:
    """Return the index in CLUSTERS, the last one for all that is not named."""
    code = language.partition("-")[0] if language != "sr-latin" else "sl"
    return next((index for index, codes in enumerate(_CLUSTERS) if code in codes.split()), len(CLUSTERS) - 1)


def pairs_of(documents: dict[str, list[str]]) -> bytes:
    counts = np.zeros(PAIR_SLOTS, dtype=np.uint32)
    for language, docs in documents.items():
        if language.partition("-")[0] not in ("zh", "ja", "ko", "code", "en"):
            continue
        raw = np.frombuffer(ideographs_of("\n".join(docs)).encode("utf-16-le", "surrogatepass"), dtype=np.uint16).astype(
            np.uint64
        )
        if len(raw) > 1:
            keys = (raw[:-1] | raw[1:] << np.uint64(16)) % np.uint64(PAIR_SLOTS)
            counts += np.bincount(keys.astype(np.int64), minlength=PAIR_SLOTS).astype(np.uint32)
    return (counts < 2).astype(np.uint8).tobytes()


def words_of(
    documents: dict[str, list[str]], tell: Callable[[str], None]
) -> tuple[list[str], dict[str, list[str]], dict[str, tuple[int, int]]]:
    """Return (languages, words of each by frequency, word -> (mask of languages, mask of those where it is common))."""
    languages = [language for language in documents if language != "code"]
    shares: dict[str, dict[str, float]] = {}
    listed: dict[str, list[str]] = {}
    for language in languages:
        counts: Counter[str] = Counter()
        for document in documents[language]:
            counts.update(WORD.findall(document.lower()))
        total = sum(counts.values()) or 1
        shares[language] = {word: n / total for word, n in counts.items() if n >= LEAST and len(word) < 24}
        most = WORDS_OF.get(language.partition("-")[0], WORDS_OF_OTHERS)
        listed[language] = [word for word, n in counts.most_common(most) if n >= LEAST and len(word) < 24]
        tell(f"words: {language}, {len(listed[language]):,}")
    code: Counter[str] = Counter()
    for document in documents.get("code", []):
        code.update(WORD.findall(document.lower()))
    masks: dict[str, tuple[int, int]] = {}
    for word in {word for words in listed.values() for word in words}:
        best = max(share.get(word, 0.0) for share in shares.values())
        known = frequent = 0
        for index, language in enumerate(languages):
            if shares[language].get(word, 0.0) >= SHARE_OF_BEST * best:
                known |= 1 << index
        masks[word] = (known, frequent)
    for index, language in enumerate(languages):
        for word in listed[language][:FREQUENT]:
            known, frequent = masks[word]
            if known >> index & 1:
                masks[word] = (known, frequent | 1 << index)
    for word, n in code.most_common(4_000):
        if n >= LEAST and len(word) >= 3:
            masks.setdefault(word, (0, 0))
    return languages, listed, masks


def classes_of(documents: Iterable[str], tell: Callable[[str], None]) -> tuple[dict[str, int], bytes]:
    """Return (English word -> class, links of tables.Tables)."""
    sentences = [WORD.findall(document.lower()) for document in documents]
    counts: Counter[str] = Counter(word for sentence in sentences for word in sentence)
    vocabulary = {word: index for index, (word, _) in enumerate(counts.most_common(LINKED_WORDS))}
    pairs: dict[tuple[int, int], int] = defaultdict(int)
    for sentence in sentences:
        indexes = [vocabulary.get(word, -1) for word in sentence]
        for left, right in itertools.pairwise(indexes):
            if left >= 0 and right >= 0:
                pairs[left, right] += 1
    size = len(vocabulary)
    near = min(NEIGHBOURS, size)
    rows, columns, values = [], [], []
    for (left, right), n in pairs.items():
        if right < near:
            rows.append(left), columns.append(right), values.append(n)
        if left < near:
            rows.append(right), columns.append(near + left), values.append(n)
    matrix = coo_matrix((np.array(values, dtype=np.float64), (rows, columns)), shape=(size, 2 * near)).tocsr()
    total = matrix.sum()
    expected_rows, expected_columns = np.asarray(matrix.sum(1)).ravel(), np.asarray(matrix.sum(0)).ravel()
    matrix = matrix.tocoo()
    pmi = np.log(matrix.data * total / (expected_rows[matrix.row] * expected_columns[matrix.col]))
    matrix = coo_matrix((np.maximum(pmi, 0), (matrix.row, matrix.col)), shape=matrix.shape).tocsr()
    tell("word classes: neighbours reduced")
    space = normalize(TruncatedSVD(60, random_state=1).fit_transform(matrix))
    classes = KMeans(CLASSES - 1, n_init=2, max_iter=60, random_state=1).fit_predict(space) + 1
    words = {word: int(classes[index]) for word, index in vocabulary.items()}
    tell("word classes: found")
    joint = np.full((CLASSES, CLASSES), 0.5)
    for (left, right), n in pairs.items():
        joint[classes[left], classes[right]] += n
    joint[0, :] = joint[:, 0] = 0
    share = joint / joint.sum()
    chance = share.sum(1, keepdims=True) * share.sum(0, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        link = np.clip(np.round(128 + 16 * np.log(share / chance)), 1, 255)
    link[0, :] = link[:, 0] = 0
    return words, np.nan_to_num(link).astype(np.uint8).tobytes()
