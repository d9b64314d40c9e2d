"""Strings that have the shape of a key, found and blackened.

In:   text or bytes, whole or chunk by chunk.
Out:  where keys stand; the same bytes with each key replaced by filler of its length.
Rule: _RULES. A shape has a known prefix or form and, where slugs or placeholders look alike, must look random. Hashes, request
      ids, base64 and slugs stay. Chunk by chunk gives exactly what the whole gives: bytes that may yet become a key are held back.
Cost: 0.5 us a common chunk of 200 bytes; 10 to 100 us for one that holds a key's mark or ends inside a word. Never holds more than MAX_HELD.
"""

__all__ = ("MAX_HELD", "Secret", "StreamRedactor", "find_secrets", "redact_bytes", "redact_text", "secrets_in")

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import AnyStr, NamedTuple

from streamcheck.blocks import blocks
from streamcheck.prefixes import common_prefix


class Secret(NamedTuple):
    """A key-shaped string: the rule that knew it, and its half-open range in what was searched."""

    rule: str
    start: int
    end: int


class _Run(NamedTuple):
    """`low` to `high` characters of a set, as many as there are."""

    chars: str  # the inside of a regular expression's brackets
    low: int
    high: int


class _Look(NamedTuple):
    """A condition on the run after it; must not look past that run's `high`, or the result would depend on chunk borders."""

    pattern: str


class _Rule(NamedTuple):
    """A shape: literals, conditions and runs in order.

    keep:  leading characters that stay, so that a reader sees what kind of key stood there.
    after: set of which no character may follow.
    """

    name: str
    keep: int
    parts: tuple[str | _Run | _Look, ...]
    after: str = ""


def _random(run: _Run) -> tuple[_Look, _Run]:
    """A digit, or lower case before upper case: random keys have one of both, slugs ("sk-estimator-doc-link") have neither."""
    return _Look(f"(?=[{run.chars}]{{0,{run.high - 1}}}?[0-9]|[{run.chars}]{{0,{run.high - 2}}}?[a-z][A-Z])"), run


def _with_digit(run: _Run) -> tuple[_Look, _Run]:
    return _Look(f"(?=[{run.chars}]{{0,{run.high - 1}}}?[0-9])"), run


_WORD = "A-Za-z0-9"
_URL64 = "A-Za-z0-9_-"
_BASE64 = "A-Za-z0-9+/="
_SPACE = r"\\nr \t\r\n"  # white space, and JSON's way of writing line ends

# Keeps the kind of key visible, is no key itself, and repeats nothing within the length of a common key.
_FILLER = "key-redacted-by-streamcheck-at-its-own-length-so-that-all-byte-offsets-after-it-stay-true-"
_LETTERS = _FILLER.replace("-", "")

_RULES = (
    # The inside of a PEM block up to its END line; the markers stay. Encrypted ones of the old form (with headers) are not known.
    _Rule(
        "private-key",
        0,
        (
            "-----BEGIN ",
            _Run("A-Z0-9 ", 0, 24),
            "PRIVATE KEY",
            _Run("A-Z ", 0, 8),
            "-----",
            _Look(f"(?![{_SPACE}]{{0,9}}{_LETTERS[:8]})"),
            _Run(_SPACE, 0, 8),
            _Run(_BASE64, 24, 128),
            _Run(_BASE64 + _SPACE, 0, 8192),
        ),
    ),
    _Rule("bearer", 7, (_Run("Bb", 1, 1), "earer ", *_with_digit(_Run(r"A-Za-z0-9._~+/-", 16, 4096)))),
    _Rule("jwt", 0, ("eyJ", _Run(_URL64, 8, 1024), ".eyJ", _Run(_URL64, 8, 4096), ".", _Run(_URL64, 16, 1024))),
    _Rule("sk", 3, ("sk-", *_random(_Run(_URL64, 20, 400)))),
    _Rule("zai", 0, (_Run("0-9a-f", 32, 32), ".", _Run(_WORD, 16, 16)), after=_WORD),
    _Rule("google", 4, ("AIza", *_random(_Run(_URL64, 35, 35))), after=_URL64),
    _Rule("github", 4, ("gh", _Run("oprsu", 1, 1), "_", _Run(_WORD, 36, 255))),
    _Rule("github-pat", 11, ("github_pat_", _Run("A-Za-z0-9_", 22, 255))),
    _Rule("slack", 5, ("xox", _Run("a-z", 1, 1), "-", *_random(_Run("A-Za-z0-9-", 20, 255)))),
    _Rule("aws", 4, ("A", _Run("KS", 1, 1), "IA", _Run("A-Z0-9", 16, 16)), after=_WORD),
    _Rule("huggingface", 3, ("hf_", *_random(_Run(_WORD, 30, 64)))),
    _Rule("groq", 4, ("gsk_", *_random(_Run(_WORD, 40, 80)))),
    _Rule("replicate", 3, ("r8_", *_random(_Run(_WORD, 32, 64)))),
    _Rule("perplexity", 5, ("pplx-", *_random(_Run(_WORD, 32, 80)))),
    _Rule("xai", 4, ("xai-", *_random(_Run(_WORD, 60, 120)))),
    _Rule("nvidia", 6, ("nvapi-", *_random(_Run(_URL64, 40, 120)))),
    _Rule("gitlab", 6, ("glpat-", *_random(_Run(_URL64, 20, 80)))),
)
_NAMES = {rule.name.replace("-", "_"): rule for rule in _RULES}

