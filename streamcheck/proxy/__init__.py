"""The recording proxy: a byte relay between a client and one upstream, with a capture for every response.

    client ==bytes==> relay.py (wires.py) ==the same bytes==> upstream        heads.py: Host and target, the only bytes that change
           <==bytes==      |    |         <==the same bytes==
                           v    v
                        exchange.py: what h11 makes of both sides --> recording.py --> captures --> judge.py, another process

In:   TCP connections of clients; the upstream's URL.
Out:  the bytes, forwarded before anything else is done with them; captures; what a judge says of them while they grow.
Rule: a byte is never held back, changed or made up because of what it means. What cannot be read as HTTP is forwarded all the same.
      Recording and judging may fail; the relay does not notice.
"""

__all__ = ()
