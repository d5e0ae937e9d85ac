"""The base of metrics that are the mean of a number of each row: its sums and standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.bounds import STUDENT, Bounds, squares_about, standard_errors
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Mean(State):
    """Σ w·v, Σ w²·v and Σ w²·v² of a number v of each row.

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

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats | Bools:
        """The number of each row, shape (n,); bool if it is 0 or 1."""
        raise NotImplementedError

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        values = cls.values(batch.outcomes)
        total, numbers = batch.sums(values), values.astype(np.float64, copy=False)
        first = total if batch.weights is None else batch.square_sums(numbers)
        is_own_square = values.dtype == np.bool_
        second = first if is_own_square else batch.square_sums(numbers * numbers)
        return cls(total, first, second, *cls.others(batch, numbers))

    @classmethod
    def others(cls, batch: Batch, values: Floats) -> tuple[ExactSums, ...]:
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
        confidence: float,
    ) -> dict[str, Bounds]:
        """Mean ± t · standard error."""
        mean = figures[self.figure]
        return {self.figure: mean_bounds(mean, self.first, self.second, states, confidence)}


def mean_bounds(
    mean: Floats,
    first: ExactSums,
    second: ExactSums,
    states: States,
    confidence: float,
) -> Bounds:
    """Mean ± t · √( n/(n−1) · Σ w²(v − mean)² ) / Σ w; NaN for fewer than two rows.

    Parameters
    ----------
    mean : ndarray
        Σ w·v / Σ w, by group.
    first, second : ExactSums
        Σ w²·v and Σ w²·v², by group.
    states : mapping
        With `Loss` and `Spread`.
    confidence : float
        Between 0 and 1.
    """
    loss, spread = states[Loss], states[Spread]
    rows = loss.rows.floats()
    squares = squares_about(mean, spread.weight.floats(), first.floats(), second.floats())
    errors = standard_errors(squares, rows, loss.weight.floats())
    return Bounds.around(mean, errors, rows, confidence, STUDENT)
