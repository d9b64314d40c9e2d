"""Waits and silences: how long nothing was said, what was heard meanwhile, and which deadline passed.

In:   the time of each chunk with what it brought; what time it is while nothing comes. Seconds since the request was sent.
Out:  Findings: `time/first-byte`, `time/first-delta`, `time/stall`. A deadline that the user set is told when it passes and once for
      each silence; a long wait without a deadline is a note, told when it is over.
Rule: silence is payload silence. Keep-alive comments and pings are bytes and no payload: they end no silence, they only tell it
      apart: "no request yet" (the client was still connecting, queueing or sending), "no byte", "comments only", "no delta".
      Until the first text came `first_delta_within` counts, if it is set; `stall_after` in all other silences. After the dialect's
      terminal marker nothing is waited for.
"""

__all__ = ("INF", "Silences")

from streamcheck.errors import UsageError
from streamcheck.findings import Finding, Severity

INF = float("inf")

# Seconds worth a note where no deadline is set: the value that opencode documents for its chunkTimeout.
LONG = 30.0


class Silences:
    """The time since payload last came.

    deadline: when the next deadline passes if nothing comes; infinite when none is set, after it has passed, and after the end.
    """

    def __init__(
        self, *, first_delta_within: float | None = None, stall_after: float | None = None, unsent: float | None = 0.0
    ) -> None:
        """unsent: seconds that passed before the request had been sent; None: it has not, all waiting is for that. Raises UsageError for a deadline that is no positive number."""
        _hold_positive("first_delta_within", first_delta_within)
        _hold_positive("stall_after", stall_after)
        self._first_delta_within = first_delta_within
        self._stall_after = stall_after
        self._unsent = unsent
        self._since = 0.0  # when payload last came; before there was any, when the request was sent
        self._byte: float | None = None  # the first of each kind in this silence
        self._event: float | None = None
        self._spoken = False  # the first text has come
        self._told = False  # the deadline of this silence has passed
        self._over = False
        self.deadline = INF
        self._set_deadline()

    def _set_deadline(self) -> None:
        self.deadline = INF
        if self._over or self._told:
            return
        if not self._spoken and self._first_delta_within is not None:
            self.deadline = self._first_delta_within
        elif self._stall_after is not None:
            self.deadline = self._since + self._stall_after

    def passed(self, at: float, event: int) -> list[Finding]:
        """Return the finding of a deadline that passed before `at`, [] otherwise. event: how many events had come by then."""
        limit = self.deadline
        if at <= limit:
            return []
        self._told = True
        self.deadline = INF
        if not self._spoken and self._first_delta_within is not None:
            message = f"no text within {limit:g} s of the request: {self._heard}"
            evidence = {**self._wait(limit), "heard": self._heard, "first_delta_within_s": limit}
            return [_found("time/first-delta", Severity.WARNING, message, limit, evidence)]
        message = f"nothing was said for more than {self._stall_after:g} s, from {self._since:.1f} s on: {self._heard}"
        evidence = {"from_s": self._since, "after_event": event - 1, "heard": self._heard, "stall_after_s": self._stall_after}
        return [_found("time/stall", Severity.ERROR, message, limit, evidence)]

    def heard(self, at: float, event: int, *, events: bool, payload: bool, spoke: bool, over: bool) -> list[Finding]:
        """Take the time of a chunk; return what it ends a long silence with.

        event:   how many events there were before it. events: it ended one; payload: one that is no ping; spoke: it brought text;
        over:    the answer has ended.
        """
        if spoke and self._spoken and not over and at - self._since <= LONG and not self._told:  # nearly every chunk
            self._since = at
            self._byte = self._event = None
            if self._stall_after is not None:
                self.deadline = at + self._stall_after
            return []
        found = []
        if self._byte is None:
            self._byte = at
            if not self._spoken and at > LONG:
                found.append(
                    _found("time/first-byte", Severity.NOTE, f"the first byte came {at:.1f} s after the request", at, {})
                )
        if events and self._event is None:
            self._event = at
        if spoke and not self._spoken:
            found += self._first_delta(at)
        elif payload and self._spoken:
            found += self._long_silence(at, event)
        self._over = over
        if payload:
            self._since = at
            # An event without text ends no wait for the first text.
            self._told = self._told and not self._spoken and self._first_delta_within is not None
            if self._spoken:
                self._byte = self._event = None
        self._set_deadline()
        return found

    def ended(self, at: float, event: int) -> list[Finding]:
        """Return what the body's end at `at` ends: a deadline that passed before it, or a long silence. event: as in passed()."""
        if self._over:
            return []
        return self.passed(at, event) or (self._long_silence(at, event) if self._spoken else self._first_delta(at, came=False))

    def _long_silence(self, at: float, event: int) -> list[Finding]:
        silence = at - self._since
        if silence <= LONG or self._told:
            return []
        heard = self._heard_before(at)
        message = f"nothing was said for {silence:.1f} s, from {self._since:.1f} s on: {heard}"
        evidence = {"from_s": self._since, "to_s": at, "after_event": event - 1, "heard": heard}
        return [_found("time/stall", Severity.NOTE, message, at, evidence)]

    def _first_delta(self, at: float, *, came: bool = True) -> list[Finding]:
        self._spoken = self._spoken or came
        whole = at + (self._unsent or 0.0)
        if whole <= LONG or self._told:
            return []
        wait = self._wait(at)
        what = "the first text came after" if came else "no text came in"
        message = f"{what} {whole:.1f} s: mostly {wait['mostly']} ({_seconds_of(wait)})"
        return [_found("time/first-delta", Severity.NOTE, message, at, wait)]

    def _wait(self, at: float) -> dict[str, object]:
        """Return the seconds of each kind of waiting until `at`, and the longest kind."""
        byte = at if self._byte is None else self._byte
        event = at if self._event is None else self._event
        if self._unsent is None:
            parts = {"no request yet": at}
        else:
            parts = {"no request yet": self._unsent, "no byte": byte, "comments only": event - byte, "no delta": at - event}
        waits: dict[str, object] = {f"{name.replace(' ', '_')}_s": round(seconds, 3) for name, seconds in parts.items()}
        return {**waits, "mostly": max(parts, key=lambda name: parts[name])}

    @property
    def _heard(self) -> str:
        if self._unsent is None:
            return "no request yet"
        if self._event is not None:
            return "no delta"
        return "no byte" if self._byte is None else "comments only"

    def _heard_before(self, at: float) -> str:
        """As `_heard`, of a silence that the chunk at `at` has just ended: that chunk's own bytes do not count."""
        if self._event is not None and self._event < at:
            return "no delta"
        return "comments only" if self._byte is not None and self._byte < at else "no byte"


def _hold_positive(name: str, seconds: float | None) -> None:
    if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < float("inf")):
        raise UsageError(f"{name} must be a positive number of seconds, or None for no deadline, not {seconds!r}")


def _seconds_of(wait: dict[str, object]) -> str:
    """Return the kinds of waiting that took any time: "no byte 0.4 s, no delta 1.2 s"."""
    kinds = [(name.removesuffix("_s").replace("_", " "), value) for name, value in wait.items() if isinstance(value, float | int)]
    return ", ".join(f"{name} {value:.1f} s" for name, value in kinds if value >= 0.05)


def _found(code: str, severity: Severity, message: str, at: float, evidence: dict[str, object]) -> Finding:
    return Finding(code, severity, message, at=at, evidence=evidence)
