"""The base of metrics that are the mean of a number of each row: its sums and standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.outcomes import LabelSpace, Outcomes
from ce_cli.metrics.bounds import Bounds, Level, standard_errors
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.moments import Cubes, squares_about
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Mean(State):
    """Σ w·v, Σ w²·v, Σ w²·v² and Σ w³·v³ of a number v of each row.

    Attributes
    ----------
    figure : str
        The name of the mean.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)
    figure: ClassVar[str]

    total: ExactSums
    first: ExactSums
    second: ExactSums
    cubes: Cubes

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        none, cubes = ExactSums.empty(groups), Cubes.empty(groups, space)
        fields: dict[str, Any] = {n: cubes if "cubes" in n else none for n in cls._fields}
        return cls(**fields)

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats | Bools:
        """The number of each row, shape (n,); bool if it is 0 or 1."""
        raise NotImplementedError

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        found = cls.values(batch.outcomes)
        values = found.astype(np.float64, copy=False)
        if found.dtype == np.bool_:
            total, cubes = batch.sums(found), Cubes.empty(batch.group_count, batch.space)
            first = total if batch.weights is None else batch.square_sums(values)
            return cls(total, first, first, cubes)  # the interval of a share is Wilson's
        ends = (float(values.min(initial=0.0)), float(values.max(initial=0.0)))
        total, peak = batch.sums(values, ends), max(ends[1], -ends[0])
        first = total if batch.weights is None else batch.square_sums(values)
        second = batch.square_sums(values * values, (0.0, peak * peak))
        cubes = Cubes.of_rows(batch, values, ends)
        return cls(total, first, second, cubes, *cls.others(batch, values))

    @classmethod
    def others(cls, batch: Batch, values: Floats) -> tuple[ExactSums | Cubes, ...]:
        """Further sums of a metric, from the numbers of the rows."""
        return ()

    @classmethod
    def totals(cls, batch: Batch) -> dict[str, ExactSums]:
        """The totals of the number."""
        return {cls.figure: batch.sums(cls.values(batch.outcomes))}

    def figures(self, states: States) -> dict[str, Floats]:
        """Σ w·v / Σ w, correctly rounded."""
        return {self.figure: ratios(self.total, states[Loss].weight)}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """The interval of a mean."""
        mean, sums = figures[self.figure], (self.first, self.second, self.cubes)
        return {self.figure: mean_bounds(mean, *sums, states, level)}


def mean_bounds(
    mean: Floats,
    first: ExactSums,
    second: ExactSums,
    cubes: Cubes,
    states: States,
    level: Level,
) -> Bounds:
    """The interval of a mean, whose error is √( n/(n−1) · Σ w²(v − mean)² ) / Σ w.

    NaN for fewer than two rows.

    Parameters
    ----------
    mean : ndarray
        Σ w·v / Σ w, by group.
    first, second, cubes : ExactSums, ExactSums, Cubes
        Σ w²·v, Σ w²·v² and the sums with w³, by group.
    states : mapping
        With `Loss` and `Spread`.
    level : Level
        The confidence, and how skewness is treated.
    """
    loss, spread = states[Loss], states[Spread]
    count = spread.effective(loss)
    squares = squares_about(mean, spread.weight.floats(), first.floats(), second.floats())
    errors = standard_errors(squares, count, loss.weight.floats())
    skewness = cubes.skewness(mean, squares, loss.weight, (spread.weight, first, second))
    found = Bounds.of_mean(mean, errors, count, skewness, level)
    return found.replace(counts=None, skewness=None)  # no comparison needs them
