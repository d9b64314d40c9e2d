"""The UTF-8 validator, held against Python's own strict decoder."""

from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.findings import Finding
from streamcheck.wire.utf8 import REASONS, Utf8Validator
from tests.strategies import chunkings

ill_formed = st.lists(
    st.sampled_from(
        [
            b"a",
            "é".encode(),
            "你".encode(),
            "🦜".encode(),
            b"\xff",
            b"\x80",
            b"\xc0\xaf",
            b"\xe0\x80\x80",
            b"\xed\xa0\x80",
            b"\xe4\xbd",
            b"\xf0\x9f",
            b"\xf0\x8f\x8f\x8f",
            b"\xf4\x90\x80\x80",
            b"\xc2",
            b"\xf5",
        ]
    ),
    max_size=8,
).map(b"".join)


def found(chunks: list[bytes]) -> list[Finding]:
    validator = Utf8Validator()
    findings = [finding for chunk in chunks for finding in validator.feed(chunk)]
    return findings + validator.close()


@given(st.data(), ill_formed | st.binary(max_size=40))
def test_utf8_is_independent_of_chunking(data: st.DataObject, body: bytes) -> None:
    whole = found([body])
    assert whole == found(data.draw(chunkings(body))) == found([body[i : i + 1] for i in range(len(body))])


@given(ill_formed | st.binary(max_size=40))
@example(b"\xed\xa0")  # half of a surrogate's bytes at the end
def test_utf8_spans_cover_exactly_what_is_not_utf8(body: bytes) -> None:
    at = 0
    for finding in found([body]):
        assert finding.span is not None
        body[at : finding.span.start].decode()
        assert at <= finding.span.start < finding.span.end <= len(body)
        assert finding.evidence["reason"] in REASONS
        at = finding.span.end
    body[at:].decode()
