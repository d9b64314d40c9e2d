"""Captures served as the live streams that they were, from a socket or in process.

    capture --performance.py--> Performance (head, pieces with their times, ending) --server.py--> a real socket
                                         faults.py damages it --^           \\--in_process.py--> an httpx or httpx2 transport

In:   captures; requests that are matched to them (repertoire.py).
Out:  the recorded bytes at the recorded borders, after the recorded pauses, unless something else was asked for.
Rule: what a body means is nobody's business here. Nothing is written, and the captures are only read.
"""

__all__ = ()
