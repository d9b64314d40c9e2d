"""Older capture files lifted to today's format.

In:   the header of a capture and the decoded lines after it.
Out:  the same, as today's FORMAT would have written them.
Rule: MIGRATIONS[n] turns format n into n + 1; a file goes through all that it needs. A file from a newer streamcheck is refused:
      guessing at what a future record means would be a wrong reading of evidence.
"""

__all__ = ("MIGRATIONS", "Lines", "migrated", "version_of")

from collections.abc import Callable
from typing import Any

from streamcheck.capture.format import FORMAT, MAGIC_KEY
from streamcheck.errors import CaptureError

Lines = list[Any]  # the header's dict first, then one list a record

MIGRATIONS: dict[int, Callable[[Lines], Lines]] = {}


def version_of(header: dict[str, Any]) -> int:
    """Return the format's number. Raises CaptureError when there is none, or one that nobody wrote, or a newer one."""
    version = header.get(MAGIC_KEY)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise CaptureError(f"expected a whole number from 1 on as {MAGIC_KEY!r}, got {version!r:.80}")
    if version > FORMAT:
        raise CaptureError(
            f"capture format {version} was made by a newer streamcheck than this one, which reads up to {FORMAT}: please update"
        )
    return version


def migrated(lines: Lines, version: int) -> Lines:
    """Return `lines` of format `version` as today's format has them."""
    while version < FORMAT:
        lines = MIGRATIONS[version](lines)
        version += 1
    return lines
