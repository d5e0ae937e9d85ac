"""Losses against the labels of adjacent rows, to detect labels shifted by one row."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.inspection.crossed import in_nats, whole_units
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import Hard
from ce_cli.record import Record

Floats = NDArray[np.float64]

_SAMPLED = 4096  # rows of each batch: labels are shifted everywhere or nowhere


class Neighbours(Record):
    """Sums of the losses of rows against their own label, the next and the previous one.

    Only rows with both neighbours in their batch count, so unlike all other states these sums
    depend on how the rows were split.

    Attributes
    ----------
    rows : int
        How many rows count.
    own, after, before : int
        In units of `whole_units`.
    """

    rows: int = 0
    own: int = 0
    after: int = 0
    before: int = 0

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The first rows of one batch."""
        outcomes = batch.outcomes
        if not isinstance(outcomes, Hard) or len(batch) < 3:
            return cls()
        some = outcomes.take(slice(0, _SAMPLED))
        steps = np.diff(batch.rows[:_SAMPLED]) == 1
        inner = np.flatnonzero(steps[1:] & steps[:-1]) + 1
        form = some.form.take(inner)
        return cls(
            len(inner),
            *(_total(form.losses(some.codes[inner + step])) for step in (0, 1, -1)),
        )

    def merge(self, other: Self) -> Self:
        """Add the rows of `other`."""
        return type(self)(
            self.rows + other.rows,
            self.own + other.own,
            self.after + other.after,
            self.before + other.before,
        )

    def means(self) -> tuple[float, float, float]:
        """Mean losses in nats: own, after, before."""
        own, after, before = in_nats(np.array([self.own, self.after, self.before], np.float64))
        rows = max(self.rows, 1)
        return float(own) / rows, float(after) / rows, float(before) / rows


def _total(losses: Floats) -> int:
    return int(whole_units(losses).sum())
