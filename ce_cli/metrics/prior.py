"""What a constant prediction would score, and how much better the model is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Prior(State):
    """Σ w·p of each class: class k of group g is entry ``g * classes + k``."""

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    shares: ExactSums
    space: Space

    @classmethod
    def empty(cls, groups: int, space: Space) -> Self:
        """No rows."""
        return cls(ExactSums.empty(groups * space.classes), space)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        space, masses = batch.outcomes.space, batch.outcomes.masses()
        start = 0 if batch.groups is None else batch.groups * space.classes
        size = batch.group_count * space.classes
        if masses is not None:
            cells = (start + np.arange(space.classes)[:, np.newaxis]) + np.zeros(
                len(batch), np.intp
            )
            return cls(weighted_sums(masses, batch.weights, cells, size), space)
        codes = start + batch.outcomes.codes
        if batch.weights is not None:
            return cls(ExactSums.of(batch.weights, codes, size), space)
        counts = np.bincount(codes, minlength=size).astype(np.int64, copy=False)
        return cls(ExactSums.of_counts(counts), space)

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        return type(self)(self.shares.merge(other.shares), self.space)

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, class by class."""
        classes = self.space.classes
        cells = (index[:, np.newaxis] * classes + np.arange(classes)).ravel()
        return type(self)(self.shares.regroup(cells, groups * classes), self.space)

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


def _plogp(shares: Floats) -> Floats:
    return np.where(shares > 0, -np.log(np.where(shares > 0, shares, 1.0)), 0.0) * shares
