"""Versions of the capture format."""

import pytest

from streamcheck.capture import migrate
from streamcheck.capture.migrate import migrated, version_of
from streamcheck.capture.reader import CaptureReader
from streamcheck.errors import CaptureError


def test_todays_format_is_taken_as_it_is() -> None:
    assert migrated([{"streamcheck_capture": 1}, [0, "text", "x"]], version_of({"streamcheck_capture": 1})) == [
        {"streamcheck_capture": 1},
        [0, "text", "x"],
    ]


def test_a_newer_format_asks_for_an_update() -> None:
    with pytest.raises(CaptureError, match=r"a\.jsonl:1:2: capture format 2 was made by a newer streamcheck .* please update"):
        CaptureReader(b'{"streamcheck_capture":2}\n', name="a.jsonl")


@pytest.mark.parametrize("version", ['"1"', "1.0", "true", "0", "-1", "null", "[]"])
def test_a_version_that_nobody_wrote_is_refused(version: str) -> None:
    with pytest.raises(CaptureError, match="expected a whole number"):
        CaptureReader(b'{"streamcheck_capture":%s}\n' % version.encode())


def test_an_old_file_goes_through_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "FORMAT", 3)
    monkeypatch.setitem(migrate.MIGRATIONS, 1, lambda lines: [*lines, "one"])
    monkeypatch.setitem(migrate.MIGRATIONS, 2, lambda lines: [*lines, "two"])
    assert migrated([{}], 1) == [{}, "one", "two"]
