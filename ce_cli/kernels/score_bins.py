"""Bins of scores: numbers that agree in their first ten binary digits share a bin.

Digits are those of the distance to the nearer of 0 and 1, so that both ends are resolved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_DROPPED_BITS = 52 - 10  # so that 1,024 bins make a power of two …
_LOWEST, _HIGHEST = 2.0**-64, 2.0**64  # … between these


def binned(scores: Floats) -> tuple[Codes, Floats]:
    """The cell of each score, and the bin of each cell, in order."""
    bins = bins_of(scores).astype(np.intp)
    lowest = int(bins.min())
    bins -= lowest
    there = np.bincount(bins) > 0
    cells: Codes = (np.cumsum(there) - 1)[bins]
    return cells, (np.flatnonzero(there) + lowest).astype(np.float64)


def bins_of(scores: Floats) -> Floats:
    """Number of the bin of each score, in the order of the scores."""
    high = (scores > 0.5) & (scores <= 1.0)
    places = _places(np.where(high, 1.0 - scores, np.abs(scores)))
    half, one = (int(_places(np.array([edge]))[0]) for edge in (0.5, 1.0))
    bins = np.where(high, 2 * half + 1 - places, places)
    bins = np.where(scores > 1.0, 2 * half + 2 + places - one, bins)
    return np.where(scores < 0.0, -1 - places, bins).astype(np.float64)


def _places(sizes: Floats) -> NDArray[np.int64]:
    """How many bins are below each of some non-negative numbers."""
    clipped = np.clip(sizes, _LOWEST, _HIGHEST)
    lowest = np.array([_LOWEST]).view(np.int64)[0] >> _DROPPED_BITS
    places: NDArray[np.int64] = (clipped.view(np.int64) >> _DROPPED_BITS) - lowest
    return places


def middles_of(bins: Floats) -> Floats:
    """A score in the middle of each bin: the inverse of `bins_of`."""
    half, one = (int(_places(np.array([edge]))[0]) for edge in (0.5, 1.0))
    numbers = bins.astype(np.int64)
    places = np.select(
        [numbers < 0, numbers <= half, numbers <= 2 * half + 1],
        [-1 - numbers, numbers, 2 * half + 1 - numbers],
        numbers - (2 * half + 2) + one,
    )
    lowest = np.array([_LOWEST]).view(np.int64)[0] >> _DROPPED_BITS
    sizes = (((places + lowest) << _DROPPED_BITS) + (1 << (_DROPPED_BITS - 1))).view(np.float64)
    sizes = np.where((numbers >= 0) & (numbers <= 2 * half + 1), np.minimum(sizes, 0.5), sizes)
    high = (numbers > half) & (numbers <= 2 * half + 1)
    middles: Floats = np.where(numbers < 0, -sizes, np.where(high, 1.0 - sizes, sizes))
    return middles
