"""Intervals of figures: their ends, and the methods to compute them."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.student import t_quantile
from ce_cli.record import Record

Floats = NDArray[np.float64]

STUDENT = "Student t on the weighted mean"
WILSON = "Wilson score"
_ENDLESS = 1e7  # degrees of freedom at which t is normal


class Bounds(Record):
    """The ends of the intervals of a figure, each of shape (groups,), NaN where not defined.

    Attributes
    ----------
    low, high : ndarray, shape (groups,)
        In the unit of the figure, or nats.
    method : str
        The name of the method.
    """

    low: Floats
    high: Floats
    method: str

    @classmethod
    def around(
        cls, values: Floats, errors: Floats, counts: Floats, confidence: float, method: str
    ) -> Self:
        """Value ± t · standard error, each of `counts` independent numbers."""
        reach = reaches(counts, confidence) * errors
        with np.errstate(invalid="ignore"):
            known = np.where(np.isfinite(values), reach, np.nan)
            return cls(values - known, values + known, method)

    @classmethod
    def of_shares(
        cls, shares: Floats, effective: Floats, reach: Floats | float, method: str
    ) -> Self:
        """Intervals of shares of `effective` rows (Wilson, J. Am. Stat. Assoc. 22, 1927).

        They are within 0 and 1, and not empty where a share is 0 or 1.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            square = reach**2 / effective
            middle = (shares + 0.5 * square) / (1.0 + square)
            half = np.sqrt(shares * (1.0 - shares) * square + 0.25 * square**2) / (1.0 + square)
            return cls(middle - half, middle + half, method)

    def widened(self, error: Floats) -> Self:
        """The interval of a figure that is known only up to an error, shape (groups,)."""
        return self.replace(low=self.low - error, high=self.high + error)

    def over(self, scale: float | Floats) -> Self:
        """The interval in another unit, `scale` times as large."""
        return self.replace(low=self.low / scale, high=self.high / scale)

    def within(self, lowest: float, highest: float) -> Self:
        """The interval cut off at `lowest` and `highest`."""
        return self.replace(
            low=np.clip(self.low, lowest, highest), high=np.clip(self.high, lowest, highest)
        )


def reach_of(count: float, confidence: float) -> float:
    """The half-width of an interval by t, in standard errors, for `count` numbers; NaN for one."""
    return t_quantile(confidence, count - 1.0) if count > 1.0 else math.nan


def reaches(counts: Floats, confidence: float) -> Floats:
    """`reach_of` for each of some counts; equal ones are looked up once."""
    distinct, places = np.unique(counts, return_inverse=True)
    return np.array([reach_of(count, confidence) for count in distinct.tolist()])[places]


def squares_about(means: Floats, squared_weight: Floats, first: Floats, second: Floats) -> Floats:
    """Σ w²(v − mean)² from Σ w², Σ w²·v and Σ w²·v², element by element."""
    with np.errstate(all="ignore"):
        return second - 2.0 * means * first + means * means * squared_weight


def standard_errors(squares: Floats, rows: Floats, weight: Floats) -> Floats:
    """√( n/(n−1) · Σ (w·residual)² ) / Σ w of each group, from Σ (w·residual)²."""
    with np.errstate(all="ignore"):
        errors: Floats = np.sqrt(np.maximum(squares, 0.0) * rows / (rows - 1.0)) / weight
    return np.where(rows > 1, errors, np.nan)


def clustered_error(residuals: Floats, weight: float) -> float:
    """√( G/(G−1) · Σ residual² ) / Σ w of G clusters; NaN for fewer than two.

    Parameters
    ----------
    residuals : ndarray, shape (G,)
        Σ w·(v − mean) over the rows of each cluster (Liang and Zeger, Biometrika 73, 1986).
    weight : float
        Σ w.
    """
    count = len(residuals)
    if count < 2:
        return math.nan
    with np.errstate(over="ignore"):
        squares = math.fsum(np.square(residuals).tolist())
    return math.sqrt(count / (count - 1.0) * squares) / weight


def normal_reach(confidence: float) -> float:
    """The half-width of a normal interval, in standard errors."""
    return t_quantile(confidence, _ENDLESS)


def on_logits(area: float, error: float, count: float, confidence: float) -> tuple[float, float]:
    """The interval of a share by t, on the logit scale; NaN at 0, at 1 and for fewer than two rows.

    It is within 0 and 1 (Pepe, The Statistical Evaluation of Medical Tests, 2003, 5.2.5).
    """
    if not (0.0 < area < 1.0 and error > 0.0 and count >= 2.0):
        return math.nan, math.nan
    reach = reach_of(count, confidence) * error / (area * (1.0 - area))
    logit = math.log(area / (1.0 - area))
    return _expit(logit - reach), _expit(logit + reach)


def _expit(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -700.0 else 0.0
