"""The scores of all rows of two classes, whatever groups there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.auc import Auc
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]


class Scores(Auc):
    """Σ w of both classes by score: see `Auc.cells`."""

    grouped: ClassVar[bool] = False

    @classmethod
    def empty(cls, groups: int, space: Space) -> Self:
        """No rows."""
        return super().empty(1, space)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        return super().of(batch.replace(groups=None, group_count=1))

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Nothing by itself."""
        return {}
