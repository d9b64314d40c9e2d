"""The values that the layers hand upwards: deltas, and the message they add up to.

In:   nothing; these are plain values.
Out:  Delta, ToolCall, Choice, Message.
Rule: a text is the plain sum of its deltas: never de-duplicated, never repaired.
"""

__all__ = ("Choice", "Delta", "Message", "ToolCall")

from dataclasses import dataclass, field
from typing import Any

import msgspec


class Delta(msgspec.Struct, frozen=True, gc=False):
    """One increment of text on one channel of one choice.

    channel: "reasoning", "content", "refusal" or "tool:<n>" (the arguments of tool call n).
    event:   0-based index of the dispatched event that carried it.
    """

    choice: int
    channel: str
    text: str
    event: int


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call; `arguments` is the plain sum of its fragments and may be anything but JSON."""

    index: int
    id: str | None
    name: str | None
    arguments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of the answer (`n` > 1 gives several); most streams have only choice 0."""

    index: int
    reasoning: str = ""
    content: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "reasoning": self.reasoning,
            "content": self.content,
            "refusal": self.refusal,
            "tool_calls": [{"index": t.index, "id": t.id, "name": t.name, "arguments": t.arguments} for t in self.tool_calls],
            "finish_reason": self.finish_reason,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """What one response said, reassembled."""

    choices: tuple[Choice, ...] = ()
    id: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = field(default=None)

    @property
    def content(self) -> str:
        """The visible text of choice 0, "" when there is none."""
        return self.choices[0].content if self.choices else ""

    @property
    def reasoning(self) -> str:
        """The reasoning of choice 0, "" when there is none."""
        return self.choices[0].reasoning if self.choices else ""

    def to_dict(self) -> dict[str, Any]:
        return {"choices": [c.to_dict() for c in self.choices], "id": self.id, "model": self.model, "usage": self.usage}
