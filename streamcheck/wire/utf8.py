"""Strict, incremental UTF-8.

In:   body bytes in order; borders may fall anywhere, also inside a character.
Out:  one Finding ("utf8/invalid") for each defect, with its exact bytes and the reason.
Rule: WHATWG Encoding, UTF-8 decode; well-formed sequences are Unicode table 3-7. The text that goes on has U+FFFD for each
      maximal subpart, which is what bytes.decode("utf-8", "replace") does.
Cost: one C call for an ASCII or valid chunk; keeps at most three bytes.
"""

__all__ = ("REASONS", "Utf8Validator")

from codecs import utf_8_decode

from streamcheck.findings import Finding, Severity
from streamcheck.spans import Span

REASONS = {
    "truncated": "a character is cut off",
    "overlong": "a character is written longer than it may be",
    "surrogate": "half of a UTF-16 pair is written as a character",
    "stray": "a byte that cannot stand here",
}


class Utf8Validator:
    """Finds the bytes of a body that are not UTF-8. The findings do not depend on how the body is cut."""

    __slots__ = ("held", "pos", "spans")

    def __init__(self) -> None:
        self.held = b""  # bytes whose judgement needs more: an unfinished character or an unfinished ill-formed one
        self.pos = 0  # body offset of the first held byte; a caller that skips ASCII chunks moves it on
        self.spans: list[Span] = []  # every defect so far, in order

    def feed(self, data: bytes) -> list[Finding]:
        """Return the defects that `data` proves."""
        if not self.held:
            if data.isascii():
                self.pos += len(data)
                return []
            try:
                used = utf_8_decode(data, "strict", False)[1]
            except UnicodeDecodeError:
                pass
            else:
                self.pos += used
                self.held = data[used:]
                return []
        return self._scan(self.held + data, final=False)

    def close(self) -> list[Finding]:
        """Return the defect of a body that ends inside a character."""
        return self._scan(self.held, final=True)

    def _scan(self, data: bytes, *, final: bool) -> list[Finding]:
        found: list[Finding] = []
        at = 0
        while True:
            try:
                at += utf_8_decode(data[at:], "strict", final)[1]
                break
            except UnicodeDecodeError as error:
                start = at + error.start
                end, reason = _defect(data, start, at + error.end)
                if end > len(data) and not final:
                    at = start  # its last bytes may come with the next chunk
                    break
                at = min(end, len(data))
                found.append(
                    self._finding(
                        data[start:at], self.pos + start, reason, cut=final and at == len(data) and reason == "truncated"
                    )
                )
        self.pos += at
        self.held = data[at:]
        return found

    def _finding(self, raw: bytes, start: int, reason: str, *, cut: bool) -> Finding:
        """cut: the body ends here. That proves a missing end, not a damaged byte."""
        span = Span(start, start + len(raw))
        self.spans.append(span)
        return Finding(
            "utf8/invalid",
            Severity.WARNING if cut else Severity.ERROR,
            f"not UTF-8 at byte {start}: {raw.hex(' ')}: {'the body ends inside a character' if cut else REASONS[reason]}",
            span=span,
            evidence={"reason": reason, "bytes": raw.hex(" "), "at_end": cut},
        )


def _defect(data: bytes, start: int, end: int) -> tuple[int, str]:
    """Return where the ill-formed sequence at `start` ends, and why it is ill-formed.

    The end may lie beyond `data`: then the sequence's own length is not known yet.
    """
    lead, second = data[start], data[start + 1] if start + 1 < len(data) else None
    if lead in (0xC0, 0xC1):
        return _whole(data, start, 2), "overlong"
    if second is not None and 0x80 <= second <= 0xBF:
        if (lead == 0xE0 and second < 0xA0) or (lead == 0xF0 and second < 0x90):
            return _whole(data, start, 3 if lead == 0xE0 else 4), "overlong"
        if lead == 0xED and second >= 0xA0:
            return _whole(data, start, 3), "surrogate"
    if lead < 0xC2 or lead > 0xF4 or (lead == 0xF4 and second is not None and 0x90 <= second <= 0xBF):
        return start + 1, "stray"
    return end, "truncated"


def _whole(data: bytes, start: int, length: int) -> int:
    """Return the end of a sequence of at most `length` bytes, counting its continuation bytes that are there."""
    end = start + 1
    while end < start + length and end < len(data) and 0x80 <= data[end] <= 0xBF:
        end += 1
    return end if end < len(data) or end == start + length else end + 1
