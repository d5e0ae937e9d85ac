"""A sample of the rows, for what takes more than sums: the same one however the rows are cut."""

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
        Of labels and predictions.
    numbers : ndarray of float32, shape (K, n) or (2K, n)
        Log-probabilities, and the shares of labels that are distributions.
    codes : ndarray of int, shape (n,)
        The class that happened.
    rows, weight : ExactSums
        How many rows are so, and Σ w, one entry for each.
    """

    hashes: Hashes
    numbers: NDArray[np.float32]
    codes: Codes
    rows: ExactSums
    weight: ExactSums

    def __len__(self) -> int:
        return len(self.hashes)

    def below(self, limit: int) -> DistinctRows:
        """Those whose hash is at most `limit`."""
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
    """The distinct rows with the smallest hashes, as many as there is room for.

    Such a sample of a union is that of the samples, so it is the same however rows are cut. Rows of
    one hash are one row that stands there several times; with 64 bits, that hardly ever errs.
    Predictions are rounded to float32, so that nothing hangs on their last digits.

    Attributes
    ----------
    room : int
        How many rows are kept; 0 before any row is seen.
    limit : int
        No hash above it is kept.
    parts : tuple of DistinctRows
        Together the sample, and perhaps some rows too many or twice, until `settled`.
    """

    grouped: ClassVar[bool] = False

    room: int
    limit: int
    parts: tuple[DistinctRows, ...]

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """It is of rows in which one class happens."""
        return one_class_only(space)

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """No rows."""
        return cls(0, _EVERY, ())

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch; a row of weight 0 is not there."""
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
        """The smallest hashes of both."""
        limit = min(self.limit, other.limit)
        parts = (*self.parts, *other.parts)
        if self.limit != other.limit:
            parts = tuple(part for part in (one.below(limit) for one in parts) if len(part))
        return type(self)(max(self.room, other.room), limit, parts)._tidy()

    def figures(self, states: States) -> dict[str, Floats]:
        """Nothing by itself."""
        return {}

    @property
    def is_whole(self) -> bool:
        """Whether every row is in it."""
        return self.settled.limit == _EVERY

    @cached_property
    def settled(self) -> Self:
        """The same with one part, in which each row stands once, in order of the hashes."""
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
        """Predictions and labels of `settled`."""
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
        """Settle when there is more than twice the largest part: seldom, and in time."""
        if not self.parts:
            return self
        sizes = [len(part) for part in self.parts]
        return self.settled if sum(sizes) > 2 * min(max(sizes), self.room) else self


def _numbers(batch: Batch) -> NDArray[np.float32]:
    surprisals = batch.outcomes.surprisals()
    logs = np.maximum(0.0 - surprisals, LOWEST).astype(np.float32)
    shares = batch.outcomes.masses()
    return logs if shares is None else np.concatenate([logs, shares.astype(np.float32)])
