"""The labels' own entropy, and what the predictions cost beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]


class Entropy(State):
    """Σ w·H(p), which is 0 for hard labels (Shannon 1948)."""

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    entropy: ExactSums

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        entropies = batch.outcomes.entropies()
        if entropies is None:
            return cls.empty(batch.group_count, batch.outcomes.space)
        return cls(batch.sums(entropies))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Mean H(p), and the Kullback-Leibler divergence H(p, q) − H(p)."""
        loss = cast(Loss, states[Loss])
        entropy = ratios(self.entropy, loss.weight)
        return {"entropy": entropy, "kl_divergence": loss.mean - entropy}
