from pathlib import Path

import pytest

from tests.recipes.document import DOCUMENT, RECIPES, form_of

TESTS = "".join(path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_of_the_document_is_run(name: str) -> None:
    assert f'recipe("{name}")' in TESTS


def test_no_block_is_without_a_language() -> None:
    fences = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("```")]
    assert all(line != "```" for line in fences[::2])
    assert all(line == "```" for line in fences[1::2])


def test_links_inside_the_document_lead_somewhere() -> None:
    anchors = {name.lower().replace(" ", "-").replace("'", "") for name in RECIPES}
    links = {part.partition(")")[0] for part in DOCUMENT.read_text("utf-8").split("](#")[1:]}
    assert links <= anchors


def test_only_numbers_and_names_of_captures_may_differ() -> None:
    name = "20261121T174536.125Z-api.z.ai-1f2e3d4c.capture.jsonl"
    assert form_of(f"clean  9 events, in 1.9 s  {name}") == form_of(f"clean  217 events, in 12 s  {name.replace('c.', 'd.')}")
    assert form_of("clean 9 events") != form_of("suspect 9 events")
