"""What a constant prediction would score, and how much better the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.bounds import Bounds
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


_SUMS = ("shares", "squares", "costs")
METHOD = "infinitesimal jackknife"


class Prior(State):
    """Σ w·p, Σ w²·p and Σ w²·p·loss of each class: class k of group g is entry ``g·K + k``.

    Of independent labels, only the first is kept.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)
    ranges: ClassVar[dict[str, tuple[float, float]]] = {
        "normalized_cross_entropy": (0.0, math.inf),
        "skill": (-math.inf, 1.0),
    }

    shares: ExactSums
    squares: ExactSums
    costs: ExactSums
    space: Space

    @classmethod
    def empty(cls, groups: int, space: Space) -> Self:
        """No rows."""
        none = ExactSums.empty(groups * space.classes)
        return cls(none, none, none, space)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        space, masses = batch.outcomes.space, batch.outcomes.masses()
        start = 0 if batch.groups is None else batch.groups * space.classes
        size = batch.group_count * space.classes
        if masses is None:
            rows = batch.by_class
            if batch.groups is not None:
                rows = batch.grouped_by(start + batch.outcomes.codes, size)
            plain = batch.weights is None
            costs = rows.loss_sums if plain else rows.square_sums(batch.finite_losses)
            return cls(rows.weight_sums, rows.weight_squares, costs, space)
        cells = (start + np.arange(space.classes)[:, np.newaxis]) + np.zeros(len(batch), np.intp)
        shares = weighted_sums(masses, batch.weights, cells, size)
        if space.independent:
            return cls(shares, ExactSums.empty(size), ExactSums.empty(size), space)
        own, squares = masses, shares
        if batch.weights is not None:
            own = bounded(batch.weights * masses)
            squares = weighted_sums(own, batch.weights, cells, size)
        costs = weighted_sums(bounded(own * batch.finite_losses), batch.weights, cells, size)
        return cls(shares, squares, costs, space)

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        return self.replace(
            **{name: getattr(self, name).merge(getattr(other, name)) for name in _SUMS}
        )

    def at(self, group: int) -> Self:
        """The classes of one group."""
        ends = group * self.space.classes, (group + 1) * self.space.classes
        return self.replace(**{name: getattr(self, name).between(*ends) for name in _SUMS})

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, class by class."""
        classes = self.space.classes
        cells = (index[:, np.newaxis] * classes + np.arange(classes)).ravel()
        return self.replace(
            **{name: getattr(self, name).regroup(cells, groups * classes) for name in _SUMS}
        )

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """H(π) of the label shares π, the mean over it, and 1 less that.

        Of independent labels, H(π) is the mean of their binary entropies.
        """
        loss = cast(Loss, states[Loss])
        mean = loss.mean
        weights = self.shares.floats().reshape(-1, self.space.classes)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self.space.independent:
                shares = weights / loss.weight.floats()[:, np.newaxis]
                baseline = (_plogp(shares) + _plogp(1.0 - shares)).mean(axis=1)
            else:
                shares = weights / weights.sum(axis=1, keepdims=True)
                baseline = _plogp(shares).sum(axis=1)
            normalized = np.where(baseline > 0, mean / baseline, np.nan)
        return {
            "baseline": baseline,
            "normalized_cross_entropy": normalized,
            "skill": 1.0 - normalized,
        }

    def bounds(self, states: Mapping[type[State], State], confidence: float) -> dict[str, Bounds]:
        """Of the ratio L / H(π) and of the skill, by what a little more of a row's weight changes.

        With c = −log π of the label, the influence of a row is (loss − c·L / H) / H (Jaeckel, The
        infinitesimal jackknife, 1972). Of a soft label the square of the mean c is taken for the
        mean of the squares, which can only make the interval wider.
        """
        if self.space.independent:
            return {}
        loss, spread = cast(Loss, states[Loss]), cast(Spread, states[Spread])
        rows, own = loss.rows.floats(), self.figures(states)
        shares, squares, costs = (
            getattr(self, name).floats().reshape(-1, self.space.classes) for name in _SUMS
        )
        with np.errstate(all="ignore"):
            shares = shares / shares.sum(axis=1, keepdims=True)
            constant = np.where(shares > 0, -np.log(np.where(shares > 0, shares, 1.0)), 0.0)
            ratio = own["normalized_cross_entropy"]
            square = spread.square.floats() - 2.0 * ratio * (constant * costs).sum(axis=1)
            square += ratio * ratio * (constant * constant * squares).sum(axis=1)
            errors = np.sqrt(np.maximum(square, 0.0) * rows / (rows - 1.0))
            errors /= own["baseline"] * loss.weight.floats()
        return {
            name: Bounds.around(own[name], errors, rows, confidence, METHOD)
            for name in ("normalized_cross_entropy", "skill")
        }


def _plogp(shares: Floats) -> Floats:
    return np.where(shares > 0, -np.log(np.where(shares > 0, shares, 1.0)), 0.0) * shares
