"""What an error means for the caller: retry or not, what the limit is bound to, what a switch can help.

In:   nothing; plain values.
Out:  Meaning, means(); Pattern, Ruling and Provider, the shapes that the tables of this room are written in.
Rule: one default per class; a table names only what differs. No cooldown is ever invented: a meaning has no seconds.
"""

__all__ = ("DEFAULTS", "Meaning", "Pattern", "Provider", "Ruling", "compiled", "means", "pattern")

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from streamcheck.refusals.statement import Statement


class Meaning(NamedTuple):
    """A class of error and what to do about it; the fields are those of ProviderError."""

    error_class: str
    retry: str  # "backoff" | "after-reset" | "no"
    scope: str  # "request" | "model" | "key" | "account" | "endpoint"
    switch_model: bool | None
    switch_key: bool | None
    hint: str


DEFAULTS: dict[str, Meaning] = {
    m.error_class: m
    for m in (
        Meaning("auth", "no", "key", False, True, "check the key: is it set, whole, not expired, and of this provider?"),
        Meaning("wrong-endpoint", "no", "endpoint", False, None, "check the base URL against the kind of key and model in use"),
        Meaning("billing", "no", "account", False, True, "the account must be paid up first; waiting does not help"),
        Meaning(
            "quota-exhausted", "after-reset", "account", False, True, "wait for the reset, or use another account or provider"
        ),
        Meaning("rate-limit", "backoff", "model", True, True, "slow down and retry; only this model and key are limited"),
        Meaning("concurrency", "backoff", "model", True, True, "send fewer requests at once; this says nothing about the quota"),
        Meaning("overloaded", "backoff", "model", True, False, "retry later or take another model; the key is not at fault"),
        Meaning("context-length", "no", "request", True, False, "shorten the prompt, or take a model with a larger context"),
        Meaning(
            "content-filter", "no", "request", None, None, "change the text that was blocked; the same text is blocked again"
        ),
        Meaning("invalid-request", "no", "request", None, False, "mend the request; the same one is refused again"),
        Meaning("model-not-found", "no", "model", True, True, "check the model's name, and whether this key may use it"),
        Meaning("server-error", "backoff", "request", None, None, "retry after a pause; the fault is on the provider's side"),
        Meaning("timeout", "backoff", "request", None, None, "retry after a pause"),
        Meaning("network", "backoff", "request", None, None, "check the address, the proxy and the connection, then retry"),
        Meaning("unknown", "no", "request", None, None, "no rule knows this error; read the message"),
    )
}


def means(error_class: str, **differs: Any) -> Meaning:
    """Return the class's default meaning with the named fields replaced."""
    return DEFAULTS[error_class]._replace(**differs)


class Pattern(NamedTuple):
    """A wording and what it means; the first that is found in the message decides."""

    name: str
    wording: str  # a regular expression; letters match in either case
    meaning: Meaning
    window_s: float | None = None  # longest wait that this wording can announce, seconds

    def search(self, text: str) -> re.Match[str] | None:
        return compiled(self.wording).search(text)


@functools.cache
def compiled(wording: str) -> re.Pattern[str]:
    """Compile at the first error, not at import: the tables hold a hundred wordings, and most streams need none of them."""
    return re.compile(wording, re.IGNORECASE)


def pattern(name: str, wording: str, meaning: Meaning | str, *, window_s: float | None = None) -> Pattern:
    """Return a Pattern; a class name stands for its default meaning."""
    return Pattern(name, wording, means(meaning) if isinstance(meaning, str) else meaning, window_s)


class Ruling(msgspec.Struct, frozen=True):
    """A rule that fired.

    rule:     its name, "provider:code" or "kind:name".
    matched:  the text that it fired on.
    window_s: longest wait that the wording can announce, seconds; guards the reading of reset times.
    """

    rule: str
    meaning: Meaning
    matched: str = ""
    window_s: float | None = None
    evidence: dict[str, Any] = {}


class Provider(msgspec.Struct, frozen=True):
    """One provider's table.

    hosts:    host names; sub-domains count.
    codes:    words and numbers that settle the matter at once.
    types:    words that only name a family ("invalid_request_error"): the message is heard first.
    patterns: this provider's own wordings, heard before the general ones.
    statuses: HTTP statuses with a meaning of their own here.
    refine:   asked before all tables: codes whose meaning hangs on the URL, the message or the details.
    shared:   the words are unmistakable, so they count for an unknown host too (proxies and gateways pass them on).
    """

    name: str
    hosts: tuple[str, ...] = ()
    codes: Mapping[str, Meaning] = {}
    types: Mapping[str, Meaning] = {}
    patterns: tuple[Pattern, ...] = ()
    statuses: Mapping[int, Meaning] = {}
    refine: Callable[[Statement], Ruling | None] | None = None
    shared: bool = False
