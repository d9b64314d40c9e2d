"""The document readers: exact on every payload, and the fast one equal to the plain one."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from streamcheck.wire.documents import DocumentReader, document_of
from tests.strategies import json_values, texts

payloads = (
    st.binary(max_size=40)
    | json_values.map(lambda v: json.dumps(v).encode())
    | texts.map(lambda t: t.encode("utf-8", "surrogatepass"))
)


@given(payloads)
@example(b'{"a":1e999}')
@example(b'"\\ud83d"')
@example(b"[" * 100_000)
@example(b"1" * 5000)
@example(b"NaN")
def test_document_of_never_raises(raw: bytes) -> None:
    document_of(raw)


@given(json_values)
def test_document_of_reads_what_json_reads(value: object) -> None:
    raw = json.dumps(value).encode()
    got, defect, _ = document_of(raw)
    assert defect is None
    assert got == json.loads(raw)


@given(
    st.lists(texts, min_size=3, max_size=8),
    st.sampled_from(['{"a":{"t":%s},"n":1}', '[%s,"x"]', '{"t":%s,"t":%s}', '{"k":"v","t": %s }']),
)
def test_document_reader_equals_document_of(values: list[str], shape: str) -> None:
    reader = DocumentReader()
    for text in values:
        raw = shape.replace("%s", json.dumps(text)).encode()
        assert reader.read(raw) == document_of(raw)


@given(st.lists(payloads, max_size=8))
def test_document_reader_equals_document_of_on_anything(raws: list[bytes]) -> None:
    reader = DocumentReader()
    for raw in raws:
        assert repr(reader.read(raw)) == repr(document_of(raw))  # repr: NaN and -0.0 compare as text


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=1, max_size=4))
def test_a_key_that_stands_twice_is_always_found(value: dict[str, int]) -> None:
    key = json.dumps(next(iter(value)))
    raw = json.dumps(value)[:-1].encode() + f", {key}: 0}}".encode()
    _, defect, _ = document_of(raw)
    assert defect is not None
    assert defect.code == "json/duplicate-key"
