"""Provider errors: what they mean, and what to do.

    body --extract--> Statement --classify: tables per provider, wordings, statuses--> Ruling --reset_times--> ProviderError

In:   an HTTP answer, one event of a stream, or the text that a client made of either.
Out:  ProviderError, or None where nothing is wrong.
Rule: the provider's word is worth more than the HTTP status, the specific sentence more than the general. Limits are bound to
      a model, a key or an account, never to a whole provider; a wait is only ever the one that the provider named.
"""

__all__ = ("classify_error", "classify_finish_reason")

from streamcheck.refusals.classify import classify_error
from streamcheck.refusals.finish import classify_finish_reason
