"""The rows whose losses differ most between two models, in each direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.record import Record
from ce_cli.scoring.row_losses import largest_first

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Rows = NDArray[np.int64]

_LEAST = math.ulp(0.0)  # the smallest difference


class MovedRows(Record):
    """Rows with two losses, the largest difference first.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Numbers in the reference's data, from 0.
    ids : pyarrow.Array or None
        Their ids.
    codes : ndarray of int, shape (n,)
        Their classes, by the reference's codes.
    reference, losses : ndarray, shape (n,)
        The losses of the reference and of the other model, in nats.
    """

    rows: Rows
    ids: pa.Array | None
    codes: NDArray[np.integer]
    reference: Floats
    losses: Floats

    @classmethod
    def of(cls, own: ScoredRows, other: ScoredRows, chosen: Codes) -> Self:
        """Some of the rows that two models have in common."""
        return cls(
            own.rows[chosen],
            own.ids_of(chosen),
            own.codes[chosen],
            own.losses[chosen],
            other.losses[chosen],
        )

    def joined(self, other: Self, most: int) -> Self:
        """The `most` rows of both with the largest differences."""
        import pyarrow as pa

        rows = np.concatenate((self.rows, other.rows))
        reference = np.concatenate((self.reference, other.reference))
        losses = np.concatenate((self.losses, other.losses))
        first = np.lexsort((rows, -np.abs(losses - reference)))[:most]
        ids = None
        if self.ids is not None and other.ids is not None:
            ids = pa.concat_arrays([self.ids, other.ids]).take(numbers(first))
        codes = np.concatenate((self.codes, other.codes))
        return type(self)(rows[first], ids, codes[first], reference[first], losses[first])


class Moved(Record):
    """The `most` rows that moved most, in each direction."""

    worse: MovedRows
    better: MovedRows
    most: int

    @classmethod
    def of(cls, own: ScoredRows, other: ScoredRows, most: int) -> Self:
        """The rows that moved most between `own` of the reference and `other` of the model."""
        with np.errstate(invalid="ignore"):
            differences = other.losses - own.losses if most else np.zeros(0)
        worse, better = (
            MovedRows.of(own, other, largest_first(way, most, _LEAST))
            for way in (differences, -differences)
        )
        return cls(worse, better, most)

    def shifted(self, rows: int) -> Self:
        """The same rows, when `rows` other rows come before them."""
        worse, better = (one.replace(rows=one.rows + rows) for one in (self.worse, self.better))
        return self.replace(worse=worse, better=better)

    def merge(self, later: Self) -> Self:
        """Add the rows of `later`."""
        return type(self)(
            self.worse.joined(later.worse, self.most),
            self.better.joined(later.better, self.most),
            self.most,
        )
