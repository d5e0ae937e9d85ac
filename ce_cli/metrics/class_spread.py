"""The standard error of the mean loss of each class."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import STUDENT, Bounds, squares_about, standard_errors
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]


class ClassSpread(State):
    """Σ v², Σ v²·cost and Σ v²·cost² by class.

    Here v is the weight of the row times the share of the class in its label, and the cost is the
    surprisal of the class in that row; for a hard label, they are the weight and the loss.
    """

    grouped: ClassVar[bool] = False
    by_class: ClassVar[bool] = True
    requires: ClassVar[tuple[type[State], ...]] = (PerClass,)

    weight: ExactSums
    first: ExactSums
    second: ExactSums

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(*(ExactSums.empty(space.classes) for _ in cls._fields))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        parts, classes = batch.outcomes.parts(), batch.outcomes.space.classes
        with np.errstate(over="ignore"):
            if parts is None:
                rows, losses = batch.by_class, batch.finite_losses
                plain, squares = batch.weights is None, bounded(losses * losses)
                first = rows.loss_sums if plain else rows.square_sums(losses)
                return cls(rows.weight_squares, first, rows.square_sums(squares))
            masses, costs = parts
            costs = np.where(np.isinf(costs), 0.0, costs)
            own = masses if batch.weights is None else bounded(batch.weights * masses)
            shares = (own * masses, own * masses * costs, own * masses * costs * costs)
        cells = np.repeat(np.arange(classes), len(batch)).reshape(masses.shape)
        sums = (weighted_sums(bounded(one), batch.weights, cells, classes) for one in shares)
        return cls(*sums)

    def figures(self, states: States) -> dict[str, Floats]:
        """√( n/(n−1) · Σ v²(cost − mean)² ) / Σ v of each class, shape (K,)."""
        loss = states[PerClass].loss
        rows, weight, mean = loss.rows.floats(), loss.weight.floats(), loss.mean
        sums = (one.floats() for one in (self.weight, self.first, self.second))
        return {"class_error": standard_errors(squares_about(mean, *sums), rows, weight)}

    def class_bounds(self, states: States, confidence: float) -> Bounds:
        """The intervals of the mean loss of each class, of shape (K,)."""
        loss = states[PerClass].loss
        errors = self.figures(states)["class_error"]
        return Bounds.around(loss.mean, errors, loss.rows.floats(), confidence, STUDENT)
