"""The entropy of the labels, and the KL divergence of the predictions from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.bounds import Bounds
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.mean import Mean, mean_bounds
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import States

Floats = NDArray[np.float64]


class Entropy(Mean):
    """Mean of H(p), which is 0 for hard labels (Shannon 1948).

    Attributes
    ----------
    mixed : ExactSums
        Σ w²·H(p)·loss, for the standard error of their difference.
    """

    figure: ClassVar[str] = "entropy"

    mixed: ExactSums

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        if batch.outcomes.entropies() is None:
            return cls.empty(batch.group_count, batch.outcomes.space)
        return super().of(batch)

    @classmethod
    def others(cls, batch: Batch, values: Floats) -> tuple[ExactSums, ...]:
        """Sums of the products of H(p) and the loss."""
        return (batch.square_sums(batch.finite_losses * values),)

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
        confidence: float,
    ) -> dict[str, Bounds]:
        """Intervals of both; the divergence is the mean of loss − H(p)."""
        spread = states[Spread]
        first = spread.loss.minus(self.first)
        second = spread.square.minus(self.mixed).minus(self.mixed).merge(self.second)
        mean = np.where(spread.beyond.floats() > 0, np.inf, figures["kl_divergence"])
        divergence = mean_bounds(mean, first, second, states, confidence)
        return {**super().bounds(figures, states, confidence), "kl_divergence": divergence}
