"""Bytes change below every checksum: same length, other bits.

In:   bytes of event payloads.
Out:  the high bit of a letter set, in a text where there is one, random bits flipped, sixteen bytes zeroed, two blocks swapped.
Rule: a flipped bit may give another letter, which nobody can see: only the other forms must be found. In binary frames all are.
"""

__all__ = ("FAULT",)

from random import Random

from streamcheck.errors import UsageError
from streamcheck.faults.body import Body
from streamcheck.faults.surgery import OffsetMap
from streamcheck.faults.truth import Fault, Made
from streamcheck.prefixes import common_prefix
from streamcheck.wire.aws_eventstream import AwsEvent
from streamcheck.wire.sniff import Kind

_RUN = 16


def _make(body: Body, rng: Random, variant: str, at: int | None, *, count: int = 3) -> Made:
    raw = bytearray(body.raw)
    binary = body.kind is Kind.AWS
    spoken = [d for d in body.deltas if d.literals]
    if variant == "high-bit":
        said = [i for d in spoken for i in range(d.literals[0][0] + 1, d.literals[0][1] - 1) if _alone(raw, i)]
        letters = said or [i for e in body.events for i in range(e.payload_at, e.payload_at + len(e.raw)) if _alone(raw, i)]
        places = sorted(_sample(rng, letters, at, 1, "a letter"))
        for i in places:
            raw[i] |= 0x80
        expect: tuple[str, ...] = ("aws/bad-crc",) if binary else ("utf8/invalid",)
    elif variant == "bits":
        payload = [i for e in body.events for i in range(e.payload_at, e.payload_at + len(e.raw))]
        places = sorted(_sample(rng, payload, at, count, "a byte of a payload"))
        for i in places:
            raw[i] ^= 1 << rng.randrange(8)
        expect = ("aws/bad-crc",) if binary else ()
    elif variant == "zeroed":
        body.need_stream(f"{FAULT.name}/zeroed")
        runs = [e.payload_at for e in body.events if len(e.raw) > _RUN + 4]
        start = _sample(rng, runs, None, 1, "an event of twenty bytes")[0] + 2 if at is None else at
        raw[start : start + _RUN] = bytes(len(raw[start : start + _RUN]))
        places = [start]
        expect = ("aws/bad-crc",) if binary else ("json/invalid",)
    else:
        size = min(4096, len(raw) // 4)
        if size < 64:
            raise UsageError(f"{FAULT.name}/blocks needs a body of at least 256 bytes")
        first = rng.randrange(len(raw) - 2 * size)
        second = rng.randrange(first + size, len(raw) - size + 1)
        raw[first : first + size], raw[second : second + size] = raw[second : second + size], raw[first : first + size]
        places = [common_prefix(bytes(raw), body.raw), second]
        # Blocks may be swapped along event borders, or hold the same words: what that breaks is not known beforehand.
        expect = ()
    changed = bytes(raw)
    first_bad = common_prefix(changed, body.raw)
    if first_bad == len(changed):
        raise UsageError(f"{FAULT.name}: the damage chosen changes nothing here; take another seed or place")
    number = next((i for i, e in enumerate(body.events) if e.start <= first_bad < e.end), None)
    if binary and number is not None and isinstance(body.events[number], AwsEvent):
        expect = ("aws/bad-crc",)
    place = {"first_bad_byte": first_bad, "first_bad_event": number, "expect": expect, "details": {"offsets": places}}
    return Made(body.with_raw(changed), place, OffsetMap([]))


def _alone(raw: bytearray, i: int) -> bool:
    """Whether this is an ASCII letter between ASCII: with its high bit set it can be no part of a character beside it."""
    return raw[i - 1] < 0x80 and chr(raw[i]).isascii() and chr(raw[i]).isalpha() and raw[i + 1] < 0x80 and raw[i - 1] != 0x5C


def _sample(rng: Random, places: list[int], at: int | None, count: int, what: str) -> list[int]:
    if at is not None:
        if at not in places:
            raise UsageError(f"{FAULT.name}: at={at} is not {what}")
        return [at]
    if not places:
        raise UsageError(f"{FAULT.name} needs {what}: this body has none")
    return rng.sample(places, min(count, len(places)))


FAULT = Fault(
    "payload-bitrot",
    "bytes change and their number does not: a high bit, random bits, sixteen zeros, two blocks swapped",
    "transport",
    {"high-bit": "W", "bits": "W", "zeroed": "W", "blocks": "W"},
    "byte",
    _make,
)
