"""The smallest capture that still shows the same finding.

In:   a capture; the code of one of its findings.
Out:  another capture: a subset of its events, their strings shortened, one chunk an event, with the recorded times. Its header line has
      "minimized", for it is no recording any more.
Rule: delta debugging (ddmin): what is taken out stays out for as long as the finding stays with its severity and reason, the verdict is the
      same, and there is no warning or error that the source did not have. Keys stay as they are, and so do ids and names of models: they
      tell whose response it is. The same finding need not have the same cause: where events depend on each other, taking one out can be
      a cause of its own.
      The source is only read. A declared content coding is undone, unless the finding is about it.
Cost: one check for each attempt, at most max_checks; a few hundred are usual.
"""

__all__ = ("Minimizer", "Progress", "minimize")

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

from streamcheck.capture.format import Capture, Chunk, End, TextDelta
from streamcheck.capture.reader import CaptureReader
from streamcheck.checker import check
from streamcheck.errors import UsageError, near_names
from streamcheck.findings import Finding, FindingLog, Severity
from streamcheck.verdicts import Report, Verdict
from streamcheck.wire.content import SNIFF_BYTES, ContentDecoder, sniff_encoding
from streamcheck.wire.head import ResponseHead
from streamcheck.wire.intake import Intake

Source = str | os.PathLike[str] | bytes | Capture
Part = tuple[Chunk, ...] | TextDelta  # what is kept or taken out as one: an event's pieces, a chunk, a delta

MAX_CHECKS = 2000  # a minute for a stream of usual length. guess
_SHORT = 16  # characters of a string that is not worth shortening. guess
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:\s*)?', re.DOTALL)  # with a colon behind it, it is a key
_IDENTITY = re.compile(r"^model$|(?:^|_)id$|I[dD]$")  # keys of what tells one response from another
_CHARACTER = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


class Progress(NamedTuple):
    """How far it is. parts: events (or chunks, or deltas) of the smallest capture so far. size: its bytes, or characters of deltas."""

    checks: int
    parts: int
    size: int


