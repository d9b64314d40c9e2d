"""Which hops recorded the same response.

In:   hops.
Out:  the largest group of those that did.
Rule: the same id is the same response. Another id is another one, unless the texts are the same all but a little: gateways give ids of
      their own. Where there is no id, as in a store, the texts must share much, begin alike, or be explained exactly by a fault.
      Another request's answer is another response whatever it says.
"""

__all__ = ("of_one_response",)

import re

from streamcheck.hops.compare import difference
from streamcheck.hops.explain import explanation
from streamcheck.hops.hop import Hop
from streamcheck.hops.pair import Pair
from streamcheck.prefixes import common_prefix

_PIECE = 8  # characters of a piece that two texts of one response share; words of two texts seldom do. guess
_MOST = 100_000  # characters that are compared. guess
_ALIKE = 0.9  # of the shorter one's pieces, where two ids differ. guess
_SHARED = 0.3  # where one has no id. guess
_ALIKE_EVENTS = 0.5  # of the events, where neither has an id: guess
_BEGINNING = 80  # bytes that two answers to like questions do not begin with alike. guess
_BEGINNING_OF_ONE = 40  # where both answer the same request, and one has no id: answers at temperature 0 begin alike. guess
_DAMAGE = re.compile("[\0\ufffd\ud800-\udfff]+")  # says nothing of which text it was


def of_one_response(hops: list[Hop]) -> list[Hop]:
    """Return the largest group, of two equal ones the first."""
    groups: list[list[Hop]] = []
    for hop in hops:
        home = next((group for group in groups if _belongs(hop, group)), None)
        if home is None:
            groups.append([hop])
        else:
            home.append(hop)
    return max(groups, key=len)


def _belongs(hop: Hop, group: list[Hop]) -> bool:
    ids = {other.id for other in group if other.id}
    if hop.id in ids:
        return True
    asked = {other.asked for other in group if other.asked}
    if hop.asked and asked and hop.asked not in asked:
        return False
    last = group[-1]
    if hop.id and ids:
        named = next(other for other in reversed(group) if other.id)
        return _shared(named.all_text, hop.all_text) > _ALIKE
    if not hop.all_text or not last.all_text:
        return True
    if hop.has_bytes and last.has_bytes and _same_events(last, hop) >= _ALIKE_EVENTS:
        return True
    if _shared(last.all_text, hop.all_text) >= _SHARED:
        return True
    same = hop.all_text[: common_prefix(last.all_text, hop.all_text)].encode("utf-8", "replace")
    if len(same) >= (_BEGINNING_OF_ONE if hop.asked in asked else _BEGINNING):
        return True
    found = difference(last, hop)
    return found is None or explanation(Pair(last, hop, found)).proof == "reproduced"


def _same_events(a: Hop, b: Hop) -> float:
    """Return the share of the fewer events with text that the other one has too."""
    ours, theirs = _speaking(a), _speaking(b)
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def _speaking(hop: Hop) -> set[int]:
    """Return the keys of the events that say something: how answers open and end is alike."""
    said = {event for said in hop.trace.said.values() for event in said.events}
    return {key for number, key in zip(hop.trace.payloads, hop.trace.keys, strict=True) if number in said}


def _shared(a: str, b: str) -> float:
    """Return the share of the shorter text's pieces that stand in the longer one too."""
    if a == b:
        return 1.0
    short, long = sorted((_DAMAGE.sub("", a[:_MOST]), _DAMAGE.sub("", b[:_MOST])), key=len)
    if len(short) < 2 * _PIECE:
        return float(bool(short.strip()) and short.strip() in long)
    pieces = {short[i : i + _PIECE] for i in range(len(short) - _PIECE + 1)}
    known = {long[i : i + _PIECE] for i in range(len(long) - _PIECE + 1)}
    return len(pieces & known) / len(pieces)
