"""Score the rows of a split for each model, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import BoundRows, bound_rows
from ce_cli.binding.rows.columns import as_texts
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.inputs.source import Frame, Projection, Split, first_numbers
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.metrics.groups import GroupKey
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.scoring.reduce import issues_of
from ce_cli.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Rows = NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)

_NO_ROWS = np.zeros(0, np.int64)
_NO_LOSSES = np.zeros(0, np.float64)
_NO_CODES = np.zeros(0, np.int8)


class ScoredRows(Record):
    """Consecutive rows of a data set, and the losses of those that could be scored.

    Attributes
    ----------
    start, read : int
        The number of the first row, from 0, and how many there are.
    rows : ndarray of int, shape (n,)
        Numbers of the scored rows.
    losses : ndarray, shape (n,)
        In nats.
    codes : ndarray of int, shape (n,)
        The classes of the labels, by the model's own codes, in the smallest integers.
    masses : ndarray, shape (K, n), or None
        The label's share of each class, where labels are not single classes.
    weights : ndarray, shape (n,), or None
        None for equal weights.
    groups : ndarray of int, shape (n,), or None
        Codes into `keys`.
    ids : pyarrow.Array or None
        The id of each of the `read` rows, as in the file.
    places : ndarray of int, shape (n,), or None
        Places of the scored rows in `ids`; None if they follow from `rows`.
    indices : dict of str to pyarrow.Array
        Further columns that identify the `read` rows.
    totals : LossTotals or None
        Those of the losses, if they are known.
    """

    start: int
    read: int
    rows: Rows
    losses: Floats
    codes: NDArray[np.integer]
    masses: Floats | None
    weights: Floats | None
    groups: Codes | None
    keys: Sequence[GroupKey]
    ids: pa.Array | None = None
    places: Codes | None = None
    indices: Mapping[str, pa.Array] = {}
    totals: LossTotals | None = None

    @classmethod
    def of(
        cls,
        frame: Frame,
        bound: BoundRows,
        key: str | None,
        indices: Sequence[str] = (),
        totals: LossTotals | None = None,
    ) -> Self:
        """The rows of a frame; `key` is the column of row ids."""
        batches = bound.batches
        masses = [mass for batch in batches if (mass := batch.outcomes.masses()) is not None]
        return cls(
            start=0,
            read=frame.rows,
            rows=_rows(batches, frame.rows),
            losses=_joined(_NO_LOSSES, [batch.losses for batch in batches]),
            codes=_joined(_NO_CODES, [_small_codes(batch) for batch in batches]),
            masses=np.concatenate(masses, axis=1) if masses else None,
            weights=_optional([batch.weights for batch in batches]),
            groups=_optional([batch.groups for batch in batches]),
            keys=bound.keys,
            ids=None if key is None else _ids(frame, key),
            indices={name: _ids(frame, name) for name in indices if name in frame.columns},
            totals=totals,
        )

    def at(self, start: int) -> Self:
        """The same rows, numbered from `start`."""
        return self.replace(start=start, rows=self.rows + start)

    def between(self, first: int, last: int) -> Self:
        """The rows from number `first` to `last`, exclusive."""
        if first <= self.start and last >= self.start + self.read:
            return self
        low, high = np.searchsorted(self.rows, (first, last))
        part = slice(int(low), int(high))
        place, count = first - self.start, last - first
        return self.taken(part).replace(
            start=first,
            read=count,
            ids=None if self.ids is None else self.ids.slice(place, count),
            indices={name: own.slice(place, count) for name, own in self.indices.items()},
        )

    def taken(self, chosen: slice | Codes) -> Self:
        """Some of the scored rows, with the count of rows read unchanged."""
        return self.replace(
            rows=self.rows[chosen],
            losses=self.losses[chosen],
            codes=self.codes[chosen],
            masses=None if self.masses is None else self.masses[:, chosen],
            weights=None if self.weights is None else self.weights[chosen],
            groups=None if self.groups is None else self.groups[chosen],
            places=None if self.places is None else self.places[chosen],
            totals=None,
        )

    def ids_of(self, chosen: Codes) -> pa.Array | None:
        """The ids of some of the scored rows, as text."""
        if self.ids is None:
            return None
        places = self.rows[chosen] - self.start if self.places is None else self.places[chosen]
        return as_texts(self.ids.take(numbers(places)))

    @property
    def end(self) -> int:
        """The number of the row after the last."""
        return self.start + self.read


class LossTotals(Record):
    """The range of losses, infinite ones included, and Σ loss of the finite ones.

    The sum is None where rows have weights.
    """

    ends: tuple[float, float]
    sum: ExactSums | None

    @classmethod
    def of(cls, batches: Sequence[Batch], total: ExactSums) -> Self | None:
        """Those of all rows of some batches, whose Σ w·loss is `total`; None for no rows."""
        if not batches:
            return None
        lows, highs = zip(*(batch.ends for batch in batches), strict=True)
        weighted = any(batch.weights is not None for batch in batches)
        return cls((min(lows), max(highs)), None if weighted else total)


class ScoreModels(Record):
    """The work on one split, for one model or several; picklable.

    Attributes
    ----------
    bindings, specs : sequence
        Those of each model.
    key : str or None
        The column of row ids.
    indices : sequence of str
        Further columns that identify rows.
    """

    bindings: Sequence[Binding]
    specs: Sequence[Spec]
    key: str | None
    indices: Sequence[str] = ()

    def __call__(self, split: Split) -> list[list[ModelRows]]:
        """Score one split: for every frame, the rows of each model."""
        return [[self._piece(frame, m) for m in self._models] for frame in split.frames()]

    @property
    def projection(self) -> Projection:
        """The columns to read."""
        projection = self.bindings[0].projection.with_id(self.key)
        for name in self.indices:
            projection = projection.with_text(name)
        for binding in self.bindings[1:]:
            projection = projection.union(binding.projection)
        return projection

    @property
    def _models(self) -> range:
        return range(len(self.bindings))

    def _piece(self, frame: Frame, model: int) -> ModelRows:
        bound = bound_rows(frame, self.bindings[model], self.specs[model])
        issues, clipped = issues_of(frame, bound, self.specs[model])
        total = reduce(
            ExactSums.merge,
            (_ungrouped(batch).loss_sums for batch in bound.batches),
            ExactSums.empty(1),
        )
        evidence = reduce(Evidence.merge, map(Evidence.of, bound.batches), Evidence())
        totals = LossTotals.of(bound.batches, total)
        scored = ScoredRows.of(frame, bound, self.key, self.indices, totals)
        return ModelRows(scored, issues, clipped, total, evidence)


class ModelRows(Record):
    """The rows of one frame scored for one model, with their issues.

    Attributes
    ----------
    clipped, total : ExactSums
        Σ w·loss of the clipped rows, and of all rows.
    evidence : Evidence
        What the rows show about the roles of their columns.
    """

    scored: ScoredRows
    issues: RowIssues
    clipped: ExactSums
    total: ExactSums
    evidence: Evidence


class RowsOfModels(Record):
    """What is kept of all rows, for each model: a monoid in the order of the rows.

    Attributes
    ----------
    issues : tuple of RowIssues
        Row counts and issues.
    clipped, totals : tuple of ExactSums
        Σ w·loss of the clipped rows, and of all rows.
    evidence : tuple of Evidence
        What the rows show about the roles of their columns.
    """

    issues: tuple[RowIssues, ...]
    clipped: tuple[ExactSums, ...]
    totals: tuple[ExactSums, ...]
    evidence: tuple[Evidence, ...]

    @classmethod
    def empty(cls, models: int) -> Self:
        """No rows."""
        nothing = (ExactSums.empty(1),) * models
        return cls((RowIssues.of(),) * models, nothing, nothing, (Evidence(),) * models)

    @classmethod
    def of(cls, pieces: Sequence[ModelRows]) -> Self:
        """Those of a frame."""
        return cls(
            tuple(one.issues for one in pieces),
            tuple(one.clipped for one in pieces),
            tuple(one.total for one in pieces),
            tuple(one.evidence for one in pieces),
        )

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`."""
        return type(self)(
            tuple(a.merge(b) for a, b in zip(self.issues, later.issues, strict=True)),
            tuple(a.merge(b) for a, b in zip(self.clipped, later.clipped, strict=True)),
            tuple(a.merge(b) for a, b in zip(self.totals, later.totals, strict=True)),
            tuple(a.merge(b) for a, b in zip(self.evidence, later.evidence, strict=True)),
        )


