"""The loss of each class's own rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]


class PerClass(State):
    """A `Loss` with one group for each class."""

    grouped: ClassVar[bool] = False

    loss: Loss

    @classmethod
    def empty(cls, groups: int, classes: int) -> Self:
        """No rows."""
        return cls(Loss.empty(classes, classes))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch, grouped by label."""
        return cls(Loss.of(batch.by_class()))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Rows, weight and mean loss, each of shape (K,)."""
        return {
            "class_rows": self.loss.rows.floats(),
            "class_weight": self.loss.weight.floats(),
            "class_cross_entropy": self.loss.mean,
        }
