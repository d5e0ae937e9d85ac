"""The moments from which the interval of a relative difference is computed."""

from __future__ import annotations

from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.paired_sums import DifferenceSums
from ce_cli.kernels.exact import LIMB_BITS
from ce_cli.kernels.fieller import RatioMoments
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.record import Record

Floats = NDArray[np.float64]


class RowSums(Record):
    """Sums over the rows of all groups, as whole numbers of one unit, whatever that is.

    Attributes
    ----------
    sums : list of tuple of int
        For each group Σ w, Σ w·d and Σ w·b, of differences d and losses b of the reference; and Σ
        w², Σ w²·d, Σ w²·d², Σ w²·b, Σ w²·b² and Σ w²·d·b.
    """

    sums: list[tuple[int, ...]]

    @classmethod
    def of(cls, paired: DifferenceSums, reference: Loss, spread: Spread) -> Self:
        """Those of the differences, and of the losses of the reference."""
        every = (
            reference.weight,
            paired.loss.loss,
            reference.loss,
            paired.spread.weight,
            paired.spread.loss,
            paired.spread.square,
            spread.loss,
            spread.square,
            paired.cross,
        )
        lowest = min(one.lowest for one in every)
        columns = (
            [whole << LIMB_BITS * (one.lowest - lowest) for whole in one.wholes()] for one in every
        )
        return cls(list(zip(*columns, strict=True)))

    def moments(self, group: int, error: float) -> RatioMoments:
        """Those of one group, exactly, where `error` is the standard error of the mean of d."""
        weight, total, own, count, mixed, square, first, second, cross = self.sums[group]
        whole = weight * weight
        variance = square * whole - 2 * total * mixed * weight + total * total * count
        covariance = (cross * weight - total * first - own * mixed) * weight + total * own * count
        reference = second * whole - 2 * own * first * weight + own * own * count
        if variance <= 0:
            return RatioMoments(total, own, 0, 0, 0)
        top, bottom = error.as_integer_ratio()
        scale = top * top * whole, bottom * bottom * variance
        return RatioMoments(total, own, variance, covariance, reference, scale)


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
    unit = Fraction(error) ** 2 / square if square > 0 else Fraction()
    scale = unit.as_integer_ratio()
    return RatioMoments(float(d), float(b), square, covariance, second, scale)
