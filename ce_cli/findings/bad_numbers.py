"""What rows with numbers out of range have in common, which shows what they are."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.far_marks import extremes, merged
from ce_cli.record import Record

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DISTINCT = 4  # distinct values kept; more are not marks of missing values
_NEAR = 0.02


class BadNumbers(Record):
    """Facts about rows in which some number is out of range; a monoid in file order.

    Attributes
    ----------
    rows : int
        How many such rows there are.
    several : bool
        Whether there is one number for each class, of which one applies.
    likelihood : bool
        Whether there are no labels.
    distinct : tuple of float
        The first few distinct numbers out of range.
    low, high : float
        The range of the numbers out of range.
    row_low, row_high : float
        The range of all numbers in these rows.
    low_sum, high_sum : float
        The range of the sums of these rows.
    whole : bool
        Whether all numbers out of range are whole.
    negative : int
        Rows with a number below 0.
    to_one, by_e, by_ten : int
        Rows that sum to about 1: the numbers themselves, or e or 10 to their power.
    below : tuple of float
        The first few distinct numbers below 0.
    extremes : tuple of float
        The numbers of the largest magnitude, as `ce_cli.findings.far_marks` keeps them.
    """

    rows: int
    several: bool
    likelihood: bool
    distinct: tuple[float, ...]
    low: float
    high: float
    row_low: float
    row_high: float
    low_sum: float
    high_sum: float
    whole: bool
    negative: int
    to_one: int
    by_e: int
    by_ten: int
    below: tuple[float, ...] = ()
    extremes: tuple[float, ...] = ()

    @classmethod
    def of(cls, matrix: Floats, bad: Bools, likelihood: bool, multilabel: bool = False) -> Self:
        """Such rows, shape (K, n), at least one; `bad` shows the numbers out of range."""
        values = matrix.T[bad.T]
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            sums = matrix.sum(axis=0)
            by_e, by_ten = (np.power(base, matrix).sum(axis=0) for base in (np.e, 10.0))
            whole = bool((values == np.rint(values)).all())
        return cls(
            rows=matrix.shape[1],
            several=len(matrix) > 1 and not multilabel,
            likelihood=likelihood,
            distinct=_firsts(values),
            low=float(values.min()),
            high=float(values.max()),
            row_low=float(matrix.min()),
            row_high=float(matrix.max()),
            low_sum=float(sums.min()),
            high_sum=float(sums.max()),
            whole=whole,
            negative=int((matrix < 0.0).any(axis=0).sum()),
            to_one=_near_one(sums),
            by_e=_near_one(by_e),
            by_ten=_near_one(by_ten),
            below=_firsts(matrix.T[matrix.T < 0.0]),
            extremes=extremes(
                matrix if len(matrix) > 1 and not multilabel else matrix.reshape(1, -1)
            ),
        )

    def merge(self, later: Self) -> Self:
        """Append later rows."""
        return self.replace(
            rows=self.rows + later.rows,
            distinct=tuple(dict.fromkeys(self.distinct + later.distinct))[:DISTINCT],
            low=min(self.low, later.low),
            high=max(self.high, later.high),
            row_low=min(self.row_low, later.row_low),
            row_high=max(self.row_high, later.row_high),
            low_sum=min(self.low_sum, later.low_sum),
            high_sum=max(self.high_sum, later.high_sum),
            whole=self.whole and later.whole,
            negative=self.negative + later.negative,
            to_one=self.to_one + later.to_one,
            by_e=self.by_e + later.by_e,
            by_ten=self.by_ten + later.by_ten,
            below=tuple(dict.fromkeys(self.below + later.below))[:DISTINCT],
            extremes=merged(self.extremes, later.extremes, self.several),
        )


def _firsts(values: Floats) -> tuple[float, ...]:
    """The first few distinct numbers."""
    few = list(dict.fromkeys(values[:10_000].tolist()))
    if len(few) < DISTINCT:
        few = list(dict.fromkeys(values.tolist()))
    return tuple(few[:DISTINCT])


def _near_one(sums: Floats) -> int:
    with np.errstate(invalid="ignore"):
        return int((np.abs(sums - 1.0) <= _NEAR).sum())


def number_text(value: float) -> str:
    """A number as it may be typed: the shortest text that is read as the same number."""
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
