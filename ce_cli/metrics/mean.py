"""What metrics that are the mean of something have in common: its sums and its standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]


class Mean(State):
    """Σ w·v, Σ w²·v and Σ w²·v² of a number v that each row has.

    Attributes
    ----------
    figure : str
        What the mean is called.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)
    figure: ClassVar[str]

    total: ExactSums
    first: ExactSums
    second: ExactSums

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """The number of each row, shape (n,)."""
        raise NotImplementedError

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        values = cls.values(batch.outcomes)
        total = batch.sums(values)
        if batch.weights is None:
            return cls(total, total, batch.sums(values * values))
        with np.errstate(over="ignore", under="ignore"):
            largest = np.finfo(np.float64).max
            weighted = np.clip(batch.weights * values, -largest, largest)
            squares = np.clip(weighted * values, -largest, largest)
        return cls(total, batch.sums(weighted), batch.sums(squares))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Σ w·v / Σ w, correctly rounded."""
        return {self.figure: ratios(self.total, cast(Loss, states[Loss]).weight)}

    def errors(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """√( n/(n−1) · Σ w²(v − mean)² ) / Σ w; NaN for fewer than two rows."""
        loss, spread = cast(Loss, states[Loss]), cast(Spread, states[Spread])
        rows, weight = loss.rows.floats(), loss.weight.floats()
        mean = ratios(self.total, loss.weight)
        with np.errstate(all="ignore"):
            squares = self.second.floats() - 2.0 * mean * self.first.floats()
            squares += mean * mean * spread.weight.floats()
            error = np.sqrt(np.maximum(squares, 0.0) * rows / (rows - 1.0)) / weight
        return {self.figure: np.where(rows > 1, error, np.nan)}
