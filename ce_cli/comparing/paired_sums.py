"""The state of paired rows: sums by group and by cluster, and the rows that moved most."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.group_keys import coarser, merged_groups
from ce_cli.comparing.moved import Moved
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import LabelSpace, Likelihood
from ce_cli.metrics.groups import GroupKey
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, Sums
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

BLOCKS = 4096  # sums whose signs flip together, by the number of the row


class DifferenceSums(State):
    """Sums over the differences of two losses, d = loss − reference, by group.

    Attributes
    ----------
    loss, spread : Loss, Spread
        Those of the finite d.
    cross : ExactSums
        Σ w²·d·reference.
    wins, ties : ExactSums
        Σ w of the rows with d < 0, and of those with d = 0.
    more, less, undefined : ExactSums
        How many d are ∞, −∞, and ∞ − ∞.
    """

    loss: Loss
    spread: Spread
    cross: ExactSums
    wins: ExactSums
    ties: ExactSums
    more: ExactSums
    less: ExactSums
    undefined: ExactSums

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """No rows."""
        none = ExactSums.empty(groups)
        loss, spread = Loss.empty(groups, space), Spread.empty(groups, space)
        return cls(loss, spread, none, none, none, none, none, none)

    @classmethod
    def between(cls, model: Batch, reference: Batch) -> Self:
        """The losses of two models for the same rows."""
        with np.errstate(invalid="ignore"):
            differences = model.losses - reference.losses
        ours, ends = reference.losses, _ends(differences)
        counts = [ExactSums.empty(model.group_count)] * 3
        wins, even = differences < 0, differences == 0
        if not all(map(math.isfinite, ends)):
            finite_ones, unknown = np.isfinite(differences), np.isnan(differences)
            even |= unknown
            sides = (differences == np.inf, differences == -np.inf, unknown)
            counting = True if model.weights is None else model.weights > 0
            counts = [model.counts(side & counting) for side in sides]
            ours = np.where(finite_ones, ours, 0.0)
            differences = np.where(finite_ones, differences, 0.0)
            ends = _ends(differences)
        finite = _known(differences, model, ends)
        return cls(
            Loss.of(finite),
            Spread.of(finite),
            _products(finite, ours, reference.ends),
            finite.sums(wins),
            finite.sums(even),
            *counts,
        )


def _products(finite: Batch, ours: Floats, ends: tuple[float, float]) -> ExactSums:
    """Σ w²·d·reference, of losses from ``ends[0]`` to ``ends[1]``; `Spread` counts too large ones.

    A product that is not finite counts as 0.
    """
    if finite.weights is None and _peak(finite.ends) * _peak(ends) < math.inf:
        return finite.sums(finite.losses * ours)
    with np.errstate(over="ignore", invalid="ignore"):
        products = finite.losses * ours
        if finite.weights is not None:
            products = products * finite.weights
    return finite.sums(np.where(np.isfinite(products), products, 0))


def _ends(values: Floats) -> tuple[float, float]:
    """The smallest and the largest value, NaN if there is any; 0 for no values."""
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)


def _peak(ends: tuple[float, float]) -> float:
    return max(map(abs, ends))


class SignBlocks(State):
    """Σ w·d of rows whose signs flip together in a test: up to `BLOCKS` sums per group.

    Rows with an infinite difference count as 0.

    Attributes
    ----------
    cells : ndarray of int, shape (C,)
        Which sums there are, ascending: ``group * BLOCKS + block``.
    sums, weights : ExactSums
        One for each of them, and Σ w.
    """

    cells: Codes
    sums: ExactSums
    weights: ExactSums

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """No rows."""
        none = ExactSums.empty(0)
        return cls(np.zeros(0, np.intp), none, none)

    @classmethod
    def between(cls, model: Batch, reference: Batch) -> Self:
        """The losses of two models for the same rows."""
        with np.errstate(invalid="ignore"):
            differences = model.losses - reference.losses
        finite = np.where(np.isfinite(differences), differences, 0.0)
        start = 0 if model.groups is None else model.groups * BLOCKS
        cells, own = np.unique(start + model.rows % BLOCKS, return_inverse=True)
        blocks = model.replace(groups=own, group_count=len(cells))
        return cls(cells, blocks.sums(finite), blocks.weight_sums)

    def shifted(self, rows: int) -> Self:
        """The same sums, when `rows` other rows come before them."""
        moved = self.cells // BLOCKS * BLOCKS + (self.cells + rows) % BLOCKS
        cells, own = np.unique(moved, return_inverse=True)
        return self._moved(own, cells)

    def at(self, group: int) -> Self:
        """The sums of one group."""
        first, last = np.searchsorted(self.cells, (group * BLOCKS, (group + 1) * BLOCKS))
        own = (one.between(int(first), int(last)) for one in (self.sums, self.weights))
        return type(self)(self.cells[first:last] - group * BLOCKS, *own)

    def merge(self, other: Self) -> Self:
        """Add the sums of both."""
        if np.array_equal(self.cells, other.cells):
            sums, weights = self.sums.merge(other.sums), self.weights.merge(other.weights)
            return type(self)(self.cells, sums, weights)
        cells = np.union1d(self.cells, other.cells)
        own, others = (one._placed(cells) for one in (self, other))
        return own.merge(others)

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, block by block."""
        moved = index[self.cells // BLOCKS] * BLOCKS + self.cells % BLOCKS
        cells, own = np.unique(moved, return_inverse=True)
        return self._moved(own, cells)

    def _placed(self, cells: Codes) -> Self:
        """The same sums among those of more cells."""
        return self._moved(np.searchsorted(cells, self.cells), cells)

    def _moved(self, index: Codes, cells: Codes) -> Self:
        """The sums, each at its place among `cells`."""
        own = (one.regroup(index, len(cells)) for one in (self.sums, self.weights))
        return type(self)(cells, *own)


Name = tuple[str, int]
PairStates = dict[Name, State]
ClusterSums = dict[Name, Sums]
Keys = Sequence[GroupKey]


class PairedSums(Record):
    """The state after some paired rows: a monoid, whatever the order of the rows.

    Attributes
    ----------
    rows : int
        How many rows there are.
    keys, states
        ``("rows", 0)``, the number of rows; over those with a weight above 0,
        ``("class", c)`` and ``("square", c)``, Σ w and Σ w² of each class, and ``("soft", 0)``, how
        many labels are no classes, if they are counted;
        ``("loss", m)`` and ``("spread", m)`` of each model, ``("difference", m)`` of each but the
        reference, and ``("blocks", m)`` for a sign-flip test, for every group.
    cluster_keys, clusters
        ``("rows", 0)``, ``("weight", 0)`` and ``("loss", m)``, sums over finite losses, for every
        cluster in every group; some may have no rows.
    moved : dict of Moved
        For each model but the reference, the rows that moved most.
    """

    rows: int
    keys: Keys
    states: PairStates
    cluster_keys: Keys
    clusters: ClusterSums
    moved: dict[int, Moved]

    def merge(self, other: Self) -> Self:
        """Add the rows of `other`."""
        keys, states = merged_groups(self.keys, self.states, other.keys, other.states)
        own, clusters = merged_groups(
            self.cluster_keys, self.clusters, other.cluster_keys, other.clusters
        )
        moved = {model: rows.merge(other.moved[model]) for model, rows in self.moved.items()}
        return type(self)(self.rows + other.rows, keys, states, own, clusters, moved)

    def shifted(self, rows: int) -> Self:
        """The same sums, when `rows` other rows come before them."""
        states = {
            name: state.shifted(rows) if isinstance(state, SignBlocks) else state
            for name, state in self.states.items()
        }
        moved = {model: some.shifted(rows) for model, some in self.moved.items()}
        return self.replace(states=states, moved=moved)

    def by(self, places: Sequence[int]) -> Self:
        """The groups by some of the columns of their keys."""
        keys, states = coarser(self.keys, self.states, places)
        own, clusters = coarser(self.cluster_keys, self.clusters, (*places, -1))
        return self.replace(keys=keys, states=states, cluster_keys=own, clusters=clusters)


class SumPairs(Record):
    """Sums paired rows, those of the reference first.

    Attributes
    ----------
    clustered : bool
        Whether the last part of the groups' keys is a cluster.
    flipped : bool
        Whether to compute sums by block.
    worst : int
        How many of the rows that moved most to keep, in each direction.
    classes : int
        How many classes the labels have, if rows are to be summed by class.
    """

    clustered: bool
    flipped: bool
    worst: int
    classes: int = 0

    def __call__(self, parts: Sequence[ScoredRows]) -> PairedSums:
        """The sums over some rows; `parts` are the same rows of each model."""
        read, parts = parts[0], _counted(parts)
        own = parts[0]
        groups, keys, finest = _groups(own, self.clustered)
        first = _with_totals(_batch(own.losses, own, groups, len(keys)), own)
        batches = [first, *(_with_totals(_known(one.losses, first), one) for one in parts[1:])]
        others = range(1, len(parts))
        states: PairStates = {("rows", 0): Sums(_row_counts(read, self.clustered))}
        if self.classes:
            states |= _rows_by_class(first, own, self.classes)
        for model, batch in enumerate(batches):
            states |= {("loss", model): Loss.of(batch), ("spread", model): Spread.of(batch)}
        for model in others:
            states["difference", model] = DifferenceSums.between(batches[model], batches[0])
            if self.flipped and not self.clustered:
                states["blocks", model] = SignBlocks.between(batches[model], batches[0])
        clusters: ClusterSums = {}
        if self.clustered:
            for model, batch in enumerate(batches):
                small = batch.grouped_by(finest, len(own.keys))
                clusters["loss", model] = Sums(small.loss_sums)
                clusters |= {
                    ("weight", 0): Sums(small.weight_sums),
                    ("rows", 0): Sums(small.row_counts),
                }
        return PairedSums(
            rows=len(read.rows),
            keys=keys,
            states=states,
            cluster_keys=tuple(own.keys) if self.clustered else (),
            clusters=clusters,
            moved={model: Moved.of(own, parts[model], self.worst) for model in others},
        )


def _counted(parts: Sequence[ScoredRows]) -> Sequence[ScoredRows]:
    """The rows of each model without those of weight 0, which are no observations."""
    weights = parts[0].weights
    if weights is None or not len(weights) or weights.min() > 0:
        return parts
    kept = np.flatnonzero(weights > 0)
    return [part.taken(kept) for part in parts]


def _row_counts(read: ScoredRows, clustered: bool) -> ExactSums:
    """Rows by group, those of weight 0 included."""
    groups, keys, _ = _groups(read, clustered)
    return _batch(read.losses, read, groups, len(keys)).row_counts


def _rows_by_class(batch: Batch, own: ScoredRows, classes: int) -> PairStates:
    """Σ w and Σ w² by group of each class, and the rows whose labels are no classes."""
    groups = 0 if batch.groups is None else batch.groups
    codes = (groups * classes + own.codes).astype(np.intp, copy=False)
    cells = batch.grouped_by(codes, batch.group_count * classes)
    states: PairStates = {}
    for code in range(classes):
        places = np.arange(code, cells.group_count, classes)
        states["class", code] = Sums(cells.weight_sums.at_places(places))
        states["square", code] = Sums(cells.weight_squares.at_places(places))
    soft = ExactSums.empty(batch.group_count) if own.masses is None else batch.row_counts
    return states | {("soft", 0): Sums(soft)}


def folded(pieces: Iterable[PairedSums]) -> PairedSums | None:
    """Merge all pieces in a balanced tree, since merging many keys is slow; None for no pieces."""
    waiting: list[tuple[int, PairedSums]] = []
    for piece in pieces:
        parts, merged = 1, piece
        while waiting and waiting[-1][0] <= parts:
            before, earlier = waiting.pop()
            parts, merged = parts + before, earlier.merge(merged)
        waiting.append((parts, merged))
    if not waiting:
        return None
    return reduce(
        lambda later, earlier: earlier.merge(later), (one for _, one in reversed(waiting))
    )


def _batch(losses: Floats, like: ScoredRows, groups: Codes | None, count: int) -> Batch:
    """Losses of one model, with the weights of the reference."""
    return Batch(Likelihood(losses, losses), like.weights, groups, count, like.rows, like.rows)


def _known(losses: Floats, like: Batch, ends: tuple[float, float] | None = None) -> Batch:
    """Other losses, whose range may be known, in the groups and with the weights of a batch."""
    known = like.replace(outcomes=Likelihood(losses, losses))
    for name in ("row_counts", "weight_sums"):
        known.__dict__[name] = getattr(like, name)  # computed once for both
    if ends is not None:
        known.__dict__["ends"] = ends
    return known


def _with_totals(batch: Batch, scored: ScoredRows) -> Batch:
    """The batch of scored rows, with what was already computed."""
    if scored.totals is not None:
        batch.__dict__["ends"] = scored.totals.ends
        if batch.weights is None and batch.groups is None and scored.totals.sum is not None:
            batch.__dict__["loss_sums"] = scored.totals.sum
    return batch


def _groups(own: ScoredRows, clustered: bool) -> tuple[Codes | None, Keys, Codes]:
    """Codes and keys of the groups, and the codes of the clusters in them."""
    finest = np.zeros(len(own.rows), np.intp) if own.groups is None else own.groups
    if not clustered:
        return own.groups, tuple(own.keys), finest
    places: dict[GroupKey, int] = {}
    index = [places.setdefault(key[:-1], len(places)) for key in own.keys]
    if len(places) == 1:
        return None, tuple(places), finest
    return np.array(index, np.intp)[finest], tuple(places), finest
