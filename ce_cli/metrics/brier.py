"""The Brier score: squared error of the probabilities."""

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


class Brier(State):
    """Σ w·Σ_k (q_k − p_k)² (Brier 1950); half of it for two classes, as scikit-learn has it."""

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    error: ExactSums

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return cls(batch.sums(batch.outcomes.squared_errors()))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Weighted mean."""
        return {"brier": ratios(self.error, cast(Loss, states[Loss]).weight)}
