"""Who would have lost or changed what.

In:   a capture; the readers to ask, by default all of them.
Out:  Seen values; Difference values, against our own message; a Comparison, which also says who agrees with us and who is missing.
Rule: of a sound stream, an error is a difference as well; of a damaged one, an error is right and the lack of one is the difference. Texts
      are compared by code point and to the end. A body of two responses is compared with the first of them.
"""

__all__ = ("Comparison", "Difference", "compared_readers", "reader_differences", "readers")

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from streamcheck.capture.format import Capture
from streamcheck.capture.reader import CaptureReader
from streamcheck.checker import check
from streamcheck.errors import UsageError
from streamcheck.escape import escaped
from streamcheck.messages import Message
from streamcheck.prefixes import common_prefix
from streamcheck.reference_readers import Reader, Reading, Seen, Text, all_readers, reader_named
from streamcheck.verdicts import Report, Verdict
from streamcheck.wire.content import ContentDecoder
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.sniff import kind_of

Source = str | os.PathLike[str] | bytes | Capture

_NOT_INSTALLED = "not installed"
_AROUND = 20  # characters shown of a text on both sides of a difference


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a reader's view is not ours.

    kind:  "changed", "lost" or "added" text; "raised" on a sound stream; "silent" about a damaged one.
    chars: where the texts part, a half-open range of code points in our text of (choice, channel).
    ours, theirs: what stands there, some characters around it included.
    """

    reader: str
    kind: str
    message: str
    choice: int | None = None
    channel: str | None = None
    chars: tuple[int, int] | None = None
    ours: str | None = None
    theirs: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "reader": self.reader,
            "kind": self.kind,
            "message": self.message,
            "choice": self.choice,
            "channel": self.channel,
            "chars": list(self.chars) if self.chars is not None else None,
            "ours": self.ours,
            "theirs": self.theirs,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What all readers together make of one capture.

    damaged:  what we say of it: then to agree is to end with an error.
    agreeing: the readers without a difference. missing: those that would have been asked if they were installed.
    """

    damaged: bool
    differences: tuple[Difference, ...]
    agreeing: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def agreement(self) -> str:
        """Who agrees and who is missing, in one sentence."""
        missing = f"; not installed: {', '.join(self.missing)}" if self.missing else ""
        if not self.differences and not self.agreeing:
            return f"no reader that is installed is for such a stream{missing}"
        other = "other " if self.differences else ""
        does, they_do = ("ends", "end") if self.damaged else ("reads", "read")
        how = "with an error" if self.damaged else "it as it is"
        if not self.agreeing:
            return f"no {other}reader {does} {how}{missing}"
        count = len(self.agreeing)
        who = f"1 {other}reader {does}" if count == 1 else f"{count} {other}readers {they_do}"
        return f"{who} {how}: {', '.join(self.agreeing)}{missing}"


def readers(source: Source, *, names: Iterable[str] | None = None) -> tuple[Seen, ...]:
    """Return what each reader would have seen, by name; those that could not be asked say why.

    source: a capture with bytes. names: of the readers to ask; None for all.
    Raises UsageError for a name that does not exist or a capture without bytes, CaptureError for a file that cannot be read.
    """
    capture = _capture_of(source)
    dialect = check(capture).dialect
    return tuple(_seen_by(reader, capture, dialect) for reader in _chosen(names))


def reader_differences(source: Source, *, names: Iterable[str] | None = None) -> tuple[Difference, ...]:
    """Return in what each reader's view differs from our message, by reader. The arguments and exceptions are those of readers()."""
    return compared_readers(source, names=names).differences


def compared_readers(source: Source, *, names: Iterable[str] | None = None) -> Comparison:
    """Return who differs from our message, who agrees, who is missing. The arguments and exceptions are those of readers()."""
    capture = _capture_of(source)
    report = check(capture)
    found: list[Difference] = []
    agreeing: list[str] = []
    missing: list[str] = []
    for reader in _chosen(names):
        seen = _seen_by(reader, capture, report.dialect)
        if seen.absent == _NOT_INSTALLED:
            missing.append(reader.name)
        elif seen.absent is None:
            differences = _differences(seen, report)
            found += differences
            agreeing += [] if differences else [reader.name]
    return Comparison(_is_damaged(report), tuple(found), tuple(agreeing), tuple(missing))


