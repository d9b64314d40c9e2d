"""opencode's three stores, made as opencode makes them; the database is a real one in WAL mode with its writer still there."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.importers import Imported, Source, import_file, importer_of, write_capture
from tests.importers.origin import fingerprint

SES, MSG = "ses_409e61bc3ffeAAAAAAAAAAAAAA", "msg_bf619e470001AAAAAAAAAAAAAA"
CREATED = 1769360450672


def assistant(**extra: Any) -> dict[str, Any]:
    return {
        "id": "msg_of_an_old_move",
        "role": "assistant",
        "time": {"created": CREATED, "completed": CREATED + 4000},
        "modelID": "glm-4.7-flash",
        "providerID": "zai-coding-plan",
        "tokens": {"input": 10, "output": 5},
        "finish": "stop",
        **extra,
    }


def text(said: str, kind: str = "text", *, end: bool = True) -> dict[str, Any]:
    return {"type": kind, "text": said, "time": {"start": CREATED, **({"end": CREATED + 1} if end else {})}}


START: dict[str, Any] = {"type": "step-start"}
FINISH: dict[str, Any] = {"type": "step-finish", "reason": "stop"}
TOOL: dict[str, Any] = {
    "type": "tool",
    "callID": "call_1",
    "tool": "read",
    "state": {"status": "completed", "input": {"path": "ä.py"}, "output": "..."},
}
PARTS = [START, text("Let me think", "reasoning"), text(" 4"), TOOL, FINISH]


def export(path: Path, *parts: dict[str, Any], message: dict[str, Any] | None = None) -> Path:
    """Write what `opencode export` gives for one answer."""
    messages = [
        {"info": {"id": "msg_0", "role": "user"}, "parts": [text("2 + 2?")]},
        {"info": {**(message or assistant()), "id": MSG}, "parts": list(parts)},
    ]
    path.write_text(json.dumps({"info": {"id": SES, "version": "1.1.35"}, "messages": messages}, indent=2))
    return path


def tree(root: Path, *parts: dict[str, Any], message: dict[str, Any] | None = None) -> Path:
    """Write the JSON tree of 1.1."""
    storage = root / "storage"
    files: dict[str, Any] = {
        f"session/global/{SES}.json": {"id": "ses_of_an_old_move", "version": "1.1.35"},
        f"message/{SES}/msg_aaa.json": {"role": "user"},
        f"message/{SES}/{MSG}.json": message or assistant(),
        **{f"part/{MSG}/prt_{number:03}.json": part for number, part in enumerate(parts)},
        "part/msg_aaa/prt_000.json": text("2 + 2?"),
    }
    for name, value in files.items():
        (storage / name).parent.mkdir(parents=True, exist_ok=True)
        (storage / name).write_text(json.dumps(value, indent=2))
    return root


@contextmanager
def database(
    path: Path, *parts: dict[str, Any], columns: str = "version text,", wal: bool = True
) -> Iterator[sqlite3.Connection]:
    """Give the open connection of the writer of a database whose rows are in the WAL alone."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("pragma journal_mode = wal" if wal else "pragma journal_mode = delete")
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.execute(f"create table session (id text primary key, {columns} title text)")
        connection.execute("create table message (id text primary key, session_id text, time_created integer, data text)")
        connection.execute("create table part (id text primary key, message_id text, session_id text, data text)")
        connection.execute(
            f"insert into session (id{', version' if 'version' in columns else ''}) values ('{SES}'{', ' + repr('1.2.3') if 'version' in columns else ''})"
        )
        connection.execute("insert into message values (?, ?, 0, ?)", (MSG, SES, json.dumps(assistant())))
        connection.execute("insert into message values ('msg_aaa', ?, 0, ?)", (SES, json.dumps({"role": "user"})))
        for number, part in enumerate(parts):
            connection.execute("insert into part values (?, ?, ?, ?)", (f"prt_{number:03}", MSG, SES, json.dumps(part)))
        connection.commit()
        yield connection
    finally:
        connection.close()


def said(one: Imported) -> list[tuple[str, str]]:
    return [(delta.channel, delta.text) for delta in one.deltas]


SAID = [("reasoning", "Let me think"), ("content", " 4"), ("tool:0", '{"path":"ä.py"}')]


