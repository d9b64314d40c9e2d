"""docs/recipes.md, read by its tests.

In:   the document.
Out:  Recipe values by heading; what a program printed, brought into the form of what the document shows.
Rule: a block that is not found fails the test that asks for it. Numbers and the names of captures are the only things in which
      the document may differ from what was printed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "recipes.md"
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTURE = re.compile(r"\d{8}T\d{6}\.\d{3}Z-[\w.-]+?-[0-9a-f]{8}\.capture\.jsonl")
_SHA256 = re.compile(r'"sha256":"(\.\.\.|[0-9a-f]{64})"')
_NUMBER = re.compile(r"\d[\d.:]*")


@dataclass(frozen=True)
class Recipe:
    """One section. blocks: (language, text) in the document's order."""

    name: str
    blocks: tuple[tuple[str, str], ...]

    def block(self, language: str, number: int = 0) -> str:
        """Return the block of that language and number, counted from 0."""
        return [text for of, text in self.blocks if of == language][number]

    def shown(self, number: int = 0) -> str:
        """Return an output that the document shows, in the form of form_of()."""
        return form_of(self.block("text", number))


def recipe(name: str) -> Recipe:
    """Return the section with this heading."""
    return RECIPES[name]


def form_of(output: str) -> str:
    """Return the output without what differs from run to run, and without blank lines at its end."""
    return _NUMBER.sub("#", _SHA256.sub('"sha256":"SHA256"', _CAPTURE.sub("NAME", output.rstrip("\n"))))


def _recipes() -> dict[str, Recipe]:
    _, *parts = _HEADING.split(DOCUMENT.read_text("utf-8"))
    return {
        name: Recipe(name, tuple((block[1], block[2]) for block in _BLOCK.finditer(section)))
        for name, section in zip(parts[::2], parts[1::2], strict=True)
    }


RECIPES = _recipes()
