"""What a store kept of one answer, collected part by part.

In:   texts and tool calls in their order, remarks, facts.
Out:  the deltas and the facts of a text-only Imported.
Rule: one delta a part. Tool calls are channels tool:0, tool:1 ... in their order; their names and ids stand in about["tools"].
"""

__all__ = ("Spoken",)

from typing import Any

from streamcheck.capture.format import TextDelta
from streamcheck.importers._json import spelled


class Spoken:
    """An answer in the making."""

    def __init__(self) -> None:
        self.deltas: list[TextDelta] = []
        self.remarks: list[str] = []
        self.tools: list[dict[str, Any]] = []

    def say(self, channel: str, text: str) -> None:
        """Add a text; an empty one adds nothing."""
        if text:
            self.deltas.append(TextDelta(None, 0, channel, text))

    def call(self, name: str, id: str, arguments: Any, **facts: Any) -> None:
        """Add a tool call. arguments: the text that was sent, or the JSON value that the store made of it."""
        index = len(self.tools)
        self.tools.append({"index": index, "name": name or None, "id": id or None, **facts})
        self.say(f"tool:{index}", spelled(arguments))

    def about(self, **facts: Any) -> dict[str, Any]:
        """Return the facts that are known."""
        told = {**facts, "tools": self.tools or None}
        return {name: fact for name, fact in told.items() if fact not in (None, "", [], {})}
