"""Surprisals by label and class, to detect predictions under the wrong class names."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.forms import Form, Logits
from ce_cli.kernels.outcomes import Hard
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]

MOST_CLASSES = 200  # K² sums are kept, and the best assignment takes K³ steps
CEILING = 745.0  # nats that replace an infinite surprisal
_UNIT_BITS = 20  # surprisals are rounded to 2**-20 nats, so that their sums are whole numbers


class Crossed(Record):
    """Sums of surprisals by label and class, and counts by label and predicted class.

    Every row counts once, whatever its weight. Entry ``k * classes + j`` is for the rows of
    class k and the prediction for class j.
    """

    costs: ExactSums
    hits: ExactSums
    classes: int

    @classmethod
    def empty(cls, classes: int) -> Self:
        """No rows."""
        return cls(ExactSums.empty(classes**2), ExactSums.empty(classes**2), classes)

    @classmethod
    def of(cls, batch: Batch) -> Self | None:
        """One batch; None if the labels are not classes, or there are too many."""
        outcomes = batch.outcomes
        if not isinstance(outcomes, Hard) or not 2 <= outcomes.classes <= MOST_CLASSES:
            return None
        classes, first = outcomes.classes, outcomes.codes * outcomes.classes
        cells = (first + np.arange(classes)[:, np.newaxis]).ravel()
        units = whole_units(_surprisals(outcomes.form, classes, batch)).ravel()
        costs = np.bincount(cells, units, classes**2).astype(np.int64)
        hits = np.bincount(first + outcomes.predicted(), minlength=classes**2)
        return cls(
            ExactSums.of_counts(costs),
            ExactSums.of_counts(hits.astype(np.int64, copy=False)),
            classes,
        )

    def merge(self, other: Self) -> Self:
        """Add the rows of `other`."""
        return type(self)(self.costs.merge(other.costs), self.hits.merge(other.hits), self.classes)

    @property
    def nats(self) -> Floats:
        """The sums of surprisals, shape (K, K): label, then class of the prediction."""
        return in_nats(self.costs.floats()).reshape(self.classes, self.classes)

    @property
    def counts(self) -> Ints:
        """Rows by label and predicted class, shape (K, K)."""
        return self.hits.floats().astype(np.int64).reshape(self.classes, self.classes)


def whole_units(surprisals: Floats) -> Floats:
    """Multiples of 2**-20 nats as whole numbers, whose sums are exact."""
    return np.rint(np.ldexp(np.minimum(surprisals, CEILING), _UNIT_BITS))


def in_nats(units: Floats) -> Floats:
    """The inverse of `whole_units`."""
    nats: Floats = np.ldexp(units, -_UNIT_BITS)
    return nats


def _surprisals(form: Form, classes: int, batch: Batch) -> Floats:
    """Surprisals of all classes, shape (K, n)."""
    if isinstance(form, Logits):
        surprisals = form.surprisals()
        return np.where(np.isnan(surprisals), CEILING, surprisals)
    if classes > 2:
        return form.surprisals()
    codes = batch.outcomes.codes
    own, other = batch.losses, form.losses(1 - codes)
    return np.stack([np.where(codes == 0, own, other), np.where(codes == 0, other, own)])