def test_an_export_gives_the_texts_in_their_order(tmp_path: Path) -> None:
    (one,) = import_file(export(tmp_path / "export.json", *PARTS))
    assert said(one) == SAID
    assert one.name == MSG
    assert (one.hop, one.fidelity) == ("storage", ("none", "ends"))
    assert one.end is not None
    assert (one.end.reason, one.end.at) == ("eof", 4.0)
    assert one.about["model"] == "glm-4.7-flash"
    assert one.about["tools"] == [{"index": 0, "name": "read", "id": "call_1", "status": "completed"}]
    assert one.remarks == ()


@pytest.mark.parametrize("place", ["", "storage"])
def test_the_json_tree_gives_the_same(tmp_path: Path, place: str) -> None:
    (one,) = import_file(tree(tmp_path, *PARTS) / place)
    assert (one.name, said(one)) == (MSG, SAID)
    assert one.about["client"] == "opencode 1.1.35"
    assert one.about["session"] == SES


def test_rows_that_are_in_the_wal_alone_are_read(tmp_path: Path) -> None:
    with database(tmp_path / "opencode.db", *PARTS):
        assert (tmp_path / "opencode.db-wal").stat().st_size > 0
        (one,) = import_file(tmp_path / "opencode.db")
        assert (one.name, said(one)) == (MSG, SAID)
        assert one.about["client"] == "opencode 1.2.3"
        (other,) = import_file(tmp_path)
        assert said(other) == SAID


def test_a_writer_in_the_middle_of_a_transaction_is_not_waited_for(tmp_path: Path) -> None:
    with database(tmp_path / "opencode.db", *PARTS) as connection:
        connection.execute("begin immediate")
        connection.execute("update part set data = '{}'")
        (one,) = import_file(tmp_path / "opencode.db")
        assert said(one) == SAID


def test_a_database_in_another_journal_mode_and_without_columns_is_read(tmp_path: Path) -> None:
    with database(tmp_path / "opencode.db", *PARTS, columns="", wal=False):
        pass
    (one,) = import_file(tmp_path / "opencode.db")
    assert said(one) == SAID
    assert one.about["client"] == "opencode"


def test_messages_of_the_newer_model_are_read(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "opencode.db")
    connection.execute("create table session_message (id text, session_id text, type text, data text)")
    content = [
        {"type": "reasoning", "text": "hm"},
        {"type": "text", "text": "4"},
        {"type": "tool", "id": "c", "name": "ls", "state": {"status": "pending", "input": '{"a'}},
    ]
    value = {
        "content": content,
        "model": {"id": "m", "providerID": "p"},
        "finish": "stop",
        "time": {"created": 1, "completed": 2},
    }
    connection.execute("insert into session_message values ('msg_1', ?, 'assistant', ?)", (SES, json.dumps(value)))
    connection.commit()
    connection.close()
    (one,) = import_file(tmp_path / "opencode.db")
    assert said(one) == [("reasoning", "hm"), ("content", "4"), ("tool:0", '{"a')]
    assert any("is pending" in remark for remark in one.remarks)


def test_nothing_of_the_source_is_changed(tmp_path: Path) -> None:
    root = tmp_path / "data"
    tree(root, *PARTS)
    export(root / "export.json", *PARTS)
    with database(root / "opencode.db", *PARTS):
        before = fingerprint(root)
        for path in (root, root / "storage", root / "export.json", root / "opencode.db"):
            for one in import_file(path):
                write_capture(one, tmp_path / "out", modified=Source(path).modified)
        assert fingerprint(root) == before


def test_of_both_stores_the_database_is_read_and_said(tmp_path: Path) -> None:
    tree(tmp_path, *PARTS)
    with database(tmp_path / "opencode.db", *PARTS[:2]):
        source = Source(tmp_path)
        importer = importer_of(source)
        assert importer is not None
        (one,) = importer.import_from(source)
        assert said(one) == SAID[:1]
        assert "a database and a JSON tree" in source.remarks[0]


def test_only_the_session_that_was_asked_for_is_read(tmp_path: Path) -> None:
    tree(tmp_path / "a", *PARTS)
    export(tmp_path / "b.json", *PARTS)
    with database(tmp_path / "opencode.db", *PARTS):
        for path in (tmp_path / "a", tmp_path / "b.json", tmp_path / "opencode.db"):
            assert len(import_file(path, session=SES)) == 1
            assert import_file(path, session="ses_other") == []


# ---------------------------------------------------------------------- what is not whole
def test_a_half_written_part_is_a_remark_and_no_text(tmp_path: Path) -> None:
    tree(tmp_path, *PARTS)
    half = tmp_path / "storage" / "part" / MSG / "prt_002.json"
    half.write_bytes(half.read_bytes()[:-9])
    (one,) = import_file(tmp_path)
    assert said(one) == [SAID[0], SAID[2]]
    assert any("prt_002 is not whole JSON" in remark for remark in one.remarks)


