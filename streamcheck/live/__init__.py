"""Around live streams: a watch for clients that are there already, and a reader of its own.

In:   httpx and httpx2 clients, transports and responses; OpenAI and Anthropic clients.
Out:  the same bytes, untouched; findings as they are known; one Report for each response; a capture of it.
Rule: watch.py puts a tap (tap.py) into each transport of a client; reader.py reads a response by itself. What fails in here becomes a
      `checker/internal` finding and never an exception in the application.
"""

__all__ = ()
