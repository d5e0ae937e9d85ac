"""The entropy of the predictions: the loss that they imply themselves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.mean import Mean

Floats = NDArray[np.float64]


class Confidence(Mean):
    """Mean of H(q), the cross-entropy that the predictions imply themselves.

    If it is above the cross-entropy, they are under-confident; if below, over-confident.
    """

    figure: ClassVar[str] = "confidence"

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """H(q) of each row, in nats."""
        return outcomes.uncertainties()
