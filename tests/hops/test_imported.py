"""Hops that were imported: what a store has, while it is written and damaged too, and what an import cannot say."""

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streamcheck.hops.locating import locate
from streamcheck.importers import import_file, write_capture
from tests.hops.test_locate import IDENT, TEXT, recorded
from tests.streams import chat_events

CASE = Path(__file__).parents[2] / "captures" / "opencode-garbled"
WIRE = CASE / "good-after-vpn.capture.jsonl"
ANSWER = "msg_bf619e3a6001KNUTsQq6E7CYA3"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CASE / "opencode", tmp_path / "opencode"))


def stored(store: Path) -> str:
    """Import the good answer; return its capture."""
    [answer] = [one for one in import_file(store) if one.name == ANSWER]
    return write_capture(answer, store.parent / "stored", modified=datetime(2026, 1, 25, tzinfo=UTC))[0]


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def test_what_opencode_kept_is_what_came_and_its_store_is_untouched(store: Path) -> None:
    before = digest(store)
    location = locate([("wire", WIRE), ("storage", stored(store))])
    assert location.between is None
    assert "trimmed, which is no fault" in location.explanation
    assert digest(store) == before


def test_a_message_that_opencode_is_still_writing_is_not_blamed(store: Path) -> None:
    [message] = store.rglob(f"{ANSWER}.json")
    value = json.loads(message.read_text())
    del value["time"]["completed"]
    message.write_text(json.dumps(value))
    for part in store.rglob(f"part/{ANSWER}/*.json"):
        kept = json.loads(part.read_text())
        if kept["type"] == "text":
            kept["text"] = kept["text"][: len(kept["text"]) // 2]
            part.write_text(json.dumps(kept))
    location = locate([("wire", WIRE), ("storage", stored(store))])
    assert location.between is None
    assert "the recording at storage is not finished" in location.explanation


def test_a_text_that_the_store_changed_is_its_fault(store: Path) -> None:
    for part in store.rglob(f"part/{ANSWER}/*.json"):
        kept = json.loads(part.read_text())
        if kept["type"] == "reasoning":
            kept["text"] = kept["text"].encode().decode("latin-1")
            part.write_text(json.dumps(kept))
    location = locate([("wire", WIRE), ("storage", stored(store))])
    assert (location.between, location.fault, location.proof) == (("wire", "storage"), "charset-wrong", "reproduced")


def test_where_the_borders_of_the_reads_are_unknown_it_is_said(tmp_path: Path) -> None:
    body = tmp_path / "wire.sse"
    body.write_bytes(b"".join(chat_events(*TEXT, **IDENT)))
    after = recorded(tmp_path / "after.capture.jsonl", chat_events(TEXT[0], "quite other words ", *TEXT[2:], **IDENT))
    location = locate([("wire", body), ("after", after)])
    assert (location.between, location.proof) == (("wire", "after"), "consistent")
    assert "faults that follow from them are not checkable" in location.explanation
