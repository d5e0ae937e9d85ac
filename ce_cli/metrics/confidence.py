"""How sure the predictions are of themselves."""

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


class Confidence(State):
    """Σ w·H(q), the cross-entropy that the predictions expect of themselves.

    Above the cross-entropy they are under-confident, below it over-confident.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    expected: ExactSums

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return cls(batch.sums(batch.outcomes.uncertainties()))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Weighted mean of H(q)."""
        return {"confidence": ratios(self.expected, cast(Loss, states[Loss]).weight)}
