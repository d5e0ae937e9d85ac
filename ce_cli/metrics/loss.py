"""The cross-entropy, its total and the perplexity."""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]


class Loss(State):
    """Number of rows, Σ w, Σ w·loss over the finite losses, and number of infinite losses."""

    rows: ExactSums
    weight: ExactSums
    loss: ExactSums
    infinite: ExactSums

    @classmethod
    def why_not(cls, space: LabelSpace) -> None:
        """Never: it applies to all labels."""
        return

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch; a row of weight 0 adds no loss, even if it is infinite."""
        infinite = ExactSums.empty(batch.group_count)
        if batch.infinite is not None:
            counting = batch.weights is None or batch.weights > 0
            infinite = batch.counts(batch.infinite & counting)
        return cls(batch.row_counts, batch.weight_sums, batch.loss_sums, infinite)

    @classmethod
    def totals(cls, batch: Batch) -> dict[str, ExactSums]:
        """The totals of the finite losses."""
        return {"cross_entropy": batch.loss_sums}

    @cached_property
    def mean(self) -> Floats:
        """Σ w·loss / Σ w, correctly rounded, shape (groups,)."""
        return np.where(self.infinite.floats() > 0, np.inf, ratios(self.loss, self.weight))

    def figures(self, states: States) -> dict[str, Floats]:
        """Mean, total and perplexity."""
        with np.errstate(over="ignore"):
            perplexity = np.exp(self.mean)
        total = np.where(self.infinite.floats() > 0, np.inf, self.loss.floats())
        return {"cross_entropy": self.mean, "total": total, "perplexity": perplexity}
