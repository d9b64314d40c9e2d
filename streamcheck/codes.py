"""Every finding code in one table: what it means, how loud it usually is, what an error of it proves, and where the rule is from.

In:   nothing.
Out:  CODES, by name; `streamcheck rules` prints it.
Rule: a code is "stage/name". `weight` is the verdict that an *error* of this code gives; warnings and notes are weighed in
      verdicts.py. A stage that wants a new code adds a line here.
"""

__all__ = ("CODES", "PROVIDER_CLASSES", "Code")

from typing import NamedTuple


class Code(NamedTuple):
    name: str
    severity: str  # the usual one; a stage may lower it where the case is known to be harmless
    weight: str  # the verdict an error of this code gives
    meaning: str
    source: str  # the standard's clause, the provider's documentation, or the study that the rule stands on


_WHATWG = "WHATWG HTML 9.2, server-sent events"
_UTF8 = "WHATWG Encoding, UTF-8 decode; Unicode 3.9, table 3-7"
_JSON = "RFC 8259"
_AWS = "AWS event stream encoding, application/vnd.amazon.eventstream"
_DIALECT = "the dialect's own state machine, see docs/dialects.md"
_STUDY = "study of 300 public reports of broken streams, see docs/findings.md"
_ERRORS = "the providers' error tables, see docs/refusals.md"

