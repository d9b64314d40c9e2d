"""Content codings, whole, broken, cut and missing; and the head that names them."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.format import zstd_library
from streamcheck.errors import StreamClosedError
from streamcheck.findings import Finding
from streamcheck.wire.content import ContentDecoder, sniff_encoding
from streamcheck.wire.head import ResponseHead
from tests.strategies import chunkings

BODY = b"".join(b'data: {"n":%d,"text":"word %d"}\n\n' % (i, i * i) for i in range(60))


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def zstd(data: bytes) -> bytes:
    library = zstd_library()
    assert library is not None
    compressor = library.ZstdCompressor(options={library.CompressionParameter.checksum_flag: 1})
    blocks = [compressor.compress(data[i : i + 500], compressor.FLUSH_BLOCK) for i in range(0, len(data), 500)]
    return b"".join(blocks) + bytes(compressor.flush())


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", raw_deflate),
    "zstd": ("zstd", zstd),
}


def decoded(chunks: list[bytes], *encodings: str, limit: int = 1 << 20) -> tuple[bytes, list[Finding]]:
    decoder = ContentDecoder(encodings, max_decoded_bytes=limit)
    out = b"".join([decoder.feed(chunk) for chunk in chunks]) + decoder.close()
    assert decoder.decoded_bytes == len(out)
    assert decoder.encoded_bytes == sum(map(len, chunks))
    return out, decoder.findings


def reason(findings: list[Finding]) -> str:
    [finding] = findings
    assert finding.code == "http/content-encoding"
    return str(finding.evidence["reason"])


# ---------------------------------------------------------------------- sound bodies
@pytest.mark.parametrize("coding", CODINGS)
def test_a_sound_body_is_decoded_without_findings(coding: str) -> None:
    name, encode = CODINGS[coding]
    body = encode(BODY)
    assert decoded([body], name) == (BODY, [])
    assert decoded([body[i : i + 1] for i in range(len(body))], name) == (BODY, [])


@pytest.mark.parametrize("coding", CODINGS)
def test_bytes_are_given_as_soon_as_the_server_flushed_them(coding: str) -> None:
    name, _ = CODINGS[coding]
    if name == "zstd":
        library = zstd_library()
        assert library is not None
        compressor = library.ZstdCompressor()
        first = compressor.compress(BODY, compressor.FLUSH_BLOCK)
    else:
        deflater = zlib.compressobj(wbits={"gzip": 31, "x-gzip": 31}.get(coding, 15 if coding == "deflate" else -15))
        first = deflater.compress(BODY) + deflater.flush(zlib.Z_SYNC_FLUSH)
    assert ContentDecoder([name]).feed(first) == BODY


@pytest.mark.parametrize("encodings", [[], ["identity"], ["", "Identity "]])
def test_identity_passes_everything(encodings: list[str]) -> None:
    assert decoded([b"\x1f\x8b\x08", BODY], *encodings) == (b"\x1f\x8b\x08" + BODY, [])


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "br", "made-up"])
def test_an_empty_body_needs_no_coding(name: str) -> None:
    assert decoded([], name) == (b"", [])


def test_stacked_codings_are_undone_last_first() -> None:
    assert decoded([gzip.compress(zlib.compress(BODY))], "deflate", "GZIP") == (BODY, [])


def test_all_members_of_a_gzip_body_are_read() -> None:
    assert decoded([gzip.compress(b"one ") + gzip.compress(b"two")], "gzip") == (b"one two", [])


def test_all_frames_of_a_zstd_body_are_read_and_skippable_ones_skipped() -> None:
    assert decoded([zstd(b"one ") + b"\x53\x2a\x4d\x18\x03\0\0\0abc" + zstd(b"two")], "zstd") == (b"one two", [])


def test_a_gzip_header_with_all_optional_parts_is_read() -> None:
    plain = gzip.compress(BODY)
    header = plain[:3] + bytes([2 | 4 | 8 | 16]) + plain[4:10] + b"\x03\x00abc" + b"name\0" + b"comment\0" + b"\xaa\xbb"
    assert decoded([header + plain[10:]], "gzip") == (BODY, [])


def test_zeros_after_the_end_are_padding() -> None:
    assert decoded([gzip.compress(BODY) + bytes(512)], "gzip") == (BODY, [])


# ---------------------------------------------------------------------- damaged bodies
@pytest.mark.parametrize("coding", CODINGS)
def test_a_cut_body_gives_what_there_was_and_says_truncated(coding: str) -> None:
    name, encode = CODINGS[coding]
    body = encode(BODY * 20)
    out, findings = decoded([body[: len(body) // 2]], name)
    assert reason(findings) == "truncated"
    assert findings[0].evidence["at"] == len(body) // 2
    assert findings[0].severity == "error"
    assert out
    assert (BODY * 20).startswith(out)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_lacks_only_its_checksum_is_said_to_be_complete(coding: str) -> None:
    name, encode = CODINGS[coding]
    out, findings = decoded([encode(BODY)[:-1]], name)
    assert out == BODY
    assert reason(findings) == "truncated"
    assert findings[0].evidence["missing"] == "trailer"
    assert "complete" in findings[0].message


@pytest.mark.parametrize("coding", CODINGS)
def test_what_stood_before_a_break_is_kept_and_the_rest_dropped(coding: str) -> None:
    name, encode = CODINGS[coding]
    # Random-like text, so that the break cannot decode to something; a flush, so that a block begins there.
    start = encode(BODY)
    deflater = zlib.compressobj(wbits={"gzip": 31, "x-gzip": 31}.get(coding, 15 if coding == "deflate" else -15))
    if name != "zstd":
        start = deflater.compress(BODY) + deflater.flush(zlib.Z_SYNC_FLUSH)
        body = start + b"\x07\xff\xff\xff" * 20  # block type 3 does not exist
    else:
        body = start[: -3 - 4] + b"\x06\x00\x00" * 20
        start = start[:-7]
    out, findings = decoded([body], name)
    assert reason(findings) == "broken"
    assert out == BODY
    assert findings[0].evidence["encoding"] == name
    assert findings[0].evidence["at"] in (len(start), len(start) - 3)
    assert findings[0].span == (len(BODY), len(BODY))


def test_a_checksum_that_does_not_fit_is_an_error_with_both_values() -> None:
    body = bytearray(gzip.compress(BODY))
    body[-8] ^= 1
    out, findings = decoded([bytes(body)], "gzip")
    assert out == BODY
    assert reason(findings) == "checksum"
    assert findings[0].evidence["expected"] != findings[0].evidence["actual"]


def test_bytes_after_the_end_are_an_error() -> None:
    out, findings = decoded([gzip.compress(BODY) + b"data: more\n\n"], "gzip")
    assert (out, reason(findings), findings[0].evidence["count"]) == (BODY, "trailing-bytes", 12)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "br", "compress"])
@pytest.mark.parametrize("body", [BODY, b"{", '{"ü":"你好"}'.encode(), b"x^2"])
def test_a_plain_body_under_a_declared_coding_is_passed_through(name: str, body: bytes) -> None:
    out, findings = decoded([body], name)
    assert (out, reason(findings)) == (body, "declared-not-applied")


def test_of_two_declared_codings_one_may_be_missing() -> None:
    out, findings = decoded([gzip.compress(BODY)], "gzip", "gzip")
    assert (out, reason(findings)) == (BODY, "declared-not-applied")


def test_a_body_that_cannot_be_read_here_gives_nothing() -> None:
    out, findings = decoded([b"\x1b\x2e\x00\xf8\x8d\x94\x6e\xde\x44\x7e\xe7\x5e\x42\x5c\xac\x01\x22"], "br")
    assert (out, reason(findings), findings[0].severity) == (b"", "unsupported", "error")


def test_a_coding_that_no_standard_names_does_no_harm_to_text() -> None:
    out, findings = decoded([BODY], "utf-8")
    assert (out, reason(findings), findings[0].severity) == (BODY, "unknown-coding", "note")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_decompression_bomb_is_cut_at_the_limit(coding: str) -> None:
    name, encode = CODINGS[coding]
    out, findings = decoded([encode(bytes(200_000))], name, limit=1000)
    assert (len(out), reason(findings)) == (1000, "too-large")


# ---------------------------------------------------------------------- any cutting
@st.composite
def damaged_bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    name, encode = CODINGS[draw(st.sampled_from(sorted(CODINGS)))]
    body = bytearray(encode(BODY[: draw(st.integers(0, len(BODY)))]))
    for at, value in draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=2)):
        body[at] = value
    return name, bytes(body[: draw(st.integers(0, len(body)))]) + draw(st.binary(max_size=20))


@given(
    st.data(),
    damaged_bodies() | st.tuples(st.sampled_from(["gzip", "deflate", "zstd", "br", "x"]), st.binary()),
    st.sampled_from([100, 10**6]),
)
def test_content_is_independent_of_chunking(data: st.DataObject, coded: tuple[str, bytes], limit: int) -> None:
    name, body = coded
    whole = decoded([body], name, limit=limit)
    assert decoded(data.draw(chunkings(body)), name, limit=limit) == whole
    assert decoded([body[i : i + 1] for i in range(len(body))], name, limit=limit) == whole


# ---------------------------------------------------------------------- sniffing
@pytest.mark.parametrize("first", [4, 16, 1000])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_compressed_body_is_known_by_its_first_bytes(coding: str, first: int) -> None:
    assert sniff_encoding(CODINGS[coding][1](BODY)[:first]) == coding


@pytest.mark.parametrize(
    "first",
    [b"", b"x", b"data: {}\n\n", b"x^2 + y^2 = z^2", "xڀ text".encode(), b"\x1f", b"\x78\x9c\xff\xff\xff\xff\xff", b"%PDF-1.7"],
)
def test_a_plain_body_is_not_taken_for_a_compressed_one(first: bytes) -> None:
    assert sniff_encoding(first) is None


def test_double_gzip_is_found_by_asking_again() -> None:
    once, _ = decoded([gzip.compress(gzip.compress(BODY))], "gzip")
    assert sniff_encoding(once) == "gzip"


# ---------------------------------------------------------------------- misuse
def test_misuse_raises() -> None:
    with pytest.raises(TypeError, match="list"):
        ContentDecoder("gzip")
    decoder = ContentDecoder(["gzip"])
    with pytest.raises(TypeError, match="aiter_raw"):
        decoder.feed("x")  # type: ignore[arg-type]
    decoder.close()
    with pytest.raises(StreamClosedError):
        decoder.feed(b"x")


# ---------------------------------------------------------------------- the head
def test_a_header_is_found_in_any_case_and_the_first_counts() -> None:
    head = ResponseHead(200, (("Content-TYPE", " Text/Event-Stream; charset=utf-8 "), ("content-type", "b")))
    assert head.header("CONTENT-type") == "Text/Event-Stream; charset=utf-8"
    assert head.media_type == "text/event-stream"


def test_what_is_not_there_is_none() -> None:
    head = ResponseHead()
    assert (head.header("x"), head.media_type, head.content_encodings, head.content_length) == (None, None, [], None)


def test_content_codings_are_one_list_over_all_headers() -> None:
    head = ResponseHead(headers=(("Content-Encoding", "deflate, identity,"), ("content-encoding", " GZIP")))
    assert head.content_encodings == ["deflate", "gzip"]


@pytest.mark.parametrize(
    ("value", "length"), [("12", 12), ("12, 12", 12), ("12, 13", None), ("-1", None), ("1_0", None), ("٣", None), ("", None)]
)
def test_a_content_length_is_digits_and_does_not_contradict_itself(value: str, length: int | None) -> None:
    assert ResponseHead(headers=(("content-length", value),)).content_length == length
