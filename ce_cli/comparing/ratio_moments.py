"""The moments from which the interval of a relative difference is computed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.paired_sums import DifferenceSums
from ce_cli.kernels.fieller import RatioMoments
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread

Floats = NDArray[np.float64]


def of_rows(paired: DifferenceSums, reference: Loss, spread: Spread, error: float) -> RatioMoments:
    """Those of the rows of one group, exactly.

    Parameters
    ----------
    paired : DifferenceSums
        The differences d.
    reference, spread : Loss, Spread
        Those of the losses b of the reference.
    error : float
        The standard error of the mean of d; the sums of squares are scaled to it.
    """
    weight, total, own = (
        one.totals()[0] for one in (reference.weight, paired.loss.loss, reference.loss)
    )
    d, b = total / weight, own / weight
    count, mixed, first, second, cross = (
        one.totals()[0]
        for one in (
            paired.spread.weight,
            paired.spread.loss,
            spread.loss,
            spread.square,
            paired.cross,
        )
    )
    square = paired.spread.square.totals()[0] - 2 * d * mixed + d * d * count
    covariance = cross - d * first - b * mixed + d * b * count
    return _scaled(error, d, b, square, covariance, second - 2 * b * first + b * b * count)


def of_clusters(
    differences: Floats, losses: Floats, weights: Floats, ratio: float, error: float
) -> RatioMoments:
    """Those of rows in clusters.

    Parameters
    ----------
    differences, losses, weights : ndarray, shape (C,)
        Σ w·d, Σ w·b and Σ w of each cluster.
    ratio : float
        The relative difference. Squares of d − ratio·b keep their digits where d is proportional
        to b.
    error : float
        The standard error of the mean of d.
    """
    whole = weights.sum()
    d, b = differences.sum() / whole, losses.sum() / whole
    with np.errstate(over="ignore", invalid="ignore"):
        apart = (differences - ratio * losses) / whole
        own = (losses - b * weights) / whole
        numbers = (float(np.dot(x, y)) for x, y in ((apart, apart), (apart, own), (own, own)))
        square, mixed, second = map(Fraction, numbers)
    share = Fraction(ratio)
    covariance = mixed + share * second
    square += 2 * share * mixed + share * share * second
    return _scaled(error, Fraction(d), Fraction(b), square, covariance, second)


def _scaled(
    error: float,
    d: Fraction,
    b: Fraction,
    square: Fraction,
    covariance: Fraction,
    second: Fraction,
) -> RatioMoments:
    """Moments from means and sums of squares, of which the first is that of a known error."""
    unit = Fraction(error) ** 2 / square if square > 0 else Fraction()
    return RatioMoments(d, b, unit * square, unit * covariance, unit * second)
