"""Are the events of the hop after those of the hop before, but for some that are missing, came twice, or changed places?

In:   a Pair of hops with bytes.
Out:  an Explanation, "reproduced": the same events, in the order and number that the fault leaves; "consistent" for what stands before them.
Rule: looked for in what is left without the beginning and the end that both share. An event that a cut left half counts as lost.
"""

__all__ = ("ENDS", "MOVED")

from collections.abc import Iterable, Iterator

from streamcheck.hops.pair import Explanation, Pair

_NEAR = 8  # places that an event is moved by where neighbours changed places; a shuffle moves most of them further. guess


def _cut_short(pair: Pair) -> Explanation | None:
    """The end is missing, and nothing else."""
    up, down = pair.up, pair.down
    if pair.found.kind == "cut":
        sentence = "the last event lost what ends it: readers that follow the standard drop it"
        return Explanation("tail-unterminated", "reproduced", sentence)
    start, before, after = pair.middle
    if not before or len(after) > 1 or (after and not _is_half(pair)) or not _reaches_the_end(pair):
        return None
    whole, kept = len(up.trace.keys), len(down.trace.keys)
    announced = down.response_head.content_length
    if announced is not None and announced != up.response_head.content_length and not down.was_broken_off:
        sentence = f"the head announces {announced} bytes, and the body is another length: who reads on is out of step"
        return Explanation("keepalive-desync", "reproduced", sentence)
    if down.found("http/incomplete-body") and not up.found("http/incomplete-body"):
        return Explanation("transport-reset", "reproduced", f"the connection broke after {kept} of {whole} events")
    if down.found("sse/unterminated-event") and kept >= whole - 1:
        return Explanation("tail-unterminated", "reproduced", "the end of the body is missing, from inside its last event on")
    return Explanation("truncated-clean-eof", "reproduced", f"the body ends after {start} of {whole} events as if it were whole")


def _reaches_the_end(pair: Pair) -> bool:
    """Whether nothing stands behind what is missing, or the end mark alone, which was kept or put there anew."""
    behind = len(pair.up.trace.keys) - pair.middle.start - len(pair.middle.before)
    return not behind or (behind == 1 and pair.up.payload(-1).raw.strip() == b"[DONE]")


def _is_half(pair: Pair) -> bool:
    """Whether the one event that the hop after has more is the beginning of the one that it should be."""
    start = pair.middle.start
    if start != len(pair.down.trace.keys) - 1 or not pair.down.found("sse/unterminated-event"):
        return False
    whole, half = pair.up.payload(start), pair.down.payload(start)
    return whole.event == half.event and whole.raw.startswith(half.raw.rstrip())


def _put_before(pair: Pair) -> Explanation | None:
    """All that the hop before had comes, and something else before it."""
    _, before, after = pair.middle
    if before or not after or pair.found.payload or not pair.up.trace.keys:
        return None
    sentence = (
        f"{len(after)} events of something else stand before the first one: a connection was used again with bytes left in it"
    )
    return Explanation("keepalive-desync", "consistent", sentence)


def _moved(pair: Pair) -> Explanation | None:
    """Events are missing, came twice, or changed places."""
    up, down = pair.up, pair.down
    _, before, after = pair.middle
    whole = len(up.trace.keys)
    if len(after) < len(before) and _is_subsequence(after, before):
        lost = f"{len(before) - len(after)} of {whole} events are missing; the others are what they were"
        return Explanation(
            "resume-gap-or-replay" if up.trace.ids or down.trace.ids else "engine-token-dropped", "reproduced", lost
        )
    if len(after) > len(before) and _is_subsequence(before, after):
        known = set(up.trace.keys[: pair.middle.start + len(before)])
        if known.issuperset(after) and not _says_all(pair):
            return Explanation("resume-gap-or-replay", "reproduced", f"{len(after) - len(before)} events came twice")
    if len(after) == len(before) and sorted(after) == sorted(before):
        places = {key: number for number, key in enumerate(before)}
        if max(abs(places[key] - number) for number, key in enumerate(after)) > _NEAR and len(set(before)) == len(before):
            return Explanation("model-word-salad", "reproduced", "the same events came in an order that is none: shuffled")
        return Explanation("engine-token-reordered", "reproduced", "the same events came in another order")
    return None


def _says_all(pair: Pair) -> bool:
    """Whether the text came again as a whole: a snapshot, no event sent twice."""
    return any(len(b) >= 2 * len(a) > 0 and b.endswith(a) for a, b in pair.texts.values())


def _is_subsequence(part: Iterable[int], whole: Iterable[int]) -> bool:
    rest: Iterator[int] = iter(whole)
    return all(one in rest for one in part)


ENDS = (_cut_short, _put_before)
MOVED = (_moved,)
