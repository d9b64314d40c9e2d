"""A folder of captures that does not grow without end.

In:   the name of each new capture.
Out:  the path to write it to; the oldest captures gone when there are too many, or too many bytes.
Rule: names begin with the time, so that their order is that of the recordings. Only files that are named so are counted and removed, and
      none that was written to in the last minute. The folder is looked through at every twentieth of its cap, not at every capture:
      it is cut down so far that it stays below the cap until it is looked through again.
Cost: 40 us a capture in the mean.
"""

__all__ = ("CaptureFolder", "capture_name")

import os
import re
import secrets
import time
from datetime import UTC, datetime

from streamcheck.capture.format import SUFFIX
from streamcheck.errors import UsageError

MAX_CAPTURES = 1000  # a day of an agent's work. guess
MAX_BYTES = 1 << 30  # guess
_UNTOUCHED = 60.0  # seconds since the last write after which a capture may be removed: longer than most silences. guess
_NAME = re.compile(r"\d{8}T\d{6}\.\d{3}Z-[\w.-]+-[0-9a-f]{8}" + re.escape(SUFFIX) + r"(\.zst)?")


def capture_name(started: datetime, host: str, id: str | None = None) -> str:
    """Return a file name by time, host and id: "20261121T174536.125Z-api.example.com-1f2e3d4c.capture.jsonl".

    id: eight hexadecimal digits; drawn when None.
    """
    moment = started.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
    safe = re.sub(r"[^a-z0-9.-]+", "-", host.lower()).strip(".-")[:80] or "unknown"
    return f"{moment}-{safe}-{id or secrets.token_hex(4)}{SUFFIX}"


class CaptureFolder:
    """Call it with the name of a new capture, get the path."""

    def __init__(
        self, path: str | os.PathLike[str], *, max_captures: int | None = MAX_CAPTURES, max_bytes: int | None = MAX_BYTES
    ) -> None:
        """max_captures, max_bytes: what the folder may hold; None for no cap. Raises UsageError for a cap that is not positive."""
        for name, cap in (("max_captures", max_captures), ("max_bytes", max_bytes)):
            if cap is not None and cap < 1:
                raise UsageError(f"{name} must be positive, or None for no cap, not {cap!r}")
        self.path = os.fspath(path)
        self._max_captures, self._max_bytes = max_captures, max_bytes
        self._slack = max(1, (max_captures or MAX_CAPTURES) // 20)
        self._until_look = 0  # captures until the folder is looked through again

    def __call__(self, name: str) -> str:
        """Return the path of a new capture. Raises OSError when the folder cannot be made or read."""
        if self._until_look <= 0:
            # Prompts and answers are nobody else's business.
            os.makedirs(self.path, mode=0o700, exist_ok=True)
            self._make_room()
            self._until_look = self._slack
        self._until_look -= 1
        return os.path.join(self.path, name)

    def _make_room(self) -> None:
        found = self._captures()
        total = sum(size for _, size, _ in found)
        count = len(found) + self._slack
        for path, size, written in found:
            if not self._over(count, total):
                return
            if time.time() - written < _UNTOUCHED:
                continue
            try:
                os.unlink(path)
            except OSError:  # gone already, or held open where that forbids it
                continue
            count -= 1
            total -= size

    def _over(self, count: int, total: int) -> bool:
        return (self._max_captures is not None and count > self._max_captures) or (
            self._max_bytes is not None and total > self._max_bytes
        )

    def _captures(self) -> list[tuple[str, int, float]]:
        """Return (path, bytes, time of the last write) of the captures that are named as ours, oldest first."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:  # removed since
                        continue
                    found.append((entry.path, status.st_size, status.st_mtime))
        return sorted(found)
