"""The distribution of the losses: the smallest, the largest, and quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.binomial import quantile_ranks
from ce_cli.kernels.histogram import LogHistogram
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States
from ce_cli.record import Record

Floats = NDArray[np.float64]

METHOD = "order statistics (binomial)"

_SHARES = {"median": 0.5, "p90": 0.9, "p99": 0.99}


class Extremes(Record):
    """The smallest and the largest value."""

    low: float = np.inf
    high: float = -np.inf

    def merge(self, other: Self) -> Self:
        """The extremes of both."""
        return type(self)(min(self.low, other.low), max(self.high, other.high))


class Quantiles(State):
    """Exact extremes, and a histogram whose quantiles are within 0.4 % of the true ones.

    Rows of weight 0 are not counted.
    """

    grouped: ClassVar[bool] = False
    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)

    extremes: Extremes
    histogram: LogHistogram

    @classmethod
    def why_not(cls, space: LabelSpace) -> None:
        """Never: it applies to all labels."""
        return

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(Extremes(), LogHistogram.empty())

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        losses, weights = batch.losses, batch.weights
        counting = weights is None or bool(weights.all())
        if weights is not None and not counting:
            losses, weights = losses[weights > 0], weights[weights > 0]
        if not len(losses):
            return cls.empty(1, batch.outcomes.space)
        ends = batch.ends if counting else (float(losses.min()), float(losses.max()))
        return cls(Extremes(*ends), LogHistogram.of(losses, weights))

    def figures(self, states: States) -> dict[str, Floats]:
        """Quantiles by the inverse of the distribution function, clamped to the extremes."""
        middles = np.clip(
            self.histogram.quantiles(tuple(_SHARES.values())), self.extremes.low, self.extremes.high
        )
        inner = dict(zip(_SHARES, middles.tolist(), strict=True))
        values = {"min": self.extremes.low, **inner, "max": self.extremes.high}
        return {name: np.array([value]) for name, value in values.items()}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """The order statistics that enclose a quantile, for Kish's number of rows if weighted.

        Ends are widened to the edges of their bins; an open end is NaN.
        """
        effective = float(states[Spread].effective(states[Loss])[0])
        return self.bounds_of(effective, level.confidence, METHOD)

    def bounds_of(self, effective: float, confidence: float, method: str) -> dict[str, Bounds]:
        """The intervals for `effective` independent rows."""
        count = round(effective) if math.isfinite(effective) else 0
        found: dict[str, Bounds] = {}
        for name, share in _SHARES.items():
            ranks = quantile_ranks(count, share, confidence) if count else (0, 1)
            (low, _), (_, high) = self.histogram.edges(
                tuple(rank / max(count, 1) for rank in ranks)
            )
            low = max(low, self.extremes.low) if ranks[0] > 0 else math.nan
            high = min(high, self.extremes.high) if ranks[1] <= count else math.nan
            found[name] = Bounds(np.array([low]), np.array([high]), method)
        return found

    def top_heaviness(self, share: float) -> float:
        """The part of the variance due to the largest `share` of the losses, approximately."""
        weights, middles = self.histogram.bins.floats(), self.histogram.middles
        if not len(weights) or not np.isfinite(middles[-1]):
            return 0.0
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            weights = weights / weights.sum()
            squares = weights * (middles - np.dot(weights, middles)) ** 2
            above = np.cumsum(weights[::-1])[::-1] - weights
            top = np.clip((share - above) / np.where(weights > 0, weights, 1.0), 0.0, 1.0)
            carried = float(np.dot(top, squares) / squares.sum())
        return carried if np.isfinite(carried) else 0.0
