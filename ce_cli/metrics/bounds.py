"""Intervals of figures: their ends, and the methods to compute them."""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.hall import skewness_of_mean, untransformed
from ce_cli.kernels.student import FEWEST, t_quantile, t_quantiles
from ce_cli.options.choices import IntervalMethod
from ce_cli.record import Record

Floats = NDArray[np.float64]

WILSON = "Wilson score"
_LEAST_SQUARE = 1e-200  # whose power of 1.5 is not 0
_STATISTICS: dict[IntervalMethod, str] = {"hall": "Hall's transformed t", "t": "Student's t"}


class Level(Record):
    """The level of the intervals, between 0 and 1, and the statistic of those of means."""

    confidence: float
    method: IntervalMethod = "hall"

    def named(self, figure: str) -> str:
        """The name of the method for a mean that is called so."""
        return f"{_STATISTICS[self.method]} on {figure}"


class Bounds(Record):
    """The ends of the intervals of a figure, each of shape (groups,), NaN where not defined.

    Attributes
    ----------
    low, high : ndarray, shape (groups,)
        In the unit of the figure, or nats.
    method : str
        The name of the method.
    counts, skewness : ndarray, shape (groups,), or None
        The number of independent rows, and the skewness of their mean (see `kernels.hall`), where a
        comparison with another mean needs them.
    """

    low: Floats
    high: Floats
    method: str
    counts: Floats | None = None
    skewness: Floats | None = None

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
    def of_mean(
        cls,
        values: Floats,
        errors: Floats,
        counts: Floats,
        skewness: Floats,
        level: Level,
        figure: str = "the weighted mean",
    ) -> Self:
        """The means that are not unusual, by Hall's transformed t or by Student's t.

        Parameters
        ----------
        values, errors : ndarray, shape (groups,)
            The means and their standard errors.
        counts : ndarray, shape (groups,)
            How many independent numbers each is the mean of; one less gives t's degrees.
        skewness : ndarray, shape (groups,)
            Σ r³ / (Σ r²)^(3/2) of the residuals.
        level : Level
            The confidence, and which of the two.
        figure : str
            What the mean is called in the name of the method.
        """
        method, reach = level.named(figure), reaches(counts, level.confidence)
        with np.errstate(all="ignore"):
            error = np.where(np.isfinite(values), errors, np.nan)
            if level.method == "t":
                low, high = values - reach * error, values + reach * error
            else:
                low = values - np.maximum(untransformed(reach, skewness), 0.0) * error
                high = values - np.minimum(untransformed(-reach, skewness), 0.0) * error
        return cls(low, high, method, counts, skewness)

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
    """The half-width of an interval by t, in standard errors, for `count` numbers.

    NaN for one, and for a number so near one that the interval would be endless.
    """
    return t_quantile(confidence, count - 1.0) if count - 1.0 >= FEWEST else math.nan


def reaches(counts: Floats, confidence: float) -> Floats:
    """`reach_of` for each of some counts."""
    degrees = counts - 1.0
    found, enough = np.full(len(counts), np.nan), degrees >= FEWEST
    found[enough] = t_quantiles(confidence, degrees[enough])
    return found


def standard_errors(squares: Floats, counts: Floats, weight: Floats) -> Floats:
    """√( n/(n−1) · Σ (w·residual)² ) / Σ w of each group, from n and Σ (w·residual)²."""
    with np.errstate(all="ignore"):
        errors: Floats = np.sqrt(np.maximum(squares, 0.0) * (counts / (counts - 1.0))) / weight
    return np.where(counts > 1, errors, np.nan)


class ClusteredMean(Record):
    """What the interval of a mean over rows in clusters is made of.

    Attributes
    ----------
    error : float
        The standard error; NaN for fewer than two clusters.
    count : float
        The effective number of clusters, G = (Σ n)² / Σ n² of their weights n: Kish's formula (C.
        A. Carter, K. T. Schnepel and D. G. Steigerwald, Rev. Econ. Stat. 99, 2017, discuss such
        numbers).
    skewness : float
        That of the mean; for clusters of equal size, Σ r³ / (Σ r²)^(3/2) of their residuals.
    """

    error: float
    count: float
    skewness: float

    @classmethod
    def of(cls, residuals: Floats, weights: Floats, scale: float) -> Self:
        """√( G/(G−1) · Σ residual² ) / scale, and so on.

        Parameters
        ----------
        residuals : ndarray, shape (C,)
            Σ w·(v − mean) over the rows of each cluster (Liang and Zeger, Biometrika 73, 1986).
        weights : ndarray, shape (C,)
            Σ w of each cluster; those without weight are left out.
        scale : float
            Σ w, unless the mean is a ratio to another sum.
        """
        there = weights > 0
        own, residuals = weights[there], residuals[there] / scale
        if len(own) < 2:
            return cls(math.nan, float(len(own)), 0.0)
        with np.errstate(all="ignore"):
            shares = own / own.max()
            squares = math.fsum(np.square(residuals).tolist())
            count = math.fsum(shares.tolist()) ** 2 / math.fsum(np.square(shares).tolist())
            error = math.sqrt(count / (count - 1.0) * squares) if count > 1.0 else math.nan
        return cls(error, count, _skewness_of_clusters(residuals, shares, squares, count))


def _skewness_of_clusters(residuals: Floats, shares: Floats, squares: float, count: float) -> float:
    """The skewness of a mean, as `Cubes.skewness` has it for rows, with clusters for rows.

    Parameters
    ----------
    residuals, shares : ndarray, shape (C,)
        Σ w·(v − mean) of each cluster, and its weight, all above 0.
    squares : float
        Σ residual².
    count : float
        The effective number of clusters.
    """
    if not 0.0 < squares < math.inf:
        return 0.0
    scaled = residuals / math.sqrt(squares)
    of_sums = math.fsum((scaled**3).tolist())
    with np.errstate(all="ignore"):
        apart, shares = scaled / shares, shares / math.fsum(shares.tolist())
        squared, cubed = shares * apart * apart, shares * apart**3
    if not np.isfinite(cubed).all() or np.max(squared) < _LEAST_SQUARE:  # weights are far apart
        return max(-1.0, min(1.0, of_sums))
    spread = math.fsum(squared.tolist())
    of_means = math.fsum(cubed.tolist()) / spread**1.5 / math.sqrt(count)
    return float(skewness_of_mean(of_means, of_sums))


def on_logits(
    areas: Floats, errors: Floats, counts: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """The intervals of shares by t, on the logit scale; NaN at 0, at 1 and for fewer than two rows.

    They are within 0 and 1 (Pepe, The Statistical Evaluation of Medical Tests, 2003, 5.2.5).
    """
    known = (areas > 0.0) & (areas < 1.0) & (errors > 0.0) & (counts >= 2.0)
    own, (low, high) = areas[known], np.full((2, len(areas)), np.nan)
    reach = reaches(counts[known], confidence) * errors[known] / (own * (1.0 - own))
    logits = np.log(own / (1.0 - own))
    low[known], high[known] = _expit(logits - reach), _expit(logits + reach)
    return low, high


def _expit(logits: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-logits))