class Minimizer:
    """run() looks for a smaller capture until there is none, or the checks are used up; `best` is the smallest so far at any time.

    parts: as Progress.parts, of `best`; before: the same of the source. checks: attempts so far.
    """

    def __init__(
        self,
        source: Source,
        code: str,
        *,
        max_checks: int = MAX_CHECKS,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Raises UsageError when the capture has no such finding or max_checks is not positive, CaptureError when it cannot be read."""
        if max_checks < 1:
            raise UsageError(f"max_checks must be positive, not {max_checks!r}")
        self._capture = source if isinstance(source, Capture) else CaptureReader(source).read()
        self._wanted = _wanted(check(self._capture), code)
        self._max_checks = max_checks
        self._progress = progress or (lambda progress: None)
        self.checks = 0
        self.best = self._capture
        self._head = _bare(self._capture, code)
        self._parts = _parts_of(self._head)
        self.before = self.parts = len(self._parts)

    def run(self) -> Capture:
        """Return the smallest capture that was found. Ctrl-C is raised as it is: `best` is there then as well."""
        if not self._holds(self._parts):  # without its coding or its length it is another case: cut the wire's own chunks
            self._head = self._capture
            self._parts = [*((chunk,) for chunk in self._capture.chunks), *self._capture.deltas]
            self.before = self.parts = len(self._parts)
        self._reduce_parts()
        self._join_borders()
        self._shorten_strings()
        return self.best

    # ------------------------------------------------------------------ attempts
    def _holds(self, parts: Sequence[Part]) -> bool:
        """Try these parts; keep them when the finding is still there. False when the checks are used up, too."""
        if self.checks >= self._max_checks:
            return False
        self.checks += 1
        capture = _assembled(self._head, parts, {"code": self._wanted.kind[0], "of": self.before})
        held = self._wanted.holds(check(capture))
        if held:
            self.best, self._parts, self.parts = capture, list(parts), len(parts)
        self._progress(Progress(self.checks, self.parts, _size_of(self._parts)))
        return held

    def _reduce_parts(self) -> None:
        """ddmin: take out one of n slices, or all but one; finer when neither works."""
        slices = 2
        while len(self._parts) >= 2 and self.checks < self._max_checks:
            cuts = _slices(len(self._parts), slices)
            parts = self._parts
            if slices > 2 and any(self._holds(parts[start:end]) for start, end in cuts):
                slices = 2
            elif any(self._holds([*parts[:start], *parts[end:]]) for start, end in cuts):
                slices = max(slices - 1, 2)
            elif slices >= len(parts):
                return
            else:
                slices = min(len(parts), 2 * slices)

    def _join_borders(self) -> None:
        """Make one chunk of each part, where no finding hangs on how it was cut."""
        joined = [_joined(part) for part in self._parts]
        if joined != self._parts:
            self._holds(joined)

    def _shorten_strings(self) -> None:
        """Take pieces out of the JSON strings of each part, halves first."""
        for number in range(len(self._parts)):
            self._shorten(number)

    def _shorten(self, number: int) -> None:
        place = 0
        while (string := _string_from(_text_of(self._parts[number]), place)) is not None:
            place = self._shorten_string(number, *string) + 1

    def _shorten_string(self, number: int, start: int, end: int) -> int:
        """Take pieces out of the string between two quotes; return where its closing quote is then."""
        text = _text_of(self._parts[number])
        kept = _CHARACTER.findall(text[start:end])
        step = len(kept)
        while step >= max(1, _SHORT // 4):
            place = 0
            while place < len(kept) and self.checks < self._max_checks:
                fewer = kept[:place] + kept[place + step :]
                shorter = _respelled(self._parts[number], text[:start] + "".join(fewer) + text[end:])
                if shorter is not None and self._holds([*self._parts[:number], shorter, *self._parts[number + 1 :]]):
                    kept = fewer
                else:
                    place += step
            step //= 2
        return start + len("".join(kept))


def minimize(
    source: Source, code: str, *, max_checks: int = MAX_CHECKS, progress: Callable[[Progress], None] | None = None
) -> Capture:
    """Return the smallest capture found that has a finding of `code`, like the source's first one, and the source's verdict.

    max_checks: attempts, at most. progress: called after each of them.
    Raises UsageError when the source has no such finding, CaptureError when it cannot be read.
    """
    return Minimizer(source, code, max_checks=max_checks, progress=progress).run()


# ---------------------------------------------------------------------- the finding
class _Wanted(NamedTuple):
    """What the smaller capture has to show: a finding of `kind`, the source's verdict, and nothing loud that the source did not have."""

    kind: tuple[str, str, Any]
    verdict: Verdict
    loud: frozenset[tuple[str, str]]

    def holds(self, report: Report) -> bool:
        there = any(_kind_of(finding) == self.kind for finding in report.findings)
        return there and report.verdict is self.verdict and _loud(report) <= self.loud


def _loud(report: Report) -> frozenset[tuple[str, str]]:
    """Return the code and severity of each warning and error."""
    return frozenset((f.code, f.severity.value) for f in report.findings if f.severity is not Severity.NOTE)


def _kind_of(finding: Finding) -> tuple[str, str, Any]:
    """Return its code, severity and reason."""
    return finding.code, finding.severity.value, finding.evidence.get("reason")


def _wanted(report: Report, code: str) -> _Wanted:
    """Return what has to stay: the gravest finding of that code, the first of them."""
    if code.startswith("capture/"):
        raise UsageError(f"{code} is about the recording, not about the stream: there is nothing to take out of that")
    found = [finding for finding in report.findings if finding.code == code]
    if not found:
        codes = sorted({finding.code for finding in report.findings})
        there = near_names(code, codes) if codes else "; it has none at all"
        raise UsageError(f"{report.source} has no finding {code!r}{there}")
    return _Wanted(_kind_of(max(found, key=lambda finding: finding.severity.rank)), report.verdict, _loud(report))


# ---------------------------------------------------------------------- parts
def _bare(capture: Capture, code: str) -> Capture:
    """Return the capture with its content coding undone and no length announced; as it is where the finding is about these."""
    response = capture.response
    if response is None or code.startswith("http/"):
        return capture
    codings = ResponseHead(headers=response.headers).content_encodings
    chunks = capture.chunks
    if codings:
        decoder = ContentDecoder(codings)
        plain = [Chunk(chunk.at, decoder.feed(chunk.data)) for chunk in chunks]
        plain.append(Chunk(chunks[-1].at if chunks else None, decoder.close()))
        chunks = tuple(chunk for chunk in plain if chunk.data)
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in ("content-encoding", "content-length"))
    return replace(capture, response=replace(response, headers=kept), chunks=chunks)


