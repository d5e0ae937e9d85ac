"""Σ w·loss of the same rows by several conventions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.rules import Rule, costs, row_sums
from ce_cli.record import Record

Bools = NDArray[np.bool_]


class ByConvention(Record):
    """Sums with an entry for each of R rules; a monoid like the states of metrics.

    Attributes
    ----------
    loss : ExactSums
        Σ w·loss of the finite losses.
    infinite, raised, lowered : ExactSums
        Numbers of rows with a weight above 0.
    lowest, highest : float
        The smallest and the largest sum of a row of probabilities.
    """

    loss: ExactSums
    infinite: ExactSums
    raised: ExactSums
    lowered: ExactSums
    lowest: float = math.inf
    highest: float = -math.inf

    @classmethod
    def empty(cls, rules: int) -> Self:
        """The state of no rows."""
        nothing = ExactSums.empty(rules)
        return cls(nothing, nothing, nothing, nothing)

    @classmethod
    def of(cls, batch: Batch, rules: Sequence[Rule]) -> Self:
        """The sums of one batch, whose outcomes are not clipped."""
        if not len(batch):
            return cls.empty(len(rules))
        found = [costs(batch.outcomes, rule) for rule in rules]
        losses = np.stack([one.losses for one in found])
        endless = np.isinf(losses)
        if endless.any():
            losses = np.where(endless, 0.0, losses)
        counting = np.bool_(True) if batch.weights is None else batch.weights > 0
        cells = np.repeat(np.arange(len(rules)), len(batch)).reshape(losses.shape)
        sums = row_sums(batch.outcomes)
        return cls(
            weighted_sums(losses, batch.weights, cells, len(rules)),
            _counts(endless & counting),
            _counts([one.raised & counting for one in found]),
            _counts([one.lowered & counting for one in found]),
            math.inf if sums is None else float(sums.min()),
            -math.inf if sums is None else float(sums.max()),
        )

    def merge(self, other: Self) -> Self:
        """The sums over the rows of both."""
        return type(self)(
            self.loss.merge(other.loss),
            self.infinite.merge(other.infinite),
            self.raised.merge(other.raised),
            self.lowered.merge(other.lowered),
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
        )


def _counts(chosen: Sequence[Bools] | Bools) -> ExactSums:
    """The number of rows that each rule applies to."""
    return ExactSums.of_counts(np.array([np.count_nonzero(rows) for rows in chosen], np.int64))
