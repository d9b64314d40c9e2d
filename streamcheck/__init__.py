"""streamcheck: proves or clears each layer of a streamed LLM answer.

    body bytes --utf8--> text --sse--> events --dialect--> deltas --assembly--> message
         \\__________________ findings (from every stage, each with a span) __________________/ --> report --> verdict

`Checker` (checker.py) is the whole flow: bytes in, deltas and findings out, one Report at the end. `check()` does it for a recording.
Everything that touches a socket, a file or a clock sits outside of it. Names are loaded when they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False  # `typing` itself would be most of the cost of this import
if TYPE_CHECKING:
    from streamcheck.capture.folder import CaptureFolder
    from streamcheck.capture.format import Capture
    from streamcheck.capture.reader import CaptureReader
    from streamcheck.capture.writer import CaptureWriter
    from streamcheck.checker import Checker, check
    from streamcheck.codes import CODES
    from streamcheck.errors import CaptureError, StreamcheckError, StreamClosedError, StreamRejected, UsageError
    from streamcheck.faults import inject
    from streamcheck.findings import Finding, ProviderError, Severity
    from streamcheck.hops.locating import locate
    from streamcheck.hops.location import Location
    from streamcheck.live.reader import DeltaStream, connect, open_stream
    from streamcheck.live.watch import Watch
    from streamcheck.messages import Choice, Delta, Message, ToolCall
    from streamcheck.minimizing import minimize
    from streamcheck.reference_readers.compare import reader_differences, readers
    from streamcheck.refusals import classify_error
    from streamcheck.replaying.in_process import replay
    from streamcheck.replaying.threads import replay_server
    from streamcheck.spans import Span
    from streamcheck.verdicts import Origin, Report, ScoreLine, Timing, Verdict
    from streamcheck.wire.head import ResponseHead
    from streamcheck.wire.sse import SseDecoder, SseEvent

_HOMES = {
    "CODES": "codes",
    "Capture": "capture.format",
    "CaptureError": "errors",
    "CaptureFolder": "capture.folder",
    "CaptureReader": "capture.reader",
    "CaptureWriter": "capture.writer",
    "Checker": "checker",
    "Choice": "messages",
    "Delta": "messages",
    "DeltaStream": "live.reader",
    "Finding": "findings",
    "Location": "hops.location",
    "Message": "messages",
    "Origin": "verdicts",
    "ProviderError": "findings",
    "Report": "verdicts",
    "ResponseHead": "wire.head",
    "ScoreLine": "verdicts",
    "Severity": "findings",
    "Span": "spans",
    "SseDecoder": "wire.sse",
    "SseEvent": "wire.sse",
    "StreamClosedError": "errors",
    "StreamRejected": "errors",
    "StreamcheckError": "errors",
    "Timing": "verdicts",
    "ToolCall": "messages",
    "UsageError": "errors",
    "Verdict": "verdicts",
    "Watch": "live.watch",
    "check": "checker",
    "classify_error": "refusals",
    "connect": "live.reader",
    "inject": "faults",
    "locate": "hops.locating",
    "minimize": "minimizing",
    "open_stream": "live.reader",
    "reader_differences": "reference_readers.compare",
    "readers": "reference_readers.compare",
    "replay": "replaying.in_process",
    "replay_server": "replaying.threads",
}

__all__ = (
    "CODES",
    "Capture",
    "CaptureError",
    "CaptureFolder",
    "CaptureReader",
    "CaptureWriter",
    "Checker",
    "Choice",
    "Delta",
    "DeltaStream",
    "Finding",
    "Location",
    "Message",
    "Origin",
    "ProviderError",
    "Report",
    "ResponseHead",
    "ScoreLine",
    "Severity",
    "Span",
    "SseDecoder",
    "SseEvent",
    "StreamClosedError",
    "StreamRejected",
    "StreamcheckError",
    "Timing",
    "ToolCall",
    "UsageError",
    "Verdict",
    "Watch",
    "check",
    "classify_error",
    "connect",
    "inject",
    "locate",
    "minimize",
    "open_stream",
    "reader_differences",
    "readers",
    "replay",
    "replay_server",
)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'streamcheck' has no attribute {name!r}")
    value = getattr(import_module(f"streamcheck.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
