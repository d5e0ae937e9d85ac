"""How far the mean prediction is from the observed share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import LabelSpace, Outcomes
from ce_cli.metrics.mean import Mean
from ce_cli.metrics.state import two_classes_only

Floats = NDArray[np.float64]


class Bias(Mean):
    """Mean of q − p of the positive class: calibration in the large (Cox, Biometrika 45, 1958).

    Above 0, the positive class is predicted too often.
    """

    figure: ClassVar[str] = "bias"

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: it needs two classes."""
        return two_classes_only(space)

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats:
        """The residual q − p of each row."""
        return outcomes.residuals()