# A key begins where no word goes on. In JSON the letter of an escape is none of the word's: "\nsk-..." begins at s.
_BEGIN = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
_CONTEXT = 6  # bytes that _BEGIN looks back

# What every whole key holds somewhere, written so that each alternative opens with one rare character: C skips to those.
_MARK = (
    r"-(?:(?<=sk-)|(?<=xox[a-z]-)|(?<=pplx-)|(?<=xai-)|(?<=nvapi-)|(?<=glpat-))"
    r"|_(?:(?<=gh[oprsu]_)|(?<=_pat_)|(?<=hf_)|(?<=gsk_)|(?<=r8_))"
    r"|J(?<=\.eyJ)|z(?<=AIz)|I(?<=A[KS]I)|Y(?<=E KEY)|Bearer |bearer |\.(?<=[0-9a-f]{32}\.)"
)

_MARK_BYTES = 8  # no mark is longer ("Bearer ")
# How far before its mark a key begins, farthest first, by the mark's first character. A JWT may begin anywhere before its own, "J".
_BEFORE_MARK: dict[str | bytes, tuple[int, ...]] = {
    "-": (5, 4, 3, 2),
    "_": (10, 3, 2),
    "z": (2,),
    "I": (2,),
    "B": (0,),
    "b": (0,),
    ".": (32,),
    "Y": tuple(range(46, 20, -1)),  # "-----BEGIN ", up to 24 characters of the kind, "PRIVATE KE"
}
_BEFORE_MARK |= {str(mark).encode(): before for mark, before in _BEFORE_MARK.items()}

_MARK_REACH = 40  # bytes that a mark and what has to stand before it take together (32 hex digits and a dot)

_BLOCK = 1024 * 1024  # bytes that are looked through at once
MAX_HELD = 8192 + 256  # bytes: the longest rule, a PEM block


def _whole(part: str | _Run | _Look) -> str:
    match part:
        case str():
            return re.escape(part)
        case _Look():
            return part.pattern
        case _Run():
            return f"[{part.chars}]{{{part.low},{part.high}}}"


def _shape(rule: _Rule) -> str:
    after = f"(?![{rule.after}])" if rule.after else ""
    return f"(?P<{rule.name.replace('-', '_')}>{''.join(map(_whole, rule.parts))}{after})"


def _begun(rule: _Rule) -> Iterator[str]:
    """Yield expressions for what may yet become this shape, or become a longer one: each begun part, up to the end of the text."""
    before = ""
    for part in rule.parts:
        match part:
            case str():
                rest = ""
                for char in reversed(part[1:]):
                    rest = f"(?:{re.escape(char)}{rest})?"
                yield f"{before}{re.escape(part[0])}{rest}\\Z"
            case _Run():
                yield f"{before}[{part.chars}]{{0,{part.high}}}\\Z"
            case _Look():
                continue  # may hold back what is none: only a delay
        before += _whole(part)


