"""HTTP archives: text, base64, the Latin-1 trap, sizes that do not fit, and events with times."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.capture.format import Chunk
from streamcheck.importers import Imported, Source, fidelity_of, import_file, remarks_of, write_capture
from tests.streams import chat, chat_events

BODY = chat("лав naïve ", "“quoted” text.")


def entry(content: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-21T09:44:00.125+01:00",
        "time": 3250,
        "timings": {"blocked": -1, "dns": 10, "connect": 20, "ssl": 15, "send": 5, "wait": 215, "receive": 3000},
        "request": {
            "method": "POST",
            "url": "https://api.example.com/v1/chat/completions",
            "headers": [{"name": "Authorization", "value": "Bearer secret"}],
            "postData": {"mimeType": "application/json", "text": '{"model":"small-1"}'},
        },
        "response": {
            "status": 200,
            "httpVersion": "HTTP/2",
            "headers": [{"name": "content-type", "value": "text/event-stream"}, {"name": "content-encoding", "value": "gzip"}],
            "content": {"mimeType": "text/event-stream", **content},
        },
        **extra,
    }


def imported(tmp_path: Path, *entries: dict[str, Any]) -> list[Imported]:
    path = tmp_path / "session.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": "test"}, "entries": list(entries)}}))
    return import_file(path)


def body_of(one: Imported) -> bytes:
    return b"".join(chunk.data for chunk in one.chunks)


def test_base64_is_the_body_and_text_is_a_reconstruction(tmp_path: Path) -> None:
    exact, made = imported(
        tmp_path,
        entry({"size": len(BODY), "text": base64.b64encode(BODY).decode(), "encoding": "base64"}),
        entry({"size": len(BODY), "text": BODY.decode()}),
    )
    assert body_of(exact) == body_of(made) == BODY
    assert exact.fidelity == ("deframed", "ends")
    assert made.fidelity == ("reconstructed", "ends")
    assert exact.remarks == made.remarks == ()


def test_times_are_those_of_begin_and_end(tmp_path: Path) -> None:
    (one,) = imported(tmp_path, entry({"text": BODY.decode()}))
    assert one.started is not None
    assert one.started.isoformat() == "2026-11-21T08:44:00.125000+00:00"
    assert one.request is not None
    assert one.response is not None
    assert one.end is not None
    assert [round(part.at or 0.0, 3) for part in (one.request, one.response, one.end)] == [0.035, 0.25, 3.25]
    assert {chunk.at for chunk in one.chunks} == {None}


def test_a_capture_of_it_says_what_it_still_has(tmp_path: Path) -> None:
    (one,) = imported(tmp_path, entry({"text": BODY.decode("latin-1"), "size": len(BODY)}))
    path, _ = write_capture(one, tmp_path / "out", modified=Source(tmp_path / "session.har").modified)
    capture = sc.CaptureReader(path).read()
    assert fidelity_of(capture) == ("reconstructed", "ends")
    assert "Latin-1" in remarks_of(capture)[0]
    assert capture.header["ends"]["end"] == 3.25
    assert capture.header["imported_from"] == "har"
    assert "secret" not in Path(path).read_text()
    assert sc.check(path).verdict == "clean"


@pytest.mark.parametrize("size", [len(BODY), 0])
def test_the_latin_1_reading_of_a_body_is_undone(tmp_path: Path, size: int) -> None:
    (one,) = imported(tmp_path, entry({"text": BODY.decode("latin-1"), "size": size}))
    assert body_of(one) == BODY
    assert any("read the body as Latin-1" in remark for remark in one.remarks)


def test_it_is_undone_also_where_one_bad_byte_was_the_reason(tmp_path: Path) -> None:
    bad = BODY.replace(b"quoted", b"quo\xfe\xffted")
    for size in (len(bad), 0):
        (one,) = imported(tmp_path, entry({"text": bad.decode("latin-1"), "size": size}))
        assert body_of(one) == bad


def test_the_windows_1252_reading_is_undone_too(tmp_path: Path) -> None:
    body = chat("“quoted”").replace("”".encode(), "…".encode())
    (one,) = imported(tmp_path, entry({"text": body.decode("cp1252"), "size": len(body)}))
    assert body_of(one) == body


def test_mojibake_that_was_on_the_wire_stays(tmp_path: Path) -> None:
    body = chat("лав".encode().decode("latin-1"))
    (one,) = imported(tmp_path, entry({"text": body.decode(), "size": len(body)}))
    assert body_of(one) == body
    assert one.remarks == ()


def test_latin_letters_alone_are_no_trap(tmp_path: Path) -> None:
    body = chat("naïve café, señor")
    for size in (len(body), 0):
        (one,) = imported(tmp_path, entry({"text": body.decode(), "size": size}))
        assert body_of(one) == body


def test_a_size_that_fits_no_spelling_is_told_as_lossy(tmp_path: Path) -> None:
    (one,) = imported(tmp_path, entry({"text": BODY.decode().replace("л", "\ufffd"), "size": len(BODY) + 5}))
    assert any(remark.startswith("lossy") for remark in one.remarks)


def test_listed_events_give_the_body_their_times(tmp_path: Path) -> None:
    events = chat_events("one", "two")
    body = b": begin\n\n" + b"".join(events)
    messages = [{"data": e.decode()[6:].strip(), "time": 1763717040.0 + i / 4} for i, e in enumerate(events)]
    (one,) = imported(tmp_path, entry({"text": body.decode(), "size": len(body)}, _eventSourceMessages=messages))
    assert one.fidelity == ("reconstructed", "event")
    assert body_of(one) == body
    assert [chunk.at for chunk in one.chunks] == [0.25, 0.25, 0.5, 0.75, 1.0, 1.25]


def test_listed_events_stand_for_a_body_that_is_missing(tmp_path: Path) -> None:
    messages = [{"eventName": "delta", "eventId": "7", "data": "a\nb", "time": 5.0}]
    (one,) = imported(tmp_path, entry({"size": 0}, _eventSourceMessages=messages))
    assert one.chunks == (Chunk(0.25, b"event: delta\nid: 7\ndata: a\ndata: b\n\n"),)
    assert one.fidelity == ("reconstructed", "event")


def test_pages_and_pictures_are_left_out_and_told(tmp_path: Path) -> None:
    page = entry({"text": "<html>", "mimeType": "text/html"})
    page["response"]["headers"] = []
    imported(tmp_path, page, entry({"text": BODY.decode()}))
    source = Source(tmp_path / "session.har")
    from streamcheck.importers import importer_of

    importer = importer_of(source)
    assert importer is not None
    assert [one.name for one in importer.import_from(source)] == ["entry 1"]
    assert "1 of 2 entries" in source.remarks[0]
    with pytest.raises(sc.UsageError, match="no streamed answer among 1 entries"):
        imported(tmp_path, page)


@pytest.mark.parametrize(
    "text", ['{"log": {"version": "1.2", "entries": [{"startedDateTime": "2026', '{"log": {"version": "2.0", "entries": []}}']
)
def test_half_an_archive_or_another_version_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.har"
    path.write_text(text)
    with pytest.raises((sc.CaptureError, sc.UsageError), match=r"is it still being written|version '2.0' is not known"):
        import_file(path)
