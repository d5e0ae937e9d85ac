"""How sure the predictions are of themselves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.mean import Mean

Floats = NDArray[np.float64]


class Confidence(Mean):
    """Mean of H(q), the cross-entropy that the predictions expect of themselves.

    Above the cross-entropy they are under-confident, below it over-confident.
    """

    figure: ClassVar[str] = "confidence"

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """H(q) of each row, in nats."""
        return outcomes.uncertainties()
