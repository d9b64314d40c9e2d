"""One response as it grows: its channels of text, its tool calls, how it ended.

In:   appends by assembly.py.
Out:  Segment, Channel and Tool; a Message at any time.
Rule: a text is the plain sum of its pieces. Nothing of one response is ever shared with another one in the same body.
Cost: per delta two appends; a character is traced to delta and event only when a finding asks for it.
"""

__all__ = ("CHECK_EVERY", "Channel", "Segment", "Tool")

from array import array
from bisect import bisect_right
from collections.abc import Hashable
from typing import Any

import msgspec

from streamcheck.messages import Choice, Message, ToolCall

CHECK_EVERY = 128  # characters: the block of the text checks


class Channel:
    """The text of one channel of one choice, in pieces, and which event each piece came from."""

    __slots__ = ("chars", "checked", "choice", "ends", "events", "name", "next_check", "pieces", "segment", "unchecked")

    def __init__(self, segment: int, choice: int, name: str) -> None:
        self.segment = segment
        self.choice = choice
        self.name = name
        self.pieces: list[str] = []
        self.events = array("q")
        self.ends = array("q")  # of the pieces, in characters
        self.chars = 0
        self.checked = 0  # pieces that the text checks have taken
        self.unchecked = ""  # the end of those pieces that is not a whole block yet
        self.next_check = CHECK_EVERY  # the length past which they look again

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def take_blocks(self) -> str:
        """Return the whole blocks that the text checks have not seen; the character after them is there, so they are final."""
        text = self.unchecked + "".join(self.pieces[self.checked :])
        self.checked = len(self.pieces)
        whole = (len(text) - 1) // CHECK_EVERY * CHECK_EVERY
        self.unchecked = text[whole:]
        self.next_check = (self.chars - 1) // CHECK_EVERY * CHECK_EVERY + CHECK_EVERY
        return text[:whole]

    def take_rest(self) -> str:
        """Return all that the text checks have not seen."""
        text = self.unchecked + "".join(self.pieces[self.checked :])
        self.checked, self.unchecked = len(self.pieces), ""
        return text

    def heal(self, whole: str) -> None:
        """Replace the last character, half of a surrogate pair, by the whole one."""
        self.pieces[-1] = self.pieces[-1][:-1] + whole
        if self.unchecked and self.checked == len(self.pieces):
            self.unchecked = self.unchecked[:-1] + whole

    def events_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the first and the last event that carried characters [start, end)."""
        ends, last = self.ends, len(self.ends) - 1
        first = min(bisect_right(ends, start), last)
        return self.events[first], self.events[max(first, min(bisect_right(ends, max(start, end - 1)), last))]


class Tool(msgspec.Struct):
    """One tool call as it grows. number: the how-many-th of its choice; index: what the wire calls it."""

    choice: int
    number: int
    index: int
    id: str | None
    name: str
    event: int
    json: bool  # False where the dialect's tools take free text

    @property
    def channel(self) -> str:
        return f"tool:{self.number}"


class Segment:
    """One response: everything that must not be shared with another response in the same body."""

    def __init__(self, number: int, event: int) -> None:
        self.number = number
        self.first_event = event
        self.id: str | None = None
        self.created: float | None = None
        self.model: str | None = None
        self.usage: dict[str, Any] | None = None
        self.channels: dict[tuple[int, str], Channel] = {}
        self.tools: list[Tool] = []
        self.tools_by_id: dict[tuple[int, str], Tool] = {}
        self.tools_by_index: dict[
            tuple[int, int | None], Tool
        ] = {}  # the latest of each (choice, index); under None of each choice
        self.finish_reasons: dict[int, str] = {}
        self.finish_events: dict[int, int] = {}  # where they stood
        self.ended: int | None = None  # event of the terminal marker
        self.over = False  # the terminal marker or a finish reason was seen
        self.error: int | None = None  # event of a provider's error
        self.sequence: int | None = None
        self.open_blocks: dict[Hashable, str] = {}
        self.parts: dict[Hashable, list[str]] = {}
        self.whole = False  # a plain JSON answer, not a stream

    def text(self, choice: int, channel: str) -> str:
        found = self.channels.get((choice, channel))
        return found.text if found else ""

    def thinks_apart(self, choice: int) -> bool:
        """Whether reasoning came in a channel of its own."""
        return (choice, "reasoning") in self.channels

    @property
    def chars(self) -> int:
        """Characters over all channels."""
        return sum(channel.chars for channel in self.channels.values())

    @property
    def spoke(self) -> bool:
        """Whether this response has said anything that a new first event would cut off."""
        return bool(self.ended is not None or self.finish_reasons or self.tools or self.chars)

    def message(self) -> Message:
        """Return what this response has said so far."""
        numbers = {choice for choice, _ in self.channels} | {t.choice for t in self.tools} | set(self.finish_reasons)
        choices = tuple(
            Choice(
                index=n,
                reasoning=self.text(n, "reasoning"),
                content=self.text(n, "content"),
                refusal=self.text(n, "refusal"),
                tool_calls=tuple(
                    ToolCall(t.index, t.id, t.name or None, self.text(n, t.channel)) for t in self.tools if t.choice == n
                ),
                finish_reason=self.finish_reasons.get(n),
            )
            for n in sorted(numbers)
        )
        return Message(choices, self.id, self.model, self.usage)
