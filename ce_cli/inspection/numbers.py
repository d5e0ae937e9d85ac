"""Detect the kind of the predictions, whatever they are read as."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.inspection.crossed import whole_units
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import Probabilities
from ce_cli.kernels.losses import class_sums, of_class
from ce_cli.kernels.outcomes import Hard
from ce_cli.record import Record

Floats = NDArray[np.float64]

NEAR = 0.02  # how far from 1 a sum of probabilities may be
_SAMPLED = 4096


class NumberKinds(Record):
    """Counts of rows by the kind of their numbers; a monoid in file order.

    Attributes
    ----------
    rows : int
        Rows without a missing prediction.
    low, high, low_sum, high_sum : float
        The range of the numbers, and that of the row sums.
    to_one, to_one_by_exp : int
        Rows that sum to about 1, or whose exponentials sum to about 1.
    decided : int
        Rows that contain only 0 and 1.
    coarse : int
        Rows that contain only multiples of 0.01.
    first : tuple of float
        The first row.
    constant : bool
        Whether all other rows are equal to it.
    """

    rows: int = 0
    low: float = np.inf
    high: float = -np.inf
    low_sum: float = np.inf
    high_sum: float = -np.inf
    to_one: int = 0
    to_one_by_exp: int = 0
    decided: int = 0
    coarse: int = 0
    first: tuple[float, ...] = ()
    constant: bool = True

    @classmethod
    def of(cls, matrix: Floats) -> Self:
        """Predictions of shape (K, n)."""
        if not matrix.size:
            return cls()
        with np.errstate(invalid="ignore"):
            sums = class_sums(matrix)
        whole = ~np.isnan(sums)
        if not whole.any():
            return cls()
        if not whole.all():
            matrix, sums = matrix[:, whole], sums[whole]
        low, high, rows = float(matrix.min()), float(matrix.max()), len(sums)
        return cls(
            rows=rows,
            low=low,
            high=high,
            low_sum=float(sums.min()),
            high_sum=float(sums.max()),
            to_one=_count(np.abs(sums - 1.0) <= NEAR),
            to_one_by_exp=0 if high > NEAR else _to_one_by_exp(matrix),
            decided=_count(((matrix == 0.0) | (matrix == 1.0)).all(axis=0)),
            coarse=_coarse(matrix),
            first=tuple(matrix[:, 0].tolist()),
            constant=bool((matrix == matrix[:, :1]).all()),
        )

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`."""
        if not self.rows or not later.rows:
            return later if later.rows else self
        counted = {
            name: getattr(self, name) + getattr(later, name)
            for name in ("rows", "to_one", "to_one_by_exp")
        }
        return type(self)(
            **counted,
            low=min(self.low, later.low),
            high=max(self.high, later.high),
            low_sum=min(self.low_sum, later.low_sum),
            high_sum=max(self.high_sum, later.high_sum),
            decided=self.decided + later.decided,
            coarse=self.coarse + later.coarse,
            first=self.first,
            constant=self.constant and later.constant and self.first == later.first,
        )


class Rereadings(Record):
    """Losses of rows that do not sum to 1, after division by the sum and after softmax.

    Attributes
    ----------
    rows : int
        How many such rows there are among the first rows of each batch.
    divided, softmax : int
        In units of `whole_units`.
    """

    rows: int = 0
    divided: int = 0
    softmax: int = 0

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The first rows of one batch."""
        outcomes = batch.outcomes
        if not isinstance(outcomes, Hard) or not isinstance(outcomes.form, Probabilities):
            return cls()
        matrix = outcomes.form.matrix[:, :_SAMPLED]
        sums = class_sums(matrix)
        off = np.flatnonzero((np.abs(sums - 1.0) > NEAR) & (sums > 0.0))
        predicted = of_class(matrix[:, off], outcomes.codes[off])
        with np.errstate(divide="ignore"):
            divided = np.log(sums[off]) - np.log(predicted)
        softmax = np.log(class_sums(np.exp(matrix[:, off]))) - predicted
        return cls(len(off), int(whole_units(divided).sum()), int(whole_units(softmax).sum()))

    def merge(self, other: Self) -> Self:
        """Add the rows of `other`."""
        return type(self)(
            self.rows + other.rows, self.divided + other.divided, self.softmax + other.softmax
        )


def _count(chosen: NDArray[np.bool_] | np.bool_) -> int:
    return int(np.count_nonzero(chosen))


def _to_one_by_exp(matrix: Floats) -> int:
    return _count(np.abs(class_sums(np.exp(np.minimum(matrix, NEAR))) - 1.0) <= NEAR)


def _coarse(matrix: Floats) -> int:
    with np.errstate(invalid="ignore", over="ignore"):
        hundredths = matrix * 100.0
        rest = np.abs(hundredths - np.rint(hundredths))
    return _count((rest < 1e-9).all(axis=0))
