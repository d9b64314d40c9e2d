"""Imported responses as captures on disk.

In:   Imported values, a folder.
Out:  one capture each; its header says what it is from and what it still has.
Rule: secrets are taken out as of every recording. A capture's name comes from what it holds, so that importing twice writes once.
      Times that are not of chunks would be taken for it: a recording that has begin and end alone is written without times, and its
      header has them under `ends`.
"""

__all__ = ("write_capture",)

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from streamcheck.capture.folder import capture_name
from streamcheck.capture.key_shapes import redact_bytes
from streamcheck.capture.lines import json_of, value_of
from streamcheck.capture.writer import CaptureWriter
from streamcheck.importers._imported import Imported


def write_capture(imported: Imported, folder: str | os.PathLike[str], *, modified: datetime) -> tuple[str, bool]:
    """Return the path of the capture, and False when the same one was there already.

    modified: when the source was written, for the file's name where nobody knows when the response began. Raises OSError.
    """
    name = capture_name(imported.started or modified, imported.host or imported.format, _digest(imported)[:8])
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, name)
    try:
        writer = CaptureWriter(
            path, hop=imported.hop, started=imported.started, extra=_header(imported), timed=_is_timed(imported)
        )
    except FileExistsError:
        return path, False
    try:
        _write(imported, writer)
    except BaseException:
        writer.close()
        os.unlink(path)
        raise
    writer.close()
    return path, True


def _write(imported: Imported, writer: CaptureWriter) -> None:
    # A time that is not known is the one before it: the writer would ask the clock.
    at = 0.0
    if imported.request is not None:
        request, at = imported.request, imported.request.at or at
        writer.request(request.method or "", request.url or "", request.headers, request.body, at=at)
    if imported.response is not None:
        response, at = imported.response, imported.response.at or at
        writer.response(response.status, response.headers, http=response.http, at=at)
    for chunk in imported.chunks:
        at = at if chunk.at is None else chunk.at
        writer.chunk(chunk.data, at=at)
    for delta in imported.deltas:
        at = at if delta.at is None else delta.at
        writer.delta(delta.text, choice=delta.choice, channel=delta.channel, at=at)
    if imported.end is not None:
        writer.end(imported.end.reason, error=imported.end.error, at=at if imported.end.at is None else imported.end.at)


def _is_timed(imported: Imported) -> bool:
    return imported.fidelity.timing in ("chunk", "event")


def _header(imported: Imported) -> dict[str, Any]:
    header: dict[str, Any] = {
        "fidelity": imported.fidelity._asdict(),
        "imported_from": imported.format,
        "source_name": imported.name,
    }
    if imported.started is None:
        header["started"] = None  # or the writer's own moment would stand there
    if imported.about:
        header["about"] = imported.about
    if imported.remarks:
        header["remarks"] = list(imported.remarks)
    if imported.fidelity.timing == "ends":
        header["ends"] = dict(_ends(imported))
    safe: dict[str, Any] = value_of(redact_bytes(json_of(header)))
    return safe


def _ends(imported: Imported) -> Iterator[tuple[str, float]]:
    for name, part in (("request", imported.request), ("response", imported.response), ("end", imported.end)):
        if part is not None and part.at is not None:
            yield name, round(part.at, 6)


def _digest(imported: Imported) -> str:
    digest = hashlib.sha256(repr((imported.format, imported.name, imported.fidelity, imported.end, imported.remarks)).encode())
    for chunk in imported.chunks:
        digest.update(b"%d:" % len(chunk.data) + chunk.data)
    for delta in imported.deltas:
        digest.update(repr((delta.choice, delta.channel, delta.text)).encode())
    return digest.hexdigest()