_TABLE = (
    Code(
        "capture/cut",
        "warning",
        "incomplete",
        "the capture file ends inside a record, or without its end record",
        "capture format 1",
    ),
    Code(
        "capture/secret",
        "warning",
        "suspect",
        "a key-shaped string stands in the capture; run `streamcheck redact`",
        "capture format 1",
    ),
    Code(
        "checker/internal",
        "note",
        "suspect",
        "a part of streamcheck failed on this stream; the rest of the report stands",
        "streamcheck",
    ),
    Code(
        "http/wrong-content-type",
        "error",
        "corrupt",
        "the body is not the stream that was asked for: HTML, binary, another type",
        "RFC 9110 8.3",
    ),
    Code(
        "http/content-encoding",
        "error",
        "corrupt",
        "the body is compressed and not declared so, or declared and not so, or broken inside",
        "RFC 9110 8.4",
    ),
    Code(
        "http/incomplete-body",
        "error",
        "incomplete",
        "fewer bytes than announced, or the connection ended before the body did",
        "RFC 9112 8",
    ),
    Code("http/status", "warning", "refused", "the HTTP status is not a success", "RFC 9110 15"),
    Code(
        "utf8/invalid",
        "error",
        "corrupt",
        "bytes that are not UTF-8; evidence.reason is truncated, overlong, surrogate or stray",
        _UTF8,
    ),
    Code(
        "sse/unterminated-event",
        "warning",
        "incomplete",
        "the body ends inside an event; decoders that follow the standard drop it",
        _WHATWG,
    ),
    Code("sse/bom", "note", "corrupt", "a byte order mark opens the stream; several readers lose the first event", _WHATWG),
    Code("sse/unknown-field", "note", "corrupt", "a line that is no field of the standard; readers ignore it", _WHATWG),
    Code("sse/mixed-line-ends", "note", "corrupt", "more than one kind of line end in one stream", _WHATWG),
    Code(
        "sse/oversized-event",
        "error",
        "corrupt",
        "one event is longer than the limit; its payload was not read",
        "streamcheck limit",
    ),
    Code(
        "sse/unicode-line-break",
        "note",
        "corrupt",
        "raw U+2028, U+2029, U+0085, VT or FF in a data line; some readers tear it",
        _STUDY,
    ),
    Code(
        "sse/heartbeat-as-data",
        "warning",
        "corrupt",
        "a keep-alive sent as an event; readers that parse every event as JSON raise",
        _STUDY,
    ),
    Code("aws/bad-crc", "error", "corrupt", "a checksum of a binary frame does not fit its bytes", _AWS),
    Code(
        "aws/bad-frame",
        "error",
        "corrupt",
        "bytes that are no binary frame, or a frame whose inside contradicts its lengths",
        _AWS,
    ),
    Code("json/invalid", "error", "corrupt", "an event's payload is not JSON", _JSON),
    Code(
        "json/duplicate-key",
        "warning",
        "corrupt",
        "an object names a key twice; parsers disagree on which one counts",
        "RFC 8259 4",
    ),
    Code(
        "order/spliced-frame", "error", "corrupt", "a frame is cut and another response's frame follows on the same line", _STUDY
    ),
    Code("order/restarted", "error", "corrupt", "a second response begins in the same body", _STUDY),
    Code("order/interleaved", "error", "corrupt", "events of another response stand between the events of this one", _STUDY),
    Code("order/duplicate-event", "warning", "corrupt", "the same event twice in a row", _DIALECT),
    Code("order/sequence-gap", "error", "corrupt", "the dialect's sequence numbers jump or go back", _DIALECT),
    Code("order/identity-change", "warning", "corrupt", "the response's id or model changes in the stream", _DIALECT),
    Code("order/missing-terminal", "error", "incomplete", "the stream ends before the dialect's terminal marker", _DIALECT),
    Code("order/after-terminal", "error", "corrupt", "text or events after the end of the answer", _DIALECT),
    Code("order/finish-reason", "warning", "corrupt", "the finish reason contradicts the contents, or is not known", _DIALECT),
    Code("order/block-balance", "warning", "corrupt", "a block is opened twice, closed unopened, or fed while closed", _DIALECT),
    Code("order/tool-index", "error", "corrupt", "fragments of tool calls cannot be told apart", _DIALECT),
    Code("order/tool-arguments", "error", "corrupt", "the joined arguments of a tool call are not JSON", _DIALECT),
    Code("order/done-mismatch", "error", "corrupt", "the final text differs from the sum of the deltas", _DIALECT),
    Code(
        "order/cumulative-deltas",
        "warning",
        "corrupt",
        "each delta repeats the whole text so far: joining them multiplies it",
        _STUDY,
    ),
    Code("order/usage", "note", "corrupt", "token counts that go back or contradict the text", _STUDY),
    Code("text/replacement-character", "error", "corrupt", "U+FFFD: a character was lost before this text was written", _STUDY),
    Code("text/mojibake", "error", "corrupt", "UTF-8 read as another encoding; evidence.plan undoes it", "ftfy"),
    Code("text/lone-surrogate", "error", "corrupt", "half of a UTF-16 pair; cannot be written as UTF-8", "Unicode 3.9, D75"),
    Code(
        "text/control-character",
        "warning",
        "suspect",
        "C0, C1, noncharacter or bidi control in the text",
        "Unicode 23.1, 23.7, UAX 9",
    ),
    Code("text/double-escaped", "warning", "suspect", "escapes stand in the text as text: it was escaped twice", _STUDY),
    Code("text/repetition", "error", "degenerate", "the text repeats itself", _STUDY),
    Code("text/doubled-deltas", "error", "degenerate", "every piece of the text stands twice: a wire or client fault", _STUDY),
    Code("text/scorer", "warning", "degenerate", "the scorer that the user gave finds the text unlikely", "the user's own model"),
    Code("text/word-salad", "error", "degenerate", "words without syntax", _STUDY),
    Code("text/script-mix", "error", "degenerate", "scripts mixed inside words, or a foreign script breaks in", _STUDY),
    Code("text/entropy", "warning", "degenerate", "far more or far less varied than this stream's own beginning", _STUDY),
    Code(
        "text/template-token",
        "error",
        "degenerate",
        "a token of a chat template stands in the text",
        "the model families' templates, see docs/detectors.md",
    ),
    Code(
        "text/channel-leak",
        "warning",
        "degenerate",
        "reasoning or tool markup in the wrong channel",
        "the model families' templates, see docs/detectors.md",
    ),
    Code("time/first-byte", "note", "suspect", "long wait for the first byte", "streamcheck deadline"),
    Code("time/first-delta", "note", "suspect", "long wait for the first text", "streamcheck deadline"),
    Code("time/stall", "warning", "incomplete", "no payload for longer than the deadline", "streamcheck deadline"),
    Code("time/burst", "note", "suspect", "the stream came in bursts: something on the way buffers", _STUDY),
    Code("provider/auth", "error", "refused", "the key is missing, wrong, expired or not permitted", _ERRORS),
    Code("provider/wrong-endpoint", "error", "refused", "the key or model belongs to another endpoint of this provider", _ERRORS),
    Code("provider/billing", "error", "refused", "no balance, no plan, or a spending limit", _ERRORS),
    Code("provider/quota-exhausted", "error", "refused", "a quota window is used up; waits for its reset", _ERRORS),
    Code("provider/rate-limit", "error", "refused", "too many requests or tokens for now", _ERRORS),
    Code("provider/concurrency", "error", "refused", "too many requests at once", _ERRORS),
    Code("provider/overloaded", "error", "refused", "the model's servers are full", _ERRORS),
    Code("provider/context-length", "error", "refused", "the prompt is longer than the model takes", _ERRORS),
    Code("provider/content-filter", "error", "refused", "blocked by a content policy", _ERRORS),
    Code("provider/invalid-request", "error", "refused", "the request itself is malformed", _ERRORS),
    Code("provider/model-not-found", "error", "refused", "no such model for this key at this endpoint", _ERRORS),
    Code("provider/server-error", "error", "refused", "the provider failed inside", _ERRORS),
    Code("provider/timeout", "error", "refused", "something upstream waited too long", _ERRORS),
    Code("provider/network", "error", "refused", "a connection failed", _ERRORS),
    Code("provider/unknown", "error", "refused", "an error that no rule knows", _ERRORS),
)

CODES: dict[str, Code] = {code.name: code for code in _TABLE}
PROVIDER_CLASSES: tuple[str, ...] = tuple(c.name.partition("/")[2] for c in _TABLE if c.name.startswith("provider/"))
