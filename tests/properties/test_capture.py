"""What holds for every capture, every body and every key."""

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.capture import key_shapes
from streamcheck.capture.format import Capture, zstd_library
from streamcheck.capture.reader import CaptureReader, is_capture
from streamcheck.capture.redact import StreamRedactor, find_secrets, redact_bytes, redact_capture, redact_headers, redact_url
from streamcheck.capture.writer import CaptureWriter
from streamcheck.errors import CaptureError
from tests.strategies import chunkings, json_values

HEADER = b'{"streamcheck_capture":1}\n'

alphanumeric = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def words(size: int) -> st.SearchStrategy[str]:
    """Random strings that hold a digit."""
    return st.lists(alphanumeric, min_size=size - 2, max_size=size - 2).map(lambda chars: "".join(chars) + "x7")


hexes = st.lists(st.sampled_from("0123456789abcdef"), min_size=32, max_size=32).map("".join)
keys = st.one_of(
    words(48).map(lambda w: "sk-" + w),
    words(90).map(lambda w: "sk-" + "ant-api03-" + w),
    st.tuples(hexes, words(16)).map(".".join),
    words(35).map(lambda w: "AI" + "za" + w),
    words(36).map(lambda w: "ghp" + "_" + w),
    words(52).map(lambda w: "gs" + "k_" + w),
    words(40).map(lambda w: "Bearer " + w),
    st.tuples(words(30), words(60), words(43)).map(lambda w: "ey" + "J" + w[0] + ".ey" + "J" + w[1] + "." + w[2]),
    words(64).map(lambda w: "-----BEGIN PRIVATE " + "KEY-----\\n" + w + "\\n" + w + "\\n-----END PRIVATE " + "KEY-----"),
)
fillers = st.sampled_from(
    [
        'data: {"a":"',
        '"}\n\n',
        "\\n",
        " ",
        " Bearer ",
        "task-",
        " sk-",
        '"eyJ',
        "20260114043705b7f7de19603a48fd ",
        "-----BEGIN ",
        " gh",
        "日本",
        ".",
        "-",
        "x9",
    ]
)
gaps = st.sampled_from([" ", '"', "\\n", "\n", "=", "日"])


