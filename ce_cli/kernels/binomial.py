"""Order statistics as bounds of a quantile, from the binomial distribution."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

_SPREADS = 12.0  # standard deviations beyond which the probability is negligible


@lru_cache(maxsize=4096)
def quantile_ranks(count: int, share: float, confidence: float) -> tuple[int, int]:
    """Ranks of the order statistics between which a quantile lies.

    Parameters
    ----------
    count : int
        Number of independent values, at least 1.
    share : float
        The quantile, between 0 and 1.
    confidence : float
        Least probability that the quantile lies between them, whatever the distribution.

    Returns
    -------
    tuple of int
        Between 0 and `count` + 1; these two are not ranks and mean that the end is open.

    Notes
    -----
    With B binomial of `count` and `share`, the r-th smallest number is above the quantile with a
    probability of at most P(B < r) (Conover, Practical Nonparametric Statistics, 1999, 3.2).
    """
    tail = 0.5 * (1.0 - confidence)
    middle, spread = count * share, math.sqrt(count * share * (1.0 - share))
    reach = _SPREADS * spread + _SPREADS**2
    first, last = max(0, math.floor(middle - reach)), min(count, math.ceil(middle + reach))
    hits = np.arange(first, last)
    ratios = np.log((count - hits) / (hits + 1.0) * (share / (1.0 - share)))
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    chances = np.exp(logs - logs.max())
    reached = np.cumsum(chances / chances.sum())
    low = first + int(np.searchsorted(reached, tail))
    high = first + int(np.searchsorted(reached, 1.0 - tail)) + 1
    return low, min(high, count + 1)
