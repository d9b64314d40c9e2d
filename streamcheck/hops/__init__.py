"""Where was it broken: recordings of one response at several places, compared.

    hops, nearest the model first --hop.py--> what each of them has --compare.py--> the first difference --explain.py--> its fault class
                                                                                   `--one_tap.py: nothing differs --> what one tap can say

In:   named recordings: captures, raw bodies, text-only hops, a plain .txt of one channel.
Out:  a Location: between which two hops, what, and how sure that is.
Rule: a fault is proven when its model, run forward over the hop before, gives the hop after exactly ("reproduced"). Chunk borders,
      comments, line ends, escapes and trimmed blanks are no differences. Different responses are never compared: of them nothing follows.
"""

__all__ = ()
