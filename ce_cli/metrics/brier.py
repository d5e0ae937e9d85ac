"""The Brier score: squared error of the probabilities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.mean import Mean

Floats = NDArray[np.float64]


class Brier(Mean):
    """Mean of Σ_k (q_k − p_k)² (Brier 1950); half of it for two classes, as scikit-learn has it."""

    figure: ClassVar[str] = "brier"

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """The squared error of each row."""
        return outcomes.squared_errors()
