"""The loss of the rows of each class."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]


class PerClass(State):
    """A `Loss` with one group for each class.

    In a soft label, each class has its share as weight and its surprisal as loss, so that the mean
    over the classes is the mean over the rows; independent labels each have a loss of their own.
    """

    grouped: ClassVar[bool] = False
    by_class: ClassVar[bool] = True

    loss: Loss

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(Loss.empty(space.classes, space))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch, grouped by label."""
        outcomes, classes = batch.outcomes, batch.outcomes.space.classes
        parts = outcomes.parts()
        if parts is None:
            return cls(Loss.of(batch.by_class))
        masses, surprisals = parts
        cells = np.repeat(np.arange(classes), len(batch)).reshape(masses.shape)
        endless = np.isinf(surprisals) & (masses > 0)
        if batch.weights is not None:
            endless &= batch.weights > 0
        costs = np.where(np.isinf(surprisals), 0.0, surprisals) * masses
        return cls(
            Loss(
                _counts(masses > 0),
                weighted_sums(masses, batch.weights, cells, classes),
                weighted_sums(costs, batch.weights, cells, classes),
                _counts(endless),
            )
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """Rows, weight and mean loss, each of shape (K,)."""
        return {
            "class_rows": self.loss.rows.floats(),
            "class_weight": self.loss.weight.floats(),
            "class_cross_entropy": self.loss.mean,
        }


def balanced_weights(counted: PerClass) -> tuple[float, ...]:
    """Class weights Σw / (K · Σw of the class), as of scikit-learn's ``compute_class_weight``.

    K is the number of classes with weight; the weight of the others is 1, and has no effect.
    """
    sums = counted.loss.weight.floats().tolist()
    exponent = math.frexp(max(sums, default=0.0))[1]
    sums = [math.ldexp(one, -exponent) for one in sums]  # so that their sum does not overflow
    total, occurring = math.fsum(sums), sum(one > 0 for one in sums)
    return tuple(total / (occurring * one) if one > 0 else 1.0 for one in sums)


def _counts(chosen: NDArray[np.bool_]) -> ExactSums:
    return ExactSums.of_counts(chosen.sum(axis=1).astype(np.int64, copy=False))
