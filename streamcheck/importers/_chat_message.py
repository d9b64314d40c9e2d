"""A reassembled chat message, as tracing services keep it.

In:   a message object of OpenAI's or Anthropic's shape, LangChain's, or a plain string.
Out:  its texts and tool calls in a Spoken.
Rule: what has no known shape says nothing; nothing raises.
"""

__all__ = ("take_message",)

from typing import Any

from streamcheck.importers._json import first, objects, text_at, value_at
from streamcheck.importers._spoken import Spoken

_REASONING = (("reasoning_content",), ("reasoning",), ("additional_kwargs", "reasoning_content"))


def take_message(spoken: Spoken, message: Any) -> None:
    """Add what a message says."""
    if isinstance(message, str):
        spoken.say("content", message)
        return
    spoken.say("reasoning", next((text for keys in _REASONING if (text := text_at(message, *keys))), ""))
    spoken.say("content", text_at(message, "content"))
    for block in objects(message, "content"):
        match block.get("type"):
            case "thinking" | "reasoning":
                spoken.say("reasoning", text_at(block, "thinking") or text_at(block, "reasoning") or text_at(block, "text"))
            case "tool_use":
                spoken.call(text_at(block, "name"), text_at(block, "id"), block.get("input"))
            case "text" | "output_text":
                spoken.say("content", text_at(block, "text"))
    spoken.say("refusal", text_at(message, "refusal"))
    calls = list(objects(message, "tool_calls")) or list(objects(message, "additional_kwargs", "tool_calls"))
    for call in calls:
        name = text_at(call, "function", "name") or text_at(call, "name")
        arguments = first(value_at(call, "function", "arguments"), call.get("args"), call.get("arguments"))
        spoken.call(name, text_at(call, "id"), arguments)
