"""Bins of scores: scores that agree in so many binary digits share a bin.

Digits are those behind the leading one, of the distance to the nearer of 0 and 1 for scores between
these, so that both ends are resolved, and of the score itself elsewhere. Bins of more digits are
parts of bins of fewer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DIGITS = 52  # of a float64 behind the leading one: with all of them, scores are exact
_BIAS = 1023  # of the exponent of a float64


def begins(scores: Floats, digits: int | Ints) -> Bools:
    """Whether each score is in another bin than the one before it.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Without −0.
    digits : int, or ndarray of int, shape (n,)
        How many digits are kept, at most `DIGITS`.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the first.
    """
    distances, sides = _distances(scores)
    bins = distances.view(np.int64) >> (DIGITS - digits)
    first = np.ones(len(scores), np.bool_)
    np.not_equal(bins[1:], bins[:-1], out=first[1:])
    first[1:] |= sides[1:] != sides[:-1]
    return first


def most_digits(scores: Floats, most: int) -> int:
    """The largest number of digits that leaves at most `most` bins; 0 if none does.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        In ascending order, without −0.
    most : int
        How many bins there may be.
    """
    distances, sides = _distances(scores)
    bits = distances.view(np.uint64)
    differing = (bits[1:] ^ bits[:-1]).astype(np.float64)  # rounded only where exponents differ
    highest = (differing.view(np.int64) >> DIGITS) - _BIAS  # of the digits that differ
    needed = np.clip(DIGITS - highest, 0, DIGITS + 1)  # the last of these for equal scores
    needed[sides[1:] != sides[:-1]] = 0
    bins = 1 + np.cumsum(np.bincount(needed, minlength=DIGITS + 1)[: DIGITS + 1])
    return max(int(np.searchsorted(bins, most, side="right")) - 1, 0)


def _distances(scores: Floats) -> tuple[Floats, Bools]:
    """The distance of each score from 1 between 1/2 and 1, where also True, and from 0 elsewhere.

    The difference from 1 is exact.
    """
    near_one = (scores > 0.5) & (scores <= 1.0)
    return np.where(near_one, 1.0 - scores, scores), near_one
