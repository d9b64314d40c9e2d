"""What kind of edit makes one text of another: faults that change what is said and break nothing.

In:   a Pair.
Out:  an Explanation: "reproduced" where undoing the edit gives the hop before exactly, else "consistent".
Rule: read off the texts themselves.
"""

__all__ = ("CHARACTERS", "LAST", "OF_TEXT", "escaped_once_more")

import json
import re
from itertools import pairwise

from streamcheck.hops.location import First
from streamcheck.hops.pair import Explanation, Pair
from streamcheck.prefixes import common_prefix

_LINE_BREAKS = re.compile("[\u2028\u2029\u0085\v\f\x1c-\x1e]")
_THINK = re.compile("</?think|◁/?think|\\[/?THINK\\]|<\\|(?:begin|end)_of_thought")
_LONGEST_UNIT = 4000  # characters of what a loop repeats; about what text/repetition knows. guess
_LOOP = 3  # deltas that are one and the same, to be a loop. guess


# ---------------------------------------------------------------------- characters
def _lost_characters(pair: Pair) -> Explanation | None:
    """U+FFFD stands where characters were: in one delta a read was cut, over two deltas the tokens were decoded one by one."""
    changed = {key: b for key, (a, b) in pair.texts.items() if "\ufffd" in b and b.count("\ufffd") > a.count("\ufffd")}
    if not changed or not pair.down.has_bytes:
        return None
    for key, after in changed.items():
        pieces = list(pair.down.trace.said[key].pieces(after)) if key in pair.down.trace.said else []
        if any(a.endswith("\ufffd") and b.startswith("\ufffd") for a, b in pairwise(pieces)):
            sentence = "a character was lost where two deltas meet: each token was decoded alone"
            return Explanation("detok-partial-replaced", "consistent", sentence)
    return None


def _line_breaks(pair: Pair) -> Explanation | None:
    if any(len(_LINE_BREAKS.findall(b)) > len(_LINE_BREAKS.findall(a)) for a, b in pair.texts.values()):
        sentence = "raw line breaks of Unicode were put into the text: some readers tear it there"
        return Explanation("linesep-overbreak", "consistent", sentence)
    return None


# ---------------------------------------------------------------------- texts
def escaped_once_more(pair: Pair) -> Explanation | None:
    """Text was escaped once more, all of it or parts."""
    if not pair.texts or not all(len(b) > len(a) and "\\" in b for a, b in pair.texts.values()):
        return None
    if all(_unescaped(b) in (a, json.dumps(a)) or _plain(a) == _plain(b) for a, b in pair.texts.values()):
        exactly = all(_unescaped(b) == a or b == a.replace("\n", "\\n") for a, b in pair.texts.values())
        if exactly:
            return Explanation("double-escaped", "reproduced", "the text was escaped once more: unescaped, it is what it was")
        return Explanation("double-escaped", "consistent", "parts of the text were escaped once more")
    return None


def _plain(text: str) -> str:
    for spelled, sign in (("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ('\\"', '"'), ("\\/", "/"), ("\\\\", "\\")):
        text = text.replace(spelled, sign)
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), text) if "\\u" in text else text


def _unescaped(text: str) -> str | None:
    quoted = text if text[:1] == text[-1:] == '"' and len(text) > 1 else f'"{text}"'
    try:
        return str(json.loads(quoted, strict=False))
    except ValueError:
        return None


def _moved_between_channels(pair: Pair) -> Explanation | None:
    """Text of one channel stands in another."""
    lost = [piece for a, b in pair.texts.values() if (piece := _cut_out(a, b)) and len(piece) > 1]
    for key, (a, b) in pair.texts.items():
        if len(_THINK.findall(b)) > len(_THINK.findall(a)) or any(piece in b and piece not in a for piece in lost):
            at = common_prefix(a, b)
            event = pair.down.trace.event_at(*key, at)
            first = First(pair.down.trace.byte_range(event), event, *key, (at, max(at, len(b))))
            return Explanation("channel-leak", "consistent", "text of one channel stands in another", first)
    return None


def _cut_out(before: str, after: str) -> str:
    """Return the one piece of `before` that `after` lacks; "" where that is not all."""
    start = common_prefix(before, after)
    end = common_prefix(before[::-1], after[::-1])
    lost = len(before) - len(after)
    return before[start : start + lost] if lost > 0 and start + end >= len(after) else ""


def _said_again(pair: Pair) -> Explanation | None:
    """A part of the text comes again: all of it once, or its end again and again."""
    for (choice, channel), (a, b) in pair.texts.items():
        if a and b == a + a:
            return Explanation("snapshot-after-delta", "reproduced", "the whole text comes again after its deltas")
        if a and b.startswith(a) and b.endswith(a) and not b[len(a) : -len(a)].strip():
            return Explanation("snapshot-after-delta", "consistent", "the whole text comes again after its deltas")
        at = common_prefix(a, b)
        pieces = list(pair.down.trace.said[choice, channel].pieces(b)) if (choice, channel) in pair.down.trace.said else []
        tail = _tail_of(pieces, at)
        if len(tail) >= _LOOP and len(set(tail)) == 1 and len(pair.middle.before) == len(pair.middle.after):
            return Explanation("engine-state-garble", "consistent", f"from a place on every delta is {tail[0][:20]!r}")
        unit = _unit_of(b[:at], b[at:])
        if unit:
            return Explanation("model-repetition-loop", "consistent", f"the last {len(unit)} characters come again and again")
    return None


def _tail_of(pieces: list[str], at: int) -> list[str]:
    """Return the pieces that lie behind a place in their text."""
    end = 0
    for number, piece in enumerate(pieces):
        if end >= at:
            return pieces[number:]
        end += len(piece)
    return []


def _unit_of(before: str, more: str) -> str:
    """Return what `more` repeats of the end of `before`; "" where it is no loop."""
    if not more.strip():
        return ""
    text = before + more
    for size in range(1, min(len(before), len(text) // 2, _LONGEST_UNIT) + 1):
        if text.endswith(text[-2 * size : -size]) and len(more) >= size and text[len(before) - size : -size] == more:
            return text[-size:]
    return ""


def _tool_text(pair: Pair) -> Explanation | None:
    if pair.texts and all(channel.startswith("tool:") for _, channel in pair.texts):
        return Explanation("tool-markup-malformed", "consistent", "the arguments of a tool call are not what they were")
    return None


def _other_words(pair: Pair) -> Explanation | None:
    """Words are others than they were: nothing is left that would say more."""
    if not any(b.strip() for _, b in pair.texts.values()):
        return None
    sentence = "words were replaced or put in on a sound wire: a model does so, or a gateway that edits"
    return Explanation("model-word-salad", "consistent", sentence)


CHARACTERS = (_lost_characters,)
OF_TEXT = (_line_breaks, escaped_once_more, _moved_between_channels, _said_again)
LAST = (_tool_text, _other_words)