def _parts_of(capture: Capture) -> list[Part]:
    """Return the events of a capture, comments before an event with it; its chunks where there are no events, and its deltas."""
    body = capture.body
    ends: list[int] = []
    if sniff_encoding(body[:SNIFF_BYTES]) is None:
        intake = Intake(FindingLog())
        ends = sorted({event.end for event in [*intake.feed(body), *intake.close()]})
    if not ends:
        return [*((chunk,) for chunk in capture.chunks), *capture.deltas]
    parts: list[Part] = []
    pieces: list[Chunk] = []
    position, borders = 0, iter([*ends, len(body) + 1])
    border = next(borders)
    for chunk in capture.chunks:
        data = chunk.data
        while position + len(data) >= border:
            head, data = data[: border - position], data[border - position :]
            parts.append((*pieces, *([Chunk(chunk.at, head)] if head else [])))
            pieces, position, border = [], border, next(borders)
        if data:
            pieces.append(Chunk(chunk.at, data))
            position += len(data)
    return [*parts, *([tuple(pieces)] if pieces else []), *capture.deltas]


def _assembled(head: Capture, parts: Iterable[Part], minimized: dict[str, Any]) -> Capture:
    """Return the capture of these parts; its header line says that it is no recording any more."""
    chunks: list[Chunk] = []
    deltas: list[TextDelta] = []
    for part in parts:
        if isinstance(part, TextDelta):
            deltas.append(part)
        else:
            chunks += part
    end = head.end
    if end is not None:
        body = b"".join(chunk.data for chunk in chunks)
        end = End(end.reason, len(body), hashlib.sha256(body).hexdigest(), error=end.error, at=end.at)
    header = {**head.header, "minimized": minimized}
    return replace(head, header=header, chunks=tuple(chunks), deltas=tuple(deltas), end=end, findings=(), extra=(), path=None)


def _joined(part: Part) -> Part:
    if isinstance(part, TextDelta) or len(part) < 2:
        return part
    return (Chunk(part[-1].at, b"".join(chunk.data for chunk in part)),)


def _size_of(parts: Iterable[Part]) -> int:
    return sum(len(p.text) if isinstance(p, TextDelta) else sum(len(chunk.data) for chunk in p) for p in parts)


def _slices(length: int, count: int) -> list[tuple[int, int]]:
    """Return `count` ranges, about equal, that make up range(length); the last ones first, for the end of a stream is rarely missed."""
    borders = [length * i // count for i in range(count + 1)]
    return [(start, end) for start, end in pairwise(borders) if start < end][::-1]


# ---------------------------------------------------------------------- strings
def _text_of(part: Part) -> str:
    """Return what can be shortened in a part, "" when it is no text."""
    if isinstance(part, TextDelta):
        return f'"{part.text}"' if '"' not in part.text and "\\" not in part.text else ""
    try:
        return b"".join(chunk.data for chunk in part).decode()
    except UnicodeDecodeError:
        return ""


def _string_from(text: str, place: int) -> tuple[int, int] | None:
    """Return the range between the quotes of the next string from `place` on that is worth shortening; no key is, and no id."""
    key, named_at = "", -1
    for found in _STRING.finditer(text, place):
        if found[2] is not None:
            key, named_at = found[1], found.end()
        elif len(found[1]) > _SHORT and not (found.start() == named_at and _IDENTITY.search(key)):
            return found.span(1)
    return None


def _respelled(part: Part, text: str) -> Part | None:
    """Return the part with another text; None where that cannot be spelled."""
    if isinstance(part, TextDelta):
        return TextDelta(part.at, part.choice, part.channel, text[1:-1])
    return (Chunk(part[-1].at, text.encode()),)
