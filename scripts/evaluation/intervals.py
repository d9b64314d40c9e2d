"""95 % intervals and quantiles.

In:   counts.
Out:  wilson() for a share, poisson() for a number of rare events, quantile() for measured values.
Rule: exact or near exact also for 0 and for few: most of our counts are small.
"""

__all__ = ("poisson", "quantile", "wilson")

from collections.abc import Callable, Sequence
from math import ceil, exp, lgamma, log, sqrt

_Z = 1.959964  # of the normal distribution at 97.5 %


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the interval (0 to 1) of a share, E. B. Wilson 1927; the whole range when nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, z = hits / of, _Z
    middle = share + z * z / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def poisson(count: int) -> tuple[float, float]:
    """Return the exact interval (Garwood 1936) of the mean that a count stands for."""
    top = count + 6 * sqrt(count + 1) + 12
    lower = _solve(lambda mean: 1 - _at_most(count - 1, mean), 0.025, top) if count else 0.0
    upper = _solve(lambda mean: 1 - _at_most(count, mean), 0.975, top)
    return lower, upper


def _at_most(count: int, mean: float) -> float:
    """Return the chance of `count` events or fewer when `mean` are expected."""
    if mean <= 0:
        return 1.0
    return min(1.0, sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1)))


def _solve(rising: Callable[[float], float], wanted: float, top: float) -> float:
    low, high = 0.0, top
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return (low + high) / 2


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of `values` do not exceed; None for no values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, ceil(share * len(ordered) - 1e-9) - 1))]
