"""Where a finding is, in words, and the text it stands in.

In:   a Report and one of its findings.
Out:  place_of(), channel_text(), excerpt_of().
Rule: ranges are half-open and printed as they are in the JSON report, so that they can be given to other tools.
"""

__all__ = ("channel_text", "excerpt_of", "place_of")

from streamcheck.findings import Finding
from streamcheck.messages import Choice
from streamcheck.verdicts import Report

_QUOTING = (
    "excerpt",
    "near",
    "text",
    "starts",
    "line",
    "arguments",
    "matched",
    "bytes",
    "unit",
)  # evidence that quotes the stream

_AROUND = 24  # characters shown before and after a short place


def place_of(finding: Finding) -> str:
    """Return for instance "bytes 1204-1960, event 17, choice 0 reasoning characters 118-246"; "" when there is no place."""
    words = []
    if finding.span is not None:
        words.append(f"bytes {finding.span.start}-{finding.span.end}")
    if finding.event is not None:
        words.append(f"event {finding.event}")
    channel = []
    if finding.choice is not None:
        channel.append(f"choice {finding.choice}")
    if finding.channel is not None:
        channel.append(finding.channel)
    if finding.chars is not None:
        channel.append(f"characters {finding.chars[0]}-{finding.chars[1]}")
    if channel:
        words.append(" ".join(channel))
    if finding.at is not None:
        words.append(f"after {finding.at:.3f} s")
    return ", ".join(words)


def channel_text(report: Report, finding: Finding) -> str | None:
    """Return the text that `finding.chars` counts in; None when the report does not hold it."""
    if finding.choice is None or finding.channel is None:
        return None
    number = finding.evidence.get("segment", 0)
    messages = report.segments or (report.message,)
    if not isinstance(number, int) or not 0 <= number < len(messages):
        return None
    choice = next((c for c in messages[number].choices if c.index == finding.choice), None)
    return None if choice is None else _text_in(choice, finding.channel)


def _text_in(choice: Choice, channel: str) -> str | None:
    if channel in ("reasoning", "content", "refusal"):
        return str(getattr(choice, channel))
    name, _, number = channel.partition(":")
    if name != "tool":
        return None
    return next((tool.arguments for tool in choice.tool_calls if str(tool.index) == number), None)


def excerpt_of(report: Report, finding: Finding) -> str | None:
    """Return what the stream says at the finding's place, from its text or from its evidence; None when neither quotes it."""
    text = channel_text(report, finding)
    if text is not None and finding.chars is not None and text[finding.chars[0] : finding.chars[1]]:
        start, end = finding.chars
        around = _AROUND if end - start < _AROUND else 0  # one character says nothing without its neighbours
        return text[max(0, start - around) : end + around]
    for key in _QUOTING:
        quoted = finding.evidence.get(key)
        if isinstance(quoted, str) and quoted.strip():
            return quoted
    return None
