"""Readers that end a line where Unicode does, not where the standard does.

In:   the body.
Out:  events torn at a raw U+2028, U+2029, U+0085, VT, FF or FS to RS.
Rule: these stand unescaped in JSON strings legally (but for VT, FF and FS to RS); a torn event is no JSON, and its rest is no field.
"""

__all__ = ("MISREADINGS",)

from streamcheck.misreadings import Misreading, Readout, Recorded
from streamcheck.misreadings.reference import events_of, text_of
from streamcheck.misreadings.sse_lines import payloads_of, predictable


def _splitting(stops: bool) -> Misreading:
    def read(recorded: Recorded) -> Readout:
        body = recorded.body
        kind = predictable(body)
        if kind is None:
            return Readout(text_of(((e.event, e.raw) for e in events_of(body)), dialect=recorded.dialect))
        lines = (line.encode() for line in body.decode("utf-8", "replace").splitlines())
        return Readout(text_of(payloads_of(lines, kind), dialect=recorded.dialect, stops=stops))

    meaning = "lines end at every Unicode line break: an event with a raw U+2028, U+2029 or U+0085 is torn"
    return Misreading(f"linesep-overbreak/splitlines{'-stops' if stops else ''}", meaning, read)


MISREADINGS = (_splitting(False), _splitting(True))