def _chosen(names: Iterable[str] | None) -> tuple[Reader, ...]:
    return all_readers() if names is None else tuple(map(reader_named, names))


def _capture_of(source: Source) -> Capture:
    capture = source if isinstance(source, Capture) else CaptureReader(source).read()
    if capture.text_only:
        raise UsageError(f"{capture.path or 'the capture'} has text and no bytes (hop {capture.hop}): nobody can read it again")
    return capture


# ---------------------------------------------------------------------- one reader
def _seen_by(reader: Reader, capture: Capture, dialect: str) -> Seen:
    absent = _why_absent(reader, capture, dialect)
    if absent is not None:
        return Seen(reader.name, absent=absent)
    reading = Reading(capture, dialect)
    error = None
    try:
        reader.read(reading)
    except Exception as raised:  # noqa: BLE001  whatever a library raises is what its user gets
        error = escaped(f"{type(raised).__name__}: {raised}")[:300]
    return Seen(reader.name, reading.text, reading.events, error)


def _why_absent(reader: Reader, capture: Capture, dialect: str) -> str | None:
    if reader.reads and dialect not in reader.reads:
        return f"does not read {dialect}"
    kind = kind_of(_head_of(capture), final=True)
    if kind is None or kind.value not in reader.framings:
        return f"reads {' and '.join(reader.framings)}, and the body is {kind.value if kind is not None else 'unknown'}"
    if reader.package is not None and find_spec(reader.package) is None:
        return _NOT_INSTALLED
    return None


def _head_of(capture: Capture) -> bytes:
    """Return the first bytes of the body, its declared content coding undone."""
    headers = capture.response.headers if capture.response is not None else ()
    codings = ResponseHead(headers=headers).content_encodings
    head = b"".join(chunk.data for chunk in capture.chunks[:16])
    return ContentDecoder(codings).feed(head) if codings else head


# ---------------------------------------------------------------------- against our own
def _differences(seen: Seen, report: Report) -> list[Difference]:
    ours = _text_of(report.message)
    damaged = _is_damaged(report)
    found: list[Difference] = []
    for key in sorted({*ours, *seen.text}):
        theirs = seen.text.get(key, "")
        # What an error cut off is told by the error.
        if seen.error is None or not ours.get(key, "").startswith(theirs):
            found += _parting(seen.reader, key, ours.get(key, ""), theirs)
    if seen.error is not None and not damaged:
        found.append(Difference(seen.reader, "raised", f"{seen.reader} fails on a sound stream: {seen.error}"))
    if seen.error is None and damaged:
        message = f"{seen.reader} takes the answer without an error; it is {report.verdict.value}"
        found.append(Difference(seen.reader, "silent", message))
    return found


def _is_damaged(report: Report) -> bool:
    """Whether a reader that ends without an error misleads its application."""
    return report.verdict in (Verdict.CORRUPT, Verdict.INCOMPLETE, Verdict.REFUSED)


def _parting(reader: str, key: tuple[int, str], ours: str, theirs: str) -> list[Difference]:
    """Return the difference between two texts of one channel; [] for none."""
    if ours == theirs:
        return []
    start = common_prefix(ours, theirs)
    tail = min(common_prefix(ours[::-1], theirs[::-1]), len(ours) - start, len(theirs) - start)
    end, their_end = len(ours) - tail, len(theirs) - tail
    kind = "added" if end == start else "lost" if their_end == start else "changed"
    choice, channel = key
    words = {"added": their_end - start, "lost": end - start, "changed": end - start}
    return [
        Difference(
            reader,
            kind,
            f"{reader}: {words[kind]} characters of {channel} {kind} at {start}",
            choice=choice,
            channel=channel,
            chars=(start, end),
            ours=ours[max(0, start - _AROUND) : min(end, start + _AROUND) + _AROUND],
            theirs=theirs[max(0, start - _AROUND) : min(their_end, start + _AROUND) + _AROUND],
        )
    ]


def _text_of(message: Message) -> Text:
    text: Text = {}
    for choice in message.choices:
        said = {"reasoning": choice.reasoning, "content": choice.content, "refusal": choice.refusal}
        said.update((f"tool:{call.index}", call.arguments) for call in choice.tool_calls)
        text.update(((choice.index, channel), words) for channel, words in said.items() if words)
    return text
