"""The standard error of the area under the ROC curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def delong(
    up: Floats, down: Floats, up_square: Floats, down_square: Floats, mixed: Floats
) -> tuple[Floats, Floats, Floats]:
    """Area, standard error and number of rows of the rarer class, from sums by score.

    Each has the shape (groups,).

    Parameters
    ----------
    up, down : ndarray, shape (groups, n)
        Σ w·p and Σ w·(1 − p) of the share p of the positive class, in order of the scores.
    up_square, down_square, mixed : ndarray, shape (groups, n)
        Σ w²·p², Σ w²·(1 − p)² and Σ w²·p·(1 − p).

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988): for each row, take the share of the
    other class that it is ranked correctly against; the variance is that of the mean of these
    shares in both classes. Weighted rows count as Kish's effective size (Σ w)² / Σ w²; a soft
    label counts in both classes with its shares.
    """
    with np.errstate(all="ignore"):
        ups, downs = _sums(up), _sums(down)
        above = 1.0 - (np.cumsum(up, axis=1) - 0.5 * up) / ups
        below = (np.cumsum(down, axis=1) - 0.5 * down) / downs
        area = _sums(up * below) / ups
        variance = 2.0 * _sums(mixed * (below - area) * (above - area)) / (ups * downs)
        counts = []
        for total, square, correct in ((ups, up_square, below), (downs, down_square, above)):
            count = total**2 / _sums(square)
            variance += _sums(square * (correct - area) ** 2) / total**2 * count / (count - 1.0)
            counts.append(count)
        return area[:, 0], np.sqrt(variance)[:, 0], np.minimum(*counts)[:, 0]


def _sums(numbers: Floats) -> Floats:
    """Those of the rows, shape (groups, 1)."""
    sums: Floats = numbers.sum(axis=1, keepdims=True)
    return sums
