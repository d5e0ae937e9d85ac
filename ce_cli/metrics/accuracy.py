"""How often the likeliest class is what happened."""

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


class Accuracy(State):
    """Σ w over the rows whose likeliest class (the first one on a tie) is that of the label.

    Of independent labels, each counts for its share of the row.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    right: ExactSums

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return cls(batch.sums(batch.outcomes.right().astype(np.float64, copy=False)))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Weighted share of the rows that are right."""
        return {"accuracy": ratios(self.right, cast(Loss, states[Loss]).weight)}
