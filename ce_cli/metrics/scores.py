"""The scores of all rows of two classes, with weights and numbers of rows, without groups."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.auc import Auc, Cells
from ce_cli.metrics.state import State, States, two_classes_only

Floats = NDArray[np.float64]


class Scores(State):
    """Σ w and the number of rows of both classes by score; without rows of weight 0.

    Both have the same cells; without weights, they are the same object.
    """

    grouped: ClassVar[bool] = False

    weight: Auc
    rows: Auc

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: it needs two classes."""
        return two_classes_only(space)

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        none = Auc.empty(1, space)
        return cls(none, none)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        batch = batch.replace(groups=None, group_count=1)
        if batch.weights is None:
            rows = Auc.of(batch)
            return cls(rows, rows)
        batch = batch.take(np.flatnonzero(batch.weights > 0))
        return cls(Auc.of(batch), Auc.of(batch.replace(weights=None)))

    def merge(self, other: Self) -> Self:
        """The state of the rows of both."""
        rows = self.rows.merge(other.rows)
        unweighted = self.weight is self.rows and other.weight is other.rows
        return type(self)(rows if unweighted else self.weight.merge(other.weight), rows)

    def figures(self, states: States) -> dict[str, Floats]:
        """No figures."""
        return {}

    def cells(self) -> tuple[Cells, Cells]:
        """Σ w, and the number of rows, for the same cells."""
        weight, rows = self.weight.cells(), self.rows.cells()
        there = np.flatnonzero(weight.positive + weight.negative > 0)
        return weight.take(there), rows.take(there)
