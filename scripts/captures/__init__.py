"""The generator of captures/: every recorded case is made here, byte for byte the same on every run.

    words.py -> streams*.py (sound streams of every dialect) -> faults.py (one function a fault class, with its ground truth)
             -> cases_*.py (which stream, which fault, what is expected) -> files.py (captures, raw bodies, expect.toml)

Nothing in this package is copied from a recording: the texts are ours, the shapes are the dialects'. See captures/README.md.
"""

__all__ = ()
