"""Expected calibration error: whether predicted probabilities agree with observed shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level, standard_errors
from ce_cli.metrics.moments import effective_count, squares_about
from ce_cli.metrics.state import State, States, one_class_only
from ce_cli.results.lines import CalibrationBin

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]

BINS = 15
METHOD = "infinitesimal jackknife, wider below by the bias"

_EDGES = np.arange(1, BINS) / BINS  # the upper edges of all bins but the last
_SQUARES = ("squared_weight", "first", "second")
_CLEAR = 3.0  # standard errors beyond which a bin is not calibrated


class Ece(State):
    """Sums by bin; bin b of group g is entry ``g·BINS + b``.

    Bins are of equal width and include their upper edge, as in Guo, Pleiss, Sun and Weinberger ("On
    calibration of modern neural networks", ICML 2017); the first includes 0, too. Of two classes,
    what is binned is the probability of the second, and observed is its share in the label, as in
    scikit-learn's ``calibration_curve``; of more, it is the probability of the likeliest class, and
    whether that is the label.

    Attributes
    ----------
    rows, weight, observed, predicted : ExactSums
        Number of rows, Σ w, Σ w·observed and Σ w·predicted.
    squared_weight, first, second : ExactSums
        Σ w², Σ w²·residual and Σ w²·residual² of the residual observed − predicted.
    """

    jackknifed: ClassVar[tuple[str, ...]] = ("ece",)

    rows: ExactSums
    weight: ExactSums
    observed: ExactSums
    predicted: ExactSums
    squared_weight: ExactSums
    first: ExactSums
    second: ExactSums

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: it needs a most probable class."""
        return one_class_only(space)

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(*(ExactSums.empty(groups * BINS) for _ in cls._fields))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        predicted, observed = _binned(batch)
        bins = np.searchsorted(_EDGES, predicted)
        start = 0 if batch.groups is None else batch.groups * BINS
        cells = batch.replace(groups=start + bins, group_count=batch.group_count * BINS)
        residuals = observed - predicted
        observed_sums, predicted_sums = cells.sums(observed), cells.sums(predicted)
        plain = batch.weights is None
        return cls(
            cells.row_counts,
            cells.weight_sums,
            observed_sums,
            predicted_sums,
            cells.weight_squares,
            observed_sums.minus(predicted_sums) if plain else cells.square_sums(residuals),
            cells.square_sums(residuals * residuals),
        )

    def at(self, group: int) -> Self:
        """The bins of one group."""
        return type(self)(*(getattr(self, name).block(group, BINS) for name in self._fields))

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, bin by bin."""
        moved = (getattr(self, name).move_blocks(index, groups, BINS) for name in self._fields)
        return type(self)(*moved)

    def figures(self, states: States) -> dict[str, Floats]:
        """Σ share·|observed − predicted| over the bins."""
        weight = self.weight.floats().reshape(-1, BINS)
        residuals = self._residuals().reshape(-1, BINS)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"ece": np.abs(residuals).sum(axis=1) / weight.sum(axis=1)}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """The interval of the mean of ±residual, with the sign of the bin, and wider below.

        Even for a calibrated bin, the mean of the absolute value is above 0, by √(2/π) of its
        standard error (a folded normal distribution). So the sum is too large by up to the sum of
        these over the bins that may be calibrated; a bin of one row carries no information.
        """
        residuals, rows, weight, squared, first, second = (
            one.reshape(-1, BINS)
            for one in (
                self._residuals(),
                *(getattr(self, name).floats() for name in ("rows", "weight", *_SQUARES)),
            )
        )
        sizes, total = np.abs(residuals), weight.sum(axis=1)
        count = effective_count(total, squared.sum(axis=1))
        with np.errstate(all="ignore"):
            means = np.where(weight > 0, residuals / weight, 0.0)
            squares = squares_about(means, squared, first, second)
            own = standard_errors(squares, effective_count(weight, squared), np.ones(rows.shape))
            excess = math.sqrt(2.0 / math.pi) * np.where(sizes < _CLEAR * own, own, 0.0)
            excess = np.where(rows == 1, sizes, excess)
            value = sizes.sum(axis=1) / total
            square = second - 2.0 * value[:, np.newaxis] * np.sign(residuals) * first
            square += value[:, np.newaxis] ** 2 * squared
            errors = standard_errors(square.sum(axis=1), count, total)
            around = Bounds.around(value, errors, count, level.confidence, METHOD)
            return {"ece": around.replace(low=around.low - excess.sum(axis=1) / total)}

    def bins(self) -> list[CalibrationBin]:
        """The bins of the first group that have weight, with predicted and observed shares."""
        columns = (self.rows, self.weight, self.observed, self.predicted)
        found: list[CalibrationBin] = []
        for place, sums in enumerate(zip(*(c.floats()[:BINS] for c in columns), strict=True)):
            rows, weight, observed, predicted = (float(one) for one in sums)
            if weight > 0:
                means = (predicted / weight, observed / weight)
                ends = (place / BINS, (place + 1) / BINS)
                found.append(CalibrationBin(*ends, int(rows), weight, *means))
        return found

    def _residuals(self) -> Floats:
        """Σ w·(observed − predicted) by bin."""
        return self.observed.minus(self.predicted).floats()


def _binned(batch: Batch) -> tuple[Floats, Floats | Bools]:
    """What is predicted, from 0 to 1, and what was observed, shape (n,) each."""
    outcomes = batch.outcomes
    if outcomes.space.classes == 2:
        return np.minimum(outcomes.positive_probability(), 1.0), outcomes.positives()
    return np.minimum(outcomes.confidence(), 1.0), outcomes.correct()
