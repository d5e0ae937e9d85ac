"""The cross-entropy of tokens in bits, whatever the unit of the other figures."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]


class BitsPerToken(State):
    """No sums of its own: Σ w·loss / Σ w in bits, where each row is a token.

    Its interval comes from `Spread`.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: only the observed token has a prediction, and no label."""
        return "there are labels, so the rows are not tokens" if space.classes else None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        return cls()

    def regroup(self, index: NDArray[np.intp], groups: int) -> Self:
        """Nothing to move."""
        return self

    def figures(self, states: States) -> dict[str, Floats]:
        """The cross-entropy over ln 2."""
        return {"bits_per_token": states[Loss].mean / LOG_2}
