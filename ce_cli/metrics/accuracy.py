"""Accuracy: how often the most probable class is the label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import Outcomes
from ce_cli.kernels.student import normal_quantile
from ce_cli.metrics.bounds import WILSON, Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.mean import Mean
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import States

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Accuracy(Mean):
    """Share of the rows whose most probable class is the label.

    If labels are independent, each counts as an equal part of its row.
    """

    figure: ClassVar[str] = "accuracy"

    @classmethod
    def values(cls, outcomes: Outcomes) -> Floats | Bools:
        """Whether each row is correct, or which share of its labels is."""
        return outcomes.correct()

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """Wilson's interval for Kish's number of rows; that of a mean for partly correct rows."""
        if not self.is_of_whole_rows:
            return super().bounds(figures, states, level)
        effective = states[Spread].effective(states[Loss])
        reach = normal_quantile(level.confidence)
        return {self.figure: Bounds.of_shares(figures[self.figure], effective, reach, WILSON)}

    @property
    def is_of_whole_rows(self) -> bool:
        """Whether no row is partly correct."""
        return np.array_equal(self.first.near(), self.second.near())
