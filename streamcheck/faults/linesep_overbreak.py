"""A raw U+2028, U+2029 or U+0085 in a delta, and a reader that ends lines there.

In:   a delta.
Out:  W: the character in its text, unescaped, which is legal. D: what a reader with splitlines has.
Rule: the wire is sound and only a risk: noted, never a verdict.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.placing import misread_by, retold
from streamcheck.faults.truth import Fault, Made

_BREAKS = {"2028": "\u2028", "2029": "\u2029", "0085": "\u0085"}


def _make(body: Body, rng: Random, variant: str, at: int | None, *, char: str = "2028") -> Made:
    found = [d for d in body.editable(FAULT.name) if len(d.literals) == 1]
    delta = found[body.chosen(found, at, len(found) // 2, FAULT.name)]
    mark = _BREAKS.get(str(char).lower().removeprefix("u+").zfill(4), "\u2028")
    inside = (len(delta.text) + 1) // 2
    text = delta.text[:inside] + mark + delta.text[inside:]
    escape = f"\\u{ord(mark):04x}".encode()
    capture, where, place = retold(body, {delta.number: text}, written={escape: mark.encode()})
    if variant != "raw":
        name = f"linesep-overbreak/{variant}"
        return misread_by(body, name, capture, FAULT.name, upstream_byte=place["first_bad_byte"], char=f"U+{ord(mark):04X}")
    return Made(
        capture,
        {**place, "expect": ("sse/unicode-line-break",), "lossless": True, "details": {"char": f"U+{ord(mark):04X}"}},
        where,
    )


FAULT = Fault(
    "linesep-overbreak",
    "a raw Unicode line break in a delta (legal); D: a reader that cuts lines with splitlines tears the event",
    "client",
    {"splitlines": "D", "splitlines-stops": "D", "raw": "W"},
    "delta",
    _make,
)
