"""What a server may do to a reader: scripts for server.py, and the answers that they send."""

import gzip

from tests.live.server import Peer
from tests.streams import chat_events, sse

WORDS = ("one ", "two ", "three.")
EVENTS = chat_events(*WORDS)
REFUSAL = b'{"error":{"code":"1302","message":"Too many concurrent requests"}}'


def clean(peer: Peer) -> None:
    peer.head()
    peer.chunk(*EVENTS)
    peer.end()


def damaged(peer: Peer) -> None:
    """A chunk of it is no JSON."""
    peer.head()
    peer.chunk(*EVENTS[:2], sse("{no"), *EVENTS[2:])
    peer.end()


def no_head(peer: Peer) -> None:
    peer.wait_until_gone()


def no_byte(peer: Peer) -> None:
    peer.head()
    peer.wait_until_gone()


def comments_only(peer: Peer) -> None:
    peer.head()
    while not peer.gone_within(0.05):
        peer.chunk(b": keep-alive\n\n")


def comments_after_text(peer: Peer) -> None:
    peer.head()
    peer.chunk(*EVENTS[:3])
    while not peer.gone_within(0.05):
        peer.chunk(b": keep-alive\n\n")


def silent_after_text(peer: Peer) -> None:
    peer.head()
    peer.chunk(*EVENTS[:3])
    peer.wait_until_gone()


def reset(peer: Peer) -> None:
    peer.head()
    peer.chunk(*EVENTS[:3])
    # A reset overtakes what was sent: it may be sent when that has been read.
    peer.wait_until_told()
    peer.reset()


def hung_up(peer: Peer) -> None:
    """The connection ends inside of the body."""
    peer.head()
    peer.chunk(*EVENTS[:3])


def no_answer(peer: Peer) -> None:
    """The connection ends before the head."""


def gzipped(peer: Peer) -> None:
    peer.head(content_encoding="gzip")
    body = gzip.compress(b"".join(EVENTS), mtime=0)
    peer.chunk(*(body[i : i + 7] for i in range(0, len(body), 7)))
    peer.end()


def refused(peer: Peer) -> None:
    peer.head(429, "application/json")
    peer.chunk(REFUSAL)
    peer.end()


def empty(peer: Peer) -> None:
    peer.head()
    peer.end()


def document(peer: Peer) -> None:
    """The whole answer as one JSON document, to a client that asked for a stream."""
    peer.head(content_type="application/json")
    peer.chunk(
        b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
        b'"message":{"role":"assistant","content":"all of it"}}]}'
    )
    peer.end()
