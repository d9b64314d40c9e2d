"""The exchanges of one connection, one after the other.

In:   what the client sends and what the upstream sends, block by block, and when; no sockets.
Out:  the bytes that may go to the upstream now; captures.
Rule: one exchange at a time: bytes of a request that comes before the response to the last one has ended wait here. What the upstream
      sends is forwarded by others, before it comes here.
"""

__all__ = ("Conversation",)

from collections.abc import Iterator

from streamcheck.proxy.exchange import Exchange
from streamcheck.proxy.heads import MAX_HEAD, Refused, Upstream, head_length, rewritten
from streamcheck.proxy.recording import Moment, Recordings


class Conversation:
    """One client connection and its upstream connection. accepted: when the client came, which is when its first request began."""

    def __init__(self, recordings: Recordings, upstream: Upstream, base_url: str, accepted: Moment) -> None:
        self._recordings = recordings
        self._upstream = upstream
        self._base_url = base_url
        self._began = accepted
        self._exchange: Exchange | None = None
        self._held = bytearray()  # what the client sent and nobody has forwarded
        self._searched = 0  # bytes of it that hold no end of a head

    @property
    def open(self) -> bool:
        """True while the client waits for an answer."""
        return self._exchange is not None and self._exchange.open

    @property
    def waiting(self) -> bool:
        """True while bytes of the next request wait for their turn."""
        return bool(self._held) and self.open and self._exchange is not None and self._exchange.asked

    @property
    def may_answer(self) -> bool:
        """True when an answer that is not the upstream's would not fall into one that is."""
        return self._exchange is None or self._exchange.answered or not self._exchange.begun

    # ------------------------------------------------------------------ the client
    def ask(self, block: bytes, came: Moment) -> bytes:
        """Take what the client sent; return what is to be forwarded now, perhaps nothing. b"" asks what may go by now. Raises Refused."""
        if block and not self._held and (self._exchange is not None and self._exchange.asked):
            self._began = came
        self._held += block
        before = self._exchange
        try:
            return b"".join(self._ready())
        except Refused:
            if self._exchange is not before:
                self._exchange = None  # nothing of it has been forwarded: there is nothing to record
            raise

    def _ready(self) -> Iterator[bytes]:
        """Yield what may be forwarded of what is held, and take it out."""
        while self._held:
            exchange = self._exchange
            if exchange is not None and exchange.switched:
                yield self._release(len(self._held))
            elif exchange is not None and not exchange.asked:
                yield self._release(exchange.ask(bytes(self._held)))
            elif exchange is not None and exchange.open:
                return
            else:
                head = self._next_head()
                if head is None:
                    return
                yield head

    def _release(self, length: int) -> bytes:
        released = bytes(self._held[:length])
        del self._held[:length]
        return released

    def _next_head(self) -> bytes | None:
        """Begin the next exchange if its head is whole; return the head as it is to be forwarded."""
        length = head_length(self._held, self._searched)
        if length is None or length > MAX_HEAD:
            if len(self._held) > MAX_HEAD:
                raise Refused(431, f"the request's head is longer than {MAX_HEAD} bytes")
            self._searched = max(0, len(self._held) - 2)
            return None
        head = rewritten(self._release(length), self._upstream, self._base_url)
        self._searched = 0
        exchange = Exchange(self._recordings.new(self._began), self._upstream)
        exchange.ask(head.lstrip(b"\r\n"))
        if self._exchange is not None:
            self._exchange.end("eof", None, self._began.seconds)
        self._exchange = exchange
        return head

    def forwarded(self, at: float) -> None:
        """Say that all that ask() returned has been sent."""
        if self._exchange is not None:
            self._exchange.forwarded(at)

    # ------------------------------------------------------------------ the upstream
    def answer(self, block: bytes, at: float) -> None:
        """Take one read of what the upstream sent, after it was forwarded."""
        while block:
            if self._exchange is None or (self._exchange.answered and self._exchange.asked):
                self._exchange = Exchange(self._recordings.new(Moment.at(at)), self._upstream, unasked=True)
            elif self._exchange.answered:
                return  # beyond the answer to a request that is still being sent
            block = self._exchange.answer(block, at)

    # ------------------------------------------------------------------ the end
    def close(self, at: float) -> None:
        """Say that the upstream closed the connection."""
        if self._exchange is not None:
            self._exchange.close(at)

    def end(self, reason: str, error: str | None, at: float) -> None:
        """Say that the connection ended in another way."""
        if self._exchange is not None:
            self._exchange.end(reason, error, at)
