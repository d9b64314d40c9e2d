"""What the text checks find, what they call by mistake, how late and how costly that is, beside re-implemented peers.

    inputs.py (texts of every origin) + synthetic.py (made garbage with exact onset) -> watching.py (our checks over a text)
    + peers.py (loop guards of other projects) -> figures.py (counts with intervals) -> tables.py (Markdown), __main__.py

The figures that are published come out of here, with the command that made them.
"""

__all__ = ()
