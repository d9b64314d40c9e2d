"""OpenAI Responses: the provider's own wire, and the servers and gateways that speak it.

In:   events named as their `type` ("response.output_text.delta" ...), numbered by `sequence_number`; or one whole response object.
Out:  content and refusal of the message items, reasoning (raw text and summaries) of the reasoning items, one tool call for each item
      that streams its input: functions and MCP tools (JSON), custom tools, code, shell commands and patches (free text).
Rule: response.created first; items opened, fed, closed; response.completed, .incomplete or .failed last. The deltas of a part add up to
      its done text, to its item's and to the last event's. Parts are told apart by output_index: Copilot rotates the ids.
      Legal and silent: no numbers at all, or numbers that never move; a first number other than 0, and no response.created (a resumed
      stream); several items open at once; done texts without deltas (they are taken over); `output` empty or shorter in the last event;
      pings after it; "[DONE]" (OpenRouter); `obfuscation`; an id of its own for every event. A note: an item that is never closed.
"""

__all__ = ("OpenAIResponses",)

from typing import Any, ClassVar

from streamcheck.assembly import Assembly
from streamcheck.findings import Severity
from streamcheck.segments import Segment

_Slot = int | str  # an item's output_index; its id where a server numbers every item alike
_Part = tuple[_Slot, str, int]  # of an item, the kind of text, its number

