"""How far the mean prediction is from what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State, two_classes_only

Floats = NDArray[np.float64]


class Bias(State):
    """Σ w·(q − p) of the positive class: calibration in the large (Cox, Biometrika 45, 1958)."""

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    gap: ExactSums

    @classmethod
    def why_not(cls, space: Space) -> str | None:
        """It is of two classes."""
        return two_classes_only(space)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return cls(batch.sums(batch.outcomes.gaps()))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Mean prediction less the observed rate; above 0 the positive class is overrated."""
        return {"bias": ratios(self.gap, cast(Loss, states[Loss]).weight)}
