"""Text of a stream, made safe to show.

In:   any str, lone surrogates included.
Out:  the same text with every character that could act on a terminal, or hide, written as an escape.
Rule: the tool that reports hostile text must not play it. Escaped are: Unicode's control characters (Cc), format characters (Cf:
      bidi marks, BOM, zero-width characters, tags), line and paragraph separators, surrogates, noncharacters, and letters and
      marks that are drawn as nothing. Variation selectors of emoji and private-use characters stay: they act on nothing.
"""

__all__ = ("escaped",)

import re

_ACTING = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad"  # soft hyphen
    "\u034f"  # combining grapheme joiner, drawn as nothing
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # Arabic and Syriac format characters
    "\u115f\u1160\u17b4\u17b5"  # Hangul fillers and Khmer vowels that are drawn as nothing
    "\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, bidi, separators, invisible operators
    "\u3164\uffa0"  # Hangul fillers
    "\ud800-\udfff"  # lone surrogates: a str holds no others
    "\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags, and the supplementary variation selectors that smuggle bytes
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
)
_ALL = re.compile(f"[{_ACTING}]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escaped(text: str, *, keep: str = "") -> str:
    """Return `text` with acting and invisible characters as \\x1b, \\u202e, \\U000e0041; printable ASCII returns as it is.

    keep: characters to leave alone, for instance "\\n\\t" where lines of text are wanted.
    """
    if text.isascii() and text.isprintable():
        return text
    return _ALL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
