"""Recorded responses: files of bytes and times.

In:   what a tap saw of one response at one hop.
Out:  capture files (writer.py), and their contents again (reader.py), without secrets (redact.py).
Rule: this room stores bytes and times, and knows nothing of SSE, JSON or models.
"""

__all__ = ()
