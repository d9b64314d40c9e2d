"""From findings to one word, and to the layer that is answerable.

In:   the findings of all stages.
Out:  Verdict, Origin, Report; verdict_of(), origin_of().
Rule: the verdict is the heaviest that any finding gives. An error gives its code's weight (codes.py), a warning at most
      `suspect` (a provider's error: `refused`), a note nothing. One tap sees only what is upstream of it: `origin` never says more. A hop
      that has text and no bytes sees not even that.
"""

__all__ = ("Origin", "Report", "ScoreLine", "Timing", "Verdict", "origin_of", "verdict_of")

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from streamcheck.codes import CODES
from streamcheck.escape import escaped
from streamcheck.findings import Finding, ProviderError, Severity
from streamcheck.messages import Message


class Verdict(StrEnum):
    """One word for a whole response. `<` and `>` follow the order of gravity, not the alphabet."""

    CLEAN = "clean"
    REFUSED = "refused"
    SUSPECT = "suspect"
    DEGENERATE = "degenerate"
    INCOMPLETE = "incomplete"
    CORRUPT = "corrupt"

    @property
    def rank(self) -> int:
        return _ORDER[self]

    def __lt__(self, other: str) -> bool:
        return self.rank < Verdict(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Verdict(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Verdict(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Verdict(other).rank


_ORDER = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who is answerable, how sure that is ("proven", "likely" or "possible"), and why."""

    layer: str
    confidence: str
    because: str

    def to_dict(self) -> dict[str, str]:
        return {"layer": self.layer, "confidence": self.confidence, "because": self.because}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds since the request was sent (or since the first byte, where the request is not known)."""

    first_byte_s: float | None
    first_delta_s: float | None
    longest_gap_s: float | None
    duration_s: float | None

    def to_dict(self) -> dict[str, float | None]:
        return {
            "first_byte_s": self.first_byte_s,
            "first_delta_s": self.first_delta_s,
            "longest_gap_s": self.longest_gap_s,
            "duration_s": self.duration_s,
        }


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """How far the text of one channel was from language, over position, so that it can be drawn.

    segment: which response of the body, 0 where there is only one.
    points:  (character, score): from the point before up to this character the score was this one. 0 is ordinary text, 1 enough for
             `suspect`, 2 for `degenerate`. Scores of statistical checks only: a template token is a finding, not a score.
    """

    segment: int
    choice: int
    channel: str
    points: tuple[tuple[int, float], ...]

    def to_dict(self) -> dict[str, Any]:
        points = [list(point) for point in self.points]
        return {"segment": self.segment, "choice": self.choice, "channel": self.channel, "points": points}


def _weight(finding: Finding) -> Verdict:
    if finding.severity is Severity.NOTE:
        return Verdict.CLEAN
    weight = Verdict(CODES[finding.code].weight) if finding.code in CODES else Verdict.SUSPECT
    if finding.severity is Severity.WARNING and weight > Verdict.SUSPECT:
        return Verdict.SUSPECT
    return weight


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the heaviest verdict that any of the findings gives; `clean` when there are none."""
    return max((_weight(f) for f in findings), key=lambda v: v.rank, default=Verdict.CLEAN)


# What one tap can say of a finding's origin: (layer, confidence, reason). A stage name serves all its codes that are not listed.
_ORIGINS: dict[str, tuple[str, str, str]] = {
    "capture": ("unknown", "possible", "the recording itself is not whole"),
    "http/wrong-content-type": ("transport", "likely", "something on the way answered in the provider's place"),
    "http": ("transport", "likely", "the HTTP message does not hold what it announces"),
    "aws": ("transport", "likely", "a frame's checksum does not match its bytes: they were changed upstream of this tap"),
    "utf8": ("transport", "likely", "no JSON writer puts these bytes on a wire: they were changed upstream of this tap"),
    "sse": ("provider", "likely", "the framing was already so when it reached this tap"),
    "json": ("provider", "likely", "framing and UTF-8 are sound, the payload is not JSON: a server or gateway wrote it so"),
    "order/spliced-frame": ("provider", "likely", "two responses in one body: a gateway upstream of this tap joined them"),
    "order/restarted": ("provider", "likely", "two responses in one body: a gateway upstream of this tap joined them"),
    "order/interleaved": ("provider", "likely", "two responses in one body: a gateway upstream of this tap mixed them"),
    "order/missing-terminal": ("provider", "possible", "the end is missing; one tap cannot tell who stopped sending"),
    "order": ("provider", "likely", "every byte is valid and the order of events is not: upstream of this tap"),
    "text/replacement-character": ("provider", "likely", "U+FFFD stands inside valid JSON: it was written upstream of this tap"),
    "text/mojibake": ("provider", "possible", "the damage stands inside valid JSON: upstream of this tap, server or proxy"),
    "text/lone-surrogate": ("provider", "likely", "half of a pair stands as an escape inside valid JSON: a server wrote it so"),
    "text/control-character": ("generation", "possible", "the wire is valid: it was written upstream of this tap"),
    "text/double-escaped": ("provider", "possible", "the wire is valid: it was escaped twice upstream of this tap"),
    "text/doubled-deltas": (
        "provider",
        "possible",
        "every piece stands twice: a delta was sent or joined twice upstream of this tap",
    ),
    "text": ("generation", "likely", "every byte, frame and event is valid and the text is not: upstream of this tap"),
    "time": ("unknown", "possible", "nothing was said for too long; one tap cannot tell who stopped sending"),
    "provider": ("provider", "proven", "the provider says so itself"),
}
# An end that was brought about on this side of the tap, by `evidence.stopped_by`.
_STOPS = {
    "reader": ("client", "proven", "the reader stopped; it says nothing of those who sent"),
    "deadline": ("unknown", "possible", "the reader's deadline passed; one tap cannot tell who stopped sending"),
}
# Who damaged a text without bytes: the client or the store that kept it may have done it, or anybody before them.
_WITHOUT_BYTES = (
    "unknown",
    "possible",
    "this hop has text and no bytes: who damaged it cannot be told here; compare it with a recording of the wire: streamcheck locate",
)
_NEEDS_NO_BYTES = ("capture", "time", "provider")  # stages whose origin is the same where there is text alone


# The lowest layer that failed explains what failed above it.
_LAYERS = ("capture", "http", "aws", "utf8", "sse", "json", "order", "text", "time", "provider")


def origin_of(findings: Iterable[Finding], *, text_only: bool = False) -> Origin | None:
    """Return who is answerable for the heaviest findings, those of the lowest layer; None when nothing is wrong.

    text_only: the hop has no bytes that could clear anybody.
    """
    weighed = [(f, _weight(f)) for f in findings]
    heaviest = max((weight for _, weight in weighed), key=lambda w: w.rank, default=Verdict.CLEAN)
    if heaviest is Verdict.CLEAN:
        return None
    worst = min(
        (f for f, weight in weighed if weight is heaviest),
        key=lambda f: _LAYERS.index(f.stage) if f.stage in _LAYERS else len(_LAYERS),
    )
    layer, confidence, because = _origin_for(worst, text_only)
    return Origin(layer, confidence, f"{worst.code}: {because}")


def _origin_for(worst: Finding, text_only: bool) -> tuple[str, str, str]:
    stop = _STOPS.get(worst.evidence.get("stopped_by", ""))
    if stop is not None:
        return stop
    if text_only and worst.stage not in _NEEDS_NO_BYTES:
        return _WITHOUT_BYTES
    return _ORIGINS.get(worst.code) or _ORIGINS.get(worst.stage, ("unknown", "possible", "no rule"))


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is known of one response.

    findings: in stream order, those without a place last.
    message:  the response that the stream began as. Where a body holds more than one, `segments` has them all, never joined.
    scores:   one line for each channel that said something.
    counts:   "bytes" (after content-decoding), "events" (dispatched), "deltas", "chars" (code points over all channels).
    """

    source: str
    dialect: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    message: Message
    counts: dict[str, int]
    origin: Origin | None = None
    provider_error: ProviderError | None = None
    timing: Timing | None = None
    segments: tuple[Message, ...] = field(default=())
    scores: tuple[ScoreLine, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True when the verdict is clean."""
        return self.verdict is Verdict.CLEAN

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "dialect": self.dialect,
            "verdict": self.verdict.value,
            "origin": self.origin.to_dict() if self.origin else None,
            "message": self.message.to_dict(),
            "findings": [f.to_dict() for f in self.findings],
            "provider_error": self.provider_error.to_dict() if self.provider_error else None,
            "counts": dict(self.counts),
            "timing": self.timing.to_dict() if self.timing else None,
            "segments": [m.to_dict() for m in self.segments],
            "scores": [s.to_dict() for s in self.scores],
        }

    def __str__(self) -> str:
        place = next((f for f in self.findings if f.severity is not Severity.NOTE), None)
        why = f": {place.message}" if place else ""
        return escaped(f"{self.source}: {self.verdict.value} ({self.dialect}){why}")
