"""Reports for people and for programs.

In:   Report values.
Out:  text (text.py), JSON (json.py), the message with the findings marked in it (marked.py).
Rule: plain lines of styled pieces; this room knows no terminal. Whatever a stream or a file name says passes through escape.py first.
"""

__all__ = ()
