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


def skewness_of_mean(of_numbers: Floats | float, of_residuals: Floats | float) -> Floats:
    """The skewness k of a weighted mean, from two estimates of it, element by element.

    Parameters
    ----------
    of_numbers : ndarray or float
        The weighted skewness of the numbers, divided by the root of their effective number.
    of_residuals : ndarray or float
        Σ r³ / (Σ r²)^(3/2) of the weighted residuals, which is the same for equal weights.

    Notes
    -----
    With very unequal weights, the second is often the share of a single row, and the first is more
    reliable, unless large weights go with large numbers. So it is the first, or the second where it
    has the same sign and is larger, up to twice the first: that is continuous in the data.
    """
    usual, other = np.asarray(of_numbers, np.float64), np.asarray(of_residuals, np.float64)
    alike = np.where(np.sign(usual) == np.sign(other), np.abs(other), 0.0)
    size = np.maximum(np.abs(usual), np.minimum(alike, 2.0 * np.abs(usual)))
    return bounded_skewness(np.copysign(size, usual))


def bounded_skewness(skewness: Floats) -> Floats:
    """The skewness, at most 1 in size, as for equal weights: it is of few rows beyond."""
    return np.clip(skewness, -1.0, 1.0)