def test_a_half_written_message_is_a_remark(tmp_path: Path) -> None:
    tree(tmp_path, *PARTS)
    (tmp_path / "storage" / "message" / SES / f"{MSG}.json").write_text('{"role": "assis')
    source = Source(tmp_path)
    importer = importer_of(source)
    assert importer is not None
    assert list(importer.import_from(source)) == []
    assert "not whole JSON" in source.remarks[0]


def test_half_an_export_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "export.json", *PARTS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(sc.CaptureError, match="still being written"):
        import_file(path)


def test_what_a_failed_attempt_left_is_kept_and_told(tmp_path: Path) -> None:
    (one,) = import_file(export(tmp_path / "e.json", START, text("The ans", end=False), START, text("The answer"), FINISH))
    assert said(one) == [("content", "The ans"), ("content", "The answer")]
    assert any("failed attempt" in remark for remark in one.remarks)
    assert any("has no end" in remark for remark in one.remarks)


def test_several_steps_of_one_message_are_several_responses(tmp_path: Path) -> None:
    one, two = import_file(export(tmp_path / "e.json", START, text("a"), FINISH, START, text("b"), FINISH))
    assert (said(one), said(two)) == ([("content", "a")], [("content", "b")])
    assert (one.name, two.name) == (f"{MSG}#1", f"{MSG}#2")


def test_an_unflushed_part_an_aborted_tool_and_a_missing_end_are_told(tmp_path: Path) -> None:
    tool = {**TOOL, "state": {"status": "error", "input": {}, "error": "Tool execution aborted"}}
    message = assistant(time={"created": CREATED}, finish=None)
    (one,) = import_file(export(tmp_path / "e.json", START, text("", end=False), tool, message=message))
    assert one.end is None
    for told in ("never written", "was aborted", "not completed"):
        assert any(told in remark for remark in one.remarks)


def test_a_finish_reason_that_says_nothing_is_told(tmp_path: Path) -> None:
    message = assistant(finish="unknown")
    (one,) = import_file(export(tmp_path / "e.json", START, text("The"), message=message))
    assert any("ended early" in remark for remark in one.remarks)


def test_what_the_provider_refused_is_the_body_that_it_sent(tmp_path: Path) -> None:
    body = '{"error":{"code":"1310","message":"Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-03-06 14:19:54"}}'
    error = {"name": "APIError", "data": {"message": "x", "statusCode": 429, "responseBody": body}}
    (one,) = import_file(export(tmp_path / "e.json", message=assistant(error=error)))
    path, _ = write_capture(one, tmp_path / "out", modified=Source(tmp_path / "e.json").modified)
    report = sc.check(path)
    assert report.verdict == "refused"
    assert report.provider_error is not None
    assert report.provider_error.error_class == "quota-exhausted"


def test_an_aborted_message_ends_with_cancel(tmp_path: Path) -> None:
    message = assistant(error={"name": "MessageAbortedError", "data": {}})
    (one,) = import_file(export(tmp_path / "e.json", START, text("Th"), message=message))
    assert one.end is not None
    assert one.end.reason == "cancel"


# ---------------------------------------------------------------------- what is not opencode's
def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("create table message (id text, body text)")
    connection.commit()
    connection.close()
    with pytest.raises(sc.UsageError, match="no database of an opencode that is known"):
        import_file(tmp_path / "other.db")


@pytest.mark.parametrize("size", [16, 100, 5000])
def test_a_broken_database_is_refused(tmp_path: Path, size: int) -> None:
    with database(tmp_path / "opencode.db", *PARTS, wal=False):
        pass
    whole = (tmp_path / "opencode.db").read_bytes()
    (tmp_path / "opencode.db").write_bytes(whole[:size] + b"\xff" * 50)
    with pytest.raises((sc.CaptureError, sc.UsageError)):
        import_file(tmp_path / "opencode.db")


@pytest.mark.parametrize("document", ['{"info": {"id": "ses_1"}}', '{"info": {"id": "ses_1"}, "messages": 5}'])
def test_an_export_of_another_shape_is_refused(tmp_path: Path, document: str) -> None:
    (tmp_path / "e.json").write_text(document)
    with pytest.raises(sc.UsageError, match="no export of an opencode that is known"):
        import_file(tmp_path / "e.json")
