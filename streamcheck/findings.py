"""What can be found in a stream: findings, and the provider's own errors.

In:   nothing; these are plain values that every stage may make.
Out:  Severity, Finding, ProviderError.
Rule: a Finding carries its place and enough evidence to check the claim again; `error` is for proof, a heuristic reaches
      `warning`, a `note` never changes the verdict.
"""

__all__ = ("MAX_PER_CODE", "Finding", "FindingLog", "ProviderError", "Severity", "in_stream_order")

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from streamcheck.spans import Span

MAX_PER_CODE = 50  # findings of one code kept in a report; the last one's evidence says how many more there were. guess: a page


class Severity(StrEnum):
    """note < warning < error; compare with `.rank`."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return ("note", "warning", "error").index(self.value)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or worth knowing, with its place.

    code:     "stage/name"; `streamcheck rules` lists them all.
    span:     half-open byte range in the body, None when the finding has no bytes (something is missing).
    event:    0-based index over dispatched events.
    chars:    half-open range of code points in the text of (choice, channel).
    at:       seconds since the request was sent; None offline without times.
    evidence: enough to check the claim again; never a bare score.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    event: int | None = None
    choice: int | None = None
    channel: str | None = None
    chars: tuple[int, int] | None = None
    at: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return self.code.partition("/")[0]

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "bytes": list(self.span) if self.span is not None else None,
            "event": self.event,
            "choice": self.choice,
            "channel": self.channel,
            "chars": list(self.chars) if self.chars is not None else None,
            "at": self.at,
            "evidence": self.evidence,
        }


class FindingLog(list[Finding]):
    """The findings of one body. append() keeps the first MAX_PER_CODE of each code and severity, so that a hostile
    stream cannot fill memory, and notes cannot push out an error.

    dropped: how many more there were, by code.
    new:     those that nobody has taken yet, for a live reader.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dropped: dict[str, int] = {}
        self.new: list[Finding] = []
        self._kept: dict[tuple[str, Severity], int] = {}

    def append(self, finding: Finding) -> None:
        kind = (finding.code, finding.severity)
        kept = self._kept.get(kind, 0)
        if kept < MAX_PER_CODE:
            self._kept[kind] = kept + 1
            super().append(finding)
            self.new.append(finding)
        else:
            self.dropped[finding.code] = self.dropped.get(finding.code, 0) + 1

    def withdraw(self, finding: Finding) -> None:
        """Take back a finding that a later one says better."""
        self.remove(finding)
        self._kept[finding.code, finding.severity] -= 1
        if finding in self.new:
            self.new.remove(finding)


def in_stream_order(findings: Iterable[Finding], dropped: Mapping[str, int]) -> tuple[Finding, ...]:
    """Return findings by place, those without one last; the last one of a code tells how many more of it were dropped."""
    out = sorted(findings, key=_place)
    for code, count in dropped.items():
        last = max(i for i, f in enumerate(out) if f.code == code)
        out[last] = replace(out[last], evidence={**out[last].evidence, "more": count})
    return tuple(out)


def _place(finding: Finding) -> tuple[float, str, float]:
    start = float("inf") if finding.span is None else float(finding.span.start)
    return (start, finding.code, float(finding.chars[0]) if finding.chars else -1.0)


@dataclass(frozen=True, slots=True)
class ProviderError:
    """A provider's refusal, classified: what it means and what to do about it.

    error_class:   one of the `provider/...` codes without the stage, for instance "quota-exhausted".
    retry:         "backoff" | "after-reset" | "no".
    retry_after_s: seconds to wait as the provider said it; None when it did not.
    reset_at:      RFC 3339 in UTC ("2026-03-06T14:19:54Z"); None when not known.
    scope:         what the limit is bound to: "request" | "model" | "key" | "account" | "endpoint". Never the whole provider.
    rule:          name of the rule that decided, for the reader who wants to check it.
    """

    error_class: str
    message: str
    code: str | None = None
    http_status: int | None = None
    retry: str = "no"
    retry_after_s: float | None = None
    reset_at: str | None = None
    scope: str = "request"
    switch_model: bool | None = None
    switch_key: bool | None = None
    hint: str | None = None
    rule: str = "none"
    evidence: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "class": self.error_class,
            "code": self.code,
            "http_status": self.http_status,
            "message": self.message,
            "retry": self.retry,
            "retry_after_s": self.retry_after_s,
            "reset_at": self.reset_at,
            "scope": self.scope,
            "switch_model": self.switch_model,
            "switch_key": self.switch_key,
            "hint": self.hint,
            "rule": self.rule,
            "evidence": self.evidence,
        }
