"""The cross-entropy of tokens in bits, whatever else is shown in."""

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
    """Nothing of its own: Σ w·loss / Σ w in bits, where every row is a token.

    The interval of `Spread` is its as well.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """It is of tokens, of which only the one that happened has a prediction."""
        return "there are labels, so the rows are no tokens" if space.classes else None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return cls()

    def regroup(self, index: NDArray[np.intp], groups: int) -> Self:
        """Nothing to move."""
        return self

    def figures(self, states: States) -> dict[str, Floats]:
        """The cross-entropy over ln 2."""
        return {"bits_per_token": states[Loss].mean / LOG_2}
