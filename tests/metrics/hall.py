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
    mean: float, residuals: Floats, weights: Floats, confidence: float
) -> tuple[float, float]:
    """The means whose transformed t is not beyond the quantile of Student's t.

    `residuals` are Σ w·(v − mean) of each row or cluster, and `weights` their Σ w. The
    transformation is that of Hall (1992) with T + (a·T² + b)·γ/√n + (a·γ)²·T³/(3n), where a = 1/3,
    b = 1/6, and γ/√n is `skewness_of_mean`.
    """
    count, scale = kish(weights), weights.sum()
    squares = float(np.square(residuals).sum())
    error = np.sqrt(count / (count - 1) * squares) / scale
    skewness = skewness_of_mean(residuals, weights)
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


def skewness_of_mean(residuals: Floats, weights: Floats) -> float:
    """The weighted skewness of the numbers divided by √n, or Σ r³ / (Σ r²)^1.5.

    The latter if it has the same sign and is larger, but at most twice the former.
    """
    moments = [np.average((residuals / weights) ** power, weights=weights) for power in (2, 3)]
    usual = moments[1] / moments[0] ** 1.5 / np.sqrt(kish(weights))
    raw = (residuals**3).sum() / np.square(residuals).sum() ** 1.5
    if raw * usual > 0 and abs(raw) > abs(usual):
        usual = np.sign(usual) * min(abs(raw), 2 * abs(usual))
    return float(usual)


def hall_interval(
    values: Floats, confidence: float, weights: Floats | None = None
) -> tuple[float, float]:
    """The same for weighted rows, with Kish's number of them."""
    weights = np.ones(len(values)) if weights is None else weights
    mean = float(np.average(values, weights=weights))
    residuals = weights * (values - mean)
    return hall_ends(mean, residuals, weights, confidence)