# kind of text -> channel. vLLM and older servers leave out `_text` or `_summary` in the event's name.
_CHANNELS = {"output_text": "content", "refusal": "refusal", "reasoning_text": "reasoning", "summary_text": "reasoning"}
_TEXT_DELTAS = {
    "response.output_text.delta": ("output_text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_text.delta": ("reasoning_text", "content_index"),
    "response.reasoning.delta": ("reasoning_text", "content_index"),
    "response.reasoning_summary_text.delta": ("summary_text", "summary_index"),
    "response.reasoning_summary.delta": ("summary_text", "summary_index"),
}
_TEXT_DONES = {
    "response.output_text.done": ("output_text", "content_index", "text"),
    "response.refusal.done": ("refusal", "content_index", "refusal"),
    "response.reasoning_text.done": ("reasoning_text", "content_index", "text"),
    "response.reasoning.done": ("reasoning_text", "content_index", "text"),
    "response.reasoning_summary_text.done": ("summary_text", "summary_index", "text"),
    "response.reasoning_summary.done": ("summary_text", "summary_index", "text"),
}
_PART_DONES = {
    "response.content_part.done": "content_index",
    "response.reasoning_part.done": "content_index",
    "response.reasoning_summary_part.done": "summary_index",
}
_TOOL_DELTAS = {
    "response.function_call_arguments.delta": "function_call",
    "response.mcp_call_arguments.delta": "mcp_call",
    "response.custom_tool_call_input.delta": "custom_tool_call",
    "response.code_interpreter_call_code.delta": "code_interpreter_call",
    "response.shell_call_command.delta": "shell_call",
    "response.apply_patch_call_operation_diff.delta": "apply_patch_call",
}
_TOOL_DONES = {
    "response.function_call_arguments.done": ("function_call", "arguments"),
    "response.mcp_call_arguments.done": ("mcp_call", "arguments"),
    "response.custom_tool_call_input.done": ("custom_tool_call", "input"),
    "response.code_interpreter_call_code.done": ("code_interpreter_call", "code"),
    "response.shell_call_command.done": ("shell_call", "command"),
    "response.apply_patch_call_operation_diff.done": ("apply_patch_call", "diff"),
}
# kind of item -> the field that holds the whole input, where it is a text, and whether it is JSON
_TOOLS = {
    "function_call": ("arguments", True),
    "mcp_call": ("arguments", True),
    "mcp_approval_request": ("arguments", True),
    "custom_tool_call": ("input", False),
    "code_interpreter_call": ("code", False),
    "shell_call": ("", False),
    "apply_patch_call": ("", False),
}
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


class _Item:
    """One output item of the present response."""

    __slots__ = ("closed", "id", "kind", "name", "resumed", "tool")

    def __init__(self, kind: str, id: str | None) -> None:
        self.kind = kind
        self.id = id
        self.name: str | None = None
        self.resumed = False  # its beginning was in an earlier body
        self.closed = False
        self.tool: int | None = None  # which tool call of the response it is


class _Answer:
    """What a response has shown so far; a second response in the same body has its own."""

    __slots__ = (
        "by_id",
        "done",
        "first_number",
        "id_events",
        "items",
        "mismatched",
        "reused",
        "rotates",
        "said",
        "started",
        "tools",
    )

    def __init__(self) -> None:
        self.started = False
        self.items: dict[_Slot, _Item] = {}
        self.by_id: dict[str, _Slot] = {}
        self.reused = False  # the server gives one output_index to several items
        self.rotates = False  # an item was closed under another id than it was opened with
        self.tools = 0
        self.done: set[_Part] = set()  # parts whose done text has come
        self.mismatched: set[tuple[_Slot, str]] = set()  # kinds of text of an item whose final text was found to differ
        self.first_number: int | None = None  # while the sequence numbers do not move
        self.id_events = 0  # events under the response's id
        self.said: set[str] = set()  # findings that are made once a response


class OpenAIResponses:
    """openai-responses."""

    name: ClassVar[str] = "openai-responses"

    def __init__(self) -> None:
        self._segment: Segment | None = None
        self._answers: dict[int, _Answer] = {}
        self._answer = _Answer()

    @staticmethod
    def sniff(event: str, value: Any) -> int:
        if type(value) is not dict:
            return 0
        kind = value.get("type")
        if type(kind) is str:
            if kind.startswith("response."):
                return 95
            if kind == "error":
                return 70 if type(value.get("sequence_number")) is int else 0
            return 0
        if event.startswith("response."):
            return 80
        return 90 if value.get("object") == "response" and ("output" in value or "status" in value) else 0

    def feed(self, event: str, value: Any, out: Assembly) -> None:
        if type(value) is not dict:
            return
        kind = value.get("type")
        if type(kind) is not str:
            kind = event
        response = value.get("response")
        if type(response) is dict:
            self._identity(kind, response, out)
        if out.now is not self._segment:
            self._switch(out)
        number = value.get("sequence_number")
        if type(number) is int:
            self._sequence(number, out)
        if (text := _TEXT_DELTAS.get(kind)) is not None:
            self._text_delta(text, value, out)
        elif (tool := _TOOL_DELTAS.get(kind)) is not None:
            self._tool_delta(tool, value, out)
        elif kind.startswith("response."):
            self._event(kind, value, out)
        elif kind in ("error", "keepalive", "ping"):
            if kind == "error" or value.get("error"):
                out.error(value)
        elif value.get("object") == "response":
            self._whole(value, out)
        elif value.get("error") or value.get("success") is False or event == "error":
            out.error(value)

    def _switch(self, out: Assembly) -> None:
        """Go to the state of the response that is now the present one."""
        self._segment = out.now
        self._answer = self._answers.setdefault(out.now.number, _Answer())

    def _once(self, key: str) -> bool:
        said = self._answer.said
        if key in said:
            return False
        said.add(key)
        return True

    # ------------------------------------------------------------------ identity and order
    def _identity(self, kind: str, response: dict[str, Any], out: Assembly) -> None:
        id, model, created = response.get("id"), response.get("model"), response.get("created_at")
        id = id if type(id) is str and id else None
        model = model if type(model) is str else None
        if out.now is not self._segment:
            self._switch(out)
        last = out.now.id
        if kind != "response.created":
            if id and last and id != last and self._answer.id_events > 1 and all(s.id != id for s in out.segments):
                # Text deltas carry no id, so this event may as well end the present response: only its own texts can tell.
                if self._once("id"):
                    out.find(
                        "order/identity-change",
                        f"the response's id changes from {last!r} to {id!r}",
                        severity=Severity.NOTE if self._answer.rotates else None,
                        evidence={"ids": [last, id]},
                    )
                return
            if id:
                out.identity(id)
                self._answer.id_events = self._answer.id_events + 1 if id == last else 1
            out.now.model = out.now.model or model  # the last event may tell the model behind an alias
            return
        before = out.now
        out.identity(id, created=created if type(created) in (int, float) else None, model=model, starts=True)
        if out.now is not before:
            self._switch(out)
        elif self._answer.started:
            out.opened_again("response.created", last, id)
            self._answer = self._answers[before.number] = _Answer()
            before.sequence = None
        self._answer.started = True
        self._answer.id_events = 1

    def _sequence(self, number: int, out: Assembly) -> None:
        """Hold the numbers to go up by one, unless the server writes the same one everywhere."""
        if number < 0:
            return
        answer = self._answer
        if answer.first_number is not None:
            if number == answer.first_number:
                return
            answer.first_number = None
        elif out.now.sequence is None:
            answer.first_number = number
            if number > 0 and not answer.started:
                out.find(
                    "order/sequence-gap",
                    f"the stream begins with number {number}: it goes on with an earlier one, or its beginning is missing",
                    severity=Severity.NOTE,
                    evidence={"number": number},
                )
        out.sequence(number)

    def _event(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        """An event of the response that is not a delta."""
        ended = out.now.ended
        if ended is not None and kind not in self._answer.said and self._once("after"):
            out.find("order/after-terminal", f"{kind} comes after the response's end", evidence={"ended_at_event": ended})
        if (text := _TEXT_DONES.get(kind)) is not None:
            self._text_done(*text, value, out)
        elif (index := _PART_DONES.get(kind)) is not None:
            self._part_done(index, value, out)
        elif (tool := _TOOL_DONES.get(kind)) is not None:
            self._tool_done(*tool, value, out)
        elif kind == "response.output_item.added":
            self._item_added(value, out)
        elif kind == "response.output_item.done":
            self._item_done(value, out)
        elif kind in _ENDS:
            self._end(kind, value, out)
        elif kind == "response.error":
            out.error(value)

    # ------------------------------------------------------------------ items
    def _slot(self, value: dict[str, Any]) -> _Slot | None:
        """Return which item an event is about: by output_index, by the item's id where that says nothing."""
        answer = self._answer
        slot = value.get("output_index")
        if type(slot) is int and not answer.reused:
            return slot
        id = value.get("item_id")
        known = answer.by_id.get(id) if type(id) is str else None
        if known is not None:
            return known
        if type(slot) is int:
            return slot
        # Neither is known: the only item, if there is one only.
        return next(iter(answer.items)) if len(answer.items) == 1 else 0 if not answer.items else None

    def _item_added(self, value: dict[str, Any], out: Assembly) -> None:
        item = value.get("item")
        if type(item) is not dict:
            return
        answer = self._answer
        id, kind, index = item.get("id"), item.get("type"), value.get("output_index")
        id = id if type(id) is str and id else None
        slot: _Slot = index if type(index) is int else (id or len(answer.items))
        known = answer.items.get(slot)
        if known is not None:
            if id and id != known.id and id not in answer.by_id:
                answer.reused = True
                slot = id
                if self._once("reused"):
                    out.find(
                        "order/block-balance",
                        f"two items have output_index {index}: readers that go by it join them",
                        severity=Severity.NOTE,
                        evidence={"output_index": index, "ids": [known.id, id]},
                    )
            elif self._once(f"added {slot}"):
                state = "was closed" if known.closed else "is open"
                out.find("order/block-balance", f"output item {slot} is opened again; it {state}", evidence={"item": slot})
        new = answer.items[slot] = _Item(kind if type(kind) is str else "", id)
        if id:
            answer.by_id[id] = slot
        if new.kind in _TOOLS:
            self._open_tool(new, item, out)

    def _open_tool(self, item: _Item, fields: dict[str, Any], out: Assembly) -> int:
        """Make an item a tool call of the message."""
        number = item.tool = self._answer.tools
        self._answer.tools += 1
        id, name = fields.get("call_id") or fields.get("id") or fields.get("item_id"), fields.get("name")
        if type(name) is not str or not name:
            name = None if item.kind in ("function_call", "custom_tool_call", "mcp_call") else item.kind.removesuffix("_call")
        else:
            item.name = name
        is_json = _TOOLS.get(item.kind, ("", False))[1] and not item.resumed
        out.tool_call(0, number, id=id if type(id) is str and id else None, name=name, json=is_json)
        return number

    def _item_done(self, value: dict[str, Any], out: Assembly) -> None:
        item = value.get("item")
        if type(item) is not dict:
            return
        answer = self._answer
        id, kind = item.get("id"), item.get("type")
        slot = self._slot({"output_index": value.get("output_index"), "item_id": id})
        if slot is None:
            return
        known = answer.items.get(slot)
        if known is None:
            known = answer.items[slot] = _Item(kind if type(kind) is str else "", id if type(id) is str else None)
        elif known.closed and self._once(f"done {slot}"):
            out.find("order/block-balance", f"output item {slot} is closed and had been closed", evidence={"item": slot})
        elif known.kind and kind != known.kind and self._once(f"kind {slot}"):
            out.find(
                "order/block-balance",
                f"output item {slot} is opened as {known.kind!r} and closed as {str(kind)[:80]!r}",
                evidence={"item": slot, "kinds": [known.kind, str(kind)[:80]]},
            )
            return
        if known.id and type(id) is str and id != known.id:
            answer.rotates = True
        self._item_final(slot, known, item, out)
        known.closed = True

    # ------------------------------------------------------------------ deltas
    def _text_delta(self, text: tuple[str, str], value: dict[str, Any], out: Assembly) -> None:
        delta = value.get("delta")
        if type(delta) is not str or not delta:
            return
        kind, field = text
        slot = value.get("output_index")
        if type(slot) is not int or self._answer.reused:
            slot = self._slot(value)
            if slot is None:
                slot = -1
        number = value.get(field)
        part = (slot, kind, number if type(number) is int else 0)
        item = self._answer.items.get(slot)
        if item is None or item.closed or part in self._answer.done:
            self._not_open(part, item, out)
        out.delta(0, _CHANNELS[kind], delta, part=part)

    def _tool_delta(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        delta = value.get("delta")
        if type(delta) is not str or not delta:
            return
        slot = self._slot(value)
        if slot is None:
            slot = -1
        number = value.get("command_index")
        part = (slot, "input", number if type(number) is int else 0)
        item = self._answer.items.get(slot)
        if item is None or item.closed or part in self._answer.done:
            self._not_open(part, item, out)
        out.tool_call(0, self._tool_of(slot, kind, value, out), arguments=delta, part=part, json=_TOOLS[kind][1])

    def _tool_of(self, slot: _Slot, kind: str, value: dict[str, Any], out: Assembly) -> int:
        item = self._answer.items.get(slot)
        if item is None:
            item = self._answer.items[slot] = _Item(kind, None)
            item.resumed = not self._answer.started
        return self._open_tool(item, value, out) if item.tool is None else item.tool

    def _not_open(self, part: _Part, item: _Item | None, out: Assembly) -> None:
        """A delta for an item that was not opened, or for a part that is done."""
        if item is None:
            # A resumed stream begins in the middle of an item, and some servers open none.
            answer = self._answer
            if answer.started and any(i.kind for i in answer.items.values()) and self._once(f"unopened {part[0]}"):
                out.find(
                    "order/block-balance", f"a delta for output item {part[0]}, which was not opened", evidence={"item": part[0]}
                )
        elif self._once(f"closed {part}") and out.now.ended is None:
            what = f"output item {part[0]}" if item.closed else f"{part[1]} {part[2]} of output item {part[0]}"
            out.find(
                "order/after-terminal", f"a delta for {what} comes after its end", evidence={"item": part[0], "kind": part[1]}
            )

    # ------------------------------------------------------------------ final texts
    def _text_done(self, kind: str, field: str, name: str, value: dict[str, Any], out: Assembly) -> None:
        text, number = value.get(name), value.get(field)
        slot = self._slot(value)
        if slot is not None and type(text) is str:
            self._part_final((slot, kind, number if type(number) is int else 0), text, out)

    def _part_done(self, field: str, value: dict[str, Any], out: Assembly) -> None:
        part, number = value.get("part"), value.get(field)
        slot = self._slot(value)
        if type(part) is not dict or slot is None:
            return
        found = _text_of(part, "summary_text" if field == "summary_index" else "output_text")
        if found is not None:
            self._part_final((slot, found[0], number if type(number) is int else 0), found[1], out)

    def _tool_done(self, kind: str, name: str, value: dict[str, Any], out: Assembly) -> None:
        text, number = value.get(name), value.get("command_index")
        slot = self._slot(value)
        if slot is None or type(text) is not str:
            return
        self._tool_of(slot, kind, value, out)
        self._part_final((slot, "input", number if type(number) is int else 0), text, out)

    def _part_final(self, part: _Part, text: str, out: Assembly) -> None:
        """Hold that a part's final text is the sum of its deltas."""
        self._hold([part], text, out)
        self._answer.done.add(part)

    def _item_final(self, slot: _Slot, known: _Item, item: dict[str, Any], out: Assembly) -> None:
        """Hold an item, as its done event or the response's last one shows it, to what was streamed of it."""
        if (tool := _TOOLS.get(known.kind)) is not None:
            number = self._open_tool(known, item, out) if known.tool is None else known.tool
            name, text = item.get("name"), item.get(tool[0])
            if type(name) is str and name:
                self._hold_name(slot, known, name, number, out)
            if type(text) is str:
                self._hold(self._parts(slot, "input", out) or [(slot, "input", 0)], text, out)
            return
        streamed = {kind for kind in _CHANNELS if self._parts(slot, kind, out)}
        finals: dict[str, list[str]] = {}
        for field, usual in (
            ("summary", "summary_text"),
            ("content", "reasoning_text" if known.kind == "reasoning" else "output_text"),
        ):
            for found in _texts_of(item.get(field), usual):
                finals.setdefault(found[0], []).append(found[1])
        for kind, texts in finals.items():
            if kind in streamed:
                self._hold(self._parts(slot, kind, out), "".join(texts), out)
            elif not streamed:
                # Only where nothing of the item was streamed: some servers stream a reasoning as text and end it as summary.
                for number, text in enumerate(texts):
                    self._hold([(slot, kind, number)], text, out)

    def _hold_name(self, slot: _Slot, known: _Item, name: str, number: int, out: Assembly) -> None:
        """Hold that a call keeps the name it was opened with: under another name the arguments go to another function."""
        if known.name and name != known.name and self._once(f"name {slot}"):
            out.find(
                "order/done-mismatch",
                f"output item {slot} is opened as a call of {known.name[:80]!r} and closed as one of {name[:80]!r}",
                choice=0,
                channel=out.tool_call(0, number),
                evidence={"item": slot, "names": [known.name[:80], name[:80]]},
            )
        known.name = known.name or name
        out.tool_call(0, number, name=name)

    def _parts(self, slot: _Slot, kind: str, out: Assembly) -> list[_Part]:
        """Return the parts of an item that were streamed, in the order of their numbers."""
        found = [p for p in out.now.parts if type(p) is tuple and p[0] == slot and p[1] == kind]
        return sorted(found, key=lambda part: part[2])

    def _hold(self, parts: list[_Part], text: str, out: Assembly) -> None:
        """Hold that the deltas of `parts` add up to `text`; take it over where there were none; find a difference once an item."""
        slot, kind, _ = parts[0]
        total = "".join("".join(out.now.parts.get(part, ())) for part in parts)
        if total == text or (not self._answer.started and total and text.endswith(total)):
            return  # the deltas of a resumed stream are the end of the text
        item = self._answer.items.get(slot)
        channel = _CHANNELS.get(kind)
        if channel is None:
            if item is None or item.tool is None:
                return
            channel = out.tool_call(0, item.tool)
        if not total:
            out.snapshot(0, channel, text, part=parts[0])
        elif (slot, kind) not in self._answer.mismatched:
            self._answer.mismatched.add((slot, kind))
            self._differ(channel, total, text, out)

    def _differ(self, channel: str, total: str, text: str, out: Assembly) -> None:
        first = next((i for i, (a, b) in enumerate(zip(total, text, strict=False)) if a != b), min(len(total), len(text)))
        out.find(
            "order/done-mismatch",
            f"the final {channel} has {len(text)} characters, its deltas add up to {len(total)}; they differ from character {first} on",
            severity=None if text else Severity.NOTE,  # a server that leaves the final text out has lost nothing
            choice=0,
            channel=channel,
            evidence={"delta_chars": len(total), "final_chars": len(text), "first_difference": first},
        )

    # ------------------------------------------------------------------ the end
    def _end(self, kind: str, value: dict[str, Any], out: Assembly) -> None:
        now = out.now
        if now.ended is not None and kind in self._answer.said:
            if self._once("end again"):
                out.find("order/duplicate-event", f"{kind} comes again", evidence={"ended_at_event": now.ended})
            return
        self._answer.said.add(kind)
        response = value.get("response")
        if type(response) is not dict:
            response = {}
        if now.ended is None and kind in ("response.completed", "response.incomplete"):
            self._output(response.get("output"), out)
        if kind == "response.completed":
            self._unclosed(out)
        self._state(kind.removeprefix("response."), response, value, out)
        out.terminal()

    def _unclosed(self, out: Assembly) -> None:
        unclosed = [slot for slot, item in self._answer.items.items() if not item.closed]
        if unclosed:
            out.find(
                "order/block-balance",
                f"the response is completed and its output item {unclosed[0]} was not closed",
                severity=Severity.NOTE,
                evidence={"items": [str(slot) for slot in unclosed[:16]]},
            )

    def _output(self, output: Any, out: Assembly) -> None:
        """Hold the whole answer at the end to the items that were streamed."""
        if type(output) is not list:
            return
        answer = self._answer
        items = [item for item in output if type(item) is dict]
        slots = (
            list(answer.items)
            if answer.reused
            else sorted(answer.items, key=str)
            if any(type(s) is str for s in answer.items)
            else sorted(answer.items)
        )
        alike = [answer.items[slot].kind for slot in slots] == [item.get("type") for item in items]
        for number, item in enumerate(items):
            id, kind = item.get("id"), item.get("type")
            slot = answer.by_id.get(id) if type(id) is str else None
            if slot is None and alike:
                slot = slots[number]
            if slot is None and not slots:  # nothing was streamed: the answer comes whole
                slot = number
            known = answer.items.get(slot) if slot is not None else None
            if slot is None or (known is None and slots):
                continue
            self._item_final(
                slot, known or answer.items.setdefault(slot, _Item(kind if type(kind) is str else "", None)), item, out
            )
            if not slots:
                answer.items[slot].closed = True

    def _state(self, state: str, response: dict[str, Any], value: dict[str, Any], out: Assembly) -> None:
        """Say how the response ended."""
        out.usage(response.get("usage"))
        error = response.get("error")
        if state == "failed" or error:
            out.error({"error": error} if type(error) is dict else value)
        if state == "incomplete":
            details = response.get("incomplete_details")
            reason = details.get("reason") if type(details) is dict else None
            out.finish(0, reason if type(reason) is str and reason else state)
        elif state in ("completed", "cancelled"):
            out.finish(0, state)

    def _whole(self, value: dict[str, Any], out: Assembly) -> None:
        """A plain JSON answer."""
        self._identity("", value, out)
        if out.now is not self._segment:
            self._switch(out)
        if out.now.channels or out.now.ended is not None or self._answer.started:
            return
        out.now.whole = True
        self._answer.started = True
        self._output(value.get("output"), out)
        state = value.get("status")
        self._state(state if type(state) is str else "", value, value, out)

    def text_event(self, text: str, out: Assembly) -> bool:
        return text.startswith("[DONE]")

    def close(self, out: Assembly) -> None:
        now = out.now
        if not now.whole and now.ended is None:
            out.missing_terminal("response.completed")


def _text_of(part: dict[str, Any], usual: str) -> tuple[str, str] | None:
    """Return the kind and the text of a content part; `usual` where the part does not name a kind that we know."""
    kind = part.get("type")
    kind = kind if type(kind) is str and kind != "text" else usual
    text = part.get("refusal" if kind == "refusal" else "text")
    return (kind, text) if type(text) is str and kind in _CHANNELS else None


def _texts_of(parts: Any, usual: str) -> list[tuple[str, str]]:
    """Return the texts of a list of content parts; Z.ai sends a lone part, some servers a lone string."""
    if type(parts) is str:
        return [(usual, parts)]
    if type(parts) is dict:
        parts = [parts]
    if type(parts) is not list:
        return []
    return [found for part in parts if type(part) is dict and (found := _text_of(part, usual)) is not None]
