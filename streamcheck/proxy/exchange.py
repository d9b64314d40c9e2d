"""One request and its response, as h11 reads them.

In:   the bytes of the request as they are forwarded, the bytes of the response as they come, and when; no sockets.
Out:  where the request ends, where the response ends; a capture of both.
Rule: h11 only looks on. When it can make nothing of the response, what could be read stays recorded and the exchange is `lost`: it
      ends with an error, and bytes that are no HTTP at all are recorded as they come. The framing is the wire's (chunks of the
      transfer coding are undone, a content coding stays).
Cost: h11's, some 10 us a chunk; the request's body is kept until it is whole, up to MAX_REQUEST_BODY.
"""

__all__ = ("MAX_REQUEST_BODY", "Exchange")

import re

import h11

from streamcheck.proxy.heads import MAX_HEAD, Refused, Upstream
from streamcheck.proxy.recording import Recording

MAX_REQUEST_BODY = 32 * 1024 * 1024  # bytes of a request's body that are recorded; a larger one leaves only its head. guess

# The bounds keep it linear on bytes that were made to make it slow.
_SECRET_LINE = re.compile(
    rb"(?im)^((?:set-)?cookie|[^\s:]{0,99}(?:auth|key|token|secret|session)[^\s:]{0,99})(:[ \t]*)([^\r\n]+)"
)


class Exchange:
    """One request and its response. Without a request it takes what the upstream says unasked.

    asked:    the request is whole, by its framing. answered: the response is whole, or as whole as it will get.
    lost:     the name of the exception that ended the reading of the response; None while it can be read.
    switched: the connection speaks another protocol from here on.
    begun:    bytes of the response have come.
    """

    def __init__(self, recording: Recording, upstream: Upstream, *, unasked: bool = False) -> None:
        self.asked = unasked
        self.answered = False
        self.lost: str | None = None
        self.switched = False
        self.begun = False
        self._recording = recording
        self._upstream = upstream
        self._unasked = unasked
        self._from_client = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._from_upstream = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._request: h11.Request | None = None
        self._request_body: list[bytes] | None = []
        self._request_bytes = 0
        self._request_recorded = unasked
        self._responded = False  # the final response's head is recorded
        self._unread: list[tuple[bytes, float]] = []  # blocks of a response whose head is not whole yet

    @property
    def open(self) -> bool:
        """True while the response is to come and can be read: the next request has to wait."""
        return not (self.answered or self.lost or self.switched or self._unasked)

    # ------------------------------------------------------------------ the request
    def ask(self, data: bytes) -> int:
        """Take bytes as they will be forwarded, the whole head first; return how many of them belong to this request. Raises Refused."""
        connection = self._from_client
        connection.receive_data(data)
        try:
            while not self.asked and (event := connection.next_event()) is not h11.NEED_DATA:
                self._take_request(event)
        except h11.ProtocolError as error:
            # h11's own sentence quotes the line, which may hold a key.
            status = error.error_status_hint if error.error_status_hint in (431, 501) else 400
            raise Refused(status, "the request is not well-formed HTTP/1.1") from None
        return len(data) - len(connection.trailing_data[0]) if self.asked else len(data)

    def _take_request(self, event: object) -> None:
        match event:
            case h11.Request():
                self._request = event
                # What a response's framing depends on; h11 refuses a 101 that nobody asked for.
                headers = [(b"host", b"upstream"), *(pair for pair in event.headers if pair[0] == b"upgrade")]
                self._from_upstream.send(h11.Request(method=event.method, target=b"/", headers=headers))
            case h11.Data():
                self._request_bytes += len(event.data)
                if self._request_bytes > MAX_REQUEST_BODY:
                    self._request_body = None
                if self._request_body is not None:
                    self._request_body.append(bytes(event.data))
            case h11.EndOfMessage():
                self.asked = True

    def forwarded(self, at: float) -> None:
        """Say that all bytes that ask() took have been sent to the upstream."""
        if self.asked:
            self._record_request(at)

    def _record_request(self, at: float) -> None:
        request = self._request
        if self._request_recorded or request is None:
            return
        self._request_recorded = True
        body = b"".join(self._request_body) if self.asked and self._request_body is not None else b""
        self._request_body = None
        url = self._upstream.url_of(request.target.decode("latin-1"))
        self._recording.request(request.method.decode("latin-1"), url, request.headers.raw_items(), body or None, at)

    # ------------------------------------------------------------------ the response
    def answer(self, block: bytes, at: float) -> bytes:
        """Take one read of the response; return what it holds beyond the response's end."""
        self.begun = True
        if self.lost is not None or self.switched:
            if not self._responded:
                self._recording.chunk(block, at)
            return b""
        if not self._responded:
            self._unread.append((block, at))
        self._from_upstream.receive_data(block)
        self._read_response(at)
        return bytes(self._from_upstream.trailing_data[0]) if self.answered else b""

    def _read_response(self, at: float) -> None:
        connection = self._from_upstream
        body = []
        try:
            while not self.answered and (event := connection.next_event()) is not h11.NEED_DATA:
                match event:
                    case h11.Data(data=data):
                        body.append(data)
                    case h11.Response() | h11.InformationalResponse():
                        self._take_head(event, at)
                    case h11.EndOfMessage():
                        self.answered = True
                    case _:  # nothing more will come
                        break
        except Exception as error:  # not h11.ProtocolError alone: no defect of a parser may cost a stream
            self.lost = type(error).__name__
        if body:
            self._recording.chunk(b"".join(body), at)
        if self.answered:
            self._recording.end("eof", None, at)
        elif self.lost is not None:
            self._record_unread(at)

    def _take_head(self, head: h11.Response | h11.InformationalResponse, at: float) -> None:
        if isinstance(head, h11.InformationalResponse) and head.status_code != 101:
            self._unread = [(bytes(self._from_upstream.trailing_data[0]), at)]
            return
        self._record_request(at)
        self.switched = head.status_code == 101
        self._responded = True
        self._unread.clear()
        http = f"HTTP/{head.http_version.decode('latin-1')}"
        self._recording.response(head.status_code, head.headers.raw_items(), http, at)

    def _record_unread(self, at: float) -> None:
        """Record bytes that are no response as they came. Where they look like a head, its secrets are struck out."""
        self._record_request(at)
        unread, self._unread = self._unread, []
        safe = _SECRET_LINE.sub(lambda line: line[1] + line[2] + b"*" * len(line[3]), b"".join(block for block, _ in unread))
        start = 0
        for block, came in unread:
            if block:
                self._recording.chunk(safe[start : start + len(block)], came)
            start += len(block)

    # ------------------------------------------------------------------ the end
    def close(self, at: float) -> None:
        """Say that the upstream closed the connection."""
        if not (self.answered or self.lost or self.switched):
            self._from_upstream.receive_data(b"")
            self._read_response(at)
        self.end("eof", None, at)

    def end(self, reason: str, error: str | None, at: float) -> None:
        """End the recording, if it has not ended; an exchange that is lost ends with its own error."""
        if self.answered:
            return
        self.answered = True
        if self.lost is not None:
            reason, error = "error", self.lost
        self._record_unread(at)
        self._recording.end(reason, error, at)
