"""docs/tutorial.md says what the commands print, and what it claims of the recordings is so."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import streamcheck as sc
from streamcheck.capture.format import Capture
from streamcheck.capture.key_shapes import find_secrets
from streamcheck.faults import inject
from streamcheck.importers import import_file, write_capture
from streamcheck.importers.opencode import Opencode
from tests.tutorial.document import CAPTURES, DOCUMENT, Block, blocks, played

BLOCKS = blocks(DOCUMENT.read_text("utf-8"))
GARBLED, GOOD = "20260125T163453.480Z", "20260125T170050.470Z"  # when opencode made the two messages


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Block, str]]:
    return played(DOCUMENT.read_text("utf-8"), tmp_path_factory.mktemp("tutorial"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return what opencode kept, imported, by the beginning of the file's name."""
    folder = tmp_path_factory.mktemp("stored")
    for imported in import_file(CAPTURES / "opencode"):
        assert imported.started is not None
        write_capture(imported, folder, modified=imported.started)
    return {path.name.partition("-")[0]: path for path in folder.iterdir()}


def path_of(name: str) -> Path:
    return CAPTURES / f"{name}.capture.jsonl"


def capture_of(name: str) -> Capture:
    return sc.CaptureReader(path_of(name)).read()


def arrivals(capture: Capture) -> list[datetime]:
    """Return when each byte of the body came."""
    assert capture.started is not None
    began = datetime.fromisoformat(capture.started)
    return [began + timedelta(seconds=chunk.at or 0.0) for chunk in capture.chunks for _ in chunk.data]


def located(*hops: tuple[str, Any]) -> dict[str, Any]:
    return sc.locate(list(hops)).to_dict()


# ---------------------------------------------------------------------- the document
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_commands_print_what_the_document_shows(printed: list[tuple[Block, str]], number: int) -> None:
    block, output = printed[number]
    if output != block.shown:
        lines = difflib.unified_diff(block.shown.splitlines(), output.splitlines(), "the document", "the terminal", lineterm="")
        hint = "if that is right, run `python -m tests.tutorial.document` and read what it changes"
        pytest.fail("\n".join([block.commands, *lines, "", "what is printed now:", "", output, hint]), pytrace=False)


def test_every_block_is_run_or_is_the_output_of_one() -> None:
    fences = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("```")]
    assert fences.count("```sh") == len(BLOCKS)
    assert fences.count("```text") == sum(bool(block.shown) for block in BLOCKS)
    assert set(fences) == {"```sh", "```text", "```"}


def test_links_of_the_document_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)", DOCUMENT.read_text("utf-8"))
    assert targets
    assert [target for target in targets if not (DOCUMENT.parent / target).exists()] == []


# ---------------------------------------------------------------------- its claims
def test_the_garbled_answer_was_garbled_upstream_of_all_taps(stored: Mapping[str, Path]) -> None:
    location = located(
        ("before-vpn", path_of("garbled-before-vpn")),
        ("after-vpn", path_of("garbled-after-vpn")),
        ("storage", stored[GARBLED]),
        ("curl", path_of("curl")),
    )
    assert location["between"] == [None, "before-vpn"]
    assert location["basis"] == "same-response"
    assert (location["origin"]["layer"], location["origin"]["confidence"]) == ("generation", "likely")
    assert [hop["same_as_previous"] for hop in location["hops"]] == [None, True, True, None]
    assert [hop["verdict"] for hop in location["hops"]] == ["degenerate", "degenerate", "degenerate", "clean"]
    assert "after-vpn and storage had the same and are cleared" in location["explanation"]
    assert "curl is another response, to another request" in location["explanation"]


def test_nothing_is_wrong_with_the_good_answer(stored: Mapping[str, Path]) -> None:
    location = located(
        ("before-vpn", path_of("good-before-vpn")), ("after-vpn", path_of("good-after-vpn")), ("storage", stored[GOOD])
    )
    assert location["between"] is None
    assert location["origin"] is None
    assert [hop["same_as_previous"] for hop in location["hops"]] == [None, True, True]


@pytest.mark.parametrize(("name", "missing"), [("garbled", 3), ("good", 3)])
def test_the_store_lacks_the_blanks_at_the_ends_of_parts_and_nothing_else(
    stored: Mapping[str, Path], name: str, missing: int
) -> None:
    wire = sc.check(path_of(f"{name}-after-vpn")).message.choices[0]
    kept = sc.check(stored[GARBLED if name == "garbled" else GOOD]).message.choices[0]
    assert (kept.reasoning, kept.content) == (wire.reasoning.rstrip(), wire.content.rstrip())
    assert len(wire.reasoning + wire.content) - len(kept.reasoning + kept.content) == missing


@pytest.mark.parametrize("name", ["garbled", "good"])
def test_both_taps_have_the_same_bytes_in_other_reads(name: str) -> None:
    before, after = capture_of(f"{name}-before-vpn"), capture_of(f"{name}-after-vpn")
    assert before.body == after.body
    assert [chunk.data for chunk in before.chunks] != [chunk.data for chunk in after.chunks]
    for capture in (before, after):
        assert any(0x80 <= chunk.data[0] < 0xC0 for chunk in capture.chunks)  # a read begins inside a character


@pytest.mark.parametrize("name", ["garbled", "good"])
def test_every_byte_is_behind_the_tunnel_later_than_before_it(name: str) -> None:
    sent, came = (arrivals(capture_of(f"{name}-{tap}")) for tap in ("before-vpn", "after-vpn"))
    assert all(earlier < later for earlier, later in zip(sent, came, strict=True))


def test_the_taps_saw_one_request_and_curl_made_another() -> None:
    requests = [capture_of(name).request for name in ("garbled-before-vpn", "garbled-after-vpn", "curl")]
    before, after, curl = [request for request in requests if request is not None]
    assert before.body_sha256 == after.body_sha256 != curl.body_sha256
    assert dict(before.headers)["content-length"] == "39993"
    assert dict(curl.headers)["content-length"] == "93"


@pytest.mark.parametrize(
    ("variant", "hop", "layer"), [("proxy", "good-before-vpn", "transport"), ("client", "good-after-vpn", "client")]
)
def test_a_tunnel_or_an_agent_that_breaks_a_letter_is_named_and_proven(variant: str, hop: str, layer: str) -> None:
    up = capture_of(hop)
    down = inject(up, f"utf8-split-replaced/{variant}", at=0, seed=7).capture
    location = located(("up", up), ("down", down))
    assert location["between"] == ["up", "down"]
    assert (location["fault"], location["proof"]) == ("utf8-split-replaced", "reproduced")
    assert (location["origin"]["layer"], location["origin"]["confidence"]) == (layer, "proven")


def test_the_store_is_what_the_importer_knows_by_itself() -> None:
    assert Opencode().recognises(str(CAPTURES / "opencode"), b"")
    (first, *_) = import_file(CAPTURES / "opencode")
    assert first.about["client"] == "opencode 1.1.35"
    assert [imported.remarks for imported in import_file(CAPTURES / "opencode")] == [(), (), ()]


def test_no_file_of_the_case_holds_a_secret() -> None:
    files = [path for path in CAPTURES.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path.name for path in files if find_secrets(path.read_bytes())] == []
    assert b"the-writer-takes-this-out" not in b"".join(path.read_bytes() for path in files)
