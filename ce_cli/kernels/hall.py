"""Hall's transformation of t, which removes the effect of skewness on intervals and tests.

The statistic t = (mean − true mean) / standard error of skewed numbers is skewed itself, against
them: an interval mean ± reach · standard error misses the truth mostly on one side. The monotone
cubic g(t) = t + k·t²/3 + k²·t³/27 + k/6 is nearly as symmetric as Student's t (P. Hall, "On the
removal of skewness by transformation", J. R. Stat. Soc. B 54, 1992, with a = 1/3 and b = 1/6). Here
k = Σ r³ / (Σ r²)^(3/2) of the residuals r, which for n equally weighted numbers is their skewness
divided by √n, and is between −1 and 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def transformed(t: Floats | float, skewness: Floats | float) -> Floats:
    """The statistic g(t), without the effect of skewness.

    Parameters
    ----------
    t : ndarray or float
        (mean − hypothesis) / standard error.
    skewness : ndarray or float
        Σ r³ / (Σ r²)^(3/2) of the residuals; with 0, g(t) is t.

    Returns
    -------
    ndarray
        Element by element; as reliable a value of Student's t as if nothing were skewed.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        share = np.asarray(skewness, np.float64) / 3.0
        turned = 1.0 + share * t * (1.0 + share * t / 3.0)
        moved: Floats = t * turned + share / 2.0
    return moved


def untransformed(g: Floats | float, skewness: Floats | float) -> Floats:
    """The statistic t whose `transformed` is `g`: the inverse, element by element.

    Notes
    -----
    The true mean is between mean − t₊ · error and mean − t₋ · error, where t₊ and t₋ are the
    inverses of the quantile of Student's t and of its negative.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        k = np.asarray(skewness, np.float64)
        away = g - k / 6.0
        root = np.cbrt(1.0 + k * away)
        t: Floats = away / ((root * root + root + 1.0) / 3.0)  # (root − 1) · 3 / k, also for k = 0
    return t
