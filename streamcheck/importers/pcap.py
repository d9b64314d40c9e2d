"""Packets (pcap, pcapng), read by tshark.

In:   a packet file, and the TLS key log where the connections are encrypted.
Out:  one response for each HTTP/1 response on each connection; one chunk for each segment that brought something of its body.
Rule: tshark must be installed; it reassembles, decrypts and orders. The view of the network alone: what a client made of it is not here.
      HTTP/2 is told and left out.
"""

__all__ = ("Pcap",)

import binascii
import os
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple

from streamcheck.capture.fidelity import Fidelity
from streamcheck.capture.format import Request
from streamcheck.errors import CaptureError, UsageError
from streamcheck.importers._http1 import Body, Head, Pieces, body_after, head_of, response_of
from streamcheck.importers._imported import Imported
from streamcheck.importers._source import Source

_MAGIC = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
)  # microseconds and nanoseconds in both byte orders, pcapng
_HTTP = 'http || http2 || tcp contains "HTTP/1."'
_FOLLOWED = re.compile(
    r"  - packet: \d+\n    peer: (\d)\n(?:    index: \d+\n)?    timestamp: (\d+\.\d+)\n    data: !!binary \|\n((?:      [\w+/=]+\n)*)"
)
_MISSING = re.compile(rb"\[\d+ bytes missing in capture file\]")
_METHOD = re.compile(rb"[A-Z]{3,10} \S+ HTTP/1\.[01]\r?\n")


class Pcap:
    """See the module."""

    name: ClassVar[str] = "pcap"
    meaning: ClassVar[str] = "packets, through tshark; --keylog decrypts TLS"

    def recognises(self, path: str, head: bytes) -> bool:
        return head.startswith(_MAGIC)

    def import_from(self, source: Source) -> Iterator[Imported]:
        if source.keylog is not None and not os.path.isfile(source.keylog):
            raise UsageError(f"{source.keylog}: no such TLS key log")
        shark = _Shark(source.path, source.keylog)
        streams = shark.streams()
        if not streams:
            raise UsageError(f"{source.path}: no HTTP in it{shark.why_nothing()}")
        for number, protocols in streams.items():
            if "http2" in protocols:
                source.remarks.append(f"connection {number} speaks HTTP/2: left out")
                continue
            yield from _responses(number, shark.followed(number, "tls" if "tls" in protocols else "tcp"))


class _Shark:
    """tshark on one file."""

    def __init__(self, path: str, keylog: str | None) -> None:
        program = shutil.which("tshark")
        if program is None:
            raise UsageError(f"{path}: reading packets needs tshark: install Wireshark's command line, or record in another way")
        keys = ["-o", f"tls.keylog_file:{os.path.abspath(keylog)}"] if keylog is not None else []
        self._command = [program, "-n", "-r", os.path.abspath(path), *keys]
        self._path = path
        self._keylog = keylog

    def streams(self) -> dict[int, set[str]]:
        """Return the protocols of each connection with HTTP on it."""
        found: dict[int, set[str]] = {}
        for line in self._run("-Y", _HTTP, "-T", "fields", "-e", "tcp.stream", "-e", "frame.protocols").splitlines():
            number, _, protocols = line.partition("\t")
            if number.isdigit():
                found.setdefault(int(number), set()).update(protocols.split(":"))
        return found

    def why_nothing(self) -> str:
        if not self._run("-Y", "tls.app_data", "-c", "5000", "-T", "fields", "-e", "tcp.stream").strip():
            return ""
        if self._keylog is not None:
            return ": it is encrypted, and the key log does not hold its keys"
        return ": it is encrypted: give the TLS key log (SSLKEYLOGFILE of the client) as --keylog"

    def followed(self, number: int, protocol: str) -> dict[int, list[tuple[float, bytes]]]:
        """Return what each side of a connection sent, with seconds since 1970."""
        sides: dict[int, list[tuple[float, bytes]]] = {0: [], 1: []}
        for side, at, spelled in _FOLLOWED.findall(self._run("-q", "-z", f"follow,{protocol},yaml,{number}")):
            try:
                sides[int(side) & 1].append((float(at), b64decode("".join(spelled.split()))))
            except (binascii.Error, ValueError):
                raise CaptureError(f"{self._path}: tshark gave packets that cannot be read") from None
        return sides

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run([*self._command, *arguments], capture_output=True, stdin=subprocess.DEVNULL, check=False)
        except OSError as error:
            raise UsageError(f"tshark cannot be run: {error.strerror}") from error
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason told"]
            raise CaptureError(f"{self._path}: tshark cannot read it: {lines[-1][:160]}")
        return done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")


