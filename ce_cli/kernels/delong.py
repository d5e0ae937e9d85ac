"""The standard error of the area under the ROC curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def delong(
    up: Floats, down: Floats, up_square: Floats, down_square: Floats, mixed: Floats
) -> tuple[float, float, float]:
    """Area, standard error and number of rows of the rarer class, from sums by score.

    Parameters
    ----------
    up, down : ndarray, shape (n,)
        Σ w·p and Σ w·(1 − p) of the share p of the positive class, in order of the scores.
    up_square, down_square, mixed : ndarray, shape (n,)
        Σ w²·p², Σ w²·(1 − p)² and Σ w²·p·(1 − p).

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988): for each row, take the share of the
    other class that it is ranked correctly against; the variance is that of the mean of these
    shares in both classes. Weighted rows count as Kish's effective size (Σ w)² / Σ w²; a soft
    label counts in both classes with its shares.
    """
    with np.errstate(all="ignore"):
        above = 1.0 - (np.cumsum(up) - 0.5 * up) / up.sum()
        below = (np.cumsum(down) - 0.5 * down) / down.sum()
        area = float(np.dot(up, below) / up.sum())
        variance = 2.0 * np.dot(mixed, (below - area) * (above - area)) / (up.sum() * down.sum())
        counts = []
        for own, square, correct in ((up, up_square, below), (down, down_square, above)):
            count = own.sum() ** 2 / square.sum()
            variance += (
                np.dot(square, (correct - area) ** 2) / own.sum() ** 2 * count / (count - 1.0)
            )
            counts.append(float(count))
        return area, float(np.sqrt(variance)), min(counts)
