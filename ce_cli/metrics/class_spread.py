"""The standard error of the mean loss of each class."""

from __future__ import annotations

import math
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level, standard_errors
from ce_cli.metrics.moments import Cubes, effective_count, squares_about
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]


class ClassSpread(State):
    """Σ v², Σ v²·cost, Σ v²·cost² and Σ v³·cost³ by class.

    Here v is the weight of the row times the share of the class in its label, and the cost is the
    surprisal of the class in that row; for a hard label, they are the weight and the loss.
    """

    grouped: ClassVar[bool] = False
    by_class: ClassVar[bool] = True
    requires: ClassVar[tuple[type[State], ...]] = (PerClass,)

    weight: ExactSums
    first: ExactSums
    second: ExactSums
    cubes: Cubes

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        none = ExactSums.empty(space.classes)
        return cls(none, none, none, Cubes.empty(space.classes, space))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        each, classes = batch.outcomes.parts(), batch.outcomes.space.classes
        with np.errstate(over="ignore"):
            if each is None:
                rows, losses = batch.by_class, batch.finite_losses
                plain, squares = batch.weights is None, bounded(losses * losses)
                first = rows.loss_sums if plain else rows.square_sums(losses)
                second, cubes = rows.square_sums(squares), Cubes.of(rows)
                return cls(rows.weight_squares, first, second, cubes)
            masses, costs = each
            costs = np.where(np.isinf(costs), 0.0, costs)
            own = masses if batch.weights is None else bounded(batch.weights * masses)
            squared, cube = own * masses, own * own * masses
            parts = (squared, squared * costs, squared * costs * costs)
            third = costs * costs * costs
            powers = (cube * third, cube * costs * costs, cube * costs, cube)
            every = (*parts, *powers, masses * third, masses * costs * costs)
        cells = np.repeat(np.arange(classes), len(batch)).reshape(masses.shape)
        weight, first, second, *cubed = [
            weighted_sums(bounded(one), batch.weights, cells, classes) for one in every
        ]
        return cls(weight, first, second, Cubes(*cubed))

    def figures(self, states: States) -> dict[str, Floats]:
        """√( n/(n−1) · Σ v²(cost − mean)² ) / Σ v of each class, shape (K,)."""
        weight = states[PerClass].loss.weight.floats()
        return {"class_error": standard_errors(self._squares(states), self._count(weight), weight)}

    def class_bounds(self, states: States, level: Level) -> Bounds:
        """The intervals of the mean loss of each class, of shape (K,)."""
        loss = states[PerClass].loss
        errors, count = self.figures(states)["class_error"], self._count(loss.weight.floats())
        sums = (self.weight, self.first, self.second)
        skewness = self.cubes.skewness(loss.mean, self._squares(states), loss.weight, sums)
        return Bounds.of_mean(loss.mean, errors, count, skewness, level).within(0.0, math.inf)

    def _squares(self, states: States) -> Floats:
        """Σ v²(cost − mean)² of each class."""
        sums = (one.floats() for one in (self.weight, self.first, self.second))
        return squares_about(states[PerClass].loss.mean, *sums)

    def _count(self, weight: Floats) -> Floats:
        return effective_count(weight, self.weight.floats())