class _Message(NamedTuple):
    head: Head
    begin: int
    body: Body


def _messages(data: bytes) -> Iterator[_Message]:
    """Yield the requests that stand one behind the other."""
    at = 0
    while at < len(data) and (head := head_of(data, at)) is not None:
        body = body_after(head, data)
        yield _Message(head, at, body)
        at = body.end


def _answers(data: bytes, methods: list[str]) -> Iterator[tuple[int, _Message]]:
    """Yield (index of the request, response). Heads such as "100 Continue" answer nothing yet."""
    at = index = 0
    while at < len(data) and (head := head_of(data, at)) is not None:
        response = response_of(head)
        if response is None:
            return
        body = body_after(head, data, answers=methods[index] if index < len(methods) else "")
        if (response.status or 0) >= 200:
            yield index, _Message(head, at, body)
            index += 1
        at = body.end


def _responses(number: int, sides: dict[int, list[tuple[float, bytes]]]) -> Iterator[Imported]:
    one, two = Pieces(sides[0]), Pieces(sides[1])
    asking, answering = (two, one) if one.data.startswith(b"HTTP/") or _METHOD.match(two.data) else (one, two)
    requests = list(_messages(asking.data))
    methods = [request.head.first.partition(" ")[0] for request in requests]
    for index, answer in _answers(answering.data, methods):
        request = requests[index] if index < len(requests) else None
        yield _imported(f"connection {number} response {index + 1}", request, answer, asking, answering)


def _imported(name: str, request: _Message | None, answer: _Message, asking: Pieces, answering: Pieces) -> Imported:
    zero = asking.time_at(request.begin) if request is not None else answering.time_at(answer.begin)

    def since(at: float | None) -> float | None:
        return None if at is None or zero is None else round(at - zero, 6)

    chunks = answering.chunks(answer.body.ranges)
    remarks = [answer.body.problem] if answer.body.problem else []
    if _MISSING.search(answering.data[answer.begin : answer.body.end]):
        remarks.append("packets are missing in the file: the recording lost bytes, the connection perhaps did not")
    asked, host = _request_of(request, asking, since) if request is not None else (None, "")
    return Imported(
        name,
        Pcap.name,
        Fidelity("exact", "chunk"),
        host=host,
        started=datetime.fromtimestamp(zero, UTC) if zero is not None else None,
        request=asked,
        response=response_of(answer.head, since(answering.time_at(answer.begin))),
        chunks=tuple(type(chunk)(since(chunk.at), chunk.data) for chunk in chunks),
        end=answer.body.ending(since(answering.time_at(answer.body.end - 1))),
        remarks=tuple(remarks),
    )


def _request_of(message: _Message, asking: Pieces, since: Callable[[float | None], float | None]) -> tuple[Request, str]:
    method, _, rest = message.head.first.partition(" ")
    target, host = rest.partition(" ")[0], message.head.header("host")
    body = b"".join(asking.data[start:end] for start, end in message.body.ranges)
    url = target if "://" in target else f"http://{host}{target}"
    sent = since(asking.time_at(message.body.end - 1))
    return Request(method, url, message.head.headers, body or None, at=sent), host.partition(":")[0]
