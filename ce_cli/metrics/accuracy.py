"""How often the likeliest class is what happened."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import Outcomes
from ce_cli.metrics.mean import Mean

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Accuracy(Mean):
    """Share of the rows whose likeliest class (the first one on a tie) is that of the label.

    Of independent labels, each counts for its share of the row.
    """

    figure: ClassVar[str] = "accuracy"

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats | Bools:
        """Whether a row is right, or how much of it."""
        return outcomes.right()
