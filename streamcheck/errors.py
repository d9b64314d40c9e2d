"""The exceptions of streamcheck.

In:   misuse of the library, or a file that cannot be read.
Out:  one of these, each with one sentence that says what happened, where, and what to do.
Rule: a bad *stream* never raises: it is described by findings. StreamRejected is for those who asked for it.

    StreamcheckError
    ├── UsageError (also ValueError)        an argument that cannot be meant: unknown dialect, unknown format
    ├── StreamClosedError (also RuntimeError)   feed() after close()
    ├── CaptureError (also ValueError)      a capture file that cannot be read, with its path, line and column
    └── StreamRejected                      a live stream that the user asked to be stopped at, with its report
"""

__all__ = ("CaptureError", "StreamClosedError", "StreamRejected", "StreamcheckError", "UsageError", "near_names")

import difflib
from collections.abc import Iterable
from typing import Any


class StreamcheckError(Exception):
    """Root of all exceptions that streamcheck raises on purpose."""


class UsageError(StreamcheckError, ValueError):
    """An argument that cannot be meant; raised at the call, with the fix in the text."""


class StreamClosedError(StreamcheckError, RuntimeError):
    """feed() or close() on a decoder or checker that is closed already."""


class CaptureError(StreamcheckError, ValueError):
    """A capture that cannot be read at all. A capture that merely ends early does not raise: see `capture/cut`."""


class StreamRejected(StreamcheckError):
    """A live stream reached the verdict, or the deadline, from which on the user wants no more of it.

    report: what is known of it (a Report).
    """

    def __init__(self, report: Any) -> None:
        super().__init__(f"stream rejected: {report}")
        self.report = report


def near_names(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known name, else "; known: a, b, c"."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"
