"""The sign-flip test of whether the mean of paired differences is 0.

Where a difference and its negative are equally likely, every choice of signs gives a sum that
could equally have been observed (Fisher, The Design of Experiments, 1935, section 21). The p-value
is the share of all choices whose sum is at least as far from 0 as the observed one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 9_999
ALL_CHOICES = 16  # with at most so many sums, every choice of signs is evaluated
_SEED = 0x5EED
_AT_ONCE = 1 << 22  # signs
_ROUNDING = 1e-12  # sums that differ by rounding alone count as equally far from 0


def sign_flip_p_value(sums: Floats) -> float:
    """Two-sided p-value of the total of `sums`, each of which may change its sign.

    Parameters
    ----------
    sums : ndarray, shape (B,)
        Weighted differences, or sums of differences that change their signs together.

    Returns
    -------
    float
        Exact for up to `ALL_CHOICES` sums that are not 0; otherwise from `DRAWS` random choices,
        with the observed one counted as one more (Phipson and Smyth, Stat. Appl. Genet. Mol.
        Biol. 9, 2010), so that it is never 0. Always the same for the same sums.
    """
    sums = sums[sums != 0]
    largest = float(np.abs(sums).max(initial=0.0))
    if not largest:
        return 1.0
    sums = sums / largest
    limit = abs(float(sums.sum())) * (1.0 - _ROUNDING)
    if len(sums) <= ALL_CHOICES:
        choices = np.arange(1 << len(sums))[:, np.newaxis] >> np.arange(len(sums)) & 1
        return float(np.mean(np.abs((1.0 - 2.0 * choices) @ sums) >= limit))
    return (1 + _as_far(sums, limit)) / (1 + DRAWS)


def fewest_to_decide(level: float) -> int:
    """The fewest sums that can give a p-value below `level`: with n, it is at least 2 / 2ⁿ."""
    return math.floor(1.0 - math.log2(level)) + 1


def _as_far(sums: Floats, limit: float) -> int:
    """How many random choices of signs give a sum as far from 0 as `limit`."""
    random = np.random.default_rng(_SEED)
    width = -(-len(sums) // 8)
    most = max(1, _AT_ONCE // len(sums))
    found = 0
    for start in range(0, DRAWS, most):
        rows = min(most, DRAWS - start)
        drawn = np.frombuffer(random.bytes(rows * width), np.uint8).reshape(rows, width)
        signs = np.unpackbits(drawn, axis=1, count=len(sums)).astype(np.float64)
        flipped = sums.sum() - 2.0 * (signs @ sums)
        found += int((np.abs(flipped) >= limit).sum())
    return found
