"""Text that says itself again: exact runs, runs that only count on, a vocabulary that stopped growing, pieces that stand twice.

In:   characters of one channel in order, in blocks that do not depend on how the stream was cut.
Out:  what is repeated, from where to where. What that means is the detectors' business (repetition, doubled_deltas).
Rule: one file for each kind of repetition; each works on whole blocks with primitives in C and keeps a bounded piece of text.
"""

__all__ = ()
