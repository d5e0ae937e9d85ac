"""A batch: some bound rows as numpy arrays, ready for the metrics."""

from __future__ import annotations

import math
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.exact import ExactSums, sum_of_products
from ce_cli.kernels.outcomes import LabelSpace, Outcomes
from ce_cli.record import Record

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]


LARGEST_TO_SQUARE = 2.0**480  # a product of weight and loss that can be squared within range


class Batch(Record):
    """Rows in which nothing is missing and nothing is out of range.

    Attributes
    ----------
    outcomes : Outcomes
        Labels and predictions of n rows.
    weights : ndarray, shape (n,), or None
        None counts every row once.
    groups : ndarray of int, shape (n,), or None
        Group codes; None if all rows are one group.
    group_count : int
        Number of groups that the codes refer to.
    rows : ndarray of int, shape (n,)
        Numbers of the rows in their frame, from 0.
    places : ndarray of int, shape (n,)
        Positions of the rows in the columns of their frame, which omit the malformed rows.
    byte_counts : ndarray, shape (n,), or None
        Number of bytes of each row; None if unknown.
    """

    outcomes: Outcomes
    weights: Floats | None
    groups: Codes | None
    group_count: int
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    byte_counts: Floats | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def space(self) -> LabelSpace:
        """The possible outcomes, and whether the rows have byte counts."""
        return self.outcomes.space.replace(sized=self.byte_counts is not None)

    @property
    def unsmoothed(self) -> Batch:
        """The same rows with the labels as they happened; the batch itself without smoothing."""
        plain = self.outcomes.unsmoothed()
        return self if plain is self.outcomes else self._unsmoothed

    @cached_property  # a batch that kept itself would only be freed by the garbage collector
    def _unsmoothed(self) -> Batch:
        return self.replace(outcomes=self.outcomes.unsmoothed())

    @cached_property
    def losses(self) -> Floats:
        """Row losses in nats, shape (n,); may be infinite."""
        return self.outcomes.losses()

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest loss; 0 for no rows."""
        if not len(self):
            return 0.0, 0.0
        return float(self.losses.min()), float(self.losses.max())

    @cached_property
    def infinite(self) -> NDArray[np.bool_] | None:
        """Where the loss is infinite, shape (n,); None if nowhere."""
        return np.isinf(self.losses) if math.isinf(self.ends[1]) else None

    @cached_property
    def finite_losses(self) -> Floats:
        """Row losses, with 0 in place of infinite ones, which are counted separately."""
        return self.losses if self.infinite is None else np.where(self.infinite, 0.0, self.losses)

    @cached_property
    def finite_ends(self) -> tuple[float, float]:
        """The smallest and the largest of `finite_losses`."""
        if self.infinite is None:
            return self.ends
        return float(self.finite_losses.min()), float(self.finite_losses.max())

    def sums(self, values: Floats | Bools, ends: tuple[float, float] | None = None) -> ExactSums:
        """Exact Σ w·value by group, for finite values of shape (n,), with `ends` if known."""
        if self.weights is None and values.dtype == np.bool_:
            return self.counts(cast(Bools, values))
        values = values.astype(np.float64, copy=False)
        if self.weights is None:
            return ExactSums.of(values, self.groups, self.group_count, ends)
        return sum_of_products(values, self.weights, self.groups, self.group_count)

    def square_sums(self, values: Floats, ends: tuple[float, float] | None = None) -> ExactSums:
        """Σ w²·value by group, each row rounded once; for values of shape (n,)."""
        if self.weights is None:
            if ends and math.isfinite(ends[1] - ends[0]):
                return self.sums(values, ends)
            return self.sums(bounded(values))
        with np.errstate(over="ignore", under="ignore"):
            return self.sums(bounded(self.weights * values))

    @cached_property
    def weight_squares(self) -> ExactSums:
        """Σ w² by group."""
        return self.row_counts if self.weights is None else self.sums(self.weights)

    def counts(self, chosen: NDArray[np.bool_] | None = None) -> ExactSums:
        """Rows by group, all of them or the chosen ones."""
        if self.groups is None:
            count = len(self) if chosen is None else np.count_nonzero(chosen)
            return ExactSums.of_counts(np.array([count], np.int64))
        groups = self.groups if chosen is None else self.groups[chosen]
        if self.group_count == 2:
            second = int(np.count_nonzero(groups))
            return ExactSums.of_counts(np.array([len(groups) - second, second], np.int64))
        counts = np.bincount(groups, minlength=self.group_count)
        return ExactSums.of_counts(counts.astype(np.int64, copy=False))

    @cached_property
    def row_counts(self) -> ExactSums:
        """Rows by group."""
        return self.counts()

    @cached_property
    def weight_sums(self) -> ExactSums:
        """Σ w by group."""
        if self.weights is None:
            return self.row_counts
        known = self._over_classes("weight_sums")
        return known or ExactSums.of(self.weights, self.groups, self.group_count)

    @cached_property
    def loss_sums(self) -> ExactSums:
        """Σ w·loss by group, over the finite losses."""
        known = self._over_classes("loss_sums")
        if known:
            return known
        if self.weights is not None:
            return self.sums(self.finite_losses)
        return ExactSums.of(self.finite_losses, self.groups, self.group_count, self.finite_ends)

    @cached_property
    def loss_squares(self) -> ExactSums:
        """Σ loss² by group, over the finite losses, of which none counts as above 2**480."""
        known = self._over_classes("loss_squares")
        if known:
            return known
        losses, (low, high) = self.finite_losses, self.finite_ends
        if max(high, -low) > LARGEST_TO_SQUARE:
            losses = np.clip(losses, -LARGEST_TO_SQUARE, LARGEST_TO_SQUARE)
            low, high = max(low, -LARGEST_TO_SQUARE), min(high, LARGEST_TO_SQUARE)
        return ExactSums.of_squares(losses, self.groups, self.group_count, (low, high))

    @cached_property
    def by_class(self) -> Batch:
        """The same rows with a group for each class, for labels that are classes."""
        return self.grouped_by(self.outcomes.codes, self.outcomes.space.classes)

    def _over_classes(self, name: str) -> ExactSums | None:
        """Sums from those by class, if these are known; exact, so they have the same bits."""
        finer = self.__dict__.get("within_groups")
        if finer is None or name not in finer.__dict__:
            return None
        sums: ExactSums = getattr(finer, name)
        return sums.by_runs(np.arange(self.group_count) * self.outcomes.space.classes)

    @cached_property
    def within_groups(self) -> Batch:
        """The same rows with a group for each class of each group, for labels that are classes."""
        if self.groups is None:
            return self.by_class
        classes = self.outcomes.space.classes
        codes = self.groups * classes + self.outcomes.codes
        return self.grouped_by(codes, self.group_count * classes)

    def grouped_by(self, codes: Codes, count: int) -> Batch:
        """The same rows in other groups."""
        grouped = self.replace(groups=codes, group_count=count)
        for name in ("losses", "ends", "infinite", "finite_losses", "finite_ends"):
            grouped.__dict__[name] = getattr(self, name)  # computed once for both
        return grouped

    def take(self, chosen: Codes | slice) -> Batch:
        """Some of the rows: a slice, or positions in any order."""
        return Batch(
            outcomes=self.outcomes.take(chosen),
            weights=None if self.weights is None else self.weights[chosen],
            groups=None if self.groups is None else self.groups[chosen],
            group_count=self.group_count,
            rows=self.rows[chosen],
            places=self.places[chosen],
            byte_counts=None if self.byte_counts is None else self.byte_counts[chosen],
        )


def bounded(values: Floats) -> Floats:
    """The values, with overflow replaced by the largest finite float."""
    largest = np.finfo(np.float64).max
    return np.clip(values, -largest, largest)
