"""Formats are known by their content, and by one importer each; whatever is damaged in a file raises nothing but our own errors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.errors import StreamcheckError
from streamcheck.importers import Source, import_file, importer_named, importer_of, importers
from tests.importers.origin import BODY, HEAD, framed
from tests.importers.test_curl import TRACE
from tests.importers.test_har import entry
from tests.importers.test_mitmproxy import flow, tnetstring
from tests.importers.test_opencode import PARTS, database, export
from tests.importers.test_pcap import TURNS, pcap
from tests.importers.test_stores import ROLLOUT, RUN, TEXT, THINKING, USER, claude, lines
from tests.importers.test_vcr import cassette

OBSERVATION = {"id": "o1", "type": "GENERATION", "startTime": "2026-11-21T09:44:00Z", "output": {"content": "Hello"}}


def _database(path: Path) -> None:
    with database(path, *PARTS, wal=False):
        pass


def _har(path: Path) -> None:
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry({"text": BODY.decode()})]}}))


def _export(path: Path) -> None:
    export(path, *PARTS)


def _written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


SAMPLES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a body": ("raw", _written(BODY)),
    "curl -i": ("curl-output", _written(HEAD + BODY)),
    "curl --raw": ("curl-output", _written(framed(BODY))),
    "curl --trace": ("curl-trace", _written(TRACE)),
    "a trace without times": ("curl-trace", _written(b"\n".join(r[16:] if r[2:3] == b":" else r for r in TRACE.split(b"\n")))),
    "an archive": ("har", _har),
    "a flow file": ("mitmproxy", _written(tnetstring(flow()))),
    "an export": ("opencode", _export),
    "a database": ("opencode", _database),
    "a transcript": ("claude-code", lambda path: lines(path, USER, claude(1, THINKING), claude(2, TEXT))),
    "a rollout": ("codex", lambda path: lines(path, *ROLLOUT)),
    "runs": ("langsmith", lambda path: lines(path, RUN)),
    "observations": ("langfuse", lambda path: lines(path, OBSERVATION)),
    "a cassette": ("vcr", _written(cassette(json.dumps(BODY.decode())).encode())),
    "packets": ("pcap", _written(pcap(TURNS, 80))),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_format_is_known_by_its_content_and_by_one_importer(tmp_path: Path, sample: str) -> None:
    name, write = SAMPLES[sample]
    path = tmp_path / "no-suffix"
    write(path)
    source = Source(path)
    assert [i.name for i in importers() if i.recognises(source.path, source.head)] == [name]


@pytest.mark.parametrize("sample", SAMPLES)
@given(data=st.data())
def test_a_damaged_file_raises_nothing_but_our_own(
    tmp_path_factory: pytest.TempPathFactory, sample: str, data: st.DataObject
) -> None:
    name, write = SAMPLES[sample]
    if name == "pcap":
        return  # tshark's own business, and a process each
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.unlink(missing_ok=True)
    write(path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    junk = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"null", b"[", b"{}", b'"', b"1e999", b"-1", b"\xef\xbf\xbd", b"\\ud800"])
    )
    path.write_bytes(whole[:at] + junk + whole[at + data.draw(st.sampled_from([0, 1, 4, 30, len(whole)])) :])
    for kind in ("auto", name):
        try:
            import_file(path, kind=kind)
        except StreamcheckError:
            pass


@pytest.mark.parametrize("name", [importer.name for importer in importers()])
def test_a_missing_file_and_a_folder_of_nothing_are_our_own_errors(tmp_path: Path, name: str) -> None:
    for path in (tmp_path, tmp_path / "none", "a\0b"):
        with pytest.raises(StreamcheckError):
            import_file(path, kind=name)


def test_every_importer_says_what_it_reads() -> None:
    for importer in importers():
        assert importer_named(importer.name) is importer
        assert importer.meaning
    assert importers()[-1].name == "raw"


def test_nobody_takes_an_empty_file_or_any_text(tmp_path: Path) -> None:
    for content in (b"", b"\n", b"{}", b"[]", b"hello\n", b'{"a": 1}\n', b"\0" * 100, b"HTTP is a protocol\n"):
        (tmp_path / "file").write_bytes(content)
        assert importer_of(Source(tmp_path / "file")) is None
