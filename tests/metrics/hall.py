"""Hall's interval of a mean by a root finder, independent of the package's closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Floats = NDArray[np.float64]


def kish(weights: Floats) -> float:
    """The effective number of rows (Kish, Survey Sampling, 1965)."""
    return float(weights.sum() ** 2 / np.square(weights).sum())


def hall_ends(
    mean: float, residuals: Floats, count: float, scale: float, confidence: float
) -> tuple[float, float]:
    """The means whose transformed t is not beyond the quantile of Student's t.

    `residuals` are Σ w·(v − mean) of each row or cluster, `count` is how many of them there are.
    The transformation is that of Hall (1992) with T + (a·T² + b)·γ/√n + (a·γ)²·T³/(3n), where
    γ/√n is Σ r³ / (Σ r²)^1.5, a = 1/3 and b = 1/6.
    """
    squares = float(np.square(residuals).sum())
    error = np.sqrt(count / (count - 1) * squares) / scale
    skewness = float((residuals**3).sum() / squares**1.5) if squares else 0.0
    reach = float(stats.t.ppf(0.5 + confidence / 2, count - 1))

    def transformed(hypothesis: float) -> float:
        t = (mean - hypothesis) / error
        return float(t + (t * t / 3 + 1 / 6) * skewness + skewness**2 * t**3 / 27)

    far = 1e4 * error
    low, high = (
        optimize.brentq(
            lambda one, at=at: transformed(one) - at, mean - far, mean + far, xtol=1e-15
        )
        for at in (reach, -reach)
    )
    return float(low), float(high)


def hall_interval(
    values: Floats, confidence: float, weights: Floats | None = None
) -> tuple[float, float]:
    """The same for weighted rows, with Kish's number of them."""
    weights = np.ones(len(values)) if weights is None else weights
    mean = float(np.average(values, weights=weights))
    residuals = weights * (values - mean)
    return hall_ends(mean, residuals, kish(weights), float(weights.sum()), confidence)
