"""Readers that end a line where Unicode does, not where the standard does.

In:   the body.
Out:  events torn at a raw U+2028, U+2029, U+0085, VT, FF or FS to RS.
Rule: these stand unescaped in JSON strings legally (but for VT, FF and FS to RS); a torn event is no JSON, and its rest is no field.
"""

__all__ = ("MISREADINGS",)

from codecs import iterdecode

from streamcheck.blocks import blocks
from streamcheck.misreadings import Misreading, Recorded, Text
from streamcheck.misreadings.reference import payloads_of, text_of
from streamcheck.misreadings.sse_lines import at_line_ends, lines_of, predictable, spelled_events


def _splitting(stops: bool) -> Misreading:
    def read(recorded: Recorded) -> Text:
        kind = predictable(recorded.chunks)
        if kind is None:
            return text_of(payloads_of(recorded.chunks), dialect=recorded.dialect)
        pieces = iterdecode(blocks(recorded.chunks), "utf-8", "replace")
        lines = (line.encode() for line in lines_of(pieces, at_line_ends))
        return text_of(spelled_events(lines, kind), dialect=recorded.dialect, stops=stops)

    meaning = "lines end at every Unicode line break: an event with a raw U+2028, U+2029 or U+0085 is torn"
    return Misreading(f"linesep-overbreak/splitlines{'-stops' if stops else ''}", meaning, read)


MISREADINGS = (_splitting(False), _splitting(True))