@st.composite
def bodies_with_keys(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A body, and the keys that stand in it as words of their own."""
    pieces: list[str] = []
    planted: list[str] = []
    for kind in draw(st.lists(st.sampled_from(["key", "other", "other"]), max_size=6)):
        if kind == "key":
            planted.append(draw(keys))
            pieces += [draw(gaps), planted[-1], draw(gaps)]
        else:
            pieces.append(draw(fillers))
    return "".join(pieces).encode(), [key.encode() for key in planted]


chunk_lists = st.lists(st.binary(max_size=30) | st.text(max_size=30).map(str.encode), max_size=10)


def written(chunks: list[bytes], **options: Any) -> Capture:
    file = io.BytesIO()
    with CaptureWriter(file, **options) as writer:
        for i, chunk in enumerate(chunks):
            writer.chunk(chunk, at=i / 8)
    return CaptureReader(file.getvalue()).read()


# ---------------------------------------------------------------------- round trip
@given(chunk_lists)
@example([b"", b"\xe4", b"\xbd\xa0", "\u2028\x85\x1b\u202e\ufeff".encode(), b'"\\\r\n'])
def test_capture_round_trip_keeps_bytes_borders_and_times(chunks: list[bytes]) -> None:
    capture = written(chunks, redact=False)
    assert [(c.at, c.data) for c in capture.chunks] == [(i / 8, chunk) for i, chunk in enumerate(chunks)]
    assert capture.findings == ()


@given(chunk_lists)
def test_capture_file_never_holds_a_character_that_acts(chunks: list[bytes]) -> None:
    file = io.BytesIO()
    with CaptureWriter(file) as writer:
        for chunk in chunks:
            writer.chunk(chunk)
    text = file.getvalue().decode()
    assert not any(
        ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u061c\u200e\u200f\ufeff" for c in text.replace("\n", "")
    )
    assert not any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text)
    assert text.count("\n") == len(chunks) + 2


@given(st.text(max_size=20), json_values | st.text(max_size=20) | st.binary(max_size=20), st.text(max_size=10))
def test_capture_takes_any_request(url: str, body: Any, value: str) -> None:
    file = io.BytesIO()
    with CaptureWriter(file, redact=False) as writer:
        writer.request("POST", url, [("accept", value)], body)
    request = CaptureReader(file.getvalue()).read().request
    assert request is not None
    assert (request.url, request.headers) == (url, (("accept", value),))
    if isinstance(body, dict | list):
        assert request.body == json.loads(json.dumps(body))


@given(chunk_lists, st.integers(0, 10_000))
def test_capture_cut_anywhere_after_its_header_is_read(chunks: list[bytes], at: int) -> None:
    file = io.BytesIO()
    with CaptureWriter(file) as writer:
        for chunk in chunks:
            writer.chunk(chunk)
    data = file.getvalue()
    cut = max(data.index(b"\n") + 1, at % len(data))
    capture = CaptureReader(data[:cut]).read()
    whole_lines = data[:cut].count(b"\n") - 1
    assert [c.data for c in capture.chunks] == chunks[: len(capture.chunks)]
    assert len(capture.chunks) + (capture.end is not None) >= whole_lines


@given(st.lists(st.text(max_size=20), max_size=8), st.integers(0, 10_000))
def test_compressed_capture_cut_anywhere_gives_a_prefix(texts: list[str], at: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.capture.jsonl.zst")
        with CaptureWriter(path) as writer:
            for text in texts:
                writer.chunk(text.encode())
        data = path.read_bytes()
    try:
        capture = CaptureReader(data[: at % (len(data) + 1)]).read()
    except CaptureError:
        return  # cut inside its header
    assert "".join(texts).encode().startswith(capture.body)


# ---------------------------------------------------------------------- any bytes
records = st.lists(
    st.tuples(
        st.none() | st.integers(0, 9) | json_values,
        st.sampled_from(["text", "bytes", "delta", "request", "response", "end", "odd"]) | json_values,
        st.text(max_size=5)
        | st.fixed_dictionaries(
            {}, optional={"text": json_values, "headers": json_values, "status": json_values, "bytes": json_values}
        )
        | json_values,
    ).map(lambda record: json.dumps(list(record)).encode()),
    max_size=5,
)
broken_captures = st.tuples(st.sampled_from([HEADER, b"", b"\xef\xbb\xbf" + HEADER]), records, st.binary(max_size=20)).map(
    lambda parts: parts[0] + b"\n".join(parts[1]) + parts[2]
)


def compressed(data: bytes) -> bytes:
    library = zstd_library()
    assert library is not None
    return bytes(library.compress(data))


@given(
    st.binary()
    | broken_captures
    | broken_captures.map(compressed)
    | st.binary(max_size=30).map(lambda tail: compressed(HEADER)[:-2] + tail)
)
@example(b"\x28\xb5\x2f\xfd")
@example(HEADER + b"[" * 100_000)
@example(HEADER + b"[" + b"9" * 5000 + b',"text","x"]\n[0,"text","x"]\n')
@example(HEADER + b'[NaN,"text","x"]\n[0,"text","x"]\n')
@example(b'{"streamcheck_capture":' + b"9" * 4000 + b"}\n")
def test_capture_reader_gives_a_capture_or_a_capture_error(data: bytes) -> None:
    is_capture(data)
    outcome: Capture | CaptureError
    try:
        outcome = CaptureReader(data).read()
    except CaptureError as error:
        outcome = error
    assert isinstance(outcome, Capture) or str(outcome).startswith("<bytes>:")


# ---------------------------------------------------------------------- secrets
@given(st.data(), bodies_with_keys())
def test_redaction_is_independent_of_chunking(data: st.DataObject, drawn: tuple[bytes, list[bytes]]) -> None:
    body, _ = drawn
    for chunks in (data.draw(chunkings(body)), [body[i : i + 1] for i in range(len(body))]):
        redactor = StreamRedactor()
        out = b"".join([chunk if redactor.passes(chunk) else redactor.feed(chunk) for chunk in chunks]) + redactor.close()
        assert out == redact_bytes(body)


@given(st.data(), bodies_with_keys())
def test_redaction_keeps_lengths_and_no_planted_key_survives(data: st.DataObject, drawn: tuple[bytes, list[bytes]]) -> None:
    body, planted = drawn
    chunks = data.draw(chunkings(body))
    capture = written(chunks)
    assert [len(c.data) for c in capture.chunks] == [len(chunk) for chunk in chunks]
    assert [c.at for c in capture.chunks] == [i / 8 for i in range(len(chunks))]
    assert all(key not in capture.body for key in planted)
    assert find_secrets(capture.body) == []
    assert capture.findings == ()


@given(st.data(), bodies_with_keys())
def test_redaction_when_writing_is_redaction_of_the_file(data: st.DataObject, drawn: tuple[bytes, list[bytes]]) -> None:
    chunks = data.draw(chunkings(drawn[0]))
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "a.capture.jsonl"), Path(folder, "b.capture.jsonl")
        with CaptureWriter(source, redact=False) as writer:
            for i, chunk in enumerate(chunks):
                writer.chunk(chunk, at=i / 8)
        redact_capture(source, target)
        assert CaptureReader(target).read().chunks == written(chunks).chunks


@given(st.binary() | bodies_with_keys().map(lambda drawn: drawn[0]))
def test_looking_only_where_marks_stand_misses_no_key(body: bytes) -> None:
    assert redact_bytes(body) == key_shapes._BYTE_SHAPES.sub(key_shapes._filled, body)


@given(st.data(), st.binary() | bodies_with_keys().map(lambda drawn: drawn[0]), st.integers(1, 80))
def test_secrets_are_found_in_pieces_as_in_the_whole(data: st.DataObject, body: bytes, block: int) -> None:
    whole = [(m.start(), m.end()) for m in key_shapes._BYTE_SHAPES.finditer(body)]
    assert [(start, end) for _, start, end in find_secrets(body)] == whole
    assert list(key_shapes.secrets_in(data.draw(chunkings(body)), block=block)) == find_secrets(body)


@given(st.binary() | bodies_with_keys().map(lambda drawn: drawn[0]))
def test_redaction_is_idempotent(body: bytes) -> None:
    clean = redact_bytes(body)
    assert len(clean) == len(body)
    assert redact_bytes(clean) == clean


@given(st.lists(st.tuples(st.text(max_size=10), st.text(max_size=10)), max_size=4), st.text(max_size=40))
def test_redaction_of_heads_is_idempotent(headers: list[tuple[str, str]], url: str) -> None:
    clean = redact_headers(headers)
    assert [name for name, _ in clean] == [name for name, _ in headers]
    assert redact_headers(clean) == clean
    assert redact_url(redact_url(url)) == redact_url(url)


key_pieces = st.sampled_from(
    [
        "sk-",
        "s",
        "k-",
        "xsk",
        "-",
        "a1B2c3D4e5F6g7H8" * 3,
        "0123456789abcdef" * 2,
        ".",
        "hf",
        "_",
        "Bear",
        "er ",
        "word ",
        '"',
        "\n",
        "ey",
        "J",
        "AK",
        "IA",
    ]
)


@given(
    st.lists(key_pieces, max_size=4).map("".join),
    st.lists(st.lists(key_pieces, max_size=4).map("".join), min_size=1, max_size=6),
    st.lists(key_pieces, max_size=4).map("".join),
)
def test_redaction_of_chunks_that_share_their_ends_equals_that_of_the_whole(head: str, middles: list[str], tail: str) -> None:
    chunks = [f"{head}{middle}{tail}\n".encode() for middle in (*middles, "plain", *middles)]
    redactor = StreamRedactor()
    out = b""
    for chunk in chunks:
        out += chunk if redactor.passes(chunk) else redactor.feed(chunk)
    assert out + redactor.close() == redact_bytes(b"".join(chunks))
