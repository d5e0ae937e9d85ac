"""What a constant prediction would score, and how much better the model is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Prior(State):
    """Σ w of each class: class k of group g is entry ``g * classes + k``."""

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    shares: ExactSums
    classes: int

    @classmethod
    def empty(cls, groups: int, classes: int) -> Self:
        """No rows."""
        return cls(ExactSums.empty(groups * classes), classes)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        classes, codes = batch.class_count, batch.labels
        if batch.groups is not None:
            codes = batch.groups * classes + codes
        size = batch.group_count * classes
        if batch.weights is not None:
            return cls(ExactSums.of(batch.weights, codes, size), classes)
        counts = np.bincount(codes, minlength=size).astype(np.int64, copy=False)
        return cls(ExactSums.of_counts(counts), classes)

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        return type(self)(self.shares.merge(other.shares), self.classes)

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, class by class."""
        cells = (index[:, np.newaxis] * self.classes + np.arange(self.classes)).ravel()
        return type(self)(self.shares.regroup(cells, groups * self.classes), self.classes)

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """H(π) of the label shares π, the mean over it, and 1 less that."""
        mean = cast(Loss, states[Loss]).mean
        weights = self.shares.floats().reshape(-1, self.classes)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            shares = weights / weights.sum(axis=1, keepdims=True)
            surprise = np.where(shares > 0, -np.log(np.where(shares > 0, shares, 1.0)), 0.0)
            baseline = (shares * surprise).sum(axis=1)
            normalized = np.where(baseline > 0, mean / baseline, np.nan)
        return {
            "baseline": baseline,
            "normalized_cross_entropy": normalized,
            "skill": 1.0 - normalized,
        }
