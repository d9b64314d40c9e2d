"""A refusal in place of the answer: what clients take for a failure of another kind.

In:   nothing of the body.
Out:  an error body of Z.ai's codes, with status 429 or (param status=200) with 200.
Rule: the class is the provider's own word; nothing is garbled.
"""

__all__ = ("FAULT",)

import json
import re
from dataclasses import replace
from random import Random

from streamcheck.capture.format import Chunk
from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.truth import Fault, Made

_ZAI = re.compile(r"//(?:[\w-]+\.)*(?:z\.ai|bigmodel\.cn)/api/paas/")
_CODES = {
    "1113": ("Insufficient balance or no resource package. Please recharge.", "billing"),
    "1302": ("High concurrency usage of this API, please reduce concurrency or contact customer service", "concurrency"),
    "1305": ("The service may be temporarily overloaded, please try again later", "overloaded"),
    "1310": ("Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-12-01 00:00:00", "quota-exhausted"),
}


def _make(body: Body, rng: Random, variant: str, at: int | None, *, status: int = 429) -> Made:
    response = body.source.response
    if response is None:
        raise UsageError(f"{FAULT.name} needs a capture with a response head")
    message, error_class = _CODES[variant]
    url = (body.source.request.url if body.source.request else None) or ""
    if variant == "1113" and _ZAI.search(url):
        error_class = "wrong-endpoint"  # a coding plan's key at the general endpoint is told in the same words
    raw = json.dumps({"error": {"code": variant, "message": message}}, separators=(",", ":")).encode()
    headers = (
        *((n, v) for n, v in response.headers if n.lower() not in ("content-type", "content-length")),
        ("content-type", "application/json"),
    )
    capture = body.with_chunks([Chunk(body.source.chunks[0].at, raw)], response=replace(response, status=status, headers=headers))
    place = {
        "first_bad_byte": 0,
        "span": (0, len(raw)),
        "expect": (f"provider/{error_class}",),
        "details": {"status": status, "code": variant, "error_class": error_class},
    }
    return Made(capture, place, None)


FAULT = Fault(
    "quota-misclassified",
    "an error body with a business code of Z.ai: balance, concurrency, overload, plan limit",
    "gateway",
    {"1113": "W", "1302": "W", "1305": "W", "1310": "W"},
    "",
    _make,
)
