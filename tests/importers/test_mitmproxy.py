"""Flow files made byte by byte as mitmproxy makes them, and the addon, driven as mitmproxy drives it."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.capture.format import Chunk
from streamcheck.contrib import mitm_addon
from streamcheck.errors import StreamcheckError
from streamcheck.importers import import_file
from streamcheck.importers._tnetstring import TnetstringError, value_in, values_in
from streamcheck.importers.mitmproxy import METADATA
from tests.importers.origin import BODY, EVENTS

T0 = 1795288043.25


def tnetstring(value: Any) -> bytes:
    """Return a value as mitmproxy spells it."""
    match value:
        case None:
            kind, content = b"~", b""
        case bool():
            kind, content = b"!", str(value).lower().encode()
        case int():
            kind, content = b"#", str(value).encode()
        case float():
            kind, content = b"^", repr(value).encode()
        case bytes():
            kind, content = b",", value
        case str():
            kind, content = b";", value.encode("utf-8", "surrogatepass")
        case dict():
            kind, content = b"}", b"".join(tnetstring(key) + tnetstring(inner) for key, inner in value.items())
        case _:
            kind, content = b"]", b"".join(map(tnetstring, value))
    return b"%d:%b%b" % (len(content), content, kind)


def flow(**extra: Any) -> dict[str, Any]:
    return {
        "version": 21,
        "type": "http",
        "id": "1",
        "metadata": {},
        "error": None,
        "request": {
            "method": b"POST",
            "scheme": b"https",
            "host": "api.example.com",
            "port": 443,
            "path": b"/v1/chat/completions",
            "http_version": b"HTTP/1.1",
            "headers": [[b"authorization", b"Bearer secret"], [b"content-type", b"application/json"]],
            "content": b'{"model":"small-1"}',
            "timestamp_start": T0,
            "timestamp_end": T0 + 0.01,
        },
        "response": {
            "status_code": 200,
            "http_version": b"HTTP/1.1",
            "headers": [[b"content-type", b"text/event-stream"]],
            "content": BODY,
            "timestamp_start": T0 + 0.5,
            "timestamp_end": T0 + 2.0,
        },
        **extra,
    }


def saved(tmp_path: Path, *flows: dict[str, Any]) -> Path:
    path = tmp_path / "a.flow"
    path.write_bytes(b"".join(map(tnetstring, flows)))
    return path


def test_a_flow_gives_its_body_and_when_it_began_and_ended(tmp_path: Path) -> None:
    (one,) = import_file(saved(tmp_path, flow()))
    assert one.chunks == (Chunk(None, BODY),)
    assert one.fidelity == ("deframed", "ends")
    assert one.hop == "proxy"
    assert one.request is not None
    assert one.request.url == "https://api.example.com/v1/chat/completions"
    assert one.end is not None
    assert (one.end.reason, one.end.at) == ("eof", 2.0)


def test_chunks_that_the_addon_noted_are_those_of_the_capture(tmp_path: Path) -> None:
    marks = [[T0 + i, len(event)] for i, event in enumerate(EVENTS, 1)]
    (one,) = import_file(saved(tmp_path, flow(metadata={METADATA: marks})))
    assert one.chunks == tuple(Chunk(float(i), event) for i, event in enumerate(EVENTS, 1))
    assert one.fidelity == ("exact", "chunk")


@pytest.mark.parametrize("marks", [[[T0, 3]], [["x", 1]], 5, [[T0, -1]], [[T0]]])
def test_notes_that_do_not_fit_the_body_are_left_out(tmp_path: Path, marks: Any) -> None:
    (one,) = import_file(saved(tmp_path, flow(metadata={METADATA: marks})))
    assert one.chunks == (Chunk(None, BODY),)
    assert one.fidelity.timing == "ends"


def test_a_flow_without_a_body_says_how_to_get_one(tmp_path: Path) -> None:
    response = {**flow()["response"], "content": None}
    (one,) = import_file(saved(tmp_path, flow(response=response)))
    assert one.chunks == ()
    assert one.fidelity.bytes == "none"
    assert "streamcheck_store" in one.remarks[0]


def test_a_file_that_is_being_written_gives_the_flows_that_are_whole(tmp_path: Path) -> None:
    path = saved(tmp_path, flow(), flow())
    path.write_bytes(path.read_bytes()[:-100])
    assert len(import_file(path)) == 1


@pytest.mark.parametrize("version", [5, None, "x", 1000, True])
def test_a_version_that_is_not_known_is_refused(tmp_path: Path, version: Any) -> None:
    with pytest.raises(sc.UsageError, match="flow format"):
        import_file(saved(tmp_path, flow(version=version)), kind="mitmproxy")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=9)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3)
    ),
)


@given(values)
def test_every_value_comes_back(value: Any) -> None:
    assert value_in(tnetstring(value)) == (value, len(tnetstring(value)))


@given(
    st.binary(max_size=60) | st.lists(st.sampled_from([b"1:", b"3:", b"}", b"]", b"0:~", b"9", b",", b"#", b"12:"])).map(b"".join)
)
def test_no_bytes_raise_anything_but_a_tnetstring_error(data: bytes) -> None:
    try:
        list(values_in(data))
    except TnetstringError:
        pass


def test_deep_nesting_is_refused() -> None:
    data = b""
    for _ in range(5000):
        data = b"%d:%b]" % (len(data), data)
    with pytest.raises(TnetstringError, match="nested"):
        value_in(data)


@given(st.data())
def test_a_damaged_flow_file_raises_nothing_but_our_own(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = tnetstring(flow())
    at = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.getbasetemp() / "damaged.flow"
    path.write_bytes(whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :])
    try:
        import_file(path, kind="mitmproxy")
    except StreamcheckError:
        pass


# ---------------------------------------------------------------------- the addon
class Headers(dict[str, str]):
    def items(self, multi: bool = False) -> Any:
        return super().items()


def live_flow() -> Any:
    now = time.time()
    request = SimpleNamespace(
        method="POST",
        pretty_host="api.example.com",
        pretty_url="https://api.example.com/v1/chat/completions?key=hidden",
        headers=Headers(authorization="Bearer secret"),
        raw_content=b'{"model":"small-1"}',
        timestamp_start=now,
        timestamp_end=now,
    )
    response = SimpleNamespace(
        status_code=200,
        http_version="HTTP/1.1",
        headers=Headers({"content-type": "text/event-stream", "set-cookie": "secret"}),
        timestamp_start=now,
        stream=False,
        raw_content=None,
    )
    return SimpleNamespace(id="f1", request=request, response=response, metadata={})


def recorder(folder: Path, *, store: bool = False) -> mitm_addon.StreamRecorder:
    addon = mitm_addon.StreamRecorder()
    addon._folder, addon._store = str(folder), store
    return addon


@pytest.mark.parametrize("alone", [False, True])
def test_the_addon_passes_every_chunk_and_records_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    if alone:
        monkeypatch.setitem(sys.modules, "streamcheck.capture.writer", None)  # as if streamcheck were not installed
    addon, live = recorder(tmp_path), live_flow()
    addon.responseheaders(live)
    pieces = [EVENTS[0][:7], EVENTS[0][7:], *EVENTS[1:]]
    cut = BODY.index("л".encode()) + 1
    pieces = [BODY[:cut], BODY[cut:]]
    assert [live.response.stream(piece) for piece in [*pieces, b""]] == [*pieces, b""]
    addon.response(live)
    (path,) = tmp_path.iterdir()
    capture = sc.CaptureReader(path).read()
    assert [chunk.data for chunk in capture.chunks] == pieces
    assert capture.findings == ()
    assert capture.hop == "proxy"
    assert sc.check(path).verdict == "clean"
    assert "secret" not in path.read_text()
    assert "hidden" not in path.read_text()
    assert [size for _, size in live.metadata[METADATA]] == [len(piece) for piece in pieces]


def test_the_addon_keeps_the_body_in_the_flow_when_told(tmp_path: Path) -> None:
    addon, live = recorder(tmp_path, store=True), live_flow()
    addon.responseheaders(live)
    for event in EVENTS:
        live.response.stream(event)
    addon.response(live)
    assert live.response.raw_content == BODY


def test_a_stream_goes_on_where_nothing_can_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    addon, live = recorder(tmp_path / "file"), live_flow()
    addon.responseheaders(live)
    assert [live.response.stream(event) for event in EVENTS] == EVENTS
    addon.response(live)
    assert "goes on unrecorded" in caplog.text


def test_an_answer_that_is_no_stream_is_left_alone(tmp_path: Path) -> None:
    addon, live = recorder(tmp_path), live_flow()
    live.response.headers["content-type"] = "text/html"
    addon.responseheaders(live)
    assert live.response.stream is False
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_left_ends_a_capture_with_cancel(tmp_path: Path) -> None:
    addon, live = recorder(tmp_path), live_flow()
    addon.responseheaders(live)
    live.error = SimpleNamespace(msg="Client disconnected.")
    addon.error(live)
    (path,) = tmp_path.iterdir()
    end = sc.CaptureReader(path).read().end
    assert end is not None
    assert end.reason == "cancel"
    (one,) = import_file(saved(tmp_path, flow(error={"msg": "Client disconnected.", "timestamp": T0})))
    assert one.end is not None
    assert one.end.reason == "cancel"


def test_a_broken_stream_ends_its_capture_with_an_error(tmp_path: Path) -> None:
    addon, live = recorder(tmp_path), live_flow()
    addon.responseheaders(live)
    live.response.stream(EVENTS[0])
    addon.error(live)
    (path,) = tmp_path.iterdir()
    assert sc.check(path).verdict == "incomplete"