_ANY_SHAPE = f"{_BEGIN}(?:{'|'.join(_shape(rule) for rule in _RULES[1:])})|{_shape(_RULES[0])}"
_ANY_BEGUN = f"{_BEGIN}(?:{'|'.join(p for rule in _RULES[1:] for p in _begun(rule))})|{'|'.join(_begun(_RULES[0]))}"

_SHAPES = re.compile(_ANY_SHAPE)
_BYTE_SHAPES = re.compile(_ANY_SHAPE.encode())
_BEGUN = re.compile(_ANY_BEGUN.encode())
_TEXT_MARK = re.compile(_MARK)
_BYTE_MARK = re.compile(_MARK.encode())
_PEM_CHARS = re.compile(rb"\\u[0-9a-fA-F]{4}|\\.|[A-Za-z0-9+/=]")
_PEM_TEXT_CHARS = re.compile(_PEM_CHARS.pattern.decode())

_RUN_CHARS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/"  # every rule's, but for PEM and the blank of "Bearer "
_OPEN_ENDS = frozenset(_RUN_CHARS + b" ")


def find_secrets(text: str | bytes) -> list[Secret]:
    """Return the key-shaped strings in `text`, in order; ranges are in code points for str, in bytes for bytes.

    For reassembled text too: redaction of a stream cannot see a key that came in pieces, one a delta.
    """
    found = _keys(text, _TEXT_MARK, _SHAPES) if isinstance(text, str) else _keys(text, _BYTE_MARK, _BYTE_SHAPES)
    return [Secret(_NAMES[match.lastgroup or ""].name, match.start(), match.end()) for match in found]


def secrets_in(chunks: Iterable[bytes], *, block: int = _BLOCK) -> Iterator[Secret]:
    """Yield what find_secrets() finds in the joined chunks, without joining more than `block` bytes and a key."""
    text, start, at = b"", 0, 0  # start: where `text` begins in the whole; at: from where in `text` a key may begin
    pieces = chain(((piece, False) for piece in blocks(chunks, block)), ((b"", True),))
    for piece, final in pieces:
        text += piece
        until = len(text) if final else _first_begun(text, at)
        for key in _keys(text, _BYTE_MARK, _BYTE_SHAPES, at):
            if key.start() >= until:
                break
            yield Secret(_NAMES[key.lastgroup or ""].name, start + key.start(), start + key.end())
            at = key.end()
            if at > until and not final:
                until = _first_begun(text, at)
        at = max(at, until)
        passed = max(0, at - _CONTEXT)
        text, start, at = text[passed:], start + passed, at - passed


def redact_text(text: str) -> str:
    """Return `text` with key-shaped strings replaced; neither its length nor its length in UTF-8 changes."""
    return _without_keys(text, _TEXT_MARK, _SHAPES, _filled_text)


def redact_bytes(data: bytes) -> bytes:
    """Return `data` with key-shaped strings replaced; its length does not change."""
    return _without_keys(data, _BYTE_MARK, _BYTE_SHAPES, _filled)


def _without_keys(
    text: AnyStr, mark: re.Pattern[AnyStr], shapes: re.Pattern[AnyStr], filled: Callable[[re.Match[AnyStr]], AnyStr]
) -> AnyStr:
    """Return `text` with each key filled."""
    at = 0
    pieces: list[AnyStr] = []
    for key in _keys(text, mark, shapes):
        pieces += (text[at : key.start()], filled(key))
        at = key.end()
    pieces.append(text[at:])
    return text[:0].join(pieces)


def _keys(text: AnyStr, mark: re.Pattern[AnyStr], shapes: re.Pattern[AnyStr], at: int = 0) -> Iterator[re.Match[AnyStr]]:
    """Yield the keys in `text` from a place on.

    Only where a mark stands is a shape looked for: a megabyte of prompt takes 5 ms so, not 120, and 50 where every tenth word is a "task-".
    """
    for found in mark.finditer(text, at):
        if found[0] in ("J", b"J"):  # a token of three parts has its mark anywhere
            yield from shapes.finditer(text, at)
            return
        for before in _BEFORE_MARK[found[0][:1]]:
            start = found.start() - before
            key = shapes.match(text, start) if start >= at else None
            if key is not None:
                yield key
                at = key.end()
                break


