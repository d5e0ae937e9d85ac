"""Whether rows of a kind are so rare that an interval cannot allow for them: a monoid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Hard, LabelSpace
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.moments import effective_count
from ce_cli.metrics.state import State
from ce_cli.record import Record

Floats = NDArray[np.float64]

FEW = 10  # rows of a kind; with fewer, chance decides what they do to a mean
FEW_CLUSTERS = 30  # with fewer, their spread is not known well enough
SKEWED = 0.1  # the squared skewness of a mean: 1 / so many rows of a large loss explain it
_ROUNDING = 1e-9
_FIRST = 4096  # losses that mostly suffice to see that there are enough errors
_NONE = ExactSums.empty(0)


class Rarity(Record):
    """Rows of weight above 0, by class and by whether the label is the likeliest class.

    It is kept for labels that are classes, and costs next to nothing where errors are not rare.

    Attributes
    ----------
    weights, squares : ExactSums
        Σ w and Σ w² by class.
    errors : int
        Rows whose label is not the likeliest class, or has a probability below 1/K; `FEW` if there
        are at least as many.
    loss, doubts : ExactSums
        Σ w·H(q), the loss that the predictions expect, and Σ (1 − max q), their expected errors;
        only with fewer than `FEW` errors.
    """

    weights: ExactSums = _NONE
    squares: ExactSums = _NONE
    errors: int = 0
    loss: ExactSums = _NONE
    doubts: ExactSums = _NONE

    @classmethod
    def needed(cls, metrics: Sequence[type[State]], space: LabelSpace) -> bool:
        """Whether there may be an interval of such labels."""
        return bool(space.classes) and not space.independent and set(metrics) != {Loss}

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The rows of one batch."""
        batch = batch.unsmoothed
        outcomes = batch.outcomes
        if not isinstance(outcomes, Hard) or not len(batch):
            return cls()
        by_class = batch.by_class
        weights, squares = by_class.weight_sums, by_class.weight_squares
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights))
            if not len(batch):
                return cls(weights, squares)
        errors = _errors(batch, outcomes.classes)
        if errors >= FEW:
            return cls(weights, squares, FEW)
        alone = batch.replace(groups=None, group_count=1)
        loss = alone.sums(batch.outcomes.uncertainties())
        return cls(weights, squares, errors, loss, ExactSums.of(1.0 - batch.outcomes.confidence()))

    def merge(self, other: Self) -> Self:
        """The rows of both; associative and commutative."""
        errors = min(self.errors + other.errors, FEW)
        return type(self)(
            self.weights.merge(other.weights),
            self.squares.merge(other.squares),
            errors,
            self.loss.merge(other.loss) if errors < FEW else _NONE,
            self.doubts.merge(other.doubts) if errors < FEW else _NONE,
        )

    @property
    def rows_by_class(self) -> Floats:
        """Kish's number of rows of each class; empty if the labels are not classes."""
        weights = self.weights.floats()
        return np.where(weights > 0, effective_count(weights, self.squares.floats()), 0.0)

    @property
    def expected_loss(self) -> float:
        """Mean of H(q), in nats; NaN with at least `FEW` errors."""
        weight, loss = self.weights.floats().sum(), self.loss.floats()
        known = len(loss) and 0.0 < weight < math.inf and math.isfinite(loss[0])
        return float(loss[0] / weight) if known else math.nan

    @property
    def expected_errors(self) -> float:
        """Σ (1 − max q); NaN with at least `FEW` errors."""
        doubts = self.doubts.floats()
        return float(doubts[0]) if len(doubts) else math.nan

    @property
    def chance(self) -> float:
        """The probability of so few errors, by Poisson's distribution."""
        terms = [1.0]
        for count in range(1, self.errors + 1):
            terms.append(terms[-1] * self.expected_errors / count)
        return math.exp(-self.expected_errors) * math.fsum(terms)


def outside_commonest(rows: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """How many rows have another class than the commonest, and which class that is.

    Parameters
    ----------
    rows : ndarray, shape (..., K)
        How many rows each class has.
    """
    with np.errstate(invalid="ignore"):  # NaN where weights are too small to be squared
        return rows.sum(axis=-1) - rows.max(axis=-1), rows.argmax(axis=-1)


def _errors(batch: Batch, classes: int) -> int:
    """How many rows are errors; if there are at least `FEW`, some number of them."""
    bound = math.log(classes) * (1.0 + _ROUNDING)
    for few in (slice(0, _FIRST), slice(None)):
        unlikely = batch.losses[few] > bound
        found = int(np.count_nonzero(unlikely))
        if found >= FEW:
            return found
    return int(np.count_nonzero(unlikely | ~np.asarray(batch.outcomes.correct(), np.bool_)))
