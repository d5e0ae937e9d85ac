"""A sample of the rows, for figures that need more than sums; it does not depend on the splits."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums, side_by_side
from ce_cli.kernels.hashing import Hashes, hash_of_rows
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.kernels.recalibration import LOWEST, Rows
from ce_cli.metrics.state import State, States, one_class_only
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

MOST_ROWS = 1 << 16
MOST_NUMBERS = 1 << 22
_EVERY = (1 << 64) - 1


class DistinctRows(Record):
    """Some distinct rows.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n,)
        Hashes of labels and predictions.
    numbers : ndarray of float32, shape (K, n) or (2K, n)
        Log-probabilities, and the shares of labels that are distributions.
    codes : ndarray of int, shape (n,)
        The class of the label.
    rows, weight : ExactSums
        The number of equal rows, and Σ w, with one entry for each.
    """

    hashes: Hashes
    numbers: NDArray[np.float32]
    codes: Codes
    rows: ExactSums
    weight: ExactSums

    def __len__(self) -> int:
        return len(self.hashes)

    def below(self, limit: int) -> DistinctRows:
        """The rows whose hash is at most `limit`."""
        chosen = np.flatnonzero(self.hashes <= np.uint64(limit))
        if len(chosen) == len(self):
            return self
        return DistinctRows(
            self.hashes[chosen],
            self.numbers[:, chosen],
            self.codes[chosen],
            self.rows.at_places(chosen),
            self.weight.at_places(chosen),
        )


class Sample(State):
    """The distinct rows with the smallest hashes, up to `room` of them.

    Merging the samples of two parts gives the sample of both, so it does not depend on the splits.
    Rows with the same hash count as one row that occurs several times; with 64 bits, collisions are
    very rare. Predictions are rounded to float32, so that their last digits do not matter.

    Attributes
    ----------
    room : int
        The largest number of rows to keep; 0 before the first row.
    limit : int
        The largest hash to keep.
    parts : tuple of DistinctRows
        Together the sample; until `settled`, they may have rows twice, or too many.
    """

    grouped: ClassVar[bool] = False

    room: int
    limit: int
    parts: tuple[DistinctRows, ...]

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: each row must have one class as its outcome."""
        return one_class_only(space)

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(0, _EVERY, ())

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch, without rows of weight 0."""
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights > 0))
        if not len(batch):
            return cls.empty(1, batch.outcomes.space)
        numbers, codes = _numbers(batch), batch.outcomes.codes
        shares = batch.outcomes.masses()
        hashes = hash_of_rows(numbers, codes if shares is None else np.zeros_like(codes))
        each = batch.replace(groups=np.arange(len(batch)), group_count=len(batch))
        part = DistinctRows(hashes, numbers, codes, each.row_counts, each.weight_sums)
        room = max(1, min(MOST_ROWS, MOST_NUMBERS // len(numbers)))
        return cls(room, _EVERY, (part,))._tidy()

    def merge(self, other: Self) -> Self:
        """The rows of both with the smallest hashes."""
        limit = min(self.limit, other.limit)
        parts = (*self.parts, *other.parts)
        if self.limit != other.limit:
            parts = tuple(part for part in (one.below(limit) for one in parts) if len(part))
        return type(self)(max(self.room, other.room), limit, parts)._tidy()

    def figures(self, states: States) -> dict[str, Floats]:
        """No figures."""
        return {}

    @property
    def is_whole(self) -> bool:
        """Whether it has every row."""
        return self.settled.limit == _EVERY

    @cached_property
    def settled(self) -> Self:
        """The sample as one part, in which each row is once, in order of the hashes."""
        if not self.parts or self._is_settled():
            return self
        hashes = np.concatenate([part.hashes for part in self.parts])
        order = np.argsort(hashes, kind="stable")
        ranked = hashes[order]
        new = np.ones(len(ranked), np.bool_)
        new[1:] = ranked[1:] != ranked[:-1]
        first = np.flatnonzero(new)
        limit = self.limit
        if len(first) > self.room:
            first = first[: self.room]
            limit = int(ranked[first[-1]])
        cells = np.empty(len(order), np.intp)
        cells[order] = np.cumsum(new) - 1
        kept = np.flatnonzero(cells < len(first))
        chosen = order[first]
        sums = (
            side_by_side([getattr(part, name) for part in self.parts]).at_places(kept)
            for name in ("rows", "weight")
        )
        part = DistinctRows(
            ranked[first],
            np.concatenate([part.numbers for part in self.parts], axis=1)[:, chosen],
            np.concatenate([part.codes for part in self.parts])[chosen],
            *(one.regroup(cells[kept], len(first)) for one in sums),
        )
        return type(self)(self.room, limit, (part,))

    def rows(self, classes: int) -> Rows:
        """The predictions and labels of `settled`."""
        part = self.settled.parts[0]
        soft = len(part.numbers) > classes
        shares = part.numbers[classes:] if soft else None
        return Rows(part.numbers[:classes], part.codes, shares)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sample):
            return NotImplemented
        ours, theirs = self.settled, other.settled
        if (ours.limit, len(ours.parts)) != (theirs.limit, len(theirs.parts)):
            return False
        return all(
            np.array_equal(one.hashes, two.hashes)
            and np.array_equal(one.numbers, two.numbers)
            and one.rows == two.rows
            and one.weight == two.weight
            for one, two in zip(ours.parts, theirs.parts, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]  # equal sums may have different limbs

    def _is_settled(self) -> bool:
        hashes = self.parts[0].hashes
        in_order = len(self.parts) == 1 and bool((hashes[1:] > hashes[:-1]).all())
        return in_order and len(hashes) <= self.room

    def _tidy(self) -> Self:
        """Settle if all parts have more than twice the rows of the largest, which is seldom."""
        if not self.parts:
            return self
        sizes = [len(part) for part in self.parts]
        return self.settled if sum(sizes) > 2 * min(max(sizes), self.room) else self


def _numbers(batch: Batch) -> NDArray[np.float32]:
    surprisals = batch.outcomes.surprisals()
    logs = np.maximum(0.0 - surprisals, LOWEST).astype(np.float32)
    shares = batch.outcomes.masses()
    return logs if shares is None else np.concatenate([logs, shares.astype(np.float32)])
