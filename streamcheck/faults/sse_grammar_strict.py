"""A reader that knows less than the standard meets a stream that uses more.

In:   the body, rewritten with one feature of the standard.
Out:  what a reader has that does not know it.
Rule: the rewritten wire is sound: it is a negative control of its own.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.faults.body import Body
from streamcheck.faults.control import rewritten
from streamcheck.faults.placing import misread_by
from streamcheck.faults.truth import Fault, Made

# What the reader does not know -> (the control that uses it, the reader).
_PAIRS = {
    "no-space": ("no-space", "sse-grammar-strict/needs-space"),
    "crlf": ("crlf", "sse-grammar-strict/lf-only"),
    "data-lines": ("data-lines", "sse-grammar-strict/first-data-line"),
    "bom": ("bom", "sse-grammar-strict/bom-kept"),
    "fields": ("fields", "sse-grammar-strict/unknown-field-raises"),
    "comments": ("comments", "heartbeat-as-data/comments"),
}


def _make(body: Body, rng: Random, variant: str, at: int | None) -> Made:
    body.need_sse(FAULT.name)
    control, reader = _PAIRS[variant]
    capture, _ = rewritten(body, rng, control)
    return misread_by(body, reader, capture, FAULT.name, feature=control)


FAULT = Fault(
    "sse-grammar-strict",
    "a reader that needs a blank after `data:`, knows LF only, one data line, no BOM, no unknown field, no comment",
    "client",
    dict.fromkeys(_PAIRS, "D"),
    "",
    _make,
)
