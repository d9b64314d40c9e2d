"""Cassettes of vcrpy: YAML and JSON; bodies as text, binary and base64."""

import base64
import gzip
import json
import sys
from pathlib import Path

import pytest

import streamcheck as sc
from streamcheck.importers import Imported, import_file
from tests.streams import chat

BODY = chat("лав ", "\u2028 and \x85 stay")
BAD = BODY.replace(b"and", b"a\xff\xfed")


def cassette(spelled_body: str, *, headers: str = "{content-type: [text/event-stream]}") -> str:
    return f"""interactions:
- request:
    body: '{{"model":"small-1"}}'
    headers: {{authorization: [Bearer secret]}}
    method: POST
    uri: https://api.example.com/v1/chat/completions
  response:
    body:
      string: {spelled_body}
    headers: {headers}
    status: {{code: 200, message: OK}}
version: 1
"""


def imported(tmp_path: Path, text: str) -> Imported:
    (tmp_path / "cassette.yaml").write_text(text, encoding="utf-8")
    (one,) = import_file(tmp_path / "cassette.yaml")
    return one


@pytest.mark.parametrize("body", [BODY, BAD])
def test_text_and_binary_bodies_are_the_very_bytes(tmp_path: Path, body: bytes) -> None:
    pytest.importorskip("yaml")
    spelled = json.dumps(body.decode()) if body is BODY else f"!!binary {base64.b64encode(body).decode()}"
    one = imported(tmp_path, cassette(spelled))
    assert [chunk.data for chunk in one.chunks] == [body]
    assert one.fidelity == ("deframed", "none")
    assert one.request is not None
    assert one.request.body == b'{"model":"small-1"}'
    assert one.response is not None
    assert one.response.status == 200


def test_a_compressed_body_keeps_its_coding_and_an_undone_one_loses_it(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    headers = "{content-encoding: [gzip]}"
    kept = imported(tmp_path, cassette(f"!!binary {base64.b64encode(gzip.compress(BODY)).decode()}", headers=headers))
    undone = imported(tmp_path, cassette(json.dumps(BODY.decode()), headers=headers))
    assert kept.response is not None
    assert undone.response is not None
    assert (kept.response.headers, undone.response.headers) == ((("content-encoding", "gzip"),), ())


@pytest.mark.parametrize("body", [{"string": BODY.decode()}, {"base64_string": base64.b64encode(BODY).decode()}])
def test_json_cassettes_are_read_without_yaml(tmp_path: Path, body: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    response = {"body": body, "status": {"code": 200, "message": "OK"}, "headers": {}}
    interactions = [{"request": {"method": "GET", "uri": "http://h.example/"}, "response": response}]
    (tmp_path / "c.json").write_text(json.dumps({"version": 1, "interactions": interactions}))
    (one,) = import_file(tmp_path / "c.json")
    assert [chunk.data for chunk in one.chunks] == [BODY]


def test_a_yaml_cassette_without_pyyaml_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(sc.UsageError, match=r"install streamcheck\[vcr\]"):
        imported(tmp_path, cassette("x"))


@pytest.mark.parametrize(
    "text",
    [
        "interactions:\n- [\n",
        "interactions:\n- !!python/object:os.system {}\n",
        "interactions: 5\n",
        "interactions: []\nversion: 2\n",
    ],
)
def test_what_is_no_cassette_is_refused(tmp_path: Path, text: str) -> None:
    pytest.importorskip("yaml")
    with pytest.raises((sc.CaptureError, sc.UsageError), match=r"no sound YAML|no cassette"):
        imported(tmp_path, text)
