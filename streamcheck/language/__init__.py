"""What sound text looks like: tables of n-grams and words, and the judgement over what is counted with them.

    piece of text --measure.py--> counts --judge.py--> evidence that this is no language

In:   text in pieces.
Out:  log-odds with the features that made them.
Rule: knows languages and code, nothing of channels, findings or streams. The tables are made by scripts/train.
"""

__all__ = ()
