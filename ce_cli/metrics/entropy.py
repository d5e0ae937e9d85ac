"""The entropy of the labels, and the KL divergence of the predictions from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.mean import Mean, mean_bounds
from ce_cli.metrics.moments import Cubes
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import States

Floats = NDArray[np.float64]


class Entropy(Mean):
    """Mean of H(p), which is 0 for hard labels (Shannon 1948).

    Attributes
    ----------
    squares_less, cubes_less : ExactSums, Cubes
        What subtracting H(p) from the losses takes from the sums of `Spread`, for the interval of
        their difference: Σ w²(loss² − (loss − H)²), and likewise of cubes.
    """

    figure: ClassVar[str] = "entropy"

    squares_less: ExactSums
    cubes_less: Cubes

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        if batch.outcomes.entropies() is None:
            return cls.empty(batch.group_count, batch.outcomes.space)
        return super().of(batch)

    @classmethod
    def others(cls, batch: Batch, values: Floats) -> tuple[ExactSums | Cubes, ...]:
        """What H(p) takes from the squares and cubes of the losses."""
        losses = batch.finite_losses
        with np.errstate(over="ignore"):
            squares = values * (2.0 * losses - values)
            cubes = values * (3.0 * losses * (losses - values) + values * values)
            less = Cubes.of_powers(batch, cubes, squares, values, np.zeros(len(values)))
        return batch.square_sums(squares), less

    @classmethod
    def totals(cls, batch: Batch) -> dict[str, ExactSums]:
        """Totals of H(p), and of the finite losses minus H(p)."""
        entropy = super().totals(batch)
        return {**entropy, "kl_divergence": batch.loss_sums.minus(entropy["entropy"])}

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """H(p) of each row, in nats."""
        entropies = outcomes.entropies()
        return np.zeros(len(outcomes.codes)) if entropies is None else entropies

    def figures(self, states: States) -> dict[str, Floats]:
        """Mean H(p), and the Kullback-Leibler divergence H(p, q) − H(p)."""
        entropy = super().figures(states)
        loss = states[Loss]
        return {**entropy, "kl_divergence": loss.mean - entropy["entropy"]}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """Intervals of both; the divergence is the mean of loss − H(p)."""
        spread = states[Spread]
        first = spread.loss.minus(self.first)
        second = spread.square.minus(self.squares_less)
        cubes = spread.cubes.minus(self.cubes_less)
        mean = np.where(spread.beyond.floats() > 0, np.inf, figures["kl_divergence"])
        divergence = mean_bounds(mean, first, second, cubes, states, level)
        return {**super().bounds(figures, states, level), "kl_divergence": divergence}
