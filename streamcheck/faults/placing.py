"""Where a change of text, or of bytes, stands in the faulty body: what most faults have to say.

In:   a Body and what its deltas say now; or a faulty capture and a byte of it.
Out:  the changed capture, the offset map, and the fields of Truth that name the place.
Rule: the first bad byte is the first one that differs from the sound body, the first bad character likewise in its channel.
"""

__all__ = ("Place", "event_at", "misread_by", "retold")

from collections.abc import Mapping
from typing import Any

from streamcheck.capture.format import Capture
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import OffsetMap
from streamcheck.faults.truth import Made
from streamcheck.misreadings import Text, misreading_named, recorded
from streamcheck.misreadings.reference import events_of, payloads_of, text_of
from streamcheck.prefixes import common_prefix

Place = dict[str, Any]


def event_at(capture: Capture, offset: int) -> int | None:
    """Return the index of the dispatched event that the byte at `offset` is in, None between events and in an unfinished one."""
    for number, event in enumerate(events_of(recorded(capture).chunks, tail=False)):
        if event.start <= offset < event.end:
            return number
        if event.start > offset:
            break
    return None


def retold(
    body: Body, said: Mapping[int, str], *, written: Mapping[bytes, bytes] | None = None
) -> tuple[Capture, OffsetMap, Place]:
    """Return the capture in which delta `number` says `said[number]`, and the place of the first change.

    written: bytes of the new strings that are spelled differently from how a JSON writer would.
    """
    said = {number: text for number, text in said.items() if body.deltas[number].text != text}
    edits = body.text_edits(said)
    for old, new in (written or {}).items():
        edits = [edit._replace(new=edit.new.replace(old, new)) for edit in edits]
    capture, where = body.changed(edits)
    first = body.deltas[min(said)]
    start, end = first.literals[0]
    now = where.at(start)
    new = next(edit.new for edit in edits if edit.start == start)
    last = body.deltas[max(said)]
    last_start = last.literals[-1][0]
    last_new = next(edit.new for edit in edits if edit.start == last_start)
    byte = now + common_prefix(new, body.raw[start:end])
    return (
        capture,
        where,
        {
            "first_bad_byte": byte,
            "first_bad_event": first.event,
            "first_bad_char": first.char + common_prefix(said[first.number], first.text),
            "choice": first.choice,
            "channel": first.channel,
            "span": (byte, max(byte, where.at(last_start) + len(last_new) - 1)),
        },
    )


def misread_by(body: Body, name: str, before: Capture, fault: str, *, lossless: bool = False, **details: Any) -> Made:
    """Return what the misreading `name` makes of `before`. Raises UsageError when it makes nothing wrong of it."""
    given = recorded(before, dialect=body.dialect)
    true = text_of(payloads_of(given.chunks), dialect=body.dialect)
    text = misreading_named(name).read(given)
    if text == true:
        raise UsageError(f"{fault}: a reader of this kind reads this capture soundly; choose another place or another capture")
    return Made(
        body.downstream(text, hop="client"),
        {**_first_wrong(true, text), "lossless": lossless, "details": {"misreading": name, **details}},
        before=before,
        text=text,
    )


def _first_wrong(true: Text, text: Text) -> Place:
    """Return the first character that is wrong: of the first channel, as they were opened, that is not as it should be."""
    for key in [*true, *(key for key in text if key not in true)]:
        a, b = true.get(key, ""), text.get(key, "")
        if a != b:
            return {"choice": key[0], "channel": key[1], "first_bad_char": common_prefix(a, b)}
    return {}
