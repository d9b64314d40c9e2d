"""What the property tests draw: valid things, and ways to damage them."""

import gzip
import json
from typing import Any

from hypothesis import strategies as st

from tests.streams import SECOND, chat, chat_events, sse

texts = st.text(max_size=12) | st.sampled_from(
    ["Привет", "你好", "naïve", "🦜", "\u2028", "a: b", '"', "\\", "data: {", "\n\n", "�"]
)


def chunkings(body: bytes) -> st.SearchStrategy[list[bytes]]:
    """Ways to cut `body` into chunks, empty ones among them."""
    borders = st.lists(st.integers(0, len(body)), max_size=12).map(sorted)
    return borders.map(lambda at: [body[a:b] for a, b in zip([0, *at], [*at, len(body)], strict=True)])


def sse_streams() -> st.SearchStrategy[bytes]:
    """Bodies of event-stream grammar, right and wrong: all field forms, line ends and comments."""
    ends = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])
    names = st.sampled_from([b"data", b"data", b"data", b"event", b"id", b"retry", b"other", b" data", b""])
    values = st.sampled_from(
        [b"", b" x", b"x", b"  y", b" 12", b" -1", b" \xe4\xbd\xa0", b" \xff", b" a\x00b", b" \xe2\x80\xa8", b": z"]
    )
    lines = st.tuples(names, st.sampled_from([b":", b":", b""]), values, ends).map(b"".join)
    blocks = st.tuples(st.lists(lines, max_size=4), ends).map(lambda t: b"".join(t[0]) + t[1])
    start = st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\xef\xbb", b"\n"])
    return st.tuples(start, st.lists(blocks, max_size=6), st.sampled_from([b"", b"data: cut"])).map(
        lambda t: t[0] + b"".join(t[1]) + t[2]
    )


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def chat_streams() -> st.SearchStrategy[bytes]:
    """Whole, clean chat completions bodies."""
    return st.lists(texts, max_size=8).map(lambda pieces: chat(*pieces))


def damaged_streams() -> st.SearchStrategy[bytes]:
    """Bodies with a fault: cut, flipped, spliced, joined, repeated, shuffled bytes or events; and bodies that are no stream."""

    @st.composite
    def damaged(draw: st.DrawFn) -> bytes:
        events = chat_events(*draw(st.lists(texts, min_size=1, max_size=6)))
        other = chat_events("second", "answer", **SECOND)
        at = draw(st.integers(0, len(events) - 1))
        match draw(st.sampled_from(["cut", "flip", "splice", "join", "repeat", "drop", "insert", "value"])):
            case "cut":
                body = b"".join(events)
                return body[: draw(st.integers(0, len(body)))]
            case "flip":
                flipped = bytearray(b"".join(events))
                for place in draw(st.lists(st.integers(0, len(flipped) - 1), max_size=4)):
                    flipped[place] ^= 1 << draw(st.integers(0, 7))
                return bytes(flipped)
            case "splice":
                cut = draw(st.integers(0, len(events[at]) - 1))
                return b"".join(events[:at]) + events[at][:cut] + b"".join(other)
            case "join":
                return b"".join(events[:at] + other)
            case "repeat":
                return b"".join([*events[: at + 1], *events[at:]])
            case "drop":
                return b"".join(events[:at] + events[at + 1 :])
            case "insert":
                return b"".join([*events[:at], draw(st.binary(max_size=20)), *events[at:]])
            case _:
                return b"".join([*events[:at], sse(json.dumps(draw(json_values))), *events[at:]])

    return damaged() | damaged().map(_compressed) | sse_streams() | st.binary(max_size=200)


def _compressed(body: bytes) -> bytes:
    """The body in gzip, spoilt in one byte for every other length: undeclared compression, sound and broken."""
    raw = bytearray(gzip.compress(body, mtime=0))
    if len(body) % 2:
        raw[len(body) % len(raw)] ^= 0x10
    return bytes(raw)