def _filler(length: int, text: str = _FILLER) -> str:
    filler = (text * (length // len(text) + 1))[:length]
    return filler[:-1] + "x" if filler.endswith("-") else filler  # a hyphen would let another key begin behind it


def _filled(match: re.Match[bytes]) -> bytes:
    return _filled_string(match.lastgroup or "", match[0].decode("latin-1")).encode("latin-1")


def _filled_text(match: re.Match[str]) -> str:
    return _filled_string(match.lastgroup or "", match[0])


def _filled_string(group: str, key: str) -> str:
    rule = _NAMES[group]
    if rule is not _RULES[0]:
        return key[: rule.keep] + _filler(len(key) - rule.keep)
    body = key.index("-----", 5) + 5
    letters = iter(_filler(len(key), _LETTERS))
    # A letter behind a backslash is no letter of the key: "\n" has to stay "\n", or the JSON around it breaks.
    return key[:body] + _PEM_TEXT_CHARS.sub(lambda m: m[0] if m[0][0] == "\\" else next(letters), key[body:])


class StreamRedactor:
    """Chunks in, redacted bytes out, in order and in total of the same length; the cuts of the output may lie elsewhere.

    What feed() and close() give, joined, is redact_bytes() of the joined input.
    """

    __slots__ = ("_before", "_head", "_held", "_last", "_tail", "replaced")

    def __init__(self) -> None:
        self.replaced = 0  # keys so far
        self._held = b""  # may yet become a key
        self._before = b""  # ends with the last bytes before `_held`, as they came in
        self._last = b""  # the last chunk that was looked through as a whole, and found without a mark
        self._head = self._tail = b"\0"  # what the chunks of a stream have in common with it at both ends

    def passes(self, data: bytes) -> bool:
        """Return True when `data` may be written as it is, and take it as written. False: nothing happened, give it to feed()."""
        if self._held or not data or data[-1] in _OPEN_ENDS or self._marked(data):
            return False
        self._before = data if len(data) >= _CONTEXT else self._before[-_CONTEXT:] + data
        return True

    def _marked(self, data: bytes) -> bool:
        """Say whether `data` holds what every key shape has. Ends that were looked at in another chunk are not looked at again."""
        head, tail = len(self._head), len(self._tail)
        if data.startswith(self._head) and data.endswith(self._tail) and len(data) >= head + tail:
            # A look behind sees the bytes before the place where the search starts, but none behind the place where it ends.
            return _BYTE_MARK.search(data, max(0, head - _MARK_BYTES), len(data) - tail + _MARK_REACH) is not None
        if _BYTE_MARK.search(data):
            return True
        head = common_prefix(data, self._last)
        tail = common_prefix(data[head:][::-1], self._last[::-1])
        self._head = data[:head] or b"\0"
        self._tail = data[len(data) - tail :] or b"\0"
        self._last = data
        return False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes, redacted, that no continuation can make part of a key any more."""
        return self._decide(data, final=False)

    def close(self) -> bytes:
        """Return what was held back, redacted if it is a key."""
        return self._decide(b"", final=True)

    def _decide(self, data: bytes, *, final: bool) -> bytes:
        before = self._before[-_CONTEXT:]
        text = before + self._held + data
        at = len(before)
        until = len(text) if final else _first_begun(text, at)
        pieces: list[bytes] = []
        if _BYTE_MARK.search(text):
            # A key that begins before `until` is whole and final: could it go on, `until` would be where it begins.
            while (match := _BYTE_SHAPES.search(text, at)) and match.start() < until:
                pieces += (text[at : match.start()], _filled(match))
                self.replaced += 1
                at = match.end()
                if at > until:
                    until = _first_begun(text, at)
        pieces.append(text[at:until])
        self._held = text[until:]
        self._before = text[:until]
        return b"".join(pieces)


def _first_begun(text: bytes, at: int) -> int:
    """Return where, from `at` on, the first string begins that may yet become a key; the end of `text` if there is none."""
    end = len(text)
    low = max(at, end - MAX_HELD)
    start = low + len(text[low:].rstrip(_RUN_CHARS))  # keys are without blanks, so the last run of their characters has it
    if text.endswith((b"Bearer ", b"bearer "), low, start):
        start -= len(b"Bearer ")
    pem = text.rfind(b"-----BEGIN ", low)
    if pem >= 0:
        start = min(start, pem)
    match = _BEGUN.search(text, start) if start < end else None
    return match.start() if match else end