def _ungrouped(batch: Batch) -> Batch:
    return batch if batch.groups is None else batch.grouped_by(np.zeros(len(batch), np.intp), 1)


def _ids(frame: Frame, key: str) -> pa.Array:
    """The ids of the rows; null for unreadable rows."""
    ids = frame.columns[key]
    if not frame.left_out:
        return ids
    places = np.full(frame.rows, -1, np.int64)
    places[frame.row_numbers] = np.arange(len(ids))
    return ids.take(numbers(places, places < 0))


def _rows(batches: Sequence[Batch], read: int) -> Rows:
    """The numbers of the scored rows, in memory of their own only if some are left out."""
    if sum(map(len, batches)) == read:
        return first_numbers(read)
    return np.concatenate([_NO_ROWS, *(batch.rows for batch in batches)])


def _small_codes(batch: Batch) -> NDArray[np.integer]:
    """The classes, or −1 where there is none."""
    outcomes = batch.outcomes
    return outcomes.codes.astype(np.min_scalar_type(-1 - outcomes.space.classes))


def _optional(parts: Sequence[NDArray[Kind] | None]) -> NDArray[Kind] | None:
    present = [part for part in parts if part is not None]
    return _joined(present[0], present) if present else None


def _joined(none: NDArray[Kind], parts: Sequence[NDArray[Kind]]) -> NDArray[Kind]:
    """One array after another; without a copy if it is only one, and `none` if there is none."""
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else none
